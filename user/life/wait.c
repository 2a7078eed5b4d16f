/* wait4(2) and waitid(2): which child, in what way, and what they tell. */
#include "life.h"

static int answer(uint64_t value)
{
    return (int)value;
}

static int naps(uint64_t value)
{
    nap();
    return (int)value;
}

static int naps_long(uint64_t value)
{
    for (int i = 0; i < 4; i++)
        nap();
    return (int)value;
}

static int sleeps(uint64_t unused)
{
    struct abi_timespec time = {100, 0};

    (void)unused;
    sys_nanosleep(&time, NULL);
    return 0;
}

static int kills_itself(uint64_t signal)
{
    sys_kill((int)sys_getpid(), (int)signal);
    return 0;
}

static int naps_in_own_group(uint64_t value)
{
    sys_setpgid(0, 0);
    return naps(value);
}

static void check_statuses(void)
{
    static const int codes[] = {0, 1, 42, 255, 256, -1};
    static const int signals[] = {SIGHUP, SIGKILL, SIGTERM, SIGUSR1, SIGALRM, SIGPIPE, 34, 64};
    static const int dull[] = {SIGCHLD, SIGURG, SIGWINCH, SIGCONT};
    unsigned good = 0;

    for (unsigned i = 0; i < COUNT(codes); i++)
        good += run_fork(answer, (uint64_t)codes[i]) == exited(codes[i]);
    check_is(good, COUNT(codes), "wait: the status has the low eight bits given to exit");
    good = 0;
    for (unsigned i = 0; i < COUNT(signals); i++)
        good += run_fork(kills_itself, (uint64_t)signals[i]) == signalled(signals[i]);
    check_is(good, COUNT(signals), "wait: the status names the signal that ended a process");
    good = 0;
    for (unsigned i = 0; i < COUNT(dull); i++)
        good += run_fork(kills_itself, (uint64_t)dull[i]) == exited(0);
    check_is(good, COUNT(dull), "wait: some signals end nothing");
    int child = start_fork(sleeps, 0);
    sys_kill(child, SIGKILL);
    check_is(await(child), signalled(SIGKILL), "wait: a parent can kill its child");
}

static void check_choice(void)
{
    int group = (int)sys_getpgid(0), first = start_fork(answer, 1), second = start_fork(answer, 2);
    int status = -1;

    check_is(sys_wait4(second, &status, 0, 0), second, "wait: for one child of two");
    check_is(status, exited(2), "wait: gives that one's status");
    check_is(sys_wait4(-1, &status, 0, 0), first, "wait: for any child");
    first = start_fork(answer, 3);
    check_is(sys_wait4(0, NULL, 0, 0), first, "wait: for any of the own group, status or not");
    first = start_fork(answer, 3);
    check_is(sys_wait4(-group, NULL, 0, 0), first, "wait: for any of a named group");

    first = start_fork(naps_in_own_group, 4);
    sys_setpgid(first, first);
    check_is(sys_wait4(0, NULL, 0, 0), -ECHILD, "wait: a child in another group is not of the own");
    check_is(sys_wait4(-group, NULL, 0, 0), -ECHILD, "wait: nor of the named own");
    check_is(sys_wait4(-first, &status, 0, 0), first, "wait: but of its own group");
    check_is(sys_wait4(first, NULL, 0, 0), -ECHILD, "wait: a child can be waited for once");
}

static void check_blocking(void)
{
    int status = -1, child = start_fork(sleeps, 0);

    check_is(sys_wait4(child, &status, WNOHANG, 0), 0, "wait: with WNOHANG 0, if it lives");
    check_is(status, -1, "wait: and no status");
    sys_kill(child, SIGKILL);
    await(child);
    int64_t began = now_ns();
    child = start_fork(naps, 5);
    check_is(sys_wait4(child, &status, 0, 0), child, "wait: without WNOHANG it waits");
    check(now_ns() - began > NAP_NS / 4, "wait: as long as the child lives");
    child = start_fork(naps, 5);
    check_is(sys_wait4(child, &status, WUNTRACED | WCONTINUED, 0), child,
             "wait: WUNTRACED and WCONTINUED do no harm where nothing is stopped");
    child = start_fork(answer, 6);
    await_end(child);
    check_is(sys_wait4(-1, &status, WNOHANG, 0), child, "wait: with WNOHANG, of one that ended");
}

static void check_errors(void)
{
    int status = -1;

    check_is(sys_wait4(-1, &status, 0, 0), -ECHILD, "wait: without children gives ECHILD");
    check_is(sys_wait4(-1, &status, WNOHANG, 0), -ECHILD, "wait: so it does with WNOHANG");
    check_is(sys_wait4(1, &status, 0, 0), -ECHILD, "wait: so it does for one that is no child");
    check_is(sys_wait4((int)sys_getpid(), &status, 0, 0), -ECHILD, "wait: so it does for oneself");
    check_is(sys_wait4(-1, &status, 0x100, 0), -EINVAL, "wait: an unknown option gives EINVAL");
    check_is(sys_wait4(-1, &status, WEXITED, 0), -EINVAL, "wait: so does one of waitid's");
    check_is(sys_wait4(INT32_MIN, &status, 0, 0), -ESRCH, "wait: the least PID gives ESRCH");
    check_is(status, -1, "wait: one that fails writes no status");
}

/* Eft writes first and then takes the child, so that nothing is lost; Linux has taken it. */
static void check_bad_addresses(void)
{
    int child = start_fork(answer, 7);

    check_is(sys_wait4(child, (int *)BAD_ADDRESS, 0, 0), -EFAULT,
             "wait: a bad address for the status gives EFAULT");
    check_differs(sys_wait4(child, NULL, 0, NULL), (struct result){child, "is still there"},
                  (struct result){-ECHILD, "is gone"}, "wait: after that the child");
    child = start_fork(answer, 7);
    check_is(sys_wait4(child, NULL, 0, (struct abi_rusage *)BAD_ADDRESS), -EFAULT,
             "wait: a bad address for the usage gives EFAULT");
    check_differs(sys_wait4(child, NULL, 0, NULL), (struct result){child, "is still there"},
                  (struct result){-ECHILD, "is gone"}, "wait: after that the child");
    child = start_fork(answer, 7);
    check_is(sys_waitid(P_PID, child, (struct abi_siginfo *)BAD_ADDRESS, WEXITED, NULL), -EFAULT,
             "waitid: a bad address gives EFAULT");
    check_differs(sys_wait4(child, NULL, 0, NULL), (struct result){child, "is still there"},
                  (struct result){-ECHILD, "is gone"}, "waitid: after that the child");
    child = start_fork(sleeps, 0);
    check_is(sys_wait4(child, (int *)BAD_ADDRESS, WNOHANG, 0), 0,
             "wait: a bad address is not looked at while there is nothing to write");
    sys_kill(child, SIGKILL);
    check_is(await(child), signalled(SIGKILL), "wait: and the child is still there");
}

static void check_zombie(void)
{
    int child = start_fork(answer, 8);

    nap();
    check_is(sys_kill(child, 0), 0, "zombie: a signal can be sent to it");
    check_is(sys_kill(child, SIGKILL), 0, "zombie: SIGKILL too");
    check_is(sys_getpgid(child), sys_getpgid(0), "zombie: it is in its group");
    check_is(await(child), exited(8), "zombie: its status stays");
    check_is(sys_kill(child, 0), -ESRCH, "zombie: once waited for, it is gone");
}

static int ignores_children(uint64_t flags)
{
    set_handler(SIGCHLD, ADDR(flags ? SIG_DFL : SIG_IGN), flags);
    int first = start_fork(naps_long, 1), second = start_fork(naps_long, 2);
    int64_t began = now_ns();

    if (sys_wait4(-1, NULL, WNOHANG, 0) != 0)
        return 2;
    if (sys_wait4(-1, NULL, 0, 0) != -ECHILD)
        return 3;
    if (now_ns() - began < NAP_NS / 4)
        return 4;
    if (sys_kill(first, 0) != -ESRCH || sys_kill(second, 0) != -ESRCH)
        return 5;
    set_handler(SIGCHLD, ADDR(SIG_DFL), 0);
    return run_fork(answer, 9) == exited(9);
}

static void check_ignored_children(void)
{
    check_is(run_fork(ignores_children, 0), exited(1),
             "wait: with SIGCHLD ignored children vanish, and wait4 waits for the last of them");
    check_is(run_fork(ignores_children, SA_NOCLDWAIT), exited(1),
             "wait: so it is with SA_NOCLDWAIT");
}

void check_wait(void)
{
    check_statuses();
    check_choice();
    check_blocking();
    check_errors();
    check_bad_addresses();
    check_zombie();
    check_ignored_children();
}

/* ---- waitid ---- */

static long wait_id(int kind, int id, struct abi_siginfo *info, unsigned options)
{
    memset(info, 0x55, sizeof(*info));
    return sys_waitid(kind, id, info, options, NULL);
}

static bool tells(const struct abi_siginfo *info, int pid, int code, int status)
{
    return info->si_signo == SIGCHLD && info->si_errno == 0 && info->si_code == code &&
           info->si_pid == pid && info->si_uid == (uint32_t)sys_getuid() &&
           info->si_status == status;
}

static void check_waitid_choice(void)
{
    struct abi_siginfo info;
    int group = (int)sys_getpgid(0), child = start_fork(answer, 300);

    check_is(wait_id(P_PID, child, &info, WEXITED), 0, "waitid: gives 0 for a child that ended");
    check(tells(&info, child, CLD_EXITED, 300 & 0xff), "waitid: tells of its exit");
    child = start_fork(kills_itself, SIGTERM);
    check_is(wait_id(P_ALL, 0, &info, WEXITED), 0, "waitid: any child will do");
    check(tells(&info, child, CLD_KILLED, SIGTERM), "waitid: tells of the signal that ended it");
    child = start_fork(answer, 1);
    check_is(wait_id(P_PGID, group, &info, WEXITED), 0, "waitid: for one of a group");
    check(tells(&info, child, CLD_EXITED, 1), "waitid: tells of that");
    start_fork(answer, 2);
    check_is(wait_id(P_PGID, 0, &info, WEXITED), 0, "waitid: group 0 is the own");
    child = start_fork(naps_in_own_group, 3);
    sys_setpgid(child, child);
    check_is(wait_id(P_PGID, 0, &info, WEXITED), -ECHILD, "waitid: which another is not");
    check_is(wait_id(P_PGID, child, &info, WEXITED), 0, "waitid: the child's group is");
    start_clone(&(struct start){.flags = 0}, answer, 4);
    check_is(wait_id(P_ALL, 0, &info, WEXITED), -ECHILD,
             "waitid: one that sends no SIGCHLD is not seen");
    check_is(wait_id(P_ALL, 0, &info, WEXITED | WCLONE), 0, "waitid: but with __WCLONE");
    child = start_fork(answer, 5);
    check_is(wait_id(P_PID, child, &info, WEXITED | WCLONE), -ECHILD,
             "waitid: with which no other is seen");
    check_is(wait_id(P_PID, child, &info, WEXITED | WALL), 0, "waitid: with __WALL all are");
}

static void check_waitid_nowait(void)
{
    struct abi_siginfo info;
    int child = start_fork(sleeps, 0);

    check_is(wait_id(P_PID, child, &info, WEXITED | WNOHANG), 0,
             "waitid: with WNOHANG 0, if it lives");
    check(info.si_pid == 0 && info.si_signo == 0, "waitid: and nothing is told");
    sys_kill(child, SIGTERM);
    check_is(wait_id(P_PID, child, &info, WEXITED | WNOWAIT), 0, "waitid: WNOWAIT waits as well");
    check(tells(&info, child, CLD_KILLED, SIGTERM), "waitid: and tells of the end");
    check_is(wait_id(P_PID, child, &info, WEXITED | WNOWAIT | WNOHANG), 0,
             "waitid: the child is still there");
    check(tells(&info, child, CLD_KILLED, SIGTERM), "waitid: and tells the same");
    check_is(sys_waitid(P_PID, child, NULL, WEXITED, NULL), 0,
             "waitid: a null pointer is no error");
    check_is(wait_id(P_PID, child, &info, WEXITED), -ECHILD, "waitid: and took the child");
}

static void check_waitid_errors(void)
{
    struct abi_siginfo info;

    check_is(wait_id(P_ALL, 0, &info, WEXITED), -ECHILD, "waitid: without children gives ECHILD");
    check_is(wait_id(P_ALL, 0, &info, 0), -EINVAL, "waitid: no event to wait for gives EINVAL");
    check_is(wait_id(P_ALL, 0, &info, WNOHANG), -EINVAL, "waitid: nor is WNOHANG one");
    check_is(wait_id(P_ALL, 0, &info, WEXITED | 0x100), -EINVAL,
             "waitid: an unknown option gives EINVAL");
    check_is(wait_id(9, 0, &info, WEXITED), -EINVAL, "waitid: so does an unknown kind");
    check_is(wait_id(P_PID, 0, &info, WEXITED), -EINVAL, "waitid: so does the PID 0");
    check_is(wait_id(P_PID, -1, &info, WEXITED), -EINVAL, "waitid: so does a negative one");
    check_is(wait_id(P_PGID, -1, &info, WEXITED), -EINVAL, "waitid: or a negative group");
}

void check_waitid(void)
{
    check_waitid_choice();
    check_waitid_nowait();
    check_waitid_errors();
}
