#include "mm/remap.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "platform/hosted/mmu_access.h"
#include "test.h"
#include "tests/core/fixture.h"

#define MIB2 ((uaddr_t)2 << 20)
#define VA ((uaddr_t)3 << 30)
#define AT(n) (VA + (uaddr_t)(n)*PAGE_SIZE)

/* Other tables hold what lies there. */
#define FAR(n) (((uaddr_t)5 << 30) + MIB2 + (uaddr_t)(n)*PAGE_SIZE)

enum { RW = PROT_READ | PROT_WRITE };

static struct space *space;

/* Six pages at AT(0), of which 1, 2 and 4 are there and hold their number. */
static void begin(void)
{
    fixture_begin(256);
    space = fixture_space();
    fixture_map(space, AT(0), AT(6), RW);
    EXPECT_EQ(fixture_store(AT(1), 1), 0);
    EXPECT_EQ(fixture_store(AT(2), 2), 0);
    EXPECT_EQ(fixture_store(AT(4), 4), 0);
}

static void end(void)
{
    fixture_check_spaces(&space, 1);
    space_put(space);
    fixture_end();
}

static void expect_byte(uaddr_t at, uint8_t expected)
{
    uint8_t byte = 9;

    EXPECT_EQ(fixture_load(at, &byte), 0);
    EXPECT_EQ(byte, expected);
}

static void expect_nothing(uaddr_t at)
{
    EXPECT_EQ(fixture_load(at, &(uint8_t){0}), -EFAULT);
}

static paddr_t frame_at(uaddr_t va)
{
    struct pt_leaf leaf;

    EXPECT(pt_find(space->root, va, &leaf));
    return leaf.pa;
}

TEST(remap_moves_the_pages)
{
    begin();
    paddr_t frame = frame_at(AT(2));
    uint64_t used = fixture_frames_used();
    EXPECT_EQ(space_move(space, AT(0), 6 * PAGE_SIZE, FAR(0), 6 * PAGE_SIZE, false), 0);
    EXPECT_EQ(frame_at(FAR(2)), frame);
    EXPECT_EQ(fixture_frames_used(), used);
    expect_nothing(AT(2));
    expect_byte(FAR(0), 0);
    expect_byte(FAR(1), 1);
    expect_byte(FAR(4), 4);
    EXPECT_EQ(fixture_store(FAR(4), 5), 0);
    EXPECT_EQ(region_count(), 1);
    EXPECT_EQ(space->resident, 4);
    end();
}

TEST(remap_moves_a_part_and_makes_it_longer)
{
    begin();
    EXPECT_EQ(space_move(space, AT(2), 2 * PAGE_SIZE, FAR(0), 4 * PAGE_SIZE, false), 0);
    expect_byte(AT(1), 1);
    expect_nothing(AT(2));
    expect_byte(AT(4), 4);
    expect_byte(FAR(0), 2);
    expect_byte(FAR(3), 0);
    expect_nothing(FAR(4));
    EXPECT_EQ(region_count(), 3);
    end();
}

TEST(remap_within_one_table)
{
    begin();
    EXPECT_EQ(space_move(space, AT(0), 6 * PAGE_SIZE, AT(6), 6 * PAGE_SIZE, false), 0);
    expect_byte(AT(8), 2);
    expect_nothing(AT(2));
    end();
}

TEST(remap_across_tables)
{
    const uaddr_t to = FAR(0) - 2 * PAGE_SIZE;

    begin();
    EXPECT_EQ(space_move(space, AT(0), 6 * PAGE_SIZE, to, 6 * PAGE_SIZE, false), 0);
    expect_byte(to + PAGE_SIZE, 1);
    expect_byte(to + 2 * PAGE_SIZE, 2);
    expect_byte(to + 4 * PAGE_SIZE, 4);
    end();
}

TEST(remap_keeps_the_old_mapping_empty)
{
    begin();
    EXPECT_EQ(space_move(space, AT(1), 2 * PAGE_SIZE, FAR(0), 2 * PAGE_SIZE, true), 0);
    expect_byte(AT(1), 0);
    expect_byte(AT(4), 4);
    expect_byte(FAR(0), 1);
    expect_byte(FAR(1), 2);
    EXPECT_EQ(space->regions.pages, 8);
    end();
}

/* Rights, taken ones too, go along; so does what a fork shares. */
TEST(remap_moves_every_kind_of_page)
{
    struct space *child = NULL;

    begin();
    EXPECT_EQ(space_fork(space, &child), 0);
    EXPECT_EQ(space_protect(space, AT(0), AT(6), PROT_NONE), 0);
    EXPECT_EQ(space_move(space, AT(0), 6 * PAGE_SIZE, FAR(0), 6 * PAGE_SIZE, false), 0);
    expect_nothing(FAR(2));
    EXPECT_EQ(space_protect(space, FAR(0), FAR(6), RW), 0);
    EXPECT_EQ(fixture_store(FAR(2), 7), 0);
    space_use(child);
    expect_byte(AT(2), 2);
    space_use(space);
    fixture_check_spaces((struct space *[]){space, child}, 2);
    space_put(child);
    end();
}

/* No translation has moved and no table has become empty, so that no flush publishes the tables
 * that were linked. */
TEST(remap_publishes_pages_without_rights)
{
    uint8_t byte;

    begin();
    fixture_map(space, AT(8), AT(9), RW);
    EXPECT_EQ(fixture_store(AT(8), 8), 0);
    EXPECT_EQ(space_protect(space, AT(0), AT(6), PROT_NONE), 0);
    EXPECT_EQ(space_move(space, AT(0), 6 * PAGE_SIZE, FAR(0), 6 * PAGE_SIZE, false), 0);
    EXPECT_EQ(user_read(&byte, FAR(2), sizeof(byte)), -EFAULT);
    end();
}

TEST(remap_of_a_file_goes_on_in_the_file)
{
    static uint8_t file[4 * PAGE_SIZE];

    begin();
    for (unsigned i = 0; i < 4; i++) {
        memset(file + i * PAGE_SIZE, (int)(0x10 + i), PAGE_SIZE);
    }
    const struct region region = {
        .start = AT(10), .end = AT(12), .prot = RW, .file = file, .file_len = sizeof(file)};
    EXPECT_EQ(space_map(space, &region), 0);
    EXPECT_EQ(space_move(space, AT(11), PAGE_SIZE, FAR(0), 3 * PAGE_SIZE, false), 0);
    expect_byte(AT(10), 0x10);
    expect_byte(FAR(0), 0x11);
    expect_byte(FAR(2), 0x13);
    end();
}

TEST(remap_of_shared_memory)
{
    struct region region = {.start = AT(10), .end = AT(12), .prot = RW, .flags = REGION_SHARED};

    begin();
    region.shared = shared_create(2);
    EXPECT_EQ(space_map(space, &region), 0);
    shared_put(region.shared);
    EXPECT_EQ(fixture_store(AT(11), 3), 0);
    EXPECT_EQ(space_move(space, AT(11), 0, FAR(0), PAGE_SIZE, false), 0); /* once more */
    expect_byte(FAR(0), 3);
    EXPECT_EQ(fixture_store(FAR(0), 4), 0);
    expect_byte(AT(11), 4);
    EXPECT_EQ(space_move(space, AT(10), 2 * PAGE_SIZE, FAR(10), 3 * PAGE_SIZE, false), 0);
    expect_byte(FAR(11), 4);
    EXPECT(fault_is_bus(space, FAR(12), PLAT_READ));
    end();
}

TEST(remap_extends_in_place)
{
    begin();
    EXPECT_EQ(space_extend(space, region_find(&space->regions, AT(0)), PAGE_SIZE), 0);
    EXPECT_EQ(region_count(), 1);
    expect_byte(AT(6), 0);
    expect_nothing(AT(7));
    end();
}

TEST(remap_of_code)
{
    struct plat_fault fault;

    begin();
    EXPECT_EQ(space_protect(space, AT(0), AT(6), PROT_READ | PROT_EXEC), 0);
    EXPECT(mmu_translate(AT(1), PLAT_FETCH, &fault) != NULL);
    EXPECT_EQ(space_move(space, AT(0), 6 * PAGE_SIZE, FAR(0), 6 * PAGE_SIZE, false), 0);
    EXPECT(mmu_translate(FAR(1), PLAT_FETCH, &fault) != NULL);
    EXPECT(mmu_translate(AT(1), PLAT_FETCH, &fault) == NULL);
    end();
}

/* ---- without memory ---- */

static int move_part(void *unused)
{
    (void)unused;
    return space_move(space, AT(1), 4 * PAGE_SIZE, FAR(0) - 3 * PAGE_SIZE, 4 * PAGE_SIZE, false);
}

static void move_back(void *unused)
{
    (void)unused;
    EXPECT_EQ(space_move(space, FAR(0) - 3 * PAGE_SIZE, 4 * PAGE_SIZE, AT(1), 4 * PAGE_SIZE, false),
              0);
}

static int extend(void *unused)
{
    (void)unused;
    return space_extend(space, region_find(&space->regions, AT(0)), PAGE_SIZE);
}

static void shorten(void *unused)
{
    (void)unused;
    EXPECT_EQ(space_unmap(space, AT(6), AT(7)), 0);
}

TEST(remap_without_memory_changes_nothing)
{
    begin();
    fixture_fail_each(move_part, move_back, NULL);
    fixture_fail_each(extend, shorten, NULL);
    EXPECT_EQ(region_count(), 1);
    expect_byte(AT(1), 1);
    expect_byte(AT(4), 4);
    end();
}

TEST_DIES(remap_to_what_is_not_free, "space_move: region_is_free")
{
    begin();
    EXPECT_EQ(space_move(space, AT(0), PAGE_SIZE, AT(5), PAGE_SIZE, false), 0);
}
