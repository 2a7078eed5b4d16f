#include "el0/insn/system.h"

#include <string.h>

#include "el0/memory.h"

/*
 * System calls, breakpoints, cache maintenance and the system registers that EL0 has.
 */

enum {
    CTR = 0x8444c004u, /* CTR_EL0 of a Cortex-A72: lines and granules of 64 bytes, PIPT */
    DCZID = 4,         /* DCZID_EL0: DC ZVA allowed, 2^4 words */
    BLOCK_SIZE = 64,
    TICK_NS = 1000000000 / EL0_COUNTER_HZ,
    ISS_CM = 1 << 8, /* data abort: by cache maintenance, which also sets WnR */
    ISS_WNR = 1 << 6,
    FPCR_BITS = 0x07c00000, /* AHP, DN, FZ, RMode: what ARMv8.0-A has */
};

/* N, Z, C, V, which AArch32 uses, QC, and IDC, IXC, UFC, OFC, DZC, IOC (Cortex-A72 TRM). */
static const uint64_t fpsr_bits = 0xf800009f;

EL0_HANDLER(system_nop)
{
    (void)cpu;
    return i + 1;
}

EL0_OPERANDS(imm16)
{
    i->imm = GET(imm16);
    return true;
}

EL0_HANDLER(system_svc)
{
    return el0_trap_svc(cpu, i);
}

EL0_HANDLER(system_brk)
{
    return el0_trap_brk(cpu, i);
}

EL0_HANDLER(system_clrex)
{
    cpu->exclusive_size = 0;
    return i + 1;
}

/* A fault is at the address in the register, wherever in the block that is (Arm ARM, FAR_EL1). */
EL0_HANDLER(system_dc_zva)
{
    uint8_t *at[2];
    uint64_t va = cpu->r[i->rd] & -(uint64_t)BLOCK_SIZE;

    if (memory_reach(cpu, i, va, BLOCK_SIZE, PLAT_WRITE, 0, at) == 0) {
        cpu->trap->fault.addr = cpu->r[i->rd];
        return NULL;
    }
    memset(at[0], 0, BLOCK_SIZE);
    return i + 1;
}

/* Data is always clean here: all that is left is to find out whether EL0 may read it. */
EL0_HANDLER(system_dc_clean)
{
    uint8_t *at[2];

    if (memory_reach(cpu, i, cpu->r[i->rd], 1, PLAT_READ, ISS_CM | ISS_WNR, at) == 0)
        return NULL;
    return i + 1;
}

EL0_HANDLER(system_ic_ivau)
{
    uint8_t *at[2];

    if (memory_reach(cpu, i, cpu->r[i->rd], 1, PLAT_READ, ISS_CM | ISS_WNR, at) == 0)
        return NULL;
    el0_refetch_line(at[0]);
    return i + 1;
}

/* ---- system registers ---- */

EL0_HANDLER(system_trapped)
{
    return el0_trap_system(cpu, i);
}

#define READ_REGISTER(name, value)                                                                 \
    EL0_HANDLER(system_mrs_##name)                                                                 \
    {                                                                                              \
        cpu->r[i->rd] = value;                                                                     \
        return i + 1;                                                                              \
    }

READ_REGISTER(ctr, CTR)
READ_REGISTER(dczid, DCZID)
READ_REGISTER(nzcv, cpu->nzcv)
READ_REGISTER(tpidr, cpu->tpidr)
READ_REGISTER(zero, 0)
READ_REGISTER(cntfrq, EL0_COUNTER_HZ)
READ_REGISTER(cntvct, (el0_clock_base + (cpu->budget - cpu->left) * EL0_INSN_NS) / TICK_NS)

EL0_HANDLER(system_msr_nzcv)
{
    cpu->nzcv = (uint32_t)cpu->r[i->rd] & (EL0_N | EL0_Z | EL0_C | EL0_V);
    return i + 1;
}

EL0_HANDLER(system_msr_tpidr)
{
    cpu->tpidr = cpu->r[i->rd];
    return i + 1;
}

EL0_HANDLER(system_mrs_fpcr)
{
    if (!cpu->fp)
        return el0_trap_fp(cpu, i);
    cpu->r[i->rd] = cpu->fp->fpcr;
    return i + 1;
}

EL0_HANDLER(system_msr_fpcr)
{
    if (!cpu->fp)
        return el0_trap_fp(cpu, i);
    cpu->fp->fpcr = cpu->r[i->rd] & FPCR_BITS;
    return i + 1;
}

EL0_HANDLER(system_mrs_fpsr)
{
    if (!cpu->fp)
        return el0_trap_fp(cpu, i);
    cpu->r[i->rd] = cpu->fp->fpsr;
    return i + 1;
}

EL0_HANDLER(system_msr_fpsr)
{
    if (!cpu->fp)
        return el0_trap_fp(cpu, i);
    cpu->fp->fpsr = cpu->r[i->rd] & fpsr_bits;
    return i + 1;
}
