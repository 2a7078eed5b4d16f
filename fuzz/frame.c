/*
 * Frames and pools against a flat array: for each page of RAM what it is used for, how many
 * references it has and what has been written to it. RAM with holes, exhausted and refused
 * allocations.
 */
#include "mm/frame.h"

#include "abi/errno.h"
#include "base/string.h"
#include "fuzz/driver/harness.h"
#include "mm/pool.h"
#include "platform/hosted/ram.h"
#include "platform/hosted/sanitizer.h"

enum {
    PAGES = HARNESS_RAM / PAGE_SIZE,
    POOLS = 3,
    OBJECTS_MAX = 512,
    STEPS_MAX = 2000,
    ASID_BITS = 16,
};

enum use { OUTSIDE, FRESH, FREED, TAKEN, POOLED };

struct page {
    enum use use;
    enum frame_kind kind;
    uint32_t refs;    /* or objects in it */
    unsigned pool;    /* whose they are */
    int64_t turn;     /* of a freed one: the lowest is used first */
    uint8_t contents; /* all of it, of one that is taken */
};

struct object {
    uint8_t *at;
    size_t size;
    unsigned page;
    unsigned pool;
    uint8_t contents;
};

static struct {
    struct page pages[PAGES];
    struct object objects[OBJECTS_MAX];
    unsigned object_count;
    uint64_t free;
    uint64_t usable; /* without the limit */
    uint64_t total;
    int64_t first; /* turns that are given to freed frames */
    int64_t last;
    bool is_soon;
    uint64_t slabs[POOLS];
    uint64_t used[POOLS];
} model;

static struct pool pools[POOLS];

static paddr_t address(unsigned page)
{
    return RAM_BASE + (paddr_t)page * PAGE_SIZE;
}

static unsigned number_of(paddr_t pa)
{
    HOLDS("frame.range", pa >= RAM_BASE && pa < RAM_BASE + HARNESS_RAM && pa % PAGE_SIZE == 0);
    return (unsigned)((pa - RAM_BASE) / PAGE_SIZE);
}

/* ---- the start ---- */

static void exclude(struct plat_range range)
{
    if (range.size == 0) {
        return;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        if (range.base < address(i) + PAGE_SIZE && address(i) < range.base + range.size) {
            model.pages[i].use = OUTSIDE;
        }
    }
}

static void read_boot(struct feed *feed, struct plat_boot *boot)
{
    unsigned first = feed_below(feed, 8) == 0 ? feed_below(feed, PAGES / 2) : 0;
    unsigned pages = feed_below(feed, 4) == 0 ? 1 + feed_below(feed, PAGES - first) : PAGES - first;

    *boot = (struct plat_boot){.cmdline = "", .asid_bits = ASID_BITS};
    boot->ram = (struct plat_range){address(first), (uint64_t)pages * PAGE_SIZE};
    for (unsigned i = 0; i < pages; i++) {
        model.pages[first + i].use = FRESH;
    }
    boot->reserved_count = feed_below(feed, PLAT_RESERVED_MAX + 1);
    for (unsigned i = 0; i < boot->reserved_count; i++) {
        struct plat_range *range = &boot->reserved[i];
        range->base = address(first) + feed_number(feed, 3) % max_u64(boot->ram.size, 1);
        range->size = feed_number(feed, 2) % (address(first + pages) - range->base + 1);
        exclude(*range);
    }
}

/* The longest run of pages that may be used. */
static uint64_t longest_run(void)
{
    uint64_t longest = 0;

    for (unsigned i = 0, run = 0; i < PAGES; i++) {
        run = model.pages[i].use == FRESH ? run + 1 : 0;
        longest = max_u64(longest, run);
    }
    return longest;
}

/* false: there is no room for the table, which is what it should say. */
static bool begin(struct feed *feed)
{
    struct plat_boot boot;
    paddr_t table;

    memset(&model, 0, sizeof(model));
    harness_machine(ASID_BITS);
    read_boot(feed, &boot);
    uint64_t bytes = boot.ram.size / PAGE_SIZE * sizeof(struct frame);
    bool has_room = longest_run() > (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    SAME("frame.init", frame_init(&boot), has_room ? 0 : -ENOMEM);
    if (!has_room) {
        return false;
    }
    HOLDS("frame.init", ram_find_host(frame_state()->table, &table));
    for (unsigned i = 0; i < (bytes + PAGE_SIZE - 1) / PAGE_SIZE; i++) {
        struct page *page = &model.pages[number_of(table) + i];
        SAME("frame.init", page->use, FRESH);
        page->use = OUTSIDE;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        model.usable += model.pages[i].use == FRESH;
    }
    model.total = model.usable;
    model.free = model.total;
    for (unsigned i = 0; i < POOLS; i++) {
        size_t size = 1 + feed_number(feed, 2) % (i == 0 ? 4000 : 300);
        pool_init(&pools[i], "fuzzed", size);
    }
    return true;
}

/* ---- frames ---- */

/* A page that was free is not any more: the one whose turn it is, or one that has never been used,
 * if none was. */
static struct page *take(paddr_t pa)
{
    struct page *page = &model.pages[number_of(pa)];

    HOLDS("frame.reuse", page->use == FRESH || page->use == FREED);
    for (unsigned i = 0; i < PAGES; i++) {
        const struct page *other = &model.pages[i];
        HOLDS("frame.reuse",
              other->use != FREED || (page->use == FREED && page->turn <= other->turn));
    }
    HOLDS("frame.count", model.free > 0);
    model.free--;
    return page;
}

static void give(struct page *page)
{
    page->use = FREED;
    page->turn = model.is_soon ? --model.first : ++model.last;
    model.free++;
}

/* An allocation fails if it is told to, or if there is nothing, and otherwise not. */
static void check_refusal(bool has_failed, bool fired, bool needs_frame)
{
    bool is_empty = needs_frame && model.free == 0;

    SAME("frame.refusal", has_failed, fired || is_empty);
    SAME("frame.refusal", has_failed, harness_was_refused());
}

static void fill(unsigned i, uint8_t contents)
{
    memset(plat_phys_ptr(address(i), PAGE_SIZE), contents, PAGE_SIZE);
    model.pages[i].contents = contents;
}

static void check_contents(unsigned i)
{
    const uint8_t *bytes = plat_phys_ptr(address(i), PAGE_SIZE);

    HOLDS("frame.contents",
          bytes[0] == model.pages[i].contents && memcmp(bytes, bytes + 1, PAGE_SIZE - 1) == 0);
}

static void do_alloc(struct feed *feed)
{
    static const enum frame_kind kinds[] = {FRAME_USER, FRAME_USER, FRAME_TABLE, FRAME_PIPE};
    enum frame_kind kind = kinds[feed_below(feed, 4)];
    paddr_t pa = 0;

    harness_arm(feed);
    int error = frame_alloc(kind, &pa);
    check_refusal(error == -ENOMEM, inject_has_fired(), true);
    if (!error) {
        struct page *page = take(pa);
        page->use = TAKEN;
        page->kind = kind;
        page->refs = 1;
        fill(number_of(pa), feed_byte(feed));
    }
}

/* A page that is taken, from some number on; PAGES: none is. */
static unsigned find_taken(struct feed *feed)
{
    unsigned start = feed_below(feed, PAGES);

    for (unsigned i = 0; i < PAGES; i++) {
        unsigned page = (start + i) % PAGES;
        if (model.pages[page].use == TAKEN) {
            return page;
        }
    }
    return PAGES;
}

static void do_get(struct feed *feed)
{
    unsigned i = find_taken(feed);

    if (i < PAGES && model.pages[i].kind == FRAME_USER) {
        frame_get(address(i));
        model.pages[i].refs += harness_mistake ? 0 : 1;
    }
}

static void put(unsigned i)
{
    struct page *page = &model.pages[i];

    check_contents(i);
    frame_put(address(i));
    if (--page->refs == 0) {
        give(page);
    }
}

static void do_put(struct feed *feed)
{
    unsigned i = find_taken(feed);

    if (i < PAGES) {
        put(i);
    }
}

static void do_fill(struct feed *feed)
{
    unsigned i = find_taken(feed);

    if (i < PAGES) {
        check_contents(i);
        fill(i, feed_byte(feed));
    }
}

/* A frame that is in use may not be above the limit. */
static void do_limit(struct feed *feed)
{
    uint64_t used = model.total - model.free;
    uint64_t limit = feed_below(feed, 4) == 0 ? UINT64_MAX : used + feed_byte(feed) % 32;

    frame_limit(limit);
    model.total = min_u64(model.usable, limit);
    model.free = model.total - used;
}

static void do_reuse(struct feed *feed)
{
    model.is_soon = feed_below(feed, 2);
    frame_reuse(model.is_soon ? FRAME_REUSE_SOON : FRAME_REUSE_LATE);
}

/* ---- pools ---- */

static void check_apart(const struct object *object)
{
    for (unsigned i = 0; i < model.object_count; i++) {
        const struct object *other = &model.objects[i];
        HOLDS("pool.overlap",
              object->at + object->size <= other->at || other->at + other->size <= object->at);
    }
}

static void note_object(unsigned pool, uint8_t *at, bool needs_frame, uint8_t contents)
{
    struct object object = {
        .at = at, .size = pools[pool].object_size, .pool = pool, .contents = contents};
    paddr_t pa;

    HOLDS("pool.range",
          ram_find_host(at, &pa) && pa % 16 == 0 && pa % PAGE_SIZE + object.size <= PAGE_SIZE);
    object.page = number_of(pa - pa % PAGE_SIZE);
    struct page *page = &model.pages[object.page];
    if (needs_frame) {
        *take(address(object.page)) = (struct page){.use = POOLED, .pool = pool};
        model.slabs[pool]++;
    }
    SAME("pool.frame", page->use, POOLED);
    SAME("pool.frame", page->pool, pool);
    page->refs++;
    model.used[pool]++;
    for (size_t i = 0; i < object.size; i++) {
        SAME("pool.zeroed", at[i], 0);
    }
    check_apart(&object);
    memset(at, contents, object.size);
    model.objects[model.object_count++] = object;
}

static void do_pool_alloc(struct feed *feed)
{
    unsigned pool = feed_below(feed, POOLS);

    if (model.object_count == OBJECTS_MAX) {
        return;
    }
    bool needs_frame = model.used[pool] == model.slabs[pool] * pools[pool].slab_count;
    harness_arm(feed);
    uint8_t *at = pool_alloc(&pools[pool]);
    check_refusal(!at, inject_has_fired(), needs_frame);
    if (at) {
        note_object(pool, at, needs_frame, feed_byte(feed));
    }
}

static void free_object(unsigned i)
{
    struct object object = model.objects[i];
    struct page *page = &model.pages[object.page];

    for (size_t at = 0; at < object.size; at++) {
        SAME("pool.contents", object.at[at], object.contents);
    }
    pool_free(&pools[object.pool], object.at);
    model.objects[i] = model.objects[--model.object_count];
    model.used[object.pool]--;
    if (--page->refs == 0) {
        model.slabs[object.pool]--;
        give(page);
    }
}

static void do_pool_free(struct feed *feed)
{
    if (model.object_count > 0) {
        free_object(feed_below(feed, model.object_count));
    }
}

/* ---- comparing ---- */

static void check_page(unsigned i)
{
    const struct page *page = &model.pages[i];

    if (page->use == TAKEN) {
        const struct frame *frame = frame_of(address(i));
        SAME("frame.refs", frame->refs, page->refs);
        SAME("frame.kind", frame->kind, page->kind);
        check_contents(i);
    }
    if (page->use == POOLED) {
        SAME("frame.kind", frame_of(address(i))->kind, FRAME_POOL);
    }
#if SANITIZER_ASAN
    if (page->use == FREED) {
        HOLDS("frame.poison", sanitizer_has_poison(ram_host(address(i)), 1));
    }
#endif
}

static void check_all(struct feed *feed)
{
    struct frame_census census;
    struct frame_census expected = {0};

    (void)feed;
    for (unsigned i = 0; i < PAGES; i++) {
        const struct page *page = &model.pages[i];
        bool is_taken = page->use == TAKEN;
        check_page(i);
        expected.used += is_taken || page->use == POOLED;
        expected.free += page->use == FREED;
        expected.user_refs += is_taken && page->kind == FRAME_USER ? page->refs : 0;
        expected.tables += is_taken && page->kind == FRAME_TABLE;
        expected.pipes += is_taken && page->kind == FRAME_PIPE;
        expected.pools += page->use == POOLED;
    }
    frame_check(&census);
    SAME("frame.census", census.used, expected.used);
    SAME("frame.census", census.free, expected.free);
    SAME("frame.census", census.user_refs, expected.user_refs);
    SAME("frame.census", census.tables, expected.tables);
    SAME("frame.census", census.pipes, expected.pipes);
    SAME("frame.census", census.pools, expected.pools);
    SAME("frame.count", frame_free_count(), model.free);
    SAME("frame.count", frame_total_count(), model.total);
    for (unsigned i = 0; i < POOLS; i++) {
        pool_check(&pools[i]);
        SAME("pool.count", pools[i].used, model.used[i]);
        SAME("pool.count", pools[i].frames, model.slabs[i]);
    }
}

static void end(struct feed *feed)
{
    check_all(feed);
    while (model.object_count > 0) {
        free_object(model.object_count - 1);
    }
    for (unsigned i = 0; i < PAGES; i++) {
        while (model.pages[i].use == TAKEN) {
            put(i);
        }
    }
    SAME("frame.count", model.free, model.total);
    check_all(feed);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const things[])(struct feed *) = {
        do_alloc, do_alloc,      do_alloc,      do_get,       do_put,    do_put,   do_fill,
        do_limit, do_pool_alloc, do_pool_alloc, do_pool_free, check_all, do_reuse,
    };
    struct feed feed = {bytes, size};

    if (!begin(&feed)) {
        return 0;
    }
    for (unsigned step = 0; feed.left > 0 && step < STEPS_MAX; step++) {
        things[feed_below(&feed, ARRAY_LEN(things))](&feed);
    }
    end(&feed);
    return 0;
}
