/* Asks the kernel for everything that takes long with signals, timers, threads and futexes: many of
 * each. What is done is done by a child, which ends with all of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MANY = 300,
    MOST = 1000,
    STACK = 16384,
    QUEUED = 10000,
    FRAMES = 1000,
    CHILDREN = 100,
    TIMERS = 1000
};

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s\n", what);
        exit(1);
    }
}

static void nothing(int signal)
{
    (void)signal;
}

static void handle(int signal, int flags)
{
    struct sigaction action = {.sa_handler = nothing, .sa_flags = flags};

    check(sigaction(signal, &action, NULL) == 0, "sigaction");
}

static void mask_all(int how)
{
    sigset_t all;

    sigfillset(&all);
    check(sigprocmask(how, &all, NULL) == 0, "sigprocmask");
}

static void queue(int signal, int count)
{
    const union sigval value = {0};

    for (int i = 0; i < count; i++)
        check(sigqueue(getpid(), signal, value) == 0, "sigqueue");
}

static void sleep_on(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigsuspend(&none);
}

/* All signals at once, each in the handler of the one before. */
static void take_all(void)
{
    mask_all(SIG_BLOCK);
    for (int signal = 1; signal <= SIGRTMAX; signal++)
        if (signal != SIGKILL && signal != SIGSTOP && (signal < 32 || signal >= SIGRTMIN)) {
            handle(signal, 0);
            check(kill(getpid(), signal) == 0, "kill");
        }
    mask_all(SIG_UNBLOCK);
}

static void take_nested(void)
{
    mask_all(SIG_BLOCK);
    handle(SIGRTMIN, SA_NODEFER);
    queue(SIGRTMIN, FRAMES);
    mask_all(SIG_UNBLOCK);
}

/* One that is behind many others; then those are dropped, and as many are left behind. */
static void take_from_behind(void)
{
    const struct timespec none = {0, 0};
    sigset_t last;

    mask_all(SIG_BLOCK);
    queue(SIGRTMIN, QUEUED);
    queue(SIGRTMAX, 1);
    sigemptyset(&last);
    sigaddset(&last, SIGRTMAX);
    check(sigtimedwait(&last, NULL, &none) == SIGRTMAX, "sigtimedwait");
    check(signal(SIGRTMIN, SIG_IGN) == SIG_DFL, "signal");
    queue(SIGRTMIN, QUEUED);
}

/* ---- many timers ---- */

/* All come at one moment, and each has something to say. */
static void come_together(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
    const struct timespec none = {0, 0};
    struct itimerspec at = {0};
    timer_t timer;
    sigset_t all;

    mask_all(SIG_BLOCK);
    check(clock_gettime(CLOCK_MONOTONIC, &at.it_value) == 0, "clock_gettime");
    at.it_value.tv_sec += 2;
    for (int i = 0; i < TIMERS; i++) {
        check(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0, "timer_create");
        check(timer_settime(timer, TIMER_ABSTIME, &at, NULL) == 0, "timer_settime");
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at.it_value, NULL);
    sigfillset(&all);
    for (int i = 0; i < TIMERS; i++)
        check(sigtimedwait(&all, NULL, &none) == SIGRTMIN, "each has come");
}

/* ---- many threads ---- */

static pthread_t threads[MOST];
static int started, word, other;

static void start(void *(*run)(void *), int count)
{
    pthread_attr_t attr;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    for (int i = 0; i < count; i++)
        check(pthread_create(&threads[i], &attr, run, NULL) == 0, "pthread_create");
    while (__atomic_load_n(&started, __ATOMIC_SEQ_CST) < count)
        usleep(1000);
    usleep(1000); /* the last one waits, too */
}

static void join(int count)
{
    for (int i = 0; i < count; i++)
        check(pthread_join(threads[i], NULL) == 0, "pthread_join");
}

static void *waits_for_word(void *unused)
{
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    while (!__atomic_load_n(&word, __ATOMIC_SEQ_CST))
        syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
    return unused;
}

static void wake_all(void)
{
    start(waits_for_word, MANY);
    long moved = syscall(SYS_futex, &word, FUTEX_REQUEUE, 0, (void *)MANY, &other, 0);
    check(moved == MANY, "requeue");
    __atomic_store_n(&word, 1, __ATOMIC_SEQ_CST);
    check(syscall(SYS_futex, &other, FUTEX_WAKE, MANY, NULL, NULL, 0) == MANY, "wake");
    join(MANY);
}

static struct timespec moment;

static void *sleeps_until_moment(void *unused)
{
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    check(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL) == 0, "clock_nanosleep");
    return unused;
}

static void sleep_together(void)
{
    check(clock_gettime(CLOCK_MONOTONIC, &moment) == 0, "clock_gettime");
    moment.tv_sec += 10;
    start(sleeps_until_moment, MOST);
    join(MOST);
}

static void *waits_for_child(void *unused)
{
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    while (wait(NULL) < 0 && errno == EINTR)
        ;
    return unused;
}

/* All hear of each thing that happens to one child. */
static void wait_all(void)
{
    pid_t child = fork();

    if (child == 0)
        for (;;)
            sleep_on();
    start(waits_for_child, MOST);
    check(kill(child, SIGSTOP) == 0, "kill");
    usleep(1000);
    check(kill(child, SIGKILL) == 0, "kill");
    join(MOST);
}

static void *waits_for_signal(void *unused)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    check(sigwaitinfo(&set, NULL) == SIGRTMIN, "sigwaitinfo");
    return unused;
}

static void signal_all(void)
{
    mask_all(SIG_BLOCK);
    start(waits_for_signal, MANY);
    queue(SIGRTMIN, MANY);
    join(MANY);
}

static void *sleeps(void *unused)
{
    __atomic_add_fetch(&started, 1, __ATOMIC_SEQ_CST);
    for (;;)
        sleep_on();
    return unused;
}

/* They are stopped, go on, and end with the one that replaces the program. */
static void stop_all(void)
{
    start(sleeps, MANY);
    if (fork() == 0) {
        kill(getppid(), SIGSTOP);
        usleep(1000);
        kill(getppid(), SIGCONT);
        _exit(0);
    }
    check(wait(NULL) > 0, "wait");
    execl("/init", "/init", "nothing", NULL);
}

/* A robust list that does not end. */
static void *goes_round(void *unused)
{
    static struct entry {
        struct entry *next;
    } entries[] = {{&entries[1]}, {&entries[0]}};
    static struct {
        struct entry *next;
        long offset;
        struct entry *pending;
    } head = {entries, sizeof(struct entry), NULL};

    check(syscall(SYS_set_robust_list, &head, sizeof(head)) == 0, "set_robust_list");
    return unused;
}

static void die_robust(void)
{
    check(pthread_create(&threads[0], NULL, goes_round, NULL) == 0, "pthread_create");
    join(1);
}

static void signal_group(void)
{
    check(setpgid(0, 0) == 0, "setpgid");
    for (int i = 0; i < CHILDREN; i++)
        if (fork() == 0)
            for (;;)
                sleep_on();
    signal(SIGTERM, SIG_IGN);
    check(kill(0, SIGTERM) == 0, "kill");
    for (int i = 0; i < CHILDREN; i++)
        check(wait(NULL) > 0, "wait");
}

static void in_child(void (*work)(void), const char *what)
{
    int status;

    if (fork() == 0) {
        work();
        _exit(0);
    }
    check(wait(&status) > 0 && status == 0, what);
}

int main(int argc, char **argv)
{
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

    (void)argv;
    if (argc > 1)
        return 0;
    check(setrlimit(RLIMIT_SIGPENDING, &unlimited) == 0, "setrlimit");
    in_child(take_all, "take_all");
    in_child(take_nested, "take_nested");
    in_child(take_from_behind, "take_from_behind");
    in_child(come_together, "come_together");
    in_child(sleep_together, "sleep_together");
    in_child(wake_all, "wake_all");
    in_child(wait_all, "wait_all");
    in_child(signal_all, "signal_all");
    in_child(stop_all, "stop_all");
    in_child(die_robust, "die_robust");
    in_child(signal_group, "signal_group");
    printf("all the work is done\n");
    return 0;
}
