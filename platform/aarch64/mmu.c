/*
 * Tables of the kernel half, written once at boot and never changed where valid, and the
 * functions of the seam for the user half. head.S made the level 1 table and the map of the
 * image; RAM and windows are added here. A table of the kernel lies in the image, a table of user
 * space anywhere in RAM.
 *
 * Without user space, TTBR0 has no_user_l1, a table without entries, under ASID 0, which no process
 * has: so a cached entry of any space is as unreachable as a walk.
 */
#include "mmu.h"

#include "base/panic.h"
#include "base/string.h"
#include "sysreg.h"

enum {
    BLOCK_SHIFT = 21,
    BLOCK_BYTES = 1 << BLOCK_SHIFT,
    /* The ends of RAM on both sides of the image each need a level 2 and a level 3 table. */
    LINEAR_TABLES = 8,
    /* TLBI counts per page; beyond this a whole ASID is cheaper. */
    FLUSH_PAGES_MAX = 64,
};

#define KERNEL_LEAF (PTE_AF | PTE_INNER_SHAREABLE | PTE_UXN | PTE_PXN)
#define PTE_ADDRESS 0x0000fffffffff000

extern pte_t kernel_l1[PLAT_PTE_COUNT];
extern const pte_t no_user_l1[PLAT_PTE_COUNT];
extern const uint8_t image_head[], image_end[];

struct plat_range mmu_image;

static pte_t window_l2[PLAT_PTE_COUNT] __attribute__((aligned(PLAT_PAGE_SIZE)));
static unsigned windows_used;
static pte_t linear_tables[LINEAR_TABLES][PLAT_PTE_COUNT] __attribute__((aligned(PLAT_PAGE_SIZE)));
static unsigned linear_tables_used;

static paddr_t image_pa(const void *in_image)
{
    return (uintptr_t)in_image - IMAGE_VA + mmu_image.base;
}

void mmu_init(paddr_t image)
{
    ASSERT((uintptr_t)image_head == IMAGE_VA);
    mmu_image = (struct plat_range){image, (uintptr_t)image_end - IMAGE_VA};
    kernel_l1[WINDOW_L1_INDEX] = image_pa(window_l2) | PTE_TABLE;
    plat_pte_publish();
}

uint8_t *mmu_window(paddr_t pa, uint64_t size, enum mmu_window kind)
{
    pte_t leaf = PTE_BLOCK | KERNEL_LEAF;
    paddr_t base = pa & ~(paddr_t)(BLOCK_BYTES - 1);
    uint64_t pa_max = (UINT64_C(1) << 48) - 1;

    if (pa > pa_max || size > pa_max - pa) {
        return NULL;
    }
    uint64_t blocks = (pa - base + size + BLOCK_BYTES - 1) >> BLOCK_SHIFT;
    if (blocks > PLAT_PTE_COUNT - windows_used) {
        return NULL;
    }
    leaf |= kind == MMU_WINDOW_DEVICE ? ATTR_DEVICE << PTE_ATTR_SHIFT : PTE_READ_ONLY;
    uint8_t *window = (uint8_t *)WINDOW_VA + ((uint64_t)windows_used << BLOCK_SHIFT);
    for (uint64_t i = 0; i < blocks; i++) {
        window_l2[windows_used++] = (base + (i << BLOCK_SHIFT)) | leaf;
    }
    plat_pte_publish();
    return window + (pa - base);
}

/* The table that an entry of the linear map points to, made if there is none. */
static pte_t *table_below(pte_t *entry)
{
    if (!*entry) {
        ASSERT(linear_tables_used < LINEAR_TABLES);
        *entry = image_pa(linear_tables[linear_tables_used++]) | PTE_TABLE;
    }
    return (pte_t *)((*entry & PTE_ADDRESS) - mmu_image.base + IMAGE_VA);
}

/* Maps [at, end) with blocks as large as they fit. */
static void map_linear(paddr_t at, paddr_t end)
{
    while (at < end) {
        unsigned shift = 30;
        pte_t *table = kernel_l1;

        while (shift > PLAT_PAGE_SHIFT &&
               (at & ((UINT64_C(1) << shift) - 1) || end - at < UINT64_C(1) << shift)) {
            table = table_below(&table[at >> shift & (PLAT_PTE_COUNT - 1)]);
            shift -= 9;
        }
        table[at >> shift & (PLAT_PTE_COUNT - 1)] =
            at | KERNEL_LEAF | (shift == PLAT_PAGE_SHIFT ? PTE_PAGE : PTE_BLOCK);
        at += UINT64_C(1) << shift;
    }
}

void mmu_map_ram(const struct plat_range *ram)
{
    map_linear(ram->base, mmu_image.base);
    map_linear(mmu_image.base + mmu_image.size, ram->base + ram->size);
    plat_pte_publish();
}

unsigned mmu_asid_bits(void)
{
    return (SYSREG_READ(id_aa64mmfr0_el1) >> 4 & 0xf) == 2 ? 16 : 8;
}

void *plat_phys_ptr(paddr_t pa, size_t size)
{
    (void)size;
    return (void *)(LINEAR_VA + pa);
}

void plat_mem_mark(paddr_t pa, size_t size, enum plat_mem_state state)
{
    (void)pa;
    (void)size;
    (void)state;
}

/* CTR_EL0 says what this machine needs: IDC, no cleaning; DIC, no invalidation. */
void plat_icache_sync(paddr_t pa, size_t size)
{
    enum { L1IP_PIPT = 3 };
    uint64_t ctr = SYSREG_READ(ctr_el0);
    bool needs_clean = !(ctr >> 28 & 1);
    bool needs_invalidate = !(ctr >> 29 & 1);
    uintptr_t start = LINEAR_VA + pa;
    uintptr_t end = start + size;

    if (needs_clean) {
        uintptr_t line = UINT64_C(4) << (ctr >> 16 & 0xf);

        for (uintptr_t at = start & ~(line - 1); at < end; at += line) {
            __asm__ volatile("dc cvau, %0" : : "r"(at) : "memory");
        }
    }
    dsb_ish();
    if (needs_invalidate && (ctr >> 14 & 3) == L1IP_PIPT) {
        uintptr_t line = UINT64_C(4) << (ctr & 0xf);

        for (uintptr_t at = start & ~(line - 1); at < end; at += line) {
            __asm__ volatile("ic ivau, %0" : : "r"(at) : "memory");
        }
    } else if (needs_invalidate) {
        /* Lines are found by virtual address: by this alias not all of them. */
        __asm__ volatile("ic ialluis" : : : "memory");
    }
    dsb_ish();
    isb();
}

void plat_table_open(paddr_t table)
{
    memset(plat_phys_ptr(table, PLAT_PAGE_SIZE), 0, PLAT_PAGE_SIZE);
}

void plat_table_close(paddr_t table)
{
    (void)table;
}

/* Walkers read descriptors at any time: one access each, not torn and not repeated. */
pte_t plat_pte_load(paddr_t table, unsigned index)
{
    return ((volatile pte_t *)plat_phys_ptr(table, PLAT_PAGE_SIZE))[index];
}

void plat_pte_store(paddr_t table, unsigned index, pte_t value)
{
    ((volatile pte_t *)plat_phys_ptr(table, PLAT_PAGE_SIZE))[index] = value;
}

void plat_pte_publish(void)
{
    dsb_ishst();
    isb();
}

/* The maintenance is done on all CPUs, and this one fetches and walks anew. */
static void finish_flush(void)
{
    dsb_ish();
    isb();
}

void plat_tlb_flush(asid_t asid, uaddr_t va, size_t pages)
{
    if (pages > FLUSH_PAGES_MAX) {
        plat_tlb_flush_asid(asid);
        return;
    }
    dsb_ishst();
    for (size_t i = 0; i < pages; i++) {
        uint64_t operand = (uint64_t)asid << 48 | ((va >> PLAT_PAGE_SHIFT) + i);

        __asm__ volatile("tlbi vae1is, %0" : : "r"(operand) : "memory");
    }
    finish_flush();
}

void plat_tlb_flush_asid(asid_t asid)
{
    dsb_ishst();
    __asm__ volatile("tlbi aside1is, %0" : : "r"((uint64_t)asid << 48) : "memory");
    finish_flush();
}

void plat_tlb_flush_all(void)
{
    dsb_ishst();
    __asm__ volatile("tlbi vmalle1is" : : : "memory");
    finish_flush();
}

/* Root and ASID change in one write: no walk mixes them. */
void plat_space_use(paddr_t root, asid_t asid)
{
    if (!root) {
        root = image_pa(no_user_l1);
    }
    SYSREG_WRITE(ttbr0_el1, (uint64_t)asid << 48 | root);
    isb();
}
