/* The calls that wait, for `interrupt`. */
#ifndef INTERRUPTS_INTERRUPT_H
#define INTERRUPTS_INTERRUPT_H

#include "catch/catch.h"

enum {
    SLEEP_MS = 500,
    RELEASE_SIGNAL = SIGUSR2,
};

/* What the process that waits and the one that looks on have in common. */
struct shared {
    volatile int64_t after_ms; /* when the call was over, in steps of 10 */
    volatile int64_t left_ms;  /* the remainder it told, in steps of 10; -1: none */
    volatile long result;
    volatile int handlers, handlers_at_end; /* that ran; before the call was over */
    volatile int returned, stop_seen;
    volatile int word; /* of a futex */
    volatile int go;   /* the child of a vfork may end */

    int fds[2];
};

extern struct shared *shared;

struct waiting_call {
    const char *name;
    void (*prepare)(void);      /* before there is a process that waits; or NULL */
    long (*run)(uint64_t mask); /* the call, in that process; mask: what it has blocked */
    void (*release)(int pid);   /* what it waits for comes; NULL: by itself */
    void (*finish)(void);       /* takes back what prepare made; or NULL */
};

extern const struct waiting_call waiting_calls[];
extern const unsigned waiting_call_count;

#endif
