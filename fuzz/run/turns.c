#include "fuzz/run/turns.h"

#include "base/random.h"
#include "fuzz/input/insn.h"
#include "fuzz/run/actor.h"
#include "proc/process.h"

/*
 * PCT (Burckhardt and others, "A Randomized Scheduler with Probabilistic Guarantees of Finding
 * Bugs", ASPLOS 2010): whoever has the highest priority goes on, and at a few points, drawn
 * beforehand, the one that is running falls behind all others.
 */

enum {
    LANES = INPUT_INSNS_MAX + 2, /* an actor each; and one for what nobody does */
    LANE_NOBODY = INPUT_INSNS_MAX + 1,
    CHANGES_MAX = 8,
    STEPS_PER_INSN = 2,
};

int turns_tid_of(const struct run *run, unsigned insn)
{
    int64_t tid = run->outcomes[insn].result;

    return tid > 0 && insn_makes_process(&run->input->insns[insn]) ? (int)tid : -1;
}

static int next_of_process(const struct process *process, int above, int best)
{
    LIST_FOR(link, &process->threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (thread->tid > above && (best == 0 || thread->tid < best) &&
            actor_wants_to_run(thread)) {
            best = thread->tid;
        }
    }
    return best;
}

/* The thread with the lowest number above that wants to run; 0: none. */
static int next_wanting(int above)
{
    int best = 0;

    for (struct process *process = process_first(); process; process = process_next(process)) {
        if (process->state == PROCESS_LIVE) {
            best = next_of_process(process, above, best);
        }
    }
    return best;
}

bool turns_round(void)
{
    bool has_run = false;

    for (int tid = next_wanting(0); tid != 0; tid = next_wanting(tid)) {
        has_run = turns_go_on(tid) || has_run;
    }
    return has_run;
}

/* ---- in order ---- */

/* Others go on so many times between two instructions at most: timers may wake them for ever. */
enum { ROUNDS_MAX = 256 };

/* Lets others go on until this one is free, or nobody can. */
static void wait_for(const struct run *run, const struct insn *insn)
{
    int tid = insn->actor == 0 ? 1 : turns_tid_of(run, insn->actor - 1u);
    const struct thread *thread = actor_find(tid);
    bool has_run = true;

    for (unsigned i = 0; i < ROUNDS_MAX && has_run && thread && !actor_is_free(thread); i++) {
        has_run = turns_go_on(tid) || turns_go_on(next_wanting(0));
        thread = actor_find(tid);
    }
}

static bool needs_actor(const struct insn *insn)
{
    return insn_has_actor(insn) && insn->op != OP_SPURIOUS;
}

static void take_in_order(const struct run *run, const bool *is_off)
{
    bool is_eager = run->input->config.schedule == SCHEDULE_EAGER;
    bool is_lazy = run->input->config.schedule == SCHEDULE_LAZY;

    for (unsigned i = 0; i < run->input->count && !*is_off; i++) {
        if (is_lazy && needs_actor(&run->input->insns[i])) {
            wait_for(run, &run->input->insns[i]);
        }
        if (*is_off) {
            return;
        }
        turns_begin(i);
        unsigned rounds = is_eager ? ROUNDS_MAX : 0;
        while (rounds > 0 && !*is_off && turns_round()) {
            rounds--;
        }
    }
}

/* ---- by priority ---- */

struct lane {
    bool has_actor; /* or could have one: its instruction makes a process */
    unsigned next;  /* instruction, or the input's count */
    uint64_t priority;
};

static struct {
    struct lane lanes[LANES];
    unsigned changes[CHANGES_MAX];
    unsigned change_count;
    uint64_t lowest;
} pct;

static unsigned lane_of(const struct insn *insn)
{
    return insn_has_actor(insn) ? insn->actor : LANE_NOBODY;
}

static unsigned next_in_lane(const struct input *input, unsigned lane, unsigned from)
{
    while (from < input->count && lane_of(&input->insns[from]) != lane) {
        from++;
    }
    return from;
}

static void draw(const struct input *input)
{
    struct random random = {.state = input->config.schedule_seed};
    unsigned steps = 1 + STEPS_PER_INSN * input->count;

    for (unsigned i = 0; i < LANES; i++) {
        pct.lanes[i] = (struct lane){.next = input->count,
                                     .priority = CHANGES_MAX + (random_next(&random) >> 8)};
    }
    pct.lanes[0].has_actor = true;
    pct.lanes[LANE_NOBODY].has_actor = true;
    for (unsigned i = input->count; i-- > 0;) {
        pct.lanes[i + 1].has_actor = insn_makes_process(&input->insns[i]);
        if (lane_of(&input->insns[i]) < LANES) {
            pct.lanes[lane_of(&input->insns[i])].next = i;
        }
    }
    pct.change_count = input->config.change_count;
    if (pct.change_count > CHANGES_MAX) {
        pct.change_count = CHANGES_MAX;
    }
    for (unsigned i = 0; i < pct.change_count; i++) {
        pct.changes[i] = (unsigned)(random_next(&random) % steps);
    }
    pct.lowest = CHANGES_MAX;
}

/* Whether the lane's actor could go on; one that waits, or is not there yet, can't. */
static bool can_go_on(const struct run *run, unsigned lane)
{
    bool has_next = pct.lanes[lane].next < run->input->count;

    if (lane == LANE_NOBODY) {
        return has_next;
    }
    const struct thread *thread = actor_find(lane == 0 ? 1 : turns_tid_of(run, lane - 1));
    if (!thread) {
        return false;
    }
    bool is_spurious = has_next && run->input->insns[pct.lanes[lane].next].op == OP_SPURIOUS;
    return actor_wants_to_run(thread) || (has_next && (is_spurious || actor_is_free(thread)));
}

static int best_lane(const struct run *run)
{
    int best = -1;

    for (unsigned i = 0; i < LANES; i++) {
        if (pct.lanes[i].has_actor &&
            (best < 0 || pct.lanes[i].priority > pct.lanes[best].priority) && can_go_on(run, i)) {
            best = (int)i;
        }
    }
    return best;
}

static void take_by_priority(const struct run *run, const bool *is_off)
{
    unsigned steps = 0;

    draw(run->input);
    for (int lane = best_lane(run); lane >= 0 && !*is_off; lane = best_lane(run)) {
        struct lane *own = &pct.lanes[lane];
        int tid = lane == 0 ? 1 : lane == LANE_NOBODY ? 0 : turns_tid_of(run, (unsigned)lane - 1);
        for (unsigned i = 0; i < pct.change_count; i++) {
            if (pct.changes[i] == steps) {
                own->priority = --pct.lowest;
            }
        }
        steps++;
        if (tid == 0 || !turns_go_on(tid)) {
            turns_begin(own->next);
            own->next = next_in_lane(run->input, (unsigned)lane, own->next + 1);
        }
    }
}

void turns_take(const struct run *run, const bool *is_off)
{
    if (run->input->config.schedule == SCHEDULE_PCT) {
        take_by_priority(run, is_off);
    } else {
        take_in_order(run, is_off);
    }
}
