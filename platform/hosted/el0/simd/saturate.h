/*
 * Shifts and saturation of vector elements, computed in 128 bits.
 */
#ifndef EL0_SIMD_SATURATE_H
#define EL0_SIMD_SATURATE_H

#include "el0/cpu.h"

typedef __int128 wide_t;

/* value as a number of bits, at most 64, signed or unsigned; if it does not fit, the nearest that
 * does, and FPSR.QC is set. */
uint64_t saturate_signed(struct el0_cpu *cpu, wide_t value, unsigned bits);
uint64_t saturate_unsigned(struct el0_cpu *cpu, wide_t value, unsigned bits);

/* value / 2^amount, rounded down or to nearest, ties up; value has at most 65 bits. */
wide_t saturate_shift_right(wide_t value, unsigned amount, bool is_rounding);

/* value * 2^by, by the low byte of by as a signed number: cut to 64 bits, or saturated. */
uint64_t saturate_shift_cut(wide_t value, uint64_t by, bool is_rounding);
uint64_t saturate_shift(struct el0_cpu *cpu, wide_t value, uint64_t by, bool is_rounding,
                        bool is_signed, unsigned bits);

#endif
