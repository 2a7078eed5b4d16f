/*
 * Inputs made from others: whole instructions are inserted, taken out, moved, changed, and now and
 * then there is a fresh program. On bytes, as libFuzzer has them.
 */
#ifndef INPUT_MUTATE_H
#define INPUT_MUTATE_H

#include "fuzz/input/generate.h"

/* What may come in; GENERATE_SCHEDULES at first. */
extern enum generate_profile mutate_profile;

/* Changes an input in place. Returns its new size, at most size_max. The same arguments give the
 * same result. */
size_t mutate_bytes(uint8_t *bytes, size_t size, size_t size_max, unsigned seed);

/* The beginning of one, and behind it a part of another. Returns the size, at most out_max. */
size_t mutate_splice(const uint8_t *a, size_t a_size, const uint8_t *b, size_t b_size, uint8_t *out,
                     size_t out_max, unsigned seed);

/* The same on an input, which is normal before and behind it. */
void mutate_input(struct input *input, struct random *random, unsigned count_max);

#endif
