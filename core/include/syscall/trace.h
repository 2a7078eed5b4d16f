/*
 * The trace: each call with its arguments, what they point to, and its result; faults, signals,
 * exits, switches.
 *
 * The last events are always kept, in short, in a ring that trace_print_last prints. Calls, signals
 * and exits are told as strace(1) does, in two places:
 *
 *     trace=FILE  a line an event at plat_trace_write: virtual time in brackets, the thread, the
 *                 event. A hash covers what is too long to be shown; faults and switches are there
 *                 too. Nothing in a line depends on the machine but that time and what a program
 *                 itself learned from it, so that with det=SEED two bodies write the same lines.
 *     strace      to the console, for people: [pid 2] and the time, then the event
 */
#ifndef SYSCALL_TRACE_H
#define SYSCALL_TRACE_H

#include "base/types.h"

struct thread;

enum { TRACE_RING_EVENTS = 256 };

/* What became of a page fault. */
enum trace_fault {
    TRACE_FAULT_RESOLVED,
    TRACE_FAULT_REFUSED, /* the program may not do that */
    TRACE_FAULT_NO_MEMORY,
};

/* path: NULL or "": no file. false: the file cannot be had. to_console: strace. */
MUST_CHECK bool trace_init(const char *path, bool to_console);

/* Whether there is a file. */
bool trace_has_text(void);

void trace_switch(int tid, const char *name);
void trace_fault(int tid, const struct plat_trap *trap, enum trace_fault outcome);

/* A signal that a fault of the program's own raises; code as sigaction(2) names it. */
void trace_signal(int tid, int signal, const char *code, uaddr_t addr);

void trace_exit(int tid, int wait_status);
void trace_power_off(int wait_status);

/* A call: before it is made the first time (the arguments are read here, before they can change),
 * when it blocks, and when it has its result. */
void trace_call_begin(struct thread *thread);
void trace_call_block(struct thread *thread);
void trace_call_end(struct thread *thread, int64_t result);

/* The ring, oldest first, to the console. */
void trace_print_last(void);

#endif
