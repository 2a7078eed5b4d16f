#include "table.h"

#include <string.h>

#include "bytes.h"
#include "descriptor.h"
#include "host.h"
#include "mmu_access.h"
#include "ram.h"
#include "report.h"
#include "sanitizer.h"
#include "vtlb.h"

/*
 * The registry. A frame becomes a table in plat_table_open and is one until plat_table_close. A
 * table is named by its number; numbers of closed tables are given again, the last first, so that
 * few are ever touched. What a table needs beside its frame lies in one sparse mapping, indexed by
 * number.
 *
 * Life: open, unpublished -> published -> linked by at most one slot -> unlinked -> closed. A root
 * is never linked. The level and the addresses of a table follow from the chain up to its root;
 * before that they are unknown, so that a descriptor 0b11 counts as a table if it names an open
 * table and as a page otherwise. This stays true for it: an open table cannot be closed while it is
 * linked, and a frame that a page descriptor names cannot be opened.
 *
 * Invariants: table->valid counts its descriptors with bit 0; ram_frame(pa)->mapped counts the page
 * descriptors of all open tables that name the frame; the bytes of an open table are poisoned for
 * ASan, so that plat_pte_* is the only door.
 *
 * With VTLB_NONE there is no registry: descriptors are stored, and that is all.
 */

enum { MAX_DEPTH = DESC_LEVEL_LAST - DESC_LEVEL_ROOT };

static struct {
    struct table *all;     /* by number; 0 is unused */
    uint32_t last;         /* the highest number ever given */
    uint32_t free;         /* a closed table, the next is its parent; 0: none */
    uint64_t published;    /* the last publication */
    uint32_t block_count;  /* descriptors 0b01 */
    uint32_t global_count; /* leaves without nG */
} tables;

static struct host_map map;

bool table_init(void)
{
    uint64_t most = (ram_size() >> PLAT_PAGE_SHIFT) + 1;

    tables.all = NULL;
    tables.last = 0;
    tables.free = 0;
    tables.published = 0;
    tables.block_count = 0;
    tables.global_count = 0;
    if (vtlb_mode != VTLB_NONE) {
        tables.all = host_map(&map, most * sizeof(*tables.all));
    }
    return tables.all || vtlb_mode == VTLB_NONE;
}

/* ---- snapshots ---- */

/*
 * Of each number that was ever given, what comes before the slots, and the slots that say more than
 * 0. The others keep what they have: it is older than any store that will follow, which alone
 * counts, as it is when a number is given again.
 */
struct saved_slot {
    uint32_t index;
    struct table_slot slot;
};

enum { HEAD_SIZE = offsetof(struct table, slots) };

static size_t put(uint8_t *bytes, size_t at, const void *from, size_t size)
{
    if (bytes) {
        memcpy(bytes + at, from, size);
    }
    return at + size;
}

static size_t save_slots(const struct table *table, uint8_t *bytes, size_t at)
{
    size_t count_at = at;
    uint32_t slot_count = 0;

    at = put(bytes, at, &slot_count, sizeof(slot_count));
    for (uint32_t i = 0; table->pa && i < PLAT_PTE_COUNT; i++) {
        const struct saved_slot saved = {.index = i, .slot = table->slots[i]};
        if (saved.slot.visible || saved.slot.flushed) {
            at = put(bytes, at, &saved, sizeof(saved));
            slot_count++;
        }
    }
    put(bytes, count_at, &slot_count, sizeof(slot_count));
    return at;
}

size_t table_save(void *bytes)
{
    size_t at = put(bytes, 0, &vtlb_now, sizeof(vtlb_now));

    at = put(bytes, at, &vtlb_all_flushed, sizeof(vtlb_all_flushed));
    at = put(bytes, at, &tables, sizeof(tables));
    for (uint32_t number = 1; tables.all && number <= tables.last; number++) {
        at = put(bytes, at, &tables.all[number], HEAD_SIZE);
        at = save_slots(&tables.all[number], bytes, at);
    }
    return at;
}

static const uint8_t *get(const uint8_t *from, void *to, size_t size)
{
    memcpy(to, from, size);
    return from + size;
}

void table_restore(const void *bytes)
{
    struct table *all = tables.all;
    const uint8_t *from = bytes;

    for (uint32_t number = 1; all && number <= tables.last; number++) {
        if (all[number].pa) {
            vtlb_forget_root(&all[number]);
        }
    }
    uint64_t then;
    from = get(from, &then, sizeof(then));
    vtlb_now = then > vtlb_now ? then : vtlb_now;
    from = get(from, &vtlb_all_flushed, sizeof(vtlb_all_flushed));
    from = get(from, &tables, sizeof(tables));
    tables.all = all;
    for (uint32_t number = 1; all && number <= tables.last; number++) {
        struct table *table = &all[number];
        uint32_t slot_count;

        from = get(from, table, HEAD_SIZE);
        from = get(from, &slot_count, sizeof(slot_count));
        for (; slot_count > 0; slot_count--) {
            struct saved_slot saved;
            from = get(from, &saved, sizeof(saved));
            table->slots[saved.index] = saved.slot;
        }
        if (table->pa) {
            vtlb_note_root(table);
        }
    }
}

/* ---- finding ---- */

struct table *table_get(uint32_t number)
{
    struct table *table = &tables.all[number];

    return number > 0 && number <= tables.last && table->pa ? table : NULL;
}

uint32_t table_number(const struct table *table)
{
    return (uint32_t)(table - tables.all);
}

uint32_t table_last(void)
{
    return tables.last;
}

struct table *table_find(paddr_t pa)
{
    if (!ram_contains(pa, PLAT_PAGE_SIZE) || pa % PLAT_PAGE_SIZE != 0) {
        return NULL;
    }
    uint32_t number = ram_frame(pa)->table;
    return number ? &tables.all[number] : NULL;
}

struct table *table_top(struct table *table)
{
    while (table->parent) {
        table = &tables.all[table->parent];
    }
    return table;
}

struct table *table_child(const struct table *table, unsigned index)
{
    pte_t desc = table_read(table->pa, index);

    if ((desc & (DESC_VALID | DESC_TABLE)) != (DESC_VALID | DESC_TABLE)) {
        return NULL;
    }
    struct table *child = table_find(desc & DESC_ADDRESS);
    bool is_linked_here =
        child && child->parent == table_number(table) && child->parent_index == index;
    return is_linked_here ? child : NULL;
}

bool table_find_place(struct table *table, unsigned index, struct table_place *place)
{
    unsigned path[MAX_DEPTH + 1] = {index};
    const struct table *at = table;
    unsigned depth = 0;

    while (at->parent) {
        if (depth == MAX_DEPTH) {
            return false;
        }
        path[++depth] = at->parent_index;
        at = &tables.all[at->parent];
    }
    *place = (struct table_place){
        .root = &tables.all[table_number(at)],
        .level = DESC_LEVEL_ROOT,
        .rights = RIGHT_ALL,
    };
    for (; depth > 0; depth--) {
        const struct table_slot *slot = &at->slots[path[depth]];
        pte_t desc = table_read(at->pa, path[depth]);

        place->va += path[depth] * desc_span(place->level);
        place->visible = slot->visible > place->visible ? slot->visible : place->visible;
        place->rights &= desc_table_rights(desc);
        place->level++;
        at = table_find(desc & DESC_ADDRESS);
    }
    place->va += index * desc_span(place->level);
    return true;
}

bool table_is_unpublished(const struct table *top)
{
    return top->zeroed > tables.published || top->pending > tables.published;
}

uint32_t table_global_count(void)
{
    return tables.global_count;
}

/* ---- the bytes ---- */

SANITIZER_UNCHECKED pte_t table_read(paddr_t table, unsigned index)
{
    return ((const pte_t *)(const void *)ram_host(table))[index];
}

SANITIZER_UNCHECKED static void write_slot(paddr_t table, unsigned index, pte_t value)
{
    ram_note_store(table);
    ((pte_t *)(void *)ram_host(table))[index] = value;
}

/* ---- open and close ---- */

static void check_page(paddr_t pa, const char *who)
{
    if (!ram_contains(pa, PLAT_PAGE_SIZE) || pa % PLAT_PAGE_SIZE != 0) {
        report("ram.range", REPORT_NO_FRAME, "%s(0x%lx): not a page of RAM", who, pa);
    }
}

static struct table *check_open(paddr_t pa, const char *who)
{
    check_page(pa, who);
    struct table *table = table_find(pa);
    if (!table) {
        report("table.not-open", pa, "%s: frame 0x%lx is not an open table", who, pa);
    }
    return table;
}

static struct table *take_number(void)
{
    uint32_t number = tables.free;

    if (number) {
        tables.free = tables.all[number].parent;
    } else {
        number = ++tables.last;
    }
    return &tables.all[number];
}

void plat_table_open(paddr_t pa)
{
    check_page(pa, "plat_table_open");
    ram_note_store(pa);
    bytes_fill(ram_host(pa), 0, PLAT_PAGE_SIZE);
    if (vtlb_mode == VTLB_NONE) {
        return;
    }
    struct ram_frame *frame = ram_frame(pa);
    if (!frame->is_owned || frame->table) {
        report("table.not-owned", pa, "frame 0x%lx is %s", pa, frame->table ? "open" : "free");
    }
    if (frame->mapped) {
        report("table.opened-while-mapped", pa, "frame 0x%lx is mapped", pa);
    }
    vtlb_check_free(pa);
    ram_close(pa, PLAT_PAGE_SIZE);
    struct table *table = take_number();
    table->pa = pa;
    table->parent = 0;
    table->valid = 0;
    table->zeroed = ++vtlb_now;
    table->pending = 0;
    table->asid = 0;
    table->is_loaded = false;
    frame->table = table_number(table);
}

void plat_table_close(paddr_t pa)
{
    if (vtlb_mode == VTLB_NONE) {
        return;
    }
    struct table *table = check_open(pa, "plat_table_close");
    if (table->is_loaded) {
        report("table.closed-while-loaded", pa, "table 0x%lx is the root in use", pa);
    }
    if (table->parent) {
        report("table.closed-while-linked", pa, "descriptor %u of table 0x%lx links table 0x%lx",
               table->parent_index, tables.all[table->parent].pa, pa);
    }
    if (table->valid) {
        report("table.closed-with-entries", pa, "table 0x%lx holds %u valid descriptors", pa,
               table->valid);
    }
    vtlb_check_free(pa);
    vtlb_forget_root(table);
    ram_note_store(pa);
    ram_open(pa, PLAT_PAGE_SIZE);
    ram_frame(pa)->table = 0;
    table->pa = 0;
    table->parent = tables.free;
    tables.free = table_number(table);
}

/* ---- stores ---- */

/* What a descriptor names is named once more, or once less. */
static void count(pte_t desc, int by)
{
    paddr_t pa = desc & DESC_ADDRESS;

    if (!(desc & DESC_TABLE)) {
        tables.block_count += (uint32_t)by;
    } else if (ram_contains(pa, PLAT_PAGE_SIZE)) {
        ram_frame(pa)->mapped += (uint32_t)by;
    }
    if (!(desc & DESC_NOT_GLOBAL)) {
        tables.global_count += (uint32_t)by;
    }
}

static void remove_old(struct table *table, unsigned index, pte_t old)
{
    struct table *child = table_child(table, index);

    if (!(old & DESC_VALID)) {
        return;
    }
    table->valid--;
    if (child) {
        child->parent = 0;
    } else {
        count(old, -1);
    }
}

static void check_link(const struct table *table, unsigned index, struct table *child)
{
    const struct table *top = table_top(&tables.all[table_number(table)]);

    if (child->parent) {
        report("table.linked-twice", child->pa,
               "descriptor %u of table 0x%lx: table 0x%lx is linked "
               "by descriptor %u of table 0x%lx already",
               index, table->pa, child->pa, child->parent_index, tables.all[child->parent].pa);
    }
    if (child->asid || child == top) {
        report("table.linked-root", child->pa, "descriptor %u of table 0x%lx: table 0x%lx is %s",
               index, table->pa, child->pa, child == top ? "above it" : "a root in use");
    }
    if (table_is_unpublished(child)) {
        report("table.linked-unpublished", child->pa,
               "descriptor %u of table 0x%lx: what was stored in table 0x%lx is not published",
               index, table->pa, child->pa);
    }
}

static void check_leaf(const struct table *table, unsigned index, pte_t desc)
{
    paddr_t pa = desc & DESC_ADDRESS;

    if (ram_contains(pa, PLAT_PAGE_SIZE) && !ram_frame(pa)->is_owned) {
        report("frame.mapped-while-free", pa, "descriptor %u of table 0x%lx names frame 0x%lx",
               index, table->pa, pa);
    }
    if (ram_contains(pa, PLAT_PAGE_SIZE)) {
        ram_check_defined(ram_host(pa), PLAT_PAGE_SIZE, (uaddr_t)index * PLAT_PAGE_SIZE);
    }
}

/* A space in use knows the level of each of its tables. */
static void check_kind(struct table *table, unsigned index, pte_t desc, bool is_table)
{
    struct table_place place;

    if (!(desc & DESC_TABLE) || !table_find_place(table, index, &place) || !place.root->asid) {
        return;
    }
    if (place.level == DESC_LEVEL_LAST && is_table) {
        report("table.mapped", desc & DESC_ADDRESS, "va 0x%lx is mapped to table 0x%lx", place.va,
               desc & DESC_ADDRESS);
    }
    if (place.level < DESC_LEVEL_LAST && !is_table) {
        report("table.not-open", desc & DESC_ADDRESS,
               "va 0x%lx, level %u: 0x%lx is not an open table", place.va, place.level,
               desc & DESC_ADDRESS);
    }
}

static void add_new(struct table *table, unsigned index, pte_t desc)
{
    struct table *child = desc & DESC_TABLE ? table_find(desc & DESC_ADDRESS) : NULL;

    if (!(desc & DESC_VALID)) {
        return;
    }
    check_kind(table, index, desc, child);
    if (child) {
        check_link(table, index, child);
        child->parent = table_number(table);
        child->parent_index = (uint16_t)index;
    } else {
        check_leaf(table, index, desc);
        count(desc, 1);
    }
    table->valid++;
}

static void note_pending(struct table *table, unsigned index)
{
    struct table *top = table_top(table);

    top->pending = vtlb_now;
    top->pending_table = table->pa;
    top->pending_index = index;
}

static void check_index(unsigned index, const char *who)
{
    if (index >= PLAT_PTE_COUNT) {
        report("table.index", REPORT_NO_FRAME, "%s: index %u", who, index);
    }
}

pte_t plat_pte_load(paddr_t pa, unsigned index)
{
    check_index(index, "plat_pte_load");
    if (vtlb_mode == VTLB_NONE) {
        check_page(pa, "plat_pte_load");
    } else {
        check_open(pa, "plat_pte_load");
    }
    return table_read(pa, index);
}

void plat_pte_store(paddr_t pa, unsigned index, pte_t value)
{
    check_index(index, "plat_pte_store");
    mmu_epoch++;
    if (vtlb_mode == VTLB_NONE) {
        check_page(pa, "plat_pte_store");
        write_slot(pa, index, value);
        return;
    }
    struct table *table = check_open(pa, "plat_pte_store");
    pte_t old = table_read(pa, index);

    if (value == old) {
        return;
    }
    vtlb_before_store(table, index, old, value);
    remove_old(table, index, old);
    add_new(table, index, value);
    write_slot(pa, index, value);
    vtlb_now++;
    /* With other software bits alone it is the same translation, cached as long as before. */
    if ((value ^ old) & ~DESC_SOFTWARE) {
        table->slots[index].visible = vtlb_now;
    }
    if (!(old & DESC_VALID) && (value & DESC_VALID)) {
        note_pending(table, index);
    }
    vtlb_after_store(table, index, value);
}

void plat_pte_publish(void)
{
    tables.published = vtlb_now;
}

/* ---- freeing ---- */

/* Blocks are rare, so that their frames are not counted: all tables are looked through. */
static bool is_in_block(paddr_t pa)
{
    for (uint32_t number = 1; number <= tables.last; number++) {
        struct table *table = table_get(number);

        for (unsigned i = 0; table && table->valid && i < PLAT_PTE_COUNT; i++) {
            struct table_place place;
            pte_t desc = table_read(table->pa, i);
            bool is_block = (desc & (DESC_VALID | DESC_TABLE)) == DESC_VALID &&
                            table_find_place(table, i, &place) && place.level < DESC_LEVEL_LAST;
            if (is_block &&
                pa - desc_address(desc, DESC_KIND_LEAF, place.level) < desc_span(place.level)) {
                return true;
            }
        }
    }
    return false;
}

void table_check_free(paddr_t pa)
{
    if (ram_frame(pa)->mapped || (tables.block_count && is_in_block(pa))) {
        report("frame.freed-while-mapped", pa,
               "frame 0x%lx is free, and %u page descriptors name it%s", pa, ram_frame(pa)->mapped,
               ram_frame(pa)->mapped ? "" : ", but a block does");
    }
}
