#include "el0/decode.h"

#include <stddef.h>
#include <string.h>

#include "el0/insn/atomic.h"
#include "el0/insn/branch.h"
#include "el0/insn/fp.h"
#include "el0/insn/integer.h"
#include "el0/insn/load_store.h"
#include "el0/insn/system.h"
#include "el0/simd/simd.h"
#include "el0/simd/simd_fp.h"
#include "el0/simd/simd_long.h"
#include "el0/simd/simd_memory.h"
#include "el0/simd/simd_move.h"

/*
 * The table, compiled at start-up into lines with a mask, a value and the place of each field, and
 * an index of the lines that a word can match by its bits 28 to 21.
 *
 * Decoding a word finds the first line that it matches, extracts the registers that the pattern
 * names, and calls the line's operand function.
 *
 * Invariant: where two lines overlap, the first is a special case of the second, or the operand
 * function of the second rejects what they share.
 */

enum {
    NOT_A_REGISTER = 0,
    ABSENT = 0xff,
    INDEX_BITS = 8, /* bits 28 to 21 of the word */
    INDEX_LSB = 21,
    INDEX_SIZE = 1 << INDEX_BITS,
    CANDIDATES_MAX = 1 << 13,
};

static const struct {
    const char *name;
    uint8_t width;
    uint8_t slot; /* offset in struct el0_insn, or NOT_A_REGISTER */
    uint8_t r31;
} fields[] = {
#define FIELD_LINE(name, width) {#name, width, NOT_A_REGISTER, 0},
#define REGISTER_LINE(name, slot, r31) {#name, 5, offsetof(struct el0_insn, slot), r31},
    DECODE_FIELDS(FIELD_LINE, REGISTER_LINE)};

static_assert(offsetof(struct el0_insn, rd) != NOT_A_REGISTER, "the handler comes first");

struct decode_line {
    uint32_t mask, value;
    el0_operands *operands;
    el0_handler *run[2]; /* by bit 31 for the _SF forms, else the same twice */
    const char *mnemonic;
    uint8_t lsb[DECODE_FIELD_COUNT]; /* or ABSENT */
};

struct source {
    const char *pattern, *mnemonic;
    el0_operands *operands;
    el0_handler *run[2];
};

#define LINE(pattern, mnemonic, operands, handler)                                                 \
    {pattern, mnemonic, operands_##operands, {handler, handler}},
#define LINE_SF(pattern, mnemonic, operands, handler)                                              \
    {pattern, mnemonic, operands_##operands, {handler##_w, handler##_x}},
#define INTEGER(pattern, mnemonic, operands, handler)                                              \
    LINE(pattern, mnemonic, operands, integer_##handler)
#define INTEGER_SF(pattern, mnemonic, operands, handler)                                           \
    LINE_SF(pattern, mnemonic, operands, integer_##handler)
#define BRANCH(pattern, mnemonic, operands, handler)                                               \
    LINE(pattern, mnemonic, operands, branch_##handler)
#define BRANCH_SF(pattern, mnemonic, operands, handler)                                            \
    LINE_SF(pattern, mnemonic, operands, branch_##handler)
#define SYSTEM(pattern, mnemonic, operands, handler)                                               \
    LINE(pattern, mnemonic, operands, system_##handler)
#define LOAD_STORE(pattern, mnemonic, operands, handler)                                           \
    LINE(pattern, mnemonic, operands, load_store_##handler)
#define ATOMIC(pattern, mnemonic, operands, handler)                                               \
    LINE(pattern, mnemonic, operands, atomic_##handler)
#define FP(pattern, mnemonic, operands, handler) LINE(pattern, mnemonic, operands, fp_##handler)
#define SIMD(pattern, mnemonic, operands, handler) LINE(pattern, mnemonic, operands, simd_##handler)
#define SIMD_LONG(pattern, mnemonic, operands, handler)                                            \
    LINE(pattern, mnemonic, operands, simd_long_##handler)
#define SIMD_FP(pattern, mnemonic, operands, handler)                                              \
    LINE(pattern, mnemonic, operands, simd_fp_##handler)
#define SIMD_MOVE(pattern, mnemonic, operands, handler)                                            \
    LINE(pattern, mnemonic, operands, simd_move_##handler)
#define SIMD_MEMORY(pattern, mnemonic, operands, handler)                                          \
    LINE(pattern, mnemonic, operands, simd_memory_##handler)

static const struct source sources[] = {
#include "el0/table.def"
};

enum { LINE_COUNT = sizeof(sources) / sizeof(sources[0]) };

static struct decode_line lines[LINE_COUNT];

/* Candidates for index n: candidates[first[n]] up to, not with, candidates[first[n + 1]]. */
static uint16_t candidates[CANDIDATES_MAX];
static uint16_t first[INDEX_SIZE + 1];
static bool compiled;

uint64_t decode_get(const struct decode_line *line, const struct el0_insn *i,
                    enum decode_field field)
{
    assert(line->lsb[field] != ABSENT);
    return i->word >> line->lsb[field] & el0_ones(fields[field].width);
}

EL0_OPERANDS(none)
{
    return true;
}

static enum decode_field field_find(const char *name, size_t len)
{
    enum decode_field field = 0;

    while (strncmp(fields[field].name, name, len) != 0 || fields[field].name[len] != '\0') {
        field++;
        assert(field < DECODE_FIELD_COUNT);
    }
    return field;
}

/* A pattern is read from bit 31 down: words of 0, 1 and x (ignored), and names of fields. */
static void compile_line(struct decode_line *line, const struct source *source)
{
    unsigned bit = 32;

    *line = (struct decode_line){
        .operands = source->operands,
        .run = {source->run[0], source->run[1]},
        .mnemonic = source->mnemonic,
    };
    memset(line->lsb, ABSENT, sizeof(line->lsb));
    for (const char *p = source->pattern; *p;) {
        size_t len = strcspn(p, " ");

        if (strspn(p, "01x") >= len) {
            for (size_t n = 0; n < len; n++) {
                bit--;
                line->mask |= (uint32_t)(p[n] != 'x') << bit;
                line->value |= (uint32_t)(p[n] == '1') << bit;
            }
        } else {
            enum decode_field field = field_find(p, len);

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
    uint32_t index_mask = (INDEX_SIZE - 1u) << INDEX_LSB;
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

static const struct decode_line *line_find(uint32_t word)
{
    unsigned index = word >> INDEX_LSB & (INDEX_SIZE - 1);

    for (unsigned n = first[index]; n < first[index + 1]; n++) {
        const struct decode_line *line = &lines[candidates[n]];

        if ((word & line->mask) == line->value)
            return line;
    }
    return NULL;
}

/* Whether line allocates i->word; fills registers and immediate. */
static bool decode_operands(const struct decode_line *line, struct el0_insn *i, unsigned offset)
{
    i->rd = i->rn = i->rm = i->ra = 0;
    i->imm = offset;
    for (enum decode_field field = DECODE_Rd; field < DECODE_FIELD_COUNT; field++) {
        if (line->lsb[field] != ABSENT) {
            unsigned number = (unsigned)decode_get(line, i, field);
            uint8_t *slot = (uint8_t *)i + fields[field].slot;

            *slot = number == 31 ? fields[field].r31 : (uint8_t)number;
        }
    }
    return line->operands(line, i);
}

void decode_insn(struct el0_insn *i, unsigned offset)
{
    const struct decode_line *line = line_find(i->word);

    if (line && decode_operands(line, i, offset))
        i->run = line->run[i->word >> 31];
    else
        i->run = el0_undefined;
}

int decode_line(uint32_t word)
{
    struct el0_insn insn = {.word = word};
    const struct decode_line *line = line_find(word);

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
