#include "ram.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "el0/el0.h"
#include "host.h"
#include "mmu_access.h"
#include "report.h"
#include "sanitizer.h"
#include "table.h"
#include "vtlb.h"

/*
 * RAM is one mapping of the host, of which only what is touched costs anything; so is the array of
 * struct ram_frame. In a checked build the last events of all frames are kept in a ring.
 *
 * Invariants: a frame that is not owned has mapped 0 and table 0, and is named by no TLB entry;
 * under ASan its bytes are poisoned, as are those of a table and of every part of a page marked
 * FREE.
 */

enum {
    EVENTS_MAX = 8192,
    CALLERS = 6,           /* return addresses kept of each event */
    PRINTED_MAX = 8,       /* events of a frame shown in a report */
    UNDEFINED_BYTE = 0xa5, /* as a pointer, not canonical; as a number, neither 0 nor small */
};

struct event {
    uint64_t number; /* of all events, from 0 */
    uint32_t frame;
    uint8_t state; /* enum plat_mem_state */
    const void *callers[CALLERS];
};

static struct {
    uint64_t boot_count;
    uint64_t *touched;     /* a bit for each frame that has ever been owned */
    const char *stack_end; /* frame pointers at and above it are not followed */
    uint64_t event_count;  /* of all time; the last EVENTS_MAX are in events */
    struct event events[EVENTS_MAX];
} ram;

struct ram_area ram_area;

static struct host_map bytes_map;
static struct host_map frames_map;
static struct host_map touched_map;
static struct host_map stamps_map;
static struct host_map stored_map;

static void make(uint64_t size)
{
    uint64_t frames = size >> PLAT_PAGE_SHIFT;

    if (ram_area.bytes) {
        sanitizer_unpoison(ram_area.bytes, ram_area.size);
    }
    ram_area.size = size;
    ram_area.bytes = host_map(&bytes_map, size);
    ram_area.frames = host_map(&frames_map, frames * sizeof(*ram_area.frames));
    ram.touched = host_map(&touched_map, (frames + 63) / 64 * sizeof(*ram.touched));
    ram_area.stored = host_map(&stored_map, (frames + 63) / 64 * sizeof(*ram_area.stored));
    ram_area.stamps = host_map(&stamps_map, frames * sizeof(*ram_area.stamps));
}

void ram_release(void)
{
    make(0);
}

static const char *find_stack_end(void)
{
    pthread_attr_t attr;
    void *base = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &base, &size);
        pthread_attr_destroy(&attr);
    }
    return (const char *)base + size;
}

bool ram_init(uint64_t size)
{
    make(size);
    ram.boot_count++;
    ram.event_count = 0;
    ram_area.tick = 1;
    if (!ram_area.bytes || !ram_area.frames || !ram.touched || !ram_area.stored ||
        !ram_area.stamps) {
        ram_release();
        return false;
    }
    if (HOSTED_CHECKED && !ram.stack_end) {
        ram.stack_end = find_stack_end();
    }
    sanitizer_poison(ram_area.bytes, size);
    return true;
}

uint64_t ram_size(void)
{
    return ram_area.size;
}

uint64_t ram_boot_count(void)
{
    return ram.boot_count;
}

uint64_t *ram_touched(void)
{
    return ram.touched;
}

uint64_t ram_event_count(void)
{
    return ram.event_count;
}

void ram_set_event_count(uint64_t count)
{
    ram.event_count = count;
}

bool ram_find_host(const void *host, paddr_t *pa)
{
    uintptr_t offset = (uintptr_t)host - (uintptr_t)ram_area.bytes;

    if (!ram_area.bytes || offset >= ram_area.size) {
        return false;
    }
    *pa = RAM_BASE + offset;
    return true;
}

void ram_close(paddr_t pa, size_t size)
{
    sanitizer_poison(ram_host(pa), size);
}

void ram_open(paddr_t pa, size_t size)
{
    sanitizer_unpoison(ram_host(pa), size);
}

/* ---- the log of stores ---- */

uint64_t *ram_stored(void)
{
    return ram_area.stored;
}

void ram_forget_stores(void)
{
    memset(ram_area.stored, 0,
           (ram_area.size / PLAT_PAGE_SIZE + 63) / 64 * sizeof(*ram_area.stored));
    mmu_write_epoch++;
}

const uint32_t *ram_stamps(void)
{
    return ram_area.stamps;
}

uint32_t ram_tick(void)
{
    mmu_write_epoch++;
    return ++ram_area.tick;
}

void *plat_phys_ptr(paddr_t pa, size_t size)
{
    if (size == 0 || !ram_contains(pa, size)) {
        report("ram.range", REPORT_NO_FRAME, "plat_phys_ptr(0x%lx, 0x%zx) is not in RAM", pa, size);
    }
    ram_note_store(pa);
    for (paddr_t page = (pa | (PLAT_PAGE_SIZE - 1)) + 1; page < pa + size; page += PLAT_PAGE_SIZE) {
        ram_note_store(page);
    }
    return ram_host(pa);
}

/* ---- history ---- */

/* Follows the chain of frame pointers as long as it goes up the stack; code built without them ends
 * it early, which costs no more than a shorter history. */
SANITIZER_UNCHECKED static void find_callers(const void **callers)
{
    const char *const *at = __builtin_frame_address(0);
    const char *low = (const char *)at;
    unsigned found = 0;

    while (found < CALLERS && low < ram.stack_end - 2 * sizeof(*at)) {
        callers[found++] = at[1];
        if (at[0] <= low || (uintptr_t)at[0] % sizeof(*at) != 0) {
            break;
        }
        low = at[0];
        at = (const char *const *)(const void *)low;
    }
    while (found < CALLERS) {
        callers[found++] = NULL;
    }
}

static void remember(paddr_t pa, enum plat_mem_state state)
{
    struct event *event = &ram.events[ram.event_count % EVENTS_MAX];

    event->number = ram.event_count++;
    event->frame = (uint32_t)((pa - RAM_BASE) >> PLAT_PAGE_SHIFT);
    event->state = (uint8_t)state;
    find_callers(event->callers);
}

static void print_event(const struct event *event, uint64_t age)
{
    static const char *const words[] = {"freed", "taken", "taken with its contents"};

    fprintf(stderr, "  %s, %lu marks ago:\n", words[event->state], age);
    for (unsigned i = 0; i < CALLERS && event->callers[i]; i++) {
        char where[256];

        sanitizer_describe(event->callers[i], where, sizeof(where));
        fprintf(stderr, "    %s\n", where);
    }
}

void ram_print_history(paddr_t pa)
{
    unsigned printed = 0;

    fprintf(stderr, "eft: frame 0x%lx", pa & ~((paddr_t)PLAT_PAGE_SIZE - 1));
    if (ram_contains(pa, 1)) {
        const struct ram_frame *frame = ram_frame(pa);

        fprintf(stderr, ": %s%s, named by %u page descriptors", frame->is_owned ? "owned" : "free",
                frame->table ? ", a table" : "", frame->mapped);
    }
    fprintf(stderr, "\n");
    for (uint64_t age = 1; age <= ram.event_count && age <= EVENTS_MAX; age++) {
        uint64_t number = ram.event_count - age;
        const struct event *event = &ram.events[number % EVENTS_MAX];

        /* Of what was before a snapshot, some may be lost in a long run that was undone. */
        if (event->number == number && event->frame == (pa - RAM_BASE) >> PLAT_PAGE_SHIFT &&
            printed < PRINTED_MAX) {
            print_event(event, age);
            printed++;
        }
    }
}

/* ---- marks ---- */

static void frame_give(paddr_t pa, struct ram_frame *frame)
{
    if (!frame->is_owned) {
        report("frame.freed-twice", pa, "frame 0x%lx is free already", pa);
    }
    table_check_free(pa);
    vtlb_check_free(pa);
    frame->is_owned = false;
    frame->is_synced = false;
    el0_icache_invalidate(pa, PLAT_PAGE_SIZE);
}

/* is_filled: whatever it holds, all of it is written next. */
static void own(paddr_t pa, bool is_filled)
{
    uint64_t number = (pa - RAM_BASE) >> PLAT_PAGE_SHIFT;
    struct ram_frame *frame = ram_frame(pa);

    frame->is_owned = true;
    if (frame->is_stale) {
        frame->is_stale = false;
        if (!is_filled) {
            bytes_fill(ram_host(pa & ~((paddr_t)PLAT_PAGE_SIZE - 1)), 0, PLAT_PAGE_SIZE);
        }
    }
    ram.touched[number / 64] |= UINT64_C(1) << number % 64;
}

/* A whole page changes hands. */
static void mark_frame(paddr_t pa, enum plat_mem_state state, bool is_kept)
{
    struct ram_frame *frame = ram_frame(pa);

    ram_note_store(pa);
    frame->is_kept = is_kept;

    if (frame->table) {
        report("frame.marked-while-table", pa, "frame 0x%lx is an open table", pa);
    }
    if (state == PLAT_MEM_FREE) {
        frame_give(pa, frame);
    } else {
        own(pa, HOSTED_CHECKED && state == PLAT_MEM_UNDEFINED);
    }
    if (HOSTED_CHECKED) {
        remember(pa, state);
    }
}

static void keep(paddr_t pa)
{
    ram_note_store(pa);
    ram_frame(pa)->is_kept = true;
}

static void mark_bytes(paddr_t pa, size_t size, enum plat_mem_state state)
{
    if (state == PLAT_MEM_FREE) {
        ram_close(pa, size);
        return;
    }
    ram_open(pa, size);
    if (HOSTED_CHECKED && state == PLAT_MEM_UNDEFINED) {
        bytes_fill(ram_host(pa), UNDEFINED_BYTE, size);
        sanitizer_undefine(ram_host(pa), size);
    }
}

void plat_mem_mark(paddr_t pa, size_t size, enum plat_mem_state state)
{
    const uint64_t in_page = PLAT_PAGE_SIZE - 1;

    if (!ram_contains(pa, size) || pa % 8 != 0 || size % 8 != 0) {
        report("ram.range", REPORT_NO_FRAME,
               "plat_mem_mark(0x%lx, 0x%zx): not in RAM, or not in units of 8 bytes", pa, size);
    }
    paddr_t first = (pa + in_page) & ~in_page;
    paddr_t end = (pa + size) & ~in_page;

    for (paddr_t page = first; page < end; page += PLAT_PAGE_SIZE) {
        mark_frame(page, state, end - first > PLAT_PAGE_SIZE && state == PLAT_MEM_UNDEFINED);
    }
    if (size > 0 && pa < first) {
        keep(pa);
    }
    if (size > 0 && pa + size > end) {
        keep(pa + size - 1);
    }
    /* A part of a page that is in use again: pools do so with pages they own, boot with the rest of
     * a page that something reserved begins or ends in. */
    if (state != PLAT_MEM_FREE && size > 0) {
        own(pa, false);
        own(pa + size - 1, false);
    }
    mark_bytes(pa, size, state);
}

void ram_check_defined(const void *bytes, size_t size, uaddr_t va)
{
    size_t defined = sanitizer_defined(bytes, size);
    paddr_t pa = REPORT_NO_FRAME;

    if (defined < size) {
        bool is_in_ram = ram_find_host(bytes, &pa);
        report("user.leak", is_in_ram ? pa : REPORT_NO_FRAME,
               "the byte at va 0x%lx that a program may read was never written", va + defined);
    }
}

/* FNV-1a over words, in lanes that a host works on side by side. */
static uint64_t sum_of(paddr_t page)
{
    enum { LANES = 4 };
    const uint8_t *bytes = ram_host(page);
    uint64_t sums[LANES] = {UINT64_C(0xcbf29ce484222325)};

    for (size_t i = 0; i < PLAT_PAGE_SIZE; i += LANES * sizeof(uint64_t)) {
        uint64_t words[LANES];
        memcpy(words, bytes + i, sizeof(words));
        for (unsigned lane = 0; lane < LANES; lane++) {
            sums[lane] = (sums[lane] ^ words[lane]) * UINT64_C(0x100000001b3);
        }
    }
    return sums[0] ^ sums[1] << 1 ^ sums[2] << 2 ^ sums[3] << 3;
}

void ram_check_code(paddr_t pa, uaddr_t va)
{
    paddr_t page = pa & ~((paddr_t)PLAT_PAGE_SIZE - 1);
    struct ram_frame *frame = ram_frame(page);

    if (!frame->is_synced) {
        report("icache.unsynced", pa,
               "va 0x%lx: frame 0x%lx is executed, and was not synced since it was allocated", va,
               pa);
    }
    if (!frame->is_fetched && !frame->is_written && frame->synced != sum_of(page)) {
        report("icache.unsynced", pa,
               "va 0x%lx: frame 0x%lx is executed, and was written after it was synced", va, pa);
    }
    frame->is_fetched = true;
}

static void note_synced(paddr_t page)
{
    struct ram_frame *frame = ram_frame(page);

    frame->is_synced = true;
    frame->is_fetched = false;
    frame->is_written = false;
    if (vtlb_mode != VTLB_NONE && frame->is_owned) {
        frame->synced = sum_of(page);
    }
}

void plat_icache_sync(paddr_t pa, size_t size)
{
    if (size == 0 || !ram_contains(pa, size)) {
        report("ram.range", REPORT_NO_FRAME, "plat_icache_sync(0x%lx, 0x%zx) is not in RAM", pa,
               size);
    }
    for (paddr_t page = pa & ~((paddr_t)PLAT_PAGE_SIZE - 1); page < pa + size;
         page += PLAT_PAGE_SIZE) {
        note_synced(page);
    }
    el0_icache_invalidate(pa, size);
}
