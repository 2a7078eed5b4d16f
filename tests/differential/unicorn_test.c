/*
 * The EL0 interpreter against libunicorn: docs/interpreter.md says how.
 *
 *     unicorn_test [--count=CASES] [--seed=SEED] [--class=NUMBER] [PATTERN]
 *
 * CASES is for each class; with a NUMBER all other classes are left away.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare.h"
#include "test.h"

enum {
    QUICK_CASES = 12500,
    SPOILT_CASES = 4096,
    ONE_IN = 100, /* the share of cases that may be left out */
};

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = test_option(name);

    return text ? strtoull(text, NULL, 0) : otherwise;
}

static uint64_t left_out(const struct tally *tally)
{
    uint64_t sum = 0;

    for (enum left_out left = LEFT_NOTHING + 1; left < LEFT_OUT_COUNT; left++)
        sum += tally->left_out[left];
    return sum;
}

static void print_tally(const char *name, const struct tally *tally)
{
    printf("%s: %lu cases of %lu instructions; %lu equal (%lu executed, %lu undefined, %lu faults, "
           "%lu other traps), %lu different, %lu left out\n",
           name, tally->cases, tally->words, tally->equal, tally->executed, tally->undefined,
           tally->faulted, tally->trapped, tally->different, left_out(tally));
}

static void print_left_out(const struct tally *tally)
{
    printf("left out: %.3f %%, because libunicorn\n",
           100.0 * (double)left_out(tally) / (double)tally->cases);
    for (enum left_out left = LEFT_NOTHING + 1; left < LEFT_OUT_COUNT; left++)
        printf("%9lu %s\n          (%s)\n", tally->left_out[left], left_out_what(left),
               left_out_why(left));
}

static void add(struct tally *sum, const struct tally *tally)
{
    const uint64_t *from = (const uint64_t *)tally;
    uint64_t *to = (uint64_t *)sum;

    static_assert(sizeof(*sum) % sizeof(*to) == 0, "counts, and nothing else");
    for (size_t n = 0; n < sizeof(*sum) / sizeof(*to); n++)
        to[n] += from[n];
}

TEST(every_class)
{
    uint64_t only = number("class", CLASS_ATOMIC), count = number("count", QUICK_CASES);
    struct tally sum = {0};

    compare_open(false);
    for (enum word_class class = 0; class < CLASS_ATOMIC; class ++) {
        struct tally tally = {0};

        if (only < CLASS_ATOMIC && class != only)
            continue;
        compare_run(class, number("seed", 1), count, SPOIL_NOTHING, &tally);
        print_tally(generate_class_name(class), &tally);
        add(&sum, &tally);
    }
    compare_close();
    print_left_out(&sum);
    EXPECT_EQ(sum.cases, sum.equal + left_out(&sum) + sum.different);
    EXPECT_EQ(sum.different, 0);
    if (only >= CLASS_ATOMIC)
        EXPECT(left_out(&sum) * ONE_IN < sum.cases);
}

/* With FEAT_LSE, on a CPU of libunicorn's that has it, and much else that is not looked at. */
TEST(atomics)
{
    struct tally tally = {0};

    compare_open(true);
    compare_run(CLASS_ATOMIC, number("seed", 1), number("count", QUICK_CASES), SPOIL_NOTHING,
                &tally);
    compare_close();
    print_tally(generate_class_name(CLASS_ATOMIC), &tally);
    EXPECT_EQ(tally.different, 0);
    EXPECT(left_out(&tally) * ONE_IN < tally.cases);
}

static void run_words(const char *name, uint32_t (*word)(uint64_t n, uint64_t random),
                      uint64_t count)
{
    struct tally tally = {0};

    compare_open(false);
    compare_words(word, number("seed", 1), count, &tally);
    compare_close();
    print_tally(name, &tally);
    EXPECT_EQ(tally.different, 0);
    EXPECT(left_out(&tally) * ONE_IN < tally.cases);
}

/* All system instructions and registers; Xt is any. */
static uint32_t system_word(uint64_t n, uint64_t random)
{
    return 0xd5000000u | (uint32_t)(n % (1 << 17) << 5) | (uint32_t)(random % 32);
}

TEST(every_system_instruction)
{
    uint64_t rounds = 1 + number("count", QUICK_CASES) / 1000000;

    run_words("system", system_word, rounds << 17);
}

/* All that bits 31 to 21 and 15 to 10 can be, which are no register numbers; the others are any. */
static uint32_t opcode_word(uint64_t n, uint64_t random)
{
    return (uint32_t)(n >> 6 << 21 | (n & 63) << 10) | ((uint32_t)random & 0x001f03ff);
}

TEST(every_opcode)
{
    uint64_t rounds = 1 + number("count", QUICK_CASES) / 100000;

    run_words("opcodes", opcode_word, rounds << 17);
}

/* The comparison sees a wrong bit wherever it is. */
TEST(spoilt_results_are_noticed)
{
    compare_open(false);
    for (enum spoil spoil = SPOIL_NOTHING; spoil < SPOIL_COUNT; spoil++) {
        struct tally tally = {0};

        compare_run(CLASS_LOAD_STORE, 1, SPOILT_CASES, spoil, &tally);
        test_note("spoilt: %u", spoil);
        EXPECT_EQ(tally.different, spoil == SPOIL_NOTHING ? 0 : SPOILT_CASES);
    }
    compare_close();
}
