/*
 * Threads as a run drives them: one step of the kernel at a time, by registers.
 */
#ifndef RUN_ACTOR_H
#define RUN_ACTOR_H

#include "fuzz/run/run.h"
#include "proc/process.h"

/* The thread with this number, or NULL. */
struct thread *actor_find(int tid);

/* A thread of a live process: the one with its number, or if that has ended the oldest. */
struct thread *actor_of(const struct process *process);

/* It can be given something to do: it is in no call, and nothing is about to end it. */
bool actor_is_free(const struct thread *thread);

/* It is ready, and in a call or about to be ended: it goes on if it is let. */
bool actor_wants_to_run(const struct thread *thread);

/* Puts an operation into the registers of a free thread, and into the others, but for sp, what no
 * other thread has there. */
void actor_set(struct thread *thread, const struct insn *insn, const uint64_t *args);

/* What it has been given, as long as it is not done. */
enum actor_progress {
    ACTOR_GOES_ON, /* a page fault came first, or a part is done */
    ACTOR_WAITS,   /* or is stopped */
    ACTOR_DONE,
    ACTOR_ENDED, /* the thread */
};

/* Fills event with who is about to make which call, or goes on in it. */
void actor_tell(int tid, struct event *event);

/* One step of the thread that event tells of, which is free and has been given something, or wants
 * to run. Fills the rest of event; its kind stays EVENT_SKIPPED if there is nothing to tell. */
enum actor_progress actor_step(struct event *event);

#endif
