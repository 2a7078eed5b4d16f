/* The run loop: counts, traps and their syndromes, fetching, changed code, exclusives, registers.
 * */
#include "el0_rig.h"

#define ALIAS ((uaddr_t)0x400000) /* the page of code again, to be written */
#define HOLE (STATE_DATA + STATE_DATA_SIZE)

enum { PLENTY = 1000000 };

/* ---- counts ---- */

/* 3 + 3 * 100 + 2 instructions: the sum of 1 to 100. */
static const uint32_t sum[] = {
    0xd2800c80 /* mov x0, #100 */,   0xd2800001 /* mov x1, #0 */,
    0x14000002 /* b .+8 */,          0xd40000e1 /* svc #7 */,
    0x8b000021 /* add x1, x1, x0 */, 0xf1000400 /* subs x0, x0, #1 */,
    0x54ffffc1 /* b.ne .-8 */,       0x17fffffc /* b .-16 */,
};

TEST(budget_is_exact_and_makes_no_difference)
{
    static const unsigned budgets[] = {1, 2, 3, 7, 50, PLENTY};
    enum { TOTAL = 3 + 3 * 100 + 2 };

    el0_start();
    el0_code(0, sum, sizeof(sum) / 4);
    for (unsigned n = 0; n < sizeof(budgets) / sizeof(budgets[0]); n++) {
        uint64_t total = 0, ran;

        test_note("budget %u", budgets[n]);
        user.pc = CODE;
        do {
            ran = el0_run(&user, NULL, budgets[n], &trap);
            total += ran;
            if (trap.kind == PLAT_TRAP_IRQ)
                EXPECT_EQ(ran, budgets[n]);
        } while (trap.kind == PLAT_TRAP_IRQ);
        EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
        EXPECT_EQ(total, TOTAL);
        EXPECT_EQ(user.x[1], 5050);
    }
}

TEST(spent_budget_says_nothing_else)
{
    const struct plat_trap nothing = {.kind = PLAT_TRAP_IRQ};

    el0_start();
    EXPECT_EQ(EL0_RUN(2, 0xd503201f /* nop */, 0x17ffffff /* b .-4 */), 2);
    EXPECT_EQ(trap.kind, nothing.kind);
    EXPECT_EQ(trap.esr, 0);
    EXPECT_EQ(trap.fault.addr, 0);
    EXPECT_EQ(user.pc, CODE);
}

/* ---- traps: kind, syndrome, pc, and what is counted ---- */

TEST(svc_is_counted_and_left_behind)
{
    el0_start();
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd503201f /* nop */, 0xd41579a1 /* svc #0xabcd */), 2);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(trap.esr, 0x5600abcd);
    EXPECT_EQ(user.pc, CODE + 8);
    EXPECT_EQ(EL0_RUN(1, 0xd4000001 /* svc #0 */), 1);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
}

TEST(brk)
{
    el0_start();
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd503201f /* nop */, 0xd4224680 /* brk #0x1234 */), 1);
    EXPECT_EQ(trap.kind, PLAT_TRAP_BREAKPOINT);
    EXPECT_EQ(trap.esr, 0xf2001234);
    EXPECT_EQ(user.pc, CODE + 4);
}

TEST(undefined)
{
    el0_start();
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd503201f /* nop */, 0xd503201f /* nop */, 0), 2);
    EXPECT_EQ(trap.kind, PLAT_TRAP_UNDEFINED);
    EXPECT_EQ(trap.esr, 0x02000000);
    EXPECT_EQ(user.pc, CODE + 8);
}

TEST(fp_that_is_not_owned)
{
    static const uint32_t words[] = {
        0x1e622820 /* fadd d0, d1, d2 */,      0x4ea28420 /* add v0.4s, v1.4s, v2.4s */,
        0x3dc00020 /* ldr q0, [x1] */,         0x6dbf07e0 /* stp d0, d1, [sp, #-16]! */,
        0x4c407020 /* ld1 {v0.16b}, [x1] */,   0x0d000c20 /* st1 {v0.b}[3], [x1] */,
        0x4d40c820 /* ld1r {v0.4s}, [x1] */,   0xd53b4400 /* mrs x0, fpcr */,
        0xd51b4400 /* msr fpcr, x0 */,         0xd53b4420 /* mrs x0, fpsr */,
        0xd51b4420 /* msr fpsr, x0 */,         0x9e660000 /* fmov x0, d0 */,
        0x9e620000 /* scvtf d0, x0 */,         0x6f00e400 /* movi v0.2d, #0 */,
        0x1c000040 /* ldr s0, .+8 */,          0x1e602008 /* fcmp d0, #0.0 */,
        0x1e620c20 /* fcsel d0, d1, d2, eq */, 0x0e020020 /* tbl v0.8b, {v1.16b}, v2.8b */,
        0x4e040c20 /* dup v0.4s, w1 */,        0x0e073c20 /* umov w0, v1.b[3] */,
        0x0e31b820 /* addv b0, v1.8b */,       0x4c000820 /* st4 {v0.4s-v3.4s}, [x1] */,
        0x0e212820 /* xtn v0.8b, v1.8h */,     0x0e617820 /* fcvtl v0.2d, v1.2s */,
    };

    el0_start();
    for (unsigned n = 0; n < sizeof(words) / 4; n++) {
        test_note("%x", words[n]);
        el0_code(0, &words[n], 1);
        user.pc = CODE;
        EXPECT_EQ(el0_run(&user, NULL, PLENTY, &trap), 0);
        EXPECT_EQ(trap.kind, PLAT_TRAP_FP);
        EXPECT_EQ(trap.esr, 0x1fe00000);
        EXPECT_EQ(user.pc, CODE);
        EXPECT_EQ(user.sp, STATE_DATA + 0x2000);
    }
}

TEST(undefined_fp_is_undefined_owned_or_not)
{
    const uint32_t half = 0x1ee22820 /* fadd h0, h1, h2 */;

    el0_start();
    el0_code(0, &half, 1);
    EXPECT_EQ(el0_run(&user, NULL, PLENTY, &trap), 0);
    EXPECT_EQ(trap.kind, PLAT_TRAP_UNDEFINED);
}

/* ---- fetching ---- */

static void expect_fetch_fault(uaddr_t va, uint32_t esr)
{
    EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
    EXPECT_EQ(trap.esr, esr);
    EXPECT_EQ(trap.fault.addr, va);
    EXPECT_EQ(trap.fault.access, PLAT_FETCH);
    EXPECT_EQ(user.pc, va);
}

TEST(jump_into_a_hole)
{
    el0_start();
    user.x[5] = HOLE;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd503201f /* nop */, 0xd63f00a0 /* blr x5 */), 2);
    expect_fetch_fault(HOLE, 0x82000007);
    EXPECT_EQ(trap.fault.kind, PLAT_FAULT_TRANSLATION);
    EXPECT_EQ(trap.fault.level, 3);
    EXPECT_EQ(user.x[30], CODE + 8);
}

TEST(jump_to_what_may_not_be_executed)
{
    el0_start();
    user.x[5] = STATE_DATA;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd61f00a0 /* br x5 */), 1);
    expect_fetch_fault(STATE_DATA, 0x8200000f);
}

/* The jump is done; the fault belongs to the next instruction, and so to the next run. */
TEST(jump_with_the_last_of_the_budget)
{
    el0_start();
    user.x[5] = HOLE;
    EXPECT_EQ(EL0_RUN(1, 0xd61f00a0 /* br x5 */), 1);
    EXPECT_EQ(trap.kind, PLAT_TRAP_IRQ);
    EXPECT_EQ(user.pc, HOLE);
    EXPECT_EQ(el0_run(&user, NULL, 1, &trap), 0);
    expect_fetch_fault(HOLE, 0x82000007);
}

TEST(jump_to_a_misaligned_address)
{
    el0_start();
    user.x[5] = CODE + 2;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd61f00a0 /* br x5 */), 1);
    expect_fetch_fault(CODE + 2, 0x8a000000);
    EXPECT_EQ(trap.fault.kind, PLAT_FAULT_ALIGNMENT);
    user.pc = CODE + 1;
    EXPECT_EQ(el0_run(&user, NULL, PLENTY, &trap), 0);
    expect_fetch_fault(CODE + 1, 0x8a000000);
}

TEST(jump_above_user_space)
{
    el0_start();
    user.x[5] = (uaddr_t)1 << PLAT_USER_BITS;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd61f00a0 /* br x5 */), 1);
    expect_fetch_fault((uaddr_t)1 << PLAT_USER_BITS, 0x82000004);
}

TEST(run_off_the_end_of_a_page)
{
    const uint32_t last[] = {0xd2800020 /* mov x0, #1 */, 0xd2800041 /* mov x1, #2 */};

    el0_start();
    el0_code(PLAT_PAGE_SIZE - 8, last, 2);
    user.pc = CODE + PLAT_PAGE_SIZE - 8;
    EXPECT_EQ(el0_run(&user, NULL, PLENTY, &trap), 2);
    expect_fetch_fault(CODE + PLAT_PAGE_SIZE, 0x82000007);
}

TEST(run_from_page_to_page)
{
    const uint32_t last = 0x10000040 /* adr x0, .+8 */,
                   next[] = {0x10000001 /* adr x1, . */, 0x17fffffe /* b .-8 */};
    paddr_t second;

    el0_start();
    rig_page();
    second = rig_page();
    memcpy(plat_phys_ptr(second, 8), next, 8);
    plat_icache_sync(second, 8);
    rig_map(root, CODE + PLAT_PAGE_SIZE, second | RIG_RX);
    el0_code(PLAT_PAGE_SIZE - 4, &last, 1);
    user.pc = CODE + PLAT_PAGE_SIZE - 4;
    EXPECT_EQ(el0_run(&user, NULL, 4, &trap), 4);
    EXPECT_EQ(user.x[0], CODE + PLAT_PAGE_SIZE + 4);
    EXPECT_EQ(user.x[1], CODE + PLAT_PAGE_SIZE);
    EXPECT_EQ(user.pc, CODE + PLAT_PAGE_SIZE);
}

/* Addresses are relative to where the code is mapped, not to the page of RAM. */
TEST(one_page_at_two_addresses)
{
    el0_start();
    rig_map(root, ALIAS, code | RIG_RX);
    EXPECT_EQ(EL0_RUN(PLENTY, 0x10000000 /* adr x0, . */, 0x94000001 /* bl .+4 */,
                      0xd4000001 /* svc #0 */),
              3);
    EXPECT_EQ(user.x[0], CODE);
    EXPECT_EQ(user.x[30], CODE + 8);
    user.pc = ALIAS;
    EXPECT_EQ(el0_run(&user, NULL, PLENTY, &trap), 3);
    EXPECT_EQ(user.x[0], ALIAS);
    EXPECT_EQ(user.x[30], ALIAS + 8);
}

/* More pages of code than the interpreter keeps decoded. */
TEST(many_pages_of_code)
{
    static const uint32_t step[] = {0x91000400 /* add x0, x0, #1 */,
                                    0x91400421 /* add x1, x1, #1, lsl #12 */,
                                    0xd61f0020 /* br x1 */};
    static const uint32_t end = 0xd4000001 /* svc #0 */;
    enum { PAGES = 320 };
    const uaddr_t first = 0x1000000;

    el0_start();
    for (unsigned n = 0; n <= PAGES; n++) {
        paddr_t pa = rig_page();

        memcpy(plat_phys_ptr(pa, 12), n < PAGES ? step : &end, n < PAGES ? 12 : 4);
        plat_icache_sync(pa, 12);
        rig_map(root, first + n * PLAT_PAGE_SIZE, pa | RIG_RX);
    }
    for (unsigned round = 0; round < 3; round++) {
        user.x[0] = 0;
        user.x[1] = user.pc = first;
        EXPECT_EQ(el0_run(&user, NULL, PLENTY, &trap), 3 * PAGES + 1);
        EXPECT_EQ(user.x[0], PAGES);
    }
}

/* ---- changed code ---- */

/* x1 is the word to change, through an address that may be written, x2 the new instruction. */
static void start_change(void)
{
    el0_start();
    rig_map(root, ALIAS, code | RIG_RW);
    user.x[1] = ALIAS + 16;
    user.x[2] = 0xd2800040 /* mov x0, #2 */;
}

TEST(changed_code_is_not_seen_without_maintenance)
{
    start_change();
    EL0_RUN(PLENTY, 0xb9000022 /* str w2, [x1] */, 0xd50b7b21 /* dc cvau, x1 */,
            0xd5033fdf /* isb */, 0xd503201f /* nop */, 0xd2800020 /* mov x0, #1 */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.x[0], 1);
    user.pc = CODE + 16;
    el0_run(&user, NULL, PLENTY, &trap);
    EXPECT_EQ(user.x[0], 1);
}

TEST(changed_code_is_seen_after_ic_ivau)
{
    start_change();
    EL0_RUN(PLENTY, 0xb9000022 /* str w2, [x1] */, 0xd50b7b21 /* dc cvau, x1 */,
            0xd50b7521 /* ic ivau, x1 */, 0xd5033fdf /* isb */, 0xd2800020 /* mov x0, #1 */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.x[0], 2);
}

/* One line of 64 bytes, and what is in memory just then. */
TEST(ic_ivau_fetches_one_line_at_once)
{
    const uint32_t other = 0xd2800060 /* mov x0, #3 */, end = 0xd4000001 /* svc #0 */;

    start_change();
    user.x[1] = ALIAS + 64;
    el0_code(64, &other, 1);
    el0_code(68, &end, 1);
    EL0_RUN(PLENTY, 0xd50b7521 /* ic ivau, x1 */, 0xb9000022 /* str w2, [x1] */,
            0x1400000e /* b .+56 */);
    EXPECT_EQ(user.x[0], 3);
    user.x[3] = ALIAS;
    EL0_RUN(PLENTY, 0xd50b7523 /* ic ivau, x3 */, 0x1400000f /* b .+60 */);
    EXPECT_EQ(user.x[0], 3);
    user.x[3] = ALIAS + 127;
    EL0_RUN(PLENTY, 0xd50b7523 /* ic ivau, x3 */, 0x1400000f /* b .+60 */);
    EXPECT_EQ(user.x[0], 2);
}

TEST(kernel_synchronises)
{
    uint32_t first = 0xd2800020 /* mov x0, #1 */, second = 0xd2800040 /* mov x0, #2 */;

    el0_start();
    EL0_RUN(1, first);
    memcpy(plat_phys_ptr(code, 4), &second, 4);
    user.pc = CODE;
    el0_run(&user, NULL, 1, &trap);
    EXPECT_EQ(user.x[0], 1);
    el0_icache_invalidate(code + 4, 4);
    user.pc = CODE;
    el0_run(&user, NULL, 1, &trap);
    EXPECT_EQ(user.x[0], 2);
}

TEST(freed_page_is_forgotten)
{
    const uint32_t old = 0xd2800020 /* mov x0, #1 */, new = 0xd2800040 /* mov x0, #2 */;
    paddr_t page;

    el0_start();
    page = rig_page();
    memcpy(plat_phys_ptr(page, 4), &old, 4);
    plat_icache_sync(page, 4);
    rig_map(root, ALIAS, page | RIG_RX);
    user.pc = ALIAS;
    el0_run(&user, NULL, 1, &trap);
    EXPECT_EQ(user.x[0], 1);

    rig_store(root, ALIAS, 0);
    plat_tlb_flush(1, ALIAS, 1);
    rig_free(page);
    plat_mem_mark(page, PLAT_PAGE_SIZE, PLAT_MEM_DEFINED);
    memcpy(plat_phys_ptr(page, 4), &new, 4);
    el0_icache_invalidate(page, 4);
    rig_map(root, ALIAS, page | RIG_RX);
    plat_icache_sync(page, 4);
    user.pc = ALIAS;
    el0_run(&user, NULL, 1, &trap);
    EXPECT_EQ(user.x[0], 2);
}

/* ---- exclusives ---- */

TEST(exclusive_store_succeeds_once)
{
    el0_start();
    user.x[1] = STATE_DATA;
    user.x[2] = 7;
    EL0_RUN(PLENTY, 0xc85f7c20 /* ldxr x0, [x1] */, 0xc8037c22 /* stxr w3, x2, [x1] */,
            0xc8047c22 /* stxr w4, x2, [x1] */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[3], 0);
    EXPECT_EQ(user.x[4], 1);
    EXPECT_EQ(el0_peek(STATE_DATA), 7);
}

TEST(exclusive_store_fails_after_any_entry)
{
    static const uint32_t words[] = {0xc85f7c20 /* ldxr x0, [x1] */, 0xd503201f /* nop */,
                                     0xc8037c22 /* stxr w3, x2, [x1] */, 0xd4000001 /* svc #0 */};

    el0_start();
    user.x[1] = STATE_DATA;
    user.x[2] = 7;
    el0_code(0, words, sizeof(words) / 4);
    el0_run(&user, NULL, 2, &trap);
    el0_run(&user, NULL, PLENTY, &trap);
    EXPECT_EQ(user.x[3], 1);
    EL0_RUN(PLENTY, 0xc85f7c20 /* ldxr x0, [x1] */, 0xd4000001 /* svc #0 */,
            0xc8037c22 /* stxr w3, x2, [x1] */, 0xd4000001 /* svc #0 */);
    user.x[3] = 9;
    el0_run(&user, NULL, PLENTY, &trap);
    EXPECT_EQ(user.x[3], 1);
    EXPECT_EQ(el0_peek(STATE_DATA), 0);
}

TEST(exclusive_store_is_for_the_same_address_and_size)
{
    el0_start();
    user.x[1] = STATE_DATA;
    user.x[2] = STATE_DATA + 8;
    EL0_RUN(PLENTY, 0xc85f7c20 /* ldxr x0, [x1] */, 0xc8037c40 /* stxr w3, x0, [x2] */,
            0xc85f7c20 /* ldxr x0, [x1] */, 0x88047c20 /* stxr w4, w0, [x1] */,
            0x885ffc20 /* ldaxr w0, [x1] */, 0xd5033f5f /* clrex */,
            0x8805fc20 /* stlxr w5, w0, [x1] */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[3], 1);
    EXPECT_EQ(user.x[4], 1);
    EXPECT_EQ(user.x[5], 1);
}

TEST(exclusive_pairs)
{
    el0_start();
    user.x[1] = STATE_DATA;
    el0_poke(STATE_DATA, 0x1111222233334444);
    el0_poke(STATE_DATA + 8, 0x5555666677778888);
    EL0_RUN(PLENTY, 0xc87f0c22 /* ldxp x2, x3, [x1] */, 0xc8240823 /* stxp w4, x3, x2, [x1] */,
            0x887f9825 /* ldaxp w5, w6, [x1] */, 0x88279426 /* stlxp w7, w6, w5, [x1] */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[2], 0x1111222233334444);
    EXPECT_EQ(user.x[3], 0x5555666677778888);
    EXPECT_EQ(user.x[4], 0);
    EXPECT_EQ(user.x[5], 0x77778888);
    EXPECT_EQ(user.x[6], 0x55556666);
    EXPECT_EQ(user.x[7], 0);
    EXPECT_EQ(el0_peek(STATE_DATA), 0x7777888855556666);
    EXPECT_EQ(el0_peek(STATE_DATA + 8), 0x1111222233334444);
}

/* Without the tag memory is not looked at. */
TEST(exclusive_store_without_a_load_does_not_fault)
{
    el0_start();
    user.x[1] = HOLE;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xc8037c22 /* stxr w3, x2, [x1] */, 0xd4000001 /* svc #0 */), 2);
    EXPECT_EQ(user.x[3], 1);
}

TEST(exclusive_store_that_may_not_write_faults)
{
    el0_start();
    rig_map(root, ALIAS, data[0] | RIG_RO);
    user.x[1] = ALIAS;
    user.x[3] = 5;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xc85f7c20 /* ldxr x0, [x1] */, 0xc8037c22 /* stxr w3, x2, [x1] */,
                      0xd4000001 /* svc #0 */),
              1);
    EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
    EXPECT_EQ(trap.esr, 0x9200004f);
    EXPECT_EQ(user.x[3], 5);
    EXPECT_EQ(user.pc, CODE + 4);
}

/* ---- registers ---- */

TEST(zero_register_and_stack_pointer)
{
    el0_start();
    user.x[1] = 5;
    EL0_RUN(PLENTY, 0x8b01003f /* add xzr, x1, x1 */, 0xaa1f03e2 /* mov x2, xzr */,
            0x910007e3 /* add x3, sp, #1 */, 0xd10083ff /* sub sp, sp, #32 */,
            0x910003e4 /* mov x4, sp */, 0x9274cc9f /* and sp, x4, #0xfffffffffffff000 */,
            0xf100143f /* subs xzr, x1, #5 */, 0x9a9f17e5 /* cset x5, eq */,
            0xf90003ff /* str xzr, [sp] */, 0xf94003ff /* ldr xzr, [sp] */,
            0xaa1f03e6 /* mov x6, xzr */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[2], 0);
    EXPECT_EQ(user.x[3], STATE_DATA + 0x2001);
    EXPECT_EQ(user.x[4], STATE_DATA + 0x1fe0);
    EXPECT_EQ(user.sp, STATE_DATA + 0x1000);
    EXPECT_EQ(user.x[5], 1);
    EXPECT_EQ(user.x[6], 0);
}

TEST(words_clear_the_upper_half)
{
    el0_start();
    for (unsigned n = 0; n < 8; n++)
        user.x[n] = UINT64_MAX;
    EL0_RUN(PLENTY, 0x11000400 /* add w0, w0, #1 */, 0x13017c21 /* asr w1, w1, #1 */,
            0x2a0203e2 /* mov w2, w2 */, 0x2a3f03e3 /* mvn w3, wzr */, 0x13001c84 /* sxtb w4, w4 */,
            0x1a8600a5 /* csel w5, w5, w6, eq */, 0x72a00006 /* movk w6, #0, lsl #16 */,
            0x13870ce7 /* extr w7, w7, w7, #3 */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[0], 0);
    for (unsigned n = 1; n < 6; n++)
        EXPECT_EQ(user.x[n], UINT32_MAX);
    EXPECT_EQ(user.x[6], 0xffff);
    EXPECT_EQ(user.x[7], UINT32_MAX);
}

TEST(division_has_no_exceptions)
{
    el0_start();
    user.x[1] = (uint64_t)1 << 63;
    user.x[2] = UINT64_MAX;
    EL0_RUN(PLENTY, 0x9adf0823 /* udiv x3, x1, xzr */, 0x9adf0c24 /* sdiv x4, x1, xzr */,
            0x9ac20c25 /* sdiv x5, x1, x2 */, 0x52b00006 /* mov w6, #0x80000000 */,
            0x1ac20cc6 /* sdiv w6, w6, w2 */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[3], 0);
    EXPECT_EQ(user.x[4], 0);
    EXPECT_EQ(user.x[5], (uint64_t)1 << 63);
    EXPECT_EQ(user.x[6], 0x80000000);
}

TEST(thread_pointers_and_flags)
{
    el0_start();
    user.tpidr = 0x1234;
    user.x[1] = UINT64_MAX;
    user.x[3] = 7;
    EL0_RUN(PLENTY, 0xd53bd040 /* mrs x0, tpidr_el0 */, 0xd51bd041 /* msr tpidr_el0, x1 */,
            0xd51b4201 /* msr nzcv, x1 */, 0xd53b4202 /* mrs x2, nzcv */,
            0xd53bd063 /* mrs x3, tpidrro_el0 */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[0], 0x1234);
    EXPECT_EQ(user.tpidr, UINT64_MAX);
    EXPECT_EQ(user.x[2], 0xf0000000);
    EXPECT_EQ(user.pstate, 0xf0000000);
    EXPECT_EQ(user.x[3], 0);
}

TEST(counter_counts_instructions)
{
    el0_start();
    el0_clock_base = 3200;
    EL0_RUN(PLENTY, 0xd53be040 /* mrs x0, cntvct_el0 */, 0xd2800401 /* mov x1, #32 */,
            0xf1000421 /* subs x1, x1, #1 */, 0x54ffffe1 /* b.ne .-4 */,
            0xd53be042 /* mrs x2, cntvct_el0 */, 0xd53be003 /* mrs x3, cntfrq_el0 */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[0], 200);
    EXPECT_EQ(user.x[2], (3200 + 2 + 64) / 16);
    EXPECT_EQ(user.x[3], 62500000);
}

TEST(cache_registers)
{
    el0_start();
    EL0_RUN(PLENTY, 0xd53b0020 /* mrs x0, ctr_el0 */, 0xd53b00e1 /* mrs x1, dczid_el0 */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[0], 0x8444c004);
    EXPECT_EQ(user.x[1], 4);
}

TEST(fp_control_keeps_what_there_is)
{
    el0_start();
    user.x[1] = UINT64_MAX;
    EL0_RUN(PLENTY, 0xd51b4401 /* msr fpcr, x1 */, 0xd53b4402 /* mrs x2, fpcr */,
            0xd51b4421 /* msr fpsr, x1 */, 0xd53b4423 /* mrs x3, fpsr */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[2], 0x07c00000);
    EXPECT_EQ(user.x[3], 0xf800009f);
    EXPECT_EQ(fp.fpcr, 0x07c00000);
}
