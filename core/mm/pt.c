#include "mm/pt.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/frame.h"

/* Descriptor bits, Arm ARM D8.3. In a descriptor with bit 0 clear the hardware ignores all
 * others. */
#define PTE_VALID ((pte_t)1 << 0)
#define PTE_TABLE ((pte_t)1 << 1) /* levels 1 and 2: a table; level 3: a page */
#define PTE_ATTR ((pte_t)PLAT_ATTR_NORMAL << 2)
#define PTE_EL0 ((pte_t)1 << 6) /* AP[1]: EL0 may access */
#define PTE_READ_ONLY ((pte_t)1 << 7)
#define PTE_INNER_SHAREABLE ((pte_t)3 << 8)
#define PTE_ACCESSED ((pte_t)1 << 10)
#define PTE_NOT_GLOBAL ((pte_t)1 << 11)
#define PTE_PXN ((pte_t)1 << 53)
#define PTE_UXN ((pte_t)1 << 54)
#define PTE_PARKED ((pte_t)1 << 55) /* software: invalid, but holds a frame */
#define PTE_ADDRESS (((pte_t)1 << 48) - PAGE_SIZE)

enum {
    LEVEL_ROOT = 1,
    LEVEL_LEAF = 3,
    LEVELS = LEVEL_LEAF - LEVEL_ROOT + 1,
};

static uint64_t span_at(unsigned level)
{
    return (uint64_t)PAGE_SIZE << (9 * (LEVEL_LEAF - level));
}

static unsigned index_at(uaddr_t va, unsigned level)
{
    return (unsigned)(va / span_at(level) % PLAT_PTE_COUNT);
}

/* The only store: keeps the table's count of entries. */
static void entry_store(paddr_t table, unsigned index, pte_t value)
{
    struct frame *frame = frame_of(table);
    pte_t old = plat_pte_load(table, index);

    frame->entries = (uint16_t)(frame->entries + (value != 0) - (old != 0));
    plat_pte_store(table, index, value);
}

static pte_t make_leaf(paddr_t pa, unsigned prot, bool writable)
{
    pte_t pte = pa | PTE_TABLE | PTE_ATTR | PTE_EL0 | PTE_INNER_SHAREABLE | PTE_ACCESSED |
                PTE_NOT_GLOBAL | PTE_PXN;

    ASSERT(!writable || (prot & PROT_WRITE));
    if (prot == PROT_NONE) {
        return pa | PTE_PARKED;
    }
    if (!writable) {
        pte |= PTE_READ_ONLY;
    }
    if (!(prot & PROT_EXEC)) {
        pte |= PTE_UXN;
    }
    if (PLANTED(OWN_2)) {
        pte &= ~PTE_PXN;
    }
    return pte | PTE_VALID;
}

static struct pt_leaf read_leaf(pte_t pte)
{
    return (struct pt_leaf){
        .pa = pte & PTE_ADDRESS,
        .is_valid = pte & PTE_VALID,
        .is_writable = (pte & PTE_VALID) && !(pte & PTE_READ_ONLY),
    };
}

/* The table of level 3 for va, if there is one. */
static bool find_table(paddr_t root, uaddr_t va, paddr_t *table)
{
    paddr_t at = root;

    ASSERT(va < USER_END);
    for (unsigned level = LEVEL_ROOT; level < LEVEL_LEAF; level++) {
        pte_t pte = plat_pte_load(at, index_at(va, level));
        if (!(pte & PTE_VALID)) {
            return false;
        }
        at = pte & PTE_ADDRESS;
    }
    *table = at;
    return true;
}

/* As find_table, for a leaf that must be there. */
static paddr_t table_of(paddr_t root, uaddr_t va)
{
    paddr_t table = 0;
    bool found = find_table(root, va, &table);

    ASSERT(found);
    return table;
}

int pt_create(paddr_t *root)
{
    int error = frame_alloc(FRAME_TABLE, root);

    if (!error) {
        plat_table_open(*root);
        plat_pte_publish();
    }
    return error;
}

void pt_destroy(paddr_t root)
{
    ASSERT(frame_of(root)->entries == 0);
    plat_table_close(root);
    frame_put(root);
}

int pt_prepare(paddr_t root, uaddr_t va)
{
    paddr_t fresh[LEVELS - 1];
    unsigned count = 0;
    paddr_t at = root;
    unsigned level = LEVEL_ROOT;

    ASSERT(va < USER_END);
    for (; level < LEVEL_LEAF; level++) {
        pte_t pte = plat_pte_load(at, index_at(va, level));
        if (!(pte & PTE_VALID)) {
            break;
        }
        at = pte & PTE_ADDRESS;
    }
    for (; count < LEVEL_LEAF - level; count++) {
        if (frame_alloc(FRAME_TABLE, &fresh[count]) != 0) {
            goto free_fresh;
        }
        plat_table_open(fresh[count]);
    }
    /* From the leaf upwards, so that each table is complete and published before it is linked. */
    for (unsigned i = count; i-- > 0;) {
        paddr_t parent = i == 0 ? at : fresh[i - 1];
        plat_pte_publish();
        entry_store(parent, index_at(va, level + i), fresh[i] | PTE_VALID | PTE_TABLE);
    }
    return 0;

free_fresh:
    while (count-- > 0) {
        plat_table_close(fresh[count]);
        frame_put(fresh[count]);
    }
    return -ENOMEM;
}

bool pt_find(paddr_t root, uaddr_t va, struct pt_leaf *leaf)
{
    paddr_t table;

    if (!find_table(root, va, &table)) {
        return false;
    }
    pte_t pte = plat_pte_load(table, index_at(va, LEVEL_LEAF));
    *leaf = read_leaf(pte);
    return pte != 0;
}

void pt_set(paddr_t root, uaddr_t va, paddr_t pa, unsigned prot, bool writable)
{
    paddr_t table = table_of(root, va);
    unsigned index = index_at(va, LEVEL_LEAF);

    ASSERT(plat_pte_load(table, index) == 0);
    ASSERT(frame_of(pa)->kind == FRAME_USER);
    entry_store(table, index, make_leaf(pa, prot, writable));
}

void pt_set_rights(paddr_t root, uaddr_t va, unsigned prot, bool writable)
{
    paddr_t table = table_of(root, va);
    unsigned index = index_at(va, LEVEL_LEAF);
    pte_t old = plat_pte_load(table, index);

    ASSERT(old != 0);
    if (PLANTED(OWN_7) && (old & PTE_VALID) && !(old & PTE_UXN) && prot != PROT_NONE) {
        prot |= PROT_EXEC;
    }
    entry_store(table, index, make_leaf(old & PTE_ADDRESS, prot, writable));
}

void pt_replace(struct tlb_context *tlb, paddr_t root, uaddr_t va, paddr_t pa, unsigned prot)
{
    paddr_t table = table_of(root, va);
    unsigned index = index_at(va, LEVEL_LEAF);

    ASSERT(plat_pte_load(table, index) & PTE_VALID);
    if (!PLANTED(T_3)) {
        plat_pte_store(table, index, 0);
        tlb_flush_range(tlb, va, va + PAGE_SIZE);
    }
    plat_pte_store(table, index, make_leaf(pa, prot, prot & PROT_WRITE));
}

/* Where a table hangs: what is needed to unlink it. */
struct parent {
    paddr_t table;
    unsigned index;
};

static void drop_empty_table(struct parent parent, paddr_t table, uaddr_t va,
                             struct tlb_batch *batch)
{
    if (frame_of(table)->entries > 0) {
        return;
    }
    if (PLANTED(T_4)) {
        tlb_batch_end(batch);
    }
    entry_store(parent.table, parent.index, 0);
    if (!PLANTED(T_4)) {
        /* One address is enough: its flush takes the walk cache's entry for the whole table. */
        tlb_batch_note(batch, va, va + PAGE_SIZE);
    }
    if (!PLANTED(OWN_10)) {
        tlb_batch_give(batch, table);
    }
}

static uint64_t unmap_leaves(paddr_t table, uaddr_t start, uaddr_t end, struct tlb_batch *batch)
{
    uint64_t leaves = 0;

    for (uaddr_t va = start; va < end; va += PAGE_SIZE) {
        unsigned index = index_at(va, LEVEL_LEAF);
        pte_t pte = plat_pte_load(table, index);
        if (pte == 0) {
            continue;
        }
        entry_store(table, index, 0);
        if (pte & PTE_VALID) {
            tlb_batch_note(batch, va, va + PAGE_SIZE);
        }
        tlb_batch_give(batch, pte & PTE_ADDRESS);
        leaves++;
    }
    return leaves;
}

/* The end of the entry at level that va lies in, or end if that comes first. */
static uaddr_t entry_end(uaddr_t va, unsigned level, uaddr_t end)
{
    uint64_t span = span_at(level);

    return min_u64(va / span * span + span, end);
}

static uint64_t unmap_middle(paddr_t table, uaddr_t start, uaddr_t end, struct tlb_batch *batch)
{
    uint64_t count = 0;

    for (uaddr_t va = start, next; va < end; va = next) {
        unsigned index = index_at(va, LEVEL_LEAF - 1);
        pte_t pte = plat_pte_load(table, index);
        next = entry_end(va, LEVEL_LEAF - 1, end);
        if (pte != 0) {
            paddr_t leaves = pte & PTE_ADDRESS;
            count += unmap_leaves(leaves, va, next, batch);
            drop_empty_table((struct parent){table, index}, leaves, va, batch);
            plat_irq_window();
        }
    }
    return count;
}

uint64_t pt_unmap(paddr_t root, uaddr_t start, uaddr_t end, struct tlb_batch *batch)
{
    uint64_t count = 0;

    ASSERT(start <= end);
    ASSERT(end <= USER_END);
    for (uaddr_t va = start, next; va < end; va = next) {
        unsigned index = index_at(va, LEVEL_ROOT);
        pte_t pte = plat_pte_load(root, index);
        next = entry_end(va, LEVEL_ROOT, end);
        if (pte != 0) {
            paddr_t middle = pte & PTE_ADDRESS;
            count += unmap_middle(middle, va, next, batch);
            drop_empty_table((struct parent){root, index}, middle, va, batch);
        }
    }
    return count;
}

/* The first entry in use of a table of leaves, from *va on and below end. */
static bool next_in_table(paddr_t table, uaddr_t *va, uaddr_t end, pte_t *pte)
{
    for (uaddr_t at = *va; at < end; at += PAGE_SIZE) {
        *pte = plat_pte_load(table, index_at(at, LEVEL_LEAF));
        if (*pte != 0) {
            *va = at;
            return true;
        }
    }
    return false;
}

bool pt_next(paddr_t root, uaddr_t *va, uaddr_t end, struct pt_leaf *leaf)
{
    uaddr_t at = *va;

    while (at < end) {
        paddr_t table = root;
        unsigned level = LEVEL_ROOT;
        pte_t pte = plat_pte_load(table, index_at(at, level));
        while (level < LEVEL_LEAF - 1 && (pte & PTE_VALID)) {
            table = pte & PTE_ADDRESS;
            level++;
            pte = plat_pte_load(table, index_at(at, level));
        }
        uaddr_t next = entry_end(at, level, end);
        if ((pte & PTE_VALID) && next_in_table(pte & PTE_ADDRESS, &at, next, &pte)) {
            *va = at;
            *leaf = read_leaf(pte);
            return true;
        }
        at = next;
    }
    return false;
}

int pt_prepare_move(paddr_t root, uaddr_t from, uaddr_t to, uint64_t len)
{
    struct pt_leaf leaf;

    for (uaddr_t va = from; pt_next(root, &va, from + len, &leaf); va += PAGE_SIZE) {
        int error = pt_prepare(root, to + (va - from));
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    return 0;
}

void pt_move(struct tlb_context *tlb, paddr_t root, uaddr_t from, uaddr_t to, uint64_t len)
{
    struct tlb_batch batch;
    struct pt_leaf leaf;

    tlb_batch_begin(&batch, tlb);
    for (uaddr_t va = from; pt_next(root, &va, from + len, &leaf); va += PAGE_SIZE) {
        uaddr_t new_va = to + (va - from);
        paddr_t table = table_of(root, va);
        pte_t pte = plat_pte_load(table, index_at(va, LEVEL_LEAF));
        entry_store(table, index_at(va, LEVEL_LEAF), 0);
        if (leaf.is_valid) {
            tlb_batch_note(&batch, va, va + PAGE_SIZE);
        }
        entry_store(table_of(root, new_va), index_at(new_va, LEVEL_LEAF), pte);
        plat_irq_window();
    }
    tlb_batch_end(&batch);
    plat_pte_publish(); /* also where no translation was moved, but parked ones */
}

static void check_leaf(pte_t pte)
{
    ASSERT(frame_of(pte & PTE_ADDRESS)->kind == FRAME_USER);
    if (pte & PTE_VALID) {
        ASSERT(pte & PTE_TABLE);
        ASSERT(pte & PTE_EL0);
        ASSERT(pte & PTE_NOT_GLOBAL);
        ASSERT(pte & PTE_PXN);
        ASSERT(pte & PTE_ACCESSED);
    } else {
        ASSERT(pte & PTE_PARKED);
    }
}

static uint64_t check_table(paddr_t table, unsigned level)
{
    const struct frame *frame = frame_of(table);
    unsigned entries = 0;
    uint64_t tables = 1;

    ASSERT(frame->kind == FRAME_TABLE);
    ASSERT(frame->refs == 1);
    for (unsigned i = 0; i < PLAT_PTE_COUNT; i++) {
        pte_t pte = plat_pte_load(table, i);
        if (pte == 0) {
            continue;
        }
        entries++;
        if (level == LEVEL_LEAF) {
            check_leaf(pte);
        } else {
            ASSERT((pte & ~PTE_ADDRESS) == (PTE_VALID | PTE_TABLE));
            tables += check_table(pte & PTE_ADDRESS, level + 1); /* at most LEVELS deep */
        }
    }
    ASSERT(entries == frame->entries);
    ASSERT(level == LEVEL_ROOT || entries > 0);
    return tables;
}

uint64_t pt_check(paddr_t root)
{
    return check_table(root, LEVEL_ROOT);
}
