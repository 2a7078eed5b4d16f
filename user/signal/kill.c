/* kill(2), tkill(2), tgkill(2): to whom. */
#include "signals.h"

static int sleeps_in_group(uint64_t group)
{
    sys_setpgid(0, (int)group);
    return sleeps_long(0);
}

static void check_one(void)
{
    int self_pid = (int)sys_getpid(), child = start_fork(sleeps_long, 0);

    check_is(sys_kill(child, 0), 0, "kill: signal 0 asks whether there is somebody");
    check_is(sys_kill(NO_PROCESS, 0), -ESRCH, "kill: nobody gives ESRCH");
    check_is(sys_kill(NO_PROCESS, 65), -ESRCH, "kill: before the number is looked at");
    check_is(sys_kill(child, 65), -EINVAL, "kill: signal 65 gives EINVAL");
    check_is(sys_kill(child, -1), -EINVAL, "kill: so does a negative one");
    check_is(sys_kill(INT32_MIN, 0), -ESRCH, "kill: the least PID gives ESRCH");
    check_is(sys_tgkill(self_pid, child, 0), -ESRCH, "kill: tgkill of another's thread: ESRCH");
    check_is(sys_tgkill(child, child, 0), 0, "kill: tgkill of its own thread");
    check_is(sys_tgkill(0, child, 0), -EINVAL, "kill: tgkill of process 0 gives EINVAL");
    check_is(sys_tgkill(child, -1, 0), -EINVAL, "kill: tgkill of thread -1 too");
    check_is(sys_tgkill(child, child, 65), -EINVAL, "kill: tgkill of signal 65 too");
    check_is(sys_tkill(0, 0), -EINVAL, "kill: tkill of thread 0 gives EINVAL");
    check_is(sys_tkill(child, 0), 0, "kill: tkill finds a thread of any process");
    check_is(sys_tkill(NO_PROCESS, 0), -ESRCH, "kill: tkill of nobody gives ESRCH");
    sys_kill(child, SIGTERM);
    await_end(child);
    check_is(sys_kill(child, SIGTERM), 0, "kill: a zombie can be sent a signal");
    check_is(sys_tkill(child, SIGTERM), 0, "kill: so can its thread");
    await(child);
    check_is(sys_kill(child, SIGTERM), -ESRCH, "kill: once it was waited for it is nobody");
}

static void check_groups(void)
{
    int first = start_fork(sleeps_in_group, 0);
    sys_setpgid(first, first);
    int second = start_fork(sleeps_in_group, (uint64_t)first);
    sys_setpgid(second, first);
    int other = start_fork(sleeps_long, 0);

    check_is(sys_kill(-first, 0), 0, "kill: a group is asked for by its number, negated");
    check_is(sys_kill(-other, 0), -ESRCH, "kill: a number that is no group's gives ESRCH");
    check_is(sys_kill(-first, 65), -EINVAL, "kill: signal 65 to a group gives EINVAL");
    sys_kill(-first, SIGTERM);
    check(await(first) == SIGTERM && await(second) == SIGTERM, "kill: all of the group get it");
    check_is(await_change(other, WNOHANG), NOTHING_YET, "kill: and no others");
    sys_kill(other, SIGKILL);
    await(other);
    check_is(sys_kill(-first, 0), -ESRCH, "kill: a group that is empty is none");
    forget_caught();
    catch_signal(SIGUSR1, 0);
    sys_kill(0, SIGUSR1);
    check(caught_only(1, SIGUSR1), "kill: 0 is the own group, with oneself");
    default_signal(SIGUSR1);
}

/* -1 would reach the program that runs this one: SIGWINCH does nothing to it. */
static volatile int *shared;

static void counts(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    shared[0]++;
}

static int catches_and_sleeps(uint64_t unused)
{
    (void)unused;
    in_handler = counts;
    catch_signal(SIGWINCH, 0);
    return sleeps_long(0);
}

static int signals_all(uint64_t unused)
{
    (void)unused;
    forget_caught();
    catch_signal(SIGWINCH, 0);
    if (sys_kill(-1, SIGWINCH) != 0)
        return 2;
    return caught_count == 0;
}

static void check_everybody(void)
{
    shared = map_shared(PAGE);
    int first = start_fork(catches_and_sleeps, 0), second = start_fork(catches_and_sleeps, 0);

    settle();
    check_is(run_fork(signals_all, 0), exited(1), "kill: -1 is everybody, but for oneself");
    settle();
    check_is(shared[0], 2, "kill: each gets it once");
    sys_kill(first, SIGKILL);
    sys_kill(second, SIGKILL);
    await(first);
    await(second);
    sys_munmap(ADDR(shared), PAGE);
}

static int kills_itself_first(uint64_t unused)
{
    (void)unused;
    raise_process(SIGKILL);
    return 1;
}

static int taken_before_return(uint64_t unused)
{
    (void)unused;
    forget_caught();
    catch_signal(SIGUSR1, 0);
    raise_process(SIGUSR1);
    return caught_count == 1;
}

/* What Linux does with signals to init: those without a handler do not come, not even SIGKILL. */
static void check_init(void)
{
    check_is(sys_kill(1, 0), 0, "kill: init is there");
    check_is(sys_kill(1, SIGKILL), 0, "kill: init can be sent SIGKILL");
    check_is(sys_kill(1, SIGSTOP), 0, "kill: and SIGSTOP");
    check_is(sys_kill(1, SIGTERM), 0, "kill: and SIGTERM");
    settle();
    check_is(sys_kill(1, 0), 0, "kill: and is there still");
}

void check_kill(void)
{
    check_one();
    check_groups();
    check_everybody();
    check_is(run_fork(kills_itself_first, 0), SIGKILL, "kill: of oneself takes effect at once");
    check_is(run_fork(taken_before_return, 0), exited(1), "kill: before kill returns");
    check_init();
}
