#include "vtlb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "choice.h"
#include "descriptor.h"
#include "mmu.h"
#include "ram.h"
#include "report.h"
#include "table.h"

/*
 * Adversarial: a walker may look at any time, and the TLB never evicts. So for the space in use every
 * visible, cacheable descriptor is cached; for another space, those that were visible while it was in
 * use and have not been flushed since. This needs no storage but times:
 *
 *     a slot's value is cached  if  its space was in use at or after the time when the slot and all
 *                                   descriptors above it got their values, and after the last flush
 *                                   of the slot, of its ASID, and of everything.
 *
 * Only what is replaced while it is cached is stored, as an entry, until a flush covers it: a leaf, or
 * a table descriptor together with all that is cached below it. (While a space is in use its last use
 * is "for ever", so that flushes need not be noted in its slots.) An entry may also equal what the
 * tables say; entries are what must be looked at, the rest is right by construction.
 *
 * Natural: the entries are the whole TLB; walks that succeed add them.
 *
 * What is checked of an entry against a fresh walk for its address: same output address, attributes
 * and type, and rights that are no more than the fresh ones. A store that leads elsewhere while an
 * entry is there has broken break-before-make; one that makes a fresh walk fail, or have fewer
 * rights, must be followed by a flush before the next audit. More rights than the entry has are
 * allowed: then an access may fault on the old ones.
 *
 * A leaf without nG is stored as an entry of every ASID as soon as its space is in use.
 *
 * An ASID has at most one root, asid_root; when it is given to another, or a root gets another, what
 * was cached under the old pair becomes entries. Entries of an ASID without a root cannot be hit, and
 * wait.
 *
 * Invariants: entries [0, due_from) have agreed with the tables, and nothing that they depend on has
 * changed since; table_count of the entries are table descriptors; each entry is in the chain of the
 * bucket of its address and level.
 */

enum {
    ANY_ASID = 1 << 16,
    BUCKETS = 1 << 12,
    FEW = 16, /* entries that are looked through sooner than hashed */
    NONE = UINT32_MAX,
};

struct entry {
    uaddr_t va; /* the first that it covers */
    pte_t desc;
    uint32_t asid;
    uint32_t next; /* in the bucket's chain */
    uint8_t level;
    uint8_t rights; /* of the whole walk, as it was */
    bool is_table;
};

static struct {
    struct entry *entries;
    uint32_t count;
    uint32_t capacity;
    uint32_t due_from;
    uint32_t table_count;
    uint32_t evictions; /* natural: by itself the TLB loses its entries in turn */
    uint64_t all_flushed;
    uint32_t buckets[BUCKETS];
    uint32_t asid_root[ANY_ASID]; /* numbers of tables; 0: none */
} vtlb;

enum vtlb_mode vtlb_mode;
uint64_t vtlb_now;

void vtlb_init(enum vtlb_mode mode)
{
    vtlb_mode = mode;
    vtlb_now = 0;
    vtlb.count = 0;
    vtlb.due_from = 0;
    vtlb.table_count = 0;
    vtlb.evictions = 0;
    vtlb.all_flushed = 0;
    memset(vtlb.buckets, 0xff, sizeof(vtlb.buckets));
    memset(vtlb.asid_root, 0, sizeof(vtlb.asid_root));
}

uint32_t vtlb_count(void)
{
    return vtlb.count;
}

/* ---- the set of entries ---- */

static uint32_t *bucket_of(uaddr_t va, unsigned level)
{
    uint64_t key = (va >> PLAT_PAGE_SHIFT) * 3 + level;

    return &vtlb.buckets[key * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

/* What points to entry at: its bucket, or the one before it in the chain. */
static uint32_t *link_to(uint32_t at)
{
    uint32_t *link = bucket_of(vtlb.entries[at].va, vtlb.entries[at].level);

    while (*link != at) {
        link = &vtlb.entries[*link].next;
    }
    return link;
}

static void entry_remove(uint32_t at)
{
    uint32_t last = vtlb.count - 1;

    *link_to(at) = vtlb.entries[at].next;
    vtlb.table_count -= vtlb.entries[at].is_table;
    if (at != last) {
        *link_to(last) = at;
        vtlb.entries[at] = vtlb.entries[last];
        if (last >= vtlb.due_from && at < vtlb.due_from) {
            vtlb.due_from = at;
        }
    }
    vtlb.count = last;
    if (vtlb.due_from > vtlb.count) {
        vtlb.due_from = vtlb.count;
    }
    mmu_epoch++;
}

static bool entry_is_known(const struct entry *new)
{
    for (uint32_t at = *bucket_of(new->va, new->level); at != NONE; at = vtlb.entries[at].next) {
        const struct entry *old = &vtlb.entries[at];

        if (old->va == new->va && old->desc == new->desc && old->asid == new->asid &&
            old->level == new->level && old->rights == new->rights) {
            return true;
        }
    }
    return false;
}

/* false: it was there already. */
static bool entry_add(struct entry new)
{
    if (entry_is_known(&new)) {
        return false;
    }
    if (vtlb.count == vtlb.capacity) {
        uint32_t capacity = vtlb.capacity ? 2 * vtlb.capacity : 64;
        struct entry *entries = realloc(vtlb.entries, capacity * sizeof(*entries));
        if (!entries) {
            report("host.memory", REPORT_NO_FRAME, "no room for %u TLB entries", capacity);
        }
        vtlb.entries = entries;
        vtlb.capacity = capacity;
    }
    uint32_t *bucket = bucket_of(new.va, new.level);
    new.next = *bucket;
    *bucket = vtlb.count;
    vtlb.table_count += new.is_table;
    vtlb.entries[vtlb.count++] = new;
    mmu_epoch++;
    return true;
}

static bool entry_matches(const struct entry *entry, uint32_t asid)
{
    return entry->asid == asid || entry->asid == ANY_ASID;
}

static bool entry_overlaps(const struct entry *entry, uaddr_t va, uint64_t size)
{
    uaddr_t start = entry->va;

    return start < va + size && va < start + desc_span(entry->level);
}

/* Calls visit with each entry that asid and [va, va + size) meet; visit may remove just that one, and
 * then says true. */
static void for_overlapping(uint32_t asid, uaddr_t va, uint64_t size,
                            bool (*visit)(uint32_t at, void *context), void *context)
{
    if (vtlb.count <= FEW || size > PLAT_PAGE_SIZE) {
        for (uint32_t at = vtlb.count; at-- > 0;) {
            const struct entry *entry = &vtlb.entries[at];
            if (entry_matches(entry, asid) && entry_overlaps(entry, va, size)) {
                visit(at, context); /* removing moves the last one here, which was visited */
            }
        }
        return;
    }
    for (unsigned level = DESC_LEVEL_ROOT; level <= DESC_LEVEL_LAST; level++) {
        uaddr_t start = va & ~(desc_span(level) - 1);
        uint32_t at = *bucket_of(start, level);

        while (at != NONE) {
            const struct entry *entry = &vtlb.entries[at];
            uint32_t next = entry->next;
            bool is_met = entry->va == start && entry->level == level && entry_matches(entry, asid);

            if (is_met && visit(at, context)) {
                next = *bucket_of(start, level); /* removing may have moved any entry */
            }
            at = next;
        }
    }
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

static enum verdict entry_judge(const struct entry *entry, const struct table *root)
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

static _Noreturn void entry_report(const char *name, const struct entry *entry, enum verdict verdict)
{
    paddr_t pa = entry->desc & DESC_ADDRESS;
    char asid[16] = "any ASID";

    if (entry->asid != ANY_ASID) {
        snprintf(asid, sizeof(asid), "ASID %u", entry->asid);
    }
    report(name, pa, "%s, va 0x%lx, level %u: %s 0x%lx (%s%s%s) is still cached, and %s", asid,
           entry->va, entry->level, entry->is_table ? "table" : "frame", pa,
           entry->rights & RIGHT_READ ? "r" : "-", entry->rights & RIGHT_WRITE ? "w" : "-",
           entry->rights & RIGHT_FETCH ? "x" : "-", verdict_words[verdict]);
}

/* The root that an entry can be hit through, or NULL. */
static const struct table *entry_root(const struct entry *entry)
{
    if (entry->asid == ANY_ASID) {
        return mmu_root() ? table_find(mmu_root()) : NULL;
    }
    return table_get(vtlb.asid_root[entry->asid]);
}

void vtlb_audit(void)
{
    bool has_any = false;

    for (uint32_t at = vtlb.due_from; at < vtlb.count; at++) {
        const struct entry *entry = &vtlb.entries[at];
        const struct table *root = entry_root(entry);
        enum verdict verdict = root ? entry_judge(entry, root) : AGREES;

        if (verdict != AGREES) {
            entry_report("tlb.stale", entry, verdict);
        }
        has_any |= entry->asid == ANY_ASID;
    }
    if (!has_any) {
        vtlb.due_from = vtlb.count;
    }
}

void vtlb_check_free(paddr_t pa)
{
    for (uint32_t at = 0; at < vtlb.count; at++) {
        const struct entry *entry = &vtlb.entries[at];
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
           until > max(flushed, max(root->asid_flushed, vtlb.all_flushed));
}

static void add_at(const struct table_place *place, pte_t desc)
{
    bool is_table = desc_kind(desc, place->level) == DESC_KIND_TABLE;
    bool is_global = !is_table && !(desc & DESC_NOT_GLOBAL);
    unsigned own = is_table ? desc_table_rights(desc) : desc_leaf_rights(desc);

    entry_add((struct entry){
        .va = place->va,
        .desc = desc,
        .asid = is_global ? ANY_ASID : place->root->asid,
        .level = (uint8_t)place->level,
        .rights = (uint8_t)(place->rights & own),
        .is_table = is_table,
    });
}

/* Makes entries of what is cached of a slot and of all below it; only_global: of leaves without nG. */
static void retain(const struct table_place *place, const struct table *table, unsigned index,
                   bool only_global)
{
    const struct table_slot *slot = &table->slots[index];
    const struct table *child = table_child(table, index);
    pte_t desc = table_read(table->pa, index);
    uint64_t since = max(place->visible, slot->visible);
    bool is_wanted = !only_global || (!child && !(desc & DESC_NOT_GLOBAL));

    if (!desc_is_cacheable(desc, place->level) || !may_know(place->root, since, 0)) {
        return;
    }
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
        if (below.level <= DESC_LEVEL_LAST) {
            retain(&below, child, i, only_global);
        }
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
    bool is_valid;
};

static bool judge_changed(uint32_t at, void *context)
{
    const struct changed *changed = context;
    const struct entry *entry = &vtlb.entries[at];

    if (changed->is_valid && entry_judge(entry, changed->root) == MOVED) {
        entry_report("tlb.break-before-make", entry, MOVED);
    }
    if (at < vtlb.due_from) {
        vtlb.due_from = at;
    }
    return false;
}

/* A walk cache that still leads to a table by an old way sees what is stored there. */
static void retain_old_ways(struct table *table, unsigned index, pte_t desc)
{
    for (uint32_t at = 0; at < vtlb.count; at++) {
        const struct entry *entry = &vtlb.entries[at];
        const struct table *root = entry_root(entry);

        if (!entry->is_table || (entry->desc & DESC_ADDRESS) != table->pa || !root ||
            entry_judge(entry, root) == AGREES) {
            continue;
        }
        unsigned level = entry->level + 1u;
        struct table_place place = {
            .root = table_get(table_number(root)),
            .va = entry->va + index * desc_span(level),
            .level = level,
            .rights = entry->rights,
        };
        if (desc_is_cacheable(desc, level)) {
            add_at(&place, desc);
        }
    }
}

void vtlb_after_store(struct table *table, unsigned index, pte_t value)
{
    struct table_place place;

    if (vtlb.count == 0) {
        return;
    }
    if (table_find_place(table, index, &place) && place.root->asid) {
        struct changed changed = {.root = place.root, .is_valid = value & DESC_VALID};
        for_overlapping(place.root->asid, place.va, desc_span(place.level), judge_changed, &changed);
    }
    if (vtlb.table_count > 0 && vtlb_mode == VTLB_ADVERSARIAL) {
        retain_old_ways(table, index, value);
    }
}

void vtlb_note_published(void)
{
    if (table_global_count() > 0 && mmu_root()) {
        retain_space(table_find(mmu_root()), true);
    }
}

/* ---- spaces ---- */

static void part(struct table *root)
{
    retain_space(root, false);
    vtlb.asid_root[root->asid] = 0;
    root->asid = 0;
}

void vtlb_use(struct table *old, struct table *root, asid_t asid)
{
    vtlb_now++;
    if (old) {
        old->is_loaded = false;
        old->last_loaded = vtlb_now;
    }
    if (!root) {
        return;
    }
    if (root->asid != asid) {
        struct table *other = table_get(vtlb.asid_root[asid]);
        if (root->asid) {
            part(root);
        }
        if (other) {
            part(other);
        }
        root->asid = asid;
        root->asid_flushed = 0;
        vtlb.asid_root[asid] = table_number(root);
        vtlb.due_from = 0;
    }
    root->is_loaded = true;
    if (table_global_count() > 0) {
        retain_space(root, true);
    }
}

void vtlb_forget_root(const struct table *root)
{
    if (root->asid) {
        vtlb.asid_root[root->asid] = 0;
    }
}

/* ---- use ---- */

struct lookup {
    const struct table *root;
    enum plat_access access;
    unsigned rights;
};

static bool look_up(uint32_t at, void *context)
{
    struct lookup *lookup = context;
    const struct entry *entry = &vtlb.entries[at];
    enum verdict verdict = entry_judge(entry, lookup->root);

    if (verdict != AGREES) {
        entry_report("tlb.stale", entry, verdict);
    }
    lookup->rights &= entry->rights;
    return false;
}

static bool drop_if_denied(uint32_t at, void *context)
{
    const struct lookup *lookup = context;

    if (vtlb.entries[at].rights & 1u << lookup->access) {
        return false;
    }
    entry_remove(at);
    return true;
}

unsigned vtlb_rights(asid_t asid, uaddr_t va, enum plat_access access, const struct mmu_walk *walk)
{
    uaddr_t page = va & ~((uaddr_t)PLAT_PAGE_SIZE - 1);
    struct lookup lookup = {
        .root = table_find(mmu_root()),
        .access = access,
        .rights = walk->rights,
    };

    if (vtlb.count == 0) {
        return walk->rights;
    }
    for_overlapping(asid, page, PLAT_PAGE_SIZE, look_up, &lookup);
    if (~lookup.rights & walk->rights & 1u << access) {
        for_overlapping(asid, page, PLAT_PAGE_SIZE, drop_if_denied, &lookup);
    }
    return lookup.rights;
}

/* Makes room for one more entry of its kind. */
static void evict(bool is_table)
{
    uint32_t have = is_table ? vtlb.table_count : vtlb.count - vtlb.table_count;
    uint32_t capacity = is_table ? VTLB_NATURAL_TABLES : VTLB_NATURAL_LEAVES;

    if (have < capacity) {
        return;
    }
    uint32_t skip = (vtlb.evictions++ + choice_next(CHOOSE_EVICT, have)) % have;
    for (uint32_t at = 0; at < vtlb.count; at++) {
        if (vtlb.entries[at].is_table == is_table && skip-- == 0) {
            entry_remove(at);
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
        struct entry entry = {
            .va = va & ~(desc_span(level) - 1),
            .desc = desc,
            .asid = is_table || (desc & DESC_NOT_GLOBAL) ? asid : ANY_ASID,
            .level = (uint8_t)level,
            .rights = (uint8_t)rights,
            .is_table = is_table,
        };
        if (!entry_is_known(&entry)) {
            evict(is_table);
            entry_add(entry);
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
    entry_remove(at);
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
    struct table *root = table_get(vtlb.asid_root[asid]);
    if (pages <= vtlb.count / 4) {
        for (uint64_t at = va; at < va + size; at += PLAT_PAGE_SIZE) {
            for_overlapping(asid, at, PLAT_PAGE_SIZE, remove_entry, NULL);
        }
    } else {
        for_overlapping(asid, va, size, remove_entry, NULL);
    }
    if (root && !root->is_loaded) {
        note_flushed(root, DESC_LEVEL_ROOT, 0, va, va + size);
    }
}

void plat_tlb_flush_asid(asid_t asid)
{
    if (!begin_flush()) {
        return;
    }
    mmu_check_asid(asid, "plat_tlb_flush_asid");
    for (uint32_t at = vtlb.count; at-- > 0;) {
        if (vtlb.entries[at].asid == asid) {
            entry_remove(at);
        }
    }
    struct table *root = table_get(vtlb.asid_root[asid]);
    if (root) {
        root->asid_flushed = vtlb_now;
    }
}

void plat_tlb_flush_all(void)
{
    if (!begin_flush()) {
        return;
    }
    while (vtlb.count > 0) {
        entry_remove(vtlb.count - 1);
    }
    vtlb.all_flushed = vtlb_now;
}
