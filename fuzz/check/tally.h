/* Counting by address: how many there are of each of a few things. */
#ifndef CHECK_TALLY_H
#define CHECK_TALLY_H

#include "base/types.h"

enum { TALLY_SLOTS = 2048 };

/* All 0: empty. */
struct tally {
    uint32_t round; /* slots of earlier rounds are empty */
    uint32_t keys;
    struct tally_slot {
        const void *key;
        uint32_t round;
        uint32_t count;
    } slots[TALLY_SLOTS];
};

static inline void tally_begin(struct tally *tally)
{
    tally->round++;
    tally->keys = 0;
}

/* The slot of a key, which may be empty; NULL: there are too many keys. */
static inline struct tally_slot *tally_slot(struct tally *tally, const void *key)
{
    unsigned at = (unsigned)((uintptr_t)key * UINT64_C(0x9e3779b97f4a7c15) >> 48) % TALLY_SLOTS;

    for (unsigned i = 0; i < TALLY_SLOTS; i++) {
        struct tally_slot *slot = &tally->slots[(at + i) % TALLY_SLOTS];
        if (slot->round != tally->round || slot->key == key) {
            return slot;
        }
    }
    return NULL;
}

static inline unsigned tally_count(struct tally *tally, const void *key)
{
    const struct tally_slot *slot = tally_slot(tally, key);

    return slot && slot->round == tally->round ? slot->count : 0;
}

/* One more; gives how many there were. */
static inline unsigned tally_add(struct tally *tally, const void *key)
{
    struct tally_slot *slot = tally_slot(tally, key);

    if (!slot) {
        return 0;
    }
    if (slot->round != tally->round) {
        *slot = (struct tally_slot){.key = key, .round = tally->round};
        tally->keys++;
    }
    return slot->count++;
}

#endif
