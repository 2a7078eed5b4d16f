/*
 * State: a key. Each request makes a stream from it; the first 32 bytes are the next key, so what was
 * given out cannot be computed from what is kept. Fresh words are mixed in every time.
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

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 12);
    *a += *b;
    *d = rotate(*d ^ *a, 8);
    *c += *d;
    *b = rotate(*b ^ *c, 7);
}

/* One block under the key; the nonce stays 0, for no key is used for two streams. */
static void chacha_block(uint32_t counter, uint32_t out[BLOCK_WORDS])
{
    uint32_t in[BLOCK_WORDS] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    memcpy(in + 4, key, sizeof(key));
    in[12] = counter;
    memcpy(out, in, sizeof(in));
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++) {
            quarter_round(&out[i], &out[4 + i], &out[8 + i], &out[12 + i]);
        }
        for (unsigned i = 0; i < 4; i++) {
            quarter_round(&out[i], &out[4 + (i + 1) % 4], &out[8 + (i + 2) % 4],
                          &out[12 + (i + 3) % 4]);
        }
    }
    for (unsigned i = 0; i < BLOCK_WORDS; i++) {
        out[i] += in[i];
    }
}

/* The next key is the first half of a block; what the block says besides is out. */
static void next_key(void)
{
    uint32_t block[BLOCK_WORDS];

    chacha_block(0, block);
    memcpy(key, block, sizeof(key));
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
    uint64_t value;

    if (fdt_find(fdt, "/chosen", &chosen) && fdt_property(fdt, &chosen, "rng-seed", &seed)) {
        for (uint32_t i = 0; i < seed.len; i++) {
            key[i / 4 % KEY_WORDS] ^= (uint32_t)seed.data[i] << i % 4 * 8;
            if (i % sizeof(key) == sizeof(key) - 1) {
                next_key();
            }
        }
    }
    for (unsigned i = 0; i < KEY_WORDS && read_rndr(&value); i += 2) {
        mix(value, i);
    }
    next_key();
}

void plat_entropy(void *buf, size_t len)
{
    uint8_t *to = buf;
    uint64_t value;

    mix(SYSREG_READ(cntvct_el0), 0);
    if (read_rndr(&value)) {
        mix(value, 2);
    }
    for (uint32_t counter = 1; len; counter++) {
        uint32_t block[BLOCK_WORDS];
        size_t part = len < sizeof(block) ? len : sizeof(block);

        chacha_block(counter, block);
        memcpy(to, block, part);
        to += part;
        len -= part;
    }
    next_key();
}
