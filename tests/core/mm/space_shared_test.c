/* Spaces that share memory. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "test.h"
#include "tests/core/fixture.h"

#define VA ((uaddr_t)3 << 30)
#define AT(n) (VA + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE, PAGES = 4 };

static struct space *parent;
static struct space *child;

/* An object of PAGES pages at AT(first). */
static int map_object(struct space *space, unsigned first, unsigned prot)
{
    struct region region = {
        .start = AT(first), .end = AT(first + PAGES), .prot = prot, .flags = REGION_SHARED};

    region.shared = shared_create(PAGES);
    if (!region.shared) {
        return -ENOMEM;
    }
    int error = space_map(space, &region);
    shared_put(region.shared);
    return error;
}

static void begin(void)
{
    fixture_begin(256);
    parent = fixture_space();
    EXPECT_EQ(map_object(parent, 0, RW), 0);
}

static void fork_it(void)
{
    EXPECT_EQ(space_fork(parent, &child), 0);
}

static void end(void)
{
    fixture_check_spaces((struct space *[]){parent, child}, child ? 2 : 1);
    if (child) {
        space_put(child);
        child = NULL;
    }
    space_put(parent);
    fixture_end();
}

static void store(struct space *space, unsigned n, uint8_t byte)
{
    space_use(space);
    EXPECT_EQ(fixture_store(AT(n), byte), 0);
}

static void expect_byte(struct space *space, unsigned n, uint8_t expected)
{
    uint8_t byte = 0;

    space_use(space);
    EXPECT_EQ(fixture_load(AT(n), &byte), 0);
    EXPECT_EQ(byte, expected);
}

TEST(space_shared_memory_is_seen_by_both)
{
    begin();
    store(parent, 0, 1);
    fork_it();
    expect_byte(child, 0, 1);
    store(child, 0, 2);
    expect_byte(parent, 0, 2);
    store(parent, 3, 4); /* a page that came after the fork */
    expect_byte(child, 3, 4);
    end();
}

TEST(space_shared_memory_is_not_copied_on_write)
{
    begin();
    store(parent, 0, 1);
    uint64_t used = fixture_frames_used();
    fork_it();
    store(child, 0, 2);
    EXPECT_EQ(fixture_frames_used(), used + 3); /* the child's tables */
    end();
}

TEST(space_shared_memory_keeps_its_rights_apart)
{
    begin();
    store(parent, 0, 1);
    fork_it();
    EXPECT_EQ(space_protect(parent, AT(0), AT(1), PROT_READ), 0);
    store(child, 0, 2);
    expect_byte(parent, 0, 2);
    EXPECT_EQ(fixture_store(AT(0), 3), -EFAULT);
    EXPECT_EQ(space_protect(parent, AT(0), AT(1), RW), 0);
    store(parent, 0, 3);
    expect_byte(child, 0, 3);
    end();
}

TEST(space_shared_memory_outlives_who_made_it)
{
    begin();
    fork_it();
    store(child, 1, 7);
    EXPECT_EQ(space_unmap(child, AT(0), AT(2)), 0);
    EXPECT_EQ(space_unmap(child, AT(2), AT(4)), 0);
    expect_byte(parent, 1, 7);
    EXPECT_EQ(space_unmap(parent, AT(0), AT(1)), 0);
    expect_byte(parent, 1, 7);
    end();
}

TEST(space_shared_parts_join_again)
{
    begin();
    EXPECT_EQ(space_protect(parent, AT(1), AT(2), PROT_READ), 0);
    EXPECT_EQ(region_count(), 3);
    EXPECT_EQ(space_protect(parent, AT(1), AT(2), RW), 0);
    EXPECT_EQ(region_count(), 1);
    EXPECT_EQ(map_object(parent, PAGES, RW), 0); /* another one */
    EXPECT_EQ(region_count(), 2);
    end();
}

TEST(space_shared_memory_is_no_data)
{
    begin();
    EXPECT_EQ(parent->regions.pages, PAGES);
    EXPECT_EQ(parent->regions.data_pages, 0);
    end();
}

TEST(space_peek_sees_shared_pages)
{
    uint8_t bytes[2] = {0, 0};

    begin();
    fork_it();
    store(parent, 1, 5);
    EXPECT_EQ(space_peek(child, bytes, AT(1), 2), 2);
    EXPECT_EQ(bytes[0], 5);
    EXPECT_EQ(space_peek(child, bytes, AT(2), 1), 1);
    EXPECT_EQ(bytes[0], 0);
    end();
}

/* A region that is longer than its object: what lies behind is SIGBUS, if the rights would do. */
TEST(space_shared_memory_has_an_end)
{
    begin();
    struct region *region = region_find(&parent->regions, AT(0));
    const struct region longer = {.start = AT(8),
                                  .end = AT(8 + PAGES + 1),
                                  .prot = PROT_READ,
                                  .flags = REGION_SHARED,
                                  .shared = region->shared};
    EXPECT_EQ(space_map(parent, &longer), 0);
    store(parent, 3, 9);
    expect_byte(parent, 8 + 3, 9);
    EXPECT_EQ(fault_resolve(parent, AT(8 + PAGES), PLAT_READ), -EFAULT);
    EXPECT(fault_is_bus(parent, AT(8 + PAGES) + 5, PLAT_READ));
    EXPECT(!fault_is_bus(parent, AT(8 + PAGES), PLAT_WRITE));
    EXPECT(!fault_is_bus(parent, AT(8 + PAGES) - 1, PLAT_READ));
    EXPECT(!fault_is_bus(parent, AT(8 + PAGES + 1), PLAT_READ));
    EXPECT(!fault_is_bus(parent, USER_END, PLAT_READ));
    end();
}

static int touch(void *unused)
{
    (void)unused;
    return fault_resolve(parent, AT(1), PLAT_WRITE);
}

static void map_again(void *unused)
{
    (void)unused;
    EXPECT_EQ(map_object(parent, 0, RW), 0);
}

static int map_over(void *unused)
{
    (void)unused;
    return map_object(parent, 0, RW);
}

static void nothing(void *unused)
{
    (void)unused;
}

TEST(space_shared_memory_without_memory)
{
    begin();
    fixture_fail_each(touch, map_again, NULL);
    fixture_fail_each(map_over, nothing, NULL);
    end();
}

/* Only the leaf is missing. */
TEST(space_shared_page_stays_when_its_leaf_finds_no_memory)
{
    begin();
    store(parent, 1, 5);
    fork_it();
    space_use(child);
    fixture_fail_each(touch, nothing, NULL);
    expect_byte(child, 1, 5);
    end();
}

TEST_DIES(space_check_sees_a_leaf_that_is_not_the_objects, "check_leaf: leaf.pa == pa")
{
    struct pt_leaf leaf;
    uint64_t refs = 0;
    uint64_t tables = 0;

    begin();
    store(parent, 0, 1);
    store(parent, 1, 1);
    EXPECT(pt_find(parent->root, AT(0), &leaf));
    frame_get(leaf.pa);
    pt_replace(&parent->tlb, parent->root, AT(1), leaf.pa, RW);
    space_check(parent, &refs, &tables);
}
