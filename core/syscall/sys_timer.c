/* Timers that send signals: setitimer, getitimer, and the timer_create family. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"

enum { USEC_PER_SEC = 1000000, NSEC_PER_USEC = 1000 };

/* ---- setitimer(2) ---- */

static bool is_itimer(int which)
{
    return which >= 0 && which < ITIMERS;
}

static bool is_timeval(const struct abi_timeval *time)
{
    return time->tv_sec >= 0 && time->tv_usec >= 0 && time->tv_usec < USEC_PER_SEC;
}

static nsec_t nsec_of(const struct abi_timeval *time)
{
    const struct abi_timespec same = {time->tv_sec, time->tv_usec * NSEC_PER_USEC};

    return clock_time(&same);
}

static struct abi_timeval timeval_of(nsec_t time)
{
    return (struct abi_timeval){
        .tv_sec = (int64_t)(time / NSEC_PER_SEC),
        .tv_usec = (int64_t)(time % NSEC_PER_SEC / NSEC_PER_USEC),
    };
}

/* What is less than a microsecond is one, as it is not over. */
static struct abi_itimerval itimerval_of(const struct process *process, int which)
{
    nsec_t left = itimer_left(process, which);

    return (struct abi_itimerval){
        .it_interval = timeval_of(process->itimers[which].interval),
        .it_value = timeval_of(left && left < NSEC_PER_USEC ? NSEC_PER_USEC : left),
    };
}

int64_t sys_getitimer(struct thread *thread, const uint64_t *args)
{
    int which = (int)args[0];

    if (!is_itimer(which)) {
        return -EINVAL;
    }
    usage_charge_system(thread);
    const struct abi_itimerval value = itimerval_of(thread->process, which);
    return user_write(args[1], &value, sizeof(value));
}

/* Linux has set it when it finds that the old value cannot be written; so it is with
 * timer_settime. */
int64_t sys_setitimer(struct thread *thread, const uint64_t *args)
{
    struct abi_itimerval wanted = {0};
    int which = (int)args[0];
    int error = args[1] ? user_read(&wanted, args[1], sizeof(wanted)) : 0;

    if (error) {
        return error;
    }
    if (!is_timeval(&wanted.it_value) || !is_timeval(&wanted.it_interval) || !is_itimer(which)) {
        return -EINVAL;
    }
    usage_charge_system(thread);
    const struct abi_itimerval old = itimerval_of(thread->process, which);
    error = args[2] ? user_write(args[2], &old, sizeof(old)) : 0;
    if (!error) {
        itimer_set(thread->process, which, nsec_of(&wanted.it_value), nsec_of(&wanted.it_interval));
    }
    return error;
}

/* ---- timer_create(2) ---- */

static bool is_event(const struct thread *thread, const struct abi_sigevent *event)
{
    const struct thread *to;

    switch (event->sigev_notify) {
    case SIGEV_NONE:
        return true;
    case SIGEV_THREAD_ID:
        to = thread_find(event->sigev_tid);
        if (!to || to->process != thread->process) {
            return false;
        }
        break;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
        break;
    default:
        return false;
    }
    return event->sigev_signo >= 1 && event->sigev_signo <= SIGNAL_MAX;
}

/* The C library makes SIGEV_THREAD of a thread that gets the signal. */
int64_t sys_timer_create(struct thread *thread, const uint64_t *args)
{
    struct abi_sigevent event;
    struct posix_timer *timer;
    struct clock_id clock;
    int error = args[1] ? user_read(&event, args[1], sizeof(event)) : 0;

    if (!error) {
        error = clock_id_find_timer((int)args[0], thread, &clock);
    }
    if (!error && args[1] && !is_event(thread, &event)) {
        error = -EINVAL;
    }
    if (!error) {
        error = user_prepare_write(args[2], sizeof(timer->id));
    }
    if (!error) {
        error = posix_timer_create(thread, &clock, args[1] ? &event : NULL, &timer);
    }
    if (error) {
        return error;
    }
    error = user_write(args[2], &timer->id, sizeof(timer->id));
    ASSERT(error == 0); /* it was prepared */
    return 0;
}

static struct abi_itimerspec itimerspec_of(const struct posix_timer *timer)
{
    if (clock_id_is_gone(&timer->clock)) {
        return (struct abi_itimerspec){0};
    }
    return (struct abi_itimerspec){
        .it_interval = clock_timespec(timer->interval),
        .it_value = clock_timespec(posix_timer_left(timer)),
    };
}

int64_t sys_timer_gettime(struct thread *thread, const uint64_t *args)
{
    const struct posix_timer *timer = posix_timer_find(thread->process, (int)args[0]);

    if (!timer) {
        return -EINVAL;
    }
    usage_charge_system(thread);
    const struct abi_itimerspec value = itimerspec_of(timer);
    return user_write(args[1], &value, sizeof(value));
}

int64_t sys_timer_getoverrun(struct thread *thread, const uint64_t *args)
{
    const struct posix_timer *timer = posix_timer_find(thread->process, (int)args[0]);

    return timer ? timer->overrun : -EINVAL;
}

/* When a timer comes that is set now; 0: never. */
static nsec_t due_at(const struct posix_timer *timer, const struct abi_timespec *value,
                     bool is_absolute)
{
    nsec_t time = clock_time(value);

    return time == 0 || is_absolute ? time : clock_id_after(&timer->clock, time);
}

int64_t sys_timer_settime(struct thread *thread, const uint64_t *args)
{
    struct abi_itimerspec wanted;
    int error = args[2] ? user_read(&wanted, args[2], sizeof(wanted)) : -EINVAL;

    if (error) {
        return error;
    }
    struct posix_timer *timer = posix_timer_find(thread->process, (int)args[0]);
    if (!clock_is_valid(&wanted.it_value) || !clock_is_valid(&wanted.it_interval) || !timer) {
        return -EINVAL;
    }
    if (clock_id_is_gone(&timer->clock)) {
        return -ESRCH;
    }
    usage_charge_system(thread);
    const struct abi_itimerspec old = itimerspec_of(timer);
    error = args[3] ? user_write(args[3], &old, sizeof(old)) : 0;
    if (!error) {
        posix_timer_set(timer, due_at(timer, &wanted.it_value, args[1] & TIMER_ABSTIME),
                        clock_time(&wanted.it_interval));
    }
    return error;
}

int64_t sys_timer_delete(struct thread *thread, const uint64_t *args)
{
    struct posix_timer *timer = posix_timer_find(thread->process, (int)args[0]);

    if (!timer) {
        return -EINVAL;
    }
    posix_timer_delete(timer);
    return 0;
}
