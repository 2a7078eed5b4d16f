/* What the tests of inputs have in common. */
#ifndef FUZZ_INPUTS_H
#define FUZZ_INPUTS_H

#include "base/random.h"
#include "fuzz/input/input.h"

void inputs_random_bytes(struct random *random, uint8_t *to, size_t size);

bool inputs_equal_insns(const struct insn *a, const struct insn *b);
void inputs_expect_equal(const struct input *a, const struct input *b);

/* It is what every decoded input is like: see normal.h. */
void inputs_expect_normal(const struct input *checked);

#endif
