/* What belongs to one CPU. Reached through cpu_this() only; no other CPU touches it. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include "base/types.h"

struct abi_rlimit;
struct space;
struct thread;

struct cpu {
    struct space *space;    /* whose tables are loaded; NULL: none */
    struct thread *current; /* chosen by the scheduler, until the next choice */
    struct thread
        *fp_owner; /* whose FP state is in the registers and newer than its copy; NULL: no one's */
    const struct abi_rlimit *limits; /* of the process that runs; NULL: it is gone */
    struct thread *charged;          /* whose time passes; NULL: no one's */
    nsec_t charged_until;            /* all time before has been charged */
    bool needs_resched; /* current has used up its time, or someone more urgent is ready */
};

static inline struct cpu *cpu_this(void)
{
    return plat_cpu_local();
}

#endif
