/* Timers that are files: timerfd_create(2). */
#include "fuzz/model/anon.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/spans.h"
#include "fuzz/model/timers.h"
#include "fuzz/model/times.h"

enum { SIZE = sizeof(uint64_t) };

void call_timerfd_create(struct proc *self, const struct event *event)
{
    uint32_t flags = (uint32_t)event->args[1];
    int clock = (int)event->args[0];
    bool is_clock = clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC ||
                    clock == CLOCK_BOOTTIME || clock == CLOCK_REALTIME_ALARM ||
                    clock == CLOCK_BOOTTIME_ALARM;

    if ((flags & ~(uint32_t)(TFD_CLOEXEC | TFD_NONBLOCK)) || !is_clock) {
        (void)ask_result(-EINVAL);
    } else {
        (void)anon_open(self, FILE_TIMERFD, flags & TFD_NONBLOCK, flags & TFD_CLOEXEC);
    }
}

static int find(struct proc *self, int number, struct file **file)
{
    *file = files_get_open(self, number);
    if (!*file) {
        return -EBADF;
    }
    return (*file)->kind == FILE_TIMERFD ? 0 : -EINVAL;
}

static struct abi_itimerspec value_of(const struct file *file)
{
    uint64_t due = file->alarm.due;
    uint64_t count;

    if (file->is_late && file->alarm.interval) {
        due = timers_next(due, file->alarm.interval, world.now, &count);
    }
    return (struct abi_itimerspec){time_timespec(file->alarm.interval),
                                   time_timespec(due > world.now ? due - world.now : 0)};
}

static int check_wanted(const struct event *event, const struct abi_itimerspec *wanted)
{
    uint32_t flags = (uint32_t)event->args[1];
    bool is_valid = !(flags & ~(uint32_t)(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)) &&
                    time_is_valid(&wanted->it_value) && time_is_valid(&wanted->it_interval);

    return is_valid ? 0 : -EINVAL;
}

void call_timerfd_settime(struct proc *self, const struct event *event)
{
    uint64_t old_at = event->args[3];
    struct abi_itimerspec wanted;
    struct file *file = NULL;
    int error = -EFAULT;

    if (memory_read(self, event->args[2], &wanted, sizeof(wanted))) {
        error = check_wanted(event, &wanted);
        error = error ? error : find(self, (int)event->args[0], &file);
        bool can = !old_at || memory_can(self, old_at, sizeof(wanted), ACCESS_WRITE);
        error = error || can ? error : -EFAULT;
    }
    if (!ask_result(error) || error) {
        return;
    }
    if (old_at) {
        const struct abi_itimerspec old = value_of(file);
        memory_give(self, old_at, &old, sizeof(old));
    }
    uint64_t value = time_after(0, &wanted.it_value);
    if (value && !(event->args[1] & TFD_TIMER_ABSTIME)) {
        value = least(value, LAST_MOMENT - world.now) + world.now;
    }
    timers_set_file(file, value, time_after(0, &wanted.it_interval));
}

void call_timerfd_gettime(struct proc *self, const struct event *event)
{
    struct file *file;
    int error = find(self, (int)event->args[0], &file);

    if (!error && !memory_can(self, event->args[1], sizeof(struct abi_itimerspec), ACCESS_WRITE)) {
        error = -EFAULT;
    }
    if (ask_result(error) && !error) {
        const struct abi_itimerspec value = value_of(file);
        memory_give(self, event->args[1], &value, sizeof(value));
        timers_go_on_file(file);
    }
}

/* A count is read: it is there, and there is room for it. */
static void take(struct proc *self, struct file *file)
{
    struct doing *doing = &self->doing;

    timers_go_on_file(file);
    spans_store(self, doing->done, &file->count, SIZE);
    file->count = 0;
    doing->done += SIZE;
}

/* How a read goes on behind what it has: each range gets one count, and only when it is full by
 * that the next one is waited for. */
enum next { NEXT_NONE, NEXT_NO_ROOM, NEXT_FAULT, NEXT_TAKES, NEXT_WAITS };

static enum next look(struct proc *self, const struct file *file, uint64_t from, bool is_full)
{
    if (!is_full || (from > 0 && from >= spans_total())) {
        return NEXT_NONE;
    }
    if (spans_range_rest(from) < SIZE) {
        return NEXT_NO_ROOM;
    }
    if (file->count == 0) {
        return NEXT_WAITS;
    }
    return spans_can(self, from, SIZE, ACCESS_WRITE) ? NEXT_TAKES : NEXT_FAULT;
}

void anon_read_timer(struct proc *self, const struct event *event, struct file *file)
{
    struct doing *doing = &self->doing;
    bool is_impatient = (file->flags & O_NONBLOCK) && !doing->has_begun;
    enum next next = look(self, file, doing->done, true);
    bool takes = next == NEXT_TAKES;
    uint64_t done = doing->done + (takes ? SIZE : 0);

    if (takes) {
        bool is_full = spans_range_rest(doing->done) == SIZE;
        const struct file empty = {.count = 0};
        next = look(self, &empty, done, is_full);
    }
    if (next == NEXT_WAITS && !is_impatient && !(world.must_not_wait && done > 0)) {
        if (!ask_block()) {
            return;
        }
        doing->has_begun = true;
        doing->waits = WAITS_TIMERFD;
    } else if (done > 0) {
        bool has_less = event->was_refused && doing->done > 0 && takes &&
                        (uint64_t)event->result == doing->done;
        if (!ask_result((int64_t)(has_less ? doing->done : done)) || has_less) {
            return;
        }
    } else {
        (void)ask_result(next == NEXT_NO_ROOM ? -EINVAL : next == NEXT_FAULT ? -EFAULT : -EAGAIN);
        return;
    }
    if (takes) {
        take(self, file);
    }
}
