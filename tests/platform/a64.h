/* The A64 instructions that tests put into memory for EL0 (Arm ARM C4). Registers are 0 to 30; 31
 * is sp or xzr as the instruction has it. */
#ifndef TESTS_PLATFORM_A64_H
#define TESTS_PLATFORM_A64_H

#include <stdint.h>

enum a64 {
    A64_UDF = 0x00000000,
    A64_B_SELF = 0x14000000,
    A64_NOP = 0xd503201f,
    A64_WFI = 0xd503207f,
    A64_WFE = 0xd503205f,
    A64_ISB = 0xd5033fdf,
    A64_ERET = 0xd69f03e0,
    A64_HVC = 0xd4000002,
    A64_SMC = 0xd4000003,
    A64_HLT_SEMIHOST = 0xd45e0000,
    A64_MSR_DAIFSET = 0xd50342df, /* #2 */
    A64_MSR_SPSEL = 0xd50041bf,   /* #1 */
    A64_TLBI_VMALLE1 = 0xd508871f,
    A64_DMB_ISH = 0xd5033bbf,
};

/* System instructions and registers with Rt 0. */
enum a64_system {
    A64_MRS_CURRENTEL = 0xd5384240,
    A64_MSR_SPSR_EL1 = 0xd5184000,
    A64_MSR_TTBR0_EL1 = 0xd5182000,
    A64_MRS_TTBR0_EL1 = 0xd5382000,
    A64_MRS_MIDR_EL1 = 0xd5380000,
    A64_MRS_CTR_EL0 = 0xd53b0020,
    A64_MRS_DCZID_EL0 = 0xd53b00e0,
    A64_MRS_TPIDR_EL0 = 0xd53bd040,
    A64_MSR_TPIDR_EL0 = 0xd51bd040,
    A64_MRS_CNTFRQ_EL0 = 0xd53be000,
    A64_MRS_CNTVCT_EL0 = 0xd53be040,
    A64_MRS_CNTPCT_EL0 = 0xd53be020,
    A64_MRS_NZCV = 0xd53b4200,
    A64_MSR_NZCV = 0xd51b4200,
    A64_MRS_FPCR = 0xd53b4400,
    A64_MRS_FPSR = 0xd53b4420,
    A64_DC_ZVA = 0xd50b7420,
    A64_DC_CVAU = 0xd50b7b20,
    A64_IC_IVAU = 0xd50b7520,
};

static inline uint32_t a64_with_rt(enum a64_system system, unsigned rt)
{
    return (uint32_t)system | rt;
}

static inline uint32_t a64_svc(unsigned imm)
{
    return 0xd4000001u | imm << 5;
}

static inline uint32_t a64_brk(unsigned imm)
{
    return 0xd4200000u | imm << 5;
}

static inline uint32_t a64_movz(unsigned rd, unsigned imm)
{
    return 0xd2800000u | imm << 5 | rd;
}

static inline uint32_t a64_add_imm(unsigned rd, unsigned rn, unsigned imm)
{
    return 0x91000000u | imm << 10 | rn << 5 | rd;
}

static inline uint32_t a64_add(unsigned rd, unsigned rn, unsigned rm)
{
    return 0x8b000000u | rm << 16 | rn << 5 | rd;
}

static inline uint32_t a64_mul(unsigned rd, unsigned rn, unsigned rm)
{
    return 0x9b007c00u | rm << 16 | rn << 5 | rd;
}

static inline uint32_t a64_udiv(unsigned rd, unsigned rn, unsigned rm)
{
    return 0x9ac00800u | rm << 16 | rn << 5 | rd;
}

static inline uint32_t a64_cmp(unsigned rn, unsigned rm)
{
    return 0xeb00001fu | rm << 16 | rn << 5;
}

/* Back by so many instructions, if lower (unsigned). */
static inline uint32_t a64_b_lo_back(unsigned count)
{
    return 0x54000003u | ((0u - count) & 0x7ffff) << 5;
}

static inline uint32_t a64_br(unsigned rn)
{
    return 0xd61f0000u | rn << 5;
}

/* 64 bits at [xn]. */
static inline uint32_t a64_ldr(unsigned rt, unsigned rn)
{
    return 0xf9400000u | rn << 5 | rt;
}

static inline uint32_t a64_str(unsigned rt, unsigned rn)
{
    return 0xf9000000u | rn << 5 | rt;
}

static inline uint32_t a64_ldrb(unsigned rt, unsigned rn)
{
    return 0x39400000u | rn << 5 | rt;
}

static inline uint32_t a64_strb(unsigned rt, unsigned rn)
{
    return 0x39000000u | rn << 5 | rt;
}

/* 32 bits at [xn]. */
static inline uint32_t a64_ldxr(unsigned rt, unsigned rn)
{
    return 0x885f7c00u | rn << 5 | rt;
}

static inline uint32_t a64_stlr(unsigned rt, unsigned rn)
{
    return 0x889ffc00u | rn << 5 | rt;
}

static inline uint32_t a64_stxr(unsigned rs, unsigned rt, unsigned rn)
{
    return 0x88007c00u | rs << 16 | rn << 5 | rt;
}

/* The low half of a vector register. */
static inline uint32_t a64_fmov_to(unsigned vd, unsigned xn)
{
    return 0x9e670000u | xn << 5 | vd;
}

static inline uint32_t a64_fmov_from(unsigned xd, unsigned vn)
{
    return 0x9e660000u | vn << 5 | xd;
}

/* ins v<d>.d[1], x<n> */
static inline uint32_t a64_ins_high(unsigned vd, unsigned xn)
{
    return 0x4e181c00u | xn << 5 | vd;
}

#endif
