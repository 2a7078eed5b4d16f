/*
 * Situations that instructions chosen one by one hardly ever make: a pipe that is full, the limit
 * on descriptors reached, a parent that waits while groups change. Each is a few instructions that
 * belong together and that refer to each other, with whatever comes between them.
 */
#ifndef INPUT_SEQUENCE_H
#define INPUT_SEQUENCE_H

#include "fuzz/input/context.h"

enum { SEQUENCE_STEPS_MAX = 12 };

/* How far a program is with one. All zeros: there is none. */
struct sequence {
    uint8_t kind;
    uint8_t signal;                 /* that what is drawn is about */
    uint8_t action;                 /* what it does: a slot */
    uint8_t step;                   /* of the next instruction */
    uint8_t at[SEQUENCE_STEPS_MAX]; /* the instructions of the steps so far */
    uint8_t actor;                  /* who began it */
    bool goes_on;
};

/* Chooses one. */
void sequence_begin(struct sequence *sequence, struct context *context);

/* Whether its next instruction is due: mostly, while it goes on. */
bool sequence_is_due(const struct sequence *sequence, struct context *context);

/* Its next instruction, which is number index; profile is an enum generate_profile. */
void sequence_make(struct sequence *sequence, struct context *context, struct insn *insn,
                   unsigned index, unsigned profile);

#endif
