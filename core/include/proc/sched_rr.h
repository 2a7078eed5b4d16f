/* Round-robin: everybody is the next one after everybody else, whatever its nice value. */
#ifndef PROC_SCHED_RR_H
#define PROC_SCHED_RR_H

#include "proc/sched_policy.h"

extern const struct sched_policy sched_rr;

#endif
