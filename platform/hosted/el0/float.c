#include "el0/float.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/*
 * Each operation first asks the host's FPU, and computes in integers where that might differ.
 *
 * The host is right when FPCR asks for what it does (to nearest, denormals kept), operands and result
 * are ordinary numbers, away from the ends of the range, and nobody has to learn whether the result
 * is exact: because FPSR.IXC is set already, or because a product of integers says it. This does
 * without the host's own exception flags. The host must round to nearest, as a C program starts, and
 * nobody may say -ffast-math.
 *
 * The integer way: unpack to sign, exponent and a significand with bit 63 set; compute with 128 bits
 * and a sticky last bit; round and pack once.
 */

static_assert(__FLT_EVAL_METHOD__ == 0, "host arithmetic has the operands' precision");

typedef unsigned __int128 u128;

enum class { ZERO, FINITE, INFINITE, QUIET, SIGNALLING };

/* A FINITE one is significand * 2^exponent, with bit 63 of the significand set. */
struct number {
    enum class class;
    bool sign;
    int exponent;
    uint64_t significand;
};

struct format {
    unsigned width, fraction; /* bits; the significand has one more than the fraction */
    int bias;
};

static const struct format formats[] = {
    [FLOAT_HALF] = {16, 10, 15},
    [FLOAT_SINGLE] = {32, 23, 127},
    [FLOAT_DOUBLE] = {64, 52, 1023},
};

static uint64_t ones(unsigned count)
{
    return UINT64_MAX >> (64 - count);
}

static uint64_t sign_bit(enum float_format format)
{
    return UINT64_C(1) << (formats[format].width - 1);
}

static unsigned exponent_bits(enum float_format format)
{
    return formats[format].width - 1 - formats[format].fraction;
}

static uint64_t infinity(enum float_format format, bool sign)
{
    return (ones(exponent_bits(format)) << formats[format].fraction) |
           (sign ? sign_bit(format) : 0);
}

static uint64_t quiet_bit(enum float_format format)
{
    return UINT64_C(1) << (formats[format].fraction - 1);
}

static uint64_t default_nan(enum float_format format)
{
    return infinity(format, false) | quiet_bit(format);
}

static void accrue(struct plat_fp *fp, uint64_t flags)
{
    fp->fpsr |= flags;
}

static uint64_t invalid(struct plat_fp *fp, enum float_format format)
{
    accrue(fp, FLOAT_FPSR_IOC);
    return default_nan(format);
}

enum float_rounding float_rounding(const struct plat_fp *fp)
{
    return (enum float_rounding)(fp->fpcr >> FLOAT_FPCR_RMODE_SHIFT & 3);
}

/* ---- unpacking, rounding, packing ---- */

/* FPUnpack. Denormals are flushed as FPCR.FZ says, but halves, which only conversions read, never. */
static struct number unpack(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    const struct format *f = &formats[format];
    uint64_t fraction = bits & ones(f->fraction);
    int biased = (int)(bits >> f->fraction & ones(exponent_bits(format)));
    bool is_alternative = format == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP);
    struct number number = {.class = FINITE, .sign = bits & sign_bit(format)};

    if (biased == (int)ones(exponent_bits(format)) && !is_alternative) {
        number.class = fraction == 0                  ? INFINITE
                       : fraction & quiet_bit(format) ? QUIET
                                                      : SIGNALLING;
    } else if (biased == 0 && fraction != 0 && format != FLOAT_HALF &&
               (fp->fpcr & FLOAT_FPCR_FZ)) {
        accrue(fp, FLOAT_FPSR_IDC);
        number.class = ZERO;
    } else if (biased == 0 && fraction == 0) {
        number.class = ZERO;
    } else {
        unsigned shift;

        number.significand = biased == 0 ? fraction : fraction | UINT64_C(1) << f->fraction;
        shift = (unsigned)__builtin_clzll(number.significand);
        number.significand <<= shift;
        number.exponent = (biased == 0 ? 1 : biased) - f->bias - (int)f->fraction - (int)shift;
    }
    return number;
}

static uint64_t pack(enum float_format format, bool sign, uint64_t biased, uint64_t fraction)
{
    return (sign ? sign_bit(format) : 0) | biased << formats[format].fraction | fraction;
}

/* What cannot be shifted out by a right shift stays as a sticky last bit. */
static u128 shift_right_sticky(u128 value, unsigned amount)
{
    if (amount == 0)
        return value;
    if (amount > 127)
        return value != 0;
    return value >> amount | ((value << (128 - amount)) != 0);
}

/* Whether to add one to a significand of which half and rest were cut off. */
static bool rounds_up(enum float_rounding rounding, bool sign, bool is_odd, bool half, bool rest)
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

static uint64_t overflow(struct plat_fp *fp, enum float_format format, bool sign,
                         enum float_rounding rounding)
{
    bool to_infinity = rounding == FLOAT_TIE_EVEN || rounding == FLOAT_TIE_AWAY ||
                       (rounding == FLOAT_UP && !sign) || (rounding == FLOAT_DOWN && sign);

    if (format == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP)) {
        accrue(fp, FLOAT_FPSR_IOC);
        return pack(format, sign, 0, ones(formats[format].width - 1));
    }
    accrue(fp, FLOAT_FPSR_OFC | FLOAT_FPSR_IXC);
    return to_infinity ? infinity(format, sign) : infinity(format, sign) - 1;
}

/* FPRound of significand * 2^exponent, which is not 0; the last bit may be sticky if there are more
 * than the format has. */
static uint64_t round_pack(struct plat_fp *fp, enum float_format format, bool sign, int exponent,
                           u128 significand, enum float_rounding rounding)
{
    const struct format *f = &formats[format];
    uint64_t biased_max = ones(exponent_bits(format));
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
            accrue(fp, FLOAT_FPSR_UFC);
            return pack(format, sign, 0, 0);
        }
        significand = shift_right_sticky(significand, (unsigned)(1 - biased));
        biased = 0;
    }
    result = (uint64_t)(significand >> cut);
    half = significand >> (cut - 1) & 1;
    rest = (significand << (129 - cut)) != 0;
    if (is_tiny && (half || rest))
        accrue(fp, FLOAT_FPSR_UFC);
    if (rounding == FLOAT_ODD && (half || rest))
        result |= 1;

    /* The leading bit of a normal significand adds one to the exponent below; so does a carry. */
    if (!is_tiny)
        biased--;
    result += ((uint64_t)biased << f->fraction) +
              rounds_up(rounding, sign, result & 1, half, rest);
    if (result >> f->fraction >= biased_max + is_alternative)
        return overflow(fp, format, sign, rounding);
    if (half || rest)
        accrue(fp, FLOAT_FPSR_IXC);
    return result | (sign ? sign_bit(format) : 0);
}

/* ---- NaNs ---- */

static bool is_nan(const struct number *number)
{
    return number->class == QUIET || number->class == SIGNALLING;
}

/* FPProcessNaN */
static uint64_t propagate(struct plat_fp *fp, enum float_format format, struct number number,
                          uint64_t bits)
{
    if (number.class == SIGNALLING)
        accrue(fp, FLOAT_FPSR_IOC);
    if (fp->fpcr & FLOAT_FPCR_DN)
        return default_nan(format);
    return bits | quiet_bit(format);
}

/* FPProcessNaNs: the first signalling one, else the first quiet one. One of the two is a NaN. */
static uint64_t propagate2(struct plat_fp *fp, enum float_format format, struct number a,
                           uint64_t a_bits, struct number b, uint64_t b_bits)
{
    bool is_a = a.class == SIGNALLING || (b.class != SIGNALLING && a.class == QUIET);

    return is_a ? propagate(fp, format, a, a_bits) : propagate(fp, format, b, b_bits);
}

/* ---- the host's way ---- */

/* Exponents of ordinary operands, and of results, which leave room for what rounds at the ends. */
static bool is_ordinary(enum float_format format, uint64_t bits, unsigned margin)
{
    uint64_t top = ones(exponent_bits(format));
    uint64_t biased = bits >> formats[format].fraction & top;

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

static u128 significand_product(enum float_format format, uint64_t a, uint64_t b)
{
    uint64_t lead = UINT64_C(1) << formats[format].fraction;

    return (u128)((a & (lead - 1)) | lead) * ((b & (lead - 1)) | lead);
}

/* Whether the product of two ordinary numbers needs no rounding. */
static bool product_is_exact(enum float_format format, uint64_t a, uint64_t b)
{
    u128 product = significand_product(format, a, b);
    unsigned excess = formats[format].fraction + (product >> (2 * formats[format].fraction + 1) != 0);

    return (product & (((u128)1 << excess) - 1)) == 0;
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
        accrue(fp, FLOAT_FPSR_IXC);
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
        accrue(fp, FLOAT_FPSR_IXC);
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
        accrue(fp, FLOAT_FPSR_IXC);
    return true;
}

static bool host_sqrt(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t *result)
{
    uint64_t back;

    if (!host_may(fp, format, a, a) || (a & sign_bit(format)))
        return false;
    if (format == FLOAT_DOUBLE) {
        *result = from_double(sqrt(to_double(a)));
        back = from_double(to_double(*result) * to_double(*result));
    } else {
        *result = from_single(sqrtf(to_single(a)));
        back = from_single(to_single(*result) * to_single(*result));
    }
    if (back != a || !product_is_exact(format, *result, *result))
        accrue(fp, FLOAT_FPSR_IXC);
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

/* The sum of two FINITE numbers given as 128-bit significands with the two top bits clear. */
static uint64_t add_finite(struct plat_fp *fp, enum float_format format, bool a_sign, int a_exponent,
                           u128 a, bool b_sign, int b_exponent, u128 b)
{
    int exponent = a_exponent;
    enum float_rounding rounding = float_rounding(fp);

    if (a_exponent < b_exponent) {
        exponent = b_exponent;
        a = shift_right_sticky(a, (unsigned)(b_exponent - a_exponent));
    } else {
        b = shift_right_sticky(b, (unsigned)(a_exponent - b_exponent));
    }
    if (a_sign == b_sign)
        return round_pack(fp, format, a_sign, exponent, a + b, rounding);
    if (a > b)
        return round_pack(fp, format, a_sign, exponent, a - b, rounding);
    if (b > a)
        return round_pack(fp, format, b_sign, exponent, b - a, rounding);
    return pack(format, rounding == FLOAT_DOWN, 0, 0);
}

/* a + b, or a - b: a NaN keeps its sign. */
static uint64_t add_or_sub(struct plat_fp *fp, enum float_format format, uint64_t a_bits,
                           uint64_t b_bits, bool is_sub)
{
    struct number a = unpack(fp, format, a_bits), b = unpack(fp, format, b_bits);

    if (is_nan(&a) || is_nan(&b))
        return propagate2(fp, format, a, a_bits, b, b_bits);
    b.sign ^= is_sub;
    if (a.class == INFINITE && b.class == INFINITE && a.sign != b.sign)
        return invalid(fp, format);
    if (a.class == INFINITE || b.class == INFINITE)
        return infinity(format, a.class == INFINITE ? a.sign : b.sign);
    if (a.class == ZERO && b.class == ZERO)
        return pack(format, a.sign == b.sign ? a.sign : float_rounding(fp) == FLOAT_DOWN, 0, 0);
    if (a.class == ZERO)
        a.exponent = b.exponent;
    if (b.class == ZERO)
        b.exponent = a.exponent;
    return add_finite(fp, format, a.sign, a.exponent - 62, (u128)a.significand << 62, b.sign,
                      b.exponent - 62, (u128)b.significand << 62);
}

uint64_t float_add(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    uint64_t result;

    return host_add(fp, format, a, b, &result) ? result : add_or_sub(fp, format, a, b, false);
}

uint64_t float_sub(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b)
{
    uint64_t result;

    return host_add(fp, format, a, b ^ sign_bit(format), &result)
               ? result
               : add_or_sub(fp, format, a, b, true);
}

uint64_t float_mul(struct plat_fp *fp, enum float_format format, uint64_t a_bits, uint64_t b_bits)
{
    struct number a, b;
    uint64_t result;

    if (host_mul(fp, format, a_bits, b_bits, &result))
        return result;
    a = unpack(fp, format, a_bits);
    b = unpack(fp, format, b_bits);
    if (is_nan(&a) || is_nan(&b))
        return propagate2(fp, format, a, a_bits, b, b_bits);
    if ((a.class == INFINITE && b.class == ZERO) || (a.class == ZERO && b.class == INFINITE))
        return invalid(fp, format);
    if (a.class == INFINITE || b.class == INFINITE)
        return infinity(format, a.sign ^ b.sign);
    if (a.class == ZERO || b.class == ZERO)
        return pack(format, a.sign ^ b.sign, 0, 0);
    return round_pack(fp, format, a.sign ^ b.sign, a.exponent + b.exponent,
                      (u128)a.significand * b.significand, float_rounding(fp));
}

uint64_t float_div(struct plat_fp *fp, enum float_format format, uint64_t a_bits, uint64_t b_bits)
{
    struct number a, b;
    uint64_t result;
    u128 numerator;

    if (host_div(fp, format, a_bits, b_bits, &result))
        return result;
    a = unpack(fp, format, a_bits);
    b = unpack(fp, format, b_bits);
    if (is_nan(&a) || is_nan(&b))
        return propagate2(fp, format, a, a_bits, b, b_bits);
    if (a.class == b.class && a.class != FINITE)
        return invalid(fp, format); /* 0 / 0, infinity / infinity */
    if (a.class == INFINITE || b.class == ZERO) {
        if (a.class == FINITE)
            accrue(fp, FLOAT_FPSR_DZC);
        return infinity(format, a.sign ^ b.sign);
    }
    if (a.class == ZERO || b.class == INFINITE)
        return pack(format, a.sign ^ b.sign, 0, 0);
    numerator = (u128)a.significand << 63;
    return round_pack(fp, format, a.sign ^ b.sign, a.exponent - b.exponent - 64,
                      numerator / b.significand << 1 | (numerator % b.significand != 0),
                      float_rounding(fp));
}

/* The root of a number with bit 127 or 126 set, rounded down. */
static uint64_t root(u128 square)
{
    uint64_t result = 0;

    for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1) {
        uint64_t candidate = result | bit;

        if ((u128)candidate * candidate <= square)
            result = candidate;
    }
    return result;
}

uint64_t float_sqrt(struct plat_fp *fp, enum float_format format, uint64_t bits)
{
    struct number a;
    uint64_t result;
    u128 square;
    int exponent;

    if (host_sqrt(fp, format, bits, &result))
        return result;
    a = unpack(fp, format, bits);
    if (is_nan(&a))
        return propagate(fp, format, a, bits);
    if (a.class == ZERO)
        return pack(format, a.sign, 0, 0);
    if (a.sign)
        return invalid(fp, format);
    if (a.class == INFINITE)
        return infinity(format, false);
    /* An even exponent, so that it can be halved. */
    exponent = a.exponent - 64;
    square = (u128)a.significand << 64;
    if (exponent % 2 != 0) {
        square >>= 1;
        exponent++;
    }
    result = root(square);
    return round_pack(fp, format, false, exponent / 2 - 1,
                      (u128)result << 1 | ((u128)result * result != square), float_rounding(fp));
}

/* FPMulAdd's order: a signalling NaN of the addend, a, b, then a quiet one. */
static uint64_t propagate3(struct plat_fp *fp, enum float_format format, const struct number n[3],
                           const uint64_t bits[3])
{
    for (enum class class = SIGNALLING; class >= QUIET; class--) {
        for (unsigned k = 0; k < 3; k++) {
            if (n[k].class == class)
                return propagate(fp, format, n[k], bits[k]);
        }
    }
    return default_nan(format);
}

uint64_t float_muladd(struct plat_fp *fp, enum float_format format, uint64_t addend, uint64_t a_bits,
                      uint64_t b_bits)
{
    struct number c, a, b;
    uint64_t result;
    bool sign, is_invalid;

    if (host_muladd(fp, format, addend, a_bits, b_bits, &result))
        return result;
    c = unpack(fp, format, addend);
    a = unpack(fp, format, a_bits);
    b = unpack(fp, format, b_bits);
    sign = a.sign ^ b.sign;
    is_invalid =
        (a.class == INFINITE && b.class == ZERO) || (a.class == ZERO && b.class == INFINITE);
    if (c.class == QUIET && is_invalid)
        return invalid(fp, format);
    if (is_nan(&c) || is_nan(&a) || is_nan(&b))
        return propagate3(fp, format, (struct number[3]){c, a, b},
                          (uint64_t[3]){addend, a_bits, b_bits});
    if (is_invalid)
        return invalid(fp, format);
    if (a.class == INFINITE || b.class == INFINITE)
        return c.class == INFINITE && c.sign != sign ? invalid(fp, format) : infinity(format, sign);
    if (c.class == INFINITE)
        return infinity(format, c.sign);
    if (a.class == ZERO || b.class == ZERO) {
        if (c.class == ZERO)
            return pack(format, c.sign == sign ? sign : float_rounding(fp) == FLOAT_DOWN, 0, 0);
        return round_pack(fp, format, c.sign, c.exponent, c.significand, float_rounding(fp));
    }
    if (c.class == ZERO)
        return round_pack(fp, format, sign, a.exponent + b.exponent,
                          (u128)a.significand * b.significand, float_rounding(fp));
    /* Significands end in zeros (64 bits for at most 53), so nothing is lost by the shift by 2. */
    return add_finite(fp, format, sign, a.exponent + b.exponent + 2,
                      (u128)a.significand * b.significand >> 2, c.sign, c.exponent - 62,
                      (u128)c.significand << 62);
}

/* ---- comparing ---- */

uint64_t float_abs(enum float_format format, uint64_t a)
{
    return a & ~sign_bit(format);
}

uint64_t float_neg(enum float_format format, uint64_t a)
{
    return a ^ sign_bit(format);
}

/* Negative, zero or positive as a - b is; neither is a NaN. */
static int order(const struct number *a, const struct number *b)
{
    int direction = a->sign ? -1 : 1;

    if (a->class == ZERO && b->class == ZERO)
        return 0;
    if (a->class == ZERO)
        return b->sign ? 1 : -1;
    if (b->class == ZERO || a->sign != b->sign)
        return direction;
    if (a->class != b->class)
        return a->class == INFINITE ? direction : -direction;
    if (a->class == INFINITE)
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
    struct number a = unpack(fp, format, a_bits), b = unpack(fp, format, b_bits);
    int order_ab;

    if (is_nan(&a) || is_nan(&b)) {
        if (signal || a.class == SIGNALLING || b.class == SIGNALLING)
            accrue(fp, FLOAT_FPSR_IOC);
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
    return number->class == ZERO ? pack(format, number->sign, 0, 0) : bits;
}

static uint64_t max_or_min(struct plat_fp *fp, enum float_format format, uint64_t a_bits,
                           uint64_t b_bits, bool is_max)
{
    struct number a = unpack(fp, format, a_bits), b = unpack(fp, format, b_bits);

    if (is_nan(&a) || is_nan(&b))
        return propagate2(fp, format, a, a_bits, b, b_bits);
    if (a.class == ZERO && b.class == ZERO)
        return pack(format, is_max ? a.sign && b.sign : a.sign || b.sign, 0, 0);
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
    uint64_t nan = default_nan(format);

    return (bits & nan) == nan;
}

/* One quiet NaN becomes the infinity that the other operand wins against. */
static uint64_t number_of(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b,
                          bool is_max)
{
    if (is_quiet_nan(format, a) && !is_quiet_nan(format, b))
        a = infinity(format, is_max);
    else if (is_quiet_nan(format, b) && !is_quiet_nan(format, a))
        b = infinity(format, is_max);
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

/* ---- integers and other formats ---- */

/* The magnitude of number * 2^fraction_bits, rounded to an integer; saturated at 2^64 and more, where
 * *is_huge is set. *is_inexact: what was cut off. */
static uint64_t magnitude(const struct number *number, unsigned fraction_bits,
                          enum float_rounding rounding, bool *is_huge, bool *is_inexact)
{
    int exponent = number->exponent + (int)fraction_bits; /* of the last bit of significand */
    u128 value = (u128)number->significand << 63;
    uint64_t result;
    bool half, rest;

    *is_inexact = false;
    *is_huge = exponent > 0;
    if (exponent > 0)
        return UINT64_MAX;
    /* The point is to stand at bit 63 + -exponent; one more than 64 shifts out everything. */
    value = shift_right_sticky(value, exponent < -66 ? 66 : (unsigned)-exponent);
    result = (uint64_t)(value >> 63);
    half = value >> 62 & 1;
    rest = (value & (((u128)1 << 62) - 1)) != 0;
    *is_inexact = half || rest;
    if (rounds_up(rounding, number->sign, result & 1, half, rest)) {
        result++;
        *is_huge = result == 0;
    }
    return result;
}

uint64_t float_round(struct plat_fp *fp, enum float_format format, uint64_t bits,
                     enum float_rounding rounding, bool exact)
{
    struct number a = unpack(fp, format, bits);
    bool is_huge, is_inexact;
    uint64_t result;

    if (is_nan(&a))
        return propagate(fp, format, a, bits);
    if (a.class != FINITE)
        return chosen(format, &a, bits);
    if (a.exponent >= 0)
        return bits;
    result = magnitude(&a, 0, rounding, &is_huge, &is_inexact);
    if (is_inexact && exact)
        accrue(fp, FLOAT_FPSR_IXC);
    return result == 0 ? pack(format, a.sign, 0, 0)
                       : round_pack(fp, format, a.sign, 0, result, FLOAT_ZERO);
}

uint64_t float_to_int(struct plat_fp *fp, enum float_format format, uint64_t bits,
                      unsigned fraction_bits, bool is_signed, unsigned width,
                      enum float_rounding rounding)
{
    struct number a = unpack(fp, format, bits);
    uint64_t limit = is_signed ? ones(width - 1) + a.sign : a.sign ? 0 : ones(width);
    uint64_t result = limit;
    bool is_over = a.class == INFINITE, is_inexact = false;

    if (is_nan(&a) || a.class == ZERO)
        result = 0;
    if (a.class == FINITE) {
        result = magnitude(&a, fraction_bits, rounding, &is_over, &is_inexact);
        is_over |= result > limit;
        if (is_over)
            result = limit;
    }
    if (is_nan(&a) || is_over)
        accrue(fp, FLOAT_FPSR_IOC);
    else if (is_inexact)
        accrue(fp, FLOAT_FPSR_IXC);
    return (a.sign ? -result : result) & ones(width);
}

uint64_t float_from_int(struct plat_fp *fp, enum float_format format, uint64_t value,
                        bool is_signed, unsigned fraction_bits)
{
    bool sign = is_signed && value >> 63;

    if (value == 0)
        return 0;
    return round_pack(fp, format, sign, -(int)fraction_bits, sign ? -value : value,
                      float_rounding(fp));
}

/* FPConvertNaN, and what becomes of a NaN where there are none. */
static uint64_t convert_nan(struct plat_fp *fp, enum float_format to, enum float_format from,
                            struct number a, uint64_t bits)
{
    uint64_t fraction = bits & ones(formats[from].fraction);
    int widen = (int)formats[to].fraction - (int)formats[from].fraction;
    bool is_alternative = to == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP);

    if (a.class == SIGNALLING || is_alternative)
        accrue(fp, FLOAT_FPSR_IOC);
    if (is_alternative)
        return pack(to, a.sign, 0, 0);
    if (fp->fpcr & FLOAT_FPCR_DN)
        return default_nan(to);
    fraction = widen >= 0 ? fraction << widen : fraction >> -widen;
    return infinity(to, a.sign) | quiet_bit(to) | fraction;
}

uint64_t float_convert(struct plat_fp *fp, enum float_format to, enum float_format from,
                       uint64_t bits, enum float_rounding rounding)
{
    struct number a = unpack(fp, from, bits);

    if (is_nan(&a))
        return convert_nan(fp, to, from, a, bits);
    if (a.class == ZERO)
        return pack(to, a.sign, 0, 0);
    if (a.class == FINITE)
        return round_pack(fp, to, a.sign, a.exponent, a.significand, rounding);
    if (to == FLOAT_HALF && (fp->fpcr & FLOAT_FPCR_AHP))
        return overflow(fp, to, a.sign, rounding);
    return infinity(to, a.sign);
}

/* aBbbbbbb bcdefgh 000...: sign a, exponent NOT(b), b..., cd, fraction efgh. */
uint64_t float_constant(enum float_format format, unsigned imm8)
{
    unsigned bits = exponent_bits(format);
    uint64_t b = imm8 >> 6 & 1;
    uint64_t exponent = (b ^ 1) << (bits - 1) | (b ? ones(bits - 3) << 2 : 0) | (imm8 >> 4 & 3);

    return pack(format, imm8 >> 7, exponent, (uint64_t)(imm8 & 15) << (formats[format].fraction - 4));
}
