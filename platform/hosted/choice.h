/*
 * The one way by which anything that can vary enters the hosted machine.
 */
#ifndef HOSTED_CHOICE_H
#define HOSTED_CHOICE_H

#include "platform/platform.h"

/* What is chosen: enum plat_choice, and what the machine itself decides. */
enum hosted_choice {
    CHOOSE_TIMER = 16, /* does the timer fire early, in this window */
    CHOOSE_EVICT,      /* which entry the natural TLB loses */
    CHOOSE_ASID_BITS,  /* how many fewer than 16 */
    CHOOSE_ENTROPY,    /* a byte of it */
    CHOOSE_CONSOLE,    /* how many bytes have arrived, and each of them */
    CHOOSE_ELAPSED,    /* nanoseconds since the clock was last looked at */
};

/* The source. After choice_init: all zeros. */
void choice_init(void);
void choice_use_seed(uint64_t seed);
void choice_use_bytes(const uint8_t *bytes, size_t size); /* borrowed */

void choice_use_record(void); /* that record_open has read */

/* An answer in [0, bound), bound >= 1. 0 is the dull one. */
uint32_t choice_next(unsigned kind, uint32_t bound);

/* The same for something that the world decides: live is what it says, and is the answer unless the
 * source holds what it said then. */
uint32_t choice_outside(unsigned kind, uint32_t bound, uint32_t live);

/* Whether the world is asked. */
bool choice_is_live(void);

/* Whether there may be an answer other than 0 from a source that is not asked live. */
bool choice_has_more(void);

/* If set, gets each answer and may give another. */
extern uint32_t (*choice_hook)(unsigned kind, uint32_t bound, uint32_t answer);

#endif
