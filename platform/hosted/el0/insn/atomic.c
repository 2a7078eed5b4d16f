#include "el0/insn/atomic.h"

#include "el0/memory.h"

/*
 * The instructions that read and write memory in one go: CAS, CASP, SWP, and LDADD and its like, if
 * the CPU has them. Nobody else is there, so a load and a store are enough.
 *
 * The right to write is needed whatever is written: it is looked for after the right to read and
 * before anything is done, and a fault is a write's only if a read would have gone well (Arm ARM,
 * ESR_EL1.WnR). imm is the number of bytes.
 */

bool el0_has_atomics;

EL0_OPERANDS(atomic)
{
    i->imm = UINT64_C(1) << GET(size);
    return el0_has_atomics;
}

/* Both registers are the first of two that stand behind each other. */
EL0_OPERANDS(atomic_pair)
{
    i->imm = UINT64_C(4) << GET(sz);
    return el0_has_atomics && GET(Rm) % 2 == 0 && GET(rt) % 2 == 0;
}

/* Reads what is at rn, and makes sure that it can be written. */
static bool begin(struct el0_cpu *cpu, struct el0_insn *i, void *data, size_t size)
{
    uint64_t va = cpu->r[i->rn];
    uint8_t *at[2];

    if (el0_sp_is_misaligned(cpu, i)) {
        el0_trap_sp(cpu, i, PLAT_READ);
        return false;
    }
    if (va % size != 0) {
        cpu->trap->fault =
            (struct plat_fault){.addr = va, .access = PLAT_READ, .kind = PLAT_FAULT_ALIGNMENT};
        el0_trap_fault(cpu, i, 0);
        return false;
    }
    return memory_read(cpu, i, va, data, size) &&
           memory_reach(cpu, i, va, size, PLAT_WRITE, 0, at) == size;
}

/* After begin, which has made sure that this goes well. */
static void end(struct el0_cpu *cpu, struct el0_insn *i, const void *data, size_t size)
{
    bool is_written = memory_write(cpu, i, cpu->r[i->rn], data, size);

    assert(is_written);
    (void)is_written;
}

static uint64_t truncated(uint64_t value, size_t size)
{
    return value & el0_ones((unsigned)size * 8);
}

EL0_HANDLER(atomic_cas)
{
    size_t size = i->imm;
    uint64_t old = 0;

    if (!begin(cpu, i, &old, size))
        return NULL;
    if (old == truncated(cpu->r[i->rm], size))
        end(cpu, i, &cpu->r[i->rd], size);
    if (i->rm != EL0_ZERO)
        cpu->r[i->rm] = old;
    return i + 1;
}

/* Register number + 1, where 31 is the zero register. */
static uint64_t second(const struct el0_cpu *cpu, unsigned number)
{
    return number == 30 ? 0 : cpu->r[number + 1];
}

EL0_HANDLER(atomic_casp)
{
    size_t size = i->imm;
    uint64_t old[2] = {0, 0};
    uint8_t pair[16], new[16];

    if (!begin(cpu, i, pair, size * 2))
        return NULL;
    memcpy(&old[0], pair, size);
    memcpy(&old[1], pair + size, size);
    if (old[0] == truncated(cpu->r[i->rm], size) && old[1] == truncated(second(cpu, i->rm), size)) {
        uint64_t high = second(cpu, i->rd);

        memcpy(new, &cpu->r[i->rd], size);
        memcpy(new + size, &high, size);
        end(cpu, i, new, size * 2);
    }
    cpu->r[i->rm] = old[0];
    if (i->rm < 30)
        cpu->r[i->rm + 1] = old[1];
    return i + 1;
}

/* The operations, of the old value a and the register b, of so many bytes. */

static int64_t as_signed(uint64_t value, size_t size)
{
    return el0_sign_extend(value, (unsigned)size * 8);
}

#define OPERATION(name, result)                                                                    \
    EL0_HANDLER(atomic_##name)                                                                     \
    {                                                                                              \
        size_t size = i->imm;                                                                      \
        uint64_t a = 0, b = truncated(cpu->r[i->rm], size), new;                                   \
                                                                                                   \
        if (!begin(cpu, i, &a, size))                                                              \
            return NULL;                                                                           \
        new = result;                                                                              \
        end(cpu, i, &new, size);                                                                   \
        cpu->r[i->rd] = a;                                                                         \
        return i + 1;                                                                              \
    }

OPERATION(ldadd, a + b)
OPERATION(ldclr, a & ~b)
OPERATION(ldeor, a ^ b)
OPERATION(ldset, a | b)
OPERATION(ldsmax, as_signed(a, size) > as_signed(b, size) ? a : b)
OPERATION(ldsmin, as_signed(a, size) < as_signed(b, size) ? a : b)
OPERATION(ldumax, a > b ? a : b)
OPERATION(ldumin, a < b ? a : b)
OPERATION(swp, b)
