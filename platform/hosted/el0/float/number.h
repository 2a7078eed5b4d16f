/*
 * Arm floating point numbers taken apart, and put together with one rounding: FPUnpack, FPRound and
 * FPProcessNaN of the Arm ARM's shared pseudocode. float.c and float_convert.c compute with them.
 */
#ifndef EL0_FLOAT_NUMBER_H
#define EL0_FLOAT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "el0/float/float.h"

typedef unsigned __int128 number_wide_t;

enum number_class { NUMBER_ZERO, NUMBER_FINITE, NUMBER_INFINITE, NUMBER_QUIET, NUMBER_SIGNALLING };

/* A finite one is significand * 2^exponent, with bit 63 of the significand set. */
struct number {
    enum number_class class;
    bool sign;
    int exponent;
    uint64_t significand;
};

struct number_format {
    unsigned width, fraction; /* bits; the significand has one more than the fraction */
    int bias;
};

extern const struct number_format number_formats[];

/* count one bits, 1 to 64. */
static inline uint64_t number_ones(unsigned count)
{
    return UINT64_MAX >> (64 - count);
}

static inline uint64_t number_sign_bit(enum float_format format)
{
    return UINT64_C(1) << (number_formats[format].width - 1);
}

static inline unsigned number_exponent_bits(enum float_format format)
{
    return number_formats[format].width - 1 - number_formats[format].fraction;
}

/* The top bit of the fraction, which tells quiet NaNs. */
static inline uint64_t number_quiet_bit(enum float_format format)
{
    return UINT64_C(1) << (number_formats[format].fraction - 1);
}

static inline uint64_t number_pack(enum float_format format, bool sign, uint64_t biased_exponent,
                                   uint64_t fraction)
{
    return (sign ? number_sign_bit(format) : 0) |
           biased_exponent << number_formats[format].fraction | fraction;
}

static inline uint64_t number_zero(enum float_format format, bool sign)
{
    return number_pack(format, sign, 0, 0);
}

static inline uint64_t number_infinity(enum float_format format, bool sign)
{
    return number_pack(format, sign, number_ones(number_exponent_bits(format)), 0);
}

static inline uint64_t number_default_nan(enum float_format format)
{
    return number_infinity(format, false) | number_quiet_bit(format);
}

static inline bool number_is_nan(const struct number *number)
{
    return number->class == NUMBER_QUIET || number->class == NUMBER_SIGNALLING;
}

/* Adds exceptions to FPSR. */
static inline void number_accrue(struct plat_fp *fp, uint64_t flags)
{
    fp->fpsr |= flags;
}

/* An invalid operation: accrues it and gives the default NaN. */
uint64_t number_invalid(struct plat_fp *fp, enum float_format format);

/* FPUnpack. Denormals are flushed as FPCR.FZ says, but halves, which only conversions read, never.
 * */
struct number number_unpack(struct plat_fp *fp, enum float_format format, uint64_t bits);

/* FPRound of significand * 2^exponent, which is not 0; the last bit may be sticky if there are more
 * than the format has. */
uint64_t number_round(struct plat_fp *fp, enum float_format format, bool sign, int exponent,
                      number_wide_t significand, enum float_rounding rounding);

/* What FPRound gives for a number too large. */
uint64_t number_overflow(struct plat_fp *fp, enum float_format format, bool sign,
                         enum float_rounding rounding);

/* value >> amount, where what is shifted out stays as a sticky last bit. */
number_wide_t number_shift_right(number_wide_t value, unsigned amount);

/* Whether to add one to a significand of which half and rest were cut off. */
bool number_rounds_up(enum float_rounding rounding, bool sign, bool is_odd, bool half, bool rest);

/* FPProcessNaN: bits is number, which is a NaN. */
uint64_t number_propagate(struct plat_fp *fp, enum float_format format, struct number number,
                          uint64_t bits);

/* FPProcessNaNs: the first signalling one, else the first quiet one. At least one is a NaN. */
uint64_t number_propagate2(struct plat_fp *fp, enum float_format format, struct number a,
                           uint64_t a_bits, struct number b, uint64_t b_bits);

#endif
