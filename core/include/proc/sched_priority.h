/*
 * Strict priorities by nice value, O(1): no thread runs while one with a lower nice value is ready.
 * Threads with the same value take turns. Who never waits keeps all below it from running.
 */
#ifndef PROC_SCHED_PRIORITY_H
#define PROC_SCHED_PRIORITY_H

#include "proc/sched_policy.h"

extern const struct sched_policy sched_priority;

#endif
