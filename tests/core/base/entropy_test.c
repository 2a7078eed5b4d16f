#include "base/entropy.h"

#include "base/string.h"
#include "platform/hosted/choice.h"
#include "test.h"
#include "tests/core/fixture.h"

TEST(entropy_of_a_seed_is_always_the_same)
{
    uint8_t first[32];
    uint8_t second[32];

    entropy_init(true, 7);
    entropy_read(first, 32);
    entropy_init(true, 7);
    entropy_read(second, 20);
    entropy_read(second + 20, 12);
    EXPECT_MEMEQ(first, second, 32);
    entropy_init(true, 8);
    entropy_read(second, 32);
    EXPECT(memcmp(first, second, 32) != 0);
}

TEST(entropy_goes_on)
{
    uint8_t first[32];
    uint8_t second[32];

    entropy_init(true, 7);
    entropy_read(first, 32);
    entropy_read(second, 32);
    EXPECT(memcmp(first, second, 32) != 0);
}

TEST(entropy_without_a_seed_is_the_machines)
{
    static const uint8_t chosen[] = {1, 2, 3, 4};
    uint8_t bytes[4];

    fixture_begin(1);
    entropy_init(false, 0);
    choice_use_bytes(chosen, sizeof(chosen));
    entropy_read(bytes, sizeof(bytes));
    EXPECT_MEMEQ(bytes, chosen, sizeof(bytes));
}

TEST(entropy_of_no_bytes)
{
    uint8_t byte = 9;

    entropy_init(true, 7);
    entropy_read(&byte, 0);
    EXPECT_EQ(byte, 9);
}
