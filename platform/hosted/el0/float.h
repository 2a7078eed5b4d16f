/*
 * Arm floating point on bit patterns: results and FPSR exactly as the Arm ARM's shared pseudocode
 * (FPAdd, FPRound, ...) has them, on every host.
 *
 * A number of a format is in the low bits of a uint64_t, the rest 0. fp->fpcr says how to round and
 * what to do with NaNs and denormals; exceptions accumulate in fp->fpsr.
 */
#ifndef EL0_FLOAT_H
#define EL0_FLOAT_H

#include <stdbool.h>
#include <stdint.h>

#include "platform/platform.h"

/* The value is log2 of the size in bytes. */
enum float_format { FLOAT_HALF = 1, FLOAT_SINGLE, FLOAT_DOUBLE };

/* The first four as FPCR.RMode has them. */
enum float_rounding {
    FLOAT_TIE_EVEN,
    FLOAT_UP,
    FLOAT_DOWN,
    FLOAT_ZERO,
    FLOAT_TIE_AWAY,
    FLOAT_ODD, /* the last bit of an inexact result is set */
};

enum {
    FLOAT_FPCR_RMODE_SHIFT = 22,
    FLOAT_FPCR_FZ = 1 << 24,
    FLOAT_FPCR_DN = 1 << 25,
    FLOAT_FPCR_AHP = 1 << 26,

    FLOAT_FPSR_IOC = 1 << 0,
    FLOAT_FPSR_DZC = 1 << 1,
    FLOAT_FPSR_OFC = 1 << 2,
    FLOAT_FPSR_UFC = 1 << 3,
    FLOAT_FPSR_IXC = 1 << 4,
    FLOAT_FPSR_IDC = 1 << 7,
    FLOAT_FPSR_QC = 1 << 27,
};

/* How FPCR rounds. */
enum float_rounding float_rounding(const struct plat_fp *fp);

uint64_t float_add(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_sub(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_mul(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_div(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_sqrt(struct plat_fp *fp, enum float_format format, uint64_t a);

/* addend + a * b, rounded once. */
uint64_t float_muladd(struct plat_fp *fp, enum float_format format, uint64_t addend, uint64_t a,
                      uint64_t b);

/* The _number forms take a quiet NaN for a missing operand (FPMaxNum, FPMinNum). */
uint64_t float_max(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_min(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_max_number(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_min_number(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);

uint64_t float_abs(enum float_format format, uint64_t a);
uint64_t float_neg(enum float_format format, uint64_t a);

/* N, Z, C, V in bits 31 to 28. A quiet NaN is an invalid operation if it is to signal. */
uint32_t float_compare(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b,
                       bool signal);

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

#endif
