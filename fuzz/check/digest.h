/* Sums of words and bytes that change when one of them does. */
#ifndef CHECK_DIGEST_H
#define CHECK_DIGEST_H

#include "base/types.h"

#define DIGEST_FACTOR UINT64_C(0x9e3779b97f4a7c15)

static inline uint64_t digest_mix(uint64_t digest, uint64_t word)
{
    digest = (digest ^ word) * DIGEST_FACTOR;
    return digest ^ digest >> 29;
}

/* A few words, of which none waits for another. */
static inline uint64_t digest_words(const uint64_t *words, unsigned count)
{
    uint64_t digest = 0;

    for (unsigned i = 0; i < count; i++) {
        digest += digest_mix((i + 1) * UINT64_C(0xbf58476d1ce4e5b9), words[i]);
    }
    return digest;
}

static inline uint64_t digest_load(const uint8_t *bytes)
{
    uint64_t word;

    __builtin_memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Four sums side by side, so that none waits for the others. Each step can be undone, so a word
 * that has changed changes the sum. */
static inline uint64_t digest_bytes(const void *from, size_t len)
{
    uint64_t lanes[4] = {len, 1, 2, 3};
    const uint8_t *bytes = from;
    size_t at = 0;

    for (; at + 32 <= len; at += 32) {
        for (unsigned i = 0; i < 4; i++) {
            lanes[i] = (lanes[i] ^ digest_load(bytes + at + 8 * i)) * DIGEST_FACTOR;
            lanes[i] = lanes[i] << 31 | lanes[i] >> 33;
        }
    }
    for (; at + 8 <= len; at += 8) {
        lanes[0] = digest_mix(lanes[0], digest_load(bytes + at));
    }
    for (; at < len; at++) {
        lanes[0] = digest_mix(lanes[0], bytes[at]);
    }
    return digest_mix(digest_mix(digest_mix(lanes[0], lanes[1]), lanes[2]), lanes[3]);
}

#endif
