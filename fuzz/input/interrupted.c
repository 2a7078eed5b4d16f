#include "fuzz/input/interrupted.h"

/* ---- how it begins: with a child, which is step 0, and what may come to it ---- */

enum { BEGINNING = 5, WAYS = 2 };

#define ACTION                                                                                     \
    DRAWN(0, ACTION, rt_sigaction, NUMBER(0), NUMBER(0), NUMBER(0), NUMBER(SIGNAL_SET_SIZE))

static const struct step beginnings[WAYS][BEGINNING] = {
    {
        FORK(FIRST),
        CALL(0, setpgid, NUMBER(0), NUMBER(0)),
        STORE(0, SLOT(status), RESULT(0, 0), NUMBER(4)),
        CALL(0, ioctl, NUMBER(0), NUMBER(TIOCSPGRP), SLOT(status)),
        ACTION,
    },
    {
        FORK(FIRST),
        CALL(0, sigaltstack, SLOT(altstack_zeros), NUMBER(0)),
        ACTION,
        DRAWN(0, EVENT, timer_create, NUMBER(CLOCK_MONOTONIC), NUMBER(0), SLOT(id)),
        CALL(0, timer_settime, NUMBER(0), NUMBER(0), SLOT(timer_once), NUMBER(0)),
    },
};

/* ---- and goes on: with what it waits for ---- */

#define CALL_IN_WINDOW(name, ...) DRAWN(0, WINDOW, name, __VA_ARGS__)
#define WAIT_FOR(name, ...)                                                                        \
    {                                                                                              \
        1,                                                                                         \
        {                                                                                          \
            CALL_IN_WINDOW(name, __VA_ARGS__)                                                      \
        }                                                                                          \
    }

enum { MIDDLE_MAX = 3 };

static const struct middle {
    unsigned count;
    struct step steps[MIDDLE_MAX];
} middles[] = {
    {2,
     {CALL(0, pipe2, SLOT(fds), NUMBER(0)),
      CALL_IN_WINDOW(read, READER(BEGINNING), SLOT(buffer), NUMBER(8))}},
    {2,
     {CALL(0, pipe2, SLOT(fds), NUMBER(0)),
      CALL_IN_WINDOW(readv, READER(BEGINNING), SLOT(iov_apart), NUMBER(2))}},
    {3,
     {CALL(0, pipe2, SLOT(fds), NUMBER(0)), MAP(0, 0, LARGE, READ_WRITE, MAP_PRIVATE),
      CALL_IN_WINDOW(write, WRITER(BEGINNING), RESULT(BEGINNING + 1, 0), NUMBER(LARGE))}},
    {2,
     {CALL(0, signalfd4, NUMBER(-1), SLOT(set_child), NUMBER(SIGNAL_SET_SIZE), NUMBER(0)),
      CALL_IN_WINDOW(read, RESULT(BEGINNING, 0), SLOT(buffer), NUMBER(128))}},
    {3,
     {CALL(0, timerfd_create, NUMBER(CLOCK_MONOTONIC), NUMBER(0)),
      CALL(0, timerfd_settime, RESULT(BEGINNING, 0), NUMBER(0), SLOT(timer_second), NUMBER(0)),
      CALL_IN_WINDOW(read, RESULT(BEGINNING, 0), SLOT(buffer), NUMBER(8))}},
    {2, {FORK(0), CALL_IN_WINDOW(wait4, NUMBER(-1), SLOT(status), NUMBER(WUNTRACED))}},
    {2,
     {FORK(0), CALL_IN_WINDOW(waitid, NUMBER(P_PID), RESULT(BEGINNING, 0), SLOT(info),
                              NUMBER(WEXITED), NUMBER(0))}},
    WAIT_FOR(clone, NUMBER(CLONE_VM | CLONE_VFORK | SIGCHLD)),
    WAIT_FOR(read, NUMBER(0), SLOT(buffer), NUMBER(8)),
    WAIT_FOR(nanosleep, SLOT(time_second), NUMBER(IMAGE_ZEROS)),
    WAIT_FOR(clock_nanosleep, NUMBER(CLOCK_MONOTONIC), NUMBER(0), SLOT(time_second),
             NUMBER(IMAGE_ZEROS)),
    WAIT_FOR(clock_nanosleep, NUMBER(CLOCK_REALTIME), NUMBER(TIMER_ABSTIME), SLOT(time_second),
             NUMBER(IMAGE_ZEROS)),
    WAIT_FOR(futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), NUMBER(0)),
    WAIT_FOR(futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), SLOT(time_second)),
    WAIT_FOR(futex, SLOT(futex), NUMBER(FUTEX_WAIT_BITSET), NUMBER(0), SLOT(time_second), NUMBER(0),
             NUMBER(1)),
    WAIT_FOR(rt_sigsuspend, SLOT(set_child), NUMBER(SIGNAL_SET_SIZE)),
    WAIT_FOR(rt_sigtimedwait, SLOT(set_child), SLOT(info), NUMBER(0), NUMBER(SIGNAL_SET_SIZE)),
    WAIT_FOR(rt_sigtimedwait, SLOT(set_child), SLOT(info), SLOT(time_second),
             NUMBER(SIGNAL_SET_SIZE)),
};

enum { MIDDLES = sizeof(middles) / sizeof(middles[0]) };

/* ---- and ends: what did not come in a window comes now ---- */

static const struct step ends[WAYS][2] = {
    {{FIRST, OP_TYPE, 0, DRAWN_TYPED, {NUMBER(0)}}, GO_ON(0)},
    {{FIRST, OP_TICK, 0, DRAWN_NOTHING, {NUMBER(0)}}, GO_ON(0)},
};

const unsigned interrupted_kinds = WAYS * MIDDLES;

unsigned interrupted_count(unsigned kind)
{
    return BEGINNING + middles[kind % MIDDLES].count + 2;
}

const struct step *interrupted_step(unsigned kind, unsigned step)
{
    const struct middle *middle = &middles[kind % MIDDLES];

    if (step < BEGINNING) {
        return &beginnings[kind / MIDDLES][step];
    }
    if (step < BEGINNING + middle->count) {
        return &middle->steps[step - BEGINNING];
    }
    return &ends[kind / MIDDLES][step - BEGINNING - middle->count];
}
