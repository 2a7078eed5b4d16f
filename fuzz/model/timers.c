#include "fuzz/model/timers.h"

#include "fuzz/model/signals.h"
#include "fuzz/model/times.h"

/* Numbers of clocks of what is used: who, inverted; a thread or a process; and which time
 * (clock_getcpuclockid(3), include/linux/posix-timers.h of Linux). */
enum { WHOSE = 3, OF_THREAD = 4, WHICH = 3 };

static bool is_used(const struct proc *self, int number, bool is_read)
{
    int whose = ~(number >> WHOSE);
    const struct proc *named;

    if ((number & WHICH) == WHICH) {
        return false;
    }
    if (whose == 0) {
        return true;
    }
    if (number & OF_THREAD) {
        named = world_find_thread(whose);
        return named && named->process == self->process && named->life == LIFE_LIVE &&
               !named->has_left;
    }
    return world_find(whose) || (is_read && whose == self->tid);
}

const struct proc *timers_whose(struct proc *self, int number, bool *is_of_thread)
{
    int whose = number < 0 ? ~(number >> WHOSE) : 0;

    *is_of_thread = number < 0 ? number & OF_THREAD : number == CLOCK_THREAD_CPUTIME_ID;
    if (timers_clock(self, number, false) != CLOCK_IS_USED) {
        return NULL;
    }
    if (whose == 0) {
        return *is_of_thread ? self : self->process;
    }
    return *is_of_thread ? world_find_thread(whose) : world_find(whose);
}

enum clock_kind timers_clock(const struct proc *self, int number, bool is_read)
{
    if (number < 0) {
        return is_used(self, number, is_read) ? CLOCK_IS_USED : CLOCK_IS_NONE;
    }
    switch (number) {
    case CLOCK_REALTIME:
    case CLOCK_MONOTONIC:
    case CLOCK_BOOTTIME:
    case CLOCK_TAI:
        return CLOCK_IS_TIME;
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_MONOTONIC_COARSE:
        return CLOCK_IS_TO_READ;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        return CLOCK_IS_USED;
    default:
        return CLOCK_IS_NONE;
    }
}

bool timers_needs_device(int number)
{
    bool is_of_descriptor = number < 0 && (number & (OF_THREAD | WHICH)) == WHICH;

    return number == CLOCK_REALTIME_ALARM || number == CLOCK_BOOTTIME_ALARM || is_of_descriptor;
}

/* exec has deleted it, or the end of its process. */
static bool is_gone(const struct timer_model *timer)
{
    return !timer->owner || timer->owner->life != LIFE_LIVE ||
           timer->owner->exec_count != timer->exec_count;
}

unsigned timers_count(uint32_t user)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world.timer_count; i++) {
        count += world.timers[i].user == user && !is_gone(&world.timers[i]);
    }
    return count;
}

bool timers_is_there(int place)
{
    return place > 0 && !is_gone(&world.timers[place - 1]);
}

/* ---- coming ---- */

uint64_t timers_next(uint64_t due, uint64_t interval, uint64_t now, uint64_t *count)
{
    *count = now < due ? 0 : (now - due) / interval + 1;
    return *count > (LAST_MOMENT - due) / interval ? LAST_MOMENT : due + *count * interval;
}

static void set(struct alarm *alarm, uint64_t due)
{
    alarm->is_set = true;
    alarm->due = due;
    alarm->order = world.alarm_count++;
}

/* Sends its signal; false: that is ignored. */
static bool send(const struct timer_model *timer)
{
    struct abi_siginfo info = {.si_signo = timer->signal, .si_code = SI_TIMER};
    struct said said = {.timer = (int)(timer - world.timers) + 1, .user = timer->user};

    info.si_timerid = timer->id;
    info.si_value = timer->value;
    bytes_copy(said.head, &info, sizeof(said.head));
    return signals_send_reserved(timer->to ? timer->to : timer->owner, timer->to != NULL, &said);
}

/* Sets it for the next time behind now. */
static void go_on(struct timer_model *timer, uint64_t now)
{
    uint64_t count;
    uint64_t due = timers_next(timer->alarm.due, timer->alarm.interval, now, &count);

    timer->passed += count;
    timer->alarm.due = due;
    if (due > world.moment) {
        set(&timer->alarm, due);
    }
}

/* One that comes again does so when its signal has been taken. One whose signal is ignored goes on
 * at once, but not more often than the clock ticks. */
static void come(struct timer_model *timer)
{
    enum { TICK_NS = 4000000 };
    uint64_t interval = timer->alarm.interval;

    timer->alarm.is_set = false;
    timer->has_come = true;
    if ((timer->to && !is_thread(timer->to)) || send(timer) || interval == 0) {
        return;
    }
    timer->has_come = false;
    go_on(timer, interval < TICK_NS ? world.moment + TICK_NS : world.moment);
}

void timers_set(struct timer_model *timer, uint64_t due, uint64_t interval)
{
    timer->alarm = (struct alarm){.due = due, .interval = due || timer->is_by_use ? interval : 0};
    timer->has_come = false;
    timer->passed = 0;
    timer->overrun = 0;
    if (due == 0 || timer->is_silent) {
        return;
    }
    if (due > world.moment) {
        set(&timer->alarm, due);
    } else {
        come(timer);
    }
}

void timers_set_itimer(struct proc *process, int which, uint64_t due, uint64_t interval)
{
    process->itimers[which] = (struct alarm){.due = due, .interval = interval};
    if (due > world.moment) {
        set(&process->itimers[which], due);
    } else if (due) {
        signals_send(process, SIGALRM); /* it is the end of time */
    }
}

static void come_to_file(struct file *file)
{
    file->alarm.is_set = false;
    file->is_late = true;
    file->count++;
}

void timers_set_file(struct file *file, uint64_t due, uint64_t interval)
{
    file->alarm = (struct alarm){.due = due, .interval = interval};
    file->count = 0;
    file->is_late = false;
    if (due > world.moment) {
        set(&file->alarm, due);
    } else if (due) {
        come_to_file(file);
    }
}

void timers_go_on_file(struct file *file)
{
    uint64_t count;

    if (file->is_late && file->alarm.interval) {
        uint64_t due = timers_next(file->alarm.due, file->alarm.interval, world.moment, &count);
        file->is_late = false;
        file->count += count - 1; /* one counts already */
        file->alarm.due = due;
        if (due > world.moment) {
            set(&file->alarm, due);
        }
    }
}

/* SIGALRM, whoever has sent it, lets setitimer's go on. */
static void take_alarm(struct alarm *itimer)
{
    uint64_t count;

    if (!itimer->is_set && itimer->interval) {
        uint64_t due = timers_next(itimer->due, itimer->interval, world.moment, &count);
        itimer->due = due;
        if (due > world.moment) {
            set(itimer, due);
        }
    }
}

void timers_taken(struct queue *queue, struct said *said)
{
    struct timer_model *timer =
        timers_is_there(said->timer) ? &world.timers[said->timer - 1] : NULL;
    struct abi_siginfo info;

    bytes_zero(&info, sizeof(info));
    bytes_copy(&info, said->head, sizeof(said->head));
    if (timer && timer->has_come && timer->alarm.interval) {
        timer->has_come = false;
        go_on(timer, world.moment);
        uint64_t more = timer->passed - 1;
        timer->passed = 0;
        timer->overrun = (int)least(more, INT32_MAX);
        info.si_overrun = (int)least(more + (uint64_t)info.si_overrun, INT32_MAX);
        bytes_copy(said->head, &info, sizeof(said->head));
    }
    for (unsigned i = 0; i < world.proc_count && info.si_signo == SIGALRM; i++) {
        struct proc *proc = &world.procs[i];
        if (queue == &proc->shared) {
            take_alarm(&proc->itimers[ITIMER_REAL]);
        }
    }
}

/* ---- time ---- */

/* Which of two comes first, of those that come by now; NULL: neither. */
static struct alarm *first(struct alarm *a, struct alarm *b)
{
    if (!b->is_set || b->due > world.now) {
        return a;
    }
    return !a || b->due < a->due || (b->due == a->due && b->order < a->order) ? b : a;
}

void timers_pass(void)
{
    struct alarm *alarm;

    do {
        struct timer_model *timer = NULL;
        struct proc *proc = NULL;
        alarm = NULL;
        for (unsigned i = 0; i < world.timer_count; i++) {
            struct alarm *own = &world.timers[i].alarm;
            if (!is_gone(&world.timers[i]) && first(alarm, own) == own) {
                alarm = own;
                timer = &world.timers[i];
            }
        }
        for (unsigned i = 0; i < world.proc_count; i++) {
            struct alarm *own = &world.procs[i].itimers[ITIMER_REAL];
            if (world.procs[i].life == LIFE_LIVE && first(alarm, own) == own) {
                alarm = own;
                timer = NULL;
                proc = &world.procs[i];
            }
        }
        if (timer) {
            come(timer);
        } else if (proc) {
            alarm->is_set = false;
            signals_send(proc, SIGALRM);
        }
    } while (alarm);
    for (unsigned i = 0; i < world.file_count; i++) {
        struct file *file = &world.files[i];
        if (file->kind == FILE_TIMERFD && file->refs > 0 && first(NULL, &file->alarm)) {
            come_to_file(file);
        }
    }
}

void timers_stop(void)
{
    for (unsigned i = 0; i < world.timer_count; i++) {
        timers_set(&world.timers[i], 0, 0);
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        bytes_zero(world.procs[i].itimers, sizeof(world.procs[i].itimers));
    }
    for (unsigned i = 0; i < world.file_count; i++) {
        timers_set_file(&world.files[i], 0, 0);
    }
}
