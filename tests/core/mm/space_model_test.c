/*
 * Spaces against a flat model: for each page what is mapped there, with which rights, and the byte
 * that it holds. Random mapping, unmapping, protecting, forking, writing and reading, some of it
 * without memory; after each step the model and every space agree.
 */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "base/random.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "platform/hosted/vtlb.h"
#include "test.h"
#include "tests/core/fixture.h"

#define MIB2 ((uaddr_t)2 << 20)
#define GIB ((uaddr_t)1 << 30)

enum {
    SPACES = 4,
    AROUND = 12, /* pages around each of the borders */
    PAGES = 4 * AROUND,
    NOT_MAPPED = 8,   /* in place of rights */
    FILE_BYTE = 0x40, /* of page n of the file: this plus n */
    CELLS = 1 << 16,
};

struct page {
    unsigned prot;
    bool is_present;
    unsigned cell; /* of shared memory: where its byte is; 0: it is private */
    uint8_t byte;  /* at the start of the page and at its end */
};

struct model {
    struct space *space; /* NULL: there is none */
    struct page pages[PAGES];
};

static struct model models[SPACES];
static uint8_t file[PAGES * PAGE_SIZE];
static struct random rng;
static uint8_t cells[CELLS];
static unsigned cells_used;

static unsigned below(unsigned bound)
{
    return (unsigned)(random_next(&rng) % bound);
}

/* The first page in user space and the last, and both sides of two borders of tables. */
static uaddr_t address(unsigned page)
{
    static const uaddr_t starts[] = {0, MIB2 - AROUND / 2 * PAGE_SIZE, GIB - AROUND / 2 * PAGE_SIZE,
                                     USER_END - AROUND * PAGE_SIZE};

    return starts[page / AROUND] + page % AROUND * PAGE_SIZE;
}

static struct model *some_model(void)
{
    unsigned i = below(SPACES);

    while (!models[i].space) {
        i = (i + 1) % SPACES;
    }
    return &models[i];
}

static void begin(uint64_t seed)
{
    rng = (struct random){seed};
    cells_used = 1;
    fixture_begin(2000);
    memset(models, 0, sizeof(models));
    models[0].space = fixture_space();
    for (unsigned i = 0; i < PAGES; i++) {
        models[0].pages[i].prot = NOT_MAPPED;
        memset(file + i * PAGE_SIZE, FILE_BYTE + (int)i, PAGE_SIZE);
    }
}

static void end(void)
{
    for (unsigned i = 0; i < SPACES; i++) {
        if (models[i].space) {
            space_put(models[i].space);
        }
    }
    fixture_end();
}

static uint8_t *byte_of(struct page *page)
{
    return page->cell ? &cells[page->cell] : &page->byte;
}

/* Pages that lie side by side. */
struct range {
    unsigned first;
    unsigned last; /* not included */
    uaddr_t start;
    uaddr_t end;
};

static struct range some_range(void)
{
    unsigned first = below(PAGES);
    unsigned room = AROUND - first % AROUND;
    unsigned last = first + 1 + below(room);

    return (struct range){first, last, address(first), address(last - 1) + PAGE_SIZE};
}

/* Whether the operation that gave error was refused for lack of memory, as it should then be. */
static bool has_failed(int error)
{
    bool fired = inject_has_fired();

    inject_arm(0, false);
    EXPECT(!fired || error == -ENOMEM);
    return fired;
}

static void do_map(struct model *model)
{
    struct range range = some_range();
    bool is_file = below(3) == 0;
    struct region region = {.start = range.start, .end = range.end, .prot = below(8)};

    if (is_file) {
        region.file = file;
        region.file_len = (uint64_t)below(range.last - range.first + 1) * PAGE_SIZE;
    }
    int error = space_map(model->space, &region);
    if (has_failed(error)) {
        return;
    }
    EXPECT_EQ(error, 0);
    for (unsigned i = range.first; i < range.last; i++) {
        uint64_t offset = (i - range.first) * PAGE_SIZE;
        model->pages[i] = (struct page){
            .prot = region.prot,
            .byte = offset < region.file_len ? file[offset] : 0,
        };
    }
}

static void do_map_shared(struct model *model)
{
    struct range range = some_range();
    struct region region = {
        .start = range.start, .end = range.end, .prot = below(8), .flags = REGION_SHARED};

    region.shared = shared_create(range.last - range.first);
    int error = -ENOMEM;
    if (region.shared) {
        error = space_map(model->space, &region);
        shared_put(region.shared);
    }
    if (has_failed(error)) {
        return;
    }
    EXPECT_EQ(error, 0);
    for (unsigned i = range.first; i < range.last; i++) {
        EXPECT(cells_used < CELLS);
        cells[cells_used] = 0;
        model->pages[i] = (struct page){.prot = region.prot, .cell = cells_used++};
    }
}

static void do_unmap(struct model *model)
{
    struct range range = some_range();
    int error = space_unmap(model->space, range.start, range.end);

    if (has_failed(error)) {
        return;
    }
    EXPECT_EQ(error, 0);
    for (unsigned i = range.first; i < range.last; i++) {
        model->pages[i] = (struct page){.prot = NOT_MAPPED};
    }
}

static void do_protect(struct model *model)
{
    struct range range = some_range();
    unsigned prot = below(8);
    unsigned hole = range.first;
    int error = space_protect(model->space, range.start, range.end, prot);

    if (has_failed(error)) {
        return;
    }
    while (hole < range.last && model->pages[hole].prot != NOT_MAPPED) {
        model->pages[hole++].prot = prot;
    }
    EXPECT_EQ(error, hole < range.last ? -ENOMEM : 0);
}

static void do_fork(struct model *parent)
{
    unsigned slot = below(SPACES);
    struct model *child = &models[slot];

    if (child == parent) {
        return;
    }
    if (child->space) {
        space_put(child->space);
        child->space = NULL;
    }
    struct space *made = NULL;
    int error = space_fork(parent->space, &made);
    if (has_failed(error)) {
        EXPECT(made == NULL);
        return;
    }
    EXPECT_EQ(error, 0);
    *child = *parent;
    child->space = made;
    for (unsigned i = 0; i < PAGES; i++) {
        if (child->pages[i].cell) {
            child->pages[i].is_present = false;
        }
    }
}

static bool may_write(const struct page *page)
{
    return page->prot != NOT_MAPPED && (page->prot & PROT_WRITE);
}

static bool may_read(const struct page *page)
{
    return page->prot != NOT_MAPPED && page->prot != PROT_NONE;
}

/* Both ends of a page, in one write each. */
static void do_store(struct model *model)
{
    unsigned i = below(PAGES);
    uint8_t byte = (uint8_t)below(256);
    struct page *page = &model->pages[i];

    space_use(model->space);
    int error = fixture_store(address(i), byte);
    if (has_failed(error)) {
        return;
    }
    EXPECT_EQ(error, may_write(page) ? 0 : -EFAULT);
    EXPECT_EQ(fixture_store(address(i) + PAGE_SIZE - 1, byte), error);
    if (!error) {
        *byte_of(page) = byte;
        page->is_present = true;
    }
}

static void do_load(struct model *model)
{
    unsigned i = below(PAGES);
    struct page *page = &model->pages[i];
    uint8_t byte;

    space_use(model->space);
    int error = fixture_load(address(i), &byte);
    if (has_failed(error)) {
        return;
    }
    EXPECT_EQ(error, may_read(page) ? 0 : -EFAULT);
    if (!error) {
        EXPECT_EQ(byte, *byte_of(page));
        page->is_present = true;
    }
}

/* As another process would: through the tables. */
static void do_write_from_outside(struct model *model)
{
    unsigned i = below(PAGES);
    struct page *page = &model->pages[i];
    uint8_t bytes[PAGE_SIZE];

    memset(bytes, (int)below(256), sizeof(bytes));
    int error = space_write(model->space, address(i), bytes, sizeof(bytes));
    if (has_failed(error)) {
        return;
    }
    EXPECT_EQ(error, may_write(page) ? 0 : -EFAULT);
    if (!error) {
        *byte_of(page) = bytes[0];
        page->is_present = true;
    }
}

static void do_switch(struct model *model)
{
    space_use(below(4) ? model->space : NULL);
    vtlb_audit();
}

static void compare(struct model *model)
{
    for (unsigned i = 0; i < PAGES; i++) {
        struct page *page = &model->pages[i];
        const struct region *region = region_find(&model->space->regions, address(i));
        struct pt_leaf leaf;
        uint8_t ends[2] = {0, 0};

        EXPECT_EQ(region ? region->prot : NOT_MAPPED, page->prot);
        EXPECT_EQ(pt_find(model->space->root, address(i), &leaf), page->is_present);
        EXPECT_EQ(space_peek(model->space, &ends[0], address(i), 1), region != NULL);
        EXPECT_EQ(space_peek(model->space, &ends[1], address(i) + PAGE_SIZE - 1, 1),
                  region != NULL);
        if (region) {
            EXPECT_EQ(ends[0], *byte_of(page));
            EXPECT_EQ(ends[1], *byte_of(page));
        }
    }
}

static void compare_all(void)
{
    struct space *spaces[SPACES];
    unsigned count = 0;

    for (unsigned i = 0; i < SPACES; i++) {
        if (models[i].space) {
            compare(&models[i]);
            spaces[count++] = models[i].space;
        }
    }
    fixture_check_spaces(spaces, count);
}

static void do_something(void)
{
    static void (*const things[])(struct model * model) = {
        do_map,    do_map_shared, do_unmap, do_protect, do_protect, do_fork,
        do_store,  do_store,      do_store, do_load,    do_load,    do_write_from_outside,
        do_switch,
    };
    struct model *model = some_model();

    if (below(4) == 0) {
        inject_arm(1 + below(6), below(2));
    }
    things[below(ARRAY_LEN(things))](model);
    inject_arm(0, false);
}

static void run(uint64_t seed, unsigned steps)
{
    begin(seed);
    for (unsigned step = 0; step < steps; step++) {
        test_note("seed %lu, step %u", seed, step);
        do_something();
        if (step % 8 == 0) {
            compare_all();
        }
    }
    compare_all();
    end();
}

TEST(space_agrees_with_a_flat_model)
{
    run(1, 4000);
}

TEST(space_agrees_with_a_flat_model_from_many_seeds)
{
    for (uint64_t seed = 2; seed < 42; seed++) {
        run(seed, 100);
    }
}
