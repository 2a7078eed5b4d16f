#include "fs/ramfile.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

/* /etc/text holds "some text\n". */
enum { SIZE = 10, FD = 3 };

#define PATH_AT CALLS_DATA
#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    calls_put_text(PATH_AT, "/etc/text");
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_RDONLY), FD);
}

static int64_t seek(int64_t offset, unsigned whence)
{
    return CALL(init, lseek, FD, (uint64_t)offset, whence);
}

static void expect_read(uint64_t count, const char *expected)
{
    char bytes[SIZE + 1] = {0};
    uint64_t len = str_len(expected);

    EXPECT_EQ(CALL(init, read, FD, BUFFER_AT, count), len);
    calls_get(BUFFER_AT, bytes, len);
    EXPECT_STREQ(bytes, expected);
}

TEST(ramfile_read_to_the_end)
{
    begin();
    expect_read(4, "some");
    expect_read(100, " text\n");
    expect_read(100, "");
    fixture_end();
}

TEST(ramfile_seek)
{
    begin();
    EXPECT_EQ(seek(5, SEEK_SET), 5);
    expect_read(2, "te");
    EXPECT_EQ(seek(-3, SEEK_CUR), 4);
    EXPECT_EQ(seek(-2, SEEK_END), 8);
    expect_read(9, "t\n");
    EXPECT_EQ(seek(100, SEEK_END), SIZE + 100);
    expect_read(9, "");
    EXPECT_EQ(seek(0, SEEK_DATA), 0);
    EXPECT_EQ(seek(9, SEEK_DATA), 9);
    EXPECT_EQ(seek(0, SEEK_HOLE), SIZE);
    fixture_end();
}

TEST(ramfile_seek_that_fails)
{
    begin();
    EXPECT_EQ(seek(3, SEEK_SET), 3);
    EXPECT_EQ(seek(-1, SEEK_SET), -EINVAL);
    EXPECT_EQ(seek(-4, SEEK_CUR), -EINVAL);
    EXPECT_EQ(seek(INT64_MAX, SEEK_CUR), -EOVERFLOW);
    EXPECT_EQ(seek(INT64_MAX, SEEK_END), -EOVERFLOW);
    EXPECT_EQ(seek(SIZE, SEEK_DATA), -ENXIO);
    EXPECT_EQ(seek(-1, SEEK_HOLE), -ENXIO);
    EXPECT_EQ(seek(0, SEEK_HOLE + 1), -EINVAL);
    EXPECT_EQ(seek(0, SEEK_CUR), 3);
    fixture_end();
}

/* What could not be copied is there for the next read. */
TEST(ramfile_read_as_far_as_memory_goes)
{
    begin();
    EXPECT_EQ(CALL(init, read, FD, CALLS_DATA_END - 4, 9), 4);
    EXPECT_EQ(CALL(init, read, FD, CALLS_DATA_END, 9), -EFAULT);
    expect_read(100, " text\n");
    EXPECT_EQ(CALL(init, read, FD, CALLS_NOWHERE, 9), 0);
    fixture_end();
}

TEST(ramfile_directory)
{
    begin();
    calls_put_text(PATH_AT, "/etc");
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_RDONLY | O_DIRECTORY), 4);
    EXPECT_EQ(CALL(init, read, 4, BUFFER_AT, 100), -EISDIR);
    EXPECT_EQ(CALL(init, pread64, 4, BUFFER_AT, 100, 0), -EISDIR);
    EXPECT_EQ(CALL(init, lseek, 4, 1, SEEK_SET), 1);
    EXPECT_EQ(CALL(init, lseek, 4, 1, SEEK_CUR), 2);
    EXPECT_EQ(CALL(init, lseek, 4, 0, SEEK_END), -EINVAL);
    EXPECT_EQ(CALL(init, lseek, 4, (uint64_t)-1, SEEK_SET), -EINVAL);
    fixture_end();
}

/* ---- getdents64 ---- */

static int64_t list(uint64_t fd, uint64_t size)
{
    return CALL(init, getdents64, fd, BUFFER_AT, size);
}

/* The entry at an offset in the buffer: its name and type; gives its length. */
static uint64_t expect_entry(uint64_t at, const char *name, unsigned type)
{
    struct abi_dirent entry;
    char found[32] = {0};

    calls_get(BUFFER_AT + at, &entry, sizeof(entry));
    EXPECT_EQ(entry.d_reclen % 8, 0);
    EXPECT_EQ(entry.d_type, type);
    calls_get(BUFFER_AT + at + sizeof(entry), found, entry.d_reclen - sizeof(entry));
    EXPECT_STREQ(found, name);
    return entry.d_reclen;
}

static void begin_with_root(void)
{
    begin();
    calls_put_text(PATH_AT, "/");
    EXPECT_EQ(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_RDONLY), 4);
}

TEST(ramfile_list)
{
    enum { DIRECTORY = 4 };
    static const char *const names[] = {".", "..", "dev", "bin", "etc"};
    uint64_t at = 0;

    begin_with_root();
    int64_t len = list(4, 1000);
    for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
        at += expect_entry(at, names[i], DIRECTORY);
    }
    EXPECT_EQ(len, at);
    EXPECT_EQ(list(4, 1000), 0);
    EXPECT_EQ(CALL(init, lseek, 4, 0, SEEK_SET), 0);
    EXPECT_EQ(list(4, 1000), len);
    fixture_end();
}

TEST(ramfile_list_by_and_by)
{
    enum { DIRECTORY = 4, SMALL = 24 };

    begin_with_root();
    EXPECT_EQ(list(4, SMALL), SMALL);
    expect_entry(0, ".", DIRECTORY);
    EXPECT_EQ(list(4, 2 * SMALL - 1), SMALL);
    expect_entry(0, "..", DIRECTORY);
    EXPECT_EQ(list(4, SMALL - 1), -EINVAL);
    EXPECT_EQ(list(4, SMALL), SMALL);
    expect_entry(0, "dev", DIRECTORY);
    fixture_end();
}

TEST(ramfile_list_that_fails)
{
    begin_with_root();
    EXPECT_EQ(list(FD, 1000), -ENOTDIR);
    EXPECT_EQ(list(0, 1000), -ENOTDIR);
    EXPECT_EQ(list(99, 1000), -EBADF);
    EXPECT_EQ(CALL(init, getdents64, 4, CALLS_NOWHERE, 1000), -EFAULT);
    EXPECT_EQ(CALL(init, getdents64, 4, CALLS_DATA_END - 30, 1000), 24);
    EXPECT_EQ(CALL(init, lseek, 4, 0, SEEK_CUR), 1);
    EXPECT_EQ(CALL(init, lseek, 4, INT64_MAX, SEEK_SET), INT64_MAX);
    EXPECT_EQ(list(4, 1000), 0);
    fixture_end();
}
