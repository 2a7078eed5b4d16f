#include "proc/cpu_limit.h"

#include "abi/linux.h"
#include "base/panic.h"
#include "proc/clock.h"
#include "proc/process.h"

/* Whether a limit is one that a clock can come to. */
static bool is_kept(uint64_t limit)
{
    return limit < CLOCK_LAST / NSEC_PER_SEC;
}

static void expire(struct timer *timer)
{
    struct process *process = CONTAINER_OF(timer, struct process, cpu_limit);
    struct abi_rlimit *limit = &process->limits[RLIMIT_CPU];
    nsec_t used = cpu_clock_of_process(process, CPU_TIME_SUM);

    if (used / NSEC_PER_SEC >= limit->rlim_max) {
        cpu_clock_signal(process, SIGKILL);
        return;
    }
    limit->rlim_cur++;
    cpu_limit_set(process);
    cpu_clock_signal(process, SIGXCPU);
}

void cpu_limit_begin(struct process *process)
{
    timer_init(&process->cpu_limit, expire);
}

void cpu_limit_end(struct process *process)
{
    clock_disarm(&process->cpu_limit);
}

void cpu_limit_set(struct process *process)
{
    uint64_t limit = process->limits[RLIMIT_CPU].rlim_cur;
    nsec_t used = cpu_clock_of_process(process, CPU_TIME_SUM);

    clock_disarm(&process->cpu_limit);
    if (process->state == PROCESS_LIVE && is_kept(limit)) {
        timer_arm(&process->cpu_limit, &process->cpu_clock.timers[CPU_TIME_SUM],
                  max_u64(limit * NSEC_PER_SEC, used + 1)); /* what has passed comes at once */
    }
}

void cpu_limit_check(const struct process *process)
{
    const struct timer *timer = &process->cpu_limit;
    uint64_t limit = process->limits[RLIMIT_CPU].rlim_cur;
    uint64_t used = cpu_clock_of_process(process, CPU_TIME_SUM) / NSEC_PER_SEC;

    if (process->state == PROCESS_LIVE && used < limit && is_kept(limit)) {
        ASSERT(timer_is_armed(timer));
    }
    if (timer_is_armed(timer)) {
        ASSERT(process->state == PROCESS_LIVE);
        ASSERT(timer->set == &process->cpu_clock.timers[CPU_TIME_SUM]);
        ASSERT(timer->node.key >= limit * NSEC_PER_SEC);
    }
}
