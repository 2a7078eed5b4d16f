/* wait4, waitid, getrusage, times. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define STATUS_AT CALLS_DATA
#define INFO_AT (CALLS_DATA + 512)
#define USAGE_AT (CALLS_DATA + 1024)

enum { ANY = -1, NEVER_SET = 0x5a5a };

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    calls_put(STATUS_AT, &(int){NEVER_SET}, sizeof(int));
}

/* A child that leads a group of its own. */
static struct process *fork_leader(void)
{
    struct process *child = calls_fork(init);

    EXPECT_EQ(CALL(child, setpgid, 0, 0), 0);
    return child;
}

static int64_t wait_for(struct process *process, int pid, unsigned options)
{
    return CALL(process, wait4, (uint64_t)pid, STATUS_AT, options, 0);
}

static void expect_status(int status)
{
    fixture_run(init);
    EXPECT_EQ(calls_get_int(STATUS_AT), status);
}

/* ---- wait4 ---- */

TEST(sys_wait4_without_children)
{
    begin();
    EXPECT_EQ(wait_for(init, ANY, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG), -ECHILD);
    EXPECT_EQ(wait_for(init, 1, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, 0, 0), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_reaps_a_zombie)
{
    begin();
    calls_exit(calls_fork(init), 42);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(42 << 8);
    EXPECT(process_find(2) == NULL);
    EXPECT_EQ(wait_for(init, ANY, 0), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_without_a_place_for_the_status)
{
    begin();
    calls_exit(calls_fork(init), 1);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, 0, 0, 0), 2);
    expect_status(NEVER_SET);
    fixture_end();
}

TEST(sys_wait4_bad_address_leaves_the_child)
{
    begin();
    calls_exit(calls_fork(init), 3);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, CALLS_NOWHERE, 0, 0), -EFAULT);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, USER_END - 2, 0, 0), -EFAULT);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(3 << 8);
    fixture_end();
}

TEST(sys_wait4_without_memory_leaves_the_child)
{
    begin();
    calls_exit(calls_fork(init), 3);
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, CALLS_DATA + 5 * PAGE_SIZE, 0, 0), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    fixture_end();
}

TEST(sys_wait4_blocks_until_the_child_ends)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.reason, WAIT_CHILD);
    EXPECT_EQ(init->thread->call.arg, 0);
    calls_exit(child, 7);
    EXPECT_EQ(calls_rerun(init), 2);
    expect_status(7 << 8);
    fixture_end();
}

TEST(sys_wait4_woken_for_no_reason_blocks_again)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    for (unsigned i = 0; i < 3; i++) {
        sched_wake(init->thread);
        EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
        process_check();
    }
    calls_exit(child, 7);
    EXPECT_EQ(calls_rerun(init), 2);
    fixture_end();
}

TEST(sys_wait4_for_one_child_is_not_ended_by_another)
{
    begin();
    struct process *first = calls_fork(init);
    struct process *second = calls_fork(init);
    EXPECT_EQ(wait_for(init, second->pid->number, 0), CALL_BLOCKED);
    calls_exit(first, 1);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    calls_exit(second, 2);
    EXPECT_EQ(calls_rerun(init), 3);
    expect_status(2 << 8);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    fixture_end();
}

TEST(sys_wait4_nohang)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG), 0);
    EXPECT_EQ(wait_for(init, 2, WNOHANG | WUNTRACED | WCONTINUED), 0);
    expect_status(NEVER_SET);
    calls_exit(child, 0);
    EXPECT_EQ(wait_for(init, 2, WNOHANG), 2);
    fixture_end();
}

TEST(sys_wait4_zombies_in_the_order_in_which_they_ended)
{
    begin();
    struct process *first = calls_fork(init);
    struct process *second = calls_fork(init);
    calls_exit(second, 0);
    calls_exit(first, 0);
    EXPECT_EQ(wait_for(init, ANY, 0), 3);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    fixture_end();
}

TEST(sys_wait4_for_somebody_elses_child)
{
    begin();
    struct process *child = calls_fork(init);
    struct process *grandchild = calls_fork(child);
    calls_exit(grandchild, 0);
    EXPECT_EQ(wait_for(init, grandchild->pid->number, WNOHANG), -ECHILD);
    EXPECT_EQ(wait_for(child, init->pid->number, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, 999, 0), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_for_a_group)
{
    begin();
    struct process *leader = fork_leader();
    struct process *other = calls_fork(init);
    calls_exit(other, 1);
    EXPECT_EQ(wait_for(init, -leader->pid->number, WNOHANG), 0);
    EXPECT_EQ(wait_for(init, -leader->pid->number, 0), CALL_BLOCKED);
    calls_exit(leader, 2);
    EXPECT_EQ(calls_rerun(init), 2);
    EXPECT_EQ(wait_for(init, -2, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, -1, 0), 3);
    fixture_end();
}

TEST(sys_wait4_for_a_group_that_its_last_child_leaves)
{
    begin();
    struct process *child = fork_leader();
    EXPECT_EQ(wait_for(init, -2, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL(child, setpgid, 0, 1), 0);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_for_the_callers_own_group)
{
    begin();
    struct process *leader = fork_leader();
    calls_exit(leader, 1);
    EXPECT_EQ(wait_for(init, 0, 0), -ECHILD);
    calls_exit(calls_fork(init), 2);
    EXPECT_EQ(wait_for(init, 0, 0), 3);
    fixture_end();
}

TEST(sys_wait4_arguments_that_make_no_sense)
{
    begin();
    (void)calls_fork(init);
    EXPECT_EQ(wait_for(init, ANY, 4), -EINVAL);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, 0, UINT64_MAX, 0), -EINVAL);
    EXPECT_EQ(wait_for(init, INT32_MIN, 0), -ESRCH);
    EXPECT_EQ(wait_for(init, INT32_MAX, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, -INT32_MAX, 0), -ECHILD);
    fixture_end();
}

/* Children that send another signal than SIGCHLD at their end are looked for by __WCLONE only. */
TEST(sys_wait4_for_clones)
{
    begin();
    struct process *clone = calls_child(CALL(init, clone, 0));
    struct process *child = calls_fork(init);
    EXPECT_EQ(wait_for(init, 2, WNOHANG), -ECHILD);
    EXPECT_EQ(wait_for(init, 3, WNOHANG | WCLONE), -ECHILD);
    EXPECT_EQ(wait_for(init, 2, WNOHANG | WCLONE), 0);
    EXPECT_EQ(wait_for(init, 2, WNOHANG | WALL), 0);
    EXPECT_EQ(wait_for(init, 3, WNOHANG | WALL | WNOTHREAD), 0);
    calls_exit(clone, 0);
    calls_exit(child, 0);
    EXPECT_EQ(wait_for(init, ANY, 0), 3);
    EXPECT_EQ(wait_for(init, ANY, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, ANY, WALL), 2);
    fixture_end();
}

/* Init reaps them without a thought for how they were made. */
TEST(sys_wait4_orphans_are_children_like_others)
{
    begin();
    struct process *parent = calls_fork(init);
    struct process *orphan = calls_child(CALL(parent, clone, 0));
    struct process *zombie = calls_child(CALL(parent, clone, SIGUSR1));
    calls_exit(zombie, 1);
    calls_exit(parent, 2);
    EXPECT_EQ(wait_for(init, 4, 0), 4);
    EXPECT_EQ(wait_for(init, 2, 0), 2);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    calls_exit(orphan, 3);
    EXPECT_EQ(calls_rerun(init), 3);
    fixture_end();
}

/* A program that is started anew is a child like others, however it was cloned (execve(2)). */
TEST(sys_wait4_for_a_clone_that_has_execed)
{
    begin();
    struct process *clone = calls_child(CALL(init, clone, 0));
    fixture_run(clone);
    calls_put_text(CALLS_DATA, "/bin/prog");
    (void)CALL(clone, execve, CALLS_DATA, 0, 0);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG), 0);
    fixture_end();
}

/* Who waits for clones only is told when the last one has become a child like others. */
TEST(sys_wait4_for_a_clone_that_execs_meanwhile)
{
    begin();
    struct process *clone = calls_child(CALL(init, clone, 0));
    EXPECT_EQ(wait_for(init, ANY, WCLONE), CALL_BLOCKED);
    fixture_run(clone);
    calls_put_text(CALLS_DATA, "/bin/prog");
    (void)CALL(clone, execve, CALLS_DATA, 0, 0);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_when_the_child_leaves_nothing)
{
    begin();
    const struct abi_sigaction ignore = {.handler = SIG_IGN};
    struct process *first = calls_fork(init);
    struct process *second = calls_fork(init);
    EXPECT_EQ(signal_set_action(init, SIGCHLD, &ignore), 0);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    calls_exit(first, 1);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED); /* not before the last is gone */
    calls_exit(second, 2);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), -ECHILD);
    expect_status(NEVER_SET);
    fixture_end();
}

TEST(sys_wait4_sees_how_a_signal_ended_it)
{
    begin();
    struct process *child = calls_fork(init);
    process_exit(child, SIGSEGV);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(SIGSEGV);
    fixture_end();
}

/* Either address is bad: nothing is written, and the child is still there. */
TEST(sys_wait4_bad_address_for_the_usage)
{
    begin();
    calls_exit(calls_fork(init), 3);
    EXPECT_EQ(CALL(init, wait4, 2, STATUS_AT, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, wait4, 2, STATUS_AT, 0, CALLS_DATA_END - 8), -EFAULT);
    expect_status(NEVER_SET);
    EXPECT_EQ(CALL(init, wait4, 2, CALLS_NOWHERE, 0, USAGE_AT), -EFAULT);
    EXPECT_EQ(init->children_usage.faults, 0);
    EXPECT_EQ(CALL(init, wait4, 2, STATUS_AT, 0, USAGE_AT), 2);
    expect_status(3 << 8);
    fixture_end();
}

static struct abi_rusage get_usage(void)
{
    struct abi_rusage usage;

    calls_get(USAGE_AT, &usage, sizeof(usage));
    return usage;
}

/* Of the child, and of those that it has waited for. */
TEST(sys_wait4_gives_the_usage)
{
    begin();
    struct process *child = calls_fork(init);
    struct process *grandchild = calls_fork(child);
    child->usage.faults = 100;
    grandchild->usage.faults = 20;
    calls_exit(grandchild, 0);
    EXPECT_EQ(wait_for(child, ANY, 0), 3);
    calls_exit(child, 0);
    fixture_run(init);
    EXPECT_EQ(CALL(init, wait4, 2, 0, 0, USAGE_AT), 2);
    EXPECT_EQ(get_usage().ru_minflt, 120);
    EXPECT_EQ(CALL(init, getrusage, (uint64_t)RUSAGE_CHILDREN, USAGE_AT), 0);
    EXPECT_EQ(get_usage().ru_minflt, 120);
    fixture_end();
}

/* ---- waitid ---- */

static int64_t waitid(int kind, int number, unsigned options)
{
    return CALL(init, waitid, (uint64_t)kind, (uint64_t)number, INFO_AT, options, USAGE_AT);
}

static struct abi_siginfo get_info(void)
{
    struct abi_siginfo info;

    fixture_run(init);
    calls_get(INFO_AT, &info, sizeof(info));
    return info;
}

static void expect_info(int pid, int code, int status)
{
    const struct abi_siginfo info = get_info();

    EXPECT_EQ(info.si_signo, pid ? SIGCHLD : 0);
    EXPECT_EQ(info.si_errno, 0);
    EXPECT_EQ(info.si_code, code);
    EXPECT_EQ(info.si_pid, pid);
    EXPECT_EQ(info.si_uid, 0);
    EXPECT_EQ(info.si_status, status);
}

static void soil_info(void)
{
    const struct abi_siginfo soiled = {.si_signo = 1,
                                       .si_errno = 2,
                                       .si_code = 3,
                                       .pad = 4,
                                       .si_pid = 5,
                                       .si_uid = 6,
                                       .si_status = 7,
                                       .rest = {8}};

    fixture_run(init);
    calls_put(INFO_AT, &soiled, sizeof(soiled));
}

TEST(sys_waitid_tells_and_reaps)
{
    begin();
    soil_info();
    struct process *child = calls_fork(init);
    child->usage.faults = 9;
    calls_exit(child, 42);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED), 0);
    expect_info(2, CLD_EXITED, 42);
    EXPECT_EQ(get_info().rest[0], 8); /* not more than the fields */
    EXPECT_EQ(get_usage().ru_minflt, 9);
    EXPECT(process_find(2) == NULL);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_tells_a_stop_and_a_continuation_once)
{
    begin();
    struct process *child = calls_fork(init);
    calls_stop(child, SIGTSTP);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG), 0);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG | WCONTINUED), 0);
    EXPECT_EQ(wait_for(init, 2, WUNTRACED), 2);
    EXPECT_EQ(calls_get_int(STATUS_AT), SIGTSTP << 8 | WAIT_STOPPED);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG | WUNTRACED | WCONTINUED), 0);
    signal_send(child, SIGCONT);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG | WUNTRACED), 0);
    EXPECT_EQ(wait_for(init, ANY, WCONTINUED), 2);
    EXPECT_EQ(calls_get_int(STATUS_AT), WAIT_CONTINUED);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG | WUNTRACED | WCONTINUED), 0);
    fixture_end();
}

TEST(sys_wait4_prefers_a_child_with_news)
{
    begin();
    calls_fork(init);
    struct process *second = calls_fork(init);
    calls_stop(second, SIGSTOP);
    EXPECT_EQ(wait_for(init, ANY, WUNTRACED), 3);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG | WUNTRACED), 0);
    fixture_end();
}

/* A child that comes from somebody else with something to tell wakes who waits for that. */
TEST(sys_waitid_tells_a_stop_of_an_orphan)
{
    begin();
    struct process *parent = calls_fork(calls_fork(init));
    struct process *orphan = calls_fork(parent);
    calls_stop(orphan, SIGSTOP);
    EXPECT_EQ(waitid(P_ALL, 0, WSTOPPED), CALL_BLOCKED);
    calls_exit(parent, 0);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), 0);
    expect_info(4, CLD_STOPPED, SIGSTOP);
    fixture_end();
}

TEST(sys_waitid_tells_a_stop_and_a_continuation)
{
    begin();
    struct process *child = calls_fork(init);
    calls_stop(child, SIGSTOP);
    EXPECT_EQ(waitid(P_ALL, 0, WSTOPPED | WNOWAIT), 0);
    expect_info(2, CLD_STOPPED, SIGSTOP);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED | WCONTINUED | WNOHANG), 0);
    expect_info(0, 0, 0);
    EXPECT_EQ(waitid(P_PID, 2, WSTOPPED), 0);
    expect_info(2, CLD_STOPPED, SIGSTOP);
    EXPECT_EQ(waitid(P_ALL, 0, WSTOPPED | WNOHANG), 0);
    expect_info(0, 0, 0);
    signal_send(child, SIGCONT);
    EXPECT_EQ(waitid(P_ALL, 0, WCONTINUED), 0);
    expect_info(2, CLD_CONTINUED, SIGCONT);
    EXPECT_EQ(waitid(P_ALL, 0, WCONTINUED | WNOHANG), 0);
    expect_info(0, 0, 0);
    fixture_end();
}

/* The signal that tells of it is ignored: it wakes nobody. */
TEST(sys_wait4_is_woken_by_a_stop_and_a_continuation)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(wait_for(init, ANY, WUNTRACED | WCONTINUED), CALL_BLOCKED);
    fixture_run(child);
    signal_stop(child, SIGSTOP);
    signal_stop_thread(child->thread);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), child->pid->number);
    expect_status(SIGSTOP << 8 | 0x7f);
    EXPECT_EQ(wait_for(init, ANY, WUNTRACED | WCONTINUED), CALL_BLOCKED);
    signal_send(child, SIGCONT);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), child->pid->number);
    expect_status(0xffff);
    fixture_end();
}

TEST(sys_waitid_sees_how_a_signal_ended_it)
{
    begin();
    process_exit(calls_fork(init), SIGSEGV);
    EXPECT_EQ(waitid(P_PID, 2, WEXITED), 0);
    expect_info(2, CLD_KILLED, SIGSEGV);
    fixture_end();
}

TEST(sys_waitid_that_leaves_the_child)
{
    begin();
    struct process *child = calls_fork(init);
    child->usage.faults = 9;
    calls_exit(child, 1);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(waitid(P_PID, 2, WEXITED | WNOWAIT), 0);
        expect_info(2, CLD_EXITED, 1);
    }
    EXPECT_EQ(init->children_usage.faults, 0);
    EXPECT_EQ(waitid(P_PID, 2, WEXITED), 0);
    EXPECT_EQ(init->children_usage.faults, 9);
    fixture_end();
}

TEST(sys_waitid_nohang)
{
    begin();
    struct process *child = calls_fork(init);
    soil_info();
    calls_put(USAGE_AT, &(uint64_t){5}, 8);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED | WNOHANG), 0);
    expect_info(0, 0, 0);
    EXPECT_EQ(get_usage().ru_utime.tv_sec, 5); /* there is nobody's to tell */
    calls_exit(child, 1);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED | WNOHANG), 0);
    expect_info(2, CLD_EXITED, 1);
    fixture_end();
}

TEST(sys_waitid_blocks)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED), CALL_BLOCKED);
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    process_check();
    calls_exit(child, 5);
    EXPECT_EQ(calls_rerun(init), 0);
    expect_info(2, CLD_EXITED, 5);
    fixture_end();
}

TEST(sys_waitid_for_a_group)
{
    begin();
    struct process *leader = fork_leader();
    struct process *own = calls_fork(init);
    EXPECT_EQ(waitid(P_PGID, 2, WEXITED), CALL_BLOCKED);
    calls_exit(own, 1);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    calls_exit(leader, 2);
    EXPECT_EQ(calls_rerun(init), 0);
    expect_info(2, CLD_EXITED, 2);
    EXPECT_EQ(waitid(P_PGID, 2, WEXITED), -ECHILD);
    EXPECT_EQ(waitid(P_PGID, 0, WEXITED), 0); /* the caller's own */
    expect_info(3, CLD_EXITED, 1);
    EXPECT_EQ(waitid(P_PGID, 0, WEXITED), -ECHILD);
    fixture_end();
}

/* Nothing stops and nothing goes on yet: who waits for that waits until the children have ended. A
 * zombie never will. */
TEST(sys_waitid_for_children_that_stop)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(waitid(P_ALL, 0, WSTOPPED | WCONTINUED | WNOHANG), 0);
    EXPECT_EQ(waitid(P_PID, 2, WSTOPPED), CALL_BLOCKED);
    calls_exit(child, 1);
    EXPECT_EQ(calls_rerun(init), -ECHILD);
    EXPECT_EQ(waitid(P_ALL, 0, WSTOPPED), -ECHILD);
    EXPECT_EQ(waitid(P_ALL, 0, WCONTINUED), -ECHILD);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED), 0);
    fixture_end();
}

TEST(sys_waitid_for_clones)
{
    begin();
    struct process *clone = calls_child(CALL(init, clone, 0));
    EXPECT_EQ(waitid(P_PID, 2, WEXITED | WNOHANG), -ECHILD);
    calls_exit(clone, 1);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED), -ECHILD);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED | WCLONE | WNOWAIT), 0);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED | WALL | WNOTHREAD), 0);
    fixture_end();
}

TEST(sys_waitid_arguments_that_make_no_sense)
{
    begin();
    (void)calls_fork(init);
    EXPECT_EQ(waitid(P_ALL, 0, 0), -EINVAL);
    EXPECT_EQ(waitid(P_ALL, 0, WNOHANG | WNOWAIT), -EINVAL);
    EXPECT_EQ(waitid(P_ALL, 0, WEXITED | 0x40), -EINVAL);
    EXPECT_EQ(waitid(P_PID, 0, WEXITED), -EINVAL);
    EXPECT_EQ(waitid(P_PID, -1, WEXITED), -EINVAL);
    EXPECT_EQ(waitid(P_PGID, -1, WEXITED), -EINVAL);
    EXPECT_EQ(waitid(P_PIDFD, -1, WEXITED), -EINVAL);
    EXPECT_EQ(waitid(P_PIDFD, 0, WEXITED), -EBADF);
    EXPECT_EQ(waitid(4, 0, WEXITED), -EINVAL);
    EXPECT_EQ(waitid(-1, 0, WEXITED), -EINVAL);
    fixture_end();
}

/* Either address is bad: nothing is written, and the child is still there. */
TEST(sys_waitid_bad_addresses)
{
    begin();
    calls_exit(calls_fork(init), 3);
    soil_info();
    EXPECT_EQ(CALL(init, waitid, P_ALL, 0, CALLS_NOWHERE, WEXITED, 0), -EFAULT);
    EXPECT_EQ(CALL(init, waitid, P_ALL, 0, INFO_AT, WEXITED, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(get_info().si_pid, 5);
    EXPECT_EQ(CALL(init, waitid, P_ALL, 0, 0, WEXITED, 0), 0);
    EXPECT_EQ(get_info().si_pid, 5);
    EXPECT(process_find(2) == NULL);
    fixture_end();
}

/* ---- getrusage, times ---- */

TEST(sys_getrusage_of_whom)
{
    begin();
    init->usage.faults = 1;
    init->children_usage.faults = 2;
    EXPECT_EQ(CALL(init, getrusage, RUSAGE_SELF, USAGE_AT), 0);
    EXPECT_EQ(get_usage().ru_minflt, 1);
    init->thread->faults = 3;
    EXPECT_EQ(CALL(init, getrusage, RUSAGE_THREAD, USAGE_AT), 0);
    EXPECT_EQ(get_usage().ru_minflt, 3);
    EXPECT_EQ(CALL(init, getrusage, (uint64_t)RUSAGE_CHILDREN, USAGE_AT), 0);
    EXPECT_EQ(get_usage().ru_minflt, 2);
    EXPECT_EQ(CALL(init, getrusage, (uint64_t)-2, USAGE_AT), -EINVAL);
    EXPECT_EQ(CALL(init, getrusage, 2, CALLS_NOWHERE), -EINVAL);
    EXPECT_EQ(CALL(init, getrusage, RUSAGE_SELF, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

TEST(sys_times_in_ticks)
{
    struct abi_tms tms;

    begin();
    const nsec_t tick = NSEC_PER_SEC / CLOCK_TICKS_PER_SEC;
    init->usage.user = 3 * tick + tick - 1;
    init->usage.system = 4 * tick;
    init->children_usage.user = 5 * tick;
    init->children_usage.system = 6 * tick;
    EXPECT_EQ(CALL(init, times, CALLS_DATA), clock_now() / tick);
    calls_get(CALLS_DATA, &tms, sizeof(tms));
    EXPECT_EQ(tms.tms_utime, 3);
    EXPECT_EQ(tms.tms_stime, 4);
    EXPECT_EQ(tms.tms_cutime, 5);
    EXPECT_EQ(tms.tms_cstime, 6);
    EXPECT_EQ(CALL(init, times, 0), clock_now() / tick);
    EXPECT_EQ(CALL(init, times, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}
