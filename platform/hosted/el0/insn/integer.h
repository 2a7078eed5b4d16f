/*
 * The handlers of integer data processing, by the table.
 */
#ifndef EL0_INSN_INTEGER_H
#define EL0_INSN_INTEGER_H

#include "el0/decode.h"

#define INTEGER(pattern, mnemonic, operands, handler)                                              \
    el0_handler integer_##handler;                                                                 \
    el0_operands operands_##operands;
#define INTEGER_SF(pattern, mnemonic, operands, handler)                                           \
    el0_handler integer_##handler##_w, integer_##handler##_x;                                      \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
