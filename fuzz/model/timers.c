#include "fuzz/model/timers.h"

/* Numbers of clocks of what is used: who, inverted; a thread or a process; and which time
 * (clock_getcpuclockid(3), include/linux/posix-timers.h of Linux). */
enum { WHOSE = 3, OF_THREAD = 4, WHICH = 3 };

static bool is_used(const struct proc *self, int number, bool is_read)
{
    int whose = ~(number >> WHOSE);
    const struct proc *named;

    if ((number & WHICH) == WHICH) {
        return false;
    }
    if (whose == 0) {
        return true;
    }
    if (number & OF_THREAD) {
        named = world_find_thread(whose);
        return named && named->process == self->process && named->life == LIFE_LIVE &&
               !named->has_left;
    }
    return world_find(whose) || (is_read && whose == self->tid);
}

enum clock_kind timers_clock(const struct proc *self, int number, bool is_read)
{
    if (number < 0) {
        return is_used(self, number, is_read) ? CLOCK_IS_USED : CLOCK_IS_NONE;
    }
    switch (number) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return CLOCK_IS_TIME;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return CLOCK_IS_TO_READ;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        return CLOCK_IS_USED;
    default:
        return CLOCK_IS_NONE;
    }
}

bool timers_needs_device(int number)
{
    bool is_of_descriptor = number < 0 && (number & (OF_THREAD | WHICH)) == WHICH;

    return number == CLOCK_REALTIME_ALARM || number == CLOCK_BOOTTIME_ALARM || is_of_descriptor;
}

/* exec has deleted it, or the end of its process. */
static bool is_gone(const struct timer_model *timer)
{
    return !timer->owner || timer->owner->life != LIFE_LIVE ||
           timer->owner->exec_count != timer->exec_count;
}

unsigned timers_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world.timer_count; i++) {
        count += !is_gone(&world.timers[i]);
    }
    return count;
}

void timers_pass(void)
{
    for (unsigned i = 0; i < world.timer_count; i++) {
        const struct timer_model *timer = &world.timers[i];
        if (!is_gone(timer) && !timer->is_silent && timer->due && timer->due <= world.now) {
            give_up_for(GIVE_UP_TIMER);
        }
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *proc = &world.procs[i];
        uint64_t due = proc->itimers[ITIMER_REAL].due;
        if (proc->life == LIFE_LIVE && due && due <= world.now) {
            give_up_for(GIVE_UP_TIMER);
        }
    }
}

void timers_stop(void)
{
    for (unsigned i = 0; i < world.timer_count; i++) {
        world.timers[i].due = 0;
        world.timers[i].interval = 0;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        bytes_zero(world.procs[i].itimers, sizeof(world.procs[i].itimers));
    }
}
