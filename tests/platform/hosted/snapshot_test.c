/* Snapshots of the machine without a kernel; tests/lib has those of all of it. */
#include "snapshot.h"

#include "ram.h"
#include "rig.h"
#include "sanitizer.h"
#include "table.h"
#include "vtlb.h"
#include "vtlb_set.h"

enum { ASID = 5, OTHER_ASID = 6 };

#define VA ((uaddr_t)0x10000)

static void expect_restored(const struct snapshot *snapshot)
{
    EXPECT_STREQ(snapshot_restore(snapshot), NULL);
}

TEST(snapshot_bytes_of_ram)
{
    rig_start(VTLB_ADVERSARIAL);
    paddr_t kept = rig_page();
    paddr_t freed = rig_page();
    uint8_t *bytes = plat_phys_ptr(kept, PLAT_PAGE_SIZE);
    bytes[7] = 1;
    struct snapshot *snapshot = snapshot_take();
    for (unsigned i = 0; i < 3; i++) {
        paddr_t later = freed + PLAT_PAGE_SIZE;
        EXPECT_EQ((uint8_t *)plat_phys_ptr(kept, PLAT_PAGE_SIZE), bytes);
        bytes[7] = 2;
        rig_free(freed);
        plat_mem_mark(later, PLAT_PAGE_SIZE, PLAT_MEM_UNDEFINED);
        expect_restored(snapshot);
        EXPECT_EQ(bytes[7], 1);
        EXPECT(ram_frame(freed)->is_owned);
        EXPECT(!ram_frame(later)->is_owned);
        plat_mem_mark(later, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
        EXPECT_EQ(*(uint8_t *)plat_phys_ptr(later, 1), 0);
        rig_free(later);
    }
    snapshot_free(snapshot);
}

/* Core keeps pointers to what it has marked in parts, or several pages of at once. */
TEST(snapshot_bytes_that_core_points_to)
{
    rig_start(VTLB_NONE);
    paddr_t parts = rig_page();
    paddr_t array = rig_page() + PLAT_PAGE_SIZE;
    plat_mem_mark(parts + 64, PLAT_PAGE_SIZE - 64, PLAT_MEM_FREE);
    plat_mem_mark(array, 2 * PLAT_PAGE_SIZE, PLAT_MEM_UNDEFINED);
    uint8_t *of_parts = plat_phys_ptr(parts, 1);
    uint8_t *of_array = plat_phys_ptr(array, 2 * PLAT_PAGE_SIZE);
    of_parts[8] = 1;
    of_array[PLAT_PAGE_SIZE] = 1;
    struct snapshot *snapshot = snapshot_take();
    for (unsigned i = 0; i < 3; i++) {
        of_parts[8] = 2;
        of_array[PLAT_PAGE_SIZE] = 2;
        expect_restored(snapshot);
        EXPECT_EQ(of_parts[8], 1);
        EXPECT_EQ(of_array[PLAT_PAGE_SIZE], 1);
    }
    snapshot_free(snapshot);
}

/* What a program stores is noted once, and again when the log was begun anew. */
TEST(snapshot_stores_of_programs)
{
    struct plat_fault fault;

    rig_start(VTLB_ADVERSARIAL);
    paddr_t root = rig_table();
    paddr_t page = rig_page();
    rig_map(root, VA, page | RIG_RW);
    plat_space_use(root, ASID);
    struct snapshot *snapshot = snapshot_take();
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(rig_write(VA, &fault));
        expect_restored(snapshot);
        EXPECT_EQ(*ram_host(page), 0);
    }
    snapshot_free(snapshot);
}

/* Going back and forth between two: each time to all of it. */
TEST(snapshot_two_of_them)
{
    rig_start(VTLB_NONE);
    paddr_t page = rig_page();
    *(uint8_t *)plat_phys_ptr(page, 1) = 1;
    struct snapshot *first = snapshot_take();
    *(uint8_t *)plat_phys_ptr(page, 1) = 2;
    paddr_t later = rig_page();
    struct snapshot *second = snapshot_take();
    for (unsigned i = 0; i < 3; i++) {
        expect_restored(first);
        EXPECT_EQ(*ram_host(page), 1);
        EXPECT(!ram_frame(later)->is_owned);
        expect_restored(second);
        EXPECT_EQ(*ram_host(page), 2);
        EXPECT(ram_frame(later)->is_owned);
        expect_restored(second);
        EXPECT_EQ(*ram_host(page), 2);
    }
    snapshot_free(first);
    snapshot_free(second);
}

#if SANITIZER_ASAN
/* A pool poisons parts of pages. */
TEST(snapshot_poison)
{
    rig_start(VTLB_NONE);
    paddr_t pa = rig_page();
    uint8_t *bytes = plat_phys_ptr(pa, PLAT_PAGE_SIZE);
    plat_mem_mark(pa + 8, 16, PLAT_MEM_FREE);
    plat_mem_mark(pa + 1024, 1000, PLAT_MEM_FREE);
    plat_mem_mark(pa + PLAT_PAGE_SIZE - 8, 8, PLAT_MEM_FREE);
    struct snapshot *snapshot = snapshot_take();
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
    plat_mem_mark(pa + 512, 64, PLAT_MEM_FREE);
    expect_restored(snapshot);
    for (unsigned i = 0; i < PLAT_PAGE_SIZE; i++) {
        bool is_poisoned = (i >= 8 && i < 24) || (i >= 1024 && i < 2024) || i >= PLAT_PAGE_SIZE - 8;
        EXPECT_EQ(sanitizer_has_poison(bytes + i, 1), is_poisoned);
    }
    EXPECT(sanitizer_has_poison(bytes + PLAT_PAGE_SIZE, 1));
    snapshot_free(snapshot);
}
#endif

/* A translation that was cached then is cached again, and one that was not is not. */
static void check_tlb(enum vtlb_mode mode)
{
    struct plat_fault fault;

    rig_start(mode);
    paddr_t root = rig_table();
    paddr_t page = rig_page();
    rig_map(root, VA, page | RIG_RW);
    plat_space_use(root, ASID);
    EXPECT(rig_write(VA, &fault));
    struct snapshot *snapshot = snapshot_take();
    for (unsigned i = 0; i < 3; i++) {
        rig_store(root, VA, 0);
        plat_tlb_flush(ASID, VA, 1);
        EXPECT(!rig_read(VA, &fault));
        rig_map(root, VA + PLAT_PAGE_SIZE, page | RIG_RO);
        paddr_t other = rig_table();
        plat_space_use(other, OTHER_ASID);
        rig_enter();
        expect_restored(snapshot);
        EXPECT_EQ(mmu_root(), root);
        EXPECT(table_find(other) == NULL);
        EXPECT(rig_write(VA, &fault));
        EXPECT(!rig_read(VA + PLAT_PAGE_SIZE, &fault));
        EXPECT_EQ(ram_frame(page)->mapped, 1);
        rig_enter();
    }
    snapshot_free(snapshot);
}

TEST(snapshot_adversarial_tlb)
{
    check_tlb(VTLB_ADVERSARIAL);
}

TEST(snapshot_natural_tlb)
{
    check_tlb(VTLB_NATURAL);
}

TEST_DIES(snapshot_brings_back_what_was_cached, "tlb.stale")
{
    rig_start(VTLB_ADVERSARIAL);
    paddr_t root = rig_table();
    paddr_t page = rig_page();
    rig_map(root, VA, page | RIG_RW);
    plat_space_use(root, ASID);
    rig_enter();
    rig_store(root, VA, page | RIG_RO);
    struct snapshot *snapshot = snapshot_take();
    plat_tlb_flush(ASID, VA, 1);
    rig_enter();
    expect_restored(snapshot);
    rig_enter();
}

TEST(snapshot_choices_and_clock)
{
    static const uint8_t bytes[] = {1, 2, 3, 4};

    rig_start(VTLB_NONE);
    choice_use_bytes(bytes, sizeof(bytes));
    EXPECT_EQ(choice_next(PLAT_CHOOSE_THREAD, 256), 1);
    rig_enter();
    nsec_t now = plat_clock_now();
    struct snapshot *snapshot = snapshot_take();
    EXPECT_EQ(choice_next(PLAT_CHOOSE_THREAD, 256), 2);
    rig_enter();
    plat_power_off(3);
    expect_restored(snapshot);
    EXPECT_EQ(plat_clock_now(), now);
    EXPECT_EQ(choice_next(PLAT_CHOOSE_THREAD, 256), 2);
    EXPECT_EQ(machine_status(), 0);
    snapshot_free(snapshot);
}

TEST(snapshot_never_gives_an_old_epoch_again)
{
    rig_start(VTLB_NONE);
    struct snapshot *snapshot = snapshot_take();
    uint64_t epoch = mmu_epoch;
    expect_restored(snapshot);
    EXPECT(mmu_epoch > epoch);
    snapshot_free(snapshot);
}

TEST(snapshot_of_another_machine)
{
    rig_start(VTLB_ADVERSARIAL);
    struct snapshot *snapshot = snapshot_take();
    rig_start(VTLB_NATURAL);
    EXPECT_STREQ(snapshot_restore(snapshot),
                 "the machine has another TLB than when the snapshot was taken");
    rig_start(VTLB_ADVERSARIAL);
    expect_restored(snapshot);
    ram_release();
    EXPECT(snapshot_restore(snapshot) != NULL);
    snapshot_free(snapshot);
    snapshot_free(NULL);
}
