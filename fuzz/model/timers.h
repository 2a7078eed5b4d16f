/* Clocks by their numbers, and the timers of processes: setitimer(2), timer_create(2). */
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

/* Whose time a clock shows, and whether it is that of a thread; NULL: the machine's. */
const struct proc *timers_whose(struct proc *self, int number, bool *is_of_thread);

/* Whether there is one with this number that needs a device, which is not there. */
bool timers_needs_device(int number);

/* The timers of processes that have no other program yet, which a user has made. */
unsigned timers_count(uint32_t user);

/* The timer in a place, and 1, is there: neither deleted nor gone with its program. */
bool timers_is_there(int place);

/* When something comes again that has come at due: later than now. count: how often it has by
 * now, behind due - 1. */
uint64_t timers_next(uint64_t due, uint64_t interval, uint64_t now, uint64_t *count);

/* Sets one of setitimer's, and one of timer_create's: due 0 switches it off. */
void timers_set_itimer(struct proc *process, int which, uint64_t due, uint64_t interval);
void timers_set(struct timer_model *timer, uint64_t due, uint64_t interval);

/* The same for a file, and it goes on to its next time when it is looked at. */
void timers_set_file(struct file *file, uint64_t due, uint64_t interval);
void timers_go_on_file(struct file *file);

/* A signal of a process, or of one of its threads, was taken: what has sent it goes on. said is
 * what is said of it. */
void timers_taken(struct queue *queue, struct said *said);

/* All that are due at world.now come. */
void timers_pass(void);

/* All are switched off. */
void timers_stop(void);

#endif
