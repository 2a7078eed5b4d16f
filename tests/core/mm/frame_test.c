#include "mm/frame.h"

#include "abi/errno.h"
#include "base/random.h"
#include "base/string.h"
#include "platform/hosted/ram.h"
#include "test.h"
#include "tests/core/fixture.h"

enum {
    PAGES = 64,           /* of RAM, in a machine that has more */
    TABLE_PAGES = 1,      /* what the frame table takes of them */
    MODEL_REFERENCES = 5, /* of one frame in the model test, at the most */
};

static paddr_t page(unsigned number)
{
    return RAM_BASE + (paddr_t)number * PAGE_SIZE;
}

static paddr_t alloc(void)
{
    paddr_t pa = 0;

    EXPECT_EQ(frame_alloc(FRAME_USER, &pa), 0);
    return pa;
}

static void check(void)
{
    struct frame_census census;

    frame_check(&census);
}

/* RAM of that many pages, of which the ranges are reserved. */
static int init(unsigned pages, const struct plat_range *reserved, unsigned count, uint64_t limit)
{
    struct plat_boot boot = {
        .ram = {.base = RAM_BASE, .size = (uint64_t)pages * PAGE_SIZE},
        .reserved_count = count,
    };

    for (unsigned i = 0; i < count; i++) {
        boot.reserved[i] = reserved[i];
    }
    int error = frame_init(&boot);
    if (!error) {
        frame_limit(limit);
    }
    return error;
}

/* Takes every frame; is_taken says which pages they are. */
static unsigned take_all(bool is_taken[PAGES])
{
    unsigned count = 0;
    paddr_t pa;

    memset(is_taken, 0, PAGES * sizeof(*is_taken));
    while (frame_alloc(FRAME_USER, &pa) == 0) {
        EXPECT_EQ(pa % PAGE_SIZE, 0);
        EXPECT(pa >= RAM_BASE && pa < page(PAGES));
        unsigned number = (unsigned)((pa - RAM_BASE) / PAGE_SIZE);
        EXPECT(!is_taken[number]);
        is_taken[number] = true;
        count++;
    }
    EXPECT_EQ(frame_free_count(), 0);
    check();
    return count;
}

/* All of RAM is handed out but what is reserved and the table. */
static void expect_reserved(const struct plat_range *reserved, unsigned count)
{
    bool is_taken[PAGES];
    unsigned usable = 0;

    EXPECT_EQ(init(PAGES, reserved, count, UINT64_MAX), 0);
    uint64_t total = frame_total_count();
    EXPECT_EQ(take_all(is_taken), total);
    for (unsigned number = 0; number < PAGES; number++) {
        bool is_reserved = false;
        for (unsigned i = 0; i < count; i++) {
            is_reserved |= reserved[i].size > 0 && reserved[i].base < page(number + 1) &&
                           reserved[i].base + reserved[i].size > page(number);
        }
        EXPECT(!(is_taken[number] && is_reserved));
        usable += !is_reserved;
    }
    EXPECT_EQ(total, usable - TABLE_PAGES);
}

TEST(frame_hands_out_each_once_and_then_no_more)
{
    bool is_taken[PAGES];
    paddr_t pa = 1;

    fixture_begin(1);
    EXPECT_EQ(init(PAGES, NULL, 0, UINT64_MAX), 0);
    EXPECT_EQ(frame_total_count(), PAGES - TABLE_PAGES);
    EXPECT_EQ(take_all(is_taken), PAGES - TABLE_PAGES);
    EXPECT_EQ(frame_alloc(FRAME_USER, &pa), -ENOMEM);
    EXPECT_EQ(pa, 1);
}

TEST(frame_stops_at_its_limit)
{
    static const uint64_t limits[] = {0, 1, 2, PAGES - TABLE_PAGES, PAGES};
    bool is_taken[PAGES];

    fixture_begin(1);
    for (unsigned i = 0; i < ARRAY_LEN(limits); i++) {
        uint64_t total = min_u64(limits[i], PAGES - TABLE_PAGES);
        EXPECT_EQ(init(PAGES, NULL, 0, limits[i]), 0);
        EXPECT_EQ(frame_total_count(), total);
        EXPECT_EQ(frame_free_count(), total);
        EXPECT_EQ(take_all(is_taken), total);
    }
}

TEST(frame_limit_counts_what_is_in_use)
{
    fixture_begin(1);
    EXPECT_EQ(init(PAGES, NULL, 0, UINT64_MAX), 0);
    paddr_t pa = alloc();
    alloc();
    frame_limit(3);
    EXPECT_EQ(frame_total_count(), 3);
    EXPECT_EQ(frame_free_count(), 1);
    alloc();
    EXPECT_EQ(frame_alloc(FRAME_USER, &pa), -ENOMEM);
    frame_limit(UINT64_MAX);
    EXPECT_EQ(frame_total_count(), PAGES - TABLE_PAGES);
    check();
}

TEST(frame_reuse_late_and_soon)
{
    paddr_t pas[3];

    fixture_begin(3);
    for (unsigned i = 0; i < ARRAY_LEN(pas); i++) {
        pas[i] = alloc();
    }
    for (unsigned i = 0; i < ARRAY_LEN(pas); i++) {
        frame_put(pas[i]);
    }
    EXPECT_EQ(alloc(), pas[0]);
    frame_put(pas[0]);
    EXPECT_EQ(alloc(), pas[1]);
    frame_reuse(FRAME_REUSE_SOON);
    frame_put(pas[1]);
    check();
    EXPECT_EQ(alloc(), pas[1]);
    EXPECT_EQ(alloc(), pas[2]);
    EXPECT_EQ(alloc(), pas[0]);
    frame_put(pas[2]);
    frame_put(pas[0]);
    frame_put(pas[1]);
    check();
    EXPECT_EQ(alloc(), pas[1]);
    EXPECT_EQ(alloc(), pas[0]);
    EXPECT_EQ(alloc(), pas[2]);
}

TEST(frame_has_one_reference_and_its_kind)
{
    static const enum frame_kind kinds[] = {FRAME_USER, FRAME_TABLE, FRAME_POOL};

    fixture_begin(3);
    for (unsigned i = 0; i < ARRAY_LEN(kinds); i++) {
        paddr_t pa;
        EXPECT_EQ(frame_alloc(kinds[i], &pa), 0);
        EXPECT_EQ(frame_of(pa)->refs, 1);
        EXPECT_EQ(frame_of(pa)->kind, kinds[i]);
        EXPECT_EQ(frame_of(pa)->entries, 0);
        frame_put(pa);
    }
    fixture_end();
}

TEST(frame_is_free_at_the_last_put)
{
    fixture_begin(2);
    paddr_t pa = alloc();
    frame_get(pa);
    frame_get(pa);
    EXPECT_EQ(frame_of(pa)->refs, 3);
    frame_put(pa);
    frame_put(pa);
    EXPECT_EQ(frame_free_count(), 1);
    check();
    frame_put(pa);
    EXPECT_EQ(frame_free_count(), 2);
    fixture_end();
}

TEST(frame_is_reused_first_in_first_out)
{
    paddr_t order[3];

    fixture_begin(10);
    paddr_t a = alloc();
    paddr_t b = alloc();
    paddr_t c = alloc();
    frame_put(b);
    frame_put(a);
    frame_put(c);
    for (unsigned i = 0; i < ARRAY_LEN(order); i++) {
        order[i] = alloc();
    }
    EXPECT_EQ(order[0], b);
    EXPECT_EQ(order[1], a);
    EXPECT_EQ(order[2], c);
    paddr_t fresh = alloc();
    EXPECT(fresh != a && fresh != b && fresh != c);
}

TEST(frame_contents_are_undefined_when_taken)
{
    fixture_begin(1);
    paddr_t pa = alloc();
    uint8_t *bytes = plat_phys_ptr(pa, PAGE_SIZE);
    memset(bytes, 0x11, PAGE_SIZE);
    frame_put(pa);
    EXPECT_EQ(alloc(), pa);
    EXPECT(bytes[0] != 0x11 && bytes[PAGE_SIZE - 1] != 0x11);
}

TEST(frame_leaves_out_what_is_reserved)
{
    static const struct plat_range first[] = {{RAM_BASE, 1}};
    static const struct plat_range last[] = {{RAM_BASE + PAGES * PAGE_SIZE - 1, 1}};
    static const struct plat_range across[] = {{RAM_BASE + 5 * PAGE_SIZE - 1, 2}};
    static const struct plat_range empty[] = {{RAM_BASE + 7 * PAGE_SIZE + 5, 0}};
    static const struct plat_range whole_pages[] = {{RAM_BASE + 3 * PAGE_SIZE, 2 * PAGE_SIZE}};
    static const struct plat_range overlap[] = {
        {RAM_BASE + 20 * PAGE_SIZE, 10 * PAGE_SIZE},
        {RAM_BASE + 15 * PAGE_SIZE, 10 * PAGE_SIZE},
        {RAM_BASE + 18 * PAGE_SIZE, 3 * PAGE_SIZE},
    };
    static const struct plat_range outside[] = {
        {RAM_BASE - 4 * PAGE_SIZE, 2 * PAGE_SIZE},
        {RAM_BASE - PAGE_SIZE, 2 * PAGE_SIZE},
        {RAM_BASE + PAGES * PAGE_SIZE, PAGE_SIZE},
        {RAM_BASE + (PAGES - 1) * PAGE_SIZE, 5 * PAGE_SIZE},
    };

    fixture_begin(1);
    expect_reserved(NULL, 0);
    expect_reserved(first, ARRAY_LEN(first));
    expect_reserved(last, ARRAY_LEN(last));
    expect_reserved(across, ARRAY_LEN(across));
    expect_reserved(empty, ARRAY_LEN(empty));
    expect_reserved(whole_pages, ARRAY_LEN(whole_pages));
    expect_reserved(overlap, ARRAY_LEN(overlap));
    expect_reserved(outside, ARRAY_LEN(outside));
}

TEST(frame_copes_with_eight_holes)
{
    struct plat_range reserved[PLAT_RESERVED_MAX];

    fixture_begin(1);
    for (unsigned i = 0; i < PLAT_RESERVED_MAX; i++) {
        /* From the top down: any order is allowed. */
        reserved[i] = (struct plat_range){page(60 - 7 * i), PAGE_SIZE};
    }
    expect_reserved(reserved, PLAT_RESERVED_MAX);
}

TEST(frame_leaves_out_random_ranges)
{
    struct random random = {1};

    fixture_begin(1);
    for (unsigned round = 0; round < 300; round++) {
        struct plat_range reserved[PLAT_RESERVED_MAX];
        unsigned count = (unsigned)(random_next(&random) % (PLAT_RESERVED_MAX + 1));
        test_note("round %u", round);
        for (unsigned i = 0; i < count; i++) {
            reserved[i].base = RAM_BASE + random_next(&random) % (PAGES * PAGE_SIZE);
            reserved[i].size = random_next(&random) % (6 * PAGE_SIZE);
        }
        expect_reserved(reserved, count);
    }
}

TEST(frame_needs_room_for_its_table)
{
    const struct plat_range all = {RAM_BASE, PAGES * PAGE_SIZE};
    const struct plat_range all_but_one = {RAM_BASE, (PAGES - 1) * PAGE_SIZE};
    const struct plat_range all_but_two = {RAM_BASE, (PAGES - 2) * PAGE_SIZE};

    fixture_begin(1);
    EXPECT_EQ(init(PAGES, &all, 1, UINT64_MAX), -ENOMEM);
    EXPECT_EQ(init(PAGES, &all_but_one, 1, UINT64_MAX), -ENOMEM);
    EXPECT_EQ(init(1, NULL, 0, UINT64_MAX), -ENOMEM);
    EXPECT_EQ(init(PAGES, &all_but_two, 1, UINT64_MAX), 0);
    EXPECT_EQ(frame_total_count(), 1);
}

TEST(frame_table_goes_where_it_fits)
{
    /* 512 pages need a table of two; the first hole has just one page. */
    const struct plat_range reserved = {RAM_BASE + PAGE_SIZE, PAGE_SIZE};

    fixture_begin(1);
    EXPECT_EQ(init(512, &reserved, 1, UINT64_MAX), 0);
    EXPECT_EQ(frame_total_count(), 512 - 1 - 2);
    EXPECT_EQ(alloc(), page(0));
    EXPECT_EQ(alloc(), page(4));
}

/* A frame with no references in the model is free. */
TEST(frame_agrees_with_counters)
{
    enum { FRAMES = 40, STEPS = 20000 };
    struct random random = {2};
    paddr_t frames[FRAMES];
    unsigned refs[FRAMES] = {0};
    unsigned free = FRAMES;

    fixture_begin(FRAMES);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)(random_next(&random) % FRAMES);
        bool wants_more = random_next(&random) % 2;
        if (refs[i] == 0) {
            frames[i] = alloc();
            refs[i] = 1;
            free--;
        } else if (wants_more && refs[i] < MODEL_REFERENCES) {
            frame_get(frames[i]);
            refs[i]++;
        } else {
            frame_put(frames[i]);
            refs[i]--;
            free += refs[i] == 0;
        }
        EXPECT_EQ(frame_free_count(), free);
        EXPECT(refs[i] == 0 || frame_of(frames[i])->refs == refs[i]);
        if (step % 100 == 0) {
            check();
        }
    }
}

TEST(frame_census_counts_by_kind)
{
    struct frame_census census;
    paddr_t pa;

    fixture_begin(10);
    EXPECT_EQ(frame_alloc(FRAME_TABLE, &pa), 0);
    EXPECT_EQ(frame_alloc(FRAME_POOL, &pa), 0);
    EXPECT_EQ(frame_alloc(FRAME_POOL, &pa), 0);
    frame_get(alloc());
    (void)alloc();
    frame_put(alloc());
    frame_check(&census);
    EXPECT_EQ(census.tables, 1);
    EXPECT_EQ(census.pools, 2);
    EXPECT_EQ(census.user_refs, 3);
    EXPECT_EQ(census.used, 5);
    EXPECT_EQ(census.free, 1);
}

static int alloc_one(void *pa)
{
    return frame_alloc(FRAME_USER, (paddr_t *)pa);
}

static void put_one(void *pa)
{
    frame_put(*(paddr_t *)pa);
}

TEST(frame_alloc_can_be_told_to_fail)
{
    paddr_t pa;

    fixture_begin(4);
    fixture_fail_each(alloc_one, put_one, &pa);
    fixture_end();
}

TEST(frame_site_counts_its_calls_and_failures)
{
    struct alloc_site site = {0};
    paddr_t pa;

    fixture_begin(4);
    inject_arm(2, false);
    EXPECT_EQ(frame_alloc_at(FRAME_USER, &pa, &site), 0);
    EXPECT_EQ(frame_alloc_at(FRAME_USER, &pa, &site), -ENOMEM);
    EXPECT_EQ(frame_alloc_at(FRAME_USER, &pa, &site), 0);
    EXPECT_EQ(site.calls, 3);
    EXPECT_EQ(site.failures, 1);
}

TEST(frame_init_forgets_what_was_before)
{
    bool is_taken[PAGES];

    fixture_begin(1);
    EXPECT_EQ(init(PAGES, NULL, 0, UINT64_MAX), 0);
    frame_put(alloc());
    (void)alloc();
    (void)alloc();
    EXPECT_EQ(init(PAGES, NULL, 0, UINT64_MAX), 0);
    EXPECT_EQ(take_all(is_taken), PAGES - TABLE_PAGES);
}

TEST_DIES(frame_put_twice, "frame_of: frame->kind != FRAME_FREE")
{
    fixture_begin(2);
    paddr_t pa = alloc();
    frame_put(pa);
    frame_put(pa);
}

TEST_DIES(frame_put_of_one_never_used, "frame_of")
{
    fixture_begin(20);
    paddr_t pa = alloc();
    frame_put(pa + (paddr_t)10 * PAGE_SIZE);
}

TEST_DIES(frame_get_of_a_table, "frame_get: frame->kind == FRAME_USER")
{
    paddr_t pa;

    fixture_begin(2);
    EXPECT_EQ(frame_alloc(FRAME_TABLE, &pa), 0);
    frame_get(pa);
}

TEST_DIES(frame_below_ram, "number_of: pa >= frames.ram.base")
{
    fixture_begin(2);
    frame_put(RAM_BASE - PAGE_SIZE);
}

TEST_DIES(frame_above_ram, "number_of: pa - frames.ram.base < frames.ram.size")
{
    fixture_begin(2);
    frame_put(RAM_BASE + FIXTURE_RAM);
}

TEST_DIES(frame_not_aligned, "number_of: (pa & PAGE_MASK) == 0")
{
    fixture_begin(2);
    frame_put(alloc() + 8);
}

TEST_DIES(frame_put_of_a_table_with_entries, "frame_put: frame->entries == 0")
{
    paddr_t pa;

    fixture_begin(2);
    EXPECT_EQ(frame_alloc(FRAME_TABLE, &pa), 0);
    frame_of(pa)->entries = 1;
    frame_put(pa);
}

TEST_DIES(frame_check_sees_a_lost_reference, "(frame->refs == 0) == (frame->kind == FRAME_FREE)")
{
    fixture_begin(2);
    frame_of(alloc())->refs = 0;
    check();
}

TEST_DIES(frame_check_sees_a_frame_that_is_free_and_in_use, "frame_check")
{
    fixture_begin(2);
    struct frame *frame = frame_of(alloc());
    *frame = (struct frame){.kind = FRAME_FREE};
    check();
}

TEST_DIES(frame_touched_while_free, "AddressSanitizer")
{
    fixture_begin(2);
    paddr_t pa = alloc();
    volatile uint8_t *bytes = plat_phys_ptr(pa, PAGE_SIZE);
    frame_put(pa);
    bytes[0] = 1;
}
