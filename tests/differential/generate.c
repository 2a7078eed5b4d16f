#include "generate.h"

#include <assert.h>
#include <string.h>

#include "el0/decode.h"
#include "el0/insn/branch.h"
#include "el0/insn/integer.h"
#include "el0/insn/load_store.h"
#include "hosted/el0/state.h"

/*
 * Values are chosen so that something happens: numbers at the limits of each type, both kinds of
 * NaN, denormals, numbers that differ little, addresses around the ends of pages.
 */

enum { LINES_MAX = 2048 };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const enum page_kind generate_pages[DATA_PAGES] = {PAGE_RW,   PAGE_RW,        PAGE_RO, PAGE_RW,
                                                   PAGE_HOLE, PAGE_RW,        PAGE_RW, PAGE_KERNEL,
                                                   PAGE_RW,   PAGE_UNACCESSED};

static struct {
    int lines[LINES_MAX];
    unsigned count;
} by_class[CLASS_COUNT];

static unsigned below(uint64_t *seed, unsigned bound)
{
    return (unsigned)(state_random(seed) >> 32) % bound;
}

static bool one_in(uint64_t *seed, unsigned bound)
{
    return below(seed, bound) == 0;
}

/* What a release executes as one: the handlers of the first and of the second. */
static el0_handler *const pairs[][2] = {
#define INTEGER_PAIR(first, second) {integer_##first, second},
#define LOAD_STORE_PAIR(first, second) {load_store_##first, second},
#include "el0/pairs.def"
};

/* ---- words ---- */

enum word_class generate_class(uint32_t word)
{
    switch (word >> 25 & 15) {
    case 8:
    case 9:
        return CLASS_IMMEDIATE;
    case 10:
    case 11:
        return CLASS_BRANCH_SYSTEM;
    case 4:
    case 12:
        return CLASS_LOAD_STORE;
    case 6:
    case 14:
        return CLASS_VECTOR_LOAD_STORE;
    case 5:
    case 13:
        return CLASS_REGISTER;
    case 7:
    case 15:
        return (word >> 28 & 5) == 1 ? CLASS_SCALAR_FP : CLASS_SIMD;
    default:
        return CLASS_ANY;
    }
}

const char *generate_class_name(enum word_class class)
{
    static const char *const names[CLASS_COUNT] = {"data processing, immediate",
                                                   "branches and system",
                                                   "loads and stores",
                                                   "vector loads and stores",
                                                   "data processing, register",
                                                   "scalar floating point",
                                                   "advanced SIMD",
                                                   "any words",
                                                   "atomics"};

    return names[class];
}

/* Of the lines of the table, those of FEAT_LSE. */
static bool is_atomic(uint32_t value)
{
    bool is_compare = (value & 0x3f207c00) == 0x08207c00,
         is_rest = (value & 0x3f200c00) == 0x38200000;

    return is_compare || is_rest;
}

void generate_init(void)
{
    decode_init();
    assert(decode_line_count() <= LINES_MAX);
    memset(by_class, 0, sizeof(by_class));
    for (int line = 0; line < decode_line_count(); line++) {
        uint32_t mask, value;
        enum word_class class;

        decode_line_bits(line, &mask, &value);
        class = generate_class(value);
        by_class[class].lines[by_class[class].count++] = line;
        if (is_atomic(value))
            by_class[CLASS_ATOMIC].lines[by_class[CLASS_ATOMIC].count++] = line;
        by_class[CLASS_ANY].lines[by_class[CLASS_ANY].count++] = line;
    }
}

/* Copies a register number from one field to another, as far as mask leaves both free. */
static uint32_t same_register(uint32_t word, uint32_t mask, unsigned from, unsigned to)
{
    uint32_t field = (31u << to) & ~mask;

    return (word & ~field) | ((word >> from & 31) << to & field);
}

/* A line of which there are few encodings does not need as many cases as others. */
static void pick_line(enum word_class class, uint64_t *seed, uint32_t *mask, uint32_t *value)
{
    do {
        unsigned n = below(seed, by_class[class].count);

        decode_line_bits(by_class[class].lines[n], mask, value);
    } while (__builtin_popcount(~*mask) <= 8 && !one_in(seed, 32));
}

uint32_t generate_line(enum word_class class, uint64_t *seed)
{
    static const unsigned fields[] = {0, 5, 16, 10};
    uint32_t mask, value, word;

    pick_line(class, seed, &mask, &value);
    word = ((uint32_t)state_random(seed) & ~mask) | value;
    if (one_in(seed, 4))
        word = same_register(word, mask, fields[below(seed, 4)], fields[below(seed, 4)]);
    if (one_in(seed, 8))
        word |= (31u << fields[below(seed, 4)]) & ~mask;
    return word;
}

static uint32_t any_word(enum word_class class, uint64_t *seed)
{
    for (;;) {
        uint32_t word = (uint32_t)state_random(seed);

        if (class == CLASS_ANY || generate_class(word) == class)
            return word;
    }
}

/* A word that this handler executes. */
static uint32_t word_of(el0_handler *run, uint64_t *seed)
{
    static const enum word_class classes[] = {CLASS_IMMEDIATE, CLASS_BRANCH_SYSTEM,
                                              CLASS_LOAD_STORE, CLASS_VECTOR_LOAD_STORE,
                                              CLASS_REGISTER};
    struct el0_insn insn;

    do {
        insn.word = generate_line(classes[below(seed, COUNT(classes))], seed);
        decode_insn(&insn, 0);
    } while (insn.run != run);
    return insn.word;
}

static uint32_t pick_word(enum word_class class, uint64_t *seed)
{
    unsigned choice = below(seed, 16);
    uint32_t word;

    if (choice == 0 && class != CLASS_ATOMIC)
        return any_word(class, seed);
    word = generate_line(class, seed);
    if (class == CLASS_ATOMIC)
        return word;
    if (choice <= 2)
        word ^= 1u << below(seed, 32);
    if (choice == 2)
        word ^= 1u << below(seed, 32);
    return word;
}

bool generate_is_last(uint32_t word)
{
    return (word & 0xffffffdf) == 0xd503205f || (word & ~31u) == 0xd53be040 ||
           (word & ~31u) == 0xd51b4400;
}

/* ---- values ---- */

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/* Numbers of 2^bits values at the ends, in the middle, and any. */
static uint64_t integer(uint64_t *seed)
{
    static const unsigned widths[] = {1, 4, 5, 6, 7, 8, 15, 16, 24, 31, 32, 33, 48, 52, 53, 63, 64};
    unsigned width = widths[below(seed, COUNT(widths))];
    uint64_t top = UINT64_C(1) << (width - 1);
    uint64_t value = (top << 1) - 1;

    switch (below(seed, 8)) {
    case 0:
        return value;
    case 1:
        return top;
    case 2:
        return top - 1;
    case 3:
        return -top;
    case 4:
        return top + 1;
    case 5:
        return below(seed, 70);
    case 6:
        return state_random(seed) & value;
    default:
        return state_random(seed) | ~value;
    }
}

/* With the same element all over: bytes, halfwords, words. */
static uint64_t repeated(uint64_t *seed)
{
    static const uint64_t ones[] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001};
    unsigned scale = below(seed, 3);

    return ones[scale] * (integer(seed) & (UINT64_C(0xffffffff) >> (32 - (8 << scale))));
}

/* A number of format (exponent bits, fraction bits): the exponent at an end of its range, or near
 * the middle, or any; the fraction all 0, all 1, a single bit, or any. */
static uint64_t number(unsigned exponents, unsigned fractions, uint64_t *seed)
{
    uint64_t ones = (UINT64_C(1) << exponents) - 1, mask = (UINT64_C(1) << fractions) - 1;
    uint64_t exponent, fraction;

    switch (below(seed, 8)) {
    case 0:
        exponent = 0;
        break;
    case 1:
        exponent = below(seed, 3);
        break;
    case 2:
        exponent = ones;
        break;
    case 3:
        exponent = ones - 1 - below(seed, 3);
        break;
    case 4:
        exponent = state_random(seed) & ones;
        break;
    case 5:
        exponent = ones / 2 + below(seed, 70);
        break;
    default:
        exponent = (ones / 2 - 4 + below(seed, 8)) & ones;
    }
    switch (below(seed, 8)) {
    case 0:
        fraction = 0;
        break;
    case 1:
        fraction = mask;
        break;
    case 2:
        fraction = UINT64_C(1) << below(seed, fractions);
        break;
    case 3:
        fraction = mask << below(seed, fractions);
        break;
    case 4:
        fraction = mask - (UINT64_C(1) << below(seed, fractions));
        break;
    default:
        fraction = state_random(seed);
    }
    return (state_random(seed) & 1) << (exponents + fractions) | exponent << fractions |
           (fraction & mask);
}

/* Doubles where conversions turn: the ends of integer types, of singles and of halves. */
static uint64_t turning_point(uint64_t *seed)
{
    static const double points[] = {0x1p31,  0x1p32,  0x1p63,   0x1p64,  0x1p-126, 0x1p-149,
                                    0x1p128, 0x1p-14, 0x1p-24,  0x1p16,  65504,    65520,
                                    131008,  0.5,     1.5,      2.5,     1,        0x1p52,
                                    0x1p53,  0x1p23,  0x1p-150, 0x1p-25, 0x1p15,   0x1.fffffep127};
    uint64_t bits = bits_of(points[below(seed, COUNT(points))]);

    return (bits + below(seed, 5) - 2) | (state_random(seed) & 1) << 63;
}

uint64_t generate_bits(uint64_t *seed)
{
    switch (below(seed, 8)) {
    case 0:
        return integer(seed);
    case 1:
        return repeated(seed);
    case 2:
    case 3:
        return number(11, 52, seed);
    case 4:
    case 5:
        return number(8, 23, seed) << 32 | number(8, 23, seed);
    case 6:
        return one_in(seed, 2) ? turning_point(seed)
                               : number(5, 10, seed) << 48 | number(5, 10, seed) << 32 |
                                     number(5, 10, seed) << 16 | number(5, 10, seed);
    default:
        return state_random(seed);
    }
}

static uint64_t address(uint64_t *seed)
{
    uint64_t page = DATA_START + (uint64_t)below(seed, DATA_PAGES) * PLAT_PAGE_SIZE;

    switch (below(seed, 16)) {
    case 0:
    case 1:
    case 2:
        return page + PLAT_PAGE_SIZE - below(seed, 80);
    case 3:
        return one_in(seed, 2) ? page + below(seed, 64) : page + PLAT_PAGE_SIZE - 1;
    case 4:
        return CODE_START + below(seed, CODE_PAGES * PLAT_PAGE_SIZE) / 4 * 4;
    case 5:
        return ((uint64_t)1 << PLAT_USER_BITS) - 32 + below(seed, 64);
    case 6:
        return below(seed, 64) - UINT64_C(32);
    case 7:
        return page + below(seed, PLAT_PAGE_SIZE);
    default:
        return page + below(seed, PLAT_PAGE_SIZE / 16) * 16;
    }
}

/* ---- states ---- */

/* What a load or store adds to its base before the access, as far as it is in the word. */
static uint64_t displacement(uint32_t word)
{
    bool is_vector = word >> 26 & 1;
    unsigned size = word >> 30;

    switch (word >> 27 & 7) {
    case 7:
        if (word >> 24 & 1)
            return (uint64_t)(word >> 10 & 0xfff) << (is_vector && word >> 23 & 1 ? 4 : size);
        if (word >> 21 & 1 || (word >> 10 & 3) == 1)
            return 0;
        return (uint64_t)el0_sign_extend(word >> 12 & 0x1ff, 9);
    case 5:
        if ((word >> 23 & 3) == 1)
            return 0;
        return (uint64_t)el0_sign_extend(word >> 15 & 0x7f, 7)
               << (is_vector ? 2 + size : 2 + size / 2);
    default:
        return 0;
    }
}

static void aim(struct test_case *c, uint32_t word, uint64_t *seed)
{
    unsigned rn = word >> 5 & 31, rm = word >> 16 & 31;
    bool is_ordered = (word >> 24 & 63) == 8;
    uint64_t target = address(seed);

    if (is_ordered && !one_in(seed, 32))
        target &= -(UINT64_C(2) << (word >> 30));
    if (is_atomic(word) && !one_in(seed, 32))
        target &= -UINT64_C(16);
    if (rm < 31 && rm != rn && !one_in(seed, 8))
        c->user.x[rm] = one_in(seed, 2) ? below(seed, 64) : -(uint64_t)below(seed, 64);
    target -= displacement(word);
    if (rn < 31)
        c->user.x[rn] = target;
    else
        c->user.sp = one_in(seed, 32) ? target : target & -UINT64_C(16);
}

static bool is_memory(uint32_t word)
{
    return (word >> 25 & 5) == 4;
}

/* DC and IC, of an address in Xt. */
static bool is_cache(uint32_t word)
{
    return (word & 0xfffff000) == 0xd50b7000;
}

static uint64_t general(uint64_t *seed)
{
    switch (below(seed, 4)) {
    case 0:
        return integer(seed);
    case 1:
        return address(seed);
    case 2:
        return generate_bits(seed);
    default:
        return state_random(seed);
    }
}

void generate_state(struct plat_user *user, struct plat_fp *fp, uint64_t *seed)
{
    for (unsigned n = 0; n < 31; n++)
        user->x[n] = general(seed);
    user->tpidr = state_random(seed);
    for (unsigned n = 0; n < 32; n++) {
        fp->v[n][0] = generate_bits(seed);
        fp->v[n][1] = generate_bits(seed);
    }
}

/* New values for the registers that word may name, the next three vectors included. Now and then
 * one is nearly what another is. */
static void renew_registers(struct test_case *c, uint32_t word, uint64_t *seed)
{
    static const unsigned fields[] = {0, 5, 16, 10};
    bool is_structure = (word >> 25 & 31) == 6;

    for (unsigned n = 0; n < COUNT(fields); n++) {
        unsigned number = word >> fields[n] & 31;

        if (number < 31)
            c->user.x[number] = general(seed);
        for (unsigned next = 0; next < (is_structure && n == 0 ? 4 : 1); next++) {
            c->fp.v[(number + next) % 32][0] = generate_bits(seed);
            c->fp.v[(number + next) % 32][1] = generate_bits(seed);
        }
    }
    if (one_in(seed, 4)) {
        unsigned from = word >> 5 & 31, to = word >> fields[2 + below(seed, 2)] & 31;

        c->fp.v[to][0] =
            (c->fp.v[from][0] ^ (state_random(seed) & UINT64_C(1) << 63)) + below(seed, 3) - 1;
    }
}

/* Changes what there is into what suits the instructions of the case. */
static void make_state(struct test_case *c, uint64_t *seed)
{
    for (unsigned n = 0; n < c->count; n++)
        renew_registers(c, c->words[n], seed);
    c->user.sp = DATA_START + below(seed, DATA_PAGES * PLAT_PAGE_SIZE / 16) * 16;
    c->user.pstate = state_random(seed) % 16 << 28;
    c->fp.fpcr = state_random(seed) & 3 << 22;
    if (one_in(seed, 4))
        c->fp.fpcr |= state_random(seed) & 7 << 24;
    c->fp.fpsr = one_in(seed, 2) ? 0 : state_random(seed) & 0xf800009f;
}

/* A load-exclusive followed by a store-exclusive of the same kind, more often than not. */
static void pair_exclusives(struct test_case *c, uint64_t *seed)
{
    for (unsigned n = 0; n + 1 < c->count; n++) {
        uint32_t word = c->words[n];

        if ((word & 0x3fc00000) == 0x08400000 && !one_in(seed, 4))
            c->words[n + 1] = (word & ~(1u << 22 | 31u << 16)) | below(seed, 32) << 16;
    }
}

/* Registers that suit the first instruction that cares. */
static void suit_state(struct test_case *c, uint64_t *seed)
{
    for (unsigned n = 0; n < c->count; n++) {
        uint32_t word = c->words[n];

        if (is_memory(word)) {
            aim(c, word, seed);
            return;
        }
        if (is_cache(word) && (word & 31) < 31)
            c->user.x[word & 31] = address(seed) | (one_in(seed, 2) ? PLAT_PAGE_SIZE - 1 : 0);
    }
}

void generate_case(struct test_case *c, enum word_class class, uint64_t *seed)
{
    c->count = class != CLASS_ATOMIC && one_in(seed, 16) ? 2 + below(seed, CASE_WORDS - 1) : 1;
    c->words[0] = pick_word(class, seed);
    for (unsigned n = 1; n < c->count; n++)
        c->words[n] =
            pick_word(one_in(seed, 2) ? class : (enum word_class)below(seed, CLASS_ATOMIC), seed);
    pair_exclusives(c, seed);
    if (c->count > 1 && one_in(seed, 2)) {
        unsigned pair = below(seed, COUNT(pairs)), at = below(seed, c->count - 1);

        c->words[at] = word_of(pairs[pair][0], seed);
        c->words[at + 1] = word_of(pairs[pair][1], seed);
    }
    for (unsigned n = 0; n < c->count; n++)
        if (generate_is_last(c->words[n]))
            c->count = n + 1;
    make_state(c, seed);
    suit_state(c, seed);
}

void generate_word(struct test_case *c, uint32_t word, uint64_t *seed)
{
    c->count = 1;
    c->words[0] = word;
    make_state(c, seed);
    suit_state(c, seed);
}
