/*
 * The handlers of Advanced SIMD on integers of one size, by the table.
 */
#ifndef EL0_SIMD_SIMD_H
#define EL0_SIMD_SIMD_H

#include "el0/simd/vector.h"

#define SIMD(pattern, mnemonic, operands, handler)                                                 \
    el0_handler simd_##handler;                                                                    \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
