#include "fuzz/input/mutate.h"

#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/input/edit.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"
#include "inputs.h"
#include "test.h"

enum { ROUNDS = 20000 };

static struct input input;
static struct input before;
static uint8_t bytes[INPUT_SIZE_MAX + 16];
static uint8_t other[INPUT_SIZE_MAX];
static uint8_t kept[INPUT_SIZE_MAX];

/* From nothing, one change behind the other: sizes stay in bounds, and the same seed does the
 * same. */
TEST(mutate_keeps_inputs_normal)
{
    size_t size = 0;
    size_t bytes_written = 0;

    for (unsigned n = 0; n < ROUNDS; n++) {
        size_t max = n % 7 == 0 ? 300 : INPUT_SIZE_MAX;
        size = size < max ? size : max;
        memcpy(kept, bytes, size);
        size_t kept_size = size;
        size = mutate_bytes(bytes, size, max, n);
        EXPECT(size <= max);
        EXPECT_EQ(mutate_bytes(kept, kept_size, max, n), size);
        EXPECT_MEMEQ(kept, bytes, size);
        input_decode(&input, bytes, size);
        inputs_expect_normal(&input);
        EXPECT_EQ(input_encode(&input, other), size);
        EXPECT_MEMEQ(other, bytes, size);
        bytes_written += size;
    }
    EXPECT(bytes_written > (size_t)ROUNDS * 200);
}

TEST(mutate_respects_small_rooms)
{
    for (size_t max = 0; max < 120; max++) {
        for (unsigned seed = 0; seed < 50; seed++) {
            memset(bytes, 0xab, sizeof(bytes));
            size_t size = mutate_bytes(bytes, max, max, seed);
            EXPECT(size <= max);
            EXPECT_EQ(bytes[max], 0xab);
            size = mutate_splice(other, sizeof(other), other, sizeof(other), bytes, max, seed);
            EXPECT(size <= max);
            EXPECT_EQ(bytes[max], 0xab);
        }
    }
}

TEST(mutate_splice_takes_of_both)
{
    struct random random = {9};
    unsigned mixed = 0;

    for (unsigned n = 0; n < 500; n++) {
        generate_input(&input, &random, GENERATE_SCHEDULES);
        size_t a = input_encode(&input, kept);
        generate_input(&before, &random, GENERATE_SCHEDULES);
        size_t b = input_encode(&before, other);
        size_t size = mutate_splice(kept, a, other, b, bytes, INPUT_SIZE_MAX, n);
        input_decode(&input, bytes, size);
        inputs_expect_normal(&input);
        bool has_first = size > INPUT_HEADER_SIZE &&
                         memcmp(bytes + INPUT_HEADER_SIZE, kept + INPUT_HEADER_SIZE, 8) == 0;
        bool has_last =
            size > INPUT_HEADER_SIZE && bytes[size - INPUT_INSN_SIZE] == other[b - INPUT_INSN_SIZE];
        mixed += has_first && has_last;
    }
    EXPECT(mixed > 250);
}

/* ---- references ---- */

static struct insn call(unsigned nr, unsigned actor)
{
    return (struct insn){
        .op = OP_CALL, .nr = (uint16_t)nr, .actor = (uint8_t)actor, .preempt = INSN_NOBODY};
}

/* 0 and 1 fork, 1's child kills 0's, and pipes; a second kill by init. */
static void set_up(void)
{
    input = (struct input){.config = input_dull_config(), .count = 5};
    input.insns[0] = call(NR_clone, 0);
    input.insns[1] = call(NR_clone, 1);
    input.insns[2] = call(NR_kill, 2);
    input.insns[2].args[0] = (struct operand){OPERAND_RESULT, 0, 0, 0};
    input.insns[3] = call(NR_pipe2, 2);
    input.insns[4] = call(NR_close, 2);
    input.insns[4].args[0] = (struct operand){OPERAND_RESULT, 3, 1, 0};
    input.insns[4].preempt = 1;
    input_normalise(&input);
    before = input;
}

TEST(edit_open_moves_references)
{
    set_up();
    edit_open(&input, 1, 3);
    for (unsigned i = 1; i < 4; i++) {
        input.insns[i] = call(NR_getpid, 0);
    }
    EXPECT_EQ(input.count, 8);
    EXPECT_EQ(input.insns[4].actor, 1);
    EXPECT_EQ(input.insns[5].actor, 5);
    EXPECT_EQ(input.insns[5].args[0].index, 0);
    EXPECT_EQ(input.insns[7].args[0].index, 6);
    EXPECT_EQ(input.insns[7].preempt, 1);
    edit_remove(&input, 1, 3);
    inputs_expect_equal(&input, &before);
}

TEST(edit_remove_gives_a_childs_work_to_its_parent)
{
    set_up();
    edit_remove(&input, 1, 1);
    EXPECT_EQ(input.count, 4);
    EXPECT_EQ(input.insns[1].actor, 1);
    EXPECT_EQ(input.insns[1].args[0].index, 0);
    EXPECT_EQ(input.insns[3].args[0].index, 2);
    set_up();
    edit_remove(&input, 0, 2);
    EXPECT_EQ(input.insns[0].actor, 0);
    EXPECT_EQ(input.insns[2].args[0].index, 1);
    EXPECT_EQ(input.insns[2].preempt, 0);
}

TEST(edit_open_cuts_what_does_not_fit)
{
    set_up();
    while (input.count < INPUT_INSNS_MAX) {
        input.insns[input.count++] = call(NR_getpid, 0);
    }
    edit_open(&input, 2, 2);
    input.insns[2] = call(NR_getpid, 0);
    input.insns[3] = call(NR_getpid, 0);
    EXPECT_EQ(input.count, INPUT_INSNS_MAX);
    EXPECT_EQ(input.insns[6].args[0].index, 5);
    edit_open(&input, INPUT_INSNS_MAX - 1, 1);
    EXPECT_EQ(input.count, INPUT_INSNS_MAX);
}
