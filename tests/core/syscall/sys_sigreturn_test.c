/* rt_sigreturn: a handler ends, or what looks like one. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "mm/uaccess.h"
#include "proc/deliver.h"
#include "proc/process.h"
#include "proc/sigframe.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define HANDLER 0x400000
#define PC 0x400abc
#define SP (CALLS_DATA + 16 * PAGE_SIZE)
#define FRAME (SP - 16 - sizeof(struct abi_sigframe))
#define ALT (CALLS_DATA + 20 * PAGE_SIZE)
#define ALT_SIZE (4 * PAGE_SIZE)

static struct process *child;
static struct thread *thread;

static void handle(int signal, uint64_t flags)
{
    const struct abi_sigaction action = {.handler = HANDLER, .flags = flags};

    EXPECT_EQ(signal_set_action(child, signal, &action), 0);
}

/* A child of init's is in a handler of SIGUSR1. */
static void begin(void)
{
    child = calls_fork(calls_begin());
    thread = fixture_run(child);
    thread->user.pc = PC;
    thread->user.sp = SP;
    thread->user.x[0] = 42;
    thread->user.x[30] = 30;
    handle(SIGUSR1, 0);
    signal_set_mask(thread, signal_bit(SIGHUP));
    signal_send(child, SIGUSR1);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(thread->user.pc, HANDLER);
    EXPECT_EQ(thread->user.sp, FRAME);
}

static void put(uint64_t offset, uint64_t value)
{
    calls_put(FRAME + offset, &value, sizeof(value));
}

TEST(sys_rt_sigreturn_goes_on)
{
    begin();
    EXPECT_EQ(CALL(child, rt_sigreturn, 1, 2, 3), 42);
    EXPECT_EQ(thread->user.pc, PC);
    EXPECT_EQ(thread->user.sp, SP);
    EXPECT_EQ(thread->user.x[30], 30);
    EXPECT_EQ(thread->signal_mask, signal_bit(SIGHUP));
    fixture_end();
}

/* SIGKILL and SIGSTOP are never blocked; what is not blocked any more is taken next. */
TEST(sys_rt_sigreturn_sets_the_mask)
{
    begin();
    put(offsetof(struct abi_sigframe, uc.uc_sigmask), UINT64_MAX);
    EXPECT_EQ(CALL(child, rt_sigreturn), 42);
    EXPECT_EQ(thread->signal_mask, ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)));
    fixture_end();
}

TEST(sys_rt_sigreturn_without_a_frame)
{
    static const uaddr_t places[] = {FRAME + 8, 16, USER_END, SP};

    for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
        begin();
        test_note("sp 0x%lx", places[i]);
        thread->user.sp = places[i];
        EXPECT_EQ(CALL(child, rt_sigreturn), CALL_GONE);
        EXPECT_EQ(child->wait_status, SIGSEGV);
        fixture_end();
    }
}

/* No more than that is told of it: no ESR, and the address is the stack pointer, which is 0 if it
 * could not be read. */
static void expect_fault(uaddr_t sp, int code, uaddr_t address)
{
    const struct abi_sigaltstack alt = {.ss_sp = ALT, .ss_size = ALT_SIZE};
    struct abi_sigframe frame;

    begin();
    EXPECT_EQ(sigframe_set_altstack(thread, &alt), 0);
    handle(SIGSEGV, SA_ONSTACK | SA_SIGINFO);
    sigframe_note_fault(thread, 1234, 0x92000006);
    put(offsetof(struct abi_sigframe, uc.uc_mcontext.pstate), 5); /* EL1h */
    thread->user.sp = sp;
    (void)CALL(child, rt_sigreturn);
    EXPECT_EQ(child->state, PROCESS_LIVE);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(thread->user.pc, HANDLER);
    EXPECT_EQ(thread->user.x[0], SIGSEGV);
    calls_get(thread->user.sp, &frame, sizeof(frame));
    EXPECT_EQ(frame.info.si_code, code);
    EXPECT_EQ(frame.info.si_addr, address);
    EXPECT_EQ(frame.uc.uc_mcontext.pstate, 0);
    EXPECT_EQ(frame.uc.uc_mcontext.fault_address, 0);
    EXPECT_EQ(frame.uc.uc_mcontext.reserved[sizeof(struct abi_fpsimd_context)], 0);
    fixture_end();
}

TEST(sys_rt_sigreturn_faults)
{
    expect_fault(FRAME, SEGV_ACCERR, SP);
    expect_fault(FRAME + 8, SEGV_ACCERR, FRAME + 8);
    expect_fault(CALLS_NOWHERE, SEGV_ACCERR, 0);
    expect_fault(USER_END + 16, SEGV_MAPERR, USER_END + 16);
}

/* A fault that is blocked, by the frame itself, ends the process. */
TEST(sys_rt_sigreturn_faults_and_is_blocked)
{
    begin();
    handle(SIGSEGV, 0);
    put(offsetof(struct abi_sigframe, uc.uc_sigmask), signal_bit(SIGSEGV));
    put(offsetof(struct abi_sigframe, uc.uc_mcontext.pstate), 0x3c0);
    EXPECT_EQ(CALL(child, rt_sigreturn), CALL_GONE);
    EXPECT_EQ(child->wait_status, SIGSEGV);
    fixture_end();
}
