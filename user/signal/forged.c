/* Frames that no handler was given: sigreturn takes nothing that a program could not do, and what
 * it cannot use ends in SIGSEGV. */
#include "signals.h"

/* sigreturn with the stack pointer at an address. */
static void return_from(uint64_t frame)
{
    __asm__ volatile("mov sp, %0\n"
                     "mov x8, #139\n"
                     "svc #0\n"
                     "brk #1\n" ::"r"(frame)
                     : "memory");
    __builtin_unreachable();
}

/* Where a good forged frame goes on: it uses its stack, and exits with 77. */
void arrives(void);
__asm__(".text\n"
        ".global arrives\n"
        "arrives:\n"
        "    stp xzr, xzr, [sp, #-16]!\n"
        "    mov x0, #77\n"
        "    mov x8, #94\n"
        "    svc #0\n");

static struct abi_sigframe *forge(void)
{
    char *stack = map_private(16 * PAGE);
    struct abi_sigframe *frame = (struct abi_sigframe *)(stack + 8 * PAGE);
    struct abi_fpsimd_context *simd = (struct abi_fpsimd_context *)frame->uc.uc_mcontext.reserved;

    frame->uc.uc_mcontext.pc = ADDR(arrives);
    frame->uc.uc_mcontext.sp = ADDR(stack + 8 * PAGE);
    frame->uc.uc_stack.ss_flags = SS_DISABLE;
    simd->head = (struct abi_context_record){FPSIMD_MAGIC, sizeof(*simd)};
    return frame;
}

static struct abi_context_record *second_record(struct abi_sigframe *frame)
{
    return (struct abi_context_record *)(frame->uc.uc_mcontext.reserved +
                                         sizeof(struct abi_fpsimd_context));
}

enum { USED_BEFORE_RECORDS = 592 };

enum how {
    GOOD,
    MISALIGNED,
    UNMAPPED,
    KERNEL_ADDRESS,
    END_UNMAPPED,
    RECORDS_UNMAPPED,
    READ_ONLY,
    PSTATE_EL1,
    PSTATE_DAIF,
    PSTATE_AARCH32,
    PSTATE_STEP,
    PSTATE_UNKNOWN,
    NO_SIMD,
    SIMD_SIZE,
    SIMD_TWICE,
    UNKNOWN_RECORD,
    EMPTY_RECORD,
    UNALIGNED_RECORD,
    LONG_RECORD,
    ESR_RECORD,
    BAD_ALTSTACK,
    MASKS_ALL,
    PC_IN_KERNEL,
    PC_ODD,
};

static void unmap_from(uint64_t address, uint64_t bytes)
{
    sys_munmap((address + PAGE - 1) & ~(uint64_t)(PAGE - 1), bytes);
}

static void spoil_pstate(struct abi_sigframe *frame, enum how how)
{
    uint64_t *pstate = &frame->uc.uc_mcontext.pstate;

    if (how == PSTATE_EL1)
        *pstate = 5;
    if (how == PSTATE_DAIF)
        *pstate = 0x3c0;
    if (how == PSTATE_AARCH32)
        *pstate = 0x10;
    if (how == PSTATE_STEP)
        *pstate = 1 << 21;
    if (how == PSTATE_UNKNOWN)
        *pstate = 0x00000fff0000000full << 24;
}

static void spoil_records(struct abi_sigframe *frame, enum how how)
{
    struct abi_fpsimd_context *simd = (struct abi_fpsimd_context *)frame->uc.uc_mcontext.reserved;
    struct abi_context_record *second = second_record(frame);

    if (how == NO_SIMD)
        simd->head = (struct abi_context_record){0, 0};
    if (how == SIMD_SIZE)
        simd->head.size -= 16;
    if (how == SIMD_TWICE)
        memcpy(second, simd, sizeof(*simd));
    if (how == UNKNOWN_RECORD)
        *second = (struct abi_context_record){0x12345678, 16};
    if (how == EMPTY_RECORD)
        *second = (struct abi_context_record){ESR_MAGIC, 0};
    if (how == UNALIGNED_RECORD)
        *second = (struct abi_context_record){ESR_MAGIC, 24};
    if (how == LONG_RECORD)
        *second = (struct abi_context_record){ESR_MAGIC, 4096};
    if (how == ESR_RECORD)
        *second = (struct abi_context_record){ESR_MAGIC, 16};
}

static int returns(uint64_t argument)
{
    enum how how = (enum how)argument;
    struct abi_sigframe *frame = forge();
    uint64_t at = ADDR(frame);

    spoil_pstate(frame, how);
    spoil_records(frame, how);
    if (how == MISALIGNED) {
        memmove((char *)frame + 8, frame, sizeof(*frame));
        at += 8;
    }
    if (how == UNMAPPED)
        at = BAD_ADDRESS;
    if (how == KERNEL_ADDRESS)
        at = 0xffff800000000000;
    if (how == END_UNMAPPED)
        unmap_from(at + PAGE, PAGE);
    if (how == RECORDS_UNMAPPED) {
        at += PAGE - USED_BEFORE_RECORDS;
        memmove((void *)at, frame, sizeof(*frame));
        unmap_from(at, PAGE);
    }
    if (how == READ_ONLY)
        sys_mprotect(at & ~(uint64_t)(PAGE - 1), 2 * PAGE, PROT_READ);
    if (how == BAD_ALTSTACK)
        frame->uc.uc_stack = (struct abi_sigaltstack){.ss_sp = 1, .ss_flags = 77};
    if (how == MASKS_ALL)
        frame->uc.uc_sigmask = ~0ull;
    if (how == PC_IN_KERNEL)
        frame->uc.uc_mcontext.pc = 0xffff800000080000;
    if (how == PC_ODD)
        frame->uc.uc_mcontext.pc += 2;
    return_from(at);
    return 1;
}

static int returns_to_masked(uint64_t unused)
{
    (void)unused;
    block(bit(SIGSEGV));
    return_from(BAD_ADDRESS);
    return 1;
}

static int returns_to_ignored(uint64_t unused)
{
    (void)unused;
    ignore_signal(SIGSEGV);
    return_from(BAD_ADDRESS);
    return 1;
}

static uint64_t handled_at;

static void leaves_with_code(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    (void)signal, (void)uc;
    /* the address is the stack pointer, which a frame that was read in part has changed */
    sys_leave(info->si_code * 2 + (handled_at > INT64_MAX && info->si_addr == handled_at));
}

static int returns_with_handler(uint64_t at)
{
    uint64_t bytes = (uint64_t)16 * PAGE;
    struct abi_sigaltstack stack = {.ss_sp = ADDR(map_private(bytes)), .ss_size = bytes};

    CALL(NR_SIGALTSTACK, &stack, NULL);
    in_handler = leaves_with_code;
    catch_signal(SIGSEGV, SA_ONSTACK);
    struct abi_sigframe *frame = forge();
    second_record(frame)->magic = 1; /* of no size */
    handled_at = at ? at : ADDR(frame);
    return_from(handled_at);
    return 1;
}

/* Records that go on behind the frame, of which one in it tells: it is the last one but for one of
 * 0, and those of FP and SIMD come behind. */
enum {
    EXTRA_BYTES = 32,
    EXTRA_AT = USED_BEFORE_RECORDS + 4096 - EXTRA_BYTES - 16,
    EXTRA_DATA = EXTRA_AT + 8,
    EXTRA_LENGTH = EXTRA_AT + 16,
    EXTRA_END = EXTRA_AT + EXTRA_BYTES,
    BEHIND = sizeof(struct abi_sigframe),
    FURTHER = sizeof(struct abi_fpsimd_context) + 16,
    FRAME_MOST = 256 << 10,
};

static const struct {
    const char *what;
    unsigned at;
    uint32_t value;
    bool is_good;
} extras[] = {
    {"forged: records that go on behind the frame", BEHIND + 8, 0, true},
    {"forged: bytes that nobody reads", EXTRA_END + 8, 1, true},
    {"forged: as far as 256 KiB", EXTRA_LENGTH, FRAME_MOST - BEHIND, true},
    {"forged: and no further", EXTRA_LENGTH, FRAME_MOST - BEHIND + 16, false},
    {"forged: such a record is too small", EXTRA_AT + 4, EXTRA_BYTES - 16, false},
    {"forged: nothing comes behind it", EXTRA_AT + 4, EXTRA_BYTES + 16, false},
    {"forged: what comes behind it is not 0", EXTRA_END, 1, false},
    {"forged: nor of size 0", EXTRA_END + 4, 16, false},
    {"forged: it tells of another place", EXTRA_DATA, 0, false},
    {"forged: of an odd length", EXTRA_LENGTH, FURTHER - 8, false},
    {"forged: of one without an end", EXTRA_LENGTH, FURTHER - 16, false},
    {"forged: of none at all", EXTRA_LENGTH, 0, false},
    {"forged: there is another one behind", BEHIND, EXTRA_MAGIC, false},
};

static int returns_with_extra(uint64_t index)
{
    char *stack = map_private(80 * PAGE);
    char *frame = stack + 8 * PAGE;
    struct abi_sigframe *good = forge();
    const struct abi_context_record esr = {ESR_MAGIC, EXTRA_AT - USED_BEFORE_RECORDS};
    const struct abi_context_record extra = {EXTRA_MAGIC, EXTRA_BYTES};
    const uint64_t data = ADDR(frame + BEHIND);
    const uint32_t length = FURTHER;

    memcpy(frame + BEHIND, good->uc.uc_mcontext.reserved, sizeof(struct abi_fpsimd_context));
    memcpy(frame, good, USED_BEFORE_RECORDS);
    memcpy(frame + USED_BEFORE_RECORDS, &esr, sizeof(esr));
    memcpy(frame + EXTRA_AT, &extra, sizeof(extra));
    memcpy(frame + EXTRA_DATA, &data, sizeof(data));
    memcpy(frame + EXTRA_LENGTH, &length, sizeof(length));
    memcpy(frame + extras[index].at, &extras[index].value, sizeof(uint32_t));
    return_from(ADDR(frame));
    return 1;
}

static void check_extras(void)
{
    for (unsigned i = 0; i < COUNT(extras); i++)
        check_is(run_fork(returns_with_extra, i), extras[i].is_good ? exited(77) : SIGSEGV,
                 extras[i].what);
}

void check_forged(void)
{
    static const struct {
        const char *what;
        enum how how;
        int status; /* -1: exits with 77 */
    } cases[] = {
        {"forged: a good frame is taken", GOOD, -1},
        {"forged: a frame that is not aligned", MISALIGNED, SIGSEGV},
        {"forged: a frame where nothing is mapped", UNMAPPED, SIGSEGV},
        {"forged: a frame at an address of the kernel", KERNEL_ADDRESS, SIGSEGV},
        {"forged: a frame whose unused end is not mapped is taken", END_UNMAPPED, -1},
        {"forged: a frame whose records are not mapped", RECORDS_UNMAPPED, SIGSEGV},
        {"forged: a frame that can only be read is taken", READ_ONLY, -1},
        {"forged: a state of EL1", PSTATE_EL1, SIGSEGV},
        {"forged: a state with interrupts masked", PSTATE_DAIF, SIGSEGV},
        {"forged: a state of AArch32", PSTATE_AARCH32, SIGSEGV},
        {"forged: a state with single-stepping is taken without it", PSTATE_STEP, -1},
        {"forged: a state with bits of no meaning is taken without them", PSTATE_UNKNOWN, -1},
        {"forged: no record of FP and SIMD", NO_SIMD, SIGSEGV},
        {"forged: one of another size", SIMD_SIZE, SIGSEGV},
        {"forged: two of them", SIMD_TWICE, SIGSEGV},
        {"forged: an unknown record", UNKNOWN_RECORD, SIGSEGV},
        {"forged: a record without a size", EMPTY_RECORD, SIGSEGV},
        {"forged: a record of an odd size", UNALIGNED_RECORD, SIGSEGV},
        {"forged: a record that is longer than the frame", LONG_RECORD, SIGSEGV},
        {"forged: a record with ESR is passed over", ESR_RECORD, -1},
        {"forged: an alternate stack that cannot be is not set", BAD_ALTSTACK, -1},
        {"forged: a mask of everything is taken", MASKS_ALL, -1},
        {"forged: a pc in the kernel faults there", PC_IN_KERNEL, SIGSEGV},
        {"forged: an odd pc faults there", PC_ODD, SIGBUS},
    };

    for (unsigned i = 0; i < COUNT(cases); i++)
        check_is(run_fork(returns, cases[i].how),
                 cases[i].status < 0 ? exited(77) : cases[i].status, cases[i].what);
    check_is(run_fork(returns_to_masked, 0), SIGSEGV, "forged: that SIGSEGV cannot be blocked");
    check_is(run_fork(returns_to_ignored, 0), SIGSEGV, "forged: nor ignored");
    check_is(run_fork(returns_with_handler, 0xffff800000000000), exited(2 * SEGV_MAPERR + 1),
             "forged: but caught: SEGV_MAPERR, and the address is the stack pointer");
    check_is(run_fork(returns_with_handler, BAD_ADDRESS), exited(2 * SEGV_ACCERR),
             "forged: SEGV_ACCERR where anything is mapped above it, as Linux tells it");
    check_is(run_fork(returns_with_handler, 0), exited(2 * SEGV_ACCERR),
             "forged: so it is where a record is wrong");
    check_extras();
}
