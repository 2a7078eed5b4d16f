#include "syscall/dispatch.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "base/string.h"
#include "mm/fault.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

static struct process *init;
static struct process *child;

static void begin(void)
{
    init = calls_begin();
    child = calls_child(CALL(init, clone, SIGCHLD));
}

static void fault(enum plat_fault_kind kind, uaddr_t at, enum plat_access access)
{
    const struct plat_trap trap = {
        .kind = PLAT_TRAP_FAULT,
        .fault = {.addr = at, .access = access, .kind = kind, .level = 3},
    };

    calls_trap(child, &trap);
}

static void trap_as(enum plat_trap_kind kind)
{
    const struct plat_trap trap = {.kind = kind};

    calls_trap(child, &trap);
}

/* The child has ended as by that signal. */
static void expect_ended(int signal)
{
    EXPECT_EQ(child->state, PROCESS_ZOMBIE);
    EXPECT_EQ(child->wait_status, signal);
    fixture_end();
}

TEST(dispatch_unknown_call)
{
    begin();
    EXPECT_EQ(calls_make(child, 999, (const uint64_t[6]){1, 2, 3}), -ENOSYS);
    EXPECT_EQ(child->thread->user.x[1], 2);
    EXPECT_EQ(child->thread->user.x[8], 999);
    fixture_end();
}

TEST(dispatch_result_is_in_x0_and_nowhere_else)
{
    begin();
    EXPECT_EQ(calls_make(child, NR_getpid, (const uint64_t[6]){1, 2, 3, 4, 5, 6}), 2);
    for (unsigned i = 1; i < 6; i++) {
        EXPECT_EQ(child->thread->user.x[i], i + 1);
    }
    fixture_end();
}

TEST(dispatch_call_counts_as_time_and_slice)
{
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};

    begin();
    struct thread *thread = fixture_run(child);
    nsec_t now = clock_now();
    thread->user.x[8] = NR_getpid;
    for (unsigned i = 0; i < SCHED_SLICE_CALLS; i++) {
        EXPECT(!cpu_this()->needs_resched);
        dispatch_trap(thread, &trap);
    }
    EXPECT(cpu_this()->needs_resched);
    EXPECT_EQ(clock_now(), now + SCHED_SLICE_CALLS * CLOCK_DET_STEP);
    fixture_end();
}

TEST(dispatch_blocked_call_keeps_its_arguments)
{
    begin();
    EXPECT_EQ(CALL(child, read, 0, CALLS_DATA, 7), CALL_BLOCKED);
    EXPECT_EQ(child->thread->user.x[0], 0);
    EXPECT_EQ(child->thread->user.x[1], CALLS_DATA);
    EXPECT(child->thread->call.is_pending);
    fixture_type("x\n");
    EXPECT_EQ(calls_rerun(child), 2);
    EXPECT(!child->thread->call.is_pending);
    EXPECT_EQ(child->thread->call.reason, WAIT_NOTHING);
    fixture_end();
}

TEST(dispatch_state_of_a_call_does_not_outlive_it)
{
    const struct call zero = {0};

    begin();
    EXPECT_EQ(CALL(child, read, 0, CALLS_DATA, 7), CALL_BLOCKED);
    fixture_type("x\n");
    EXPECT_EQ(calls_rerun(child), 2);
    EXPECT_MEMEQ(&child->thread->call, &zero, sizeof(zero));
    fixture_end();
}

/* A long call lets others run in between; the program sees one. */
TEST(dispatch_long_call_goes_on_in_reruns)
{
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};
    const struct call zero = {0};
    unsigned reruns = 0;
    uint64_t shown = 0;

    begin();
    fixture_catch_output();
    struct thread *thread = fixture_run(child);
    memcpy(thread->user.x, (const uint64_t[]){1, CALLS_DATA, 40000}, 24);
    thread->user.x[8] = NR_write;
    calls_put(CALLS_DATA + 40000, "end", 3);
    for (uint64_t at = CALLS_DATA; at < CALLS_DATA + 40000; at += 8) {
        calls_put(at, "xxxxxxxx", 8);
    }
    for (dispatch_trap(thread, &trap); thread->call.is_pending; dispatch_rerun(thread)) {
        EXPECT_EQ(thread->state, THREAD_READY);
        EXPECT_EQ(thread->user.x[0], 1);
        shown += str_len(fixture_output());
        EXPECT_EQ(shown, thread->call.done);
        reruns++;
    }
    EXPECT(reruns >= 2);
    EXPECT_EQ(shown + str_len(fixture_output()), 40000);
    EXPECT_EQ(thread->user.x[0], 40000);
    EXPECT_MEMEQ(&thread->call, &zero, sizeof(zero));
    fixture_end();
}

/* AAPCS64: what a register holds above an int is nobody's business. */
TEST(dispatch_looks_at_the_lower_half_of_an_int)
{
    const uint64_t junk = (uint64_t)0xdead << 32;

    begin();
    EXPECT_EQ(CALL(init, kill, junk | 2, junk), 0);
    EXPECT_EQ(CALL(init, getpgid, junk), 1);
    EXPECT_EQ(CALL(init, munmap, junk, PAGE_SIZE), -EINVAL); /* no int */
    EXPECT_EQ(CALL(init, wait4, junk | 0xffffffff, 0, junk | WNOHANG, 0), 0);
    EXPECT_EQ(CALL(init, clock_gettime, junk | CLOCK_MONOTONIC, CALLS_DATA), 0);
    init->thread->user.x[8] = junk | NR_getpid;
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};
    calls_trap(init, &trap);
    EXPECT_EQ(init->thread->user.x[0], 1);
    fixture_end();
}

/* ---- faults ---- */

TEST(dispatch_fault_that_can_be_resolved)
{
    uint8_t byte = 9;

    begin();
    fault(PLAT_FAULT_TRANSLATION, CALLS_DATA + 5, PLAT_WRITE);
    EXPECT_EQ(child->state, PROCESS_LIVE);
    EXPECT_EQ(fixture_load(CALLS_DATA + 5, &byte), 0);
    EXPECT_EQ(byte, 0);
    fixture_end();
}

TEST(dispatch_fault_where_nothing_is)
{
    begin();
    fault(PLAT_FAULT_TRANSLATION, CALLS_NOWHERE, PLAT_READ);
    expect_ended(SIGSEGV);
}

TEST(dispatch_fault_above_user_space)
{
    begin();
    fault(PLAT_FAULT_TRANSLATION, UINT64_MAX - 3, PLAT_READ);
    expect_ended(SIGSEGV);
}

TEST(dispatch_fault_of_rights)
{
    begin();
    fault(PLAT_FAULT_PERMISSION, CALLS_DATA, PLAT_FETCH);
    expect_ended(SIGSEGV);
}

TEST(dispatch_fault_of_alignment)
{
    begin();
    fault(PLAT_FAULT_ALIGNMENT, CALLS_DATA + 1, PLAT_READ);
    expect_ended(SIGBUS);
}

TEST(dispatch_fault_of_the_bus)
{
    begin();
    fault(PLAT_FAULT_BUS, CALLS_DATA, PLAT_READ);
    expect_ended(SIGBUS);
}

TEST(dispatch_fault_without_memory_kills)
{
    begin();
    process_set_name(child, "hog");
    fixture_catch_output();
    inject_arm(1, true);
    fault(PLAT_FAULT_TRANSLATION, CALLS_DATA, PLAT_WRITE);
    inject_arm(0, false);
    EXPECT_STREQ(fixture_output(), "eft: out of memory: ended process 2 (hog)\n");
    expect_ended(SIGKILL);
}

TEST(dispatch_fault_that_is_resolved_already)
{
    begin();
    fault(PLAT_FAULT_TRANSLATION, CALLS_DATA, PLAT_WRITE);
    uint64_t stale = fault_stale_count();
    fault(PLAT_FAULT_PERMISSION, CALLS_DATA, PLAT_WRITE);
    EXPECT_EQ(fault_stale_count(), stale + 1);
    EXPECT_EQ(child->state, PROCESS_LIVE);
    fixture_end();
}

/* ---- other traps ---- */

TEST(dispatch_undefined_instruction)
{
    begin();
    trap_as(PLAT_TRAP_UNDEFINED);
    expect_ended(SIGILL);
}

TEST(dispatch_breakpoint)
{
    begin();
    trap_as(PLAT_TRAP_BREAKPOINT);
    expect_ended(SIGTRAP);
}

TEST(dispatch_interrupt_does_nothing)
{
    begin();
    struct plat_user user = child->thread->user;
    trap_as(PLAT_TRAP_IRQ);
    EXPECT_MEMEQ(&child->thread->user, &user, sizeof(user));
    fixture_end();
}

TEST(dispatch_first_use_of_fp)
{
    struct plat_fp fp;

    begin();
    child->thread->fp.v[3][1] = 33;
    trap_as(PLAT_TRAP_FP);
    EXPECT(cpu_this()->fp_owner == child->thread);
    plat_fp_sync(&fp);
    EXPECT_EQ(fp.v[3][1], 33);
    fixture_end();
}
