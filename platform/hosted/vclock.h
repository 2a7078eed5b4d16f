/*
 * The machine's clock and its one timer.
 *
 * Virtual: an instruction takes a nanosecond, and idling jumps to the deadline. Real: as virtual,
 * and whenever the clock is looked at it also takes what has passed on the host, as a choice.
 */
#ifndef HOSTED_VCLOCK_H
#define HOSTED_VCLOCK_H

#include "platform/platform.h"

void vclock_init(bool is_real);

/* The machine has executed so much. */
void vclock_run(uint64_t instructions);

/* Real: takes what has passed on the host. */
void vclock_look(void);

/* If the deadline has passed: switches the timer off, calls kernel_on_timer and says true. */
bool vclock_take(void);

/* plat_timer_set's, or PLAT_NEVER; and how far away that is. */
nsec_t vclock_deadline(void);
nsec_t vclock_remaining(void);

/* It is the deadline now. */
void vclock_jump(void);

bool vclock_is_real(void);

#endif
