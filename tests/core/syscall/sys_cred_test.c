/* Users and groups, and what depends on them: signals, numbers of threads, programs. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "fs/ramfs.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT (CALLS_DATA + 512)
#define KEEP UINT32_MAX

static struct process *init;
static struct process *child;

static void begin(void)
{
    init = calls_begin();
    child = calls_fork(init);
}

static struct cred_ids *user_of(struct process *process)
{
    return &process->thread->cred->user;
}

/* The IDs as they are to be. */
static void expect_ids(const struct cred_ids *ids, uint32_t real, uint32_t effective,
                       uint32_t saved, uint32_t fs)
{
    EXPECT_EQ(ids->real, real);
    EXPECT_EQ(ids->effective, effective);
    EXPECT_EQ(ids->saved, saved);
    EXPECT_EQ(ids->fs, fs);
}

/* ---- the IDs ---- */

TEST(sys_setuid_of_root_sets_all)
{
    begin();
    EXPECT_EQ(CALL(child, setuid, KEEP), -EINVAL);
    EXPECT_EQ(CALL(child, setgid, KEEP), -EINVAL);
    EXPECT_EQ(CALL(child, setgid, 6), 0);
    EXPECT_EQ(CALL(child, setuid, 5), 0);
    expect_ids(user_of(child), 5, 5, 5, 5);
    expect_ids(&child->thread->cred->group, 6, 6, 6, 6);
    EXPECT_EQ(CALL(child, getuid), 5);
    EXPECT_EQ(CALL(child, geteuid), 5);
    EXPECT_EQ(CALL(child, getgid), 6);
    EXPECT_EQ(CALL(child, getegid), 6);
    EXPECT_EQ(CALL(child, setuid, 0), -EPERM);
    EXPECT_EQ(CALL(child, setgid, 0), -EPERM);
    EXPECT_EQ(CALL(child, setuid, 5), 0);
    expect_ids(user_of(init), 0, 0, 0, 0);
    process_check();
    fixture_end();
}

TEST(sys_setuid_of_others_sets_the_effective_one)
{
    begin();
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    EXPECT_EQ(CALL(child, setuid, 3), 0);
    expect_ids(user_of(child), 1, 3, 3, 3);
    EXPECT_EQ(CALL(child, setuid, 1), 0);
    expect_ids(user_of(child), 1, 1, 3, 1);
    EXPECT_EQ(CALL(child, setuid, 2), -EPERM);
    fixture_end();
}

TEST(sys_setreuid_rules)
{
    begin();
    EXPECT_EQ(CALL(child, setreuid, KEEP, KEEP), 0);
    expect_ids(user_of(child), 0, 0, 0, 0);
    EXPECT_EQ(CALL(child, setreuid, KEEP, 2), 0);
    expect_ids(user_of(child), 0, 2, 2, 2); /* it differs from the real one: saved, too */
    EXPECT_EQ(CALL(child, setreuid, KEEP, 0), 0);
    expect_ids(user_of(child), 0, 0, 2, 0); /* it does not */
    EXPECT_EQ(CALL(child, setreuid, 1, 2), 0);
    expect_ids(user_of(child), 1, 2, 2, 2);
    EXPECT_EQ(CALL(child, setreuid, 3, KEEP), -EPERM);
    EXPECT_EQ(CALL(child, setreuid, KEEP, 3), -EPERM);
    EXPECT_EQ(CALL(child, setreuid, 2, 1), 0);
    expect_ids(user_of(child), 2, 1, 1, 1);
    EXPECT_EQ(CALL(child, setreuid, 2, KEEP), 0);
    expect_ids(user_of(child), 2, 1, 1, 1);
    EXPECT_EQ(CALL(child, setregid, 5, 6), -EPERM);
    EXPECT_EQ(CALL(init, setregid, 5, 6), 0);
    expect_ids(&init->thread->cred->group, 5, 6, 6, 6);
    fixture_end();
}

TEST(sys_setreuid_takes_the_saved_one_as_effective)
{
    begin();
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    EXPECT_EQ(CALL(child, setreuid, 3, KEEP), -EPERM);
    EXPECT_EQ(CALL(child, setreuid, KEEP, 3), 0);
    expect_ids(user_of(child), 1, 3, 3, 3);
    fixture_end();
}

TEST(sys_setresuid_rules)
{
    begin();
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    expect_ids(user_of(child), 1, 2, 3, 2);
    EXPECT_EQ(CALL(child, setresuid, 4, KEEP, KEEP), -EPERM);
    EXPECT_EQ(CALL(child, setresuid, KEEP, 4, KEEP), -EPERM);
    EXPECT_EQ(CALL(child, setresuid, KEEP, KEEP, 4), -EPERM);
    EXPECT_EQ(CALL(child, setresuid, 3, 1, 2), 0);
    expect_ids(user_of(child), 3, 1, 2, 1);
    EXPECT_EQ(CALL(child, setfsuid, 2), 1);
    EXPECT_EQ(CALL(child, setresuid, KEEP, KEEP, KEEP), 0); /* nothing becomes another */
    EXPECT_EQ(CALL(child, setresuid, 3, KEEP, 2), 0);
    expect_ids(user_of(child), 3, 1, 2, 2);
    EXPECT_EQ(CALL(child, setresuid, KEEP, 1, KEEP), 0);
    expect_ids(user_of(child), 3, 1, 2, 1);
    EXPECT_EQ(CALL(child, setresgid, KEEP, 1, KEEP), -EPERM);
    EXPECT_EQ(CALL(init, setresgid, KEEP, 1, KEEP), 0);
    expect_ids(&init->thread->cred->group, 0, 1, 0, 1);
    fixture_end();
}

TEST(sys_getresuid_and_getresgid)
{
    begin();
    EXPECT_EQ(CALL(child, setresgid, 4, 5, 6), 0);
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    EXPECT_EQ(CALL(child, getresuid, AT, AT + 4, AT + 8), 0);
    EXPECT_EQ(CALL(child, getresgid, AT + 12, AT + 16, AT + 20), 0);
    fixture_run(child);
    for (int i = 0; i < 6; i++) {
        EXPECT_EQ(calls_get_int(AT + 4 * (uaddr_t)i), i + 1);
    }
    EXPECT_EQ(CALL(child, getresuid, AT, AT, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

TEST(sys_setfsuid_gives_the_one_before)
{
    begin();
    EXPECT_EQ(CALL(child, setfsuid, 7), 0);
    EXPECT_EQ(CALL(child, setfsuid, KEEP), 7);
    EXPECT_EQ(CALL(child, setfsgid, 8), 0);
    EXPECT_EQ(CALL(child, setfsgid, KEEP), 8);
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    EXPECT_EQ(CALL(child, setfsuid, 9), 2); /* it may not */
    EXPECT_EQ(CALL(child, setfsuid, 3), 2);
    EXPECT_EQ(CALL(child, setfsuid, 1), 3);
    EXPECT_EQ(CALL(child, setfsuid, 1), 1);
    EXPECT_EQ(CALL(child, setfsgid, 9), 8);
    EXPECT_EQ(CALL(child, setfsgid, 0), 8);
    expect_ids(user_of(child), 1, 2, 3, 1);
    expect_ids(&child->thread->cred->group, 0, 0, 0, 0);
    fixture_end();
}

/* ---- supplementary groups ---- */

static void put_groups(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const uint32_t group = (i * 7919 + 13) % count; /* all, in some order */
        calls_put(CALLS_DATA + i * sizeof(group), &group, sizeof(group));
    }
}

TEST(sys_setgroups_in_their_order)
{
    begin();
    put_groups(5);
    EXPECT_EQ(CALL(init, getgroups, 0, 0), 0);
    EXPECT_EQ(CALL(init, getgroups, 5, CALLS_NOWHERE), 0);
    EXPECT_EQ(CALL(init, setgroups, 5, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, getgroups, 0, 0), 5);
    EXPECT_EQ(CALL(init, getgroups, 4, AT), -EINVAL);
    EXPECT_EQ(CALL(init, getgroups, (uint64_t)-1, AT), -EINVAL);
    EXPECT_EQ(CALL(init, getgroups, 5, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, getgroups, 6, AT), 5);
    for (int i = 0; i < 5; i++) {
        EXPECT_EQ(calls_get_int(AT + 4 * (uaddr_t)i), i);
    }
    struct process *heir = calls_fork(init);
    EXPECT(heir->thread->cred == init->thread->cred);
    EXPECT(cred_is_in_group(heir->thread->cred, 4));
    EXPECT(!cred_is_in_group(heir->thread->cred, 5));
    EXPECT_EQ(CALL(heir, setuid, 5), 0);
    EXPECT(heir->thread->cred->groups == init->thread->cred->groups);
    process_check();
    EXPECT_EQ(CALL(heir, setgroups, 0, 0), -EPERM);
    EXPECT_EQ(CALL(init, setgroups, 0, 0), 0);
    EXPECT_EQ(CALL(init, getgroups, 0, 0), 0);
    EXPECT_EQ(CALL(heir, getgroups, 0, 0), 5);
    process_check();
    fixture_end();
}

TEST(sys_setgroups_of_very_many)
{
    enum { MANY = 5003 };

    begin();
    put_groups(MANY);
    EXPECT_EQ(CALL(init, setgroups, MANY, CALLS_DATA), 0);
    process_check();
    EXPECT_EQ(CALL(init, getgroups, MANY, CALLS_DATA), MANY);
    for (int i = 0; i < MANY; i++) {
        EXPECT_EQ(calls_get_int(CALLS_DATA + 4 * (uaddr_t)i), i);
    }
    EXPECT(cred_is_in_group(init->thread->cred, MANY - 1));
    EXPECT(!cred_is_in_group(init->thread->cred, MANY));
    EXPECT_EQ(CALL(init, setgroups, 65537, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, setgroups, 65536, CALLS_DATA), -EFAULT);
    EXPECT_EQ(CALL(init, setgroups, (uint64_t)-1, CALLS_DATA), -EINVAL);
    const uint32_t nobody = KEEP;
    calls_put(CALLS_DATA + 8, &nobody, sizeof(nobody));
    EXPECT_EQ(CALL(init, setgroups, 3, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, getgroups, 0, 0), MANY);
    fixture_end();
}

/* ---- signals ---- */

/* Two children of init. */
static struct process *other;

static void begin_two(void)
{
    begin();
    other = calls_fork(init);
}

TEST(sys_kill_needs_one_of_two_users)
{
    static const struct {
        uint32_t own[3];
        uint32_t theirs[3];
        int64_t result;
    } cases[] = {
        {{1, 1, 1}, {2, 2, 2}, -EPERM}, {{1, 2, 2}, {1, 3, 3}, 0}, {{1, 2, 2}, {3, 3, 1}, 0},
        {{1, 2, 2}, {2, 3, 3}, 0},      {{1, 2, 2}, {3, 3, 2}, 0}, {{1, 2, 3}, {4, 1, 4}, -EPERM},
        {{1, 2, 3}, {3, 2, 3}, -EPERM}, {{1, 0, 3}, {4, 4, 4}, 0}, {{0, 1, 1}, {2, 2, 2}, -EPERM},
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        begin_two();
        const uint32_t *own = cases[i].own;
        const uint32_t *theirs = cases[i].theirs;
        EXPECT_EQ(CALL(child, setresuid, own[0], own[1], own[2]), 0);
        EXPECT_EQ(CALL(other, setresuid, theirs[0], theirs[1], theirs[2]), 0);
        EXPECT_EQ(CALL(child, kill, 3, 0), cases[i].result);
        EXPECT_EQ(CALL(child, kill, 3, 65), -EINVAL);
        EXPECT_EQ(CALL(child, tkill, 3, 0), cases[i].result);
        EXPECT_EQ(CALL(child, tgkill, 3, 3, SIGTERM), cases[i].result);
        EXPECT_EQ(other->signals.fatal, cases[i].result ? 0 : SIGTERM);
        fixture_end();
    }
}

TEST(sys_kill_of_oneself_and_to_continue)
{
    begin_two();
    struct thread *thread = calls_thread(child->thread);
    EXPECT_EQ(CALL(child, setuid, 1), 0);
    EXPECT_EQ(CALL_IN(thread, setuid, 2), 0);
    EXPECT_EQ(CALL(child, tkill, (uint64_t)thread->tid, 0), 0); /* of its own process */
    EXPECT_EQ(CALL(child, kill, 3, SIGCONT), 0);
    EXPECT_EQ(CALL(child, kill, 3, SIGSTOP), -EPERM);
    EXPECT_EQ(CALL(other, setsid), 3);
    EXPECT_EQ(CALL(child, kill, 3, SIGCONT), -EPERM);
    fixture_end();
}

TEST(sys_kill_of_many_reaches_whom_it_may)
{
    begin_two();
    struct process *third = calls_fork(init);
    EXPECT_EQ(CALL(child, setuid, 1), 0);
    EXPECT_EQ(CALL(child, setpgid, 0, 0), 0);
    EXPECT_EQ(CALL(other, setpgid, 0, 0), 0);
    EXPECT_EQ(CALL(third, setpgid, 0, 3), 0);
    EXPECT_EQ(CALL(child, kill, (uint64_t)-3, SIGTERM), -EPERM);
    EXPECT_EQ(CALL(child, kill, (uint64_t)-1, SIGTERM), 0); /* as on Linux */
    EXPECT_EQ(third->signals.fatal, 0);
    EXPECT_EQ(CALL(third, setuid, 1), 0);
    EXPECT_EQ(CALL(child, kill, (uint64_t)-3, 0), 0);
    EXPECT_EQ(CALL(child, kill, (uint64_t)-3, 65), -EINVAL);
    EXPECT_EQ(CALL(child, kill, (uint64_t)-1, 65), -EINVAL);
    EXPECT_EQ(CALL(child, kill, (uint64_t)-1, SIGTERM), 0);
    EXPECT_EQ(third->signals.fatal, SIGTERM);
    EXPECT_EQ(other->signals.fatal, 0);
    fixture_end();
}

TEST(sys_kill_of_a_zombie_asks_for_the_user_that_it_had)
{
    begin_two();
    EXPECT_EQ(CALL(child, setuid, 1), 0);
    EXPECT_EQ(CALL(other, setuid, 2), 0);
    calls_exit(other, 0);
    process_check();
    EXPECT_EQ(CALL(child, kill, 3, SIGTERM), -EPERM);
    EXPECT_EQ(CALL(child, tkill, 3, SIGTERM), -EPERM);
    EXPECT_EQ(CALL(init, kill, 3, SIGTERM), 0);
    fixture_end();
}

/* PR_SET_PDEATHSIG. */
TEST(a_signal_at_the_parents_end_obeys_too)
{
    begin();
    struct process *grandchild = calls_fork(child);
    EXPECT_EQ(CALL(grandchild, prctl, PR_SET_PDEATHSIG, SIGTERM), 0);
    EXPECT_EQ(CALL(grandchild, setresuid, KEEP, 5, KEEP), 0);
    EXPECT_EQ(grandchild->thread->death_signal, 0);
    EXPECT_EQ(CALL(grandchild, prctl, PR_SET_PDEATHSIG, SIGTERM), 0);
    EXPECT_EQ(CALL(grandchild, setresuid, KEEP, KEEP, 5), 0);
    EXPECT_EQ(grandchild->thread->death_signal, SIGTERM);
    EXPECT_EQ(CALL(child, setuid, 7), 0);
    calls_exit(child, 0);
    EXPECT(grandchild->parent == init);
    EXPECT_EQ(grandchild->signals.fatal, 0);
    fixture_end();
}

TEST(a_signal_at_the_end_of_a_thread_obeys_its_user)
{
    begin();
    struct thread *thread = calls_thread(child->thread);
    struct process *grandchild = calls_child(CALL_IN(thread, clone, SIGCHLD));
    EXPECT_EQ(CALL(grandchild, setuid, 5), 0);
    EXPECT_EQ(CALL(grandchild, prctl, PR_SET_PDEATHSIG, SIGTERM), 0);
    EXPECT_EQ(CALL_IN(thread, setuid, 7), 0);
    EXPECT_EQ(CALL_IN(thread, exit, 0), CALL_GONE);
    EXPECT_EQ(grandchild->signals.fatal, 0);
    calls_exit(child, 0);
    EXPECT_EQ(grandchild->signals.fatal, SIGTERM);
    fixture_end();
}

/* ---- numbers of threads ---- */

TEST(sys_setuid_beyond_the_limit_ends_with_exec)
{
    begin_two();
    const uint64_t path = AT;
    calls_put(path, "/bin/none", 10);
    struct process *third = calls_fork(init);
    EXPECT_EQ(CALL(child, setuid, 5), 0);
    EXPECT_EQ(CALL(other, setuid, 5), 0);
    third->limits[RLIMIT_NPROC].rlim_cur = 1;
    EXPECT_EQ(CALL(third, setuid, 5), 0);
    fixture_run(third);
    calls_put(path, "/bin/none", 10);
    EXPECT_EQ(CALL(third, execve, path, 0, 0), -EAGAIN);
    EXPECT_EQ(CALL(third, execve, CALLS_NOWHERE, 0, 0), -EFAULT);
    EXPECT_EQ(CALL(third, clone, SIGCHLD), -EAGAIN);
    third->limits[RLIMIT_NPROC].rlim_cur = 3;
    EXPECT_EQ(CALL(third, execve, path, 0, 0), -ENOENT);
    EXPECT_EQ(CALL(third, clone, SIGCHLD), -EAGAIN);
    calls_exit(other, 0);
    EXPECT_EQ(CALL(third, clone, SIGCHLD), -EAGAIN); /* it still counts */
    third->limits[RLIMIT_NPROC].rlim_cur = 4;
    (void)calls_fork(third);
    EXPECT(!third->thread->exceeds_nproc);
    fixture_end();
}

TEST(only_root_chooses_a_number)
{
    const int number = 77;
    struct abi_clone_args wanted = {.exit_signal = SIGCHLD, .set_tid = AT, .set_tid_size = 1};

    begin();
    calls_put(AT, &number, sizeof(number));
    calls_put(CALLS_DATA, &wanted, sizeof(wanted));
    EXPECT_EQ(CALL(init, setresuid, KEEP, 5, KEEP), 0);
    EXPECT_EQ(CALL(init, clone3, CALLS_DATA, sizeof(wanted)), -EPERM);
    EXPECT_EQ(CALL(init, setresuid, KEEP, 0, KEEP), 0);
    EXPECT_EQ(CALL(init, clone3, CALLS_DATA, sizeof(wanted)), 77);
    fixture_end();
}

/* ---- programs ---- */

/* It is another's, with that mode. */
static void change_program(uint32_t mode)
{
    const struct ramfs_node *node;

    EXPECT_EQ(ramfs_find("/bin/prog", &node), 0);
    EXPECT_EQ(ramfs_add("/bin/prog", RAMFS_REGULAR | mode, node->bytes, node->size), 0);
    EXPECT_EQ(ramfs_set_owner("/bin/prog", 8, 9), 0);
}

static int64_t run_program(struct process *process)
{
    fixture_run(process);
    calls_put(AT, "/bin/prog", 10);
    return CALL(process, execve, AT, 0, 0);
}

TEST(sys_execve_saves_the_effective_user)
{
    begin();
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    EXPECT_EQ(CALL(child, setfsuid, 3), 2);
    (void)run_program(child);
    expect_ids(user_of(child), 1, 2, 2, 2);
    fixture_end();
}

TEST(sys_execve_of_a_file_of_another)
{
    begin();
    EXPECT_EQ(CALL(child, setresgid, 1, 1, 1), 0);
    EXPECT_EQ(CALL(child, setresuid, 1, 1, 1), 0);
    EXPECT_EQ(CALL(child, prctl, PR_SET_PDEATHSIG, SIGTERM), 0);
    child->limits[RLIMIT_STACK].rlim_cur = RLIM_INFINITY;
    change_program(06755);
    (void)run_program(child);
    expect_ids(user_of(child), 1, 8, 8, 8);
    expect_ids(&child->thread->cred->group, 1, 9, 9, 9);
    EXPECT_EQ(child->thread->death_signal, 0);
    EXPECT_EQ(child->limits[RLIMIT_STACK].rlim_cur, 8 << 20);
    fixture_end();
}

/* A group that may not execute it has another meaning for the bit. */
TEST(sys_execve_of_a_file_that_its_group_may_not_execute)
{
    begin();
    change_program(02701);
    (void)run_program(child);
    expect_ids(&child->thread->cred->group, 0, 0, 0, 0);
    fixture_end();
}

/* Who shares the directory could lead it astray. */
TEST(sys_execve_gains_nothing_where_another_shares_the_directory)
{
    begin();
    EXPECT_EQ(CALL(child, setresuid, 1, 1, 1), 0);
    struct process *companion = calls_child(CALL(child, clone, CLONE_FS | SIGCHLD));
    change_program(04755);
    (void)run_program(child);
    expect_ids(user_of(child), 1, 1, 1, 1);
    calls_exit(companion, 0);
    fixture_map(child->space, CALLS_DATA, CALLS_DATA_END, PROT_READ | PROT_WRITE);
    (void)run_program(child);
    expect_ids(user_of(child), 1, 8, 8, 8);
    fixture_end();
}

/* ---- without memory ---- */

/* Each allocation of a call fails, and nothing has changed. */
static void sweep(int64_t (*call)(void))
{
    bool has_fired = true;

    for (uint64_t n = 1; has_fired; n++) {
        const struct cred *before = init->thread->cred;
        test_note("allocation %lu", n);
        inject_arm(n, false);
        int64_t result = call();
        has_fired = inject_has_fired();
        inject_arm(0, false);
        EXPECT_EQ(result, has_fired ? -ENOMEM : 0);
        EXPECT_EQ(init->thread->cred == before, has_fired);
        process_check();
    }
}

static int64_t set_users(void)
{
    return CALL(init, setresuid, KEEP, KEEP, 5);
}

static int64_t set_groups(void)
{
    return CALL(init, setgroups, 2001, CALLS_DATA);
}

TEST(sys_setresuid_without_memory)
{
    begin();
    sweep(set_users);
    fixture_end();
}

TEST(sys_setgroups_without_memory)
{
    begin();
    put_groups(2001);
    sweep(set_groups);
    EXPECT_EQ(init->thread->cred->groups->count, 2001);
    fixture_end();
}

/* It cannot say so, and has not done it. */
TEST(sys_setfsuid_without_memory)
{
    begin();
    inject_arm(1, false);
    EXPECT_EQ(CALL(init, setfsuid, 5), 0);
    EXPECT(inject_has_fired());
    inject_arm(0, false);
    expect_ids(user_of(init), 0, 0, 0, 0);
    fixture_end();
}

/* ---- urgency and limits ---- */

TEST(sys_setpriority_obeys_users_and_limits)
{
    begin_two();
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 3), 0);
    EXPECT_EQ(CALL(other, setresuid, 4, 5, 6), 0);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 3, 5), -EPERM);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 0, 5), 0);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 0, 4), -EACCES);
    child->limits[RLIMIT_NICE].rlim_cur = 16;
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 0, 4), 0);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 0, 3), -EACCES);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PGRP, 0, 9), -EPERM); /* init's and other's, too */
    EXPECT_EQ(child->thread->nice, 9);
    EXPECT_EQ(init->thread->nice, 0);
    EXPECT_EQ(CALL(init, setpriority, PRIO_USER, 4, 7), 0);
    EXPECT_EQ(other->thread->nice, 7);
    EXPECT_EQ(CALL(init, getpriority, PRIO_USER, 1), 11);
    EXPECT_EQ(CALL(init, getpriority, PRIO_USER, 2), -ESRCH);
    calls_exit(other, 0);
    EXPECT_EQ(CALL(child, setpriority, PRIO_PROCESS, 3, 9), -EPERM);
    EXPECT_EQ(CALL(init, setpriority, PRIO_USER, 4, 8), 0);
    EXPECT_EQ(other->zombie_nice, 8);
    fixture_end();
}

static int64_t set_policy(struct process *by, int pid, int policy, int priority)
{
    fixture_run(by);
    calls_put(AT, &priority, sizeof(priority));
    return CALL(by, sched_setscheduler, (uint64_t)pid, (uint64_t)policy, AT);
}

TEST(sys_sched_setscheduler_obeys_users_and_limits)
{
    const uint64_t cpus = 1;

    begin_two();
    EXPECT_EQ(CALL(child, setuid, 1), 0);
    EXPECT_EQ(set_policy(child, 3, SCHED_BATCH, 0), -EPERM);
    EXPECT_EQ(set_policy(child, 0, SCHED_FIFO, 1), -EPERM);
    child->limits[RLIMIT_RTPRIO].rlim_cur = 5;
    EXPECT_EQ(set_policy(child, 0, SCHED_FIFO, 6), -EPERM);
    EXPECT_EQ(set_policy(child, 0, SCHED_FIFO, 5), 0);
    EXPECT_EQ(set_policy(child, 0, SCHED_IDLE, 0), 0);
    EXPECT_EQ(set_policy(child, 0, SCHED_OTHER, 0), -EPERM);
    child->limits[RLIMIT_NICE].rlim_cur = 20;
    EXPECT_EQ(set_policy(child, 0, SCHED_OTHER | SCHED_RESET_ON_FORK, 0), 0);
    EXPECT_EQ(set_policy(child, 0, SCHED_OTHER, 0), -EPERM);
    fixture_run(child);
    calls_put(AT, &cpus, sizeof(cpus));
    EXPECT_EQ(CALL(child, sched_setaffinity, 3, sizeof(cpus), AT), -EPERM);
    EXPECT_EQ(CALL(child, sched_setaffinity, 0, sizeof(cpus), AT), 0);
    fixture_end();
}

static int64_t set_core(struct process *by, int pid, uint64_t now, uint64_t most)
{
    const struct abi_rlimit limit = {now, most};

    fixture_run(by);
    calls_put(AT, &limit, sizeof(limit));
    return CALL(by, prlimit64, (uint64_t)pid, RLIMIT_CORE, AT, 0);
}

TEST(sys_prlimit64_obeys_users)
{
    begin_two();
    struct thread *thread = calls_thread(child->thread);
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 2), 0);
    EXPECT_EQ(set_core(child, 0, 5, 9), 0);
    EXPECT_EQ(set_core(child, 0, 5, 10), -EPERM);
    EXPECT_EQ(set_core(child, 2, 4, 8), 0); /* itself by its number */
    EXPECT_EQ(set_core(child, thread->tid, 3, 7), -EPERM);
    EXPECT_EQ(set_core(child, 3, 1, 1), -EPERM);
    EXPECT_EQ(CALL(other, setuid, 1), 0);
    EXPECT_EQ(set_core(child, 3, 1, 1), 0);
    EXPECT_EQ(set_core(other, 2, 1, 1), -EPERM);
    EXPECT_EQ(set_core(init, 3, 5, 5), 0);
    fixture_end();
}

TEST(sys_get_robust_list_obeys_users)
{
    begin_two();
    struct thread *thread = calls_thread(child->thread);
    EXPECT_EQ(CALL(child, setresuid, 1, 2, 2), 0);
    EXPECT_EQ(CALL(child, get_robust_list, 0, AT, AT + 8), 0);
    EXPECT_EQ(CALL(child, get_robust_list, (uint64_t)thread->tid, AT, AT + 8), 0);
    EXPECT_EQ(CALL(child, get_robust_list, 1, AT, AT + 8), -EPERM);
    EXPECT_EQ(CALL(child, get_robust_list, 3, AT, 0), -EPERM);
    EXPECT_EQ(CALL(other, setuid, 1), 0);
    fixture_run(child);
    EXPECT_EQ(CALL(child, get_robust_list, 3, AT, AT + 8), 0);
    calls_exit(other, 0);
    fixture_run(child);
    EXPECT_EQ(CALL(child, get_robust_list, 3, AT, AT + 8), 0);
    fixture_run(init);
    EXPECT_EQ(CALL(init, get_robust_list, 2, AT, AT + 8), 0);
    fixture_end();
}

/* ---- files ---- */

/* A directory of user 8 and group 9 with a file, and one that its owner alone may not read. */
static void begin_files(void)
{
    static const uint8_t bytes[] = "text";

    begin();
    EXPECT_EQ(ramfs_add("box", RAMFS_DIRECTORY | 0750, NULL, 0), 0);
    EXPECT_EQ(ramfs_add("box/file", RAMFS_REGULAR | 0640, bytes, 4), 0);
    EXPECT_EQ(ramfs_add("odd", RAMFS_REGULAR | 0077, bytes, 4), 0);
    EXPECT_EQ(ramfs_set_owner("box", 8, 9), 0);
    EXPECT_EQ(ramfs_set_owner("box/file", 8, 9), 0);
    EXPECT_EQ(ramfs_set_owner("odd", 8, 9), 0);
    EXPECT_EQ(CALL(child, setresgid, 1, 1, 1), 0);
}

static int64_t open_file(const char *path, unsigned flags)
{
    fixture_run(child);
    calls_put_text(AT, path);
    int64_t fd = CALL(child, openat, (uint64_t)AT_FDCWD, AT, flags);
    if (fd >= 0) {
        EXPECT_EQ(CALL(child, close, (uint64_t)fd), 0);
    }
    return fd < 0 ? fd : 0;
}

static int64_t ask_file(const char *path, unsigned mode, unsigned flags)
{
    fixture_run(child);
    calls_put_text(AT, path);
    return CALL(child, faccessat2, (uint64_t)AT_FDCWD, AT, mode, flags);
}

static int64_t enter(const char *path)
{
    fixture_run(child);
    calls_put_text(AT, path);
    return CALL(child, chdir, AT);
}

TEST(files_of_another_user)
{
    begin_files();
    EXPECT_EQ(CALL(child, setresuid, 1, 1, 8), 0);
    EXPECT_EQ(open_file("/box/file", O_RDONLY), -EACCES);
    EXPECT_EQ(open_file("/box", O_RDONLY), -EACCES);
    EXPECT_EQ(open_file("/box", O_PATH), 0);
    EXPECT_EQ(open_file("/box/new/", O_CREAT), -EACCES);
    EXPECT_EQ(open_file("/etc/text", O_RDONLY), 0);
    EXPECT_EQ(open_file("/etc/text", O_RDONLY | O_NOATIME), -EPERM);
    EXPECT_EQ(open_file("/odd", O_RDONLY), 0);
    EXPECT_EQ(enter("/box"), -EACCES);
    EXPECT_EQ(ask_file("/box", 1, 0), -EACCES);
    EXPECT_EQ(CALL(child, setresuid, UINT32_MAX, 8, UINT32_MAX), 0);
    EXPECT_EQ(ask_file("/box/file", 4, 0), -EACCES);
    EXPECT_EQ(ask_file("/box/file", 4, AT_EACCESS), 0);
    EXPECT_EQ(open_file("/box/file", O_RDONLY | O_NOATIME), 0);
    EXPECT_EQ(open_file("/box/file", O_WRONLY), -EROFS);
    EXPECT_EQ(open_file("/odd", O_RDONLY), -EACCES);
    EXPECT_EQ(enter("/box"), 0);
    fixture_end();
}

TEST(files_of_ones_group)
{
    const uint32_t group = 9;

    begin_files();
    EXPECT_EQ(enter("/box"), 0);
    calls_put_text(AT, ".");
    int64_t fd = CALL(child, openat, (uint64_t)AT_FDCWD, AT, O_RDONLY);
    calls_put(AT, &group, sizeof(group));
    EXPECT_EQ(CALL(child, setgroups, 1, AT), 0);
    EXPECT_EQ(CALL(child, setfsuid, 1), 0);
    EXPECT_EQ(open_file("file", O_RDONLY), 0);
    EXPECT_EQ(open_file("/odd", O_RDONLY), 0);
    EXPECT_EQ(CALL(child, fchdir, (uint64_t)fd), 0);
    EXPECT_EQ(CALL(child, setgroups, 0, 0), 0);
    EXPECT_EQ(CALL(child, fchdir, (uint64_t)fd), -EACCES);
    EXPECT_EQ(open_file("file", O_RDONLY), -EACCES);
    EXPECT_EQ(open_file("..", O_RDONLY), -EACCES);
    EXPECT_EQ(CALL(child, setfsuid, 0), 1);
    EXPECT_EQ(open_file("..", O_RDONLY), 0);
    fixture_end();
}

TEST(sys_execve_needs_the_right_to_execute)
{
    begin();
    change_program(0701);
    EXPECT_EQ(CALL(child, setfsgid, 9), 0);
    EXPECT_EQ(CALL(child, setfsuid, 1), 0);
    EXPECT_EQ(run_program(child), -EACCES);
    EXPECT_EQ(CALL(child, setfsgid, 1), 9);
    EXPECT_EQ(run_program(child), 0);
    fixture_end();
}
