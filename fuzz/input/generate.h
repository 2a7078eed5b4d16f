/*
 * Random programs. What they do is chosen so that processes live: children are given something to
 * do, most of those that wait are woken, and calls refer to what earlier ones have made. Each
 * program has its own weights (swarm testing), so that some are all about pipes and others never
 * exec.
 */
#ifndef INPUT_GENERATE_H
#define INPUT_GENERATE_H

#include "base/random.h"
#include "fuzz/input/input.h"

/* What may be in a program; each has what those before it have. */
enum generate_profile {
    GENERATE_CALLS,     /* nothing but operations, in order */
    GENERATE_FAILURES,  /* failing allocations, and little memory */
    GENERATE_SCHEDULES, /* all schedules, preemptions, windows, spurious wakes */
};

/* A whole new program, normal, with a configuration. */
void generate_input(struct input *input, struct random *random, enum generate_profile profile);

/* A new instruction in place of insns[index], in keeping with those before it. Leaves the input
 * such that input_normalise is due. */
void generate_insn(struct input *input, unsigned index, struct random *random,
                   enum generate_profile profile);

/* A new value for one argument. */
struct operand generate_operand(const struct input *input, unsigned index, unsigned arg,
                                struct random *random);

void generate_config(struct input_config *config, struct random *random,
                     enum generate_profile profile);

/* New properties: mostly none. */
void generate_properties(struct input *input, unsigned index, struct random *random,
                         enum generate_profile profile);

/* 0 <= result < bound; bound >= 1. */
static inline unsigned random_below(struct random *random, unsigned bound)
{
    return (unsigned)((random_next(random) >> 32) * bound >> 32);
}

#endif
