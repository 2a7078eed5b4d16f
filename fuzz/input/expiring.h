/*
 * Sequences in which timers come again and again: nobody hears them, somebody hears them late, or
 * their process runs another program meanwhile.
 */
#ifndef INPUT_EXPIRING_H
#define INPUT_EXPIRING_H

#include "fuzz/input/steps.h"

extern const unsigned expiring_kinds;

/* The steps of one of them. */
const struct step *expiring_step(unsigned kind, unsigned step);
unsigned expiring_count(unsigned kind);

#endif
