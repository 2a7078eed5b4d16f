#include "proc/cpu_limit.h"

#include "abi/linux.h"
#include "base/panic.h"
#include "proc/clock.h"
#include "proc/process.h"

static void expire(struct timer *timer)
{
    struct process *process = CONTAINER_OF(timer, struct process, cpu_limit);
    struct abi_rlimit *limit = &process->limits[RLIMIT_CPU];
    nsec_t used = cpu_clock_of_process(process, CPU_TIME_SUM);

    if (used / NSEC_PER_SEC >= limit->rlim_max) {
        signal_send(process, SIGKILL);
        return;
    }
    limit->rlim_cur++;
    cpu_limit_set(process);
    signal_send(process, SIGXCPU);
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
    if (process->state == PROCESS_LIVE && limit < CLOCK_LAST / NSEC_PER_SEC) {
        timer_arm(&process->cpu_limit, &process->cpu_clock.timers[CPU_TIME_SUM],
                  max_u64(limit * NSEC_PER_SEC, used + 1)); /* what has passed comes at once */
    }
}

void cpu_limit_check(const struct process *process)
{
    const struct timer *timer = &process->cpu_limit;

    if (timer_is_armed(timer)) {
        ASSERT(process->state == PROCESS_LIVE);
        ASSERT(timer->set == &process->cpu_clock.timers[CPU_TIME_SUM]);
        ASSERT(timer->node.key >= process->limits[RLIMIT_CPU].rlim_cur * NSEC_PER_SEC);
    }
}
