/* futex, when a handler is to be called while it waits; signal(7). */
#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/clock.h"
#include "proc/deliver.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "sync/futex.h"
#include "syscall/dispatch.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define WORD CALLS_DATA
#define TIME (CALLS_DATA + 64)
#define ACTION (CALLS_DATA + 128)
#define STACK (CALLS_DATA + 8 * PAGE_SIZE)
#define PC (CALLS_DATA + 0x200)

static struct process *waiter;

static void begin(uint64_t flags)
{
    const struct abi_timespec time = {1, 0};
    const struct abi_sigaction action = {.handler = PC + 64, .flags = flags};
    struct process *init = calls_begin();

    waiter = calls_child(CALL(init, clone, CLONE_VM | SIGCHLD));
    fixture_run(waiter);
    calls_put(TIME, &time, sizeof(time));
    calls_put(ACTION, &action, sizeof(action));
    EXPECT_EQ(CALL(waiter, rt_sigaction, SIGUSR1, ACTION, 0, SIGNAL_SET_SIZE), 0);
    waiter->thread->user.sp = STACK;
    waiter->thread->user.pc = PC;
}

static void wait_for(uint64_t operation, uaddr_t time)
{
    EXPECT_EQ(CALL(waiter, futex, WORD, operation, 0, time, 0, 1), CALL_BLOCKED);
}

/* The waiter is sent the signal, and gives up. */
static void interrupt(void)
{
    struct thread *thread = waiter->thread;

    signal_send(waiter, SIGUSR1);
    fixture_run(waiter);
    EXPECT(deliver_signals(thread));
    EXPECT(thread->call.is_interrupted);
    dispatch_rerun(thread);
    EXPECT(deliver_signals(thread));
    EXPECT(!thread->call.is_pending);
    EXPECT(!thread->futex.is_waiting);
    futex_check();
}

/* What the handler returns to. */
static struct abi_sigcontext interrupted(void)
{
    static struct abi_sigframe frame;

    EXPECT(waiter->thread->user.sp < STACK);
    calls_get(waiter->thread->user.sp, &frame, sizeof(frame));
    return frame.uc.uc_mcontext;
}

TEST(sys_futex_gives_up_for_a_handler)
{
    begin(0);
    wait_for(FUTEX_WAIT, 0);
    interrupt();
    EXPECT_EQ(interrupted().regs[0], (uint64_t)-EINTR);
    EXPECT_EQ(interrupted().pc, PC);
    fixture_end();
}

/* It is made again with what it was called with, and looks at the word again then. */
TEST(sys_futex_is_made_again)
{
    static const uint64_t operations[] = {FUTEX_WAIT, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG};

    for (unsigned i = 0; i < ARRAY_LEN(operations); i++) {
        begin(SA_RESTART);
        wait_for(operations[i], 0);
        interrupt();
        EXPECT_EQ(interrupted().regs[0], WORD);
        EXPECT_EQ(interrupted().pc, PC - 4);
        fixture_end();
    }
}

/* What has a time-out is never made again. */
TEST(sys_futex_with_a_timeout_is_not_made_again)
{
    static const uint64_t operations[] = {FUTEX_WAIT, FUTEX_WAIT_BITSET};

    for (unsigned i = 0; i < ARRAY_LEN(operations); i++) {
        begin(SA_RESTART);
        wait_for(operations[i], TIME);
        interrupt();
        EXPECT_EQ(interrupted().regs[0], (uint64_t)-EINTR);
        EXPECT_EQ(interrupted().pc, PC);
        EXPECT(!clock_jump());
        fixture_end();
    }
}

/* A wake, and the end of the time, come first. */
TEST(sys_futex_looks_before_it_gives_up)
{
    struct futex_key key;

    begin(SA_RESTART);
    wait_for(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0);
    EXPECT_EQ(futex_find_private(waiter->space, WORD, &key), 0);
    EXPECT_EQ(futex_wake(&key, 1, UINT32_MAX), 1);
    interrupt();
    EXPECT_EQ(interrupted().regs[0], 0);
    fixture_end();
    begin(SA_RESTART);
    wait_for(FUTEX_WAIT, TIME);
    EXPECT(clock_jump());
    interrupt();
    EXPECT_EQ(interrupted().regs[0], (uint64_t)-ETIMEDOUT);
    fixture_end();
}

/* A stop takes it off the queue. Afterwards it looks at the word again, and waits no longer than it
 * was to at first. */
TEST(sys_futex_after_a_stop)
{
    const struct abi_timespec longer = {9, 0};
    const uint32_t word = 1;
    struct futex_key key;

    for (int has_changed = 0; has_changed < 2; has_changed++) {
        begin(0);
        wait_for(FUTEX_WAIT | FUTEX_PRIVATE_FLAG, TIME);
        nsec_t deadline = waiter->thread->call.deadline;
        signal_send(waiter, SIGSTOP);
        fixture_run(waiter);
        EXPECT(deliver_signals(waiter->thread));
        EXPECT_EQ(calls_rerun(waiter), CALL_INTERRUPTED);
        EXPECT(!deliver_signals(waiter->thread));
        EXPECT_EQ(futex_find_private(waiter->space, WORD, &key), 0);
        EXPECT_EQ(futex_wake(&key, 1, UINT32_MAX), 0);
        signal_send(waiter, SIGCONT);
        fixture_run(waiter);
        EXPECT(deliver_signals(waiter->thread));
        calls_put(TIME, &longer, sizeof(longer));
        if (has_changed) {
            calls_put(WORD, &word, sizeof(word));
        }
        EXPECT_EQ(calls_rerun(waiter), has_changed ? -EAGAIN : CALL_BLOCKED);
        EXPECT(has_changed || waiter->thread->call.deadline == deadline);
        fixture_end();
    }
}
