/*
 * Every report of the TLB model fires where it should, and not for the legal sequence beside it.
 * The model as a whole is compared with a plain one in vtlb_model_test.c.
 */
#include "vtlb.h"

#include "rig.h"
#include "vtlb_set.h"

enum { ASID = 1, OTHER_ASID = 2 };

#define VA ((uaddr_t)0x40201000)
#define VA2 (VA + PLAT_PAGE_SIZE)

static paddr_t root;

/* A space with a page at VA and one at VA2, both seen by the TLB. */
static void start_with(enum vtlb_mode mode, pte_t flags)
{
    struct plat_fault fault;

    rig_start(mode);
    root = rig_table();
    rig_map(root, VA, rig_page() | flags);
    rig_map(root, VA2, rig_page() | flags);
    plat_space_use(root, ASID);
    rig_enter();
    EXPECT(rig_read(VA, &fault));
    EXPECT(rig_read(VA2, &fault));
}

static void start(void)
{
    start_with(VTLB_ADVERSARIAL, RIG_RW);
}

static pte_t leaf(uaddr_t va)
{
    return plat_pte_load(rig_walk(root, va, 3), desc_index(va, 3));
}

static paddr_t unmap(uaddr_t va)
{
    paddr_t pa = leaf(va) & DESC_ADDRESS;

    rig_store(root, va, 0);
    return pa;
}

/* ---- stale entries ---- */

TEST(flush_after_unmap)
{
    start();
    paddr_t pa = unmap(VA);
    EXPECT_EQ(vtlb_set_count(), 1);
    plat_tlb_flush(ASID, VA, 1);
    EXPECT_EQ(vtlb_set_count(), 0);
    rig_enter();
    rig_free(pa);
}

TEST_DIES(no_flush_after_unmap, "REPORT tlb.stale: ASID 1, va 0x40201000, level 3: frame")
{
    start();
    unmap(VA);
    rig_enter();
}

TEST_DIES(flush_of_another_page, "REPORT tlb.stale")
{
    start();
    unmap(VA);
    plat_tlb_flush(ASID, VA2, 1);
    rig_enter();
}

TEST_DIES(flush_of_another_asid, "REPORT tlb.stale")
{
    start();
    unmap(VA);
    plat_tlb_flush_asid(OTHER_ASID);
    rig_enter();
}

TEST_DIES(flush_before_unmap, "REPORT tlb.stale")
{
    start();
    plat_tlb_flush(ASID, VA, 1);
    unmap(VA);
    rig_enter();
}

TEST(flush_of_a_range)
{
    start();
    unmap(VA);
    unmap(VA2);
    plat_tlb_flush(ASID, VA - 4 * PLAT_PAGE_SIZE, 100);
    rig_enter();
}

TEST(flush_of_the_asid_and_of_all)
{
    start();
    unmap(VA);
    plat_tlb_flush_asid(ASID);
    rig_enter();
    unmap(VA2);
    plat_tlb_flush_all();
    rig_enter();
}

TEST_DIES(copy_by_a_stale_entry, "REPORT tlb.stale")
{
    struct plat_fault fault;

    start();
    unmap(VA);
    rig_read(VA, &fault);
}

TEST(copy_beside_a_stale_entry)
{
    struct plat_fault fault;

    start();
    unmap(VA);
    EXPECT(rig_read(VA2, &fault));
}

TEST_DIES(stale_at_a_space_switch, "REPORT tlb.stale")
{
    start();
    unmap(VA);
    plat_space_use(0, 0);
}

/* ---- rights ---- */

TEST_DIES(fewer_rights_without_flush, "the tables give fewer rights")
{
    start();
    rig_store(root, VA, leaf(VA) | DESC_READ_ONLY);
    rig_enter();
}

TEST_DIES(no_more_execution_without_flush, "REPORT tlb.stale")
{
    start_with(VTLB_ADVERSARIAL, RIG_RX);
    rig_store(root, VA, leaf(VA) | DESC_UXN);
    rig_enter();
}

TEST_DIES(access_flag_taken_without_flush, "REPORT tlb.stale")
{
    start();
    rig_store(root, VA, leaf(VA) & ~DESC_ACCESSED);
    rig_enter();
}

TEST(fewer_rights_with_flush)
{
    struct plat_fault fault;

    start();
    rig_store(root, VA, leaf(VA) | DESC_READ_ONLY);
    plat_tlb_flush(ASID, VA, 1);
    rig_enter();
    EXPECT(!rig_write(VA, &fault));
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    EXPECT_EQ(fault.level, 3);
    EXPECT_EQ(fault.addr, VA);
}

/* The old rights are met until they are flushed. */
TEST(more_rights_without_flush)
{
    struct plat_fault fault;

    start_with(VTLB_ADVERSARIAL, RIG_RO);
    rig_store(root, VA, leaf(VA) & ~DESC_READ_ONLY);
    rig_enter();
    EXPECT(rig_read(VA, &fault));
    EXPECT(!rig_write(VA, &fault));
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
    EXPECT(!rig_write(VA, &fault));
    plat_tlb_flush(ASID, VA, 1);
    EXPECT(rig_write(VA, &fault));
    EXPECT_EQ(vtlb_set_count(), 0);
}

TEST(software_bits_change_nothing)
{
    start();
    rig_store(root, VA, leaf(VA) | DESC_SOFTWARE);
    EXPECT_EQ(vtlb_set_count(), 0);
    rig_enter();
}

/* A translation that kept its meaning is cached as long as the meaning. */
TEST_DIES(software_bits_hide_nothing, "REPORT tlb.stale")
{
    start();
    plat_space_use(0, 0);
    rig_store(root, VA, leaf(VA) | DESC_SOFTWARE);
    unmap(VA);
    plat_space_use(root, ASID);
}

TEST_DIES(table_rights_taken_without_flush, "REPORT tlb.stale")
{
    start();
    rig_store_at(root, VA, 2,
                 plat_pte_load(rig_walk(root, VA, 2), desc_index(VA, 2)) | DESC_READ_ONLY_TABLE);
    rig_enter();
}

TEST_DIES(table_rights_taken_with_one_flush_of_two, "REPORT tlb.stale")
{
    start();
    rig_store_at(root, VA, 2,
                 plat_pte_load(rig_walk(root, VA, 2), desc_index(VA, 2)) | DESC_READ_ONLY_TABLE);
    plat_tlb_flush(ASID, VA, 1);
    rig_enter();
}

TEST(table_rights_taken_with_flush)
{
    struct plat_fault fault;

    start();
    rig_store_at(root, VA, 2,
                 plat_pte_load(rig_walk(root, VA, 2), desc_index(VA, 2)) | DESC_READ_ONLY_TABLE);
    plat_tlb_flush(ASID, VA, 2);
    rig_enter();
    EXPECT(rig_read(VA, &fault));
    EXPECT(!rig_write(VA, &fault));
    EXPECT_EQ(fault.kind, PLAT_FAULT_PERMISSION);
}

/* ---- break before make ---- */

TEST_DIES(moved_in_place, "REPORT tlb.break-before-make")
{
    start();
    rig_store(root, VA, rig_page() | RIG_RW);
}

TEST_DIES(moved_without_flush_between, "REPORT tlb.break-before-make")
{
    start();
    unmap(VA);
    rig_store(root, VA, rig_page() | RIG_RW);
}

TEST(moved_with_flush_between)
{
    start();
    unmap(VA);
    plat_tlb_flush(ASID, VA, 1);
    rig_map(root, VA, rig_page() | RIG_RW);
    rig_enter();
}

/* Back to what it was: the same translation all along. */
TEST(unmapped_and_back)
{
    start();
    pte_t desc = leaf(VA);
    unmap(VA);
    rig_map(root, VA, desc);
    rig_enter();
}

TEST_DIES(memory_type_in_place, "REPORT tlb.break-before-make")
{
    start();
    rig_store(root, VA, leaf(VA) | 1 << 2);
}

TEST_DIES(shareability_in_place, "REPORT tlb.break-before-make")
{
    start();
    rig_store(root, VA, leaf(VA) ^ (pte_t)1 << 8);
}

TEST_DIES(global_in_place, "REPORT tlb.break-before-make")
{
    start();
    rig_store(root, VA, leaf(VA) ^ DESC_NOT_GLOBAL);
}

TEST(rights_in_place)
{
    start();
    rig_store(root, VA, leaf(VA) ^ (DESC_READ_ONLY | DESC_UXN | DESC_PXN | DESC_EL0));
    rig_store(root, VA2, leaf(VA2) ^ DESC_ACCESSED);
}

/* Without AF nothing is cached. */
TEST(moved_without_access_flag)
{
    start();
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    rig_map(root, va, rig_page() | (RIG_RW & ~DESC_ACCESSED));
    rig_enter();
    rig_map(root, va, rig_page() | RIG_RW);
    rig_enter();
}

TEST_DIES(block_to_table_in_place, "REPORT tlb.break-before-make")
{
    start();
    uaddr_t va = 0x80000000;
    plat_mem_mark(0x40200000, 0x200000, PLAT_MEM_DEFINED);
    rig_store_at(root, va, 2, 0x40200000 | (RIG_RW & ~DESC_TABLE));
    plat_pte_publish();
    rig_store_at(root, va, 2, 0);
    rig_store_at(root, va, 2, rig_table() | RIG_LINK);
}

TEST(block_to_table_with_flush)
{
    start();
    uaddr_t va = 0x80000000;
    plat_mem_mark(0x40200000, 0x200000, PLAT_MEM_DEFINED);
    rig_store_at(root, va, 2, 0x40200000 | (RIG_RW & ~DESC_TABLE));
    plat_pte_publish();
    rig_enter();
    rig_store_at(root, va, 2, 0);
    plat_tlb_flush(ASID, va + 0x5000, 1);
    rig_store_at(root, va, 2, rig_table() | RIG_LINK);
    plat_pte_publish();
    rig_enter();
}

/* A page of the old table is still cached where the new table says something else. */
TEST_DIES(table_replaced_over_a_cached_leaf, "REPORT tlb.break-before-make")
{
    start();
    paddr_t table = rig_table();
    plat_pte_store(table, desc_index(VA2, 3), rig_page() | RIG_RW);
    plat_pte_publish();
    rig_store_at(root, VA, 2, 0);
    plat_tlb_flush(ASID, VA, 1);
    rig_store_at(root, VA, 2, table | RIG_LINK);
}

/* ---- other spaces ---- */

TEST(tables_never_used_may_change)
{
    start();
    paddr_t other = rig_table();
    rig_map(other, VA, rig_page() | RIG_RW);
    rig_map(other, VA, rig_page() | RIG_RO);
    rig_map(other, VA, 0);
    rig_enter();
}

TEST_DIES(a_space_left_is_still_cached, "REPORT tlb.break-before-make")
{
    start();
    plat_space_use(0, 0);
    rig_store(root, VA, rig_page() | RIG_RW);
}

TEST_DIES(another_space_is_audited, "REPORT tlb.stale: ASID 1")
{
    start();
    paddr_t other = rig_table();
    plat_space_use(other, OTHER_ASID);
    unmap(VA);
    rig_enter();
}

TEST(a_space_left_and_flushed_may_change)
{
    start();
    plat_space_use(0, 0);
    plat_tlb_flush_asid(ASID);
    rig_map(root, VA, rig_page() | RIG_RO);
    unmap(VA2);
    EXPECT_EQ(vtlb_set_count(), 0);
    plat_space_use(root, ASID);
    rig_enter();
}

TEST(a_page_left_and_flushed_may_change)
{
    start();
    plat_space_use(0, 0);
    plat_tlb_flush(ASID, VA, 1);
    rig_map(root, VA, rig_page() | RIG_RO);
    plat_space_use(root, ASID);
    rig_enter();
}

TEST_DIES(the_page_beside_a_flushed_one, "REPORT tlb.break-before-make")
{
    start();
    plat_space_use(0, 0);
    plat_tlb_flush(ASID, VA, 1);
    rig_map(root, VA2, rig_page() | RIG_RO);
}

TEST_DIES(a_space_used_again_after_the_flush, "REPORT tlb.break-before-make")
{
    start();
    plat_space_use(0, 0);
    plat_tlb_flush_asid(ASID);
    plat_space_use(root, ASID);
    plat_space_use(0, 0);
    rig_store(root, VA, rig_page() | RIG_RW);
}

/* What is mapped after the last use was never seen. */
TEST(mapped_after_the_last_use)
{
    start();
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    plat_space_use(0, 0);
    rig_map(root, va, rig_page() | RIG_RW);
    rig_map(root, va, rig_page() | RIG_RW);
    EXPECT_EQ(vtlb_set_count(), 0);
}

TEST_DIES(asid_given_to_another_root, "REPORT tlb.stale: ASID 1")
{
    start();
    paddr_t other = rig_table();
    plat_space_use(other, ASID);
    rig_enter();
}

TEST(asid_given_to_another_root_with_flush)
{
    start();
    paddr_t other = rig_table();
    plat_space_use(0, 0);
    plat_tlb_flush_asid(ASID);
    plat_space_use(other, ASID);
    rig_enter();
}

TEST(asid_given_on_after_a_flush_of_all)
{
    start();
    paddr_t other = rig_table();
    plat_space_use(0, 0);
    plat_tlb_flush_all();
    plat_space_use(other, ASID);
    rig_enter();
    plat_space_use(root, OTHER_ASID);
    rig_enter();
}

TEST_DIES(old_asid_of_a_root_given_on, "REPORT tlb.stale: ASID 1")
{
    start();
    paddr_t other = rig_table();
    plat_space_use(root, OTHER_ASID);
    rig_enter();
    plat_space_use(other, ASID);
    rig_enter();
}

TEST_DIES(global_leaf_in_another_space, "REPORT tlb.stale: any ASID")
{
    start();
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    paddr_t other = rig_table();
    rig_map(root, va, rig_page() | (RIG_RW & ~DESC_NOT_GLOBAL));
    rig_enter();
    plat_space_use(0, 0);
    plat_tlb_flush_asid(ASID); /* does not reach global entries */
    plat_space_use(other, OTHER_ASID);
    rig_enter();
}

TEST(global_leaf_flushed)
{
    start();
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    paddr_t other = rig_table();
    rig_map(root, va, rig_page() | (RIG_RW & ~DESC_NOT_GLOBAL));
    rig_enter();
    plat_space_use(0, 0);
    plat_tlb_flush(OTHER_ASID, va, 1); /* reaches them whatever the ASID */
    plat_space_use(other, OTHER_ASID);
    rig_enter();
}

/* ---- tables and the walk cache ---- */

/* Unmaps both pages and unlinks their table; the flushes are the caller's. */
static paddr_t empty_table(void)
{
    unmap(VA);
    unmap(VA2);
    return rig_walk(root, VA, 3);
}

TEST(table_flushed_after_unlinking)
{
    start();
    paddr_t table = empty_table();
    rig_store_at(root, VA, 2, 0);
    plat_tlb_flush(ASID, VA, 2);
    rig_enter();
    plat_table_close(table);
    rig_free(table);
}

TEST_DIES(table_flushed_before_unlinking, "REPORT frame.freed-while-cached: ASID 1, va 0x40200000, "
                                          "level 2: table")
{
    start();
    paddr_t table = empty_table();
    plat_tlb_flush(ASID, VA, 2);
    rig_store_at(root, VA, 2, 0);
    plat_table_close(table);
}

TEST_DIES(table_unlinked_without_flush, "REPORT tlb.stale")
{
    start();
    empty_table();
    plat_tlb_flush(ASID, VA, 2);
    rig_store_at(root, VA, 2, 0);
    rig_enter();
}

TEST_DIES(full_table_unlinked_with_one_flush_of_two, "REPORT tlb.stale")
{
    start();
    rig_store_at(root, VA, 2, 0);
    plat_tlb_flush(ASID, VA, 1);
    rig_enter();
}

TEST(full_table_unlinked_with_flush)
{
    start();
    rig_store_at(root, VA, 2, 0);
    plat_tlb_flush(ASID, VA, 2);
    rig_enter();
}

TEST_DIES(stored_behind_the_back_of_a_walk_cache, "REPORT tlb.stale")
{
    start();
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    paddr_t table = empty_table();
    rig_store_at(root, VA, 2, 0);
    plat_pte_store(table, desc_index(va, 3), rig_page() | RIG_RW);
    plat_tlb_flush(ASID, VA, 2);
    rig_enter();
}

TEST_DIES(middle_table_freed_while_cached, "REPORT frame.freed-while-cached")
{
    start();
    paddr_t middle = rig_walk(root, VA, 2);
    paddr_t table = empty_table();
    rig_store_at(root, VA, 2, 0);
    rig_store_at(root, VA, 1, 0);
    plat_tlb_flush(ASID, 0x80000000, 1);
    plat_table_close(table);
    plat_table_close(middle);
}

/* ---- frames ---- */

TEST_DIES(freed_while_cached, "REPORT frame.freed-while-cached")
{
    start();
    rig_free(unmap(VA));
}

TEST_DIES(freed_while_mapped, "REPORT frame.freed-while-mapped")
{
    start();
    rig_free(leaf(VA) & DESC_ADDRESS);
}

TEST_DIES(freed_while_mapped_twice, "REPORT frame.freed-while-mapped")
{
    start();
    paddr_t pa = leaf(VA) & DESC_ADDRESS;
    rig_map(root, VA2 + PLAT_PAGE_SIZE, pa | RIG_RO);
    unmap(VA);
    plat_tlb_flush_all();
    rig_free(pa);
}

TEST_DIES(freed_within_a_block, "REPORT frame.freed-while-mapped")
{
    start();
    plat_mem_mark(0x40200000, 0x200000, PLAT_MEM_DEFINED);
    rig_store_at(root, 0x80000000, 2, 0x40200000 | (RIG_RW & ~DESC_TABLE));
    rig_free(0x40305000);
}

TEST_DIES(freed_within_a_cached_block, "REPORT frame.freed-while-cached")
{
    start();
    plat_mem_mark(0x40200000, 0x200000, PLAT_MEM_DEFINED);
    rig_store_at(root, 0x80000000, 2, 0x40200000 | (RIG_RW & ~DESC_TABLE));
    rig_store_at(root, 0x80000000, 2, 0);
    rig_free(0x40305000);
}

TEST_DIES(opened_while_cached, "REPORT frame.freed-while-cached")
{
    start();
    plat_table_open(unmap(VA));
}

/* ---- publication ---- */

TEST_DIES(unpublished_at_user_mode, "REPORT tlb.publish: descriptor 3 of table 0x40003000 (va "
                                    "0x40203000)")
{
    start();
    rig_store(root, VA2 + PLAT_PAGE_SIZE, rig_page() | RIG_RW);
    rig_enter();
}

TEST_DIES(unpublished_at_a_copy, "REPORT tlb.publish")
{
    struct plat_fault fault;

    start();
    rig_store(root, VA2 + PLAT_PAGE_SIZE, rig_page() | RIG_RW);
    rig_read(VA, &fault);
}

TEST(published_by_a_flush)
{
    start();
    rig_store(root, VA2 + PLAT_PAGE_SIZE, rig_page() | RIG_RW);
    plat_tlb_flush_asid(OTHER_ASID);
    rig_enter();
}

TEST(unpublished_elsewhere)
{
    start();
    paddr_t other = rig_table();
    rig_store(other, VA, rig_page() | RIG_RW);
    rig_enter();
}

TEST_DIES(unpublished_where_we_go, "REPORT tlb.publish")
{
    start();
    paddr_t other = rig_table();
    rig_store(other, VA, rig_page() | RIG_RW);
    plat_space_use(other, OTHER_ASID);
    rig_enter();
}

TEST_DIES(unpublished_root, "REPORT tlb.publish: root")
{
    start();
    paddr_t other = rig_page();
    plat_table_open(other);
    plat_space_use(other, OTHER_ASID);
    rig_enter();
}

/* Nobody has to see it before it is published, but a walker may. */
TEST_DIES(taken_back_before_publication, "REPORT tlb.stale")
{
    start();
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    rig_store(root, va, rig_page() | RIG_RW);
    rig_store(root, va, 0);
    plat_pte_publish();
    rig_enter();
}

/* ---- natural ---- */

/* Cancels the turn that the TLB gives its entries: always the one that came last goes. */
static uint32_t evict_the_last(unsigned kind, uint32_t bound, uint32_t answer)
{
    static uint32_t turn;

    return kind == CHOOSE_EVICT ? (2 * bound - 1 - turn++ % bound) % bound : answer;
}

TEST_DIES(natural_remembers, "REPORT tlb.stale")
{
    start_with(VTLB_NATURAL, RIG_RW);
    unmap(VA);
    rig_enter();
}

TEST(natural_has_seen_what_was_used)
{
    start_with(VTLB_NATURAL, RIG_RW);
    uaddr_t va = VA2 + PLAT_PAGE_SIZE;
    rig_map(root, va, rig_page() | RIG_RW);
    rig_enter();
    unmap(va);
    rig_enter();
}

TEST(natural_is_finite)
{
    struct plat_fault fault;

    start_with(VTLB_NATURAL, RIG_RW);
    for (unsigned i = 0; i < 200; i++) {
        rig_map(root, VA + i * PLAT_PAGE_SIZE + 0x400000, rig_page() | RIG_RW);
        EXPECT(rig_read(VA + i * PLAT_PAGE_SIZE + 0x400000, &fault));
    }
    EXPECT(vtlb_set_count() > VTLB_NATURAL_LEAVES);
    EXPECT(vtlb_set_count() <= VTLB_NATURAL_LEAVES + VTLB_NATURAL_TABLES);
    unmap(VA);
    unmap(VA2);
    rig_enter(); /* both have gone */
}

TEST_DIES(natural_eviction_is_a_choice, "REPORT tlb.stale")
{
    struct plat_fault fault;

    start_with(VTLB_NATURAL, RIG_RW);
    choice_hook = evict_the_last;
    for (unsigned i = 0; i < 200; i++) {
        rig_map(root, VA + i * PLAT_PAGE_SIZE + 0x400000, rig_page() | RIG_RW);
        EXPECT(rig_read(VA + i * PLAT_PAGE_SIZE + 0x400000, &fault));
    }
    unmap(VA);
    rig_enter();
}

TEST_DIES(natural_break_before_make, "REPORT tlb.break-before-make")
{
    start_with(VTLB_NATURAL, RIG_RW);
    rig_store(root, VA, rig_page() | RIG_RW);
}

TEST_DIES(natural_table_freed_while_cached, "REPORT frame.freed-while-cached")
{
    start_with(VTLB_NATURAL, RIG_RW);
    paddr_t table = empty_table();
    plat_tlb_flush(ASID, 0x80000000, 1);
    rig_store_at(root, VA, 2, 0);
    plat_table_close(table);
}

/* ---- none ---- */

TEST(none_checks_nothing)
{
    struct plat_fault fault;

    start_with(VTLB_NONE, RIG_RW);
    rig_store(root, VA, rig_page() | RIG_RW);
    rig_enter();
    EXPECT(rig_write(VA, &fault));
    rig_free(unmap(VA));
    rig_enter();
    EXPECT(!rig_write(VA, &fault));
    EXPECT_EQ(fault.kind, PLAT_FAULT_TRANSLATION);
}

/* ---- arguments ---- */

TEST_DIES(asid_zero, "REPORT tlb.asid")
{
    start();
    plat_tlb_flush_asid(0);
}

TEST_DIES(asid_too_wide, "REPORT tlb.asid")
{
    start();
    plat_space_use(root, 256); /* of 8 bits */
}

TEST_DIES(flush_of_no_pages, "REPORT tlb.flush-range")
{
    start();
    plat_tlb_flush(ASID, VA, 0);
}

TEST_DIES(flush_off_a_page, "REPORT tlb.flush-range")
{
    start();
    plat_tlb_flush(ASID, VA + 8, 1);
}

TEST_DIES(flush_past_the_end, "REPORT tlb.flush-range")
{
    start();
    plat_tlb_flush(ASID, ((uaddr_t)1 << 39) - PLAT_PAGE_SIZE, 2);
}

TEST(flush_of_the_whole_space)
{
    start();
    unmap(VA);
    plat_tlb_flush(ASID, 0, (size_t)1 << 27);
    plat_space_use(0, 0);
    plat_tlb_flush(ASID, 0, (size_t)1 << 27);
    unmap(VA2);
    EXPECT_EQ(vtlb_set_count(), 0);
}

/* Many entries at once: the hashed way through them. */
TEST(many_entries)
{
    enum { PAGES = 300 };

    start();
    for (unsigned i = 0; i < PAGES; i++) {
        rig_map(root, VA + i * PLAT_PAGE_SIZE + 0x400000, rig_page() | RIG_RW);
    }
    for (unsigned i = 0; i < PAGES; i++) {
        unmap(VA + i * PLAT_PAGE_SIZE + 0x400000);
    }
    EXPECT_EQ(vtlb_set_count(), PAGES);
    for (unsigned i = PAGES; i-- > 0;) {
        plat_tlb_flush(ASID, VA + i * PLAT_PAGE_SIZE + 0x400000, 1);
        EXPECT_EQ(vtlb_set_count(), i);
    }
    rig_enter();
}

/* Two entries in one chain, of which removing the first moves the second. */
TEST(entries_that_move_in_a_chain)
{
    enum { FILLERS = 20 };
    const uaddr_t filler = VA + 0x400000;

    start();
    for (unsigned i = 0; i < FILLERS; i++) {
        rig_map(root, filler + i * PLAT_PAGE_SIZE, rig_page() | RIG_RW);
    }
    for (unsigned i = 0; i < FILLERS; i++) {
        unmap(filler + i * PLAT_PAGE_SIZE);
    }
    rig_store(root, VA, leaf(VA) | DESC_READ_ONLY);
    unmap(VA);
    EXPECT_EQ(vtlb_set_count(), FILLERS + 2);
    plat_tlb_flush(ASID, filler, 1); /* the last takes its place */
    plat_tlb_flush(ASID, VA, 1);
    EXPECT_EQ(vtlb_set_count(), FILLERS - 1);
    plat_tlb_flush(ASID, filler, FILLERS);
    rig_enter();
}
