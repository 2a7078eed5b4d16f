/* Clocks and sleeping: clock_gettime, clock_getres, nanosleep, clock_nanosleep. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/plant.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/clock_id.h"
#include "proc/process.h"
#include "proc/sched.h"

/* There is no clock of the day: CLOCK_REALTIME begins with 1970 at boot. */
int64_t sys_clock_gettime(struct thread *thread, const uint64_t *args)
{
    struct clock_id clock;
    int error = clock_id_find((int)args[0], thread, true, &clock);

    if (error) {
        return error;
    }
    if (clock.pid) {
        usage_charge_system(thread);
    }
    const struct abi_timespec time = clock_timespec(clock_id_now(&clock));
    return user_write(args[1], &time, sizeof(time));
}

/* A signal has come: what is left of a sleep, which goes on if there is no handler. One that has an
 * end and no length is made again then. */
static int64_t give_up(struct call *call, nsec_t left, uaddr_t at, bool is_absolute)
{
    const struct abi_timespec rest = clock_timespec(left);
    int error = at ? user_write(at, &rest, sizeof(rest)) : 0;

    call->restart = is_absolute ? RESTART_UNHANDLED : RESTART_GOES_ON;
    return error ? error : CALL_INTERRUPTED;
}

/* Sleeps until the deadline of the call; rest is where to tell what is left when a signal comes, or
 * 0. */
static int64_t sleep(struct thread *thread, const struct clock_id *clock, uaddr_t rest,
                     bool is_absolute)
{
    struct call *call = &thread->call;
    nsec_t now = clock_id_now(clock);
    int64_t result;

    if (now >= call->deadline) {
        if (PLANTED(OWN_15)) {
            plant_memory = thread->tid;
        }
        return 0;
    }
    if (clock->pid) {
        result = sched_block(thread, WAIT_CPU_TIME, clock->pid->number, NULL, PLAT_NEVER);
        if (result == CALL_BLOCKED) {
            clock_id_arm(clock, &thread->timer, call->deadline);
        }
    } else {
        result = sched_block(thread, WAIT_TIME, 0, NULL, call->deadline);
    }
    return result == CALL_INTERRUPTED ? give_up(call, call->deadline - now, rest, is_absolute)
                                      : result;
}

/* Reads how long, or until when, and begins. */
static int begin_sleep(struct thread *thread, const struct clock_id *clock, uaddr_t at,
                       bool is_absolute)
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
    if (clock->is_own_thread) {
        return -EINVAL; /* it would wait for itself */
    }
    call->deadline = clock_time(&time);
    if (!is_absolute) {
        call->deadline = clock_id_after(clock, call->deadline);
    }
    call->has_begun = true;
    return 0;
}

int64_t sys_nanosleep(struct thread *thread, const uint64_t *args)
{
    const struct clock_id clock = {0};
    int error = thread->call.has_begun ? 0 : begin_sleep(thread, &clock, args[0], false);

    return error ? error : sleep(thread, &clock, args[1], false);
}

/* Whose time it waits for is no more: until a handler is called. */
static int64_t sleep_for_nobody(struct thread *thread)
{
    int64_t result = sched_block(thread, WAIT_CPU_TIME, 0, NULL, PLAT_NEVER);

    if (result == CALL_INTERRUPTED) {
        thread->call.restart = RESTART_GOES_ON;
    }
    return result;
}

int64_t sys_clock_nanosleep(struct thread *thread, const uint64_t *args)
{
    bool is_absolute = args[1] & TIMER_ABSTIME;
    struct clock_id clock;
    int error = clock_id_find_timer((int)args[0], thread, &clock);

    if ((int)args[0] == CLOCK_THREAD_CPUTIME_ID) {
        return -EOPNOTSUPP;
    }
    if (error && thread->call.has_begun) {
        return sleep_for_nobody(thread);
    }
    if (!error && !thread->call.has_begun) {
        error = begin_sleep(thread, &clock, args[2], is_absolute);
        if (PLANTED(OWN_23) && error == -EINVAL && clock.pid) {
            error = -EPERM;
        }
    }
    return error ? error : sleep(thread, &clock, is_absolute ? 0 : args[3], is_absolute);
}

int64_t sys_clock_getres(struct thread *thread, const uint64_t *args)
{
    struct clock_id clock;
    int error = clock_id_find((int)args[0], thread, false, &clock);

    if (error || !args[1]) {
        return error;
    }
    const struct abi_timespec resolution = clock_timespec(clock_id_resolution(&clock));
    return user_write(args[1], &resolution, sizeof(resolution));
}
