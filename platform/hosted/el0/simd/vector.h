/*
 * Vectors for the Advanced SIMD handlers: elements of 1 << size bytes, numbered from the low end.
 *
 * As decode.c leaves them: ra is the size of an element, imm holds the number of elements (bits 7
 * to 0), an index, a shift or whatever the instruction has (15 to 8), whether the narrow side is
 * the upper half of a register (16), and 1 + the index of the one element of the second operand
 * that is used (31 to 24), or 0 if all are. A count of 1 in the scalar forms lets one handler
 * serve both.
 */
#ifndef EL0_SIMD_VECTOR_H
#define EL0_SIMD_VECTOR_H

#include "el0/decode.h"

#define SIMD_COUNT(i) ((unsigned)(i)->imm & 0xff)
#define SIMD_OPTION(i) ((unsigned)((i)->imm >> 8) & 0xff)
#define SIMD_UPPER(i) ((unsigned)((i)->imm >> 16) & 1)
#define SIMD_BY_ELEMENT(i) ((unsigned)((i)->imm >> 24))

struct vector {
    uint64_t half[2]; /* low half first */
};

static inline struct vector vector_read(const struct el0_cpu *cpu, unsigned number)
{
    return (struct vector){{cpu->fp->v[number][0], cpu->fp->v[number][1]}};
}

static inline void vector_write(struct el0_cpu *cpu, unsigned number, struct vector vector)
{
    cpu->fp->v[number][0] = vector.half[0];
    cpu->fp->v[number][1] = vector.half[1];
}

static inline uint64_t vector_get(const struct vector *vector, unsigned size, unsigned element)
{
    unsigned byte = element << size;

    return vector->half[byte / 8] >> byte % 8 * 8 & el0_ones(8u << size);
}

static inline void vector_set(struct vector *vector, unsigned size, unsigned element,
                              uint64_t value)
{
    unsigned byte = element << size;
    uint64_t hole = el0_ones(8u << size);

    vector->half[byte / 8] &= ~(hole << byte % 8 * 8);
    vector->half[byte / 8] |= (value & hole) << byte % 8 * 8;
}

/* 16 or 8, by the pattern's Q. */
unsigned vector_bytes(const struct decode_line *line, const struct el0_insn *i);

/* The second operand: a register, or one element of it everywhere. */
static inline struct vector vector_second(const struct el0_cpu *cpu, const struct el0_insn *i)
{
    struct vector m = vector_read(cpu, i->rm), result = {{0, 0}};
    uint64_t element;

    if (SIMD_BY_ELEMENT(i) == 0)
        return m;
    element = vector_get(&m, i->ra, SIMD_BY_ELEMENT(i) - 1);
    for (unsigned e = 0; e < 16u >> i->ra; e++)
        vector_set(&result, i->ra, e, element);
    return result;
}

/* The product of polynomials over {0, 1} of degree 7, whose coefficients are bits. */
uint64_t vector_polynomial_product(uint64_t a, uint64_t b);

/* The operand functions that the files of handlers share are in vector.c. */
#define SIMD(pattern, mnemonic, operands, handler) el0_operands operands_##operands;
#define SIMD_LONG SIMD
#define SIMD_FP SIMD
#define SIMD_MOVE SIMD
#include "el0/table.def"

#endif
