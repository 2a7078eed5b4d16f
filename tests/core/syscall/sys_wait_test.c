/* wait4, kill, and the groups that both can be given. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define STATUS_AT CALLS_DATA

enum { ANY = -1, NEVER_SET = 0x5a5a };

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    calls_put(STATUS_AT, &(int){NEVER_SET}, sizeof(int));
}

static struct process *fork_from(struct process *parent)
{
    return calls_child(CALL(parent, clone, SIGCHLD));
}

/* A child that leads a group of its own. */
static struct process *fork_leader(void)
{
    struct process *child = fork_from(init);

    EXPECT_EQ(CALL(child, setpgid, 0, 0), 0);
    return child;
}

static void end(struct process *process, int code)
{
    EXPECT_EQ(CALL(process, exit, (uint64_t)code), CALL_GONE);
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
    end(fork_from(init), 42);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(42 << 8);
    EXPECT(process_find(2) == NULL);
    EXPECT_EQ(wait_for(init, ANY, 0), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_without_a_place_for_the_status)
{
    begin();
    end(fork_from(init), 1);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, 0, 0, 0), 2);
    expect_status(NEVER_SET);
    fixture_end();
}

TEST(sys_wait4_bad_address_leaves_the_child)
{
    begin();
    end(fork_from(init), 3);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, CALLS_NOWHERE, 0, 0), -EFAULT);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, USER_END - 2, 0, 0), -EFAULT);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(3 << 8);
    fixture_end();
}

TEST(sys_wait4_without_memory_leaves_the_child)
{
    begin();
    end(fork_from(init), 3);
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)ANY, CALLS_DATA + 5 * PAGE_SIZE, 0, 0), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    fixture_end();
}

TEST(sys_wait4_blocks_until_the_child_ends)
{
    begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.reason, WAIT_CHILD);
    EXPECT_EQ(init->thread->call.arg, 0);
    end(child, 7);
    EXPECT_EQ(calls_rerun(init), 2);
    expect_status(7 << 8);
    fixture_end();
}

TEST(sys_wait4_woken_for_no_reason_blocks_again)
{
    begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    for (unsigned i = 0; i < 3; i++) {
        sched_wake(init->thread);
        EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
        process_check();
    }
    end(child, 7);
    EXPECT_EQ(calls_rerun(init), 2);
    fixture_end();
}

TEST(sys_wait4_for_one_child_is_not_ended_by_another)
{
    begin();
    struct process *first = fork_from(init);
    struct process *second = fork_from(init);
    EXPECT_EQ(wait_for(init, second->pid->number, 0), CALL_BLOCKED);
    end(first, 1);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    end(second, 2);
    EXPECT_EQ(calls_rerun(init), 3);
    expect_status(2 << 8);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    fixture_end();
}

TEST(sys_wait4_nohang)
{
    begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(wait_for(init, ANY, WNOHANG), 0);
    EXPECT_EQ(wait_for(init, 2, WNOHANG | WUNTRACED | WCONTINUED), 0);
    expect_status(NEVER_SET);
    end(child, 0);
    EXPECT_EQ(wait_for(init, 2, WNOHANG), 2);
    fixture_end();
}

TEST(sys_wait4_zombies_in_the_order_in_which_they_ended)
{
    begin();
    struct process *first = fork_from(init);
    struct process *second = fork_from(init);
    end(second, 0);
    end(first, 0);
    EXPECT_EQ(wait_for(init, ANY, 0), 3);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    fixture_end();
}

TEST(sys_wait4_for_somebody_elses_child)
{
    begin();
    struct process *child = fork_from(init);
    struct process *grandchild = fork_from(child);
    end(grandchild, 0);
    EXPECT_EQ(wait_for(init, grandchild->pid->number, WNOHANG), -ECHILD);
    EXPECT_EQ(wait_for(child, init->pid->number, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, 999, 0), -ECHILD);
    fixture_end();
}

TEST(sys_wait4_for_a_group)
{
    begin();
    struct process *leader = fork_leader();
    struct process *other = fork_from(init);
    end(other, 1);
    EXPECT_EQ(wait_for(init, -leader->pid->number, WNOHANG), 0);
    EXPECT_EQ(wait_for(init, -leader->pid->number, 0), CALL_BLOCKED);
    end(leader, 2);
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
    end(leader, 1);
    EXPECT_EQ(wait_for(init, 0, 0), -ECHILD);
    end(fork_from(init), 2);
    EXPECT_EQ(wait_for(init, 0, 0), 3);
    fixture_end();
}

TEST(sys_wait4_arguments_that_make_no_sense)
{
    begin();
    (void)fork_from(init);
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
    struct process *child = fork_from(init);
    EXPECT_EQ(wait_for(init, 2, WNOHANG), -ECHILD);
    EXPECT_EQ(wait_for(init, 3, WNOHANG | WCLONE), -ECHILD);
    EXPECT_EQ(wait_for(init, 2, WNOHANG | WCLONE), 0);
    EXPECT_EQ(wait_for(init, 2, WNOHANG | WALL), 0);
    EXPECT_EQ(wait_for(init, 3, WNOHANG | WALL | WNOTHREAD), 0);
    end(clone, 0);
    end(child, 0);
    EXPECT_EQ(wait_for(init, ANY, 0), 3);
    EXPECT_EQ(wait_for(init, ANY, 0), -ECHILD);
    EXPECT_EQ(wait_for(init, ANY, WALL), 2);
    fixture_end();
}

/* Init reaps them without a thought for how they were made. */
TEST(sys_wait4_orphans_are_children_like_others)
{
    begin();
    struct process *parent = fork_from(init);
    struct process *orphan = calls_child(CALL(parent, clone, 0));
    struct process *zombie = calls_child(CALL(parent, clone, SIGUSR1));
    end(zombie, 1);
    end(parent, 2);
    EXPECT_EQ(wait_for(init, 4, 0), 4);
    EXPECT_EQ(wait_for(init, 2, 0), 2);
    EXPECT_EQ(wait_for(init, ANY, 0), CALL_BLOCKED);
    end(orphan, 3);
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

TEST(sys_wait4_sees_how_a_signal_ended_it)
{
    begin();
    struct process *child = fork_from(init);
    process_exit(child, SIGSEGV);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(SIGSEGV);
    fixture_end();
}

/* ---- kill ---- */

TEST(sys_kill_one)
{
    begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(CALL(init, kill, 2, 0), 0);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(CALL(init, kill, 2, SIGCHLD), 0);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(CALL(init, kill, 2, SIGTERM), 0);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    EXPECT_EQ(CALL(child, kill, 1, SIGKILL), 0);
    EXPECT_EQ(init->signals.fatal, 0);
    fixture_end();
}

TEST(sys_kill_a_zombie)
{
    begin();
    end(fork_from(init), 5);
    EXPECT_EQ(CALL(init, kill, 2, SIGKILL), 0);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(5 << 8);
    EXPECT_EQ(CALL(init, kill, 2, 0), -ESRCH);
    fixture_end();
}

TEST(sys_kill_wakes_one_that_is_blocked)
{
    begin();
    struct process *child = fork_from(init);
    struct process *grandchild = fork_from(child);
    EXPECT_EQ(wait_for(child, ANY, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL(grandchild, kill, 2, SIGKILL), 0);
    EXPECT_EQ(child->thread->state, THREAD_READY);
    EXPECT_EQ(child->signals.fatal, SIGKILL);
    fixture_end();
}

TEST(sys_kill_a_group)
{
    begin();
    struct process *leader = fork_leader();
    struct process *member = fork_from(leader);
    struct process *other = fork_from(init);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-2, 0), 0);
    EXPECT_EQ(leader->signals.fatal, 0);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-2, SIGINT), 0);
    EXPECT_EQ(leader->signals.fatal, SIGINT);
    EXPECT_EQ(member->signals.fatal, SIGINT);
    EXPECT_EQ(other->signals.fatal, 0);
    EXPECT_EQ(CALL(other, kill, 0, SIGHUP), 0);
    EXPECT_EQ(other->signals.fatal, SIGHUP);
    EXPECT_EQ(init->signals.fatal, 0);
    fixture_end();
}

TEST(sys_kill_a_group_that_is_none)
{
    begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-2, SIGINT), -ESRCH);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-999, SIGINT), -ESRCH);
    EXPECT_EQ(child->signals.fatal, 0);
    fixture_end();
}

TEST(sys_kill_all_but_init_and_the_caller)
{
    begin();
    struct process *caller = fork_from(init);
    EXPECT_EQ(CALL(caller, kill, (uint64_t)-1, SIGTERM), -ESRCH);
    struct process *one = fork_from(init);
    struct process *two = fork_from(one);
    EXPECT_EQ(CALL(caller, kill, (uint64_t)-1, 0), 0);
    EXPECT_EQ(one->signals.fatal, 0);
    EXPECT_EQ(CALL(caller, kill, (uint64_t)-1, SIGTERM), 0);
    EXPECT_EQ(one->signals.fatal, SIGTERM);
    EXPECT_EQ(two->signals.fatal, SIGTERM);
    EXPECT_EQ(caller->signals.fatal, 0);
    EXPECT_EQ(init->signals.fatal, 0);
    fixture_end();
}

TEST(sys_kill_arguments_that_make_no_sense)
{
    begin();
    (void)fork_from(init);
    EXPECT_EQ(CALL(init, kill, 2, SIGNAL_MAX + 1), -EINVAL);
    EXPECT_EQ(CALL(init, kill, 2, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, kill, 2, SIGNAL_MAX), 0);
    EXPECT_EQ(CALL(init, kill, (uint64_t)INT32_MIN, SIGINT), -ESRCH);
    EXPECT_EQ(CALL(init, kill, 999, SIGINT), -ESRCH);
    EXPECT_EQ(CALL(init, kill, INT32_MAX, SIGINT), -ESRCH);
    fixture_end();
}

/* ---- groups ---- */

TEST(sys_setpgid_and_getpgid)
{
    begin();
    struct process *child = fork_from(init);
    struct process *second = fork_from(init);
    EXPECT_EQ(CALL(child, getpgid, 0), 1);
    EXPECT_EQ(CALL(init, setpgid, 2, 2), 0);
    EXPECT_EQ(CALL(child, getpgid, 0), 2);
    EXPECT_EQ(CALL(init, setpgid, 3, 2), 0);
    EXPECT_EQ(CALL(init, getpgid, 3), 2);
    EXPECT_EQ(CALL(second, setpgid, 0, 0), 0);
    EXPECT_EQ(CALL(init, getpgid, 3), 3);
    EXPECT_EQ(CALL(second, setpgid, 3, 1), 0);
    EXPECT_EQ(CALL(init, getpgid, 3), 1);
    EXPECT_EQ(CALL(init, getpgid, 999), -ESRCH);
    fixture_end();
}

TEST(sys_setpgid_refusals)
{
    begin();
    struct process *child = fork_from(init);
    struct process *grandchild = fork_from(child);
    EXPECT_EQ(CALL(init, setpgid, 2, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, setpgid, 999, 0), -ESRCH);
    EXPECT_EQ(CALL(init, setpgid, (uint64_t)-1, 0), -ESRCH);
    EXPECT_EQ(CALL(init, setpgid, 3, 0), -ESRCH);       /* a grandchild */
    EXPECT_EQ(CALL(grandchild, setpgid, 2, 0), -ESRCH); /* its parent */
    EXPECT_EQ(CALL(init, setpgid, 0, 0), -EPERM);       /* it leads the session */
    EXPECT_EQ(CALL(init, setpgid, 2, 3), -EPERM);       /* no group has that number */
    EXPECT_EQ(CALL(init, setpgid, 2, 999), -EPERM);
    child->has_execed = true;
    EXPECT_EQ(CALL(init, setpgid, 2, 2), -EACCES);
    EXPECT_EQ(CALL(child, setpgid, 2, 2), 0);
    fixture_end();
}

TEST(sys_setpgid_into_a_group_whose_leader_is_gone)
{
    begin();
    struct process *leader = fork_leader();
    struct process *member = fork_from(init);
    struct process *late = fork_from(init);
    EXPECT_EQ(CALL(member, setpgid, 0, 2), 0);
    end(leader, 0);
    EXPECT_EQ(wait_for(init, 2, 0), 2);
    EXPECT_EQ(CALL(late, setpgid, 0, 2), 0);
    EXPECT_EQ(CALL(late, getpgid, 0), 2);
    EXPECT_EQ(wait_for(init, 2, WNOHANG), -ECHILD);
    EXPECT_EQ(wait_for(init, -2, WNOHANG), 0);
    EXPECT_EQ(CALL(init, getpgid, 2), -ESRCH);
    EXPECT_EQ(CALL(init, kill, 2, 0), -ESRCH);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-2, 0), 0);
    fixture_end();
}
