/* The sources of choices. */
#include "choice.h"

#include <string.h>

#include "rig.h"

enum { KIND = PLAT_CHOOSE_THREAD };

TEST(zeros_by_default)
{
    choice_init();
    for (uint32_t bound = 1; bound < 1000; bound++) {
        EXPECT_EQ(choice_next(KIND, bound), 0);
    }
    EXPECT_EQ(choice_next(KIND, UINT32_MAX), 0);
    EXPECT(choice_is_live());
    EXPECT(!choice_has_more());
}

TEST_DIES(bound_of_zero, "REPORT choice.bound")
{
    choice_init();
    choice_next(KIND, 0);
}

TEST(bytes_by_the_width_of_the_bound)
{
    static const uint8_t bytes[] = {5, 0xff, 0x01, 0x02, 0x01, 0x02, 0x03, 0x04, 9};

    choice_init();
    choice_use_bytes(bytes, sizeof(bytes));
    EXPECT(!choice_is_live());
    EXPECT_EQ(choice_next(KIND, 1), 0); /* takes none */
    EXPECT_EQ(choice_next(KIND, 10), 5);
    EXPECT_EQ(choice_next(KIND, 256), 0xff);
    EXPECT_EQ(choice_next(KIND, 257), 0x0201 % 257);
    EXPECT_EQ(choice_next(KIND, 65537), 0x04030201 % 65537);
    EXPECT(choice_has_more());
    EXPECT_EQ(choice_next(KIND, 1000), 9); /* the rest is zeros */
    EXPECT(!choice_has_more());
    EXPECT_EQ(choice_next(KIND, 1000), 0);
    EXPECT(!choice_is_live());
}

TEST(no_bytes_at_all)
{
    choice_init();
    choice_use_bytes(NULL, 0);
    EXPECT_EQ(choice_next(KIND, UINT32_MAX), 0);
    EXPECT_EQ(choice_outside(CHOOSE_ELAPSED, UINT32_MAX, 7), 0);
}

TEST(world_is_asked_unless_there_are_bytes)
{
    static const uint8_t bytes[] = {5};

    choice_init();
    EXPECT_EQ(choice_outside(CHOOSE_ENTROPY, 256, 200), 200);
    choice_use_seed(1);
    EXPECT_EQ(choice_outside(CHOOSE_ENTROPY, 256, 200), 200);
    choice_use_bytes(bytes, sizeof(bytes));
    EXPECT_EQ(choice_outside(CHOOSE_ENTROPY, 256, 200), 5);
}

TEST(seeds_differ_and_repeat)
{
    uint32_t first[64], again[64], other[64];

    choice_init();
    choice_use_seed(1);
    for (unsigned i = 0; i < 64; i++) {
        first[i] = choice_next(CHOOSE_EVICT, 1000);
        EXPECT(first[i] < 1000);
    }
    choice_use_seed(1);
    for (unsigned i = 0; i < 64; i++) {
        again[i] = choice_next(CHOOSE_EVICT, 1000);
    }
    choice_use_seed(2);
    for (unsigned i = 0; i < 64; i++) {
        other[i] = choice_next(CHOOSE_EVICT, 1000);
    }
    EXPECT_MEMEQ(first, again, sizeof(first));
    EXPECT(memcmp(first, other, sizeof(first)) != 0);
}

/* How many of 1,000 answers are not dull. */
static unsigned count_others(unsigned kind)
{
    unsigned count = 0;

    for (unsigned i = 0; i < 1000; i++) {
        count += choice_next(kind, 1000) != 0;
    }
    return count;
}

TEST(seed_is_mostly_dull)
{
    choice_init();
    choice_use_seed(1);
    EXPECT_EQ(count_others(PLAT_CHOOSE_FAIL), 0);
    unsigned threads = count_others(PLAT_CHOOSE_THREAD);
    EXPECT(threads > 150 && threads < 350);
    unsigned spurious = count_others(PLAT_CHOOSE_SPURIOUS);
    EXPECT(spurious > 20 && spurious < 120);
    EXPECT(count_others(CHOOSE_ENTROPY) > 980);
}

static uint32_t fail_all(unsigned kind, uint32_t bound, uint32_t answer)
{
    EXPECT_EQ(bound, 2);
    return kind == PLAT_CHOOSE_FAIL ? 1 : answer;
}

TEST(hook_has_the_last_word)
{
    rig_start(VTLB_ADVERSARIAL);
    choice_hook = fail_all;
    EXPECT_EQ(plat_choose(PLAT_CHOOSE_FAIL, 2), 1);
    EXPECT_EQ(plat_choose(PLAT_CHOOSE_SPURIOUS, 2), 0);
}

TEST(asid_bits_are_a_choice)
{
    static const uint8_t bytes[] = {15};
    const struct machine_config config = {.ram_size = RIG_RAM, .cmdline = ""};

    choice_init();
    EXPECT_STREQ(machine_start(&config), NULL);
    EXPECT_EQ(rig_boot.asid_bits, 16);
    choice_use_bytes(bytes, sizeof(bytes));
    EXPECT_STREQ(machine_start(&config), NULL);
    EXPECT_EQ(rig_boot.asid_bits, 1);
}

TEST(entropy_is_a_choice)
{
    static const uint8_t bytes[] = {1, 2, 3};
    struct machine_config config = {.ram_size = RIG_RAM, .cmdline = "", .asid_bits = 16};
    uint8_t got[600], other[600];

    choice_init();
    EXPECT_STREQ(machine_start(&config), NULL);
    choice_use_bytes(bytes, sizeof(bytes));
    plat_entropy(got, 4);
    EXPECT_EQ(got[0] << 24 | got[1] << 16 | got[2] << 8 | got[3], 0x01020300);
    config.has_entropy = true;
    choice_init();
    EXPECT_STREQ(machine_start(&config), NULL);
    plat_entropy(got, sizeof(got));
    plat_entropy(other, sizeof(other));
    EXPECT(memcmp(got, other, sizeof(got)) != 0);
    EXPECT(memcmp(got, got + 256, 256) != 0);
}
