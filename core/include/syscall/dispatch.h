/* From a trap to what it asks for: system calls, page faults, and the faults that end a program. */
#ifndef SYSCALL_DISPATCH_H
#define SYSCALL_DISPATCH_H

#include "proc/thread.h"

/* Handles one trap of the current thread, which may block or end. */
void dispatch_trap(struct thread *thread, const struct plat_trap *trap);

/* Runs again the call that the current thread is in, which something has woken. */
void dispatch_rerun(struct thread *thread);

#endif
