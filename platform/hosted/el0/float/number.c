#include "el0/float/number.h"

/*
 * Unpacking, the one rounding, and NaNs. See number.h; the comments name the pseudocode.
 */

const struct number_format number_formats[] = {
    [FLOAT_HALF] = {16, 10, 15},
    [FLOAT_SINGLE] = {32, 23, 127},
    [FLOAT_DOUBLE] = {64, 52, 1023},
};

uint64_t number_invalid(struct plat_fp *fp, enum float_format format)
{
    number_accrue(fp, FLOAT_FPSR_IOC);
    return number_default_nan(format);
}

struct number number_unpack(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    const struct number_format *f = &number_formats[format];
    uint64_t fraction = bits & number_ones(f->fraction);
    int biased = (int)(bits >> f->fraction & number_ones(number_exponent_bits(format)));
    bool is_alternative = format == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP);
    struct number number = {.class = NUMBER_FINITE, .sign = bits & number_sign_bit(format)};

    if (biased == (int)number_ones(number_exponent_bits(format)) && !is_alternative) {
        number.class = fraction == 0                         ? NUMBER_INFINITE
                       : fraction & number_quiet_bit(format) ? NUMBER_QUIET
                                                             : NUMBER_SIGNALLING;
    } else if (biased == 0 && fraction != 0 && format != FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_FZ)) {
        number_accrue(fp, FLOAT_FPSR_IDC);
        number.class = NUMBER_ZERO;
    } else if (biased == 0 && fraction == 0) {
        number.class = NUMBER_ZERO;
    } else {
        unsigned shift;

        number.significand = biased == 0 ? fraction : fraction | UINT64_C(1) << f->fraction;
        shift = (unsigned)__builtin_clzll(number.significand);
        number.significand <<= shift;
        number.exponent = (biased == 0 ? 1 : biased) - f->bias - (int)f->fraction - (int)shift;
    }
    return number;
}

number_wide_t number_shift_right(number_wide_t value, unsigned amount)
{
    if (amount == 0)
        return value;
    if (amount > 127)
        return value != 0;
    return value >> amount | ((value << (128 - amount)) != 0);
}

bool number_rounds_up(enum float_rounding rounding, bool sign, bool is_odd, bool half, bool rest)
{
    switch (rounding) {
    case FLOAT_TIE_EVEN:
        return half && (rest || is_odd);
    case FLOAT_UP:
        return !sign && (half || rest);
    case FLOAT_DOWN:
        return sign && (half || rest);
    case FLOAT_TIE_AWAY:
        return half;
    case FLOAT_ZERO:
    case FLOAT_ODD:
        break;
    }
    return false;
}

uint64_t number_overflow(struct plat_fp *fp, enum float_format format, bool sign,
                         enum float_rounding rounding)
{
    bool to_infinity = rounding == FLOAT_TIE_EVEN || rounding == FLOAT_TIE_AWAY ||
                       (rounding == FLOAT_UP && !sign) || (rounding == FLOAT_DOWN && sign);

    if (format == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP)) {
        number_accrue(fp, FLOAT_FPSR_IOC);
        return number_pack(format, sign, 0, number_ones(number_formats[format].width - 1));
    }
    number_accrue(fp, FLOAT_FPSR_OFC | FLOAT_FPSR_IXC);
    return to_infinity ? number_infinity(format, sign) : number_infinity(format, sign) - 1;
}

uint64_t number_round(struct plat_fp *fp, enum float_format format, bool sign, int exponent,
                      number_wide_t significand, enum float_rounding rounding)
{
    const struct number_format *f = &number_formats[format];
    uint64_t biased_max = number_ones(number_exponent_bits(format));
    bool is_alternative = format == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP);
    unsigned zeros = (uint64_t)(significand >> 64) != 0
                         ? (unsigned)__builtin_clzll((uint64_t)(significand >> 64))
                         : 64 + (unsigned)__builtin_clzll((uint64_t)significand);
    unsigned cut = 127 - f->fraction; /* bits below the significand when bit 127 is its first */
    int biased = exponent - (int)zeros + 127 + f->bias;
    bool is_tiny = biased < 1;
    bool half, rest;
    uint64_t result;

    significand <<= zeros;
    if (is_tiny) {
        if (format != FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_FZ)) {
            number_accrue(fp, FLOAT_FPSR_UFC);
            return number_zero(format, sign);
        }
        significand = number_shift_right(significand, (unsigned)(1 - biased));
        biased = 0;
    }
    result = (uint64_t)(significand >> cut);
    half = significand >> (cut - 1) & 1;
    rest = (significand << (129 - cut)) != 0;
    if (is_tiny && (half || rest))
        number_accrue(fp, FLOAT_FPSR_UFC);
    if (rounding == FLOAT_ODD && (half || rest))
        result |= 1;

    /* The leading bit of a normal significand adds one to the exponent below; so does a carry. */
    if (!is_tiny)
        biased--;
    result += ((uint64_t)biased << f->fraction) +
              number_rounds_up(rounding, sign, result & 1, half, rest);
    if (result >> f->fraction >= biased_max + is_alternative)
        return number_overflow(fp, format, sign, rounding);
    if (half || rest)
        number_accrue(fp, FLOAT_FPSR_IXC);
    return result | (sign ? number_sign_bit(format) : 0);
}

uint64_t number_propagate(struct plat_fp *fp, enum float_format format, struct number number,
                          uint64_t bits)
{
    if (number.class == NUMBER_SIGNALLING)
        number_accrue(fp, FLOAT_FPSR_IOC);
    if (fp->fpcr & FLOAT_FPCR_DN)
        return number_default_nan(format);
    return bits | number_quiet_bit(format);
}

uint64_t number_propagate2(struct plat_fp *fp, enum float_format format, struct number a,
                           uint64_t a_bits, struct number b, uint64_t b_bits)
{
    bool is_a =
        a.class == NUMBER_SIGNALLING || (b.class != NUMBER_SIGNALLING && a.class == NUMBER_QUIET);

    return is_a ? number_propagate(fp, format, a, a_bits) : number_propagate(fp, format, b, b_bits);
}
