/*
 * From an instruction word to a decoded instruction, by table.def and nothing else; and what the
 * operand functions, which stand beside the handlers they serve, need to read a word.
 */
#ifndef EL0_DECODE_H
#define EL0_DECODE_H

#include "el0/cpu.h"

enum { DECODE_NONE = -1 };

/* Compiles the table. Before any other call; again is harmless. */
void decode_init(void);

/* Decodes i->word, which lies offset bytes into its page: fills all of *i but word. */
void decode_insn(struct el0_insn *i, unsigned offset);

/* For traces and tests. The line of the table that word is decoded by, or DECODE_NONE if it is
 * undefined; how many lines there are; and what a line says. */
int decode_line(uint32_t word);
int decode_line_count(void);
const char *decode_line_mnemonic(int line);
void decode_line_bits(int line, uint32_t *mask, uint32_t *value);

/* The fields that patterns are made of. FIELD(name, width) is an immediate or a selector.
 * REGISTER(name, where struct el0_insn keeps the number, what 31 becomes): Rd, Rt, Rt2, Rs are
 * written; Rn, Rm, Ra, rt, rt2 are read; in Sn and Sd 31 is sp; V are SIMD&FP registers. */
#define DECODE_FIELDS(FIELD, REGISTER)                                                             \
    FIELD(sf, 1)                                                                                   \
    FIELD(sh, 1)                                                                                   \
    FIELD(sz, 1)                                                                                   \
    FIELD(hw, 2)                                                                                   \
    FIELD(size, 2)                                                                                 \
    FIELD(shift, 2)                                                                                \
    FIELD(opc, 2)                                                                                  \
    FIELD(len, 2)                                                                                  \
    FIELD(N, 1)                                                                                    \
    FIELD(S, 1)                                                                                    \
    FIELD(Q, 1)                                                                                    \
    FIELD(L, 1)                                                                                    \
    FIELD(H, 1)                                                                                    \
    FIELD(b5, 1)                                                                                   \
    FIELD(b40, 5)                                                                                  \
    FIELD(op2, 3)                                                                                  \
    FIELD(CRm, 4)                                                                                  \
    FIELD(cond, 4)                                                                                 \
    FIELD(nzcv, 4)                                                                                 \
    FIELD(option, 3)                                                                               \
    FIELD(scale, 6)                                                                                \
    FIELD(immr, 6)                                                                                 \
    FIELD(imms, 6)                                                                                 \
    FIELD(immlo, 2)                                                                                \
    FIELD(immhi, 19)                                                                               \
    FIELD(immh, 4)                                                                                 \
    FIELD(immb, 3)                                                                                 \
    FIELD(abc, 3)                                                                                  \
    FIELD(defgh, 5)                                                                                \
    FIELD(imm3, 3)                                                                                 \
    FIELD(imm4, 4)                                                                                 \
    FIELD(imm5, 5)                                                                                 \
    FIELD(imm6, 6)                                                                                 \
    FIELD(imm7, 7)                                                                                 \
    FIELD(imm8, 8)                                                                                 \
    FIELD(imm9, 9)                                                                                 \
    FIELD(imm12, 12)                                                                               \
    FIELD(imm14, 14)                                                                               \
    FIELD(imm16, 16)                                                                               \
    FIELD(imm19, 19)                                                                               \
    FIELD(imm26, 26)                                                                               \
    REGISTER(Rd, rd, EL0_NOWHERE)                                                                  \
    REGISTER(Rt, rd, EL0_NOWHERE)                                                                  \
    REGISTER(Rt2, ra, EL0_NOWHERE)                                                                 \
    REGISTER(Rs, rm, EL0_NOWHERE)                                                                  \
    REGISTER(Rn, rn, EL0_ZERO)                                                                     \
    REGISTER(Rm, rm, EL0_ZERO)                                                                     \
    REGISTER(Ra, ra, EL0_ZERO)                                                                     \
    REGISTER(rt, rd, EL0_ZERO)                                                                     \
    REGISTER(rt2, ra, EL0_ZERO)                                                                    \
    REGISTER(Sn, rn, EL0_SP)                                                                       \
    REGISTER(Sd, rd, EL0_SP)                                                                       \
    REGISTER(Vd, rd, 31)                                                                           \
    REGISTER(Vt, rd, 31)                                                                           \
    REGISTER(Vt2, ra, 31)                                                                          \
    REGISTER(Vn, rn, 31)                                                                           \
    REGISTER(Vm, rm, 31)                                                                           \
    REGISTER(Va, ra, 31)

enum decode_field {
#define DECODE_FIELD(name, width) DECODE_##name,
#define DECODE_REGISTER(name, slot, r31) DECODE_##name,
    DECODE_FIELDS(DECODE_FIELD, DECODE_REGISTER) DECODE_FIELD_COUNT
};

/* A line of the table, compiled. */
struct decode_line;

/* The field of i->word that line has under this name; it must have it. */
uint64_t decode_get(const struct decode_line *line, const struct el0_insn *i,
                    enum decode_field field);

/* An operand function brings the fields of i->word into the form that the handler wants, and says
 * whether they hold an allocated combination. The registers are extracted before it is called, and
 * imm is the offset of the instruction in its page. */
typedef bool el0_operands(const struct decode_line *line, struct el0_insn *i);

#define EL0_OPERANDS(name)                                                                         \
    bool operands_##name(const struct decode_line *line __attribute__((unused)),                   \
                         struct el0_insn *i __attribute__((unused)))

/* A field by its name, in an operand function. */
#define GET(name) decode_get(line, i, DECODE_##name)

#endif
