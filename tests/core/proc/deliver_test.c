#include "proc/deliver.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/sigframe.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define HANDLER 0x400000
#define PC 0x400abc
#define SP (CALLS_DATA + 16 * PAGE_SIZE)
#define FRAME (SP - 16 - sizeof(struct abi_sigframe))
#define ALT (CALLS_DATA + 20 * PAGE_SIZE)
#define ALT_SIZE (2 * PAGE_SIZE)

static struct process *init;
static struct process *child;
static struct thread *thread;

/* A child of init's is the current one, with a stack. */
static void begin(void)
{
    init = calls_begin();
    child = calls_fork(init);
    thread = fixture_run(child);
    thread->user.pc = PC;
    thread->user.sp = SP;
}

static void handle(int signal, uint64_t flags, signal_set_t mask)
{
    const struct abi_sigaction action = {
        .handler = HANDLER + (uint64_t)signal, .flags = flags, .mask = mask};

    EXPECT_EQ(signal_set_action(child, signal, &action), 0);
}

static struct abi_sigframe frame_at(uaddr_t at)
{
    struct abi_sigframe frame;

    EXPECT_EQ(user_read(&frame, at, sizeof(frame)), 0);
    return frame;
}

static void expect_handler(int signal, uaddr_t frame)
{
    EXPECT_EQ(thread->user.pc, HANDLER + (uint64_t)signal);
    EXPECT_EQ(thread->user.x[0], signal);
    EXPECT_EQ(thread->user.sp, frame);
}

/* The child has ended, with this status. */
static void expect_end(int status)
{
    EXPECT(!deliver_signals(thread));
    EXPECT_EQ(child->state, PROCESS_ZOMBIE);
    EXPECT_EQ(child->wait_status, status);
}

TEST(deliver_nothing)
{
    begin();
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(thread->user.pc, PC);
    fixture_end();
}

TEST(deliver_to_a_handler)
{
    begin();
    uint64_t before = deliver_handlers();
    handle(SIGUSR1, SA_SIGINFO, signal_bit(SIGTERM));
    signal_set_mask(thread, signal_bit(SIGHUP));
    signal_send(child, SIGUSR1);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGUSR1, FRAME);
    const struct abi_sigframe frame = frame_at(FRAME);
    EXPECT_EQ(frame.info.si_signo, SIGUSR1);
    EXPECT_EQ(frame.info.si_code, SI_KERNEL);
    EXPECT_EQ(frame.uc.uc_sigmask, signal_bit(SIGHUP));
    EXPECT_EQ(frame.uc.uc_mcontext.pc, PC);
    EXPECT_EQ(thread->signal_mask, signal_bit(SIGHUP) | signal_bit(SIGTERM) | signal_bit(SIGUSR1));
    EXPECT_EQ(deliver_handlers(), before + 1);
    EXPECT_EQ(signal_pending(thread), 0);
    fixture_end();
}

/* The lowest comes first, so that its handler runs last; a fault's comes before all. Each begins
 * where the one in front of it was to begin. */
TEST(deliver_several)
{
    begin();
    handle(SIGUSR2, 0, 0);
    handle(SIGHUP, 0, 0);
    handle(SIGSEGV, 0, 0);
    signal_send(child, SIGUSR2);
    signal_send(child, SIGHUP);
    signal_send(child, SIGSEGV);
    EXPECT(deliver_signals(thread));
    uaddr_t second = FRAME - 16 - sizeof(struct abi_sigframe);
    uaddr_t third = second - 16 - sizeof(struct abi_sigframe);
    expect_handler(SIGUSR2, third);
    EXPECT_EQ(frame_at(third).uc.uc_mcontext.pc, HANDLER + SIGHUP);
    EXPECT_EQ(frame_at(second).uc.uc_mcontext.pc, HANDLER + SIGSEGV);
    EXPECT_EQ(frame_at(FRAME).uc.uc_mcontext.pc, PC);
    fixture_end();
}

TEST(deliver_blocked_by_the_first)
{
    begin();
    handle(SIGHUP, 0, signal_bit(SIGUSR2));
    handle(SIGUSR2, 0, 0);
    signal_send(child, SIGHUP);
    signal_send(child, SIGUSR2);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGHUP, FRAME);
    EXPECT_EQ(signal_pending(thread), signal_bit(SIGUSR2));
    fixture_end();
}

TEST(deliver_with_flags)
{
    begin();
    handle(SIGUSR1, SA_NODEFER | SA_RESETHAND, 0);
    signal_send(child, SIGUSR1);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGUSR1, FRAME);
    EXPECT_EQ(thread->signal_mask, 0);
    const struct abi_sigaction action = signal_action(child, SIGUSR1);
    EXPECT_EQ(action.handler, SIG_DFL);
    EXPECT_EQ(action.flags, SA_NODEFER | SA_RESETHAND);
    signal_send(child, SIGUSR1);
    expect_end(SIGUSR1);
    fixture_end();
}

/* The actions are shared with a child of its own, and must be copied to be reset. */
TEST(deliver_reset_without_memory)
{
    begin();
    handle(SIGUSR1, SA_RESETHAND, 0);
    (void)calls_fork(child);
    EXPECT(fixture_run(child) == thread);
    thread->user.sp = SP;
    signal_send(child, SIGUSR1);
    inject_arm(1, false);
    expect_end(SIGKILL);
    inject_arm(0, false);
    fixture_end();
}

TEST(deliver_frame_without_memory)
{
    begin();
    fixture_map(child->space, 0x30000000, 0x30000000 + 4 * PAGE_SIZE, PROT_READ | PROT_WRITE);
    thread->user.sp = 0x30000000 + 4 * PAGE_SIZE;
    handle(SIGUSR1, 0, 0);
    signal_send(child, SIGUSR1);
    inject_arm(1, true);
    expect_end(SIGKILL);
    inject_arm(0, false);
    fixture_end();
}

/* ---- frames that cannot be written ---- */

TEST(deliver_without_a_stack)
{
    static const int signals[] = {SIGUSR1, SIGSEGV};

    for (unsigned i = 0; i < ARRAY_LEN(signals); i++) {
        begin();
        thread->user.sp = 0;
        handle(signals[i], 0, 0);
        signal_send(child, signals[i]);
        expect_end(SIGSEGV);
        fixture_end();
    }
}

static const struct abi_sigaltstack alt = {.ss_sp = ALT, .ss_size = ALT_SIZE};

TEST(deliver_to_another_stack)
{
    begin();
    thread->user.sp = 16;
    EXPECT_EQ(sigframe_set_altstack(thread, &alt), 0);
    handle(SIGUSR1, 0, 0);
    handle(SIGSEGV, SA_ONSTACK | SA_SIGINFO, 0);
    signal_send(child, SIGUSR1);
    EXPECT(deliver_signals(thread));
    uaddr_t frame = ALT + ALT_SIZE - 16 - sizeof(struct abi_sigframe);
    expect_handler(SIGSEGV, frame);
    EXPECT_EQ(frame_at(frame).info.si_code, SI_KERNEL);
    EXPECT_EQ(frame_at(frame).uc.uc_mcontext.pc, PC);
    EXPECT_EQ(frame_at(frame).uc.uc_mcontext.sp, 16);
    EXPECT_EQ(signal_pending(thread), 0); /* the first one is lost */
    fixture_end();
}

TEST(deliver_without_a_stack_and_blocked)
{
    begin();
    thread->user.sp = 16;
    EXPECT_EQ(sigframe_set_altstack(thread, &alt), 0);
    handle(SIGUSR1, 0, 0);
    handle(SIGSEGV, SA_ONSTACK, 0);
    signal_set_mask(thread, signal_bit(SIGSEGV));
    signal_send(child, SIGUSR1);
    expect_end(SIGSEGV);
    fixture_end();
}

/* ---- other actions ---- */

TEST(deliver_default_actions)
{
    begin();
    signal_set_mask(thread, signal_bit(SIGCHLD) | signal_bit(SIGTERM));
    signal_send(child, SIGCHLD);
    signal_send(child, SIGTERM);
    EXPECT(deliver_signals(thread));
    signal_set_mask(thread, signal_bit(SIGTERM));
    EXPECT(deliver_signals(thread)); /* SIGCHLD is taken and does nothing */
    EXPECT_EQ(signal_pending(thread), signal_bit(SIGTERM));
    signal_set_mask(thread, 0);
    expect_end(SIGTERM);
    fixture_end();
}

/* What waits for its vfork's child takes nothing that does not end it. */
TEST(deliver_while_a_vfork_is_waited_for)
{
    begin();
    handle(SIGUSR1, 0, 0);
    EXPECT_EQ(CALL(child, clone, CLONE_VM | CLONE_VFORK | SIGCHLD), CALL_BLOCKED);
    signal_send(child, SIGUSR1);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(signal_pending(thread), signal_bit(SIGUSR1));
    signal_send(child, SIGKILL);
    expect_end(SIGKILL);
    fixture_end();
}

/* Its process stops when it does, behind the vfork. */
TEST(deliver_a_stop_while_a_vfork_is_waited_for)
{
    begin();
    struct thread *other = calls_thread(thread);
    EXPECT_EQ(CALL(child, clone, CLONE_VM | CLONE_VFORK | SIGCHLD), CALL_BLOCKED);
    struct process *made = thread->vfork_child->process;
    EXPECT_EQ(signal_send_info(child, other, &(struct abi_siginfo){.si_signo = SIGSTOP}), 0);
    fixture_run_thread(other);
    EXPECT(!deliver_signals(other));
    EXPECT_EQ(thread->state, THREAD_BLOCKED);
    EXPECT(!child->signals.is_stopped);
    calls_exit(made, 0);
    EXPECT_EQ(thread->state, THREAD_READY);
    fixture_run(child);
    EXPECT(deliver_signals(thread));
    EXPECT(calls_rerun(child) > 0);
    EXPECT(!deliver_signals(thread));
    EXPECT(child->signals.is_stopped);
    fixture_end();
}

/* ---- calls that wait ---- */

/* The child is in a wait for a child of its own. */
static void wait_in_call(uint64_t flags)
{
    begin();
    (void)calls_fork(child);
    handle(SIGUSR1, flags, 0);
    EXPECT_EQ(CALL(child, wait4, (uint64_t)-1, 0, 0, 0), CALL_BLOCKED);
    thread->user.sp = SP;
    thread->user.pc = PC;
}

TEST(deliver_interrupts_a_call)
{
    wait_in_call(0);
    signal_send(child, SIGUSR1);
    EXPECT(fixture_run(child) == thread);
    EXPECT(deliver_signals(thread));
    EXPECT(thread->call.is_interrupted);
    EXPECT_EQ(thread->user.pc, PC);
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGUSR1, FRAME);
    EXPECT_EQ((int64_t)frame_at(FRAME).uc.uc_mcontext.regs[0], -EINTR);
    EXPECT_EQ(frame_at(FRAME).uc.uc_mcontext.pc, PC);
    EXPECT(!thread->call.is_pending);
    fixture_end();
}

TEST(deliver_restarts_a_call)
{
    wait_in_call(SA_RESTART);
    signal_send(child, SIGUSR1);
    EXPECT(fixture_run(child) == thread);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGUSR1, FRAME);
    EXPECT_EQ((int64_t)frame_at(FRAME).uc.uc_mcontext.regs[0], -1); /* its first argument */
    EXPECT_EQ(frame_at(FRAME).uc.uc_mcontext.pc, PC - 4);           /* at the svc */
    fixture_end();
}

/* A call that was interrupted by a signal that does nothing is made again. */
TEST(deliver_nothing_to_a_call)
{
    wait_in_call(0);
    signal_set_mask(thread, signal_bit(SIGURG));
    signal_send(child, SIGURG);
    signal_set_mask(thread, 0);
    sched_wake(thread);
    (void)fixture_run(child);
    EXPECT(deliver_signals(thread));
    EXPECT(thread->call.is_interrupted);
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT(deliver_signals(thread));
    EXPECT(!thread->call.is_interrupted);
    EXPECT(thread->call.is_pending);
    EXPECT_EQ(signal_pending(thread), 0);
    EXPECT_EQ(thread->user.pc, PC);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    fixture_end();
}

/* The mask that sigsuspend has put aside is what the frame gives back. */
TEST(deliver_to_a_suspended_thread)
{
    const signal_set_t none = 0;

    begin();
    handle(SIGUSR1, 0, 0);
    signal_set_mask(thread, signal_bit(SIGUSR1) | signal_bit(SIGHUP));
    calls_put(CALLS_DATA, &none, sizeof(none));
    EXPECT_EQ(CALL(child, rt_sigsuspend, CALLS_DATA, SIGNAL_SET_SIZE), CALL_BLOCKED);
    EXPECT_EQ(thread->signal_mask, 0);
    signal_send(child, SIGUSR1);
    EXPECT(fixture_run(child) == thread);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGUSR1, FRAME);
    EXPECT_EQ((int64_t)frame_at(FRAME).uc.uc_mcontext.regs[0], -EINTR);
    EXPECT_EQ(frame_at(FRAME).uc.uc_sigmask, signal_bit(SIGUSR1) | signal_bit(SIGHUP));
    EXPECT_EQ(thread->signal_mask, signal_bit(SIGUSR1));
    EXPECT(!thread->has_saved_mask);
    fixture_end();
}

/* Without a handler it comes back when the thread goes on. */
TEST(deliver_gives_a_mask_back)
{
    begin();
    thread->saved_mask = signal_bit(SIGHUP);
    thread->has_saved_mask = true;
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(thread->signal_mask, signal_bit(SIGHUP));
    EXPECT(!thread->has_saved_mask);
    fixture_end();
}

/* ---- stops ---- */

/* The child's group is orphaned, or has somebody in its session who leads another group. */
static void begin_group(bool is_orphaned)
{
    struct process *shell;

    init = calls_begin();
    shell = calls_fork(init);
    EXPECT_EQ(CALL(shell, setsid), shell->pid->number);
    child = calls_fork(shell);
    EXPECT_EQ(CALL(child, setpgid, 0, 0), 0);
    if (is_orphaned) {
        calls_exit(shell, 0);
    }
    thread = fixture_run(child);
}

TEST(deliver_stops)
{
    static const int signals[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

    for (unsigned i = 0; i < ARRAY_LEN(signals); i++) {
        test_note("signal %d", signals[i]);
        begin_group(false);
        signal_send(child, signals[i]);
        EXPECT(!deliver_signals(thread));
        EXPECT_EQ(child->state, PROCESS_LIVE);
        EXPECT_EQ(child->signals.stop, signals[i]);
        EXPECT_EQ(thread->state, THREAD_STOPPED);
        signal_send(child, SIGCONT);
        EXPECT_EQ(child->signals.stop, 0);
        EXPECT_EQ(thread->state, THREAD_READY);
        fixture_end();
    }
}

/* Nobody would continue it; only SIGSTOP stops it all the same. */
TEST(deliver_stops_no_orphans)
{
    begin_group(true);
    signal_send(child, SIGTSTP);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(child->signals.stop, 0);
    EXPECT_EQ(signal_pending(thread), 0);
    signal_send(child, SIGSTOP);
    EXPECT(!deliver_signals(thread));
    EXPECT_EQ(child->signals.stop, SIGSTOP);
    fixture_end();
}

/* ---- calls and stops ---- */

/* The thread gives up its call, which is not over, and stops. */
static void stop_in_call(int signal)
{
    signal_send(child, signal);
    EXPECT(fixture_run(child) == thread);
    EXPECT(deliver_signals(thread));
    EXPECT(thread->call.is_interrupted);
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT(!deliver_signals(thread));
    EXPECT_EQ(thread->state, THREAD_STOPPED);
    EXPECT(child->signals.is_stopped);
    EXPECT(!thread->waitq && !timer_is_armed(&thread->timer));
}

/* It goes on, as far as its call. */
static void go_on(void)
{
    signal_send(child, SIGCONT);
    EXPECT(fixture_run(child) == thread);
    EXPECT(deliver_signals(thread));
}

TEST(deliver_a_stop_to_a_call)
{
    wait_in_call(0);
    stop_in_call(SIGSTOP);
    go_on();
    EXPECT(thread->call.is_pending);
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    fixture_end();
}

/* Whether it is made again is for the handler to say that comes when it goes on. */
TEST(deliver_a_handler_behind_a_stop)
{
    for (uint64_t flags = 0; flags <= SA_RESTART; flags += SA_RESTART) {
        wait_in_call(flags);
        stop_in_call(SIGSTOP);
        signal_send(child, SIGUSR1);
        go_on();
        expect_handler(SIGUSR1, FRAME);
        const struct abi_sigframe frame = frame_at(FRAME);
        EXPECT_EQ((int64_t)frame.uc.uc_mcontext.regs[0], flags ? -1 : -EINTR);
        EXPECT_EQ(frame.uc.uc_mcontext.pc, flags ? PC - 4 : PC);
        EXPECT(!thread->call.is_pending);
        fixture_end();
    }
}

/* A sleep tells what was left when it was stopped, and ends when it was to end. */
TEST(deliver_a_stop_to_a_sleep)
{
    struct abi_timespec time = {3, 0};

    begin();
    calls_put(CALLS_DATA, &time, sizeof(time));
    EXPECT_EQ(CALL(child, nanosleep, CALLS_DATA, CALLS_DATA + 64), CALL_BLOCKED);
    nsec_t deadline = thread->call.deadline;
    stop_in_call(SIGSTOP);
    calls_get(CALLS_DATA + 64, &time, sizeof(time));
    EXPECT_EQ((nsec_t)time.tv_sec * NSEC_PER_SEC + (nsec_t)time.tv_nsec, deadline - clock_now());
    go_on();
    EXPECT_EQ(calls_rerun(child), CALL_BLOCKED);
    EXPECT_EQ(thread->call.deadline, deadline);
    EXPECT(clock_jump());
    EXPECT_EQ(calls_rerun(child), 0);
    fixture_end();
}

/* What it waits for may have come: then the call is over, and the stop comes behind it. */
TEST(deliver_a_stop_behind_a_call)
{
    wait_in_call(0);
    struct process *grandchild = CONTAINER_OF(child->children.next, struct process, sibling);
    int number = grandchild->pid->number;
    calls_exit(grandchild, 0);
    signal_send(child, SIGSTOP);
    EXPECT(fixture_run(child) == thread);
    EXPECT(deliver_signals(thread));
    EXPECT_EQ(calls_rerun(child), number);
    EXPECT(!deliver_signals(thread));
    EXPECT_EQ((int64_t)thread->user.x[0], number);
    EXPECT(!thread->call.is_pending);
    fixture_end();
}

/* The mask is put back when it goes on, and what that lets in finds the call at its beginning. */
TEST(deliver_a_stop_to_a_suspended_thread)
{
    const signal_set_t mask = signal_bit(SIGUSR1);

    begin();
    handle(SIGUSR1, 0, 0);
    signal_set_mask(thread, signal_bit(SIGHUP));
    calls_put(CALLS_DATA, &mask, sizeof(mask));
    EXPECT_EQ(CALL(child, rt_sigsuspend, CALLS_DATA, SIGNAL_SET_SIZE), CALL_BLOCKED);
    thread->user.pc = PC;
    thread->user.sp = SP;
    stop_in_call(SIGSTOP);
    EXPECT_EQ(thread->signal_mask, mask);
    signal_send(child, SIGUSR1);
    go_on();
    expect_handler(SIGUSR1, FRAME);
    EXPECT_EQ(frame_at(FRAME).uc.uc_mcontext.regs[0], CALLS_DATA);
    EXPECT_EQ(frame_at(FRAME).uc.uc_mcontext.pc, PC - 4);
    EXPECT_EQ(frame_at(FRAME).uc.uc_sigmask, signal_bit(SIGHUP));
    fixture_end();
}

/* The process is stopped, and its parent told, when the last of its threads is. */
TEST(deliver_a_stop_to_all_threads)
{
    begin();
    struct thread *other = calls_thread(thread);
    calls_put(CALLS_DATA, &(struct abi_timespec){3, 0}, sizeof(struct abi_timespec));
    EXPECT_EQ(CALL_IN(other, nanosleep, CALLS_DATA, 0), CALL_BLOCKED);
    signal_send(child, SIGSTOP);
    EXPECT(fixture_run(child) == thread);
    EXPECT(!deliver_signals(thread));
    EXPECT_EQ(thread->state, THREAD_STOPPED);
    EXPECT(!child->signals.is_stopped);
    EXPECT(!child->signals.is_stop_untold);
    EXPECT_EQ(other->state, THREAD_READY);
    fixture_run_thread(other);
    EXPECT(deliver_signals(other));
    EXPECT_EQ(calls_rerun_in(other), CALL_INTERRUPTED);
    EXPECT(!deliver_signals(other));
    EXPECT(child->signals.is_stopped);
    EXPECT(child->signals.is_stop_untold);
    signal_send(child, SIGCONT);
    EXPECT_EQ(thread->state, THREAD_READY);
    EXPECT_EQ(other->state, THREAD_READY);
    fixture_end();
}

/* Who goes on before all have stopped was stopped, for its parent. */
TEST(deliver_a_continuation_before_all_have_stopped)
{
    struct pending *pending;

    begin();
    struct thread *other = calls_thread(thread);
    signal_send(child, SIGSTOP);
    EXPECT(fixture_run(child) == thread);
    EXPECT(!deliver_signals(thread));
    signal_set_mask(init->thread, signal_bit(SIGCHLD));
    signal_send(child, SIGCONT);
    EXPECT_EQ(thread->state, THREAD_READY);
    EXPECT_EQ(other->state, THREAD_READY);
    EXPECT(child->signals.is_continue_untold);
    signal_set_mask(init->thread, 0);
    EXPECT_EQ(signal_next(init->thread, &pending), SIGCHLD);
    EXPECT_EQ(signal_take(init->thread, pending, SIGCHLD).si_code, CLD_STOPPED);
    fixture_end();
}

/* A thread that ends leaves those that are stopped. */
TEST(deliver_a_stop_when_the_last_thread_ends)
{
    begin();
    struct thread *other = calls_thread(thread);
    signal_send(child, SIGSTOP);
    EXPECT(fixture_run(child) == thread);
    EXPECT(!deliver_signals(thread));
    fixture_run_thread(other);
    process_end_thread(other, 0);
    EXPECT(child->signals.is_stopped);
    fixture_end();
}

/* What the default action would do nothing about stays pending behind the last call of a handler,
 * for one that is set before it is taken. */
TEST(deliver_for_the_last_time_drops_nothing)
{
    begin();
    handle(SIGCHLD, SA_RESETHAND, 0);
    EXPECT_EQ(signal_send_info(child, thread, &(struct abi_siginfo){.si_signo = SIGCHLD}), 0);
    signal_send(child, SIGCHLD);
    EXPECT(deliver_signals(thread));
    expect_handler(SIGCHLD, FRAME);
    EXPECT_EQ(signal_pending(thread), signal_bit(SIGCHLD));
    fixture_end();
}
