/*
 * Every program and every schedule of a small alphabet, within bounds: none is drawn, and none is
 * left out.
 *
 * A program is what each process calls, one call after the other; a process that is not mentioned
 * again makes no more. A schedule is an order in which the processes of a program make their calls,
 * go on in them when they have been woken, and end when they have been killed: an order of actions.
 * At each moment those can act that are free (any call of the alphabet) and those that have been
 * woken or are about to be ended (one step). Wherever nobody wants to go on a schedule is complete,
 * and its run comes to its end (fuzz/run), before longer ones are looked at.
 *
 * To go back is to run again from the snapshot of the booted machine. The few calls cost less than
 * a snapshot at each moment would: 17 us (48 with sanitizers) for reset and calls, against 3 us (9)
 * for going back in the machine and 630 us for the 15 MB that model and checks know by then.
 *
 * If somebody acts, then another, and the first could have gone on, the first was preempted if he
 * acts again later. One who waits, has ended, or makes no more calls was not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "fuzz/check/whole.h"
#include "fuzz/driver/found.h"
#include "fuzz/driver/hashes.h"
#include "fuzz/driver/help.h"
#include "fuzz/driver/letters.h"
#include "fuzz/run/body_hosted.h"
#include "fuzz/run/turns.h"

static const char usage[] =
    "usage: enumerate [option]...\n"
    "  --calls=N        in a program; 5\n"
    "  --processes=N    that it makes, and threads, with the first; 3\n"
    "  --preemptions=N  in a schedule; 2\n"
    "  --alphabet=A,... of fork, exit0, exit1, wait, wait-child, wait-nohang, kill-child, store,\n"
    "                   load: these are in it if nothing is said; kill-group; thread, leave,\n"
    "                   futex-wait, futex-wake, exec\n"
    "  --words=WORDS    more kernel words\n"
    "  --findings=PATH  where a program that finds something is written; build/fuzz/findings\n"
    "  --print          prints each schedule\n"
    "  --quiet          prints no progress\n";

enum {
    CALLS_MAX = 8,
    PROCESSES_MAX = 4,
    ACTIONS_MAX = PROCESSES_MAX * (LETTER_COUNT + 2 * PROCESSES_MAX),
    NOBODY = -1,
};

static struct {
    unsigned calls;
    unsigned processes;
    unsigned preemptions;
    unsigned alphabet; /* a bit for each letter */
    bool prints;
    bool is_quiet;
} bounds = {5, 3, 2, LETTERS_DEFAULT, false, false};

/* A process or a thread that the program has made. */
struct task {
    unsigned actor;  /* as instructions name it */
    unsigned parent; /* a task; PROCESSES_MAX: it is a thread, and nobody's child */
    unsigned forks;  /* that it has made */
    uint64_t path;   /* who it is, in whatever order processes are made */
    uint64_t calls;  /* what it has called, as a sum */
    bool was_left;   /* somebody else has acted, and it could have gone on */
};

/* A schedule up to a moment. Its actions are the instructions of the input. */
struct moment {
    unsigned calls;
    unsigned preemptions;
    int last; /* who acted last, or NOBODY */
    unsigned task_count;
    struct task tasks[PROCESSES_MAX];
};

struct action {
    uint8_t task;
    uint8_t letter; /* LETTER_COUNT: it goes on */
    uint8_t child;  /* a task, for letters that take one */
};

static struct {
    struct input input;
    struct action actions[INPUT_INSNS_MAX]; /* of which the input's instructions are made */
    struct run run;
    struct hashes programs;
    struct hashes states;
    uint64_t schedules;
    uint64_t runs;
    double shown; /* when progress was, in CPU seconds */
} all;

static double cpu_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void print_counts(FILE *file)
{
    fprintf(file, "programs=%zu schedules=%llu states=%zu runs=%llu cpu=%.1f\n", all.programs.count,
            (unsigned long long)all.schedules, all.states.count, (unsigned long long)all.runs,
            cpu_seconds());
    fflush(file);
}

static void show_progress(void)
{
    enum { SECONDS = 10 };

    if (!bounds.is_quiet && cpu_seconds() > all.shown + SECONDS) {
        all.shown = cpu_seconds();
        print_counts(stderr);
    }
}

/* ---- what can be done ---- */

static bool makes_task(unsigned letter)
{
    return letter == LETTER_FORK || letter == LETTER_THREAD;
}

static unsigned add_calls(const struct moment *moment, unsigned task, struct action *actions)
{
    unsigned count = 0;

    for (unsigned letter = 0; letter < LETTER_COUNT; letter++) {
        if (!(bounds.alphabet >> letter & 1) ||
            (makes_task(letter) && moment->task_count == bounds.processes)) {
            continue;
        }
        if (!letters[letter].takes_child) {
            actions[count++] = (struct action){.task = (uint8_t)task, .letter = (uint8_t)letter};
            continue;
        }
        for (unsigned child = 1; child < moment->task_count; child++) {
            if (moment->tasks[child].parent == task) {
                actions[count++] = (struct action){(uint8_t)task, (uint8_t)letter, (uint8_t)child};
            }
        }
    }
    return count;
}

/* Whatever can be done next, as the machine stands; *wants: somebody wants to go on. */
static unsigned list_actions(const struct moment *moment, struct action *actions, bool *wants)
{
    unsigned count = 0;

    *wants = false;
    for (unsigned task = 0; task < moment->task_count; task++) {
        enum turn turn = turns_of(moment->tasks[task].actor);
        if (turn == TURN_GO_ON) {
            *wants = true;
            actions[count++] = (struct action){(uint8_t)task, LETTER_COUNT, 0};
        } else if (turn == TURN_BEGIN && moment->calls < bounds.calls) {
            count += add_calls(moment, task, actions + count);
        }
    }
    return count;
}

/* ---- doing it ---- */

static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return sum ^ sum >> 31;
}

/* Puts an action behind the others. false: that would be one preemption too many. */
static bool add_action(struct moment *moment, const struct action *action, bool last_could)
{
    struct task *task = &moment->tasks[action->task];
    struct input *input = &all.input;

    if (moment->last != NOBODY && moment->last != action->task && last_could) {
        moment->tasks[moment->last].was_left = true;
    }
    moment->preemptions += task->was_left;
    task->was_left = false;
    moment->last = action->task;
    if (moment->preemptions > bounds.preemptions) {
        return false;
    }
    all.actions[input->count] = *action;
    input->insns[input->count] =
        letter_insn(action->letter, task->actor, moment->tasks[action->child].actor, input->count);
    input->count++;
    if (action->letter == LETTER_COUNT) {
        return true;
    }
    moment->calls++;
    uint64_t child = letters[action->letter].takes_child ? moment->tasks[action->child].path : 0;
    task->calls = mix(mix(task->calls, action->letter + 1), child);
    if (makes_task(action->letter)) {
        moment->tasks[moment->task_count++] = (struct task){
            .actor = input->count,
            .parent = action->letter == LETTER_FORK ? action->task : PROCESSES_MAX,
            .path = mix(task->path, ++task->forks),
        };
    }
    return true;
}

static void run_so_far(void)
{
    body_reset(&all.input.config);
    found_expect(&all.run);
    run_begin(&all.run, &all.input, RUN_ALL);
    for (unsigned i = 0; i < all.input.count; i++) {
        turns_begin(i);
    }
    all.runs++;
}

/* Who does what, and to which child: processes by the order in which they are made. */
static void print_schedule(void)
{
    for (unsigned i = 0; i < all.input.count; i++) {
        const struct action *action = &all.actions[i];
        const char *name =
            action->letter == LETTER_COUNT ? "goes-on" : letters[action->letter].name;
        printf("%s%u:%s", i == 0 ? "" : " ", action->task, name);
        if (action->child != 0) {
            printf(":%u", action->child);
        }
    }
    printf("\n");
}

static void count_schedule(const struct moment *moment)
{
    uint64_t program = 0;

    all.schedules++;
    for (unsigned task = 0; task < moment->task_count; task++) {
        program += mix(moment->tasks[task].path, moment->tasks[task].calls);
    }
    hashes_add(&all.programs, program);
    if (bounds.prints) {
        print_schedule();
    }
    show_progress();
}

/* All that can come behind what has been done so far. */
static void explore(const struct moment *moment)
{
    struct action actions[ACTIONS_MAX];
    bool could[PROCESSES_MAX] = {false};
    bool wants;

    run_so_far();
    hashes_add(&all.states, whole_sum());
    unsigned count = list_actions(moment, actions, &wants);
    for (unsigned i = 0; i < count; i++) {
        could[actions[i].task] = true;
    }
    if (!wants) {
        count_schedule(moment);
        run_end();
    }
    for (unsigned i = 0; i < count; i++) {
        struct moment next = *moment;
        unsigned instructions = all.input.count;
        bool last_could = moment->last != NOBODY && could[moment->last];
        if (add_action(&next, &actions[i], last_could)) {
            explore(&next);
        }
        all.input.count = instructions;
    }
}

/* ---- the command line ---- */

static char *value_of(char *argument, const char *name)
{
    size_t len = strlen(name);

    return strncmp(argument, name, len) == 0 && argument[len] == '=' ? argument + len + 1 : NULL;
}

static bool parse_number(const char *text, unsigned min, unsigned max, unsigned *number)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);

    *number = (unsigned)value;
    return *text != '\0' && *end == '\0' && value >= min && value <= max;
}

static bool parse(char *argument)
{
    char *value;

    if ((value = value_of(argument, "--calls"))) {
        return parse_number(value, 0, CALLS_MAX, &bounds.calls);
    }
    if ((value = value_of(argument, "--processes"))) {
        return parse_number(value, 1, PROCESSES_MAX, &bounds.processes);
    }
    if ((value = value_of(argument, "--preemptions"))) {
        return parse_number(value, 0, INPUT_INSNS_MAX, &bounds.preemptions);
    }
    if ((value = value_of(argument, "--alphabet"))) {
        char names[256]; /* they are cut; what is wrong is printed whole */
        snprintf(names, sizeof(names), "%s", value);
        return letters_parse(names, &bounds.alphabet);
    }
    if ((value = value_of(argument, "--words"))) {
        body_set_words(value);
        return true;
    }
    if ((value = value_of(argument, "--findings"))) {
        found_directory = value;
        return true;
    }
    bounds.prints |= strcmp(argument, "--print") == 0;
    bounds.is_quiet |= strcmp(argument, "--quiet") == 0;
    return strcmp(argument, "--print") == 0 || strcmp(argument, "--quiet") == 0;
}

int main(int argc, char **argv)
{
    const struct moment start = {.last = NOBODY, .task_count = 1};

    help_if_asked(argc, argv, usage);
    for (int i = 1; i < argc; i++) {
        if (!parse(argv[i])) {
            fprintf(stderr, "enumerate: %s\n%s", argv[i], usage);
            return 2;
        }
    }
    all.input.config = input_dull_config();
    all.input.config.schedule = SCHEDULE_GIVEN;
    found_init();
    explore(&start);
    printf("found nothing: ");
    print_counts(stdout);
    return 0;
}
