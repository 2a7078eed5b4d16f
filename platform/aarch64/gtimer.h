/* Time: the virtual timer of the generic timer as clock and as one-shot. */
#ifndef AARCH64_GTIMER_H
#define AARCH64_GTIMER_H

#include "dev/fdt.h"

/* The clock begins. False: the frequency is not set. intid: of the timer's interrupt. */
bool gtimer_init(const struct fdt *fdt, unsigned *intid);

/* Its interrupt: makes the upcall if the deadline has passed. */
void gtimer_take(void);

#endif
