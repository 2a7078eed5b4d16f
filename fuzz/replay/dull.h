/*
 * What another kernel can do with a program too.
 */
#ifndef REPLAY_DULL_H
#define REPLAY_DULL_H

#include "fuzz/input/input.h"

/* Leaves the calls, and takes away what a schedule, failing allocations and a small memory
 * decide. */
void dull(struct input *input);

#endif
