/*
 * Arm floating point on bit patterns: results and FPSR exactly as the Arm ARM's shared pseudocode
 * (FPAdd, FPRound, ...) has them, on every host.
 *
 * A number of a format is in the low bits of a uint64_t, the rest 0. fp->fpcr says how to round and
 * what to do with NaNs and denormals; exceptions accumulate in fp->fpsr.
 */
#ifndef EL0_FLOAT_FLOAT_H
#define EL0_FLOAT_FLOAT_H

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

/* FPMulX: a * b, but infinity * 0 is 2. */
uint64_t float_mulx(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);

/* FPRecipStepFused, FPRSqrtStepFused: 2 - a * b and (3 - a * b) / 2, rounded once. */
uint64_t float_recip_step(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);
uint64_t float_rsqrt_step(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);

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

#endif
