#include "el0/cpu.h"

/*
 * Branches. imm of a direct branch is where it leads, relative to the start of the page it is in.
 */

static inline struct el0_insn *taken(struct el0_cpu *cpu, const struct el0_insn *i)
{
    if (i->imm < PLAT_PAGE_SIZE)
        return &cpu->insn[i->imm / 4];
    return el0_goto(cpu, cpu->page_va + i->imm);
}

EL0_HANDLER(branch_b)
{
    return taken(cpu, i);
}

EL0_HANDLER(branch_bl)
{
    cpu->r[30] = el0_pc(cpu, i) + 4;
    return taken(cpu, i);
}

EL0_HANDLER(branch_cond)
{
    return el0_holds(cpu, i->ra) ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_cbz_w)
{
    return (uint32_t)cpu->r[i->rd] == 0 ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_cbz_x)
{
    return cpu->r[i->rd] == 0 ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_cbnz_w)
{
    return (uint32_t)cpu->r[i->rd] != 0 ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_cbnz_x)
{
    return cpu->r[i->rd] != 0 ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_tbz)
{
    return (cpu->r[i->rd] >> i->ra & 1) == 0 ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_tbnz)
{
    return (cpu->r[i->rd] >> i->ra & 1) != 0 ? taken(cpu, i) : i + 1;
}

EL0_HANDLER(branch_br)
{
    return el0_goto(cpu, cpu->r[i->rn]);
}

EL0_HANDLER(branch_blr)
{
    uint64_t target = cpu->r[i->rn];

    cpu->r[30] = el0_pc(cpu, i) + 4;
    return el0_goto(cpu, target);
}
