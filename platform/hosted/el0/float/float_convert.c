#include "el0/float/float_convert.h"

#include "el0/float/number.h"

/*
 * Conversions between formats and integers, and the table-like estimates. The comments name the
 * pseudocode of the Arm ARM.
 */

/* The magnitude of number * 2^fraction_bits, rounded to an integer; saturated at 2^64 and more,
 * where *is_huge is set. *is_inexact: what was cut off. */
static uint64_t magnitude(const struct number *number, unsigned fraction_bits,
                          enum float_rounding rounding, bool *is_huge, bool *is_inexact)
{
    int exponent = number->exponent + (int)fraction_bits; /* of the last bit of significand */
    number_wide_t value = (number_wide_t)number->significand << 63;
    uint64_t result;
    bool half, rest;

    *is_inexact = false;
    *is_huge = exponent > 0;
    if (exponent > 0)
        return UINT64_MAX;
    /* The point is to stand at bit 63 + -exponent; one more than 64 shifts out everything. */
    value = number_shift_right(value, exponent < -66 ? 66 : (unsigned)-exponent);
    result = (uint64_t)(value >> 63);
    half = value >> 62 & 1;
    rest = (value & (((number_wide_t)1 << 62) - 1)) != 0;
    *is_inexact = half || rest;
    if (number_rounds_up(rounding, number->sign, result & 1, half, rest)) {
        result++;
        *is_huge = result == 0;
    }
    return result;
}

uint64_t float_round(struct plat_fp *fp, enum float_format format, uint64_t bits,
                     enum float_rounding rounding, bool exact)
{
    struct number a = number_unpack(fp, format, bits);
    bool is_huge, is_inexact;
    uint64_t result;

    if (number_is_nan(&a))
        return number_propagate(fp, format, a, bits);
    if (a.class != NUMBER_FINITE)
        return a.class == NUMBER_ZERO ? number_zero(format, a.sign) : bits;
    if (a.exponent >= 0)
        return bits;
    result = magnitude(&a, 0, rounding, &is_huge, &is_inexact);
    if (is_inexact && exact)
        number_accrue(fp, FLOAT_FPSR_IXC);
    return result == 0 ? number_zero(format, a.sign)
                       : number_round(fp, format, a.sign, 0, result, FLOAT_ZERO);
}

uint64_t float_to_int(struct plat_fp *fp, enum float_format format, uint64_t bits,
                      unsigned fraction_bits, bool is_signed, unsigned width,
                      enum float_rounding rounding)
{
    struct number a = number_unpack(fp, format, bits);
    uint64_t limit = is_signed ? number_ones(width - 1) + a.sign : a.sign ? 0 : number_ones(width);
    uint64_t result = limit;
    bool is_over = a.class == NUMBER_INFINITE, is_inexact = false;

    if (number_is_nan(&a) || a.class == NUMBER_ZERO)
        result = 0;
    if (a.class == NUMBER_FINITE) {
        result = magnitude(&a, fraction_bits, rounding, &is_over, &is_inexact);
        is_over |= result > limit;
        if (is_over)
            result = limit;
    }
    if (number_is_nan(&a) || is_over)
        number_accrue(fp, FLOAT_FPSR_IOC);
    else if (is_inexact)
        number_accrue(fp, FLOAT_FPSR_IXC);
    return (a.sign ? -result : result) & number_ones(width);
}

uint64_t float_from_int(struct plat_fp *fp, enum float_format format, uint64_t value,
                        bool is_signed, unsigned fraction_bits)
{
    bool sign = is_signed && value >> 63;

    if (value == 0)
        return 0;
    return number_round(fp, format, sign, -(int)fraction_bits, sign ? -value : value,
                        float_rounding(fp));
}

/* FPConvertNaN, and what becomes of a NaN where there are none. */
static uint64_t convert_nan(struct plat_fp *fp, enum float_format to, enum float_format from,
                            struct number a, uint64_t bits)
{
    uint64_t fraction = bits & number_ones(number_formats[from].fraction);
    int widen = (int)number_formats[to].fraction - (int)number_formats[from].fraction;
    bool is_alternative = to == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP);

    if (a.class == NUMBER_SIGNALLING || is_alternative)
        number_accrue(fp, FLOAT_FPSR_IOC);
    if (is_alternative)
        return number_zero(to, a.sign);
    if (fp->fpcr & FLOAT_FPCR_DN)
        return number_default_nan(to);
    fraction = widen >= 0 ? fraction << widen : fraction >> -widen;
    return number_infinity(to, a.sign) | number_quiet_bit(to) | fraction;
}

uint64_t float_convert(struct plat_fp *fp, enum float_format to, enum float_format from,
                       uint64_t bits, enum float_rounding rounding)
{
    struct number a = number_unpack(fp, from, bits);

    if (number_is_nan(&a))
        return convert_nan(fp, to, from, a, bits);
    if (a.class == NUMBER_ZERO)
        return number_zero(to, a.sign);
    if (a.class == NUMBER_FINITE)
        return number_round(fp, to, a.sign, a.exponent, a.significand, rounding);
    if (to == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP))
        return number_overflow(fp, to, a.sign, rounding);
    return number_infinity(to, a.sign);
}

/* aBbbbbbb bcdefgh 000...: sign a, exponent NOT(b), b..., cd, fraction efgh. */
uint64_t float_constant(enum float_format format, unsigned imm8)
{
    unsigned bits = number_exponent_bits(format);
    uint64_t b = imm8 >> 6 & 1;
    uint64_t exponent =
        (b ^ 1) << (bits - 1) | (b ? number_ones(bits - 3) << 2 : 0) | (imm8 >> 4 & 3);

    return number_pack(format, imm8 >> 7, exponent,
                       (uint64_t)(imm8 & 15) << (number_formats[format].fraction - 4));
}

/* ---- estimates ---- */

/* RecipEstimate: of 256 to 511, which stand for 0.5 to 1.0, to 256 to 511, for 1.0 to 2.0. */
static unsigned reciprocal(unsigned a)
{
    return ((1u << 19) / (a * 2 + 1) + 1) / 2;
}

/* RecipSqrtEstimate: of 128 to 511, for 0.25 to 1.0. */
static unsigned reciprocal_root(unsigned a)
{
    unsigned b = 512;

    a = a < 256 ? a * 2 + 1 : (a | 1) * 2;
    while (a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

uint64_t float_recip_estimate_int(uint64_t a)
{
    return a >> 31 ? (uint64_t)reciprocal((unsigned)(a >> 23)) << 23 : UINT32_MAX;
}

uint64_t float_rsqrt_estimate_int(uint64_t a)
{
    return a >> 30 ? (uint64_t)reciprocal_root((unsigned)(a >> 23)) << 23 : UINT32_MAX;
}

/* What becomes of 1 / a if a is so small that this cannot be. */
static uint64_t recip_overflow(struct plat_fp *fp, enum float_format format, bool sign)
{
    return number_overflow(fp, format, sign, float_rounding(fp));
}

uint64_t float_recip_estimate(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    const struct number_format *f = &number_formats[format];
    struct number a = number_unpack(fp, format, bits);
    int top = a.exponent + 63; /* 1.0 <= |a| / 2^top < 2.0 */
    int biased = 2 * f->bias - 1 - (top + f->bias);
    uint64_t fraction;

    if (number_is_nan(&a))
        return number_propagate(fp, format, a, bits);
    if (a.class == NUMBER_INFINITE)
        return number_zero(format, a.sign);
    if (a.class == NUMBER_ZERO) {
        number_accrue(fp, FLOAT_FPSR_DZC);
        return number_infinity(format, a.sign);
    }
    if (top < -f->bias - 1)
        return recip_overflow(fp, format, a.sign);
    if ((fp->fpcr & FLOAT_FPCR_FZ) && top >= f->bias - 1) {
        number_accrue(fp, FLOAT_FPSR_UFC);
        return number_zero(format, a.sign);
    }
    fraction = (uint64_t)reciprocal((unsigned)(a.significand >> 55)) << (f->fraction - 8);
    if (biased < 1) {
        fraction >>= 1 - biased;
        biased = 0;
    }
    return number_pack(format, a.sign, (uint64_t)biased, fraction & number_ones(f->fraction));
}

uint64_t float_rsqrt_estimate(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    const struct number_format *f = &number_formats[format];
    struct number a = number_unpack(fp, format, bits);
    int biased = a.exponent + 63 + f->bias;
    unsigned scaled = (unsigned)(a.significand >> (biased % 2 == 0 ? 55 : 56));
    uint64_t fraction;

    if (number_is_nan(&a))
        return number_propagate(fp, format, a, bits);
    if (a.class == NUMBER_ZERO) {
        number_accrue(fp, FLOAT_FPSR_DZC);
        return number_infinity(format, a.sign);
    }
    if (a.sign)
        return number_invalid(fp, format);
    if (a.class == NUMBER_INFINITE)
        return 0;
    fraction = (uint64_t)reciprocal_root(scaled) << (f->fraction - 8);
    return number_pack(format, false, (uint64_t)(3 * f->bias - 1 - biased) / 2,
                       fraction & number_ones(f->fraction));
}

uint64_t float_recip_exponent(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    const struct number_format *f = &number_formats[format];
    struct number a = number_unpack(fp, format, bits);
    uint64_t max = number_ones(number_exponent_bits(format));
    uint64_t biased = bits >> f->fraction & max;

    if (number_is_nan(&a))
        return number_propagate(fp, format, a, bits);
    return number_pack(format, a.sign, biased == 0 ? max - 1 : ~biased & max, 0);
}
