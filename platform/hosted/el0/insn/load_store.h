/*
 * The handlers of loads and stores but those of structures, by the table.
 */
#ifndef EL0_INSN_LOAD_STORE_H
#define EL0_INSN_LOAD_STORE_H

#include "el0/decode.h"

#define LOAD_STORE(pattern, mnemonic, operands, handler)                                           \
    el0_handler load_store_##handler;                                                              \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
