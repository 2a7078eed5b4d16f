/* The script engine: each operation, and how its traps look. */
#include "script.h"

#include <string.h>

#include "rig.h"

#define VA ((uaddr_t)0x40201000)

static paddr_t root, page;
static struct plat_user user;
static struct plat_trap trap;

static void start_with(const struct script_op *ops, unsigned count)
{
    rig_start(VTLB_ADVERSARIAL);
    root = rig_table();
    page = rig_page();
    rig_map(root, VA, page | RIG_RW);
    plat_space_use(root, 1);
    memset(&user, 0, sizeof(user));
    user.pc = SCRIPT_PC(2, 0);
    script_attach(2, ops, count);
}

#define START(...)                                                                                 \
    do {                                                                                           \
        static const struct script_op ops_[] = {__VA_ARGS__};                                      \
        start_with(ops_, sizeof(ops_) / sizeof(*ops_));                                            \
    } while (0)

static void run(enum plat_trap_kind kind, unsigned index)
{
    plat_user_run(&user, &trap);
    EXPECT_EQ(trap.kind, kind);
    EXPECT_EQ(user.pc, SCRIPT_PC(2, index));
}

TEST(call)
{
    START({.kind = SCRIPT_CALL, .nr = 93, .args = {N(1), X(20), N(3), X(31), N(5), X(0)}},
          {.kind = SCRIPT_CALL, .nr = 94});
    user.x[20] = 0x2020;
    user.x[0] = 0x10;
    user.sp = 0x3131;
    run(PLAT_TRAP_SYSCALL, 1);
    EXPECT_EQ(trap.esr, 0x56000000);
    EXPECT_EQ(user.x[8], 93);
    EXPECT_EQ(user.x[0], 1);
    EXPECT_EQ(user.x[1], 0x2020);
    EXPECT_EQ(user.x[2], 3);
    EXPECT_EQ(user.x[3], 0x3131);
    EXPECT_EQ(user.x[5], 0x10); /* as it was before */
    run(PLAT_TRAP_SYSCALL, 2);
    run(PLAT_TRAP_UNDEFINED, 2); /* behind the end */
    EXPECT_EQ(trap.esr, 0x02000000);
}

TEST(load_and_store)
{
    START({.kind = SCRIPT_STORE, .args = {N(VA + 8), N(0x1122334455667788)}},
          {.kind = SCRIPT_LOAD, .to = 19, .args = {N(VA + 8)}},
          {.kind = SCRIPT_LOAD, .to = 20, .size = 2, .args = {N(VA + 8)}},
          {.kind = SCRIPT_STORE, .size = 1, .args = {N(VA + 8), X(30)}},
          {.kind = SCRIPT_LOAD, .to = 21, .args = {N(VA + 8)}}, {.kind = SCRIPT_CALL});
    user.x[30] = 0xabcdef;
    run(PLAT_TRAP_SYSCALL, 6);
    EXPECT_EQ(user.x[19], 0x1122334455667788);
    EXPECT_EQ(user.x[20], 0x7788);
    EXPECT_EQ(user.x[21], 0x11223344556677ef);
    EXPECT_EQ(plat_clock_now(), 6); /* an operation is an instruction */
}

TEST(fault_and_again)
{
    START({.kind = SCRIPT_STORE, .args = {N(VA + 0x1000), N(1)}}, {.kind = SCRIPT_CALL});
    run(PLAT_TRAP_FAULT, 0);
    EXPECT_EQ(trap.esr, 0x92000047); /* a store, translation, level 3 */
    EXPECT_EQ(trap.fault.addr, VA + 0x1000);
    EXPECT_EQ(trap.fault.access, PLAT_WRITE);
    EXPECT_EQ(trap.fault.kind, PLAT_FAULT_TRANSLATION);
    rig_map(root, VA + 0x1000, rig_page() | RIG_RO);
    run(PLAT_TRAP_FAULT, 0);
    EXPECT_EQ(trap.esr, 0x9200004f); /* permission */
    rig_store(root, VA + 0x1000, 0);
    plat_tlb_flush(1, VA + 0x1000, 1);
    rig_map(root, VA + 0x1000, page | RIG_RW);
    run(PLAT_TRAP_SYSCALL, 2);
    EXPECT_EQ(*(uint64_t *)plat_phys_ptr(page, 8), 1);
}

TEST(load_outside_ram)
{
    START({.kind = SCRIPT_LOAD, .to = 1, .args = {N(VA + 0x1000)}});
    rig_map(root, VA + 0x1000, 0x09000000 | RIG_RW);
    run(PLAT_TRAP_FAULT, 0);
    EXPECT_EQ(trap.esr, 0x92000010);
}

TEST(fetch)
{
    START({.kind = SCRIPT_FETCH, .args = {N(VA)}}, {.kind = SCRIPT_FETCH, .args = {N(VA + 0x1000)}},
          {.kind = SCRIPT_CALL});
    run(PLAT_TRAP_FAULT, 0);
    EXPECT_EQ(trap.esr, 0x8200000f);
    EXPECT_EQ(trap.fault.access, PLAT_FETCH);
    user.pc += 4;
    plat_icache_sync(page, PLAT_PAGE_SIZE);
    rig_map(root, VA + 0x1000, page | RIG_RX);
    run(PLAT_TRAP_SYSCALL, 3);
}

TEST(moves_and_jumps)
{
    START({.kind = SCRIPT_MOVE, .to = 1, .args = {N(5), X(2)}},         /* 0 */
          {.kind = SCRIPT_JUMP_IF, .to = 4, .args = {X(1), N(5)}},      /* 1 */
          {.kind = SCRIPT_JUMP_IF, .to = 5, .args = {X(1), N(12)}},     /* 2 */
          {.kind = SCRIPT_CALL, .nr = 1},                               /* 3 */
          {.kind = SCRIPT_CALL, .nr = 2},                               /* 4 */
          {.kind = SCRIPT_JUMP_UNLESS, .to = 7, .args = {X(1), N(12)}}, /* 5 */
          {.kind = SCRIPT_JUMP, .to = 8},                               /* 6 */
          {.kind = SCRIPT_CALL, .nr = 3},                               /* 7 */
          {.kind = SCRIPT_CALL, .nr = 4});                              /* 8 */
    user.x[2] = 7;
    run(PLAT_TRAP_SYSCALL, 9);
    EXPECT_EQ(user.x[8], 4);
    EXPECT_EQ(user.x[1], 0); /* args[1] of the call */
}

static nsec_t now_at_timer;

TEST(interrupt)
{
    START({.kind = SCRIPT_IRQ}, {.kind = SCRIPT_IRQ}, {.kind = SCRIPT_CALL});
    plat_timer_set(1000000);
    run(PLAT_TRAP_IRQ, 1);
    EXPECT_EQ(trap.esr, 0);
    EXPECT_EQ(rig_timers, 1);
    now_at_timer = plat_clock_now();
    EXPECT(now_at_timer >= 1000000);
    run(PLAT_TRAP_SYSCALL, 3); /* the timer is off: nothing comes */
    EXPECT_EQ(rig_timers, 1);
}

TEST(deadline_between_operations)
{
    START({.kind = SCRIPT_MOVE, .to = 0, .args = {X(0), N(1)}}, {.kind = SCRIPT_JUMP, .to = 0});
    plat_timer_set(1001);
    plat_user_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_IRQ);
    EXPECT_EQ(user.x[0], 501);
    EXPECT_EQ(plat_clock_now(), 1001);
}

TEST(deadline_passed_before)
{
    START({.kind = SCRIPT_CALL});
    plat_timer_set(0);
    run(PLAT_TRAP_IRQ, 0);
    run(PLAT_TRAP_SYSCALL, 1);
}

TEST(fp)
{
    static const struct plat_fp given = {.v = {{7, 8}}};
    struct plat_fp got;

    START({.kind = SCRIPT_FP_LOAD, .to = 3}, {.kind = SCRIPT_FP_STORE, .args = {N(42)}},
          {.kind = SCRIPT_CALL});
    run(PLAT_TRAP_FP, 0);
    EXPECT_EQ(trap.esr, 0x1fe00000);
    plat_fp_use(&given);
    run(PLAT_TRAP_SYSCALL, 3);
    EXPECT_EQ(user.x[3], 0); /* args[3] of the call; x3 was 7 */
    plat_fp_sync(&got);
    EXPECT_EQ(got.v[0][0], 42);
    EXPECT_EQ(got.v[0][1], 0);
    plat_fp_use(NULL);
    user.pc = SCRIPT_PC(2, 0);
    run(PLAT_TRAP_FP, 0);
}

TEST(breakpoint)
{
    START({.kind = SCRIPT_BREAK});
    run(PLAT_TRAP_BREAKPOINT, 0);
    EXPECT_EQ(trap.esr, 0xf2000000);
}

/* fork copies the position: both go on with the operation behind the call. */
TEST(position_is_thread_state)
{
    START({.kind = SCRIPT_CALL, .nr = 220}, {.kind = SCRIPT_JUMP_IF, .to = 3, .args = {X(0), N(0)}},
          {.kind = SCRIPT_CALL, .nr = 1}, {.kind = SCRIPT_CALL, .nr = 2});
    run(PLAT_TRAP_SYSCALL, 1);
    struct plat_user child = user;
    user.x[0] = 17;
    child.x[0] = 0;
    run(PLAT_TRAP_SYSCALL, 3);
    EXPECT_EQ(user.x[8], 1);
    user = child;
    run(PLAT_TRAP_SYSCALL, 4);
    EXPECT_EQ(user.x[8], 2);
}

static bool count_down(void *context, struct plat_user *thread, struct script_op *op)
{
    unsigned *left = context;

    if (*left == 0) {
        return false;
    }
    (*left)--;
    *op = (struct script_op){.kind = SCRIPT_MOVE, .to = 1, .args = {X(1), N(thread->pc)}};
    return true;
}

static unsigned watched;

static void watch(const struct plat_user *thread, const struct script_op *op)
{
    EXPECT_EQ(op->kind, SCRIPT_MOVE);
    EXPECT(thread->x[1] != 0);
    watched++;
}

TEST(source)
{
    unsigned left = 3;

    START({.kind = SCRIPT_BREAK});
    script_attach_source(2, count_down, &left);
    script_watch = watch;
    run(PLAT_TRAP_UNDEFINED, 3);
    EXPECT_EQ(user.x[1], 3 * SCRIPT_PC(2, 0) + 4 + 8);
    EXPECT_EQ(watched, 3);
}

TEST(programs_and_what_is_none)
{
    START({.kind = SCRIPT_BREAK});
    EXPECT(script_has(SCRIPT_PC(2, 0)));
    EXPECT(script_has(SCRIPT_PC(2, 100)));
    EXPECT(!script_has(SCRIPT_PC(2, 0) + 2));
    EXPECT(!script_has(SCRIPT_PC(3, 0)));
    EXPECT(!script_has(SCRIPT_PC(SCRIPT_MAX, 0)));
    EXPECT(!script_has(0x400000));
    script_attach(2, NULL, 0);
    EXPECT(!script_has(SCRIPT_PC(2, 0)));
    script_reset();
    EXPECT(!script_has(SCRIPT_PC(RIG_PROGRAM, 0)));
}
