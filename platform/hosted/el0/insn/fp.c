#include "el0/insn/fp.h"

#include "el0/float/float_convert.h"

/*
 * Scalar floating point. imm holds the format in its low bits. A result clears the rest of its
 * vector register.
 */

/* ---- operands ---- */

EL0_OPERANDS(fp)
{
    i->imm = FLOAT_SINGLE + GET(sz);
    return true;
}

EL0_OPERANDS(fp_cond)
{
    i->ra = (uint8_t)GET(cond);
    return operands_fp(line, i);
}

EL0_OPERANDS(fp_cond_compare)
{
    operands_fp_cond(line, i);
    i->imm |= GET(nzcv) << 28;
    return true;
}

EL0_OPERANDS(fp_constant)
{
    i->imm = float_constant((enum float_format)(FLOAT_SINGLE + GET(sz)), (unsigned)GET(imm8));
    return true;
}

EL0_OPERANDS(fp_int)
{
    i->ra = 0;
    return operands_fp(line, i);
}

/* 64 - scale fraction bits, at most as many as the general register has. */
EL0_OPERANDS(fp_fixed)
{
    i->ra = (uint8_t)(64 - GET(scale));
    return operands_fp(line, i) && (GET(sf) || i->ra <= 32);
}

#define V(slot) (cpu->fp->v[i->slot][0])
#define FORMAT ((enum float_format)(i->imm & 3))

static uint64_t operand(const struct el0_cpu *cpu, unsigned number, enum float_format format)
{
    return cpu->fp->v[number][0] & el0_ones(8u << format);
}

static struct el0_insn *result(struct el0_cpu *cpu, struct el0_insn *i, uint64_t value)
{
    cpu->fp->v[i->rd][0] = value;
    cpu->fp->v[i->rd][1] = 0;
    return i + 1;
}

/* ---- arithmetic ---- */

#define UNARY(name, expression)                                                                    \
    EL0_FP_HANDLER(fp_##name)                                                                      \
    {                                                                                              \
        uint64_t a = operand(cpu, i->rn, FORMAT);                                                  \
                                                                                                   \
        return result(cpu, i, expression);                                                         \
    }

#define BINARY(name, expression)                                                                   \
    EL0_FP_HANDLER(fp_##name)                                                                      \
    {                                                                                              \
        uint64_t a = operand(cpu, i->rn, FORMAT), b = operand(cpu, i->rm, FORMAT);                 \
                                                                                                   \
        return result(cpu, i, expression);                                                         \
    }

UNARY(fmov, a)
UNARY(fabs, float_abs(FORMAT, a))
UNARY(fneg, float_neg(FORMAT, a))
UNARY(fsqrt, float_sqrt(cpu->fp, FORMAT, a))
UNARY(frintn, float_round(cpu->fp, FORMAT, a, FLOAT_TIE_EVEN, false))
UNARY(frintp, float_round(cpu->fp, FORMAT, a, FLOAT_UP, false))
UNARY(frintm, float_round(cpu->fp, FORMAT, a, FLOAT_DOWN, false))
UNARY(frintz, float_round(cpu->fp, FORMAT, a, FLOAT_ZERO, false))
UNARY(frinta, float_round(cpu->fp, FORMAT, a, FLOAT_TIE_AWAY, false))
UNARY(frintx, float_round(cpu->fp, FORMAT, a, float_rounding(cpu->fp), true))
UNARY(frinti, float_round(cpu->fp, FORMAT, a, float_rounding(cpu->fp), false))

BINARY(fadd, float_add(cpu->fp, FORMAT, a, b))
BINARY(fsub, float_sub(cpu->fp, FORMAT, a, b))
BINARY(fmul, float_mul(cpu->fp, FORMAT, a, b))
BINARY(fnmul, float_neg(FORMAT, float_mul(cpu->fp, FORMAT, a, b)))
BINARY(fdiv, float_div(cpu->fp, FORMAT, a, b))
BINARY(fmax, float_max(cpu->fp, FORMAT, a, b))
BINARY(fmin, float_min(cpu->fp, FORMAT, a, b))
BINARY(fmaxnm, float_max_number(cpu->fp, FORMAT, a, b))
BINARY(fminnm, float_min_number(cpu->fp, FORMAT, a, b))

/* The signs of the addend and of the product are changed before anything is added: NaNs included.
 * */
static struct el0_insn *muladd(struct el0_cpu *cpu, struct el0_insn *i, bool negate_addend,
                               bool negate_product)
{
    uint64_t addend = operand(cpu, i->ra, FORMAT);
    uint64_t a = operand(cpu, i->rn, FORMAT), b = operand(cpu, i->rm, FORMAT);

    if (negate_addend)
        addend = float_neg(FORMAT, addend);
    if (negate_product)
        a = float_neg(FORMAT, a);
    return result(cpu, i, float_muladd(cpu->fp, FORMAT, addend, a, b));
}

EL0_FP_HANDLER(fp_fmadd)
{
    return muladd(cpu, i, false, false);
}
EL0_FP_HANDLER(fp_fmsub)
{
    return muladd(cpu, i, false, true);
}
EL0_FP_HANDLER(fp_fnmadd)
{
    return muladd(cpu, i, true, true);
}
EL0_FP_HANDLER(fp_fnmsub)
{
    return muladd(cpu, i, true, false);
}

EL0_FP_HANDLER(fp_fmov_imm)
{
    return result(cpu, i, i->imm);
}

/* ---- comparing and choosing ---- */

#define COMPARE(name, b, signal)                                                                   \
    EL0_FP_HANDLER(fp_##name)                                                                      \
    {                                                                                              \
        cpu->nzcv = float_compare(cpu->fp, FORMAT, operand(cpu, i->rn, FORMAT), b, signal);        \
        return i + 1;                                                                              \
    }

COMPARE(fcmp, operand(cpu, i->rm, FORMAT), false)
COMPARE(fcmpe, operand(cpu, i->rm, FORMAT), true)
COMPARE(fcmp_zero, 0, false)
COMPARE(fcmpe_zero, 0, true)

/* ra is the condition, bits 31 to 28 of imm the flags when it fails. */
static struct el0_insn *cond_compare(struct el0_cpu *cpu, struct el0_insn *i, bool signal)
{
    uint64_t a = operand(cpu, i->rn, FORMAT), b = operand(cpu, i->rm, FORMAT);

    if (el0_holds(cpu, i->ra))
        cpu->nzcv = float_compare(cpu->fp, FORMAT, a, b, signal);
    else
        cpu->nzcv = (uint32_t)i->imm & 0xf0000000;
    return i + 1;
}

EL0_FP_HANDLER(fp_fccmp)
{
    return cond_compare(cpu, i, false);
}
EL0_FP_HANDLER(fp_fccmpe)
{
    return cond_compare(cpu, i, true);
}

EL0_FP_HANDLER(fp_fcsel)
{
    return result(cpu, i, operand(cpu, el0_holds(cpu, i->ra) ? i->rn : i->rm, FORMAT));
}

/* ---- converting ---- */

#define CONVERT(name, to, from)                                                                    \
    EL0_FP_HANDLER(fp_fcvt_##name)                                                                 \
    {                                                                                              \
        uint64_t a = operand(cpu, i->rn, from);                                                    \
                                                                                                   \
        return result(cpu, i, float_convert(cpu->fp, to, from, a, float_rounding(cpu->fp)));       \
    }

CONVERT(s_h, FLOAT_SINGLE, FLOAT_HALF)
CONVERT(d_h, FLOAT_DOUBLE, FLOAT_HALF)
CONVERT(h_s, FLOAT_HALF, FLOAT_SINGLE)
CONVERT(d_s, FLOAT_DOUBLE, FLOAT_SINGLE)
CONVERT(h_d, FLOAT_HALF, FLOAT_DOUBLE)
CONVERT(s_d, FLOAT_SINGLE, FLOAT_DOUBLE)

/* With general registers: ra is the number of fraction bits; bit 31 of the word the register's
 * width, so one handler serves both. */
static unsigned general_width(const struct el0_insn *i)
{
    return i->word >> 31 ? 64 : 32;
}

static struct el0_insn *to_int(struct el0_cpu *cpu, struct el0_insn *i, bool is_signed,
                               enum float_rounding rounding)
{
    uint64_t a = operand(cpu, i->rn, FORMAT);

    cpu->r[i->rd] = float_to_int(cpu->fp, FORMAT, a, i->ra, is_signed, general_width(i), rounding);
    return i + 1;
}

EL0_FP_HANDLER(fp_fcvtns)
{
    return to_int(cpu, i, true, FLOAT_TIE_EVEN);
}
EL0_FP_HANDLER(fp_fcvtnu)
{
    return to_int(cpu, i, false, FLOAT_TIE_EVEN);
}
EL0_FP_HANDLER(fp_fcvtps)
{
    return to_int(cpu, i, true, FLOAT_UP);
}
EL0_FP_HANDLER(fp_fcvtpu)
{
    return to_int(cpu, i, false, FLOAT_UP);
}
EL0_FP_HANDLER(fp_fcvtms)
{
    return to_int(cpu, i, true, FLOAT_DOWN);
}
EL0_FP_HANDLER(fp_fcvtmu)
{
    return to_int(cpu, i, false, FLOAT_DOWN);
}
EL0_FP_HANDLER(fp_fcvtzs)
{
    return to_int(cpu, i, true, FLOAT_ZERO);
}
EL0_FP_HANDLER(fp_fcvtzu)
{
    return to_int(cpu, i, false, FLOAT_ZERO);
}
EL0_FP_HANDLER(fp_fcvtas)
{
    return to_int(cpu, i, true, FLOAT_TIE_AWAY);
}
EL0_FP_HANDLER(fp_fcvtau)
{
    return to_int(cpu, i, false, FLOAT_TIE_AWAY);
}

EL0_FP_HANDLER(fp_scvtf)
{
    uint64_t value = (uint64_t)el0_sign_extend(cpu->r[i->rn], general_width(i));

    return result(cpu, i, float_from_int(cpu->fp, FORMAT, value, true, i->ra));
}

EL0_FP_HANDLER(fp_ucvtf)
{
    uint64_t value = cpu->r[i->rn] & el0_ones(general_width(i));

    return result(cpu, i, float_from_int(cpu->fp, FORMAT, value, false, i->ra));
}

/* ---- moves between register files; the low bits, or the upper half of the vector register ---- */

EL0_FP_HANDLER(fp_fmov_from_general)
{
    return result(cpu, i, cpu->r[i->rn] & el0_ones(general_width(i)));
}

EL0_FP_HANDLER(fp_fmov_to_general)
{
    cpu->r[i->rd] = V(rn) & el0_ones(general_width(i));
    return i + 1;
}

EL0_FP_HANDLER(fp_fmov_to_upper)
{
    cpu->fp->v[i->rd][1] = cpu->r[i->rn];
    return i + 1;
}

EL0_FP_HANDLER(fp_fmov_from_upper)
{
    cpu->r[i->rd] = cpu->fp->v[i->rn][1];
    return i + 1;
}
