/* Making, replacing and ending processes. */
#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"
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

/* ---- what a C library does at its start ---- */

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
    struct process *parent = calls_fork(init);
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

static void end_child(void *pid)
{
    struct process *child = calls_child(*(int64_t *)pid);

    process_exit(child, 0);
    process_reap(child, true);
    fixture_run(init);
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
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(child, exit, 0x123), CALL_GONE);
    EXPECT_EQ(child->wait_status, 0x2300);
    child = calls_fork(init);
    EXPECT_EQ(CALL(child, exit_group, (uint64_t)-1), CALL_GONE);
    EXPECT_EQ(child->wait_status, 0xff00);
    fixture_end();
}
