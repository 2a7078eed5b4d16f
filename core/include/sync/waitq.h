/*
 * Wait queues. A blocked thread is on at most one. Waking makes it ready and leaves it on the
 * queue: the rerun of its call takes it off, looks again, and may block again.
 */
#ifndef SYNC_WAITQ_H
#define SYNC_WAITQ_H

#include "base/list.h"
#include "base/types.h"

struct thread;

struct waitq {
    struct list threads; /* thread.wait_link */
};

void waitq_init(struct waitq *queue);
void waitq_add(struct waitq *queue, struct thread *thread);
void waitq_remove(struct thread *thread);
void waitq_wake_all(struct waitq *queue);

#endif
