/* Taking signals: what becomes of them when a thread is about to go on (signal(7)). */
#ifndef PROC_DELIVER_H
#define PROC_DELIVER_H

#include "base/types.h"
#include "proc/thread.h"

void deliver_init(void);

/* Takes what is due to the current thread, before it goes on in user mode or in its call: its
 * process ends, it stops with its process, handlers are called one on top of the other, or nothing
 * happens. A call that waits is to give up waiting first (call.is_interrupted), unless the process
 * ends; what becomes of it is decided when it is known whether there is a handler. true: the thread
 * goes on. */
bool deliver_signals(struct thread *thread);

/* How many handlers have been called, or were to be. */
uint64_t deliver_handlers(void);

#endif
