#include "fuzz/driver/sha1.h"

#include <string.h>

enum { BLOCK = 64, ROUNDS = 80, WORDS = 5 };

static uint32_t rotate(uint32_t value, unsigned count)
{
    return value << count | value >> (32 - count);
}

static uint32_t mix(unsigned round, const uint32_t *s)
{
    switch (round / 20) {
    case 0:
        return ((s[1] & s[2]) | (~s[1] & s[3])) + 0x5a827999;
    case 1:
        return (s[1] ^ s[2] ^ s[3]) + 0x6ed9eba1;
    case 2:
        return ((s[1] & s[2]) | (s[1] & s[3]) | (s[2] & s[3])) + 0x8f1bbcdc;
    default:
        return (s[1] ^ s[2] ^ s[3]) + 0xca62c1d6;
    }
}

static void add_block(uint32_t *sum, const uint8_t *block)
{
    uint32_t words[ROUNDS];
    uint32_t s[WORDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        words[i] = i < 16 ? (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                                (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3]
                          : rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    memcpy(s, sum, sizeof(s));
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint32_t next = rotate(s[0], 5) + mix(i, s) + s[4] + words[i];
        s[4] = s[3];
        s[3] = s[2];
        s[2] = rotate(s[1], 30);
        s[1] = s[0];
        s[0] = next;
    }
    for (unsigned i = 0; i < WORDS; i++) {
        sum[i] += s[i];
    }
}

void sha1_text(const uint8_t *bytes, size_t size, char text[SHA1_TEXT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint32_t sum[WORDS] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t last[2 * BLOCK] = {0};
    size_t whole = size / BLOCK * BLOCK;
    size_t rest = size - whole;
    size_t end = rest < BLOCK - 8 ? BLOCK : 2 * BLOCK;

    for (size_t at = 0; at < whole; at += BLOCK) {
        add_block(sum, bytes + at);
    }
    if (rest > 0) {
        memcpy(last, bytes + whole, rest);
    }
    last[rest] = 0x80;
    for (unsigned i = 0; i < 8; i++) {
        last[end - 1 - i] = (uint8_t)((uint64_t)size * 8 >> 8 * i);
    }
    for (size_t at = 0; at < end; at += BLOCK) {
        add_block(sum, last + at);
    }
    for (unsigned i = 0; i < 8 * WORDS; i++) {
        text[i] = digits[sum[i / 8] >> (28 - i % 8 * 4) & 0xf];
    }
    text[8 * WORDS] = '\0';
}
