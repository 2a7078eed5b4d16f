/* Orphaned process groups: nobody in another group of the session waits for them (POSIX, 2.4.3 of
 * the base definitions, and _exit). */
#include "signals.h"

static volatile int *shared;

enum { HUPS = 0, CONTS = 1, READY = 2, CHILD = 3, RESULT = 4, FIRST = 5 };

static void tells(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)info, (void)uc;
    if (!shared[FIRST])
        shared[FIRST] = signal;
    shared[signal == SIGHUP ? HUPS : CONTS]++;
}

static void begin(void)
{
    memset((void *)ADDR(shared), 0, PAGE);
}

static int catches_both(uint64_t stop)
{
    sys_setpgid(0, 0);
    in_handler = tells;
    catch_signal(SIGHUP, 0);
    catch_signal(SIGCONT, 0);
    shared[READY] = 1;
    if (stop)
        raise_process(SIGSTOP);
    return sleeps_long(0);
}

/* The parent whose end orphans its child's group. */
static int leaves_child(uint64_t stop)
{
    int child = start_fork(catches_both, stop);

    shared[CHILD] = child;
    while (!shared[READY])
        nap();
    if (stop)
        await_change(child, WUNTRACED);
    return 0;
}

static void check_parent_ends(void)
{
    begin();
    await(start_fork(leaves_child, 1));
    settle();
    check_is(shared[HUPS], 1, "orphan: a stopped member: the group gets SIGHUP");
    check_is(shared[CONTS], 1, "orphan: and SIGCONT, with which it goes on");
    sys_kill(shared[CHILD], SIGKILL);
    begin();
    await(start_fork(leaves_child, 0));
    settle();
    check(shared[HUPS] == 0 && shared[CONTS] == 0, "orphan: where none is stopped, nothing");
    sys_kill(shared[CHILD], SIGKILL);
}

static int stops_orphaned(uint64_t signal)
{
    while (sys_getppid() == shared[RESULT])
        nap();
    raise_process((int)signal);
    shared[READY] = 1;
    return sleeps_long(0);
}

static int in_new_group(uint64_t signal)
{
    sys_setpgid(0, 0);
    shared[RESULT] = (int)sys_getpid();
    shared[CHILD] = start_fork(stops_orphaned, signal);
    return 0;
}

static void check_ignored(int signal, int ready, const char *what)
{
    begin();
    await(start_fork(in_new_group, (uint64_t)signal));
    settle();
    settle();
    settle();
    check_is(shared[READY], ready, what);
    sys_kill(shared[CHILD], SIGKILL);
}

/* A session of its own: its leader's parent is in another session, so the leader's group is
 * orphaned from the start. */
static int session_leader_stops(uint64_t signal)
{
    sys_setsid();
    raise_process((int)signal);
    return 6;
}

static int pending_when_orphaned(uint64_t unused)
{
    (void)unused;
    sys_setsid();
    block(bit(SIGTSTP));
    raise_process(SIGTSTP);
    if (!(pending_now() & bit(SIGTSTP)))
        return 2;
    unblock(bit(SIGTSTP));
    return pending_now() == 0;
}

/* ---- a zombie that its parent has left unwaited for ---- */

/* Of a group whose first process is a zombie, and which is orphaned by that: it goes on once. */
static int stops_again(uint64_t unused)
{
    in_handler = tells;
    catch_signal(SIGHUP, 0);
    catch_signal(SIGCONT, 0);
    while (sys_getppid() == shared[RESULT])
        nap();
    shared[READY] = 1;
    raise_process(SIGSTOP);
    return sleeps_long(unused);
}

static int leads_group(uint64_t unused)
{
    sys_setpgid(0, 0);
    shared[RESULT] = (int)sys_getpid();
    shared[CHILD] = start_fork(stops_again, unused);
    return 0;
}

static int leaves_zombie(uint64_t unused)
{
    int child = start_fork(leads_group, unused);

    await_end(child);
    while (!shared[READY])
        nap();
    settle();
    return shared[HUPS] == 0;
}

static void check_zombie(void)
{
    begin();
    check_is(run_fork(leaves_zombie, 0), exited(1),
             "orphan: who is stopped when the group is orphaned already stays so");
    settle();
    check_is(shared[HUPS], 1, "orphan: until a zombie of the group loses its parent");
    sys_kill(shared[CHILD], SIGKILL);
}

/* setsid and setpgid of a child of the group's do not orphan; the exit of one who is not the last
 * link does not either. */
static int sibling_keeps(uint64_t unused)
{
    (void)unused;
    begin();
    int child = start_fork(catches_both, 1);
    shared[CHILD] = child;
    await_change(child, WUNTRACED);
    int other = start_fork(sleeps_long, 0);
    sys_setpgid(other, child);
    sys_kill(other, SIGKILL);
    await(other);
    settle();
    int result = shared[HUPS] == 0 && shared[CONTS] == 0;
    sys_kill(child, SIGKILL);
    await(child);
    return result;
}

void check_orphan(void)
{
    shared = map_shared(PAGE);
    check_parent_ends();
    check_zombie();
    check_ignored(SIGTSTP, 1, "orphan: SIGTSTP does not stop in an orphaned group");
    check_ignored(SIGTTIN, 1, "orphan: nor does SIGTTIN");
    check_ignored(SIGTTOU, 1, "orphan: nor SIGTTOU");
    check_ignored(SIGSTOP, 0, "orphan: but SIGSTOP does");
    check_is(run_fork(session_leader_stops, SIGTSTP), exited(6),
             "orphan: the group of a new session is orphaned");
    check_is(run_fork(pending_when_orphaned, 0), exited(1),
             "orphan: a stop signal is pending while it is blocked, and then dropped");
    check_is(run_fork(sibling_keeps, 0), exited(1),
             "orphan: a group that still has a parent outside gets nothing");
    sys_munmap(ADDR(shared), PAGE);
}
