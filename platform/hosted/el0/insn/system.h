/*
 * The handlers of system calls, system registers and cache maintenance, by the table.
 */
#ifndef EL0_INSN_SYSTEM_H
#define EL0_INSN_SYSTEM_H

#include "el0/decode.h"

#define SYSTEM(pattern, mnemonic, operands, handler)                                               \
    el0_handler system_##handler;                                                                  \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
