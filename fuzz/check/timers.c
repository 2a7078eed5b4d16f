#include "fuzz/check/timers.h"

#include "fuzz/check/checks.h"

#include "abi/linux.h"
#include "fs/timerfd.h"
#include "proc/clock.h"
#include "proc/pending.h"

static struct {
    uint64_t by_clock; /* armed timers that go by the machine's clock */
    uint64_t by_use;   /* and by the time that somebody uses */
} owned;

/* Whether a node hangs in a tree, by its links upwards. */
static bool is_in(const struct tree *tree, const struct tree_node *node)
{
    const struct tree_node *at = node;

    for (unsigned steps = 0; at->parent && steps < CHECK_WALK_MAX; steps++) {
        if (at->parent->child[0] != at && at->parent->child[1] != at) {
            return false;
        }
        at = at->parent;
    }
    return at == tree->root;
}

/* One that somebody has, a process or (0) a file; set: in which it is to be if it is armed, NULL:
 * any. */
static void own(const struct timer *timer, const struct timers *set, int pid)
{
    bool is_by_clock = timer->set == clock_timers();

    if (!timer->set) {
        return;
    }
    CHECK_THAT(TIMER_OWNER, (!set || timer->set == set) && is_in(&timer->set->tree, &timer->node),
               "a timer of process %d is armed, and not with its clock", pid);
    owned.by_clock += is_by_clock;
    owned.by_use += !is_by_clock;
}

static void own_all_of(const struct process *process)
{
    int pid = process->pid->number;

    own(&process->cpu_limit, &process->cpu_clock.timers[CPU_TIME_SUM], pid);
    for (unsigned i = 0; i < ITIMERS; i++) {
        const struct itimer *itimer = &process->itimers[i];
        unsigned time = i == ITIMER_VIRTUAL ? CPU_TIME_USER : CPU_TIME_SUM;
        own(&itimer->timer, i == ITIMER_REAL ? clock_timers() : &process->cpu_clock.timers[time],
            pid);
    }
    for (const struct list *link = process->posix_timers.next; link != &process->posix_timers;
         link = link->next) {
        const struct posix_timer *timer = CONTAINER_OF(link, struct posix_timer, link);
        CHECK_THAT(TIMER_OWNER, link->next->prev == link && timer->process == process,
                   "timer %d of process %d is another's", timer->id, pid);
        CHECK_THAT(TIMER_OWNER, timer->signal->timer == timer,
                   "timer %d of process %d has the signal of another", timer->id, pid);
        own(&timer->timer, timer->clock.pid ? NULL : clock_timers(), pid);
    }
    LOOK_THREADS(thread, process) {
        own(&thread->timer, thread->call.reason == WAIT_CPU_TIME ? NULL : clock_timers(), pid);
    }
}

static uint64_t count(const struct timers *set)
{
    uint64_t count = 0;

    for (const struct tree_node *node = look_first(&set->tree); node; node = look_next(node)) {
        count++;
    }
    return count;
}

static uint64_t count_by_use(const struct process *process)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < CPU_TIMES; i++) {
        sum += count(&process->cpu_clock.timers[i]);
        LOOK_THREADS(thread, process) {
            sum += count(&thread->cpu_clock.timers[i]);
        }
    }
    return sum;
}

void timers_check(void)
{
    uint64_t by_clock = count(clock_timers());
    uint64_t by_use = 0;

    owned.by_clock = 0;
    owned.by_use = 0;
    LOOK_PROCESSES(process) {
        own_all_of(process);
        by_use += count_by_use(process);
        CHECK_THAT(TIMER_OWNER,
                   process->state == PROCESS_LIVE || list_is_empty(&process->posix_timers),
                   "process %d has ended, and has timers", process->pid->number);
    }
    LIST_FOR(link, file_all()) {
        const struct timerfd *timerfd = CONTAINER_OF(link, struct file, link)->timerfd;
        if (timerfd) {
            own(&timerfd->timer, clock_timers(), 0);
        }
    }
    CHECK_THAT(TIMER_OWNER, by_clock == owned.by_clock && by_use == owned.by_use,
               "%lu and %lu timers are armed, and somebody has %lu and %lu of them",
               (unsigned long)by_clock, (unsigned long)by_use, (unsigned long)owned.by_clock,
               (unsigned long)owned.by_use);
}
