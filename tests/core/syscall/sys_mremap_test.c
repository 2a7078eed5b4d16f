/* mremap. */
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

enum { RW = PROT_READ | PROT_WRITE, MOVE = MREMAP_MAYMOVE, TO = MREMAP_MAYMOVE | MREMAP_FIXED };

static struct process *init;

static void map(unsigned first, unsigned last, unsigned flags)
{
    uint64_t len = (last - first) * PAGE_SIZE;

    EXPECT_EQ(CALL(init, mmap, AT(first), len, RW, flags | MAP_ANONYMOUS | MAP_FIXED, 0, 0),
              AT(first));
}

/* Pages 0 to 3 are mapped, and hold their number plus 1. */
static void begin(void)
{
    init = calls_begin();
    map(0, 4, MAP_PRIVATE);
    for (unsigned i = 0; i < 4; i++) {
        EXPECT_EQ(fixture_store(AT(i), (uint8_t)(i + 1)), 0);
    }
}

static int64_t remap(unsigned at, unsigned old_pages, unsigned new_pages, unsigned flags,
                     uaddr_t to)
{
    return CALL(init, mremap, AT(at), old_pages * PAGE_SIZE, new_pages * PAGE_SIZE, flags, to);
}

static void expect_byte(uaddr_t at, uint8_t expected)
{
    uint8_t byte = 99;

    EXPECT_EQ(fixture_load(at, &byte), 0);
    EXPECT_EQ(byte, expected);
}

static void expect_mapped(uaddr_t at, bool is_mapped)
{
    EXPECT_EQ(fixture_load(at, &(uint8_t){0}), is_mapped ? 0 : -EFAULT);
}

TEST(sys_mremap_shrinks)
{
    begin();
    EXPECT_EQ(remap(0, 4, 4, 0, 0), AT(0));
    EXPECT_EQ(CALL(init, mremap, AT(0), 3 * PAGE_SIZE + 1, PAGE_SIZE + 1, 0, 0), AT(0));
    expect_byte(AT(1), 2);
    expect_mapped(AT(2), false);
    map(3, 5, MAP_PRIVATE);
    EXPECT_EQ(remap(0, 9, 1, 0, 0), AT(0)); /* whatever lies behind */
    expect_mapped(AT(4), false);
    fixture_end();
}

TEST(sys_mremap_grows_where_it_is)
{
    begin();
    EXPECT_EQ(remap(0, 4, 6, 0, 0), AT(0));
    expect_byte(AT(3), 4);
    expect_byte(AT(5), 0);
    EXPECT_EQ(remap(4, 2, 3, MOVE, 0), AT(4));
    expect_byte(AT(6), 0);
    fixture_end();
}

TEST(sys_mremap_moves_where_there_is_no_room)
{
    begin();
    EXPECT_EQ(remap(1, 2, 3, 0, 0), -ENOMEM); /* in the middle of a region */
    uaddr_t to = (uaddr_t)remap(1, 2, 3, MOVE, 0);
    EXPECT_EQ(to, SPACE_MMAP_TOP - 3 * PAGE_SIZE);
    expect_byte(to, 2);
    expect_byte(to + PAGE_SIZE, 3);
    expect_byte(to + 2 * PAGE_SIZE, 0);
    expect_mapped(AT(1), false);
    map(4, 5, MAP_PRIVATE | MAP_GROWSDOWN);
    EXPECT_EQ(remap(3, 1, 2, 0, 0), -ENOMEM); /* another region lies there */
    EXPECT_EQ(remap(3, 1, 2, MOVE, 0), to - 2 * PAGE_SIZE);
    fixture_end();
}

TEST(sys_mremap_at_the_end_of_user_space)
{
    const uaddr_t last = USER_END - 2 * PAGE_SIZE;

    begin();
    EXPECT_EQ(remap(0, 1, 1, TO, last), last);
    EXPECT_EQ(CALL(init, mremap, last, PAGE_SIZE, 2 * PAGE_SIZE, 0), -ENOMEM);
    EXPECT_EQ(remap(1, 1, 1, TO, last + PAGE_SIZE), -EINVAL);
    EXPECT_EQ(CALL(init, mremap, last, UINT64_MAX, PAGE_SIZE, 0), -EINVAL);
    EXPECT_EQ(CALL(init, mremap, last, UINT64_MAX - PAGE_SIZE, PAGE_SIZE, 0), -EINVAL);
    EXPECT_EQ(CALL(init, mremap, AT(1), PAGE_SIZE, USER_END, MOVE), -ENOMEM);
    fixture_end();
}

TEST(sys_mremap_to_a_place)
{
    begin();
    map(10, 14, MAP_PRIVATE);
    EXPECT_EQ(fixture_store(AT(11), 77), 0);
    EXPECT_EQ(remap(0, 2, 3, TO, AT(10)), AT(10));
    expect_byte(AT(11), 2);
    expect_byte(AT(12), 0);
    expect_mapped(AT(0), false);
    EXPECT_EQ(remap(2, 2, 1, TO, AT(20)), AT(20)); /* the rest is cut off */
    expect_byte(AT(20), 3);
    expect_mapped(AT(3), false);
    expect_mapped(AT(21), false);
    fixture_end();
}

TEST(sys_mremap_dontunmap)
{
    const unsigned flags = MREMAP_MAYMOVE | MREMAP_DONTUNMAP;

    begin();
    EXPECT_EQ(remap(0, 2, 2, flags, AT(8)), AT(8)); /* a hint */
    expect_byte(AT(9), 2);
    expect_byte(AT(1), 0);
    EXPECT_EQ(remap(2, 1, 1, flags | MREMAP_FIXED, AT(8)), AT(8));
    expect_byte(AT(8), 3);
    expect_byte(AT(2), 0);
    EXPECT_EQ(remap(2, 1, 2, flags, 0), -EINVAL);
    EXPECT_EQ(remap(2, 1, 1, MREMAP_DONTUNMAP, 0), -EINVAL);
    init->limits[RLIMIT_AS].rlim_cur = init->space->regions.pages * PAGE_SIZE;
    EXPECT_EQ(remap(3, 1, 1, flags, 0), -ENOMEM);
    fixture_end();
}

TEST(sys_mremap_of_length_0_duplicates_what_is_shared)
{
    begin();
    EXPECT_EQ(remap(0, 0, 1, MOVE, 0), -EINVAL);
    map(10, 12, MAP_SHARED);
    EXPECT_EQ(fixture_store(AT(11), 5), 0);
    EXPECT_EQ(remap(11, 0, 2, TO, AT(20)), AT(20));
    expect_byte(AT(20), 5);
    EXPECT_EQ(fixture_store(AT(20), 6), 0);
    expect_byte(AT(11), 6);
    expect_mapped(AT(21), false); /* behind the end of the object */
    EXPECT_EQ(shared_count(), 1);
    EXPECT_EQ(CALL(init, munmap, AT(10), 2 * PAGE_SIZE), 0);
    expect_byte(AT(20), 6);
    fixture_end();
}

TEST(sys_mremap_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(remap(0, 1, 1, 8, 0), -EINVAL);
    EXPECT_EQ(remap(0, 1, 1, MREMAP_FIXED, AT(8)), -EINVAL);
    EXPECT_EQ(remap(0, 1, 0, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, mremap, AT(0) + 1, PAGE_SIZE, PAGE_SIZE, 0, 0), -EINVAL);
    EXPECT_EQ(remap(0, 1, 1, TO, AT(8) + 1), -EINVAL);
    EXPECT_EQ(remap(0, 2, 1, TO, AT(1)), -EINVAL);
    EXPECT_EQ(remap(1, 1, 2, TO, AT(0)), -EINVAL);
    EXPECT_EQ(remap(0, 1, 1, TO, AT(0)), -EINVAL);
    EXPECT_EQ(CALL(init, mremap, AT(0), PAGE_SIZE, USER_END, TO, AT(8)), -EINVAL);
    EXPECT_EQ(remap(0, 1, 1, TO, 0), -EPERM);
    EXPECT_EQ(remap(9, 1, 1, 0, 0), -EFAULT);
    EXPECT_EQ(CALL(init, mremap, USER_END, PAGE_SIZE, PAGE_SIZE, 0, 0), -EFAULT);
    EXPECT_EQ(remap(2, 3, 4, MOVE, 0), -EFAULT);
    fixture_end();
}

/* What Linux has done before it finds out. */
TEST(sys_mremap_that_fails_has_made_room)
{
    begin();
    map(10, 12, MAP_PRIVATE);
    EXPECT_EQ(remap(2, 3, 4, TO, AT(10)), -EFAULT);
    expect_mapped(AT(10), false);
    EXPECT_EQ(remap(0, 2, 1, TO, AT(10)), AT(10));
    EXPECT_EQ(remap(2, 3, 1, TO, AT(2)), -EINVAL);
    expect_byte(AT(2), 3);
    EXPECT_EQ(CALL(init, mremap, AT(2), UINT64_MAX - PAGE_SIZE, PAGE_SIZE, TO, AT(0)), -EINVAL);
    EXPECT_EQ(remap(10, 1, 1, TO, AT(0)), AT(0)); /* all of the old one */
    /* The old range goes with what is unmapped to make room. */
    EXPECT_EQ(remap(0, 1, 2, TO, AT(1)), AT(1));
    EXPECT_EQ(remap(1, 0, 1, TO, AT(1)), -EFAULT); /* nothing is not in the way of anything */
    expect_mapped(AT(1), false);
    fixture_end();
}

TEST(sys_mremap_within_limits)
{
    begin();
    uint64_t pages = init->space->regions.pages;
    init->limits[RLIMIT_AS].rlim_cur = (pages + 1) * PAGE_SIZE;
    EXPECT_EQ(remap(0, 4, 6, MOVE, 0), -ENOMEM);
    EXPECT_EQ(remap(0, 4, 5, 0, 0), AT(0));
    init->limits[RLIMIT_AS].rlim_cur = RLIM_INFINITY;
    init->limits[RLIMIT_DATA].rlim_cur = (pages + 2) * PAGE_SIZE;
    EXPECT_EQ(remap(0, 5, 7, MOVE, 0), -ENOMEM);
    EXPECT_EQ(remap(0, 5, 6, MOVE, 0), AT(0));
    init->limits[RLIMIT_DATA].rlim_cur = RLIM_INFINITY;
    EXPECT_EQ(remap(0, 5, (unsigned)frame_total_count() + 6, MOVE, 0), -ENOMEM);
    fixture_end();
}

static int grow(void *unused)
{
    int64_t result = remap(0, 4, 5, 0, 0);

    (void)unused;
    return result < 0 ? (int)result : 0;
}

static void shrink(void *unused)
{
    (void)unused;
    EXPECT_EQ(remap(0, 5, 4, 0, 0), AT(0));
}

static int move(void *unused)
{
    int64_t result = remap(1, 2, 2, TO, AT(10));

    (void)unused;
    return result < 0 ? (int)result : 0;
}

static void move_back(void *unused)
{
    (void)unused;
    EXPECT_EQ(remap(10, 2, 2, TO, AT(1)), AT(1));
}

TEST(sys_mremap_without_memory)
{
    begin();
    fixture_fail_each(grow, shrink, NULL);
    fixture_fail_each(move, move_back, NULL);
    expect_byte(AT(2), 3);
    fixture_end();
}
