/*
 * The handlers of FEAT_LSE, by the table.
 */
#ifndef EL0_INSN_ATOMIC_H
#define EL0_INSN_ATOMIC_H

#include "el0/decode.h"

#define ATOMIC(pattern, mnemonic, operands, handler)                                               \
    el0_handler atomic_##handler;                                                                  \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
