/* read, write, writev, ioctl, fstat, newfstatat, readlinkat. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/string.h"
#include "dev/console.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum { STDIN, STDOUT, STDERR, NO_FD = 9, CHUNK = 512 };

#define PATH_AT CALLS_DATA
#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)
#define HERE ((uint64_t)AT_FDCWD)

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    fixture_catch_output();
}

/* What a read has put into the buffer. */
static void expect_read(const char *expected)
{
    char bytes[64];
    uint64_t len = str_len(expected);

    calls_get(BUFFER_AT, bytes, len);
    EXPECT_MEMEQ(bytes, expected, len);
}

/* ---- read ---- */

TEST(sys_read_a_line)
{
    begin();
    fixture_type("hello\nworld\n");
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), 6);
    expect_read("hello\n");
    EXPECT_EQ(CALL(init, read, STDERR, BUFFER_AT, 2), 2);
    expect_read("wollo\n");
    fixture_end();
}

TEST(sys_read_waits_for_a_line)
{
    begin();
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.reason, WAIT_CONSOLE);
    fixture_type("a");
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    fixture_type("\n");
    EXPECT_EQ(calls_rerun(init), 2);
    expect_read("a\n");
    fixture_end();
}

TEST(sys_read_two_readers_and_one_line)
{
    begin();
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), CALL_BLOCKED);
    EXPECT_EQ(CALL(child, read, STDIN, BUFFER_AT, 100), CALL_BLOCKED);
    fixture_type("a\n");
    EXPECT_EQ(calls_rerun(child), 2);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    fixture_end();
}

TEST(sys_read_the_end)
{
    begin();
    fixture_type("\x04");
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), 0);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), CALL_BLOCKED);
    fixture_end_input();
    EXPECT_EQ(calls_rerun(init), 0);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), 0);
    fixture_end();
}

TEST(sys_read_no_bytes_does_not_wait)
{
    begin();
    EXPECT_EQ(CALL(init, read, STDIN, CALLS_NOWHERE, 0), 0);
    fixture_type("a\n");
    EXPECT_EQ(CALL(init, read, STDIN, CALLS_NOWHERE, 0), 0);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, UINT64_MAX), -EFAULT);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, USER_END - BUFFER_AT), 2);
    fixture_end();
}

TEST(sys_read_that_fails_loses_nothing)
{
    begin();
    fixture_type("a\n");
    EXPECT_EQ(CALL(init, read, NO_FD, BUFFER_AT, 100), -EBADF);
    EXPECT_EQ(CALL(init, read, (uint64_t)-1, BUFFER_AT, 100), -EBADF);
    EXPECT_EQ(CALL(init, read, STDIN, CALLS_NOWHERE, 100), -EFAULT);
    EXPECT_EQ(CALL(init, read, STDIN, CALLS_DATA_END - 1, 100), -EFAULT);
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT, 100), 2);
    expect_read("a\n");
    fixture_end();
}

/* ---- write ---- */

TEST(sys_write_goes_to_the_console)
{
    begin();
    calls_put_text(BUFFER_AT, "hello\n");
    EXPECT_EQ(CALL(init, write, STDOUT, BUFFER_AT, 6), 6);
    EXPECT_EQ(CALL(init, write, STDERR, BUFFER_AT, 2), 2);
    EXPECT_EQ(CALL(init, write, STDIN, BUFFER_AT, 0), 0);
    EXPECT_STREQ(fixture_output(), "hello\nhe");
    fixture_end();
}

TEST(sys_write_of_any_length)
{
    static const uint64_t lens[] = {CHUNK - 1, CHUNK, CHUNK + 1, PAGE_SIZE, 3 * PAGE_SIZE + 7};
    static uint8_t bytes[4 * PAGE_SIZE];

    memset(bytes, 'x', sizeof(bytes));
    for (unsigned i = 0; i < ARRAY_LEN(lens); i++) {
        begin();
        calls_put(BUFFER_AT, bytes, lens[i]);
        EXPECT_EQ(CALL(init, write, STDOUT, BUFFER_AT, lens[i]), lens[i]);
        EXPECT_EQ(str_len(fixture_output()), lens[i]);
        fixture_end();
    }
}

TEST(sys_write_as_far_as_memory_goes)
{
    begin();
    calls_put(CALLS_DATA_END - 3, "abc", 3);
    EXPECT_EQ(CALL(init, write, STDOUT, CALLS_DATA_END - 3, 10), 3);
    EXPECT_EQ(CALL(init, write, STDOUT, CALLS_DATA_END, 10), -EFAULT);
    EXPECT_EQ(CALL(init, write, STDOUT, UINT64_MAX - 3, 10), -EFAULT);
    EXPECT_EQ(CALL(init, write, NO_FD, BUFFER_AT, 10), -EBADF);
    EXPECT_STREQ(fixture_output(), "abc");
    fixture_end();
}

/* ---- writev ---- */

static int64_t write_vectors(unsigned count, const struct abi_iovec *vectors)
{
    fixture_run(init);
    calls_put(CALLS_DATA, vectors, count * sizeof(*vectors));
    return CALL(init, writev, STDOUT, CALLS_DATA, count);
}

TEST(sys_writev_one_after_the_other)
{
    begin();
    calls_put_text(BUFFER_AT, "hello world");
    const struct abi_iovec vectors[] = {
        {BUFFER_AT + 6, 5}, {CALLS_NOWHERE, 0}, {BUFFER_AT + 5, 1}, {BUFFER_AT, 5}};
    EXPECT_EQ(write_vectors(4, vectors), 11);
    EXPECT_EQ(write_vectors(0, NULL), 0);
    EXPECT_STREQ(fixture_output(), "world hello");
    fixture_end();
}

TEST(sys_writev_stops_where_memory_ends)
{
    begin();
    calls_put_text(BUFFER_AT, "hello");
    calls_put(CALLS_DATA_END - 2, "ab", 2);
    const struct abi_iovec missing[] = {{BUFFER_AT, 5}, {CALLS_NOWHERE, 5}, {BUFFER_AT, 5}};
    const struct abi_iovec partly[] = {{CALLS_DATA_END - 2, 5}, {BUFFER_AT, 5}};
    const struct abi_iovec first[] = {{CALLS_NOWHERE, 5}, {BUFFER_AT, 5}};
    EXPECT_EQ(write_vectors(3, missing), 5);
    EXPECT_EQ(write_vectors(2, partly), 2);
    EXPECT_EQ(write_vectors(2, first), -EFAULT);
    EXPECT_STREQ(fixture_output(), "helloab");
    fixture_end();
}

TEST(sys_writev_of_many_bytes)
{
    static uint8_t bytes[10000];
    struct abi_iovec vectors[5];

    begin();
    memset(bytes, 'x', sizeof(bytes));
    calls_put(BUFFER_AT, bytes, sizeof(bytes));
    for (unsigned i = 0; i < 5; i++) {
        vectors[i] = (struct abi_iovec){BUFFER_AT + i, sizeof(bytes) - i};
    }
    EXPECT_EQ(write_vectors(5, vectors), 5 * sizeof(bytes) - 10);
    EXPECT_EQ(str_len(fixture_output()), 5 * sizeof(bytes) - 10);
    fixture_end();
}

TEST(sys_writev_negative_length_writes_nothing)
{
    begin();
    calls_put_text(BUFFER_AT, "hello");
    const struct abi_iovec vectors[] = {{BUFFER_AT, 5}, {BUFFER_AT, (uint64_t)-1}};
    EXPECT_EQ(write_vectors(2, vectors), -EINVAL);
    EXPECT_STREQ(fixture_output(), "");
    fixture_end();
}

TEST(sys_writev_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(CALL(init, writev, NO_FD, CALLS_DATA, 1), -EBADF);
    EXPECT_EQ(CALL(init, writev, STDOUT, CALLS_DATA, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, writev, STDOUT, CALLS_DATA, 1025), -EINVAL);
    EXPECT_EQ(CALL(init, writev, STDOUT, CALLS_DATA, 1024), 0);
    EXPECT_EQ(CALL(init, writev, STDOUT, CALLS_NOWHERE, 1), -EFAULT);
    fixture_end();
}

/* ---- readv, pread64, pwrite64, lseek ---- */

static int64_t open_text(unsigned flags)
{
    calls_put_text(PATH_AT, "/etc/text");
    return CALL(init, openat, HERE, PATH_AT, flags);
}

TEST(sys_readv_one_after_the_other)
{
    const struct abi_iovec vectors[] = {{BUFFER_AT + 4, 4}, {BUFFER_AT, 4}, {BUFFER_AT + 8, 100}};

    begin();
    EXPECT_EQ(open_text(O_RDONLY), 3);
    calls_put(CALLS_DATA, vectors, sizeof(vectors));
    EXPECT_EQ(CALL(init, readv, 3, CALLS_DATA, 3), 10);
    expect_read(" texsomet\n");
    EXPECT_EQ(CALL(init, readv, 3, CALLS_DATA, 0), 0);
    EXPECT_EQ(CALL(init, readv, 3, CALLS_DATA, 1025), -EINVAL);
    EXPECT_EQ(CALL(init, readv, NO_FD, CALLS_DATA, 1025), -EBADF);
    EXPECT_EQ(CALL(init, writev, 3, CALLS_DATA, 3), -EBADF);
    EXPECT_EQ(CALL(init, writev, 3, CALLS_NOWHERE, 3), -EFAULT);
    fixture_end();
}

/* The program's vectors lie where the read writes: they count as they were. */
TEST(sys_readv_over_its_own_vectors)
{
    const struct abi_iovec vectors[] = {{CALLS_DATA, 4}, {BUFFER_AT, 4}};

    begin();
    EXPECT_EQ(open_text(O_RDONLY), 3);
    calls_put(CALLS_DATA, vectors, sizeof(vectors));
    EXPECT_EQ(CALL(init, readv, 3, CALLS_DATA, 2), 8);
    expect_read(" tex");
    fixture_end();
}

TEST(sys_pread64_leaves_the_offset)
{
    begin();
    EXPECT_EQ(open_text(O_RDONLY), 3);
    EXPECT_EQ(CALL(init, pread64, 3, BUFFER_AT, 100, 5), 5);
    expect_read("text\n");
    EXPECT_EQ(CALL(init, lseek, 3, 0, SEEK_CUR), 0);
    EXPECT_EQ(CALL(init, pread64, 3, BUFFER_AT, 100, 11), 0);
    EXPECT_EQ(CALL(init, pread64, 3, BUFFER_AT, 1, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, pread64, NO_FD, BUFFER_AT, 1, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, pread64, NO_FD, BUFFER_AT, 1, 0), -EBADF);
    EXPECT_EQ(CALL(init, pread64, 3, BUFFER_AT, 1, INT64_MAX), -EINVAL);
    EXPECT_EQ(CALL(init, pread64, 3, CALLS_NOWHERE, 1, 0), -EFAULT);
    EXPECT_EQ(CALL(init, pread64, 3, UINT64_MAX, 1, 0), -EFAULT);
    EXPECT_EQ(CALL(init, pwrite64, 3, BUFFER_AT, 1, 0), -EBADF);
    EXPECT_EQ(CALL(init, pwrite64, STDOUT, BUFFER_AT, 1, 0), -ESPIPE);
    EXPECT_EQ(CALL(init, pwrite64, STDOUT, BUFFER_AT, 1, (uint64_t)-1), -EINVAL);
    fixture_end();
}

TEST(sys_lseek_that_fails)
{
    begin();
    EXPECT_EQ(CALL(init, lseek, STDIN, 0, SEEK_SET), -ESPIPE);
    EXPECT_EQ(CALL(init, lseek, STDIN, 0, 5), -EINVAL);
    EXPECT_EQ(CALL(init, lseek, NO_FD, 0, 5), -EBADF);
    fixture_end();
}

TEST(sys_write_to_what_cannot_be_written)
{
    begin();
    EXPECT_EQ(open_text(O_RDONLY), 3);
    EXPECT_EQ(CALL(init, write, 3, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, write, STDOUT, BUFFER_AT, USER_END), -EFAULT);
    fixture_end();
}

/* ---- ioctl ---- */

TEST(sys_ioctl_attributes)
{
    struct abi_termios termios;

    begin();
    EXPECT_EQ(CALL(init, ioctl, STDIN, TCGETS, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &termios, sizeof(termios));
    EXPECT(termios.c_lflag & ICANON);
    fixture_type("abc");
    termios.c_lflag &= ~(uint32_t)(ICANON | ECHO);
    calls_put(BUFFER_AT, &termios, sizeof(termios));
    EXPECT_EQ(CALL(init, ioctl, STDIN, TCSETS, BUFFER_AT), 0);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT + 100, 10), 3);
    fixture_type("x");
    EXPECT_EQ(CALL(init, ioctl, STDIN, TCSETSW, BUFFER_AT), 0);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT + 100, 10), 1);
    fixture_type("y");
    EXPECT_EQ(CALL(init, ioctl, STDIN, TCSETSF, BUFFER_AT), 0);
    EXPECT_EQ(CALL(init, read, STDIN, BUFFER_AT + 100, 10), CALL_BLOCKED);
    fixture_end();
}

TEST(sys_ioctl_foreground_group)
{
    int number = 2;

    begin();
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(child, setpgid, 0, 0), 0);
    EXPECT_EQ(CALL(init, ioctl, STDIN, TIOCGPGRP, BUFFER_AT), 0);
    EXPECT_EQ(calls_get_int(BUFFER_AT), 0);
    calls_put(BUFFER_AT, &number, sizeof(number));
    EXPECT_EQ(CALL(init, ioctl, STDIN, TIOCSPGRP, BUFFER_AT), 0);
    EXPECT(console_foreground() == child->pid);
    EXPECT_EQ(CALL(init, ioctl, STDIN, TIOCGPGRP, BUFFER_AT + 8), 0);
    EXPECT_EQ(calls_get_int(BUFFER_AT + 8), 2);
    fixture_end();
}

TEST(sys_ioctl_foreground_groups_that_are_none)
{
    static const int numbers[] = {0, -1, INT32_MIN, 2, 999, INT32_MAX};
    static const int errors[] = {-ESRCH, -EINVAL, -EINVAL, -ESRCH, -ESRCH, -ESRCH};

    begin();
    (void)CALL(init, clone, SIGCHLD); /* number 2 is a process, and no group */
    for (unsigned i = 0; i < ARRAY_LEN(numbers); i++) {
        fixture_run(init);
        calls_put(BUFFER_AT, &numbers[i], sizeof(int));
        EXPECT_EQ(CALL(init, ioctl, STDIN, TIOCSPGRP, BUFFER_AT), errors[i]);
    }
    EXPECT(console_foreground() == NULL);
    fixture_end();
}

TEST(sys_ioctl_window_size_is_unknown)
{
    struct abi_winsize size = {1, 1, 1, 1};

    begin();
    EXPECT_EQ(CALL(init, ioctl, STDOUT, TIOCGWINSZ, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &size, sizeof(size));
    EXPECT_EQ(size.ws_row, 0);
    EXPECT_EQ(size.ws_col, 0);
    fixture_end();
}

TEST(sys_ioctl_that_fails)
{
    static const unsigned requests[] = {TCGETS, TCSETS, TCSETSF, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ};

    begin();
    EXPECT_EQ(CALL(init, ioctl, STDIN, 0x1234, BUFFER_AT), -ENOTTY);
    for (unsigned i = 0; i < ARRAY_LEN(requests); i++) {
        EXPECT_EQ(CALL(init, ioctl, NO_FD, requests[i], BUFFER_AT), -EBADF);
        EXPECT_EQ(CALL(init, ioctl, STDIN, requests[i], CALLS_NOWHERE), -EFAULT);
    }
    fixture_end();
}

/* ---- status ---- */

static struct abi_stat status_at(uaddr_t at)
{
    struct abi_stat status;

    calls_get(at, &status, sizeof(status));
    return status;
}

static int64_t stat_path(const char *path, uint64_t directory, unsigned flags)
{
    fixture_run(init);
    calls_put_text(PATH_AT, path);
    return CALL(init, newfstatat, directory, PATH_AT, BUFFER_AT, flags);
}

TEST(sys_fstat_of_the_console)
{
    begin();
    EXPECT_EQ(CALL(init, fstat, STDOUT, BUFFER_AT), 0);
    EXPECT_EQ(status_at(BUFFER_AT).st_mode, S_IFCHR | 0600);
    EXPECT_EQ(CALL(init, fstat, NO_FD, BUFFER_AT), -EBADF);
    EXPECT_EQ(CALL(init, fstat, STDOUT, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

TEST(sys_newfstatat_of_a_file)
{
    begin();
    EXPECT_EQ(stat_path("/etc/text", NO_FD, 0), 0);
    struct abi_stat status = status_at(BUFFER_AT);
    EXPECT_EQ(status.st_mode, RAMFS_REGULAR | 0644);
    EXPECT_EQ(status.st_size, 10);
    EXPECT_EQ(status.st_blocks, 1);
    EXPECT_EQ(stat_path("etc", HERE, 0), 0);
    EXPECT_EQ(status_at(BUFFER_AT).st_mode, RAMFS_DIRECTORY | 0755);
    EXPECT(status_at(BUFFER_AT).st_ino != status.st_ino);
    fixture_end();
}

/* Programs and traces see it: it must not depend on where the machine's memory lies. */
TEST(sys_newfstatat_inode_is_a_small_number)
{
    begin();
    EXPECT_EQ(stat_path("/bin/prog", HERE, 0), 0);
    EXPECT(status_at(BUFFER_AT).st_ino < 100);
    fixture_end();
}

TEST(sys_newfstatat_of_a_descriptor)
{
    begin();
    EXPECT_EQ(stat_path("", STDIN, AT_EMPTY_PATH), 0);
    EXPECT_EQ(status_at(BUFFER_AT).st_mode, S_IFCHR | 0600);
    EXPECT_EQ(stat_path("", NO_FD, AT_EMPTY_PATH), -EBADF);
    EXPECT_EQ(stat_path("", STDIN, 0), -ENOENT);
    fixture_end();
}

TEST(sys_newfstatat_that_fails)
{
    begin();
    EXPECT_EQ(stat_path("/none", HERE, 0), -ENOENT);
    EXPECT_EQ(stat_path("/etc/text", HERE, 0xdead0000), -EINVAL);
    EXPECT_EQ(stat_path("/etc/text/x", HERE, AT_EMPTY_PATH), -ENOTDIR);
    EXPECT_EQ(stat_path("etc", STDIN, 0), -ENOTDIR);
    EXPECT_EQ(stat_path("etc", NO_FD, 0), -EBADF);
    EXPECT_EQ(CALL(init, newfstatat, HERE, CALLS_NOWHERE, BUFFER_AT, 0), -EFAULT);
    calls_put_text(PATH_AT, "/etc");
    EXPECT_EQ(CALL(init, newfstatat, HERE, PATH_AT, CALLS_NOWHERE, 0), -EFAULT);
    fixture_end();
}

TEST(sys_readlinkat_finds_no_links)
{
    begin();
    calls_put_text(PATH_AT, "/etc/text");
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, BUFFER_AT, 10), -EINVAL);
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, BUFFER_AT, 0), -EINVAL);
    calls_put_text(PATH_AT, "/none");
    EXPECT_EQ(CALL(init, readlinkat, HERE, PATH_AT, BUFFER_AT, 10), -ENOENT);
    EXPECT_EQ(CALL(init, readlinkat, HERE, CALLS_NOWHERE, BUFFER_AT, 10), -EFAULT);
    fixture_end();
}
