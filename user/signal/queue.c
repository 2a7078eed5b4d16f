/* Which signals wait, how many of each, and in which order they come (signal(7),
 * rt_sigqueueinfo(2)). */
#include "signals.h"

enum { RT = 34, MANY = 100 };

static void catch_range(int first, int last)
{
    for (int signal = first; signal <= last; signal++)
        catch_masked(signal, 0, ~0ull);
}

static void default_range(int first, int last)
{
    for (int signal = first; signal <= last; signal++)
        default_signal(signal);
}

static void check_standard_once(void)
{
    forget_caught();
    catch_signal(SIGUSR1, 0);
    block(bit(SIGUSR1));
    for (int i = 0; i < 5; i++)
        raise_process(SIGUSR1);
    queue_signal((int)sys_getpid(), SIGUSR1, 9);
    check_is((long)pending_now(), (long)bit(SIGUSR1), "queue: a standard signal is pending");
    unblock(bit(SIGUSR1));
    check_is(caught_count, 1, "queue: and comes once, sent five times");
    check_is(caught[0].info.si_code, SI_USER, "queue: with the information of the first");
    check_is((long)pending_now(), 0, "queue: then nothing is pending");
    forget_caught();
    block(bit(SIGUSR1));
    raise_process(SIGUSR1);
    raise_thread(SIGUSR1);
    unblock(bit(SIGUSR1));
    check_is(caught_count, 2, "queue: the process and the thread each have one");
    check(caught[0].info.si_code == SI_TKILL && caught[1].info.si_code == SI_USER,
          "queue: and the thread's comes first");
    default_signal(SIGUSR1);
}

static void check_real_time(void)
{
    int self_pid = (int)sys_getpid();
    unsigned good = 0;

    forget_caught();
    catch_range(RT, RT + 3);
    block(bit(RT) | bit(RT + 1) | bit(RT + 2) | bit(RT + 3));
    for (unsigned i = 0; i < 10; i++)
        queue_signal(self_pid, RT + 2 - (int)(i % 3), i);
    unblock(bit(RT) | bit(RT + 1) | bit(RT + 2) | bit(RT + 3));
    check_is(caught_count, 10, "queue: each real-time signal that was queued comes");
    for (unsigned i = 1; i < caught_count; i++)
        good += caught[i - 1].signal == caught[i].signal
                    ? caught[i - 1].info.si_value < caught[i].info.si_value
                    : caught[i - 1].signal < caught[i].signal;
    check_is(good, 9, "queue: the lowest number first, and of each the oldest first");
    forget_caught();
    block(bit(RT));
    for (unsigned i = 0; i < MANY; i++)
        sys_kill(self_pid, RT);
    unblock(bit(RT));
    check_is(caught_count, MANY, "queue: kill queues real-time signals too");
    check_is(caught[5].info.si_code, SI_USER, "queue: as SI_USER");
    default_range(RT, RT + 3);
}

static void check_order(void)
{
    static const int sent[] = {SIGTERM, 40, SIGUSR2, SIGINT, 35, SIGHUP, 64};
    static const int want[] = {SIGHUP, SIGINT, SIGUSR2, SIGTERM, 35, 40, 64};
    unsigned good = 0;

    forget_caught();
    block(~0ull);
    for (unsigned i = 0; i < COUNT(sent); i++) {
        catch_masked(sent[i], 0, ~0ull);
        raise_process(sent[i]);
    }
    set_mask(0);
    check_is(caught_count, COUNT(sent), "queue: of several pending signals each is taken");
    /* handlers nest: the frame of the first is pushed first, so the last one runs first */
    for (unsigned i = 0; i < COUNT(want); i++)
        good += caught[i].signal == want[i];
    check_is(good, COUNT(want), "queue: those with masks of everything in the order of numbers");
    forget_caught();
    block(~0ull);
    for (unsigned i = 0; i < COUNT(sent); i++) {
        catch_masked(sent[i], 0, 0);
        raise_process(sent[i]);
    }
    set_mask(0);
    good = 0;
    for (unsigned i = 0; i < COUNT(want); i++)
        good += caught[i].signal == want[COUNT(want) - 1 - i];
    check_is(good, COUNT(want), "queue: those without masks nest: the last taken runs first");
    for (unsigned i = 0; i < COUNT(sent); i++)
        default_signal(sent[i]);
}

static void check_synchronous_first(void)
{
    forget_caught();
    block(~0ull);
    catch_masked(SIGHUP, 0, ~0ull);
    catch_masked(SIGSEGV, 0, ~0ull);
    raise_thread(SIGHUP);
    raise_thread(SIGSEGV);
    set_mask(0);
    check(caught_count == 2 && caught[0].signal == SIGSEGV && caught[1].signal == SIGHUP,
          "queue: a thread's SIGSEGV comes before its SIGHUP");
    default_signal(SIGHUP);
    default_signal(SIGSEGV);
}

static int fills_queue(uint64_t unused)
{
    struct abi_rlimit limit = {5, 5};
    int self_pid = (int)sys_getpid();

    (void)unused;
    block(~0ull);
    sys_prlimit64(0, RLIMIT_SIGPENDING, &limit, NULL);
    unsigned sent = 0;
    while (sent < 20 && queue_signal(self_pid, RT, sent) == 0)
        sent++;
    if (sent != 5)
        return (int)(100 + sent);
    if (queue_signal(self_pid, RT, 0) != -EAGAIN)
        return 2;
    if (sys_kill(self_pid, RT) != 0 || sys_kill(self_pid, RT + 1) != 0)
        return 3;
    if ((pending_now() & bit(RT + 1)) == 0)
        return 6;
    if (sys_kill(self_pid, SIGTERM) != 0 || !(pending_now() & bit(SIGTERM)))
        return 4;
    if (queue_signal(self_pid, SIGUSR1, 3) != 0)
        return 5;
    return 1;
}

static int takes_without_info(uint64_t unused)
{
    struct abi_rlimit limit = {0, 0};
    struct abi_siginfo info = {.si_code = 99};
    uint64_t set = bit(RT) | bit(SIGTERM);
    int self_pid = (int)sys_getpid();

    (void)unused;
    block(~0ull);
    sys_prlimit64(0, RLIMIT_SIGPENDING, &limit, NULL);
    sys_kill(self_pid, SIGTERM);
    if (CALL(NR_RT_SIGTIMEDWAIT, &set, &info, NULL, 8) != SIGTERM)
        return 2;
    if (info.si_code != SI_USER || info.si_pid != self_pid)
        return 3; /* one of kill is never without */
    sys_kill(self_pid, RT);
    if (CALL(NR_RT_SIGTIMEDWAIT, &set, &info, NULL, 8) != RT)
        return 4;
    return info.si_signo == RT && info.si_code == SI_USER && info.si_pid == 0 && info.si_uid == 0;
}

static int limit_is_freed(uint64_t unused)
{
    struct abi_rlimit limit = {1, 1};
    uint64_t set = bit(RT);
    int self_pid = (int)sys_getpid();

    (void)unused;
    block(~0ull);
    sys_prlimit64(0, RLIMIT_SIGPENDING, &limit, NULL);
    for (unsigned i = 0; i < 10; i++) {
        if (queue_signal(self_pid, RT, i) != 0)
            return 2;
        if (queue_signal(self_pid, RT, i) != -EAGAIN)
            return 3;
        if (CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 8) != RT)
            return 4;
    }
    return 1;
}

static long queue_code(int pid, int signal, int code)
{
    struct abi_siginfo info = {.si_signo = signal, .si_code = code};

    return CALL(NR_RT_SIGQUEUEINFO, pid, signal, &info);
}

static void check_queue_errors(void)
{
    int child = start_fork(sleeps_long, 0), self_pid = (int)sys_getpid();
    struct abi_siginfo info = {.si_code = SI_QUEUE};

    ignore_signal(SIGUSR1);
    check_is(queue_code(self_pid, SIGUSR1, SI_USER), 0, "queue: to oneself any si_code may be");
    check_is(queue_code(self_pid, SIGUSR1, 7), 0, "queue: even the kernel's");
    check_is(queue_code(child, SIGWINCH, SI_USER), -EPERM, "queue: to another SI_USER may not");
    check_is(queue_code(child, SIGWINCH, SI_TKILL), -EPERM, "queue: nor SI_TKILL");
    check_is(queue_code(child, SIGWINCH, SI_KERNEL), -EPERM, "queue: nor the kernel's");
    check_is(queue_code(child, SIGWINCH, SI_QUEUE), 0, "queue: SI_QUEUE may");
    check_is(queue_code(child, SIGWINCH, -100), 0, "queue: and other negative ones");
    check_is(queue_code(child, 0, SI_QUEUE), 0, "queue: signal 0 asks whether there is somebody");
    check_is(queue_code(NO_PROCESS, SIGUSR1, SI_QUEUE), -ESRCH, "queue: to nobody gives ESRCH");
    check_is(queue_code(self_pid, 65, SI_QUEUE), -EINVAL, "queue: signal 65 gives EINVAL");
    check_is(CALL(NR_RT_SIGQUEUEINFO, self_pid, SIGUSR1, BAD_ADDRESS), -EFAULT,
             "queue: a bad address gives EFAULT");
    check_is(CALL(NR_RT_TGSIGQUEUEINFO, self_pid, self_pid, SIGUSR1, &info), 0,
             "queue: rt_tgsigqueueinfo sends to a thread");
    check_is(CALL(NR_RT_TGSIGQUEUEINFO, self_pid, child, SIGUSR1, &info), -ESRCH,
             "queue: rt_tgsigqueueinfo to a thread of another process gives ESRCH");
    check_is(CALL(NR_RT_TGSIGQUEUEINFO, self_pid, 0, SIGUSR1, &info), -EINVAL,
             "queue: rt_tgsigqueueinfo to thread 0 gives EINVAL");
    sys_kill(child, SIGKILL);
    await(child);
    default_signal(SIGUSR1);
}

void check_queue(void)
{
    check_standard_once();
    check_real_time();
    check_order();
    check_synchronous_first();
    check_is(run_fork(fills_queue, 0), exited(1), "queue: RLIMIT_SIGPENDING limits what is queued");
    check_is(run_fork(takes_without_info, 0), exited(1),
             "queue: what kill sends beyond the limit comes, a real-time one without information");
    check_is(run_fork(limit_is_freed, 0), exited(1), "queue: what was taken counts no more");
    check_queue_errors();
}
