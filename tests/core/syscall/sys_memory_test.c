/* brk, mmap, munmap, mprotect. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "mm/frame.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT(n) ((uaddr_t)0x30000000 + (uaddr_t)(n)*PAGE_SIZE)

enum {
    RW = PROT_READ | PROT_WRITE,
    ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS,
};

static struct process *init;

static void begin(void)
{
    init = calls_begin();
}

static int64_t map(uaddr_t at, uint64_t len, unsigned flags)
{
    return CALL(init, mmap, at, len, RW, ANONYMOUS | flags, (uint64_t)-1, 0);
}

static void expect_mapped(uaddr_t at, bool is_mapped)
{
    EXPECT_EQ(fixture_store(at, 1), is_mapped ? 0 : -EFAULT);
}

/* ---- brk ---- */

TEST(sys_brk_moves_the_break)
{
    begin();
    uaddr_t start = init->space->brk_start;
    EXPECT_EQ(CALL(init, brk, 0), start);
    EXPECT_EQ(CALL(init, brk, start + 10), start + 10);
    expect_mapped(start + PAGE_SIZE - 1, true);
    expect_mapped(start + PAGE_SIZE, false);
    EXPECT_EQ(CALL(init, brk, start + PAGE_SIZE), start + PAGE_SIZE);
    expect_mapped(start + PAGE_SIZE, false);
    EXPECT_EQ(CALL(init, brk, start + 3 * PAGE_SIZE + 1), start + 3 * PAGE_SIZE + 1);
    expect_mapped(start + 4 * PAGE_SIZE - 1, true);
    EXPECT_EQ(CALL(init, brk, start + PAGE_SIZE + 1), start + PAGE_SIZE + 1);
    expect_mapped(start + 2 * PAGE_SIZE - 1, true);
    expect_mapped(start + 2 * PAGE_SIZE, false);
    EXPECT_EQ(CALL(init, brk, start), start);
    expect_mapped(start, false);
    fixture_end();
}

TEST(sys_brk_refuses_what_it_cannot_have)
{
    begin();
    uaddr_t start = init->space->brk_start;
    EXPECT_EQ(CALL(init, brk, start - 1), start);
    EXPECT_EQ(CALL(init, brk, SPACE_MMAP_TOP + 1), start);
    EXPECT_EQ(CALL(init, brk, UINT64_MAX), start);
    EXPECT_EQ(CALL(init, brk, start + (frame_total_count() + 1) * PAGE_SIZE), start);
    EXPECT_EQ(map(start + 2 * PAGE_SIZE, PAGE_SIZE, MAP_FIXED), start + 2 * PAGE_SIZE);
    EXPECT_EQ(CALL(init, brk, start + 2 * PAGE_SIZE + 1), start);
    EXPECT_EQ(CALL(init, brk, start + 2 * PAGE_SIZE), start);
    EXPECT_EQ(CALL(init, brk, start + PAGE_SIZE), start + PAGE_SIZE);
    fixture_end();
}

TEST(sys_brk_gives_zeroes_again)
{
    uint8_t byte = 9;

    begin();
    uaddr_t start = init->space->brk_start;
    EXPECT_EQ(CALL(init, brk, start + 1), start + 1);
    EXPECT_EQ(fixture_store(start, 7), 0);
    EXPECT_EQ(CALL(init, brk, start), start);
    EXPECT_EQ(CALL(init, brk, start + 1), start + 1);
    EXPECT_EQ(fixture_load(start, &byte), 0);
    EXPECT_EQ(byte, 0);
    fixture_end();
}

TEST(sys_brk_without_memory_stays)
{
    begin();
    uaddr_t start = init->space->brk_start;
    inject_arm(1, false);
    EXPECT_EQ(CALL(init, brk, start + 1), start);
    EXPECT_EQ(CALL(init, brk, start + 3 * PAGE_SIZE), start + 3 * PAGE_SIZE);
    fixture_end();
}

/* ---- mmap ---- */

TEST(sys_mmap_goes_to_the_highest_gap)
{
    begin();
    EXPECT_EQ(map(0, 1, 0), SPACE_MMAP_TOP - PAGE_SIZE);
    EXPECT_EQ(map(0, PAGE_SIZE + 1, 0), SPACE_MMAP_TOP - 3 * PAGE_SIZE);
    expect_mapped(SPACE_MMAP_TOP - PAGE_SIZE, true);
    expect_mapped(SPACE_MMAP_TOP, false);
    fixture_end();
}

TEST(sys_mmap_takes_a_hint_that_is_free)
{
    begin();
    EXPECT_EQ(map(AT(0), PAGE_SIZE, 0), AT(0));
    EXPECT_EQ(map(AT(2) + 5, PAGE_SIZE, 0), AT(2));
    EXPECT_EQ(map(AT(0), PAGE_SIZE, 0), SPACE_MMAP_TOP - PAGE_SIZE);
    EXPECT_EQ(map(AT(1), 2 * PAGE_SIZE, 0), SPACE_MMAP_TOP - 3 * PAGE_SIZE);
    EXPECT_EQ(map(PAGE_SIZE, PAGE_SIZE, 0), SPACE_MMAP_TOP - 4 * PAGE_SIZE);
    EXPECT_EQ(map(USER_END, PAGE_SIZE, 0), SPACE_MMAP_TOP - 5 * PAGE_SIZE);
    fixture_end();
}

TEST(sys_mmap_fixed_replaces)
{
    uint8_t byte = 9;

    begin();
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, MAP_FIXED), AT(0));
    EXPECT_EQ(fixture_store(AT(1), 7), 0);
    EXPECT_EQ(map(AT(1), PAGE_SIZE, MAP_FIXED), AT(1));
    EXPECT_EQ(fixture_load(AT(1), &byte), 0);
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(map(AT(1), PAGE_SIZE, MAP_FIXED_NOREPLACE), -EEXIST);
    EXPECT_EQ(map(AT(3), PAGE_SIZE, MAP_FIXED_NOREPLACE), AT(3));
    fixture_end();
}

TEST(sys_mmap_fixed_where_nothing_may_be)
{
    begin();
    EXPECT_EQ(map(AT(0) + 1, PAGE_SIZE, MAP_FIXED), -EINVAL);
    EXPECT_EQ(map(AT(0) + 1, PAGE_SIZE, MAP_FIXED_NOREPLACE), -EINVAL);
    EXPECT_EQ(map(0, PAGE_SIZE, MAP_FIXED), -EPERM);
    EXPECT_EQ(map(SPACE_MMAP_BOTTOM - PAGE_SIZE, PAGE_SIZE, MAP_FIXED), -EPERM);
    EXPECT_EQ(map(SPACE_MMAP_BOTTOM, PAGE_SIZE, MAP_FIXED), SPACE_MMAP_BOTTOM);
    EXPECT_EQ(map(USER_END - 2 * PAGE_SIZE, PAGE_SIZE, MAP_FIXED), USER_END - 2 * PAGE_SIZE);
    EXPECT_EQ(map(USER_END - PAGE_SIZE, PAGE_SIZE, MAP_FIXED), -ENOMEM);
    EXPECT_EQ(map(USER_END, PAGE_SIZE, MAP_FIXED), -ENOMEM);
    EXPECT_EQ(map(UINT64_MAX - PAGE_MASK, PAGE_SIZE, MAP_FIXED), -ENOMEM);
    fixture_end();
}

TEST(sys_mmap_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(map(0, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, ANONYMOUS, (uint64_t)-1, 5), -EINVAL);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, MAP_ANONYMOUS, (uint64_t)-1, 0), -EINVAL);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, MAP_ANONYMOUS | MAP_SHARED | MAP_PRIVATE,
                   (uint64_t)-1, 0),
              -EINVAL);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, MAP_PRIVATE, 0, 0), -ENODEV);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, MAP_PRIVATE, 2, 0), -ENODEV);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, MAP_PRIVATE, 3, 0), -EBADF);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, RW, MAP_PRIVATE, (uint64_t)-1, 0), -EBADF);
    fixture_end();
}

TEST(sys_mmap_of_too_much)
{
    begin();
    uint64_t all = frame_total_count() * PAGE_SIZE;
    EXPECT_EQ(map(0, all + PAGE_SIZE, 0), -ENOMEM);
    EXPECT(map(0, all, 0) > 0);
    EXPECT(map(0, all + PAGE_SIZE, MAP_NORESERVE) > 0);
    EXPECT_EQ(map(0, USER_END, MAP_NORESERVE), -ENOMEM);
    EXPECT_EQ(map(0, USER_END + 1, MAP_NORESERVE), -ENOMEM);
    EXPECT_EQ(map(0, UINT64_MAX, MAP_NORESERVE), -ENOMEM);
    EXPECT_EQ(map(0, SPACE_MMAP_TOP - SPACE_MMAP_BOTTOM, MAP_NORESERVE), -ENOMEM);
    fixture_end();
}

TEST(sys_mmap_rights)
{
    begin();
    EXPECT_EQ(CALL(init, mmap, AT(0), PAGE_SIZE, PROT_NONE, ANONYMOUS, 0, 0), AT(0));
    EXPECT_EQ(CALL(init, mmap, AT(1), PAGE_SIZE, PROT_READ | 0x100, ANONYMOUS, 0, 0), AT(1));
    EXPECT_EQ(fixture_load(AT(0), &(uint8_t){0}), -EFAULT);
    EXPECT_EQ(fixture_load(AT(1), &(uint8_t){0}), 0);
    EXPECT_EQ(fixture_store(AT(1), 1), -EFAULT);
    fixture_end();
}

TEST(sys_mmap_shared_across_fork)
{
    const unsigned flags = MAP_SHARED | MAP_ANONYMOUS;
    uint8_t byte = 0;

    begin();
    EXPECT_EQ(CALL(init, mmap, AT(0), 2 * PAGE_SIZE, RW, flags, (uint64_t)-1, 0), AT(0));
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    fixture_run(child);
    EXPECT_EQ(fixture_store(AT(1), 7), 0);
    fixture_run(init);
    EXPECT_EQ(fixture_load(AT(1), &byte), 0);
    EXPECT_EQ(byte, 7);
    EXPECT_EQ(shared_count(), 1);
    fixture_end();
}

TEST(sys_mmap_growsdown)
{
    begin();
    EXPECT_EQ(map(AT(9), PAGE_SIZE, MAP_GROWSDOWN), AT(9));
    expect_mapped(AT(8), true);
    EXPECT_EQ(map(AT(7), PAGE_SIZE, 0), SPACE_MMAP_TOP - PAGE_SIZE); /* a hint too near */
    EXPECT_EQ(CALL(init, mmap, AT(0), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_GROWSDOWN,
                   (uint64_t)-1, 0),
              -EINVAL);
    fixture_end();
}

/* ---- limits ---- */

static void limit_pages(unsigned resource, uint64_t pages)
{
    init->limits[resource].rlim_cur = pages * PAGE_SIZE;
}

TEST(sys_memory_within_rlimit_as)
{
    begin();
    uaddr_t brk = init->space->brk_start;
    limit_pages(RLIMIT_AS, CALLS_DATA_PAGES + 2);
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, 0), -ENOMEM);
    EXPECT_EQ(map(AT(0), 2 * PAGE_SIZE, 0), AT(0));
    EXPECT_EQ(map(AT(0), 2 * PAGE_SIZE, MAP_FIXED), AT(0)); /* in place of what was there */
    EXPECT_EQ(CALL(init, brk, brk + 1), brk);
    EXPECT_EQ(CALL(init, munmap, AT(0), PAGE_SIZE), 0);
    EXPECT_EQ(CALL(init, brk, brk + 1), brk + 1);
    fixture_end();
}

TEST(sys_memory_within_rlimit_data)
{
    begin();
    uaddr_t brk = init->space->brk_start;
    limit_pages(RLIMIT_DATA, CALLS_DATA_PAGES + 2);
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, 0), -ENOMEM);
    EXPECT_EQ(CALL(init, brk, brk + 2 * PAGE_SIZE + 1), brk);
    EXPECT_EQ(CALL(init, mmap, AT(0), 4 * PAGE_SIZE, PROT_READ, ANONYMOUS, 0, 0), AT(0));
    EXPECT_EQ(CALL(init, mprotect, AT(0), PAGE_SIZE, RW), 0);
    EXPECT_EQ(CALL(init, mprotect, AT(0), 3 * PAGE_SIZE, RW), -ENOMEM);
    expect_mapped(AT(0), true);
    expect_mapped(AT(1), false);
    EXPECT_EQ(CALL(init, mprotect, AT(0), 2 * PAGE_SIZE, RW), 0);
    expect_mapped(AT(1), true);
    fixture_end();
}

/* ---- munmap ---- */

TEST(sys_munmap_takes_whole_pages)
{
    begin();
    EXPECT_EQ(map(AT(0), 4 * PAGE_SIZE, MAP_FIXED), AT(0));
    EXPECT_EQ(CALL(init, munmap, AT(1), PAGE_SIZE + 1), 0);
    expect_mapped(AT(0), true);
    expect_mapped(AT(1), false);
    expect_mapped(AT(2), false);
    expect_mapped(AT(3), true);
    EXPECT_EQ(CALL(init, munmap, AT(0), 4 * PAGE_SIZE), 0);
    EXPECT_EQ(CALL(init, munmap, AT(0), 4 * PAGE_SIZE), 0);
    fixture_end();
}

TEST(sys_munmap_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(CALL(init, munmap, AT(0) + 1, PAGE_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, munmap, AT(0), 0), -EINVAL);
    EXPECT_EQ(CALL(init, munmap, USER_END, PAGE_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, munmap, USER_END + PAGE_SIZE, PAGE_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, munmap, USER_END - PAGE_SIZE, PAGE_SIZE + 1), -EINVAL);
    EXPECT_EQ(CALL(init, munmap, AT(0), UINT64_MAX), -EINVAL);
    EXPECT_EQ(CALL(init, munmap, 0, USER_END), 0);
    fixture_end();
}

/* ---- mprotect ---- */

TEST(sys_mprotect_changes_rights)
{
    begin();
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, MAP_FIXED), AT(0));
    EXPECT_EQ(CALL(init, mprotect, AT(1), 1, PROT_READ), 0);
    expect_mapped(AT(0), true);
    expect_mapped(AT(1), false);
    expect_mapped(AT(2), true);
    EXPECT_EQ(CALL(init, mprotect, AT(0), 3 * PAGE_SIZE, PROT_NONE), 0);
    expect_mapped(AT(0), false);
    fixture_end();
}

TEST(sys_mprotect_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, MAP_FIXED), AT(0));
    EXPECT_EQ(CALL(init, mprotect, AT(0) + 1, PAGE_SIZE, RW), -EINVAL);
    EXPECT_EQ(CALL(init, mprotect, AT(0), PAGE_SIZE, 0x100), -EINVAL);
    EXPECT_EQ(CALL(init, mprotect, AT(0), PAGE_SIZE, RW | PROT_SEM), 0);
    EXPECT_EQ(CALL(init, mprotect, AT(0), 0, RW), 0);
    EXPECT_EQ(CALL(init, mprotect, AT(9), 0, RW), 0);
    EXPECT_EQ(CALL(init, mprotect, AT(0), UINT64_MAX, RW), -ENOMEM);
    EXPECT_EQ(CALL(init, mprotect, USER_END, PAGE_SIZE, RW), -ENOMEM);
    EXPECT_EQ(CALL(init, mprotect, AT(0), 4 * PAGE_SIZE, PROT_READ), -ENOMEM);
    expect_mapped(AT(2), false); /* up to the hole it has been done */
    fixture_end();
}

TEST(sys_mprotect_from_the_start_of_a_stack)
{
    begin();
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, MAP_GROWSDOWN), AT(0));
    EXPECT_EQ(map(AT(5), PAGE_SIZE, 0), AT(5));
    EXPECT_EQ(CALL(init, mprotect, AT(1), PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), 0);
    expect_mapped(AT(0), false);
    expect_mapped(AT(2), true);
    EXPECT_EQ(CALL(init, mprotect, AT(5), PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), -EINVAL);
    EXPECT_EQ(CALL(init, mprotect, AT(5), PAGE_SIZE, PROT_READ | PROT_GROWSUP), -EINVAL);
    EXPECT_EQ(CALL(init, mprotect, AT(4), PAGE_SIZE, PROT_READ | PROT_GROWSUP), -ENOMEM);
    EXPECT_EQ(CALL(init, mprotect, AT(4), PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), -ENOMEM);
    EXPECT_EQ(CALL(init, mprotect, AT(8), PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), -ENOMEM);
    EXPECT_EQ(CALL(init, mprotect, AT(1), PAGE_SIZE, PROT_READ | PROT_GROWSDOWN | PROT_GROWSUP),
              -EINVAL);
    expect_mapped(AT(5), true);
    fixture_end();
}

/* ---- madvise, msync ---- */

static uint8_t load(uaddr_t at)
{
    uint8_t byte = 0;

    EXPECT_EQ(fixture_load(at, &byte), 0);
    return byte;
}

/* Init has three pages of each kind at AT(0): anonymous, a file, shared; all but the file's with a
 * 1 in them. */
static void map_three_kinds(void)
{
    static uint8_t file[PAGE_SIZE] = {7};
    const struct region region = {
        .start = AT(1), .end = AT(2), .prot = RW, .file = file, .file_len = sizeof(file)};

    EXPECT_EQ(map(AT(0), PAGE_SIZE, 0), AT(0));
    EXPECT_EQ(space_map(init->space, &region), 0);
    EXPECT_EQ(CALL(init, mmap, AT(2), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS, (uint64_t)-1, 0),
              AT(2));
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(fixture_store(AT(i), 1), 0);
    }
}

TEST(sys_madvise_dontneed_begins_anew)
{
    begin();
    map_three_kinds();
    uint64_t resident = init->space->resident;
    EXPECT_EQ(CALL(init, madvise, AT(0), 3 * PAGE_SIZE, MADV_DONTNEED), 0);
    EXPECT_EQ(init->space->resident, resident - 3);
    EXPECT_EQ(load(AT(0)), 0);
    EXPECT_EQ(load(AT(1)), 7);
    EXPECT_EQ(load(AT(2)), 1);
    fixture_end();
}

TEST(sys_madvise_dontneed_across_holes)
{
    begin();
    map_three_kinds();
    EXPECT_EQ(CALL(init, munmap, AT(1), PAGE_SIZE), 0);
    EXPECT_EQ(CALL(init, madvise, AT(0), 3 * PAGE_SIZE, MADV_DONTNEED), -ENOMEM);
    EXPECT_EQ(load(AT(0)), 0);
    EXPECT_EQ(fixture_store(AT(0), 1), 0);
    EXPECT_EQ(CALL(init, madvise, AT(0) - PAGE_SIZE, 2 * PAGE_SIZE, MADV_DONTNEED), -ENOMEM);
    EXPECT_EQ(load(AT(0)), 0);
    EXPECT_EQ(CALL(init, madvise, AT(2), 2 * PAGE_SIZE, MADV_DONTNEED), -ENOMEM);
    EXPECT_EQ(CALL(init, madvise, AT(5), PAGE_SIZE, MADV_DONTNEED), -ENOMEM);
    EXPECT_EQ(CALL(init, madvise, USER_END, PAGE_SIZE, MADV_NORMAL), -ENOMEM);
    fixture_end();
}

TEST(sys_madvise_free_of_anonymous_memory_only)
{
    begin();
    map_three_kinds();
    EXPECT_EQ(CALL(init, madvise, AT(0), 3 * PAGE_SIZE, MADV_FREE), -EINVAL);
    EXPECT_EQ(load(AT(0)), 0);
    EXPECT_EQ(load(AT(1)), 1);
    EXPECT_EQ(CALL(init, madvise, AT(2), PAGE_SIZE, MADV_FREE), -EINVAL);
    fixture_end();
}

/* Of a program's segment, what lies behind its bytes in the file. */
TEST(sys_madvise_free_behind_the_bytes_of_a_file)
{
    static uint8_t file[PAGE_SIZE] = {7};
    const struct region region = {
        .start = AT(1), .end = AT(4), .prot = RW, .file = file, .file_len = sizeof(file)};

    begin();
    EXPECT_EQ(space_map(init->space, &region), 0);
    EXPECT_EQ(fixture_store(AT(2), 1), 0);
    EXPECT_EQ(CALL(init, madvise, AT(1), 3 * PAGE_SIZE, MADV_FREE), -EINVAL);
    EXPECT_EQ(load(AT(2)), 1);
    EXPECT_EQ(CALL(init, madvise, AT(2), PAGE_SIZE, MADV_FREE), 0);
    EXPECT_EQ(load(AT(2)), 0);
    EXPECT_EQ(fixture_store(AT(3), 1), 0);
    EXPECT_EQ(CALL(init, mprotect, AT(2), PAGE_SIZE, PROT_NONE), 0);
    EXPECT_EQ(CALL(init, madvise, AT(3), PAGE_SIZE, MADV_FREE), 0);
    EXPECT_EQ(load(AT(3)), 0);
    EXPECT_EQ(load(AT(1)), 7);
    fixture_end();
}

TEST(sys_madvise_that_changes_nothing)
{
    static const int advices[] = {
        MADV_NORMAL,    MADV_RANDOM,      MADV_SEQUENTIAL, MADV_WILLNEED,
        MADV_MERGEABLE, MADV_UNMERGEABLE, MADV_HUGEPAGE,   MADV_NOHUGEPAGE,
        MADV_DONTDUMP,  MADV_DODUMP,      MADV_COLD,       MADV_PAGEOUT,
    };

    begin();
    map_three_kinds();
    for (unsigned i = 0; i < ARRAY_LEN(advices); i++) {
        EXPECT_EQ(CALL(init, madvise, AT(0), 3 * PAGE_SIZE, (uint64_t)advices[i]), 0);
        EXPECT_EQ(load(AT(0)), 1);
    }
    fixture_end();
}

TEST(sys_madvise_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(CALL(init, madvise, AT(0), PAGE_SIZE, 5), -EINVAL);
    EXPECT_EQ(CALL(init, madvise, AT(0), PAGE_SIZE, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, madvise, AT(0) + 1, 0, MADV_NORMAL), -EINVAL);
    EXPECT_EQ(CALL(init, madvise, AT(0), UINT64_MAX, MADV_NORMAL), -EINVAL);
    EXPECT_EQ(CALL(init, madvise, AT(0), UINT64_MAX - PAGE_SIZE, MADV_NORMAL), -EINVAL);
    EXPECT_EQ(CALL(init, madvise, AT(0), 0, MADV_DONTNEED), 0);
    fixture_end();
}

TEST(sys_msync_looks_for_holes_only)
{
    begin();
    map_three_kinds();
    EXPECT_EQ(CALL(init, msync, AT(0), 3 * PAGE_SIZE, MS_SYNC), 0);
    EXPECT_EQ(CALL(init, msync, AT(0), 3 * PAGE_SIZE, MS_ASYNC | MS_INVALIDATE), 0);
    EXPECT_EQ(CALL(init, msync, AT(2), 2 * PAGE_SIZE, MS_SYNC), -ENOMEM);
    EXPECT_EQ(CALL(init, msync, AT(0), UINT64_MAX, MS_SYNC), -ENOMEM);
    EXPECT_EQ(CALL(init, msync, AT(0), PAGE_SIZE, MS_SYNC | MS_ASYNC), -EINVAL);
    EXPECT_EQ(CALL(init, msync, AT(0), PAGE_SIZE, 8), -EINVAL);
    EXPECT_EQ(CALL(init, msync, AT(0) + 1, PAGE_SIZE, MS_SYNC), -EINVAL);
    fixture_end();
}

/* ---- without memory ---- */

static int map_middle(void *unused)
{
    (void)unused;
    int64_t result = map(AT(1), PAGE_SIZE, MAP_FIXED);
    return result < 0 ? (int)result : 0;
}

static int map_shared_middle(void *unused)
{
    (void)unused;
    int64_t result = CALL(init, mmap, AT(1), PAGE_SIZE, RW, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED);
    return result < 0 ? (int)result : 0;
}

static int unmap_middle(void *unused)
{
    (void)unused;
    return (int)CALL(init, munmap, AT(1), PAGE_SIZE);
}

static int protect_middle(void *unused)
{
    (void)unused;
    return (int)CALL(init, mprotect, AT(1), PAGE_SIZE, PROT_READ);
}

static void map_again(void *unused)
{
    (void)unused;
    EXPECT_EQ(map(AT(0), 3 * PAGE_SIZE, MAP_FIXED), AT(0));
}

TEST(sys_memory_without_memory_changes_nothing)
{
    begin();
    map_again(NULL);
    fixture_fail_each(map_middle, map_again, NULL);
    fixture_fail_each(map_shared_middle, map_again, NULL);
    fixture_fail_each(unmap_middle, map_again, NULL);
    fixture_fail_each(protect_middle, map_again, NULL);
    fixture_end();
}
