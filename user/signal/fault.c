/* Signals that a program's own instructions cause. */
#include "signals.h"

enum kind {
    READ_UNMAPPED,
    WRITE_UNMAPPED,
    WRITE_READ_ONLY,
    READ_NONE,
    JUMP_UNMAPPED,
    JUMP_NOT_EXECUTABLE,
    READ_KERNEL,
    UNDEFINED,
    BREAKPOINT,
    PRIVILEGED,
    PRIVILEGED_REGISTER,
    UNALIGNED_PC,
    UNALIGNED_ATOMIC,
};

static uint64_t place; /* two pages, set up by prepare */
static volatile uint64_t bad = BAD_ADDRESS;

static void prepare(void)
{
    place = ADDR(map_private(2 * PAGE));
    *(uint32_t *)place = 0xd65f03c0; /* ret */
    sys_mprotect(place, PAGE, PROT_READ);
    sys_mprotect(place + PAGE, PAGE, PROT_NONE);
}

static void jump(uint64_t to)
{
    ((void (*)(void))to)();
}

static void fault(enum kind kind)
{
    switch (kind) {
    case READ_UNMAPPED:
        (void)*(volatile uint32_t *)bad;
        break;
    case WRITE_UNMAPPED:
        *(volatile uint32_t *)bad = 1;
        break;
    case WRITE_READ_ONLY:
        *(volatile uint32_t *)(place + 8) = 1;
        break;
    case READ_NONE:
        (void)*(volatile uint32_t *)(place + PAGE + 8);
        break;
    case JUMP_UNMAPPED:
        jump(bad);
        break;
    case JUMP_NOT_EXECUTABLE:
        jump(place);
        break;
    case READ_KERNEL:
        (void)*(volatile uint32_t *)0xffff800000080000;
        break;
    case UNDEFINED:
        __asm__ volatile(".inst 0x00000000");
        break;
    case BREAKPOINT:
        __asm__ volatile("brk #0");
        break;
    case PRIVILEGED:
        __asm__ volatile(".inst 0xd503417f" ::: "memory"); /* msr spsel, #1 */
        break;
    case PRIVILEGED_REGISTER:
        __asm__ volatile(".inst 0xd5381000" ::: "x0"); /* mrs x0, sctlr_el1 */
        break;
    case UNALIGNED_PC:
        jump(ADDR(prepare) + 2);
        break;
    case UNALIGNED_ATOMIC:
        __asm__ volatile("ldxr w9, [%0]" ::"r"(place + 2) : "x9", "memory");
        break;
    }
}

static struct abi_siginfo last;
static uint64_t last_pc;

static void skips(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal;
    last = *info;
    last_pc = uc->uc_mcontext.pc;
    if (info->si_addr == last_pc && (signal == SIGSEGV || signal == SIGBUS))
        uc->uc_mcontext.pc = uc->uc_mcontext.regs[30]; /* it jumped there: back to the caller */
    else
        uc->uc_mcontext.pc += 4;
}

static int with_handler(uint64_t kind)
{
    forget_caught();
    in_handler = skips;
    catch_signal(SIGSEGV, SA_ONSTACK);
    catch_signal(SIGBUS, SA_ONSTACK);
    catch_signal(SIGILL, SA_ONSTACK);
    catch_signal(SIGTRAP, SA_ONSTACK);
    fault((enum kind)kind);
    return (int)caught_count;
}

static int just_fault(uint64_t kind)
{
    fault((enum kind)kind);
    return 99;
}

static int blocked_fault(uint64_t kind)
{
    catch_signal(SIGSEGV, 0);
    catch_signal(SIGBUS, 0);
    catch_signal(SIGILL, 0);
    catch_signal(SIGTRAP, 0);
    block(~0ull);
    fault((enum kind)kind);
    return 99;
}

static int ignored_fault(uint64_t kind)
{
    ignore_signal(SIGSEGV);
    ignore_signal(SIGBUS);
    ignore_signal(SIGILL);
    ignore_signal(SIGTRAP);
    fault((enum kind)kind);
    return 99;
}

static const struct {
    const char *what;
    enum kind kind;
    int signal, code;
    bool address_is_pc;
} faults[] = {
    {"fault: a read where nothing is mapped", READ_UNMAPPED, SIGSEGV, SEGV_MAPERR, false},
    {"fault: a write where nothing is mapped", WRITE_UNMAPPED, SIGSEGV, SEGV_MAPERR, false},
    {"fault: a write to what can only be read", WRITE_READ_ONLY, SIGSEGV, SEGV_ACCERR, false},
    {"fault: a read of PROT_NONE", READ_NONE, SIGSEGV, SEGV_ACCERR, false},
    {"fault: a jump to where nothing is mapped", JUMP_UNMAPPED, SIGSEGV, SEGV_MAPERR, true},
    {"fault: a jump to what is not executable", JUMP_NOT_EXECUTABLE, SIGSEGV, SEGV_ACCERR, true},
    {"fault: a read of the kernel's memory", READ_KERNEL, SIGSEGV, SEGV_MAPERR, false},
    {"fault: an undefined instruction", UNDEFINED, SIGILL, ILL_ILLOPC, true},
    {"fault: a breakpoint", BREAKPOINT, SIGTRAP, TRAP_BRKPT, true},
    {"fault: a privileged instruction", PRIVILEGED, SIGILL, ILL_ILLOPC, true},
    {"fault: a privileged register", PRIVILEGED_REGISTER, SIGILL, ILL_ILLOPC, true},
    {"fault: an odd pc", UNALIGNED_PC, SIGBUS, BUS_ADRALN, true},
    {"fault: an exclusive load that is not aligned", UNALIGNED_ATOMIC, SIGBUS, BUS_ADRALN, false},
};

static uint64_t address_of(enum kind kind)
{
    switch (kind) {
    case WRITE_READ_ONLY:
        return place + 8;
    case READ_NONE:
        return place + PAGE + 8;
    case READ_KERNEL:
        return 0xffff800000080000;
    case UNALIGNED_ATOMIC:
        return place + 2;
    default:
        return BAD_ADDRESS;
    }
}

static void check_one(unsigned i)
{
    enum kind kind = faults[i].kind;
    uint64_t bytes = (uint64_t)8 * PAGE;
    struct abi_sigaltstack stack = {.ss_sp = ADDR(map_private(bytes)), .ss_size = bytes};

    CALL(NR_SIGALTSTACK, &stack, NULL);
    memset(&last, 0, sizeof(last));
    with_handler((uint64_t)kind);
    print("# %s\n", faults[i].what);
    check_is(caught_count == 1 ? caught[0].signal : -1, faults[i].signal, "fault: the signal");
    check_is(last.si_code, faults[i].code, "fault: its si_code");
    check_is((long)last.si_addr, (long)(faults[i].address_is_pc ? last_pc : address_of(kind)),
             "fault: its si_addr");
    check_is(last.si_errno, 0, "fault: and its si_errno");
    stack.ss_flags = SS_DISABLE;
    CALL(NR_SIGALTSTACK, &stack, NULL);
    sys_munmap(stack.ss_sp, bytes);
    for (unsigned j = 0; j < COUNT(faults); j++)
        default_signal(faults[j].signal);
    check_is(run_fork(just_fault, kind), faults[i].signal, "fault: by default it ends the process");
    check_is(run_fork(blocked_fault, kind), faults[i].signal,
             "fault: blocked, it does so, whatever the handler");
    check_is(run_fork(ignored_fault, kind), faults[i].signal, "fault: ignored, it does so");
}

static void faults_again(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    if (caught_count > 3)
        sys_leave(50);
    fault(READ_UNMAPPED);
}

static int nested_fault(uint64_t flags)
{
    forget_caught();
    in_handler = faults_again;
    catch_signal(SIGSEGV, flags);
    fault(READ_UNMAPPED);
    return 99;
}

static void gives_up(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    if (caught_count == 3)
        sys_leave(51);
}

static int returns_to_fault(uint64_t unused)
{
    (void)unused;
    forget_caught();
    in_handler = gives_up;
    catch_signal(SIGSEGV, 0);
    fault(READ_UNMAPPED);
    return 99;
}

static int sent_is_blocked(uint64_t unused)
{
    (void)unused;
    block(bit(SIGSEGV));
    raise_process(SIGSEGV);
    return pending_now() == bit(SIGSEGV);
}

void check_fault(void)
{
    prepare();
    for (unsigned i = 0; i < COUNT(faults); i++)
        check_one(i);
    check_is(run_fork(nested_fault, 0), SIGSEGV, "fault: one in the handler ends the process");
    check_is(run_fork(nested_fault, SA_NODEFER), exited(50), "fault: with SA_NODEFER it nests");
    check_is(run_fork(returns_to_fault, 0), exited(51),
             "fault: a handler that returns comes to the same fault again");
    check_is(run_fork(sent_is_blocked, 0), exited(1), "fault: SIGSEGV that is sent can be blocked");
    sys_munmap(place, 2 * PAGE);
}
