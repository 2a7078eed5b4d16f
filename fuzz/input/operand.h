/*
 * What the arguments of an instruction come to when it is carried out.
 */
#ifndef INPUT_OPERAND_H
#define INPUT_OPERAND_H

#include "fuzz/input/insn.h"
#include "fuzz/run/run.h"

/* The kind of an argument, enum arg_kind: of a system call core's. */
unsigned operand_kind_of(const struct insn *insn, unsigned arg);

/* The value of an operand for an argument of a kind. outcomes are those of all instructions: a
 * result that is not there, and the one of a call that failed, counts as -1. */
uint64_t operand_value(const struct operand *operand, unsigned kind,
                       const struct outcome *outcomes);

/* All arguments of an instruction; those that it does not have are 0. What is loaded from or stored
 * to is aligned. */
void operand_values(const struct insn *insn, const struct outcome *outcomes,
                    uint64_t args[INPUT_ARGS]);

#endif
