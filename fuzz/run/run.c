#include "fuzz/run/run.h"

#include "base/inject.h"
#include "base/string.h"
#include "dev/console.h"
#include "fs/timerfd.h"
#include "fuzz/check/check.h"
#include "fuzz/check/eyes.h"
#include "fuzz/check/peek.h"
#include "fuzz/input/operand.h"
#include "fuzz/model/model.h"
#include "fuzz/run/actor.h"
#include "fuzz/run/body.h"
#include "fuzz/run/turns.h"
#include "proc/clock.h"
#include "proc/sched.h"
#include "proc/signal.h"

/*
 * An instruction is begun when its actor is free. It may take several steps, since a page fault may
 * come first, and a long call does a part at a time; and it may wait. What a thread is doing is
 * kept by its number, so that the outcome finds its instruction however late it comes.
 */

enum {
    TIDS_MAX = 4 * INPUT_INSNS_MAX,
    STEPS_MAX = 20000,        /* of a run; so many mean that something goes round in a circle */
    STEPS_WITH_TIMERS = 2000, /* until all timers are switched off */
    SETTLE_MAX = 4000,        /* of the last phase */
    ROUNDS_WITH_TIMERS = 256, /* of it, until all timers are switched off */
    NO_INSN = UINT8_MAX,
    FAULTS_MAX = 4,    /* that come before an instruction */
    COMPARE_EVERY = 8, /* events: all that processes can see */
};

static struct {
    struct run *run;
    unsigned watch;
    bool is_off;
    uint8_t doing[TIDS_MAX];   /* the instruction that a thread is in, or NO_INSN */
    bool is_between[TIDS_MAX]; /* the thread has faulted, and takes the signal in its next step */
    unsigned stepping;         /* the instruction of this step, or NO_INSN */
    bool is_settling;          /* nothing is chosen any more */
    bool is_window_due;
    unsigned timers_until; /* steps */
} state;

void (*run_listener)(const struct event *event);

/* ---- telling ---- */

static void mix(uint64_t value)
{
    uint64_t digest = state.run->stats.digest ^ value;

    state.run->stats.digest = (digest ^ digest >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* What the model objects to, by what has happened. */
static const char *model_check(enum event_kind kind)
{
    switch (kind) {
    case EVENT_RESULT:
    case EVENT_BLOCKED:
    case EVENT_AGAIN:
    case EVENT_STOPPED:
        return "model.call";
    case EVENT_ENDED:
        return "model.end";
    default:
        return "model.memory";
    }
}

/* Whether a thread has a signal of which the model is told when it is taken. */
static bool is_somebody_between(void)
{
    for (int tid = 0; tid < TIDS_MAX; tid++) {
        if (state.is_between[tid] && actor_find(tid)) {
            return true;
        }
    }
    return false;
}

static void ask_model(const struct event *event)
{
    const char *complaint = model_event(event);

    if (complaint) {
        finding(model_check(event->kind), "%s", complaint);
    }
    if (state.run->stats.events % COMPARE_EVERY == 0 && !is_somebody_between()) {
        complaint = model_compare(false);
    }
    if (complaint) {
        finding("model.memory", "%s", complaint);
    }
}

static void tell(const struct event *event)
{
    mix((uint64_t)event->kind << 32 | (uint32_t)event->pid);
    mix((uint64_t)event->result ^ (uint64_t)event->wait_status << 32);
    mix(event->now_ns);
    state.run->stats.events++;
    if (run_listener) {
        run_listener(event);
    }
    if (state.watch & RUN_MODEL) {
        ask_model(event);
    }
    if (state.watch & RUN_CHECKS) {
        check_after(event);
    }
}

static unsigned insn_of(int tid)
{
    return tid < TIDS_MAX ? state.doing[tid] : NO_INSN;
}

static void set_insn_of(int tid, unsigned insn)
{
    if (tid < TIDS_MAX) {
        state.doing[tid] = (uint8_t)insn;
    }
}

/* ---- what happens inside of calls ---- */

static void pass_window(void)
{
    if (state.stepping == NO_INSN || state.is_settling) {
        return;
    }
    const struct insn *insn = &state.run->input->insns[state.stepping];
    if (++state.run->outcomes[state.stepping].windows == insn->window) {
        state.is_window_due = true;
        if (insn->window_event != WINDOW_TIMER) {
            kernel_on_console();
        }
    }
}

static void disarm(struct outcome *outcome)
{
    if (outcome && inject_has_fired()) {
        outcome->has_fired = true;
    }
    inject_arm(0, false);
}

/* What happens that no process does; outcome: of the instruction that says so, or NULL. */
static void set_kind(struct outcome *outcome, enum event_kind kind)
{
    if (outcome) {
        outcome->kind = kind;
    }
}

/* It has; forgiven: as inject_forgiven was before. */
static void tell_of(enum event_kind kind, uint8_t byte, uint64_t forgiven)
{
    tell(&(struct event){
        .kind = kind,
        .args = {byte},
        .has_lost_info = inject_forgiven() != forgiven,
        .now_ns = clock_now(),
    });
}

static bool let_time_pass(struct outcome *outcome)
{
    uint64_t forgiven = inject_forgiven();

    usage_pause(); /* it is nobody's time */
    if (!clock_jump()) {
        return false;
    }
    set_kind(outcome, EVENT_TIME);
    tell_of(EVENT_TIME, 0, forgiven);
    return true;
}

/* What a step has made due comes behind it, as an event of its own: the kernel would see to it when
 * the next one begins. */
static void let_timers_expire(void)
{
    uint64_t forgiven = inject_forgiven();
    bool has_any = usage_charge_last();

    if (clock_is_due()) {
        (void)clock_expire();
        has_any = true;
    }
    if (has_any) {
        tell_of(EVENT_TIME, 0, forgiven);
    }
}

static void type(uint8_t byte, struct outcome *outcome)
{
    uint64_t forgiven = inject_forgiven();

    console_put((char)byte);
    set_kind(outcome, EVENT_TYPED);
    tell_of(EVENT_TYPED, byte, forgiven);
}

/* What came in a window has its effect behind the step. */
static void take_window_event(const struct insn *insn)
{
    static const uint8_t keys[WINDOW_EVENTS] = {
        [WINDOW_INTERRUPT_KEY] = 3,
        [WINDOW_QUIT_KEY] = 28,
        [WINDOW_STOP_KEY] = 26,
    };

    if (!state.is_window_due) {
        return;
    }
    state.is_window_due = false;
    if (insn->window_event == WINDOW_TIMER) {
        (void)let_time_pass(NULL);
    } else {
        type(keys[insn->window_event], NULL);
    }
}

/* ---- steps ---- */

static void keep(struct outcome *outcome, const struct event *event)
{
    outcome->kind = event->kind;
    outcome->pid = event->pid;
    outcome->result = event->result;
    outcome->wait_status = event->wait_status;
    outcome->has_blocked |= event->kind == EVENT_BLOCKED;
    if (event->kind == EVENT_RESULT && event->nr == NR_pipe2 && event->result == 0) {
        int32_t fds[2];
        if (run_peek(event->pid, event->args[0], fds, sizeof(fds))) {
            outcome->parts[0] = fds[0];
            outcome->parts[1] = fds[1];
        }
    }
}

/* One step of a thread that is free and has been given something, or that wants to run. */
static enum actor_progress step(int tid, bool is_spurious)
{
    struct event event;
    unsigned number = insn_of(tid);
    struct outcome *outcome = number == NO_INSN ? NULL : &state.run->outcomes[number];

    if (++state.run->stats.steps > STEPS_MAX) {
        finding("run.progress", "the program has taken %d steps and goes on", STEPS_MAX);
    }
    actor_tell(tid, &event);
    event.is_spurious = is_spurious;
    if (state.watch & RUN_CHECKS) {
        check_before(tid, event.nr);
    }
    state.stepping = number;
    enum actor_progress progress = actor_step(&event);
    state.stepping = NO_INSN;
    /* It has no instruction and goes on for a signal, which it may have taken before a page came:
     * nobody would ask it to go on once more. */
    for (unsigned i = 0; i < FAULTS_MAX && number == NO_INSN && progress == ACTOR_GOES_ON &&
                         event.kind == EVENT_SKIPPED;
         i++) {
        actor_tell(tid, &event);
        progress = actor_step(&event);
    }
    if (tid < TIDS_MAX) {
        state.is_between[tid] = event.kind == EVENT_SKIPPED && progress == ACTOR_GOES_ON;
    }
    if (event.kind != EVENT_SKIPPED) {
        if (outcome) {
            keep(outcome, &event);
        }
        tell(&event);
    }
    if (progress == ACTOR_DONE || progress == ACTOR_ENDED) {
        set_insn_of(tid, NO_INSN);
    }
    if (progress == ACTOR_DONE && !actor_find(tid)) { /* in exec: it has the first one's number */
        set_insn_of(event.pid, NO_INSN);
    }
    state.is_off = process_first()->state == PROCESS_ZOMBIE;
    if (!state.is_off) {
        let_timers_expire();
    }
    if (outcome) {
        take_window_event(&state.run->input->insns[number]);
    }
    return progress;
}

/* Timers that come again and again would do so for ever. */
static void end_timers(void)
{
    for (struct process *process = process_first(); process; process = process_next(process)) {
        for (int i = 0; i < (int)ITIMERS; i++) {
            itimer_set(process, i, 0, 0);
        }
        LIST_FOR(link, &process->posix_timers) {
            posix_timer_set(CONTAINER_OF(link, struct posix_timer, link), 0, 0);
        }
    }
    LIST_FOR(link, file_all()) {
        struct file *file = CONTAINER_OF(link, struct file, link);
        if (file->timerfd) {
            timerfd_set(file, 0, 0);
        }
    }
    tell(&(struct event){.kind = EVENT_NO_TIMERS, .now_ns = clock_now()});
}

/* One who catches what comes with each step would do nothing else. */
static void end_timers_in_time(void)
{
    if (state.run->stats.steps >= state.timers_until && !state.is_off) {
        state.timers_until = state.run->stats.steps + STEPS_WITH_TIMERS;
        end_timers();
    }
}

bool turns_go_on(int tid)
{
    end_timers_in_time();
    const struct thread *thread = state.is_off ? NULL : actor_find(tid);

    if (!thread || !actor_wants_to_run(thread)) {
        return false;
    }
    step(tid, false);
    return true;
}

static int find_actor(unsigned actor)
{
    return actor == 0 ? 1 : turns_tid_of(state.run, actor - 1);
}

enum turn turns_of(unsigned actor)
{
    const struct thread *thread = state.is_off ? NULL : actor_find(find_actor(actor));

    if (!thread) {
        return TURN_NONE;
    }
    return actor_is_free(thread) ? TURN_BEGIN : actor_wants_to_run(thread) ? TURN_GO_ON : TURN_NONE;
}

/* Who was to go on first does, one step. */
static void preempt(const struct insn *insn)
{
    const struct thread *thread;

    if (insn->preempt == INSN_NOBODY || state.is_off) {
        return;
    }
    thread = actor_find(find_actor(insn->preempt));
    if (thread && actor_wants_to_run(thread)) {
        step(thread->tid, false);
    }
}

/* Whether a thread that is not done goes on at once: a page fault came first; or a long call is in
 * parts, and it is nobody else's turn. */
static bool goes_on(int tid)
{
    const struct thread *thread = state.is_off ? NULL : actor_find(tid);

    return thread && thread->state == THREAD_READY &&
           (!thread->call.is_pending || state.run->input->config.schedule == SCHEDULE_LAZY);
}

static void begin(unsigned number, struct thread *thread)
{
    const struct insn *insn = &state.run->input->insns[number];
    struct outcome *outcome = &state.run->outcomes[number];
    int tid = thread->tid;
    uint64_t args[INPUT_ARGS];

    operand_values(insn, state.run->outcomes, args);
    actor_set(thread, insn, args);
    set_insn_of(tid, number);
    inject_arm(insn->fail_nth, insn->fails_forever);
    enum actor_progress progress = step(tid, false);
    preempt(insn);
    while (progress == ACTOR_GOES_ON && insn_of(tid) == number && goes_on(tid)) {
        progress = step(tid, false);
    }
    disarm(outcome);
}

/* A call goes on. One that waits is run again though nothing has happened. */
static void rerun(struct thread *thread, struct outcome *outcome)
{
    bool is_spurious = thread->state == THREAD_BLOCKED;

    if (is_spurious) {
        sched_wake(thread);
    }
    if (is_spurious || actor_wants_to_run(thread)) {
        set_kind(outcome, EVENT_AGAIN);
        step(thread->tid, is_spurious);
    }
}

bool turns_begin(unsigned number)
{
    const struct insn *insn = &state.run->input->insns[number];
    struct outcome *outcome = &state.run->outcomes[number];
    struct thread *thread = actor_find(find_actor(insn->actor));
    uint64_t args[INPUT_ARGS];

    switch ((enum operation)insn->op) {
    case OP_TICK:
        (void)let_time_pass(outcome);
        return true;
    case OP_TYPE:
        operand_values(insn, state.run->outcomes, args);
        type((uint8_t)args[0], outcome);
        return true;
    case OP_SPURIOUS:
        if (thread) {
            rerun(thread, outcome);
        }
        return thread != NULL;
    default:
        if (!thread || !actor_is_free(thread)) {
            return false;
        }
        begin(number, thread);
        return true;
    }
}

/* ---- the end ---- */

/* Everybody who can goes on, in turn, until nobody can: no failures, no choices. */
static void settle(void)
{
    unsigned rounds = 0;
    bool has_run = true;

    state.is_settling = true;
    while (has_run && !state.is_off) {
        if (rounds++ > SETTLE_MAX) {
            finding("run.progress", "not all come to rest, whoever's turn it is");
        }
        has_run = turns_round();
        if (rounds == ROUNDS_WITH_TIMERS && !state.is_off) {
            end_timers();
        }
        if (!has_run && !state.is_off) {
            has_run = let_time_pass(NULL);
        }
    }
}

static void look_at_rest(void)
{
    const char *complaint;

    if (state.watch & RUN_MODEL) {
        complaint = model_at_rest();
        if (complaint) {
            finding("model.rest", "%s", complaint);
        }
        complaint = model_compare(true);
        if (complaint) {
            finding(model_overlooked() ? "check.incremental" : "model.memory", "at rest: %s",
                    complaint);
        }
    }
    if (state.watch & RUN_CHECKS) {
        check_at_rest();
    }
}

static void kill_all_but_init(void)
{
    struct process *process;

    for (process = process_first(); process; process = process_next(process)) {
        if (process != process_first() && process->state == PROCESS_LIVE) {
            signal_send(process, SIGKILL);
            tell(&(struct event){.kind = EVENT_KILLED, .pid = process->pid->number});
        }
    }
}

/* A call of init, which is free, behind the last instruction. */
static int64_t init_call(uint32_t nr, uint64_t arg0, uint64_t arg2)
{
    struct thread *init = actor_of(process_first());
    const struct insn insn = {.op = OP_CALL, .nr = (uint16_t)nr};
    const uint64_t args[INPUT_ARGS] = {arg0, 0, arg2};

    if (!actor_is_free(init)) {
        return 0;
    }
    int tid = init->tid;
    actor_set(init, &insn, args);
    while (step(tid, false) == ACTOR_GOES_ON && !state.is_off) {
    }
    init = state.is_off ? NULL : actor_find(tid);
    return init ? (int64_t)init->user.x[0] : 0;
}

void run_end(void)
{
    settle();
    if (state.is_off) {
        return;
    }
    look_at_rest();
    kill_all_but_init();
    settle();
    if (state.is_off || !actor_is_free(actor_of(process_first()))) {
        return; /* init waits for itself, and that is its right */
    }
    while (!state.is_off && init_call(NR_wait4, (uint64_t)-1, WALL) > 0) {
    }
    if (!state.is_off) {
        init_call(NR_exit_group, 0, 0);
    }
    if (state.watch & RUN_CHECKS) {
        check_at_end();
    }
}

void run_begin(struct run *run, const struct input *input, unsigned watch)
{
    memset(run->outcomes, 0, sizeof(run->outcomes));
    run->input = input;
    run->stats = (struct run_stats){0};
    for (unsigned i = 0; i < INPUT_INSNS_MAX; i++) {
        run->outcomes[i].kind = EVENT_SKIPPED;
        run->outcomes[i].result = -1;
    }
    state = (typeof(state)){
        .run = run, .watch = watch, .stepping = NO_INSN, .timers_until = STEPS_WITH_TIMERS};
    memset(state.doing, NO_INSN, sizeof(state.doing));
    plat_window_hook = pass_window;
    run_peek_begin();
    if (watch & RUN_MODEL) {
        model_begin(&run_eyes);
    }
    if (watch & RUN_CHECKS) {
        check_begin();
    }
}

void run_input(struct run *run, const struct input *input, unsigned watch)
{
    run_begin(run, input, watch);
    turns_take(run, &state.is_off);
    run_end();
    plat_window_hook = NULL;
}
