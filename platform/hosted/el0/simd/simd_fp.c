#include "el0/simd/simd_fp.h"

#include "el0/float/float_convert.h"

/*
 * Advanced SIMD on floating point. The size of an element is its format: a single or a double.
 *
 * In the expressions a, b and d are the elements of the first and the second operand and of the old
 * destination.
 */

#define FORMAT ((enum float_format)i->ra)
#define MASK(condition) ((condition) ? UINT64_MAX : 0)

#define THREE_SAME(name, expression)                                                               \
    EL0_FP_HANDLER(simd_fp_##name)                                                                 \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), m = vector_second(cpu, i);                      \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = vector_get(&n, i->ra, e), b = vector_get(&m, i->ra, e);                   \
            uint64_t d = vector_get(&old, i->ra, e);                                               \
                                                                                                   \
            (void)d;                                                                               \
            vector_set(&result, i->ra, e, expression);                                             \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

#define TWO_SAME(name, expression)                                                                 \
    EL0_FP_HANDLER(simd_fp_##name)                                                                 \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), result = {{0, 0}};                              \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = vector_get(&n, i->ra, e);                                                 \
                                                                                                   \
            vector_set(&result, i->ra, e, expression);                                             \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

/* ---- comparing ---- */

/* A comparison for order signals quiet NaNs, one for equality does not. */
static bool is_equal(struct el0_cpu *cpu, enum float_format format, uint64_t a, uint64_t b)
{
    return float_compare(cpu->fp, format, a, b, false) & EL0_Z;
}

/* N == V and Z == 0. */
static bool is_greater(struct el0_cpu *cpu, enum float_format format, uint64_t a, uint64_t b)
{
    return float_compare(cpu->fp, format, a, b, true) == EL0_C;
}

static bool is_greater_or_equal(struct el0_cpu *cpu, enum float_format format, uint64_t a,
                                uint64_t b)
{
    uint32_t nzcv = float_compare(cpu->fp, format, a, b, true);

    return nzcv == EL0_C || nzcv & EL0_Z;
}

#define ABS(x) float_abs(FORMAT, x)

THREE_SAME(fcmeq, MASK(is_equal(cpu, FORMAT, a, b)))
THREE_SAME(fcmge, MASK(is_greater_or_equal(cpu, FORMAT, a, b)))
THREE_SAME(fcmgt, MASK(is_greater(cpu, FORMAT, a, b)))
THREE_SAME(facge, MASK(is_greater_or_equal(cpu, FORMAT, ABS(a), ABS(b))))
THREE_SAME(facgt, MASK(is_greater(cpu, FORMAT, ABS(a), ABS(b))))
TWO_SAME(fcmeq_zero, MASK(is_equal(cpu, FORMAT, a, 0)))
TWO_SAME(fcmge_zero, MASK(is_greater_or_equal(cpu, FORMAT, a, 0)))
TWO_SAME(fcmgt_zero, MASK(is_greater(cpu, FORMAT, a, 0)))
TWO_SAME(fcmle_zero, MASK(is_greater_or_equal(cpu, FORMAT, 0, a)))
TWO_SAME(fcmlt_zero, MASK(is_greater(cpu, FORMAT, 0, a)))

/* ---- arithmetic ---- */

THREE_SAME(fadd, float_add(cpu->fp, FORMAT, a, b))
THREE_SAME(fsub, float_sub(cpu->fp, FORMAT, a, b))
THREE_SAME(fmul, float_mul(cpu->fp, FORMAT, a, b))
THREE_SAME(fmulx, float_mulx(cpu->fp, FORMAT, a, b))
THREE_SAME(fdiv, float_div(cpu->fp, FORMAT, a, b))
THREE_SAME(fabd, ABS(float_sub(cpu->fp, FORMAT, a, b)))
THREE_SAME(fmla, float_muladd(cpu->fp, FORMAT, d, a, b))
THREE_SAME(fmls, float_muladd(cpu->fp, FORMAT, d, float_neg(FORMAT, a), b))
THREE_SAME(fmax, float_max(cpu->fp, FORMAT, a, b))
THREE_SAME(fmin, float_min(cpu->fp, FORMAT, a, b))
THREE_SAME(fmaxnm, float_max_number(cpu->fp, FORMAT, a, b))
THREE_SAME(fminnm, float_min_number(cpu->fp, FORMAT, a, b))
THREE_SAME(frecps, float_recip_step(cpu->fp, FORMAT, a, b))
THREE_SAME(frsqrts, float_rsqrt_step(cpu->fp, FORMAT, a, b))

TWO_SAME(fabs, ABS(a))
TWO_SAME(fneg, float_neg(FORMAT, a))
TWO_SAME(fsqrt, float_sqrt(cpu->fp, FORMAT, a))
TWO_SAME(frecpe, float_recip_estimate(cpu->fp, FORMAT, a))
TWO_SAME(frsqrte, float_rsqrt_estimate(cpu->fp, FORMAT, a))
TWO_SAME(frecpx, float_recip_exponent(cpu->fp, FORMAT, a))
TWO_SAME(urecpe, float_recip_estimate_int(a))
TWO_SAME(ursqrte, float_rsqrt_estimate_int(a))

/* ---- neighbours, and across all elements ---- */

typedef uint64_t binary(struct plat_fp *fp, enum float_format format, uint64_t a, uint64_t b);

/* Neighbours of the first operand, then of the second; of one pair alone the result is a scalar. */
static struct el0_insn *pairwise(struct el0_cpu *cpu, struct el0_insn *i, binary *function)
{
    struct vector from[2] = {vector_read(cpu, i->rn), vector_read(cpu, i->rm)};
    struct vector result = {{0, 0}};
    unsigned half = SIMD_COUNT(i) == 1 ? 1 : SIMD_COUNT(i) / 2;

    for (unsigned e = 0; e < SIMD_COUNT(i); e++) {
        const struct vector *source = &from[e / half];

        vector_set(&result, i->ra, e,
                   function(cpu->fp, FORMAT, vector_get(source, i->ra, e % half * 2),
                            vector_get(source, i->ra, e % half * 2 + 1)));
    }
    vector_write(cpu, i->rd, result);
    return i + 1;
}

EL0_FP_HANDLER(simd_fp_faddp)
{
    return pairwise(cpu, i, float_add);
}
EL0_FP_HANDLER(simd_fp_fmaxp)
{
    return pairwise(cpu, i, float_max);
}
EL0_FP_HANDLER(simd_fp_fminp)
{
    return pairwise(cpu, i, float_min);
}
EL0_FP_HANDLER(simd_fp_fmaxnmp)
{
    return pairwise(cpu, i, float_max_number);
}
EL0_FP_HANDLER(simd_fp_fminnmp)
{
    return pairwise(cpu, i, float_min_number);
}

/* Four singles, by halves: the order decides which NaN is seen (Reduce). */
static struct el0_insn *across(struct el0_cpu *cpu, struct el0_insn *i, binary *function)
{
    struct vector n = vector_read(cpu, i->rn);
    uint64_t low = function(cpu->fp, FLOAT_SINGLE, vector_get(&n, 2, 0), vector_get(&n, 2, 1));
    uint64_t high = function(cpu->fp, FLOAT_SINGLE, vector_get(&n, 2, 2), vector_get(&n, 2, 3));

    vector_write(cpu, i->rd, (struct vector){{function(cpu->fp, FLOAT_SINGLE, low, high), 0}});
    return i + 1;
}

EL0_FP_HANDLER(simd_fp_fmaxv)
{
    return across(cpu, i, float_max);
}
EL0_FP_HANDLER(simd_fp_fminv)
{
    return across(cpu, i, float_min);
}
EL0_FP_HANDLER(simd_fp_fmaxnmv)
{
    return across(cpu, i, float_max_number);
}
EL0_FP_HANDLER(simd_fp_fminnmv)
{
    return across(cpu, i, float_min_number);
}

/* ---- rounding and converting; the option is the number of fraction bits ---- */

#define ROUND(rounding, exact) float_round(cpu->fp, FORMAT, a, rounding, exact)
#define TO_INT(is_signed, rounding)                                                                \
    float_to_int(cpu->fp, FORMAT, a, SIMD_OPTION(i), is_signed, 8u << i->ra, rounding)

TWO_SAME(frintn, ROUND(FLOAT_TIE_EVEN, false))
TWO_SAME(frintp, ROUND(FLOAT_UP, false))
TWO_SAME(frintm, ROUND(FLOAT_DOWN, false))
TWO_SAME(frintz, ROUND(FLOAT_ZERO, false))
TWO_SAME(frinta, ROUND(FLOAT_TIE_AWAY, false))
TWO_SAME(frintx, ROUND(float_rounding(cpu->fp), true))
TWO_SAME(frinti, ROUND(float_rounding(cpu->fp), false))
TWO_SAME(fcvtns, TO_INT(true, FLOAT_TIE_EVEN))
TWO_SAME(fcvtnu, TO_INT(false, FLOAT_TIE_EVEN))
TWO_SAME(fcvtps, TO_INT(true, FLOAT_UP))
TWO_SAME(fcvtpu, TO_INT(false, FLOAT_UP))
TWO_SAME(fcvtms, TO_INT(true, FLOAT_DOWN))
TWO_SAME(fcvtmu, TO_INT(false, FLOAT_DOWN))
TWO_SAME(fcvtzs, TO_INT(true, FLOAT_ZERO))
TWO_SAME(fcvtzu, TO_INT(false, FLOAT_ZERO))
TWO_SAME(fcvtas, TO_INT(true, FLOAT_TIE_AWAY))
TWO_SAME(fcvtau, TO_INT(false, FLOAT_TIE_AWAY))
TWO_SAME(scvtf, float_from_int(cpu->fp, FORMAT, (uint64_t)el0_sign_extend(a, 8u << i->ra), true,
                               SIMD_OPTION(i)))
TWO_SAME(ucvtf, float_from_int(cpu->fp, FORMAT, a, false, SIMD_OPTION(i)))

/* From the format of ra to the next larger one, and back; the smaller is in one half. */
EL0_FP_HANDLER(simd_fp_fcvtl)
{
    struct vector n = vector_read(cpu, i->rn), result = {{0, 0}};

    for (unsigned e = 0; e < SIMD_COUNT(i); e++) {
        uint64_t a = vector_get(&n, i->ra, e + SIMD_UPPER(i) * (8u >> i->ra));

        vector_set(&result, i->ra + 1u, e,
                   float_convert(cpu->fp, FORMAT + 1, FORMAT, a, float_rounding(cpu->fp)));
    }
    vector_write(cpu, i->rd, result);
    return i + 1;
}

static struct el0_insn *narrow(struct el0_cpu *cpu, struct el0_insn *i,
                               enum float_rounding rounding)
{
    struct vector n = vector_read(cpu, i->rn), result = {{0, 0}};

    for (unsigned e = 0; e < SIMD_COUNT(i); e++) {
        vector_set(
            &result, i->ra, e,
            float_convert(cpu->fp, FORMAT, FORMAT + 1, vector_get(&n, i->ra + 1u, e), rounding));
    }
    if (SIMD_UPPER(i))
        result = (struct vector){{cpu->fp->v[i->rd][0], result.half[0]}};
    vector_write(cpu, i->rd, result);
    return i + 1;
}

EL0_FP_HANDLER(simd_fp_fcvtn)
{
    return narrow(cpu, i, float_rounding(cpu->fp));
}
EL0_FP_HANDLER(simd_fp_fcvtxn)
{
    return narrow(cpu, i, FLOAT_ODD);
}
