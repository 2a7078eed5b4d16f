/*
 * Pages are taken from RAM in rising order, and all given back at once. A table is published before
 * it is linked; it ends without entries, after the flush, and with no space in use.
 */
#include "testkernel.h"

#include "bare.h"
#include "base/panic.h"
#include "base/string.h"
#include "test.h"

enum {
    PAGES_MAX = 1024,
    TABLE_FLAGS = 3,
    LEVEL_LAST = 3,
};

struct plat_boot testkernel_boot;
unsigned testkernel_timer_calls, testkernel_console_calls;
nsec_t testkernel_timer_at;

static paddr_t pages[PAGES_MAX];
static unsigned page_count;
static paddr_t next_page; /* from here on RAM has not been looked at */

/* ---- what the machine calls ---- */

void kernel_boot(const struct plat_boot *boot)
{
    testkernel_boot = *boot;
    testkernel_timer_calls = 0;
    testkernel_console_calls = 0;
    page_count = 0;
    next_page = boot->ram.base;
}

enum kernel_state kernel_step(void)
{
    bare_run();
    plat_power_off(0);
    return KERNEL_OFF;
}

void kernel_on_timer(void)
{
    testkernel_timer_calls++;
    testkernel_timer_at = plat_clock_now();
}

void kernel_on_console(void)
{
    testkernel_console_calls++;
}

void kernel_dump(void)
{
}

/* ---- pages ---- */

/* Where the reserved range ends that overlaps the page at pa, or pa. */
static paddr_t behind_reserved(paddr_t pa)
{
    for (unsigned i = 0; i < testkernel_boot.reserved_count; i++) {
        const struct plat_range *range = &testkernel_boot.reserved[i];

        if (pa < range->base + range->size && range->base < pa + PLAT_PAGE_SIZE) {
            return page_up(range->base + range->size);
        }
    }
    return pa;
}

paddr_t testkernel_page(void)
{
    paddr_t pa = next_page;

    ASSERT(page_count < PAGES_MAX);
    while (behind_reserved(pa) != pa) {
        pa = behind_reserved(pa);
    }
    ASSERT(pa - testkernel_boot.ram.base < testkernel_boot.ram.size);
    next_page = pa + PLAT_PAGE_SIZE;
    pages[page_count++] = pa;
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_UNDEFINED);
    memset(plat_phys_ptr(pa, PLAT_PAGE_SIZE), 0, PLAT_PAGE_SIZE);
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
    return pa;
}

void testkernel_give_all(void)
{
    while (page_count) {
        plat_mem_mark(pages[--page_count], PLAT_PAGE_SIZE, PLAT_MEM_FREE);
    }
    next_page = testkernel_boot.ram.base;
}

/* ---- spaces ---- */

static paddr_t take_table(struct testkernel_space *space)
{
    paddr_t table = testkernel_page();

    ASSERT(space->table_count < TESTKERNEL_TABLES_MAX);
    plat_table_open(table);
    plat_pte_publish();
    space->tables[space->table_count++] = table;
    return table;
}

void testkernel_space_init(struct testkernel_space *space, asid_t asid)
{
    space->table_count = 0;
    space->asid = asid;
    space->root = take_table(space);
}

static unsigned index_at(uaddr_t va, unsigned level)
{
    return va >> (PLAT_PAGE_SHIFT + 9 * (LEVEL_LAST - level)) & (PLAT_PTE_COUNT - 1);
}

void testkernel_store(struct testkernel_space *space, uaddr_t va, pte_t desc)
{
    paddr_t table = space->root;

    for (unsigned level = 1; level < LEVEL_LAST; level++) {
        pte_t link = plat_pte_load(table, index_at(va, level));

        if (!link) {
            link = take_table(space) | TABLE_FLAGS;
            plat_pte_store(table, index_at(va, level), link);
        }
        table = page_down(link);
    }
    plat_pte_store(table, index_at(va, LEVEL_LAST), desc);
    plat_pte_publish();
}

pte_t testkernel_load(const struct testkernel_space *space, uaddr_t va)
{
    paddr_t table = space->root;

    for (unsigned level = 1; level < LEVEL_LAST; level++) {
        pte_t link = plat_pte_load(table, index_at(va, level));

        if (!link) {
            return 0;
        }
        table = page_down(link);
    }
    return plat_pte_load(table, index_at(va, LEVEL_LAST));
}

void testkernel_space_fini(struct testkernel_space *space)
{
    plat_space_use(0, 0);
    for (unsigned i = 0; i < space->table_count; i++) {
        for (unsigned index = 0; index < PLAT_PTE_COUNT; index++) {
            if (plat_pte_load(space->tables[i], index)) {
                plat_pte_store(space->tables[i], index, 0);
            }
        }
    }
    plat_tlb_flush_asid(space->asid);
    while (space->table_count) {
        plat_table_close(space->tables[--space->table_count]);
    }
}
