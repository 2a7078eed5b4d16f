#include "el0/decode.h"

#include <stddef.h>
#include <string.h>

#include "el0/float.h"

/*
 * The table, compiled at start-up into lines with a mask, a value and the place of each field, and
 * an index of the lines that a word can match by its bits 28 to 21.
 *
 * Decoding a word finds the first line that it matches, extracts the registers that the pattern
 * names, and calls the line's operand function, which puts the immediate into the form the handler
 * wants and says whether the fields hold an allocated combination.
 *
 * Invariant: two lines that overlap are a special case and, behind it, the general one.
 */

/* FIELD(name, width) is an immediate or a selector. REGISTER(name, where struct el0_insn keeps the
 * number, what 31 becomes): Rd, Rt, Rt2, Rs are written; Rn, Rm, Ra, rt, rt2 are read; in Sn and Sd
 * 31 is sp; V are SIMD&FP registers. */
#define FIELDS(FIELD, REGISTER)                                                                    \
    FIELD(sf, 1) FIELD(sh, 1) FIELD(hw, 2) FIELD(N, 1) FIELD(S, 1) FIELD(Q, 1) FIELD(U, 1)         \
    FIELD(b5, 1) FIELD(size, 2) FIELD(shift, 2) FIELD(immlo, 2) FIELD(imm3, 3) FIELD(option, 3)    \
    FIELD(op2, 3) FIELD(cond, 4) FIELD(nzcv, 4) FIELD(CRm, 4) FIELD(imm4, 4) FIELD(imm5, 5)        \
    FIELD(b40, 5) FIELD(imm6, 6) FIELD(immr, 6) FIELD(imms, 6) FIELD(scale, 6) FIELD(imm7, 7)      \
    FIELD(imm8, 8) FIELD(imm9, 9) FIELD(imm12, 12) FIELD(imm14, 14) FIELD(imm16, 16)               \
    FIELD(imm19, 19) FIELD(immhi, 19) FIELD(imm26, 26) FIELD(immh, 4) FIELD(immb, 3)               \
    FIELD(cmode, 4) FIELD(abc, 3) FIELD(defgh, 5) FIELD(opcode, 4) FIELD(opc, 2) FIELD(sz, 1)      \
    FIELD(L, 1) FIELD(M, 1) FIELD(H, 1) FIELD(len, 2)                             \
    REGISTER(Rd, rd, EL0_NOWHERE) REGISTER(Rt, rd, EL0_NOWHERE) REGISTER(Rt2, ra, EL0_NOWHERE)     \
    REGISTER(Rs, rm, EL0_NOWHERE) REGISTER(Rn, rn, EL0_ZERO) REGISTER(Rm, rm, EL0_ZERO)            \
    REGISTER(Ra, ra, EL0_ZERO) REGISTER(rt, rd, EL0_ZERO) REGISTER(rt2, ra, EL0_ZERO)              \
    REGISTER(Sn, rn, EL0_SP) REGISTER(Sd, rd, EL0_SP)                                              \
    REGISTER(Vd, rd, 31) REGISTER(Vt, rd, 31) REGISTER(Vt2, ra, 31) REGISTER(Vn, rn, 31)           \
    REGISTER(Vm, rm, 31) REGISTER(Va, ra, 31)

enum field {
#define FIELD_NUMBER(name, width) F_##name,
#define REGISTER_NUMBER(name, slot, r31) F_##name,
    FIELDS(FIELD_NUMBER, REGISTER_NUMBER) FIELD_COUNT
};

enum { NOT_A_REGISTER = 0, ABSENT = 0xff };

static const struct {
    const char *name;
    uint8_t width;
    uint8_t slot; /* offset in struct el0_insn, or NOT_A_REGISTER */
    uint8_t r31;
} fields[] = {
#define FIELD_LINE(name, width) {#name, width, NOT_A_REGISTER, 0},
#define REGISTER_LINE(name, slot, r31) {#name, 5, offsetof(struct el0_insn, slot), r31},
    FIELDS(FIELD_LINE, REGISTER_LINE)
};

static_assert(offsetof(struct el0_insn, rd) != NOT_A_REGISTER, "the handler comes first");

struct line {
    uint32_t mask, value;
    const char *mnemonic;
    bool (*operands)(const struct line *line, struct el0_insn *i);
    el0_handler *run[2];      /* by bit 31 for A64_SF, else the same twice */
    uint8_t lsb[FIELD_COUNT]; /* or ABSENT */
};

static uint64_t get(const struct line *line, const struct el0_insn *i, enum field field)
{
    return i->word >> line->lsb[field] & el0_ones(fields[field].width);
}

#define GET(name) get(line, i, F_##name)
#define OPERANDS(name)                                                                             \
    static bool operands_##name(const struct line *line __attribute__((unused)),                   \
                                struct el0_insn *i __attribute__((unused)))

/* ---- operand functions: imm holds the instruction's offset in its page when they are called ---- */

OPERANDS(none)
{
    return true;
}

OPERANDS(imm12)
{
    i->imm = GET(imm12) << (GET(sh) ? 12 : 0);
    return true;
}

/* A subtraction that sets no flags is an addition. */
OPERANDS(imm12_minus)
{
    i->imm = -(GET(imm12) << (GET(sh) ? 12 : 0));
    return true;
}

/* DecodeBitMasks (Arm ARM, shared pseudocode): an element of 2, 4, ... 64 bits with imms + 1 ones,
 * rotated right by immr, repeated. */
OPERANDS(bitmask)
{
    unsigned imms = (unsigned)GET(imms), immr = (unsigned)GET(immr);
    unsigned pattern = (unsigned)GET(N) << 6 | (~imms & 63);
    unsigned size = 64, ones;
    uint64_t element;

    if (pattern < 2 || (!GET(sf) && GET(N)))
        return false;
    while (!(pattern & size))
        size /= 2;
    ones = (imms & (size - 1)) + 1;
    immr &= size - 1;
    if (ones == size)
        return false;
    element = el0_ones(ones);
    if (immr != 0)
        element = (element >> immr | element << (size - immr)) & el0_ones(size);
    for (; size < 64; size *= 2)
        element |= element << size;
    i->imm = GET(sf) ? element : (uint32_t)element;
    return true;
}

OPERANDS(move_wide)
{
    i->ra = (uint8_t)(GET(hw) * 16);
    i->imm = GET(imm16) << i->ra;
    return GET(sf) || i->ra < 32;
}

OPERANDS(move_wide_not)
{
    if (!operands_move_wide(line, i))
        return false;
    i->imm = GET(sf) ? ~i->imm : (uint32_t)~i->imm;
    return true;
}

/* x << rm >> ra, taken in 64 bits, moves the field to where it belongs and drops the rest. */
OPERANDS(bitfield)
{
    unsigned width = GET(sf) ? 64 : 32;
    unsigned immr = (unsigned)GET(immr), imms = (unsigned)GET(imms);

    if (GET(N) != GET(sf) || immr >= width || imms >= width)
        return false;
    i->rm = (uint8_t)(63 - imms);
    i->ra = (uint8_t)(imms >= immr ? i->rm + immr : i->rm - (width - immr));
    return true;
}

OPERANDS(extract)
{
    i->imm = GET(imms);
    return GET(N) == GET(sf) && (GET(sf) || i->imm < 32);
}

OPERANDS(shifted)
{
    i->ra = (uint8_t)GET(shift);
    i->imm = GET(imm6);
    return GET(sf) || i->imm < 32;
}

/* Addition and subtraction have no rotated operand. */
OPERANDS(shifted_add)
{
    return operands_shifted(line, i) && i->ra != 3;
}

OPERANDS(extended)
{
    i->ra = (uint8_t)GET(option);
    i->imm = GET(imm3);
    return i->imm <= 4;
}

OPERANDS(cond)
{
    i->ra = (uint8_t)GET(cond);
    return true;
}

OPERANDS(cond_compare)
{
    i->ra = (uint8_t)GET(cond);
    i->imm = GET(nzcv) << 28;
    return true;
}

OPERANDS(cond_compare_imm)
{
    i->rm = (uint8_t)GET(imm5);
    return operands_cond_compare(line, i);
}

/* Targets and addresses relative to the pc become relative to the start of the page. */
OPERANDS(adr)
{
    i->imm += (uint64_t)el0_sign_extend(GET(immhi) << 2 | GET(immlo), 21);
    return true;
}

OPERANDS(adrp)
{
    i->imm = (uint64_t)el0_sign_extend(GET(immhi) << 2 | GET(immlo), 21) << 12;
    return true;
}

OPERANDS(branch26)
{
    i->imm += (uint64_t)el0_sign_extend(GET(imm26), 26) * 4;
    return true;
}

OPERANDS(pc_relative19)
{
    i->imm += (uint64_t)el0_sign_extend(GET(imm19), 19) * 4;
    return true;
}

OPERANDS(branch_cond)
{
    i->ra = (uint8_t)GET(cond);
    return operands_pc_relative19(line, i);
}

OPERANDS(test_branch)
{
    i->ra = (uint8_t)(GET(b5) << 5 | GET(b40));
    i->imm += (uint64_t)el0_sign_extend(GET(imm14), 14) * 4;
    return true;
}

OPERANDS(imm16)
{
    i->imm = GET(imm16);
    return true;
}

OPERANDS(imm9)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm9), 9);
    return true;
}

/* log2 of the bytes moved by a load or store of one register: bits 31:30, and opc<1> for Q. */
static unsigned transfer_scale(const struct el0_insn *i)
{
    bool is_q = (i->word & (1u << 26 | 1u << 23)) == (1u << 26 | 1u << 23);

    return is_q ? 4 : i->word >> 30;
}

OPERANDS(scaled12)
{
    i->imm = GET(imm12) << transfer_scale(i);
    return true;
}

OPERANDS(register_offset)
{
    i->ra = (uint8_t)GET(option);
    i->imm = GET(S) ? transfer_scale(i) : 0;
    return i->ra & 2;
}

OPERANDS(pair32)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm7), 7) * 4;
    return true;
}

OPERANDS(pair64)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm7), 7) * 8;
    return true;
}

OPERANDS(pair128)
{
    i->imm = (uint64_t)el0_sign_extend(GET(imm7), 7) * 16;
    return true;
}

OPERANDS(size)
{
    i->imm = UINT64_C(1) << GET(size);
    return true;
}

OPERANDS(fp)
{
    i->imm = FLOAT_SINGLE + GET(sz);
    return true;
}

OPERANDS(fp_cond)
{
    i->ra = (uint8_t)GET(cond);
    return operands_fp(line, i);
}

OPERANDS(fp_cond_compare)
{
    operands_fp_cond(line, i);
    i->imm |= GET(nzcv) << 28;
    return true;
}

OPERANDS(fp_constant)
{
    i->imm = float_constant((enum float_format)(FLOAT_SINGLE + GET(sz)), (unsigned)GET(imm8));
    return true;
}

OPERANDS(fp_int)
{
    i->ra = 0;
    return operands_fp(line, i);
}

/* 64 - scale fraction bits, at most as many as the general register has. */
OPERANDS(fp_fixed)
{
    i->ra = (uint8_t)(64 - GET(scale));
    return operands_fp(line, i) && (GET(sf) || i->ra <= 32);
}

/* ---- vectors: ra is the size of an element, imm the number of elements ---- */

static unsigned vector_bytes(const struct line *line, const struct el0_insn *i)
{
    return GET(Q) ? 16 : 8;
}

static void elements(const struct line *line, struct el0_insn *i, unsigned size)
{
    i->ra = (uint8_t)size;
    i->imm = vector_bytes(line, i) >> size;
}

/* One doubleword alone is a scalar, for which there are encodings of their own. */
OPERANDS(vector_d)
{
    elements(line, i, (unsigned)GET(size));
    return i->imm > 1 || i->ra < 3;
}

OPERANDS(vector_s)
{
    return operands_vector_d(line, i) && i->ra < 3;
}

OPERANDS(vector_hs)
{
    return operands_vector_s(line, i) && i->ra > 0;
}

OPERANDS(vector_b)
{
    elements(line, i, 0);
    return GET(size) == 0;
}

OPERANDS(bytes)
{
    elements(line, i, 0);
    return true;
}

OPERANDS(halfwords)
{
    elements(line, i, 1);
    return true;
}

OPERANDS(words)
{
    elements(line, i, 2);
    return true;
}

OPERANDS(doublewords)
{
    elements(line, i, 3);
    return true;
}

OPERANDS(scalar)
{
    i->ra = i->word >> 22 & 3;
    i->imm = 1;
    return true;
}

OPERANDS(scalar_hs)
{
    operands_scalar(line, i);
    return i->ra == 1 || i->ra == 2;
}

/* The lowest set bit of imm5 is the size, the bits above it the index. */
static bool copy(const struct line *line, struct el0_insn *i, unsigned count)
{
    unsigned imm5 = (unsigned)GET(imm5);

    if (imm5 % 16 == 0)
        return false;
    i->ra = (uint8_t)__builtin_ctz(imm5);
    i->imm = count >> i->ra | (imm5 >> (i->ra + 1)) << 8;
    return true;
}

OPERANDS(copy)
{
    return copy(line, i, vector_bytes(line, i)) && (GET(Q) || i->ra < 3);
}

OPERANDS(copy_scalar)
{
    if (!copy(line, i, 0))
        return false;
    i->imm |= 1;
    return true;
}

OPERANDS(copy_signed)
{
    return copy(line, i, 0) && i->ra < (GET(Q) ? 3 : 2);
}

OPERANDS(copy_unsigned)
{
    return copy(line, i, 0) && (i->ra == 3) == GET(Q);
}

OPERANDS(insert)
{
    return copy(line, i, 0);
}

OPERANDS(insert_element)
{
    if (!copy(line, i, 0))
        return false;
    i->imm |= GET(imm4) >> i->ra << 16;
    return true;
}

OPERANDS(table)
{
    i->imm = vector_bytes(line, i) | (GET(len) + 1) << 8;
    return true;
}

OPERANDS(bytes_from)
{
    i->imm = vector_bytes(line, i) | GET(imm4) << 8;
    return GET(imm4) < vector_bytes(line, i);
}

/* AdvSIMDExpandImm (Arm ARM, shared pseudocode): half a vector. */
OPERANDS(constant)
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

OPERANDS(constant_not)
{
    operands_constant(line, i);
    i->imm = ~i->imm;
    return true;
}

/* The highest set bit of immh is the size. imm is the count and, above its low byte, the shift. */
static bool shift_size(const struct line *line, struct el0_insn *i, bool is_right, bool is_scalar)
{
    unsigned immh = (unsigned)GET(immh), amount = immh << 3 | (unsigned)GET(immb), bits;

    if (immh == 0)
        return false;
    i->ra = (uint8_t)(31 - __builtin_clz(immh));
    bits = 8u << i->ra;
    amount = is_right ? 2 * bits - amount : amount - bits;
    i->imm = (is_scalar ? 1 : vector_bytes(line, i) >> i->ra) | amount << 8;
    return true;
}

OPERANDS(shift_right)
{
    return shift_size(line, i, true, false) && (GET(Q) || i->ra < 3);
}

OPERANDS(shift_left)
{
    return shift_size(line, i, false, false) && (GET(Q) || i->ra < 3);
}

OPERANDS(shift_left_scalar)
{
    return shift_size(line, i, false, true);
}

OPERANDS(shift_right_scalar_d)
{
    return shift_size(line, i, true, true) && i->ra == 3;
}

OPERANDS(shift_left_scalar_d)
{
    return shift_size(line, i, false, true) && i->ra == 3;
}

/* ---- structures: imm is registers, elements, lane; see simd_memory.c ---- */

/* Bit 23 says whether Rm is an increment. */
static void structure_base(struct el0_insn *i)
{
    if (!(i->word & 1u << 23))
        i->rm = EL0_NOWHERE;
}

OPERANDS(structures)
{
    /* By opcode, bits 15 to 12; the table has lines for those that exist. */
    static const uint8_t registers[16] = {4, 0, 4, 0, 3, 0, 3, 1, 2, 0, 2};
    static const uint8_t per_structure[16] = {4, 0, 1, 0, 3, 0, 1, 1, 2, 0, 1};
    unsigned opcode = i->word >> 12 & 15;

    structure_base(i);
    i->ra = (uint8_t)GET(size);
    i->imm = registers[opcode] | per_structure[opcode] << 8;
    return GET(Q) || i->ra < 3 || per_structure[opcode] == 1;
}

/* Bits 13 and 21 hold the number of elements less 1. */
static unsigned structure_elements(const struct el0_insn *i)
{
    return ((i->word >> 12 & 2) | (i->word >> 21 & 1)) + 1;
}

OPERANDS(replicate)
{
    structure_base(i);
    i->ra = (uint8_t)GET(size);
    i->imm = structure_elements(i) << 8;
    return true;
}

/* opc is the size, and Q:S:size the index, of which larger elements use fewer bits. */
OPERANDS(lane)
{
    unsigned index = (unsigned)(GET(Q) << 3 | GET(S) << 2 | GET(size));

    structure_base(i);
    i->ra = (uint8_t)GET(opc);
    if (i->ra == 2 && GET(size) == 1) {
        i->ra = 3;
        if (GET(S))
            return false;
        index &= ~1u;
    }
    i->imm = structure_elements(i) << 8 | index >> i->ra << 16;
    return i->ra < 3 + (GET(opc) == 2) && index % (1u << i->ra) == 0;
}

/* ---- the table ---- */

struct source {
    const char *pattern, *mnemonic;
    bool (*operands)(const struct line *line, struct el0_insn *i);
    el0_handler *run[2];
};

static const struct source sources[] = {
#undef A64
#undef A64_SF
#define A64(pattern, mnemonic, operands, handler)                                                  \
    {pattern, mnemonic, operands_##operands, {handler, handler}},
#define A64_SF(pattern, mnemonic, operands, handler)                                               \
    {pattern, mnemonic, operands_##operands, {handler##_w, handler##_x}},
#include "el0/table.def"
};

enum {
    LINE_COUNT = sizeof sources / sizeof sources[0],
    INDEX_BITS = 8, /* bits 28 to 21 of the word */
    INDEX_LSB = 21,
    INDEX_SIZE = 1 << INDEX_BITS,
    CANDIDATES_MAX = 1 << 15,
};

static struct line lines[LINE_COUNT];

/* Candidates for index n: candidates[first[n]] up to, not with, candidates[first[n + 1]]. */
static uint16_t candidates[CANDIDATES_MAX];
static uint16_t first[INDEX_SIZE + 1];
static bool compiled;

static enum field field_find(const char *name, size_t len)
{
    enum field field = 0;

    while (strncmp(fields[field].name, name, len) != 0 || fields[field].name[len] != '\0') {
        field++;
        assert(field < FIELD_COUNT);
    }
    return field;
}

/* A pattern is read from bit 31 down: words of 0, 1 and x (ignored), and names of fields. */
static void compile_line(struct line *line, const struct source *source)
{
    unsigned bit = 32;

    *line = (struct line){
        .mnemonic = source->mnemonic,
        .operands = source->operands,
        .run = {source->run[0], source->run[1]},
    };
    memset(line->lsb, ABSENT, sizeof line->lsb);
    for (const char *p = source->pattern; *p;) {
        size_t len = strcspn(p, " ");

        if (strspn(p, "01x") >= len) {
            for (size_t n = 0; n < len; n++) {
                bit--;
                line->mask |= (uint32_t)(p[n] != 'x') << bit;
                line->value |= (uint32_t)(p[n] == '1') << bit;
            }
        } else {
            enum field field = field_find(p, len);

            bit -= fields[field].width;
            line->lsb[field] = (uint8_t)bit;
        }
        p += len;
        p += strspn(p, " ");
    }
    assert(bit == 0);
}

static void compile_index(void)
{
    uint32_t index_mask = (INDEX_SIZE - 1) << INDEX_LSB;
    unsigned count = 0;

    for (unsigned n = 0; n < INDEX_SIZE; n++) {
        first[n] = (uint16_t)count;
        for (unsigned l = 0; l < LINE_COUNT; l++) {
            if ((((n << INDEX_LSB) ^ lines[l].value) & lines[l].mask & index_mask) == 0) {
                assert(count < CANDIDATES_MAX);
                candidates[count++] = (uint16_t)l;
            }
        }
    }
    first[INDEX_SIZE] = (uint16_t)count;
}

void decode_init(void)
{
    if (compiled)
        return;
    for (unsigned n = 0; n < LINE_COUNT; n++)
        compile_line(&lines[n], &sources[n]);
    compile_index();
    compiled = true;
}

static const struct line *line_find(uint32_t word)
{
    unsigned index = word >> INDEX_LSB & (INDEX_SIZE - 1);

    for (unsigned n = first[index]; n < first[index + 1]; n++) {
        const struct line *line = &lines[candidates[n]];

        if ((word & line->mask) == line->value)
            return line;
    }
    return NULL;
}

/* Whether line allocates i->word; fills registers and immediate. */
static bool decode_operands(const struct line *line, struct el0_insn *i, unsigned offset)
{
    i->imm = offset;
    for (enum field field = F_Rd; field < FIELD_COUNT; field++) {
        if (line->lsb[field] != ABSENT) {
            unsigned number = (unsigned)get(line, i, field);
            uint8_t *slot = (uint8_t *)i + fields[field].slot;

            *slot = number == 31 ? fields[field].r31 : (uint8_t)number;
        }
    }
    return line->operands(line, i);
}

void decode_insn(struct el0_insn *i, unsigned offset)
{
    const struct line *line = line_find(i->word);

    if (line && decode_operands(line, i, offset))
        i->run = line->run[i->word >> 31];
    else
        i->run = el0_trap_undefined;
}

int decode_line(uint32_t word)
{
    struct el0_insn insn = {.word = word};
    const struct line *line = line_find(word);

    return line && decode_operands(line, &insn, 0) ? (int)(line - lines) : DECODE_NONE;
}

int decode_line_count(void)
{
    return LINE_COUNT;
}

const char *decode_line_mnemonic(int line)
{
    return lines[line].mnemonic;
}

void decode_line_bits(int line, uint32_t *mask, uint32_t *value)
{
    *mask = lines[line].mask;
    *value = lines[line].value;
}
