/* Numbers, users, groups, sessions, prctl. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define STATUS_AT CALLS_DATA
#define AT (CALLS_DATA + 512)

enum { ANY = -1 };

static struct process *init;

static void begin(void)
{
    init = calls_begin();
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

/* ---- numbers and users ---- */

TEST(sys_ids)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(init, getpid), 1);
    EXPECT_EQ(CALL(init, gettid), 1);
    EXPECT_EQ(CALL(init, getppid), 0);
    EXPECT_EQ(CALL(child, getpid), 2);
    EXPECT_EQ(CALL(child, gettid), 2);
    EXPECT_EQ(CALL(child, getppid), 1);
    EXPECT_EQ(CALL(child, getuid), 0);
    EXPECT_EQ(CALL(child, geteuid), 0);
    EXPECT_EQ(CALL(child, getgid), 0);
    EXPECT_EQ(CALL(child, getegid), 0);
    fixture_end();
}

/* ---- groups ---- */

TEST(sys_setpgid_and_getpgid)
{
    begin();
    struct process *child = calls_fork(init);
    struct process *second = calls_fork(init);
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
    struct process *child = calls_fork(init);
    struct process *grandchild = calls_fork(child);
    EXPECT_EQ(CALL(init, setpgid, 2, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, setpgid, 999, 0), -ESRCH);
    EXPECT_EQ(CALL(init, setpgid, (uint64_t)-1, 0), -EINVAL); /* that group is -1 too */
    EXPECT_EQ(CALL(init, setpgid, (uint64_t)-1, 5), -ESRCH);
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
    struct process *member = calls_fork(init);
    struct process *late = calls_fork(init);
    EXPECT_EQ(CALL(member, setpgid, 0, 2), 0);
    calls_exit(leader, 0);
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

/* ---- users ---- */

TEST(sys_getresuid_all_root)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        calls_put(AT + 4 * i, &(int){7}, 4);
    }
    EXPECT_EQ(CALL(init, getresuid, AT, AT + 4, AT + 8), 0);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(calls_get_int(AT + 4 * i), 0);
    }
    calls_put(AT, &(int){7}, 4);
    EXPECT_EQ(CALL(init, getresgid, AT, AT + 4, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(calls_get_int(AT), 7);
    EXPECT_EQ(CALL(init, getresgid, AT, AT + 4, AT + 8), 0);
    EXPECT_EQ(calls_get_int(AT), 0);
    fixture_end();
}

/* ---- sessions ---- */

TEST(sys_setsid_and_getsid)
{
    begin();
    struct process *child = calls_fork(init);
    struct process *grandchild = calls_fork(child);
    EXPECT_EQ(CALL(init, setsid), -EPERM);
    EXPECT_EQ(CALL(child, getsid, 0), 1);
    EXPECT_EQ(CALL(child, setsid), 2);
    EXPECT_EQ(CALL(child, getsid, 0), 2);
    EXPECT_EQ(CALL(child, getpgid, 0), 2);
    EXPECT_EQ(CALL(init, getsid, 2), 2);
    EXPECT_EQ(CALL(init, getsid, 3), 1);
    EXPECT_EQ(CALL(init, getsid, 999), -ESRCH);
    EXPECT_EQ(CALL(init, getsid, (uint64_t)-1), -ESRCH);
    EXPECT_EQ(CALL(child, setsid), -EPERM);
    EXPECT_EQ(CALL(child, setpgid, 0, 0), -EPERM);
    EXPECT_EQ(CALL(init, setpgid, 2, 1), -EPERM);
    EXPECT_EQ(CALL(child, setpgid, 3, 0), -EPERM);      /* its child is in the old session */
    EXPECT_EQ(CALL(grandchild, setpgid, 0, 2), -EPERM); /* that group is not in its session */
    process_check();
    fixture_end();
}

/* Nobody may take the number of a group that others are still in. */
TEST(sys_setsid_of_a_group_leader)
{
    begin();
    struct process *leader = fork_leader();
    EXPECT_EQ(CALL(leader, setsid), -EPERM);
    struct process *member = calls_fork(leader);
    EXPECT_EQ(CALL(leader, setpgid, 0, 1), 0);
    EXPECT_EQ(CALL(leader, setsid), -EPERM);
    calls_exit(member, 0);
    EXPECT_EQ(CALL(leader, setsid), -EPERM); /* a zombie is a member too */
    EXPECT_EQ(wait_for(leader, 3, 0), 3);
    EXPECT_EQ(CALL(leader, setsid), 2);
    fixture_end();
}

TEST(sys_setsid_makes_a_wait_for_the_group_look_again)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(wait_for(init, 0, 0), CALL_BLOCKED);
    EXPECT_EQ(CALL(child, setsid), 2);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), -ECHILD);
    fixture_end();
}

/* ---- prctl ---- */

TEST(sys_prctl_death_signal)
{
    begin();
    EXPECT_EQ(CALL(init, prctl, PR_SET_PDEATHSIG, SIGHUP), 0);
    EXPECT_EQ(CALL(init, prctl, PR_GET_PDEATHSIG, AT), 0);
    EXPECT_EQ(calls_get_int(AT), SIGHUP);
    EXPECT_EQ(CALL(init, prctl, PR_SET_PDEATHSIG, SIGNAL_MAX + 1), -EINVAL);
    EXPECT_EQ(CALL(init, prctl, PR_SET_PDEATHSIG, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, prctl, PR_GET_PDEATHSIG, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(init->thread->death_signal, SIGHUP);
    EXPECT_EQ(calls_fork(init)->thread->death_signal, 0);
    EXPECT_EQ(CALL(init, prctl, PR_SET_PDEATHSIG, 0), 0);
    EXPECT_EQ(init->thread->death_signal, 0);
    fixture_end();
}

TEST(sys_prctl_name)
{
    static const char padded[THREAD_NAME_MAX] = "ab";
    char name[THREAD_NAME_MAX];

    begin();
    calls_put_text(AT, "a-name-that-is-too-long");
    EXPECT_EQ(CALL(init, prctl, PR_SET_NAME, AT), 0);
    EXPECT_EQ(CALL(init, prctl, PR_GET_NAME, AT), 0);
    calls_get(AT, name, sizeof(name));
    EXPECT_STREQ(name, "a-name-that-is-");
    EXPECT_EQ(CALL(init, prctl, PR_SET_NAME, CALLS_NOWHERE), -EFAULT);
    EXPECT_STREQ(init->name, "a-name-that-is-");
    calls_put_text(CALLS_DATA_END - 15, "ab");
    EXPECT_EQ(CALL(init, prctl, PR_SET_NAME, CALLS_DATA_END - 15), 0);
    EXPECT_EQ(CALL(init, prctl, PR_GET_NAME, AT), 0);
    calls_get(AT, name, sizeof(name));
    EXPECT_MEMEQ(name, padded, sizeof(name)); /* nothing of an older name is left */
    EXPECT_EQ(CALL(init, prctl, PR_GET_NAME, CALLS_DATA_END - 15), -EFAULT);
    calls_put(CALLS_DATA_END - 15, "fifteen letters", 15); /* no end, and nothing behind it */
    EXPECT_EQ(CALL(init, prctl, PR_SET_NAME, CALLS_DATA_END - 15), 0);
    EXPECT_STREQ(init->name, "fifteen letters");
    fixture_end();
}

TEST(sys_prctl_subreaper)
{
    begin();
    EXPECT_EQ(CALL(init, prctl, PR_GET_CHILD_SUBREAPER, AT), 0);
    EXPECT_EQ(calls_get_int(AT), 0);
    EXPECT_EQ(CALL(init, prctl, PR_SET_CHILD_SUBREAPER, 5), 0);
    EXPECT_EQ(CALL(init, prctl, PR_GET_CHILD_SUBREAPER, AT), 0);
    EXPECT_EQ(calls_get_int(AT), 1);
    EXPECT(!calls_fork(init)->is_subreaper);
    EXPECT_EQ(CALL(init, prctl, PR_GET_CHILD_SUBREAPER, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, prctl, PR_SET_CHILD_SUBREAPER, 0), 0);
    EXPECT(!init->is_subreaper);
    fixture_end();
}

TEST(sys_prctl_that_does_not_exist)
{
    begin();
    EXPECT_EQ(CALL(init, prctl, 9999), -EINVAL);
    EXPECT_EQ(CALL(init, prctl, 0), -EINVAL);
    fixture_end();
}
