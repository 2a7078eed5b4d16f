/* The sections of signals, which checks what a kernel does with signals, stops and timers. */
#ifndef SIGNAL_SIGNALS_H
#define SIGNAL_SIGNALS_H

#include "catch/catch.h"

enum {
    CORE_BIT = 0x80,
    NOTHING_YET = 0x100000, /* of await_change */
};

/* What a wait status is after a stop, and after a continuation. */
static inline int stopped(int signal)
{
    return signal << 8 | 0x7f;
}

enum { CONTINUED = 0xffff };

/* A child for others to send signals to: it sleeps until one ends it. */
int sleeps_long(uint64_t unused);

/* As run_fork, and the core bit stays in the status. */
int run_whole(child_function run, uint64_t argument);

/* The time that this process has used. */
int64_t used_ns(void);

void check_action(void);
void check_default(void);
void check_queue(void);
void check_mask(void);
void check_frame(void);
void check_forged(void);
void check_altstack(void);
void check_info(void);
void check_fault(void);
void check_wait(void);
void check_stop(void);
void check_child(void);
void check_orphan(void);
void check_kill(void);
void check_inherit(void);
void check_restart(void);
void check_itimer(void);
void check_timer(void);
void check_bounds(void);
void check_clock(void);
void check_cpu(void);
void check_timerfd(void);
void check_signalfd(void);
void check_pidfd(void);
void check_files(void);

#endif
