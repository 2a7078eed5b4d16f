/*
 * The machine state that a recorded vector starts from: a function of its seed, the same in the
 * test and in what recorded it.
 */
#ifndef TESTS_EL0_STATE_H
#define TESTS_EL0_STATE_H

#include <stdint.h>
#include <string.h>

#include "platform/platform.h"

#define STATE_PC ((uaddr_t)0x10800)
#define STATE_DATA ((uaddr_t)0x200000)

enum { STATE_DATA_SIZE = 4 * PLAT_PAGE_SIZE };

/* splitmix64 */
static inline uint64_t state_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

/* Half a vector: any bits, doubles and singles of moderate size, and small integers. */
static inline uint64_t state_half(uint64_t *state)
{
    uint64_t bits = state_random(state);
    double value = (double)(int32_t)bits / 1024;
    float part = (float)(int16_t)bits / 16;
    uint32_t single;

    switch (bits >> 62) {
    case 0:
        memcpy(&bits, &value, sizeof(bits));
        return bits;
    case 1:
        memcpy(&single, &part, sizeof(single));
        return (uint64_t)single << 32 | single;
    case 2:
        return bits % 64;
    default:
        return bits;
    }
}

/* Loads and stores find their base in the data, and a small index. */
static inline void state_make(uint32_t word, uint64_t seed, struct plat_user *user,
                              struct plat_fp *fp, uint8_t data[STATE_DATA_SIZE])
{
    bool is_memory = (word >> 25 & 5) == 4;
    unsigned rn = word >> 5 & 31, rm = word >> 16 & 31;

    *user = (struct plat_user){.pc = STATE_PC, .sp = STATE_DATA + 0x2040};
    *fp = (struct plat_fp){.fpcr = 0};
    for (unsigned n = 0; n < 31; n++)
        user->x[n] = state_random(&seed);
    user->pstate = state_random(&seed) % 16 << 28;
    for (unsigned n = 0; n < 32; n++) {
        fp->v[n][0] = state_half(&seed);
        fp->v[n][1] = state_half(&seed);
    }
    if (is_memory && rm < 31)
        user->x[rm] = state_random(&seed) % 256;
    if (is_memory && rn < 31)
        user->x[rn] = STATE_DATA + 0x1000 + state_random(&seed) % 64 * 16;
    for (unsigned n = 0; n < STATE_DATA_SIZE; n += 8) {
        uint64_t bits = state_random(&seed);

        memcpy(data + n, &bits, sizeof(bits));
    }
}

#endif
