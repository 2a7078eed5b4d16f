/*
 * The scheduler: which thread runs next, O(1) and preemptive. Which one it is a policy decides
 * (sched_policy.h): round-robin, or what the kernel word sched=NAME says. Decisions are made in
 * sched_choose and nowhere else.
 */
#ifndef PROC_SCHED_H
#define PROC_SCHED_H

#include "base/types.h"
#include "proc/thread.h"
#include "sync/waitq.h"

enum {
    SCHED_SLICE_CALLS = 16, /* with det: the calls in a time slice */
};
#define SCHED_SLICE_NS ((nsec_t)10000000)

/* With round-robin. */
void sched_init(void);

/* Takes another policy, before there is a thread. -EINVAL: none has that name. */
MUST_CHECK int sched_select(const char *name);

/* A thread that may run from now on. */
void sched_add(struct thread *thread);

/* How much a thread gives way to others, NICE_MIN to NICE_MAX; whether that counts is the policy's
 * affair. */
void sched_set_nice(struct thread *thread, int nice);

/* The thread to run now, which becomes the CPU's current one; NULL: none is ready. */
struct thread *sched_choose(void);

/* The current thread has made a call: with det that is what uses up its slice. */
void sched_count_call(void);

/* The current thread goes behind all others that are ready. */
void sched_end_slice(void);

/* Blocks a thread whose call waits for reason; on queue, and until deadline, where given (NULL,
 * PLAT_NEVER): CALL_BLOCKED. Or CALL_INTERRUPTED, if a signal is to be taken before. */
MUST_CHECK int64_t sched_block(struct thread *thread, enum wait_reason reason, int64_t arg,
                               struct waitq *queue, nsec_t deadline);

/* Makes a blocked or a held thread ready; nothing if it is that already, or stopped. */
void sched_wake(struct thread *thread);

/* The current thread is stopped; and a thread is not any more, if it was. */
void sched_stop(struct thread *thread);
void sched_continue(struct thread *thread);

/* Ends a wait: off its queue and without its timer. Before its call is rerun. */
void sched_end_wait(struct thread *thread);

/* Takes a thread out of everything here. */
void sched_remove(struct thread *thread);

/* Whether any thread is ready. */
bool sched_has_ready(void);

/* The blocked threads, thread.block_link; and how many they should be. */
const struct list *sched_blocked(void);
unsigned sched_blocked_count(void);

/* The ready threads but the CPU's current one, in some order: the first (of NULL), the next, or
 * NULL; and how many they should be. */
const struct thread *sched_next_waiting(const struct thread *thread);
unsigned sched_waiting(void);

/* The next decision takes this thread if it is ready, once. For whoever drives the machine, between
 * two steps; as are these two: */
void sched_run_next(int tid);

/* Keeps a ready thread from running until it is released, by sched_wake; what wakes a thread, as a
 * signal that ends it, releases it too. */
void sched_hold(struct thread *thread);

/* Queues and states agree. Panics if not. */
void sched_check(void);

#endif
