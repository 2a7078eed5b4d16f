/*
 * The handlers of Advanced SIMD copies, constants and permutations, by the table.
 */
#ifndef EL0_SIMD_SIMD_MOVE_H
#define EL0_SIMD_SIMD_MOVE_H

#include "el0/simd/vector.h"

#define SIMD_MOVE(pattern, mnemonic, operands, handler)                                            \
    el0_handler simd_move_##handler;                                                               \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
