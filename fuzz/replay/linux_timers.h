/*
 * Timers of programs on Linux, which go by its clock and wait for nobody. Until the first comes, by
 * that clock or by the time of the program, it is as though there were none.
 */
#ifndef REPLAY_LINUX_TIMERS_H
#define REPLAY_LINUX_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

/* Nothing is set. */
void timers_begin(void);

/* A process has made a timer by this clock. */
void timers_made(uint64_t clock);

/* When the timer that a call sets will come, in ns from its end; 0: it sets none. */
uint64_t timers_duration(int host, uint64_t number, const uint64_t *args);

/* A timer has been set that comes in so many ns; now_ns: the program's time. */
void timers_set(uint64_t duration, uint64_t now_ns);

/* Whether one has come on Linux, or is about to. */
bool timers_come(void);

/* Whether one comes not later than this time of the program. */
bool timers_come_by(uint64_t program_ns);

#endif
