/* The memory functions that core needs and each platform has. Part of contract_test.c. */
#include "base/string.h"
#include "test.h"

enum {
    LEN_MAX = 200,
    OFFSETS = 16, /* of alignment */
    SPACE = LEN_MAX + 4 * OFFSETS,
};

static uint8_t have[SPACE], want[SPACE], source[SPACE];

static void fill(void)
{
    for (size_t i = 0; i < SPACE; i++) {
        have[i] = want[i] = (uint8_t)(i * 5 + 1);
        source[i] = (uint8_t)(i * 7 + 2);
    }
}

TEST(memcpy_copies_just_that)
{
    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (size_t to = 0; to < OFFSETS; to++) {
            size_t from = (to * 5 + len) % OFFSETS;

            test_note("%lu bytes from %lu to %lu", len, from, to);
            fill();
            EXPECT_EQ(memcpy(have + to, source + from, len), have + to);
            for (size_t i = 0; i < len; i++) {
                want[to + i] = source[from + i];
            }
            EXPECT_MEMEQ(have, want, SPACE);
        }
    }
}

TEST(memmove_may_overlap)
{
    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (size_t to = 0; to < 4 * OFFSETS; to += 3) {
            const size_t from = 2 * OFFSETS;

            test_note("%lu bytes from %lu to %lu", len, from, to);
            fill();
            EXPECT_EQ(memmove(have + to, have + from, len), have + to);
            for (size_t i = 0; i < len; i++) {
                want[to + i] = (uint8_t)((from + i) * 5 + 1);
            }
            EXPECT_MEMEQ(have, want, SPACE);
        }
    }
}

TEST(memset_sets_just_that)
{
    static uint8_t page[3 * PLAT_PAGE_SIZE];

    for (size_t len = 0; len <= LEN_MAX; len++) {
        for (size_t to = 0; to < OFFSETS; to++) {
            int byte = len % 2 ? 0 : (int)(0x1a5 + to); /* the low eight bits count */

            test_note("%lu bytes at %lu to %x", len, to, byte);
            fill();
            EXPECT_EQ(memset(have + to, byte, len), have + to);
            for (size_t i = 0; i < len; i++) {
                want[to + i] = (uint8_t)byte;
            }
            EXPECT_MEMEQ(have, want, SPACE);
        }
    }
    /* Long ones of zeros go another way. */
    for (size_t to = 0; to < 80; to++) {
        for (size_t len = 250; len < 2 * PLAT_PAGE_SIZE; len = len * 5 / 3 + to) {
            test_note("%lu zeros at %lu", len, to);
            for (size_t i = 0; i < sizeof(page); i++) {
                page[i] = 0xee;
            }
            memset(page + to, 0, len);
            for (size_t i = 0; i < sizeof(page); i++) {
                EXPECT_EQ(page[i], i >= to && i < to + len ? 0 : 0xee);
            }
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

TEST(memcmp_compares_as_unsigned)
{
    for (size_t len = 0; len <= 40; len++) {
        for (size_t at = 0; at < len; at++) {
            test_note("%lu bytes, differing at %lu", len, at);
            fill();
            EXPECT_EQ(memcmp(have + 3, want + 3, len), 0);
            have[3 + at] = 0x80;
            want[3 + at] = 0x7f;
            if (at + 1 < len) { /* what comes later does not matter */
                have[3 + at + 1] = 1;
                want[3 + at + 1] = 2;
            }
            EXPECT_EQ(sign(memcmp(have + 3, want + 3, len)), 1);
            EXPECT_EQ(sign(memcmp(want + 3, have + 3, len)), -1);
        }
        fill();
        want[3 + len] ^= 1;
        EXPECT_EQ(memcmp(have + 3, want + 3, len), 0);
    }
}
