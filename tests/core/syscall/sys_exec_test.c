/* Running programs: execve, execveat, spawn. */
#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

enum { IMAGE_PAGES = 3 };

static struct process *init;

static void begin(void)
{
    static const char script[] = "#!/bin/prog -x\n";

    init = calls_begin();
    EXPECT_EQ(
        ramfs_add("bin/script", RAMFS_REGULAR | 0755, (const uint8_t *)script, sizeof(script) - 1),
        0);
}

static void end_child(void *pid)
{
    struct process *child = calls_child(*(int64_t *)pid);

    process_exit(child, 0);
    process_reap(child, true);
    fixture_run(init);
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

/* ---- execveat ---- */

enum { PATH_AT = 2 * PAGE_SIZE };

static int64_t execveat(int directory, const char *path, uint32_t flags)
{
    uaddr_t at = calls_put_text(CALLS_DATA + PATH_AT, path);

    return CALL(init, execveat, (uint64_t)directory, at, 0, 0, flags);
}

static int open_file(const char *path, uint32_t flags)
{
    uaddr_t at = calls_put_text(CALLS_DATA + PATH_AT, path);
    int64_t fd = CALL(init, openat, (uint64_t)AT_FDCWD, at, flags, 0);

    EXPECT(fd >= 0);
    return (int)fd;
}

static void expect_started(const char *name)
{
    EXPECT_EQ(init->thread->user.pc, 0x400800);
    EXPECT_STREQ(init->name, name);
}

/* The string that argv[index] of the program that begins points to. */
static void expect_argument(unsigned index, const char *expected)
{
    uint64_t string;
    char text[64];

    calls_get(init->thread->user.sp + 8 + index * 8, &string, sizeof(string));
    EXPECT_EQ(user_read_string(text, string, sizeof(text)), 0);
    EXPECT_STREQ(text, expected);
}

TEST(sys_execveat_of_a_path)
{
    begin();
    (void)execveat(AT_FDCWD, "bin/prog", 0);
    expect_started("prog");
    fixture_end();
    begin();
    (void)execveat(99, "/bin/prog", AT_SYMLINK_NOFOLLOW);
    expect_started("prog");
    fixture_end();
    begin();
    (void)execveat(open_file("/bin", O_DIRECTORY), "prog", AT_EMPTY_PATH);
    expect_started("prog");
    fixture_end();
}

TEST(sys_execveat_of_a_descriptor)
{
    begin();
    int fd = open_file("/bin/prog", O_PATH | O_CLOEXEC);
    (void)execveat(fd, "", AT_EMPTY_PATH);
    expect_started("3");
    fixture_end();
}

TEST(sys_execveat_of_a_script)
{
    begin();
    (void)execveat(open_file("/bin/script", O_RDONLY), "", AT_EMPTY_PATH);
    expect_started("3");
    expect_argument(0, "/bin/prog");
    expect_argument(1, "-x");
    expect_argument(2, "/dev/fd/3");
    fixture_end();
    begin();
    (void)execveat(open_file("/bin", O_PATH), "script", 0);
    expect_started("script");
    expect_argument(2, "/dev/fd/3/script");
    fixture_end();
}

TEST(sys_execveat_that_fails)
{
    begin();
    int directory = open_file("/bin", O_PATH);
    int file = open_file("/bin/prog", O_RDONLY);
    int closed = open_file("/bin/script", O_RDONLY | O_CLOEXEC);
    EXPECT_EQ(execveat(99, "prog", 0), -EBADF);
    EXPECT_EQ(execveat(99, "", AT_EMPTY_PATH), -EBADF);
    EXPECT_EQ(execveat(file, "", 0), -ENOENT);
    EXPECT_EQ(execveat(file, "prog", 0), -ENOTDIR);
    EXPECT_EQ(execveat(0, "prog", 0), -ENOTDIR);
    EXPECT_EQ(execveat(0, "", AT_EMPTY_PATH), -EACCES);
    EXPECT_EQ(execveat(directory, "", AT_EMPTY_PATH), -EACCES);
    EXPECT_EQ(execveat(AT_FDCWD, "", AT_EMPTY_PATH), -EACCES);
    EXPECT_EQ(CALL(init, pipe2, CALLS_DATA, 0), 0);
    int pipe = calls_get_int(CALLS_DATA);
    EXPECT_EQ(execveat(pipe, "", AT_EMPTY_PATH), -EACCES);
    EXPECT_EQ(execveat(pipe, "prog", 0), -ENOTDIR);
    EXPECT_EQ(execveat(AT_FDCWD, "", 0), -ENOENT);
    EXPECT_EQ(execveat(directory, "none", 0), -ENOENT);
    EXPECT_EQ(execveat(AT_FDCWD, "/bin/prog", 1), -EINVAL);
    /* A script that its interpreter could not open. */
    EXPECT_EQ(execveat(closed, "", AT_EMPTY_PATH), -ENOENT);
    EXPECT_EQ(CALL(init, execveat, (uint64_t)AT_FDCWD, CALLS_NOWHERE, 0, 0, 0), -EFAULT);
    uaddr_t path = calls_put_text(CALLS_DATA, "/none");
    EXPECT_EQ(CALL(init, execveat, (uint64_t)AT_FDCWD, path, CALLS_NOWHERE, 0, 1), -EFAULT);
    EXPECT_EQ(CALL(init, getpid), 1);
    fixture_end();
}

TEST(sys_execveat_of_a_link)
{
    static const char target[] = "prog";

    begin();
    EXPECT_EQ(ramfs_add("bin/link", RAMFS_LINK | 0777, (const uint8_t *)target, 4), 0);
    EXPECT_EQ(execveat(AT_FDCWD, "/bin/link", AT_SYMLINK_NOFOLLOW), -ELOOP);
    (void)execveat(AT_FDCWD, "/bin/link", 0);
    expect_started("link");
    fixture_end();
}

TEST(sys_execve_of_a_relative_path)
{
    begin();
    uaddr_t path = calls_put_text(CALLS_DATA, "bin/../bin/script");
    (void)CALL(init, execve, path, 0, 0);
    expect_started("script");
    expect_argument(2, "bin/../bin/script");
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
