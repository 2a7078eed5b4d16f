/*
 * The handlers of branches, by the table.
 */
#ifndef EL0_INSN_BRANCH_H
#define EL0_INSN_BRANCH_H

#include "el0/decode.h"

#define BRANCH(pattern, mnemonic, operands, handler)                                               \
    el0_handler branch_##handler;                                                                  \
    el0_operands operands_##operands;
#define BRANCH_SF(pattern, mnemonic, operands, handler)                                            \
    el0_handler branch_##handler##_w, branch_##handler##_x;                                        \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
