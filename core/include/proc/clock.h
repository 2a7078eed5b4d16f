/*
 * Time, and the timers that wait for it. With det=SEED time is a count: a fixed step for each
 * call, and a jump to the next deadline when nothing is ready.
 */
#ifndef PROC_CLOCK_H
#define PROC_CLOCK_H

#include "abi/linux.h"
#include "base/types.h"
#include "proc/timer.h"

#define NSEC_PER_SEC ((nsec_t)1000000000)
#define CLOCK_DET_STEP ((nsec_t)1000)
#define CLOCK_LAST ((nsec_t)INT64_MAX) /* the last moment of time, as on Linux */

void clock_init(bool is_det);
bool clock_is_det(void);

nsec_t clock_now(void);

/* Whether it is a time that can be waited for: not negative, less than a second of nanoseconds. */
bool clock_is_valid(const struct abi_timespec *duration);

/* A valid time since boot; the last moment of time if it lies behind that. */
nsec_t clock_time(const struct abi_timespec *time);

/* The same the other way: as seconds and nanoseconds, below a second. */
struct abi_timespec clock_timespec(nsec_t time);

/* The end of a valid duration that begins now; the last moment of time if it lies behind that. */
nsec_t clock_deadline(const struct abi_timespec *duration);

/* A call has been made. */
void clock_count_call(void);

/* Arms a timer that is not; and sees to it that one is not. */
void clock_arm(struct timer *timer, nsec_t deadline);
void clock_disarm(struct timer *timer);

/* The end of the current thread's slice; PLAT_NEVER: none. */
void clock_set_slice(nsec_t end);

/* The end of the time that the current thread may have in user mode before its CPU clocks are
 * looked at; PLAT_NEVER: none. */
void clock_set_limit(nsec_t end);

/* Those that are armed. */
const struct timers *clock_timers(void);

/* Whether anything is due. */
bool clock_is_due(void);

/* Does what is due; says whether the slice is over. */
bool clock_expire(void);

/* With det and nothing ready: jumps to the next deadline. false: there is none. */
bool clock_jump(void);

#endif
