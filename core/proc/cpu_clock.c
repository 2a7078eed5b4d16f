#include "proc/cpu_clock.h"

#include "base/cpu.h"
#include "base/panic.h"
#include "proc/clock.h"
#include "proc/process.h"

/* What is used at least from one time that timers come to the next. Without that one that comes
 * again at once, which anybody may set for the time of anybody, would leave a program nothing but
 * its handler, and not even that. */
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

/* What a clock shows, of either time. */
struct used {
    nsec_t times[CPU_TIMES];
};

static struct used used_by_process(const struct process *process)
{
    return (struct used){{
        [CPU_TIME_SUM] = cpu_clock_of_process(process, CPU_TIME_SUM),
        [CPU_TIME_USER] = cpu_clock_of_process(process, CPU_TIME_USER),
    }};
}

static struct used used_by_thread(const struct thread *thread)
{
    return (struct used){{
        [CPU_TIME_SUM] = cpu_clock_of_thread(thread, CPU_TIME_SUM),
        [CPU_TIME_USER] = cpu_clock_of_thread(thread, CPU_TIME_USER),
    }};
}

/* Whether no timer waits for the time of a thread or of its process. */
static bool is_unwatched(const struct thread *thread)
{
    const struct cpu_clock *alone = &thread->cpu_clock, *all = &thread->process->cpu_clock;

    _Static_assert(CPU_TIMES == 2, "each is looked at");
    return !tree_first(&alone->timers[0].tree) && !tree_first(&alone->timers[1].tree) &&
           !tree_first(&all->timers[0].tree) && !tree_first(&all->timers[1].tree);
}

static bool expire(struct cpu_clock *clock, const struct used *used)
{
    bool has_any = false;

    if (used->times[CPU_TIME_SUM] < clock->quiet_until) {
        return false;
    }
    for (unsigned i = 0; i < CPU_TIMES; i++) {
        has_any |= timers_expire(&clock->timers[i], used->times[i]);
    }
    if (has_any) {
        clock->quiet_until = used->times[CPU_TIME_SUM] + LEAST_NS;
    }
    return has_any;
}

bool cpu_clock_expire(struct thread *thread)
{
    ASSERT(cpu_this()->charged == thread);
    if (is_unwatched(thread)) {
        return false;
    }
    const struct used alone = used_by_thread(thread);
    const struct used all = used_by_process(thread->process);
    bool has_any = expire(&thread->cpu_clock, &alone);

    return expire(&thread->process->cpu_clock, &all) || has_any;
}

void cpu_clock_signal(struct process *process, int signal)
{
    const struct abi_siginfo info = signal_info(signal);

    (void)signal_send_near(process, cpu_this()->charged, &info);
}

/* How much more must be used until timers come. */
static nsec_t left(const struct cpu_clock *clock, const struct used *used)
{
    nsec_t sum = used->times[CPU_TIME_SUM];
    nsec_t quiet = clock->quiet_until > sum ? clock->quiet_until - sum : 0;
    nsec_t least = PLAT_NEVER;

    for (unsigned i = 0; i < CPU_TIMES; i++) {
        nsec_t first = timers_first(&clock->timers[i]);
        if (first != PLAT_NEVER) {
            least = min_u64(least, first > used->times[i] ? first - used->times[i] : 0);
        }
    }
    return max_u64(least, quiet);
}

nsec_t cpu_clock_next(const struct thread *thread)
{
    if (is_unwatched(thread)) {
        return PLAT_NEVER;
    }
    const struct used alone = used_by_thread(thread);
    const struct used all = used_by_process(thread->process);
    nsec_t least =
        min_u64(left(&thread->cpu_clock, &alone), left(&thread->process->cpu_clock, &all));
    nsec_t now = clock_now();

    return least >= PLAT_NEVER - now ? PLAT_NEVER : now + least;
}
