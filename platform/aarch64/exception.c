/*
 * The way out of user mode and what it means; what belongs to this CPU.
 *
 * FP and SIMD registers: EL0 owns them (CPACR_EL1.FPEN is 3) or its next use traps (1). The
 * kernel itself has none.
 */
#include "exception.h"

#include "access.h"
#include "base/panic.h"
#include "gic.h"
#include "layout.h"
#include "masked.h"
#include "report.h"

_Static_assert(offsetof(struct plat_user, sp) == USER_SP, "vectors.S");
_Static_assert(offsetof(struct plat_user, pc) == USER_PC, "vectors.S");
_Static_assert(offsetof(struct plat_user, pstate) == USER_PC + 8, "vectors.S");
_Static_assert(offsetof(struct plat_user, tpidr) == USER_TPIDR, "vectors.S");
_Static_assert(offsetof(struct cpu, emergency_end) == CPU_EMERGENCY, "vectors.S");
_Static_assert(offsetof(struct cpu, regs) == CPU_REGS, "vectors.S");
_Static_assert(offsetof(struct regs, sp) == REGS_SP, "vectors.S");
_Static_assert(offsetof(struct regs, pc) == REGS_PC, "vectors.S");
_Static_assert(offsetof(struct regs, esr) == REGS_ESR, "vectors.S");
_Static_assert(offsetof(struct regs, vector) == REGS_VECTOR, "vectors.S");
_Static_assert(offsetof(struct plat_fp, fpcr) == 512, "fp.S");

extern uint8_t stack_guard[];

struct cpu boot_cpu = {.emergency_end = stack_guard};

/* vectors.S, fp.S */
int user_enter(struct plat_user *user);
void fp_load(const struct plat_fp *fp);
void fp_store(struct plat_fp *fp);

/* Status codes of aborts (Arm ARM, ESR_EL1: DFSC and IFSC). The two lowest bits of the first four
 * and of STATUS_BUS_WALK are the level. */
enum {
    STATUS_ADDRESS_SIZE = 0x00,
    STATUS_TRANSLATION = 0x04,
    STATUS_ACCESS_FLAG = 0x08,
    STATUS_PERMISSION = 0x0c,
    STATUS_BUS = 0x10,
    STATUS_BUS_WALK = 0x14,
    STATUS_PARITY = 0x18,
    STATUS_PARITY_WALK = 0x1c,
    STATUS_ALIGNMENT = 0x21,
    STATUS_UNSUPPORTED_ATOMIC = 0x35,
};

static bool decode_status(unsigned status, enum plat_fault_kind *kind)
{
    switch (status & ~3u) {
    case STATUS_ADDRESS_SIZE:
        *kind = PLAT_FAULT_ADDRESS_SIZE;
        return true;
    case STATUS_TRANSLATION:
        *kind = PLAT_FAULT_TRANSLATION;
        return true;
    case STATUS_ACCESS_FLAG:
        *kind = PLAT_FAULT_ACCESS_FLAG;
        return true;
    case STATUS_PERMISSION:
        *kind = PLAT_FAULT_PERMISSION;
        return true;
    case STATUS_BUS:
    case STATUS_BUS_WALK:
    case STATUS_PARITY:
    case STATUS_PARITY_WALK:
        *kind = PLAT_FAULT_BUS;
        return true;
    }
    *kind = status == STATUS_ALIGNMENT ? PLAT_FAULT_ALIGNMENT : PLAT_FAULT_BUS;
    return status == STATUS_ALIGNMENT || status == STATUS_UNSUPPORTED_ATOMIC;
}

bool exception_decode_abort(uint32_t esr, uint64_t far, struct plat_fault *fault)
{
    bool is_fetch = exception_class(esr) == CLASS_FETCH_EL0;
    unsigned status = esr & 0x3f;

    fault->addr = far;
    /* Cache maintenance counts as a write in the syndrome, and needs no more than the right to
     * read. */
    bool is_write = (esr & ESR_WNR) && !(esr & ESR_CM);
    fault->access = is_fetch ? PLAT_FETCH : is_write ? PLAT_WRITE : PLAT_READ;
    fault->level = status < STATUS_PARITY_WALK + 4 ? status & 3 : 0;
    return decode_status(status, &fault->kind);
}

static void alignment_fault(struct plat_trap *trap, uaddr_t addr, enum plat_access access)
{
    trap->kind = PLAT_TRAP_FAULT;
    trap->fault = (struct plat_fault){addr, access, PLAT_FAULT_ALIGNMENT, 0};
}

static void decode(const struct plat_user *user, struct plat_trap *trap)
{
    trap->esr = (uint32_t)SYSREG_READ(esr_el1);
    switch (exception_class(trap->esr)) {
    case CLASS_SVC:
        trap->kind = PLAT_TRAP_SYSCALL;
        break;
    case CLASS_DATA_EL0:
    case CLASS_FETCH_EL0: {
        uint64_t far = SYSREG_READ(far_el1);

        trap->kind = PLAT_TRAP_FAULT;
        if (!exception_decode_abort(trap->esr, far, &trap->fault)) {
            panic("abort in user mode: ESR 0x%x, FAR 0x%lx, pc 0x%lx", trap->esr, far, user->pc);
        }
        break;
    }
    case CLASS_PC_ALIGNMENT:
        alignment_fault(trap, user->pc, PLAT_FETCH);
        break;
    case CLASS_SP_ALIGNMENT: /* by a load or a store: the syndrome doesn't say which */
        alignment_fault(trap, user->sp, PLAT_READ);
        break;
    case CLASS_BRK:
        trap->kind = PLAT_TRAP_BREAKPOINT;
        break;
    case CLASS_FP:
        trap->kind = PLAT_TRAP_FP;
        break;
    default:
        trap->kind = PLAT_TRAP_UNDEFINED;
        break;
    }
}

/* WFI and WFE are hints. EL0 must not stop a CPU that other threads wait for, perhaps for good:
 * they do nothing. */
static bool is_wait(void)
{
    return exception_class(SYSREG_READ(esr_el1)) == CLASS_WAIT;
}

void plat_user_ends(int signal)
{
    (void)signal;
}

void plat_user_run(struct plat_user *user, struct plat_trap *trap)
{
    masked_end();
    bool was_interrupted = user_enter(user);

    while (!was_interrupted && is_wait()) {
        user->pc += 4;
        was_interrupted = user_enter(user);
    }
    masked_begin();
    if (was_interrupted) {
        trap->kind = PLAT_TRAP_IRQ;
        trap->esr = 0;
        gic_take();
    } else {
        decode(user, trap);
    }
}

void exception_kernel(struct regs *regs)
{
    if (regs->vector != VECTOR_EL1_SYNC || !access_fix_up(regs)) {
        report_exception(regs);
    }
}

void plat_fp_use(const struct plat_fp *fp)
{
    enum { FPEN_KERNEL = 1 << 20, FPEN_ALL = 3 << 20 };

    if (fp) {
        fp_load(fp);
    }
    cpu_this()->fp_owned = fp != NULL;
    SYSREG_WRITE(cpacr_el1, fp ? FPEN_ALL : FPEN_KERNEL); /* the eret to EL0 synchronises */
}

void plat_fp_sync(struct plat_fp *fp)
{
    ASSERT(cpu_this()->fp_owned);
    fp_store(fp);
}

void *plat_cpu_local(void)
{
    return cpu_this()->local;
}

void plat_cpu_set_local(void *local)
{
    cpu_this()->local = local;
}

void plat_cpu_relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

unsigned plat_choose(enum plat_choice kind, unsigned bound)
{
    (void)kind;
    (void)bound;
    return 0;
}
