/*
 * Inputs made smaller, always in the same way: the end is cut off; instructions go, from the last
 * to the first; properties and the configuration become dull; arguments become simpler. A change
 * stays if what was found is found still. All is tried again until nothing changes any more.
 */
#ifndef INPUT_MINIMISE_H
#define INPUT_MINIMISE_H

#include "fuzz/input/input.h"

/* Whether the same check fires for an input, which is normal. Must always say the same. */
typedef bool minimise_holds(void *context, const struct input *input);

/* It holds for the input at first, and at the end. Returns how often it was asked. */
unsigned minimise_input(struct input *input, minimise_holds *holds, void *context);

#endif
