/*
 * Copies between the kernel and user memory against flat memory: for each byte of a few pages what
 * it is and who may read and write it. Any pointer, any length; pages that are not there yet, that
 * are shared, copied on write, of a file that ends; memory that is refused.
 */
#include "mm/uaccess.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/driver/harness.h"
#include "mm/frame.h"

#define MIB2 ((uaddr_t)2 << 20)
#define GIB ((uaddr_t)1 << 30)

enum {
    SPACES = 2,
    WINDOW = 3, /* pages at each of four places */
    PAGES = 4 * WINDOW,
    BUFFER = WINDOW * PAGE_SIZE,
    GUARD = 16, /* bytes around the kernel's buffer */
    STEPS_MAX = 300,
    STEPS_BETWEEN = 16, /* two looks at everything */
    FRAMES_LEAST = 12,
    FRAMES_MORE = 60,
};

enum kind { NOTHING, ZEROES, COPY_OF_FILE, STRICT_FILE, SHARED, KINDS };

struct page {
    enum kind kind;
    unsigned prot;
    uint8_t bytes[PAGE_SIZE]; /* unless it is shared */
};

struct model {
    struct space *space; /* NULL: there is none */
    struct page pages[PAGES];
};

static struct model models[SPACES];
static struct model *current; /* whose space is in use */
static uint8_t shared_bytes[PAGES][PAGE_SIZE];
static uint8_t file[PAGES * PAGE_SIZE];
static uint8_t kernel_bytes[GUARD + BUFFER + GUARD];

static uaddr_t address(unsigned page)
{
    static const uaddr_t starts[] = {SPACE_MMAP_BOTTOM, MIB2 - PAGE_SIZE, GIB - PAGE_SIZE,
                                     USER_END - WINDOW * PAGE_SIZE};

    return starts[page / WINDOW] + page % WINDOW * PAGE_SIZE;
}

static struct page *page_at(struct model *model, uaddr_t at)
{
    for (unsigned i = 0; i < PAGES; i++) {
        if (page_down(at) == address(i)) {
            return &model->pages[i];
        }
    }
    return NULL;
}

/* The byte at an address for an access, or NULL. Rights of 0 do for who looks from outside. */
static uint8_t *byte_at(struct model *model, uaddr_t at, unsigned rights)
{
    struct page *page = page_at(model, at);

    if (!page || page->kind == NOTHING || (rights && !(page->prot & rights))) {
        return NULL;
    }
    uint8_t *bytes = page->kind == SHARED ? shared_bytes[page - model->pages] : page->bytes;
    return &bytes[at & PAGE_MASK];
}

enum { TO_READ = PROT_READ | PROT_WRITE | PROT_EXEC, TO_WRITE = PROT_WRITE };

static bool is_range(uaddr_t at, uint64_t len)
{
    return at <= USER_END && len <= USER_END - at;
}

/* What an access to a range must say, where there is memory. */
static int expected_of(uaddr_t at, uint64_t len, unsigned rights)
{
    if (!is_range(at, len)) {
        return -EFAULT;
    }
    for (uint64_t i = 0; i < len; i++) {
        if (!byte_at(current, at + i, rights)) {
            return -EFAULT;
        }
    }
    return 0;
}

/* Whether it was refused memory, and said so. */
static bool was_refused(int error)
{
    bool refused = harness_was_refused();

    HOLDS("uaccess.refusal", !refused || error == -ENOMEM);
    return refused;
}

/* ---- operands ---- */

static uaddr_t some_pointer(struct feed *feed)
{
    static const uaddr_t odd[] = {
        0,          1,         USER_END,          USER_END - 1,    USER_END + 1,
        UINT64_MAX, INT64_MAX, (uint64_t)1 << 63, UINT64_MAX << 48};
    unsigned how = feed_below(feed, 8);

    if (how == 0) {
        return odd[feed_below(feed, ARRAY_LEN(odd))];
    }
    uaddr_t page = address(feed_below(feed, PAGES));
    /* Mostly near a border of pages. */
    return how < 5 ? page + feed_below(feed, 64) - 32 : page + feed_below(feed, PAGE_SIZE);
}

/* What does not fit into the buffer must not lie in user space. */
static uint64_t some_length(struct feed *feed, uaddr_t at)
{
    static const uint64_t odd[] = {UINT64_MAX,        INT64_MAX,    USER_END,
                                   (uint64_t)1 << 63, USER_END + 1, UINT64_MAX - PAGE_SIZE};
    unsigned how = feed_below(feed, 8);

    if (how == 0) {
        uint64_t len = odd[feed_below(feed, ARRAY_LEN(odd))];
        if (!is_range(at, len)) {
            return len;
        }
    }
    return how < 5 ? feed_below(feed, 72) : feed_below(feed, BUFFER + 1);
}

/* The kernel's buffer, with this at its end, so that a sanitizer sees what goes beyond; and a
 * pattern in front of it. */
static uint8_t *make_buffer(uint64_t len, uint8_t start, uint8_t step)
{
    uint8_t *buffer = kernel_bytes + GUARD;

    memset(kernel_bytes, 0x5a, sizeof(kernel_bytes));
    for (uint64_t i = 0; i < len; i++) {
        buffer[i] = (uint8_t)(start + i * step);
    }
    return buffer;
}

static void check_guards(uint64_t len)
{
    for (unsigned i = 0; i < GUARD; i++) {
        SAME("uaccess.overrun", kernel_bytes[i], 0x5a);
        SAME("uaccess.overrun", kernel_bytes[GUARD + len + i], 0x5a);
    }
}

/* ---- steps ---- */

static void compare_range(struct model *model, uaddr_t at, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++) {
        const uint8_t *expected = byte_at(model, at + i, 0);
        uint8_t byte;
        uint64_t count = space_peek(model->space, &byte, at + i, 1);
        SAME("uaccess.contents", count, expected != NULL);
        if (expected) {
            SAME("uaccess.contents", byte, *expected);
        }
    }
}

static void do_read(struct feed *feed)
{
    uaddr_t from = some_pointer(feed);
    uint64_t len = some_length(feed, from);
    uint64_t room = min_u64(len, BUFFER);
    uint8_t *buffer = make_buffer(room, 1, 1);

    harness_arm(feed);
    int error = user_read(buffer, from, len);
    check_guards(room);
    if (was_refused(error)) {
        return;
    }
    SAME("uaccess.read", error, expected_of(from, len, TO_READ));
    for (uint64_t i = 0; !error && i < len; i++) {
        SAME("uaccess.contents", buffer[i], *byte_at(current, from + i, TO_READ));
    }
}

static void note_written(struct model *model, uaddr_t to, const uint8_t *bytes, uint64_t len)
{
    uint64_t end = harness_mistake && len > PAGE_SIZE ? len - 1 : len;

    for (uint64_t i = 0; i < end; i++) {
        *byte_at(model, to + i, TO_WRITE) = bytes[i];
    }
}

static void do_write(struct feed *feed)
{
    uaddr_t to = some_pointer(feed);
    uint64_t len = some_length(feed, to);
    uint64_t room = min_u64(len, BUFFER);
    uint8_t start = feed_byte(feed);
    uint8_t *buffer = make_buffer(room, start, feed_byte(feed));

    harness_arm(feed);
    int error = user_write(to, buffer, len);
    if (!was_refused(error)) {
        SAME("uaccess.write", error, expected_of(to, len, TO_WRITE));
    }
    if (!error) {
        note_written(current, to, buffer, len);
    }
    if (is_range(to, len)) {
        compare_range(current, to, len);
    }
}

/* The write behind it needs no memory. */
static void do_prepare(struct feed *feed)
{
    uaddr_t to = some_pointer(feed);
    uint64_t len = some_length(feed, to);

    harness_arm(feed);
    int error = user_prepare_write(to, len);
    if (was_refused(error)) {
        return;
    }
    SAME("uaccess.prepare", error, expected_of(to, len, TO_WRITE));
    if (!error) {
        uint8_t *buffer = make_buffer(len, feed_byte(feed), 3);
        inject_arm(1, true);
        SAME("uaccess.prepared", user_write(to, buffer, len), 0);
        inject_arm(0, false);
        note_written(current, to, buffer, len);
    }
}

/* The length of a string, or the error. */
static int64_t expected_string(uaddr_t from, uint64_t capacity)
{
    for (uint64_t i = 0; i < capacity; i++) {
        const uint8_t *byte = is_range(from, i + 1) ? byte_at(current, from + i, TO_READ) : NULL;
        if (!byte) {
            return -EFAULT;
        }
        if (*byte == '\0') {
            return (int64_t)i;
        }
    }
    return -ENAMETOOLONG;
}

static void do_string(struct feed *feed)
{
    uaddr_t from = some_pointer(feed);
    uint64_t capacity = feed_below(feed, 4) ? feed_below(feed, 200) : feed_below(feed, BUFFER);
    uint8_t *buffer = make_buffer(capacity, 1, 1);
    int64_t expected = expected_string(from, capacity);
    uint64_t len = 0;

    harness_arm(feed);
    int error = user_string_len(from, capacity, &len);
    if (!was_refused(error)) {
        SAME("uaccess.string", error ? error : (int64_t)len, expected);
    }
    harness_arm(feed);
    error = user_read_string((char *)buffer, from, capacity);
    check_guards(capacity);
    if (was_refused(error)) {
        return;
    }
    SAME("uaccess.string", error, expected < 0 ? expected : 0);
    for (int64_t i = 0; i <= expected; i++) {
        SAME("uaccess.contents", buffer[i], *byte_at(current, from + (uint64_t)i, TO_READ));
    }
}

/* The bytes of a copy that found no memory half-way: each is an old one or a new one. */
static void note_half_written(struct model *model, uaddr_t to, const uint8_t *bytes, uint64_t len)
{
    for (uint64_t i = 0; i < len; i++) {
        uint8_t *old = byte_at(model, to + i, TO_WRITE);
        uint8_t byte = 0;
        SAME("uaccess.contents", space_peek(model->space, &byte, to + i, 1), 1);
        HOLDS("uaccess.contents", byte == *old || byte == bytes[i]);
        *old = byte;
    }
}

/* As one process to another, up to the first byte that may not be written. */
static void do_write_from_outside(struct feed *feed)
{
    struct model *model = &models[feed_below(feed, SPACES)];
    uaddr_t to = some_pointer(feed);
    uint64_t len = some_length(feed, to);
    uint8_t *buffer = make_buffer(min_u64(len, BUFFER), feed_byte(feed), 5);
    uint64_t reach = 0;

    model = model->space ? model : current;
    if (!is_range(to, len)) {
        SAME("uaccess.outside", space_write(model->space, to, buffer, len), -EFAULT);
        return;
    }
    while (reach < len && byte_at(model, to + reach, TO_WRITE)) {
        reach++;
    }
    harness_arm(feed);
    int error = space_write(model->space, to, buffer, reach);
    if (was_refused(error)) {
        note_half_written(model, to, buffer, reach);
        return;
    }
    SAME("uaccess.outside", error, 0);
    note_written(model, to, buffer, reach);
    if (reach < len) {
        SAME("uaccess.outside", space_write(model->space, to + reach, buffer, 1), -EFAULT);
    }
}

static void do_page(struct feed *feed)
{
    unsigned i = feed_below(feed, PAGES);
    const uint8_t *expected = byte_at(current, address(i), 0);
    paddr_t pa = 0;

    harness_arm(feed);
    int error = space_page(current->space, address(i), &pa);
    if (was_refused(error) || current->pages[i].prot == PROT_NONE) {
        return;
    }
    SAME("uaccess.page", error, expected ? 0 : -EFAULT);
    if (!error) {
        HOLDS("uaccess.page", memcmp(plat_phys_ptr(pa, PAGE_SIZE), expected, PAGE_SIZE) == 0);
    }
}

static void do_protect(struct feed *feed)
{
    unsigned i = feed_below(feed, PAGES);
    unsigned prot = feed_below(feed, 8);

    harness_arm(feed);
    int error = space_protect(current->space, address(i), address(i) + PAGE_SIZE, prot);
    const struct page *page = &current->pages[i];
    bool is_mapped = region_find(&current->space->regions, address(i)) != NULL;
    if (!was_refused(error)) {
        SAME("uaccess.protect", error, is_mapped ? 0 : -ENOMEM);
        HOLDS("uaccess.protect", is_mapped || page->kind == NOTHING);
        current->pages[i].prot = prot;
    }
}

static void do_fork(struct feed *feed)
{
    struct model *other = current == &models[0] ? &models[1] : &models[0];
    struct space *made = NULL;

    if (other->space) {
        space_put(other->space);
        other->space = NULL;
    }
    harness_arm(feed);
    int error = space_fork(current->space, &made);
    if (!was_refused(error)) {
        SAME("uaccess.fork", error, 0);
        *other = *current;
        other->space = made;
    }
}

static void do_switch(struct feed *feed)
{
    (void)feed;
    if (models[0].space && models[1].space) {
        current = current == &models[0] ? &models[1] : &models[0];
        space_use(current->space);
    }
}

/* ---- all of it ---- */

/* false: there is no memory. */
static bool map_page(struct model *model, unsigned i, struct feed *feed)
{
    struct page *page = &model->pages[i];
    uint8_t how = feed_byte(feed);
    struct region region = {
        .start = address(i), .end = address(i) + PAGE_SIZE, .prot = how / KINDS % 8};

    page->kind = how % KINDS;
    page->prot = region.prot;
    if (page->kind == NOTHING) {
        return true;
    }
    if (page->kind == COPY_OF_FILE || page->kind == STRICT_FILE) {
        region.file = file + i * PAGE_SIZE;
        region.file_len = how % 2 ? PAGE_SIZE : feed_below(feed, PAGE_SIZE);
        memcpy(page->bytes, region.file, region.file_len);
    }
    if (page->kind == STRICT_FILE) {
        region.flags = REGION_FILE;
        page->kind = region.file_len == 0 ? NOTHING : STRICT_FILE;
    }
    if (page->kind == SHARED) {
        region.flags = REGION_SHARED;
        region.shared = shared_create(1);
    }
    int error = page->kind == SHARED && !region.shared ? -ENOMEM : space_map(model->space, &region);
    if (region.shared) {
        shared_put(region.shared);
    }
    page->kind = error ? NOTHING : page->kind;
    return !error;
}

static void begin(struct feed *feed)
{
    harness_core(1 + feed_below(feed, 16), FRAMES_LEAST + feed_below(feed, FRAMES_MORE));
    memset(models, 0, sizeof(models));
    memset(shared_bytes, 0, sizeof(shared_bytes));
    current = &models[0];
    int error = space_create(&current->space);
    SAME("uaccess.create", error, 0);
    for (unsigned i = 0; i < PAGES && map_page(current, i, feed); i++) {
    }
    space_use(current->space);
}

static void compare_all(void)
{
    static uint8_t bytes[PAGE_SIZE];
    struct space *spaces[SPACES];
    unsigned count = 0;

    for (unsigned i = 0; i < SPACES; i++) {
        if (!models[i].space) {
            continue;
        }
        spaces[count++] = models[i].space;
        for (unsigned page = 0; page < PAGES; page++) {
            const uint8_t *expected = byte_at(&models[i], address(page), 0);
            uint64_t len = space_peek(models[i].space, bytes, address(page), PAGE_SIZE);
            if (page % WINDOW == WINDOW - 1 || expected) {
                SAME("uaccess.contents", len, expected ? PAGE_SIZE : 0);
            }
            HOLDS("uaccess.contents", !expected || memcmp(bytes, expected, PAGE_SIZE) == 0);
        }
    }
    harness_check_spaces(spaces, count);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    harness_options(*argc, *argv);
    for (unsigned i = 0; i < sizeof(file); i++) {
        file[i] = (uint8_t)(i % 251);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const things[])(struct feed *) = {
        do_read,
        do_read,
        do_write,
        do_write,
        do_write,
        do_prepare,
        do_string,
        do_page,
        do_protect,
        do_fork,
        do_switch,
        do_switch,
        do_write_from_outside,
    };
    struct feed feed = {bytes, size};

    begin(&feed);
    for (unsigned step = 0; feed.left > 0 && step < STEPS_MAX; step++) {
        things[feed_below(&feed, ARRAY_LEN(things))](&feed);
        if (step % STEPS_BETWEEN == 0) {
            compare_all();
        }
    }
    compare_all();
    for (unsigned i = 0; i < SPACES; i++) {
        if (models[i].space) {
            space_put(models[i].space);
        }
    }
    harness_check_end();
    return 0;
}
