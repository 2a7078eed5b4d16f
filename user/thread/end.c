/* The ends of threads and processes: exit, exit_group, a leader that exits first, fork and execve
 * from one of many threads. */
#include "threads.h"

static struct thread threads[4];

static long exits_with(uint64_t status)
{
    thread_exit((int)status);
}

static long exits_group(uint64_t status)
{
    sys_leave((int)status);
}

static void start_sleepers(void)
{
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_start(&threads[i], thread_sleeps, 0);
}

static int thread_exits(uint64_t unused)
{
    (void)unused;
    thread_run(exits_with, 3);
    return 4;
}

static int thread_ends_group(uint64_t unused)
{
    struct thread thread = {0};

    start_sleepers();
    thread_start(&thread, exits_group, 5);
    return (int)thread_sleeps(unused);
}

static int leader_ends_group(uint64_t unused)
{
    (void)unused;
    start_sleepers();
    return 6;
}

static long ends_late(uint64_t status)
{
    sleep_ms(100);
    thread_exit((int)status);
}

static long ends_group_late(uint64_t status)
{
    sleep_ms(100);
    sys_leave((int)status);
}

static int leader_first(uint64_t status)
{
    struct thread thread = {0};

    thread_start(&thread, ends_late, 9);
    thread_exit((int)status);
}

static int leader_first_then_group(uint64_t status)
{
    struct thread thread = {0};

    thread_start(&thread, ends_group_late, status);
    thread_exit(7);
}

static void check_statuses(void)
{
    check_is(run_fork(thread_exits, 0), exited(4), "end: a thread's exit does not end the process");
    check_is(run_fork(thread_ends_group, 0), exited(5), "end: its exit_group does");
    check_is(run_fork(leader_ends_group, 0), exited(6), "end: so does the leader's");
    int64_t began = now_ns();
    check_is(run_fork(leader_first, 7), exited(9),
             "end: when the leader exits first the last thread's status is the process's");
    check(now_ns() - began >= 100000000, "end: which ends with its last thread");
    check_is(run_fork(leader_first_then_group, 8), exited(8),
             "end: but the status of an exit_group after that is");
}

static long still_pid(uint64_t unused)
{
    (void)unused;
    sleep_ms(100);
    sys_leave(sys_getpid() != sys_gettid() && sys_kill((int)sys_getpid(), 0) == 0 &&
              sys_tgkill((int)sys_getpid(), (int)sys_getpid(), 0) == 0);
}

static int leader_gone(uint64_t unused)
{
    struct thread thread = {0};

    (void)unused;
    thread_start(&thread, still_pid, 0);
    thread_exit(0);
}

static void check_leader_gone(void)
{
    int child = start_fork(leader_gone, 0);

    sleep_ms(50);
    check_is(await_change(child, WNOHANG), 0x100000, "end: a process without leader is no zombie");
    check_is(sys_kill(child, 0), 0, "end: and is there to be sent signals");
    check_is(await(child), exited(1), "end: its PID stays, and names the leader that was");
    child = start_fork(leader_first, 7);
    sleep_ms(50);
    sys_kill(child, SIGTERM);
    check_is(await(child), SIGTERM, "end: one without leader is ended by a signal");
}

/* ---- who tells a child of the end ---- */

static volatile int *told; /* that the child waits, who told it, and its number */

static int waits_to_be_told(uint64_t unused)
{
    (void)unused;
    forget_caught();
    catch_signal(SIGUSR1, 0);
    sys_prctl(PR_SET_PDEATHSIG, SIGUSR1, 0, 0, 0);
    told[0] = 1;
    while (caught_count == 0)
        nap();
    return (int)caught[0].info.si_uid;
}

/* The thread acts for another user than the first one, which has ended before. */
static long ends_last(uint64_t unused)
{
    (void)unused;
    sys_setresuid(7, 7, 7);
    told[1] = start_fork(waits_to_be_told, 0);
    sleep_ms(200);
    return 0;
}

static int first_ends_first(uint64_t unused)
{
    static struct thread last;

    (void)unused;
    thread_start(&last, ends_last, 0);
    while (!told[0])
        nap();
    thread_exit(0);
}

static void check_told(void)
{
    told = map_shared(PAGE);
    sys_prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    run_fork(first_ends_first, 0);
    check_is(await(told[1]), exited(7), "end: a child is told by the user of the last thread");
    sys_prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
}

void check_end(void)
{
    check_statuses();
    check_leader_gone();
    check_told();
}

/* ---- fork ---- */

static int counts_threads(uint64_t tid)
{
    /* the others are not here: their numbers are not this process's */
    return sys_gettid() == sys_getpid() && sys_tgkill((int)sys_getpid(), (int)tid, 0) == -ESRCH;
}

static long forks(uint64_t unused)
{
    (void)unused;
    int child = start_fork(counts_threads, (uint64_t)sys_gettid());
    return await(child);
}

static int parent_is_process(uint64_t parent)
{
    return sys_getppid() == (long)parent;
}

static long forks_for_parent(uint64_t unused)
{
    (void)unused;
    return start_fork(parent_is_process, (uint64_t)sys_getpid());
}

static int answers(uint64_t value)
{
    return (int)value;
}

static long forks_and_leaves(uint64_t value)
{
    return start_fork(answers, value);
}

static long waits_for(uint64_t pid)
{
    return await((int)pid);
}

static long waits_own_only(uint64_t pid)
{
    return sys_wait4((int)pid, NULL, (int)WNOTHREAD, NULL);
}

void check_tfork(void)
{
    check_is(thread_run(forks, 0), exited(1), "fork: a child of a thread has that thread only");
    check_is(await((int)thread_run(forks_for_parent, 0)), exited(1),
             "fork: its parent is the process");
    int child = (int)thread_run(forks_and_leaves, 3);
    check_is(await(child), exited(3), "fork: which can wait for it when the thread is gone");
    child = start_fork(answers, 4);
    check_is(thread_run(waits_for, (uint64_t)child), exited(4),
             "fork: any thread can wait for any child");
    child = start_fork(answers, 5);
    check_is(thread_run(waits_own_only, (uint64_t)child), -ECHILD,
             "fork: with __WNOTHREAD only for its own");
    check_is(sys_wait4(child, NULL, (int)WNOTHREAD, NULL), child, "fork: whose the child is");
}

/* ---- execve ---- */

static long executes(uint64_t words)
{
    become_helper((const char *const *)words);
    return 98;
}

static int thread_executes(uint64_t unused)
{
    const char *words[] = {"threads", "-alone", NULL};
    struct thread thread = {0};

    (void)unused;
    start_sleepers();
    thread_start(&thread, executes, ADDR(words));
    return (int)thread_sleeps(0);
}

static int leader_executes(uint64_t unused)
{
    const char *words[] = {"threads", "-alone", NULL};

    (void)unused;
    start_sleepers();
    executes(ADDR(words));
    return 97;
}

static long fails_to_execute(uint64_t unused)
{
    const char *words[] = {"x", NULL};

    (void)unused;
    return execute("/nowhere", words, words + 1);
}

static int exec_fails(uint64_t unused)
{
    (void)unused;
    start_sleepers();
    if (thread_run(fails_to_execute, 0) != -ENOENT)
        return 2;
    unsigned alive = 0;
    for (unsigned i = 0; i < COUNT(threads); i++)
        alive += sys_tkill(threads[i].tid, 0) == 0;
    return alive == COUNT(threads);
}

static int executes_without_leader(uint64_t unused)
{
    static const char *words[] = {"threads", "-alone", NULL};
    struct thread thread = {0};

    (void)unused;
    thread_start(&thread, executes, ADDR(words));
    thread_exit(0);
}

static long blocks_and_executes(uint64_t words)
{
    set_mask(bit(SIGUSR1));
    raise_thread(SIGUSR1);
    raise_process(SIGUSR1);
    return executes(words);
}

static int keeps_pending(uint64_t unused)
{
    const char *words[] = {"threads", "-pending", NULL};
    struct thread thread = {0};

    (void)unused;
    block(bit(SIGUSR1));
    thread_start(&thread, blocks_and_executes, ADDR(words));
    return (int)thread_sleeps(0);
}

static long own_table(uint64_t unused)
{
    const char *words[] = {"threads", "-alone", NULL};

    (void)unused;
    sys_fcntl(62, F_SETFD, FD_CLOEXEC);
    executes(ADDR(words));
    return 96;
}

void check_texec(void)
{
    check_is(run_fork(thread_executes, 0), exited(1),
             "exec: from a thread: the others are gone, and it has the process's PID");
    check_is(run_fork(leader_executes, 0), exited(1), "exec: from the leader");
    check_is(run_fork(executes_without_leader, 0), exited(1), "exec: where the leader has exited");
    check_is(run_fork(exec_fails, 0), exited(1), "exec: one that fails leaves all threads alone");
    check_is(run_fork(keeps_pending, 0), exited(1),
             "exec: a thread's mask and pending signals are the new program's");
    struct thread thread = {0};
    sys_dup3(1, 62, 0);
    int child =
        thread_start_with(&thread, CLONE_VM | CLONE_FILES | CLONE_VFORK | SIGCHLD, own_table, 0);
    check_is(await(child), exited(1), "exec: of one that shares its descriptors");
    check_is(sys_fcntl(62, F_GETFD, 0), FD_CLOEXEC, "exec: closes none of the other's");
    sys_close(62);
}
