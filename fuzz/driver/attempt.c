#include "fuzz/driver/attempt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/driver/found.h"
#include "fuzz/model/model.h"
#include "fuzz/run/body.h"

enum {
    HANG_SECONDS = 20, /* for one input, under sanitizers and on a machine that has other work */
    TWICE_ONE_IN = 256,
    PROGRESS_EVERY = 1024, /* executions between two looks at the clock */
    PROGRESS_SECONDS = 5,
};

/* Seen by the process that runs the inputs and by the one that waits for it. */
static struct attempt *shared;

static double cpu_seconds(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static double mean_allowed(void)
{
    uint64_t results;
    uint64_t events;

    model_allowed(&results, &events);
    return events > 0 ? (double)results / (double)events : 0;
}

static void note_given_up(void)
{
    shared->why = give_up_why();
    for (unsigned i = 0; i < GIVE_UP_REASONS; i++) {
        shared->given_up[i] = give_up_count((enum give_up_reason)i);
    }
}

static void note(const char *check, const char *details)
{
    shared->is_found = true;
    snprintf(shared->check, sizeof(shared->check), "%s", check);
    snprintf(shared->details, sizeof(shared->details), "%s", details);
    shared->cpu_seconds = cpu_seconds();
    note_given_up();
    if (strcmp(check, "sanitizer") != 0) {
        _exit(0);
    }
}

static void run_once(const struct input *input, unsigned watch)
{
    static struct run run;
    static struct run again;

    alarm(HANG_SECONDS);
    shared->executions++;
    body_reset(&input->config);
    found_expect(&run);
    run_input(&run, input, watch);
    shared->events += run.stats.events;
    memcpy(shared->outcomes, run.outcomes, sizeof(shared->outcomes));
    if (shared->executions % TWICE_ONE_IN == 0) {
        body_reset(&input->config);
        run_input(&again, input, watch);
        if (again.stats.digest != run.stats.digest) {
            finding("run.determinism", "two runs of one input have gone different ways");
        }
    }
}

static void show_progress(void)
{
    static double last;

    if (shared->executions % PROGRESS_EVERY != 0 || cpu_seconds() < last + PROGRESS_SECONDS) {
        return;
    }
    last = cpu_seconds();
    fprintf(stderr, "executions %llu, %.0f a CPU second, events %llu, found nothing so far\n",
            (unsigned long long)shared->executions, (double)shared->executions / last,
            (unsigned long long)shared->events);
}

static _Noreturn void run_all(bool (*next)(void *context, struct input *input), void *context,
                              unsigned watch, bool is_quiet)
{
    if (is_quiet) {
        int nowhere = open("/dev/null", O_WRONLY);
        dup2(nowhere, STDERR_FILENO);
    }
    found_hook = note;
    while (next(context, &shared->input)) {
        run_once(&shared->input, watch);
        if (!is_quiet) {
            show_progress();
        }
    }
    shared->cpu_seconds = cpu_seconds();
    shared->mean_allowed = mean_allowed();
    note_given_up();
    _exit(0);
}

const char *attempt_name_of_end(int wait_status)
{
    int signal = WIFSIGNALED(wait_status) ? WTERMSIG(wait_status) : 0;

    /* UndefinedBehaviorSanitizer tells nobody but stderr. */
    return signal == SIGALRM ? "run.hang" : signal == SIGABRT ? "sanitizer" : "run.crash";
}

void attempt_all(struct attempt *attempt, bool (*next)(void *context, struct input *input),
                 void *context, unsigned watch, bool is_quiet)
{
    int status = 0;

    if (!shared) {
        shared =
            mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED) {
            perror("eft: mmap");
            exit(2);
        }
    }
    memset(shared, 0, sizeof(*shared));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run_all(next, context, watch, is_quiet);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        perror("eft: fork");
        exit(2);
    }
    if (!shared->is_found && status != 0) {
        snprintf(shared->check, sizeof(shared->check), "%s", attempt_name_of_end(status));
        snprintf(shared->details, sizeof(shared->details), "wait status 0x%x", (unsigned)status);
        shared->is_found = true;
    }
    *attempt = *shared;
}

static bool give_once(void *context, struct input *input)
{
    const struct input **at = context;

    if (!*at) {
        return false;
    }
    *input = **at;
    *at = NULL;
    return true;
}

bool attempt_one(struct attempt *attempt, const struct input *input, unsigned watch)
{
    const struct input *once = input;

    attempt_all(attempt, give_once, &once, watch, true);
    return attempt->is_found;
}
