#include "fuzz/input/minimise.h"

#include "abi/linux.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/text.h"
#include "inputs.h"
#include "test.h"

enum { PROGRAMS = 200, ASKED_MAX = 6000 };

static struct repro repro;
static struct input copy;
static char text[REPRO_TEXT_MAX];
static char error[200];

static const struct insn *maker_of(const struct input *input, const struct insn *insn)
{
    return insn->actor ? &input->insns[insn->actor - 1] : NULL;
}

/* A grandchild of init exits. */
static bool grandchild_exits(void *context, const struct input *input)
{
    inputs_expect_normal(input);
    ++*(unsigned *)context;
    for (unsigned i = 0; i < input->count; i++) {
        const struct insn *insn = &input->insns[i];
        const struct insn *maker = maker_of(input, insn);
        if (insn->op == OP_CALL && insn->nr == NR_exit_group && maker && maker->actor != 0) {
            return true;
        }
    }
    return false;
}

/* A wait by init behind a store by a child, with little memory, LIFO, and a failing allocation from
 * the third on. */
static bool is_picky(void *context, const struct input *input)
{
    bool has_stored = false;

    (void)context;
    if (input->config.frames >= 200 || !input->config.is_lifo) {
        return false;
    }
    for (unsigned i = 0; i < input->count; i++) {
        const struct insn *insn = &input->insns[i];
        has_stored |= insn->op == OP_STORE && insn->actor != 0 && (insn->args[1].value & 4);
        if (insn->op == OP_CALL && insn->nr == NR_wait4 && insn->actor == 0 &&
            insn->fail_nth >= 3 && has_stored) {
            return true;
        }
    }
    return false;
}

static void expect_minimised(minimise_holds *holds, const char *wanted)
{
    unsigned count = 0;
    unsigned asked;

    copy = repro.input;
    asked = minimise_input(&repro.input, holds, &count);
    EXPECT(asked < ASKED_MAX);
    repro_print(&repro, text, sizeof(text));
    EXPECT_STREQ(text, wanted);
    repro.input = copy;
    EXPECT_EQ(minimise_input(&repro.input, holds, &count), asked);
    repro_print(&repro, text, sizeof(text));
    EXPECT_STREQ(text, wanted);
}

TEST(minimise_leaves_what_is_needed)
{
    struct random random = {5};
    unsigned tried = 0;

    for (unsigned n = 0; n < PROGRAMS; n++) {
        unsigned asked = 0;
        generate_input(&repro.input, &random, GENERATE_SCHEDULES);
        if (!grandchild_exits(&asked, &repro.input)) {
            continue;
        }
        tried++;
        expect_minimised(grandchild_exits,
                         "# config: frames=256 reuse=fifo tlb=adversarial asid_bits=16 "
                         "schedule=eager changes=0 seed=0\n"
                         "r0 = fork()\n"
                         "@r0 r1 = fork()\n"
                         "@r1 exit_group(0)\n");
    }
    EXPECT(tried > PROGRAMS / 8);
}

TEST(minimise_properties_and_arguments)
{
    static const char given[] =
        "# config: frames=100 reuse=lifo tlb=natural asid_bits=3 schedule=pct changes=4 seed=99\n"
        "r0 = getpid()\n"
        "r1 = clone3(&clone_fork, 88) (preempt: r1)\n"
        "@r1 r2 = spawn(&spawn_init)\n"
        "@r2 read(0, &buffer, 10)\n"
        "@r2 store(0x10003008, 0xff) (fail_nth: 7)\n"
        "tick()\n"
        "wait4(r2, &status, WNOHANG, &usage) (fail_nth: 9 forever) (window: 3 timer)\n"
        "kill(-1, SIGKILL)\n";

    EXPECT(repro_parse(&repro, given, sizeof(given) - 1, error, sizeof(error)));
    expect_minimised(is_picky, "# config: frames=100 reuse=lifo tlb=adversarial asid_bits=16 "
                               "schedule=eager changes=0 seed=0\n"
                               "r0 = fork()\n"
                               "@r0 store(0, 4)\n"
                               "wait4(0, NULL, 0) (fail_nth: 3)\n");
}

static bool always(void *context, const struct input *input)
{
    (void)input;
    ++*(unsigned *)context;
    return true;
}

static bool is_the_same(void *context, const struct input *input)
{
    (void)context;
    return input->count == copy.count && input->config.frames == 77;
}

TEST(minimise_to_nothing_and_not_at_all)
{
    struct random random = {6};
    unsigned count = 0;

    generate_input(&repro.input, &random, GENERATE_SCHEDULES);
    minimise_input(&repro.input, always, &count);
    EXPECT_EQ(repro.input.count, 0);
    generate_input(&repro.input, &random, GENERATE_CALLS);
    repro.input.config.frames = 77;
    copy = repro.input;
    minimise_input(&repro.input, is_the_same, NULL);
    EXPECT_EQ(repro.input.count, copy.count);
    EXPECT_EQ(repro.input.config.frames, 77);
}
