/*
 * Signals, as far as ending a process goes: the default actions of signal(7). A process that is to
 * end does so when its thread is about to return to user mode, never in the middle of a call.
 */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include "base/types.h"
#include "proc/process.h"

/* Whether a signal ends a process that does nothing about it. signal: 1 to 64. */
bool signal_is_fatal(int signal);

/* Sends a signal to a live process. Init takes none. */
void signal_send(struct process *process, int signal);

/* Sends a signal to all of a group. */
void signal_send_group(struct pid *group, int signal);

#endif
