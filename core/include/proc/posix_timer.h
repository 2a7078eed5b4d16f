/*
 * The timers that a process makes, timer_create(2): each goes by a clock and tells of its time by a
 * signal, or not at all. They end with the process, with exec, or by timer_delete; fork copies
 * none.
 *
 * One that comes again and again sends a signal, and goes on when that has been taken: how many
 * times have passed by then is its overrun. So no interval is too short.
 */
#ifndef PROC_POSIX_TIMER_H
#define PROC_POSIX_TIMER_H

#include "abi/linux.h"
#include "base/list.h"
#include "proc/clock_id.h"
#include "proc/timer.h"

struct pending_info;
struct process;
struct thread;

struct posix_timer {
    struct timer timer;
    struct list link; /* on process->posix_timers, in the order of their numbers */
    struct process *process;
    int id;
    int notify;            /* SIGEV_SIGNAL, ... */
    struct clock_id clock; /* its pid is held */
    struct pid *to;        /* the thread that gets the signal; NULL: the process. Held */
    struct pending_info *signal;
    nsec_t due;      /* or when it was, last */
    nsec_t interval; /* 0: it comes once */
    bool is_active;  /* it has been set and has not come for the last time */
    bool is_untaken; /* it has come, and goes on when its signal has been taken */
    uint64_t passed; /* times that count as overruns when it goes on */
    int32_t overrun; /* of the last signal that was taken */
};

void posix_timer_init(void);

/* Those of a new process; and of one that ends, or runs another program. */
void posix_timer_begin(struct process *process);
void posix_timer_end(struct process *process);

/* A timer of the maker's process that is not set. event is valid; NULL: SIGALRM, with the number of
 * the timer. -EAGAIN: no memory, or the maker's user has too many signals. */
MUST_CHECK int posix_timer_create(const struct thread *maker, const struct clock_id *clock,
                                  const struct abi_sigevent *event, struct posix_timer **timer);
void posix_timer_delete(struct posix_timer *timer);

/* NULL: there is none with that number. */
struct posix_timer *posix_timer_find(struct process *process, int id);

/* From now on it comes at when (0: never), and then after each interval. */
void posix_timer_set(struct posix_timer *timer, nsec_t when, nsec_t interval);

/* How long it is until it comes; 0: it does not. */
nsec_t posix_timer_left(const struct posix_timer *timer);

/* Its signal is taken: it goes on, and what it tells of that is put in. */
void posix_timer_taken(struct posix_timer *timer, struct abi_siginfo *info);

/* How many there are. */
size_t posix_timer_count(void);

/* Panics if one of them is not armed as it should be. Returns how many the process has. */
size_t posix_timer_check(const struct process *process);

#endif
