#include "vtlb_set.h"

#include <stdlib.h>
#include <string.h>

#include "descriptor.h"
#include "mmu_access.h"
#include "report.h"
#include "snapshot_part.h"

/*
 * An array, and a hash table of chains through it. Invariants: each entry is in the chain of the
 * bucket of its address and level, the latest first; entries [0, due) are audited; table_count of
 * the entries are table descriptors.
 */

enum {
    BUCKETS = 1 << 12,
    FEW = 16, /* entries that are looked through sooner than hashed */
    CAPACITY_MIN = 64,
    NONE = UINT32_MAX,
};

/* Only grows, and stays where it is over a snapshot. */
static struct {
    struct vtlb_entry *entries;
    uint32_t capacity;
} room;

static struct {
    uint32_t count;
    uint32_t due;
    uint32_t table_count;
} set;

static uint32_t buckets[BUCKETS]; /* by hash, the first entry of the chain */

void vtlb_set_init(void)
{
    set.count = 0;
    set.due = 0;
    set.table_count = 0;
    memset(buckets, 0xff, sizeof(buckets));
}

uint32_t vtlb_set_count(void)
{
    return set.count;
}

uint32_t vtlb_set_table_count(void)
{
    return set.table_count;
}

const struct vtlb_entry *vtlb_set_get(uint32_t at)
{
    return &room.entries[at];
}

uint32_t vtlb_set_due(void)
{
    return set.due;
}

void vtlb_set_done(void)
{
    set.due = set.count;
}

void vtlb_set_redo(uint32_t from)
{
    if (from < set.due) {
        set.due = from;
    }
}

static uint32_t *bucket_of(uaddr_t va, unsigned level)
{
    uint64_t key = (va >> PLAT_PAGE_SHIFT) * 3 + level;

    return &buckets[key * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

size_t vtlb_set_save(void *bytes)
{
    uint8_t *to = bytes;
    size_t entries_size = set.count * sizeof(*room.entries);

    if (to) {
        memcpy(to, &set, sizeof(set));
        to += sizeof(set);
        for (uint32_t at = 0; at < set.count; at++) {
            const struct vtlb_entry *entry = &room.entries[at];
            memcpy(to + at * sizeof(*entry), entry, sizeof(*entry));
            memcpy(to + entries_size + at * sizeof(*buckets), bucket_of(entry->va, entry->level),
                   sizeof(*buckets));
        }
    }
    return sizeof(set) + entries_size + set.count * sizeof(*buckets);
}

void vtlb_set_restore(const void *bytes)
{
    const uint8_t *from = bytes;

    for (uint32_t at = 0; at < set.count; at++) {
        *bucket_of(room.entries[at].va, room.entries[at].level) = NONE;
    }
    memcpy(&set, from, sizeof(set));
    from += sizeof(set);
    size_t entries_size = set.count * sizeof(*room.entries);
    for (uint32_t at = 0; at < set.count; at++) {
        struct vtlb_entry *entry = &room.entries[at];
        memcpy(entry, from + at * sizeof(*entry), sizeof(*entry));
        memcpy(bucket_of(entry->va, entry->level), from + entries_size + at * sizeof(*buckets),
               sizeof(*buckets));
    }
}

/* What points to entry at: its bucket, or the one before it in the chain. */
static uint32_t *link_to(uint32_t at)
{
    uint32_t *link = bucket_of(room.entries[at].va, room.entries[at].level);

    while (*link != at) {
        link = &room.entries[*link].next;
    }
    return link;
}

void vtlb_set_remove(uint32_t at)
{
    uint32_t last = set.count - 1;

    *link_to(at) = room.entries[at].next;
    set.table_count -= room.entries[at].is_table;
    if (at != last) {
        *link_to(last) = at;
        room.entries[at] = room.entries[last];
        if (last >= set.due) {
            vtlb_set_redo(at);
        }
    }
    set.count = last;
    vtlb_set_redo(last);
    mmu_epoch++;
}

bool vtlb_set_has(const struct vtlb_entry *entry)
{
    for (uint32_t at = *bucket_of(entry->va, entry->level); at != NONE;
         at = room.entries[at].next) {
        const struct vtlb_entry *old = &room.entries[at];

        if (old->va == entry->va && old->desc == entry->desc && old->asid == entry->asid &&
            old->level == entry->level && old->rights == entry->rights) {
            return true;
        }
    }
    return false;
}

static void grow(void)
{
    uint32_t capacity = room.capacity ? 2 * room.capacity : CAPACITY_MIN;
    struct vtlb_entry *entries = realloc(room.entries, capacity * sizeof(*entries));

    if (!entries) {
        report("host.memory", REPORT_NO_FRAME, "no room for %u TLB entries", capacity);
    }
    room.entries = entries;
    room.capacity = capacity;
}

void vtlb_set_add(struct vtlb_entry entry)
{
    if (vtlb_set_has(&entry)) {
        return;
    }
    if (set.count == room.capacity) {
        grow();
    }
    uint32_t *bucket = bucket_of(entry.va, entry.level);
    entry.next = *bucket;
    *bucket = set.count;
    set.table_count += entry.is_table;
    room.entries[set.count++] = entry;
    mmu_epoch++;
}

static bool is_met(const struct vtlb_entry *entry, uint32_t asid, uaddr_t va, uint64_t size)
{
    return (entry->asid == asid || entry->asid == VTLB_ANY_ASID) && entry->va < va + size &&
           va < entry->va + desc_span(entry->level);
}

void vtlb_set_visit(uint32_t asid, uaddr_t va, uint64_t size,
                    bool (*visit)(uint32_t at, void *context), void *context)
{
    if (set.count <= FEW || size > PLAT_PAGE_SIZE) {
        for (uint32_t at = set.count; at-- > 0;) {
            if (is_met(&room.entries[at], asid, va, size)) {
                visit(at, context); /* removing moves the last one here, which was visited */
            }
        }
        return;
    }
    for (unsigned level = DESC_LEVEL_ROOT; level <= DESC_LEVEL_LAST; level++) {
        uaddr_t start = va & ~(desc_span(level) - 1);
        uint32_t at = *bucket_of(start, level);

        while (at != NONE) {
            const struct vtlb_entry *entry = &room.entries[at];
            uint32_t next = entry->next;

            /* A chain may hold other addresses and levels as well, which have their own turn. */
            if (entry->level == level && is_met(entry, asid, va, size) && visit(at, context)) {
                next = *bucket_of(start, level); /* removing may have moved any entry */
            }
            at = next;
        }
    }
}
