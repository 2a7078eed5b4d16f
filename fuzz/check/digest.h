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

typedef uint64_t digest_lanes __attribute__((vector_size(16), aligned(1), may_alias));

enum { DIGEST_BLOCK = 64 };

/* Whole blocks, in eight sums side by side, so that none waits for the others. Each step can be
 * undone, so a word that has changed changes the sum. */
static inline uint64_t digest_blocks(const uint8_t *bytes, size_t count)
{
    digest_lanes lanes[4] = {{1, 2}, {3, 5}, {7, 11}, {13, 17}};
    uint64_t digest = count;

    for (unsigned i = 0; i < 4; i++) {
        lanes[i] *= DIGEST_FACTOR;
    }
    for (; count > 0; count--, bytes += DIGEST_BLOCK) {
        const digest_lanes *words = (const digest_lanes *)(const void *)bytes;
        for (unsigned i = 0; i < 4; i++) {
            digest_lanes lane = lanes[i] ^ words[i];
            lane += lane << 5;
            lanes[i] = lane << 32 | lane >> 32;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        digest = digest_mix(digest_mix(digest, lanes[i][0]), lanes[i][1]);
    }
    return digest;
}

static inline uint64_t digest_bytes(const void *from, size_t len)
{
    const uint8_t *bytes = from;
    size_t at = len / DIGEST_BLOCK * DIGEST_BLOCK;
    uint64_t blocks = at ? digest_blocks(bytes, len / DIGEST_BLOCK) : 0;
    uint64_t digest = blocks + len;

    for (; at + 8 <= len; at += 8) {
        digest = digest_mix(digest, digest_load(bytes + at));
    }
    for (; at < len; at++) {
        digest = digest_mix(digest, bytes[at]);
    }
    return digest;
}

#endif
