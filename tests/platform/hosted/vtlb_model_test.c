/*
 * The adversarial TLB, which stores hardly anything, against a plain model that stores everything:
 * after each event the model adds all that a walker could see to a list, by every way there is, and
 * a flush removes from the list. For seeded random events on a few small spaces both must report
 * the same.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "rig.h"
#include "vtlb.h"

enum {
    ROOTS = 2,
    MIDDLES = 3,
    LEAVES = 4,
    TABLES = ROOTS + MIDDLES + LEAVES,
    FRAMES = 3,
    SLOTS = 2, /* of each table that are used */
    ASIDS = 3, /* 1 and 2 */
    ANY = 0,   /* as an ASID: all */
    KNOWN_MAX = 4096,
    STEPS = 400, /* of a run, unless a report ends it */
    RUNS = 6000,
};

#define BLOCK_BASE ((paddr_t)0x40200000)

struct known {
    unsigned asid;
    unsigned level;
    uaddr_t va;
    pte_t desc;
    unsigned rights;
};

static struct known known[KNOWN_MAX];
static unsigned known_count;
static paddr_t tables[TABLES];
static bool is_linked[TABLES];
static paddr_t frames[FRAMES];
static unsigned owner[ASIDS]; /* of an ASID: 1 + the number of its root; 0: none */
static unsigned root_used;    /* 1 + its number; 0: none */
static unsigned asid_used;
static uint64_t seed;
static bool is_careful; /* breaks before it makes, and mostly flushes */

static unsigned pick(unsigned bound)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (unsigned)(seed >> 33) % bound;
}

static unsigned level_of(unsigned table)
{
    return table < ROOTS ? 1 : table < ROOTS + MIDDLES ? 2 : 3;
}

static unsigned number_of(paddr_t pa)
{
    for (unsigned i = 0; i < TABLES; i++) {
        if (tables[i] == pa) {
            return i;
        }
    }
    FAIL("0x%lx is no table", pa);
}

/* ---- the plain model ---- */

static bool is_same(const struct known *a, const struct known *b)
{
    return a->asid == b->asid && a->level == b->level && a->va == b->va && a->desc == b->desc &&
           a->rights == b->rights;
}

static void add(struct known entry)
{
    for (unsigned i = 0; i < known_count; i++) {
        if (is_same(&known[i], &entry)) {
            return;
        }
    }
    EXPECT(known_count < KNOWN_MAX);
    known[known_count++] = entry;
}

/* All that a walker sees which has come to a table. */
static void look(paddr_t table, unsigned level, uaddr_t va, unsigned rights)
{
    for (unsigned i = 0; i < SLOTS; i++) {
        pte_t desc = plat_pte_load(table, i);
        if (!desc_is_cacheable(desc, level)) {
            continue;
        }
        bool is_table = desc_kind(desc, level) == DESC_KIND_TABLE;
        unsigned own = is_table ? desc_table_rights(desc) : desc_leaf_rights(desc);
        add((struct known){
            .asid = is_table || (desc & DESC_NOT_GLOBAL) ? asid_used : ANY,
            .level = level,
            .va = va + i * desc_span(level),
            .desc = desc,
            .rights = rights & own,
        });
    }
}

static void speculate(void)
{
    if (!root_used) {
        return;
    }
    look(tables[root_used - 1], 1, 0, RIGHT_ALL);
    for (unsigned i = 0; i < known_count; i++) { /* grows as it goes */
        struct known entry = known[i];
        if (entry.asid == asid_used && desc_kind(entry.desc, entry.level) == DESC_KIND_TABLE) {
            look(entry.desc & DESC_ADDRESS, entry.level + 1, entry.va, entry.rights);
        }
    }
}

enum verdict { AGREES, MOVED, OTHERWISE };

static enum verdict judge(const struct known *entry, unsigned root)
{
    paddr_t table = tables[root];
    unsigned rights = RIGHT_ALL;
    bool is_table = true;
    pte_t desc = 0;

    for (unsigned level = 1; level <= entry->level && level <= DESC_LEVEL_LAST; level++) {
        if (!is_table) {
            return MOVED;
        }
        desc = plat_pte_load(table, desc_index(entry->va, level));
        if (!desc_is_cacheable(desc, level)) {
            return OTHERWISE;
        }
        is_table = desc_kind(desc, level) == DESC_KIND_TABLE;
        rights &= is_table ? desc_table_rights(desc) : desc_leaf_rights(desc);
        table = desc & DESC_ADDRESS;
    }
    if ((desc ^ entry->desc) & ~(is_table ? DESC_TABLE_MAY_CHANGE : DESC_LEAF_MAY_CHANGE)) {
        return MOVED;
    }
    return entry->rights & ~rights ? OTHERWISE : AGREES;
}

/* 1 + the root that an entry can be hit through, or 0. */
static unsigned root_of(const struct known *entry)
{
    return entry->asid == ANY ? root_used : owner[entry->asid];
}

static const char *audit(void)
{
    for (unsigned i = 0; i < known_count; i++) {
        unsigned root = root_of(&known[i]);
        if (root && judge(&known[i], root - 1) != AGREES) {
            return "tlb.stale";
        }
    }
    return NULL;
}

static bool overlaps(const struct known *entry, uaddr_t va, uint64_t size)
{
    return entry->va < va + size && va < entry->va + desc_span(entry->level);
}

static void forget(unsigned i)
{
    known[i] = known[--known_count];
}

/* Where the space of a root has table; false: nowhere. */
static bool find_va(unsigned root, unsigned table, uaddr_t *va)
{
    if (table == root) {
        *va = 0;
        return true;
    }
    for (unsigned t = 0; t < TABLES; t++) {
        for (unsigned i = 0; i < SLOTS; i++) {
            pte_t desc = plat_pte_load(tables[t], i);
            if (desc_kind(desc, level_of(t)) == DESC_KIND_TABLE &&
                (desc & DESC_ADDRESS) == tables[table] && find_va(root, t, va)) {
                *va += i * desc_span(level_of(t));
                return true;
            }
        }
    }
    return false;
}

static const char *judge_store(unsigned table, unsigned index, pte_t value)
{
    for (unsigned asid = 1; asid < ASIDS && (value & DESC_VALID); asid++) {
        uaddr_t va;
        if (!owner[asid] || !find_va(owner[asid] - 1, table, &va)) {
            continue;
        }
        va += index * desc_span(level_of(table));
        for (unsigned i = 0; i < known_count; i++) {
            bool is_met =
                known[i].asid == asid || (known[i].asid == ANY && root_used == owner[asid]);
            if (is_met && overlaps(&known[i], va, desc_span(level_of(table))) &&
                judge(&known[i], owner[asid] - 1) == MOVED) {
                return "tlb.break-before-make";
            }
        }
    }
    return NULL;
}

/* ---- what really reports ---- */

static jmp_buf reported;
static const char *report_name;

static void note_report(const char *name, const char *details)
{
    (void)details;
    report_name = name;
    longjmp(reported, 1);
}

#define REPORT_OF(statement_)                                                                      \
    (report_name = NULL, setjmp(reported) == 0 ? (void)(statement_) : (void)0, report_name)

/* ---- events ---- */

static pte_t make_value(unsigned level)
{
    static const pte_t rights[] = {RIG_RW, RIG_RO, RIG_RX, RIG_RWX};
    unsigned kind = pick(10);

    if (kind < 3) {
        return 0;
    }
    if (level < 3 && (kind < 9 || level == 1)) {
        unsigned first = level == 1 ? ROOTS : ROOTS + MIDDLES;
        unsigned child = first + pick(level == 1 ? MIDDLES : LEAVES);
        if (is_linked[child]) {
            return 0;
        }
        return tables[child] | RIG_LINK | (pick(6) == 0 ? DESC_READ_ONLY_TABLE : 0);
    }
    pte_t desc = rights[pick(4)];
    if (pick(12) == 0) {
        desc &= ~DESC_ACCESSED;
    }
    if (pick(40) == 0) {
        desc &= ~DESC_NOT_GLOBAL;
    }
    return level == 3 ? desc | frames[pick(FRAMES)] : (desc & ~DESC_TABLE) | BLOCK_BASE;
}

enum flush { FLUSH_ALL, FLUSH_ASID, FLUSH_PAGES };

static void flush(enum flush kind, unsigned asid, uaddr_t va, uint64_t pages)
{
    for (unsigned i = known_count; i-- > 0;) {
        bool is_of_asid = known[i].asid == asid;
        bool is_hit = kind == FLUSH_ALL || (kind == FLUSH_ASID && is_of_asid) ||
                      (kind == FLUSH_PAGES && (is_of_asid || known[i].asid == ANY) &&
                       overlaps(&known[i], va, pages * PLAT_PAGE_SIZE));
        if (is_hit) {
            forget(i);
        }
    }
    if (kind == FLUSH_ALL) {
        plat_tlb_flush_all();
    } else if (kind == FLUSH_ASID) {
        plat_tlb_flush_asid((asid_t)asid);
    } else {
        plat_tlb_flush((asid_t)asid, va, pages);
    }
}

static uaddr_t make_va(void)
{
    uaddr_t va = pick(SLOTS) * desc_span(1);

    va += pick(SLOTS) * desc_span(2);
    return va + pick(SLOTS) * desc_span(3);
}

static void do_flush(void)
{
    unsigned kind = pick(8);
    unsigned asid = 1 + pick(ASIDS - 1);
    uaddr_t va = make_va();

    flush(kind > FLUSH_PAGES ? FLUSH_PAGES : kind, asid, va, 1 + pick(3));
}

/* What a careful kernel does after a store; it knows where the table hangs. */
static void flush_slot(unsigned table, unsigned index)
{
    for (unsigned asid = 1; asid < ASIDS; asid++) {
        uaddr_t va;
        if (owner[asid] && find_va(owner[asid] - 1, table, &va)) {
            uint64_t span = desc_span(level_of(table));
            flush(pick(4) ? FLUSH_PAGES : FLUSH_ASID, asid, va + index * span,
                  span / PLAT_PAGE_SIZE);
        }
    }
}

static const char *do_store(const char **expected)
{
    unsigned table = pick(TABLES);
    unsigned index = pick(SLOTS);
    unsigned level = level_of(table);
    pte_t old = plat_pte_load(tables[table], index);
    pte_t value = make_value(level);
    static const pte_t flips[] = {DESC_READ_ONLY, DESC_UXN, (pte_t)1 << 55};

    if (old != 0 && pick(2) == 0) { /* the same, with other rights */
        value = desc_kind(old, level) == DESC_KIND_TABLE ? old ^ DESC_READ_ONLY_TABLE
                                                         : old ^ flips[pick(3)];
    } else if (is_careful && (old & DESC_VALID)) {
        value = 0;
    }
    const char *got = REPORT_OF(plat_pte_store(tables[table], index, value));
    if (desc_kind(old, level) == DESC_KIND_TABLE) {
        is_linked[number_of(old & DESC_ADDRESS)] = false;
    }
    if (desc_kind(value, level) == DESC_KIND_TABLE) {
        is_linked[number_of(value & DESC_ADDRESS)] = true;
    }
    *expected = value == old ? NULL : judge_store(table, index, value);
    if (!got) {
        plat_pte_publish();
    }
    if (!got && is_careful && pick(16)) {
        speculate();
        flush_slot(table, index);
    }
    return got;
}

static const char *do_use(const char **expected)
{
    unsigned root = pick(ROOTS + 1);
    unsigned asid = root ? 1 + pick(4) % (ASIDS - 1) : 0;

    *expected = audit();
    const char *got = REPORT_OF(plat_space_use(root ? tables[root - 1] : 0, (asid_t)asid));
    root_used = root;
    asid_used = asid;
    for (unsigned a = 1; root && a < ASIDS; a++) {
        if (owner[a] == root) {
            owner[a] = 0;
        }
    }
    if (root) {
        owner[asid] = root;
    }
    return got;
}

static const char *do_access(const char **expected)
{
    uaddr_t va = make_va();
    enum plat_access access = pick(2) ? PLAT_WRITE : PLAT_READ;
    struct plat_fault fault = {0};
    struct mmu_walk walk;
    unsigned rights;
    bool is_denied = false;

    *expected = NULL;
    if (!root_used) {
        return NULL;
    }
    mmu_walk(tables[root_used - 1], va, &walk);
    rights = walk.rights;
    for (unsigned i = 0; i < known_count; i++) {
        if ((known[i].asid == asid_used || known[i].asid == ANY) &&
            overlaps(&known[i], va, PLAT_PAGE_SIZE)) {
            if (judge(&known[i], root_used - 1) != AGREES) {
                *expected = "tlb.stale";
            }
            rights &= known[i].rights;
        }
    }
    const void *at = NULL;
    const char *got = REPORT_OF(at = mmu_translate(va, access, &fault));
    is_denied = !walk.ok || !(rights & 1u << access);
    if (!got && !*expected) {
        EXPECT_EQ(at == NULL, is_denied);
    }
    return got;
}

static const char *step(const char **expected)
{
    unsigned kind = pick(20);

    *expected = NULL;
    if (kind < 10) {
        return do_store(expected);
    }
    if (kind < 15) {
        do_flush();
        return NULL;
    }
    if (kind < 17) {
        return do_use(expected);
    }
    if (kind < 19) {
        return do_access(expected);
    }
    *expected = audit();
    return REPORT_OF(vtlb_audit());
}

static void start(void)
{
    rig_start(VTLB_ADVERSARIAL);
    report_hook = note_report;
    known_count = 0;
    root_used = 0;
    asid_used = 0;
    memset(owner, 0, sizeof(owner));
    memset(is_linked, 0, sizeof(is_linked));
    plat_mem_mark(BLOCK_BASE, desc_span(2), PLAT_MEM_DEFINED);
    for (unsigned i = 0; i < TABLES; i++) {
        tables[i] = rig_table();
    }
    for (unsigned i = 0; i < FRAMES; i++) {
        frames[i] = rig_page();
    }
}

TEST(reports_what_the_plain_model_does)
{
    const char *runs = test_option("runs");
    unsigned count = runs ? (unsigned)atoi(runs) : RUNS;
    unsigned long steps = 0, reports = 0;

    for (unsigned run = 0; run < count; run++) {
        seed = run;
        is_careful = run % 2;
        start();
        for (unsigned i = 0; i < STEPS; i++) {
            const char *expected;
            const char *got;

            test_note("seed %u, step %u", run, i);
            got = step(&expected);
            EXPECT_STREQ(got, expected);
            steps++;
            if (got) {
                reports++;
                break;
            }
            speculate();
        }
    }
    printf("%lu events, %lu of %u runs ended in a report\n", steps, reports, count);
}
