/* Files that are mapped. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fs/fdtable.h"
#include "fs/ramfs.h"
#include "mm/fault.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT(n) ((uaddr_t)0x30000000 + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE, FILE_LEN = 2 * PAGE_SIZE + 100 };

static struct process *init;
static uint8_t bytes[FILE_LEN];
static uint64_t fd;

static uint64_t open_file(const char *path, unsigned flags)
{
    calls_put_text(CALLS_DATA, path);
    int64_t result = CALL(init, openat, (uint64_t)AT_FDCWD, CALLS_DATA, flags, 0);
    EXPECT(result >= 0);
    return (uint64_t)result;
}

/* A file of two pages and a bit, whose pages begin with 1, 2 and 3. */
static void begin(void)
{
    init = calls_begin();
    memset(bytes, 0x55, sizeof(bytes));
    for (unsigned i = 0; i < 3; i++) {
        bytes[i * PAGE_SIZE] = (uint8_t)(i + 1);
    }
    EXPECT_EQ(ramfs_add("file", RAMFS_REGULAR | 0644, bytes, sizeof(bytes)), 0);
    EXPECT_EQ(ramfs_add("empty", RAMFS_REGULAR | 0644, bytes, 0), 0);
    fixture_keep_frames();
    fd = open_file("/file", O_RDONLY);
}

static void end(void)
{
    process_check();
}

static int64_t map(unsigned at, unsigned pages, unsigned prot, unsigned flags, uint64_t offset)
{
    return CALL(init, mmap, AT(at), pages * PAGE_SIZE, prot, flags, fd, offset);
}

static void expect_byte(uaddr_t at, uint8_t expected)
{
    uint8_t byte = 99;

    EXPECT_EQ(fixture_load(at, &byte), 0);
    EXPECT_EQ(byte, expected);
}

static bool is_bus(uaddr_t at)
{
    EXPECT_EQ(fixture_load(at, &(uint8_t){0}), -EFAULT);
    return fault_is_bus(init->space, at, PLAT_READ);
}

TEST(sys_mmap_of_a_file)
{
    begin();
    EXPECT_EQ(map(0, 4, RW, MAP_PRIVATE, 0), AT(0));
    EXPECT_EQ(CALL(init, close, fd), 0); /* the mapping stays */
    expect_byte(AT(1), 2);
    expect_byte(AT(2) + 99, 0x55);
    expect_byte(AT(2) + 100, 0);
    EXPECT(is_bus(AT(3)));
    EXPECT(!is_bus(AT(4)));
    EXPECT_EQ(fixture_store(AT(1), 77), 0);
    expect_byte(AT(1), 77);
    EXPECT_EQ(bytes[PAGE_SIZE], 2);
    EXPECT_EQ(CALL(init, madvise, AT(1), PAGE_SIZE, MADV_DONTNEED), 0);
    expect_byte(AT(1), 2);
    EXPECT_EQ(CALL(init, madvise, AT(1), PAGE_SIZE, MADV_FREE), -EINVAL);
    end();
}

TEST(sys_mmap_of_a_file_from_an_offset)
{
    begin();
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, PAGE_SIZE), AT(0));
    expect_byte(AT(0), 2);
    EXPECT_EQ(CALL(init, mremap, AT(0), PAGE_SIZE, 3 * PAGE_SIZE, 0, 0), AT(0));
    expect_byte(AT(1), 3);
    EXPECT(is_bus(AT(2)));
    EXPECT_EQ(map(8, 1, PROT_READ, MAP_PRIVATE, 3 * PAGE_SIZE), AT(8));
    EXPECT(is_bus(AT(8)));
    fd = open_file("/empty", O_RDONLY);
    EXPECT_EQ(map(9, 1, PROT_READ, MAP_PRIVATE, 0), AT(9));
    EXPECT(is_bus(AT(9)));
    EXPECT_EQ(map(10, 1, PROT_READ, MAP_PRIVATE, (uint64_t)INT64_MAX & ~PAGE_MASK), -EOVERFLOW);
    end();
}

TEST(sys_mmap_of_a_shared_file)
{
    begin();
    EXPECT_EQ(map(0, 4, PROT_READ, MAP_SHARED, 0), AT(0));
    expect_byte(AT(2), 3);
    EXPECT(is_bus(AT(3)));
    EXPECT_EQ(fixture_store(AT(0), 1), -EFAULT);
    EXPECT_EQ(CALL(init, mprotect, AT(0), PAGE_SIZE, RW), -EACCES);
    EXPECT_EQ(CALL(init, mprotect, AT(0), PAGE_SIZE, PROT_NONE), 0);
    EXPECT_EQ(map(8, 1, RW, MAP_SHARED, 0), -EACCES);
    EXPECT_EQ(CALL(init, mremap, AT(2), 0, PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, AT(8)), AT(8));
    expect_byte(AT(8), 3);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    fixture_run(child);
    expect_byte(AT(8), 3);
    end();
}

TEST(sys_mmap_of_a_shared_file_that_may_not_be_written_stays_whole)
{
    begin();
    EXPECT_EQ(map(0, 4, PROT_READ, MAP_SHARED, 0), AT(0));
    size_t regions = region_count();
    EXPECT_EQ(CALL(init, mprotect, AT(1), PAGE_SIZE, RW), -EACCES);
    EXPECT_EQ(region_count(), regions);
    end();
}

TEST(sys_mmap_of_what_is_no_file)
{
    begin();
    EXPECT_EQ(map(0, 1, RW, MAP_PRIVATE | MAP_GROWSDOWN, 0), -EINVAL);
    fd = open_file("/etc", O_RDONLY | O_DIRECTORY);
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -ENODEV);
    fd = open_file("/file", O_PATH);
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -EBADF);
    fd = 99;
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -EBADF);
    EXPECT_EQ(map(0, 0, PROT_READ, MAP_PRIVATE, 0), -EBADF);
    end();
}

TEST(sys_mmap_of_a_file_that_cannot_be_read)
{
    begin();
    fd = open_file("/dev/null", O_WRONLY);
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -EACCES);
    fd = open_file("/dev/null", O_RDWR);
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -ENODEV);
    EXPECT_EQ(map(0, 1, RW, MAP_SHARED, 0), -ENODEV);
    EXPECT_EQ(CALL(init, pipe2, CALLS_DATA, 0), 0);
    fd = (uint64_t)calls_get_int(CALLS_DATA);
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -ENODEV);
    fd = (uint64_t)calls_get_int(CALLS_DATA + 4);
    EXPECT_EQ(map(0, 1, PROT_READ, MAP_PRIVATE, 0), -EACCES);
    end();
}
