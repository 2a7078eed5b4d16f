/*
 * What a C library's threads need of a kernel: locks, condition variables, barriers, semaphores,
 * cancellation, thread-local storage, signals to threads, timers, fork and exec among threads, a
 * thousand threads. Prints a line for each thing; the test compares them with those on Linux.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MANY = 1000, WORKERS = 8, ROUNDS = 500 };

static void tell(const char *what, long value)
{
    printf("%s: %ld\n", what, value);
    fflush(stdout);
}

static pthread_t start(void *(*run)(void *), void *argument)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, argument) != 0) {
        tell("pthread_create fails", errno);
        exit(1);
    }
    return thread;
}

static long join(pthread_t thread)
{
    void *result = NULL;

    pthread_join(thread, &result);
    return (long)(intptr_t)result;
}

static struct timespec soon(clockid_t clock, long milliseconds)
{
    struct timespec time;

    clock_gettime(clock, &time);
    time.tv_nsec += milliseconds * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static void sleep_ms(long milliseconds)
{
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

    while (nanosleep(&time, &time) != 0)
        ;
}

/* ---- locks ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t semaphore;
static long counter;
static _Atomic int going;

static void *adds(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        long value = counter;
        if (i % 50 == 0)
            sched_yield();
        counter = value + 1;
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *locks_late(void *result)
{
    struct timespec time = soon(CLOCK_REALTIME, 30);

    *(int *)result = pthread_mutex_timedlock(&mutex, &time);
    return NULL;
}

static pthread_mutex_t robust;

static void *dies_with_lock(void *unused)
{
    pthread_mutex_lock(&robust);
    return unused;
}

static void mutex_of(int type, int robustness, pthread_mutex_t *made)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutexattr_setrobust(&attributes, robustness);
    pthread_mutex_init(made, &attributes);
}

static void locks(void)
{
    pthread_t threads[WORKERS];
    pthread_mutex_t other;
    int result = -1;

    for (int i = 0; i < WORKERS; i++)
        threads[i] = start(adds, NULL);
    for (int i = 0; i < WORKERS; i++)
        join(threads[i]);
    tell("locked additions", counter);
    pthread_mutex_lock(&mutex);
    join(start(locks_late, &result));
    tell("a lock that is held, with a time-out", result == ETIMEDOUT);
    tell("trylock", pthread_mutex_trylock(&mutex) == EBUSY);
    pthread_mutex_unlock(&mutex);
    mutex_of(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED, &other);
    tell("recursive", pthread_mutex_lock(&other) + pthread_mutex_lock(&other));
    mutex_of(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED, &other);
    pthread_mutex_lock(&other);
    tell("a second time", pthread_mutex_lock(&other) == EDEADLK);
    mutex_of(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST, &robust);
    join(start(dies_with_lock, NULL));
    tell("its owner has ended", pthread_mutex_lock(&robust) == EOWNERDEAD);
    tell("made consistent", pthread_mutex_consistent(&robust));
    tell("unlocked", pthread_mutex_unlock(&robust));
}

/* ---- condition variables, read-write locks, barriers, semaphores ---- */

static int queue[4], queued, taken;

static void *consumes(void *unused)
{
    long sum = 0;

    (void)unused;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        while (queued == 0)
            pthread_cond_wait(&condition, &mutex);
        sum += queue[--queued];
        taken++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return (void *)(intptr_t)sum;
}

static void *produces(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&mutex);
        while (queued == 4)
            pthread_cond_wait(&condition, &mutex);
        queue[queued++] = i;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

static void conditions(void)
{
    pthread_t threads[6];
    long sum = 0;

    for (int i = 0; i < 6; i++)
        threads[i] = start(i % 2 ? consumes : produces, NULL);
    for (int i = 0; i < 6; i++)
        sum += join(threads[i]);
    tell("what was produced and consumed", sum);
    struct timespec time = soon(CLOCK_REALTIME, 20);
    pthread_mutex_lock(&mutex);
    tell("a condition that does not come",
         pthread_cond_timedwait(&condition, &mutex, &time) == ETIMEDOUT);
    pthread_mutex_unlock(&mutex);
}

static void *reads_locked(void *unused)
{
    (void)unused;
    pthread_rwlock_rdlock(&rwlock);
    pthread_barrier_wait(&barrier); /* all hold it at once */
    pthread_rwlock_unlock(&rwlock);
    pthread_rwlock_wrlock(&rwlock);
    counter++;
    pthread_rwlock_unlock(&rwlock);
    return (void *)(intptr_t)(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD);
}

static void *posts(void *unused)
{
    for (int i = 0; i < 10; i++) {
        sleep_ms(1);
        sem_post(&semaphore);
    }
    return unused;
}

static void barriers(void)
{
    pthread_t threads[WORKERS];
    long serial = 0;

    counter = 0;
    pthread_barrier_init(&barrier, NULL, WORKERS);
    for (int i = 0; i < WORKERS; i++)
        threads[i] = start(reads_locked, NULL);
    for (int i = 0; i < WORKERS; i++)
        serial += join(threads[i]);
    tell("writers after readers", counter);
    tell("of a barrier one is told", serial);
    sem_init(&semaphore, 0, 0);
    pthread_t thread = start(posts, NULL);
    for (int i = 0; i < 10; i++)
        sem_wait(&semaphore);
    join(thread);
    struct timespec time = soon(CLOCK_REALTIME, 20);
    tell("a semaphore that nobody posts",
         sem_timedwait(&semaphore, &time) == -1 && errno == ETIMEDOUT);
}

/* ---- thread-local storage ---- */

static __thread int local = 5;
static __thread char large[10000];
static pthread_key_t key;
static _Atomic int destroyed;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void destroys(void *value)
{
    destroyed += (int)(intptr_t)value;
}

static void makes_key(void)
{
    pthread_key_create(&key, destroys);
    going += 1;
}

static void *uses_local(void *argument)
{
    int index = (int)(intptr_t)argument;

    pthread_once(&once, makes_key);
    pthread_setspecific(key, argument);
    if (local != 5 || large[9999] != 0)
        return (void *)1;
    local = index;
    memset(large, index, sizeof(large));
    errno = index;
    sleep_ms(5);
    return (void *)(intptr_t)(local != index || large[index] != index || errno != index ||
                              pthread_getspecific(key) != argument);
}

static void locals(void)
{
    pthread_t threads[WORKERS];
    long wrong = 0;

    going = 0;
    for (int i = 0; i < WORKERS; i++)
        threads[i] = start(uses_local, (void *)(intptr_t)(i + 1));
    for (int i = 0; i < WORKERS; i++)
        wrong += join(threads[i]);
    tell("threads with wrong variables", wrong);
    tell("what the destructors saw", destroyed);
    tell("once", going);
    tell("the first thread's own", local);
}

/* ---- cancellation ---- */

static _Atomic int cleaned;

static void cleans(void *value)
{
    cleaned = cleaned * 10 + (int)(intptr_t)value;
}

static int pipe_fds[2];

static void *reads(void *unused)
{
    char byte;

    pthread_cleanup_push(cleans, (void *)1);
    pthread_cleanup_push(cleans, (void *)2);
    going = 1;
    while (read(pipe_fds[0], &byte, 1) <= 0)
        ;
    pthread_cleanup_pop(0);
    pthread_cleanup_pop(0);
    return unused;
}

static void unlocks(void *which)
{
    cleaned = pthread_mutex_trylock(which) == EBUSY ? 7 : 8; /* it has been locked again */
    pthread_mutex_unlock(which);
}

static void *waits(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlocks, &mutex);
    going = 1;
    for (;;)
        pthread_cond_wait(&condition, &mutex);
    pthread_cleanup_pop(0);
    return unused;
}

static void *spins(void *unused)
{
    int old;

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    going = 1;
    for (;;)
        ;
    return unused;
}

static void *does_not_want(void *unused)
{
    int old;

    (void)unused;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    going = 1;
    sleep_ms(50);
    return (void *)33;
}

static void *tests(void *unused)
{
    going = 1;
    while (going != 2)
        sched_yield();
    pthread_testcancel();
    return unused;
}

static void cancels(const char *what, void *(*run)(void *))
{
    pthread_t thread;
    void *result;

    going = cleaned = 0;
    thread = start(run, NULL);
    while (!going)
        sched_yield();
    sleep_ms(10);
    pthread_cancel(thread);
    going = 2;
    pthread_join(thread, &result);
    printf("cancelled %s: %s, cleaned %d\n", what, result == PTHREAD_CANCELED ? "yes" : "no",
           (int)cleaned);
}

static void cancellation(void)
{
    if (pipe(pipe_fds) != 0)
        return;
    cancels("in read", reads);
    cancels("in pthread_cond_wait", waits);
    cancels("anywhere", spins);
    cancels("but does not want it", does_not_want);
    cancels("where it asks", tests);
}

/* ---- signals ---- */

static __thread int my_number;
static _Atomic int handled_by, handled;

static void handles(int signal)
{
    handled_by = my_number;
    handled = signal;
}

static void *sleeps_as(void *number)
{
    my_number = (int)(intptr_t)number;
    going = 1;
    while (handled_by == 0)
        usleep(1000);
    return NULL;
}

static void *waits_for_signal(void *unused)
{
    sigset_t set;
    int signal = 0;

    (void)unused;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigwait(&set, &signal);
    return (void *)(intptr_t)(signal == SIGUSR2 ? 1 : signal == SIGRTMIN ? 2 : 3);
}

static _Atomic int expired;

static void expires(union sigval value)
{
    expired = value.sival_int;
}

static void signals(void)
{
    struct sigaction action = {.sa_handler = handles};
    sigset_t set;

    sigaction(SIGUSR1, &action, NULL);
    going = 0;
    pthread_t thread = start(sleeps_as, (void *)9);
    while (!going)
        sched_yield();
    pthread_kill(thread, SIGUSR1);
    join(thread);
    tell("pthread_kill is handled by thread", handled_by);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    thread = start(waits_for_signal, NULL);
    kill(getpid(), SIGUSR2);
    tell("sigwait takes", join(thread));
    thread = start(waits_for_signal, NULL);
    pthread_kill(thread, SIGRTMIN);
    tell("and a real-time signal", join(thread));
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);

    struct sigevent event = {.sigev_notify = SIGEV_THREAD,
                             .sigev_notify_function = expires,
                             .sigev_value = {.sival_int = 66}};
    struct itimerspec time = {{0, 0}, {0, 10000000}};
    timer_t timer;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &time, NULL);
    for (int i = 0; i < 100 && !expired; i++)
        sleep_ms(10);
    tell("a timer's thread gets", expired);
    timer_delete(timer);
}

/* ---- processes ---- */

static void *forks(void *unused)
{
    int status = 0;
    pid_t child = fork();

    (void)unused;
    if (child == 0)
        _exit(pthread_mutex_lock(&mutex) == 0 ? 12 : 13);
    waitpid(child, &status, 0);
    return (void *)(intptr_t)WEXITSTATUS(status);
}

static void *outlives(void *unused)
{
    sleep_ms(30);
    return unused;
}

static int child_status(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        run();
        _exit(99);
    }
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static const char *path;

/* In a program of its own: musl's threads of a child that was forked do not survive this. */
static void leader_leaves(void)
{
    execl(path, path, "leader", (char *)NULL);
}

static void *aborts(void *unused)
{
    (void)unused;
    abort();
}

static void thread_aborts(void)
{
    start(aborts, NULL);
    sleep_ms(1000);
}

static void *executes(void *unused)
{
    execl(path, path, "again", (char *)NULL);
    return unused;
}

static void thread_executes(void)
{
    start(executes, NULL);
    for (;;)
        sleep_ms(1000);
}

static void prepares(void)
{
    tell("before a fork", 1);
}

static void processes(void)
{
    tell("a process whose first thread leaves", child_status(leader_leaves));
    tell("abort in a thread", child_status(thread_aborts));
    tell("exec in a thread", child_status(thread_executes));
    tell("fork in a thread", join(start(forks, NULL)));
    pthread_atfork(prepares, NULL, NULL);
    tell("fork in a thread", join(start(forks, NULL)));
}

/* ---- a thousand threads ---- */

static _Atomic int arrived, released;

static void *arrives(void *argument)
{
    arrived += 1;
    pthread_mutex_lock(&mutex);
    while (!released)
        pthread_cond_wait(&condition, &mutex);
    counter += (long)(intptr_t)argument;
    pthread_mutex_unlock(&mutex);
    return argument;
}

static void many(void)
{
    static pthread_t threads[MANY];
    pthread_attr_t attributes;
    long made = 0, sum = 0;

    counter = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    for (long i = 0; i < MANY; i++)
        made += pthread_create(&threads[i], &attributes, arrives, (void *)i) == 0;
    while (arrived < made)
        sleep_ms(1);
    tell("threads at once", made);
    pthread_mutex_lock(&mutex);
    released = 1;
    pthread_cond_broadcast(&condition);
    pthread_mutex_unlock(&mutex);
    for (long i = 0; i < MANY; i++)
        sum += join(threads[i]);
    tell("the sum of what they return", sum);
    tell("and of what they add", counter);
}

int main(int argc, char **argv)
{
    path = argv[0];
    if (argc > 1 && strcmp(argv[1], "again") == 0)
        return 21;
    if (argc > 1 && strcmp(argv[1], "leader") == 0) {
        start(outlives, NULL);
        pthread_exit(NULL);
    }
    processes(); /* while there are no other threads: what a child may do then is more */
    locks();
    conditions();
    barriers();
    locals();
    cancellation();
    signals();
    many();
    return 11;
}
