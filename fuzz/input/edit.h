/*
 * Instructions inserted into inputs, taken out and copied, with their references: whatever moves,
 * what refers to it goes on doing so. input_normalise is due behind each of these.
 */
#ifndef INPUT_EDIT_H
#define INPUT_EDIT_H

#include "fuzz/input/input.h"

/* Makes room for count instructions at index at, of which nothing is set. What does not fit is cut
 * off the end. at + count <= INPUT_INSNS_MAX, at <= input->count. */
void edit_open(struct input *input, unsigned at, unsigned count);

/* Takes count instructions out. What their children did, their parents do. */
void edit_remove(struct input *input, unsigned at, unsigned count);

/* Copies instructions [from, from + count) of one input over those of another, from index to on.
 * References among them go along; those to others go to what is at the same place in the other. */
void edit_copy(struct input *input, unsigned to, const struct input *source, unsigned from,
               unsigned count);

#endif
