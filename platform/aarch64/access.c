/* What core asks of user memory; the instructions are in access.S. */
#include "access.h"

#include "base/panic.h"
#include "exception.h"

/* Each in the order of the assembly's registers. The rest of len is returned; fault: ESR, FAR. */
size_t access_read(void *dst, uaddr_t addr, size_t len, uint64_t fault[2]);
size_t access_write(uaddr_t addr, const void *src, size_t len, uint64_t fault[2]);

/* 1: stored; 0: differs; -1: fault. */
int access_cas32(uaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *seen,
                 uint64_t fault[2]);

/* Offsets from the field itself. */
struct fixup {
    int32_t at;
    int32_t go_on;
};

extern const struct fixup fixups_start[], fixups_end[];

bool access_fix_up(struct regs *regs)
{
    for (const struct fixup *fixup = fixups_start; fixup < fixups_end; fixup++) {
        if ((uintptr_t)&fixup->at + (intptr_t)fixup->at == regs->pc) {
            regs->x[16] = regs->esr;
            regs->x[17] = regs->far;
            regs->pc = (uintptr_t)&fixup->go_on + (intptr_t)fixup->go_on;
            return true;
        }
    }
    return false;
}

static void take_fault(const uint64_t fault[2], struct plat_fault *result)
{
    if (!exception_decode_abort((uint32_t)fault[0], fault[1], result)) {
        panic("user copy: ESR 0x%lx at 0x%lx", fault[0], fault[1]);
    }
}

static void assert_user_range(uaddr_t addr, size_t len)
{
    const uint64_t end = UINT64_C(1) << PLAT_USER_BITS;

    ASSERT(addr <= end && len <= end - addr);
}

size_t plat_user_read(void *dst, uaddr_t addr, size_t len, struct plat_fault *fault)
{
    uint64_t syndrome[2];

    assert_user_range(addr, len);
    size_t left = access_read(dst, addr, len, syndrome);
    if (left) {
        take_fault(syndrome, fault);
    }
    return len - left;
}

size_t plat_user_write(uaddr_t addr, const void *src, size_t len, struct plat_fault *fault)
{
    uint64_t syndrome[2];

    assert_user_range(addr, len);
    size_t left = access_write(addr, src, len, syndrome);
    if (left) {
        take_fault(syndrome, fault);
    }
    return len - left;
}

/* LDXR and STXR have no unprivileged form and would ignore a missing right of EL0, so the MMU is
 * asked first. If another CPU takes the right away in between, the answer is of before that. */
enum plat_cas plat_user_cas32(uaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *seen,
                              struct plat_fault *fault)
{
    enum { PAR_F = 1, PAR_FST_SHIFT = 1, PAR_FST = 0x3f };
    uint64_t syndrome[2];

    assert_user_range(addr, sizeof(*seen));
    __asm__ volatile("at s1e0w, %0" : : "r"(addr) : "memory");
    isb();
    uint64_t par = SYSREG_READ(par_el1);
    if (par & PAR_F) {
        syndrome[0] = ESR_WNR | (par >> PAR_FST_SHIFT & PAR_FST);
        syndrome[1] = addr;
        take_fault(syndrome, fault);
        return PLAT_CAS_FAULT;
    }
    int result = access_cas32(addr, expected, desired, seen, syndrome);
    if (result < 0) {
        take_fault(syndrome, fault);
        return PLAT_CAS_FAULT;
    }
    return result ? PLAT_CAS_DONE : PLAT_CAS_DIFFERS;
}
