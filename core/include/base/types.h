/* What every file of core may use without asking: integer types, attributes, small helpers. */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/platform.h"

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(string, first) __attribute__((format(printf, string, first)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define CONTAINER_OF(ptr, type, member) ((type *)((uintptr_t)(ptr)-offsetof(type, member)))

enum {
    PAGE_SHIFT = PLAT_PAGE_SHIFT,
    PAGE_SIZE = PLAT_PAGE_SIZE,
};
#define PAGE_MASK ((uint64_t)PAGE_SIZE - 1)

/* The end of user space. No user address, and no end of a user range, lies above it. */
#define USER_END ((uaddr_t)1 << PLAT_USER_BITS)

static inline uint64_t page_down(uint64_t value)
{
    return value & ~PAGE_MASK;
}

/* value <= UINT64_MAX - PAGE_MASK */
static inline uint64_t page_up(uint64_t value)
{
    return page_down(value + PAGE_MASK);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline unsigned count_bits(uint64_t value)
{
    unsigned count = 0;

    for (; value != 0; value &= value - 1) {
        count++;
    }
    return count;
}

#endif
