/*
 * Vectors for the Advanced SIMD handlers: elements of 1 << size bytes, numbered from the low end.
 */
#ifndef EL0_SIMD_H
#define EL0_SIMD_H

#include "el0/cpu.h"

struct vector {
    uint64_t half[2]; /* low half first */
};

/* Defines a handler that first sees that EL0 owns the FP registers. */
#define SIMD_HANDLER(name)                                                                         \
    static inline struct el0_insn *name##_owned(struct el0_cpu *cpu, struct el0_insn *i);          \
    EL0_HANDLER(name)                                                                              \
    {                                                                                              \
        return cpu->fp ? name##_owned(cpu, i) : el0_trap_fp(cpu, i);                               \
    }                                                                                              \
    static inline struct el0_insn *name##_owned(struct el0_cpu *cpu, struct el0_insn *i)

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

#endif
