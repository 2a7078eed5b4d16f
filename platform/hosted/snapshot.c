#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "el0/el0.h"
#include "hash.h"
#include "mmu_access.h"
#include "platform/scratch.h"
#include "ram.h"
#include "sanitizer.h"
#include "snapshot_part.h"
#include "table.h"
#include "vtlb.h"
#include "vtlb_set.h"

/*
 * A snapshot holds the bytes of: core's variables, which the build gathers in the section
 * eft_state, but for those that it calls scratch; the parts that the files of the machine have
 * named; the registry of tables and the entries of the TLB; and each frame that has ever been in
 * use, with what the machine knows of it and with its poison, which is half of what a checked build
 * knows. What is poisoned for everybody has no bytes worth keeping: before it is read it is marked,
 * and then written.
 *
 * Going back to the snapshot that the machine went back to last, or that was taken since, costs
 * what has changed: of the frames those that the log of stores (ram.h) names and those that core
 * keeps pointers into. A frame that was first used since is only closed; it counts as zeros when it
 * is used again.
 *
 * Caches are not in it: translations end with mmu_epoch, which only ever grows, and the interpreter
 * keeps the decoded pages of frames that were the same all the time.
 */

enum {
    PAGE_POISON = SANITIZER_ASAN ? PLAT_PAGE_SIZE / 8 : 1,
    WORD_BITS = 64,
    SCRATCH_MAX = 16,
    NO_COPY = 0,
    FREE_POISON = 0xf7, /* what __asan_poison_memory_region writes */
};

struct frame_copy {
    uint64_t number;
    struct ram_frame frame;
    uint8_t poison[PAGE_POISON];
    struct bytes bytes;
};

/* A variable of the machine. */
struct part_copy {
    void *at;
    size_t size;
    uint8_t *saved;
};

struct snapshot {
    uint64_t id;
    const uint8_t *ram; /* where it was, and how large: pointers into it are among the bytes */
    uint64_t ram_size;
    enum vtlb_mode mode;
    uint64_t epoch; /* mmu_epoch */
    uint64_t event_count;
    struct bytes core;
    struct part_copy *parts;
    size_t part_count;
    uint8_t *tables;
    uint8_t *entries;
    uint64_t *touched;
    struct frame_copy *frames;
    size_t frame_count;
    uint32_t *copy_of; /* by frame: the index in frames from 1, or NO_COPY */
};

/* The linker makes these at the borders of the sections; a test without core has none. */
extern uint8_t core_start[] __asm__("__start_eft_state") __attribute__((weak));
extern uint8_t core_end[] __asm__("__stop_eft_state") __attribute__((weak));
extern const struct scratch first_scratch[] __asm__("__start_eft_scratch") __attribute__((weak));
extern const struct scratch scratch_end[] __asm__("__stop_eft_scratch") __attribute__((weak));
extern const struct snapshot_part *const first_part[] __asm__("__start_eft_parts");
extern const struct snapshot_part *const parts_end[] __asm__("__stop_eft_parts");

/* What the log of stores is the difference to. */
static struct {
    uint64_t id;   /* of a snapshot; 0: nothing */
    uint64_t boot; /* ram_boot_count */
} base;

static uint64_t last_id;
static uint8_t closed[PAGE_POISON]; /* the poison of a page that is free */

/* ---- core and the machine ---- */

static int compare_gaps(const void *a, const void *b)
{
    const struct bytes_gap *first = a, *second = b;

    return first->at < second->at ? -1 : first->at > second->at;
}

static bool save_core(struct bytes *bytes)
{
    struct bytes_gap gaps[SCRATCH_MAX];
    size_t count = 0;

    for (const struct scratch *at = first_scratch; at < scratch_end && count < SCRATCH_MAX; at++) {
        gaps[count++] = (struct bytes_gap){at->at, at->size};
    }
    qsort(gaps, count, sizeof(*gaps), compare_gaps);
    return bytes_save(bytes, core_start, (size_t)(core_end - core_start), gaps, count, true);
}

static bool save_parts(struct snapshot *snapshot)
{
    snapshot->parts = calloc((size_t)(parts_end - first_part) + 1, sizeof(*snapshot->parts));
    for (const struct snapshot_part *const *at = first_part; snapshot->parts && at < parts_end;
         at++) {
        const struct snapshot_part *part = *at;
        struct part_copy *copy = &snapshot->parts[snapshot->part_count];
        if (part->len && *part->len == 0) {
            continue;
        }
        *copy = (struct part_copy){part->at, part->size, malloc(part->size)};
        if (!copy->saved) {
            return false;
        }
        memcpy(copy->saved, part->at, part->size);
        snapshot->part_count++;
    }
    return snapshot->parts;
}

static void restore_parts(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->part_count; i++) {
        const struct part_copy *copy = &snapshot->parts[i];
        bytes_copy(copy->at, copy->saved, copy->size);
    }
}

static uint8_t *saved_by(size_t (*save)(void *bytes))
{
    uint8_t *bytes = malloc(save(NULL) + 1);

    if (bytes) {
        save(bytes);
    }
    return bytes;
}

/* ---- frames ---- */

static paddr_t address_of(uint64_t number)
{
    return RAM_BASE + (number << PLAT_PAGE_SHIFT);
}

static size_t word_count(void)
{
    return (ram_size() / PLAT_PAGE_SIZE + WORD_BITS - 1) / WORD_BITS;
}

static bool save_frame(struct frame_copy *copy, uint64_t number)
{
    uint8_t *page = ram_host(address_of(number));

    copy->number = number;
    copy->frame = *ram_frame(address_of(number));
    bytes_save_poison(copy->poison, page, PLAT_PAGE_SIZE);
    return bytes_save(&copy->bytes, page, PLAT_PAGE_SIZE, NULL, 0, !copy->frame.table);
}

static void restore_bytes(const struct frame_copy *copy)
{
    bytes_restore_poison(copy->poison, ram_host(address_of(copy->number)), PLAT_PAGE_SIZE);
    bytes_restore(&copy->bytes);
}

/* A frame that was first used behind the snapshot. */
static void forget_frame(uint64_t number)
{
    *ram_frame(address_of(number)) = (struct ram_frame){.is_stale = true};
    bytes_restore_poison(closed, ram_host(address_of(number)), PLAT_PAGE_SIZE);
}

static bool save_frames(struct snapshot *snapshot)
{
    const uint64_t *words = ram_touched();
    size_t count = 0;

    snapshot->touched = malloc(word_count() * sizeof(*words));
    snapshot->copy_of = calloc(word_count() * WORD_BITS, sizeof(*snapshot->copy_of));
    if (!snapshot->touched || !snapshot->copy_of) {
        return false;
    }
    memcpy(snapshot->touched, words, word_count() * sizeof(*words));
    for (size_t i = 0; i < word_count(); i++) {
        count += (size_t)__builtin_popcountll(words[i]);
    }
    snapshot->frames = calloc(count + 1, sizeof(*snapshot->frames));
    for (size_t i = 0; snapshot->frames && i < word_count(); i++) {
        for (uint64_t left = words[i]; left != 0; left &= left - 1) {
            uint64_t number = i * WORD_BITS + (unsigned)__builtin_ctzll(left);
            if (!save_frame(&snapshot->frames[snapshot->frame_count++], number)) {
                return false;
            }
            snapshot->copy_of[number] = (uint32_t)snapshot->frame_count;
        }
    }
    return snapshot->frames;
}

/* What may have changed since the snapshot. Everything, if the log says nothing about it. */
static void note_all(const struct snapshot *snapshot)
{
    uint64_t *stored = ram_stored();

    for (size_t i = 0; i < word_count(); i++) {
        stored[i] |= ram_touched()[i] | snapshot->touched[i];
    }
}

static bool is_same(const void *host)
{
    paddr_t pa;

    if (!ram_find_host(host, &pa)) {
        return false;
    }
    uint64_t number = (pa - RAM_BASE) >> PLAT_PAGE_SHIFT;
    return !(ram_stored()[number / WORD_BITS] >> number % WORD_BITS & 1);
}

SANITIZER_BARE static void restore_frames(const struct snapshot *snapshot)
{
    const uint64_t *stored = ram_stored();
    uint64_t *touched = ram_touched();

    for (size_t i = 0; i < word_count(); i++) {
        for (uint64_t left = stored[i]; left != 0; left &= left - 1) {
            uint64_t number = i * WORD_BITS + (unsigned)__builtin_ctzll(left);
            uint32_t copy = snapshot->copy_of[number];
            if (copy == NO_COPY) {
                forget_frame(number);
            } else if (!snapshot->frames[copy - 1].frame.is_kept) {
                restore_bytes(&snapshot->frames[copy - 1]);
            }
            ram_note_store(address_of(number));
        }
        touched[i] = snapshot->touched[i];
    }
    for (size_t i = 0; i < snapshot->frame_count; i++) {
        const struct frame_copy *copy = &snapshot->frames[i];
        if (copy->frame.is_kept) {
            restore_bytes(copy);
            ram_note_store(address_of(copy->number));
        }
        *ram_frame(address_of(copy->number)) = copy->frame;
    }
}

/* ---- all of it ---- */

/* The log begins anew: it is the difference to this snapshot from now on. */
static void begin_log(const struct snapshot *snapshot)
{
    ram_forget_stores();
    base.id = snapshot->id;
    base.boot = ram_boot_count();
}

static struct snapshot *make_snapshot(void)
{
    struct snapshot *made = calloc(1, sizeof(*made));

    if (!made) {
        return NULL;
    }
    made->ram = ram_host(RAM_BASE);
    made->ram_size = ram_size();
    made->mode = vtlb_mode;
    made->epoch = mmu_epoch;
    made->event_count = ram_event_count();
    made->tables = saved_by(table_save);
    made->entries = saved_by(vtlb_set_save);
    if (!made->tables || !made->entries || !save_frames(made) || !save_parts(made) ||
        !save_core(&made->core)) {
        snapshot_free(made);
        return NULL;
    }
    return made;
}

struct snapshot *snapshot_take(void)
{
    struct snapshot *made = make_snapshot();

    if (made) {
        memset(closed, FREE_POISON, sizeof(closed));
        made->id = ++last_id;
        mmu_epoch++;
        begin_log(made);
    }
    return made;
}

const char *snapshot_restore(const struct snapshot *snapshot)
{
    if (snapshot->mode != vtlb_mode) {
        return "the machine has another TLB than when the snapshot was taken";
    }
    if (snapshot->ram_size != ram_size() || snapshot->ram != ram_host(RAM_BASE)) {
        return "the machine has other RAM than when the snapshot was taken";
    }
    if (base.id != snapshot->id || base.boot != ram_boot_count()) {
        note_all(snapshot);
    }
    table_restore(snapshot->tables);
    vtlb_set_restore(snapshot->entries);
    mmu_epoch++;
    el0_restored(snapshot->epoch, is_same);
    restore_frames(snapshot);
    restore_parts(snapshot);
    bytes_restore(&snapshot->core);
    ram_set_event_count(snapshot->event_count);
    begin_log(snapshot);
    return NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot) {
        return;
    }
    for (size_t i = 0; i < snapshot->frame_count; i++) {
        bytes_free(&snapshot->frames[i].bytes);
    }
    for (size_t i = 0; i < snapshot->part_count; i++) {
        free(snapshot->parts[i].saved);
    }
    free(snapshot->parts);
    bytes_free(&snapshot->core);
    free(snapshot->tables);
    free(snapshot->entries);
    free(snapshot->touched);
    free(snapshot->copy_of);
    free(snapshot->frames);
    free(snapshot);
}

/* ---- for tests ---- */

static uint64_t sum_of_bytes(uint64_t sum, const struct bytes *bytes)
{
    for (size_t i = 0; i < bytes->run_count; i++) {
        sum = hash_bytes(sum, bytes->runs[i].saved, bytes->runs[i].size);
    }
    return sum;
}

/* A copy may hold small pieces that are poisoned, and mean nothing. */
static uint64_t sum_of_page(uint64_t sum, const struct frame_copy *copy)
{
    uint64_t words[PLAT_PAGE_SIZE / sizeof(uint64_t)];
    size_t count = sizeof(words) / sizeof(words[0]);

    bytes_copy(words, ram_host(address_of(copy->number)), sizeof(words));
    for (size_t i = 0; i < count; i++) {
        bool is_hidden = SANITIZER_ASAN && !copy->frame.table && copy->poison[i % PAGE_POISON];
        words[i] = is_hidden ? 0 : words[i];
    }
    return hash_bytes(sum, words, sizeof(words));
}

static uint64_t sum_of_frame(uint64_t sum, const struct frame_copy *copy)
{
    const struct ram_frame *frame = &copy->frame;
    const uint64_t words[] = {copy->number,      frame->mapped,    frame->table,
                              frame->is_owned,   frame->is_synced, frame->is_fetched,
                              frame->is_written, frame->is_kept,   frame->synced};

    sum = hash_bytes(sum, words, sizeof(words));
    if (SANITIZER_ASAN) {
        sum = hash_bytes(sum, copy->poison, sizeof(copy->poison));
    }
    return frame->is_owned ? sum_of_page(sum, copy) : sum;
}

uint64_t snapshot_sum(void)
{
    struct snapshot *made = make_snapshot();

    if (!made) {
        return 0;
    }
    uint64_t sum = sum_of_bytes(vtlb_sum(), &made->core);
    for (size_t i = 0; i < made->part_count; i++) {
        sum = hash_bytes(sum, made->parts[i].saved, made->parts[i].size);
    }
    for (size_t i = 0; i < made->frame_count; i++) {
        sum = sum_of_frame(sum, &made->frames[i]);
    }
    snapshot_free(made);
    return sum | 1;
}
