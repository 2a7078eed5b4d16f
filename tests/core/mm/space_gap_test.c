/* Where space_find_gap puts things. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "mm/space.h"
#include "test.h"
#include "tests/core/fixture.h"

enum { RW = PROT_READ | PROT_WRITE };

static struct space *begin(void)
{
    fixture_begin(100);
    return fixture_space();
}

static void end(struct space *space)
{
    space_put(space);
    fixture_end();
}

static void expect_gap(const struct space *space, uint64_t len, uaddr_t expected)
{
    uaddr_t start = 0;

    EXPECT_EQ(space_find_gap(space, len, &start), 0);
    EXPECT_EQ(start, expected);
}

TEST(space_gap_is_the_highest)
{
    const uaddr_t top = SPACE_MMAP_TOP;
    struct space *space = begin();

    expect_gap(space, PAGE_SIZE, top - PAGE_SIZE);
    fixture_map(space, top - PAGE_SIZE, top, RW);
    expect_gap(space, PAGE_SIZE, top - 2 * PAGE_SIZE);
    fixture_map(space, top - 5 * PAGE_SIZE, top - 3 * PAGE_SIZE, RW);
    expect_gap(space, PAGE_SIZE, top - 2 * PAGE_SIZE);
    expect_gap(space, 2 * PAGE_SIZE, top - 3 * PAGE_SIZE);
    expect_gap(space, 3 * PAGE_SIZE, top - 8 * PAGE_SIZE);
    end(space);
}

TEST(space_gap_with_a_region_across_the_top)
{
    const uaddr_t top = SPACE_MMAP_TOP;
    struct space *space = begin();

    fixture_map(space, top - PAGE_SIZE, top + PAGE_SIZE, RW);
    expect_gap(space, PAGE_SIZE, top - 2 * PAGE_SIZE);
    fixture_map(space, top + PAGE_SIZE, USER_END, PROT_READ);
    expect_gap(space, PAGE_SIZE, top - 2 * PAGE_SIZE);
    end(space);
}

TEST(space_gap_of_all_there_is)
{
    const uint64_t all = SPACE_MMAP_TOP - SPACE_MMAP_BOTTOM;
    struct space *space = begin();
    uaddr_t start = 7;

    expect_gap(space, all, SPACE_MMAP_BOTTOM);
    EXPECT_EQ(space_find_gap(space, all + PAGE_SIZE, &start), -ENOMEM);
    fixture_map(space, SPACE_MMAP_BOTTOM, SPACE_MMAP_BOTTOM + PAGE_SIZE, RW);
    EXPECT_EQ(space_find_gap(space, all, &start), -ENOMEM);
    expect_gap(space, all - PAGE_SIZE, SPACE_MMAP_BOTTOM + PAGE_SIZE);
    EXPECT_EQ(start, 7);
    end(space);
}

TEST(space_gap_in_a_full_space)
{
    struct space *space = begin();
    uaddr_t start;

    fixture_map(space, 0, USER_END, PROT_READ);
    EXPECT_EQ(space_find_gap(space, PAGE_SIZE, &start), -ENOMEM);
    end(space);
}
