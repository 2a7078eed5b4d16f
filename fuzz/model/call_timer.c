/* setitimer, timer_create and their like, and the clocks that go with them. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/timers.h"
#include "fuzz/model/times.h"

#define NSEC_PER_USEC UINT64_C(1000)
#define USEC_PER_SEC UINT64_C(1000000)

/* ---- setitimer ---- */

static bool is_itimer(int which)
{
    return which >= ITIMER_REAL && which <= ITIMER_PROF;
}

static bool timeval_is_valid(const struct abi_timeval *time)
{
    return time->tv_sec >= 0 && time->tv_usec >= 0 && (uint64_t)time->tv_usec < USEC_PER_SEC;
}

static uint64_t time_of(const struct abi_timeval *time)
{
    const struct abi_timespec same = {time->tv_sec, time->tv_usec * (int64_t)NSEC_PER_USEC};

    return time_after(0, &same);
}

static struct abi_timeval timeval_of(uint64_t time)
{
    return (struct abi_timeval){(int64_t)(time / NSEC_PER_SEC),
                                (int64_t)(time % NSEC_PER_SEC / NSEC_PER_USEC)};
}

/* One that is due comes behind the step: until then it has hardly anything left. */
static uint64_t left_until(uint64_t due)
{
    return due > world.now ? due - world.now : 1;
}

/* What is left, a microsecond at least. */
static struct abi_itimerval itimer_of(const struct proc *self, int which)
{
    const struct alarm *itimer = &self->process->itimers[which];
    uint64_t left = itimer->is_set ? left_until(itimer->due) : 0;

    return (struct abi_itimerval){timeval_of(itimer->interval),
                                  timeval_of(left ? most(left, NSEC_PER_USEC) : 0)};
}

void call_getitimer(struct proc *self, const struct event *event)
{
    int which = (int)event->args[0];

    if (!is_itimer(which)) {
        (void)ask_result(-EINVAL);
    } else if (!memory_can(self, event->args[1], sizeof(struct abi_itimerval), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        const struct abi_itimerval value = itimer_of(self, which);
        memory_give(self, event->args[1], &value, sizeof(value));
    }
}

/* When those come that go by the time that is used is not known. */
static void set_itimer(struct proc *self, int which, const struct abi_itimerval *wanted)
{
    uint64_t value = time_of(&wanted->it_value);
    uint64_t interval = time_of(&wanted->it_interval);

    if (value && which != ITIMER_REAL) {
        give_up_for(GIVE_UP_TIMER);
        return;
    }
    timers_set_itimer(self->process, which,
                      value ? least(value, LAST_MOMENT - world.now) + world.now : 0,
                      value || which != ITIMER_REAL ? interval : 0);
}

/* Whether what was can be told there; nobody need want it. */
static int check_old(struct proc *self, uint64_t at)
{
    bool can = !at || memory_can(self, at, sizeof(struct abi_itimerspec), ACCESS_WRITE);

    return can ? 0 : -EFAULT;
}

static int check_itimer(struct proc *self, const struct event *event, struct abi_itimerval *wanted)
{
    if (event->args[1] && !memory_read(self, event->args[1], wanted, sizeof(*wanted))) {
        return -EFAULT;
    }
    if (!timeval_is_valid(&wanted->it_value) || !timeval_is_valid(&wanted->it_interval) ||
        !is_itimer((int)event->args[0])) {
        return -EINVAL;
    }
    return check_old(self, event->args[2]);
}

void call_setitimer(struct proc *self, const struct event *event)
{
    int which = (int)event->args[0];
    uint64_t old_at = event->args[2];
    struct abi_itimerval wanted = {{0, 0}, {0, 0}};
    int error = check_itimer(self, event, &wanted);

    if (ask_result(error) && !error) {
        const struct abi_itimerval old = itimer_of(self, which);
        if (old_at) {
            memory_give(self, old_at, &old, sizeof(old));
        }
        set_itimer(self, which, &wanted);
    }
}

/* ---- timer_create ---- */

static struct timer_model *find(const struct proc *self, int id)
{
    for (unsigned i = 0; i < world.timer_count; i++) {
        struct timer_model *timer = &world.timers[i];
        if (timer->owner == self->process && timer->exec_count == self->process->exec_count &&
            timer->id == id) {
            return timer;
        }
    }
    return NULL;
}

static bool event_is_valid(const struct proc *self, const struct abi_sigevent *event)
{
    const struct proc *to = world_find_thread(event->sigev_tid);
    bool has_thread = to && to->process == self->process && to->life == LIFE_LIVE && !to->has_left;

    switch (event->sigev_notify) {
    case SIGEV_NONE:
        return true;
    case SIGEV_SIGNAL:
    case SIGEV_THREAD:
    case SIGEV_THREAD_ID:
        return event->sigev_signo >= 1 && event->sigev_signo <= SIGNAL_MAX &&
               (event->sigev_notify != SIGEV_THREAD_ID || has_thread);
    default:
        return false;
    }
}

static int check_timer_clock(const struct proc *self, int number)
{
    enum clock_kind kind = timers_clock(self, number, false);

    if (timers_needs_device(number) || kind == CLOCK_IS_TO_READ) {
        return -EOPNOTSUPP;
    }
    return kind == CLOCK_IS_NONE ? -EINVAL : 0;
}

static int check_create(struct proc *self, const struct event *event, struct abi_sigevent *wanted)
{
    int error = check_timer_clock(self, (int)event->args[0]);

    if (event->args[1] && !memory_read(self, event->args[1], wanted, sizeof(*wanted))) {
        return -EFAULT;
    }
    if (error) {
        return error;
    }
    if (event->args[1] && !event_is_valid(self, wanted)) {
        return -EINVAL;
    }
    return memory_can(self, event->args[2], sizeof(int32_t), ACCESS_WRITE) ? 0 : -EFAULT;
}

void call_timer_create(struct proc *self, const struct event *event)
{
    struct abi_sigevent wanted = {.sigev_signo = SIGALRM};
    struct proc *process = self->process;
    int clock = (int)event->args[0];
    int error = check_create(self, event, &wanted);

    if (!error && (signals_are_many(self) || (event->was_refused && ask_result(-EAGAIN)))) {
        error = -EAGAIN;
    }
    if (!ask_result(error) || error) {
        return;
    }
    if (world.timer_count == TIMERS_MAX) {
        world.lost = "too many timers";
        return;
    }
    struct timer_model *timer = &world.timers[world.timer_count++];
    *timer = (struct timer_model){
        .owner = process,
        .id = process->next_timer,
        .exec_count = process->exec_count,
        .is_silent = wanted.sigev_notify == SIGEV_NONE,
        .is_by_use = timers_clock(self, clock, false) == CLOCK_IS_USED,
        .to = wanted.sigev_notify == SIGEV_THREAD_ID ? world_find_thread(wanted.sigev_tid) : NULL,
        .signal = wanted.sigev_signo,
        .user = self->users.user.real,
        .value = event->args[1] ? wanted.sigev_value : (uint64_t)process->next_timer,
    };
    timer->by = timers_whose(self, clock, &timer->is_by_thread);
    memory_give(self, event->args[2], &process->next_timer, sizeof(process->next_timer));
    process->next_timer++;
}

/* One whose signal waits goes on nevertheless, as one does that sends none. */
static uint64_t left_of(const struct timer_model *timer)
{
    const struct alarm *alarm = &timer->alarm;
    bool is_over = !alarm->is_set && !timer->is_silent && !alarm->interval;
    uint64_t due = alarm->due;
    uint64_t count;

    if (due == 0 || is_over) {
        return 0;
    }
    if (alarm->interval && (timer->has_come || timer->is_silent)) {
        due = timers_next(due, alarm->interval, world.now, &count);
    }
    return timer->is_silent && due <= world.now ? 0 : left_until(due);
}

/* Whose time it goes by has ended; a process, and it has been waited for. */
static bool has_lost_its_clock(const struct timer_model *timer)
{
    return timer->by && (timer->is_by_thread ? !is_thread(timer->by) : !is_process(timer->by));
}

static struct abi_itimerspec timer_of(const struct timer_model *timer)
{
    return (struct abi_itimerspec){
        time_timespec(has_lost_its_clock(timer) ? 0 : timer->alarm.interval),
        time_timespec(left_of(timer))};
}

void call_timer_gettime(struct proc *self, const struct event *event)
{
    const struct timer_model *timer = find(self, (int)event->args[0]);

    if (!timer) {
        (void)ask_result(-EINVAL);
    } else if (!memory_can(self, event->args[1], sizeof(struct abi_itimerspec), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        const struct abi_itimerspec value = timer_of(timer);
        memory_give(self, event->args[1], &value, sizeof(value));
    }
}

void call_timer_getoverrun(struct proc *self, const struct event *event)
{
    const struct timer_model *timer = find(self, (int)event->args[0]);

    (void)ask_result(timer ? timer->overrun : -EINVAL);
}

/* One that goes by the time that is used is not followed. */
static void set_timer(struct timer_model *timer, const struct abi_itimerspec *wanted,
                      bool is_absolute)
{
    uint64_t value = time_after(0, &wanted->it_value);

    if (value && timer->is_by_use) {
        give_up_for(GIVE_UP_TIMER);
        return;
    }
    if (value && !is_absolute) {
        value = least(value, LAST_MOMENT - world.now) + world.now;
    }
    timers_set(timer, value, time_after(0, &wanted->it_interval));
}

static int check_timer(struct proc *self, const struct event *event,
                       const struct timer_model *timer, struct abi_itimerspec *wanted)
{
    if (!event->args[2]) {
        return -EINVAL;
    }
    if (!memory_read(self, event->args[2], wanted, sizeof(*wanted))) {
        return -EFAULT;
    }
    if (!time_is_valid(&wanted->it_value) || !time_is_valid(&wanted->it_interval) || !timer) {
        return -EINVAL;
    }
    return has_lost_its_clock(timer) ? -ESRCH : check_old(self, event->args[3]);
}

void call_timer_settime(struct proc *self, const struct event *event)
{
    struct timer_model *timer = find(self, (int)event->args[0]);
    uint64_t old_at = event->args[3];
    struct abi_itimerspec wanted;
    int error = check_timer(self, event, timer, &wanted);

    if (ask_result(error) && !error) {
        const struct abi_itimerspec old = timer_of(timer);
        if (old_at) {
            memory_give(self, old_at, &old, sizeof(old));
        }
        set_timer(timer, &wanted, event->args[1] & TIMER_ABSTIME);
    }
}

void call_timer_delete(struct proc *self, const struct event *event)
{
    struct timer_model *timer = find(self, (int)event->args[0]);

    if (ask_result(timer ? 0 : -EINVAL) && timer) {
        timer->owner = NULL;
    }
}

/* ---- clocks ---- */

void call_clock_getres(struct proc *self, const struct event *event)
{
    enum { COARSE_NS = 4000000, EXACT = 2, WHICH = 3 };
    int clock = (int)event->args[0];
    enum clock_kind kind = timers_clock(self, clock, false);
    bool is_coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE ||
                     (clock < 0 && (clock & WHICH) != EXACT);
    const struct abi_timespec resolution = {0, is_coarse ? COARSE_NS : 1};

    if (kind == CLOCK_IS_NONE) {
        (void)ask_result(-EINVAL);
    } else if (event->args[1] &&
               !memory_can(self, event->args[1], sizeof(resolution), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0) && event->args[1]) {
        memory_give(self, event->args[1], &resolution, sizeof(resolution));
    }
}
