#include "mm/frame.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"

static struct frame_state frames;

_Static_assert(sizeof(struct frame) == 12,
               "16 MiB of frame table for 4 GiB of RAM would be too much");

static uint32_t number_of(paddr_t pa)
{
    ASSERT(pa >= frames.ram.base);
    ASSERT(pa - frames.ram.base < frames.ram.size);
    ASSERT((pa & PAGE_MASK) == 0);
    return (uint32_t)((pa - frames.ram.base) >> PAGE_SHIFT);
}

/* Cuts [base, end), not empty, out of the ranges; a range may become two. */
static void exclude(paddr_t base, paddr_t end)
{
    struct plat_range old[FRAME_RANGES_MAX];
    unsigned count = frames.range_count;
    unsigned kept = 0;

    for (unsigned i = 0; i < count; i++) {
        old[i] = frames.ranges[i];
    }
    for (unsigned i = 0; i < count; i++) {
        paddr_t range_end = old[i].base + old[i].size;
        paddr_t left_end = min_u64(range_end, max_u64(base, old[i].base));
        paddr_t right_base = max_u64(old[i].base, min_u64(end, range_end));
        if (left_end > old[i].base) {
            ASSERT(kept < FRAME_RANGES_MAX);
            frames.ranges[kept++] = (struct plat_range){old[i].base, left_end - old[i].base};
        }
        if (right_base < range_end) {
            ASSERT(kept < FRAME_RANGES_MAX);
            frames.ranges[kept++] = (struct plat_range){right_base, range_end - right_base};
        }
    }
    frames.range_count = kept;
}

/* Takes room for the frame table from the first range that has it. */
static int place_table(void)
{
    uint64_t bytes = page_up((frames.ram.size >> PAGE_SHIFT) * sizeof(struct frame));

    for (unsigned i = 0; i < frames.range_count; i++) {
        struct plat_range range = frames.ranges[i];
        if (range.size > bytes) {
            plat_mem_mark(range.base, bytes, PLAT_MEM_UNDEFINED);
            frames.table = plat_phys_ptr(range.base, bytes);
            exclude(range.base, range.base + bytes);
            return 0;
        }
    }
    return -ENOMEM;
}

void frame_limit(uint64_t limit)
{
    uint64_t used = frames.total_count - frames.free_count;

    frames.total_count = min_u64(frames.usable_count, limit);
    ASSERT(used <= frames.total_count);
    frames.free_count = frames.total_count - used;
}

void frame_reuse(enum frame_reuse reuse)
{
    frames.reuse = reuse;
}

int frame_init(const struct plat_boot *boot)
{
    int error;

    ASSERT((boot->ram.base & PAGE_MASK) == 0);
    ASSERT((boot->ram.size & PAGE_MASK) == 0);
    ASSERT(boot->ram.size >> PAGE_SHIFT < FRAME_NONE);
    frames.ram = boot->ram;
    frames.ranges[0] = boot->ram;
    frames.range_count = 1;
    for (unsigned i = 0; i < boot->reserved_count; i++) {
        struct plat_range reserved = boot->reserved[i];
        if (reserved.size > 0) {
            exclude(page_down(reserved.base), page_up(reserved.base + reserved.size));
        }
    }
    error = place_table();
    if (error) {
        return error;
    }
    frames.usable_count = 0;
    for (unsigned i = 0; i < frames.range_count; i++) {
        frames.usable_count += frames.ranges[i].size >> PAGE_SHIFT;
    }
    frames.range = 0;
    frames.watermark = frames.ranges[0].base;
    frames.queue_head = FRAME_NONE;
    frames.queue_tail = FRAME_NONE;
    frames.queue_len = 0;
    frames.total_count = frames.usable_count;
    frames.free_count = frames.total_count;
    frames.reuse = FRAME_REUSE_LATE;
    return 0;
}

static paddr_t take_never_used(void)
{
    struct plat_range *range = &frames.ranges[frames.range];

    if (frames.watermark == range->base + range->size) {
        frames.range++;
        ASSERT(frames.range < frames.range_count);
        range = &frames.ranges[frames.range];
        frames.watermark = range->base;
    }
    paddr_t pa = frames.watermark;
    frames.watermark += PAGE_SIZE;
    return pa;
}

static paddr_t take_from_queue(void)
{
    paddr_t pa = frames.ram.base + ((paddr_t)frames.queue_head << PAGE_SHIFT);
    struct frame *frame = &frames.table[frames.queue_head];

    ASSERT(frame->kind == FRAME_FREE);
    ASSERT(frame->refs == 0);
    frames.queue_head = frame->next;
    frames.queue_len--;
    if (frames.queue_head == FRAME_NONE) {
        frames.queue_tail = FRAME_NONE;
    }
    return pa;
}

int frame_alloc_at(enum frame_kind kind, paddr_t *pa, struct alloc_site *site)
{
    if (inject_fails(site)) {
        return -ENOMEM;
    }
    if (frames.free_count == 0) {
        inject_note_refusal();
        return -ENOMEM;
    }
    frames.free_count--;
    *pa = frames.queue_head == FRAME_NONE ? take_never_used() : take_from_queue();
    frames.table[number_of(*pa)] =
        (struct frame){.refs = 1, .kind = (uint16_t)kind, .next = FRAME_NONE};
    plat_mem_mark(*pa, PAGE_SIZE, PLAT_MEM_UNDEFINED);
    return 0;
}

struct frame *frame_of(paddr_t pa)
{
    struct frame *frame = &frames.table[number_of(pa)];

    ASSERT(pa < frames.watermark);
    ASSERT(frame->kind != FRAME_FREE);
    ASSERT(frame->refs > 0);
    return frame;
}

void frame_get(paddr_t pa)
{
    struct frame *frame = frame_of(pa);

    ASSERT(frame->kind == FRAME_USER);
    ASSERT(frame->refs < UINT32_MAX);
    frame->refs++;
}

static void release(paddr_t pa)
{
    uint32_t number = number_of(pa);
    struct frame *frame = &frames.table[number];

    plat_mem_mark(pa, PAGE_SIZE, PLAT_MEM_FREE);
    frame->kind = FRAME_FREE;
    frame->next = FRAME_NONE;
    if (frames.queue_tail == FRAME_NONE) {
        frames.queue_head = number;
        frames.queue_tail = number;
    } else if (frames.reuse == FRAME_REUSE_SOON) {
        frame->next = frames.queue_head;
        frames.queue_head = number;
    } else {
        frames.table[frames.queue_tail].next = number;
        frames.queue_tail = number;
    }
    frames.queue_len++;
    frames.free_count++;
}

/* The planted bug k-4: what is in use of the 511 frames behind one. */
static void release_block(paddr_t pa)
{
    for (paddr_t at = pa + PAGE_SIZE; at < pa + 512 * PAGE_SIZE && at < frames.watermark;
         at += PAGE_SIZE) {
        struct frame *frame = &frames.table[number_of(at)];
        if (frame->kind != FRAME_FREE) {
            frame->refs = 0;
            release(at);
        }
    }
}

void frame_put(paddr_t pa)
{
    struct frame *frame = frame_of(pa);

    frame->refs--;
    if (frame->refs > 0) {
        return;
    }
    ASSERT(frame->entries == 0);
    if (PLANTED(K_4) && plant_memory && frame->kind == FRAME_USER) {
        release_block(pa);
    }
    release(pa);
}

const struct frame_state *frame_state(void)
{
    return &frames;
}

uint64_t frame_free_count(void)
{
    return frames.free_count;
}

uint64_t frame_total_count(void)
{
    return frames.total_count;
}

static void count_frame(const struct frame *frame, struct frame_census *census)
{
    ASSERT((frame->refs == 0) == (frame->kind == FRAME_FREE));
    switch ((enum frame_kind)frame->kind) {
    case FRAME_FREE:
        census->free++;
        break;
    case FRAME_USER:
        census->user_refs += frame->refs;
        census->used++;
        break;
    case FRAME_TABLE:
        census->tables++;
        census->used++;
        break;
    case FRAME_POOL:
        census->pools++;
        census->used++;
        break;
    case FRAME_PIPE:
        census->pipes++;
        census->used++;
        break;
    }
}

void frame_check(struct frame_census *census)
{
    uint64_t queued = 0;

    *census = (struct frame_census){0};
    for (uint32_t n = frames.queue_head; n != FRAME_NONE; n = frames.table[n].next) {
        ASSERT(frames.table[n].kind == FRAME_FREE);
        ASSERT(frames.table[n].refs == 0);
        ASSERT(queued < frames.queue_len);
        queued++;
    }
    for (unsigned i = 0; i <= frames.range; i++) {
        paddr_t base = frames.ranges[i].base;
        paddr_t end = i == frames.range ? frames.watermark : base + frames.ranges[i].size;
        for (paddr_t pa = base; pa < end; pa += PAGE_SIZE) {
            count_frame(&frames.table[number_of(pa)], census);
        }
    }
    ASSERT(queued == frames.queue_len);
    ASSERT(census->free == frames.queue_len);
    ASSERT(census->used + frames.free_count == frames.total_count);
}
