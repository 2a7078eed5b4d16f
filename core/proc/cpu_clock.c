#include "proc/cpu_clock.h"

#include "proc/clock.h"
#include "proc/process.h"

/* What a program runs at least before its timers interrupt it. Without that one that comes again at
 * once, which anybody may set for the time of anybody, would leave it no time at all. */
enum { LEAST_NS = 100000 };

void cpu_clock_begin(struct cpu_clock *clock)
{
    for (unsigned i = 0; i < CPU_TIMES; i++) {
        timers_init(&clock->timers[i]);
    }
}

void cpu_clock_end(struct cpu_clock *clock)
{
    for (unsigned i = 0; i < CPU_TIMES; i++) {
        for (struct tree_node *node = tree_first(&clock->timers[i].tree); node;
             node = tree_first(&clock->timers[i].tree)) {
            timer_disarm(CONTAINER_OF(node, struct timer, node));
            plat_irq_window();
        }
    }
}

nsec_t cpu_clock_of_process(const struct process *process, enum cpu_time time)
{
    const struct usage *usage = &process->usage;

    return usage->user + (time == CPU_TIME_USER ? 0 : usage->system);
}

nsec_t cpu_clock_of_thread(const struct thread *thread, enum cpu_time time)
{
    return thread->user_time + (time == CPU_TIME_USER ? 0 : thread->system_time);
}

bool cpu_clock_expire(struct thread *thread)
{
    struct process *process = thread->process;
    bool has_any = false;

    for (unsigned i = 0; i < CPU_TIMES; i++) {
        has_any |= timers_expire(&thread->cpu_clock.timers[i], cpu_clock_of_thread(thread, i));
        has_any |= timers_expire(&process->cpu_clock.timers[i], cpu_clock_of_process(process, i));
    }
    return has_any;
}

/* How much is left of what the first timer of a set waits for. */
static nsec_t left(const struct timers *set, nsec_t used)
{
    nsec_t first = timers_first(set);

    return first == PLAT_NEVER ? PLAT_NEVER : first > used ? first - used : 0;
}

nsec_t cpu_clock_next(const struct thread *thread)
{
    const struct process *process = thread->process;
    nsec_t least = PLAT_NEVER;

    for (unsigned i = 0; i < CPU_TIMES; i++) {
        least = min_u64(least, left(&thread->cpu_clock.timers[i], cpu_clock_of_thread(thread, i)));
        least =
            min_u64(least, left(&process->cpu_clock.timers[i], cpu_clock_of_process(process, i)));
    }
    nsec_t now = clock_now();
    least = max_u64(least, LEAST_NS);
    return least >= PLAT_NEVER - now ? PLAT_NEVER : now + least;
}
