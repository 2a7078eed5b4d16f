/*
 * Runs the tests of a host program, each in a child process: a crash, a hang or a dirtied kernel
 * ends one test and not the run.
 *
 * Prints one line a test, `ok NAME`, `not ok NAME: reason` or `skip NAME: reason`, and at the end
 * `N passed, N failed[, N skipped]`; the exit status is 0 if none failed. runner.py reads that.
 *
 *     X_test [--list] [--no-fork] [--no-deaths] [--timeout=SECONDS] [--NAME=VALUE]... [PATTERN]...
 *
 * PATTERN is a name or a shell pattern. With --no-fork the tests run in this process and a failed
 * expectation aborts, so that a debugger stops where it happened. --no-deaths leaves the tests out
 * that must die: where assertions are left out, too, they would not.
 */
#include "test.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TEXT_MAX = 1024,
    OUTPUT_MAX = 1 << 16, /* how much of a dying test's output is searched */
    DEFAULT_TIMEOUT_SECONDS = 60,
    HEX_WINDOW = 16, /* bytes shown from the first difference on */
};

enum outcome { PASSED, FAILED, SKIPPED, OUTCOMES };

/* What a child tells the parent; lies in memory that both share. */
struct verdict {
    enum outcome outcome;
    char reason[TEXT_MAX];
    char note[TEXT_MAX];
};

static struct verdict *verdict;
static bool in_child;
static unsigned timeout_seconds = DEFAULT_TIMEOUT_SECONDS;
static int option_count;
static char **options;

static _Noreturn void test_end_as(enum outcome outcome)
{
    verdict->outcome = outcome;
    fflush(NULL);
    if (!in_child && outcome == FAILED) {
        fprintf(stderr, "%s\n", verdict->reason);
        abort();
    }
    exit(outcome == FAILED); /* not _exit: the coverage profile is written at exit */
}

void test_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    int used = snprintf(verdict->reason, TEXT_MAX, "%s:%d: ", file, line);

    va_start(args, fmt);
    vsnprintf(verdict->reason + used, (size_t)(TEXT_MAX - used), fmt, args);
    va_end(args);
    test_end_as(FAILED);
}

void test_skip(const char *reason)
{
    snprintf(verdict->reason, TEXT_MAX, "%s", reason);
    test_end_as(SKIPPED);
}

void test_note(const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(verdict->note, TEXT_MAX, fmt, args);
    va_end(args);
}

void test_expect_eq(const char *file, int line, const char *a_text, uint64_t a, const char *b_text,
                    uint64_t b)
{
    if (a != b)
        test_fail(file, line, "%s is %ld (0x%lx), expected %s = %ld (0x%lx)", a_text, (long)a,
                  (unsigned long)a, b_text, (long)b, (unsigned long)b);
}

void test_expect_streq(const char *file, int line, const char *a_text, const char *a, const char *b)
{
    if (a == b || (a && b && strcmp(a, b) == 0))
        return;
    test_fail(file, line, "%s is \"%s\", expected \"%s\"", a_text, a ? a : "(null)",
              b ? b : "(null)");
}

static void hex(char *out, const unsigned char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sprintf(out + 3 * i, " %02x", bytes[i]);
}

void test_expect_memeq(const char *file, int line, const char *a_text, const void *a, const void *b,
                       size_t len)
{
    const unsigned char *have = a, *want = b;
    char have_hex[3 * HEX_WINDOW + 1] = "", want_hex[3 * HEX_WINDOW + 1] = "";
    size_t at = 0;

    while (at < len && have[at] == want[at])
        at++;
    if (at == len)
        return;
    size_t window = len - at < HEX_WINDOW ? len - at : HEX_WINDOW;
    hex(have_hex, have + at, window);
    hex(want_hex, want + at, window);
    test_fail(file, line, "%s at byte %zu is%s, expected%s", a_text, at, have_hex, want_hex);
}

const char *test_option(const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < option_count; i++) {
        const char *text = options[i];
        if (strncmp(text, "--", 2) == 0 && strncmp(text + 2, name, len) == 0 &&
            text[2 + len] == '=')
            return text + 2 + len + 1;
    }
    return NULL;
}

static bool is_given(const char *flag)
{
    for (int i = 0; i < option_count; i++)
        if (strcmp(options[i], flag) == 0)
            return true;
    return false;
}

/* Where a dying test's words go: read back by the parent through a file without a name. */
static FILE *capture_open(void)
{
    FILE *file = tmpfile();

    if (!file) {
        perror("tmpfile");
        exit(2);
    }
    return file;
}

static void run_child(const struct test *test, FILE *capture)
{
    in_child = true;
    alarm(timeout_seconds);
    if (capture) {
        dup2(fileno(capture), STDOUT_FILENO);
        dup2(fileno(capture), STDERR_FILENO);
    }
    test->body();
    test_end_as(PASSED);
}

/* Judges the words and the end of a test that had to die. */
static void judge_death(const struct test *test, int status, FILE *capture)
{
    static char output[OUTPUT_MAX];

    rewind(capture);
    output[fread(output, 1, OUTPUT_MAX - 1, capture)] = '\0';
    bool said = strstr(output, test->dies) != NULL;
    bool aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;

    if (verdict->outcome == SKIPPED)
        return;
    if (said && aborted) {
        verdict->outcome = PASSED;
        return;
    }
    if (verdict->reason[0] == '\0' || !WIFEXITED(status))
        snprintf(verdict->reason, TEXT_MAX, "%s, expected an abort after \"%s\"",
                 aborted ? "it said something else" : "it did not abort", test->dies);
    verdict->outcome = FAILED;
    fputs(output, stderr);
}

static void judge_end(int status)
{
    if (WIFEXITED(status)) {
        if (verdict->outcome != FAILED || verdict->reason[0])
            return;
        snprintf(verdict->reason, TEXT_MAX, "the process exited inside the test with status %d",
                 WEXITSTATUS(status));
    } else if (WTERMSIG(status) == SIGALRM) {
        snprintf(verdict->reason, TEXT_MAX, "no end after %u s", timeout_seconds);
    } else {
        snprintf(verdict->reason, TEXT_MAX, "killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    }
    verdict->outcome = FAILED;
}

static void run_forked(const struct test *test)
{
    FILE *capture = test->dies ? capture_open() : NULL;
    int status;

    /* A child that exits inside the body, past test_end_as, has failed without a reason. */
    verdict->outcome = FAILED;
    verdict->reason[0] = '\0';
    verdict->note[0] = '\0';
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    if (pid == 0)
        run_child(test, capture);
    while (waitpid(pid, &status, 0) < 0)
        ;
    if (capture) {
        judge_death(test, status, capture);
        fclose(capture);
    } else {
        judge_end(status);
    }
}

static bool is_wanted(const struct test *test, char **patterns)
{
    bool wanted = !*patterns;

    for (; *patterns; patterns++)
        wanted |= fnmatch(*patterns, test->name, 0) == 0;
    return wanted && !(test->dies && is_given("--no-deaths"));
}

static int by_place(const void *a, const void *b)
{
    const struct test *x = *(const struct test *const *)a, *y = *(const struct test *const *)b;
    int order = strcmp(x->file, y->file);

    return order ? order : x->line - y->line;
}

static void report(const struct test *test)
{
    static const char *const words[OUTCOMES] = {"ok", "not ok", "skip"};
    const char *note = verdict->outcome == FAILED ? verdict->note : "";

    printf("%s %s%s%s%s%s%s\n", words[verdict->outcome], test->name,
           verdict->outcome == PASSED ? "" : ": ",
           verdict->outcome == PASSED ? "" : verdict->reason, note[0] ? " [" : "", note,
           note[0] ? "]" : "");
    fflush(stdout);
}

static const struct test **sorted_tests(size_t *count)
{
    *count = (size_t)(test_end - test_first);
    const struct test **tests = malloc((*count + 1) * sizeof(*tests));

    if (!tests) {
        perror("malloc");
        exit(2);
    }
    for (size_t i = 0; i < *count; i++)
        tests[i] = test_first[i];
    qsort(tests, *count, sizeof(*tests), by_place);
    return tests;
}

static void run_here(const struct test *test)
{
    verdict->outcome = PASSED;
    test->body();
}

/* Brings the options among the words in front of the patterns, wherever they stand. */
static void sort_words(int count, char **words)
{
    options = words;
    for (int i = 0; i < count; i++) {
        char *word = words[i];
        if (strncmp(word, "--", 2) != 0)
            continue;
        memmove(words + option_count + 1, words + option_count,
                (size_t)(i - option_count) * sizeof(*words));
        words[option_count++] = word;
    }
}

int main(int argc, char **argv)
{
    unsigned counts[OUTCOMES] = {0};
    size_t count;

    sort_words(argc - 1, argv + 1);
    if (test_option("timeout"))
        timeout_seconds = (unsigned)atoi(test_option("timeout"));
    verdict =
        mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (verdict == MAP_FAILED) {
        perror("mmap");
        return 2;
    }

    const struct test **tests = sorted_tests(&count);
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(tests[i], options + option_count))
            continue;
        if (is_given("--list")) {
            puts(tests[i]->name);
            continue;
        }
        if (is_given("--no-fork"))
            run_here(tests[i]);
        else
            run_forked(tests[i]);
        report(tests[i]);
        counts[verdict->outcome]++;
    }
    free(tests);
    if (is_given("--list"))
        return 0;
    printf("%u passed, %u failed", counts[PASSED], counts[FAILED]);
    if (counts[SKIPPED])
        printf(", %u skipped", counts[SKIPPED]);
    puts("");
    return counts[FAILED] != 0;
}
