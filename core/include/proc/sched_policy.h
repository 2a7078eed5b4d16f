/*
 * What makes one scheduler different from another: where ready threads wait, and which of them runs
 * next. The rest (states, slices, waiting) is sched.c's, the same for all.
 */
#ifndef PROC_SCHED_POLICY_H
#define PROC_SCHED_POLICY_H

#include "proc/thread.h"

struct sched_policy {
    const char *name; /* as the kernel word sched=NAME has it */
    void (*init)(void);

    /* A ready thread waits for its turn, and does so no longer: thread.run_link is the policy's
     * meanwhile. */
    void (*add)(struct thread *thread);
    void (*remove)(struct thread *thread);

    /* The decision. keep: the current thread, which waits nowhere and may go on; or NULL, and then
     * some thread waits. What is not decided by the policy is chosen by plat_choose, 0 being what
     * it would do by itself. */
    struct thread *(*decide)(struct thread *keep);

    /* All that wait, one after another; NULL: the first; behind the last: NULL. */
    struct thread *(*next)(const struct thread *thread);
};

#endif
