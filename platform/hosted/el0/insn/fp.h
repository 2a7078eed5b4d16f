/*
 * The handlers of scalar floating point, by the table.
 */
#ifndef EL0_INSN_FP_H
#define EL0_INSN_FP_H

#include "el0/decode.h"

#define FP(pattern, mnemonic, operands, handler)                                                   \
    el0_handler fp_##handler;                                                                      \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
