#include "fuzz/input/input.h"

#include "abi/linux.h"
#include "base/random.h"
#include "base/string.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"
#include "fuzz/input/operand.h"
#include "inputs.h"
#include "test.h"

enum { INPUTS = 3000 };

static struct input input;
static struct input again;
static uint8_t bytes[INPUT_SIZE_MAX + 64];

TEST(input_every_byte_string_decodes_to_what_encodes_it)
{
    struct random random = {1};

    for (unsigned n = 0; n < INPUTS; n++) {
        size_t size = random_next(&random) % sizeof(bytes);
        inputs_random_bytes(&random, bytes, size);
        input_decode(&input, bytes, size);
        inputs_expect_normal(&input);
        size = input_encode(&input, bytes);
        EXPECT(size <= INPUT_SIZE_MAX);
        input_decode(&again, bytes, size);
        inputs_expect_equal(&input, &again);
    }
}

TEST(input_normalise_takes_any_contents)
{
    struct random random = {2};

    for (unsigned n = 0; n < INPUTS; n++) {
        inputs_random_bytes(&random, (uint8_t *)&input, sizeof(input));
        for (unsigned i = 0; i < INPUT_INSNS_MAX; i++) {
            input.insns[i].fails_forever = random_next(&random) & 1;
            input.insns[i].op %= OP_COUNT + 1;
        }
        input.config.is_lifo = random_next(&random) & 1;
        input.config.is_natural_tlb = random_next(&random) & 1;
        input_normalise(&input);
        inputs_expect_normal(&input);
        input_decode(&again, bytes, input_encode(&input, bytes));
        inputs_expect_equal(&input, &again);
    }
}

TEST(input_zeros_are_dull)
{
    input_decode(&input, bytes, 0);
    EXPECT_EQ(input.count, 0);
    EXPECT_EQ(input.config.frames, 256);
    EXPECT_EQ(input.config.asid_bits, 16);
    EXPECT_EQ(input.config.schedule, SCHEDULE_EAGER);
    EXPECT(!input.config.is_lifo && !input.config.is_natural_tlb);
    const struct input_config dull = input_dull_config();
    EXPECT_EQ(dull.frames, 256);
}

TEST(input_short_is_as_if_zeros_followed)
{
    struct random random = {3};
    uint8_t longer[INPUT_HEADER_SIZE + 2 * INPUT_INSN_SIZE] = {0};

    for (size_t size = 0; size <= INPUT_HEADER_SIZE + INPUT_INSN_SIZE; size++) {
        memset(longer, 0, sizeof(longer));
        inputs_random_bytes(&random, longer, size);
        memcpy(bytes, longer, size);
        input_decode(&input, bytes, size);
        input_decode(&again, longer,
                     size <= INPUT_HEADER_SIZE ? INPUT_HEADER_SIZE
                                               : INPUT_HEADER_SIZE + INPUT_INSN_SIZE);
        inputs_expect_equal(&input, &again);
    }
}

TEST(input_properties_are_seldom_in_random_bytes)
{
    struct random random = {4};
    unsigned failing = 0;
    unsigned total = 0;

    for (unsigned n = 0; n < INPUTS; n++) {
        inputs_random_bytes(&random, bytes, INPUT_SIZE_MAX);
        input_decode(&input, bytes, INPUT_SIZE_MAX);
        for (unsigned i = 0; i < input.count; i++) {
            failing += input.insns[i].fail_nth != 0;
            total++;
        }
    }
    EXPECT(failing > total / 40 && failing < total / 10);
}

TEST(input_numbers_short_or_round_are_kept)
{
    static const int64_t kept[] = {0,          1,           -1,        0x10001008, 0x1fffffff,
                                   0x20000000, -0x20000000, INT64_MIN, INT32_MIN};
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        test_note("%lx", (unsigned long)kept[i]);
        EXPECT_EQ(number_encodable(kept[i]), kept[i]);
    }
    EXPECT_EQ(number_encodable(INT32_MAX), 0x7fffff00);
    EXPECT(number_encodable(INT64_MAX) != INT64_MAX);
    EXPECT_EQ(number_encodable(number_encodable(INT64_MAX)), number_encodable(INT64_MAX));
}

static struct insn call(unsigned nr)
{
    return (struct insn){.op = OP_CALL, .nr = (uint16_t)nr, .preempt = INSN_NOBODY};
}

static struct operand result(unsigned index)
{
    return (struct operand){OPERAND_RESULT, (uint8_t)index, 0, 0};
}

/* References to what gives nothing of the kind go to something that does. */
TEST(input_references_are_mapped)
{
    input = (struct input){.config = input_dull_config(), .count = 6};
    input.insns[0] = call(NR_pipe2);
    input.insns[1] = call(NR_clone);
    input.insns[2] = call(NR_mmap);
    input.insns[3] = call(NR_kill);
    input.insns[3].args[0] = result(0);
    input.insns[3].actor = 1;
    input.insns[4] = call(NR_close);
    input.insns[4].args[0] = result(1);
    input.insns[4].actor = 2;
    input.insns[5] = call(NR_munmap);
    input.insns[5].args[0] = result(63);
    input.insns[5].preempt = 6;
    input_normalise(&input);
    EXPECT_EQ(input.insns[3].args[0].index, 1);
    EXPECT(input.insns[3].actor == 0 || input.insns[3].actor == 2);
    EXPECT_EQ(input.insns[4].args[0].index, 0);
    EXPECT_EQ(input.insns[4].actor, 2);
    EXPECT_EQ(input.insns[5].args[0].index, 2);
    EXPECT(input.insns[5].preempt == 0 || input.insns[5].preempt == 2);
}

TEST(operand_values_of_each_kind)
{
    struct outcome outcomes[INPUT_INSNS_MAX] = {
        {.kind = EVENT_RESULT, .result = 5},
        {.kind = EVENT_RESULT, .result = -12},
        {.kind = EVENT_RESULT, .result = 0, .parts = {3, 4}},
        {.kind = EVENT_LOADED, .result = -12},
        {.kind = EVENT_SKIPPED, .result = -1},
        {.kind = EVENT_BLOCKED, .result = 6},
        {.kind = EVENT_RESULT, .result = 0x7fffff000},
    };
    const struct operand negative = {OPERAND_RESULT, 0, 1, 0};
    const struct operand second = {OPERAND_RESULT, 2, 1, 0};
    const struct operand above = {OPERAND_RESULT, 6, 0, 0x18};
    const struct operand slot = {OPERAND_SLOT, 3, 0, -8};
    const struct operand number = {OPERAND_NUMBER, 0, 0, -7};

    EXPECT_EQ(operand_value(&(struct operand){OPERAND_RESULT, 0, 0, 0}, ARG_PID, outcomes), 5);
    EXPECT_EQ(operand_value(&negative, ARG_PID, outcomes), -5);
    EXPECT_EQ(operand_value(&(struct operand){OPERAND_RESULT, 1, 0, 0}, ARG_PID, outcomes), -1);
    EXPECT_EQ(operand_value(&second, ARG_FD, outcomes), 4);
    EXPECT_EQ(operand_value(&(struct operand){OPERAND_RESULT, 3, 0, 0}, ARG_VALUE, outcomes), -12);
    EXPECT_EQ(operand_value(&(struct operand){OPERAND_RESULT, 4, 0, 7}, ARG_INT, outcomes), -1);
    EXPECT_EQ(operand_value(&(struct operand){OPERAND_RESULT, 5, 0, 0}, ARG_PID, outcomes), 6);
    EXPECT_EQ(operand_value(&above, ARG_PLACE, outcomes), 0x7fffff018);
    EXPECT_EQ(operand_value(&slot, ARG_ADDR, outcomes), IMAGE_SCRATCH + image_slots[3].offset - 8);
    EXPECT_EQ(operand_value(&number, ARG_INT, outcomes), -7);
}

TEST(operand_places_are_aligned)
{
    const struct insn store = {
        .op = OP_STORE,
        .args = {{OPERAND_NUMBER, 0, 0, IMAGE_SCRATCH + 7},
                 {OPERAND_NUMBER, 0, 0, 9},
                 {OPERAND_NUMBER, 0, 0, 4}},
    };
    uint64_t args[INPUT_ARGS];

    operand_values(&store, NULL, args);
    EXPECT_EQ(args[0], IMAGE_SCRATCH + 4);
    EXPECT_EQ(args[1], 9);
    EXPECT_EQ(args[2], 4);
    EXPECT_EQ(args[3], 0);
}

/* Every named value can be reached, and every slot is one for some kind. */
TEST(insn_values_are_there_for_every_kind)
{
    unsigned count;

    for (unsigned kind = 0; kind < ARG_COUNT; kind++) {
        EXPECT(insn_values(kind, &count) != NULL && count > 0 && count < 256);
    }
    for (unsigned i = 0; i < insn_type_count; i++) {
        EXPECT(insn_type_find(insn_types[i].op, insn_types[i].nr) == &insn_types[i]);
    }
    EXPECT(insn_type_find(OP_CALL, 1) == NULL);
    EXPECT(insn_type_find(OP_COUNT, 0) == NULL);
}
