/*
 * Sequences in which something comes in a window of a call that waits, or while it does: a key for
 * the foreground group, or a timer that sends a signal.
 */
#ifndef INPUT_INTERRUPTED_H
#define INPUT_INTERRUPTED_H

#include "fuzz/input/steps.h"

extern const unsigned interrupted_kinds;

/* The steps of one of them. */
const struct step *interrupted_step(unsigned kind, unsigned step);
unsigned interrupted_count(unsigned kind);

#endif
