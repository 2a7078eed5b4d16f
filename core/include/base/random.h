/* A small seeded generator (splitmix64): what det=SEED gives in place of the machine's entropy. */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/types.h"

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

#endif
