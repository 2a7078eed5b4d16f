/*
 * Processes as a run drives them: one step of the kernel at a time, by registers.
 */
#ifndef RUN_ACTOR_H
#define RUN_ACTOR_H

#include "fuzz/run/run.h"
#include "proc/process.h"

/* The live process with this PID, or NULL. */
struct process *actor_find(int pid);

/* It can be given something to do: it is in no call, and nothing is about to end it. */
bool actor_is_free(const struct process *process);

/* It is ready, and in a call or about to be ended: it goes on if it is let. */
bool actor_wants_to_run(const struct process *process);

/* Puts an operation into the registers of a free process, and into the others, but for sp, what no
 * other process has there. */
void actor_set(struct process *process, const struct insn *insn, const uint64_t *args);

/* What it has been given, as long as it is not done. */
enum actor_progress {
    ACTOR_GOES_ON, /* a page fault came first, or a part is done */
    ACTOR_WAITS,
    ACTOR_DONE,
    ACTOR_ENDED,
};

/* Fills event with who is about to make which call, or goes on in it. */
void actor_tell(int pid, struct event *event);

/* One step of the process that event tells of, which is free and has been given something, or wants
 * to run. Fills the rest of event; its kind stays EVENT_SKIPPED if there is nothing to tell. */
enum actor_progress actor_step(struct event *event);

#endif
