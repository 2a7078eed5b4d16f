#include "ram.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "el0/el0.h"
#include "host.h"
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
    uint64_t frame;
    enum plat_mem_state state;
    const void *callers[CALLERS];
};

static struct {
    uint64_t size;
    uint8_t *bytes;
    struct ram_frame *frames;
    uint64_t *touched;     /* a bit for each frame that has ever been owned */
    const char *stack_end; /* frame pointers at and above it are not followed */
    uint64_t event_count;  /* of all time; the last EVENTS_MAX are in events */
    uint64_t restored_at;  /* the event_count when a snapshot was restored; 0: never */
    struct event events[EVENTS_MAX];
} ram;

static struct host_map bytes_map;
static struct host_map frames_map;
static struct host_map touched_map;

static void make(uint64_t size)
{
    uint64_t frames = size >> PLAT_PAGE_SHIFT;

    if (ram.bytes) {
        sanitizer_unpoison(ram.bytes, ram.size);
    }
    ram.size = size;
    ram.bytes = host_map(&bytes_map, size);
    ram.frames = host_map(&frames_map, frames * sizeof(*ram.frames));
    ram.touched = host_map(&touched_map, (frames + 63) / 64 * sizeof(*ram.touched));
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
    ram.event_count = 0;
    ram.restored_at = 0;
    if (!ram.bytes || !ram.frames || !ram.touched) {
        ram_release();
        return false;
    }
    if (HOSTED_CHECKED && !ram.stack_end) {
        ram.stack_end = find_stack_end();
    }
    sanitizer_poison(ram.bytes, size);
    return true;
}

uint64_t ram_size(void)
{
    return ram.size;
}

uint64_t *ram_touched(void)
{
    return ram.touched;
}

void ram_note_restored(void)
{
    ram.restored_at = ram.event_count;
}

bool ram_contains(paddr_t pa, uint64_t size)
{
    return pa >= RAM_BASE && pa - RAM_BASE < ram.size && size <= ram.size - (pa - RAM_BASE);
}

uint8_t *ram_host(paddr_t pa)
{
    return ram.bytes + (pa - RAM_BASE);
}

struct ram_frame *ram_frame(paddr_t pa)
{
    return &ram.frames[(pa - RAM_BASE) >> PLAT_PAGE_SHIFT];
}

bool ram_find_host(const void *host, paddr_t *pa)
{
    uintptr_t offset = (uintptr_t)host - (uintptr_t)ram.bytes;

    if (!ram.bytes || offset >= ram.size) {
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

void *plat_phys_ptr(paddr_t pa, size_t size)
{
    if (size == 0 || !ram_contains(pa, size)) {
        report("ram.range", REPORT_NO_FRAME, "plat_phys_ptr(0x%lx, 0x%zx) is not in RAM", pa, size);
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

    event->frame = pa >> PLAT_PAGE_SHIFT;
    event->state = state;
    find_callers(event->callers);
    ram.event_count++;
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
        const struct event *event = &ram.events[(ram.event_count - age) % EVENTS_MAX];

        if (ram.event_count - age + 1 == ram.restored_at) {
            fprintf(stderr, "  (a snapshot was restored, which undid some of what follows)\n");
        }
        if (event->frame == pa >> PLAT_PAGE_SHIFT && printed < PRINTED_MAX) {
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

static void own(paddr_t pa)
{
    uint64_t number = (pa - RAM_BASE) >> PLAT_PAGE_SHIFT;

    ram_frame(pa)->is_owned = true;
    ram.touched[number / 64] |= UINT64_C(1) << number % 64;
}

/* A whole page changes hands. */
static void mark_frame(paddr_t pa, enum plat_mem_state state)
{
    struct ram_frame *frame = ram_frame(pa);

    if (frame->table) {
        report("frame.marked-while-table", pa, "frame 0x%lx is an open table", pa);
    }
    if (state == PLAT_MEM_FREE) {
        frame_give(pa, frame);
    } else {
        own(pa);
    }
    if (HOSTED_CHECKED) {
        remember(pa, state);
    }
}

static void mark_bytes(paddr_t pa, size_t size, enum plat_mem_state state)
{
    if (state == PLAT_MEM_FREE) {
        ram_close(pa, size);
        return;
    }
    ram_open(pa, size);
    if (HOSTED_CHECKED && state == PLAT_MEM_UNDEFINED) {
        memset(ram_host(pa), UNDEFINED_BYTE, size);
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
        mark_frame(page, state);
    }
    /* A part of a page that is in use again: pools do so with pages they own, boot with the rest of
     * a page that something reserved begins or ends in. */
    if (state != PLAT_MEM_FREE && size > 0) {
        own(pa);
        own(pa + size - 1);
    }
    mark_bytes(pa, size, state);
}

/* FNV-1a over words. */
static uint64_t sum_of(paddr_t page)
{
    const uint8_t *bytes = ram_host(page);
    uint64_t sum = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < PLAT_PAGE_SIZE; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes + i, sizeof(word));
        sum = (sum ^ word) * UINT64_C(0x100000001b3);
    }
    return sum;
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
