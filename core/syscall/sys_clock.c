/* Clocks and sleeping: clock_gettime, clock_getres, nanosleep, clock_nanosleep. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/plant.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"

enum { COARSE_NS = 4000000 }; /* what Linux says where it counts 250 ticks a second */

/* There is no clock of the day: CLOCK_REALTIME begins with 1970 at boot. */
int64_t sys_clock_gettime(struct thread *thread, const uint64_t *args)
{
    nsec_t now = clock_now();
    const struct abi_timespec time = {
        .tv_sec = (int64_t)(now / NSEC_PER_SEC),
        .tv_nsec = (int64_t)(now % NSEC_PER_SEC),
    };

    (void)thread;
    switch ((int)args[0]) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        return user_write(args[1], &time, sizeof(time));
    default:
        return -EINVAL;
    }
}

/* A handler has ended a sleep, which is never made again: what is left of it. */
static int64_t tell_rest(uaddr_t at, nsec_t deadline)
{
    nsec_t now = clock_now();
    nsec_t left = deadline > now ? deadline - now : 0;
    const struct abi_timespec rest = {
        .tv_sec = (int64_t)(left / NSEC_PER_SEC),
        .tv_nsec = (int64_t)(left % NSEC_PER_SEC),
    };
    int error = at ? user_write(at, &rest, sizeof(rest)) : 0;

    return error ? error : -EINTR;
}

/* Sleeps until the deadline of the call; rest is where to tell what is left when a handler comes,
 * or 0. */
static int64_t sleep(struct thread *thread, uaddr_t rest)
{
    struct call *call = &thread->call;

    if (clock_now() >= call->deadline) {
        if (PLANTED(OWN_15)) {
            plant_memory = thread->tid;
        }
        return 0;
    }
    int64_t result = sched_block(thread, WAIT_TIME, 0, NULL, call->deadline);
    return result == CALL_INTERRUPTED ? tell_rest(rest, call->deadline) : result;
}

/* Reads how long, or until when, and begins. */
static int begin_sleep(struct thread *thread, uaddr_t at, bool is_absolute)
{
    struct call *call = &thread->call;
    struct abi_timespec time;
    int error = user_read(&time, at, sizeof(time));

    if (error) {
        return error;
    }
    if (!clock_is_valid(&time)) {
        return -EINVAL;
    }
    call->deadline = is_absolute ? clock_time(&time) : clock_deadline(&time);
    call->has_begun = true;
    return 0;
}

int64_t sys_nanosleep(struct thread *thread, const uint64_t *args)
{
    int error = thread->call.has_begun ? 0 : begin_sleep(thread, args[0], false);

    return error ? error : sleep(thread, args[1]);
}

/* Whether there is a clock with this number, and whether one can sleep by it. */
static int check_clock(int clock, bool is_to_sleep)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return 0;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return is_to_sleep ? -EOPNOTSUPP : 0;
    default:
        return -EINVAL;
    }
}

/* No clock is ever set: all are the same. */
int64_t sys_clock_nanosleep(struct thread *thread, const uint64_t *args)
{
    bool is_absolute = args[1] & TIMER_ABSTIME;
    int error = check_clock((int)args[0], true);

    if (!error && !thread->call.has_begun) {
        error = begin_sleep(thread, args[2], is_absolute);
    }
    return error ? error : sleep(thread, is_absolute ? 0 : args[3]);
}

int64_t sys_clock_getres(struct thread *thread, const uint64_t *args)
{
    bool is_coarse =
        (int)args[0] == CLOCK_REALTIME_COARSE || (int)args[0] == CLOCK_MONOTONIC_COARSE;
    const struct abi_timespec resolution = {0, is_coarse ? COARSE_NS : 1};
    int error = check_clock((int)args[0], false);

    (void)thread;
    if (error || !args[1]) {
        return error;
    }
    return user_write(args[1], &resolution, sizeof(resolution));
}
