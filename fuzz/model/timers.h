/* Clocks by their numbers, and the timers of processes: setitimer(2), timer_create(2). They are
 * followed until the first one comes that sends a signal. */
#ifndef MODEL_TIMERS_H
#define MODEL_TIMERS_H

#include "fuzz/model/world.h"

enum clock_kind {
    CLOCK_IS_NONE,
    CLOCK_IS_TIME,
    CLOCK_IS_TO_READ, /* of time, which cannot be waited for */
    CLOCK_IS_USED,    /* of what somebody uses */
};

/* What the clock with a number is to a process; is_read: that is all it is wanted for. */
enum clock_kind timers_clock(const struct proc *self, int number, bool is_read);

/* Whether there is one with this number that needs a device, which is not there. */
bool timers_needs_device(int number);

/* The timers of a process that has no other program yet, all of them together. */
unsigned timers_count(void);

/* The moment is world.now. */
void timers_pass(void);

/* All are switched off. */
void timers_stop(void);

#endif
