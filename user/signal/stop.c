/* Stopping and continuing (signal(7), wait(2)). Children have groups of their own that are not
 * orphaned, so that each stop signal stops. */
#include "signals.h"

static volatile int *shared; /* a counter that a child moves, and what it saw */

static int counts(uint64_t unused)
{
    (void)unused;
    sys_setpgid(0, 0);
    for (;;) {
        shared[0]++;
        sleep_ms(1);
    }
    return 0;
}

static int start_counting(void)
{
    int child = start_fork(counts, 0);

    shared[0] = 0;
    sys_setpgid(child, child);
    while (shared[0] == 0)
        nap();
    return child;
}

static bool moves(void)
{
    int before = shared[0];

    settle();
    return shared[0] != before;
}

static void end(int child)
{
    sys_kill(child, SIGKILL);
    await(child);
}

static void check_stop_and_continue(void)
{
    static const int stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    unsigned good = 0;

    for (unsigned i = 0; i < COUNT(stops); i++) {
        int child = start_counting();
        sys_kill(child, stops[i]);
        good += await_change(child, WUNTRACED) == stopped(stops[i]);
        good += !moves();
        sys_kill(child, SIGCONT);
        good += await_change(child, WCONTINUED) == CONTINUED;
        good += moves();
        end(child);
    }
    check_is(good, 16, "stop: four signals stop, and SIGCONT continues");
}

static void check_wait_options(void)
{
    int child = start_counting();

    sys_kill(child, SIGSTOP);
    settle();
    check_is(await_change(child, WNOHANG), NOTHING_YET, "stop: without WUNTRACED none is told");
    check_is(await_change(child, WNOHANG | WCONTINUED), NOTHING_YET, "stop: nor by WCONTINUED");
    check_is(await_change(child, WNOHANG | WUNTRACED), stopped(SIGSTOP), "stop: by WUNTRACED");
    check_is(await_change(child, WNOHANG | WUNTRACED), NOTHING_YET, "stop: once");
    sys_kill(child, SIGTSTP);
    settle();
    check_is(await_change(child, WNOHANG | WUNTRACED), NOTHING_YET,
             "stop: one that is stopped does not stop again");
    sys_kill(child, SIGCONT);
    settle();
    check_is(await_change(child, WNOHANG | WUNTRACED), NOTHING_YET,
             "stop: a continuation is not told by WUNTRACED");
    check_is(await_change(child, WNOHANG | WCONTINUED), CONTINUED, "stop: but by WCONTINUED");
    check_is(await_change(child, WNOHANG | WCONTINUED), NOTHING_YET, "stop: once");
    check(moves(), "stop: and SIGCONT has dropped the second stop signal");
    sys_kill(child, SIGCONT);
    settle();
    check_is(await_change(child, WNOHANG | WCONTINUED), NOTHING_YET,
             "stop: one that runs is not continued");
    sys_kill(child, SIGSTOP);
    settle();
    sys_kill(child, SIGCONT);
    settle();
    check_is(await_change(child, WNOHANG | WUNTRACED), NOTHING_YET,
             "stop: a stop that is over is not told");
    sys_kill(child, SIGSTOP);
    settle();
    check_is(await_change(child, WNOHANG | WUNTRACED | WCONTINUED), stopped(SIGSTOP),
             "stop: nor a continuation after the next stop");
    end(child);
}

static long wait_id(int child, struct abi_siginfo *info, unsigned options)
{
    memset(info, 0, sizeof(*info));
    return sys_waitid(P_PID, child, info, options, NULL);
}

static bool told(const struct abi_siginfo *info, int child, int code, int status)
{
    return info->si_signo == SIGCHLD && info->si_code == code && info->si_pid == child &&
           info->si_status == status && info->si_errno == 0;
}

static void check_waitid(void)
{
    struct abi_siginfo info;
    int child = start_counting();

    sys_kill(child, SIGSTOP);
    check_is(wait_id(child, &info, WSTOPPED | WNOWAIT), 0, "stop: waitid with WSTOPPED");
    check(told(&info, child, CLD_STOPPED, SIGSTOP), "stop: tells CLD_STOPPED and the signal");
    check_is(wait_id(child, &info, WSTOPPED | WNOHANG), 0, "stop: with WNOWAIT it stays");
    check(told(&info, child, CLD_STOPPED, SIGSTOP), "stop: for the next waitid");
    wait_id(child, &info, WSTOPPED | WNOHANG);
    check_is(info.si_signo, 0, "stop: which takes it");
    sys_kill(child, SIGCONT);
    check_is(wait_id(child, &info, WCONTINUED | WNOWAIT), 0, "stop: waitid with WCONTINUED");
    check(told(&info, child, CLD_CONTINUED, SIGCONT), "stop: tells CLD_CONTINUED and SIGCONT");
    wait_id(child, &info, WCONTINUED);
    check(told(&info, child, CLD_CONTINUED, SIGCONT), "stop: twice after WNOWAIT");
    wait_id(child, &info, WCONTINUED | WSTOPPED | WEXITED | WNOHANG);
    check_is(info.si_signo, 0, "stop: and no more");
    end(child);
}

/* A child that catches signals and counts them in shared memory. */
static void tells_parent(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    shared[signal]++;
}

static int counts_caught(uint64_t unused)
{
    in_handler = tells_parent;
    catch_signal(SIGCONT, 0);
    catch_signal(SIGTSTP, 0);
    catch_signal(SIGUSR1, 0);
    catch_signal(SIGUSR2, 0);
    return counts(unused);
}

static int start_catching(void)
{
    int child = start_fork(counts_caught, 0);

    memset((void *)ADDR(shared), 0, PAGE);
    sys_setpgid(child, child);
    while (shared[0] == 0)
        nap();
    return child;
}

static void check_caught(void)
{
    int child = start_catching();

    sys_kill(child, SIGTSTP);
    settle();
    check_is(shared[SIGTSTP], 1, "stop: SIGTSTP can be caught");
    check(moves(), "stop: and does not stop then");
    sys_kill(child, SIGCONT);
    settle();
    check_is(shared[SIGCONT], 1, "stop: SIGCONT's handler runs in one that is not stopped");
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sys_kill(child, SIGUSR1);
    sys_kill(child, SIGUSR2);
    settle();
    check(shared[SIGUSR1] == 0 && shared[SIGUSR2] == 0, "stop: while it is stopped none is taken");
    sys_kill(child, SIGCONT);
    settle();
    check(shared[SIGUSR1] == 1 && shared[SIGUSR2] == 1, "stop: but when it goes on");
    check_is(shared[SIGCONT], 2, "stop: SIGCONT's handler too");
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sys_kill(child, SIGTERM);
    settle();
    check_is(await_change(child, WNOHANG), NOTHING_YET, "stop: SIGTERM waits for SIGCONT");
    sys_kill(child, SIGCONT);
    check_is(await(child), SIGTERM, "stop: and ends it then");
    child = start_counting();
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sys_kill(child, SIGKILL);
    check_is(await(child), SIGKILL, "stop: SIGKILL does not wait");
}

static int blocks_all(uint64_t ignore)
{
    if (ignore)
        ignore_signal(SIGCONT);
    else
        block(~0ull);
    return counts(0);
}

static void check_continue_always(void)
{
    for (unsigned ignore = 0; ignore < 2; ignore++) {
        int child = start_fork(blocks_all, ignore);
        shared[0] = 0;
        sys_setpgid(child, child);
        while (shared[0] == 0)
            nap();
        sys_kill(child, SIGSTOP);
        check_is(await_change(child, WUNTRACED), stopped(SIGSTOP), "stop: SIGSTOP stops always");
        sys_kill(child, SIGCONT);
        check(moves(), ignore ? "stop: SIGCONT continues even where it is ignored"
                              : "stop: SIGCONT continues even where it is blocked");
        end(child);
    }
}

/* With everything blocked a process sees what of its own signals is left. */
static int cancels(uint64_t unused)
{
    (void)unused;
    block(~0ull);
    raise_process(SIGTSTP);
    raise_process(SIGTTIN);
    raise_thread(SIGTTOU);
    if (pending_now() != (bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU)))
        return 2;
    raise_process(SIGCONT);
    if (pending_now() & (bit(SIGTSTP) | bit(SIGTTIN) | bit(SIGTTOU)))
        return 3;
    catch_signal(SIGCONT, 0);
    raise_process(SIGCONT);
    if (!(pending_now() & bit(SIGCONT)))
        return 4;
    raise_process(SIGTSTP);
    if (pending_now() != bit(SIGTSTP))
        return 5;
    return 1;
}

static int cancels_ignored(uint64_t unused)
{
    (void)unused;
    block(~0ull);
    ignore_signal(SIGCONT);
    raise_process(SIGTSTP);
    raise_process(SIGCONT);
    return !(pending_now() & bit(SIGTSTP));
}

static int sleeps_a_second(uint64_t unused)
{
    (void)unused;
    int64_t began = now_ns();
    struct abi_timespec time = ms(1000), left = {7, 7};
    long result = sys_nanosleep(&time, &left);

    shared[1] = (int)((now_ns() - began) / 1000000);
    shared[2] = (int)left.tv_sec;
    return (int)-result;
}

static void check_sleep_over_stop(void)
{
    int child = start_fork(sleeps_a_second, 0);

    sys_setpgid(child, child);
    sleep_ms(300);
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sleep_ms(300);
    sys_kill(child, SIGCONT);
    check_is(await(child), exited(0), "stop: a sleep goes on after a stop, without EINTR");
    check(shared[1] >= 1000 && shared[1] < 1100, "stop: and ends when it would have");
    check_is(shared[2], 0, "stop: it has told what was left then");
    child = start_fork(sleeps_a_second, 0);
    sys_setpgid(child, child);
    sleep_ms(300);
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sleep_ms(1700);
    check_is(await_change(child, WNOHANG), NOTHING_YET, "stop: one that is over does not run yet");
    sys_kill(child, SIGCONT);
    check_is(await(child), exited(0), "stop: but ends after SIGCONT");
    check(shared[1] >= 2000 && shared[1] < 2100, "stop: at once");
}

static void check_group(void)
{
    int first = start_counting(), second = start_fork(sleeps_long, 0);

    sys_setpgid(second, first);
    settle();
    sys_kill(-first, SIGSTOP);
    check(await_change(first, WUNTRACED) == stopped(SIGSTOP) &&
              await_change(second, WUNTRACED) == stopped(SIGSTOP),
          "stop: kill stops a whole group");
    sys_kill(-first, SIGCONT);
    check(await_change(first, WCONTINUED) == CONTINUED &&
              await_change(second, WCONTINUED) == CONTINUED,
          "stop: and continues it");
    end(first);
    end(second);
}

void check_stop(void)
{
    shared = map_shared(PAGE);
    check_stop_and_continue();
    check_wait_options();
    check_waitid();
    check_caught();
    check_continue_always();
    check_is(run_fork(cancels, 0), exited(1),
             "stop: SIGCONT drops pending stop signals, and a stop signal SIGCONT");
    check_is(run_fork(cancels_ignored, 0), exited(1), "stop: so it does where it is ignored");
    check_sleep_over_stop();
    check_group();
    sys_munmap(ADDR(shared), PAGE);
}
