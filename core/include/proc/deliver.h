/* Taking signals: what becomes of them when a thread is about to go on (signal(7)). */
#ifndef PROC_DELIVER_H
#define PROC_DELIVER_H

#include "base/types.h"
#include "proc/thread.h"

void deliver_init(void);

/* Takes what is due to the current thread, before it goes on in user mode or in its call: its
 * process ends or stops, handlers are called one on top of the other, or nothing happens. A call
 * that waits is to give up waiting first, if a handler is to be called. true: the thread goes
 * on. */
bool deliver_signals(struct thread *thread);

/* The call of the thread has given up waiting, for a handler, which is called now: the call is made
 * again after that, if the handler's action says so (SA_RESTART), or has given -EINTR. */
void deliver_interrupted(struct thread *thread);

/* How many handlers have been called, or were to be. */
uint64_t deliver_handlers(void);

#endif
