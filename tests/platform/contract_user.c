/* User mode: plat_user_run and the FP registers. Part of contract_test.c. */
#include "a64.h"
#include "contract.h"
#include "test.h"

static void fill(struct plat_user *user)
{
    for (unsigned i = 0; i < 31; i++) {
        user->x[i] = UINT64_C(0x0101010101010101) * (i + 1);
    }
    user->sp = 0x7766554433221100;
    user->pc = CONTRACT_CODE;
    user->pstate = 0;
    user->tpidr = 0x8877665544332211;
}

TEST(user_registers_pass_through)
{
    struct plat_user user, before;
    struct plat_trap trap;

    contract_begin();
    CONTRACT_LOAD(a64_svc(0x1234));
    fill(&user);
    before = user;
    contract_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(trap.esr, 0x15u << 26 | 1u << 25 | 0x1234);
    EXPECT_EQ(user.pc, CONTRACT_CODE + 4);
    user.pc = before.pc;
    EXPECT_MEMEQ(&user, &before, sizeof(user));
    contract_end();
}

TEST(user_registers_are_its_own)
{
    uint32_t code[40];
    unsigned count = 0;
    struct plat_user user, before;
    struct plat_trap trap;

    contract_begin();
    for (unsigned i = 0; i < 31; i++) {
        code[count++] = a64_add_imm(i, i, 0x100 + i);
    }
    code[count++] = a64_add_imm(31, 31, 0x800); /* sp */
    code[count++] = a64_with_rt(A64_MSR_TPIDR_EL0, 7);
    code[count++] = a64_svc(0);
    contract_load(code, count);
    fill(&user);
    before = user;
    contract_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    for (unsigned i = 0; i < 31; i++) {
        test_note("x%u", i);
        EXPECT_EQ(user.x[i], before.x[i] + 0x100 + i);
    }
    EXPECT_EQ(user.sp, before.sp + 0x800);
    EXPECT_EQ(user.tpidr, user.x[7]);

    /* And nothing of it stays behind for the next. */
    fill(&user);
    CONTRACT_LOAD(a64_with_rt(A64_MRS_TPIDR_EL0, 0), a64_svc(0));
    contract_run(&user, &trap);
    EXPECT_EQ(user.x[0], before.tpidr);
    contract_end();
}

TEST(user_flags)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    CONTRACT_LOAD(a64_with_rt(A64_MRS_NZCV, 0), a64_svc(0));
    for (uint64_t flags = 0; flags < 16; flags++) {
        test_note("flags=%lu", flags);
        fill(&user);
        user.pstate = flags << 28;
        contract_run(&user, &trap);
        EXPECT_EQ(user.pstate, flags << 28);
        EXPECT_EQ(user.x[0], flags << 28);
    }
    /* All ones written to NZCV: four bits of them exist. */
    CONTRACT_LOAD(a64_with_rt(A64_MSR_NZCV, 1), a64_svc(0));
    contract_run_at(&user, UINT64_MAX, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.pstate, 0xf0000000);
    contract_end();
}

/* What EL0 may not do is undefined to it, leaves pc where it is, and the rest alone. */
TEST(user_privileges)
{
    static const uint32_t denied[] = {
        A64_UDF,           A64_ERET,          A64_HVC,          A64_SMC,           A64_HLT_SEMIHOST,
        A64_MSR_DAIFSET,   A64_MSR_SPSEL,     A64_TLBI_VMALLE1, A64_MRS_CURRENTEL, A64_MSR_SPSR_EL1,
        A64_MSR_TTBR0_EL1, A64_MRS_TTBR0_EL1, A64_MRS_MIDR_EL1, A64_MRS_CNTPCT_EL0};
    struct plat_user user, before;
    struct plat_trap trap;

    contract_begin();
    for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        test_note("instruction %x", denied[i]);
        contract_load(&denied[i], 1);
        fill(&user);
        before = user;
        contract_run(&user, &trap);
        EXPECT_EQ(trap.kind, PLAT_TRAP_UNDEFINED);
        EXPECT_MEMEQ(&user, &before, sizeof(user));
    }
    contract_end();
}

/* Registers and PSTATE that the architecture gives EL0 only by leave have a syndrome of their own:
 * EC 0x18, with the operands (Arm ARM, ESR_EL1). */
TEST(user_system_syndromes)
{
    static const uint32_t denied[] = {0xd53b4226 /* mrs x6, daif */,
                                      0xd53be023 /* mrs x3, cntpct_el0 */,
                                      0xd51be208 /* msr cntp_tval_el0, x8 */,
                                      0xd53b9c00 /* mrs x0, pmcr_el0 */,
                                      0xd51b9c9f /* msr pmswinc_el0, xzr */,
                                      0xd53b9d01 /* mrs x1, pmccntr_el0 */,
                                      0xd51be8a2 /* msr pmevcntr5_el0, x2 */,
                                      0xd53becbe /* mrs x30, pmevtyper5_el0 */,
                                      0xd53beff1 /* mrs x17, pmccfiltr_el0 */};
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    for (unsigned i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
        uint32_t w = denied[i];

        test_note("instruction %x", w);
        contract_load(&w, 1);
        contract_run_at(&user, 0, 0, &trap);
        EXPECT_EQ(trap.kind, PLAT_TRAP_UNDEFINED);
        EXPECT_EQ(trap.esr, 0x18u << 26 | 1u << 25 | (w >> 19 & 3) << 20 | (w >> 5 & 7) << 17 |
                                (w >> 16 & 7) << 14 | (w >> 12 & 15) << 10 | (w & 31) << 5 |
                                (w >> 8 & 15) << 1 | (w >> 21 & 1));
    }
    CONTRACT_LOAD(A64_MSR_DAIFSET);
    contract_run_at(&user, 0, 0, &trap);
    EXPECT_EQ(trap.esr >> 26, 0x18); /* QEMU 7.2 has Op1 and Op2 in each other's place */
    contract_end();
}

/* What Linux lets EL0 do. */
TEST(user_permissions)
{
    struct plat_user user;
    struct plat_trap trap;
    uint8_t *data;

    contract_begin();
    CONTRACT_LOAD(a64_with_rt(A64_MRS_CTR_EL0, 3), a64_with_rt(A64_MRS_DCZID_EL0, 4),
                  a64_with_rt(A64_MRS_CNTFRQ_EL0, 5), a64_with_rt(A64_DC_CVAU, 1), A64_DMB_ISH,
                  a64_with_rt(A64_IC_IVAU, 1), A64_ISB, a64_with_rt(A64_DC_ZVA, 1), a64_svc(0));
    data = plat_phys_ptr(contract_data, PLAT_PAGE_SIZE);
    for (unsigned i = 0; i < PLAT_PAGE_SIZE; i++) {
        data[i] = 0xa5;
    }
    contract_run_at(&user, CONTRACT_DATA + 0x801, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT(user.x[3] != 0);
    EXPECT(user.x[5] != 0);
    unsigned bytes = 4u << (user.x[4] & 0xf);
    for (unsigned i = 0; i < PLAT_PAGE_SIZE; i++) {
        EXPECT_EQ(data[i], i >= 0x800 && i < 0x800 + bytes ? 0 : 0xa5);
    }
    contract_end();
}

/* They are hints, and with nothing to wait for a wait would be for ever. */
TEST(user_waits_do_nothing)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    CONTRACT_LOAD(A64_WFI, A64_WFE, A64_WFE, A64_WFI, a64_svc(0));
    contract_run_at(&user, 0, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.pc, CONTRACT_CODE + 20);
    contract_end();
}

TEST(user_breakpoint)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    CONTRACT_LOAD(A64_NOP, a64_brk(0xf00d));
    contract_run_at(&user, 0, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_BREAKPOINT);
    EXPECT_EQ(trap.esr, 0x3cu << 26 | 1u << 25 | 0xf00d);
    EXPECT_EQ(user.pc, CONTRACT_CODE + 4);
    contract_end();
}

/* ---- faults ---- */

enum { ANY_LEVEL = 99 };

static void expect_fault(const struct plat_trap *trap, const struct plat_fault *want)
{
    EXPECT_EQ(trap->kind, PLAT_TRAP_FAULT);
    EXPECT_EQ(trap->fault.addr, want->addr);
    EXPECT_EQ(trap->fault.access, want->access);
    EXPECT_EQ(trap->fault.kind, want->kind);
    if (want->level != ANY_LEVEL) {
        EXPECT_EQ(trap->fault.level, want->level);
    }
}

/* One instruction that uses [x1], behind a nop. */
static void try_access(uint32_t instruction, uaddr_t addr, struct plat_fault want)
{
    struct plat_user user;
    struct plat_trap trap;

    test_note("instruction %x at %lx", instruction, addr);
    CONTRACT_LOAD(A64_NOP, instruction, a64_svc(0));
    contract_run_at(&user, addr, 0x5555, &trap);
    expect_fault(&trap, &want);
    EXPECT_EQ(user.pc, CONTRACT_CODE + 4);
    EXPECT_EQ(user.x[1], addr);
    EXPECT_EQ(user.x[2], 0x5555);
}

static void try_both(uaddr_t addr, enum plat_fault_kind kind, unsigned level)
{
    try_access(a64_ldr(2, 1), addr, (struct plat_fault){addr, PLAT_READ, kind, level});
    try_access(a64_str(2, 1), addr, (struct plat_fault){addr, PLAT_WRITE, kind, level});
}

TEST(user_data_faults)
{
    const uaddr_t beyond = UINT64_C(1) << PLAT_USER_BITS;
    const uaddr_t end = CONTRACT_DATA + PLAT_PAGE_SIZE;

    contract_begin();
    try_both(end, PLAT_FAULT_TRANSLATION, 3);
    try_both(CONTRACT_NO_LEVEL3, PLAT_FAULT_TRANSLATION, 2);
    try_both(CONTRACT_NO_LEVEL2, PLAT_FAULT_TRANSLATION, 1);
    try_both(0, PLAT_FAULT_TRANSLATION, 2);
    try_both(CONTRACT_NO_AF, PLAT_FAULT_ACCESS_FLAG, 3);
    try_both(CONTRACT_NO_EL0, PLAT_FAULT_PERMISSION, 3);
    try_both(beyond, PLAT_FAULT_TRANSLATION, ANY_LEVEL);
    try_both(beyond - 8 + (UINT64_C(1) << 48), PLAT_FAULT_TRANSLATION, ANY_LEVEL);
    try_access(a64_str(2, 1), CONTRACT_RO,
               (struct plat_fault){CONTRACT_RO, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3});
    try_access(a64_str(2, 1), CONTRACT_CODE,
               (struct plat_fault){CONTRACT_CODE, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3});
    /* Across the border of a page: the first byte that cannot be reached. */
    try_access(a64_ldr(2, 1), end - 3,
               (struct plat_fault){end, PLAT_READ, PLAT_FAULT_TRANSLATION, 3});
    try_access(a64_str(2, 1), end - 3,
               (struct plat_fault){end, PLAT_WRITE, PLAT_FAULT_TRANSLATION, 3});
    try_access(a64_ldr(2, 1), CONTRACT_RO - 3,
               (struct plat_fault){CONTRACT_RO - 3, PLAT_READ, PLAT_FAULT_TRANSLATION, 3});
    contract_end();
}

/* The kernel's own addresses: whatever is there, EL0 does not reach it. */
TEST(user_kernel_addresses)
{
    static const uaddr_t addresses[] = {UINT64_C(0xffffff8000000000), UINT64_C(0xffffff8040000000),
                                        UINT64_C(0xffffffc000000000), UINT64_C(0xfffffffffffffff8)};
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    for (unsigned i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        test_note("address %lx", addresses[i]);
        CONTRACT_LOAD(a64_ldr(2, 1), a64_svc(0));
        contract_run_at(&user, addresses[i], 0, &trap);
        EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
        EXPECT_EQ(trap.fault.addr, addresses[i]);
        EXPECT_EQ(trap.fault.access, PLAT_READ);
        CONTRACT_LOAD(a64_br(1));
        contract_run_at(&user, addresses[i], 0, &trap);
        EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
        EXPECT_EQ(trap.fault.addr, addresses[i]);
        EXPECT_EQ(trap.fault.access, PLAT_FETCH);
        EXPECT_EQ(user.pc, addresses[i]);
    }
    contract_end();
}

static void try_fetch(uaddr_t pc, enum plat_fault_kind kind, unsigned level)
{
    struct plat_user user = {.pc = pc};
    struct plat_trap trap;
    struct plat_fault want = {pc, PLAT_FETCH, kind, level};

    test_note("pc=%lx", pc);
    contract_run(&user, &trap);
    expect_fault(&trap, &want);
    EXPECT_EQ(user.pc, pc);
}

TEST(user_fetch_faults)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    try_fetch(CONTRACT_DATA, PLAT_FAULT_PERMISSION, 3);
    try_fetch(CONTRACT_DATA + PLAT_PAGE_SIZE, PLAT_FAULT_TRANSLATION, 3);
    try_fetch(CONTRACT_NO_LEVEL3, PLAT_FAULT_TRANSLATION, 2);
    try_fetch(CONTRACT_NO_LEVEL2, PLAT_FAULT_TRANSLATION, 1);
    try_fetch(UINT64_C(1) << PLAT_USER_BITS, PLAT_FAULT_TRANSLATION, ANY_LEVEL);

    /* Running off the end of a page that may be executed. */
    uint32_t *code = plat_phys_ptr(contract_code, PLAT_PAGE_SIZE);
    code[PLAT_PAGE_SIZE / 4 - 1] = A64_NOP;
    plat_icache_sync(contract_code, PLAT_PAGE_SIZE);
    user = (struct plat_user){.pc = CONTRACT_CODE + PLAT_PAGE_SIZE - 4};
    contract_run(&user, &trap);
    expect_fault(&trap, &(struct plat_fault){CONTRACT_CODE + PLAT_PAGE_SIZE, PLAT_FETCH,
                                             PLAT_FAULT_TRANSLATION, 3});
    contract_end();
}

TEST(user_alignment)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    CONTRACT_LOAD(A64_NOP, A64_NOP, a64_svc(0));
    try_fetch(CONTRACT_CODE + 2, PLAT_FAULT_ALIGNMENT, 0);
    test_note("sp");
    CONTRACT_LOAD(a64_ldr(2, 31), a64_svc(0)); /* [sp] */
    user = (struct plat_user){.pc = CONTRACT_CODE, .sp = CONTRACT_DATA + 8};
    contract_run(&user, &trap);
    if (trap.kind != PLAT_TRAP_SYSCALL) { /* QEMU 7.2 has no such check */
        EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
        EXPECT_EQ(trap.fault.kind, PLAT_FAULT_ALIGNMENT);
        EXPECT_EQ(trap.fault.addr, CONTRACT_DATA + 8);
        EXPECT_EQ(user.pc, CONTRACT_CODE);
    }
    user = (struct plat_user){.pc = CONTRACT_CODE, .sp = CONTRACT_DATA + 16};
    contract_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    try_access(a64_ldxr(2, 1), CONTRACT_DATA + 2,
               (struct plat_fault){CONTRACT_DATA + 2, PLAT_READ, PLAT_FAULT_ALIGNMENT, 0});
    try_access(a64_stlr(2, 1), CONTRACT_DATA + 2,
               (struct plat_fault){CONTRACT_DATA + 2, PLAT_WRITE, PLAT_FAULT_ALIGNMENT, 0});

    try_access(a64_with_rt(A64_DC_ZVA, 1), CONTRACT_RO + 33,
               (struct plat_fault){CONTRACT_RO + 33, PLAT_WRITE, PLAT_FAULT_PERMISSION, 3});

    /* An ordinary access needs none. */
    CONTRACT_LOAD(a64_ldr(2, 1), a64_svc(0));
    contract_run_at(&user, CONTRACT_DATA + 3, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    contract_end();
}

TEST(user_memory_is_the_mapped_page)
{
    struct plat_user user;
    struct plat_trap trap;
    uint64_t *data;

    contract_begin();
    data = plat_phys_ptr(contract_data, PLAT_PAGE_SIZE);
    data[511] = 0x1122334455667788;
    CONTRACT_LOAD(a64_ldr(3, 1), a64_str(2, 1), a64_svc(0));
    contract_run_at(&user, CONTRACT_LAST + 4088, 0x99aabbccddeeff00, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.x[3], 0x1122334455667788);
    EXPECT_EQ(data[511], 0x99aabbccddeeff00);
    contract_end();
}

/* Entering user mode clears the exclusive monitor: a store between two runs is never taken for
 * none. */
TEST(user_exclusive_ends_with_the_run)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    CONTRACT_LOAD(a64_ldxr(3, 1), a64_svc(0), a64_stxr(4, 2, 1), a64_svc(0));
    contract_run_at(&user, CONTRACT_DATA, 7, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    contract_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.x[4], 1);
    CONTRACT_LOAD(a64_ldxr(3, 1), a64_stxr(4, 2, 1), a64_svc(0));
    contract_run_at(&user, CONTRACT_DATA, 7, &trap);
    EXPECT_EQ(user.x[4], 0);
    EXPECT_EQ(*(uint32_t *)plat_phys_ptr(contract_data, 4), 7);
    contract_end();
}

/* ---- FP and SIMD ---- */

static void fill_fp(struct plat_fp *fp, uint64_t seed)
{
    for (unsigned i = 0; i < 32; i++) {
        fp->v[i][0] = seed * (2 * i + 1);
        fp->v[i][1] = seed * (2 * i + 2);
    }
    fp->fpcr = seed & 3 << 22; /* RMode */
    fp->fpsr = seed & 0x1f;    /* IOC to IXC */
}

static void expect_fp_trap(void)
{
    struct plat_user user;
    struct plat_trap trap;

    contract_run_at(&user, 0, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_FP);
    EXPECT_EQ(user.pc, CONTRACT_CODE);
}

TEST(fp_is_owned)
{
    static struct plat_fp one, two, seen;
    struct plat_user user;
    struct plat_trap trap;

    contract_begin();
    fill_fp(&one, 0x0123456789abcdef);
    fill_fp(&two, 0xfedcba9876543211);
    CONTRACT_LOAD(a64_fmov_from(0, 5), a64_fmov_to(6, 1), a64_ins_high(6, 2),
                  a64_with_rt(A64_MRS_FPCR, 3), a64_with_rt(A64_MRS_FPSR, 4), a64_svc(0));
    expect_fp_trap();
    plat_fp_use(&one);
    plat_fp_sync(&seen);
    EXPECT_MEMEQ(&seen, &one, sizeof(seen));
    contract_run_at(&user, 0xaaaa, 0xbbbb, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.x[0], one.v[5][0]);
    EXPECT_EQ(user.x[3], one.fpcr);
    EXPECT_EQ(user.x[4], one.fpsr);
    plat_fp_sync(&seen);
    one.v[6][0] = 0xaaaa;
    one.v[6][1] = 0xbbbb;
    EXPECT_MEMEQ(&seen, &one, sizeof(seen));

    plat_fp_use(&two); /* another thread's */
    contract_run_at(&user, two.v[6][0], two.v[6][1], &trap);
    EXPECT_EQ(user.x[0], two.v[5][0]);
    plat_fp_sync(&seen);
    EXPECT_MEMEQ(&seen, &two, sizeof(seen));

    plat_fp_use(NULL);
    expect_fp_trap();
    expect_fp_trap();
    contract_end();
}

TEST(fp_every_register)
{
    static struct plat_fp fp, seen;
    struct plat_user user;
    struct plat_trap trap;
    uint32_t code[65];

    contract_begin();
    fill_fp(&fp, 0x0123456789abcdef);
    for (unsigned i = 0; i < 32; i++) {
        code[2 * i] = a64_fmov_to(i, i % 8);
        code[2 * i + 1] = a64_ins_high(i, 8 + i % 8);
        fp.v[i][0] = 0x1111 * (i % 8 + 1);
        fp.v[i][1] = 0x1111 * (8 + i % 8 + 1);
    }
    code[64] = a64_svc(0);
    contract_load(code, 65);
    plat_fp_use(&seen);
    user = (struct plat_user){.pc = CONTRACT_CODE};
    for (unsigned i = 0; i < 16; i++) {
        user.x[i] = 0x1111 * (i + 1);
    }
    contract_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    plat_fp_sync(&seen);
    EXPECT_MEMEQ(seen.v, fp.v, sizeof(fp.v));
    plat_fp_use(NULL);
    contract_end();
}

/* ---- interrupts ---- */

TEST(user_interrupted)
{
    struct plat_user user, before;
    struct plat_trap trap;
    unsigned calls = testkernel_timer_calls;
    nsec_t deadline;

    contract_begin();
    CONTRACT_LOAD(A64_B_SELF);
    fill(&user);
    before = user;
    deadline = plat_clock_now() + 2000000;
    plat_timer_set(deadline);
    while (testkernel_timer_calls == calls) {
        plat_user_run(&user, &trap);
        EXPECT_EQ(trap.kind, PLAT_TRAP_IRQ);
        EXPECT_EQ(trap.esr, 0);
    }
    EXPECT(testkernel_timer_at >= deadline);
    EXPECT_EQ(testkernel_timer_calls, calls + 1);
    EXPECT_MEMEQ(&user, &before, sizeof(user));
    contract_end();
}
