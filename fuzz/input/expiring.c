#include "fuzz/input/expiring.h"

/* ---- a timer that sends a signal, and is due some times before anybody looks ---- */

#define TICK                                                                                       \
    {                                                                                              \
        FIRST, OP_TICK, 0, DRAWN_NOTHING,                                                          \
        {                                                                                          \
            NUMBER(0)                                                                              \
        }                                                                                          \
    }
#define MASK(how) CALL(0, rt_sigprocmask, NUMBER(how), SLOT(set_all), NUMBER(0), SET_SIZE)
#define SET_SIZE NUMBER(SIGNAL_SET_SIZE)
#define ACTION DRAWN(0, ACTION, rt_sigaction, NUMBER(0), NUMBER(0), NUMBER(0), SET_SIZE)
#define TIMER                                                                                      \
    DRAWN(0, EVENT, timer_create, NUMBER(CLOCK_MONOTONIC), NUMBER(0), SLOT(id)),                   \
        CALL(0, timer_settime, NUMBER(0), NUMBER(0), SLOT(timer_often), NUMBER(0))
#define OVERRUN CALL(0, timer_getoverrun, NUMBER(0))
#define LEFT CALL(0, timer_gettime, NUMBER(0), NUMBER(IMAGE_ZEROS))

static const struct step waited_for[] = {
    FORK(FIRST),     MASK(SIG_BLOCK),
    TIMER,           TICK,
    CALL(0, getpid), CALL(0, rt_sigtimedwait, SLOT(set_all), SLOT(info), SLOT(time_zero), SET_SIZE),
    OVERRUN,         LEFT,
};
static const struct step read_late[] = {
    FORK(FIRST),
    MASK(SIG_BLOCK),
    TIMER,
    TICK,
    CALL(0, signalfd4, NUMBER(-1), SLOT(set_all), SET_SIZE, NUMBER(0)),
    CALL(0, read, RESULT(5, 0), SLOT(buffer), NUMBER(128)),
    OVERRUN,
    CALL(0, read, RESULT(5, 0), SLOT(buffer), NUMBER(128)),
};
static const struct step caught_late[] = {
    FORK(FIRST),       ACTION,  MASK(SIG_BLOCK),       TIMER, TICK, CALL(0, getpid),
    MASK(SIG_UNBLOCK), OVERRUN, CALL(0, rt_sigreturn),
};
static const struct step not_heard[] = {
    FORK(FIRST), ACTION, TIMER, TICK, CALL(0, getpid), LEFT, TICK, LEFT, OVERRUN,
};
static const struct step lost_by_exec[] = {
    FORK(FIRST),
    MASK(SIG_BLOCK),
    TIMER,
    TICK,
    CALL(0, execve, SLOT(path_init), SLOT(argv_one), NUMBER(0)),
    CALL(0, rt_sigpending, NUMBER(IMAGE_ZEROS), SET_SIZE),
    CALL(0, rt_sigtimedwait, SLOT(set_all), SLOT(info), SLOT(time_zero), SET_SIZE),
};
static const struct step sent_twice[] = {
    FORK(FIRST),
    MASK(SIG_BLOCK),
    TIMER,
    TICK,
    CALL(0, timer_settime, NUMBER(0), NUMBER(0), SLOT(timer_once), NUMBER(IMAGE_ZEROS)),
    TICK,
    CALL(0, rt_sigtimedwait, SLOT(set_all), SLOT(info), SLOT(time_zero), SET_SIZE),
    OVERRUN,
    CALL(0, rt_sigtimedwait, SLOT(set_all), SLOT(info), SLOT(time_zero), SET_SIZE),
};
static const struct step deleted_late[] = {
    FORK(FIRST),
    MASK(SIG_BLOCK),
    TIMER,
    TICK,
    CALL(0, timer_delete, NUMBER(0)),
    CALL(0, rt_sigtimedwait, SLOT(set_all), SLOT(info), SLOT(time_zero), SET_SIZE),
};

/* ---- the other kinds ---- */

static const struct step alarms[] = {
    FORK(FIRST),
    CALL(0, rt_sigaction, NUMBER(SIGALRM), SLOT(action_handle), NUMBER(0), SET_SIZE),
    CALL(0, setitimer, NUMBER(ITIMER_REAL), SLOT(itimer_often), NUMBER(0)),
    TICK,
    CALL(0, getpid),
    CALL(0, getitimer, NUMBER(ITIMER_REAL), NUMBER(IMAGE_ZEROS)),
    TICK,
    CALL(0, rt_sigreturn),
};
static const struct step times_of_file[] = {
    FORK(FIRST),
    CALL(0, timerfd_create, NUMBER(CLOCK_MONOTONIC), NUMBER(0)),
    CALL(0, timerfd_settime, RESULT(1, 0), NUMBER(0), SLOT(timer_often), NUMBER(0)),
    TICK,
    CALL(0, read, RESULT(1, 0), SLOT(buffer), NUMBER(8)),
    CALL(0, getpid),
    CALL(0, timerfd_gettime, RESULT(1, 0), NUMBER(IMAGE_ZEROS)),
    CALL(0, readv, RESULT(1, 0), SLOT(iov_apart), NUMBER(2)),
};

static const struct {
    const struct step *steps;
    unsigned count;
} kinds[] = {
    KIND(waited_for),   KIND(read_late),    KIND(caught_late),
    KIND(not_heard),    KIND(lost_by_exec), KIND(sent_twice),
    KIND(deleted_late), KIND(alarms),       KIND(times_of_file),
};

const unsigned expiring_kinds = sizeof(kinds) / sizeof(kinds[0]);

const struct step *expiring_step(unsigned kind, unsigned step)
{
    return &kinds[kind].steps[step];
}

unsigned expiring_count(unsigned kind)
{
    return kinds[kind].count;
}
