/* Signals to threads and to processes with threads (pthreads(7), signal(7)). */
#include "threads.h"

static struct thread threads[4];
static volatile int ready, leave;

static void start_all(long (*run)(uint64_t argument), uint64_t argument)
{
    ready = leave = 0;
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_start(&threads[i], run, argument);
    while (ready < (int)COUNT(threads))
        nap();
}

static void join_all(void)
{
    set_word(&leave, 1);
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_join(&threads[i]);
}

static long stays(uint64_t mask)
{
    set_mask(mask);
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    wait_word(&leave, 1);
    return (long)pending_now();
}

static void check_to_thread(void)
{
    forget_caught();
    catch_signal(SIGUSR1, SA_RESTART);
    start_all(stays, 0);
    sys_tgkill((int)sys_getpid(), threads[2].tid, SIGUSR1);
    settle();
    check(caught_only(1, SIGUSR1) && caught[0].tid == threads[2].tid,
          "deliver: tgkill's signal is that thread's");
    forget_caught();
    sys_tkill(threads[1].tid, SIGUSR1);
    settle();
    check(caught_only(1, SIGUSR1) && caught[0].tid == threads[1].tid, "deliver: tkill's too");
    check_is(sys_tgkill(1, threads[1].tid, 0), -ESRCH,
             "deliver: a thread of another process gives ESRCH");
    check_is(sys_kill(threads[1].tid, 0), 0,
             "deliver: kill takes a thread's number for its process");
    forget_caught();
    struct abi_siginfo info = {.si_code = SI_QUEUE, .si_value = 5};
    CALL(NR_RT_TGSIGQUEUEINFO, sys_getpid(), threads[3].tid, SIGUSR1, &info);
    settle();
    check(caught_only(1, SIGUSR1) && caught[0].tid == threads[3].tid &&
              caught[0].info.si_value == 5,
          "deliver: rt_tgsigqueueinfo's too");
    join_all();
}

static void check_to_process(void)
{
    int self_pid = (int)sys_getpid();

    forget_caught();
    start_all(stays, 0);
    sys_kill(self_pid, SIGUSR1);
    check(caught_only(1, SIGUSR1) && caught[0].tid == self_pid,
          "deliver: kill's is the leader's, where that does not block it");
    join_all();
    forget_caught();
    block(bit(SIGUSR1));
    start_all(stays, bit(SIGUSR1));
    struct thread open = {0};
    thread_start(&open, stays, 0);
    while (ready < 5)
        nap();
    sys_kill(self_pid, SIGUSR1);
    settle();
    check(caught_only(1, SIGUSR1) && caught[0].tid == open.tid,
          "deliver: else it is that of one that does not");
    forget_caught();
    sys_tgkill(self_pid, threads[0].tid, SIGUSR1);
    settle();
    check_is(caught_count, 0, "deliver: a thread's own signal waits for that thread");
    check_is((long)pending_now(), 0, "deliver: and is nobody else's");
    set_word(&leave, 1);
    thread_join(&open);
    check_is(thread_join(&threads[0]), (long)bit(SIGUSR1), "deliver: it is pending there");
    for (unsigned i = 1; i < COUNT(threads); i++)
        check_is(thread_join(&threads[i]), 0, "deliver: and not in the others");
    unblock(bit(SIGUSR1));
    default_signal(SIGUSR1);
}

static void check_all_block(void)
{
    forget_caught();
    catch_signal(SIGUSR1, 0);
    block(bit(SIGUSR1));
    start_all(stays, bit(SIGUSR1));
    raise_process(SIGUSR1);
    settle();
    check_is((long)pending_now(), (long)bit(SIGUSR1), "deliver: where all block it, it is pending");
    set_word(&leave, 1);
    check_is(thread_join(&threads[3]), (long)bit(SIGUSR1), "deliver: for all of them");
    join_all();
    unblock(bit(SIGUSR1));
    check(caught_only(1, SIGUSR1), "deliver: until the first unblocks it");
    default_signal(SIGUSR1);
}

static volatile int taken_by;

static long takes(uint64_t signal)
{
    uint64_t set = bit((int)signal);

    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    long got = CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 8);
    taken_by = (int)sys_gettid();
    return got;
}

static void check_waiting_thread(void)
{
    struct thread thread = {0};

    ready = 0;
    block(bit(SIGUSR1));
    thread_start(&thread, takes, SIGUSR1);
    while (!ready)
        nap();
    settle();
    raise_process(SIGUSR1);
    int tid = thread.tid;
    check_is(thread_join(&thread), SIGUSR1,
             "deliver: a thread in sigtimedwait takes what all block");
    check_is(taken_by, tid, "deliver: it and nobody else");
    unblock(bit(SIGUSR1));
}

static long runs(uint64_t unused)
{
    int64_t begin = now_ns();

    while (caught_count == 0 && now_ns() - begin < 200 * 1000 * 1000)
        ;
    return (long)unused;
}

static void check_running_thread(void)
{
    const struct abi_itimerval time = {{0, 0}, {0, 20000}};
    const struct abi_timespec sleep = {0, 300 * 1000 * 1000};
    struct thread thread = {0};

    forget_caught();
    catch_signal(SIGPROF, 0);
    CALL(NR_SETITIMER, ITIMER_PROF, &time, NULL);
    thread_start(&thread, runs, 0);
    int tid = thread.tid;
    check_is(CALL(NR_NANOSLEEP, &sleep, NULL), 0,
             "deliver: setitimer's of used time wakes none that sleep");
    thread_join(&thread);
    check(caught_only(1, SIGPROF) && caught[0].tid == tid, "deliver: it is that of who runs");
    default_signal(SIGPROF);
}

/* ---- what ends a process ends all its threads ---- */

static long faults(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("str wzr, [%0]" ::"r"((uint64_t)BAD_ADDRESS) : "memory");
    return 0;
}

static int thread_faults(uint64_t unused)
{
    start_all(stays, 0);
    struct thread thread = {0};
    thread_start(&thread, faults, 0);
    return (int)thread_sleeps(unused);
}

static long raises(uint64_t signal)
{
    raise_thread((int)signal);
    return 0;
}

static int thread_raises(uint64_t signal)
{
    start_all(stays, 0);
    struct thread thread = {0};
    thread_start(&thread, raises, signal);
    return (int)thread_sleeps(0);
}

static int many_sleep(uint64_t mask)
{
    start_all(stays, mask);
    return (int)thread_sleeps(0);
}

static int only_thread_open(uint64_t unused)
{
    block(~0ull);
    start_all(stays, 0);
    return (int)thread_sleeps(unused);
}

static void leaves(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    sys_leave(signal + (sys_gettid() != sys_getpid() ? 100 : 0));
}

static int fault_is_handled(uint64_t unused)
{
    struct thread thread = {0};

    in_handler = leaves;
    catch_signal(SIGSEGV, 0);
    thread_start(&thread, faults, 0);
    return (int)thread_sleeps(unused);
}

static void check_fatal(void)
{
    check_is(run_fork(thread_faults, 0), SIGSEGV, "deliver: a thread's fault ends the process");
    check_is(run_fork(thread_raises, SIGTERM), SIGTERM, "deliver: so does a thread's SIGTERM");
    check_is(run_fork(fault_is_handled, 0), exited(100 + SIGSEGV),
             "deliver: a fault's handler runs in the thread that faulted");
    int child = start_fork(many_sleep, ~0ull);
    settle();
    sys_kill(child, SIGKILL);
    check_is(await(child), SIGKILL, "deliver: SIGKILL ends all threads");
    child = start_fork(only_thread_open, 0);
    settle();
    sys_kill(child, SIGTERM);
    check_is(await(child), SIGTERM, "deliver: SIGTERM does if one thread does not block it");
}

void check_deliver(void)
{
    check_to_thread();
    check_to_process();
    check_all_block();
    check_waiting_thread();
    check_running_thread();
    check_fatal();
}

/* ---- stop and continue ---- */

static volatile int *shared;

static long counts(uint64_t index)
{
    for (;; sleep_ms(1))
        shared[index]++;
    return 0;
}

static int counts_in_threads(uint64_t unused)
{
    struct thread two[2] = {{0}, {0}};

    (void)unused;
    sys_setpgid(0, 0);
    thread_start(&two[0], counts, 1);
    thread_start(&two[1], counts, 2);
    return (int)counts(0);
}

static unsigned moving(void)
{
    int before[3] = {shared[0], shared[1], shared[2]};
    unsigned count = 0;

    settle();
    for (unsigned i = 0; i < 3; i++)
        count += shared[i] != before[i];
    return count;
}

static long stops_by_thread(uint64_t signal)
{
    sleep_ms(20);
    raise_thread((int)signal);
    return counts(2);
}

static int thread_stops(uint64_t signal)
{
    struct thread thread = {0};

    sys_setpgid(0, 0);
    thread_start(&thread, stops_by_thread, signal);
    return (int)counts(0);
}

void check_tstop(void)
{
    shared = map_shared(PAGE);
    int child = start_fork(counts_in_threads, 0);
    settle();
    check_is(moving(), 3, "stop: three threads run");
    sys_kill(child, SIGSTOP);
    check_is(await_change(child, WUNTRACED), SIGSTOP << 8 | 0x7f, "stop: SIGSTOP stops a process");
    check_is(moving(), 0, "stop: with all its threads");
    check_is(await_change(child, WUNTRACED | WNOHANG), 0x100000, "stop: which is told once");
    sys_kill(child, SIGCONT);
    check_is(await_change(child, WCONTINUED), 0xffff, "stop: SIGCONT continues it");
    check_is(moving(), 3, "stop: with all its threads");
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sys_kill(child, SIGKILL);
    check_is(await(child), SIGKILL, "stop: SIGKILL ends it stopped");
    child = start_fork(thread_stops, SIGTSTP);
    sys_setpgid(child, child);
    check_is(await_change(child, WUNTRACED), SIGTSTP << 8 | 0x7f,
             "stop: a thread's own stop signal stops the process");
    check_is(moving(), 0, "stop: too with all its threads");
    sys_kill(child, SIGKILL);
    await(child);
    sys_munmap(ADDR(shared), PAGE);
}

/* ---- waiting ---- */

static int answers_late(uint64_t value)
{
    sleep_ms(50);
    return (int)value;
}

static long waits_any(uint64_t unused)
{
    int status = -1;

    (void)unused;
    long got = sys_wait4(-1, &status, 0, NULL);
    return got < 0 ? got : status;
}

static long children(uint64_t unused)
{
    (void)unused;
    return start_fork(answers_late, 6);
}

void check_twait(void)
{
    struct thread first = {0}, second = {0};

    int child = start_fork(answers_late, 5);
    thread_start(&first, waits_any, 0);
    thread_start(&second, waits_any, 0);
    long one = thread_join(&first), two = thread_join(&second);
    check((one == exited(5) && two == -ECHILD) || (two == exited(5) && one == -ECHILD),
          "wait: of two threads that wait for one child, one gets it and one ECHILD");
    check_is(sys_wait4(child, NULL, 0, NULL), -ECHILD, "wait: then nobody else does");
    child = (int)thread_run(children, 0);
    settle(); /* a thread's word is cleared before its children go over */
    check_is(sys_wait4(child, NULL, (int)WNOTHREAD, NULL), child,
             "wait: children of a thread that ended are another's");
}
