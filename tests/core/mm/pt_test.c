#include "mm/pt.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/random.h"
#include "mm/frame.h"
#include "platform/hosted/descriptor.h"
#include "platform/hosted/mmu.h"
#include "platform/hosted/vtlb.h"
#include "test.h"
#include "tests/core/fixture.h"

#define MIB2 ((uaddr_t)2 << 20)
#define GIB ((uaddr_t)1 << 30)

/* The first and the last page, and both sides of the borders where another table begins. */
static const uaddr_t border_pages[] = {
    0,
    PAGE_SIZE,
    MIB2 - PAGE_SIZE,
    MIB2,
    GIB - PAGE_SIZE,
    GIB,
    USER_END - GIB - PAGE_SIZE,
    USER_END - GIB,
    USER_END - MIB2 - PAGE_SIZE,
    USER_END - MIB2,
    USER_END - PAGE_SIZE,
};

static struct tlb_context context;

static paddr_t begin(void)
{
    paddr_t root = 0;

    fixture_begin(FIXTURE_FRAMES_MAX);
    context = (struct tlb_context){0};
    EXPECT_EQ(pt_create(&root), 0);
    tlb_use_space(&context, root);
    return root;
}

static void unmap(paddr_t root, uaddr_t start, uaddr_t end)
{
    struct tlb_batch batch;

    tlb_batch_begin(&batch, &context);
    pt_unmap(root, start, end, &batch);
    tlb_batch_end(&batch);
}

static void end(paddr_t root)
{
    unmap(root, 0, USER_END);
    EXPECT_EQ(pt_check(root), 1);
    tlb_use_none();
    tlb_flush_context(&context);
    pt_destroy(root);
    fixture_end();
}

static paddr_t map(paddr_t root, uaddr_t va, unsigned prot)
{
    paddr_t pa;

    EXPECT_EQ(pt_prepare(root, va), 0);
    EXPECT_EQ(frame_alloc(FRAME_USER, &pa), 0);
    pt_set(root, va, pa, prot, prot & PROT_WRITE);
    plat_pte_publish();
    return pa;
}

static void expect_leaf(paddr_t root, uaddr_t va, paddr_t pa, bool is_valid, bool is_writable)
{
    struct pt_leaf leaf;

    EXPECT(pt_find(root, va, &leaf));
    EXPECT_EQ(leaf.pa, pa);
    EXPECT_EQ(leaf.is_valid, is_valid);
    EXPECT_EQ(leaf.is_writable, is_writable);
}

static void expect_none(paddr_t root, uaddr_t va)
{
    struct pt_leaf leaf;

    EXPECT(!pt_find(root, va, &leaf));
}

TEST(pt_empty_root)
{
    paddr_t root = begin();

    EXPECT_EQ(pt_check(root), 1);
    EXPECT_EQ(fixture_frames_used(), 1);
    for (unsigned i = 0; i < ARRAY_LEN(border_pages); i++) {
        expect_none(root, border_pages[i]);
    }
    end(root);
}

TEST(pt_prepare_makes_the_tables_that_are_missing)
{
    static const struct {
        uaddr_t va;
        unsigned tables; /* new ones */
    } steps[] = {
        {0, 2},
        {PAGE_SIZE, 0},
        {MIB2 - PAGE_SIZE, 0},
        {MIB2, 1},
        {GIB - PAGE_SIZE, 1},
        {GIB, 2},
        {USER_END - PAGE_SIZE, 2},
        {USER_END - GIB, 1},
    };
    paddr_t root = begin();
    uint64_t used = 1;

    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        EXPECT_EQ(pt_prepare(root, steps[i].va), 0);
        EXPECT_EQ(pt_prepare(root, steps[i].va), 0);
        used += steps[i].tables;
        EXPECT_EQ(fixture_frames_used(), used);
        expect_none(root, steps[i].va);
    }
}

TEST(pt_prepare_where_a_leaf_is)
{
    paddr_t root = begin();
    paddr_t pa = map(root, GIB, PROT_READ);

    EXPECT_EQ(pt_prepare(root, GIB), 0);
    EXPECT_EQ(fixture_frames_used(), 4);
    expect_leaf(root, GIB, pa, true, false);
    end(root);
}

TEST(pt_leaf_at_every_border)
{
    paddr_t pas[ARRAY_LEN(border_pages)];
    paddr_t root = begin();

    for (unsigned i = 0; i < ARRAY_LEN(border_pages); i++) {
        pas[i] = map(root, border_pages[i], PROT_READ);
    }
    for (unsigned i = 0; i < ARRAY_LEN(border_pages); i++) {
        struct mmu_walk walk;
        mmu_walk(root, border_pages[i] + 5, &walk);
        EXPECT(walk.ok);
        EXPECT_EQ(walk.pa, pas[i] + 5);
        expect_leaf(root, border_pages[i], pas[i], true, false);
    }
    /* Level 2 in four GiB, level 3 in seven times 2 MiB, and the root. */
    EXPECT_EQ(pt_check(root), 1 + 4 + 8);
    end(root);
}

TEST(pt_rights_are_those_of_the_hardware)
{
    paddr_t root = begin();

    for (unsigned prot = 0; prot <= (PROT_READ | PROT_WRITE | PROT_EXEC); prot++) {
        uaddr_t va = MIB2 + prot * PAGE_SIZE;
        unsigned rights = 0;
        struct mmu_walk walk;
        if (prot != PROT_NONE) {
            rights = RIGHT_READ | (prot & PROT_WRITE ? RIGHT_WRITE : 0u) |
                     (prot & PROT_EXEC ? RIGHT_FETCH : 0u);
        }
        paddr_t pa = map(root, va, prot);
        mmu_walk(root, va, &walk);
        EXPECT_EQ(walk.ok, prot != PROT_NONE);
        EXPECT(!walk.ok || walk.rights == rights);
        expect_leaf(root, va, pa, prot != PROT_NONE, prot & PROT_WRITE);
    }
    end(root);
}

TEST(pt_leaf_may_be_read_only_although_its_region_is_not)
{
    paddr_t root = begin();
    paddr_t pa = map(root, MIB2, PROT_READ | PROT_WRITE);

    pt_set_rights(root, MIB2, PROT_READ | PROT_WRITE, false);
    tlb_flush_context(&context);
    expect_leaf(root, MIB2, pa, true, false);
    pt_set_rights(root, MIB2, PROT_READ | PROT_WRITE, true);
    plat_pte_publish();
    expect_leaf(root, MIB2, pa, true, true);
    end(root);
}

TEST(pt_parked_leaf_keeps_its_frame)
{
    paddr_t root = begin();
    paddr_t pa = map(root, MIB2, PROT_READ | PROT_WRITE);
    struct mmu_walk walk;

    pt_set_rights(root, MIB2, PROT_NONE, false);
    tlb_flush_range(&context, MIB2, MIB2 + PAGE_SIZE);
    expect_leaf(root, MIB2, pa, false, false);
    mmu_walk(root, MIB2, &walk);
    EXPECT(!walk.ok);
    EXPECT_EQ(walk.kind, PLAT_FAULT_TRANSLATION);
    EXPECT_EQ(pt_check(root), 3);
    pt_set_rights(root, MIB2, PROT_READ, false);
    plat_pte_publish();
    expect_leaf(root, MIB2, pa, true, false);
    pt_set_rights(root, MIB2, PROT_NONE, false);
    tlb_flush_context(&context);
    end(root);
}

TEST(pt_replace_gives_the_old_frame_to_the_caller)
{
    paddr_t root = begin();
    paddr_t old = map(root, GIB, PROT_READ | PROT_WRITE);
    paddr_t new;

    EXPECT_EQ(frame_alloc(FRAME_USER, &new), 0);
    pt_replace(&context, root, GIB, new, PROT_READ | PROT_WRITE);
    frame_put(old); /* nobody can reach it any more, which the TLB would report */
    plat_pte_publish();
    expect_leaf(root, GIB, new, true, true);
    EXPECT_EQ(pt_check(root), 3);
    end(root);
}

TEST(pt_unmap_frees_tables_that_become_empty)
{
    static const struct {
        uaddr_t start;
        uaddr_t end;
        unsigned tables; /* that are left */
    } steps[] = {
        {MIB2, MIB2, 7},                        /* nothing at all */
        {MIB2 + PAGE_SIZE, GIB - PAGE_SIZE, 7}, /* nothing that is there */
        {MIB2, MIB2 + PAGE_SIZE, 6},            /* the only leaf of its table */
        {MIB2 - PAGE_SIZE, MIB2, 6},            /* one of two of its table */
        {0, PAGE_SIZE, 5},                      /* the other one */
        {GIB - PAGE_SIZE, GIB, 3},              /* the last of its GiB */
        {GIB + PAGE_SIZE, USER_END, 3},         /* nothing that is there */
        {0, USER_END, 1},                       /* the last */
    };
    static const uaddr_t pages[] = {0, MIB2 - PAGE_SIZE, MIB2, GIB - PAGE_SIZE, GIB};
    paddr_t root = begin();

    for (unsigned i = 0; i < ARRAY_LEN(pages); i++) {
        map(root, pages[i], PROT_READ);
    }
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        unmap(root, steps[i].start, steps[i].end);
        EXPECT_EQ(pt_check(root), steps[i].tables);
    }
    EXPECT_EQ(fixture_frames_used(), 1);
    end(root);
}

TEST(pt_unmap_of_more_than_a_batch_holds)
{
    enum { PAGES = 3 * TLB_BATCH_FRAMES + 1 };
    paddr_t root = begin();

    for (uaddr_t va = GIB - 100 * PAGE_SIZE; va < GIB + (PAGES - 100) * PAGE_SIZE;
         va += PAGE_SIZE) {
        map(root, va, PROT_READ | PROT_WRITE);
    }
    unmap(root, GIB - 100 * PAGE_SIZE, GIB + (PAGES - 101) * PAGE_SIZE);
    EXPECT_EQ(pt_check(root), 3);
    EXPECT_EQ(fixture_frames_used(), 4);
    end(root);
}

TEST(pt_next_goes_over_holes)
{
    paddr_t root = begin();
    struct pt_leaf leaf;
    uaddr_t va = 0;

    EXPECT(!pt_next(root, &va, USER_END, &leaf));
    for (unsigned i = 0; i < ARRAY_LEN(border_pages); i++) {
        map(root, border_pages[i], PROT_READ);
    }
    va = 0;
    for (unsigned i = 0; i < ARRAY_LEN(border_pages); i++) {
        EXPECT(pt_next(root, &va, USER_END, &leaf));
        EXPECT_EQ(va, border_pages[i]);
        va += PAGE_SIZE;
    }
    EXPECT(!pt_next(root, &va, USER_END, &leaf));
    end(root);
}

TEST(pt_next_stops_before_its_end)
{
    paddr_t root = begin();
    struct pt_leaf leaf;
    uaddr_t va = PAGE_SIZE;

    map(root, GIB, PROT_READ);
    EXPECT(!pt_next(root, &va, GIB, &leaf));
    EXPECT_EQ(va, PAGE_SIZE);
    EXPECT(pt_next(root, &va, GIB + PAGE_SIZE, &leaf));
    EXPECT_EQ(va, GIB);
    EXPECT(!pt_next(root, &va, GIB, &leaf));
    end(root);
}

static int create_root(void *root)
{
    return pt_create(root);
}

static void destroy_root(void *root)
{
    pt_destroy(*(paddr_t *)root);
}

TEST(pt_create_without_memory)
{
    paddr_t root;

    fixture_begin(10);
    fixture_fail_each(create_root, destroy_root, &root);
    fixture_end();
}

static struct {
    paddr_t root;
    uaddr_t va;
} prepared;

static int prepare(void *unused)
{
    (void)unused;
    return pt_prepare(prepared.root, prepared.va);
}

static void unprepare(void *unused)
{
    (void)unused;
    map(prepared.root, prepared.va, PROT_READ);
    unmap(prepared.root, prepared.va, prepared.va + PAGE_SIZE);
}

TEST(pt_prepare_without_memory_changes_nothing)
{
    prepared.root = begin();
    map(prepared.root, GIB, PROT_READ);
    prepared.va = USER_END - PAGE_SIZE; /* needs two tables */
    fixture_fail_each(prepare, unprepare, NULL);
    prepared.va = GIB + MIB2; /* needs one */
    fixture_fail_each(prepare, unprepare, NULL);
    EXPECT_EQ(pt_check(prepared.root), 3);
    end(prepared.root);
}

/* Pages around the borders where tables begin; pa 0: there is no leaf. */
struct model {
    uaddr_t va;
    paddr_t pa;
    unsigned prot;
};

enum { MODEL_PAGES = 48, MODEL_STEPS = 6000 };

static void compare(paddr_t root, const struct model *model)
{
    struct pt_leaf leaf;
    uaddr_t va = 0;

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        if (model[i].pa) {
            EXPECT(pt_next(root, &va, USER_END, &leaf));
            EXPECT_EQ(va, model[i].va);
            expect_leaf(root, va, model[i].pa, model[i].prot != PROT_NONE,
                        model[i].prot & PROT_WRITE);
            va += PAGE_SIZE;
        } else {
            expect_none(root, model[i].va);
        }
    }
    EXPECT(!pt_next(root, &va, USER_END, &leaf));
    pt_check(root);
    vtlb_audit();
}

static void change(paddr_t root, struct model *page, struct random *random)
{
    unsigned prot = (unsigned)(random_next(random) % 8);
    bool replaces = random_next(random) % 2;

    if (page->pa == 0) {
        page->pa = map(root, page->va, prot);
        page->prot = prot;
    } else if (replaces && (page->prot & PROT_WRITE)) {
        paddr_t old = page->pa;
        EXPECT_EQ(frame_alloc(FRAME_USER, &page->pa), 0);
        pt_replace(&context, root, page->va, page->pa, page->prot);
        plat_pte_publish();
        frame_put(old);
    } else {
        pt_set_rights(root, page->va, prot, prot & PROT_WRITE);
        tlb_flush_range(&context, page->va, page->va + PAGE_SIZE);
        page->prot = prot;
    }
}

TEST(pt_agrees_with_a_model)
{
    static const uaddr_t borders[] = {MIB2, GIB, USER_END - GIB, USER_END - 8 * PAGE_SIZE};
    enum { AROUND = MODEL_PAGES / ARRAY_LEN(borders) };
    struct model model[MODEL_PAGES] = {0};
    struct random random = {4};
    paddr_t root = begin();

    for (unsigned i = 0; i < MODEL_PAGES; i++) {
        model[i].va = borders[i / AROUND] + (i % AROUND) * PAGE_SIZE - 4 * PAGE_SIZE;
    }
    for (unsigned step = 0; step < MODEL_STEPS; step++) {
        unsigned first = (unsigned)(random_next(&random) % MODEL_PAGES);
        test_note("step %u", step);
        if (random_next(&random) % 6 > 0) {
            change(root, &model[first], &random);
        } else {
            unsigned last = first + (unsigned)(random_next(&random) % (MODEL_PAGES - first));
            unmap(root, model[first].va, model[last].va + PAGE_SIZE);
            for (unsigned i = first; i <= last; i++) {
                model[i].pa = 0;
            }
        }
        if (step % 16 == 0) {
            compare(root, model);
        }
    }
    compare(root, model);
    end(root);
}

TEST_DIES(pt_set_over_a_leaf, "pt_set: plat_pte_load(table, index) == 0")
{
    paddr_t root = begin();

    pt_set(root, GIB, map(root, GIB, PROT_READ), PROT_READ, false);
}

/* In a space of which no TLB knows anything nothing is flushed: what was stored is published all
 * the same. */
TEST(pt_move_publishes_where_there_is_nothing_to_flush)
{
    paddr_t root = begin();
    struct tlb_context unused = {0};
    struct plat_fault fault;
    char byte;

    paddr_t pa = map(root, 0, PROT_READ);
    plat_mem_mark(pa, PAGE_SIZE, PLAT_MEM_DEFINED);
    EXPECT_EQ(pt_prepare(root, MIB2), 0);
    pt_move(&unused, root, 0, MIB2, PAGE_SIZE);
    EXPECT_EQ(plat_user_read(&byte, MIB2, 1, &fault), 1);
    end(root);
}

TEST_DIES(pt_set_without_tables, "table_of: found")
{
    paddr_t pa;
    paddr_t root = begin();

    EXPECT_EQ(frame_alloc(FRAME_USER, &pa), 0);
    pt_set(root, GIB, pa, PROT_READ, false);
}

TEST_DIES(pt_set_of_a_frame_that_is_no_users, "pt_set: frame_of(pa)->kind == FRAME_USER")
{
    paddr_t pa;
    paddr_t root = begin();

    EXPECT_EQ(pt_prepare(root, GIB), 0);
    EXPECT_EQ(frame_alloc(FRAME_POOL, &pa), 0);
    pt_set(root, GIB, pa, PROT_READ, false);
}

TEST_DIES(pt_writable_without_the_right, "make_leaf: !writable || (prot & PROT_WRITE)")
{
    paddr_t root = begin();

    map(root, GIB, PROT_READ);
    pt_set_rights(root, GIB, PROT_READ, true);
}

TEST_DIES(pt_rights_of_no_leaf, "pt_set_rights: old != 0")
{
    paddr_t root = begin();

    map(root, GIB, PROT_READ);
    pt_set_rights(root, GIB + PAGE_SIZE, PROT_READ, false);
}

TEST_DIES(pt_replace_of_a_parked_leaf, "pt_replace: plat_pte_load(table, index) & PTE_VALID")
{
    paddr_t root = begin();

    pt_replace(&context, root, GIB, map(root, GIB, PROT_NONE), PROT_READ | PROT_WRITE);
}

TEST_DIES(pt_above_user_space, "find_table: va < USER_END")
{
    expect_none(begin(), USER_END);
}

TEST_DIES(pt_prepare_above_user_space, "pt_prepare: va < USER_END")
{
    EXPECT_EQ(pt_prepare(begin(), USER_END), 0);
}

TEST_DIES(pt_unmap_above_user_space, "pt_unmap: end <= USER_END")
{
    unmap(begin(), 0, USER_END + PAGE_SIZE);
}

TEST_DIES(pt_destroy_of_a_root_with_entries, "pt_destroy: frame_of(root)->entries == 0")
{
    paddr_t root = begin();

    map(root, GIB, PROT_READ);
    pt_destroy(root);
}

TEST_DIES(pt_check_sees_a_wrong_count, "check_table: entries == frame->entries")
{
    paddr_t root = begin();

    map(root, GIB, PROT_READ);
    frame_of(root)->entries++;
    pt_check(root);
}

TEST_DIES(pt_check_sees_a_global_leaf, "check_leaf: pte & PTE_NOT_GLOBAL")
{
    paddr_t root = begin();
    struct mmu_walk walk;

    map(root, GIB, PROT_READ);
    mmu_walk(root, GIB, &walk);
    paddr_t table = walk.path[2] & DESC_ADDRESS;
    plat_pte_store(table, 0, 0);
    plat_tlb_flush_all();
    plat_pte_store(table, 0, walk.path[3] & ~DESC_NOT_GLOBAL);
    pt_check(root);
}

TEST_DIES(pt_check_sees_an_empty_table, "check_table: level == LEVEL_ROOT || entries > 0")
{
    paddr_t root = begin();

    EXPECT_EQ(pt_prepare(root, GIB), 0);
    pt_check(root);
}
