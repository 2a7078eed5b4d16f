/*
 * The three timers that each process has, setitimer(2): of time that passes, of time in user mode,
 * and of all time that the process uses. exec keeps them, fork does not.
 */
#ifndef PROC_ITIMER_H
#define PROC_ITIMER_H

#include "base/types.h"
#include "proc/timer.h"

struct process;

enum { ITIMERS = 3 }; /* ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF */

struct itimer {
    struct timer timer;
    struct process *process;
    nsec_t due;      /* or when it was, last */
    nsec_t interval; /* 0: it comes once */
};

/* Those of a new process. */
void itimer_begin(struct process *process);
void itimer_end(struct process *process);

/* From now on it comes after value (0: never), and then after each interval. */
void itimer_set(struct process *process, int which, nsec_t value, nsec_t interval);

/* How long it is until it comes; 0: it does not. */
nsec_t itimer_left(const struct process *process, int which);

/* A SIGALRM of the process has been taken: the timer of time that passes goes on with its interval
 * then, and not before. */
void itimer_taken(struct process *process);

/* Panics if one is not armed as it should be. */
void itimer_check(const struct process *process);

#endif
