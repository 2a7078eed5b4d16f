#include "atomic.h"

#include <string.h>

#include "el0/cpu.h"

uaddr_t atomic_base(const struct test_case *c)
{
    unsigned rn = c->words[0] >> 5 & 31;

    return rn < 31 ? c->user.x[rn] : c->user.sp;
}

static unsigned operand_number(uint32_t word)
{
    return word >> 16 & 31;
}

/* LDSMAX, LDSMIN, LDUMAX, LDUMIN of bytes, halfwords or words. */
static bool is_comparison(uint32_t word)
{
    return (word & 0x3f20cc00) == 0x38204000 && word >> 30 < 3;
}

static bool is_compare_and_swap(uint32_t word)
{
    return (word & 0x3f207c00) == 0x08207c00;
}

static void set_operand(struct test_case *c, unsigned number, uint64_t value)
{
    if (number < 31 && number != (c->words[0] >> 5 & 31))
        c->user.x[number] = value;
}

void atomic_suit(struct test_case *c, const uint8_t *at)
{
    uint32_t word = c->words[0];
    unsigned rs = operand_number(word), bits = 8u << (word >> 30);
    bool is_pair_of_words = word >> 30 == 0, is_signed = !(word >> 13 & 1);
    uint64_t there[2];

    if (!at)
        return;
    memcpy(there, at, sizeof(there));
    if (is_compare_and_swap(word) && there[0] % 2 == 0) {
        set_operand(c, rs, there[0]);
        set_operand(c, rs + 1, is_pair_of_words ? there[0] >> 32 : there[1]);
    } else if (is_comparison(word) && rs < 31) {
        uint64_t value = c->user.x[rs] & el0_ones(bits), sign = UINT64_C(1) << (bits - 1);

        if (is_signed && there[0] & sign)
            value |= sign;
        else if (is_signed)
            value = (uint64_t)el0_sign_extend(value, bits);
        set_operand(c, rs, value);
    }
}

/* By bits 13 and 12: signed or unsigned, the greater or the less. */
static uint64_t compared(uint32_t word, uint64_t a, uint64_t b)
{
    bool is_unsigned = word >> 13 & 1, is_least = word >> 12 & 1;
    bool is_greater = is_unsigned ? a > b : (int64_t)a > (int64_t)b;

    return is_greater != is_least ? a : b;
}

bool atomic_mend(const struct test_case *c, const uint8_t *at, uint8_t *to)
{
    uint32_t word = c->words[0];
    unsigned rs = operand_number(word), bits = 8u << (word >> 30);
    uint64_t there = 0, operand = rs < 31 ? c->user.x[rs] : 0, right, wrong;

    if (!at || !is_comparison(word))
        return false;
    memcpy(&there, at, bits / 8);
    wrong = compared(word, there, operand) & el0_ones(bits);
    right = word >> 13 & 1 ? compared(word, there, operand & el0_ones(bits))
                           : compared(word, (uint64_t)el0_sign_extend(there, bits),
                                      (uint64_t)el0_sign_extend(operand, bits));
    memcpy(to, &right, bits / 8);
    return wrong != (right & el0_ones(bits));
}
