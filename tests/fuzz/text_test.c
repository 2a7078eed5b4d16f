#include "fuzz/input/text.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/symbols.h"
#include "inputs.h"
#include "test.h"

enum { ROUNDS = 3000, ERROR_MAX = 200 };

static struct repro repro;
static struct repro again;
static char text[REPRO_TEXT_MAX];
static char second[REPRO_TEXT_MAX];
static char error[ERROR_MAX];

static void parse(struct repro *to, const char *from, size_t len)
{
    bool is_good = repro_parse(to, from, len, error, sizeof(error));

    if (!is_good) {
        FAIL("%s", error);
    }
    EXPECT_STREQ(error, "");
}

static void expect_round_trip(void)
{
    size_t len = repro_print(&repro, text, sizeof(text));

    EXPECT(len < sizeof(text) - 1);
    parse(&again, text, len);
    repro_print(&again, second, sizeof(second));
    EXPECT_STREQ(second, text);
    inputs_expect_equal(&repro.input, &again.input);
    EXPECT_STREQ(again.check, repro.check);
    EXPECT_EQ(repro_print(&again, second, sizeof(second)), len);
    EXPECT_STREQ(second, text);
}

TEST(text_of_random_bytes_comes_back)
{
    static uint8_t bytes[INPUT_SIZE_MAX];
    struct random random = {1};

    for (unsigned n = 0; n < ROUNDS; n++) {
        size_t size = random_below(&random, sizeof(bytes));
        inputs_random_bytes(&random, bytes, size);
        memset(&repro, 0, sizeof(repro));
        input_decode(&repro.input, bytes, size);
        expect_round_trip();
    }
}

/* Something that an instruction could come to. */
static struct outcome random_outcome(struct random *random, const struct insn *insn)
{
    static const int64_t results[] = {0,  1,          2,     -ECHILD, -ENOSYS,
                                      -1, 0x10002000, 70000, -4095,   -5000};
    struct outcome outcome = {.kind = EVENT_RESULT, .has_blocked = random_below(random, 2)};

    switch (random_below(random, 6)) {
    case 0:
        outcome.kind = EVENT_BLOCKED;
        outcome.has_blocked = true;
        break;
    case 1:
        outcome.kind = EVENT_ENDED;
        outcome.wait_status = random_below(random, 2) ? (int)random_below(random, 256) << 8
                              : random_below(random, 2)
                                  ? (int)(1 + random_below(random, 0x7f)) | 0x80
                                  : EVENT_STATUS_LOST;
        break;
    case 2:
        outcome.kind = random_below(random, 2) ? EVENT_SKIPPED : EVENT_AGAIN;
        break;
    default:
        outcome.result = results[random_below(random, 10)];
        if (insn_gives(insn) == GIVES_FDS && outcome.result == 0) {
            outcome.parts[0] = random_below(random, 10);
            outcome.parts[1] = 1024;
        }
        outcome.kind = insn->op == OP_LOAD    ? EVENT_LOADED
                       : insn->op == OP_STORE ? EVENT_STORED
                       : insn->op == OP_TICK  ? EVENT_TIME
                       : insn->op == OP_TYPE  ? EVENT_TYPED
                                              : EVENT_RESULT;
        break;
    }
    return outcome;
}

TEST(text_of_programs_and_outcomes_comes_back)
{
    struct random random = {2};

    for (unsigned n = 0; n < ROUNDS; n++) {
        memset(&repro, 0, sizeof(repro));
        generate_input(&repro.input, &random, GENERATE_SCHEDULES);
        str_copy(repro.check, n % 2 ? "wait.condition" : "", sizeof(repro.check));
        for (unsigned i = 0; i < repro.input.count; i++) {
            repro.has_expected[i] = random_below(&random, 2);
            repro.expected[i] = random_outcome(&random, &repro.input.insns[i]);
        }
        expect_round_trip();
        for (unsigned i = 0; i < repro.input.count; i++) {
            const struct insn *insn = &repro.input.insns[i];
            EXPECT_EQ(again.has_expected[i], repro.has_expected[i]);
            EXPECT(!repro.has_expected[i] ||
                   repro_is_as_expected(insn, &again.expected[i], &repro.expected[i]));
        }
    }
}

/* The least difference shows: what the tests above say of equality has a meaning. */
TEST(text_tells_outcomes_apart)
{
    const struct insn call = {.op = OP_CALL, .nr = NR_wait4};
    const struct insn pipe = {.op = OP_CALL, .nr = NR_pipe2};
    const struct outcome two = {.kind = EVENT_RESULT, .result = 2};
    const struct outcome three = {.kind = EVENT_RESULT, .result = 3};
    const struct outcome late = {.kind = EVENT_RESULT, .result = 2, .has_blocked = true};
    const struct outcome end = {.kind = EVENT_ENDED, .wait_status = 0x2a00};
    const struct outcome killed = {.kind = EVENT_ENDED, .wait_status = 9};
    const struct outcome fds = {.kind = EVENT_RESULT, .parts = {3, 4}};
    const struct outcome more = {.kind = EVENT_RESULT, .parts = {3, 5}};

    EXPECT(repro_is_as_expected(&call, &two, &two));
    EXPECT(!repro_is_as_expected(&call, &two, &three));
    EXPECT(!repro_is_as_expected(&call, &two, &late));
    EXPECT(!repro_is_as_expected(&call, &two, &end));
    EXPECT(!repro_is_as_expected(&call, &end, &killed));
    EXPECT(repro_is_as_expected(&pipe, &fds, &fds));
    EXPECT(!repro_is_as_expected(&pipe, &fds, &more));
}

static const char example[] =
    "# check: wait.condition\n"
    "# config: frames=64 reuse=lifo tlb=natural asid_bits=8 schedule=pct changes=3 seed=77\n"
    "r0 = fork() -> 2\n"
    "@r0 r1 = pipe2(&fds, O_NONBLOCK|O_CLOEXEC) (fail_nth: 4) -> ENOMEM\n"
    "@r0 store(0x10001000, 7) -> done\n"
    "@r0 write(r1[1], &text+7, 14) (window: 2 interrupt)\n"
    "@r0 r2 = clone(CLONE_VM|CLONE_VFORK|SIGCHLD) (fail_nth: 1 forever) (preempt: r2)\n"
    "r3 = mmap(NULL, 0x3000, 3, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
    "load(r3+4096, 4) -> 0\n"
    "tick()\n"
    "type(3)\n"
    "@r0 exit_group(42) (preempt: init) -> ended 42\n"
    "kill(-r0, SIGKILL)\n"
    "wait4(r0, &status, WNOHANG) -> blocked, 2\n"
    "wait4(INT_MIN, NULL, 0) -> ESRCH\n"
    "kill(INT_MAX, 0) -> ESRCH\n";

TEST(text_example)
{
    parse(&repro, example, sizeof(example) - 1);
    EXPECT_EQ(repro.input.count, 14);
    EXPECT_EQ(repro.input.config.frames, 64);
    EXPECT_EQ(repro.input.insns[4].preempt, 5);
    EXPECT_EQ(repro.input.insns[12].args[0].value, INT32_MIN);
    EXPECT_EQ(repro.input.insns[13].args[0].kind, OPERAND_NAMED);
    EXPECT_EQ(repro.expected[1].result, -ENOMEM);
    EXPECT_EQ(repro.expected[9].wait_status, 42 << 8);
    EXPECT(repro.expected[11].has_blocked);
    expect_round_trip();
}

/* The printed form is what a reader would write. */
TEST(text_is_as_it_is_meant_to_look)
{
    static const char *const lines[] = {
        "r0 = fork()",
        "@r0 store(0x10001000, 7)",
        "@r0 store(0x10001000, 7, 4) (fail_nth: 1)",
        "@r0 exit_group(42)",
        "wait4(r0, &status, WNOHANG)",
        "wait4(-1, NULL, 0)",
        "rt_sigaction(SIGCHLD, &action_ignore, NULL, 8)",
        "r1 = openat(AT_FDCWD, &path_text, O_RDONLY, 0644)",
        "lseek(r1, -8, SEEK_END)",
        "mmap(0x10003000, 0x3000, PROT_READ, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0)",
        "execve(&path_long, &argv_three)",
        "setpgid(r0, r0)",
        "prctl(PR_SET_CHILD_SUBREAPER, 1)",
        "chdir(NULL)",
    };
    struct text whole = {text, sizeof(text), 0};

    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        text_printf(&whole, "%s\n", lines[i]);
    }
    parse(&repro, text, whole.len);
    for (unsigned i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        repro_print_insn(&repro.input, i, second, sizeof(second));
        EXPECT_STREQ(second, lines[i]);
    }
}

TEST(text_errors_say_where_and_what)
{
    static const struct {
        const char *text;
        const char *error;
    } wrong[] = {
        {"frok()\n", "line 1: there is no call 'frok'"},
        {"r0 = fork()\n\n@r1 getpid()\n", "line 3: nothing before is called 'r1'"},
        {"r0 = getpid()\nr0 = getpid()", "line 2: r0 has a meaning already"},
        {"r0 = getpid()\n@r0 getpid()", "line 2: who does it is no process"},
        {"x = fork()", "line 1: 'x' is no name of a result: they are r0 to r255"},
        {"kill(1)", "line 1: kill has more arguments than 1"},
        {"getpid(1)", "line 1: getpid has no more arguments than 0"},
        {"kill(1, SIGFOO)", "line 1: 'SIGFOO' means nothing here"},
        {"kill(1, 9", "line 1: it ends where this should be: ,"},
        {"kill 1", "line 1: '1' stands where this should be: ("},
        {"kill(1, \001)", "line 1: '' means nothing here"},
        {"fork() 7", "line 1: '7' and what follows have no place here"},
        {"fork() (fail_nth: 256)", "line 1: '256' is no allocation: that is a number up to 255"},
        {"fork() (luck: 1)", "line 1: there is no property 'luck'"},
        {"fork() (fail_nth: 1) (preempt: init) (fail_nth: 1)",
         "line 1: the property 'fail_nth' is there twice"},
        {"fork() (preempt: init) (preempt: init)", "line 1: the property 'preempt' is there twice"},
        {"fork() (window: 1 timer) (window: 2 timer)",
         "line 1: the property 'window' is there twice"},
        {"# config: frames=64 seed=1 frames=64", "line 1: the setting 'frames' is there twice"},
        {"# config: tlb=natural\n# config: tlb=adversarial",
         "line 2: the setting 'tlb' is there twice"},
        {"# check: tlb.stale\nfork()\n# check: tlb.stale", "line 3: the check is there twice"},
        {"fork()\n# check: wait.conditions", "line 2: there is no check 'wait.conditions'"},
        {"# check: wait", "line 1: there is no check 'wait'"},
        {"# check:", "line 1: there is no check ''"},
        {"# check: model.call model.end", "line 1: 'm' and what follows have no place here"},
        {"# confg: frames=64", "line 1: 'confg:' is not 'config:'"},
        {"# Config: frames=64", "line 1: 'Config:' is not 'config:'"},
        {"#cofnig : frames=64", "line 1: 'cofnig:' is not 'config:'"},
        {"# configuration: frames=64", "line 1: 'configuration:' is not 'config:'"},
        {"# chek: tlb.stale", "line 1: 'chek:' is not 'check:'"},
        {"# checks: tlb.stale", "line 1: 'checks:' is not 'check:'"},
        {"fork() (window: 1 cat)",
         "line 1: 'cat' is nothing that comes in a window: timer, interrupt, quit, stop"},
        {"tick() (fail_nth: 1)", "line 1: a property has no meaning here"},
        {"# config: frames=3", "line 1: there are 48 frames at least"},
        {"# config: frames=", "line 1: '' is no number of frames: that is a number up to 512"},
        {"# config: luck=3", "line 1: there is no setting 'luck'"},
        {"# config: reuse=never", "line 1: 'never' is no order of reuse"},
        {"read(0, &nothing, 1)", "line 1: there is no slot 'nothing'"},
        {"store(0x10001004, 7)", "line 1: argument 1 cannot be that here"},
        {"store(0x10001000, 0x123456789)",
         "line 1: 0x123456789 has too many digits: 0x123456700 would do"},
        {"r0 = pipe2(&fds, 0)\nkill(r0, 9)", "line 2: argument 1 cannot be that here"},
        {"r0 = pipe2(&fds, 0)\nr1 = fork()\nkill(r0, 9)",
         "line 3: argument 1 refers to what is nothing of that kind"},
        {"fork() -> maybe", "line 1: 'maybe' is nothing that can be expected"},
        {"fork() -> ended 256", "line 1: '256' is no exit code: that is a number up to 255"},
        {"fork() -> signal 0", "line 1: 0 is no signal"},
        {"fork() ->", "line 1: '' is nothing that can be expected"},
        {"pipe2(&fds, 0) -> [3 4]", "line 1: '4' stands where this should be: ,"},
    };

    for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        bool is_good =
            repro_parse(&repro, wrong[i].text, str_len(wrong[i].text), error, sizeof(error));
        EXPECT_STREQ(error, wrong[i].error);
        EXPECT(!is_good);
    }
}

TEST(text_of_other_comments_is_not_looked_at)
{
    static const char comments[] = "# Note: a comment\n"
                                   "# wait: for what check: and config: say\n"
                                   "# check of nothing\n"
                                   "# a config: of another\n"
                                   "#: and so on\n"
                                   "# a-config: too\n"
                                   "getpid() # confg: behind something\n";

    parse(&repro, comments, sizeof(comments) - 1);
    EXPECT_STREQ(repro.check, "");
    EXPECT_EQ(repro.input.count, 1);
}

TEST(text_has_no_more_instructions_than_an_input)
{
    static const char line[] = "getpid()\n";
    size_t len = 0;

    for (unsigned i = 0; i <= INPUT_INSNS_MAX; i++) {
        memcpy(text + len, line, sizeof(line));
        len += sizeof(line) - 1;
    }
    parse(&repro, text, len - 9);
    EXPECT_EQ(repro.input.count, INPUT_INSNS_MAX);
    EXPECT(!repro_parse(&repro, text, len, error, sizeof(error)));
    EXPECT_STREQ(error, "line 65: there can be 64 instructions");
}

/* One line that something random is done to. */
static void damage(struct random *random, char *bytes, size_t *len)
{
    static const char tokens[] = "()@#=->,|&+[]:rR0x19 \n\t\rinit blocked ended fork";
    unsigned changes = 1 + random_below(random, 4);

    while (changes-- > 0 && *len > 1) {
        size_t at = random_below(random, (unsigned)*len);
        switch (random_below(random, 4)) {
        case 0:
            bytes[at] = (char)random_next(random);
            break;
        case 1:
            memmove(bytes + at, bytes + at + 1, *len - at - 1);
            (*len)--;
            break;
        case 2:
            *len = at;
            break;
        default:
            bytes[at] = tokens[random_below(random, sizeof(tokens) - 1)];
            break;
        }
    }
}

/* What is read at all comes back as it was read; what is not gives one line of reasons. */
TEST(text_any_bytes_are_read_or_refused)
{
    struct random random = {3};
    unsigned read = 0;

    for (unsigned n = 0; n < 20 * ROUNDS; n++) {
        size_t len = sizeof(example) - 1;
        if (n % 4 == 0) {
            memset(&repro, 0, sizeof(repro));
            generate_input(&repro.input, &random, GENERATE_SCHEDULES);
            len = repro_print(&repro, text, sizeof(text));
        } else {
            memcpy(text, example, len);
        }
        damage(&random, text, &len);
        char *exact = __builtin_malloc(len + 1);
        memcpy(exact, text, len);
        bool is_good = repro_parse(&repro, exact, len, error, sizeof(error));
        __builtin_free(exact);
        EXPECT_EQ(is_good, error[0] == '\0');
        if (is_good) {
            read++;
            expect_round_trip();
        } else {
            EXPECT(str_starts(error, "line ", NULL));
        }
    }
    EXPECT(read > ROUNDS);
}

TEST(text_is_cut_where_there_is_no_room)
{
    parse(&repro, example, sizeof(example) - 1);
    size_t len = repro_print(&repro, text, sizeof(text));
    for (size_t size = 1; size <= len; size++) {
        memset(second, 'x', size + 1);
        EXPECT_EQ(repro_print(&repro, second, size), size - 1);
        EXPECT_MEMEQ(second, text, size - 1);
        EXPECT_EQ(second[size - 1], '\0');
        EXPECT_EQ(second[size], 'x');
    }
}

/* Each value that has a name is read as what it was written as. */
TEST(symbols_come_back)
{
    char bytes[400];
    int64_t value;
    unsigned count;

    for (unsigned kind = 0; kind < ARG_COUNT; kind++) {
        const int64_t *values = insn_values(kind, &count);
        for (unsigned i = 0; i < count; i++) {
            struct text written = {bytes, sizeof(bytes), 0};
            symbol_put(&written, kind, values[i]);
            bool is_joined = __builtin_memchr(bytes, 0x7c, written.len) != NULL;
            test_note("%.*s", (int)written.len, bytes);
            EXPECT(is_joined || symbol_find(kind, bytes, written.len, &value));
            EXPECT(is_joined || value == values[i]);
        }
    }
    EXPECT(!symbol_find(ARG_INT, "", 0, &value));
    EXPECT(!symbol_find(ARG_INT, "-", 1, &value));
    EXPECT(!symbol_find(ARG_INT, "0x", 2, &value));
    EXPECT(!symbol_find(ARG_INT, "08", 2, &value));
    EXPECT(!symbol_find(ARG_INT, "0x10000000000000000", 19, &value));
    EXPECT(!symbol_find(ARG_INT, "9223372036854775808", 19, &value));
    EXPECT_EQ(symbol_find_error("ECHILD", 6), ECHILD);
    EXPECT_EQ(symbol_find_error("ECHIL", 5), 0);
}
