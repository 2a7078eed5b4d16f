/*
 * What happens in a run, as the model and the checks are told it: one event for each step of the
 * kernel. Includes nothing of core.
 */
#ifndef RUN_EVENT_H
#define RUN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
    EVENT_RESULT,    /* a call has ended with result */
    EVENT_BLOCKED,   /* a call waits, for the first time or again; of one that waits for the child
                      that it has made, result is the child's PID */
    EVENT_CAUGHT,    /* handlers were called before anything was done; a call that waited will be
                      made again behind them */
    EVENT_AGAIN,     /* a call has done a part and will be rerun */
    EVENT_ENDED,     /* the process has ended, with wait_status, in or before this call, load, ...;
                      nr is the call that it was in or was about to make, or EVENT_NO_CALL: then
                      tried says what else */
    EVENT_LEFT,      /* the thread has ended, and others of its process go on */
    EVENT_STOPPED,   /* the process was stopped; a call that the thread is in goes on when it is
                      continued */
    EVENT_LOADED,    /* args[0] is the address, args[1] the size, result the value */
    EVENT_STORED,    /* args[0] is the address, args[1] the value, args[2] the size */
    EVENT_TIME,      /* the clock was moved to the next deadline, or stands behind one: what is due
                      has happened */
    EVENT_NO_TIMERS, /* all timers but those of waiting calls were switched off */
    EVENT_TYPED,     /* the byte args[0] has arrived at the console */
    EVENT_KILLED,    /* somebody outside has sent SIGKILL to pid */
    EVENT_SKIPPED,   /* nothing happened: there is no such process, or it waits. Told to nobody */
};

#define EVENT_NO_CALL UINT32_MAX

/* As wait_status: the process has left no zombie. */
#define EVENT_STATUS_LOST INT32_MIN

struct event {
    enum event_kind kind;
    int pid; /* whose process; 0 for EVENT_TIME and EVENT_TYPED */
    int tid; /* which thread of it, or 0 */
    uint32_t nr;
    uint64_t args[6];
    uint64_t pc; /* before the step */
    uint64_t sp; /* the same */
    int64_t result;
    int wait_status;
    enum event_kind tried; /* without a call: EVENT_LOADED or EVENT_STORED, with args as there, or
                              EVENT_SKIPPED: what args[0] points to was to be executed */
    bool is_rerun;         /* of a call that waited, or had more to do */
    bool is_anew;          /* from its beginning: it had given up for a signal */
    bool is_spurious;      /* and nothing had woken it: it must wait again */
    bool was_refused;      /* an allocation found no memory in this step */
    bool has_other_code;   /* instructions were written over, and nobody knows what was executed:
                              no cache was told, and what the CPU has fetched may be older */
    uint64_t faults;    /* the signals of faults that the thread itself had before the step, a bit
                              each, 0 for 1: of a fault in an earlier one it is not told */
    bool has_lost_info; /* there was no memory for what is to be said of a signal */
    bool is_handled;    /* handlers of signals were called in this step: EVENT_CAUGHT, or
                              behind the call that they have interrupted: EVENT_RESULT */
    bool is_stopped;    /* the thread is, behind the step: EVENT_STOPPED, or behind handlers and
                              the call that was interrupted: EVENT_CAUGHT, EVENT_RESULT */
    uint64_t now_ns;    /* the kernel's clock, behind the step */
};

#endif
