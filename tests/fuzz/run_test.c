/*
 * Runs of inputs: what becomes of each instruction, whose turn it is, what fails.
 */
#include "fuzz/run/run.h"

#include "abi/linux.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/run/body.h"
#include "test.h"

static struct input input;
static struct run run;

static void start(unsigned schedule)
{
    input = (struct input){.config = input_dull_config()};
    input.config.schedule = (uint8_t)schedule;
}

/* Adds a call; more is done with what it gives. */
static struct insn *add(unsigned actor, unsigned nr, const struct operand *args, unsigned count)
{
    struct insn *insn = &input.insns[input.count++];

    *insn = (struct insn){
        .op = OP_CALL, .nr = (uint16_t)nr, .actor = (uint8_t)actor, .preempt = INSN_NOBODY};
    for (unsigned i = 0; i < count; i++) {
        insn->args[i] = args[i];
    }
    return insn;
}

#define ADD(actor, nr, ...)                                                                        \
    add(actor, NR_##nr, (const struct operand[]){__VA_ARGS__},                                     \
        sizeof((const struct operand[]){__VA_ARGS__}) / sizeof(struct operand))
#define NUMBER(n) ((struct operand){.kind = OPERAND_NUMBER, .value = (n)})
#define RESULT(n) ((struct operand){.kind = OPERAND_RESULT, .index = (n)})

static struct insn *add_access(unsigned op, unsigned actor, int64_t value)
{
    struct insn *insn = &input.insns[input.count++];

    *insn = (struct insn){.op = (uint8_t)op, .actor = (uint8_t)actor, .preempt = INSN_NOBODY};
    insn->args[0] = (struct operand){.kind = OPERAND_NUMBER, .value = 0x10002000};
    insn->args[1] = NUMBER(op == OP_LOAD ? 8 : value);
    insn->args[2] = NUMBER(8);
    return insn;
}

static void add_spurious(unsigned actor)
{
    input.insns[input.count++] =
        (struct insn){.op = OP_SPURIOUS, .actor = (uint8_t)actor, .preempt = INSN_NOBODY};
}

static void go(void)
{
    body_reset(&input.config);
    run_input(&run, &input, RUN_ALL);
}

static void expect_result(unsigned insn, int64_t result)
{
    test_note("instruction %u", insn);
    EXPECT_EQ(run.outcomes[insn].kind, EVENT_RESULT);
    EXPECT_EQ(run.outcomes[insn].result, result);
}

TEST(run_fork_exit_wait)
{
    for (unsigned schedule = 0; schedule < SCHEDULE_COUNT; schedule++) {
        start(schedule);
        ADD(0, clone, NUMBER(17));
        ADD(1, exit_group, NUMBER(42));
        ADD(0, wait4, NUMBER(-1), NUMBER(0), NUMBER(0), NUMBER(0));
        ADD(0, wait4, NUMBER(-1), NUMBER(0), NUMBER(0), NUMBER(0));
        go();
        expect_result(0, 2);
        EXPECT_EQ(run.outcomes[1].kind, EVENT_ENDED);
        EXPECT_EQ(run.outcomes[1].wait_status, 42 << 8);
        expect_result(2, 2);
        expect_result(3, -10);
    }
}

TEST(run_a_wait_that_waits)
{
    start(SCHEDULE_LAZY);
    ADD(0, clone, NUMBER(17));
    ADD(0, wait4, RESULT(0), NUMBER(0), NUMBER(0), NUMBER(0));
    ADD(1, exit_group, NUMBER(1));
    ADD(0, getpid);
    go();
    EXPECT(run.outcomes[1].has_blocked);
    expect_result(1, 2);
    expect_result(3, 1);
}

/* Who is woken goes on where it is said, and not before. */
static unsigned returns_told;

static void count_returns(const struct event *event)
{
    returns_told += event->kind == EVENT_RESULT && event->nr == NR_rt_sigreturn;
}

/* The handler returns to the svc of the wait, which is where its own was. */
TEST(run_tells_of_a_return_to_a_call_that_is_made_again)
{
    const struct operand restart = {.kind = OPERAND_SLOT, .index = SLOT_action_restart};

    start(SCHEDULE_EAGER);
    ADD(0, rt_sigaction, NUMBER(SIGUSR1), restart, NUMBER(0), NUMBER(8));
    ADD(0, clone, NUMBER(17));
    ADD(0, wait4, NUMBER(-1), NUMBER(0), NUMBER(0), NUMBER(0));
    ADD(2, kill, NUMBER(1), NUMBER(SIGUSR1));
    ADD(0, rt_sigreturn, NUMBER(0));
    ADD(2, exit_group, NUMBER(0));
    returns_told = 0;
    run_listener = count_returns;
    go();
    run_listener = NULL;
    EXPECT_EQ(returns_told, 1);
    EXPECT(run.outcomes[4].has_blocked);
    expect_result(4, 2);
}

/* Between the two times that it is made, what its mask had kept away is taken. */
TEST(run_a_sigsuspend_that_is_stopped_may_lose_signals)
{
    const struct operand all = {.kind = OPERAND_SLOT, .index = SLOT_set_all};

    start(SCHEDULE_EAGER);
    ADD(0, clone, NUMBER(17));
    ADD(1, rt_sigsuspend, all, NUMBER(8));
    ADD(0, kill, RESULT(0), NUMBER(SIGSTOP));
    ADD(0, kill, RESULT(0), NUMBER(SIGCONT));
    go();
    EXPECT(run.outcomes[1].has_blocked);
    expect_result(3, 0);
}

TEST(run_a_given_schedule)
{
    start(SCHEDULE_GIVEN);
    ADD(0, clone, NUMBER(17));
    ADD(0, wait4, RESULT(0), NUMBER(0), NUMBER(0), NUMBER(0));
    ADD(1, exit_group, NUMBER(1));
    ADD(0, getpid);
    add_spurious(0);
    ADD(0, getppid);
    add_spurious(0);
    go();
    EXPECT(run.outcomes[1].has_blocked);
    expect_result(1, 2);
    EXPECT_EQ(run.outcomes[3].kind, EVENT_SKIPPED);
    EXPECT_EQ(run.outcomes[4].kind, EVENT_AGAIN);
    expect_result(5, 0);
    EXPECT_EQ(run.outcomes[6].kind, EVENT_SKIPPED);
}

TEST(run_memory_of_two)
{
    start(SCHEDULE_EAGER);
    add_access(OP_STORE, 0, 7);
    ADD(0, clone, NUMBER(17));
    add_access(OP_STORE, 2, 8);
    add_access(OP_LOAD, 2, 0);
    add_access(OP_LOAD, 0, 0);
    go();
    EXPECT_EQ(run.outcomes[3].kind, EVENT_LOADED);
    EXPECT_EQ(run.outcomes[3].result, 8);
    EXPECT_EQ(run.outcomes[4].result, 7);
}

TEST(run_a_failing_allocation)
{
    bool has_fired = true;
    unsigned failures = 0;

    for (unsigned n = 1; has_fired; n++) {
        start(SCHEDULE_EAGER);
        ADD(0, getpid);
        ADD(0, clone, NUMBER(17))->fail_nth = (uint8_t)n;
        ADD(0, clone, NUMBER(17));
        go();
        has_fired = run.outcomes[1].has_fired;
        failures += has_fired;
        EXPECT_EQ(run.outcomes[1].result < 0, has_fired);
        EXPECT(run.outcomes[2].result > 1);
    }
    EXPECT(failures >= 8);
    test_note("%u allocations", failures);
}

/* Old instructions are executed, as no cache was told of the new ones: what they do is told, and
 * nobody knows better. */
TEST(run_of_instructions_that_were_written_over)
{
    start(SCHEDULE_EAGER);
    ADD(0, mprotect, NUMBER((int64_t)IMAGE_CODE), NUMBER(1), NUMBER(PROT_WRITE | PROT_EXEC));
    add_access(OP_STORE, 0, 0)->args[0].value = (int64_t)IMAGE_CODE;
    ADD(0, clone, NUMBER(17));
    add_access(OP_STORE, 0, 7);
    ADD(3, getpid);
    go();
    EXPECT_EQ(run.outcomes[1].kind, EVENT_STORED);
    expect_result(2, 2);
    expect_result(4, 2);
}

TEST(run_skips_what_cannot_be)
{
    start(SCHEDULE_EAGER);
    ADD(0, getpid);
    ADD(0, clone, NUMBER(17))->fail_nth = 1;
    ADD(2, getpid);
    ADD(0, wait4, NUMBER(-1), NUMBER(0), NUMBER(0), NUMBER(0));
    go();
    EXPECT_EQ(run.outcomes[2].kind, EVENT_SKIPPED);
    expect_result(3, -10);
}

TEST(run_twice_is_the_same)
{
    start(SCHEDULE_PCT);
    ADD(0, clone, NUMBER(17));
    ADD(1, clone, NUMBER(17));
    ADD(0, wait4, NUMBER(-1), NUMBER(0), NUMBER(0), NUMBER(0));
    ADD(2, exit_group, NUMBER(3));
    ADD(1, wait4, NUMBER(-1), NUMBER(0), NUMBER(0), NUMBER(0));
    ADD(1, exit_group, NUMBER(4));
    go();
    uint64_t digest = run.stats.digest;
    go();
    EXPECT_EQ(run.stats.digest, digest);
    expect_result(2, 2);
    expect_result(4, 3);
    input.config.frames = 200;
    input.insns[5].args[0].value = 5;
    go();
    EXPECT(run.stats.digest != digest);
}
