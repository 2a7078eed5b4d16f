/* kill, tkill, tgkill, rt_sigaction, rt_sigprocmask, rt_sigpending, sigaltstack. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define STATUS_AT CALLS_DATA
#define GIVEN (CALLS_DATA + 512) /* what a call reads */
#define OLD (CALLS_DATA + 1024)  /* what a call writes */

enum { ANY = -1, HANDLER = 0x4000 };

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

static void expect_status(int status)
{
    fixture_run(init);
    EXPECT_EQ(calls_get_int(STATUS_AT), status);
}

/* ---- kill ---- */

TEST(sys_kill_one)
{
    begin();
    struct process *child = calls_fork(init);
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
    calls_exit(calls_fork(init), 5);
    EXPECT_EQ(CALL(init, kill, 2, SIGKILL), 0);
    EXPECT_EQ(wait_for(init, ANY, 0), 2);
    expect_status(5 << 8);
    EXPECT_EQ(CALL(init, kill, 2, 0), -ESRCH);
    fixture_end();
}

TEST(sys_kill_wakes_one_that_is_blocked)
{
    begin();
    struct process *child = calls_fork(init);
    struct process *grandchild = calls_fork(child);
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
    struct process *member = calls_fork(leader);
    struct process *other = calls_fork(init);
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
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-2, SIGINT), -ESRCH);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-999, SIGINT), -ESRCH);
    EXPECT_EQ(child->signals.fatal, 0);
    fixture_end();
}

TEST(sys_kill_all_but_init_and_the_caller)
{
    begin();
    struct process *caller = calls_fork(init);
    EXPECT_EQ(CALL(caller, kill, (uint64_t)-1, SIGTERM), -ESRCH);
    struct process *one = calls_fork(init);
    struct process *two = calls_fork(one);
    EXPECT_EQ(CALL(caller, kill, (uint64_t)-1, 0), 0);
    EXPECT_EQ(one->signals.fatal, 0);
    EXPECT_EQ(CALL(caller, kill, (uint64_t)-1, SIGTERM), 0);
    EXPECT_EQ(one->signals.fatal, SIGTERM);
    EXPECT_EQ(two->signals.fatal, SIGTERM);
    EXPECT_EQ(caller->signals.fatal, 0);
    EXPECT_EQ(init->signals.fatal, 0);
    fixture_end();
}

/* As on Linux, who is looked for comes before what is to be sent. */
TEST(sys_kill_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(CALL(init, kill, (uint64_t)-1, SIGNAL_MAX + 1), -ESRCH);
    (void)calls_fork(init);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-1, SIGNAL_MAX + 1), -EINVAL);
    EXPECT_EQ(CALL(init, kill, 999, SIGNAL_MAX + 1), -ESRCH);
    EXPECT_EQ(CALL(init, kill, (uint64_t)-999, SIGNAL_MAX + 1), -ESRCH);
    EXPECT_EQ(CALL(init, kill, (uint64_t)INT32_MIN, SIGNAL_MAX + 1), -ESRCH);
    EXPECT_EQ(CALL(init, kill, 0, SIGNAL_MAX + 1), -EINVAL);
    EXPECT_EQ(CALL(init, kill, 2, SIGNAL_MAX + 1), -EINVAL);
    EXPECT_EQ(CALL(init, kill, 2, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, kill, 2, SIGNAL_MAX), 0);
    EXPECT_EQ(CALL(init, kill, (uint64_t)INT32_MIN, SIGINT), -ESRCH);
    EXPECT_EQ(CALL(init, kill, 999, SIGINT), -ESRCH);
    EXPECT_EQ(CALL(init, kill, INT32_MAX, SIGINT), -ESRCH);
    fixture_end();
}

TEST(sys_tkill_and_tgkill)
{
    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(init, tkill, 2, 0), 0);
    EXPECT_EQ(CALL(init, tgkill, 2, 2, 0), 0);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(CALL(init, tkill, 0, SIGTERM), -EINVAL);
    EXPECT_EQ(CALL(init, tkill, (uint64_t)-1, SIGTERM), -EINVAL);
    EXPECT_EQ(CALL(init, tkill, 999, SIGTERM), -ESRCH);
    EXPECT_EQ(CALL(init, tkill, 999, 65), -ESRCH);
    EXPECT_EQ(CALL(init, tkill, 2, 65), -EINVAL);
    EXPECT_EQ(CALL(init, tgkill, 0, 2, SIGTERM), -EINVAL);
    EXPECT_EQ(CALL(init, tgkill, (uint64_t)-1, 2, SIGTERM), -EINVAL);
    EXPECT_EQ(CALL(init, tgkill, 2, 0, SIGTERM), -EINVAL);
    EXPECT_EQ(CALL(init, tgkill, 1, 2, SIGTERM), -ESRCH);
    EXPECT_EQ(CALL(init, tgkill, 2, 999, 65), -ESRCH);
    EXPECT_EQ(CALL(init, tgkill, 2, 2, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(CALL(init, tgkill, 2, 2, SIGTERM), 0);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    struct process *second = calls_fork(init);
    EXPECT_EQ(CALL(init, tkill, 3, SIGINT), 0);
    EXPECT_EQ(second->signals.fatal, SIGINT);
    fixture_end();
}

/* ---- rt_sigaction ---- */

static int64_t set_action(struct process *process, int signal, struct abi_sigaction action)
{
    fixture_run(process);
    calls_put(GIVEN, &action, sizeof(action));
    return CALL(process, rt_sigaction, (uint64_t)signal, GIVEN, OLD, SIGNAL_SET_SIZE);
}

static struct abi_sigaction action_of(struct process *process, int signal)
{
    struct abi_sigaction action;

    fixture_run(process);
    EXPECT_EQ(CALL(process, rt_sigaction, (uint64_t)signal, 0, OLD, SIGNAL_SET_SIZE), 0);
    calls_get(OLD, &action, sizeof(action));
    return action;
}

TEST(sys_rt_sigaction_keeps_and_gives_back)
{
    const struct abi_sigaction given = {HANDLER, SA_NOCLDSTOP, 0x5000, 0x10};

    begin();
    EXPECT_EQ(set_action(init, SIGUSR1, given), 0);
    struct abi_sigaction old = action_of(init, SIGUSR1);
    EXPECT_MEMEQ(&old, &given, sizeof(given));
    EXPECT_EQ(set_action(init, SIGUSR1, (struct abi_sigaction){.handler = SIG_IGN}), 0);
    calls_get(OLD, &old, sizeof(old));
    EXPECT_MEMEQ(&old, &given, sizeof(given));
    EXPECT_EQ(action_of(init, SIGUSR1).handler, SIG_IGN);
    EXPECT_EQ(action_of(init, SIGUSR2).handler, SIG_DFL);
    EXPECT_EQ(CALL(init, rt_sigaction, SIGUSR1, 0, 0, SIGNAL_SET_SIZE), 0);
    fixture_end();
}

/* SIGKILL and SIGSTOP cannot be in a mask; flags that do not exist are not kept, which is how a
 * program learns that they do not (sigaction(2)). */
TEST(sys_rt_sigaction_does_not_keep_all)
{
    const uint64_t flags = 0xdc000807;

    begin();
    EXPECT_EQ(set_action(init, SIGUSR1, (struct abi_sigaction){HANDLER, UINT64_MAX, 1, UINT64_MAX}),
              0);
    const struct abi_sigaction kept = action_of(init, SIGUSR1);
    EXPECT_EQ(kept.mask, ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)));
    EXPECT_EQ(kept.flags, flags);
    fixture_end();
}

TEST(sys_rt_sigaction_that_fails)
{
    const struct abi_sigaction action = {.handler = SIG_IGN};

    begin();
    calls_put(GIVEN, &action, sizeof(action));
    EXPECT_EQ(CALL(init, rt_sigaction, 0, CALLS_NOWHERE, 0, 7), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigaction, 0, CALLS_NOWHERE, 0, SIGNAL_SET_SIZE), -EFAULT);
    EXPECT_EQ(CALL(init, rt_sigaction, 0, GIVEN, 0, SIGNAL_SET_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigaction, 65, 0, CALLS_NOWHERE, SIGNAL_SET_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigaction, (uint64_t)-1, 0, 0, SIGNAL_SET_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigaction, SIGKILL, GIVEN, 0, SIGNAL_SET_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigaction, SIGSTOP, GIVEN, 0, SIGNAL_SET_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigaction, SIGKILL, 0, OLD, SIGNAL_SET_SIZE), 0);
    EXPECT_EQ(CALL(init, rt_sigaction, SIGUSR1, GIVEN, CALLS_NOWHERE, SIGNAL_SET_SIZE), -EFAULT);
    EXPECT_EQ(action_of(init, SIGUSR1).handler, SIG_DFL);
    EXPECT(!init->signals.actions->table);
    fixture_end();
}

static int set_it(void *unused)
{
    (void)unused;
    return (int)set_action(init, SIGUSR1, (struct abi_sigaction){.handler = HANDLER});
}

static void unset_it(void *unused)
{
    (void)unused;
    signal_reset_handlers(init);
}

TEST(sys_rt_sigaction_without_memory_changes_nothing)
{
    begin();
    calls_put(GIVEN, &(uint64_t){0}, 8);
    calls_put(OLD, &(uint64_t){0}, 8);
    fixture_fail_each(set_it, unset_it, NULL);
    EXPECT_EQ(action_of(init, SIGUSR1).handler, SIG_DFL);
    fixture_end();
}

/* A pending signal that is ignored from now on is forgotten. */
TEST(sys_rt_sigaction_drops_what_is_pending)
{
    begin();
    struct process *child = calls_fork(init);
    signal_set_mask(child->thread, UINT64_MAX);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, kill, 2, SIGCHLD), 0);
    EXPECT_EQ(set_action(child, SIGUSR1, (struct abi_sigaction){.handler = HANDLER}), 0);
    EXPECT_EQ(child->signals.pending.set, signal_bit(SIGUSR1) | signal_bit(SIGCHLD));
    EXPECT_EQ(set_action(child, SIGUSR1, (struct abi_sigaction){.handler = SIG_IGN}), 0);
    EXPECT_EQ(child->signals.pending.set, signal_bit(SIGCHLD));
    EXPECT_EQ(set_action(child, SIGCHLD, (struct abi_sigaction){.handler = SIG_DFL}), 0);
    EXPECT_EQ(child->signals.pending.set, 0);
    fixture_end();
}

/* ---- rt_sigprocmask, rt_sigpending ---- */

static int64_t set_mask(int how, signal_set_t set)
{
    calls_put(GIVEN, &set, sizeof(set));
    return CALL(init, rt_sigprocmask, (uint64_t)how, GIVEN, OLD, SIGNAL_SET_SIZE);
}

static signal_set_t get_set(void)
{
    signal_set_t set;

    calls_get(OLD, &set, sizeof(set));
    return set;
}

TEST(sys_rt_sigprocmask_three_ways)
{
    begin();
    EXPECT_EQ(set_mask(SIG_BLOCK, 6), 0);
    EXPECT_EQ(get_set(), 0);
    EXPECT_EQ(set_mask(SIG_BLOCK, 9), 0);
    EXPECT_EQ(get_set(), 6);
    EXPECT_EQ(set_mask(SIG_UNBLOCK, 3), 0);
    EXPECT_EQ(get_set(), 15);
    EXPECT_EQ(set_mask(SIG_SETMASK, UINT64_MAX), 0);
    EXPECT_EQ(get_set(), 12);
    EXPECT_EQ(CALL(init, rt_sigprocmask, 99, 0, OLD, SIGNAL_SET_SIZE), 0); /* only a question */
    EXPECT_EQ(get_set(), ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)));
    EXPECT_EQ(CALL(init, rt_sigprocmask, 0, 0, 0, SIGNAL_SET_SIZE), 0);
    fixture_end();
}

TEST(sys_rt_sigprocmask_that_fails)
{
    begin();
    EXPECT_EQ(CALL(init, rt_sigprocmask, 99, CALLS_NOWHERE, 0, 4), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigprocmask, 99, CALLS_NOWHERE, 0, SIGNAL_SET_SIZE), -EFAULT);
    EXPECT_EQ(set_mask(99, 1), -EINVAL);
    EXPECT_EQ(set_mask(-1, 1), -EINVAL);
    EXPECT_EQ(CALL(init, rt_sigprocmask, SIG_SETMASK, GIVEN, CALLS_NOWHERE, SIGNAL_SET_SIZE),
              -EFAULT);
    EXPECT_EQ(init->thread->signal_mask, 0);
    fixture_end();
}

TEST(sys_rt_sigpending_gives_what_waits)
{
    begin();
    struct process *child = calls_fork(init);
    signal_set_mask(child->thread, signal_bit(SIGUSR1) | signal_bit(SIGNAL_MAX));
    EXPECT_EQ(CALL(child, rt_sigpending, OLD, SIGNAL_SET_SIZE), 0);
    EXPECT_EQ(get_set(), 0);
    EXPECT_EQ(CALL(child, kill, 2, SIGUSR1), 0);
    EXPECT_EQ(CALL(child, kill, 2, SIGNAL_MAX), 0);
    EXPECT_EQ(CALL(child, rt_sigpending, OLD, SIGNAL_SET_SIZE), 0);
    EXPECT_EQ(get_set(), signal_bit(SIGUSR1) | signal_bit(SIGNAL_MAX));
    calls_put(OLD, &(uint64_t){0}, 8);
    EXPECT_EQ(CALL(child, rt_sigpending, OLD, 2), 0); /* as much as there is room for */
    EXPECT_EQ(get_set(), signal_bit(SIGUSR1));
    EXPECT_EQ(CALL(child, rt_sigpending, CALLS_NOWHERE, 9), -EINVAL);
    EXPECT_EQ(CALL(child, rt_sigpending, CALLS_NOWHERE, 8), -EFAULT);
    EXPECT_EQ(CALL(child, rt_sigpending, CALLS_NOWHERE, 0), 0);
    fixture_end();
}

/* ---- sigaltstack ---- */

static void expect_altstack(uaddr_t sp, uint64_t size, uint32_t flags)
{
    struct abi_sigaltstack old = {.pad = 7};

    EXPECT_EQ(CALL(init, sigaltstack, 0, OLD), 0);
    calls_get(OLD, &old, sizeof(old));
    EXPECT_EQ(old.ss_sp, sp);
    EXPECT_EQ(old.ss_size, size);
    EXPECT_EQ((uint32_t)old.ss_flags, flags);
    EXPECT_EQ(old.pad, 0);
}

static int64_t set_altstack(uaddr_t sp, uint64_t size, uint32_t flags, uaddr_t old)
{
    const struct abi_sigaltstack wanted = {
        .ss_sp = sp, .ss_size = size, .ss_flags = (int32_t)flags};

    calls_put(GIVEN, &wanted, sizeof(wanted));
    return CALL(init, sigaltstack, GIVEN, old);
}

TEST(sys_sigaltstack_sets_and_tells)
{
    begin();
    expect_altstack(0, 0, SS_DISABLE);
    EXPECT_EQ(set_altstack(0x5000, 8192, SS_ONSTACK, OLD), 0);
    expect_altstack(0x5000, 8192, 0);
    EXPECT_EQ(set_altstack(0x6000, MINSIGSTKSZ, SS_AUTODISARM, 0), 0);
    expect_altstack(0x6000, MINSIGSTKSZ, SS_AUTODISARM);
    EXPECT_EQ(CALL(init, sigaltstack, 0, 0), 0);
    expect_altstack(0x6000, MINSIGSTKSZ, SS_AUTODISARM);
    EXPECT_EQ(set_altstack(1, 2, SS_DISABLE, 0), 0);
    expect_altstack(0, 0, SS_DISABLE);
    fixture_end();
}

TEST(sys_sigaltstack_that_fails)
{
    begin();
    EXPECT_EQ(set_altstack(0x5000, 8192, 0, OLD), 0);
    EXPECT_EQ(set_altstack(0x6000, MINSIGSTKSZ - 1, 0, CALLS_NOWHERE), -ENOMEM);
    EXPECT_EQ(set_altstack(0x6000, 8192, 3, CALLS_NOWHERE), -EINVAL);
    EXPECT_EQ(set_altstack(0x6000, 8192, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, sigaltstack, CALLS_NOWHERE, OLD), -EFAULT);
    EXPECT_EQ(CALL(init, sigaltstack, 0, CALLS_NOWHERE), -EFAULT);
    expect_altstack(0x5000, 8192, 0);
    init->thread->user.sp = 0x5010;
    expect_altstack(0x5000, 8192, SS_ONSTACK);
    EXPECT_EQ(set_altstack(0x6000, 8192, 0, CALLS_NOWHERE), -EPERM);
    EXPECT_EQ(set_altstack(0, 0, SS_DISABLE, 0), -EPERM);
    fixture_end();
}

/* A child has its parent's; one that shares its memory, and is not waited for, has none; a program
 * that begins has none. */
TEST(sys_sigaltstack_is_inherited)
{
    begin();
    EXPECT_EQ(set_altstack(0x5000, 8192, 0, 0), 0);
    calls_put_text(OLD, "/bin/prog");
    struct process *copy = calls_fork(init);
    EXPECT_EQ(copy->thread->altstack.ss_sp, 0x5000);
    EXPECT_EQ(copy->thread->altstack.ss_size, 8192);
    struct process *shares = calls_child(CALL(init, clone, CLONE_VM | SIGCHLD, 0x9000, 0, 0, 0));
    EXPECT_EQ(shares->thread->altstack.ss_size, 0);
    EXPECT_EQ(shares->thread->altstack.ss_flags, SS_DISABLE);
    EXPECT_EQ(CALL(copy, execve, OLD, 0, 0), 0);
    EXPECT_EQ(copy->thread->altstack.ss_sp, 0);
    EXPECT_EQ(copy->thread->altstack.ss_size, 0);
    fixture_end();
}
