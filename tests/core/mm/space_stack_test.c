/* Stacks: regions that grow, and what keeps away from them. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "mm/fault.h"
#include "mm/limit.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "test.h"
#include "tests/core/fixture.h"

#define MIB ((uint64_t)1 << 20)
#define GUARD SPACE_STACK_GUARD

enum { RW = PROT_READ | PROT_WRITE };

static struct space *space;
static struct abi_rlimit limits[RLIMIT_NLIMITS];

static void begin(void)
{
    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        limits[i] = (struct abi_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    }
    limits[RLIMIT_STACK].rlim_cur = MIB;
    fixture_begin(256);
    cpu_this()->limits = limits;
    space = fixture_space();
}

static void end(void)
{
    fixture_check_spaces(&space, 1);
    space_put(space);
    cpu_this()->limits = NULL;
    fixture_end();
}

/* [start, end) is a stack, or something else that may be accessed so. */
static void map(uaddr_t start, uaddr_t stop, unsigned prot, unsigned flags)
{
    const struct region region = {.start = start, .end = stop, .prot = prot, .flags = flags};

    EXPECT_EQ(space_map(space, &region), 0);
}

static void expect_store(uaddr_t at, int error)
{
    EXPECT_EQ(fixture_store(at, 1), error);
}

TEST(stack_begins_small)
{
    begin();
    EXPECT_EQ(space_map_stack(space, 5000), 0);
    const struct region *stack = region_find(&space->regions, SPACE_STACK_TOP - 1);
    EXPECT_EQ(stack->end, SPACE_STACK_TOP);
    EXPECT_EQ(stack->start, SPACE_STACK_TOP - 2 * PAGE_SIZE - SPACE_STACK_FIRST);
    EXPECT_EQ(space->regions.data_pages, 0);
    end();
}

TEST(stack_begins_no_larger_than_its_limit)
{
    begin();
    limits[RLIMIT_STACK].rlim_cur = 4 * PAGE_SIZE + 5;
    EXPECT_EQ(space_map_stack(space, 5000), 0);
    EXPECT_EQ(space->regions.pages, 4);
    EXPECT_EQ(space_map_stack(space, 5 * PAGE_SIZE), 0); /* but what is needed is there */
    EXPECT_EQ(space->regions.pages, 5);
    end();
}

TEST(stack_grows_down_to_its_limit)
{
    uint8_t byte = 9;

    begin();
    EXPECT_EQ(space_map_stack(space, 1), 0);
    uaddr_t lowest = SPACE_STACK_TOP - MIB;
    EXPECT_EQ(fixture_load(lowest + 5 * PAGE_SIZE, &byte), 0);
    EXPECT_EQ(byte, 0);
    EXPECT_EQ(space->regions.pages, (MIB >> PAGE_SHIFT) - 5);
    expect_store(lowest, 0);
    expect_store(lowest - 1, -EFAULT);
    limits[RLIMIT_STACK].rlim_cur += PAGE_SIZE;
    expect_store(lowest - 1, 0);
    end();
}

TEST(stack_does_not_grow_for_an_access_that_is_refused)
{
    begin();
    map(MIB, MIB + PAGE_SIZE, PROT_READ, REGION_GROWS);
    expect_store(MIB - 1, -EFAULT);
    EXPECT_EQ(space->regions.pages, 1);
    EXPECT_EQ(fixture_load(MIB - 1, &(uint8_t){0}), 0);
    EXPECT_EQ(space->regions.pages, 2);
    end();
}

TEST(stack_does_not_grow_to_where_null_pointers_fault)
{
    begin();
    map(SPACE_MMAP_BOTTOM + PAGE_SIZE, MIB, RW, REGION_GROWS);
    expect_store(SPACE_MMAP_BOTTOM, 0);
    expect_store(SPACE_MMAP_BOTTOM - 1, -EFAULT);
    end();
}

TEST(stack_does_not_grow_beyond_rlimit_as)
{
    begin();
    map(MIB, MIB + 2 * PAGE_SIZE, RW, REGION_GROWS);
    limits[RLIMIT_AS].rlim_cur = 4 * PAGE_SIZE;
    expect_store(MIB - 3 * PAGE_SIZE, -EFAULT);
    expect_store(MIB - 2 * PAGE_SIZE, 0);
    end();
}

TEST(stack_keeps_its_guard)
{
    const uaddr_t stack = 16 * MIB;

    begin();
    map(stack, stack + PAGE_SIZE, RW, REGION_GROWS);
    map(stack - GUARD - 3 * PAGE_SIZE, stack - GUARD - 2 * PAGE_SIZE, PROT_READ, 0);
    expect_store(stack - 2 * PAGE_SIZE, 0);
    expect_store(stack - 2 * PAGE_SIZE - 1, -EFAULT);
    end();
}

TEST(stack_may_grow_to_what_cannot_be_accessed)
{
    const uaddr_t stack = 16 * MIB;

    begin();
    limits[RLIMIT_STACK].rlim_cur = RLIM_INFINITY;
    map(stack, stack + PAGE_SIZE, RW, REGION_GROWS);
    map(stack - 2 * PAGE_SIZE, stack - PAGE_SIZE, PROT_NONE, 0);
    expect_store(stack - 1, 0);
    expect_store(stack - PAGE_SIZE - 1, -EFAULT);
    end();
}

TEST(stack_may_meet_another)
{
    const uaddr_t stack = 16 * MIB;

    begin();
    map(stack, stack + PAGE_SIZE, RW, REGION_GROWS);
    map(stack - 3 * PAGE_SIZE, stack - 2 * PAGE_SIZE, RW, REGION_GROWS);
    expect_store(stack - 1, 0);
    EXPECT_EQ(region_count(), 2);
    expect_store(stack - PAGE_SIZE - 1, 0);
    EXPECT_EQ(region_count(), 1);
    end();
}

TEST(stack_keeps_gaps_away)
{
    const uaddr_t stack = 16 * MIB;
    uaddr_t start = 0;

    begin();
    map(stack, stack + PAGE_SIZE, RW, REGION_GROWS);
    EXPECT(space_has_gap(space, stack - GUARD - PAGE_SIZE, stack - GUARD));
    EXPECT(!space_has_gap(space, stack - GUARD, stack - GUARD + PAGE_SIZE));
    EXPECT(space_has_gap(space, stack + PAGE_SIZE, USER_END));
    space->mmap_top = stack - PAGE_SIZE;
    EXPECT_EQ(space_find_gap(space, PAGE_SIZE, &start), 0);
    EXPECT_EQ(start, stack - GUARD - PAGE_SIZE);
    space->mmap_top = stack + PAGE_SIZE;
    EXPECT_EQ(space_find_gap(space, PAGE_SIZE, &start), 0);
    EXPECT_EQ(start, stack - GUARD - PAGE_SIZE);
    end();
}

TEST(stack_low_down_leaves_no_gap)
{
    uaddr_t start = 7;

    begin();
    map(SPACE_MMAP_BOTTOM, SPACE_MMAP_BOTTOM + PAGE_SIZE, RW, REGION_GROWS);
    space->mmap_top = SPACE_MMAP_BOTTOM + PAGE_SIZE;
    EXPECT_EQ(space_find_gap(space, PAGE_SIZE, &start), -ENOMEM);
    EXPECT_EQ(start, 7);
    end();
}

TEST(stack_decides_where_mappings_begin)
{
    static const struct {
        uint64_t limit;
        uint64_t room;
    } cases[] = {
        {0, 128 * MIB},
        {128 * MIB, 128 * MIB},
        {200 * MIB + 5, 200 * MIB + PAGE_SIZE},
        {RLIM_INFINITY, USER_END / 6 * 5},
    };

    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        struct space *other = NULL;
        test_note("case %u", i);
        begin();
        limits[RLIMIT_STACK].rlim_cur = cases[i].limit;
        EXPECT_EQ(space_create(&other), 0);
        EXPECT_EQ(other->mmap_top, page_down(SPACE_STACK_TOP - cases[i].room - GUARD));
        EXPECT(other->mmap_top <= SPACE_MMAP_TOP);
        space_put(other);
        end();
    }
}

TEST(stack_of_a_fork_grows_by_itself)
{
    struct space *child = NULL;

    begin();
    EXPECT_EQ(space_map_stack(space, 1), 0);
    expect_store(SPACE_STACK_TOP - 1, 0);
    space->mmap_top -= PAGE_SIZE;
    EXPECT_EQ(space_fork(space, &child), 0);
    EXPECT_EQ(child->mmap_top, space->mmap_top);
    space_use(child);
    expect_store(SPACE_STACK_TOP - MIB, 0);
    EXPECT_EQ(child->regions.pages, MIB >> PAGE_SHIFT);
    EXPECT(space->regions.pages < MIB >> PAGE_SHIFT);
    space_use(space);
    fixture_check_spaces((struct space *[]){space, child}, 2);
    space_put(child);
    end();
}

/* As for its program: what is written to it, or read, from outside. */
TEST(stack_grows_in_a_space_that_is_not_in_use)
{
    struct space *child = NULL;
    char text[6];

    begin();
    EXPECT_EQ(space_map_stack(space, 1), 0);
    EXPECT_EQ(space_fork(space, &child), 0);
    EXPECT_EQ(space_write(child, SPACE_STACK_TOP - MIB / 2 - 3, "below", 6), 0);
    EXPECT_EQ(child->regions.pages, MIB / 2 / PAGE_SIZE + 1);
    EXPECT_EQ(space_read(child, text, SPACE_STACK_TOP - MIB / 2 - 3, 6), 0);
    EXPECT_STREQ(text, "below");
    EXPECT_EQ(space_read(child, text, SPACE_STACK_TOP - MIB, 1), 0);
    EXPECT_EQ(text[0], 0);
    EXPECT_EQ(child->regions.pages, MIB / PAGE_SIZE);
    EXPECT_EQ(space_write(child, SPACE_STACK_TOP - MIB - 1, "", 1), -EFAULT);
    EXPECT_EQ(space_read(child, text, SPACE_STACK_TOP - MIB - 1, 1), -EFAULT);
    EXPECT_EQ(child->regions.pages, MIB / PAGE_SIZE);
    EXPECT(space->regions.pages < MIB / 2 / PAGE_SIZE);
    fixture_check_spaces((struct space *[]){space, child}, 2);
    space_put(child);
    end();
}

static int touch(void *unused)
{
    (void)unused;
    return fault_resolve(space, SPACE_STACK_TOP - MIB, PLAT_WRITE);
}

static void shorten(void *unused)
{
    (void)unused;
    EXPECT_EQ(space_unmap(space, 0, USER_END), 0);
    EXPECT_EQ(space_map_stack(space, 1), 0);
}

TEST(stack_that_finds_no_memory_stays_as_it_is)
{
    begin();
    shorten(NULL);
    uint64_t pages = space->regions.pages;
    fixture_fail_each(touch, shorten, NULL);
    EXPECT_EQ(space->regions.pages, pages);
    end();
}

static int map_stack(void *unused)
{
    (void)unused;
    return space_map_stack(space, 1);
}

static void unmap_stack(void *unused)
{
    (void)unused;
    EXPECT_EQ(space_unmap(space, 0, USER_END), 0);
}

TEST(stack_is_mapped_or_not)
{
    begin();
    fixture_fail_each(map_stack, unmap_stack, NULL);
    end();
}
