/*
 * Instructions about handlers of signals: what is called, what is changed in the frame meanwhile,
 * and how it returns.
 */
#ifndef INPUT_HANDLERS_H
#define INPUT_HANDLERS_H

#include "fuzz/input/context.h"

/* The operation and all arguments; who acts is chosen. */
void handlers_make(struct context *context, struct insn *insn);

#endif
