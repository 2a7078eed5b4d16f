#include "el0/simd/saturate.h"

#include "el0/float/float.h"

/*
 * Shifts and saturation of vector elements, see saturate.h.
 */

uint64_t saturate_signed(struct el0_cpu *cpu, wide_t value, unsigned bits)
{
    wide_t max = (wide_t)el0_ones(bits - 1);

    if (value > max || value < -max - 1) {
        cpu->fp->fpsr |= FLOAT_FPSR_QC;
        value = value > max ? max : -max - 1;
    }
    return (uint64_t)value;
}

uint64_t saturate_unsigned(struct el0_cpu *cpu, wide_t value, unsigned bits)
{
    wide_t max = (wide_t)el0_ones(bits);

    if (value > max || value < 0) {
        cpu->fp->fpsr |= FLOAT_FPSR_QC;
        value = value > max ? max : 0;
    }
    return (uint64_t)value;
}

wide_t saturate_shift_right(wide_t value, unsigned amount, bool is_rounding)
{
    /* By 66 and more all of 65 bits are gone, and what is left stays the same. */
    if (amount > 66)
        amount = 66;
    if (is_rounding && amount > 0)
        value += (wide_t)1 << (amount - 1);
    return value >> amount;
}

uint64_t saturate_shift_cut(wide_t value, uint64_t by, bool is_rounding)
{
    int shift = (int)el0_sign_extend(by, 8);

    if (shift < 0)
        return (uint64_t)saturate_shift_right(value, (unsigned)-shift, is_rounding);
    return shift > 63 ? 0 : (uint64_t)value << shift;
}

uint64_t saturate_shift(struct el0_cpu *cpu, wide_t value, uint64_t by, bool is_rounding,
                        bool is_signed, unsigned bits)
{
    int shift = (int)el0_sign_extend(by, 8);

    /* Past the width of the element nothing but zero fits. */
    if (shift < 0)
        value = saturate_shift_right(value, (unsigned)-shift, is_rounding);
    else if (shift >= (int)bits)
        value = value > 0 ? (wide_t)1 << 64 : value < 0 ? -((wide_t)1 << 64) : 0;
    else
        value *= (wide_t)1 << shift;
    return is_signed ? saturate_signed(cpu, value, bits) : saturate_unsigned(cpu, value, bits);
}
