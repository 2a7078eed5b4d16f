/* The walker, and what mmu_translate adds to it. */
#include "mmu.h"

#include <string.h>

#include "ram.h"
#include "rig.h"

enum { ASID = 1 };

#define VA ((uaddr_t)0x40201000)

static paddr_t root;

static void start(void)
{
    rig_start(VTLB_ADVERSARIAL);
    root = rig_table();
    plat_space_use(root, ASID);
}

static void expect_fault(uaddr_t va, enum plat_access access, enum plat_fault_kind kind,
                         unsigned level)
{
    struct plat_fault fault;

    EXPECT_EQ(mmu_translate(va, access, &fault), NULL);
    EXPECT_EQ(fault.addr, va);
    EXPECT_EQ(fault.access, access);
    EXPECT_EQ(fault.kind, kind);
    EXPECT_EQ(fault.level, level);
}

static void expect_host(uaddr_t va, enum plat_access access, paddr_t pa)
{
    struct plat_fault fault;

    EXPECT_EQ((uint8_t *)mmu_translate(va, access, &fault), ram_host(pa));
}

static void map(uaddr_t va, pte_t desc)
{
    rig_map(root, va, desc);
}

TEST(page)
{
    start();
    paddr_t pa = rig_page();
    map(VA, pa | RIG_RW);
    expect_host(VA, PLAT_READ, pa);
    expect_host(VA + 4095, PLAT_WRITE, pa + 4095);
    expect_fault(VA + 4096, PLAT_READ, PLAT_FAULT_TRANSLATION, 3);
    expect_fault(VA - 1, PLAT_READ, PLAT_FAULT_TRANSLATION, 3);
}

TEST(levels_of_translation_faults)
{
    start();
    map(VA, rig_page() | RIG_RW);
    expect_fault(VA + PLAT_PAGE_SIZE, PLAT_READ, PLAT_FAULT_TRANSLATION, 3);
    expect_fault(VA + 0x200000, PLAT_WRITE, PLAT_FAULT_TRANSLATION, 2);
    expect_fault(VA + 0x40000000, PLAT_FETCH, PLAT_FAULT_TRANSLATION, 1);
    expect_fault((uaddr_t)1 << 39, PLAT_READ, PLAT_FAULT_TRANSLATION, 0);
    expect_fault(UINT64_MAX, PLAT_READ, PLAT_FAULT_TRANSLATION, 0);
    expect_fault(VA | (uaddr_t)0xff << 56, PLAT_READ, PLAT_FAULT_TRANSLATION, 0); /* no tags */
}

TEST(no_space)
{
    start();
    map(VA, rig_page() | RIG_RW);
    plat_space_use(0, 0);
    expect_fault(VA, PLAT_READ, PLAT_FAULT_TRANSLATION, 0);
}

TEST(rights)
{
    start();
    paddr_t pa = rig_page();
    plat_icache_sync(pa, PLAT_PAGE_SIZE);
    map(VA, pa | RIG_RO);
    map(VA + 0x1000, pa | RIG_RX);
    map(VA + 0x2000, pa | (RIG_RWX & ~DESC_EL0)); /* execute only */
    map(VA + 0x3000, pa | (RIG_RW & ~DESC_EL0));
    expect_host(VA, PLAT_READ, pa);
    expect_fault(VA, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3);
    expect_fault(VA, PLAT_FETCH, PLAT_FAULT_PERMISSION, 3);
    expect_host(VA + 0x1000, PLAT_FETCH, pa);
    expect_fault(VA + 0x1000, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3);
    expect_host(VA + 0x2000, PLAT_FETCH, pa);
    expect_fault(VA + 0x2000, PLAT_READ, PLAT_FAULT_PERMISSION, 3);
    expect_fault(VA + 0x3000, PLAT_READ, PLAT_FAULT_PERMISSION, 3);
    expect_fault(VA + 0x3000, PLAT_FETCH, PLAT_FAULT_PERMISSION, 3);
}

static void map_under(pte_t table_bits, unsigned level, uaddr_t va, pte_t leaf)
{
    rig_store(root, va, leaf);
    plat_pte_publish();
    paddr_t table = rig_walk(root, va, level);
    plat_pte_store(table, desc_index(va, level),
                   plat_pte_load(table, desc_index(va, level)) | table_bits);
    plat_tlb_flush_asid(ASID);
}

TEST(rights_of_tables)
{
    start();
    paddr_t pa = rig_page();
    plat_icache_sync(pa, PLAT_PAGE_SIZE);
    map_under(DESC_READ_ONLY_TABLE, 1, 0x00000000, pa | RIG_RW);
    map_under(DESC_NO_EL0_TABLE, 2, 0x40000000, pa | RIG_RWX);
    map_under(DESC_UXN_TABLE, 1, 0x80000000, pa | RIG_RX);
    expect_host(0x00000000, PLAT_READ, pa);
    expect_fault(0x00000000, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3);
    expect_fault(0x40000000, PLAT_READ, PLAT_FAULT_PERMISSION, 3);
    expect_host(0x40000000, PLAT_FETCH, pa);
    expect_host(0x80000000, PLAT_READ, pa);
    expect_fault(0x80000000, PLAT_FETCH, PLAT_FAULT_PERMISSION, 3);
}

TEST(access_flag_before_rights)
{
    start();
    map(VA, rig_page() | (RIG_RO & ~DESC_ACCESSED));
    expect_fault(VA, PLAT_READ, PLAT_FAULT_ACCESS_FLAG, 3);
    expect_fault(VA, PLAT_WRITE, PLAT_FAULT_ACCESS_FLAG, 3);
}

TEST(blocks)
{
    start();
    plat_mem_mark(0x40200000, 0x200000, PLAT_MEM_DEFINED);
    rig_store_at(root, 0x80200000, 2, 0x40200000 | (RIG_RO & ~DESC_TABLE));
    rig_store_at(root, 0xc0000000, 1, 0x40000000 | (RIG_RW & ~DESC_TABLE));
    plat_pte_publish();
    expect_host(0x80323456, PLAT_READ, 0x40323456);
    expect_fault(0x80323456, PLAT_WRITE, PLAT_FAULT_PERMISSION, 2);
    expect_host(0xc0323456, PLAT_WRITE, 0x40323456);
    expect_fault(0xc0323456, PLAT_FETCH, PLAT_FAULT_PERMISSION, 1);
}

TEST(reserved_at_the_last_level)
{
    start();
    rig_store(root, VA, (RIG_RW & ~DESC_TABLE) | 0x40001000);
    plat_pte_publish();
    expect_fault(VA, PLAT_READ, PLAT_FAULT_TRANSLATION, 3);
}

TEST(address_size)
{
    start();
    map(VA, (pte_t)1 << 40 | (RIG_RW & ~DESC_ACCESSED));
    rig_store_at(root, 0x80200000, 2, (pte_t)1 << 47 | (RIG_RW & ~DESC_TABLE));
    plat_pte_publish();
    expect_fault(VA, PLAT_READ, PLAT_FAULT_ADDRESS_SIZE, 3); /* before the access flag */
    expect_fault(0x80200000, PLAT_READ, PLAT_FAULT_ADDRESS_SIZE, 2);
}

TEST(outside_ram)
{
    start();
    map(VA, 0x09000000 | RIG_RW);
    map(VA + 0x1000, (pte_t)1 << 39 | RIG_RO);
    expect_fault(VA, PLAT_READ, PLAT_FAULT_BUS, 3);
    expect_fault(VA + 0x1000, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3);
}

TEST(walk_out_of_ram)
{
    struct mmu_walk walk;

    start();
    paddr_t other = rig_table();
    plat_pte_store(other, 1, (pte_t)0x09000000 | RIG_LINK | DESC_NOT_GLOBAL);
    mmu_walk(other, VA, &walk);
    EXPECT(!walk.ok);
    EXPECT_EQ(walk.kind, PLAT_FAULT_BUS);
}

/* ---- instructions ---- */

TEST_DIES(fetch_unsynced, "REPORT icache.unsynced")
{
    struct plat_fault fault;

    start();
    map(VA, rig_page() | RIG_RX);
    mmu_translate(VA, PLAT_FETCH, &fault);
}

TEST_DIES(fetch_synced_for_the_last_owner, "REPORT icache.unsynced")
{
    struct plat_fault fault;

    start();
    paddr_t pa = rig_page();
    plat_icache_sync(pa, PLAT_PAGE_SIZE);
    rig_free(pa);
    rig_next = pa;
    map(VA, rig_page() | RIG_RX);
    mmu_translate(VA, PLAT_FETCH, &fault);
}

TEST_DIES(fetch_beside_what_was_synced, "REPORT icache.unsynced")
{
    struct plat_fault fault;

    start();
    paddr_t pa = rig_page();
    map(VA, rig_page() | RIG_RX);
    plat_icache_sync(pa, PLAT_PAGE_SIZE);
    mmu_translate(VA, PLAT_FETCH, &fault);
}

TEST(sync_reaches_each_page_it_touches)
{
    start();
    paddr_t pa = rig_page();
    paddr_t next = rig_page();
    map(VA, pa | RIG_RX);
    map(VA + 0x1000, next | RIG_RX);
    plat_icache_sync(pa + 4000, 100);
    expect_host(VA, PLAT_FETCH, pa);
    expect_host(VA + 0x1000, PLAT_FETCH, next);
}

/* The kernel writes to a page that it has synced, and executes it. */
TEST_DIES(fetch_written_after_the_sync, "was written after it was synced")
{
    start();
    paddr_t pa = rig_page();
    map(VA, pa | RIG_RX);
    plat_icache_sync(pa, PLAT_PAGE_SIZE);
    memset(plat_phys_ptr(pa, 8), 1, 8);
    expect_host(VA, PLAT_FETCH, pa);
}

/* A program that writes its own code sees to it itself. */
TEST(fetch_written_by_the_program)
{
    struct plat_fault fault;

    start();
    paddr_t pa = rig_page();
    map(VA, (pa | RIG_RX) & ~DESC_READ_ONLY);
    plat_icache_sync(pa, PLAT_PAGE_SIZE);
    EXPECT(rig_write(VA, &fault));
    expect_host(VA, PLAT_FETCH, pa);
}

TEST(reading_needs_no_sync)
{
    start();
    map(VA, rig_page() | RIG_RX);
    struct plat_fault fault;
    EXPECT(rig_read(VA, &fault));
}

/* ---- the epoch ---- */

static uint64_t last_epoch;

static void expect_new_epoch(void)
{
    EXPECT(mmu_epoch != last_epoch);
    last_epoch = mmu_epoch;
}

TEST(epoch_changes_with_all_that_matters)
{
    start();
    map(VA, rig_page() | RIG_RW);
    last_epoch = mmu_epoch;
    rig_store(root, VA, 0);
    expect_new_epoch();
    plat_tlb_flush(ASID, VA, 1);
    expect_new_epoch();
    plat_tlb_flush_asid(2);
    expect_new_epoch();
    plat_tlb_flush_all();
    expect_new_epoch();
    plat_space_use(0, 0);
    expect_new_epoch();
    rig_start(VTLB_NONE);
    expect_new_epoch();
    root = rig_table();
    plat_pte_store(root, 0, 0);
    expect_new_epoch();
}

TEST(epoch_stays_while_nothing_happens)
{
    start();
    paddr_t pa = rig_page();
    map(VA, pa | RIG_RW);
    last_epoch = mmu_epoch;
    expect_host(VA, PLAT_READ, pa);
    rig_enter();
    EXPECT_EQ(mmu_epoch, last_epoch);
}

/* A fault that takes an entry out of the TLB changes what the next access finds. */
