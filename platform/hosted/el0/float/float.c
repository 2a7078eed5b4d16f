#include "el0/float/float.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "el0/float/number.h"

/*
 * Each operation first asks the host's FPU, and computes in integers where that might differ.
 *
 * The host is right when FPCR asks for what it does (to nearest, denormals kept), operands and
 * result are ordinary numbers, away from the ends of the range, and nobody has to learn whether
 * the result is exact: because FPSR.IXC is set already, or because a product of integers says it.
 * This does without the host's own exception flags. The host must round to nearest, as a C program
 * starts, and nobody may say -ffast-math.
 *
 * The integer way: unpack to sign, exponent and a significand with bit 63 set; compute with 128
 * bits and a sticky last bit; round and pack once.
 */

static_assert(__FLT_EVAL_METHOD__ == 0, "host arithmetic has the operands' precision");

enum float_rounding float_rounding(const struct plat_fp *fp)
{
    return (enum float_rounding)(fp->fpcr >> FLOAT_FPCR_RMODE_SHIFT & 3);
}

/* ---- the host's way ---- */

/* Exponents of ordinary operands, and of results, which leave room for what rounds at the ends. */
static bool is_ordinary(enum float_format format, uint64_t bits, unsigned margin)
{
    uint64_t top = number_ones(number_exponent_bits(format));
    uint64_t biased = bits >> number_formats[format].fraction & top;

    return biased - 1 - margin < top - 1 - 2 * margin;
}

static bool host_rounds_alike(const struct plat_fp *fp)
{
    return (fp->fpcr & (3u << FLOAT_FPCR_RMODE_SHIFT | FLOAT_FPCR_FZ)) == 0;
}

static double to_double(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t from_double(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float to_single(uint64_t bits)
{
    uint32_t low = (uint32_t)bits;
    float value;

    memcpy(&value, &low, sizeof value);
    return value;
}

static uint64_t from_single(float value)
{
    uint32_t bits;

    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static number_wide_t significand_product(enum float_format format, uint64_t a, uint64_t b)
{
    uint64_t lead = UINT64_C(1) << number_formats[format].fraction;

    return (number_wide_t)((a & (lead - 1)) | lead) * ((b & (lead - 1)) | lead);
}

/* Whether the product of two ordinary numbers needs no rounding. */
static bool product_is_exact(enum float_format format, uint64_t a, uint64_t b)
{
    number_wide_t product = significand_product(format, a, b);
    unsigned excess = number_formats[format].fraction +
                      (product >> (2 * number_formats[format].fraction + 1) != 0);

    return (product & (((number_wide_t)1 << excess) - 1)) == 0;
}

/* Whether a + b needs no rounding, given that result is the rounded sum: the error terms of Knuth's
 * two-sum, which are exact away from the ends of the range. */
static bool sum_is_exact(enum float_format format, uint64_t a, uint64_t b, uint64_t result)
{
    if (format == FLOAT_DOUBLE) {
        double x = to_double(a), y = to_double(b), sum = to_double(result), part = sum - x;

        return (x - (sum - part)) + (y - part) == 0;
    } else {
        float x = to_single(a), y = to_single(b), sum = to_single(result), part = sum - x;

        return (x - (sum - part)) + (y - part) == 0;
    }
}

enum { HOST_MARGIN = 4 };

static bool host_may(const struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    return format != FLOAT_HALF && host_rounds_alike(fp) && is_ordinary(format, a, HOST_MARGIN) &&
           is_ordinary(format, b, HOST_MARGIN);
}

static bool host_add(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b,
                     uint64_t *result)
{
    if (!host_may(fp, format, a, b))
        return false;
    *result = format == FLOAT_DOUBLE ? from_double(to_double(a) + to_double(b))
                                     : from_single(to_single(a) + to_single(b));
    if (!is_ordinary(format, *result, HOST_MARGIN))
        return false;
    if (!(fp->fpsr & FLOAT_FPSR_IXC) && !sum_is_exact(format, a, b, *result))
        number_accrue(fp, FLOAT_FPSR_IXC);
    return true;
}

static bool host_mul(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b,
                     uint64_t *result)
{
    if (!host_may(fp, format, a, b))
        return false;
    *result = format == FLOAT_DOUBLE ? from_double(to_double(a) * to_double(b))
                                     : from_single(to_single(a) * to_single(b));
    if (!is_ordinary(format, *result, HOST_MARGIN))
        return false;
    if (!(fp->fpsr & FLOAT_FPSR_IXC) && !product_is_exact(format, a, b))
        number_accrue(fp, FLOAT_FPSR_IXC);
    return true;
}

static bool host_div(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b,
                     uint64_t *result)
{
    uint64_t back;

    if (!host_may(fp, format, a, b))
        return false;
    if (format == FLOAT_DOUBLE) {
        *result = from_double(to_double(a) / to_double(b));
        back = from_double(to_double(*result) * to_double(b));
    } else {
        *result = from_single(to_single(a) / to_single(b));
        back = from_single(to_single(*result) * to_single(b));
    }
    if (!is_ordinary(format, *result, HOST_MARGIN))
        return false;
    if (!(fp->fpsr & FLOAT_FPSR_IXC) && (back != a || !product_is_exact(format, *result, b)))
        number_accrue(fp, FLOAT_FPSR_IXC);
    return true;
}

static bool host_sqrt(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t *result)
{
    uint64_t back;

    if (!host_may(fp, format, a, a) || (a & number_sign_bit(format)))
        return false;
    if (format == FLOAT_DOUBLE) {
        *result = from_double(sqrt(to_double(a)));
        back = from_double(to_double(*result) * to_double(*result));
    } else {
        *result = from_single(sqrtf(to_single(a)));
        back = from_single(to_single(*result) * to_single(*result));
    }
    if (back != a || !product_is_exact(format, *result, *result))
        number_accrue(fp, FLOAT_FPSR_IXC);
    return true;
}

/* Only when it is known already that something was inexact: there is no cheap way to find out. */
static bool host_muladd(const struct plat_fp *fp, enum float_format format, uint64_t addend,
                        uint64_t a, uint64_t b, uint64_t *result)
{
    if (!(fp->fpsr & FLOAT_FPSR_IXC) || !host_may(fp, format, a, b) ||
        !is_ordinary(format, addend, HOST_MARGIN))
        return false;
    *result = format == FLOAT_DOUBLE
                  ? from_double(fma(to_double(a), to_double(b), to_double(addend)))
                  : from_single(fmaf(to_single(a), to_single(b), to_single(addend)));
    return is_ordinary(format, *result, HOST_MARGIN);
}

/* ---- arithmetic ---- */

/* The sum of two NUMBER_FINITE numbers given as 128-bit significands with the two top bits clear.
 * */
static uint64_t add_finite(struct plat_fp *fp, enum float_format format, bool a_sign,
                           int a_exponent, number_wide_t a, bool b_sign, int b_exponent,
                           number_wide_t b)
{
    int exponent = a_exponent;
    enum float_rounding rounding = float_rounding(fp);

    if (a_exponent < b_exponent) {
        exponent = b_exponent;
        a = number_shift_right(a, (unsigned)(b_exponent - a_exponent));
    } else {
        b = number_shift_right(b, (unsigned)(a_exponent - b_exponent));
    }
    if (a_sign == b_sign)
        return number_round(fp, format, a_sign, exponent, a + b, rounding);
    if (a > b)
        return number_round(fp, format, a_sign, exponent, a - b, rounding);
    if (b > a)
        return number_round(fp, format, b_sign, exponent, b - a, rounding);
    return number_zero(format, rounding == FLOAT_DOWN);
}

/* a + b, or a - b: a NaN keeps its sign. */
static uint64_t add_or_sub(struct plat_fp *fp, enum float_format format, uint64_t a_bits,
                           uint64_t b_bits, bool is_sub)
{
    struct number a = number_unpack(fp, format, a_bits), b = number_unpack(fp, format, b_bits);

    if (number_is_nan(&a) || number_is_nan(&b))
        return number_propagate2(fp, format, a, a_bits, b, b_bits);
    b.sign ^= is_sub;
    if (a.class == NUMBER_INFINITE && b.class == NUMBER_INFINITE && a.sign != b.sign)
        return number_invalid(fp, format);
    if (a.class == NUMBER_INFINITE || b.class == NUMBER_INFINITE)
        return number_infinity(format, a.class == NUMBER_INFINITE ? a.sign : b.sign);
    if (a.class == NUMBER_ZERO && b.class == NUMBER_ZERO)
        return number_zero(format, a.sign == b.sign ? a.sign : float_rounding(fp) == FLOAT_DOWN);
    if (a.class == NUMBER_ZERO)
        a.exponent = b.exponent;
    if (b.class == NUMBER_ZERO)
        b.exponent = a.exponent;
    return add_finite(fp, format, a.sign, a.exponent - 62, (number_wide_t)a.significand << 62,
                      b.sign, b.exponent - 62, (number_wide_t)b.significand << 62);
}

uint64_t float_add(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    uint64_t result;

    return host_add(fp, format, a, b, &result) ? result : add_or_sub(fp, format, a, b, false);
}

uint64_t float_sub(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    uint64_t result;

    return host_add(fp, format, a, b ^ number_sign_bit(format), &result)
               ? result
               : add_or_sub(fp, format, a, b, true);
}

static bool is_infinity_by_zero(const struct number *a, const struct number *b)
{
    return (a->class == NUMBER_INFINITE && b->class == NUMBER_ZERO) ||
           (a->class == NUMBER_ZERO && b->class == NUMBER_INFINITE);
}

uint64_t float_mul(struct plat_fp *fp, enum float_format format, uint64_t a_bits, uint64_t b_bits)
{
    struct number a, b;
    uint64_t result;

    if (host_mul(fp, format, a_bits, b_bits, &result))
        return result;
    a = number_unpack(fp, format, a_bits);
    b = number_unpack(fp, format, b_bits);
    if (number_is_nan(&a) || number_is_nan(&b))
        return number_propagate2(fp, format, a, a_bits, b, b_bits);
    if (is_infinity_by_zero(&a, &b))
        return number_invalid(fp, format);
    if (a.class == NUMBER_INFINITE || b.class == NUMBER_INFINITE)
        return number_infinity(format, a.sign ^ b.sign);
    if (a.class == NUMBER_ZERO || b.class == NUMBER_ZERO)
        return number_zero(format, a.sign ^ b.sign);
    return number_round(fp, format, a.sign ^ b.sign, a.exponent + b.exponent,
                        (number_wide_t)a.significand * b.significand, float_rounding(fp));
}

uint64_t float_div(struct plat_fp *fp, enum float_format format, uint64_t a_bits, uint64_t b_bits)
{
    struct number a, b;
    uint64_t result;
    number_wide_t numerator;

    if (host_div(fp, format, a_bits, b_bits, &result))
        return result;
    a = number_unpack(fp, format, a_bits);
    b = number_unpack(fp, format, b_bits);
    if (number_is_nan(&a) || number_is_nan(&b))
        return number_propagate2(fp, format, a, a_bits, b, b_bits);
    if (a.class == b.class && a.class != NUMBER_FINITE)
        return number_invalid(fp, format); /* 0 / 0, infinity / infinity */
    if (a.class == NUMBER_INFINITE || b.class == NUMBER_ZERO) {
        if (a.class == NUMBER_FINITE)
            number_accrue(fp, FLOAT_FPSR_DZC);
        return number_infinity(format, a.sign ^ b.sign);
    }
    if (a.class == NUMBER_ZERO || b.class == NUMBER_INFINITE)
        return number_zero(format, a.sign ^ b.sign);
    numerator = (number_wide_t)a.significand << 63;
    return number_round(fp, format, a.sign ^ b.sign, a.exponent - b.exponent - 64,
                        numerator / b.significand << 1 | (numerator % b.significand != 0),
                        float_rounding(fp));
}

/* The root of a number with bit 127 or 126 set, rounded down. */
static uint64_t root(number_wide_t square)
{
    uint64_t result = 0;

    for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1) {
        uint64_t candidate = result | bit;

        if ((number_wide_t)candidate * candidate <= square)
            result = candidate;
    }
    return result;
}

uint64_t float_sqrt(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    struct number a;
    uint64_t result;
    number_wide_t square;
    int exponent;

    if (host_sqrt(fp, format, bits, &result))
        return result;
    a = number_unpack(fp, format, bits);
    if (number_is_nan(&a))
        return number_propagate(fp, format, a, bits);
    if (a.class == NUMBER_ZERO)
        return number_zero(format, a.sign);
    if (a.sign)
        return number_invalid(fp, format);
    if (a.class == NUMBER_INFINITE)
        return number_infinity(format, false);
    /* An even exponent, so that it can be halved. */
    exponent = a.exponent - 64;
    square = (number_wide_t)a.significand << 64;
    if (exponent % 2 != 0) {
        square >>= 1;
        exponent++;
    }
    result = root(square);
    return number_round(fp, format, false, exponent / 2 - 1,
                        (number_wide_t)result << 1 | ((number_wide_t)result * result != square),
                        float_rounding(fp));
}

/* FPMulAdd's order: a signalling NaN of the addend, a, b, then a quiet one. */
static uint64_t propagate3(struct plat_fp *fp, enum float_format format, const struct number n[3],
                           const uint64_t bits[3])
{
    for (enum number_class class = NUMBER_SIGNALLING; class >= NUMBER_QUIET; class --) {
        for (unsigned k = 0; k < 3; k++) {
            if (n[k].class == class)
                return number_propagate(fp, format, n[k], bits[k]);
        }
    }
    return number_default_nan(format);
}

/* c + a * b, where no NaN is left, and a * b is not infinity * 0. */
static uint64_t muladd(struct plat_fp *fp, enum float_format format, struct number c,
                       struct number a, struct number b)
{
    bool sign = a.sign ^ b.sign;
    enum float_rounding rounding = float_rounding(fp);

    if (a.class == NUMBER_INFINITE || b.class == NUMBER_INFINITE) {
        return c.class == NUMBER_INFINITE && c.sign != sign ? number_invalid(fp, format)
                                                            : number_infinity(format, sign);
    }
    if (c.class == NUMBER_INFINITE)
        return number_infinity(format, c.sign);
    if (a.class == NUMBER_ZERO || b.class == NUMBER_ZERO) {
        if (c.class == NUMBER_ZERO)
            return number_zero(format, c.sign == sign ? sign : rounding == FLOAT_DOWN);
        return number_round(fp, format, c.sign, c.exponent, c.significand, rounding);
    }
    if (c.class == NUMBER_ZERO) {
        return number_round(fp, format, sign, a.exponent + b.exponent,
                            (number_wide_t)a.significand * b.significand, rounding);
    }
    /* Significands end in zeros (64 bits for at most 53), so nothing is lost by the shift by 2. */
    return add_finite(fp, format, sign, a.exponent + b.exponent + 2,
                      (number_wide_t)a.significand * b.significand >> 2, c.sign, c.exponent - 62,
                      (number_wide_t)c.significand << 62);
}

uint64_t float_muladd(struct plat_fp *fp, enum float_format format, uint64_t addend,
                      uint64_t a_bits, uint64_t b_bits)
{
    struct number c, a, b;
    uint64_t result;

    if (host_muladd(fp, format, addend, a_bits, b_bits, &result))
        return result;
    c = number_unpack(fp, format, addend);
    a = number_unpack(fp, format, a_bits);
    b = number_unpack(fp, format, b_bits);
    if (is_infinity_by_zero(&a, &b) && c.class != NUMBER_SIGNALLING)
        return number_invalid(fp, format);
    if (number_is_nan(&c) || number_is_nan(&a) || number_is_nan(&b)) {
        return propagate3(fp, format, (struct number[3]){c, a, b},
                          (uint64_t[3]){addend, a_bits, b_bits});
    }
    return muladd(fp, format, c, a, b);
}

uint64_t float_mulx(struct plat_fp *fp, enum float_format format, uint64_t a_bits, uint64_t b_bits)
{
    struct number a = number_unpack(fp, format, a_bits), b = number_unpack(fp, format, b_bits);

    if (is_infinity_by_zero(&a, &b))
        return number_pack(format, a.sign ^ b.sign, (uint64_t)number_formats[format].bias + 1, 0);
    return float_mul(fp, format, a_bits, b_bits);
}

/* (c - a * b) / 2^halvings, with c for infinity * 0 too. */
static uint64_t step(struct plat_fp *fp, enum float_format format, struct number c, uint64_t a_bits,
                     uint64_t b_bits, int halvings)
{
    struct number a, b;

    a_bits ^= number_sign_bit(format);
    a = number_unpack(fp, format, a_bits);
    b = number_unpack(fp, format, b_bits);
    if (number_is_nan(&a) || number_is_nan(&b))
        return number_propagate2(fp, format, a, a_bits, b, b_bits);
    if (is_infinity_by_zero(&a, &b))
        a.class = b.class = NUMBER_ZERO;
    a.exponent -= halvings;
    c.exponent -= halvings;
    return muladd(fp, format, c, a, b);
}

uint64_t float_recip_step(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    struct number two = {NUMBER_FINITE, false, -62, UINT64_C(1) << 63};

    return step(fp, format, two, a, b, 0);
}

uint64_t float_rsqrt_step(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    struct number three = {NUMBER_FINITE, false, -62, UINT64_C(3) << 62};

    return step(fp, format, three, a, b, 1);
}

/* ---- comparing ---- */

uint64_t float_abs(enum float_format format, uint64_t a)
{
    return a & ~number_sign_bit(format);
}

uint64_t float_neg(enum float_format format, uint64_t a)
{
    return a ^ number_sign_bit(format);
}

/* Negative, zero or positive as a - b is; neither is a NaN. */
static int order(const struct number *a, const struct number *b)
{
    int direction = a->sign ? -1 : 1;

    if (a->class == NUMBER_ZERO && b->class == NUMBER_ZERO)
        return 0;
    if (a->class == NUMBER_ZERO)
        return b->sign ? 1 : -1;
    if (b->class == NUMBER_ZERO || a->sign != b->sign)
        return direction;
    if (a->class != b->class)
        return a->class == NUMBER_INFINITE ? direction : -direction;
    if (a->class == NUMBER_INFINITE)
        return 0;
    if (a->exponent != b->exponent)
        return a->exponent > b->exponent ? direction : -direction;
    if (a->significand == b->significand)
        return 0;
    return a->significand > b->significand ? direction : -direction;
}

uint32_t float_compare(struct plat_fp *fp, enum float_format format, uint64_t a_bits,
                       uint64_t b_bits, bool signal)
{
    struct number a = number_unpack(fp, format, a_bits), b = number_unpack(fp, format, b_bits);
    int order_ab;

    if (number_is_nan(&a) || number_is_nan(&b)) {
        if (signal || a.class == NUMBER_SIGNALLING || b.class == NUMBER_SIGNALLING)
            number_accrue(fp, FLOAT_FPSR_IOC);
        return 3u << 28;
    }
    order_ab = order(&a, &b);
    if (order_ab == 0)
        return 6u << 28;
    return order_ab < 0 ? 8u << 28 : 2u << 28;
}

/* A chosen operand is rounded, which flushes a denormal. */
static uint64_t chosen(enum float_format format, const struct number *number, uint64_t bits)
{
    return number->class == NUMBER_ZERO ? number_zero(format, number->sign) : bits;
}

static uint64_t max_or_min(struct plat_fp *fp, enum float_format format, uint64_t a_bits,
                           uint64_t b_bits, bool is_max)
{
    struct number a = number_unpack(fp, format, a_bits), b = number_unpack(fp, format, b_bits);

    if (number_is_nan(&a) || number_is_nan(&b))
        return number_propagate2(fp, format, a, a_bits, b, b_bits);
    if (a.class == NUMBER_ZERO && b.class == NUMBER_ZERO)
        return number_zero(format, is_max ? a.sign && b.sign : a.sign || b.sign);
    if (is_max ? order(&a, &b) > 0 : order(&a, &b) < 0)
        return chosen(format, &a, a_bits);
    return chosen(format, &b, b_bits);
}

uint64_t float_max(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    return max_or_min(fp, format, a, b, true);
}

uint64_t float_min(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    return max_or_min(fp, format, a, b, false);
}

static bool is_quiet_nan(enum float_format format, uint64_t bits)
{
    uint64_t nan = number_default_nan(format);

    return (bits & nan) == nan;
}

/* One quiet NaN becomes the infinity that the other operand wins against. */
static uint64_t number_of(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b,
                          bool is_max)
{
    if (is_quiet_nan(format, a) && !is_quiet_nan(format, b))
        a = number_infinity(format, is_max);
    else if (is_quiet_nan(format, b) && !is_quiet_nan(format, a))
        b = number_infinity(format, is_max);
    return max_or_min(fp, format, a, b, is_max);
}

uint64_t float_max_number(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    return number_of(fp, format, a, b, true);
}

uint64_t float_min_number(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    return number_of(fp, format, a, b, false);
}
