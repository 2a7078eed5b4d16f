/*
 * Whether the model would object. Random programs are run with it, and each event is told to it
 * first as it was not: with another result, error, value or status. What it has only one answer for
 * it must refuse all others of; and a bug of its own must come to light against a kernel that is
 * right.
 */
#include "fuzz/model/model.h"

#include <setjmp.h>

#include "abi/errno.h"
#include "base/random.h"
#include "base/string.h"
#include "fuzz/check/eyes.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/world.h"
#include "fuzz/run/body.h"
#include "fuzz/run/run.h"
#include "platform/hosted/report.h"
#include "test.h"

int printf(const char *format, ...); /* libc's header and abi's say the same names */

enum { NO_SUCH_CALL = 2000 };

static struct input input;
static struct run run;

/* ---- the state of the model ---- */

static struct world saved;

/* The parts of the world that are in use. */
static void copy(struct world *to, const struct world *from)
{
    memcpy(to, from, offsetof(struct world, procs));
    memcpy(to->procs, from->procs, from->proc_count * sizeof(from->procs[0]));
    memcpy(to->spaces, from->spaces, from->space_count * sizeof(from->spaces[0]));
    memcpy(to->objects, from->objects, from->object_count * sizeof(from->objects[0]));
    memcpy(to->tables, from->tables, from->table_count * sizeof(from->tables[0]));
    memcpy(to->contexts, from->contexts, from->context_count * sizeof(from->contexts[0]));
    memcpy(to->actions, from->actions, from->actions_count * sizeof(from->actions[0]));
    memcpy(to->files, from->files, from->file_count * sizeof(from->files[0]));
    memcpy(to->pipes, from->pipes, from->pipe_count * sizeof(from->pipes[0]));
    memcpy(to->nodes, from->nodes, from->node_count * sizeof(from->nodes[0]));
    memcpy(to->timers, from->timers, from->timer_count * sizeof(from->timers[0]));
    memcpy(to->pages, from->pages, from->page_count * sizeof(from->pages[0]));
}

/* ---- events that did not happen ---- */

static struct {
    uint64_t events;
    uint64_t altered;  /* where one answer is allowed */
    uint64_t accepted; /* of these, by the model */
    uint64_t loose;    /* where several are */
    uint64_t loosely_accepted;
    uint64_t stops;
    uint64_t stopped_calls;      /* that process was in a call */
    uint64_t stops_behind_calls; /* that has given something */
    uint64_t leavings;           /* threads that have ended while others go on */
    uint64_t threads;            /* that another did it, or nobody there */
    uint64_t given_up; /* what the model does not tell: it accepts what comes behind, too */
} counts;

/* Whether the model has given up at the last event that it was told. */
static bool has_given_up;

/* How many answers the model allowed the event, which it is told, and forgets again. */
static uint64_t answers(const struct event *event, bool *is_accepted)
{
    enum give_up_reason before_it = world.gave_up;
    uint64_t before;
    uint64_t after;
    uint64_t events;

    copy(&saved, &world);
    model_allowed(&before, &events);
    *is_accepted = model_event(event) == NULL;
    model_allowed(&after, &events);
    has_given_up = world.gave_up && !before_it;
    copy(&world, &saved);
    return after - before;
}

/* Whether an address that is given is any that is free: one of them is as good as another. */
static bool gives_a_fresh_address(const struct event *event)
{
    return (event->nr == NR_mmap || event->nr == NR_mremap) && event->result > 0;
}

static void tell_wrongly(struct event event, const struct event *right, uint64_t allowed)
{
    bool is_accepted;

    bool is_fresh = gives_a_fresh_address(right) && event.kind == right->kind && event.result > 0;
    if (is_fresh || (event.kind == right->kind && event.result == right->result &&
                     event.wait_status == right->wait_status &&
                     event.is_stopped == right->is_stopped && event.tid == right->tid)) {
        return;
    }
    (void)answers(&event, &is_accepted);
    if (has_given_up) {
        counts.given_up++;
        return;
    }
    if (allowed > 1 || right->was_refused) {
        counts.loose++;
        counts.loosely_accepted += is_accepted;
        return;
    }
    counts.altered++;
    counts.accepted += is_accepted;
    if (is_accepted) {
        test_note("event %lu, thread %d of process %d, call %u: kind %d, %ld of thread %d was "
                  "accepted for kind %d, %ld",
                  counts.events, right->tid, right->pid, right->nr, event.kind, event.result,
                  event.tid, right->kind, right->result);
    }
    EXPECT(!is_accepted);
}

static void alter_result(const struct event *right, uint64_t allowed)
{
    static const int64_t others[] = {0,       1,       -1,      -ENOENT, -ESRCH,  -EINTR, -E2BIG,
                                     -EBADF,  -ECHILD, -EAGAIN, -EACCES, -EFAULT, -EPIPE, -EINVAL,
                                     -EMFILE, -EPERM,  -ENOSYS, 2,       4096};
    struct event event = *right;

    event.kind = EVENT_RESULT;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        event.result = others[i];
        tell_wrongly(event, right, allowed);
    }
    if (!right->was_refused) {
        event.result = -ENOMEM;
        tell_wrongly(event, right, allowed);
    }
    event.result = right->result + 1;
    tell_wrongly(event, right, allowed);
    event.result = right->result - 1;
    tell_wrongly(event, right, allowed);
    if (right->kind != EVENT_BLOCKED) {
        event.kind = EVENT_BLOCKED;
        tell_wrongly(event, right, allowed);
    }
}

static void alter_status(const struct event *right, uint64_t allowed)
{
    static const int others[] = {0, 1, 9, 11, 15, 0x100, 0x200, 0xff00, EVENT_STATUS_LOST};
    struct event event = *right;

    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        event.wait_status = others[i];
        tell_wrongly(event, right, allowed);
    }
    event.wait_status = right->wait_status ^ 0x8000;
    tell_wrongly(event, right, allowed);
}

/* It was not stopped, or it was, or something else has become of its call. */
static void alter_stop(const struct event *right, uint64_t allowed)
{
    static const enum event_kind others[] = {EVENT_RESULT, EVENT_BLOCKED, EVENT_CAUGHT, EVENT_AGAIN,
                                             EVENT_STOPPED};
    struct event event = *right;

    counts.stops += right->is_stopped;
    counts.stopped_calls += right->is_stopped && right->is_rerun;
    counts.stops_behind_calls += right->is_stopped && right->kind == EVENT_RESULT;
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        event.kind = others[i];
        event.is_stopped = right->is_stopped;
        if (right->kind == EVENT_STOPPED) {
            tell_wrongly(event, right, allowed);
        }
        event.is_stopped = !right->is_stopped;
        tell_wrongly(event, right, allowed);
    }
}

/* It ended, and others of its process go on; or it did not, or its process ended with it. */
static void alter_leaving(const struct event *right, uint64_t allowed)
{
    static const enum event_kind others[] = {EVENT_RESULT, EVENT_BLOCKED, EVENT_CAUGHT,
                                             EVENT_AGAIN,  EVENT_STORED,  EVENT_ENDED};
    struct event event = *right;

    counts.leavings += right->kind == EVENT_LEFT;
    event.kind = EVENT_LEFT;
    tell_wrongly(event, right, allowed);
    for (unsigned i = 0; right->kind == EVENT_LEFT && i < sizeof(others) / sizeof(others[0]); i++) {
        event.kind = others[i];
        event.is_stopped = false;
        tell_wrongly(event, right, allowed);
        event.is_stopped = true;
        tell_wrongly(event, right, allowed);
    }
}

/* Whether it could not have been this thread: it is another process's, or in another call; but a
 * process ends with any. */
static bool is_another(const struct proc *thread, const struct event *right)
{
    bool has_others = thread->pid != right->pid;
    bool is_elsewhere =
        right->is_rerun && right->kind != EVENT_ENDED && thread->doing.nr != right->nr;

    return is_thread(thread) && (has_others || (is_elsewhere && thread->tid != right->tid));
}

static void alter_thread(const struct event *right, uint64_t allowed)
{
    enum { NOBODY = 30000 };
    struct event event = *right;

    event.tid = NOBODY;
    tell_wrongly(event, right, allowed);
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (is_another(&world.procs[i], right)) {
            event.tid = world.procs[i].tid;
            tell_wrongly(event, right, allowed);
            counts.threads += world.procs[i].pid == right->pid;
        }
    }
}

static void alter(const struct event *right)
{
    bool is_accepted;
    struct event event = *right;

    counts.events += !world.gave_up;
    if (world.gave_up || right->kind == EVENT_TIME || right->kind == EVENT_NO_TIMERS ||
        right->kind == EVENT_TYPED || right->kind == EVENT_KILLED) {
        return; /* nobody's */
    }
    uint64_t allowed = answers(right, &is_accepted);
    if (has_given_up) { /* here it does not tell */
        counts.given_up++;
        return;
    }
    alter_leaving(right, allowed);
    alter_thread(right, allowed);
    switch (right->kind) {
    case EVENT_RESULT:
    case EVENT_BLOCKED:
        alter_result(right, allowed);
        alter_stop(right, allowed);
        break;
    case EVENT_STOPPED:
    case EVENT_CAUGHT:
        alter_stop(right, allowed);
        break;
    case EVENT_ENDED:
        alter_status(right, allowed);
        break;
    case EVENT_LOADED:
        event.result ^= 1;
        tell_wrongly(event, right, allowed);
        break;
    default:
        break;
    }
}

static void run_one(uint64_t seed, enum generate_profile profile, unsigned watch)
{
    struct random random = {.state = seed};

    generate_input(&input, &random, profile);
    body_reset(&input.config);
    run_input(&run, &input, watch);
}

TEST(model_objects_to_whatever_did_not_happen)
{
    enum { RUNS = 400 };
    uint64_t results;
    uint64_t events;

    run_listener = alter;
    for (uint64_t seed = 0; seed < RUNS; seed++) {
        run_one(seed, (enum generate_profile)(seed % 3), RUN_MODEL);
    }
    run_listener = NULL;
    EXPECT(counts.events > 200);
    EXPECT(counts.altered > 4000);
    EXPECT_EQ(counts.accepted, 0);
    EXPECT(counts.given_up < counts.altered / 20);
    EXPECT(counts.loosely_accepted < counts.loose / 4);
    EXPECT(counts.stops > 20);
    EXPECT(counts.stopped_calls > 5);
    EXPECT(counts.stops_behind_calls > 0);
    EXPECT(counts.leavings > 5);
    EXPECT(counts.threads > 5);
    model_allowed(&results, &events);
    printf("# %lu stops, %lu of them in calls, %lu behind what these gave\n", counts.stops,
           counts.stopped_calls, counts.stops_behind_calls);
    printf("# %lu threads left, %lu events told of another of the same process\n", counts.leavings,
           counts.threads);
    printf("# %lu events, %lu altered, %lu where several answers are allowed, of which %lu "
           "were accepted; %lu at which it gives up\n",
           counts.events, counts.altered, counts.loose, counts.loosely_accepted, counts.given_up);
}

/* From a reason on everything is accepted, until the next run. */
TEST(model_that_has_given_up_accepts_everything)
{
    const struct event right = {
        .kind = EVENT_RESULT, .pid = 1, .pc = IMAGE_CODE, .nr = NR_getpid, .result = 1};
    const struct event wrong = {
        .kind = EVENT_RESULT, .pid = 1, .pc = IMAGE_CODE, .nr = NR_getpid, .result = 2};
    const struct event beyond = {.kind = EVENT_RESULT,
                                 .pid = 1,
                                 .pc = IMAGE_CODE,
                                 .nr = NR_clock_nanosleep,
                                 .args = {CLOCK_PROCESS_CPUTIME_ID}};
    const struct input_config config = input_dull_config();
    uint64_t before = give_up_count(GIVE_UP_TIMER);

    body_reset(&config);
    model_begin(&run_eyes);
    EXPECT(model_event(&right) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
    EXPECT(model_event(&beyond) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_TIMER);
    EXPECT_EQ(give_up_count(GIVE_UP_TIMER), before + 1);
    world_find(1)->context->umask ^= 1;
    EXPECT(model_event(&wrong) == NULL);
    EXPECT(model_compare(true) == NULL);
    EXPECT(model_at_rest() == NULL);
    EXPECT_EQ(give_up_count(GIVE_UP_TIMER), before + 1);
    model_begin(&run_eyes);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
    EXPECT(model_event(&wrong) != NULL);
}

static const char *tell_init(uint32_t nr, uint64_t arg0, uint64_t arg1, int64_t result)
{
    const struct event event = {.kind = EVENT_RESULT,
                                .pid = 1,
                                .pc = IMAGE_CODE,
                                .nr = nr,
                                .args = {arg0, arg1},
                                .result = result};

    return model_event(&event);
}

TEST(model_gives_up_where_it_does_not_tell)
{
    const struct input_config config = input_dull_config();

    body_reset(&config);
    model_begin(&run_eyes);
    EXPECT(tell_init(NR_clock_nanosleep, 99, 0, -EINVAL) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
    EXPECT(tell_init(NR_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, 0) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_TIMER);
    model_begin(&run_eyes);
    EXPECT(tell_init(NR_kill, 1, SIGCONT, 0) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
    EXPECT(tell_init(NO_SUCH_CALL, 0, 0, -ENOSYS) == NULL);
    EXPECT(tell_init(NO_SUCH_CALL, 0, 0, 0) != NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
}

/* What a program has written over its instructions may do anything, but for what ends it. */
TEST(model_gives_up_where_instructions_are_written_over)
{
    const struct input_config config = input_dull_config();
    const struct event trapped = {.kind = EVENT_ENDED,
                                  .pid = 1,
                                  .pc = IMAGE_CODE,
                                  .nr = EVENT_NO_CALL,
                                  .wait_status = SIGTRAP};
    const uint32_t other = 0;

    body_reset(&config);
    model_begin(&run_eyes);
    memory_store(memory_of(world_find(1)), IMAGE_CODE + IMAGE_STORE, &other, sizeof(other));
    EXPECT(tell_init(NR_umask, 0, 0, 12345) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_CODE);
    body_reset(&config);
    model_begin(&run_eyes);
    memory_store(memory_of(world_find(1)), IMAGE_CODE + IMAGE_STORE, &other, sizeof(other));
    EXPECT(model_event(&trapped) == NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
    body_reset(&config);
    model_begin(&run_eyes);
    EXPECT(tell_init(NR_umask, 0, 0, 12345) != NULL);
    EXPECT_EQ(give_up_why(), GIVE_UP_NOT);
}

TEST(model_allows_little)
{
    enum { RUNS = 300 };
    uint64_t results;
    uint64_t events;

    for (uint64_t seed = 0; seed < RUNS; seed++) {
        run_one(seed, (enum generate_profile)(seed % 3), RUN_MODEL);
    }
    model_allowed(&results, &events);
    printf("# %lu.%02lu answers allowed in the mean, in %lu events\n", results / events,
           results * 100 / events % 100, events);
    EXPECT(results < 2 * events);
}

/* ---- bugs of the model's own ---- */

static jmp_buf back;
static bool has_complained;

static void note_complaint(const char *name, const char *details)
{
    const char *rest;

    (void)details;
    has_complained = str_starts(name, "model.", &rest);
    longjmp(back, 1);
}

/* How many random programs it takes until the model complains; at most the limit. */
static unsigned runs_to_complaint(unsigned limit)
{
    static unsigned count;

    report_hook = note_complaint;
    has_complained = false;
    for (count = 0; count < limit && !has_complained; count++) {
        if (setjmp(back) == 0) {
            run_one(count, (enum generate_profile)(count % 3), RUN_MODEL);
        }
    }
    report_hook = NULL;
    return count;
}

TEST(model_with_a_bug_complains)
{
    enum { LIMIT = 4000 };

    for (unsigned plant = MODEL_PLANT_NONE + 1; plant < MODEL_PLANT_COUNT; plant++) {
        test_note("bug %u", plant);
        model_planted = (enum model_plant)plant;
        unsigned runs = runs_to_complaint(LIMIT);
        EXPECT(has_complained);
        printf("# bug %u of the model: %u programs\n", plant, runs);
    }
    model_planted = MODEL_PLANT_NONE;
    EXPECT_EQ(runs_to_complaint(LIMIT), LIMIT);
}

TEST(model_objects_to_what_the_kernel_has)
{
    const struct event none = {
        .kind = EVENT_RESULT, .pid = 1, .pc = IMAGE_CODE, .nr = NR_getpid, .result = 1};
    const struct input_config config = input_dull_config();

    body_reset(&config);
    model_begin(&run_eyes);
    EXPECT(model_event(&none) == NULL);
    EXPECT(model_compare(false) == NULL);
    struct proc *init = world_find(1);
    struct proc was = *init;
    init->context->umask ^= 1;
    EXPECT(model_compare(false) != NULL);
    init->context->umask ^= 1;
    init->group = 2;
    EXPECT(model_compare(false) != NULL);
    *init = was;
    init->table->fds[1].closes = true;
    EXPECT(model_compare(false) != NULL);
    init->table->fds[1].closes = false;
    init->actions[0].handler = SIG_IGN;
    EXPECT(model_compare(false) != NULL);
    init->actions[0].handler = SIG_DFL;
    EXPECT(model_compare(false) == NULL);
    init->limits[RLIMIT_STACK].rlim_cur--;
    EXPECT(model_compare(false) != NULL);
    *init = was;
    memory_store(memory_of(init), IMAGE_ZEROS + 100, "x", 1);
    EXPECT(model_compare(false) != NULL);
}

TEST(model_reads_pages_again_in_the_end)
{
    const struct input_config config = input_dull_config();

    body_reset(&config);
    model_begin(&run_eyes);
    EXPECT(model_compare(true) == NULL);
    EXPECT(model_compare(false) == NULL);
    uint8_t *page = (uint8_t *)(uintptr_t)run_eyes.page(1, TOP_OF_STACK - 1);
    EXPECT(page);
    page[100] ^= 1; /* and nobody is told of it */
    EXPECT(model_compare(false) == NULL);
    EXPECT(model_compare(true) != NULL);
    EXPECT(model_overlooked());
    page[100] ^= 1;
    EXPECT(model_compare(true) == NULL);
    memory_store(memory_of(world_find(1)), TOP_OF_STACK - 1, "x", 1);
    EXPECT(model_compare(false) != NULL);
    EXPECT(!model_overlooked());
}
