/* What a handler finds on its stack, and what sigreturn makes of it. */
#include "signals.h"

/*
 * Fills registers with known values, makes one call of kill(pid, signal), and stores what the
 * registers hold afterwards: x1 to x28, then v0 to v31, fpsr and fpcr, NZCV.
 */
struct registers {
    uint64_t x[32];
    uint64_t v[32][2];
    uint64_t fpsr, fpcr, nzcv;
};

long raise_with_registers(long pid, long signal, struct registers *after);

/* clang-format off */
__asm__(".text\n"
        ".global raise_with_registers\n"
        "raise_with_registers:\n"
        "    stp x29, x30, [sp, #-176]!\n"
        "    stp x19, x20, [sp, #16]\n"
        "    stp x21, x22, [sp, #32]\n"
        "    stp x23, x24, [sp, #48]\n"
        "    stp x25, x26, [sp, #64]\n"
        "    stp x27, x28, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    str x2, [sp, #160]\n"
        "    .irp n, 2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28\n"
        "    mov x\\n, #(1000 + \\n)\n"
        "    .endr\n"
        "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
        "29,30,31\n"
        "    movi v\\n\\().16b, #(64 + \\n)\n"
        "    .endr\n"
        "    mov x8, #0x08000000\n"     /* FPSR.QC */
        "    msr fpsr, x8\n"
        "    mov x8, #0x00c00000\n"     /* FPCR.RMode: towards zero */
        "    msr fpcr, x8\n"
        "    mov x8, #0xa0000000\n"     /* N and C */
        "    msr nzcv, x8\n"
        "    mov x8, #129\n"
        "    svc #0\n"
        "    mrs x1, nzcv\n"
        "    str x2, [sp, #168]\n"
        "    ldr x2, [sp, #160]\n"
        "    str x1, [x2, #784]\n"
        "    ldr x1, [sp, #168]\n"
        "    str x1, [x2, #16]\n"
        "    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28\n"
        "    str x\\n, [x2, #(8 * \\n)]\n"
        "    .endr\n"
        "    add x1, x2, #256\n"
        "    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
        "29,30,31\n"
        "    str q\\n, [x1, #(16 * \\n)]\n"
        "    .endr\n"
        "    mrs x1, fpsr\n"
        "    str x1, [x2, #768]\n"
        "    mrs x1, fpcr\n"
        "    str x1, [x2, #776]\n"
        "    msr fpcr, xzr\n"
        "    msr fpsr, xzr\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    ldp x19, x20, [sp, #16]\n"
        "    ldp x21, x22, [sp, #32]\n"
        "    ldp x23, x24, [sp, #48]\n"
        "    ldp x25, x26, [sp, #64]\n"
        "    ldp x27, x28, [sp, #80]\n"
        "    ldp x29, x30, [sp], #176\n"
        "    ret\n");
/* clang-format on */

static struct abi_fpsimd_context *simd_of(struct abi_ucontext *uc)
{
    return (struct abi_fpsimd_context *)uc->uc_mcontext.reserved;
}

/* Puts other values into all that a function may change. */
static void spoils(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info, (void)uc;
    __asm__ volatile(".irp n, 0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
                     "movi v\\n\\().16b, #255\n"
                     ".endr\n"
                     "msr fpcr, xzr\n"
                     "msr fpsr, xzr\n"
                     "msr nzcv, xzr\n"
                     ".irp n, 2,3,4,5,6,7,9,10,11,12,13,14,15,16,17\n"
                     "mov x\\n, #5\n"
                     ".endr\n" ::
                         : "x2", "x3", "x4", "x5", "x6", "x7", "x9", "x10", "x11", "x12", "x13",
                           "x14", "x15", "x16", "x17", "cc", "memory", "v0", "v1", "v2", "v3", "v4",
                           "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23",
                           "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

static struct abi_sigframe seen;
static uint64_t seen_sp, seen_record[2];

/* A copy of the frame, while it is there. */
static void copies(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    const struct abi_sigframe *frame = (const struct abi_sigframe *)info;

    (void)signal;
    memcpy(&seen, frame, sizeof(seen));
    seen_sp = ADDR(uc) - ADDR(&frame->uc) + ADDR(frame);
    memcpy(seen_record, frame + 1, sizeof(seen_record));
    spoils(signal, info, uc);
}

static void check_registers_kept(void)
{
    static struct registers after;
    unsigned good = 0;

    forget_caught();
    in_handler = copies;
    catch_signal(SIGUSR1, 0);
    long result = raise_with_registers(sys_getpid(), SIGUSR1, &after);
    check_is(caught_count, 1, "frame: a handler runs");
    check_is(result, 0, "frame: after it kill's result is there");
    for (unsigned i = 2; i <= 28; i++)
        good += i != 8 && after.x[i] == 1000 + i;
    check_is(good, 26, "frame: x2 to x28 are as they were");
    check_is((long)after.x[8], 129, "frame: and x8");
    good = 0;
    for (unsigned i = 0; i < 32; i++)
        good += after.v[i][0] == 0x0101010101010101ull * (64 + i) && after.v[i][0] == after.v[i][1];
    check_is(good, 32, "frame: v0 to v31 are as they were");
    check_is((long)after.fpsr, 0x08000000, "frame: so is FPSR");
    check_is((long)after.fpcr, 0x00c00000, "frame: FPCR");
    check_is((long)after.nzcv, 0xa0000000, "frame: and the flags");
}

/* Of the frame that check_registers_kept left. */
static void check_layout(void)
{
    const struct abi_sigcontext *context = &seen.uc.uc_mcontext;
    const struct abi_fpsimd_context *simd = simd_of(&seen.uc);
    const struct abi_context_record *end =
        (const struct abi_context_record *)(context->reserved + sizeof(*simd));
    unsigned good = 0;

    check_is((long)(caught[0].context - caught[0].info_address), 128,
             "frame: the ucontext lies behind the siginfo");
    check_is((long)(caught[0].info_address & 15), 0, "frame: and all is aligned to 16 bytes");
    check(caught[0].info_address < context->sp && context->sp - caught[0].info_address < 8192,
          "frame: below the stack pointer");
    check_is((long)seen.uc.uc_flags, 0, "frame: uc_flags is 0");
    check_is((long)seen.uc.uc_link, 0, "frame: uc_link is 0");
    check_is(seen.uc.uc_stack.ss_flags, SS_DISABLE, "frame: uc_stack says that there is none");
    check_is((long)seen.uc.uc_sigmask, 0, "frame: uc_sigmask is the mask");
    check_is((long)context->fault_address, 0, "frame: fault_address is 0");
    check_is((long)context->regs[0], 0, "frame: regs[0] is kill's result");
    check_is((long)context->regs[1], SIGUSR1, "frame: regs[1] its second argument");
    check_is((long)context->regs[8], 129, "frame: regs[8] its number");
    for (unsigned i = 9; i < 29; i++)
        good += context->regs[i] == 1000 + i;
    check_is(good, 20, "frame: and the others as they were");
    check_is((long)(context->pstate & 0xf0000000), 0xa0000000, "frame: pstate has the flags");
    check_is((long)(context->pstate & 0x1f), 0, "frame: and says EL0");
    check(*(const uint32_t *)(context->pc - 4) == 0xd4000001, "frame: pc is behind the svc");
    check_is(simd->head.magic, FPSIMD_MAGIC, "frame: the first record is that of FP and SIMD");
    check_is(simd->head.size, 528, "frame: of 528 bytes");
    check_is(simd->fpsr, 0x08000000, "frame: it holds FPSR");
    check_is(simd->fpcr, 0x00c00000, "frame: and FPCR");
    check(simd->vregs[31][0] == 0x5f5f5f5f5f5f5f5f && simd->vregs[31][1] == simd->vregs[31][0],
          "frame: and the vectors");
    check(end->magic == 0 && end->size == 0, "frame: then the records end");
    check(seen_record[0] == context->regs[29] && seen_record[1] == context->regs[30],
          "frame: a frame record of x29 and x30 follows the ucontext");
}

static struct abi_sigframe *handler_frame;
static uint64_t handler_x[31], handler_sp;

/* The registers at a handler's first instruction. */
__attribute__((used)) static void tell_entry(const uint64_t *x, uint64_t sp)
{
    memcpy(handler_x, x, sizeof(handler_x));
    handler_sp = sp;
    handler_frame = (struct abi_sigframe *)sp;
}

void entry_handler(void);
__asm__(".text\n"
        ".global entry_handler\n"
        "entry_handler:\n"
        "    sub sp, sp, #256\n"
        "    stp x0, x1, [sp]\n"
        "    stp x2, x3, [sp, #16]\n"
        "    stp x29, x30, [sp, #232]\n"
        "    mov x0, sp\n"
        "    add x1, sp, #256\n"
        "    bl tell_entry\n"
        "    ldp x29, x30, [sp, #232]\n"
        "    add sp, sp, #256\n"
        "    ret\n");

void own_restorer(void);
__asm__(".text\n"
        ".global own_restorer\n"
        "own_restorer:\n"
        "    mov x8, #139\n"
        "    svc #0\n");

static void check_entry(void)
{
    struct abi_sigaction action = {.handler = ADDR(entry_handler), .flags = SA_SIGINFO};

    sys_rt_sigaction(SIGUSR1, &action, NULL, 8);
    raise_process(SIGUSR1);
    check_is((long)handler_x[0], SIGUSR1, "frame: a handler's x0 is the signal");
    check_is((long)handler_x[1], (long)handler_sp, "frame: x1 the siginfo, at the stack pointer");
    check_is((long)handler_x[2], (long)handler_sp + 128, "frame: x2 the ucontext");
    check_is((long)(handler_x[29] - handler_sp), sizeof(struct abi_sigframe),
             "frame: x29 the frame record");
    check(handler_x[30] != 0 && handler_x[30] != ADDR(own_restorer),
          "frame: x30 is the kernel's own code, which calls sigreturn");
    action = (struct abi_sigaction){.handler = ADDR(entry_handler),
                                    .flags = SA_SIGINFO | SA_RESTORER,
                                    .restorer = ADDR(own_restorer)};
    sys_rt_sigaction(SIGUSR1, &action, NULL, 8);
    raise_process(SIGUSR1);
    check_is((long)handler_x[30], (long)ADDR(own_restorer),
             "frame: with SA_RESTORER x30 is the action's restorer");
    default_signal(SIGUSR1);
}

static void changes_registers(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info;
    uc->uc_mcontext.regs[0] = 4711;
    uc->uc_mcontext.regs[20] = 20202;
    simd_of(uc)->vregs[9][1] = 99;
    simd_of(uc)->fpcr = 0x00400000;
    uc->uc_mcontext.pstate ^= 0xf0000000;
}

static void skips_instruction(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)info;
    uc->uc_mcontext.pc += 4;
}

static void check_changed_frame(void)
{
    static struct registers after;

    forget_caught();
    in_handler = changes_registers;
    catch_signal(SIGUSR1, 0);
    check_is(raise_with_registers(sys_getpid(), SIGUSR1, &after), 4711,
             "frame: a call's result that the handler changes is changed");
    check_is((long)after.x[20], 20202, "frame: so is a register");
    check_is((long)after.v[9][1], 99, "frame: a vector");
    check_is((long)after.fpcr, 0x00400000, "frame: FPCR");
    check_is((long)after.nzcv, 0x50000000, "frame: and the flags");
    forget_caught();
    in_handler = skips_instruction;
    catch_signal(SIGTRAP, 0);
    __asm__ volatile("brk #7" ::: "memory");
    check_is(caught_count, 1, "frame: a handler can go on behind what faulted");
    default_signal(SIGUSR1);
    default_signal(SIGTRAP);
}

static uint64_t fault_esr, fault_at;

static void notes_fault(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    const struct abi_esr_context *esr =
        (const struct abi_esr_context *)(uc->uc_mcontext.reserved + 528);

    (void)signal, (void)info;
    fault_esr = esr->head.magic == ESR_MAGIC && esr->head.size == 16 ? esr->esr : 0;
    fault_at = uc->uc_mcontext.fault_address;
    uc->uc_mcontext.pc += 4;
}

static void check_fault_frame(void)
{
    forget_caught();
    in_handler = notes_fault;
    catch_signal(SIGSEGV, 0);
    __asm__ volatile("str wzr, [%0]" ::"r"((uint64_t)BAD_ADDRESS) : "memory");
    check_is((long)fault_at, BAD_ADDRESS, "frame: fault_address is where the access was");
    check_is((long)(fault_esr >> 26), 0x24, "frame: a second record holds ESR: a data abort");
    check_is((long)(fault_esr & 0x40), 0x40, "frame: by a write");
    check_is((long)(fault_esr & 0x3c), 4, "frame: that found no translation");
    default_signal(SIGSEGV);
}

void check_frame(void)
{
    check_registers_kept();
    check_layout();
    check_entry();
    check_changed_frame();
    check_fault_frame();
}
