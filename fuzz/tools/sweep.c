/*
 * Failing allocations, all of them: each program that is given is run as it is, and then for each
 * of its instructions with the first allocation failing, the second, and so on until there is no
 * such allocation any more; once alone, and once with all behind it until the call has ended.
 *
 * Or all interrupts: in each window of each instruction, and behind it, comes what is due next by
 * the clock, and each of the keys that send a signal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/driver/found.h"
#include "fuzz/driver/help.h"
#include "fuzz/driver/read.h"
#include "fuzz/input/edit.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/names.h"
#include "fuzz/input/normal.h"
#include "fuzz/run/body_hosted.h"

static const char usage[] = "usage: sweep [option]... FILE.repro...\n"
                            "  --windows          interrupts, and no failing allocations\n"
                            "  --words=WORDS      more kernel words\n"
                            "  --findings=FOLDER  where programs that find something are written;\n"
                            "                     build/fuzz/findings\n"
                            "  --calls            also says, for each call, how often one of its\n"
                            "                     allocations failed, and which was the last\n";

enum {
    HANG_SECONDS = 60, /* for a run */
    NTH_MAX = UINT8_MAX,
    TYPES_MAX = 512,      /* of instructions */
    BEHIND = NTH_MAX + 1, /* as nth: not in a window, but behind the instruction */
    FAILURES = 2,         /* ways: once, and for good */
    INTERRUPTS = WINDOW_EVENTS - 1,
};

static unsigned ways = FAILURES;

/* What is run next. */
struct place {
    bool is_begun; /* the program as it is has been run */
    unsigned insn;
    unsigned way; /* fails for ever; or an enum window_event, less 1 */
    unsigned nth; /* that has been run last; 0: nothing of this has */
};

/* Runs are made in a process of their own, since what is found ends it: known to both. */
static struct shared {
    struct place place;
    unsigned long runs;
    unsigned long waits;   /* calls of the programs as they are that have waited, */
    unsigned long windows; /* and their windows */
    unsigned long fired;   /* allocations that have failed, or interrupts that came */
    struct {
        unsigned long fired;
        unsigned last; /* the greatest number of one that has failed */
    } types[TYPES_MAX];
    bool is_found;
    char check[REPRO_CHECK_MAX];
    char details[400];
} * shared;

static struct repro repro; /* the program that is swept */
static bool says_calls;
static struct run run;

/* ---- in the process that runs ---- */

static void note(const char *check, const char *details)
{
    if (shared->is_found) {
        return; /* what writing it down has led to */
    }
    shared->is_found = true;
    snprintf(shared->check, sizeof(shared->check), "%s", check);
    snprintf(shared->details, sizeof(shared->details), "%s", details);
    found_write(check);
}

static void run_once(const struct input *input)
{
    alarm(HANG_SECONDS);
    body_reset(&input->config);
    found_expect(&run);
    shared->runs++;
    run_input(&run, input, RUN_ALL);
}

/* What was to happen to an instruction has. */
static void count(const struct place *place)
{
    const struct insn *insn = &repro.input.insns[place->insn];
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);
    unsigned at = (unsigned)(type - insn_types);

    shared->fired++;
    if (type && at < TYPES_MAX) {
        shared->types[at].fired++;
        shared->types[at].last =
            place->nth > shared->types[at].last ? place->nth : shared->types[at].last;
    }
}

/* What comes in a window, as an instruction. */
static struct insn interrupt(unsigned event)
{
    static const uint8_t keys[WINDOW_EVENTS] = {
        [WINDOW_INTERRUPT_KEY] = 3, [WINDOW_QUIT_KEY] = 28, [WINDOW_STOP_KEY] = 26};
    struct insn insn = {.op = event == WINDOW_TIMER ? OP_TICK : OP_TYPE, .preempt = INSN_NOBODY};

    insn.args[0] = (struct operand){OPERAND_NUMBER, 0, 0, keys[event]};
    return insn;
}

/* The program with one thing that happens; true: it did. */
static bool run_with(const struct place *place)
{
    static struct input input;
    struct insn *insn = &input.insns[place->insn];
    const struct outcome *outcome = &run.outcomes[place->insn];

    input = repro.input;
    if (place->nth == BEHIND) {
        edit_open(&input, place->insn + 1, 1);
        input.insns[place->insn + 1] = interrupt(place->way + 1);
        input_normalise(&input);
    } else if (ways == FAILURES) {
        insn->fail_nth = (uint8_t)place->nth;
        insn->fails_forever = place->way;
    } else {
        insn->window = (uint8_t)place->nth;
        insn->window_event = (uint8_t)(place->way + 1);
    }
    run_once(&input);
    return place->nth == BEHIND ||
           (ways == FAILURES ? outcome->has_fired : outcome->windows >= place->nth);
}

/* Whatever is left to do with one instruction, in one way. */
static void sweep_instruction(struct place *place)
{
    bool goes_on = true;

    while (goes_on && place->nth < NTH_MAX) {
        place->nth++; /* it goes on behind this one, whatever happens */
        goes_on = run_with(place);
        if (goes_on) {
            count(place);
        }
    }
    if (ways == INTERRUPTS && repro.input.count < INPUT_INSNS_MAX) {
        place->nth = BEHIND;
        shared->fired += run_with(place);
    }
}

static void count_windows(void)
{
    for (unsigned i = 0; i < repro.input.count; i++) {
        if (run.outcomes[i].has_blocked) {
            shared->waits++;
            shared->windows += run.outcomes[i].windows;
        }
    }
}

static void next_way(struct place *place)
{
    place->way++;
    place->insn += place->way / ways;
    place->way %= ways;
    place->nth = 0;
}

static _Noreturn void go_on(void)
{
    struct place *place = &shared->place;
    unsigned count = repro.input.count;

    found_hook = note;
    if (!place->is_begun) {
        place->is_begun = true;
        run_once(&repro.input);
        count_windows();
    }
    while (place->insn < count) {
        if (insn_can_fail(&repro.input.insns[place->insn])) {
            sweep_instruction(place);
        }
        next_way(place);
    }
    _exit(0);
}

/* ---- in the one that looks on ---- */

/* Runs all that is left up to the next finding. false: there was none. */
static bool find_next(void)
{
    int status = 0;

    shared->is_found = false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        go_on();
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("sweep: fork");
        exit(2);
    }
    if (status != 0 && !shared->is_found) {
        bool is_hang = WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        shared->is_found = true;
        snprintf(shared->check, sizeof(shared->check), is_hang ? "run.hang" : "run.crash");
        snprintf(shared->details, sizeof(shared->details), "wait status 0x%x", (unsigned)status);
    }
    return shared->is_found;
}

static void print_finding(const char *path)
{
    const struct place *place = &shared->place;

    printf("%s: FOUND %s: %s\n", path, shared->check, shared->details);
    if (place->nth == BEHIND) {
        printf("  with %s behind line %u\n", window_event_names[place->way + 1], place->insn);
    } else if (place->nth > 0 && ways == INTERRUPTS) {
        printf("  with (window: %u %s) in line %u\n", place->nth,
               window_event_names[place->way + 1], place->insn);
    } else if (place->nth > 0) {
        printf("  with (fail_nth: %u%s) in line %u\n", place->nth, place->way ? " forever" : "",
               place->insn);
    }
}

/* Of what one instruction shows in one way, the first is enough; and of a program that
 * finds something as it is, that. */
static unsigned sweep(const char *path)
{
    unsigned findings = 0;

    shared->place = (struct place){.nth = 0};
    while (find_next()) {
        findings++;
        print_finding(path);
        if (shared->place.nth == 0) {
            break;
        }
        next_way(&shared->place);
    }
    return findings;
}

static bool read_program(const char *path)
{
    char error[REPRO_ERROR_MAX];

    if (!repro_read(&repro, path, error)) {
        fprintf(stderr, "%s: %s\n", path, error);
        return false;
    }
    return true;
}

static const char *value_of(const char *argument, const char *name)
{
    size_t len = strlen(name);

    return strncmp(argument, name, len) == 0 && argument[len] == '=' ? argument + len + 1 : NULL;
}

/* false: it is no option. */
static bool take_option(const char *argument)
{
    bool is_windows = strcmp(argument, "--windows") == 0;
    const char *words = value_of(argument, "--words");
    const char *folder = value_of(argument, "--findings");
    bool calls = strcmp(argument, "--calls") == 0;

    says_calls |= calls;
    if (words) {
        body_set_words(words);
    }
    if (folder) {
        found_directory = folder;
    }
    if (is_windows) {
        ways = INTERRUPTS;
    }
    return is_windows || words || folder || calls;
}

static void print_calls(void)
{
    for (unsigned i = 0; i < insn_type_count && i < TYPES_MAX; i++) {
        if (shared->types[i].fired > 0) {
            printf("%-20s %6lu failures, up to allocation %u\n", insn_types[i].name,
                   shared->types[i].fired, shared->types[i].last);
        }
    }
}

int main(int argc, char **argv)
{
    unsigned programs = 0;
    unsigned findings = 0;
    int first = 1;

    help_if_asked(argc, argv, usage);
    while (first < argc && take_option(argv[first])) {
        first++;
    }
    if (first == argc || argv[first][0] == '-') {
        fprintf(stderr, "%s", usage);
        return 2;
    }
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) {
        perror("sweep: mmap");
        return 2;
    }
    found_init();
    for (int i = first; i < argc; i++) {
        if (!read_program(argv[i])) {
            return 2;
        }
        findings += sweep(argv[i]);
        programs++;
    }
    if (says_calls) {
        print_calls();
    }
    printf("programs=%u waits=%lu windows=%lu runs=%lu %s=%lu findings=%u\n", programs,
           shared->waits, shared->windows, shared->runs,
           ways == FAILURES ? "failures" : "interrupts", shared->fired, findings);
    return findings > 0;
}
