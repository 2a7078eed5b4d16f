#include "proc/itimer.h"

#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "proc/clock.h"
#include "proc/clock_id.h"
#include "proc/process.h"

/* What a timer goes by. */
static struct clock_id clock_of(const struct process *process, int which)
{
    bool is_of_user = which == ITIMER_VIRTUAL || PLANTED(OWN_22);

    return (struct clock_id){
        .pid = which == ITIMER_REAL ? NULL : process->pid,
        .time = is_of_user ? CPU_TIME_USER : CPU_TIME_SUM,
    };
}

static void expire(struct timer *timer)
{
    static const int signals[ITIMERS] = {SIGALRM, SIGVTALRM, SIGPROF};
    struct itimer *own = CONTAINER_OF(timer, struct itimer, timer);
    struct process *process = own->process;
    int which = (int)(own - process->itimers);

    /* The others come no more often than the process runs. */
    if (which != ITIMER_REAL && own->interval) {
        const struct clock_id clock = clock_of(process, which);
        uint64_t count;
        own->due = clock_forward(own->due, own->interval, clock_id_now(&clock), &count);
        if (own->due > clock_id_now(&clock)) { /* else it is the end of time */
            timer_arm(timer, clock_id_timers(&clock), own->due);
        }
    }
    if (which == ITIMER_REAL) {
        signal_send(process, signals[which]);
    } else {
        cpu_clock_signal(process, signals[which]);
    }
}

void itimer_begin(struct process *process)
{
    for (unsigned i = 0; i < ITIMERS; i++) {
        timer_init(&process->itimers[i].timer, expire);
        process->itimers[i].process = process;
    }
}

void itimer_end(struct process *process)
{
    for (unsigned i = 0; i < ITIMERS; i++) {
        clock_disarm(&process->itimers[i].timer);
    }
}

void itimer_set(struct process *process, int which, nsec_t value, nsec_t interval)
{
    const struct clock_id clock = clock_of(process, which);
    struct itimer *own = &process->itimers[which];

    clock_disarm(&own->timer);
    own->interval = value || which != ITIMER_REAL ? interval : 0;
    if (value) {
        own->due = clock_id_after(&clock, value);
        clock_id_arm(&clock, &own->timer, own->due);
    }
}

nsec_t itimer_left(const struct process *process, int which)
{
    const struct clock_id clock = clock_of(process, which);
    const struct itimer *own = &process->itimers[which];
    nsec_t now = clock_id_now(&clock);

    if (!timer_is_armed(&own->timer)) {
        return 0;
    }
    return own->due > now ? own->due - now : 1; /* it is about to come */
}

void itimer_taken(struct process *process)
{
    struct itimer *own = &process->itimers[ITIMER_REAL];
    uint64_t count;

    if (!timer_is_armed(&own->timer) && own->interval) {
        own->due = clock_forward(own->due, own->interval, clock_now(), &count);
        if (own->due > clock_now()) {
            clock_arm(&own->timer, own->due);
        }
    }
}

void itimer_check(const struct process *process)
{
    for (int i = 0; i < (int)ITIMERS; i++) {
        const struct itimer *own = &process->itimers[i];
        const struct clock_id clock = clock_of(process, i);
        ASSERT(own->process == process);
        if (timer_is_armed(&own->timer)) {
            ASSERT(own->timer.node.key == own->due);
            ASSERT(process->state == PROCESS_LIVE);
            ASSERT(own->timer.set == (i == ITIMER_REAL ? clock_timers() : clock_id_timers(&clock)));
        }
    }
}
