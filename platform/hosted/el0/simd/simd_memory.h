/*
 * The handlers of loads and stores of structures, by the table.
 */
#ifndef EL0_SIMD_SIMD_MEMORY_H
#define EL0_SIMD_SIMD_MEMORY_H

#include "el0/simd/vector.h"

#define SIMD_MEMORY(pattern, mnemonic, operands, handler)                                          \
    el0_handler simd_memory_##handler;                                                             \
    el0_operands operands_##operands;
#include "el0/table.def"

#endif
