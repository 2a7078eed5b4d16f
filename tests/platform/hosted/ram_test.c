/* RAM: ranges, marks and their poison, the history that a report prints. */
#include "ram.h"

#include "report.h"
#include "rig.h"
#include "sanitizer.h"

static void start(void)
{
    rig_start(VTLB_ADVERSARIAL);
}

TEST(pointers_and_back)
{
    paddr_t pa;

    start();
    EXPECT_EQ(ram_size(), RIG_RAM);
    EXPECT_EQ((uint8_t *)plat_phys_ptr(RAM_BASE + 100, 1), ram_host(RAM_BASE) + 100);
    EXPECT(ram_find_host(ram_host(RAM_BASE + 100), &pa));
    EXPECT_EQ(pa, RAM_BASE + 100);
    EXPECT(!ram_find_host(&pa, &pa));
    EXPECT(!ram_find_host(ram_host(RAM_BASE) + RIG_RAM, &pa));
    EXPECT(ram_contains(RAM_BASE, RIG_RAM));
    EXPECT(!ram_contains(RAM_BASE, RIG_RAM + 1));
    EXPECT(!ram_contains(RAM_BASE - 1, 1));
    EXPECT(!ram_contains(RAM_BASE + 8, UINT64_MAX));
    plat_phys_ptr(RAM_BASE, RIG_RAM);
    plat_phys_ptr(RAM_BASE + RIG_RAM - 1, 1);
}

TEST_DIES(pointer_behind_ram, "REPORT ram.range")
{
    start();
    plat_phys_ptr(RAM_BASE + RIG_RAM - 1, 2);
}

TEST_DIES(pointer_to_nothing, "REPORT ram.range")
{
    start();
    plat_phys_ptr(RAM_BASE, 0);
}

TEST_DIES(mark_behind_ram, "REPORT ram.range")
{
    start();
    plat_mem_mark(RAM_BASE + RIG_RAM - PLAT_PAGE_SIZE, 2 * PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
}

TEST_DIES(mark_of_odd_size, "REPORT ram.range")
{
    start();
    plat_mem_mark(RAM_BASE, 12, PLAT_MEM_DEFINED);
}

TEST_DIES(sync_behind_ram, "REPORT ram.range")
{
    start();
    plat_icache_sync(RAM_BASE + RIG_RAM, 4);
}

TEST_DIES(freed_twice, "REPORT frame.freed-twice")
{
    start();
    paddr_t pa = rig_page();
    rig_free(pa);
    rig_free(pa);
}

TEST_DIES(freed_before_it_was_taken, "REPORT frame.freed-twice")
{
    start();
    rig_free(rig_next);
}

TEST_DIES(report_tells_who_freed, "freed, 1 marks ago:")
{
    start();
    paddr_t pa = rig_page();
    rig_free(pa);
    report("test", pa, "look");
}

#if SANITIZER_ASAN
/* The words that only the history can have. */
TEST_DIES(report_names_the_functions, "rig_free")
{
    start();
    paddr_t pa = rig_page();
    rig_free(pa);
    report("test", pa, "look");
}

TEST_DIES(free_at_boot, "use-after-poison")
{
    start();
    *(volatile uint8_t *)plat_phys_ptr(RAM_BASE, 1) = 1;
}

TEST_DIES(used_after_free, "use-after-poison")
{
    start();
    paddr_t pa = rig_page();
    rig_free(pa);
    *(volatile uint8_t *)plat_phys_ptr(pa + 17, 1) = 1;
}

TEST_DIES(asan_tells_the_history, "eft: frame 0x40000000: free")
{
    start();
    paddr_t pa = rig_page();
    rig_free(pa);
    *(volatile uint8_t *)plat_phys_ptr(pa + 17, 1) = 1;
}

TEST_DIES(part_of_a_page_freed, "use-after-poison")
{
    start();
    paddr_t pa = rig_page();
    plat_mem_mark(pa + 64, 16, PLAT_MEM_FREE);
    *(volatile uint8_t *)plat_phys_ptr(pa + 79, 1) = 1;
}
#endif

TEST(parts_of_a_page)
{
    start();
    paddr_t pa = rig_page();
    plat_mem_mark(pa + 64, 16, PLAT_MEM_FREE);
    *(volatile uint8_t *)plat_phys_ptr(pa + 63, 1) = 1;
    *(volatile uint8_t *)plat_phys_ptr(pa + 80, 1) = 1;
    plat_mem_mark(pa + 64, 8, PLAT_MEM_UNDEFINED);
    *(volatile uint8_t *)plat_phys_ptr(pa + 71, 1) = 1;
    EXPECT(ram_frame(pa)->is_owned);
    rig_free(pa); /* the rest of a pool's page goes with it */
    EXPECT(!ram_frame(pa)->is_owned);
}

TEST(undefined_is_not_zero)
{
    start();
    paddr_t pa = rig_page();
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_UNDEFINED);
    const uint8_t *bytes = plat_phys_ptr(pa, PLAT_PAGE_SIZE);
    EXPECT_EQ(bytes[0], 0xa5);
    EXPECT_EQ(bytes[PLAT_PAGE_SIZE - 1], 0xa5);
}

TEST(defined_keeps_the_contents)
{
    start();
    paddr_t pa = rig_page();
    uint8_t *bytes = plat_phys_ptr(pa, PLAT_PAGE_SIZE);
    bytes[7] = 7;
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
    EXPECT_EQ(bytes[7], 7);
}

TEST(new_ram_is_as_at_the_first_boot)
{
    start();
    paddr_t pa = rig_page();
    *(uint8_t *)plat_phys_ptr(pa, 1) = 1;
    start();
    EXPECT(!ram_frame(pa)->is_owned);
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
    EXPECT_EQ(*(uint8_t *)plat_phys_ptr(pa, 1), 0);
}
