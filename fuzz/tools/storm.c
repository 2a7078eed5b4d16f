/*
 * The random driver: programs drawn from a seed, one after the other, without coverage and without
 * libFuzzer. What it finds it makes as small as it can, prints, and writes down. It does so with
 * what others have found, too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "base/random.h"
#include "fuzz/check/check.h"
#include "fuzz/driver/attempt.h"
#include "fuzz/driver/census.h"
#include "fuzz/driver/found.h"
#include "fuzz/driver/help.h"
#include "fuzz/driver/number.h"
#include "fuzz/driver/read.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/minimise.h"
#include "fuzz/run/body.h"
#include "fuzz/run/body_hosted.h"

static const char usage[] =
    "usage: storm [option]... [FILE]\n"
    "  FILE                 runs the program in it, which is text (FILE.repro) or bytes, and no\n"
    "                       others\n"
    "  --seed=N             where it begins; 1\n"
    "  --runs=N             programs at the most\n"
    "  --seconds=N          seconds of CPU time at the most; 10 if there is no --runs\n"
    "  --profile=P          calls, failures (and allocations fail), schedules (and all else); "
    "schedules\n"
    "  --words=WORDS        more kernel words\n"
    "  --without=CHECK,...  switches checks off; model switches the model off\n"
    "  --save=FILE          writes what was found as a .repro, with what the kernel gives without\n"
    "                       those words\n"
    "  --census             says in how many programs what is hard to come by has happened\n"
    "  --no-minimise        prints what was found as it is\n"
    "  --quiet              prints one line only\n";

static struct {
    uint64_t seed;
    uint64_t runs;
    double seconds;
    enum generate_profile profile;
    unsigned watch;
    bool is_quiet;
    bool has_no_minimise;
    bool has_census;
    const char *save;
    const char *file; /* which program is run; NULL: random ones */
    struct random random;
    uint64_t given;
    struct repro repro; /* that was in the file */
} storm = {.seed = 1, .profile = GENERATE_SCHEDULES, .watch = RUN_ALL};

static bool switch_off(char *names)
{
    char *name = strtok(names, ",");
    bool is_any = name != NULL;

    for (; name; name = strtok(NULL, ",")) {
        int check = check_find(name);
        if (strcmp(name, "model") == 0) {
            storm.watch &= ~(unsigned)RUN_MODEL;
        } else if (check >= 0) {
            check_enabled &= ~(UINT64_C(1) << check);
        } else {
            fprintf(stderr, "storm: no check %s\n", name);
            return false;
        }
    }
    return is_any;
}

static bool parse_profile(const char *name)
{
    static const char *const names[] = {
        [GENERATE_CALLS] = "calls",
        [GENERATE_FAILURES] = "failures",
        [GENERATE_SCHEDULES] = "schedules",
    };

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0) {
            storm.profile = (enum generate_profile)i;
            return true;
        }
    }
    return false;
}

/* The value of an option, or NULL if it is another. */
static char *value_of(char *argument, const char *name)
{
    size_t len = strlen(name);

    return strncmp(argument, name, len) == 0 && argument[len] == '=' ? argument + len + 1 : NULL;
}

static bool parse(char *argument)
{
    uint64_t number = 0;
    char *value;

    if ((value = value_of(argument, "--seed"))) {
        return number_parse(value, &storm.seed);
    }
    if ((value = value_of(argument, "--runs"))) {
        return number_parse(value, &storm.runs);
    }
    if ((value = value_of(argument, "--seconds"))) {
        bool is_number = number_parse(value, &number);
        storm.seconds = (double)number;
        return is_number;
    }
    if ((value = value_of(argument, "--profile"))) {
        return parse_profile(value);
    }
    if ((value = value_of(argument, "--words"))) {
        body_set_words(value);
        return true;
    }
    if ((value = value_of(argument, "--save"))) {
        storm.save = value;
        return true;
    }
    if ((value = value_of(argument, "--without"))) {
        return switch_off(value);
    }
    if (argument[0] != '-' && !storm.file) {
        storm.file = argument;
        return true;
    }
    storm.has_no_minimise |= strcmp(argument, "--no-minimise") == 0;
    storm.is_quiet |= strcmp(argument, "--quiet") == 0;
    storm.has_census |= strcmp(argument, "--census") == 0;
    return strcmp(argument, "--no-minimise") == 0 || strcmp(argument, "--census") == 0 ||
           strcmp(argument, "--quiet") == 0;
}

static void read_program(void)
{
    char error[REPRO_ERROR_MAX];

    if (!repro_read(&storm.repro, storm.file, error)) {
        fprintf(stderr, "storm: %s: %s\n", storm.file, error);
        exit(2);
    }
}

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static bool draw(void *context, struct input *input)
{
    (void)context;
    if ((storm.runs && storm.given == storm.runs) ||
        (storm.seconds > 0 && storm.given % 64 == 0 && cpu_seconds() > storm.seconds)) {
        return false;
    }
    storm.given++;
    if (storm.has_census) {
        census_begin();
    }
    if (storm.file) {
        *input = storm.repro.input;
        return true;
    }
    generate_input(input, &storm.random, storm.profile);
    return true;
}

static bool finds_the_same(void *context, const struct input *input)
{
    static struct attempt attempt;

    return attempt_one(&attempt, input, storm.watch) && strcmp(attempt.check, context) == 0;
}

/* As text, with what is right. */
static void save(const struct attempt *found)
{
    static struct attempt attempt;
    static struct run run;
    static struct repro repro;
    static char text[REPRO_TEXT_MAX];

    body_set_words("");
    if (attempt_one(&attempt, &found->input, storm.watch)) {
        fprintf(stderr, "storm: without --words %s is found\n", attempt.check);
    }
    run.input = &found->input;
    memcpy(run.outcomes, attempt.outcomes, sizeof(run.outcomes));
    repro_of_run(&repro, &run, found->check);
    repro_print(&repro, text, sizeof(text));
    FILE *file = fopen(storm.save, "w");
    if (!file || fputs(text, file) < 0 || fclose(file) != 0) {
        fprintf(stderr, "storm: cannot write %s\n", storm.save);
        exit(2);
    }
}

/* Runs it once more, in this process, which does not come back. */
static _Noreturn void show(const struct attempt *attempt)
{
    static struct run run;

    body_reset(&attempt->input.config);
    found_expect(&run);
    run_input(&run, &attempt->input, storm.watch);
    fprintf(stderr, "storm: %s was found, but not again\n", attempt->check);
    exit(1);
}

/* In how many runs the model did not tell how it went on, by reason. */
static void print_given_up(const struct attempt *attempt)
{
    for (unsigned i = GIVE_UP_NOT + 1; i < GIVE_UP_REASONS; i++) {
        if (attempt->given_up[i] > 0) {
            printf("the model gave up in %llu of %llu runs: %s\n",
                   (unsigned long long)attempt->given_up[i],
                   (unsigned long long)attempt->given_up[GIVE_UP_NOT],
                   give_up_name((enum give_up_reason)i));
        }
    }
}

static void print_census(void)
{
    for (unsigned i = 0; census_name(i); i++) {
        printf("%-56s in %6.2f of 1,000 programs\n", census_name(i), 1000 * census_share(i));
    }
}

int main(int argc, char **argv)
{
    static struct attempt attempt;

    help_if_asked(argc, argv, usage);
    for (int i = 1; i < argc; i++) {
        if (!parse(argv[i])) {
            fprintf(stderr, "storm: %s\n%s", argv[i], usage);
            return 2;
        }
    }
    if (storm.file) {
        read_program();
        storm.runs = 1;
    }
    if (!storm.runs && storm.seconds == 0) {
        storm.seconds = 10;
    }
    storm.random.state = storm.seed;
    const struct input_config config = input_dull_config();
    body_reset(&config); /* words that make no sense are told here, and only once */
    found_init();
    if (storm.has_census) {
        void *memory =
            mmap(NULL, CENSUS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            perror("storm: mmap");
            return 2;
        }
        census_start(memory);
    }
    attempt_all(&attempt, draw, NULL, storm.watch, storm.is_quiet);
    if (!attempt.is_found) {
        printf("found nothing: executions=%llu events=%llu cpu=%.2f allowed=%.2f an event\n",
               (unsigned long long)attempt.executions, (unsigned long long)attempt.events,
               attempt.cpu_seconds, attempt.mean_allowed);
        print_given_up(&attempt);
        if (storm.has_census) {
            print_census();
        }
        return 0;
    }
    unsigned before = attempt.input.count;
    if (!storm.has_no_minimise) {
        minimise_input(&attempt.input, finds_the_same, attempt.check);
    }
    printf("found %s: executions=%llu events=%llu cpu=%.2f instructions=%u minimised=%u: %s\n",
           attempt.check, (unsigned long long)attempt.executions,
           (unsigned long long)attempt.events, attempt.cpu_seconds, before, attempt.input.count,
           attempt.details);
    if (attempt.why) {
        printf("the model had given up: %s\n", give_up_name(attempt.why));
    }
    fflush(stdout);
    if (storm.save) {
        save(&attempt);
    }
    if (storm.is_quiet || storm.save) {
        return 1;
    }
    show(&attempt);
}
