/* clone as fork and vfork, clone3. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define READ_ONLY (CALLS_DATA_END + PAGE_SIZE) /* a page that may not be written */

enum { FORK = SIGCHLD };

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    fixture_map(init->space, READ_ONLY, READ_ONLY + PAGE_SIZE, PROT_READ);
}

/* ---- clone ---- */

TEST(sys_clone_gives_the_child_zero_and_the_same_registers)
{
    begin();
    struct plat_user *user = &init->thread->user;
    user->x[19] = 19;
    user->sp = 0x7000;
    user->pc = 0x400004;
    user->pstate = (uint64_t)1 << 31;
    user->tpidr = 0x5555;
    struct process *child = calls_fork(init);
    struct plat_user expected = *user;
    expected.x[0] = 0;
    EXPECT_MEMEQ(&child->thread->user, &expected, sizeof(expected));
    EXPECT_EQ(user->x[0], 2);
    EXPECT(child->parent == init);
    EXPECT_EQ(child->exit_signal, SIGCHLD);
    EXPECT(!child->has_execed);
    fixture_end();
}

TEST(sys_clone_copies_memory)
{
    begin();
    calls_put_text(CALLS_DATA, "before");
    struct process *child = calls_fork(init);
    calls_put_text(CALLS_DATA, "parent");
    fixture_run(child);
    calls_put_text(CALLS_DATA + 100, "child");
    char text[8];
    calls_get(CALLS_DATA, text, 7);
    EXPECT_STREQ(text, "before");
    fixture_run(init);
    calls_get(CALLS_DATA + 100, text, 1);
    EXPECT_EQ(text[0], '\0');
    fixture_end();
}

TEST(sys_clone_copies_fp_registers_and_name)
{
    struct plat_fp fp = {.v = {{3, 4}}, .fpcr = 5};

    begin();
    process_set_name(init, "/bin/father");
    plat_fp_use(&fp);
    cpu_this()->fp_owner = init->thread;
    struct process *child = calls_fork(init);
    EXPECT_EQ(child->thread->fp.v[0][1], 4);
    EXPECT_EQ(child->thread->fp.fpcr, 5);
    EXPECT_STREQ(child->name, "father");
    EXPECT(cpu_this()->fp_owner == init->thread);
    fixture_end();
}

TEST(sys_clone_with_a_stack_and_a_signal)
{
    begin();
    init->thread->user.sp = 0x7000;
    struct process *child = calls_child(CALL(init, clone, SIGUSR1, 0x9000));
    EXPECT_EQ(child->thread->user.sp, 0x9000);
    EXPECT_EQ(child->exit_signal, SIGUSR1);
    EXPECT_EQ(calls_child(CALL(init, clone, SIGNAL_MAX))->exit_signal, SIGNAL_MAX);
    child = calls_child(CALL(init, clone, 0));
    EXPECT_EQ(child->thread->user.sp, 0x7000);
    EXPECT_EQ(child->exit_signal, 0);
    fixture_end();
}

TEST(sys_clone_flags_that_make_no_sense)
{
    static const uint64_t flags[] = {
        CLONE_SIGHAND,
        CLONE_THREAD,
        CLONE_THREAD | CLONE_VM,
        CLONE_THREAD | CLONE_SIGHAND,
        CLONE_PARENT, /* of init, which has none */
        CLONE_PIDFD | CLONE_DETACHED,
        CLONE_PIDFD | CLONE_PARENT_SETTID, /* at one place */
        CLONE_PIDFD | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM,
        CLONE_NEWNS,
        0x80000000,
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(flags); i++) {
        EXPECT_EQ(CALL(init, clone, flags[i]), -EINVAL);
    }
    EXPECT_EQ(thread_count(), 1);
    fixture_end();
}

/* As on Linux: the upper half of the register is no flags. */
TEST(sys_clone_looks_at_32_bits_of_flags)
{
    begin();
    EXPECT_EQ(CALL(init, clone, (uint64_t)1 << 32 | SIGCHLD), 2);
    fixture_end();
}

TEST(sys_clone_writes_the_tid_where_it_is_wanted)
{
    const uaddr_t parents = CALLS_DATA;
    const uaddr_t childs = CALLS_DATA + PAGE_SIZE;

    begin();
    int64_t pid =
        CALL(init, clone, FORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, 0, parents, 0, childs);
    EXPECT_EQ(pid, 2);
    EXPECT_EQ(calls_get_int(parents), 2);
    EXPECT_EQ(calls_get_int(childs), 0);
    struct process *child = calls_child(pid);
    fixture_run(child);
    EXPECT_EQ(calls_get_int(parents), 0);
    EXPECT_EQ(calls_get_int(childs), 2);
    EXPECT_EQ(child->thread->clear_tid, 0);
    fixture_end();
}

TEST(sys_clone_remembers_what_is_to_be_cleared)
{
    begin();
    struct process *child =
        calls_child(CALL(init, clone, FORK | CLONE_CHILD_CLEARTID, 0, 0, 0, CALLS_DATA + 8));
    EXPECT_EQ(child->thread->clear_tid, CALLS_DATA + 8);
    fixture_end();
}

/* As on Linux: there is a child, and nothing has been written. */
TEST(sys_clone_tid_that_cannot_be_written)
{
    static const uaddr_t wrong[] = {CALLS_NOWHERE, READ_ONLY, USER_END, UINT64_MAX};

    begin();
    EXPECT_EQ(calls_get_int(READ_ONLY), 0);
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        test_note("address 0x%lx", wrong[i]);
        EXPECT_EQ(CALL(init, clone, FORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, 0, wrong[i], 0,
                       wrong[i]),
                  2 + i);
        EXPECT_EQ(calls_get_int(READ_ONLY), 0);
        fixture_run(calls_child(2 + i));
        EXPECT_EQ(calls_get_int(READ_ONLY), 0);
    }
    fixture_end();
}

static int clone_it(void *pid)
{
    *(int64_t *)pid = CALL(init, clone, FORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, 0,
                           CALLS_DATA, 0, CALLS_DATA + PAGE_SIZE);
    return *(int64_t *)pid < 0 ? (int)*(int64_t *)pid : 0;
}

static void end_child(void *pid)
{
    struct process *child = calls_child(*(int64_t *)pid);

    process_exit(child, 0);
    process_reap(child, true);
    fixture_run(init);
}

TEST(sys_clone_without_memory_changes_nothing)
{
    int64_t pid;

    begin();
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(fixture_store(CALLS_DATA + i * PAGE_SIZE, (uint8_t)i), 0);
    }
    fixture_fail_each(clone_it, end_child, &pid);
    for (unsigned i = 1; i < 4; i++) {
        uint8_t byte = 0;
        EXPECT_EQ(fixture_load(CALLS_DATA + i * PAGE_SIZE, &byte), 0);
        EXPECT_EQ(byte, i);
    }
    fixture_end();
}

/* In shared memory the parent sees the child's word too: it is not written when there is no memory
 * for the page of the other. */
TEST(sys_clone_that_shares_without_memory_changes_nothing)
{
    const uaddr_t childs = CALLS_DATA;
    bool has_fired = true;

    begin();
    calls_put(childs, &(int){0}, sizeof(int));
    for (uint64_t n = 1; has_fired; n++) {
        uaddr_t parents = CALLS_DATA + (8 + n) * PAGE_SIZE; /* not there yet */
        inject_arm(n, false);
        int64_t pid = CALL(init, clone, FORK | CLONE_VM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
                           0, parents, 0, childs);
        has_fired = inject_has_fired();
        inject_arm(0, false);
        EXPECT_EQ(pid > 0, !has_fired);
        EXPECT_EQ(calls_get_int(childs), has_fired ? 0 : pid);
        EXPECT_EQ(calls_get_int(parents), has_fired ? 0 : pid);
        EXPECT(has_fired || n > 2);
    }
    fixture_end();
}

TEST(sys_clone_sets_the_thread_pointer)
{
    begin();
    init->thread->user.tpidr = 0x1111;
    EXPECT_EQ(calls_child(CALL(init, clone, FORK | CLONE_SETTLS, 0, 0, 0x2222))->thread->user.tpidr,
              0x2222);
    EXPECT_EQ(calls_child(CALL(init, clone, FORK, 0, 0, 0x2222))->thread->user.tpidr, 0x1111);
    fixture_end();
}

/* As many processes of one user as the limit says. */
TEST(sys_clone_obeys_the_limit_of_processes)
{
    begin();
    init->limits[RLIMIT_NPROC].rlim_cur = 3;
    EXPECT_EQ(CALL(init, setuid, 5), 0);
    (void)calls_fork(init);
    struct process *last = calls_fork(init);
    EXPECT_EQ(CALL(init, clone, FORK), -EAGAIN);
    EXPECT_EQ(CALL(last, clone, FORK | CLONE_VM | CLONE_VFORK), -EAGAIN);
    calls_exit(last, 0);
    EXPECT_EQ(CALL(init, clone, FORK), -EAGAIN); /* a zombie counts */
    EXPECT_EQ(CALL(init, wait4, 3, 0, 0, 0), 3);
    EXPECT_EQ(calls_fork(init)->limits[RLIMIT_NPROC].rlim_cur, 3);
    fixture_end();
}

/* ---- vfork ---- */

enum { VFORK = CLONE_VM | CLONE_VFORK | SIGCHLD };

/* The child of a vfork, for which parent waits. */
static struct process *vfork_from(struct process *parent)
{
    EXPECT_EQ(CALL(parent, clone, VFORK), CALL_BLOCKED);
    struct process *child = parent->thread->vfork_child->process;
    EXPECT(child->thread->vfork_parent == parent->thread);
    EXPECT(child->space == parent->space);
    EXPECT_EQ(parent->thread->call.reason, WAIT_VFORK);
    process_check();
    return child;
}

static void expect_released(struct process *parent, int64_t pid)
{
    EXPECT_EQ(parent->thread->state, THREAD_READY);
    EXPECT(!parent->thread->vfork_child);
    process_check();
    EXPECT_EQ(calls_rerun(parent), pid);
    EXPECT(!parent->thread->call.is_pending);
}

TEST(sys_vfork_until_exit)
{
    begin();
    struct process *child = vfork_from(init);
    fixture_run(child);
    calls_put(CALLS_DATA, &(int){77}, sizeof(int));
    calls_exit(child, 3);
    expect_released(init, 2);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 77);
    EXPECT_EQ(CALL(init, wait4, 2, 0, 0, 0), 2);
    fixture_end();
}

TEST(sys_vfork_until_exec)
{
    begin();
    struct process *child = vfork_from(init);
    fixture_run(child);
    calls_put_text(CALLS_DATA, "/none");
    EXPECT_EQ(CALL(child, execve, CALLS_DATA, 0, 0), -ENOENT);
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    calls_put_text(CALLS_DATA, "/bin/prog");
    (void)CALL(child, execve, CALLS_DATA, 0, 0);
    EXPECT(child->space != init->space);
    expect_released(init, 2);
    EXPECT_EQ(fixture_load(CALLS_DATA, &(uint8_t){0}), 0); /* the memory is still there */
    fixture_end();
}

TEST(sys_vfork_woken_for_no_reason_waits_on)
{
    begin();
    struct process *child = vfork_from(init);
    for (unsigned i = 0; i < 3; i++) {
        sched_wake(init->thread);
        EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
        EXPECT(init->thread->vfork_child == child->thread);
        process_check();
    }
    EXPECT_EQ(init->thread->waits, 1);
    calls_exit(child, 0);
    expect_released(init, 2);
    EXPECT_EQ(thread_count(), 1);
    fixture_end();
}

TEST(sys_vfork_of_a_vfork)
{
    begin();
    struct process *child = vfork_from(init);
    struct process *grandchild = vfork_from(child);
    calls_exit(grandchild, 0);
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    expect_released(child, 3);
    calls_exit(child, 0);
    expect_released(init, 2);
    fixture_end();
}

/* A vfork that copies the memory all the same waits too (clone(2)). */
TEST(sys_vfork_without_shared_memory)
{
    begin();
    EXPECT_EQ(CALL(init, clone, CLONE_VFORK | SIGCHLD), CALL_BLOCKED);
    struct process *child = init->thread->vfork_child->process;
    EXPECT(child->space != init->space);
    calls_exit(child, 0);
    expect_released(init, 2);
    fixture_end();
}

/* A signal that ends a process without a core dump ends one that waits for a vfork; one that dumps
 * core, or has a handler, waits until the child has let go. */
TEST(sys_vfork_parent_is_killed)
{
    begin();
    struct process *parent = calls_fork(init);
    struct process *child = vfork_from(parent);
    EXPECT_EQ(CALL(init, kill, 2, SIGQUIT), 0);
    EXPECT_EQ(fixture_take(parent->thread), 0);
    EXPECT_EQ(calls_rerun(parent), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, kill, 2, SIGTERM), 0); /* behind one that is not taken yet */
    EXPECT_EQ(parent->thread->state, THREAD_BLOCKED);
    EXPECT_EQ(CALL(init, kill, 2, SIGKILL), 0);
    EXPECT_EQ(parent->thread->state, THREAD_READY);
    EXPECT_EQ(fixture_take(parent->thread), SIGKILL);
    process_exit(parent, SIGKILL);
    EXPECT(!child->thread->vfork_parent);
    EXPECT(child->parent == init);
    process_check();
    fixture_run(child);
    calls_put(CALLS_DATA, &(int){5}, sizeof(int)); /* the memory is its own now */
    EXPECT_EQ(child->space->users, 1);
    calls_exit(child, 0);
    fixture_end();
}

TEST(sys_vfork_parent_takes_its_signal_afterwards)
{
    begin();
    struct process *parent = calls_fork(init);
    struct process *child = vfork_from(parent);
    EXPECT_EQ(CALL(init, kill, 2, SIGABRT), 0);
    EXPECT_EQ(calls_rerun(parent), CALL_BLOCKED);
    calls_exit(child, 0);
    EXPECT_EQ(fixture_take(parent->thread), SIGABRT);
    fixture_end();
}

/* ---- CLONE_CHILD_CLEARTID ---- */

/* The 0 is for others that use the memory: without them it is not written. */
TEST(sys_clone_clears_the_tid_in_shared_memory)
{
    begin();
    calls_put(CALLS_DATA, &(int){9}, sizeof(int));
    struct process *child =
        calls_child(CALL(init, clone, FORK | CLONE_VM | CLONE_CHILD_CLEARTID, 0, 0, 0, CALLS_DATA));
    calls_exit(child, 0);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 0);
    calls_put(CALLS_DATA, &(int){9}, sizeof(int));
    child = calls_child(CALL(init, clone, FORK | CLONE_CHILD_CLEARTID, 0, 0, 0, CALLS_DATA));
    calls_exit(child, 0);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 9);
    fixture_end();
}

TEST(sys_clone_clears_the_tid_at_exec)
{
    begin();
    calls_put(CALLS_DATA + 64, &(int){9}, sizeof(int));
    struct process *child = calls_child(
        CALL(init, clone, FORK | CLONE_VM | CLONE_CHILD_CLEARTID, 0, 0, 0, CALLS_DATA + 64));
    calls_put_text(CALLS_DATA, "/bin/prog");
    (void)CALL(child, execve, CALLS_DATA, 0, 0);
    EXPECT_EQ(child->thread->clear_tid, 0);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 64), 0);
    fixture_end();
}

TEST(sys_clone_clears_no_tid_at_a_bad_address)
{
    begin();
    struct process *child = calls_child(
        CALL(init, clone, FORK | CLONE_VM | CLONE_CHILD_CLEARTID, 0, 0, 0, CALLS_NOWHERE));
    calls_exit(child, 4);
    EXPECT_EQ(child->wait_status, 4 << 8);
    fixture_end();
}

/* ---- clone3 ---- */

static int64_t clone3(struct abi_clone_args wanted, uint64_t size)
{
    fixture_run(init);
    calls_put(CALLS_DATA, &wanted, sizeof(wanted));
    return CALL(init, clone3, CALLS_DATA, size);
}

TEST(sys_clone3_all_that_there_is)
{
    const struct abi_clone_args wanted = {
        .flags = CLONE_VM | CLONE_SETTLS | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
        .child_tid = CALLS_DATA + 512,
        .parent_tid = CALLS_DATA + 516,
        .exit_signal = SIGUSR2,
        .stack = CALLS_DATA + PAGE_SIZE,
        .stack_size = PAGE_SIZE,
        .tls = 0x4444,
    };

    begin();
    struct process *child = calls_child(clone3(wanted, sizeof(wanted)));
    EXPECT(child->space == init->space);
    EXPECT_EQ(child->thread->user.sp, CALLS_DATA + 2 * PAGE_SIZE);
    EXPECT_EQ(child->thread->user.tpidr, 0x4444);
    EXPECT_EQ(child->exit_signal, SIGUSR2);
    EXPECT_EQ(child->thread->clear_tid, CALLS_DATA + 512);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 516), 2);
    fixture_end();
}

TEST(sys_clone3_vfork)
{
    begin();
    EXPECT_EQ(clone3((struct abi_clone_args){.flags = CLONE_VM | CLONE_VFORK}, 64), CALL_BLOCKED);
    struct process *child = init->thread->vfork_child->process;
    EXPECT_EQ(child->exit_signal, 0);
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    calls_exit(child, 0);
    expect_released(init, 2);
    fixture_end();
}

TEST(sys_clone3_clears_handlers)
{
    const struct abi_sigaction handler = {.handler = 0x4000};
    const struct abi_sigaction ignore = {.handler = SIG_IGN};
    const struct abi_clone_args wanted = {.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};

    begin();
    EXPECT_EQ(signal_set_action(init, SIGUSR1, &handler), 0);
    EXPECT_EQ(signal_set_action(init, SIGUSR2, &ignore), 0);
    struct process *child = calls_child(clone3(wanted, sizeof(wanted)));
    EXPECT_EQ(signal_action(child, SIGUSR1).handler, SIG_DFL);
    EXPECT_EQ(signal_action(child, SIGUSR2).handler, SIG_IGN);
    EXPECT_EQ(signal_action(init, SIGUSR1).handler, 0x4000);
    fixture_end();
}

TEST(sys_clone3_sizes)
{
    const uaddr_t near_end = CALLS_DATA_END - 96;

    begin();
    EXPECT_EQ(clone3((struct abi_clone_args){0}, 0), -EINVAL);
    EXPECT_EQ(clone3((struct abi_clone_args){0}, 63), -EINVAL);
    EXPECT_EQ(clone3((struct abi_clone_args){0}, PAGE_SIZE + 1), -E2BIG);
    EXPECT_EQ(CALL(init, clone3, CALLS_NOWHERE, 64), -EFAULT);
    EXPECT_EQ(CALL(init, clone3, CALLS_NOWHERE, 100), -EFAULT);
    calls_put(CALLS_DATA + 2 * PAGE_SIZE - 1, &(uint8_t){1}, 1);
    EXPECT_EQ(CALL(init, clone3, CALLS_DATA + PAGE_SIZE, PAGE_SIZE), -E2BIG);
    EXPECT_EQ(CALL(init, clone3, CALLS_DATA + PAGE_SIZE, PAGE_SIZE - 1), 2);
    EXPECT_EQ(CALL(init, clone3, near_end, 97), -EFAULT);
    EXPECT_EQ(CALL(init, clone3, near_end, 96), 3);
    /* What an older, shorter version did not have is 0. */
    EXPECT_EQ(clone3((struct abi_clone_args){.set_tid = 1, .set_tid_size = 1}, 64), 4);
    fixture_end();
}

TEST(sys_clone3_requests_that_make_no_sense)
{
    static const struct abi_clone_args wrong[] = {
        {.flags = SIGCHLD},
        {.flags = CLONE_DETACHED},
        {.flags = CLONE_NEWNS},
        {.flags = CLONE_SIGHAND},
        {.flags = CLONE_VM | CLONE_SIGHAND | CLONE_CLEAR_SIGHAND},
        {.flags = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, .exit_signal = SIGCHLD},
        {.flags = CLONE_PARENT},
        {.flags = (uint64_t)1 << 33},
        {.exit_signal = SIGNAL_MAX + 1},
        {.exit_signal = (uint64_t)1 << 32},
        {.set_tid = CALLS_DATA, .set_tid_size = 1},
        {.set_tid = CALLS_DATA},
        {.set_tid_size = 1},
        {.stack = CALLS_DATA},
        {.stack_size = PAGE_SIZE},
        {.stack = USER_END + PAGE_SIZE, .stack_size = PAGE_SIZE},
        {.stack = CALLS_DATA, .stack_size = USER_END},
        {.stack = CALLS_DATA, .stack_size = UINT64_MAX},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        test_note("request %u", i);
        EXPECT_EQ(clone3(wrong[i], sizeof(wrong[i])), -EINVAL);
    }
    EXPECT_EQ(thread_count(), 1);
    fixture_end();
}
