#include "el0/insn/branch.h"

/*
 * Branches. imm of a direct branch is where it leads, relative to the start of the page it is in.
 */

/* Targets and literals relative to the pc become relative to the start of the page. */
EL0_OPERANDS(branch26)
{
    i->imm += (uint64_t)el0_sign_extend(GET(imm26), 26) * 4;
    return true;
}

EL0_OPERANDS(pc_relative19)
{
    i->imm += (uint64_t)el0_sign_extend(GET(imm19), 19) * 4;
    return true;
}

EL0_OPERANDS(branch_cond)
{
    i->ra = (uint8_t)GET(cond);
    return operands_pc_relative19(line, i);
}

EL0_OPERANDS(test_branch)
{
    i->ra = (uint8_t)(GET(b5) << 5 | GET(b40));
    i->imm += (uint64_t)el0_sign_extend(GET(imm14), 14) * 4;
    return true;
}

static inline struct el0_insn *taken(struct el0_cpu *cpu, const struct el0_insn *i)
{
    if (i->imm < PLAT_PAGE_SIZE)
        return &cpu->insn[i->imm / 4];
    return el0_goto(cpu, cpu->page_va + i->imm);
}

EL0_QUICK_HANDLER(branch_b)
{
    return taken(cpu, i);
}

EL0_QUICK_HANDLER(branch_bl)
{
    cpu->r[30] = el0_pc(cpu, i) + 4;
    return taken(cpu, i);
}

EL0_QUICK_HANDLER(branch_cond)
{
    return el0_holds(cpu, i->ra) ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_cbz_w)
{
    return (uint32_t)cpu->r[i->rd] == 0 ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_cbz_x)
{
    return cpu->r[i->rd] == 0 ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_cbnz_w)
{
    return (uint32_t)cpu->r[i->rd] != 0 ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_cbnz_x)
{
    return cpu->r[i->rd] != 0 ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_tbz)
{
    return (cpu->r[i->rd] >> i->ra & 1) == 0 ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_tbnz)
{
    return (cpu->r[i->rd] >> i->ra & 1) != 0 ? taken(cpu, i) : i + 1;
}

EL0_QUICK_HANDLER(branch_br)
{
    return el0_goto(cpu, cpu->r[i->rn]);
}

EL0_QUICK_HANDLER(branch_blr)
{
    uint64_t target = cpu->r[i->rn];

    cpu->r[30] = el0_pc(cpu, i) + 4;
    return el0_goto(cpu, target);
}
