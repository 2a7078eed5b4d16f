/*
 * The handlers of Advanced SIMD on integers of two sizes, by the table.
 */
#ifndef EL0_SIMD_SIMD_LONG_H
#define EL0_SIMD_SIMD_LONG_H

#include "el0/simd/vector.h"

#define SIMD_LONG(pattern, mnemonic, operands, handler)                                            \
    el0_handler simd_long_##handler;                                                               \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
