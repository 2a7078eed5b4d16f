#include "el0/simd.h"

/*
 * Advanced SIMD that moves elements without computing: copies, constants, permutations, tables.
 * As in simd.c, ra is the size of an element and imm the number of elements.
 */

/* ---- copies: imm8 in bits 15 to 8 of imm is the index of the element ---- */

#define COUNT ((unsigned)i->imm & 0xff)
#define INDEX ((unsigned)(i->imm >> 8) & 0xff)
#define FROM_INDEX ((unsigned)(i->imm >> 16))

static struct el0_insn *duplicate(struct el0_cpu *cpu, struct el0_insn *i, uint64_t value)
{
    struct vector result = {{0, 0}};

    for (unsigned e = 0; e < COUNT; e++)
        vector_set(&result, i->ra, e, value);
    vector_write(cpu, i->rd, result);
    return i + 1;
}

SIMD_HANDLER(simd_dup_element)
{
    struct vector n = vector_read(cpu, i->rn);

    return duplicate(cpu, i, vector_get(&n, i->ra, INDEX));
}

SIMD_HANDLER(simd_dup_general)
{
    return duplicate(cpu, i, cpu->r[i->rn]);
}

SIMD_HANDLER(simd_umov)
{
    struct vector n = vector_read(cpu, i->rn);

    cpu->r[i->rd] = vector_get(&n, i->ra, INDEX);
    return i + 1;
}

/* Q says how wide the general register is. */
SIMD_HANDLER(simd_smov)
{
    struct vector n = vector_read(cpu, i->rn);
    int64_t value = el0_sign_extend(vector_get(&n, i->ra, INDEX), 8u << i->ra);

    cpu->r[i->rd] = i->word >> 30 & 1 ? (uint64_t)value : (uint32_t)value;
    return i + 1;
}

SIMD_HANDLER(simd_ins_general)
{
    struct vector result = vector_read(cpu, i->rd);

    vector_set(&result, i->ra, INDEX, cpu->r[i->rn]);
    vector_write(cpu, i->rd, result);
    return i + 1;
}

SIMD_HANDLER(simd_ins_element)
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

SIMD_HANDLER(simd_movi)
{
    vector_write(cpu, i->rd, (struct vector){{i->imm, upper(i, i->imm)}});
    return i + 1;
}

SIMD_HANDLER(simd_orr_imm)
{
    struct vector d = vector_read(cpu, i->rd);

    vector_write(cpu, i->rd,
                 (struct vector){{d.half[0] | i->imm, upper(i, d.half[1] | i->imm)}});
    return i + 1;
}

SIMD_HANDLER(simd_bic_imm)
{
    struct vector d = vector_read(cpu, i->rd);

    vector_write(cpu, i->rd,
                 (struct vector){{d.half[0] & ~i->imm, upper(i, d.half[1] & ~i->imm)}});
    return i + 1;
}

/* ---- permutations: from first operand then second operand, as one row of elements ---- */

#define PERMUTE(name, element)                                                                     \
    SIMD_HANDLER(simd_##name)                                                                      \
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

/* count is 8 or 16 bytes; bits 15 to 8 of imm are the first byte taken. */
SIMD_HANDLER(simd_ext)
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

/* ---- table lookup: bits 15 to 8 of imm are the number of table registers, from rn on ---- */

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

SIMD_HANDLER(simd_tbl)
{
    return lookup(cpu, i, (struct vector){{0, 0}});
}

SIMD_HANDLER(simd_tbx)
{
    return lookup(cpu, i, vector_read(cpu, i->rd));
}
