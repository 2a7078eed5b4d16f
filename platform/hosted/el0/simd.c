#include "el0/simd.h"

#include "el0/float.h"

/*
 * Advanced SIMD on integers, element by element. ra is the size of an element, imm the number of
 * elements, 1 for the scalar forms: so one handler serves the vector and the scalar form.
 *
 * In the expressions a, b and d are the elements of the first and the second operand and of the old
 * destination; sa, sb, sd are the same as signed numbers; bits is the width of an element.
 */

typedef __int128 i128;

#define SIGNED(value) el0_sign_extend(value, bits)

/* For each element of a two-operand instruction. */
#define THREE_SAME(name, expression)                                                               \
    SIMD_HANDLER(simd_##name)                                                                      \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn), m = vector_read(cpu, i->rm);                    \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < i->imm; e++) {                                                    \
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
    SIMD_HANDLER(simd_##name)                                                                      \
    {                                                                                              \
        struct vector from[2] = {vector_read(cpu, i->rn), vector_read(cpu, i->rm)};                \
        struct vector result = {{0, 0}};                                                           \
        unsigned size = i->ra, bits = 8u << size, half = (unsigned)i->imm / 2;                     \
                                                                                                   \
        for (unsigned e = 0; e < i->imm; e++) {                                                    \
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
    SIMD_HANDLER(simd_##name)                                                                      \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn);                                                 \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size;                                                  \
                                                                                                   \
        for (unsigned e = 0; e < i->imm; e++) {                                                    \
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

/* ---- saturation, which sets FPSR.QC ---- */

static uint64_t saturate_signed(struct el0_cpu *cpu, i128 value, unsigned bits)
{
    i128 max = (i128)el0_ones(bits - 1);

    if (value > max || value < -max - 1) {
        cpu->fp->fpsr |= FLOAT_FPSR_QC;
        value = value > max ? max : -max - 1;
    }
    return (uint64_t)value;
}

static uint64_t saturate_unsigned(struct el0_cpu *cpu, i128 value, unsigned bits)
{
    i128 max = (i128)el0_ones(bits);

    if (value > max || value < 0) {
        cpu->fp->fpsr |= FLOAT_FPSR_QC;
        value = value > max ? max : 0;
    }
    return (uint64_t)value;
}

#define SAT_S(value) saturate_signed(cpu, value, bits)
#define SAT_U(value) saturate_unsigned(cpu, value, bits)

/* ---- three registers of the same kind ---- */

THREE_SAME(shadd, (sa + sb) >> 1)
THREE_SAME(uhadd, (a + b) >> 1)
THREE_SAME(srhadd, (sa + sb + 1) >> 1)
THREE_SAME(urhadd, (a + b + 1) >> 1)
THREE_SAME(shsub, (sa - sb) >> 1)
THREE_SAME(uhsub, (a - b) >> 1)
THREE_SAME(sqadd, SAT_S((i128)sa + sb))
THREE_SAME(uqadd, SAT_U((i128)a + b))
THREE_SAME(sqsub, SAT_S((i128)sa - sb))
THREE_SAME(uqsub, SAT_U((i128)a - b))
THREE_SAME(and, a & b)
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
THREE_SAME(mul, a * b)
THREE_SAME(sqdmulh, SAT_S((i128)sa * sb * 2 >> bits))
THREE_SAME(sqrdmulh, SAT_S(((i128)sa * sb * 2 + ((i128)1 << (bits - 1))) >> bits))

PAIRWISE(addp, a + b)
PAIRWISE(smaxp, sa > sb ? sa : sb)
PAIRWISE(umaxp, a > b ? a : b)
PAIRWISE(sminp, sa < sb ? sa : sb)
PAIRWISE(uminp, a < b ? a : b)

/* The product of polynomials over {0, 1}. */
static uint64_t polynomial_product(uint64_t a, uint64_t b)
{
    uint64_t product = 0;

    for (unsigned bit = 0; bit < 8; bit++)
        product ^= (b >> bit & 1) ? a << bit : 0;
    return product;
}

THREE_SAME(pmul, polynomial_product(a, b))

/* value * 2^shift, by a shift of -128 to 127 bits, before it is cut to an element. value has at most
 * 65 bits, so a shift right by 66 leaves what any longer one does. */
static i128 shifted_right(i128 value, unsigned amount, bool is_rounding)
{
    if (amount > 66)
        amount = 66;
    if (is_rounding && amount > 0)
        value += (i128)1 << (amount - 1);
    return value >> amount;
}

static uint64_t shifted(i128 value, uint64_t by, bool is_rounding)
{
    int shift = (int8_t)by;

    if (shift < 0)
        return (uint64_t)shifted_right(value, (unsigned)-shift, is_rounding);
    return shift > 63 ? 0 : (uint64_t)value << shift;
}

/* The same, saturated to bits: past the width of the element nothing but zero fits. */
static uint64_t shifted_saturated(struct el0_cpu *cpu, i128 value, uint64_t by, bool is_rounding,
                                  bool is_signed, unsigned bits)
{
    int shift = (int8_t)by;

    if (shift < 0)
        value = shifted_right(value, (unsigned)-shift, is_rounding);
    else if (shift >= (int)bits)
        value = value > 0 ? (i128)1 << 64 : value < 0 ? -((i128)1 << 64) : 0;
    else
        value *= (i128)1 << shift;
    return is_signed ? saturate_signed(cpu, value, bits) : saturate_unsigned(cpu, value, bits);
}

THREE_SAME(sshl, shifted(sa, b, false))
THREE_SAME(ushl, shifted(a, b, false))
THREE_SAME(srshl, shifted(sa, b, true))
THREE_SAME(urshl, shifted(a, b, true))
THREE_SAME(sqshl, shifted_saturated(cpu, sa, b, false, true, bits))
THREE_SAME(uqshl, shifted_saturated(cpu, a, b, false, false, bits))
THREE_SAME(sqrshl, shifted_saturated(cpu, sa, b, true, true, bits))
THREE_SAME(uqrshl, shifted_saturated(cpu, a, b, true, false, bits))

/* ---- two registers ---- */

/* An element with its parts of part bits in the opposite order. */
static uint64_t reversed(uint64_t a, unsigned bits, unsigned part)
{
    uint64_t result = 0;

    for (unsigned at = 0; at < bits; at += part)
        result = result << part | (a >> at & el0_ones(part));
    return result;
}

static unsigned leading_zeros(uint64_t a, unsigned bits)
{
    return a == 0 ? bits : (unsigned)__builtin_clzll(a) - (64 - bits);
}

static unsigned sign_copies(int64_t a, unsigned bits)
{
    return leading_zeros((uint64_t)(a ^ a >> 1) & el0_ones(bits - 1), bits) - 1;
}

TWO_SAME(rev_b, reversed(a, bits, 8))
TWO_SAME(rev_h, reversed(a, bits, 16))
TWO_SAME(rev_s, reversed(a, bits, 32))
TWO_SAME(cls, sign_copies(sa, bits))
TWO_SAME(clz, leading_zeros(a, bits))
TWO_SAME(cnt, __builtin_popcountll(a))
TWO_SAME(not, ~a)
TWO_SAME(rbit, reversed(a, bits, 1))
TWO_SAME(suqadd, SAT_S((i128)SIGNED(d) + a))
TWO_SAME(usqadd, SAT_U((i128)d + sa))
TWO_SAME(sqabs, SAT_S(sa < 0 ? -(i128)sa : sa))
TWO_SAME(sqneg, SAT_S(-(i128)sa))
TWO_SAME(cmgt_zero, MASK(sa > 0))
TWO_SAME(cmge_zero, MASK(sa >= 0))
TWO_SAME(cmeq_zero, MASK(sa == 0))
TWO_SAME(cmle_zero, MASK(sa <= 0))
TWO_SAME(cmlt_zero, MASK(sa < 0))
TWO_SAME(abs, sa < 0 ? -a : a)
TWO_SAME(neg, -a)

/* ---- shifts by an immediate: the low byte of imm counts elements, the next holds the shift ---- */

#define COUNT ((unsigned)i->imm & 0xff)
#define SHIFT ((unsigned)(i->imm >> 8))

#define SHIFT_IMM(name, expression)                                                                \
    SIMD_HANDLER(simd_##name)                                                                      \
    {                                                                                              \
        struct vector n = vector_read(cpu, i->rn);                                                 \
        struct vector old = vector_read(cpu, i->rd), result = {{0, 0}};                            \
        unsigned size = i->ra, bits = 8u << size, shift = SHIFT;                                   \
                                                                                                   \
        for (unsigned e = 0; e < COUNT; e++) {                                                     \
            uint64_t a = vector_get(&n, size, e), d = vector_get(&old, size, e);                   \
            int64_t sa = SIGNED(a);                                                                \
                                                                                                   \
            (void)bits, (void)sa, (void)d;                                                         \
            vector_set(&result, size, e, (uint64_t)(expression));                                  \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

SHIFT_IMM(sshr_imm, shifted_right(sa, shift, false))
SHIFT_IMM(ushr_imm, shifted_right(a, shift, false))
SHIFT_IMM(srshr_imm, shifted_right(sa, shift, true))
SHIFT_IMM(urshr_imm, shifted_right(a, shift, true))
SHIFT_IMM(ssra_imm, d + (uint64_t)shifted_right(sa, shift, false))
SHIFT_IMM(usra_imm, d + (uint64_t)shifted_right(a, shift, false))
SHIFT_IMM(srsra_imm, d + (uint64_t)shifted_right(sa, shift, true))
SHIFT_IMM(ursra_imm, d + (uint64_t)shifted_right(a, shift, true))
SHIFT_IMM(sri_imm, (d & ~el0_ones(bits - shift)) | (uint64_t)shifted_right(a, shift, false))
SHIFT_IMM(sli_imm, (d & el0_ones(shift)) | a << shift)
SHIFT_IMM(shl_imm, a << shift)
SHIFT_IMM(sqshl_imm, shifted_saturated(cpu, sa, shift, false, true, bits))
SHIFT_IMM(uqshl_imm, shifted_saturated(cpu, a, shift, false, false, bits))
SHIFT_IMM(sqshlu_imm, shifted_saturated(cpu, sa, shift, false, false, bits))
