#include "fuzz/input/generate.h"

#include "abi/linux.h"
#include "fuzz/input/insn.h"
#include "inputs.h"
#include "test.h"

enum { PROGRAMS = 2000 };

static struct input input;
static struct input again;
static uint8_t bytes[INPUT_SIZE_MAX];

/* What is in many programs. */
struct census {
    unsigned insns;
    unsigned failing;
    unsigned preempts;
    unsigned windows;
    unsigned spurious;
    unsigned scheduled;
    unsigned by_children;
    unsigned by_grandchildren;
    unsigned with_failures;
    unsigned calls[5000];
};

static void count_insn(struct census *census, const struct insn *insn)
{
    census->insns++;
    census->failing += insn->fail_nth != 0;
    census->preempts += insn->preempt != INSN_NOBODY;
    census->windows += insn->window != 0;
    census->spurious += insn->op == OP_SPURIOUS;
    census->by_children += insn->actor != 0;
    census->by_grandchildren += insn->actor != 0 && input.insns[insn->actor - 1].actor != 0;
    if (insn->op == OP_CALL) {
        census->calls[insn->nr]++;
    }
}

static const struct census *take_census(enum generate_profile profile)
{
    static struct census census;
    struct random random = {profile + 1};

    census = (struct census){0};
    for (unsigned n = 0; n < PROGRAMS; n++) {
        unsigned failing = census.failing;
        generate_input(&input, &random, profile);
        inputs_expect_normal(&input);
        input_decode(&again, bytes, input_encode(&input, bytes));
        inputs_expect_equal(&input, &again);
        for (unsigned i = 0; i < input.count; i++) {
            count_insn(&census, &input.insns[i]);
        }
        census.scheduled += input.config.schedule != SCHEDULE_EAGER;
        census.with_failures += census.failing != failing;
    }
    return &census;
}

TEST(generate_has_every_call)
{
    const struct census *census = take_census(GENERATE_CALLS);

    for (unsigned i = 0; i < insn_type_count; i++) {
        test_note("%s", insn_types[i].name);
        EXPECT(insn_types[i].op != OP_CALL || census->calls[insn_types[i].nr] > 0);
    }
    EXPECT(census->calls[NR_clone] > census->insns / 20);
    EXPECT(census->calls[NR_wait4] > census->insns / 20);
    EXPECT(census->by_children > census->insns / 4);
    EXPECT(census->by_grandchildren > census->insns / 20);
}

TEST(generate_calls_are_no_more_than_calls)
{
    const struct census *census = take_census(GENERATE_CALLS);

    EXPECT_EQ(census->failing, 0);
    EXPECT_EQ(census->preempts + census->windows + census->spurious + census->scheduled, 0);
}

TEST(generate_failures_are_seldom)
{
    const struct census *census = take_census(GENERATE_FAILURES);

    EXPECT(census->with_failures < PROGRAMS * 11 / 20 && census->with_failures > PROGRAMS / 4);
    EXPECT(census->failing < census->insns / 40 && census->failing > census->insns / 120);
    EXPECT_EQ(census->preempts + census->windows + census->spurious + census->scheduled, 0);
}

TEST(generate_schedules_have_everything)
{
    const struct census *census = take_census(GENERATE_SCHEDULES);

    EXPECT(census->failing > 0);
    EXPECT(census->preempts > 0 && census->preempts < census->insns / 8);
    EXPECT(census->windows > 0 && census->windows < census->insns / 30);
    EXPECT(census->spurious > 0);
    EXPECT(census->scheduled > PROGRAMS / 2);
}

TEST(generate_is_the_same_for_a_seed)
{
    struct random a = {7};
    struct random b = {7};

    for (unsigned n = 0; n < 100; n++) {
        generate_input(&input, &a, GENERATE_SCHEDULES);
        generate_input(&again, &b, GENERATE_SCHEDULES);
        inputs_expect_equal(&input, &again);
    }
}
