/* Groups and sessions, kill by group, orphans and who takes them. */
#include "life.h"

static int sleeps(uint64_t unused)
{
    struct abi_timespec time = {100, 0};

    (void)unused;
    sys_nanosleep(&time, NULL);
    return 0;
}

static int tells_group(uint64_t unused)
{
    (void)unused;
    return (int)(sys_getpgid(0) & 0xff);
}

static int makes_group(uint64_t unused)
{
    (void)unused;
    return sys_setpgid(0, 0) == 0 && sys_getpgid(0) == sys_getpid();
}

static int makes_session(uint64_t unused)
{
    (void)unused;
    return sys_setsid() == sys_getpid() && sys_getsid(0) == sys_getpid() &&
           sys_getpgid(0) == sys_getpid();
}

static int makes_session_as_leader(uint64_t unused)
{
    (void)unused;
    sys_setpgid(0, 0);
    return (int)-sys_setsid();
}

static int session_leader_changes_group(uint64_t unused)
{
    (void)unused;
    sys_setsid();
    return (int)-sys_setpgid(0, 0);
}

static int session_and_sleep(uint64_t unused)
{
    sys_setsid();
    return sleeps(unused);
}

static int becomes_sleeper(uint64_t unused)
{
    const char *words[] = {"lifecycle", "-sleep", NULL};

    (void)unused;
    become_helper(words);
    return 99;
}

static void end(int child)
{
    sys_kill(child, SIGKILL);
    await(child);
}

static void check_groups(void)
{
    int group = (int)sys_getpgid(0), child = start_fork(sleeps, 0);

    check_is(sys_getpgid((int)sys_getpid()), group, "group: one's own, by 0 or by PID");
    check_is(sys_getpgid(child), group, "group: a child is in its parent's");
    check_is(sys_getsid(child), sys_getsid(0), "group: and in its session");
    check_is(run_fork(makes_group, 0), exited(1), "group: a child can lead one of its own");
    check_is(sys_setpgid(child, 0), 0, "group: a parent can make its child lead one");
    check_is(sys_getpgid(child), child, "group: the number is the leader's PID");
    int second = start_fork(sleeps, 0);
    check_is(sys_setpgid(second, child), 0, "group: another can join it");
    check_is(sys_getpgid(second), child, "group: and is in it");
    check_is(sys_setpgid(second, group), 0, "group: and can come back");
    check_is(sys_setpgid(second, NO_PROCESS), -EPERM, "group: one that is not there gives EPERM");
    check_is(sys_setpgid(second, -1), -EINVAL, "group: a negative one gives EINVAL");
    check_is(sys_setpgid(1, 0), -ESRCH, "group: of one that is no child gives ESRCH");
    check_is(sys_getpgid(NO_PROCESS), -ESRCH, "group: of nobody gives ESRCH");
    check_is(sys_getpgid(-1), -ESRCH, "group: of a negative PID gives ESRCH");
    end(child);
    end(second);
    child = start_vfork(becomes_sleeper, 0);
    for (int i = 0; i < 100 && sys_setpgid(child, 0) == 0; i++)
        nap(); /* Linux lets the parent go before it notes the execve */
    check_is(sys_setpgid(child, 0), -EACCES, "group: of a child after its execve gives EACCES");
    end(child);
}

static void check_sessions(void)
{
    check_is(run_fork(makes_session, 0), exited(1), "session: its leader leads a group as well");
    check_is(run_fork(makes_session_as_leader, 0), exited(EPERM),
             "session: the leader of a group gets EPERM");
    check_is(run_fork(session_leader_changes_group, 0), exited(EPERM),
             "session: its leader cannot change its group");
    int child = start_fork(session_and_sleep, 0);
    for (int i = 0; i < 100 && sys_getsid(child) != child; i++)
        nap();
    check_is(sys_getsid(child), child, "session: getsid tells of a child's");
    check_is(sys_setpgid(child, 0), -EPERM, "session: a child in another keeps its group");
    int second = start_fork(sleeps, 0);
    check_is(sys_setpgid(second, child), -EPERM, "session: no joining a group of another session");
    end(second);
    end(child);
    check_is(sys_getsid(NO_PROCESS), -ESRCH, "session: of nobody gives ESRCH");
}

static int kills_own_group(uint64_t unused)
{
    sys_setpgid(0, 0);
    start_fork(sleeps, 0);
    sys_kill(0, SIGTERM);
    return sleeps(unused);
}

static void check_kill(void)
{
    int first = start_fork(sleeps, 0), second = start_fork(sleeps, 0), third;

    third = start_fork(sleeps, 0);
    sys_setpgid(first, 0);
    sys_setpgid(second, first);
    check_is(sys_kill(-first, 0), 0, "kill: signal 0 to a group does nothing");
    check_is(sys_kill(-first, SIGUSR1), 0, "kill: a signal to a group");
    check_is(await(first), signalled(SIGUSR1), "kill: ends its first");
    check_is(await(second), signalled(SIGUSR1), "kill: and its second process");
    check_is(sys_wait4(third, NULL, WNOHANG, 0), 0, "kill: and no process of another");
    check_is(sys_kill(-first, SIGUSR1), -ESRCH, "kill: of a group without members gives ESRCH");
    check_is(sys_kill(third, 65), -EINVAL, "kill: a signal that does not exist gives EINVAL");
    check_is(sys_kill(third, -1), -EINVAL, "kill: so does a negative one");
    check_is(sys_kill(NO_PROCESS, SIGTERM), -ESRCH, "kill: nobody gives ESRCH");
    end(third);
    check_is(run_fork(kills_own_group, 0), signalled(SIGTERM), "kill: 0 is one's own group");
}

/* ---- orphans ---- */

/* Written by an orphan and those before it, in memory that all share. */
struct story {
    volatile int orphan; /* its PID */
    volatile int parent; /* who its parent is at the end */
    volatile int signal; /* that its parent's death shall send */
};

static int waits_for_other_parent(uint64_t story)
{
    struct story *told = (struct story *)story;
    long parent = sys_getppid();

    told->orphan = (int)sys_getpid();
    while (sys_getppid() == parent)
        nap();
    told->parent = (int)sys_getppid();
    return 21;
}

static int leaves_orphan(uint64_t story)
{
    int child = start_fork(waits_for_other_parent, story);

    while (((struct story *)story)->orphan != child)
        nap();
    return 22;
}

static int leaves_zombie(uint64_t story)
{
    int child = start_fork(tells_group, 0);

    sys_waitid(P_PID, child, NULL, WEXITED | WNOWAIT, NULL);
    ((struct story *)story)->orphan = child;
    return 22;
}

static int dies_with_parent(uint64_t story)
{
    struct story *told = (struct story *)story;

    sys_prctl(PR_SET_PDEATHSIG, (uint64_t)told->signal, 0, 0, 0);
    told->orphan = (int)sys_getpid();
    return sleeps(0);
}

static int leaves_mortal(uint64_t story)
{
    int child = start_fork(dies_with_parent, story);

    while (((struct story *)story)->orphan != child)
        nap();
    return 22;
}

static int has_no_death_signal(uint64_t unused)
{
    int signal = -1;

    (void)unused;
    return sys_prctl(PR_GET_PDEATHSIG, ADDR(&signal), 0, 0, 0) == 0 && signal == 0;
}

static int is_no_subreaper(uint64_t unused)
{
    int is = -1;

    (void)unused;
    return sys_prctl(PR_GET_CHILD_SUBREAPER, ADDR(&is), 0, 0, 0) == 0 && is == 0;
}

static void check_init(struct story *story)
{
    if (is_host_program()) {
        skip("orphan: init takes it", "on a host another may take it");
        return;
    }
    check_is(run_fork(leaves_orphan, ADDR(story)), exited(22), "orphan: its parent ends");
    while (story->parent == 0)
        nap();
    check_is(story->parent, 1, "orphan: then init is its parent");
    check_is(sys_wait4(story->orphan, NULL, 0, 0), -ECHILD, "orphan: and not its grandparent");
}

static void check_subreaper(struct story *story)
{
    int is = -1, me = (int)sys_getpid();

    check_is(sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0, "orphan: a subreaper can be made");
    check_is(sys_prctl(PR_GET_CHILD_SUBREAPER, ADDR(&is), 0, 0, 0) ?: is, 1, "orphan: and is one");
    check_is(run_fork(is_no_subreaper, 0), exited(1), "orphan: its child is none");
    *story = (struct story){0};
    check_is(run_fork(leaves_orphan, ADDR(story)), exited(22), "orphan: below it a parent ends");
    check_is(await(story->orphan), exited(21), "orphan: the subreaper waits for the orphan");
    check_is(story->parent, me, "orphan: whose parent it is");
    *story = (struct story){0};
    check_is(run_fork(leaves_zombie, ADDR(story)), exited(22), "orphan: it leaves a zombie");
    check_is(await(story->orphan), exited((int)sys_getpgid(0) & 0xff),
             "orphan: the subreaper can wait for that one as well");
    check_is(sys_wait4(-1, NULL, 0, 0), -ECHILD, "orphan: no child is left");
}

static void check_parent_death_signal(struct story *story)
{
    int signal = -1;

    *story = (struct story){.signal = SIGUSR1};
    check_is(run_fork(leaves_mortal, ADDR(story)), exited(22), "pdeathsig: a parent ends");
    check_is(await(story->orphan), signalled(SIGUSR1), "pdeathsig: and its child by the signal");
    check_is(sys_prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0), 0, "pdeathsig: it can be set");
    check_is(sys_prctl(PR_GET_PDEATHSIG, ADDR(&signal), 0, 0, 0) ?: signal, SIGTERM,
             "pdeathsig: and asked for");
    check_is(run_fork(has_no_death_signal, 0), exited(1), "pdeathsig: a child does not have it");
    check_is(sys_prctl(PR_SET_PDEATHSIG, 65, 0, 0, 0), -EINVAL,
             "pdeathsig: a signal that does not exist gives EINVAL");
    check_is(sys_prctl(PR_GET_PDEATHSIG, BAD_ADDRESS, 0, 0, 0), -EFAULT,
             "pdeathsig: a bad address gives EFAULT");
    sys_prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
    sys_prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

void check_group(void)
{
    check_groups();
    check_sessions();
    check_kill();
}

void check_orphan(void)
{
    struct story *story = map_shared(PAGE);

    check_init(story);
    check_subreaper(story);
    check_parent_death_signal(story);
    sys_munmap(ADDR(story), PAGE);
}
