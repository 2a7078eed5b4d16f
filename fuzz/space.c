/*
 * Address spaces against a flat map: for each page of a few what is mapped there, with which
 * rights, and what it must contain at both ends. Mapping, unmapping, protecting, moving, growing,
 * discarding, forking, and touching pages, in little memory, some of which is refused.
 */
#include "mm/space.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/driver/harness.h"
#include "mm/fault.h"
#include "mm/frame.h"
#include "mm/limit.h"
#include "mm/remap.h"
#include "mm/uaccess.h"
#include "platform/hosted/vtlb.h"

#define MIB2 ((uaddr_t)2 << 20)
#define GIB ((uaddr_t)1 << 30)

enum {
    SPACES = 4,
    WINDOW = 12, /* pages at each of four places */
    PAGES = 4 * WINDOW,
    FILE_PAGES = 8,
    TOKEN = 4, /* bytes at each end of a page that are looked at */
    ENDS = 2,
    OBJECTS_MAX = 64,
    OBJECT_PAGES = 2 * WINDOW,
    STEPS_MAX = 500,
    STEPS_BETWEEN = 8, /* two looks at everything */
    FRAMES_LEAST = 16,
    FRAMES_MORE = 300,
};

struct page {
    bool is_mapped;
    bool grows;
    bool is_strict; /* of a file: behind the end there is nothing */
    unsigned prot;
    unsigned object;      /* of shared memory, from 1; 0: private */
    uint64_t index;       /* of the page in it */
    uint64_t file_offset; /* what it is a copy of, up to file_end; both 0: zeroes */
    uint64_t file_end;
    uint32_t contents[ENDS];
};

struct object {
    uint64_t pages;
    uint32_t contents[OBJECT_PAGES][ENDS];
};

struct model {
    struct space *space; /* NULL: there is none */
    struct page pages[PAGES];
};

/* Pages that lie side by side. */
struct range {
    unsigned first;
    unsigned last; /* not included */
    uaddr_t start;
    uaddr_t end;
};

static struct model models[SPACES];
static struct object objects[OBJECTS_MAX + 1];
static unsigned object_count;
static uint8_t file[FILE_PAGES * PAGE_SIZE];

/* The first pages of user space and the last, and both sides of two borders of tables. */
static uaddr_t address(unsigned page)
{
    static const uaddr_t starts[] = {0, MIB2 - WINDOW / 2 * PAGE_SIZE, GIB - WINDOW / 2 * PAGE_SIZE,
                                     USER_END - WINDOW * PAGE_SIZE};

    return starts[page / WINDOW] + page % WINDOW * PAGE_SIZE;
}

static uaddr_t address_of_end(unsigned page, unsigned end)
{
    return address(page) + (end ? PAGE_SIZE - TOKEN : 0);
}

static struct model *some_model(struct feed *feed)
{
    unsigned i = feed_below(feed, SPACES);

    while (!models[i].space) {
        i = (i + 1) % SPACES;
    }
    return &models[i];
}

static struct range some_range(struct feed *feed)
{
    unsigned first = feed_below(feed, PAGES);
    unsigned last = first + 1 + feed_below(feed, WINDOW - first % WINDOW);

    return (struct range){first, last, address(first), address(last - 1) + PAGE_SIZE};
}

/* ---- what pages contain ---- */

static uint32_t *contents_of(struct page *page)
{
    return page->object ? objects[page->object].contents[page->index] : page->contents;
}

static bool is_reached(const struct page *page)
{
    if (page->object) {
        return page->index < objects[page->object].pages;
    }
    return !page->is_strict || page->file_offset < page_up(page->file_end);
}

/* As it is before the first write. */
static void begin_anew(struct page *page)
{
    for (unsigned end = 0; end < ENDS && !page->object; end++) {
        uint64_t at = page->file_offset + (end ? PAGE_SIZE - TOKEN : 0);
        uint8_t bytes[TOKEN] = {0};
        for (unsigned i = 0; i < TOKEN; i++) {
            bytes[i] = at + i < page->file_end ? file[at + i] : 0;
        }
        memcpy(&page->contents[end], bytes, TOKEN);
    }
}

/* A page of a region that begins like source and is longer. */
static struct page page_behind(const struct page *source, uint64_t pages)
{
    struct page page = *source;

    page.index += pages;
    page.file_offset += pages * PAGE_SIZE;
    begin_anew(&page);
    return page;
}

static bool may_access(const struct page *page, enum plat_access access)
{
    static const unsigned needed[] = {
        [PLAT_READ] = PROT_READ | PROT_WRITE | PROT_EXEC,
        [PLAT_WRITE] = PROT_WRITE,
        [PLAT_FETCH] = PROT_EXEC,
    };

    return page->is_mapped && (page->prot & needed[access]) && is_reached(page);
}

/* ---- steps ---- */

/* Whether an operation was refused memory; then, and only then, it says so. */
static bool was_refused(int error)
{
    bool refused = harness_was_refused();

    HOLDS("space.refusal", !refused || error == -ENOMEM);
    return refused;
}

/* Maps what one page describes as the first of a range. */
static void map(struct model *model, struct range range, struct region region, struct page first)
{
    region.start = range.start;
    region.end = range.end;
    first.is_mapped = true;
    first.prot = region.prot;
    int error = space_map(model->space, &region);
    if (was_refused(error)) {
        return;
    }
    SAME("space.map", error, 0);
    for (unsigned i = range.first; i < range.last; i++) {
        model->pages[i] = page_behind(&first, i - range.first);
    }
}

static void do_map(struct model *model, struct feed *feed)
{
    struct range range = some_range(feed);
    unsigned grows = feed_below(feed, 8) == 0 ? REGION_GROWS : 0;
    struct region region = {.prot = feed_below(feed, 8), .flags = grows};

    harness_arm(feed);
    map(model, range, region, (struct page){.grows = grows});
}

static void do_map_file(struct model *model, struct feed *feed)
{
    struct range range = some_range(feed);
    struct region region = {.prot = feed_below(feed, 8)};
    struct page page = {.is_strict = feed_below(feed, 2)};

    page.file_offset = feed_below(feed, FILE_PAGES) * PAGE_SIZE;
    page.file_end = page.file_offset + feed_below(feed, 65536) % (sizeof(file) - page.file_offset);
    region.flags = page.is_strict ? REGION_FILE : 0;
    if (page.file_end > page.file_offset) {
        region.file = file + page.file_offset;
        region.file_len = page.file_end - page.file_offset;
    } else {
        page.file_offset = 0;
        page.file_end = 0;
    }
    harness_arm(feed);
    map(model, range, region, page);
}

static void do_map_shared(struct model *model, struct feed *feed)
{
    struct range range = some_range(feed);
    struct region region = {.prot = feed_below(feed, 8), .flags = REGION_SHARED};

    if (object_count == OBJECTS_MAX) {
        return;
    }
    harness_arm(feed);
    region.shared = shared_create(range.last - range.first);
    if (!region.shared) {
        HOLDS("space.refusal", harness_was_refused());
        return;
    }
    objects[++object_count] = (struct object){.pages = range.last - range.first};
    map(model, range, region, (struct page){.object = object_count});
    shared_put(region.shared);
}

static void do_unmap(struct model *model, struct feed *feed)
{
    struct range range = some_range(feed);

    harness_arm(feed);
    int error = space_unmap(model->space, range.start, range.end);
    if (was_refused(error)) {
        return;
    }
    SAME("space.unmap", error, 0);
    for (unsigned i = range.first; i < range.last; i++) {
        model->pages[i] = (struct page){0};
    }
}

static void do_protect(struct model *model, struct feed *feed)
{
    struct range range = some_range(feed);
    unsigned prot = feed_below(feed, 8);
    unsigned hole = range.first;

    harness_arm(feed);
    int error = space_protect(model->space, range.start, range.end, prot);
    if (was_refused(error)) {
        return;
    }
    while (hole < range.last && model->pages[hole].is_mapped) {
        model->pages[hole++].prot = prot;
    }
    SAME("space.protect", error, hole < range.last ? -ENOMEM : 0);
}

static void do_fork(struct model *parent, struct feed *feed)
{
    struct model *child = &models[feed_below(feed, SPACES)];
    struct space *made = NULL;

    if (child == parent) {
        return;
    }
    if (child->space) {
        space_put(child->space);
        child->space = NULL;
    }
    harness_arm(feed);
    int error = space_fork(parent->space, &made);
    if (was_refused(error)) {
        HOLDS("space.fork", made == NULL);
        return;
    }
    SAME("space.fork", error, 0);
    *child = *parent;
    child->space = made;
}

/* The last space stays. */
static void do_end(struct model *model, struct feed *feed)
{
    (void)feed;
    if (space_count() > 1) {
        space_put(model->space);
        model->space = NULL;
    }
}

static void do_discard(struct model *model, struct feed *feed)
{
    struct range range = some_range(feed);

    space_discard(model->space, range.start, range.end);
    for (unsigned i = range.first; i < range.last; i++) {
        begin_anew(&model->pages[i]);
    }
}

static void do_switch(struct model *model, struct feed *feed)
{
    space_use(feed_below(feed, 4) ? model->space : NULL);
    vtlb_audit();
}

/* ---- moving ---- */

static bool is_free(const struct model *model, unsigned first, unsigned last)
{
    for (unsigned i = first; i < last; i++) {
        if (model->pages[i].is_mapped) {
            return false;
        }
    }
    return true;
}

/* As mremap: of shared memory perhaps none, that is, the same once more elsewhere. */
static void do_move(struct model *model, struct feed *feed)
{
    struct range from = some_range(feed);
    struct range to = some_range(feed);
    unsigned old_pages = from.last - from.first;
    unsigned new_pages = to.last - to.first;
    bool keep = feed_below(feed, 4) == 0;
    const struct region *region = region_find(&model->space->regions, from.start);

    old_pages = (unsigned)min_u64(old_pages, new_pages);
    if (region && region->shared && feed_below(feed, 2)) {
        old_pages = 0;
    }
    if (!region || from.start + old_pages * PAGE_SIZE > region->end ||
        !is_free(model, to.first, to.last)) {
        return;
    }
    harness_arm(feed);
    int error = space_move(model->space, from.start, old_pages * PAGE_SIZE, to.start,
                           new_pages * PAGE_SIZE, keep);
    if (was_refused(error)) {
        return;
    }
    SAME("space.move", error, 0);
    const struct page first = model->pages[from.first];
    for (unsigned i = 0; i < new_pages; i++) {
        model->pages[to.first + i] =
            i < old_pages ? model->pages[from.first + i] : page_behind(&first, i);
    }
    for (unsigned i = from.first; i < from.first + old_pages; i++) {
        if (keep) {
            begin_anew(&model->pages[i]);
        } else {
            model->pages[i] = (struct page){0};
        }
    }
}

static void do_extend(struct model *model, struct feed *feed)
{
    unsigned first = feed_below(feed, PAGES);
    unsigned end = first;
    struct region *region = region_find(&model->space->regions, address(first));
    struct range more = {0};

    while (region && end % WINDOW != WINDOW - 1 && address(end) + PAGE_SIZE < region->end) {
        end++;
    }
    if (!region || end % WINDOW == WINDOW - 1 || region->end != address(end) + PAGE_SIZE) {
        return;
    }
    more.first = end + 1;
    more.last = more.first + 1 + feed_below(feed, WINDOW - more.first % WINDOW);
    if (!is_free(model, more.first, more.last)) {
        return;
    }
    harness_arm(feed);
    int error = space_extend(model->space, region, (more.last - more.first) * PAGE_SIZE);
    if (was_refused(error)) {
        return;
    }
    SAME("space.extend", error, 0);
    for (unsigned i = more.first; i < more.last; i++) {
        model->pages[i] = page_behind(&model->pages[end], i - end);
    }
}

/* ---- touching ---- */

static bool is_near(uaddr_t below, uaddr_t above, uint64_t distance)
{
    return above - below < distance;
}

/* The page above which makes a touch of one that is not mapped be right, PAGES: none. */
static unsigned stack_above(const struct model *model, unsigned i, enum plat_access access)
{
    unsigned above = i;
    unsigned below = i;

    while (above < PAGES && !model->pages[above].is_mapped) {
        above++;
    }
    while (below > 0 && !model->pages[below].is_mapped) {
        below--;
    }
    bool grows = above < PAGES && model->pages[above].grows &&
                 may_access(&model->pages[above], access) && address(i) >= SPACE_MMAP_BOTTOM &&
                 is_near(address(i), address(above), LIMIT_STACK_USUAL);
    const struct page *other = &model->pages[below];
    bool has_guard = !other->is_mapped || other->grows || other->prot == PROT_NONE ||
                     !is_near(address(below) + PAGE_SIZE, address(i), SPACE_STACK_GUARD);
    return grows && has_guard ? above : PAGES;
}

/* What must become of an access. A stack may grow by it. */
static int expected_of(struct model *model, unsigned i, enum plat_access access)
{
    if (model->pages[i].is_mapped) {
        return may_access(&model->pages[i], access) ? 0 : -EFAULT;
    }
    unsigned stack = stack_above(model, i, access);
    for (unsigned j = i; stack < PAGES && j < stack; j++) {
        model->pages[j] =
            (struct page){.is_mapped = true, .grows = true, .prot = model->pages[stack].prot};
    }
    return stack < PAGES ? 0 : -EFAULT;
}

static void do_store(struct model *model, struct feed *feed)
{
    unsigned i = feed_below(feed, PAGES);
    unsigned end = feed_below(feed, ENDS);
    uint32_t value = (uint32_t)feed_number(feed, 1) * 0x01010101;

    space_use(model->space);
    harness_arm(feed);
    int error = user_write(address_of_end(i, end), &value, TOKEN);
    if (was_refused(error)) {
        return;
    }
    SAME("space.store", error, expected_of(model, i, PLAT_WRITE));
    if (!error) {
        contents_of(&model->pages[i])[end] = harness_mistake ? ~value : value;
    }
}

static void do_load(struct model *model, struct feed *feed)
{
    unsigned i = feed_below(feed, PAGES);
    unsigned end = feed_below(feed, ENDS);
    uint32_t value;

    space_use(model->space);
    harness_arm(feed);
    int error = user_read(&value, address_of_end(i, end), TOKEN);
    if (was_refused(error)) {
        return;
    }
    SAME("space.load", error, expected_of(model, i, PLAT_READ));
    if (!error) {
        SAME("space.contents", value, contents_of(&model->pages[i])[end]);
    }
}

/* As another process would: through the tables, at both ends. */
static void do_write_from_outside(struct model *model, struct feed *feed)
{
    unsigned i = feed_below(feed, PAGES);
    uint8_t bytes[PAGE_SIZE];
    struct page *page = &model->pages[i];

    memset(bytes, feed_byte(feed), sizeof(bytes));
    harness_arm(feed);
    int error = space_write(model->space, address(i), bytes, sizeof(bytes));
    if (was_refused(error)) {
        return;
    }
    SAME("space.write", error, expected_of(model, i, PLAT_WRITE));
    for (unsigned end = 0; !error && end < ENDS; end++) {
        memcpy(&contents_of(page)[end], bytes, TOKEN);
    }
}

static void do_fetch(struct model *model, struct feed *feed)
{
    unsigned i = feed_below(feed, PAGES);

    space_use(model->space);
    harness_arm(feed);
    int error = fault_resolve(model->space, address(i), PLAT_FETCH);
    if (!was_refused(error)) {
        SAME("space.fetch", error, expected_of(model, i, PLAT_FETCH));
    }
}

/* ---- comparing ---- */

static void compare_page(struct model *model, unsigned i)
{
    struct page *page = &model->pages[i];
    const struct region *region = region_find(&model->space->regions, address(i));
    bool is_there = page->is_mapped && is_reached(page);

    SAME("space.regions", region != NULL, page->is_mapped);
    if (region) {
        SAME("space.rights", region->prot, page->prot);
        SAME("space.regions", !!(region->flags & REGION_GROWS), page->grows);
    }
    for (unsigned end = 0; end < ENDS; end++) {
        uint32_t value;
        uint64_t len = space_peek(model->space, &value, address_of_end(i, end), TOKEN);
        SAME("space.contents", len, is_there ? TOKEN : 0);
        if (is_there) {
            SAME("space.contents", value, contents_of(page)[end]);
        }
    }
}

static void compare_all(void)
{
    struct space *spaces[SPACES];
    unsigned count = 0;

    for (unsigned i = 0; i < SPACES; i++) {
        for (unsigned page = 0; models[i].space && page < PAGES; page++) {
            compare_page(&models[i], page);
        }
        if (models[i].space) {
            spaces[count++] = models[i].space;
        }
    }
    harness_check_spaces(spaces, count);
}

static void begin(struct feed *feed)
{
    unsigned asid_bits = 1 + feed_below(feed, 16);

    harness_core(asid_bits, FRAMES_LEAST + feed_below(feed, FRAMES_MORE));
    frame_reuse(feed_below(feed, 2) ? FRAME_REUSE_SOON : FRAME_REUSE_LATE);
    memset(models, 0, sizeof(models));
    object_count = 0;
    int error = space_create(&models[0].space);
    SAME("space.create", error, 0);
}

static void end(void)
{
    compare_all();
    for (unsigned i = 0; i < SPACES; i++) {
        if (models[i].space) {
            space_put(models[i].space);
        }
    }
    harness_check_end();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    for (unsigned i = 0; i < sizeof(file); i++) {
        file[i] = (uint8_t)(1 + i % 251);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const things[])(struct model *, struct feed *) = {
        do_map,  do_map_file, do_map_shared, do_unmap, do_protect, do_protect,
        do_fork, do_fork,     do_store,      do_store, do_store,   do_load,
        do_load, do_move,     do_extend,     do_fetch, do_discard, do_write_from_outside,
        do_end,  do_switch,
    };
    struct feed feed = {bytes, size};

    begin(&feed);
    for (unsigned step = 0; feed.left > 0 && step < STEPS_MAX; step++) {
        unsigned thing = feed_below(&feed, ARRAY_LEN(things));
        things[thing](some_model(&feed), &feed);
        if (step % STEPS_BETWEEN == 0) {
            compare_all();
        }
    }
    end();
    return 0;
}
