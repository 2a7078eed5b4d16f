/*
 * State: a key. Each request makes a stream from it; the first half of its block 0 is the next
 * key and never given out, so that what was given out cannot be computed from what is kept. Fresh
 * words are mixed in every time.
 */
#include "rng.h"

#include "base/string.h"
#include "platform/platform.h"
#include "sysreg.h"

enum {
    KEY_WORDS = 8,
    BLOCK_WORDS = 16,
    RNDR_TRIES = 10,
};

static uint32_t key[KEY_WORDS];

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

/* With constant indices the words stay in registers. */
static inline void quarter_round(uint32_t *w, unsigned a, unsigned b, unsigned c, unsigned d)
{
    w[a] += w[b];
    w[d] = rotate(w[d] ^ w[a], 16);
    w[c] += w[d];
    w[b] = rotate(w[b] ^ w[c], 12);
    w[a] += w[b];
    w[d] = rotate(w[d] ^ w[a], 8);
    w[c] += w[d];
    w[b] = rotate(w[b] ^ w[c], 7);
}

/* One block under the key; the nonce stays 0, for no key is used for two streams. */
static void chacha_block(uint32_t counter, uint32_t out[BLOCK_WORDS])
{
    uint32_t in[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    uint32_t w[BLOCK_WORDS];

    memcpy(in + 4, key, sizeof(key));
    in[12] = counter;
    memcpy(w, in, sizeof(in));
    for (unsigned round = 0; round < 10; round++) {
        quarter_round(w, 0, 4, 8, 12);
        quarter_round(w, 1, 5, 9, 13);
        quarter_round(w, 2, 6, 10, 14);
        quarter_round(w, 3, 7, 11, 15);
        quarter_round(w, 0, 5, 10, 15);
        quarter_round(w, 1, 6, 11, 12);
        quarter_round(w, 2, 7, 8, 13);
        quarter_round(w, 3, 4, 9, 14);
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        out[i] = in[i] + w[i];
    }
}

/* Block 0 of a stream is the next key and KEY_WORDS words to give out. */
static void next_key(uint32_t given[KEY_WORDS])
{
    uint32_t block[BLOCK_WORDS];

    chacha_block(0, block);
    memcpy(key, block, sizeof(key));
    memcpy(given, block + KEY_WORDS, sizeof(key));
}

/* False if the CPU has no RNDR or it has nothing just now (NZCV is 0b0100 then). */
static bool read_rndr(uint64_t *value)
{
    if (!(SYSREG_READ(id_aa64isar0_el1) >> 60)) {
        return false;
    }
    for (unsigned i = 0; i < RNDR_TRIES; i++) {
        uint64_t failed;

        __asm__ volatile("mrs %0, S3_3_C2_C4_0\n"
                         "cset %1, eq"
                         : "=r"(*value), "=r"(failed)
                         :
                         : "cc");
        if (!failed) {
            return true;
        }
    }
    return false;
}

static void mix(uint64_t value, unsigned word)
{
    key[word % KEY_WORDS] ^= (uint32_t)value;
    key[(word + 1) % KEY_WORDS] ^= (uint32_t)(value >> 32);
}

void rng_init(const struct fdt *fdt)
{
    struct fdt_node chosen;
    struct fdt_property seed;
    uint32_t unused[KEY_WORDS];
    uint64_t value;

    if (fdt_find(fdt, "/chosen", &chosen) && fdt_property(fdt, &chosen, "rng-seed", &seed)) {
        for (uint32_t i = 0; i < seed.len; i++) {
            key[i / 4 % KEY_WORDS] ^= (uint32_t)seed.data[i] << i % 4 * 8;
            if (i % sizeof(key) == sizeof(key) - 1) {
                next_key(unused);
            }
        }
    }
    for (unsigned i = 0; i < KEY_WORDS && read_rndr(&value); i += 2) {
        mix(value, i);
    }
    mix(SYSREG_READ(cntvct_el0), 0);
    next_key(unused);
}

void plat_entropy(void *buf, size_t len)
{
    uint8_t *to = buf;
    uint32_t block[BLOCK_WORDS];
    uint64_t value;

    mix(SYSREG_READ(cntvct_el0), 0);
    if (read_rndr(&value)) {
        mix(value, 2);
    }
    for (uint32_t counter = 1; len > sizeof(key); counter++) {
        size_t part = len < sizeof(block) ? len : sizeof(block);

        chacha_block(counter, block);
        memcpy(to, block, part);
        to += part;
        len -= part;
    }
    next_key(block);
    memcpy(to, block, len);
}
