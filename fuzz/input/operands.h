/*
 * Arguments chosen at random, as fits what they are: mostly such that the call can do something.
 */
#ifndef INPUT_OPERANDS_H
#define INPUT_OPERANDS_H

#include "fuzz/input/context.h"

/* All arguments of an instruction whose type is set. */
void operands_choose(struct context *context, struct insn *insn);

static inline struct operand operand_number(int64_t value)
{
    return (struct operand){OPERAND_NUMBER, 0, 0, value};
}

static inline struct operand operand_slot(unsigned slot)
{
    return (struct operand){OPERAND_SLOT, (uint8_t)slot, 0, 0};
}

#endif
