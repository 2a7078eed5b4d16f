#include "vtlb.h"

#include <stdio.h>
#include <string.h>

#include "choice.h"
#include "descriptor.h"
#include "hash.h"
#include "mmu.h"
#include "ram.h"
#include "report.h"
#include "snapshot_part.h"
#include "table.h"
#include "vtlb_set.h"

/*
 * Adversarial: a walker may look at any time, and the TLB never evicts. So for the space in use
 * every visible, cacheable descriptor is cached; for another space, those that were visible while
 * it was in use and have not been flushed since. This needs no storage but times:
 *
 *     a slot's value is cached  if  its space was in use at or after the time when the slot and all
 *                                   descriptors above it got their values, and after the last flush
 *                                   of the slot, of its ASID, and of everything.
 *
 * Only what is replaced while it is cached is stored, as an entry, until a flush covers it: a leaf,
 * or a table descriptor together with all that is cached below it. (While a space is in use its
 * last use is "for ever", so that flushes need not be noted in its slots.) An entry may also equal
 * what the tables say; entries are what must be looked at, the rest is right by construction.
 *
 * Natural: the entries are the whole TLB; walks that succeed add them.
 *
 * What is checked of an entry against a fresh walk for its address: same output address, attributes
 * and type, and rights that are no more than the fresh ones. A store that leads elsewhere while an
 * entry is there has broken break-before-make; one that makes a fresh walk fail, or have fewer
 * rights, must be followed by a flush before the next audit. More rights than the entry has are
 * allowed: then an access may fault on the old ones.
 *
 * A leaf without nG becomes an entry of every ASID when its space is left, and is judged against
 * the space in use.
 *
 * An ASID has at most one root, asid_root; when it is given to another, or a root gets another,
 * what was cached under the old pair becomes entries. Entries of an ASID without a root cannot be
 * hit, and wait.
 *
 * Invariant: entries that are not due for an audit agree with the tables: they did at the last one,
 * and nothing that they depend on has changed since.
 */

static struct {
    uint32_t evictions; /* natural: by itself the TLB loses its entries in turn */
} vtlb;

SNAPSHOT_PART(vtlb);

/* By ASID the number of the root that has it, 0: none. A snapshot need not hold it: the registry
 * tells as much. */
static uint32_t asid_root[VTLB_ANY_ASID];

enum vtlb_mode vtlb_mode;
uint64_t vtlb_now;
uint64_t vtlb_all_flushed;

void vtlb_init(enum vtlb_mode mode)
{
    vtlb_mode = mode;
    vtlb_now = 0;
    vtlb_set_init();
    vtlb.evictions = 0;
    vtlb_all_flushed = 0;
    memset(asid_root, 0, sizeof(asid_root));
}

/* ---- judging ---- */

enum verdict {
    AGREES,
    GONE,   /* a fresh walk finds nothing there that could be cached */
    MOVED,  /* a fresh walk leads elsewhere, or by another kind of descriptor */
    RIGHTS, /* a fresh walk gives fewer rights */
};

static const char *const verdict_words[] = {
    [AGREES] = "agrees",
    [GONE] = "the tables have nothing there",
    [MOVED] = "the tables lead elsewhere",
    [RIGHTS] = "the tables give fewer rights",
};

static enum verdict entry_judge(const struct vtlb_entry *entry, const struct table *root)
{
    struct mmu_walk walk;
    unsigned rights = RIGHT_ALL;

    mmu_walk(root->pa, entry->va, &walk);
    for (unsigned level = DESC_LEVEL_ROOT; level < entry->level; level++) {
        pte_t desc = walk.path[level];
        if (!desc_is_cacheable(desc, level)) {
            return GONE;
        }
        if (desc_kind(desc, level) == DESC_KIND_LEAF) {
            return MOVED;
        }
        rights &= desc_table_rights(desc);
    }
    pte_t desc = walk.path[entry->level];
    if (!desc_is_cacheable(desc, entry->level)) {
        return GONE;
    }
    bool is_table = desc_kind(desc, entry->level) == DESC_KIND_TABLE;
    pte_t may_change = is_table ? DESC_TABLE_MAY_CHANGE : DESC_LEAF_MAY_CHANGE;
    if (is_table != entry->is_table || ((desc ^ entry->desc) & ~may_change)) {
        return MOVED;
    }
    rights &= is_table ? desc_table_rights(desc) : desc_leaf_rights(desc);
    return entry->rights & ~rights ? RIGHTS : AGREES;
}

static _Noreturn void entry_report(const char *name, const struct vtlb_entry *entry,
                                   enum verdict verdict)
{
    paddr_t pa = entry->desc & DESC_ADDRESS;
    char asid[16] = "any ASID";

    if (entry->asid != VTLB_ANY_ASID) {
        snprintf(asid, sizeof(asid), "ASID %u", entry->asid);
    }
    report(name, pa, "%s, va 0x%lx, level %u: %s 0x%lx (%s%s%s) is still cached, and %s", asid,
           entry->va, entry->level, entry->is_table ? "table" : "frame", pa,
           entry->rights & RIGHT_READ ? "r" : "-", entry->rights & RIGHT_WRITE ? "w" : "-",
           entry->rights & RIGHT_FETCH ? "x" : "-", verdict_words[verdict]);
}

/* The root that an entry can be hit through, or NULL. */
static const struct table *entry_root(const struct vtlb_entry *entry)
{
    if (entry->asid == VTLB_ANY_ASID) {
        return mmu_root() ? table_find(mmu_root()) : NULL;
    }
    return table_get(asid_root[entry->asid]);
}

void vtlb_audit(void)
{
    bool has_any = false;

    for (uint32_t at = vtlb_set_due(); at < vtlb_set_count(); at++) {
        const struct vtlb_entry *entry = vtlb_set_get(at);
        const struct table *root = entry_root(entry);
        enum verdict verdict = root ? entry_judge(entry, root) : AGREES;

        if (verdict != AGREES) {
            entry_report("tlb.stale", entry, verdict);
        }
        has_any |= entry->asid == VTLB_ANY_ASID;
    }
    if (!has_any) {
        vtlb_set_done();
    }
}

void vtlb_check_free(paddr_t pa)
{
    for (uint32_t at = 0; at < vtlb_set_count(); at++) {
        const struct vtlb_entry *entry = vtlb_set_get(at);
        uint64_t span = entry->is_table ? PLAT_PAGE_SIZE : desc_span(entry->level);
        paddr_t base = entry->desc & DESC_ADDRESS & ~(span - 1);

        if (pa - base < span) {
            entry_report("frame.freed-while-cached", entry, GONE);
        }
    }
}

/* ---- what may be cached ---- */

static uint64_t max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Whether anything of root's space, as far as it is as old as since, can be in the TLB. */
static bool may_know(const struct table *root, uint64_t since, uint64_t flushed)
{
    uint64_t until = root->is_loaded ? UINT64_MAX : root->last_loaded;

    return root->asid != 0 && until >= since &&
           until > max(flushed, max(root->asid_flushed, vtlb_all_flushed));
}

static void add_at(const struct table_place *place, pte_t desc)
{
    bool is_table = desc_kind(desc, place->level) == DESC_KIND_TABLE;
    bool is_global = !is_table && !(desc & DESC_NOT_GLOBAL);
    unsigned own = is_table ? desc_table_rights(desc) : desc_leaf_rights(desc);

    vtlb_set_add((struct vtlb_entry){
        .va = place->va,
        .desc = desc,
        .asid = is_global ? VTLB_ANY_ASID : place->root->asid,
        .level = (uint8_t)place->level,
        .rights = (uint8_t)(place->rights & own),
        .is_table = is_table,
    });
}

/* Makes entries of what is cached of a slot and of all below it; only_global: of leaves without nG.
 * Of a space that is not in use these are entries already. */
static void retain(const struct table_place *place, const struct table *table, unsigned index,
                   bool only_global)
{
    const struct table_slot *slot = &table->slots[index];
    pte_t desc = table_read(table->pa, index);
    bool is_table = desc_kind(desc, place->level) == DESC_KIND_TABLE;
    const struct table *child = is_table ? table_child(table, index) : NULL;
    bool is_global = !is_table && !(desc & DESC_NOT_GLOBAL);
    uint64_t since = max(place->visible, slot->visible);

    if (!desc_is_cacheable(desc, place->level) || !may_know(place->root, since, 0)) {
        return;
    }
    bool is_wanted = is_global ? place->root->is_loaded : !only_global;
    if (is_wanted && may_know(place->root, since, slot->flushed)) {
        add_at(place, desc);
    }
    for (unsigned i = 0; child && child->valid && i < PLAT_PTE_COUNT; i++) {
        struct table_place below = {
            .root = place->root,
            .va = place->va + i * desc_span(place->level + 1),
            .visible = since,
            .level = place->level + 1,
            .rights = place->rights & desc_table_rights(desc),
        };
        retain(&below, child, i, only_global);
    }
}

static void retain_space(struct table *root, bool only_global)
{
    if (vtlb_mode != VTLB_ADVERSARIAL || !may_know(root, 0, 0)) {
        return;
    }
    for (unsigned i = 0; i < PLAT_PTE_COUNT; i++) {
        struct table_place place = {
            .root = root,
            .va = i * desc_span(DESC_LEVEL_ROOT),
            .level = DESC_LEVEL_ROOT,
            .rights = RIGHT_ALL,
        };
        retain(&place, root, i, only_global);
    }
}

/* ---- stores ---- */

void vtlb_before_store(struct table *table, unsigned index, pte_t old, pte_t value)
{
    struct table_place place;

    if (vtlb_mode == VTLB_ADVERSARIAL && (old & DESC_VALID) && ((old ^ value) & ~DESC_SOFTWARE) &&
        table_find_place(table, index, &place) && place.root->asid) {
        retain(&place, table, index, false);
    }
}

struct changed {
    const struct table *root;
    bool is_valid; /* what was stored */
};

static bool judge_changed(uint32_t at, void *context)
{
    const struct changed *changed = context;
    const struct vtlb_entry *entry = vtlb_set_get(at);
    bool can_be_hit = changed->root->is_loaded || entry->asid != VTLB_ANY_ASID;

    if (changed->is_valid && can_be_hit && entry_judge(entry, changed->root) == MOVED) {
        entry_report("tlb.break-before-make", entry, MOVED);
    }
    vtlb_set_redo(at);
    return false;
}

/* By a table descriptor that is an entry, which may be an old way to that table or one with old
 * rights, walkers see what is in the slot now, if the entry's space is in use. */
static void retain_by(uint32_t at, const struct table *table, unsigned index)
{
    const struct vtlb_entry *entry = vtlb_set_get(at);
    const struct table *root = entry_root(entry);

    if (entry->is_table && (entry->desc & DESC_ADDRESS) == table->pa && root && root->is_loaded) {
        unsigned level = entry->level + 1u;
        struct table_place place = {
            .root = table_get(table_number(root)),
            .va = entry->va + index * desc_span(level),
            .level = level,
            .rights = entry->rights,
        };
        retain(&place, table, index, false);
    }
}

static bool has_old_ways(void)
{
    return vtlb_set_table_count() > 0 && vtlb_mode == VTLB_ADVERSARIAL;
}

static void retain_all_by_entries(void)
{
    for (uint32_t at = 0; at < vtlb_set_count(); at++) {
        const struct table *table = table_find(vtlb_set_get(at)->desc & DESC_ADDRESS);

        for (unsigned i = 0; table && i < PLAT_PTE_COUNT; i++) {
            retain_by(at, table, i);
        }
    }
}

void vtlb_after_store(struct table *table, unsigned index, pte_t value)
{
    struct table_place place;

    if (vtlb_set_count() == 0) {
        return;
    }
    if (table_find_place(table, index, &place) && place.root->asid) {
        struct changed changed = {.root = place.root, .is_valid = value & DESC_VALID};
        vtlb_set_visit(place.root->asid, place.va, desc_span(place.level), judge_changed, &changed);
    }
    for (uint32_t at = 0; has_old_ways() && at < vtlb_set_count(); at++) {
        retain_by(at, table, index);
    }
}

/* ---- spaces ---- */

static void part(struct table *root)
{
    retain_space(root, false);
    asid_root[root->asid] = 0;
    root->asid = 0;
}

void vtlb_use(struct table *old, struct table *root, asid_t asid)
{
    vtlb_now++;
    if (old) {
        if (table_global_count() > 0) {
            retain_space(old, true);
        }
        old->is_loaded = false;
        old->last_loaded = vtlb_now;
    }
    if (!root) {
        return;
    }
    if (root->asid != asid) {
        struct table *other = table_get(asid_root[asid]);
        if (root->asid) {
            part(root);
        }
        if (other) {
            part(other);
        }
        root->asid = asid;
        asid_root[asid] = table_number(root);
        vtlb_set_redo(0);
    }
    root->is_loaded = true;
    if (has_old_ways()) {
        retain_all_by_entries();
    }
}

void vtlb_forget_root(const struct table *root)
{
    if (root->asid) {
        asid_root[root->asid] = 0;
    }
}

void vtlb_note_root(const struct table *root)
{
    if (root->asid) {
        asid_root[root->asid] = table_number(root);
    }
}

/* ---- use ---- */

struct lookup {
    const struct table *root;
    unsigned rights;
};

static bool look_up(uint32_t at, void *context)
{
    struct lookup *lookup = context;
    const struct vtlb_entry *entry = vtlb_set_get(at);
    enum verdict verdict = entry_judge(entry, lookup->root);

    if (verdict != AGREES) {
        entry_report("tlb.stale", entry, verdict);
    }
    lookup->rights &= entry->rights;
    return false;
}

unsigned vtlb_rights(asid_t asid, uaddr_t va, const struct mmu_walk *walk)
{
    uaddr_t page = va & ~((uaddr_t)PLAT_PAGE_SIZE - 1);
    struct lookup lookup = {
        .root = table_find(mmu_root()),
        .rights = walk->rights,
    };

    if (vtlb_set_count() == 0) {
        return walk->rights;
    }
    vtlb_set_visit(asid, page, PLAT_PAGE_SIZE, look_up, &lookup);
    return lookup.rights;
}

/* Makes room for one more entry of its kind. */
static void evict(bool is_table)
{
    uint32_t have = is_table ? vtlb_set_table_count() : vtlb_set_count() - vtlb_set_table_count();
    uint32_t capacity = is_table ? VTLB_NATURAL_TABLES : VTLB_NATURAL_LEAVES;

    if (have < capacity) {
        return;
    }
    uint32_t skip = (vtlb.evictions++ + choice_next(CHOOSE_EVICT, have)) % have;
    for (uint32_t at = 0; at < vtlb_set_count(); at++) {
        if (vtlb_set_get(at)->is_table == is_table && skip-- == 0) {
            vtlb_set_remove(at);
            return;
        }
    }
}

void vtlb_fill(asid_t asid, uaddr_t va, const struct mmu_walk *walk)
{
    unsigned rights = RIGHT_ALL;

    if (vtlb_mode != VTLB_NATURAL) {
        return;
    }
    for (unsigned level = DESC_LEVEL_ROOT; level <= walk->level; level++) {
        pte_t desc = walk->path[level];
        if (!desc_is_cacheable(desc, level)) {
            return;
        }
        bool is_table = desc_kind(desc, level) == DESC_KIND_TABLE;
        rights &= is_table ? desc_table_rights(desc) : desc_leaf_rights(desc);
        struct vtlb_entry entry = {
            .va = va & ~(desc_span(level) - 1),
            .desc = desc,
            .asid = is_table || (desc & DESC_NOT_GLOBAL) ? asid : VTLB_ANY_ASID,
            .level = (uint8_t)level,
            .rights = (uint8_t)rights,
            .is_table = is_table,
        };
        if (!vtlb_set_has(&entry)) {
            evict(is_table);
            vtlb_set_add(entry);
        }
    }
}

/* ---- flushes ---- */

/* The space is not in use: what it has cached of [start, end) it has no longer. */
static void note_flushed(struct table *table, unsigned level, uaddr_t base, uaddr_t start,
                         uaddr_t end)
{
    uint64_t span = desc_span(level);
    unsigned first = start > base ? (unsigned)((start - base) / span) : 0;

    for (unsigned i = first; i < PLAT_PTE_COUNT && base + i * span < end; i++) {
        struct table *child = table_child(table, i);

        table->slots[i].flushed = vtlb_now;
        if (child && level < DESC_LEVEL_LAST) {
            note_flushed(child, level + 1, base + i * span, start, end);
        }
    }
}

static bool remove_entry(uint32_t at, void *context)
{
    (void)context;
    vtlb_set_remove(at);
    return true;
}

static bool begin_flush(void)
{
    plat_pte_publish();
    mmu_epoch++;
    vtlb_now++;
    return vtlb_mode != VTLB_NONE;
}

void plat_tlb_flush(asid_t asid, uaddr_t va, size_t pages)
{
    const uint64_t all_pages = (uint64_t)1 << (PLAT_USER_BITS - PLAT_PAGE_SHIFT);
    uint64_t first = va >> PLAT_PAGE_SHIFT;

    if (!begin_flush()) {
        return;
    }
    mmu_check_asid(asid, "plat_tlb_flush");
    if (va % PLAT_PAGE_SIZE != 0 || pages == 0 || first >= all_pages || pages > all_pages - first) {
        report("tlb.flush-range", REPORT_NO_FRAME, "plat_tlb_flush(%u, 0x%lx, 0x%zx)", asid, va,
               pages);
    }
    uint64_t size = (uint64_t)pages << PLAT_PAGE_SHIFT;
    struct table *root = table_get(asid_root[asid]);
    if (pages <= vtlb_set_count() / 4) {
        for (uint64_t at = va; at < va + size; at += PLAT_PAGE_SIZE) {
            vtlb_set_visit(asid, at, PLAT_PAGE_SIZE, remove_entry, NULL);
        }
    } else {
        vtlb_set_visit(asid, va, size, remove_entry, NULL);
    }
    if (root && !root->is_loaded) {
        note_flushed(root, DESC_LEVEL_ROOT, 0, va, va + size);
    }
    /* The flush has taken global leaves of other spaces too, but not the old ways to them. */
    if (table_global_count() > 0 && has_old_ways()) {
        retain_all_by_entries();
    }
}

void plat_tlb_flush_asid(asid_t asid)
{
    if (!begin_flush()) {
        return;
    }
    mmu_check_asid(asid, "plat_tlb_flush_asid");
    for (uint32_t at = vtlb_set_count(); at-- > 0;) {
        if (vtlb_set_get(at)->asid == asid) {
            vtlb_set_remove(at);
        }
    }
    struct table *root = table_get(asid_root[asid]);
    if (root) {
        root->asid_flushed = vtlb_now;
    }
}

void plat_tlb_flush_all(void)
{
    if (!begin_flush()) {
        return;
    }
    while (vtlb_set_count() > 0) {
        vtlb_set_remove(vtlb_set_count() - 1);
    }
    vtlb_all_flushed = vtlb_now;
}

/* ---- for tests ---- */

static uint64_t sum_of_table(uint64_t sum, struct table *table)
{
    const uint64_t head[] = {
        table->pa,        table->parent,
        table->asid,      table->parent ? table->parent_index : 0,
        table->is_loaded, table_is_unpublished(table),
    };

    sum = hash_bytes(sum, head, sizeof(head));
    for (unsigned i = 0; i < PLAT_PTE_COUNT; i++) {
        pte_t desc = table_read(table->pa, i);
        struct table_place place;
        if (!(desc & DESC_VALID) || !table_find_place(table, i, &place)) {
            continue;
        }
        uint64_t since = max(place.visible, table->slots[i].visible);
        const uint64_t slot[] = {i, desc, may_know(place.root, since, table->slots[i].flushed)};
        sum = hash_bytes(sum, slot, sizeof(slot));
    }
    return sum;
}

uint64_t vtlb_sum(void)
{
    uint64_t sum = 0;

    for (uint32_t at = 0; at < vtlb_set_count(); at++) {
        const struct vtlb_entry *entry = vtlb_set_get(at);
        const uint64_t words[] = {entry->va,    entry->desc,   entry->asid,
                                  entry->level, entry->rights, entry->is_table};
        sum = hash_bytes(sum, words, sizeof(words));
    }
    for (uint32_t number = 1; number <= table_last(); number++) {
        struct table *table = table_get(number);
        sum = table ? sum_of_table(sum, table) : sum;
    }
    return sum;
}
