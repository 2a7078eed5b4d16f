/* Loads and stores that fault: exact addresses and syndromes, and nothing done by halves. */
#include "el0_rig.h"

#define HOLE (STATE_DATA + STATE_DATA_SIZE)
#define READ_ONLY ((uaddr_t)0x400000)

enum {
    PLENTY = 1000,
    ESR_READ = 0x92000000,
    ESR_WRITE = 0x92000040,
    TRANSLATION = 0x04,
    PERMISSION = 0x0c,
    ALIGNMENT = 0x21,
};

/* What a faulting instruction must leave alone, besides memory. */
static struct plat_user before;
static struct plat_fp fp_before;

static void start(void)
{
    el0_start();
    for (unsigned n = 0; n < 31; n++)
        user.x[n] = 0x0101010101010101 * n;
    for (unsigned n = 0; n < 32; n++)
        fp.v[n][0] = fp.v[n][1] = 0x0303030303030303 * n;
    for (uaddr_t va = STATE_DATA; va < HOLE; va += 8)
        el0_poke(va, va * 3);
    rig_map(root, READ_ONLY, data[0] | RIG_RO);
    user.x[2] = 8;
}

/* One instruction whose base is in x1: it must fault at addr and change nothing. */
static void faults(uint32_t word, uaddr_t base, uaddr_t addr, uint32_t esr)
{
    test_note("%x at %lx", word, base);
    user.x[1] = base;
    user.pc = CODE;
    before = user;
    fp_before = fp;
    el0_code(0, &word, 1);
    EXPECT_EQ(el0_run(&user, &fp, PLENTY, &trap), 0);
    EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
    EXPECT_EQ(trap.fault.addr, addr);
    EXPECT_EQ(trap.esr, esr);
    EXPECT_EQ(trap.fault.access, esr & 0x40 && !(esr & 0x100) ? PLAT_WRITE : PLAT_READ);
    EXPECT_MEMEQ(&user, &before, sizeof(user));
    EXPECT_MEMEQ(&fp, &fp_before, sizeof(fp));
    for (uaddr_t va = STATE_DATA; va < HOLE; va += 8)
        EXPECT_EQ(el0_peek(va), va * 3);
}

static const uint32_t loads[] = {
    0xf9400023 /* ldr x3, [x1] */,
    0x39400023 /* ldrb w3, [x1] */,
    0x79800023 /* ldrsh x3, [x1] */,
    0xf8408423 /* ldr x3, [x1], #8 */,
    0xf9400021 /* ldr x1, [x1] */,
    0xa8c10c21 /* ldp x1, x3, [x1], #16 */,
    0x69401023 /* ldpsw x3, x4, [x1] */,
    0xf8400823 /* ldtr x3, [x1] */,
    0xb8400023 /* ldur w3, [x1] */,
    0x3dc00023 /* ldr q3, [x1] */,
    0x3c401423 /* ldr b3, [x1], #1 */,
    0xacc11023 /* ldp q3, q4, [x1], #32 */,
    0xc8dffc23 /* ldar x3, [x1] */,
    0xc85f7c23 /* ldxr x3, [x1] */,
    0xc87f9023 /* ldaxp x3, x4, [x1] */,
    0x4cdf2023 /* ld1 {v3.16b-v6.16b}, [x1], #64 */,
    0x4cc24823 /* ld3 {v3.4s-v5.4s}, [x1], x2 */,
    0x4ddf8023 /* ld1 {v3.s}[2], [x1], #4 */,
    0x4dffc823 /* ld2r {v3.4s, v4.4s}, [x1], #8 */,
    0xa8401023 /* ldnp x3, x4, [x1] */,
};

static const uint32_t stores[] = {
    0xf9000023 /* str x3, [x1] */,
    0x39000023 /* strb w3, [x1] */,
    0xf8008421 /* str x1, [x1], #8 */,
    0xa8810423 /* stp x3, x1, [x1], #16 */,
    0xb8000823 /* sttr w3, [x1] */,
    0xf8000023 /* stur x3, [x1] */,
    0x3d800023 /* str q3, [x1] */,
    0xac811023 /* stp q3, q4, [x1], #32 */,
    0xc89ffc23 /* stlr x3, [x1] */,
    0x4c9f2023 /* st1 {v3.16b-v6.16b}, [x1], #64 */,
    0x0c820423 /* st4 {v3.4h-v6.4h}, [x1], x2 */,
    0x0dbf1c23 /* st2 {v3.b, v4.b}[7], [x1], #2 */,
    0xa8001023 /* stnp x3, x4, [x1] */,
    0xd50b7421 /* dc zva, x1 */,
};

TEST(loads_from_a_hole)
{
    start();
    for (unsigned n = 0; n < sizeof(loads) / 4; n++)
        faults(loads[n], HOLE, HOLE, ESR_READ | TRANSLATION | 3);
}

TEST(stores_to_a_hole)
{
    start();
    for (unsigned n = 0; n < sizeof(stores) / 4; n++)
        faults(stores[n], HOLE, HOLE, ESR_WRITE | TRANSLATION | 3);
}

TEST(stores_to_what_may_only_be_read)
{
    start();
    for (unsigned n = 0; n < sizeof(stores) / 4; n++)
        faults(stores[n], READ_ONLY + 64, READ_ONLY + 64, ESR_WRITE | PERMISSION | 3);
}

TEST(loads_above_user_space)
{
    start();
    faults(0xf9400023 /* ldr x3, [x1] */, (uaddr_t)1 << 39, (uaddr_t)1 << 39,
           ESR_READ | TRANSLATION | 0);
    faults(0xf9400023 /* ldr x3, [x1] */, UINT64_MAX - 3, UINT64_MAX - 3,
           ESR_READ | TRANSLATION | 0);
    faults(0xf9400023 /* ldr x3, [x1] */, STATE_DATA | (uaddr_t)0xff << 56,
           STATE_DATA | (uaddr_t)0xff << 56, ESR_READ | TRANSLATION | 0);
}

/* The first byte that cannot be reached is the first of the hole; what is before it stays. */
TEST(accesses_that_end_in_a_hole)
{
    static const struct {
        uint32_t word;
        unsigned size;
    } cases[] = {
        {0xf8408423 /* ldr x3, [x1], #8 */, 8},
        {0x79400023 /* ldrh w3, [x1] */, 2},
        {0xa9400423 /* ldp x3, x1, [x1] */, 16},
        {0x3dc00023 /* ldr q3, [x1] */, 16},
        {0xacc11023 /* ldp q3, q4, [x1], #32 */, 32},
        {0x4cdf0023 /* ld4 {v3.16b-v6.16b}, [x1], #64 */, 64},
        {0x0d406823 /* ld3 {v3.h, v4.h, v5.h}[1], [x1] */, 6},
        {0xb8400023 /* ldur w3, [x1] */, 4},
    };
    static const struct {
        uint32_t word;
        unsigned size;
    } store_cases[] = {
        {0xf8008423 /* str x3, [x1], #8 */, 8},
        {0x79000023 /* strh w3, [x1] */, 2},
        {0xa9000423 /* stp x3, x1, [x1] */, 16},
        {0x3d800023 /* str q3, [x1] */, 16},
        {0xac811023 /* stp q3, q4, [x1], #32 */, 32},
        {0x4c9f0023 /* st4 {v3.16b-v6.16b}, [x1], #64 */, 64},
        {0x0d006823 /* st3 {v3.h, v4.h, v5.h}[1], [x1] */, 6},
        {0xb8000823 /* sttr w3, [x1] */, 4},
    };

    start();
    for (unsigned n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
        for (unsigned inside = 1; inside < cases[n].size; inside++) {
            faults(cases[n].word, HOLE - inside, HOLE, ESR_READ | TRANSLATION | 3);
            faults(store_cases[n].word, HOLE - inside, HOLE, ESR_WRITE | TRANSLATION | 3);
        }
    }
}

/* The page before is a hole, too: there the first byte is at the address itself. */
TEST(accesses_that_begin_in_a_hole)
{
    start();
    faults(0xa9401023 /* ldp x3, x4, [x1] */, STATE_DATA - 5, STATE_DATA - 5,
           ESR_READ | TRANSLATION | 3);
    faults(0xa9001023 /* stp x3, x4, [x1] */, STATE_DATA - 5, STATE_DATA - 5,
           ESR_WRITE | TRANSLATION | 3);
    faults(0xf85f8c23 /* ldr x3, [x1, #-8]! */, STATE_DATA, STATE_DATA - 8,
           ESR_READ | TRANSLATION | 3);
    faults(0xf8626823 /* ldr x3, [x1, x2] */, HOLE - 8, HOLE, ESR_READ | TRANSLATION | 3);
    faults(0xf862d823 /* ldr x3, [x1, w2, sxtw #3] */, HOLE - 64, HOLE, ESR_READ | TRANSLATION | 3);
}

TEST(literals)
{
    start();
    faults(0x587fffe3 /* ldr x3, .+1048572 */, 0, CODE + 1048572, ESR_READ | TRANSLATION | 3);
    faults(0x9cff8003 /* ldr q3, .-4096 */, 0, CODE - 4096, ESR_READ | TRANSLATION | 3);
    user.pc = CODE;
    EL0_RUN(PLENTY, 0x58000043 /* ldr x3, .+8 */, 0xd4000001 /* svc #0 */, 0x11223344, 0x55667788);
    EXPECT_EQ(user.x[3], 0x5566778811223344);
    EL0_RUN(PLENTY, 0x98000043 /* ldrsw x3, .+8 */, 0xd4000001 /* svc #0 */, 0x81223344);
    EXPECT_EQ(user.x[3], 0xffffffff81223344);
}

/* The pages are not neighbours in RAM. */
TEST(accesses_across_pages)
{
    const uaddr_t edge = STATE_DATA + PLAT_PAGE_SIZE;

    start();
    user.x[1] = edge - 3;
    EL0_RUN(PLENTY, 0xf9400023 /* ldr x3, [x1] */, 0x92800004 /* mov x4, #-1 */,
            0xf9000024 /* str x4, [x1] */, 0x3d800425 /* str q5, [x1, #0x10] */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(user.x[3], (edge - 8) * 3 >> 40 | edge * 3 << 24);
    EXPECT_EQ(el0_peek(edge - 8), ((edge - 8) * 3 & 0xffffffffff) | (uint64_t)0xffffff << 40);
    EXPECT_EQ(el0_peek(edge), (edge * 3 & ~(uint64_t)0xffffffffff) | 0xffffffffff);
    user.x[1] = edge - 17;
    EL0_RUN(PLENTY, 0x4c40a021 /* ld1 {v1.16b-v2.16b}, [x1] */,
            0x4c00a021 /* st1 {v1.16b-v2.16b}, [x1] */, 0xa9401c26 /* ldp x6, x7, [x1] */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
    EXPECT_EQ(fp.v[1][0], user.x[6]);
    EXPECT_EQ(fp.v[1][1], user.x[7]);
}

/* ---- alignment ---- */

TEST(ordinary_accesses_need_no_alignment)
{
    start();
    user.x[1] = STATE_DATA + 1;
    EL0_RUN(PLENTY, 0xf9400023 /* ldr x3, [x1] */, 0xad401023 /* ldp q3, q4, [x1] */,
            0xb9000423 /* str w3, [x1, #4] */, 0x78400823 /* ldtrh w3, [x1] */,
            0xd4000001 /* svc #0 */);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
}

TEST(exclusive_and_ordered_accesses_are_aligned)
{
    start();
    faults(0xc85f7c23 /* ldxr x3, [x1] */, STATE_DATA + 4, STATE_DATA + 4, ESR_READ | ALIGNMENT);
    faults(0x885ffc23 /* ldaxr w3, [x1] */, STATE_DATA + 2, STATE_DATA + 2, ESR_READ | ALIGNMENT);
    faults(0x485f7c23 /* ldxrh w3, [x1] */, STATE_DATA + 1, STATE_DATA + 1, ESR_READ | ALIGNMENT);
    faults(0xc87f1023 /* ldxp x3, x4, [x1] */, STATE_DATA + 8, STATE_DATA + 8,
           ESR_READ | ALIGNMENT);
    faults(0x887f1023 /* ldxp w3, w4, [x1] */, STATE_DATA + 4, STATE_DATA + 4,
           ESR_READ | ALIGNMENT);
    faults(0xc8dffc23 /* ldar x3, [x1] */, STATE_DATA + 4, STATE_DATA + 4, ESR_READ | ALIGNMENT);
    faults(0xc89ffc23 /* stlr x3, [x1] */, STATE_DATA + 4, STATE_DATA + 4, ESR_WRITE | ALIGNMENT);
    faults(0x489ffc23 /* stlrh w3, [x1] */, STATE_DATA + 1, STATE_DATA + 1, ESR_WRITE | ALIGNMENT);
    faults(0xc8057c23 /* stxr w5, x3, [x1] */, STATE_DATA + 4, STATE_DATA + 4,
           ESR_WRITE | ALIGNMENT);
    faults(0xc8259023 /* stlxp w5, x3, x4, [x1] */, STATE_DATA + 8, STATE_DATA + 8,
           ESR_WRITE | ALIGNMENT);
    /* It comes before the walk. */
    faults(0xc85f7c23 /* ldxr x3, [x1] */, HOLE + 4, HOLE + 4, ESR_READ | ALIGNMENT);
}

TEST(stack_pointer_is_aligned_when_it_is_a_base)
{
    static const uint32_t words[] = {
        0xf94003e3 /* ldr x3, [sp] */,
        0xf90007e3 /* str x3, [sp, #8] */,
        0xa8c113e3 /* ldp x3, x4, [sp], #16 */,
        0xadbf13e3 /* stp q3, q4, [sp, #-32]! */,
        0xf8626be3 /* ldr x3, [sp, x2] */,
        0xc85f7fe3 /* ldxr x3, [sp] */,
        0xc89fffe3 /* stlr x3, [sp] */,
        0x4c4073e3 /* ld1 {v3.16b}, [sp] */,
        0x0d9f03e3 /* st1 {v3.b}[0], [sp], #1 */,
        0x0d40c3e3 /* ld1r {v3.8b}, [sp] */,
        0x394003e3 /* ldrb w3, [sp] */,
        0xf8400be3 /* ldtr x3, [sp] */,
    };

    start();
    user.sp = STATE_DATA + 0x2008;
    for (unsigned n = 0; n < sizeof(words) / 4; n++) {
        test_note("%x", words[n]);
        before = user;
        before.pc = CODE;
        EXPECT_EQ(EL0_RUN(PLENTY, words[n]), 0);
        EXPECT_EQ(trap.kind, PLAT_TRAP_FAULT);
        EXPECT_EQ(trap.fault.kind, PLAT_FAULT_ALIGNMENT);
        EXPECT_EQ(trap.fault.addr, user.sp);
        EXPECT_EQ(trap.esr, 0x9a000000);
        EXPECT_MEMEQ(&user, &before, sizeof(user));
    }
    EXPECT_EQ(EL0_RUN(PLENTY, 0xf98003e0 /* prfm pldl1keep, [sp] */,
                      0x910007e3 /* add x3, sp, #1 */, 0xd4000001 /* svc #0 */),
              3);
}

/* ---- addressing ---- */

TEST(write_back)
{
    start();
    user.x[1] = user.x[5] = user.x[6] = user.x[7] = STATE_DATA + 64;
    EL0_RUN(PLENTY, 0xf8408c23 /* ldr x3, [x1, #8]! */, 0xf85f84a4 /* ldr x4, [x5], #-8 */,
            0xa98114c1 /* stp x1, x5, [x6, #16]! */, 0xf80184e7 /* str x7, [x7], #24 */,
            0xf85f0fe9 /* ldr x9, [sp, #-16]! */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(user.x[1], STATE_DATA + 72);
    EXPECT_EQ(user.x[3], (STATE_DATA + 72) * 3);
    EXPECT_EQ(user.x[4], (STATE_DATA + 64) * 3);
    EXPECT_EQ(user.x[5], STATE_DATA + 56);
    EXPECT_EQ(user.x[6], STATE_DATA + 80);
    EXPECT_EQ(el0_peek(STATE_DATA + 80), STATE_DATA + 72);
    EXPECT_EQ(el0_peek(STATE_DATA + 88), STATE_DATA + 56);
    EXPECT_EQ(el0_peek(STATE_DATA + 64), STATE_DATA + 64); /* the old value of the base */
    EXPECT_EQ(user.x[7], STATE_DATA + 88);
    EXPECT_EQ(user.sp, STATE_DATA + 0x1ff0);
}

TEST(structures)
{
    start();
    for (unsigned n = 0; n < 64; n += 8)
        el0_poke(STATE_DATA + n, 0x0706050403020100 + 0x0808080808080808 * (n / 8));
    user.x[1] = STATE_DATA;
    user.x[2] = 3;
    EL0_RUN(PLENTY, 0x4cdf0020 /* ld4 {v0.16b-v3.16b}, [x1], #64 */,
            0xd1010021 /* sub x1, x1, #64 */, 0x4de24824 /* ld2 {v4.h, v5.h}[5], [x1], x2 */,
            0x0d40e026 /* ld3r {v6.8b-v8.8b}, [x1] */, 0xd4000001 /* svc #0 */);
    EXPECT_EQ(fp.v[0][0], 0x1c1814100c080400);
    EXPECT_EQ(fp.v[3][1], 0x3f3b37332f2b2723);
    EXPECT_EQ(fp.v[4][1] >> 16 & 0xffff, 0x0100);
    EXPECT_EQ(fp.v[5][1] >> 16 & 0xffff, 0x0302);
    EXPECT_EQ(user.x[1], STATE_DATA + 3);
    EXPECT_EQ(fp.v[6][0], 0x0303030303030303);
    EXPECT_EQ(fp.v[8][0], 0x0505050505050505);
    EXPECT_EQ(fp.v[8][1], 0);
}

/* ---- cache maintenance ---- */

TEST(dc_zva_clears_a_block)
{
    start();
    user.x[1] = STATE_DATA + 64 + 33;
    EXPECT_EQ(EL0_RUN(PLENTY, 0xd50b7421 /* dc zva, x1 */, 0xd4000001 /* svc #0 */), 2);
    for (uaddr_t va = STATE_DATA; va < STATE_DATA + 256; va += 8)
        EXPECT_EQ(el0_peek(va), va >= STATE_DATA + 64 && va < STATE_DATA + 128 ? 0 : va * 3);
}

TEST(dc_zva_faults_at_the_address_it_is_given)
{
    start();
    faults(0xd50b7421 /* dc zva, x1 */, HOLE + 33, HOLE + 33, ESR_WRITE | TRANSLATION | 3);
}

TEST(cache_maintenance_needs_the_right_to_read)
{
    static const uint32_t words[] = {0xd50b7a21 /* dc cvac, x1 */, 0xd50b7b21 /* dc cvau, x1 */,
                                     0xd50b7e21 /* dc civac, x1 */, 0xd50b7521 /* ic ivau, x1 */};

    start();
    for (unsigned n = 0; n < sizeof(words) / 4; n++) {
        faults(words[n], HOLE + 5, HOLE + 5, ESR_WRITE | 0x100 | TRANSLATION | 3);
        user.x[1] = READ_ONLY + 5;
        EXPECT_EQ(EL0_RUN(PLENTY, words[n], 0xd4000001 /* svc #0 */), 2);
    }
}

/* ---- what is remembered, and should not be ---- */

enum { LDR_X3_X1 = 0xf9400023, STR_X3_X1 = 0xf9000023, NOP = 0xd503201f };

/* Another page comes in a page's place, and the machine forgets to say so. */
static void exchange(uaddr_t va, uint64_t desc)
{
    uint64_t epoch = mmu_epoch;

    rig_map(root, va, desc);
    mmu_epoch = epoch;
}

static void use_twice(uint32_t word, bool exchanges_code)
{
    el0_start();
    vtlb_init(VTLB_NONE); /* which would have seen it */
    EXPECT(el0_check_hits(true));
    user.x[1] = STATE_DATA;
    EXPECT_EQ(EL0_RUN(2, word, NOP), 2);
    user.pc = CODE;
    EXPECT_EQ(el0_run(&user, &fp, 2, &trap), 2);
    if (exchanges_code)
        exchange(CODE, data[1] | RIG_RX);
    else
        exchange(STATE_DATA, data[1] | RIG_RW);
    user.pc = CODE;
    el0_run(&user, &fp, 2, &trap);
}

TEST_DIES(stale_translation_of_a_load, "el0.stale-data")
{
    use_twice(LDR_X3_X1, false);
}

TEST_DIES(stale_translation_of_a_store, "el0.stale-data")
{
    use_twice(STR_X3_X1, false);
}

TEST_DIES(stale_translation_of_code, "el0.stale-page")
{
    use_twice(NOP, true);
}
