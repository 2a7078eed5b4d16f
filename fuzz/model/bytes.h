/*
 * Copying and comparing bytes. The C library's functions for it are the sanitizers', which look at
 * each byte, also for those that are compiled without.
 */
#ifndef MODEL_BYTES_H
#define MODEL_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/* Wherever it lies. */
typedef uint64_t bytes_two_words __attribute__((vector_size(16), aligned(1), may_alias));

static inline void bytes_copy(void *to, const void *from, uint64_t len)
{
    uint8_t *out = (uint8_t *)to;
    const uint8_t *in = (const uint8_t *)from;

    for (; len >= 16; len -= 16, out += 16, in += 16) {
        *(bytes_two_words *)out = *(const bytes_two_words *)in;
    }
    while (len-- > 0) {
        *out++ = *in++;
    }
}

static inline void bytes_zero(void *to, uint64_t len)
{
    uint8_t *out = (uint8_t *)to;

    for (; len >= 16; len -= 16, out += 16) {
        *(bytes_two_words *)out = (bytes_two_words){0, 0};
    }
    while (len-- > 0) {
        *out++ = 0;
    }
}

/* Sets bits of two words if 64 bytes differ. */
static inline void bytes_compare(const uint8_t *left, const uint8_t *right, bytes_two_words *differ)
{
    const bytes_two_words *l = (const bytes_two_words *)left;
    const bytes_two_words *r = (const bytes_two_words *)right;

    *differ |= (l[0] ^ r[0]) | (l[1] ^ r[1]) | (l[2] ^ r[2]) | (l[3] ^ r[3]);
}

static inline bool bytes_same(const void *a, const void *b, uint64_t len)
{
    const uint8_t *left = (const uint8_t *)a;
    const uint8_t *right = (const uint8_t *)b;
    bytes_two_words differ = {0, 0};
    uint64_t rest = 0;

    for (; len >= 256 && !(differ[0] | differ[1]); len -= 256, left += 256, right += 256) {
        for (unsigned i = 0; i < 256; i += 64) {
            bytes_compare(left + i, right + i, &differ);
        }
    }
    for (; len >= 64; len -= 64, left += 64, right += 64) {
        bytes_compare(left, right, &differ);
    }
    for (; len > 0; len--) {
        rest |= (uint64_t)(*left++ ^ *right++);
    }
    return (rest | differ[0] | differ[1]) == 0;
}

#endif
