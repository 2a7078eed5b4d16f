/* rt_sigsuspend(2) and rt_sigtimedwait(2). */
#include "signals.h"

static long timed_wait(uint64_t set, struct abi_siginfo *info, int64_t milliseconds)
{
    struct abi_timespec time = ms(milliseconds);

    return CALL(NR_RT_SIGTIMEDWAIT, &set, info, milliseconds < 0 ? NULL : &time, 8);
}

static long suspend(uint64_t mask)
{
    return CALL(NR_RT_SIGSUSPEND, &mask, 8);
}

static int sends_soon(uint64_t signal)
{
    settle();
    sys_kill((int)sys_getppid(), (int)signal);
    return 0;
}

static int sends_two_soon(uint64_t signals)
{
    settle();
    sys_kill((int)sys_getppid(), (int)(signals & 0xff));
    settle();
    sys_kill((int)sys_getppid(), (int)(signals >> 8));
    return 0;
}

static void check_suspend(void)
{
    forget_caught();
    catch_signal(SIGUSR1, SA_RESTART);
    set_mask(bit(SIGUSR1) | bit(SIGTERM));
    raise_process(SIGUSR1);
    check_is(suspend(bit(SIGHUP)), -EINTR, "wait: sigsuspend gives EINTR, even with SA_RESTART");
    check(caught_only(1, SIGUSR1), "wait: after a pending signal's handler");
    check_is((long)caught[0].mask, (long)(bit(SIGUSR1) | bit(SIGHUP)),
             "wait: which runs with the mask that sigsuspend was given");
    check_is((long)caught[0].saved, (long)(bit(SIGUSR1) | bit(SIGTERM)),
             "wait: and whose frame holds the mask from before");
    check_is((long)mask_now(), (long)(bit(SIGUSR1) | bit(SIGTERM)), "wait: then that is back");
    forget_caught();
    int child = start_fork(sends_soon, SIGUSR1);
    check_is(suspend(0), -EINTR, "wait: sigsuspend waits for a signal");
    check(caught_only(1, SIGUSR1) && caught[0].info.si_pid == child, "wait: which comes");
    await(child);
    forget_caught();
    ignore_signal(SIGUSR2);
    child = start_fork(sends_two_soon, SIGUSR2 | SIGUSR1 << 8);
    suspend(0);
    check(caught_only(1, SIGUSR1), "wait: an ignored one does not end sigsuspend");
    await(child);
    uint64_t mask = ~0ull;
    check_is(CALL(NR_RT_SIGSUSPEND, &mask, 4), -EINVAL, "wait: sigsuspend of 4 bytes: EINVAL");
    check_is(CALL(NR_RT_SIGSUSPEND, BAD_ADDRESS, 8), -EFAULT,
             "wait: sigsuspend with a bad address gives EFAULT");
    set_mask(0);
    default_signal(SIGUSR1);
    default_signal(SIGUSR2);
}

static int suspended_forever(uint64_t unused)
{
    (void)unused;
    suspend(~0ull);
    return 1;
}

static void check_suspend_all(void)
{
    int child = start_fork(suspended_forever, 0);

    settle();
    sys_kill(child, SIGTERM);
    settle();
    check_is(await_change(child, WNOHANG), NOTHING_YET, "wait: with all blocked it waits on");
    sys_kill(child, SIGKILL);
    check_is(await(child), SIGKILL, "wait: but not beyond SIGKILL");
}

static void check_timed_wait(void)
{
    struct abi_siginfo info = {0};
    uint64_t set = bit(SIGUSR1) | bit(40) | bit(41);
    int self_pid = (int)sys_getpid();

    block(set);
    check_is(timed_wait(set, NULL, 0), -EAGAIN, "wait: sigtimedwait of nothing gives EAGAIN");
    int64_t began = now_ns();
    check_is(timed_wait(set, NULL, 30), -EAGAIN, "wait: after the time it was given");
    check(now_ns() - began >= 30000000, "wait: and not before");
    queue_signal(self_pid, 41, 3);
    queue_signal(self_pid, 40, 1);
    queue_signal(self_pid, 40, 2);
    raise_process(SIGUSR1);
    check_is(timed_wait(bit(40) | bit(41), &info, 0), 40, "wait: it takes the lowest of its set");
    check(info.si_code == SI_QUEUE && info.si_value == 1, "wait: the oldest of that");
    check_is(timed_wait(set, &info, 0), SIGUSR1, "wait: a standard one before real-time ones");
    check(info.si_code == SI_USER && info.si_pid == self_pid, "wait: with its information");
    check_is(timed_wait(set, &info, 0), 40, "wait: then the next");
    check_is((long)info.si_value, 2, "wait: with its value");
    check_is(timed_wait(set, &info, 0), 41, "wait: and the last");
    check_is((long)pending_now(), 0, "wait: then nothing is pending");
    raise_thread(40);
    raise_process(40);
    check_is(timed_wait(set, &info, 0), 40, "wait: a thread's signal");
    check_is(info.si_code, SI_TKILL, "wait: comes before the process's");
    timed_wait(set, &info, 0);
    block(bit(SIGHUP) | bit(SIGSEGV));
    raise_process(SIGHUP);
    raise_process(SIGSEGV);
    check_is(timed_wait(bit(SIGHUP) | bit(SIGSEGV), &info, 0), SIGSEGV,
             "wait: what a fault may have raised comes before lower ones");
    timed_wait(bit(SIGHUP), &info, 0);
    int child = start_fork(sends_soon, 40);
    check_is(timed_wait(set, &info, -1), 40, "wait: without a time it waits for a signal");
    check_is(info.si_pid, child, "wait: which it gives");
    await(child);
    set_mask(0);
}

static void check_unblocked_wait(void)
{
    catch_signal(SIGUSR1, 0);
    catch_signal(SIGUSR2, SA_RESTART);
    forget_caught();
    int child = start_fork(sends_soon, SIGUSR1);
    check_is(timed_wait(bit(SIGUSR1), NULL, -1), SIGUSR1,
             "wait: one that is not blocked is taken too, if it comes while it waits");
    check_is(caught_count, 0, "wait: and its handler does not run");
    await(child);
    child = start_fork(sends_soon, SIGUSR2);
    check_is(timed_wait(bit(SIGUSR1), NULL, -1), -EINTR, "wait: another's handler gives EINTR");
    check(caught_only(1, SIGUSR2), "wait: and has run");
    await(child);
    default_signal(SIGUSR1);
    default_signal(SIGUSR2);
}

static void check_wait_errors(void)
{
    uint64_t set = bit(SIGUSR1);
    struct abi_timespec bad = {0, 1000000000}, negative = {-1, 0};
    struct abi_siginfo info;

    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, &bad, 8), -EINVAL,
             "wait: a time-out of a thousand million nanoseconds gives EINVAL");
    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, &negative, 8), -EINVAL,
             "wait: so does a negative one");
    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 4), -EINVAL,
             "wait: so do 4 bytes of a set");
    check_is(CALL(NR_RT_SIGTIMEDWAIT, BAD_ADDRESS, NULL, NULL, 8), -EFAULT,
             "wait: a bad address of the set gives EFAULT");
    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, BAD_ADDRESS, 8), -EFAULT,
             "wait: one of the time-out too");
    block(set | bit(SIGKILL));
    raise_process(SIGUSR1);
    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set, BAD_ADDRESS, NULL, 8), -EFAULT,
             "wait: one of the siginfo too");
    check_differs((long)pending_now(), (struct result){(long)set, "is still pending"},
                  (struct result){0, "is gone"}, "wait: after which the signal");
    ignore_signal(SIGUSR1);
    default_signal(SIGUSR1);
    set = bit(SIGKILL) | bit(SIGSTOP);
    check_is(timed_wait(set, &info, 0), -EAGAIN, "wait: SIGKILL and SIGSTOP are passed over");
    set_mask(0);
}

void check_wait(void)
{
    check_suspend();
    check_suspend_all();
    check_timed_wait();
    check_unblocked_wait();
    check_wait_errors();
}
