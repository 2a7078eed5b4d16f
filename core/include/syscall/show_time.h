/* What calls of time and timers have in memory, and the numbers of clocks, as strace(1) writes
 * them. */
#ifndef SYSCALL_SHOW_TIME_H
#define SYSCALL_SHOW_TIME_H

#include "syscall/show.h"

void show_timespec(const struct view *view, uaddr_t at);
void show_itimerval(const struct view *view, uaddr_t at);
void show_itimerspec(const struct view *view, uaddr_t at);
void show_sigevent(const struct view *view, uaddr_t at);

/* CLOCK_MONOTONIC, MAKE_PROCESS_CPUCLOCK(3, CPUCLOCK_SCHED). */
void show_clock(struct text *text, int clock);

#endif
