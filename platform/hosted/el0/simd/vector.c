#include "el0/simd/vector.h"

#include "el0/float/float.h"

/*
 * Operand functions for arrangements of vectors, and what else several files of handlers share.
 */

uint64_t vector_polynomial_product(uint64_t a, uint64_t b)
{
    uint64_t product = 0;

    for (unsigned bit = 0; bit < 8; bit++)
        product ^= (b >> bit & 1) ? a << bit : 0;
    return product;
}

unsigned vector_bytes(const struct decode_line *line, const struct el0_insn *i)
{
    return GET(Q) ? 16 : 8;
}

static void elements(const struct decode_line *line, struct el0_insn *i, unsigned size)
{
    i->ra = (uint8_t)size;
    i->imm = vector_bytes(line, i) >> size;
}

/* One doubleword alone is a scalar, for which there are encodings of their own. */
EL0_OPERANDS(vector_d)
{
    elements(line, i, (unsigned)GET(size));
    return i->imm > 1 || i->ra < 3;
}

EL0_OPERANDS(vector_s)
{
    return operands_vector_d(line, i) && i->ra < 3;
}

EL0_OPERANDS(vector_hs)
{
    return operands_vector_s(line, i) && i->ra > 0;
}

EL0_OPERANDS(vector_b)
{
    elements(line, i, 0);
    return GET(size) == 0;
}

EL0_OPERANDS(bytes)
{
    elements(line, i, 0);
    return true;
}

EL0_OPERANDS(halfwords)
{
    elements(line, i, 1);
    return true;
}

EL0_OPERANDS(words)
{
    elements(line, i, 2);
    return true;
}

EL0_OPERANDS(doublewords)
{
    elements(line, i, 3);
    return true;
}

EL0_OPERANDS(scalar)
{
    i->ra = i->word >> 22 & 3;
    i->imm = 1;
    return true;
}

EL0_OPERANDS(scalar_hs)
{
    operands_scalar(line, i);
    return i->ra == 1 || i->ra == 2;
}

/* The highest set bit of immh is the size. imm is the count and, above its low byte, the shift. */
static bool shift_size(const struct decode_line *line, struct el0_insn *i, bool is_right,
                       bool is_scalar)
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

EL0_OPERANDS(shift_right)
{
    return shift_size(line, i, true, false) && (GET(Q) || i->ra < 3);
}

EL0_OPERANDS(shift_left)
{
    return shift_size(line, i, false, false) && (GET(Q) || i->ra < 3);
}

EL0_OPERANDS(shift_left_scalar)
{
    return shift_size(line, i, false, true);
}

EL0_OPERANDS(shift_right_scalar_d)
{
    return shift_size(line, i, true, true) && i->ra == 3;
}

EL0_OPERANDS(shift_left_scalar_d)
{
    return shift_size(line, i, false, true) && i->ra == 3;
}

/* Small and large elements: ra is the small size; Q says which half the small ones are in. */
EL0_OPERANDS(long)
{
    i->ra = (uint8_t)GET(size);
    i->imm = 8u >> i->ra | GET(Q) << 16;
    return i->ra < 3;
}

EL0_OPERANDS(long_hs)
{
    return operands_long(line, i) && i->ra > 0;
}

EL0_OPERANDS(long_b)
{
    i->ra = 0;
    i->imm = 8 | GET(Q) << 16;
    return true;
}

EL0_OPERANDS(narrow)
{
    return operands_long(line, i);
}

EL0_OPERANDS(narrow_scalar)
{
    i->ra = (uint8_t)GET(size);
    i->imm = 1;
    return i->ra < 3;
}

EL0_OPERANDS(long_by_size)
{
    if (!operands_long(line, i))
        return false;
    i->imm |= UINT64_C(8) << i->ra << 8;
    return true;
}

EL0_OPERANDS(shift_narrow)
{
    if (!shift_size(line, i, true, true))
        return false;
    i->imm += (8u >> i->ra) - 1;
    i->imm |= GET(Q) << 16;
    return i->ra < 3;
}

EL0_OPERANDS(shift_narrow_scalar)
{
    return shift_size(line, i, true, true) && i->ra < 3;
}

EL0_OPERANDS(shift_long)
{
    if (!shift_size(line, i, false, true))
        return false;
    i->imm += (8u >> i->ra) - 1;
    i->imm |= GET(Q) << 16;
    return i->ra < 3;
}

EL0_OPERANDS(shift_fp)
{
    return operands_shift_right(line, i) && i->ra >= 2;
}

EL0_OPERANDS(shift_fp_scalar)
{
    return shift_size(line, i, true, true) && i->ra >= 2;
}

/* Not of two single words: the result would be the sum of a pair. */
EL0_OPERANDS(across)
{
    return operands_vector_s(line, i) && (i->ra < 2 || GET(Q));
}

EL0_OPERANDS(vector_fp)
{
    elements(line, i, FLOAT_SINGLE + (unsigned)GET(sz));
    return i->imm > 1;
}

EL0_OPERANDS(scalar_fp)
{
    i->ra = (uint8_t)(FLOAT_SINGLE + GET(sz));
    i->imm = 1;
    return true;
}

EL0_OPERANDS(fp_narrow)
{
    i->ra = (uint8_t)(FLOAT_HALF + GET(sz));
    i->imm = 8u >> i->ra | GET(Q) << 16;
    return true;
}

EL0_OPERANDS(fp_narrow_odd)
{
    i->ra = FLOAT_SINGLE;
    i->imm = 2 | GET(Q) << 16;
    return true;
}

EL0_OPERANDS(fp_narrow_odd_scalar)
{
    i->ra = FLOAT_SINGLE;
    i->imm = 1;
    return true;
}

/* The index of the second operand's element: H:L:M for halfwords, whose register has 4 bits, H:L
 * for words, H for doublewords. M is the top bit of Vm. */
static bool element_index(const struct decode_line *line, struct el0_insn *i)
{
    unsigned index = (unsigned)(GET(H) << 1 | GET(L));

    if (i->ra == 1) {
        index = index << 1 | i->rm >> 4;
        i->rm &= 15;
    } else if (i->ra == 3) {
        if (GET(L))
            return false;
        index >>= 1;
    }
    i->imm |= (uint64_t)(index + 1) << 24;
    return true;
}

EL0_OPERANDS(element)
{
    return operands_vector_hs(line, i) && element_index(line, i);
}

EL0_OPERANDS(element_long)
{
    return operands_long_hs(line, i) && element_index(line, i);
}

EL0_OPERANDS(element_scalar)
{
    return operands_scalar_hs(line, i) && element_index(line, i);
}

EL0_OPERANDS(element_fp)
{
    return operands_vector_fp(line, i) && element_index(line, i);
}

EL0_OPERANDS(element_fp_scalar)
{
    return operands_scalar_fp(line, i) && element_index(line, i);
}
