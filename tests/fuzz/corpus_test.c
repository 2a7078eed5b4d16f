/* The programs of fuzz/corpus do what they say, with the model and the checks looking on. */
#include <glob.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/input/text.h"
#include "fuzz/run/body.h"
#include "fuzz/run/run.h"
#include "test.h"

static struct repro repro;
static struct repro again;
static struct run run;
static char bytes[REPRO_TEXT_MAX];
static char error[200];

static void read_repro(const char *path)
{
    FILE *file = fopen(path, "rb");

    test_note("%s", path);
    EXPECT(file != NULL);
    size_t len = fread(bytes, 1, sizeof(bytes), file);
    EXPECT_EQ(fclose(file), 0);
    if (!repro_parse(&repro, bytes, len, error, sizeof(error))) {
        FAIL("%s: %s", path, error);
    }
}

/* The first instruction that did not do what was expected, or count. */
static unsigned first_wrong(void)
{
    const struct input *input = &repro.input;
    unsigned i = 0;

    body_reset(&input->config);
    run_input(&run, input, RUN_ALL);
    while (i < input->count &&
           (!repro.has_expected[i] ||
            repro_is_as_expected(&input->insns[i], &repro.expected[i], &run.outcomes[i]))) {
        i++;
    }
    return i;
}

static void expect_as_written(const char *path)
{
    char line[200];
    char outcome[100];
    unsigned wrong;

    read_repro(path);
    wrong = first_wrong();
    if (wrong < repro.input.count) {
        repro_print_insn(&repro.input, wrong, line, sizeof(line));
        repro_print_outcome(&repro.input.insns[wrong], &run.outcomes[wrong], outcome,
                            sizeof(outcome));
        FAIL("%s: %s gave %s", path, line, outcome);
    }
}

/* At least so many programs. */
static void expect_all_as_written(const char *pattern, size_t least)
{
    glob_t found;

    EXPECT_EQ(glob(pattern, 0, NULL, &found), 0);
    EXPECT(found.gl_pathc >= least);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        expect_as_written(found.gl_pathv[i]);
    }
    globfree(&found);
}

TEST(corpus_does_what_it_says)
{
    expect_all_as_written("fuzz/corpus/*.repro", 12);
}

/* What was found, and is not there any more: docs/findings.md. */
TEST(corpus_of_regressions_does_what_it_says)
{
    expect_all_as_written("fuzz/regress/*.repro", 2);
}

/* Whichever expectation is another one, it is seen. */
TEST(corpus_would_not_say_anything_else)
{
    read_repro("fuzz/corpus/fork_exit_wait.repro");
    again = repro;
    for (unsigned i = 0; i < again.input.count; i++) {
        repro = again;
        EXPECT(repro.has_expected[i]);
        repro.expected[i].result++;
        repro.expected[i].wait_status += 256;
        EXPECT_EQ(first_wrong(), i);
    }
}
