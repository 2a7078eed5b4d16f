#include "el0/simd/simd_long.h"

#include "el0/float/float.h"
#include "el0/simd/saturate.h"

/*
 * Advanced SIMD on integers where one side has elements of twice the size of the other, and across
 * the elements of a vector. ra is the smaller size, and the smaller elements are the lower or the
 * upper half of their register.
 *
 * In the expressions a, b and d are elements of the first and the second operand and of the old
 * destination; sa, sb, sd are the same as signed numbers; bits is the width of a small element.
 */

#define SMALL(vector, e) vector_get(vector, size, (e) + SIMD_UPPER(i) * (8u >> size))
#define LARGE(vector, e) vector_get(vector, size + 1, e)

#define SAT2_S(value) saturate_signed(cpu, value, bits * 2)
#define ABS_DIFF(x, y) ((x) > (y) ? (x) - (y) : (y) - (x))

/* Large from small and small. */
#define LONG(name, expression)                                                                     \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), m = vector_second(cpu, i);                      \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = SMALL(&n, e), b = SMALL(&m, e), d = LARGE(&old, e);                       \
            int64_t sa = el0_sign_extend(a, bits), sb = el0_sign_extend(b, bits);                  \
            int64_t sd = el0_sign_extend(d, bits * 2);                                             \
                                                                                                   \
            (void)sa, (void)sb, (void)d, (void)sd;                                                 \
            vector_set(&result, size + 1, e, (uint64_t)(expression));                              \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

LONG(saddl, sa + sb)
LONG(uaddl, a + b)
LONG(ssubl, sa - sb)
LONG(usubl, a - b)
LONG(sabal, d + (uint64_t)ABS_DIFF(sa, sb))
LONG(uabal, d + ABS_DIFF(a, b))
LONG(sabdl, ABS_DIFF(sa, sb))
LONG(uabdl, ABS_DIFF(a, b))
LONG(smlal, d + (uint64_t)(sa * sb))
LONG(umlal, d + a * b)
LONG(smlsl, d - (uint64_t)(sa * sb))
LONG(umlsl, d - a * b)
LONG(smull, sa *sb)
LONG(umull, a *b)
LONG(sqdmull, SAT2_S((wide_t)sa *sb * 2))
LONG(sqdmlal, SAT2_S((wide_t)sd + el0_sign_extend(SAT2_S((wide_t)sa * sb * 2), bits * 2)))
LONG(sqdmlsl, SAT2_S((wide_t)sd - el0_sign_extend(SAT2_S((wide_t)sa * sb * 2), bits * 2)))

LONG(pmull, vector_polynomial_product(a, b))

/* Large from large and small. */
#define WIDE(name, expression)                                                                     \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), m = vector_read(cpu, i->rm);                    \
        struct vector result = {{0, 0}};                                                           \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = LARGE(&n, e), b = SMALL(&m, e);                                           \
            uint64_t sb = (uint64_t)el0_sign_extend(b, bits);                                      \
                                                                                                   \
            (void)sb;                                                                              \
            vector_set(&result, size + 1, e, expression);                                          \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

WIDE(saddw, a + sb)
WIDE(uaddw, a + b)
WIDE(ssubw, a - sb)
WIDE(usubw, a - b)

/* ---- narrowing: into the lower half, clearing the upper, or into the upper half alone ---- */

static struct el0_insn *narrowed(struct el0_cpu *cpu, struct el0_insn *i, uint64_t half)
{
    struct vector result = {{half, 0}};

    if (SIMD_UPPER(i))
        result = (struct vector){{cpu->fp->v[i->rd][0], half}};
    vector_write(cpu, i->rd, result);
    return i + 1;
}

/* Small from the upper halves of what is computed from large and large. */
#define HIGH_NARROW(name, expression)                                                              \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), m = vector_read(cpu, i->rm);                    \
        struct vector result = {{0, 0}};                                                           \
        unsigned size = i->ra, bits = 8u << size;                                                  \
        uint64_t half = UINT64_C(1) << (bits - 1);                                                 \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = LARGE(&n, e), b = LARGE(&m, e);                                           \
                                                                                                   \
            (void)half;                                                                            \
            vector_set(&result, size, e, (expression) >> bits);                                    \
        }                                                                                          \
        return narrowed(cpu, i, result.half[0]);                                                   \
    }

HIGH_NARROW(addhn, a + b)
HIGH_NARROW(raddhn, a + b + half)
HIGH_NARROW(subhn, a - b)
HIGH_NARROW(rsubhn, a - b + half)

/* Small from large; shift is the option, 0 where there is none. */
#define NARROW(name, expression)                                                                   \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), result = {{0, 0}};                              \
        unsigned size = i->ra, bits = 8u << size, shift = SIMD_OPTION(i);                          \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            wide_t a = LARGE(&n, e), sa = el0_sign_extend((uint64_t)a, bits * 2);                  \
                                                                                                   \
            (void)a, (void)sa;                                                                     \
            vector_set(&result, size, e, (uint64_t)(expression));                                  \
        }                                                                                          \
        return narrowed(cpu, i, result.half[0]);                                                   \
    }

NARROW(shrn, saturate_shift_right(a, shift, false))
NARROW(rshrn, saturate_shift_right(a, shift, true))
NARROW(sqshrn, saturate_signed(cpu, saturate_shift_right(sa, shift, false), bits))
NARROW(uqshrn, saturate_unsigned(cpu, saturate_shift_right(a, shift, false), bits))
NARROW(sqshrun, saturate_unsigned(cpu, saturate_shift_right(sa, shift, false), bits))
NARROW(sqrshrn, saturate_signed(cpu, saturate_shift_right(sa, shift, true), bits))
NARROW(uqrshrn, saturate_unsigned(cpu, saturate_shift_right(a, shift, true), bits))
NARROW(sqrshrun, saturate_unsigned(cpu, saturate_shift_right(sa, shift, true), bits))

/* Large from small, shifted left by the option. */
#define SHIFT_LONG(name, extended)                                                                 \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), result = {{0, 0}};                              \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = SMALL(&n, e);                                                             \
                                                                                                   \
            (void)bits;                                                                            \
            vector_set(&result, size + 1, e, (uint64_t)(extended) << SIMD_OPTION(i));              \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

SHIFT_LONG(sshll, el0_sign_extend(a, bits))
SHIFT_LONG(ushll, a)

/* ---- neighbours: large from two small ones ---- */

#define PAIR_LONG(name, expression)                                                                \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), old = vector_read(cpu, i->rd);                  \
        struct vector result = {{0, 0}};                                                           \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i) / 2; e++) {                                         \
            uint64_t a = vector_get(&n, size, e * 2), b = vector_get(&n, size, e * 2 + 1);         \
            uint64_t d = LARGE(&old, e);                                                           \
            uint64_t sa = (uint64_t)el0_sign_extend(a, bits);                                      \
            uint64_t sb = (uint64_t)el0_sign_extend(b, bits);                                      \
                                                                                                   \
            (void)d, (void)sa, (void)sb;                                                           \
            vector_set(&result, size + 1, e, expression);                                          \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

PAIR_LONG(saddlp, sa + sb)
PAIR_LONG(uaddlp, a + b)
PAIR_LONG(sadalp, d + sa + sb)
PAIR_LONG(uadalp, d + a + b)

/* ---- across all elements: x is the result so far, a the next element ---- */

#define ACROSS(name, result_size, start, expression)                                               \
    EL0_FP_HANDLER(simd_long_##name)                                                               \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), result = {{0, 0}};                              \
        unsigned size = i->ra, bits = 8u << size;                                                  \
        int64_t x = start;                                                                         \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            int64_t a = (int64_t)vector_get(&n, size, e);                                          \
            int64_t sa = el0_sign_extend((uint64_t)a, bits);                                       \
                                                                                                   \
            (void)a, (void)sa;                                                                     \
            x = expression;                                                                        \
        }                                                                                          \
        vector_set(&result, result_size, 0, (uint64_t)x);                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

/* Elements have at most 32 bits here, so sums stay far from the ends of int64_t. */
ACROSS(addv, size, 0, x + a)
ACROSS(saddlv, size + 1, 0, x + sa)
ACROSS(uaddlv, size + 1, 0, x + a)
ACROSS(smaxv, size, INT64_MIN, sa > x ? sa : x)
ACROSS(sminv, size, INT64_MAX, sa < x ? sa : x)
ACROSS(umaxv, size, 0, a > x ? a : x)
ACROSS(uminv, size, INT64_MAX, a < x ? a : x)

/* The sum of both doublewords: ADDP of a scalar. */
EL0_FP_HANDLER(simd_long_addp_scalar)
{
    struct vector n = vector_read(cpu, i->rn);

    vector_write(cpu, i->rd, (struct vector){{n.half[0] + n.half[1], 0}});
    return i + 1;
}
