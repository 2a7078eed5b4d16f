/* Threads: clone with CLONE_THREAD, what clone shares, exit and exit_group, fork and exec from one
 * of several threads. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "fs/pipe.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum {
    THREAD = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
    PIPE_AT = 64, /* in CALLS_DATA: two descriptors */
};

static struct process *init;

static void begin(void)
{
    init = calls_begin();
}

static struct thread *thread_of(int64_t tid)
{
    EXPECT(tid > 0);
    struct thread *thread = thread_find((int)tid);
    EXPECT(thread != NULL);
    return thread;
}

static void exit_thread(struct thread *thread, int code)
{
    EXPECT_EQ(CALL_IN(thread, exit, (uint64_t)code), CALL_GONE);
    process_check();
}

static int status_of(int pid)
{
    fixture_run(init);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)pid, CALLS_DATA, 0, 0), pid);
    return calls_get_int(CALLS_DATA);
}

/* ---- clone ---- */

TEST(sys_clone_thread_goes_on_where_its_maker_is)
{
    begin();
    struct plat_user *user = &init->thread->user;
    user->x[19] = 19;
    user->sp = 0x7000;
    user->pc = 0x400004;
    init->thread->nice = 3;
    signal_set_mask(init->thread, signal_bit(SIGUSR1));
    struct thread *made = thread_of(CALL(init, clone, THREAD | CLONE_SETTLS, 0x9000, 0, 0x5555));
    struct plat_user expected = *user;
    expected.x[0] = 0;
    expected.sp = 0x9000;
    expected.tpidr = 0x5555;
    EXPECT_MEMEQ(&made->user, &expected, sizeof(expected));
    EXPECT_EQ(user->x[0], 2);
    EXPECT_EQ(made->tid, 2);
    EXPECT(made->process == init);
    EXPECT_EQ(init->thread_count, 2);
    EXPECT_EQ(made->nice, 3);
    EXPECT_EQ(made->signal_mask, signal_bit(SIGUSR1));
    EXPECT_EQ(made->state, THREAD_READY);
    EXPECT(!made->call.is_pending);
    EXPECT(process_find(2) == NULL);
    EXPECT(process_find_by_thread(2) == init);
    EXPECT(process_find_by_thread(1) == init);
    EXPECT(process_find_by_thread(3) == NULL);
    EXPECT_EQ(CALL_IN(made, getpid), 1);
    EXPECT_EQ(CALL_IN(made, gettid), 2);
    EXPECT_EQ(CALL_IN(made, getppid), 0);
    EXPECT_EQ(CALL_IN(made, set_tid_address, CALLS_DATA), 2);
    fixture_end();
}

TEST(sys_clone_thread_writes_and_clears_its_tid)
{
    begin();
    int64_t tid =
        CALL(init, clone, THREAD | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
             0, CALLS_DATA, 0, CALLS_DATA + 8);
    EXPECT_EQ(calls_get_int(CALLS_DATA), tid);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 8), tid);
    exit_thread(thread_of(tid), 0);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(CALLS_DATA), tid);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 8), 0);
    EXPECT_EQ(init->thread_count, 1);
    EXPECT(thread_find((int)tid) == NULL);
    fixture_end();
}

/* Each thing by its own flag. */
TEST(sys_clone_shares_what_it_is_told)
{
    begin();
    struct thread *thread = init->thread;
    struct thread *made = thread_of(CALL(init, clone, CLONE_VM | CLONE_SIGHAND | CLONE_THREAD));
    EXPECT(made->fds != thread->fds);
    EXPECT(made->fs != thread->fs);
    made = thread_of(CALL(init, clone, THREAD));
    EXPECT(made->fds == thread->fds);
    EXPECT(made->fs == thread->fs);
    struct process *child = calls_child(CALL(init, clone, CLONE_FILES | SIGCHLD));
    EXPECT(child->thread->fds == thread->fds);
    EXPECT(child->thread->fs != thread->fs);
    child = calls_child(CALL(init, clone, CLONE_FS | SIGCHLD));
    EXPECT(child->thread->fds != thread->fds);
    EXPECT(child->thread->fs == thread->fs);
    EXPECT(child->signals.actions != init->signals.actions);
    child = calls_child(CALL(init, clone, CLONE_VM | CLONE_SIGHAND | SIGCHLD));
    EXPECT(child->signals.actions == init->signals.actions);
    EXPECT(child->space == init->space);
    process_check();
    fixture_end();
}

TEST(sys_clone_of_a_shared_table_sees_what_the_other_does)
{
    begin();
    struct thread *made = calls_thread(init->thread);
    EXPECT_EQ(CALL_IN(made, dup, 0), 3);
    EXPECT_EQ(CALL(init, close, 3), 0);
    EXPECT_EQ(CALL_IN(made, close, 3), -EBADF);
    calls_put_text(CALLS_DATA, "/etc");
    EXPECT_EQ(CALL_IN(made, chdir, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, getcwd, CALLS_DATA, 100), 5);
    EXPECT_EQ(CALL_IN(made, umask, 077), 022);
    EXPECT_EQ(CALL(init, umask, 0), 077);
    exit_thread(made, 0);
    EXPECT_EQ(CALL(init, dup, 0), 3); /* the table is still there */
    fixture_end();
}

/* The child is its maker's sister: of the same parent, with the signal that its maker sends. */
TEST(sys_clone_parent)
{
    begin();
    struct process *maker = calls_child(CALL(init, clone, SIGUSR1));
    EXPECT_EQ(CALL(maker, setpgid, 0, 0), 0);
    maker->limits[RLIMIT_CORE].rlim_cur = 77;
    struct process *sister = calls_child(CALL(maker, clone, CLONE_PARENT | SIGUSR2));
    EXPECT(sister->parent == init);
    EXPECT(sister->parent_thread == init->thread);
    EXPECT_EQ(sister->exit_signal, SIGUSR1);
    EXPECT(sister->group == maker->pid);
    EXPECT_EQ(sister->limits[RLIMIT_CORE].rlim_cur, 77);
    EXPECT_EQ(CALL(sister, getppid), 1);
    /* CLONE_THREAD has no parent of its own. */
    struct thread *thread = thread_of(CALL(maker, clone, CLONE_PARENT | THREAD));
    EXPECT(thread->process == maker);
    process_check();
    fixture_end();
}

/* Threads count, and so does a number that a process keeps when the thread with it has ended. */
TEST(sys_clone_thread_obeys_the_limit_of_processes)
{
    begin();
    init->limits[RLIMIT_NPROC].rlim_cur = 3;
    EXPECT_EQ(CALL(init, setuid, 5), 0);
    struct process *child = calls_fork(init);
    struct thread *made = calls_thread(child->thread);
    EXPECT_EQ(CALL(init, clone, THREAD), -EAGAIN);
    EXPECT_EQ(CALL(init, clone, SIGCHLD), -EAGAIN);
    exit_thread(child->thread, 0);
    EXPECT_EQ(CALL(init, clone, THREAD), -EAGAIN);
    exit_thread(made, 0);
    EXPECT_EQ(child->state, PROCESS_ZOMBIE);
    made = calls_thread(init->thread);
    EXPECT_EQ(CALL(init, clone, THREAD), -EAGAIN);
    exit_thread(made, 0);
    (void)calls_thread(init->thread);
    fixture_end();
}

static int clone_thread(void *tid)
{
    *(int64_t *)tid =
        CALL(init, clone,
             (THREAD & ~(CLONE_FILES | CLONE_FS)) | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, 0,
             CALLS_DATA, 0, CALLS_DATA + PAGE_SIZE);
    return *(int64_t *)tid < 0 ? (int)*(int64_t *)tid : 0;
}

static void end_made(void *tid)
{
    exit_thread(thread_of(*(int64_t *)tid), 0);
    fixture_run(init);
}

TEST(sys_clone_thread_without_memory_changes_nothing)
{
    int64_t tid;

    begin();
    EXPECT_EQ(fixture_store(CALLS_DATA, 1), 0);
    EXPECT_EQ(fixture_store(CALLS_DATA + PAGE_SIZE, 1), 0);
    fixture_fail_each(clone_thread, end_made, &tid);
    EXPECT_EQ(init->thread_count, 1);
    process_check();
    fixture_end();
}

/* It waits for the thread to end, as for any child (clone(2)). */
TEST(sys_vfork_of_a_thread)
{
    begin();
    EXPECT_EQ(CALL(init, clone, THREAD | CLONE_VFORK), CALL_BLOCKED);
    struct thread *made = init->thread->vfork_child;
    EXPECT(made->process == init);
    EXPECT(made->vfork_parent == init->thread);
    process_check();
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    exit_thread(made, 0);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), 2);
    fixture_end();
}

/* Who waits ends with its process, and the child keeps the memory. */
TEST(sys_vfork_parent_ends_by_another_thread)
{
    begin();
    struct process *parent = calls_fork(init);
    struct thread *other = calls_thread(parent->thread);
    EXPECT_EQ(CALL(parent, clone, CLONE_VM | CLONE_VFORK | SIGCHLD), CALL_BLOCKED);
    struct process *child = parent->thread->vfork_child->process;
    EXPECT_EQ(CALL_IN(other, exit_group, 0), CALL_GONE);
    EXPECT(!child->thread->vfork_parent);
    EXPECT(child->parent == init);
    process_check();
    calls_exit(child, 0);
    fixture_end();
}

/* ---- exit ---- */

TEST(sys_exit_of_a_thread_leaves_the_others)
{
    begin();
    struct process *child = calls_fork(init);
    struct thread *made = calls_thread(child->thread);
    exit_thread(made, 9);
    EXPECT_EQ(child->state, PROCESS_LIVE);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)-1, 0, WNOHANG, 0), 0);
    calls_exit(child, 4);
    EXPECT_EQ(status_of(2), 4 << 8);
    fixture_end();
}

/* The process keeps its number; its status is that of the last. */
TEST(sys_exit_of_the_first_thread)
{
    begin();
    struct process *child = calls_fork(init);
    struct thread *made = calls_thread(child->thread);
    child->thread->nice = 7;
    exit_thread(child->thread, 5);
    EXPECT_EQ(child->state, PROCESS_LIVE);
    EXPECT(!child->thread);
    EXPECT(thread_find(2) == NULL);
    EXPECT(process_find(2) == child);
    EXPECT_EQ(CALL_IN(made, getpid), 2);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)-1, 0, WNOHANG, 0), 0);
    EXPECT_EQ(CALL(init, getpgid, 2), 1);
    EXPECT_EQ(CALL(init, wait4, 2, CALLS_DATA, 0, 0), CALL_BLOCKED);
    exit_thread(made, 6);
    EXPECT_EQ(child->zombie_nice, 7);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), 2);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 6 << 8);
    fixture_end();
}

TEST(sys_exit_group_ends_all)
{
    begin();
    struct process *child = calls_fork(init);
    struct thread *made = calls_thread(child->thread);
    struct thread *sleeper = calls_thread(made);
    EXPECT_EQ(CALL_IN(sleeper, pipe2, CALLS_DATA + PIPE_AT, 0), 0);
    int reader = calls_get_int(CALLS_DATA + PIPE_AT);
    EXPECT_EQ(CALL_IN(sleeper, read, (uint64_t)reader, CALLS_DATA, 1), CALL_BLOCKED);
    exit_thread(child->thread, 5);
    EXPECT_EQ(CALL_IN(made, exit_group, 8), CALL_GONE);
    EXPECT_EQ(child->state, PROCESS_ZOMBIE);
    EXPECT_EQ(thread_count(), 1);
    process_check();
    EXPECT_EQ(status_of(2), 8 << 8); /* and not what the first thread said */
    fixture_end();
}

TEST(sys_exit_of_the_last_thread_of_init)
{
    begin();
    struct thread *made = calls_thread(init->thread);
    exit_thread(init->thread, 3);
    EXPECT_EQ(init->state, PROCESS_LIVE);
    exit_thread(made, 4);
    EXPECT_EQ(init->state, PROCESS_ZOMBIE);
    EXPECT_EQ(init->wait_status, 4 << 8);
    fixture_end();
}

/* ---- children ---- */

/* They go to another thread of the process, and who wanted to hear of its maker's end does. */
TEST(sys_exit_of_a_thread_with_children)
{
    begin();
    struct process *parent = calls_fork(init);
    struct thread *made = calls_thread(parent->thread);
    struct process *told = calls_child(CALL_IN(made, clone, SIGCHLD));
    struct process *other = calls_child(CALL(parent, clone, SIGCHLD));
    struct process *dead = calls_child(CALL_IN(made, clone, SIGCHLD));
    EXPECT_EQ(CALL(told, prctl, PR_SET_PDEATHSIG, SIGUSR1), 0);
    EXPECT_EQ(CALL(other, prctl, PR_SET_PDEATHSIG, SIGUSR1), 0);
    calls_exit(dead, 1);
    EXPECT(told->parent_thread == made);
    exit_thread(made, 0);
    EXPECT(told->parent == parent);
    EXPECT(told->parent_thread == parent->thread);
    EXPECT(dead->parent_thread == parent->thread);
    EXPECT_EQ(told->signals.fatal, SIGUSR1);
    EXPECT_EQ(other->signals.fatal, 0);
    EXPECT_EQ(told->exit_signal, SIGCHLD);
    EXPECT_EQ(CALL(told, getppid), 2);
    made = calls_thread(parent->thread);
    exit_thread(parent->thread, 0);
    EXPECT(other->parent_thread == made);
    EXPECT_EQ(other->signals.fatal, SIGUSR1);
    fixture_end();
}

/* Only the children that the thread made or got (wait(2), __WNOTHREAD). */
TEST(sys_wait_for_the_children_of_one_thread)
{
    begin();
    struct thread *made = calls_thread(init->thread);
    struct process *child = calls_child(CALL_IN(made, clone, SIGCHLD));
    EXPECT_EQ(CALL(init, wait4, (uint64_t)-1, 0, WNOTHREAD, 0), -ECHILD);
    EXPECT_EQ(CALL(init, wait4, 3, 0, WNOTHREAD, 0), -ECHILD);
    EXPECT_EQ(CALL(init, waitid, P_ALL, 0, 0, WEXITED | WNOTHREAD), -ECHILD);
    EXPECT_EQ(CALL_IN(made, wait4, (uint64_t)-1, 0, WNOTHREAD | WNOHANG, 0), 0);
    (void)calls_fork(init);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)-1, 0, WNOTHREAD, 0), CALL_BLOCKED);
    calls_exit(child, 0);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    exit_thread(made, 0); /* the zombie is another thread's now */
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), 3);
    fixture_end();
}

TEST(sys_exit_gives_children_to_a_thread_of_init)
{
    begin();
    struct thread *made = calls_thread(init->thread);
    struct process *parent = calls_fork(init);
    struct process *child = calls_fork(parent);
    exit_thread(init->thread, 0);
    calls_exit(parent, 0);
    EXPECT(child->parent == init);
    EXPECT(child->parent_thread == made);
    EXPECT_EQ(CALL_IN(made, wait4, 3, 0, 0, 0), 3);
    process_check();
    fixture_end();
}

TEST(sys_death_signal_of_a_first_thread_that_has_ended)
{
    begin();
    struct process *parent = calls_fork(init);
    struct process *child = calls_fork(parent);
    EXPECT_EQ(CALL(child, prctl, PR_SET_PDEATHSIG, SIGUSR1), 0);
    (void)calls_thread(child->thread);
    exit_thread(child->thread, 0);
    calls_exit(parent, 0);
    EXPECT_EQ(child->signals.fatal, SIGUSR1);
    fixture_end();
}

TEST(sys_clone_thread_has_no_death_signal)
{
    begin();
    EXPECT_EQ(CALL(init, prctl, PR_SET_PDEATHSIG, SIGHUP), 0);
    struct thread *made = calls_thread(init->thread);
    EXPECT_EQ(CALL_IN(made, prctl, PR_GET_PDEATHSIG, CALLS_DATA), 0);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 0);
    EXPECT_EQ(init->thread->death_signal, SIGHUP);
    fixture_end();
}

/* ---- fork ---- */

TEST(sys_clone_copies_the_calling_thread_only)
{
    begin();
    struct thread *made = calls_thread(init->thread);
    made->user.sp = 0x8888;
    signal_set_mask(made, signal_bit(SIGUSR2));
    struct process *child = calls_child(CALL_IN(made, clone, SIGCHLD));
    EXPECT_EQ(child->thread_count, 1);
    EXPECT_EQ(child->thread->user.sp, 0x8888);
    EXPECT_EQ(child->thread->signal_mask, signal_bit(SIGUSR2));
    EXPECT(child->parent_thread == made);
    EXPECT_EQ(child->thread->fds->users, 1);
    process_check();
    fixture_end();
}

/* ---- exec ---- */

static int64_t exec(struct thread *thread, const char *path)
{
    fixture_run_thread(thread);
    calls_put_text(CALLS_DATA, path);
    return CALL_IN(thread, execve, CALLS_DATA, 0, 0);
}

TEST(sys_execve_by_the_first_thread_ends_the_others)
{
    begin();
    struct process *process = calls_fork(init);
    struct thread *thread = process->thread;
    struct thread *sleeper = calls_thread(thread);
    EXPECT_EQ(CALL_IN(sleeper, wait4, (uint64_t)-1, 0, 0, 0), -ECHILD);
    struct process *child = calls_child(CALL_IN(sleeper, clone, SIGCHLD));
    EXPECT_EQ(CALL_IN(sleeper, wait4, (uint64_t)-1, 0, 0, 0), CALL_BLOCKED);
    EXPECT_EQ(exec(thread, "/none"), -ENOENT);
    EXPECT_EQ(process->thread_count, 2);
    EXPECT_EQ(exec(thread, "/bin/prog"), 0);
    EXPECT_EQ(process->thread_count, 1);
    EXPECT(process->thread == thread);
    EXPECT_EQ(thread->tid, 2);
    EXPECT_EQ(thread->user.pc, 0x400800);
    EXPECT(child->parent_thread == thread);
    process_check();
    fixture_end();
}

TEST(sys_execve_by_another_thread_takes_the_number)
{
    begin();
    struct process *process = calls_fork(init);
    struct thread *made = calls_thread(process->thread);
    signal_set_mask(made, signal_bit(SIGUSR1));
    EXPECT_EQ(CALL_IN(made, prctl, PR_SET_PDEATHSIG, SIGUSR2), 0);
    EXPECT_EQ(CALL_IN(made, setpriority, PRIO_PROCESS, 3, 4), 0);
    EXPECT_EQ(exec(made, "/bin/prog"), 0);
    EXPECT(process->thread == made);
    EXPECT_EQ(made->tid, 2);
    EXPECT(thread_find(2) == made);
    EXPECT(thread_find(3) == NULL);
    EXPECT_EQ(process->thread_count, 1);
    EXPECT_EQ(made->signal_mask, signal_bit(SIGUSR1));
    EXPECT_EQ(made->death_signal, SIGUSR2);
    EXPECT_EQ(CALL_IN(made, gettid), 2);
    process_check();
    calls_exit(process, 6);
    EXPECT_EQ(status_of(2), 6 << 8);
    EXPECT_EQ(calls_fork(init)->pid->number, 4); /* 3 was given back, and comes again much later */
    fixture_end();
}

TEST(sys_execve_when_the_first_thread_has_ended)
{
    begin();
    struct process *process = calls_fork(init);
    struct thread *made = calls_thread(process->thread);
    exit_thread(process->thread, 9);
    EXPECT_EQ(exec(made, "/bin/prog"), 0);
    EXPECT(process->thread == made);
    EXPECT_EQ(made->tid, 2);
    process_check();
    exit_thread(made, 1);
    EXPECT_EQ(status_of(2), 1 << 8);
    fixture_end();
}

/* The words that threads have promised to clear are cleared while others see them. */
TEST(sys_execve_clears_the_tids_of_all)
{
    begin();
    struct process *process = calls_child(CALL(init, clone, CLONE_VM | SIGCHLD));
    calls_put(CALLS_DATA + 512, &(int[]){7, 7}, 2 * sizeof(int));
    EXPECT_EQ(CALL(process, set_tid_address, CALLS_DATA + 512), 2);
    struct thread *made = calls_thread(process->thread);
    EXPECT_EQ(CALL_IN(made, set_tid_address, CALLS_DATA + 516), 3);
    EXPECT_EQ(exec(made, "/bin/prog"), 0);
    EXPECT_EQ(made->clear_tid, 0);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 512), 0);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 516), 0);
    fixture_end();
}

/* What another process shares is not closed, and not reset; the directory stays shared. */
TEST(sys_execve_unshares)
{
    const struct abi_sigaction handler = {.handler = 0x4000};

    begin();
    EXPECT_EQ(CALL(init, dup3, 0, 5, O_CLOEXEC), 5);
    EXPECT_EQ(signal_set_action(init, SIGUSR1, &handler), 0);
    struct process *child =
        calls_child(CALL(init, clone, CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_SIGHAND | SIGCHLD));
    struct thread *made = calls_thread(child->thread);
    EXPECT_EQ(exec(made, "/bin/prog"), 0);
    EXPECT(made->fds != init->thread->fds);
    EXPECT_EQ(made->fds->users, 1);
    EXPECT_EQ(init->thread->fds->users, 1);
    EXPECT(!fdtable_find(made->fds, 5));
    EXPECT(fdtable_find(init->thread->fds, 5));
    EXPECT(child->signals.actions != init->signals.actions);
    EXPECT_EQ(signal_action(child, SIGUSR1).handler, SIG_DFL);
    EXPECT_EQ(signal_action(init, SIGUSR1).handler, 0x4000);
    EXPECT(made->fs == init->thread->fs);
    process_check();
    fixture_end();
}

/* A table that only threads of the process share is taken over as it is. */
TEST(sys_execve_keeps_descriptors_that_threads_share)
{
    begin();
    EXPECT_EQ(CALL(init, dup3, 0, 5, O_CLOEXEC), 5);
    struct thread *made = calls_thread(init->thread);
    const struct fdtable *fds = made->fds;
    EXPECT_EQ(exec(made, "/bin/prog"), 0);
    EXPECT(made->fds == fds);
    EXPECT(!fdtable_find(made->fds, 5));
    fixture_end();
}

/* For each allocation that fails: nobody has ended, and what is shared is shared still. */
TEST(sys_execve_of_threads_without_memory_changes_nothing)
{
    bool has_fired = true;

    begin();
    struct process *child =
        calls_child(CALL(init, clone, CLONE_FILES | CLONE_VM | CLONE_SIGHAND | SIGCHLD));
    struct thread *made = calls_thread(child->thread);
    for (uint64_t n = 1; has_fired; n++) {
        test_note("allocation %lu", n);
        fixture_run_thread(made);
        calls_put_text(CALLS_DATA, "/bin/prog");
        inject_arm(n, false);
        int64_t result = CALL_IN(made, execve, CALLS_DATA, 0, 0);
        has_fired = inject_has_fired();
        inject_arm(0, false);
        EXPECT_EQ(result, has_fired ? -ENOMEM : 0);
        EXPECT_EQ(child->thread_count, has_fired ? 2 : 1);
        EXPECT_EQ(made->tid, has_fired ? 3 : 2);
        EXPECT_EQ(made->fds == init->thread->fds, has_fired);
        EXPECT_EQ(child->signals.actions == init->signals.actions, has_fired);
        process_check();
    }
    fixture_end();
}

/* Its descriptors are its own already, and the table of actions is not. */
TEST(sys_execve_of_shared_actions_without_memory)
{
    const struct abi_sigaction action = {.handler = 0x400000};
    bool has_fired = true;

    begin();
    EXPECT_EQ(signal_set_action(init, SIGUSR1, &action), 0);
    struct process *child = calls_child(CALL(init, clone, CLONE_VM | CLONE_SIGHAND | SIGCHLD));
    for (uint64_t n = 1; has_fired; n++) {
        test_note("allocation %lu", n);
        fixture_run(child);
        calls_put_text(CALLS_DATA, "/bin/prog");
        inject_arm(n, false);
        int64_t result = CALL(child, execve, CALLS_DATA, 0, 0);
        has_fired = inject_has_fired();
        inject_arm(0, false);
        EXPECT_EQ(result, has_fired ? -ENOMEM : 0);
        EXPECT_EQ(child->signals.actions == init->signals.actions, has_fired);
        process_check();
    }
    fixture_end();
}

/* ---- descriptors of calls that wait ---- */

static int reader;
static int writer;

/* init waits for bytes of a pipe, and another thread runs. */
static struct thread *begin_with_a_reader(void)
{
    begin();
    EXPECT_EQ(CALL(init, pipe2, CALLS_DATA + PIPE_AT, 0), 0);
    reader = calls_get_int(CALLS_DATA + PIPE_AT);
    writer = calls_get_int(CALLS_DATA + PIPE_AT + 4);
    struct thread *made = calls_thread(init->thread);
    EXPECT_EQ(CALL(init, read, (uint64_t)reader, CALLS_DATA, 8), CALL_BLOCKED);
    EXPECT_EQ(fdtable_find(made->fds, reader)->refs, 2);
    process_check();
    return made;
}

/* The second one is woken for a signal that it and the first can take, and blocks the next one:
 * nobody has been woken who takes that. */
TEST(sys_signal_behind_one_that_another_was_woken_for)
{
    const uint64_t nowhere = 4; /* no frame is ever pushed */

    begin();
    struct process *child = calls_fork(init);
    struct thread *first = child->thread;
    struct thread *second = thread_of(CALL(child, clone, THREAD));
    const struct abi_sigaction action = {.handler = nowhere};
    EXPECT_EQ(signal_set_action(child, SIGUSR1, &action), 0);
    EXPECT_EQ(signal_set_action(child, SIGUSR2, &action), 0);
    signal_set_mask(second, signal_bit(SIGUSR2));
    calls_put(CALLS_DATA, &(struct abi_timespec){.tv_sec = 1000}, sizeof(struct abi_timespec));
    EXPECT_EQ(CALL_IN(first, nanosleep, CALLS_DATA, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(second, nanosleep, CALLS_DATA, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, kill, (uint64_t)second->tid, SIGUSR1), 0);
    EXPECT_EQ(first->state, THREAD_BLOCKED);
    EXPECT_EQ(second->state, THREAD_READY);
    EXPECT_EQ(CALL(init, kill, (uint64_t)child->pid->number, SIGUSR2), 0);
    EXPECT_EQ(first->state, THREAD_READY);
    process_check();
    fixture_end();
}

TEST(sys_read_goes_on_when_its_descriptor_is_closed)
{
    struct thread *made = begin_with_a_reader();

    EXPECT_EQ(CALL_IN(made, close, (uint64_t)reader), 0);
    process_check();
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(made, write, (uint64_t)writer, CALLS_DATA + 100, 5), 5);
    EXPECT_EQ(calls_rerun(init), 5);
    EXPECT(!init->thread->call.file);
    process_check();
    /* The last reader is gone. */
    EXPECT_EQ(CALL_IN(made, rt_sigprocmask, SIG_BLOCK, 0, 0, 8), 0);
    signal_set_mask(made, signal_bit(SIGPIPE));
    EXPECT_EQ(CALL_IN(made, write, (uint64_t)writer, CALLS_DATA, 5), -EPIPE);
    fixture_end();
}

/* The number names another file by then. */
TEST(sys_read_goes_on_with_the_file_it_had)
{
    struct thread *made = begin_with_a_reader();

    calls_put_text(CALLS_DATA + 200, "/etc/text");
    EXPECT_EQ(CALL_IN(made, openat, (uint64_t)AT_FDCWD, CALLS_DATA + 200, O_RDONLY), 5);
    EXPECT_EQ(CALL_IN(made, dup3, 5, (uint64_t)reader, 0), reader);
    EXPECT_EQ(CALL_IN(made, close, (uint64_t)writer), 0);
    EXPECT_EQ(calls_rerun(init), 0); /* the end of the pipe, not the text */
    EXPECT_EQ(CALL(init, read, (uint64_t)reader, CALLS_DATA, 4), 4);
    fixture_end();
}

TEST(sys_write_goes_on_when_its_descriptor_is_closed)
{
    static const uint64_t len = 20 * PAGE_SIZE; /* more than there is room for */

    begin();
    EXPECT_EQ(CALL(init, pipe2, CALLS_DATA + PIPE_AT, 0), 0);
    reader = calls_get_int(CALLS_DATA + PIPE_AT);
    writer = calls_get_int(CALLS_DATA + PIPE_AT + 4);
    struct thread *made = calls_thread(init->thread);
    EXPECT_EQ(CALL(init, write, (uint64_t)writer, CALLS_DATA, len), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(made, close, (uint64_t)writer), 0);
    process_check();
    EXPECT_EQ(CALL_IN(made, read, (uint64_t)reader, CALLS_DATA, len), 16 * PAGE_SIZE);
    EXPECT_EQ(calls_rerun(init), len);
    EXPECT_EQ(CALL_IN(made, read, (uint64_t)reader, CALLS_DATA, len), 4 * PAGE_SIZE);
    EXPECT_EQ(CALL_IN(made, read, (uint64_t)reader, CALLS_DATA, len), 0);
    fixture_end();
}

/* Vectors too. */
TEST(sys_readv_goes_on_when_its_descriptor_is_closed)
{
    const struct abi_iovec vector = {CALLS_DATA, 8};

    begin();
    EXPECT_EQ(CALL(init, pipe2, CALLS_DATA + PIPE_AT, 0), 0);
    reader = calls_get_int(CALLS_DATA + PIPE_AT);
    writer = calls_get_int(CALLS_DATA + PIPE_AT + 4);
    calls_put(CALLS_DATA + 256, &vector, sizeof(vector));
    struct thread *made = calls_thread(init->thread);
    EXPECT_EQ(CALL(init, readv, (uint64_t)reader, CALLS_DATA + 256, 1), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(made, close, (uint64_t)reader), 0);
    EXPECT_EQ(CALL_IN(made, write, (uint64_t)writer, CALLS_DATA + 100, 5), 5);
    EXPECT_EQ(calls_rerun(init), 5);
    process_check();
    fixture_end();
}

/* The file goes with who waits for it. */
TEST(sys_exit_group_lets_go_of_what_calls_hold)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(child, pipe2, CALLS_DATA + PIPE_AT, 0), 0);
    reader = calls_get_int(CALLS_DATA + PIPE_AT);
    struct thread *made = calls_thread(child->thread);
    EXPECT_EQ(CALL(child, read, (uint64_t)reader, CALLS_DATA, 8), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(made, close, (uint64_t)reader), 0);
    EXPECT_EQ(pipe_count(), 1);
    EXPECT_EQ(CALL_IN(made, exit_group, 0), CALL_GONE);
    EXPECT_EQ(pipe_count(), 0);
    process_check();
    fixture_end();
}

/* ---- numbers ---- */

TEST(sys_calls_by_the_number_of_a_thread)
{
    begin();
    struct process *child = calls_fork(init);
    struct thread *made = calls_thread(child->thread);
    EXPECT_EQ(made->tid, 3);
    EXPECT_EQ(CALL(init, getpgid, 3), 1);
    EXPECT_EQ(CALL(init, getsid, 3), 1);
    EXPECT_EQ(CALL(init, setpgid, 3, 0), -EINVAL);
    EXPECT_EQ(CALL(init, setpgid, 2, 3), -EPERM);
    EXPECT_EQ(CALL(init, wait4, 3, 0, 0, 0), -ECHILD);
    EXPECT_EQ(CALL_IN(made, setpgid, 0, 0), 0);
    EXPECT_EQ(CALL(init, getpgid, 2), 2);
    EXPECT_EQ(CALL_IN(made, setsid), -EPERM);
    fixture_end();
}
