/*
 * Arm floating point, continued: rounding to integers, conversions, estimates. As float.h.
 */
#ifndef EL0_FLOAT_FLOAT_CONVERT_H
#define EL0_FLOAT_FLOAT_CONVERT_H

#include "el0/float/float.h"

/* To an integer in the same format; with exact, an inexact result is an exception. */
uint64_t float_round(struct plat_fp *fp, enum float_format format, uint64_t a,
                     enum float_rounding rounding, bool exact);

/* a * 2^fraction_bits as an integer of width bits, saturated. */
uint64_t float_to_int(struct plat_fp *fp, enum float_format format, uint64_t a,
                      unsigned fraction_bits, bool is_signed, unsigned width,
                      enum float_rounding rounding);

/* value (int64_t if signed) / 2^fraction_bits. */
uint64_t float_from_int(struct plat_fp *fp, enum float_format format, uint64_t value,
                        bool is_signed, unsigned fraction_bits);

/* Between formats. FCVTXN rounds to odd, the rest as float_rounding(fp) says. */
uint64_t float_convert(struct plat_fp *fp, enum float_format to, enum float_format from, uint64_t a,
                       enum float_rounding rounding);

/* The constant that an 8-bit immediate stands for (VFPExpandImm). */
uint64_t float_constant(enum float_format format, unsigned imm8);

/* FPRecipEstimate, FPRSqrtEstimate, FPRecpX. */
uint64_t float_recip_estimate(struct plat_fp *fp, enum float_format format, uint64_t a);
uint64_t float_rsqrt_estimate(struct plat_fp *fp, enum float_format format, uint64_t a);
uint64_t float_recip_exponent(struct plat_fp *fp, enum float_format format, uint64_t a);

/* UnsignedRecipEstimate, UnsignedRSqrtEstimate: of 32-bit fixed point numbers. */
uint64_t float_recip_estimate_int(uint64_t a);
uint64_t float_rsqrt_estimate_int(uint64_t a);

#endif
