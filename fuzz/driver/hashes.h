/*
 * A set of sums of 64 bits, to count different things.
 */
#ifndef DRIVER_HASHES_H
#define DRIVER_HASHES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* All 0: empty. */
struct hashes {
    size_t count;
    size_t size; /* of slots: 0 or a power of 2 */
    uint64_t *slots;
};

static inline void hashes_add(struct hashes *hashes, uint64_t hash);

static inline void hashes_grow(struct hashes *hashes)
{
    enum { FIRST = 1 << 12 };
    struct hashes larger = {.size = hashes->size ? 2 * hashes->size : FIRST};

    larger.slots = calloc(larger.size, sizeof(*larger.slots));
    if (!larger.slots) {
        perror("eft: no memory to count in");
        exit(2);
    }
    for (size_t i = 0; i < hashes->size; i++) {
        if (hashes->slots[i]) {
            hashes_add(&larger, hashes->slots[i]);
        }
    }
    free(hashes->slots);
    *hashes = larger;
}

static inline void hashes_add(struct hashes *hashes, uint64_t hash)
{
    hash += hash == 0; /* 0: an empty slot */
    if (2 * hashes->count >= hashes->size) {
        hashes_grow(hashes);
    }
    for (size_t at = hash & (hashes->size - 1);; at = (at + 1) & (hashes->size - 1)) {
        if (hashes->slots[at] == hash) {
            return;
        }
        if (hashes->slots[at] == 0) {
            hashes->slots[at] = hash;
            hashes->count++;
            return;
        }
    }
}

#endif
