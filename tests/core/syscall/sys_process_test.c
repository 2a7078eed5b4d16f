/* Making, replacing and ending processes; wait4, kill and groups are in sys_wait_test.c. */
#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

#define READ_ONLY (CALLS_DATA_END + PAGE_SIZE) /* a page that may not be written */

enum { FORK = SIGCHLD, IMAGE_PAGES = 3 };

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    fixture_map(init->space, READ_ONLY, READ_ONLY + PAGE_SIZE, PROT_READ);
}

static struct process *fork_from(struct process *parent)
{
    return calls_child(CALL(parent, clone, FORK));
}

/* ---- who is who ---- */

TEST(sys_ids)
{
    begin();
    struct process *child = fork_from(init);
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

TEST(sys_set_tid_address_is_kept)
{
    begin();
    EXPECT_EQ(CALL(init, set_tid_address, 0x1234), 1);
    EXPECT_EQ(init->clear_tid, 0x1234);
    fixture_end();
}

TEST(sys_set_robust_list_looks_at_the_length)
{
    begin();
    EXPECT_EQ(CALL(init, set_robust_list, CALLS_NOWHERE, 24), 0);
    EXPECT_EQ(CALL(init, set_robust_list, CALLS_NOWHERE, 23), -EINVAL);
    fixture_end();
}

TEST(sys_sched_yield_ends_the_slice)
{
    begin();
    EXPECT_EQ(CALL(init, sched_yield), 0);
    EXPECT(cpu_this()->needs_resched);
    fixture_end();
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
    struct process *child = fork_from(init);
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
    struct process *child = fork_from(init);
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
    struct process *child = fork_from(init);
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

TEST(sys_clone_refuses_to_share)
{
    static const uint64_t flags[] = {CLONE_FS, CLONE_FILES, CLONE_VM | CLONE_SIGHAND,
                                     CLONE_VM | CLONE_SIGHAND | CLONE_THREAD, 0x80000000};

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
    EXPECT_EQ(child->clear_tid, 0);
    fixture_end();
}

TEST(sys_clone_remembers_what_is_to_be_cleared)
{
    begin();
    struct process *child =
        calls_child(CALL(init, clone, FORK | CLONE_CHILD_CLEARTID, 0, 0, 0, CALLS_DATA + 8));
    EXPECT_EQ(child->clear_tid, CALLS_DATA + 8);
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

/* ---- execve ---- */

TEST(sys_execve_starts_anew)
{
    begin();
    uaddr_t path = calls_put_text(CALLS_DATA, "/bin/prog");
    init->thread->user.x[3] = 3;
    (void)CALL(init, execve, path, 0, 0);
    EXPECT_EQ(init->thread->user.pc, 0x400800);
    EXPECT_EQ(init->thread->user.x[0], 0);
    EXPECT_EQ(init->thread->user.x[3], 0);
    EXPECT_STREQ(init->name, "prog");
    EXPECT_EQ(fixture_load(CALLS_DATA, &(uint8_t){0}), -EFAULT);
    fixture_end();
}

TEST(sys_execve_that_fails)
{
    static char long_path[PAGE_SIZE + 1];

    begin();
    memset(long_path, 'x', PAGE_SIZE);
    uaddr_t at = CALLS_DATA + 2 * PAGE_SIZE;
    EXPECT_EQ(CALL(init, execve, CALLS_NOWHERE, 0, 0), -EFAULT);
    EXPECT_EQ(CALL(init, execve, calls_put_text(at, "/none"), 0, 0), -ENOENT);
    EXPECT_EQ(CALL(init, execve, calls_put_text(at, "/etc/text"), 0, 0), -EACCES);
    EXPECT_EQ(CALL(init, execve, calls_put_text(at, "/etc/text/"), 0, 0), -ENOTDIR);
    EXPECT_EQ(CALL(init, execve, calls_put_text(at, long_path), 0, 0), -ENAMETOOLONG);
    EXPECT_EQ(CALL(init, execve, calls_put_text(at, "/bin/prog"), CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(CALL(init, getpid), 1);
    fixture_end();
}

/* ---- spawn ---- */

static int64_t spawn(struct process *parent, struct abi_spawn request)
{
    fixture_run(parent);
    calls_put(CALLS_DATA, &request, sizeof(request));
    return CALL(parent, spawn, CALLS_DATA);
}

static struct abi_spawn image_in_memory(void)
{
    static struct elf_file file;

    elf_make_program(&file, ELF_PIE);
    calls_put(CALLS_DATA + PAGE_SIZE, file.bytes, file.len);
    return (struct abi_spawn){.image = CALLS_DATA + PAGE_SIZE, .image_len = file.len};
}

TEST(sys_spawn_a_file)
{
    begin();
    uint64_t path = calls_put_text(CALLS_DATA + 500, "/bin/prog");
    int64_t pid = spawn(init, (struct abi_spawn){.path = path});
    EXPECT_EQ(pid, 2);
    EXPECT_EQ(calls_child(pid)->thread->user.pc, 0x400800);
    EXPECT_STREQ(calls_child(pid)->name, "prog");
    EXPECT(calls_child(pid)->has_execed);
    fixture_end();
}

TEST(sys_spawn_an_image)
{
    begin();
    struct process *child = calls_child(spawn(init, image_in_memory()));
    EXPECT_EQ(child->thread->user.pc, SPACE_PIE_BASE + 0x800);
    EXPECT_STREQ(child->name, "(image)");
    fixture_end();
}

TEST(sys_spawn_inherits_group_and_session)
{
    begin();
    struct process *parent = fork_from(init);
    EXPECT_EQ(CALL(parent, setpgid, 0, 0), 0);
    struct process *child = calls_child(spawn(parent, image_in_memory()));
    EXPECT_EQ(child->group->number, 2);
    EXPECT_EQ(child->session->number, 1);
    EXPECT(child->parent == parent);
    fixture_end();
}

TEST(sys_spawn_requests_that_make_no_sense)
{
    begin();
    uint64_t path = calls_put_text(CALLS_DATA + 500, "/bin/prog");
    struct abi_spawn image = image_in_memory();
    EXPECT_EQ(CALL(init, spawn, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(spawn(init, (struct abi_spawn){0}), -EINVAL);
    EXPECT_EQ(spawn(init, (struct abi_spawn){.path = path, .flags = 1}), -EINVAL);
    image.path = path;
    EXPECT_EQ(spawn(init, image), -EINVAL);
    EXPECT_EQ(spawn(init, (struct abi_spawn){.path = CALLS_NOWHERE}), -EFAULT);
    EXPECT_EQ(spawn(init, (struct abi_spawn){.path = CALLS_DATA + 504}), -ENOENT);
    EXPECT_EQ(spawn(init, (struct abi_spawn){.image = CALLS_DATA, .image_len = 20}), -ENOEXEC);
    EXPECT_EQ(spawn(init, (struct abi_spawn){.image = CALLS_NOWHERE, .image_len = 500}), -EFAULT);
    EXPECT_EQ(thread_count(), 1);
    fixture_end();
}

/* It never takes the right to write from the caller, and needs no copy of its tables. */
TEST(sys_spawn_leaves_the_callers_memory_alone)
{
    struct pt_leaf leaf;

    begin();
    struct abi_spawn image = image_in_memory();
    EXPECT(spawn(init, image) > 0);
    for (unsigned i = 0; i <= IMAGE_PAGES; i++) {
        EXPECT(pt_find(init->space->root, CALLS_DATA + i * PAGE_SIZE, &leaf));
        EXPECT(leaf.is_writable);
    }
    fixture_end();
}

static int spawn_it(void *pid)
{
    *(int64_t *)pid = CALL(init, spawn, CALLS_DATA);
    return *(int64_t *)pid < 0 ? (int)*(int64_t *)pid : 0;
}

TEST(sys_spawn_without_memory_changes_nothing)
{
    int64_t pid;

    begin();
    struct abi_spawn image = image_in_memory();
    calls_put(CALLS_DATA, &image, sizeof(image));
    fixture_fail_each(spawn_it, end_child, &pid);
    fixture_end();
}

/* ---- exit ---- */

TEST(sys_exit_leaves_the_low_eight_bits)
{
    begin();
    struct process *child = fork_from(init);
    EXPECT_EQ(CALL(child, exit, 0x123), CALL_GONE);
    EXPECT_EQ(child->wait_status, 0x2300);
    child = fork_from(init);
    EXPECT_EQ(CALL(child, exit_group, (uint64_t)-1), CALL_GONE);
    EXPECT_EQ(child->wait_status, 0xff00);
    fixture_end();
}
