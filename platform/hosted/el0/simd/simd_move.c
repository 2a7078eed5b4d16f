#include "el0/simd/simd_move.h"

#include "el0/float/float_convert.h"

/*
 * Advanced SIMD that moves elements without computing: copies, constants, permutations, tables.
 */

/* ---- operands ---- */

/* The lowest set bit of imm5 is the size, the bits above it the index. */
static bool copy(const struct decode_line *line, struct el0_insn *i, unsigned count)
{
    unsigned imm5 = (unsigned)GET(imm5);

    if (imm5 % 16 == 0)
        return false;
    i->ra = (uint8_t)__builtin_ctz(imm5);
    i->imm = count >> i->ra | (imm5 >> (i->ra + 1)) << 8;
    return true;
}

EL0_OPERANDS(copy)
{
    return copy(line, i, vector_bytes(line, i)) && (GET(Q) || i->ra < 3);
}

EL0_OPERANDS(copy_scalar)
{
    if (!copy(line, i, 0))
        return false;
    i->imm |= 1;
    return true;
}

EL0_OPERANDS(copy_signed)
{
    return copy(line, i, 0) && i->ra < (GET(Q) ? 3 : 2);
}

EL0_OPERANDS(copy_unsigned)
{
    return copy(line, i, 0) && (i->ra == 3) == GET(Q);
}

EL0_OPERANDS(insert)
{
    return copy(line, i, 0);
}

EL0_OPERANDS(insert_element)
{
    if (!copy(line, i, 0))
        return false;
    i->imm |= GET(imm4) >> i->ra << 16;
    return true;
}

EL0_OPERANDS(table)
{
    i->imm = vector_bytes(line, i) | (GET(len) + 1) << 8;
    return true;
}

EL0_OPERANDS(bytes_from)
{
    i->imm = vector_bytes(line, i) | GET(imm4) << 8;
    return GET(imm4) < vector_bytes(line, i);
}

/* AdvSIMDExpandImm (Arm ARM, shared pseudocode): half a vector. */
EL0_OPERANDS(constant)
{
    uint64_t imm8 = GET(abc) << 5 | GET(defgh), value = 0;
    unsigned cmode = i->word >> 12 & 15, op = i->word >> 29 & 1;

    if (cmode < 8) {
        value = (imm8 << cmode / 2 * 8) * 0x0000000100000001;
    } else if (cmode < 12) {
        value = (imm8 << cmode / 2 % 2 * 8) * 0x0001000100010001;
    } else if (cmode < 14) {
        value = cmode == 12 ? imm8 << 8 | 0xff : imm8 << 16 | 0xffff;
        value *= 0x0000000100000001;
    } else if (cmode == 14 && op == 0) {
        value = imm8 * 0x0101010101010101;
    } else if (cmode == 14) {
        for (unsigned bit = 0; bit < 8; bit++)
            value |= (imm8 >> bit & 1) * 0xff << bit * 8;
    } else if (op == 0) {
        value = float_constant(FLOAT_SINGLE, (unsigned)imm8) * 0x0000000100000001;
    } else {
        value = float_constant(FLOAT_DOUBLE, (unsigned)imm8);
    }
    i->imm = value;
    return true;
}

EL0_OPERANDS(constant_not)
{
    operands_constant(line, i);
    i->imm = ~i->imm;
    return true;
}

/* ---- copies: the option is the index of the element ---- */

#define COUNT SIMD_COUNT(i)
#define INDEX SIMD_OPTION(i)
#define FROM_INDEX ((unsigned)(i->imm >> 16))

static struct el0_insn *duplicate(struct el0_cpu *cpu, struct el0_insn *i, uint64_t value)
{
    struct vector result = {{0, 0}};

    for (unsigned e = 0; e < COUNT; e++)
        vector_set(&result, i->ra, e, value);
    vector_write(cpu, i->rd, result);
    return i + 1;
}

EL0_FP_HANDLER(simd_move_dup_element)
{
    struct vector n = vector_read(cpu, i->rn);

    return duplicate(cpu, i, vector_get(&n, i->ra, INDEX));
}

EL0_FP_HANDLER(simd_move_dup_general)
{
    return duplicate(cpu, i, cpu->r[i->rn]);
}

EL0_FP_HANDLER(simd_move_umov)
{
    struct vector n = vector_read(cpu, i->rn);

    cpu->r[i->rd] = vector_get(&n, i->ra, INDEX);
    return i + 1;
}

/* Q says how wide the general register is. */
EL0_FP_HANDLER(simd_move_smov)
{
    struct vector n = vector_read(cpu, i->rn);
    int64_t value = el0_sign_extend(vector_get(&n, i->ra, INDEX), 8u << i->ra);

    cpu->r[i->rd] = i->word >> 30 & 1 ? (uint64_t)value : (uint32_t)value;
    return i + 1;
}

EL0_FP_HANDLER(simd_move_ins_general)
{
    struct vector result = vector_read(cpu, i->rd);

    vector_set(&result, i->ra, INDEX, cpu->r[i->rn]);
    vector_write(cpu, i->rd, result);
    return i + 1;
}

EL0_FP_HANDLER(simd_move_ins_element)
{
    struct vector n = vector_read(cpu, i->rn), result = vector_read(cpu, i->rd);

    vector_set(&result, i->ra, INDEX, vector_get(&n, i->ra, FROM_INDEX));
    vector_write(cpu, i->rd, result);
    return i + 1;
}

/* ---- constants: imm is a half of the result, the upper one only if Q ---- */

static uint64_t upper(const struct el0_insn *i, uint64_t half)
{
    return i->word >> 30 & 1 ? half : 0;
}

EL0_FP_HANDLER(simd_move_movi)
{
    vector_write(cpu, i->rd, (struct vector){{i->imm, upper(i, i->imm)}});
    return i + 1;
}

EL0_FP_HANDLER(simd_move_orr_imm)
{
    struct vector d = vector_read(cpu, i->rd);

    vector_write(cpu, i->rd, (struct vector){{d.half[0] | i->imm, upper(i, d.half[1] | i->imm)}});
    return i + 1;
}

EL0_FP_HANDLER(simd_move_bic_imm)
{
    struct vector d = vector_read(cpu, i->rd);

    vector_write(cpu, i->rd, (struct vector){{d.half[0] & ~i->imm, upper(i, d.half[1] & ~i->imm)}});
    return i + 1;
}

/* ---- permutations: from first operand then second operand, as one row of elements ---- */

#define PERMUTE(name, element)                                                                     \
    EL0_FP_HANDLER(simd_move_##name)                                                               \
    {                                                                                              \
        struct vector from[2] = {vector_read(cpu, i->rn), vector_read(cpu, i->rm)};                \
        struct vector result = {{0, 0}};                                                           \
        unsigned count = (unsigned)i->imm;                                                         \
                                                                                                   \
        for (unsigned e = 0; e < count; e++) {                                                     \
            unsigned k = element;                                                                  \
                                                                                                   \
            vector_set(&result, i->ra, e, vector_get(&from[k / count], i->ra, k % count));         \
        }                                                                                          \
        vector_write(cpu, i->rd, result);                                                          \
        return i + 1;                                                                              \
    }

PERMUTE(uzp1, e * 2)
PERMUTE(uzp2, e * 2 + 1)
PERMUTE(trn1, e % 2 * count + e / 2 * 2)
PERMUTE(trn2, e % 2 * count + e / 2 * 2 + 1)
PERMUTE(zip1, e % 2 * count + e / 2)
PERMUTE(zip2, e % 2 * count + (count + e) / 2)

/* The option is the first byte taken. */
EL0_FP_HANDLER(simd_move_ext)
{
    struct vector from[2] = {vector_read(cpu, i->rn), vector_read(cpu, i->rm)};
    struct vector result = {{0, 0}};

    for (unsigned e = 0; e < COUNT; e++) {
        unsigned k = e + INDEX;

        vector_set(&result, 0, e, vector_get(&from[k / COUNT], 0, k % COUNT));
    }
    vector_write(cpu, i->rd, result);
    return i + 1;
}

/* ---- table lookup: the option is the number of table registers, from rn on ---- */

static struct el0_insn *lookup(struct el0_cpu *cpu, struct el0_insn *i, struct vector result)
{
    struct vector indices = vector_read(cpu, i->rm);

    for (unsigned e = 0; e < COUNT; e++) {
        unsigned k = (unsigned)vector_get(&indices, 0, e);

        if (k / 16 < INDEX) {
            struct vector table = vector_read(cpu, (i->rn + k / 16) % 32);

            vector_set(&result, 0, e, vector_get(&table, 0, k % 16));
        }
    }
    if (COUNT == 8)
        result.half[1] = 0;
    vector_write(cpu, i->rd, result);
    return i + 1;
}

EL0_FP_HANDLER(simd_move_tbl)
{
    return lookup(cpu, i, (struct vector){{0, 0}});
}

EL0_FP_HANDLER(simd_move_tbx)
{
    return lookup(cpu, i, vector_read(cpu, i->rd));
}
