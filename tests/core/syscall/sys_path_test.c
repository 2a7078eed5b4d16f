/* openat, and what else takes a path; newfstatat and readlinkat are in sys_file_test.c too. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define PATH_AT CALLS_DATA
#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)
#define HERE ((uint64_t)AT_FDCWD)
#define O_UNNAMED 020000000

static struct process *init;

static void begin(void)
{
    init = calls_begin();
}

static int64_t open_at(uint64_t directory, const char *path, unsigned flags)
{
    fixture_run(init);
    calls_put_text(PATH_AT, path);
    return CALL(init, openat, directory, PATH_AT, flags, 0644);
}

/* Opens and closes again, or gives the error. */
static int64_t try_open(const char *path, unsigned flags)
{
    int64_t fd = open_at(HERE, path, flags);

    return fd < 0 ? fd : CALL(init, close, (uint64_t)fd);
}

TEST(sys_openat_from_a_directory)
{
    begin();
    EXPECT_EQ(open_at(HERE, "etc", O_RDONLY | O_DIRECTORY), 3);
    EXPECT_EQ(open_at(HERE, "/etc/text", O_RDONLY), 4);
    EXPECT_EQ(open_at(3, "text", O_RDONLY), 5);
    EXPECT_EQ(open_at(3, "../bin/prog", O_RDONLY), 6);
    EXPECT_EQ(open_at(99, "/etc/text", O_RDONLY), 7);
    EXPECT_EQ(open_at(HERE, "etc", O_PATH), 8);
    EXPECT_EQ(open_at(8, "text", O_PATH), 9);
    EXPECT_EQ(open_at(99, "text", O_RDONLY), -EBADF);
    EXPECT_EQ(open_at(4, "text", O_RDONLY), -ENOTDIR);
    EXPECT_EQ(open_at(0, "text", O_RDONLY), -ENOTDIR);
    EXPECT_EQ(open_at(3, "none", O_RDONLY), -ENOENT);
    fixture_end();
}

TEST(sys_openat_paths_that_name_nothing)
{
    static char path[5000];

    begin();
    EXPECT_EQ(try_open("", O_RDONLY), -ENOENT);
    EXPECT_EQ(try_open("/none", O_RDONLY), -ENOENT);
    EXPECT_EQ(try_open("/none/text", O_RDONLY), -ENOENT);
    EXPECT_EQ(try_open("/etc/text/x", O_RDONLY), -ENOTDIR);
    EXPECT_EQ(try_open("/etc/text/", O_RDONLY), -ENOTDIR);
    EXPECT_EQ(CALL(init, openat, HERE, CALLS_NOWHERE, O_RDONLY), -EFAULT);
    memset(path, 'x', 256);
    EXPECT_EQ(try_open(path, O_RDONLY), -ENAMETOOLONG);
    path[255] = '\0';
    EXPECT_EQ(try_open(path, O_RDONLY), -ENOENT);
    memset(path, '/', 4096);
    EXPECT_EQ(try_open(path, O_RDONLY), -ENAMETOOLONG);
    path[4095] = '\0';
    EXPECT_EQ(try_open(path, O_RDONLY), 0);
    fixture_end();
}

/* The errors that Linux gives on a file system that is mounted read-only. */
TEST(sys_openat_to_write)
{
    static const struct {
        const char *path;
        unsigned flags;
        int error;
    } cases[] = {
        {"/etc/text", O_WRONLY, -EROFS},
        {"/etc/text", O_RDWR, -EROFS},
        {"/etc/text", O_ACCMODE, -EROFS},
        {"/etc/text", O_RDONLY | O_TRUNC, -EROFS},
        {"/etc/text", O_RDONLY | O_APPEND, 0},
        {"/etc/text", O_RDONLY | O_CREAT, 0},
        {"/etc/text", O_RDONLY | O_CREAT | O_EXCL, -EEXIST},
        {"/etc/text", O_RDONLY | O_EXCL, 0},
        {"/etc/text", O_RDONLY | O_DIRECTORY, -ENOTDIR},
        {"/etc/text", O_PATH | O_DIRECTORY, -ENOTDIR},
        {"/etc/text", O_WRONLY | O_PATH | O_TRUNC, 0},
        {"/etc/text", O_RDONLY | O_DIRECT, -EINVAL},
        {"/etc/text", O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0},
        {"/etc/text/", O_RDONLY | O_CREAT, -EISDIR},
        {"/etc", O_RDONLY, 0},
        {"/etc", O_WRONLY, -EISDIR},
        {"/etc", O_RDONLY | O_TRUNC, -EISDIR},
        {"/etc", O_RDONLY | O_CREAT, -EISDIR},
        {"/etc", O_RDWR | O_DIRECTORY | O_UNNAMED, -EROFS},
        {"/etc", O_RDONLY | O_DIRECTORY | O_UNNAMED, -EINVAL},
        {"/etc", O_RDWR | O_UNNAMED, -EINVAL},
        {"/etc/text", O_RDWR | O_DIRECTORY | O_UNNAMED, -ENOTDIR},
        {"/", O_RDONLY | O_CREAT, -EISDIR},
        {"/new", O_WRONLY | O_CREAT, -EROFS},
        {"/new", O_RDONLY | O_CREAT, -EROFS},
        {"new", O_RDONLY | O_CREAT, -EROFS},
        {"/etc/new", O_RDWR | O_CREAT | O_EXCL, -EROFS},
        {"/etc/new/", O_RDWR | O_CREAT, -EISDIR},
        {"/none/new", O_RDWR | O_CREAT, -ENOENT},
        {"/etc/text/new", O_RDWR | O_CREAT, -ENOTDIR},
        {"/dev/null", O_WRONLY | O_TRUNC | O_CREAT | O_APPEND, 0},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        test_note("%s, flags 0%x", cases[i].path, cases[i].flags);
        EXPECT_EQ(try_open(cases[i].path, cases[i].flags), cases[i].error);
    }
    fixture_end();
}

/* Access mode 3 is for requests to a device only. */
TEST(sys_openat_for_neither)
{
    begin();
    EXPECT_EQ(open_at(HERE, "/dev/console", O_ACCMODE), 3);
    EXPECT_EQ(CALL(init, read, 3, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, write, 3, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, ioctl, 3, TCGETS, BUFFER_AT), 0);
    fixture_end();
}

TEST(sys_newfstatat_from_a_directory)
{
    struct abi_stat status;

    begin();
    EXPECT_EQ(open_at(HERE, "/etc", O_RDONLY), 3);
    calls_put_text(PATH_AT, "text");
    EXPECT_EQ(CALL(init, newfstatat, 3, PATH_AT, BUFFER_AT, 0), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_size, 10);
    calls_put_text(PATH_AT, "");
    EXPECT_EQ(CALL(init, newfstatat, 3, PATH_AT, BUFFER_AT, AT_EMPTY_PATH), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_mode, S_IFDIR | 0755);
    EXPECT_EQ(CALL(init, newfstatat, HERE, PATH_AT, BUFFER_AT, AT_EMPTY_PATH), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_ino, ramfs_root()->number);
    EXPECT_EQ(CALL(init, newfstatat, HERE, PATH_AT, BUFFER_AT, 0), -ENOENT);
    fixture_end();
}

/* ---- where a process is ---- */

static int64_t change(const char *path)
{
    fixture_run(init);
    calls_put_text(PATH_AT, path);
    return CALL(init, chdir, PATH_AT);
}

static void expect_cwd(const char *expected)
{
    char path[64] = {0};
    uint64_t len = str_len(expected) + 1;

    EXPECT_EQ(CALL(init, getcwd, BUFFER_AT, len), len);
    calls_get(BUFFER_AT, path, len);
    EXPECT_STREQ(path, expected);
    EXPECT_EQ(CALL(init, getcwd, BUFFER_AT, len - 1), -ERANGE);
}

TEST(sys_chdir)
{
    begin();
    expect_cwd("/");
    EXPECT_EQ(change("etc"), 0);
    expect_cwd("/etc");
    EXPECT_EQ(open_at(HERE, "text", O_RDONLY), 3);
    EXPECT_EQ(change(".."), 0);
    expect_cwd("/");
    EXPECT_EQ(change("/etc/text"), -ENOTDIR);
    EXPECT_EQ(change("/none"), -ENOENT);
    EXPECT_EQ(change(""), -ENOENT);
    EXPECT_EQ(CALL(init, chdir, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, getcwd, CALLS_NOWHERE, 100), -EFAULT);
    expect_cwd("/");
    fixture_end();
}

TEST(sys_fchdir_and_a_child)
{
    begin();
    EXPECT_EQ(open_at(HERE, "/etc", O_PATH), 3);
    EXPECT_EQ(open_at(HERE, "/etc/text", O_RDONLY), 4);
    EXPECT_EQ(CALL(init, fchdir, 3), 0);
    expect_cwd("/etc");
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(change("/"), 0);
    EXPECT_EQ(child->thread->fs->cwd->name_len, 3);
    EXPECT_EQ(CALL(init, fchdir, 4), -ENOTDIR);
    EXPECT_EQ(CALL(init, fchdir, 99), -EBADF);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, 0), 0);
    EXPECT_EQ(CALL(init, fchdir, 5), -ENOTDIR);
    EXPECT_EQ(open_at(5, "text", O_RDONLY), -ENOTDIR);
    fixture_end();
}

TEST(sys_umask_is_inherited)
{
    begin();
    EXPECT_EQ(CALL(init, umask, 0xffff), 022);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(child, umask, 0), 0777);
    EXPECT_EQ(CALL(init, umask, 0), 0777);
    fixture_end();
}

/* ---- faccessat ---- */

static int64_t access_of(const char *path, unsigned mode)
{
    fixture_run(init);
    calls_put_text(PATH_AT, path);
    return CALL(init, faccessat, HERE, PATH_AT, mode);
}

TEST(sys_faccessat)
{
    enum { EXISTS = 0, EXECUTE = 1, WRITE = 2, READ = 4 };

    begin();
    EXPECT_EQ(access_of("/etc/text", EXISTS), 0);
    EXPECT_EQ(access_of("/etc/text", READ), 0);
    EXPECT_EQ(access_of("/etc/text", EXECUTE), -EACCES);
    EXPECT_EQ(access_of("/etc/text", WRITE), -EROFS);
    EXPECT_EQ(access_of("/bin/prog", READ | EXECUTE), 0);
    EXPECT_EQ(access_of("/etc", READ | EXECUTE), 0);
    EXPECT_EQ(access_of("/etc", WRITE), -EROFS);
    EXPECT_EQ(access_of("/dev/null", READ | WRITE), 0);
    EXPECT_EQ(access_of("/dev/null", EXECUTE), -EACCES);
    EXPECT_EQ(access_of("/none", EXISTS), -ENOENT);
    EXPECT_EQ(access_of("/etc", 8), -EINVAL);
    fixture_end();
}

TEST(sys_faccessat2_flags)
{
    begin();
    EXPECT_EQ(open_at(HERE, "/etc/text", O_RDONLY), 3);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, 0), 0);
    calls_put_text(PATH_AT, "");
    EXPECT_EQ(CALL(init, faccessat2, 3, PATH_AT, 4, AT_EMPTY_PATH | AT_EACCESS), 0);
    EXPECT_EQ(CALL(init, faccessat2, 3, PATH_AT, 2, AT_EMPTY_PATH), -EROFS);
    EXPECT_EQ(CALL(init, faccessat2, HERE, PATH_AT, 1, AT_EMPTY_PATH), 0);
    EXPECT_EQ(CALL(init, faccessat2, 4, PATH_AT, 6, AT_EMPTY_PATH), 0);
    EXPECT_EQ(CALL(init, faccessat2, 4, PATH_AT, 1, AT_EMPTY_PATH), -EACCES);
    EXPECT_EQ(CALL(init, faccessat2, 99, PATH_AT, 1, AT_EMPTY_PATH), -EBADF);
    EXPECT_EQ(CALL(init, faccessat2, 3, PATH_AT, 4, 0), -ENOENT);
    EXPECT_EQ(CALL(init, faccessat2, 3, PATH_AT, 4, 1), -EINVAL);
    fixture_end();
}

/* ---- links ---- */

static void begin_with_links(void)
{
    begin();
    EXPECT_EQ(ramfs_add("link", S_IFLNK | 0777, (const uint8_t *)"etc/text", 8), 0);
    EXPECT_EQ(ramfs_add("loop", S_IFLNK | 0777, (const uint8_t *)"loop", 4), 0);
    EXPECT_EQ(ramfs_add("bad", S_IFLNK | 0777, (const uint8_t *)"none", 4), 0);
    fixture_keep_frames();
    fixture_run(init);
}

TEST(sys_openat_links)
{
    begin_with_links();
    EXPECT_EQ(try_open("/link", O_RDONLY), 0);
    EXPECT_EQ(try_open("/link", O_RDONLY | O_NOFOLLOW), -ELOOP);
    EXPECT_EQ(try_open("/link", O_RDONLY | O_NOFOLLOW | O_DIRECTORY), -ENOTDIR);
    EXPECT_EQ(try_open("/link", O_PATH | O_NOFOLLOW), 0);
    EXPECT_EQ(try_open("/link", O_RDONLY | O_CREAT | O_EXCL), -EEXIST);
    EXPECT_EQ(try_open("/link", O_WRONLY), -EROFS);
    EXPECT_EQ(try_open("/loop", O_RDONLY), -ELOOP);
    EXPECT_EQ(try_open("/bad", O_RDONLY), -ENOENT);
    EXPECT_EQ(try_open("/bad", O_RDWR | O_CREAT), -EROFS);
    process_exit(init, 0);
}

TEST(sys_readlinkat)
{
    char target[9] = {0};
    struct abi_stat status;

    begin_with_links();
    calls_put_text(PATH_AT, "/link");
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, BUFFER_AT, 100), 8);
    calls_get(BUFFER_AT, target, 8);
    EXPECT_STREQ(target, "etc/text");
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, BUFFER_AT, 3), 3);
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, CALLS_NOWHERE, 3), -EFAULT);
    EXPECT_EQ(CALL(init, newfstatat, HERE, PATH_AT, BUFFER_AT, AT_SYMLINK_NOFOLLOW), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_mode, S_IFLNK | 0777);
    EXPECT_EQ(status.st_size, 8);
    EXPECT_EQ(CALL(init, newfstatat, HERE, PATH_AT, BUFFER_AT, 0), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_mode, S_IFREG | 0644);
    EXPECT_EQ(open_at(HERE, "/link", O_PATH | O_NOFOLLOW), 3);
    EXPECT_EQ(open_at(HERE, "/etc/text", O_PATH), 4);
    calls_put_text(PATH_AT, "");
    EXPECT_EQ(CALL(init, readlinkat, 3, PATH_AT, BUFFER_AT, 100), 8);
    EXPECT_EQ(CALL(init, readlinkat, 4, PATH_AT, BUFFER_AT, 100), -ENOENT);
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, BUFFER_AT, 100), -ENOENT);
    EXPECT_EQ(CALL(init, readlinkat, 99, PATH_AT, BUFFER_AT, 100), -EBADF);
    process_exit(init, 0);
}
