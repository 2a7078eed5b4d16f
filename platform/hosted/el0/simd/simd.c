#include "el0/simd/simd.h"

#include "el0/float/float.h"
#include "el0/simd/saturate.h"

/*
 * Advanced SIMD on integers, element by element, where all elements have the same size.
 *
 * In the expressions a, b and d are the elements of the first and the second operand and of the old
 * destination; sa, sb, sd are the same as signed numbers; bits is the width of an element.
 */

#define SIGNED(value) el0_sign_extend(value, bits)

/* For each element of a two-operand instruction. */
#define THREE_SAME(name, expression)                                                               \
    EL0_FP_HANDLER(simd_##name)                                                                    \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), m = vector_second(cpu, i);                      \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = vector_get(&n, size, e), b = vector_get(&m, size, e);                     \
            uint64_t d = vector_get(&old, size, e);                                                \
            int64_t sa = SIGNED(a), sb = SIGNED(b), sd = SIGNED(d);                                \
                                                                                                   \
            (void)bits, (void)sa, (void)sb, (void)d, (void)sd;                                     \
            vector_set(&result, size, e, (uint64_t)(expression));                                  \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

/* For each pair of neighbours a, b in first operand then second operand. */
#define PAIRWISE(name, expression)                                                                 \
    EL0_FP_HANDLER(simd_##name)                                                                    \
    {                                                                                              \
        struct vector from[2] = {vector_read(cpu, i->rn), vector_read(cpu, i->rm)};                \
        struct vector result = {{0, 0}};                                                           \
        unsigned size = i->ra, bits = 8u << size, half = SIMD_COUNT(i) / 2;                        \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            const struct vector *source = &from[e / half];                                         \
            uint64_t a = vector_get(source, size, e % half * 2);                                   \
            uint64_t b = vector_get(source, size, e % half * 2 + 1);                               \
            int64_t sa = SIGNED(a), sb = SIGNED(b);                                                \
                                                                                                   \
            (void)sa, (void)sb;                                                                    \
            vector_set(&result, size, e, (uint64_t)(expression));                                  \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

/* For each element of a one-operand instruction. */
#define TWO_SAME(name, expression)                                                                 \
    EL0_FP_HANDLER(simd_##name)                                                                    \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn);                                                 \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = vector_get(&n, size, e), d = vector_get(&old, size, e);                   \
            int64_t sa = SIGNED(a);                                                                \
                                                                                                   \
            (void)bits, (void)sa, (void)d;                                                         \
            vector_set(&result, size, e, (uint64_t)(expression));                                  \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

/* All ones if a comparison holds. */
#define MASK(condition) ((condition) ? UINT64_MAX : 0)

#define SAT_S(value) saturate_signed(cpu, value, bits)
#define SAT_U(value) saturate_unsigned(cpu, value, bits)

/* ---- three registers of the same kind ---- */

THREE_SAME(shadd, (sa + sb) >> 1)
THREE_SAME(uhadd, (a + b) >> 1)
THREE_SAME(srhadd, (sa + sb + 1) >> 1)
THREE_SAME(urhadd, (a + b + 1) >> 1)
THREE_SAME(shsub, (sa - sb) >> 1)
THREE_SAME(uhsub, (a - b) >> 1)
THREE_SAME(sqadd, SAT_S((wide_t)sa + sb))
THREE_SAME(uqadd, SAT_U((wide_t)a + b))
THREE_SAME(sqsub, SAT_S((wide_t)sa - sb))
THREE_SAME(uqsub, SAT_U((wide_t)a - b))
THREE_SAME(and, (a & b))
THREE_SAME(bic, a & ~b)
THREE_SAME(orr, a | b)
THREE_SAME(orn, a | ~b)
THREE_SAME(eor, a ^ b)
THREE_SAME(bsl, (a & d) | (b & ~d))
THREE_SAME(bit, (a & b) | (d & ~b))
THREE_SAME(bif, (a & ~b) | (d & b))
THREE_SAME(cmgt, MASK(sa > sb))
THREE_SAME(cmhi, MASK(a > b))
THREE_SAME(cmge, MASK(sa >= sb))
THREE_SAME(cmhs, MASK(a >= b))
THREE_SAME(cmtst, MASK((a & b) != 0))
THREE_SAME(cmeq, MASK(a == b))
THREE_SAME(smax, sa > sb ? sa : sb)
THREE_SAME(umax, a > b ? a : b)
THREE_SAME(smin, sa < sb ? sa : sb)
THREE_SAME(umin, a < b ? a : b)
THREE_SAME(sabd, sa > sb ? sa - sb : sb - sa)
THREE_SAME(uabd, a > b ? a - b : b - a)
THREE_SAME(saba, d + (uint64_t)(sa > sb ? sa - sb : sb - sa))
THREE_SAME(uaba, d + (a > b ? a - b : b - a))
THREE_SAME(add, a + b)
THREE_SAME(sub, a - b)
THREE_SAME(mla, d + a * b)
THREE_SAME(mls, d - a * b)
THREE_SAME(mul, a *b)
THREE_SAME(sqdmulh, SAT_S((wide_t)sa *sb * 2 >> bits))
THREE_SAME(sqrdmulh, SAT_S(((wide_t)sa * sb * 2 + ((wide_t)1 << (bits - 1))) >> bits))

PAIRWISE(addp, a + b)
PAIRWISE(smaxp, sa > sb ? sa : sb)
PAIRWISE(umaxp, a > b ? a : b)
PAIRWISE(sminp, sa < sb ? sa : sb)
PAIRWISE(uminp, a < b ? a : b)

THREE_SAME(pmul, vector_polynomial_product(a, b))

THREE_SAME(sshl, saturate_shift_cut(sa, b, false))
THREE_SAME(ushl, saturate_shift_cut(a, b, false))
THREE_SAME(srshl, saturate_shift_cut(sa, b, true))
THREE_SAME(urshl, saturate_shift_cut(a, b, true))
THREE_SAME(sqshl, saturate_shift(cpu, sa, b, false, true, bits))
THREE_SAME(uqshl, saturate_shift(cpu, a, b, false, false, bits))
THREE_SAME(sqrshl, saturate_shift(cpu, sa, b, true, true, bits))
THREE_SAME(uqrshl, saturate_shift(cpu, a, b, true, false, bits))

/* ---- two registers ---- */

/* An element with its parts of part bits in the opposite order. */
static uint64_t reversed(uint64_t a, unsigned bits, unsigned part)
{
    uint64_t result = 0;
    unsigned at = 0;

    do {
        result = result << part | (a >> at & el0_ones(part));
        at += part;
    } while (at < bits);
    return result;
}

static unsigned sign_copies(int64_t a, unsigned bits)
{
    return el0_leading_zeros((uint64_t)(a ^ a >> 1) & el0_ones(bits - 1), bits) - 1;
}

TWO_SAME(rev_b, reversed(a, bits, 8))
TWO_SAME(rev_h, reversed(a, bits, 16))
TWO_SAME(rev_s, reversed(a, bits, 32))
TWO_SAME(cls, sign_copies(sa, bits))
TWO_SAME(clz, el0_leading_zeros(a, bits))
TWO_SAME(cnt, __builtin_popcountll(a))
TWO_SAME(not, ~a)
TWO_SAME(rbit, reversed(a, bits, 1))
TWO_SAME(suqadd, SAT_S((wide_t)SIGNED(d) + a))
TWO_SAME(usqadd, SAT_U((wide_t)d + sa))
TWO_SAME(sqabs, SAT_S(sa < 0 ? -(wide_t)sa : sa))
TWO_SAME(sqneg, SAT_S(-(wide_t)sa))
TWO_SAME(cmgt_zero, MASK(sa > 0))
TWO_SAME(cmge_zero, MASK(sa >= 0))
TWO_SAME(cmeq_zero, MASK(sa == 0))
TWO_SAME(cmle_zero, MASK(sa <= 0))
TWO_SAME(cmlt_zero, MASK(sa < 0))
TWO_SAME(abs, sa < 0 ? -a : a)
TWO_SAME(neg, -a)

/* ---- shifts by an immediate ---- */

#define SHIFT_IMM(name, expression)                                                                \
    EL0_FP_HANDLER(simd_##name)                                                                    \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn);                                                 \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size, shift = SIMD_OPTION(i);                          \
                                                                                                   \
        for (unsigned e = 0; e < SIMD_COUNT(i); e++) {                                             \
            uint64_t a = vector_get(&n, size, e), d = vector_get(&old, size, e);                   \
            int64_t sa = SIGNED(a);                                                                \
                                                                                                   \
            (void)bits, (void)sa, (void)d;                                                         \
            vector_set(&result, size, e, (uint64_t)(expression));                                  \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

SHIFT_IMM(sshr_imm, saturate_shift_right(sa, shift, false))
SHIFT_IMM(ushr_imm, saturate_shift_right(a, shift, false))
SHIFT_IMM(srshr_imm, saturate_shift_right(sa, shift, true))
SHIFT_IMM(urshr_imm, saturate_shift_right(a, shift, true))
SHIFT_IMM(ssra_imm, d + (uint64_t)saturate_shift_right(sa, shift, false))
SHIFT_IMM(usra_imm, d + (uint64_t)saturate_shift_right(a, shift, false))
SHIFT_IMM(srsra_imm, d + (uint64_t)saturate_shift_right(sa, shift, true))
SHIFT_IMM(ursra_imm, d + (uint64_t)saturate_shift_right(a, shift, true))
/* 0 to 64 one bits. */
#define LOW_BITS(count) ((uint64_t)(((wide_t)1 << (count)) - 1))

SHIFT_IMM(sri_imm, (d & ~LOW_BITS(bits - shift)) | (uint64_t)saturate_shift_right(a, shift, false))
SHIFT_IMM(sli_imm, (d & LOW_BITS(shift)) | a << shift)
SHIFT_IMM(shl_imm, a << shift)
SHIFT_IMM(sqshl_imm, saturate_shift(cpu, sa, shift, false, true, bits))
SHIFT_IMM(uqshl_imm, saturate_shift(cpu, a, shift, false, false, bits))
SHIFT_IMM(sqshlu_imm, saturate_shift(cpu, sa, shift, false, false, bits))
