/*
 * Normal inputs: those that bytes decode to. Each reference is to an earlier instruction that gives
 * what the argument is for, each number can be encoded, and what has no meaning is 0.
 */
#ifndef INPUT_NORMAL_H
#define INPUT_NORMAL_H

#include "fuzz/input/input.h"

/* Makes any contents of the structure normal; what is normal is left as it is. */
void input_normalise(struct input *input);

/* The nearest number that an instruction can hold as bytes: itself if that is short, or ends with
 * zeros enough. */
int64_t number_encodable(int64_t value);

#endif
