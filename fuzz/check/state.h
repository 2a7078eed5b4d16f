/*
 * What processes can observe, as sums: contents and rights by address, not residency or sharing;
 * regions, descriptors and offsets, bytes in pipes, parenthood, groups, masks, actions, limits.
 * Taken in front of a call and behind it, for whoever makes it in full and for the others in short.
 *
 * Left out is what time or the scheduler changes: what was used, who is ready, the next number that
 * a process or a pipe would get.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include "base/types.h"
#include "fuzz/check/frames.h"

struct thread;

struct state_page {
    uaddr_t va;
    uint64_t digest; /* of a page that does not hold what it did at first; else 0 */
};

enum { STATE_PAGES_MAX = 640 };

struct state {
    int tid;
    const struct space *space;
    uint64_t others;     /* all threads but one, the processes of the others, and the console */
    uint64_t actor;      /* that one and its process, but for what follows */
    uint64_t signals;    /* that are pending for it and blocked, or that end it */
    bool has_cpu_timers; /* a timer may come by the time that a call uses */
    uint64_t files;      /* its descriptors; descriptions; pipes */
    uint64_t objects;    /* shared memory */
    uint64_t regions;    /* and the break */
    uint64_t stacks;     /* where stacks begin, added up: they grow */
    uint64_t done;       /* bytes of a call that goes on */
    unsigned page_count;
    struct state_page pages[STATE_PAGES_MAX]; /* ascending */
};

void state_begin(void);

/* false: there is no such thread. Its space must have been followed. */
bool state_take(struct state *state, int tid);

/* All registers of a thread but the first and pc; of those of FP some at both ends. */
uint64_t state_registers(const struct thread *thread);

/* They and the first are 0 but sp, and all of FP. */
bool state_registers_are_clear(const struct thread *thread);

/* Some of what is remembered of frames is what they hold; all: all of it. */
void state_check_remembered(bool all);

#endif
