/*
 * The handlers of Advanced SIMD floating point, by the table.
 */
#ifndef EL0_SIMD_SIMD_FP_H
#define EL0_SIMD_SIMD_FP_H

#include "el0/simd/vector.h"

#define SIMD_FP(pattern, mnemonic, operands, handler)                                              \
    el0_handler simd_fp_##handler;                                                                 \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
