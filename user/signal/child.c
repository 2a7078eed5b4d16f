/* SIGCHLD: when it comes and what it tells, and who wants none (sigaction(2), wait(2)); the signal
 * at the parent's end (prctl(2)). */
#include "signals.h"

static int answers(uint64_t value)
{
    return (int)value;
}

static int kills_itself(uint64_t signal)
{
    raise_process((int)signal);
    return 0;
}

static bool told(int child, int code, int status)
{
    const struct abi_siginfo *info = &caught[0].info;

    return caught_only(1, SIGCHLD) && info->si_signo == SIGCHLD && info->si_errno == 0 &&
           info->si_code == code && info->si_pid == child && info->si_uid == 0 &&
           info->si_status == status;
}

static void check_ends(void)
{
    forget_caught();
    catch_signal(SIGCHLD, 0);
    int child = start_fork(answers, 42);
    await_end(child);
    check(told(child, CLD_EXITED, 42), "child: an exit gives SIGCHLD: CLD_EXITED and the status");
    await(child);
    forget_caught();
    child = start_fork(kills_itself, SIGTERM);
    await_end(child);
    check(told(child, CLD_KILLED, SIGTERM), "child: a signal: CLD_KILLED and the signal");
    await(child);
    check_is(caught_count, 1, "child: waiting for it gives no more");
    default_signal(SIGCHLD);
}

static void check_stops(unsigned flags)
{
    catch_signal(SIGCHLD, flags);
    int child = start_fork(sleeps_long, 0);
    settle();
    forget_caught();
    sys_kill(child, SIGSTOP);
    settle();
    if (flags & SA_NOCLDSTOP)
        check_is(caught_count, 0, "child: with SA_NOCLDSTOP a stop gives none");
    else
        check(told(child, CLD_STOPPED, SIGSTOP), "child: a stop: CLD_STOPPED and the signal");
    check_is(await_change(child, WNOHANG | WUNTRACED), stopped(SIGSTOP),
             "child: it can be waited for");
    forget_caught();
    sys_kill(child, SIGCONT);
    settle();
    if (flags & SA_NOCLDSTOP)
        check_is(caught_count, 0, "child: with SA_NOCLDSTOP a continuation gives none");
    else
        check(told(child, CLD_CONTINUED, SIGCONT), "child: a continuation: CLD_CONTINUED");
    forget_caught();
    sys_kill(child, SIGKILL);
    await(child);
    check(told(child, CLD_KILLED, SIGKILL), "child: its end gives one in any case");
    default_signal(SIGCHLD);
}

/* What a parent with that action for SIGCHLD finds. */
static void check_no_zombies(uint64_t handler, uint64_t flags, long want, const char *what)
{
    int status = -1;

    forget_caught();
    if (handler == SIG_IGN || handler == SIG_DFL)
        set_handler(SIGCHLD, handler, flags);
    else
        catch_signal(SIGCHLD, flags);
    int child = start_fork(answers, 3);
    long got = sys_wait4(child, &status, 0, NULL);
    check_is(got == child ? 0 : got, want, what);
    default_signal(SIGCHLD);
}

static void check_reaping(void)
{
    check_no_zombies(SIG_DFL, 0, 0, "child: by default there is a zombie to wait for");
    check_no_zombies(SIG_IGN, 0, -ECHILD, "child: with SIGCHLD ignored wait4 gives ECHILD");
    check_no_zombies(SIG_DFL, SA_NOCLDWAIT, -ECHILD, "child: so it does with SA_NOCLDWAIT");
    check_no_zombies(2, SA_NOCLDWAIT, -ECHILD, "child: and with a handler and SA_NOCLDWAIT");
    check_is(caught_count, 1, "child: which is called all the same");
    set_handler(SIGCHLD, SIG_IGN, 0);
    int child = start_fork(answers, 3);
    while (sys_kill(child, 0) == 0)
        nap();
    check_is(sys_kill(child, 0), -ESRCH, "child: nothing is left of one that nobody waits for");
    child = start_fork(sleeps_long, 0);
    sys_kill(child, SIGSTOP);
    check_is(await_change(child, WUNTRACED), stopped(SIGSTOP), "child: its stop is told");
    sys_kill(child, SIGKILL);
    check_is(sys_wait4(child, NULL, 0, NULL), -ECHILD, "child: wait4 waits, and then gives ECHILD");
    default_signal(SIGCHLD);
    child = start_fork(answers, 4);
    await_end(child);
    set_handler(SIGCHLD, SIG_IGN, 0);
    check_is(sys_wait4(child, NULL, 0, NULL), child, "child: ignoring SIGCHLD reaps no old zombie");
    default_signal(SIGCHLD);
}

static void check_once(void)
{
    forget_caught();
    catch_signal(SIGCHLD, 0);
    block(bit(SIGCHLD));
    int first = start_fork(answers, 1);
    await_end(first);
    int second = start_fork(answers, 2);
    await_end(second);
    unblock(bit(SIGCHLD));
    check(told(first, CLD_EXITED, 1), "child: two ends while it is blocked give one SIGCHLD");
    await(first);
    await(second);
    default_signal(SIGCHLD);
}

static int exit_signal_child(int signal)
{
    return start_clone(&(struct start){.flags = (uint64_t)signal}, answers, 5);
}

static void check_exit_signal(void)
{
    forget_caught();
    catch_signal(SIGUSR1, 0);
    catch_signal(40, 0);
    int child = exit_signal_child(SIGUSR1);
    await_end(child);
    check(caught_only(1, SIGUSR1), "child: the end sends the signal that clone was given");
    check(caught[0].info.si_code == CLD_EXITED && caught[0].info.si_status == 5 &&
              caught[0].info.si_pid == child && caught[0].info.si_signo == SIGUSR1,
          "child: with the siginfo of an end");
    sys_wait4(child, NULL, (int)WALL, NULL);
    forget_caught();
    child = exit_signal_child(40);
    await_end(child);
    check(caught_only(1, 40), "child: a real-time one too");
    sys_wait4(child, NULL, (int)WALL, NULL);
    default_signal(SIGUSR1);
    default_signal(40);
}

/* ---- PR_SET_PDEATHSIG ---- */

static volatile int *shared;

static void tells(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)uc;
    shared[1] = info->si_code == SI_USER ? info->si_pid : -1;
    shared[0] = signal;
}

static int wants_signal(uint64_t signal)
{
    catch_signal((int)signal, 0);
    in_handler = tells;
    sys_prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
    shared[2] = 1;
    return sleeps_long(0);
}

static int grandchild_wants(uint64_t signal)
{
    shared[3] = start_fork(wants_signal, signal);
    while (!shared[2])
        nap();
    return 0;
}

static void check_parent_death(void)
{
    int got = 9;

    shared = map_shared(PAGE);
    int child = start_fork(grandchild_wants, SIGUSR1);
    await(child);
    settle();
    check_is(shared[0], SIGUSR1, "child: PDEATHSIG comes when the parent ends");
    check_is(shared[1], child, "child: from the parent, as SI_USER");
    sys_kill(shared[3], SIGKILL);
    sys_prctl(PR_SET_PDEATHSIG, SIGUSR2, 0, 0, 0);
    sys_prctl(PR_GET_PDEATHSIG, ADDR(&got), 0, 0, 0);
    check_is(got, SIGUSR2, "child: PDEATHSIG is told back");
    check_is(sys_prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0), -EINVAL, "child: signal 65 gives EINVAL");
    sys_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    sys_munmap(ADDR(shared), PAGE);
}

void check_child(void)
{
    check_ends();
    check_stops(0);
    check_stops(SA_NOCLDSTOP);
    check_reaping();
    check_once();
    check_exit_signal();
    check_parent_death();
}
