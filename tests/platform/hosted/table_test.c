/* Each report of the registry of tables fires where it should, and not for the legal way. */
#include "table.h"

#include "ram.h"
#include "rig.h"
#include "sanitizer.h"

#define VA ((uaddr_t)0x40201000)

static paddr_t root;

static void start(void)
{
    rig_start(VTLB_ADVERSARIAL);
    root = rig_table();
}

static void start_used(void)
{
    start();
    plat_space_use(root, 1);
}

TEST(open_zeroes)
{
    start();
    paddr_t pa = rig_page();
    __builtin_memset(plat_phys_ptr(pa, PLAT_PAGE_SIZE), 0xff, PLAT_PAGE_SIZE);
    plat_table_open(pa);
    for (unsigned i = 0; i < PLAT_PTE_COUNT; i++) {
        EXPECT_EQ(plat_pte_load(pa, i), 0);
    }
    plat_table_close(pa);
    rig_free(pa);
}

TEST(load_is_what_was_stored)
{
    start();
    pte_t desc = rig_page() | RIG_RW;
    plat_pte_store(root, 511, desc);
    EXPECT_EQ(plat_pte_load(root, 511), desc); /* published or not */
    plat_pte_store(root, 0, (pte_t)0xabc << 20);
    EXPECT_EQ(plat_pte_load(root, 0), (pte_t)0xabc << 20);
}

/* ---- open and close ---- */

TEST_DIES(open_free_frame, "REPORT table.not-owned")
{
    start();
    plat_table_open(rig_next);
}

TEST_DIES(open_twice, "REPORT table.not-owned")
{
    start();
    plat_table_open(root);
}

TEST_DIES(open_mapped_frame, "REPORT table.opened-while-mapped")
{
    start();
    paddr_t pa = rig_page();
    rig_map(root, VA, pa | RIG_RW);
    plat_table_open(pa);
}

TEST_DIES(open_off_a_page, "REPORT ram.range")
{
    start();
    plat_table_open(rig_page() + 8);
}

TEST_DIES(close_what_is_not_open, "REPORT table.not-open")
{
    start();
    plat_table_close(rig_page());
}

TEST_DIES(close_with_entries, "REPORT table.closed-with-entries")
{
    start();
    paddr_t table = rig_table();
    plat_pte_store(table, 7, rig_page() | RIG_RW);
    plat_table_close(table);
}

TEST(close_with_invalid_entries)
{
    start();
    paddr_t table = rig_table();
    plat_pte_store(table, 7, rig_page() | RIG_RW);
    plat_pte_store(table, 7, (pte_t)1 << 55); /* software's */
    plat_table_close(table);
    rig_free(table);
}

TEST_DIES(close_linked, "REPORT table.closed-while-linked: descriptor 1 of table 0x40000000")
{
    start();
    plat_table_close(rig_walk(root, VA, 2));
}

TEST_DIES(close_loaded, "REPORT table.closed-while-loaded")
{
    start_used();
    plat_table_close(root);
}

TEST(close_after_use)
{
    start_used();
    plat_space_use(0, 0);
    plat_table_close(root);
    rig_free(root);
}

TEST_DIES(free_open_table, "REPORT frame.marked-while-table")
{
    start();
    rig_free(root);
}

TEST_DIES(mark_open_table, "REPORT frame.marked-while-table")
{
    start();
    plat_mem_mark(root, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
}

TEST(numbers_are_reused)
{
    start();
    for (unsigned i = 0; i < 1000; i++) {
        paddr_t table = rig_table();
        plat_table_close(table);
        rig_free(table);
        rig_next = table;
    }
    EXPECT_EQ(table_last(), 2);
}

/* ---- the only door ---- */

#if SANITIZER_ASAN
TEST_DIES(table_is_poisoned, "use-after-poison")
{
    start();
    *(volatile uint64_t *)plat_phys_ptr(root, 8) = 1;
}

TEST(closed_table_is_not)
{
    start();
    plat_table_close(root);
    *(volatile uint64_t *)plat_phys_ptr(root, 8) = 1;
}
#endif

TEST_DIES(load_index, "REPORT table.index")
{
    start();
    plat_pte_load(root, PLAT_PTE_COUNT);
}

TEST_DIES(store_index, "REPORT table.index")
{
    start();
    plat_pte_store(root, PLAT_PTE_COUNT, 0);
}

TEST_DIES(store_in_no_table, "REPORT table.not-open")
{
    start();
    plat_pte_store(rig_page(), 0, 0);
}

TEST_DIES(load_from_closed_table, "REPORT table.not-open")
{
    start();
    plat_table_close(root);
    plat_pte_load(root, 0);
}

/* ---- links ---- */

TEST_DIES(link_with_zeroing_unpublished, "REPORT table.linked-unpublished")
{
    start();
    paddr_t table = rig_page();
    plat_table_open(table);
    plat_pte_store(root, 0, table | RIG_LINK);
}

TEST_DIES(link_with_entry_unpublished, "REPORT table.linked-unpublished")
{
    start();
    paddr_t table = rig_table();
    plat_pte_store(table, 0, rig_page() | RIG_RW);
    plat_pte_store(root, 0, table | RIG_LINK);
}

TEST_DIES(link_with_entry_below_unpublished, "REPORT table.linked-unpublished")
{
    start();
    paddr_t middle = rig_table();
    plat_pte_store(rig_walk(middle, VA, 2), 0, rig_page() | RIG_RW);
    plat_pte_store(root, 0, middle | RIG_LINK);
}

TEST(link_published)
{
    start();
    paddr_t table = rig_page();
    plat_table_open(table);
    plat_pte_store(table, 0, rig_page() | RIG_RW);
    plat_tlb_flush_asid(1); /* publishes */
    plat_pte_store(root, 0, table | RIG_LINK);
    plat_pte_store(table, 1, rig_page() | RIG_RW); /* linked already: invalid until published */
    plat_pte_publish();
}

TEST_DIES(link_twice, "REPORT table.linked-twice")
{
    start();
    paddr_t table = rig_table();
    plat_pte_store(root, 0, table | RIG_LINK);
    plat_pte_store(root, 1, table | RIG_LINK);
}

TEST_DIES(link_in_two_spaces, "REPORT table.linked-twice")
{
    start();
    paddr_t other = rig_table();
    plat_pte_store(other, 0, rig_walk(root, VA, 2) | RIG_LINK);
}

TEST(link_again)
{
    start();
    paddr_t table = rig_table();
    plat_pte_store(root, 0, table | RIG_LINK);
    plat_pte_store(root, 0, 0);
    plat_pte_publish();
    plat_pte_store(root, 1, table | RIG_LINK);
    plat_pte_store(root, 1, table | RIG_LINK | DESC_READ_ONLY_TABLE);
}

TEST_DIES(link_itself, "REPORT table.linked-root")
{
    start();
    plat_pte_store(root, 0, root | RIG_LINK);
}

TEST_DIES(link_a_root_in_use, "REPORT table.linked-root")
{
    start_used();
    plat_pte_store(rig_table(), 0, root | RIG_LINK);
}

TEST_DIES(use_a_linked_table, "REPORT table.linked-root")
{
    start();
    plat_space_use(rig_walk(root, VA, 2), 1);
}

TEST_DIES(use_a_frame, "REPORT table.not-open")
{
    start();
    plat_space_use(rig_page(), 1);
}

TEST_DIES(map_a_table, "REPORT table.mapped: va 0x40201000")
{
    start_used();
    paddr_t table = rig_table();
    rig_store(root, VA, table | RIG_RW);
}

TEST_DIES(map_a_table_before_use, "REPORT table.mapped")
{
    struct plat_fault fault;

    start();
    rig_map(root, VA, rig_table() | RIG_RW);
    plat_space_use(root, 1);
    rig_read(VA, &fault);
}

TEST_DIES(link_a_frame, "REPORT table.not-open")
{
    start_used();
    plat_pte_store(root, 0, rig_page() | RIG_LINK | DESC_NOT_GLOBAL);
}

TEST_DIES(link_a_frame_before_use, "REPORT table.not-open")
{
    struct plat_fault fault;

    start();
    plat_pte_store(root, 0, rig_page() | RIG_LINK | DESC_NOT_GLOBAL);
    plat_pte_publish();
    plat_space_use(root, 1);
    rig_read(0, &fault);
}

TEST_DIES(map_a_free_frame, "REPORT frame.mapped-while-free")
{
    start();
    rig_store(root, VA, (rig_next + 10 * PLAT_PAGE_SIZE) | RIG_RW);
}

TEST(too_deep_is_never_walked)
{
    start_used();
    paddr_t leaf_table = rig_walk(root, VA, 3);
    EXPECT_EQ(table_find(leaf_table)->parent_index, desc_index(VA, 2));
    struct table_place place;
    EXPECT(table_find_place(table_find(leaf_table), desc_index(VA, 3), &place));
    EXPECT_EQ(place.va, VA);
    EXPECT_EQ(place.level, 3);
    EXPECT_EQ(place.root->pa, root);
    /* Nobody has said yet that middle is not a root. */
    paddr_t middle = rig_table();
    paddr_t below = rig_walk(middle, VA, 3);
    plat_pte_store(below, 0, rig_table() | RIG_LINK);
    plat_pte_publish();
    EXPECT(!table_find_place(table_child(table_find(below), 0), 0, &place));
}

TEST(mapped_is_counted)
{
    start();
    paddr_t pa = rig_page();
    rig_map(root, VA, pa | RIG_RW);
    rig_map(root, VA + PLAT_PAGE_SIZE, pa | RIG_RW);
    EXPECT_EQ(ram_frame(pa)->mapped, 2);
    rig_store(root, VA, pa | RIG_RO);
    EXPECT_EQ(ram_frame(pa)->mapped, 2);
    rig_store(root, VA, 0);
    rig_store(root, VA + PLAT_PAGE_SIZE, rig_page() | RIG_RW);
    EXPECT_EQ(ram_frame(pa)->mapped, 0);
    rig_free(pa);
}
