#include "proc/clock.h"

#include "base/panic.h"

static struct {
    bool is_det;
    nsec_t det_now;
    nsec_t slice_end;
    nsec_t limit; /* of the time in user mode */
    nsec_t armed; /* what the platform's timer is set to */
    struct timers timers;
} clock;

void clock_init(bool is_det)
{
    clock.is_det = is_det;
    clock.det_now = 0;
    clock.slice_end = PLAT_NEVER;
    clock.limit = PLAT_NEVER;
    clock.armed = PLAT_NEVER;
    timers_init(&clock.timers);
    plat_timer_set(PLAT_NEVER);
}

bool clock_is_det(void)
{
    return clock.is_det;
}

nsec_t clock_now(void)
{
    return clock.is_det ? clock.det_now : plat_clock_now();
}

bool clock_is_valid(const struct abi_timespec *duration)
{
    return duration->tv_sec >= 0 && duration->tv_nsec >= 0 &&
           duration->tv_nsec < (int64_t)NSEC_PER_SEC;
}

nsec_t clock_time(const struct abi_timespec *time)
{
    if ((uint64_t)time->tv_sec >= CLOCK_LAST / NSEC_PER_SEC) {
        return CLOCK_LAST;
    }
    return (uint64_t)time->tv_sec * NSEC_PER_SEC + (uint64_t)time->tv_nsec;
}

struct abi_timespec clock_timespec(nsec_t time)
{
    return (struct abi_timespec){
        .tv_sec = (int64_t)(time / NSEC_PER_SEC),
        .tv_nsec = (int64_t)(time % NSEC_PER_SEC),
    };
}

nsec_t clock_deadline(const struct abi_timespec *duration)
{
    nsec_t length = clock_time(duration);
    nsec_t now = clock_now();

    return length > CLOCK_LAST - now ? CLOCK_LAST : now + length;
}

void clock_count_call(void)
{
    clock.det_now += min_u64(CLOCK_DET_STEP, CLOCK_LAST - clock.det_now);
}

/* Sets the platform's timer to what comes first, if that has changed. */
static void arm(void)
{
    nsec_t next = min_u64(timers_first(&clock.timers), min_u64(clock.slice_end, clock.limit));

    if (!clock.is_det && next != clock.armed) {
        clock.armed = next;
        plat_timer_set(next);
    }
}

void clock_arm(struct timer *timer, nsec_t deadline)
{
    timer_arm(timer, &clock.timers, deadline);
    arm();
}

void clock_disarm(struct timer *timer)
{
    if (timer->set) {
        timer_disarm(timer);
        arm();
    }
}

const struct timers *clock_timers(void)
{
    return &clock.timers;
}

void clock_set_slice(nsec_t end)
{
    clock.slice_end = end;
    arm();
}

void clock_set_limit(nsec_t end)
{
    if (end != clock.limit) {
        clock.limit = end;
        arm();
    }
}

bool clock_is_due(void)
{
    return timers_first(&clock.timers) <= clock_now();
}

bool clock_expire(void)
{
    nsec_t now = clock_now();
    bool is_slice_over = clock.slice_end <= now;

    (void)timers_expire(&clock.timers, now);
    if (is_slice_over) {
        clock.slice_end = PLAT_NEVER;
    }
    clock.armed = PLAT_NEVER; /* it fired, or it will be set again to the same */
    arm();
    return is_slice_over;
}

bool clock_jump(void)
{
    nsec_t next = timers_first(&clock.timers);

    ASSERT(clock.is_det);
    if (next == PLAT_NEVER) {
        return false;
    }
    clock.det_now = max_u64(clock.det_now, next);
    (void)timers_expire(&clock.timers, clock.det_now);
    return true;
}
