#include "fuzz/input/mutate.h"

#include "abi/linux.h"
#include "fuzz/input/context.h"
#include "fuzz/input/edit.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"

enum {
    FRESH_ONE_IN = 14,
    MUTATIONS_MAX = 6,
    RUN_MAX = 8, /* instructions that are moved or copied together */
};

enum generate_profile mutate_profile = GENERATE_SCHEDULES;

/* A change needs at least one instruction, and leaves at most count_max. false: nothing done. */
typedef bool change(struct input *input, struct random *random, unsigned count_max);

static unsigned pick(const struct input *input, struct random *random)
{
    return random_below(random, input->count);
}

static bool insert(struct input *input, struct random *random, unsigned count_max)
{
    unsigned at = random_below(random, input->count + 1);

    if (input->count >= count_max) {
        return false;
    }
    edit_open(input, at, 1);
    generate_insn(input, at, random, mutate_profile);
    return true;
}

/* Several at the end, each in keeping with those before it. */
static bool append(struct input *input, struct random *random, unsigned count_max)
{
    unsigned count = 1 + random_below(random, RUN_MAX);

    if (input->count >= count_max) {
        return false;
    }
    while (count-- > 0 && input->count < count_max) {
        generate_insn(input, input->count, random, mutate_profile);
        input->count++;
    }
    return true;
}

static bool take_out(struct input *input, struct random *random, unsigned count_max)
{
    unsigned at = pick(input, random);
    unsigned count = random_below(random, 2) ? 1 : 1 + random_below(random, RUN_MAX);

    (void)count_max;
    count = count < input->count - at ? count : input->count - at;
    edit_remove(input, at, count);
    return true;
}

static bool duplicate(struct input *input, struct random *random, unsigned count_max)
{
    static struct input source;
    unsigned from = pick(input, random);
    unsigned count = 1 + random_below(random, random_below(random, 2) ? 1 : RUN_MAX);
    unsigned to = random_below(random, input->count + 1);

    count = count < input->count - from ? count : input->count - from;
    if (input->count + count > count_max) {
        return false;
    }
    source = *input;
    edit_open(input, to, count);
    edit_copy(input, to, &source, from, count);
    return true;
}

static bool swap(struct input *input, struct random *random, unsigned count_max)
{
    unsigned from = pick(input, random);
    unsigned to = pick(input, random);
    struct insn insn = input->insns[from];

    (void)count_max;
    edit_remove(input, from, 1);
    to = to < input->count ? to : input->count;
    edit_open(input, to, 1);
    input->insns[to] = insn;
    return true;
}

static bool replace(struct input *input, struct random *random, unsigned count_max)
{
    (void)count_max;
    generate_insn(input, pick(input, random), random, mutate_profile);
    return true;
}

/* A number a little larger or smaller, or a reference to another. */
static void adjust(struct operand *operand, struct random *random)
{
    static const int16_t steps[] = {1, -1, 8, -8, 4096, -4096};

    if (operand->kind == OPERAND_RESULT && random_below(random, 2) == 0) {
        operand->index = (uint8_t)random_next(random);
        operand->part = (uint8_t)random_below(random, 2);
    } else if (operand->kind == OPERAND_NUMBER && random_below(random, 4) == 0) {
        operand->value =
            (int64_t)((uint64_t)operand->value ^ UINT64_C(1) << random_below(random, 40));
    } else {
        operand->value =
            (int64_t)((uint64_t)operand->value + (uint64_t)(int64_t)steps[random_below(random, 6)]);
    }
}

static bool change_argument(struct input *input, struct random *random, unsigned count_max)
{
    unsigned at = pick(input, random);
    unsigned count = insn_arg_count(&input->insns[at]);

    (void)count_max;
    if (count == 0) {
        return false;
    }
    unsigned arg = random_below(random, count);
    if (random_below(random, 3) == 0) {
        adjust(&input->insns[at].args[arg], random);
    } else {
        input->insns[at].args[arg] = generate_operand(input, at, arg, random);
    }
    return true;
}

static bool change_actor(struct input *input, struct random *random, unsigned count_max)
{
    (void)count_max;
    input->insns[pick(input, random)].actor = (uint8_t)random_below(random, INPUT_INSNS_MAX);
    return true;
}

static bool change_properties(struct input *input, struct random *random, unsigned count_max)
{
    (void)count_max;
    generate_properties(input, pick(input, random), random, mutate_profile);
    return true;
}

/* All properties of a kind go, or one a little. */
static bool change_failure(struct input *input, struct random *random, unsigned count_max)
{
    struct insn *insn = &input->insns[pick(input, random)];

    (void)count_max;
    if (insn->fail_nth == 0) {
        return false;
    }
    insn->fail_nth = (uint8_t)(insn->fail_nth + 1 - 2 * random_below(random, 2));
    return true;
}

static bool change_config(struct input *input, struct random *random, unsigned count_max)
{
    struct input_config config;

    (void)count_max;
    generate_config(&config, random, mutate_profile);
    switch (random_below(random, 5)) {
    case 0:
        input->config.frames = config.frames;
        break;
    case 1:
        input->config.is_lifo = config.is_lifo;
        break;
    case 2:
        input->config.is_natural_tlb = config.is_natural_tlb;
        input->config.asid_bits = config.asid_bits;
        break;
    default:
        input->config.schedule = config.schedule;
        input->config.change_count = config.change_count;
        input->config.schedule_seed = config.schedule_seed;
        break;
    }
    return true;
}

static const struct {
    change *change;
    unsigned weight;
} changes[] = {
    {insert, 20},          {append, 12},       {take_out, 12},
    {duplicate, 8},        {swap, 6},          {replace, 8},
    {change_argument, 22}, {change_actor, 6},  {change_properties, 6},
    {change_failure, 3},   {change_config, 4},
};

enum { CHANGES = sizeof(changes) / sizeof(changes[0]) };

static bool change_once(struct input *input, struct random *random, unsigned count_max)
{
    unsigned total = 0;
    unsigned i = 0;

    if (input->count == 0) {
        return append(input, random, count_max);
    }
    for (unsigned n = 0; n < CHANGES; n++) {
        total += changes[n].weight;
    }
    unsigned ticket = random_below(random, total);
    while (ticket >= changes[i].weight) {
        ticket -= changes[i++].weight;
    }
    return changes[i].change(input, random, count_max);
}

void mutate_input(struct input *input, struct random *random, unsigned count_max)
{
    unsigned wanted = 1;

    if (count_max == 0) {
        input->count = 0;
        return;
    }
    if (random_below(random, FRESH_ONE_IN) == 0) {
        generate_input(input, random, mutate_profile);
    } else {
        while (wanted < MUTATIONS_MAX && random_below(random, 2)) {
            wanted++;
        }
        for (unsigned tries = 0; wanted > 0 && tries < 4 * MUTATIONS_MAX; tries++) {
            wanted -= change_once(input, random, count_max);
            input_normalise(input);
        }
    }
    if (input->count > count_max) {
        input->count = count_max;
    }
}

/* ---- on bytes ---- */

/* How many instructions fit; false: not even the header. */
static bool room(size_t size, unsigned *count)
{
    if (size < INPUT_HEADER_SIZE) {
        return false;
    }
    size_t insns = (size - INPUT_HEADER_SIZE) / INPUT_INSN_SIZE;
    *count = insns < INPUT_INSNS_MAX ? (unsigned)insns : INPUT_INSNS_MAX;
    return true;
}

size_t mutate_bytes(uint8_t *bytes, size_t size, size_t size_max, unsigned seed)
{
    static struct input input;
    struct random random = {seed};
    unsigned count_max;

    if (!room(size_max, &count_max)) {
        return size < size_max ? size : size_max;
    }
    input_decode(&input, bytes, size);
    mutate_input(&input, &random, count_max);
    return input_encode(&input, bytes);
}

size_t mutate_splice(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
                     size_t out_max, unsigned seed)
{
    static struct input input;
    static struct input other;
    struct random random = {seed};
    unsigned count_max;

    if (!room(out_max, &count_max)) {
        return 0;
    }
    input_decode(&input, a, a_size);
    input_decode(&other, b, b_size);
    unsigned kept = random_below(&random, input.count + 1);
    kept = kept < count_max ? kept : count_max;
    unsigned from = random_below(&random, other.count + 1);
    unsigned count = other.count - from;
    count = count < count_max - kept ? count : count_max - kept;
    edit_copy(&input, kept, &other, from, count);
    input.count = kept + count;
    if (random_below(&random, 2)) {
        input.config = other.config;
    }
    input_normalise(&input);
    return input_encode(&input, out);
}
