/*
 * Clocks by the numbers that programs give them: the machine's time, and the time that a process or
 * a thread has used (clock_gettime(2), clock_getcpuclockid(3)). No clock is ever set: those that
 * Linux tells apart by when they begin are all the same here.
 */
#ifndef PROC_CLOCK_ID_H
#define PROC_CLOCK_ID_H

#include "base/types.h"
#include "proc/cpu_clock.h"
#include "proc/pid.h"

/* What a clock shows. */
struct clock_id {
    struct pid *pid;    /* whose time; NULL: the machine's */
    bool is_of_thread;  /* of the thread with that number, not of the process */
    bool is_coarse;     /* it goes on by steps, as its resolution says */
    bool is_to_read;    /* and not to be waited for */
    bool is_own_thread; /* of the thread that asks, by a number of its own */
    enum cpu_time time;
};

/* The clock with this number, as caller knows it; the pid is borrowed. The clock of a thread's
 * process can also be read by the thread's number. -EINVAL: there is none. */
MUST_CHECK int clock_id_find(int number, const struct thread *caller, bool is_read,
                             struct clock_id *id);

/* The same for one that can be waited for. -EOPNOTSUPP: it cannot. */
MUST_CHECK int clock_id_find_timer(int number, const struct thread *caller, struct clock_id *id);

/* Whether the thread whose time it is has ended, or the process, and that has been waited for. */
bool clock_id_is_gone(const struct clock_id *id);

/* What it shows, and the timers that wait for it. 0, and NULL: it is gone; NULL also if it is the
 * time of a zombie. */
nsec_t clock_id_now(const struct clock_id *id);
struct timers *clock_id_timers(const struct clock_id *id);

/* Its resolution in nanoseconds. */
nsec_t clock_id_resolution(const struct clock_id *id);

/* Arms a timer that is not; one that is due already expires at once. Nothing if whose time it was
 * has ended. */
void clock_id_arm(const struct clock_id *id, struct timer *timer, nsec_t when);

/* The moment a duration after now; the last one that there is if it lies behind that. */
nsec_t clock_id_after(const struct clock_id *id, nsec_t duration);

/* The first of when, when + interval, ... behind now, and how many of them are not; the last moment
 * of time if it lies behind that. */
nsec_t clock_forward(nsec_t when, nsec_t interval, nsec_t now, uint64_t *count);

#endif
