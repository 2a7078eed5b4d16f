#include "proc/clock_id.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "proc/clock.h"
#include "proc/process.h"

/* The number of the time that somebody has used: 29 bits of the inverse of who, whether it is a
 * thread, and which time; include/linux/posix-timers.h of Linux. */
enum {
    WHOSE_SHIFT = 3,
    OF_THREAD = 4,
    WHICH_MASK = 3,
    WHICH_SUM = 0,
    WHICH_USER = 1,
    WHICH_EXACT = 2,
    COARSE_NS = 4000000, /* what Linux says where it counts 250 ticks a second */
};

static struct pid *find_pid(int number, const struct thread *caller, bool of_thread, bool is_read)
{
    if (number == 0) {
        return of_thread ? caller->pid : caller->process->pid;
    }
    struct pid *pid = pid_find(number);
    if (!pid) {
        return NULL;
    }
    if (of_thread) {
        return pid->thread && pid->thread->process == caller->process ? pid : NULL;
    }
    if (is_read && pid == caller->pid) {
        return caller->process->pid;
    }
    return pid->process ? pid : NULL;
}

static int find_used(int number, const struct thread *caller, bool is_read, struct clock_id *id)
{
    unsigned which = (unsigned)number & WHICH_MASK;
    int whose = ~(number >> WHOSE_SHIFT);

    if (which > WHICH_EXACT) {
        return -EINVAL;
    }
    id->is_of_thread = number & OF_THREAD;
    id->is_coarse = which != WHICH_EXACT;
    id->time = which == WHICH_USER ? CPU_TIME_USER : CPU_TIME_SUM;
    id->pid = find_pid(whose, caller, id->is_of_thread, is_read);
    id->is_own_thread = id->is_of_thread && id->pid == caller->pid;
    return id->pid ? 0 : -EINVAL;
}

int clock_id_find(int number, const struct thread *caller, bool is_read, struct clock_id *id)
{
    *id = (struct clock_id){0};
    if (number < 0) {
        return find_used(number, caller, is_read, id);
    }
    switch (number) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return 0;
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        id->is_coarse = true;
        id->is_to_read = true;
        return 0;
    case CLOCK_MONOTONIC_RAW:
        id->is_to_read = true;
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
        id->pid = caller->process->pid;
        return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        id->pid = caller->pid;
        id->is_of_thread = true;
        return 0;
    default:
        return -EINVAL;
    }
}

/* The clocks of alarms need a device, and so do those of descriptors. */
static bool needs_device(int number)
{
    return number == CLOCK_REALTIME_ALARM || number == CLOCK_BOOTTIME_ALARM ||
           (number < 0 && (number & (OF_THREAD | WHICH_MASK)) == WHICH_MASK);
}

int clock_id_find_timer(int number, const struct thread *caller, struct clock_id *id)
{
    int error = clock_id_find(number, caller, false, id);

    return needs_device(number) || (!error && id->is_to_read) ? -EOPNOTSUPP : error;
}

bool clock_id_is_gone(const struct clock_id *id)
{
    return id->pid && (id->is_of_thread ? !id->pid->thread : !id->pid->process);
}

nsec_t clock_id_now(const struct clock_id *id)
{
    if (!id->pid) {
        return clock_now();
    }
    if (clock_id_is_gone(id)) {
        return 0;
    }
    return id->is_of_thread ? cpu_clock_of_thread(id->pid->thread, id->time)
                            : cpu_clock_of_process(id->pid->process, id->time);
}

struct timers *clock_id_timers(const struct clock_id *id)
{
    ASSERT(id->pid);
    if (id->is_of_thread) {
        return id->pid->thread ? &id->pid->thread->cpu_clock.timers[id->time] : NULL;
    }
    struct process *process = id->pid->process;
    return process && process->state == PROCESS_LIVE ? &process->cpu_clock.timers[id->time] : NULL;
}

nsec_t clock_id_resolution(const struct clock_id *id)
{
    return id->is_coarse ? COARSE_NS : 1;
}

void clock_id_arm(const struct clock_id *id, struct timer *timer, nsec_t when)
{
    if (when <= clock_id_now(id)) {
        timer->expire(timer);
    } else if (!id->pid) {
        clock_arm(timer, when);
    } else if (clock_id_timers(id)) {
        timer_arm(timer, clock_id_timers(id), when);
    }
}

nsec_t clock_id_after(const struct clock_id *id, nsec_t duration)
{
    nsec_t now = clock_id_now(id);

    return duration > CLOCK_LAST - now ? CLOCK_LAST : now + duration;
}

nsec_t clock_forward(nsec_t when, nsec_t interval, nsec_t now, uint64_t *count)
{
    *count = now < when ? 0 : (now - when) / interval + 1;

    nsec_t passed = *count * interval; /* below 2^64, as none of the three is above CLOCK_LAST */
    return passed > CLOCK_LAST - when ? CLOCK_LAST : when + passed;
}
