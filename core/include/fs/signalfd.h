/* Files from which a thread reads the signals that are pending for it, whoever opened them
 * (signalfd(2)). */
#ifndef FS_SIGNALFD_H
#define FS_SIGNALFD_H

#include "fs/file.h"
#include "proc/pending.h"
#include "sync/waitq.h"

/* For whoever looks on; changed by signalfd.c only. */
struct signalfd {
    signal_set_t set;
    struct waitq readers; /* threads that wait for one of them */
};

void signalfd_init(void);

/* A description with one reference. flags: O_NONBLOCK or 0. NULL: no memory. */
MUST_CHECK struct file *signalfd_create(signal_set_t set, uint32_t flags);

/* Changes which signals a description gives. */
void signalfd_set(struct file *file, signal_set_t set);

/* The signals that the call of a thread waits to read; 0: it does no such thing. */
signal_set_t signalfd_awaited(const struct thread *thread);

/* Who waits at one reads it, and there is none without a description. Panics if not. */
void signalfd_check(void);

#endif
