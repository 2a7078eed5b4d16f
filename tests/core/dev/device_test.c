#include "dev/device.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum { FD = 3 };

#define PATH_AT CALLS_DATA
#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

static struct process *init;

static void begin_with(const char *path)
{
    init = calls_begin();
    fixture_catch_output();
    calls_put_text(PATH_AT, path);
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_RDWR | O_TRUNC | O_CREAT), FD);
}

TEST(device_null)
{
    begin_with("/dev/null");
    EXPECT_EQ(CALL(init, read, FD, BUFFER_AT, 100), 0);
    EXPECT_EQ(CALL(init, write, FD, CALLS_NOWHERE, 100), 100);
    EXPECT_EQ(CALL(init, pwrite64, FD, CALLS_NOWHERE, 100, 7), 100);
    EXPECT_EQ(CALL(init, lseek, FD, 5, SEEK_SET), 0);
    EXPECT_EQ(CALL(init, ioctl, FD, TCGETS, BUFFER_AT), -ENOTTY);
    fixture_end();
}

TEST(device_zero)
{
    uint8_t bytes[4];

    begin_with("/dev/zero");
    calls_put(BUFFER_AT, "abcd", 4);
    EXPECT_EQ(CALL(init, read, FD, BUFFER_AT, 3), 3);
    calls_get(BUFFER_AT, bytes, 4);
    EXPECT_MEMEQ(bytes, "\0\0\0d", 4);
    EXPECT_EQ(CALL(init, write, FD, CALLS_NOWHERE, 100), 100);
    EXPECT_EQ(CALL(init, read, FD, CALLS_DATA_END - 5, 100), 5);
    EXPECT_EQ(CALL(init, read, FD, CALLS_DATA_END, 100), -EFAULT);
    /* More than one run of the call. */
    EXPECT_EQ(CALL(init, read, FD, CALLS_DATA, 30 * PAGE_SIZE + 1), 30 * PAGE_SIZE + 1);
    fixture_end();
}

TEST(device_terminals_are_the_console)
{
    struct abi_stat status;

    begin_with("/dev/tty");
    calls_put_text(PATH_AT, "/dev/console");
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_WRONLY), FD + 1);
    calls_put_text(BUFFER_AT, "hello");
    EXPECT_EQ(CALL(init, write, FD, BUFFER_AT, 3), 3);
    EXPECT_EQ(CALL(init, write, FD + 1, BUFFER_AT + 3, 2), 2);
    EXPECT_EQ(CALL(init, read, FD + 1, BUFFER_AT, 2), -EBADF);
    EXPECT_STREQ(fixture_output(), "hello");
    EXPECT_EQ(CALL(init, lseek, FD, 0, SEEK_SET), -ESPIPE);
    EXPECT_EQ(CALL(init, pread64, FD, BUFFER_AT, 1, 0), -ESPIPE);
    EXPECT_EQ(CALL(init, fstat, 0, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_rdev, 5 << 8 | 1);
    fixture_end();
}

TEST(device_that_there_is_not)
{
    const struct ramfs_node *node = NULL;

    init = calls_begin();
    EXPECT_EQ(ramfs_add_device("dev/other", S_IFCHR | 0666, 77 << 8, &node), 0);
    fixture_keep_frames();
    fixture_run(init);
    calls_put_text(PATH_AT, "/dev/other");
    EXPECT(device_ops(node) == NULL);
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_RDONLY), -ENXIO);
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_PATH), FD);
    process_exit(init, 0);
}

TEST(device_init_without_memory)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    EXPECT_EQ(ramfs_init(), 0);
    inject_arm(1, true);
    EXPECT_EQ(device_init(), -ENOMEM);
    EXPECT(device_open_console() == NULL);
    inject_arm(0, false);
}
