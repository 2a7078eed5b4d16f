#include "snapshot.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "el0/el0.h"
#include "mmu_access.h"
#include "ram.h"
#include "sanitizer.h"
#include "snapshot_part.h"
#include "table.h"
#include "vtlb.h"
#include "vtlb_set.h"

/*
 * A snapshot holds the bytes of: core's variables, which the build gathers in the section
 * eft_state; the parts that the files of the machine have named; the registry of tables and the
 * entries of the TLB, which grow; and each frame that has ever been in use, with what the machine
 * knows of it and with its poison, which is half of what a checked build knows. A frame that has
 * never been in use holds zeros.
 *
 * Caches are not in it: the interpreter forgets what it has decoded and translated, and mmu_epoch
 * only ever grows.
 */

enum {
    PAGE_POISON = PLAT_PAGE_SIZE / 8 / 8, /* bytes; a bit says that 8 bytes are poisoned */
    WORD_BITS = 64,
};

struct frame_copy {
    uint64_t number;
    struct ram_frame frame;
#if SANITIZER_ASAN
    uint8_t poison[PAGE_POISON];
#endif
    uint8_t bytes[PLAT_PAGE_SIZE];
};

struct bytes {
    uint8_t *at;
    size_t size;
};

struct snapshot {
    const uint8_t *ram; /* where it was, and how large: pointers into it are among the bytes */
    uint64_t ram_size;
    enum vtlb_mode mode;
    const void *tables_at;
    struct bytes core;
    struct bytes parts;
    struct bytes tables;
    struct bytes entries;
    struct bytes touched;
    struct frame_copy *frames;
    size_t frame_count;
};

/* The linker makes these at the borders of the sections; a test without core has none. */
extern uint8_t core_start[] __asm__("__start_eft_state") __attribute__((weak));
extern uint8_t core_end[] __asm__("__stop_eft_state") __attribute__((weak));
extern const struct snapshot_part *const first_part[] __asm__("__start_eft_parts");
extern const struct snapshot_part *const parts_end[] __asm__("__stop_eft_parts");

/* ---- bytes ---- */

/* What lies between core's variables is poisoned. volatile: this must not become a call of memcpy,
 * which looks. */
SANITIZER_UNCHECKED static void copy_words(uint8_t *to, const uint8_t *from, size_t size)
{
    volatile uint64_t *words = (volatile uint64_t *)(void *)to;
    const volatile uint64_t *source = (const volatile uint64_t *)(const void *)from;

    for (size_t i = 0; i < size / sizeof(*words); i++) {
        words[i] = source[i];
    }
    for (size_t i = size & ~(sizeof(*words) - 1); i < size; i++) {
        ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
    }
}

static bool save(struct bytes *bytes, const void *at, size_t size)
{
    bytes->size = size;
    bytes->at = malloc(size + 1);
    if (!bytes->at) {
        return false;
    }
    if (size > 0) {
        memcpy(bytes->at, at, size);
    }
    return true;
}

/* Puts back an array that may have grown since: what is beyond is zeros again. */
static void restore(const struct bytes *bytes, void *at, size_t size)
{
    if (bytes->size > 0) {
        memcpy(at, bytes->at, bytes->size);
    }
    if (size > bytes->size) {
        memset((uint8_t *)at + bytes->size, 0, size - bytes->size);
    }
}

static bool is_wanted(const struct snapshot_part *part)
{
    return !part->is_of_tlb || vtlb_mode != VTLB_NONE;
}

static bool save_parts(struct bytes *bytes)
{
    size_t size = 0;

    for (const struct snapshot_part *const *at = first_part; at < parts_end; at++) {
        size += is_wanted(*at) ? (*at)->size : 0;
    }
    bytes->size = size;
    bytes->at = malloc(size + 1);
    if (!bytes->at) {
        return false;
    }
    uint8_t *to = bytes->at;
    for (const struct snapshot_part *const *at = first_part; at < parts_end; at++) {
        if (is_wanted(*at)) {
            memcpy(to, (*at)->at, (*at)->size);
            to += (*at)->size;
        }
    }
    return true;
}

static void restore_parts(const struct bytes *bytes)
{
    const uint8_t *from = bytes->at;

    for (const struct snapshot_part *const *at = first_part; at < parts_end; at++) {
        if (is_wanted(*at)) {
            memcpy((*at)->at, from, (*at)->size);
            from += (*at)->size;
        }
    }
}

static bool save_core(struct bytes *bytes)
{
    bytes->size = (size_t)(core_end - core_start);
    bytes->at = malloc(bytes->size + 1);
    if (!bytes->at) {
        return false;
    }
    copy_words(bytes->at, core_start, bytes->size);
    return true;
}

/* ---- frames ---- */

static paddr_t address_of(uint64_t number)
{
    return RAM_BASE + (number << PLAT_PAGE_SHIFT);
}

#if SANITIZER_ASAN
static void save_poison(struct frame_copy *copy, const uint8_t *page)
{
    memset(copy->poison, 0, sizeof(copy->poison));
    if (!sanitizer_has_poison(page, PLAT_PAGE_SIZE)) {
        return;
    }
    for (unsigned i = 0; i < PLAT_PAGE_SIZE / 8; i++) {
        if (sanitizer_has_poison(page + 8 * i, 8)) {
            copy->poison[i / 8] |= (uint8_t)(1u << i % 8);
        }
    }
}

/* After the bytes have been written; the page has no poison now. */
static void restore_poison(const struct frame_copy *copy, uint8_t *page)
{
    unsigned i = 0;

    while (i < PLAT_PAGE_SIZE / 8) {
        unsigned start = i;
        while (i < PLAT_PAGE_SIZE / 8 && (copy->poison[i / 8] & 1u << i % 8)) {
            i++;
        }
        if (i > start) {
            sanitizer_poison(page + 8 * start, 8 * (i - start));
        } else if (copy->poison[i / 8] == 0) {
            i += 8 - i % 8;
        } else {
            i++;
        }
    }
}
#else
static void save_poison(struct frame_copy *copy, const uint8_t *page)
{
    (void)copy;
    (void)page;
}

static void restore_poison(const struct frame_copy *copy, uint8_t *page)
{
    (void)copy;
    (void)page;
}
#endif

static void save_frame(struct frame_copy *copy, uint64_t number)
{
    uint8_t *page = ram_host(address_of(number));

    copy->number = number;
    copy->frame = *ram_frame(address_of(number));
    save_poison(copy, page);
    copy_words(copy->bytes, page, PLAT_PAGE_SIZE);
}

static void restore_frame(const struct frame_copy *copy)
{
    uint8_t *page = ram_host(address_of(copy->number));

    *ram_frame(address_of(copy->number)) = copy->frame;
    sanitizer_unpoison(page, PLAT_PAGE_SIZE);
    memcpy(page, copy->bytes, PLAT_PAGE_SIZE);
    restore_poison(copy, page);
}

/* A frame that was first used behind the snapshot. */
static void forget_frame(uint64_t number)
{
    uint8_t *page = ram_host(address_of(number));

    *ram_frame(address_of(number)) = (struct ram_frame){0};
    sanitizer_unpoison(page, PLAT_PAGE_SIZE);
    memset(page, 0, PLAT_PAGE_SIZE);
    sanitizer_poison(page, PLAT_PAGE_SIZE);
}

static size_t touched_size(void)
{
    return (ram_size() / PLAT_PAGE_SIZE + WORD_BITS - 1) / WORD_BITS * sizeof(uint64_t);
}

static size_t count_touched(void)
{
    const uint64_t *words = ram_touched();
    size_t count = 0;

    for (size_t i = 0; i < touched_size() / sizeof(*words); i++) {
        count += (size_t)__builtin_popcountll(words[i]);
    }
    return count;
}

static bool save_frames(struct snapshot *snapshot)
{
    const uint64_t *words = ram_touched();
    size_t done = 0;

    snapshot->frame_count = count_touched();
    snapshot->frames = malloc((snapshot->frame_count + 1) * sizeof(*snapshot->frames));
    if (!snapshot->frames) {
        return false;
    }
    for (size_t i = 0; i < touched_size() / sizeof(*words); i++) {
        for (uint64_t left = words[i]; left != 0; left &= left - 1) {
            save_frame(&snapshot->frames[done++], i * WORD_BITS + (unsigned)__builtin_ctzll(left));
        }
    }
    return true;
}

static void restore_frames(const struct snapshot *snapshot)
{
    uint64_t *words = ram_touched();

    for (size_t i = 0; i < snapshot->touched.size / sizeof(*words); i++) {
        uint64_t then;
        memcpy(&then, snapshot->touched.at + i * sizeof(then), sizeof(then));
        for (uint64_t left = words[i] & ~then; left != 0; left &= left - 1) {
            forget_frame(i * WORD_BITS + (unsigned)__builtin_ctzll(left));
        }
        words[i] = then;
    }
    for (size_t i = 0; i < snapshot->frame_count; i++) {
        restore_frame(&snapshot->frames[i]);
    }
}

/* ---- all of it ---- */

struct snapshot *snapshot_take(void)
{
    struct snapshot *made = calloc(1, sizeof(*made));
    size_t size;

    if (!made) {
        return NULL;
    }
    made->ram = ram_host(RAM_BASE);
    made->ram_size = ram_size();
    made->mode = vtlb_mode;
    const void *tables = table_bytes(&size);
    made->tables_at = tables;
    bool is_saved = save(&made->tables, tables, size);
    const void *entries = vtlb_set_bytes(&size);
    is_saved = is_saved && save(&made->entries, entries, size) &&
               save(&made->touched, ram_touched(), touched_size()) && save_frames(made) &&
               save_parts(&made->parts) && save_core(&made->core);
    if (!is_saved) {
        snapshot_free(made);
        return NULL;
    }
    return made;
}

const char *snapshot_restore(const struct snapshot *snapshot)
{
    size_t size;

    if (snapshot->mode != vtlb_mode) {
        return "the machine has another TLB than when the snapshot was taken";
    }
    void *tables = table_bytes(&size);
    if (snapshot->ram_size != ram_size() || snapshot->ram != ram_host(RAM_BASE) ||
        snapshot->tables_at != tables) {
        return "the machine has other RAM than when the snapshot was taken";
    }
    restore(&snapshot->tables, tables, size);
    void *entries = vtlb_set_bytes(&size);
    restore(&snapshot->entries, entries, 0);
    restore_frames(snapshot);
    restore_parts(&snapshot->parts);
    copy_words(core_start, snapshot->core.at, snapshot->core.size);
    el0_reset();
    mmu_epoch++;
    ram_note_restored();
    return NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (!snapshot) {
        return;
    }
    free(snapshot->core.at);
    free(snapshot->parts.at);
    free(snapshot->tables.at);
    free(snapshot->entries.at);
    free(snapshot->touched.at);
    free(snapshot->frames);
    free(snapshot);
}
