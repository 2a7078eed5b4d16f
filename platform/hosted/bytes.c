#include "bytes.h"

#include <stdlib.h>
#include <string.h>

#include "sanitizer.h"

/*
 * ASan's shadow memory has a byte for 8 bytes of memory: 0, all 8 may be touched; 1 to 7, as many
 * of the first; otherwise none.
 */

enum {
    GRANULE = 8,
    WORTH_LEAVING = 128, /* bytes */
    UNROLLED = 4,
    WORTH_REPEATING = 512, /* bytes */
};

typedef uint64_t word __attribute__((vector_size(16), aligned(1), may_alias));

/* With the one instruction that this kind of host does fastest; false: it has none for so few.
 * MemorySanitizer does not see what such an instruction writes. */
#if defined(__x86_64__) && SANITIZER_ASAN
SANITIZER_BARE static inline bool copy_at_once(void *to, const void *from, size_t size)
{
    if (size < WORTH_REPEATING) {
        return false;
    }
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
    return true;
}
#else
#define copy_at_once(to, from, size) false
#endif

#if defined(__x86_64__) && !SANITIZER_MSAN
SANITIZER_BARE static inline bool fill_at_once(void *to, uint8_t byte, size_t size)
{
    if (size < WORTH_REPEATING) {
        return false;
    }
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(byte) : "memory");
    return true;
}
#else
#define fill_at_once(to, byte, size) false
#endif

#if SANITIZER_ASAN || SANITIZER_MSAN
/* volatile: this must not become a call of memcpy, which looks. */
SANITIZER_BARE void bytes_copy(void *to, const void *from, size_t size)
{
    if (copy_at_once(to, from, size)) {
        return;
    }
    volatile word *words = to;
    const volatile word *source = from;
    size_t count = size / sizeof(word) / UNROLLED * UNROLLED;

    for (size_t i = 0; i < count; i += UNROLLED) {
        word a = source[i];
        word b = source[i + 1];
        word c = source[i + 2];
        word d = source[i + 3];
        words[i] = a;
        words[i + 1] = b;
        words[i + 2] = c;
        words[i + 3] = d;
    }
    for (size_t i = count * sizeof(word); i < size; i++) {
        ((volatile uint8_t *)to)[i] = ((const volatile uint8_t *)from)[i];
    }
}
#else
void bytes_copy(void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
}
#endif

SANITIZER_BARE void bytes_fill(void *to, uint8_t byte, size_t size)
{
    if (fill_at_once(to, byte, size)) {
        return;
    }
    const uint64_t bytes = byte * UINT64_C(0x0101010101010101);
    const word value = {bytes, bytes};
    volatile word *words = to;
    size_t count = size / sizeof(word) / UNROLLED * UNROLLED;

    for (size_t i = 0; i < count; i += UNROLLED) {
        words[i] = value;
        words[i + 1] = value;
        words[i + 2] = value;
        words[i + 3] = value;
    }
    for (size_t i = count * sizeof(word); i < size; i++) {
        ((volatile uint8_t *)to)[i] = byte;
    }
}

SANITIZER_BARE bool bytes_equal(const void *a, const void *b, size_t size)
{
    const volatile word *first = a;
    const volatile word *second = b;
    size_t count = size / sizeof(word);
    word differs = {0, 0};

    for (size_t i = 0; i < count; i++) {
        differs |= first[i] ^ second[i];
    }
    for (size_t i = count * sizeof(word); i < size; i++) {
        differs[0] |= ((const volatile uint8_t *)a)[i] ^ ((const volatile uint8_t *)b)[i];
    }
    return (differs[0] | differs[1]) == 0;
}

/* ---- poison ---- */

#if SANITIZER_ASAN
static uint8_t *shadow_of(const void *at)
{
    static size_t scale, offset;

    if (offset == 0) {
        __asan_get_shadow_mapping(&scale, &offset);
    }
    return (uint8_t *)(((uintptr_t)at >> scale) + offset);
}

size_t bytes_poison_size(size_t size)
{
    return size / GRANULE;
}

void bytes_save_poison(uint8_t *poison, const void *at, size_t size)
{
    bytes_copy(poison, shadow_of(at), size / GRANULE);
}

void bytes_restore_poison(const uint8_t *poison, void *at, size_t size)
{
    bytes_copy(shadow_of(at), poison, size / GRANULE);
}

/* Whether none of the granule that at lies in may be touched. */
SANITIZER_BARE static bool is_poisoned(const uint8_t *at)
{
    return *(const volatile uint8_t *)shadow_of(at) >= GRANULE;
}
#else
size_t bytes_poison_size(size_t size)
{
    (void)size;
    return 0;
}

void bytes_save_poison(uint8_t *poison, const void *at, size_t size)
{
    (void)poison;
    (void)at;
    (void)size;
}

void bytes_restore_poison(const uint8_t *poison, void *at, size_t size)
{
    (void)poison;
    (void)at;
    (void)size;
}

static bool is_poisoned(const uint8_t *at)
{
    (void)at;
    return false;
}
#endif

/* ---- areas ---- */

/* The length of the poison that begins at at, up to end. */
static size_t poison_length(const uint8_t *at, const uint8_t *end)
{
    const uint8_t *to = at;

    while (to < end && is_poisoned(to)) {
        to += GRANULE - (uintptr_t)to % GRANULE;
    }
    return (size_t)((to < end ? to : end) - at);
}

/* The end of the run that begins at at. */
static uint8_t *run_end(uint8_t *at, uint8_t *end, bool poison_counts)
{
    while (at < end) {
        if (poison_counts && poison_length(at, end) >= WORTH_LEAVING) {
            return at;
        }
        at += GRANULE - (uintptr_t)at % GRANULE;
    }
    return end;
}

/* Finds the runs of [at, end), which holds no gap; runs may be NULL. Returns how many. */
static size_t find_runs(struct bytes_run *runs, uint8_t *at, uint8_t *end, bool poison_counts)
{
    size_t count = 0;

    while (at < end) {
        size_t skipped = poison_counts ? poison_length(at, end) : 0;
        at += skipped >= WORTH_LEAVING ? skipped : 0;
        uint8_t *to = run_end(at, end, poison_counts);
        if (to > at) {
            if (runs) {
                runs[count] = (struct bytes_run){.at = at, .size = (size_t)(to - at)};
            }
            count++;
        }
        at = to;
    }
    return count;
}

static size_t find_all(struct bytes_run *runs, uint8_t *at, size_t size,
                       const struct bytes_gap *gaps, size_t gap_count, bool poison_counts)
{
    uint8_t *end = at + size;
    size_t count = 0;

    for (size_t i = 0; i < gap_count; i++) {
        uint8_t *to = at + (gaps[i].at - at);
        count += find_runs(runs ? runs + count : NULL, at, to, poison_counts);
        at = to + gaps[i].size;
    }
    return count + find_runs(runs ? runs + count : NULL, at, end, poison_counts);
}

bool bytes_save(struct bytes *bytes, uint8_t *at, size_t size, const struct bytes_gap *gaps,
                size_t gap_count, bool poison_counts)
{
    size_t total = 0;

    *bytes = (struct bytes){.run_count = find_all(NULL, at, size, gaps, gap_count, poison_counts)};
    bytes->runs = calloc(bytes->run_count + 1, sizeof(*bytes->runs));
    if (!bytes->runs) {
        return false;
    }
    find_all(bytes->runs, at, size, gaps, gap_count, poison_counts);
    for (size_t i = 0; i < bytes->run_count; i++) {
        total += bytes->runs[i].size;
    }
    bytes->saved = malloc(total + 1);
    if (!bytes->saved) {
        bytes_free(bytes);
        return false;
    }
    uint8_t *to = bytes->saved;
    for (size_t i = 0; i < bytes->run_count; i++) {
        struct bytes_run *run = &bytes->runs[i];
        bytes_copy(to, run->at, run->size);
        run->saved = to;
        to += run->size;
    }
    return true;
}

SANITIZER_BARE void bytes_restore(const struct bytes *bytes)
{
    for (size_t i = 0; i < bytes->run_count; i++) {
        bytes_copy(bytes->runs[i].at, bytes->runs[i].saved, bytes->runs[i].size);
    }
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->runs);
    free(bytes->saved);
    *bytes = (struct bytes){0};
}
