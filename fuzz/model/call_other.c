/* Time, limits, names, niceness, prctl, and results that are loose. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/spans.h"
#include "fuzz/model/text.h"
#include "fuzz/model/timers.h"
#include "fuzz/model/times.h"
#include "fuzz/model/used.h"
#include "fuzz/model/users.h"

/* Something whose form alone is known. */
static void give_loosely(struct proc *self, uint64_t at, uint64_t len)
{
    if (!memory_can(self, at, len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        memory_adopt(self, at, len);
    }
}

static void give(struct proc *self, uint64_t at, const void *bytes, uint64_t len)
{
    if (!memory_can(self, at, len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        memory_give(self, at, bytes, len);
    }
}

/* ---- time ---- */

/* What was left to sleep is told. With an end and no length it is made again, unless there is a
 * handler. */
static void interrupt_sleep(struct proc *self, uint64_t at, bool is_absolute)
{
    uint64_t left = self->doing.deadline - world.now;
    const struct abi_timespec rest = {(int64_t)(left / NSEC_PER_SEC),
                                      (int64_t)(left % NSEC_PER_SEC)};

    if (at && !memory_can(self, at, sizeof(rest), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else {
        world.interrupted = is_absolute ? INTERRUPT_UNLESS_HANDLED : INTERRUPT_GOES_ON;
        if (at) { /* a frame may lie above it */
            memory_store(memory_of(self), at, &rest, sizeof(rest));
        }
    }
}

/* at: how long, or until when; rest_at: where to tell what was left, or 0. */
static void sleep(struct proc *self, uint64_t at, uint64_t rest_at, bool is_absolute)
{
    struct doing *doing = &self->doing;
    struct abi_timespec time;

    if (!doing->has_begun) {
        if (!memory_read(self, at, &time, sizeof(time))) {
            (void)ask_result(-EFAULT);
            return;
        }
        if (!time_is_valid(&time)) {
            (void)ask_result(-EINVAL);
            return;
        }
        doing->deadline = time_after(is_absolute ? 0 : world.now, &time);
    }
    if (world.now >= doing->deadline) {
        (void)ask_result(0);
    } else if (world.must_not_wait) {
        interrupt_sleep(self, rest_at, is_absolute);
    } else if (ask_block()) {
        doing->has_begun = true;
        doing->waits = WAITS_TIME;
    }
}

void call_nanosleep(struct proc *self, const struct event *event)
{
    sleep(self, event->args[0], event->args[1], false);
}

/* Nothing is known of how long it takes somebody to use some time. */
void call_clock_nanosleep(struct proc *self, const struct event *event)
{
    bool is_absolute = event->args[1] & TIMER_ABSTIME;
    int clock = (int)event->args[0];
    enum clock_kind kind = timers_clock(self, clock, false);

    if (timers_needs_device(clock) || kind == CLOCK_IS_TO_READ ||
        clock == CLOCK_THREAD_CPUTIME_ID) {
        (void)ask_result(-EOPNOTSUPP);
    } else if (kind == CLOCK_IS_NONE) {
        (void)ask_result(-EINVAL);
    } else if (kind == CLOCK_IS_TIME) {
        sleep(self, event->args[2], is_absolute ? 0 : event->args[3], is_absolute);
    } else if (!ask_any_error()) {
        give_up_for(GIVE_UP_TIMER);
    }
}

void call_clock_gettime(struct proc *self, const struct event *event)
{
    const struct abi_timespec time = {
        .tv_sec = (int64_t)(event->now_ns / NSEC_PER_SEC),
        .tv_nsec = (int64_t)(event->now_ns % NSEC_PER_SEC),
    };

    switch (timers_clock(self, (int)event->args[0], true)) {
    case CLOCK_IS_NONE:
        (void)ask_result(-EINVAL);
        break;
    case CLOCK_IS_USED:
        give_loosely(self, event->args[1], sizeof(time));
        break;
    default:
        give(self, event->args[1], &time, sizeof(time));
        break;
    }
}

void call_times(struct proc *self, const struct event *event)
{
    int64_t ticks = (int64_t)(event->now_ns / (NSEC_PER_SEC / CLOCK_TICKS_PER_SEC));
    uint64_t at = event->args[0];

    if (at && !memory_can(self, at, sizeof(struct abi_tms), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(ticks) && at) {
        memory_adopt(self, at, sizeof(struct abi_tms));
    }
}

void call_getrusage(struct proc *self, const struct event *event)
{
    int who = (int)event->args[0];
    uint64_t at = event->args[1];

    if (who != RUSAGE_SELF && who != RUSAGE_THREAD && who != RUSAGE_CHILDREN) {
        (void)ask_result(-EINVAL);
        return;
    }
    give_loosely(self, at, sizeof(struct abi_rusage));
    if (event->kind != EVENT_RESULT || event->result != 0) {
        return;
    }
    if (who == RUSAGE_CHILDREN) {
        used_look_at_children(self, at);
    } else if (who == RUSAGE_THREAD) {
        used_look_at_thread(self, at);
    } else {
        used_look_at_own(self, at);
    }
}

/* ---- the machine ---- */

void call_uname(struct proc *self, const struct event *event)
{
    give_loosely(self, event->args[0], sizeof(struct abi_utsname));
}

void call_sysinfo(struct proc *self, const struct event *event)
{
    give_loosely(self, event->args[0], sizeof(struct abi_sysinfo));
}

void call_getrandom(struct proc *self, const struct event *event)
{
    enum { NONBLOCK = 1, RANDOM = 2, INSECURE = 4, CHUNK = 256, AT_ONCE = 16 * 1024 };
    uint64_t flags = event->args[2];
    uint64_t at = event->args[0];
    uint64_t wanted = least(event->args[1], INT32_MAX);
    uint64_t count = 0;

    if ((flags & ~(uint64_t)(NONBLOCK | RANDOM | INSECURE)) ||
        (flags & (RANDOM | INSECURE)) == (RANDOM | INSECURE)) {
        (void)ask_result(-EINVAL);
        return;
    }
    while (count < wanted) {
        uint64_t len = least(CHUNK, wanted - count);
        if (!memory_can(self, at + count, len, ACCESS_WRITE)) {
            break;
        }
        count += len;
    }
    /* Where it stops in front of a bad address, to the byte, is loose. */
    uint64_t most_of = count + (wanted > count ? CHUNK - 1 : 0);
    int64_t least_of = event->was_refused ? 1 : (int64_t)count;
    bool is_part = count >= AT_ONCE && wanted > AT_ONCE && ask_again();
    if (count == 0 && wanted > 0) {
        (void)ask_result(-EFAULT);
    } else if (is_part ||
               ask_range(least_of, (int64_t)most_of, (uint64_t)((int64_t)most_of - least_of + 1))) {
        memory_adopt(self, at, count);
    }
}

/* ---- limits ---- */

static bool is_raised(const struct proc *proc, unsigned resource, const struct abi_rlimit *limit)
{
    return limit->rlim_max > proc->process->limits[resource].rlim_max;
}

static int check_limit(struct proc *self, const struct proc *proc, const struct event *event,
                       struct abi_rlimit *limit)
{
    uint64_t new_at = event->args[2];
    uint64_t old_at = event->args[3];
    unsigned resource = (unsigned)event->args[1];

    if (new_at && !memory_read(self, new_at, limit, sizeof(*limit))) {
        return -EFAULT;
    }
    if (!proc) {
        return -ESRCH;
    }
    if (!users_may_limit(self, proc)) {
        return -EPERM;
    }
    if (resource >= RLIMIT_NLIMITS || (new_at && limit->rlim_cur > limit->rlim_max)) {
        return -EINVAL;
    }
    if (new_at && resource == RLIMIT_NOFILE && limit->rlim_max > FD_LIMIT) {
        return -EPERM;
    }
    if (new_at && !users_is_root(self) && is_raised(proc, resource, limit)) {
        return -EPERM;
    }
    return old_at && !memory_can(self, old_at, sizeof(*limit), ACCESS_WRITE) ? -EFAULT : 0;
}

void call_prlimit64(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    struct proc *proc = pid == 0 ? self : world_find_thread(pid);
    struct abi_rlimit limit;
    int error = check_limit(self, proc, event, &limit);

    if (!ask_result(error) || error) {
        return;
    }
    struct abi_rlimit *own = &proc->process->limits[(unsigned)event->args[1]];
    const struct abi_rlimit old = *own;
    if (event->args[2]) {
        *own = limit;
        if ((unsigned)event->args[1] == RLIMIT_CPU && limit.rlim_cur == 0) {
            give_up_for(GIVE_UP_TIMER); /* no program uses a second */
        }
    }
    if (event->args[3]) {
        memory_give(self, event->args[3], &old, sizeof(old));
    }
}

/* ---- niceness ---- */

enum { NO_NICE = NICE_MAX + 1 };

static bool is_meant(const struct proc *self, const struct proc *proc, int which, int who)
{
    switch (which) {
    case PRIO_PROCESS:
        return who == 0 ? proc == self : proc->tid == who;
    case PRIO_PGRP:
        return proc->process->group == (who == 0 ? self->process->group : who);
    default:
        return proc->users.user.real == (who == 0 ? self->users.user.real : (uint32_t)who);
    }
}

/* Why it cannot get that value, or 0 (setpriority(2)). */
static int refuse_nice(const struct proc *self, const struct proc *proc, int nice)
{
    uint64_t limit = proc->process->limits[RLIMIT_NICE].rlim_cur;

    if (!users_may_schedule(self, proc)) {
        return -EPERM;
    }
    return !users_is_root(self) && nice < proc->nice && (uint64_t)(20 - nice) > limit ? -EACCES : 0;
}

/* What there is to say of those that are meant. */
struct visited {
    int lowest;     /* NO_NICE: nobody is */
    bool is_other;  /* some are others' */
    bool is_beyond; /* or get no value as low */
};

/* Those that may get another value do, unless that is NO_NICE. */
static struct visited visit(const struct proc *self, const struct event *event, int nice,
                            bool is_done)
{
    struct visited visited = {.lowest = NO_NICE};

    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *proc = &world.procs[i];
        if (proc->life == LIFE_NONE ||
            !is_meant(self, proc, (int)event->args[0], (int)event->args[1])) {
            continue;
        }
        int error = nice == NO_NICE ? 0 : refuse_nice(self, proc, nice);
        visited.lowest = proc->nice < visited.lowest ? proc->nice : visited.lowest;
        visited.is_other |= error == -EPERM;
        visited.is_beyond |= error == -EACCES;
        proc->nice = is_done && !error ? nice : proc->nice;
    }
    return visited;
}

static bool is_which(const struct event *event)
{
    int which = (int)event->args[0];

    return which == PRIO_PROCESS || which == PRIO_PGRP || which == PRIO_USER;
}

void call_getpriority(struct proc *self, const struct event *event)
{
    int lowest = visit(self, event, NO_NICE, false).lowest;

    if (!is_which(event)) {
        (void)ask_result(-EINVAL);
    } else {
        (void)ask_result(lowest == NO_NICE ? -ESRCH : 20 - lowest);
    }
}

void call_setpriority(struct proc *self, const struct event *event)
{
    int nice = (int)event->args[2];

    nice = nice < NICE_MIN ? NICE_MIN : nice > NICE_MAX ? NICE_MAX : nice;
    if (!is_which(event)) {
        (void)ask_result(-EINVAL);
        return;
    }
    const struct visited visited = visit(self, event, nice, false);
    if (visited.lowest == NO_NICE) {
        (void)ask_result(-ESRCH);
        return;
    }
    /* The error of whoever comes last; and the others are done. */
    bool is_answer = visited.is_other && ask_result(-EPERM);
    is_answer |= visited.is_beyond && ask_result(-EACCES);
    is_answer |= !visited.is_other && !visited.is_beyond && ask_result(0);
    if (is_answer) {
        (void)visit(self, event, nice, true);
    }
}

/* ---- prctl(2) ---- */

static void set_name(struct proc *self, uint64_t at)
{
    int64_t len = text_length(self, at, NAME_MAX - 1);

    if (len == -EFAULT) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        bytes_zero(self->name, NAME_MAX);
        memory_look(memory_of(self), at, self->name, len < 0 ? NAME_MAX - 1 : (uint64_t)len);
    }
}

void call_prctl(struct proc *self, const struct event *event)
{
    uint64_t argument = event->args[1];
    bool has_more = event->args[2] || event->args[3] || event->args[4];
    int value;

    switch ((int)event->args[0]) {
    case PR_SET_PDEATHSIG:
        if (argument > SIGNAL_MAX) {
            (void)ask_result(-EINVAL);
        } else if (ask_result(0)) {
            self->death_signal = (int)argument;
        }
        break;
    case PR_GET_PDEATHSIG:
        give(self, argument, &self->death_signal, sizeof(self->death_signal));
        break;
    case PR_SET_NAME:
        set_name(self, argument);
        break;
    case PR_GET_NAME:
        give(self, argument, self->name, NAME_MAX);
        break;
    case PR_SET_CHILD_SUBREAPER:
        if (ask_result(0)) {
            self->process->is_subreaper = argument != 0;
        }
        break;
    case PR_GET_CHILD_SUBREAPER:
        value = self->process->is_subreaper;
        give(self, argument, &value, sizeof(value));
        break;
    case PR_SET_NO_NEW_PRIVS:
        if (argument != 1 || has_more) {
            (void)ask_result(-EINVAL);
        } else if (ask_result(0)) {
            self->gains_nothing = true;
        }
        break;
    case PR_GET_NO_NEW_PRIVS:
        (void)ask_result(argument != 0 || has_more ? -EINVAL : self->gains_nothing);
        break;
    default:
        (void)ask_result(-EINVAL);
        break;
    }
}
