#include "el0/insn/integer.h"

#include "el0/insn/branch.h"
#include "el0/insn/load_store.h"
#include "el0/pairs.h"

/*
 * Integer data processing. Handlers ending in _w are the 32-bit forms (the upper half of the result
 * is zero), those ending in _x the 64-bit forms.
 */

/* ---- operands ---- */

EL0_OPERANDS(imm12)
{
    i->imm = GET(imm12) << (GET(sh) ? 12 : 0);
    return true;
}

/* A subtraction that sets no flags is an addition. */
EL0_OPERANDS(imm12_minus)
{
    i->imm = -(GET(imm12) << (GET(sh) ? 12 : 0));
    return true;
}

/* DecodeBitMasks (Arm ARM, shared pseudocode): an element of 2, 4, ... 64 bits with imms + 1 ones,
 * rotated right by immr, repeated. */
EL0_OPERANDS(bitmask)
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

EL0_OPERANDS(move_wide)
{
    i->ra = (uint8_t)(GET(hw) * 16);
    i->imm = GET(imm16) << i->ra;
    return GET(sf) || i->ra < 32;
}

EL0_OPERANDS(move_wide_not)
{
    if (!operands_move_wide(line, i))
        return false;
    i->imm = GET(sf) ? ~i->imm : (uint32_t)~i->imm;
    return true;
}

/* x << rm >> ra, taken in 64 bits, moves the field to where it belongs and drops the rest. */
EL0_OPERANDS(bitfield)
{
    unsigned width = GET(sf) ? 64 : 32;
    unsigned immr = (unsigned)GET(immr), imms = (unsigned)GET(imms);

    if (GET(N) != GET(sf) || immr >= width || imms >= width)
        return false;
    i->rm = (uint8_t)(63 - imms);
    i->ra = (uint8_t)(imms >= immr ? i->rm + immr : i->rm - (width - immr));
    return true;
}

EL0_OPERANDS(extract)
{
    i->imm = GET(imms);
    return GET(N) == GET(sf) && (GET(sf) || i->imm < 32);
}

EL0_OPERANDS(shifted)
{
    i->ra = (uint8_t)GET(shift);
    i->imm = GET(imm6);
    return GET(sf) || i->imm < 32;
}

/* Addition and subtraction have no rotated operand. */
EL0_OPERANDS(shifted_add)
{
    return operands_shifted(line, i) && i->ra != 3;
}

EL0_OPERANDS(extended)
{
    i->ra = (uint8_t)GET(option);
    i->imm = GET(imm3);
    return i->imm <= 4;
}

EL0_OPERANDS(cond)
{
    i->ra = (uint8_t)GET(cond);
    return true;
}

EL0_OPERANDS(cond_compare)
{
    i->ra = (uint8_t)GET(cond);
    i->imm = GET(nzcv) << 28;
    return true;
}

EL0_OPERANDS(cond_compare_imm)
{
    i->rm = (uint8_t)GET(imm5);
    return operands_cond_compare(line, i);
}

/* Targets and addresses relative to the pc become relative to the start of the page. */
EL0_OPERANDS(adr)
{
    i->imm += (uint64_t)el0_sign_extend(GET(immhi) << 2 | GET(immlo), 21);
    return true;
}

EL0_OPERANDS(adrp)
{
    i->imm = (uint64_t)el0_sign_extend(GET(immhi) << 2 | GET(immlo), 21) << 12;
    return true;
}

/* ---- how handlers are written ---- */

#define R(slot) (cpu->r[i->slot])

/* A pair of handlers from one body, which takes the width as a constant. */
#define BOTH_WIDTHS(name)                                                                          \
    EL0_QUICK_HANDLER(name##_w)                                                                    \
    {                                                                                              \
        return name(cpu, i, 32);                                                                   \
    }                                                                                              \
    EL0_QUICK_HANDLER(name##_x)                                                                    \
    {                                                                                              \
        return name(cpu, i, 64);                                                                   \
    }

#define BODY(name)                                                                                 \
    static inline __attribute__((always_inline)) struct el0_insn *name(                            \
        struct el0_cpu *cpu, struct el0_insn *i, unsigned width)

static inline uint64_t truncated(uint64_t value, unsigned width)
{
    return width == 32 ? (uint32_t)value : value;
}

static inline int64_t as_signed(uint64_t value, unsigned width)
{
    return width == 32 ? (int32_t)(uint32_t)value : (int64_t)value;
}

/* ---- addition and subtraction ---- */

/* AddWithCarry (Arm ARM, shared pseudocode) with the flags; a subtraction adds ~b. */
static inline uint64_t add_flags(struct el0_cpu *cpu, uint64_t a, uint64_t b, unsigned carry,
                                 unsigned width)
{
    uint64_t sum, partial;
    bool over;

    a = truncated(a, width);
    b = truncated(b, width);
    over = __builtin_add_overflow(a, b, &partial);
    over |= __builtin_add_overflow(partial, (uint64_t)carry, &sum);
    if (width == 32)
        over = sum >> 32 != 0;
    sum = truncated(sum, width);
    cpu->nzcv = (uint32_t)(sum >> (width - 1)) << 31 | (sum == 0 ? EL0_Z : 0) | (over ? EL0_C : 0) |
                (uint32_t)(((a ^ sum) & (b ^ sum)) >> (width - 1)) << 28;
    return sum;
}

static inline void logic_flags(struct el0_cpu *cpu, uint64_t result, unsigned width)
{
    cpu->nzcv = (uint32_t)(result >> (width - 1)) << 31 | (result == 0 ? EL0_Z : 0);
}

enum { LSL, LSR, ASR, ROR };

static inline uint64_t rotate_right(uint64_t value, unsigned amount, unsigned width)
{
    value = truncated(value, width);
    return amount == 0 ? value : truncated(value >> amount | value << (width - amount), width);
}

static inline uint64_t shift(uint64_t value, unsigned type, unsigned amount, unsigned width)
{
    switch (type) {
    case LSL:
        return truncated(value << amount, width);
    case LSR:
        return truncated(value, width) >> amount;
    case ASR:
        return truncated((uint64_t)(as_signed(value, width) >> amount), width);
    default:
        return rotate_right(value, amount, width);
    }
}

/* ExtendReg (Arm ARM, shared pseudocode): option<2> signed, option<1:0> log2 of the bytes. */
static inline uint64_t extend(uint64_t value, unsigned option, unsigned amount)
{
    switch (option) {
    case 0:
        value = (uint8_t)value;
        break;
    case 1:
        value = (uint16_t)value;
        break;
    case 2:
        value = (uint32_t)value;
        break;
    case 4:
        value = (uint64_t)(int8_t)value;
        break;
    case 5:
        value = (uint64_t)(int16_t)value;
        break;
    case 6:
        value = (uint64_t)(int32_t)value;
        break;
    default:
        break;
    }
    return value << amount;
}

#define OPERAND_imm(i) (i)->imm
#define OPERAND_reg(i) cpu->r[(i)->rm]
#define OPERAND_shifted(i) shift(cpu->r[(i)->rm], (i)->ra, (unsigned)(i)->imm, width)
#define OPERAND_extended(i) extend(cpu->r[(i)->rm], (i)->ra, (unsigned)(i)->imm)

/* name, of the form suffix, sets rd to an expression of a (from rn) and b (the operand). */
#define BINARY(name, suffix, expression)                                                           \
    BODY(integer_##name##_##suffix)                                                                \
    {                                                                                              \
        uint64_t a = R(rn), b = OPERAND_##suffix(i);                                               \
                                                                                                   \
        R(rd) = truncated(expression, width);                                                      \
        return i + 1;                                                                              \
    }                                                                                              \
    BOTH_WIDTHS(integer_##name##_##suffix)

/* The same for the forms that set flags from the result alone. */
#define BINARY_LOGIC_FLAGS(name, suffix, expression)                                               \
    BODY(integer_##name##_##suffix)                                                                \
    {                                                                                              \
        uint64_t a = R(rn), b = OPERAND_##suffix(i);                                               \
        uint64_t result = truncated(expression, width);                                            \
                                                                                                   \
        logic_flags(cpu, result, width);                                                           \
        R(rd) = result;                                                                            \
        return i + 1;                                                                              \
    }                                                                                              \
    BOTH_WIDTHS(integer_##name##_##suffix)

BINARY(add, imm, a + b)
BINARY(add, reg, a + b)
BINARY(add, shifted, a + b)
BINARY(add, extended, a + b)
BINARY(sub, reg, a - b)
BINARY(sub, shifted, a - b)
BINARY(sub, extended, a - b)
BINARY(adds, imm, add_flags(cpu, a, b, 0, width))
BINARY(adds, reg, add_flags(cpu, a, b, 0, width))
BINARY(adds, shifted, add_flags(cpu, a, b, 0, width))
BINARY(adds, extended, add_flags(cpu, a, b, 0, width))
BINARY(subs, imm, add_flags(cpu, a, ~b, 1, width))
BINARY(subs, reg, add_flags(cpu, a, ~b, 1, width))
BINARY(subs, shifted, add_flags(cpu, a, ~b, 1, width))
BINARY(subs, extended, add_flags(cpu, a, ~b, 1, width))

BINARY(and, imm, (a & b))
BINARY(orr, imm, a | b)
BINARY(eor, imm, a ^ b)
BINARY(and, reg, (a & b))
BINARY(orr, reg, a | b)
BINARY(eor, reg, a ^ b)
BINARY(and, shifted, (a & b))
BINARY(bic, shifted, a & ~b)
BINARY(orr, shifted, a | b)
BINARY(orn, shifted, a | ~b)
BINARY(eor, shifted, a ^ b)
BINARY(eon, shifted, a ^ ~b)
BINARY_LOGIC_FLAGS(ands, imm, (a & b))
BINARY_LOGIC_FLAGS(ands, reg, (a & b))
BINARY_LOGIC_FLAGS(ands, shifted, (a & b))
BINARY_LOGIC_FLAGS(bics, shifted, a & ~b)

/* A register operation whose result is an expression of a and b, with the suffix in the name. */
#define REGISTERS(name, expression)                                                                \
    BODY(integer_##name)                                                                           \
    {                                                                                              \
        uint64_t a = R(rn), b = R(rm);                                                             \
                                                                                                   \
        R(rd) = truncated(expression, width);                                                      \
        return i + 1;                                                                              \
    }                                                                                              \
    BOTH_WIDTHS(integer_##name)

static inline unsigned carry(const struct el0_cpu *cpu)
{
    return cpu->nzcv >> 29 & 1;
}

REGISTERS(adc, a + b + carry(cpu))
REGISTERS(sbc, a + ~b + carry(cpu))
REGISTERS(adcs, add_flags(cpu, a, b, carry(cpu), width))
REGISTERS(sbcs, add_flags(cpu, a, ~b, carry(cpu), width))

EL0_QUICK_HANDLER(integer_adr)
{
    R(rd) = cpu->page_va + i->imm;
    return i + 1;
}

/* ---- moves and bit fields ---- */

EL0_QUICK_HANDLER(integer_mov_imm)
{
    R(rd) = i->imm;
    return i + 1;
}

BODY(integer_movk)
{
    uint64_t hole = UINT64_C(0xffff) << i->ra;

    R(rd) = truncated((R(rd) & ~hole) | i->imm, width);
    return i + 1;
}
BOTH_WIDTHS(integer_movk)

EL0_QUICK_HANDLER(integer_ubfm)
{
    R(rd) = R(rn) << i->rm >> i->ra;
    return i + 1;
}

BODY(integer_sbfm)
{
    R(rd) = truncated((uint64_t)((int64_t)(R(rn) << i->rm) >> i->ra), width);
    return i + 1;
}
BOTH_WIDTHS(integer_sbfm)

BODY(integer_bfm)
{
    uint64_t field = UINT64_MAX << i->rm >> i->ra;

    R(rd) = truncated((R(rd) & ~field) | R(rn) << i->rm >> i->ra, width);
    return i + 1;
}
BOTH_WIDTHS(integer_bfm)

BODY(integer_extr)
{
    unsigned lsb = (unsigned)i->imm;
    uint64_t low = truncated(R(rm), width) >> lsb;

    R(rd) = lsb == 0 ? low : truncated(low | R(rn) << (width - lsb), width);
    return i + 1;
}
BOTH_WIDTHS(integer_extr)

/* ---- conditional ---- */

BODY(integer_ccmp_reg)
{
    if (el0_holds(cpu, i->ra))
        add_flags(cpu, R(rn), ~R(rm), 1, width);
    else
        cpu->nzcv = (uint32_t)i->imm;
    return i + 1;
}
BOTH_WIDTHS(integer_ccmp_reg)

BODY(integer_ccmn_reg)
{
    if (el0_holds(cpu, i->ra))
        add_flags(cpu, R(rn), R(rm), 0, width);
    else
        cpu->nzcv = (uint32_t)i->imm;
    return i + 1;
}
BOTH_WIDTHS(integer_ccmn_reg)

/* In the immediate forms rm is the operand itself. */
BODY(integer_ccmp_imm)
{
    if (el0_holds(cpu, i->ra))
        add_flags(cpu, R(rn), ~(uint64_t)i->rm, 1, width);
    else
        cpu->nzcv = (uint32_t)i->imm;
    return i + 1;
}
BOTH_WIDTHS(integer_ccmp_imm)

BODY(integer_ccmn_imm)
{
    if (el0_holds(cpu, i->ra))
        add_flags(cpu, R(rn), i->rm, 0, width);
    else
        cpu->nzcv = (uint32_t)i->imm;
    return i + 1;
}
BOTH_WIDTHS(integer_ccmn_imm)

REGISTERS(csel, el0_holds(cpu, i->ra) ? a : b)
REGISTERS(csinc, el0_holds(cpu, i->ra) ? a : b + 1)
REGISTERS(csinv, el0_holds(cpu, i->ra) ? a : ~b)
REGISTERS(csneg, el0_holds(cpu, i->ra) ? a : -b)

/* ---- shifts by a register, division, multiplication ---- */

REGISTERS(lslv, shift(a, LSL, b % width, width))
REGISTERS(lsrv, shift(a, LSR, b % width, width))
REGISTERS(asrv, shift(a, ASR, b % width, width))
REGISTERS(rorv, shift(a, ROR, b % width, width))

static inline uint64_t divide(uint64_t a, uint64_t b)
{
    return b == 0 ? 0 : a / b;
}

/* By -1: the smallest number has no negative, and stays what it is. */
static inline uint64_t divide_signed(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? -(uint64_t)a : (uint64_t)(a / b);
}

REGISTERS(udiv, divide(truncated(a, width), truncated(b, width)))
REGISTERS(sdiv, divide_signed(as_signed(a, width), as_signed(b, width)))
REGISTERS(madd, R(ra) + a * b)
REGISTERS(msub, R(ra) - a * b)

/* A 64-bit operation with one form: its result is an expression of a and b. */
#define LONG(name, expression)                                                                     \
    EL0_QUICK_HANDLER(integer_##name)                                                              \
    {                                                                                              \
        uint64_t a = R(rn), b = R(rm);                                                             \
                                                                                                   \
        R(rd) = expression;                                                                        \
        return i + 1;                                                                              \
    }

/* The product of two 32-bit numbers fits, signed or not. */
#define SIGNED_PRODUCT ((uint64_t)((int64_t)(int32_t)a * (int32_t)b))
#define UNSIGNED_PRODUCT ((uint64_t)(uint32_t)a * (uint32_t)b)

LONG(smaddl, R(ra) + SIGNED_PRODUCT)
LONG(smsubl, R(ra) - SIGNED_PRODUCT)
LONG(umaddl, R(ra) + UNSIGNED_PRODUCT)
LONG(umsubl, R(ra) - UNSIGNED_PRODUCT)
LONG(smulh, (uint64_t)((__int128)(int64_t)a *(int64_t)b >> 64))
LONG(umulh, (uint64_t)((unsigned __int128)a *b >> 64))

/* ---- bit and byte order, counting ---- */

#define UNARY(name, expression)                                                                    \
    BODY(integer_##name)                                                                           \
    {                                                                                              \
        uint64_t a = truncated(R(rn), width);                                                      \
                                                                                                   \
        R(rd) = truncated(expression, width);                                                      \
        return i + 1;                                                                              \
    }                                                                                              \
    BOTH_WIDTHS(integer_##name)

/* Exchanges neighbours of half bits each; mask selects the lower one of a pair. */
static inline uint64_t swap_neighbours(uint64_t a, uint64_t mask, unsigned half)
{
    return (a & mask) << half | (a >> half & mask);
}

static inline uint64_t reverse_bits(uint64_t a, unsigned width)
{
    a = swap_neighbours(a, 0x5555555555555555, 1);
    a = swap_neighbours(a, 0x3333333333333333, 2);
    a = swap_neighbours(a, 0x0f0f0f0f0f0f0f0f, 4);
    return __builtin_bswap64(a) >> (64 - width);
}

/* How many of the bits below the sign are like it. */
static inline unsigned sign_copies(uint64_t a, unsigned width)
{
    uint64_t changes = (a ^ (uint64_t)(as_signed(a, width) >> 1)) & el0_ones(width - 1);

    return el0_leading_zeros(changes, width) - 1;
}

UNARY(rbit, reverse_bits(a, width))
UNARY(rev16, swap_neighbours(a, 0x00ff00ff00ff00ff, 8))
UNARY(clz, el0_leading_zeros(a, width))
UNARY(cls, sign_copies(a, width))

EL0_QUICK_HANDLER(integer_rev_w)
{
    R(rd) = __builtin_bswap32((uint32_t)R(rn));
    return i + 1;
}

EL0_QUICK_HANDLER(integer_rev_x)
{
    R(rd) = __builtin_bswap64(R(rn));
    return i + 1;
}

EL0_QUICK_HANDLER(integer_rev32)
{
    R(rd) = swap_neighbours(__builtin_bswap64(R(rn)), UINT32_MAX, 32);
    return i + 1;
}

/* ---- CRC32 (Arm ARM C6.2.86): polynomials with the bits reversed, a bit at a time ---- */

static uint64_t crc(uint64_t sum, uint64_t value, unsigned bytes, uint32_t polynomial)
{
    uint32_t rest = (uint32_t)sum;

    for (unsigned byte = 0; byte < bytes; byte++) {
        rest ^= (uint8_t)(value >> byte * 8);
        for (unsigned bit = 0; bit < 8; bit++)
            rest = rest >> 1 ^ (rest & 1 ? polynomial : 0);
    }
    return rest;
}

enum { CRC32 = 0xedb88320, CRC32C = 0x82f63b78 };

LONG(crc32b, crc(a, b, 1, CRC32))
LONG(crc32h, crc(a, b, 2, CRC32))
LONG(crc32w, crc(a, b, 4, CRC32))
LONG(crc32x, crc(a, b, 8, CRC32))
LONG(crc32cb, crc(a, b, 1, CRC32C))
LONG(crc32ch, crc(a, b, 2, CRC32C))
LONG(crc32cw, crc(a, b, 4, CRC32C))
LONG(crc32cx, crc(a, b, 8, CRC32C))

#define INTEGER_PAIR(first, second) EL0_PAIR_OR(integer_##first, second, el0_undefined)
#include "el0/pairs.def"
