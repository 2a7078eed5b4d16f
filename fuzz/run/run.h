/*
 * Carries out an input: decides who runs and makes what fail, step by step, and tells the model and
 * the checks what has happened. Freestanding; the same in both bodies.
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "fuzz/input/input.h"
#include "fuzz/run/event.h"

/* What became of an instruction. */
struct outcome {
    enum event_kind kind; /* the last one; EVENT_SKIPPED before there is any */
    bool has_blocked;     /* once at least, before that */
    bool has_fired;       /* the allocation that was to fail has */
    unsigned windows;     /* that its call has passed */
    int pid;              /* who did it */
    int64_t result;
    int wait_status;
    int64_t parts[2]; /* of pipe2: the descriptors */
};

struct run_stats {
    unsigned steps;  /* of the kernel */
    unsigned events; /* told to model and checks */
    uint64_t digest; /* of all events: two runs of one input have it in common */
};

struct run {
    const struct input *input;
    struct outcome outcomes[INPUT_INSNS_MAX];
    struct run_stats stats;
};

/* Which of those that look on are told: all but in tests and measurements. */
enum run_watch { RUN_MODEL = 1, RUN_CHECKS = 2, RUN_ALL = 3 };

/* If set, told each event before the model and the checks are: for tests. */
extern void (*run_listener)(const struct event *event);

/* In a machine that has just been booted or restored with the input's configuration. Comes back if
 * nothing was found: what finds something calls finding(). */
void run_input(struct run *run, const struct input *input, unsigned watch);

/* The same in parts, for whoever decides between them what comes next: turns_begin (turns.h) for
 * instruction after instruction, which may be added to the input meanwhile; the input's schedule is
 * SCHEDULE_GIVEN. */
void run_begin(struct run *run, const struct input *input, unsigned watch);
void run_end(void);

#endif
