/* Sending signals, and what a process does about them. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"

static bool is_signal(int signal)
{
    return signal >= 1 && signal <= SIGNAL_MAX;
}

/* 0, or -EINVAL; somebody has been found. */
static int check(int signal)
{
    return signal == 0 || is_signal(signal) ? 0 : -EINVAL;
}

static bool is_meant(const struct proc *self, const struct proc *proc, int pid)
{
    if (proc->life == LIFE_NONE) {
        return false;
    }
    if (pid == -1) {
        return proc != self && proc != world.procs;
    }
    return pid > 0 ? proc->pid == pid : proc->group == (pid == 0 ? self->group : -pid);
}

void call_kill(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    int signal = (int)event->args[1];
    unsigned count = 0;

    for (unsigned i = 0; pid != INT32_MIN && i < world.proc_count; i++) {
        count += is_meant(self, &world.procs[i], pid);
    }
    if (!ask_result(count == 0 ? -ESRCH : check(signal)) || !is_signal(signal)) {
        return;
    }
    for (unsigned i = 0; count > 0 && i < world.proc_count; i++) {
        if (is_meant(self, &world.procs[i], pid)) {
            signals_send(&world.procs[i], signal);
        }
    }
}

/* Each process has one thread, whose number is its own. */
static void kill_thread(struct proc *proc, int tid, int signal)
{
    int result = tid <= 0 ? -EINVAL : !proc ? -ESRCH : check(signal);

    if (ask_result(result) && result == 0 && signal != 0) {
        signals_send(proc, signal);
    }
}

void call_tkill(struct proc *self, const struct event *event)
{
    int tid = (int)event->args[0];

    (void)self;
    kill_thread(world_find(tid), tid, (int)event->args[1]);
}

void call_tgkill(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    int tid = (int)event->args[1];

    (void)self;
    if (pid <= 0) {
        (void)ask_result(-EINVAL);
    } else {
        kill_thread(pid == tid ? world_find(tid) : NULL, tid, (int)event->args[2]);
    }
}

/* A call that gives EFAULT has changed nothing, unlike on Linux. */
void call_rt_sigaction(struct proc *self, const struct event *event)
{
    const uint64_t never = signal_set_of(SIGKILL) | signal_set_of(SIGSTOP);
    int signal = (int)event->args[0];
    uint64_t new_at = event->args[1];
    uint64_t old_at = event->args[2];
    struct abi_sigaction wanted;

    if (event->args[3] != SIGNAL_SET_SIZE) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (new_at && !memory_read(self, new_at, &wanted, sizeof(wanted))) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (!is_signal(signal) || (new_at && (signal_set_of(signal) & never))) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (old_at && !memory_can(self, old_at, sizeof(wanted), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (!ask_result(0)) {
        return;
    }
    const struct abi_sigaction old = self->actions[signal - 1];
    if (new_at) {
        wanted.mask &= ~never;
        wanted.flags &= SA_KNOWN;
        self->actions[signal - 1] = wanted;
        signals_drop(self, signal);
    }
    if (old_at) {
        memory_give(self, old_at, &old, sizeof(old));
    }
}

void call_rt_sigprocmask(struct proc *self, const struct event *event)
{
    const uint64_t never = signal_set_of(SIGKILL) | signal_set_of(SIGSTOP);
    const uint64_t old = self->mask;
    uint64_t wanted = old;
    uint64_t given = 0;
    int how = (int)event->args[0];
    uint64_t new_at = event->args[1];
    uint64_t old_at = event->args[2];

    if (event->args[3] != SIGNAL_SET_SIZE) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (new_at && !memory_read(self, new_at, &given, sizeof(given))) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (new_at && how != SIG_BLOCK && how != SIG_UNBLOCK && how != SIG_SETMASK) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (old_at && !memory_can(self, old_at, sizeof(old), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (!ask_result(0)) {
        return;
    }
    if (new_at) {
        wanted = how == SIG_BLOCK ? old | given : how == SIG_UNBLOCK ? old & ~given : given;
    }
    self->mask = wanted & ~never;
    if (old_at) {
        memory_give(self, old_at, &old, sizeof(old));
    }
}

void call_rt_sigpending(struct proc *self, const struct event *event)
{
    const uint64_t pending = self->pending & self->mask;
    uint64_t len = event->args[1];

    if (len > SIGNAL_SET_SIZE) {
        (void)ask_result(-EINVAL);
    } else if (!memory_can(self, event->args[0], len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(0)) {
        memory_give(self, event->args[0], &pending, len);
    }
}

/* ---- the alternate stack ---- */

/* sp points into it, or at its upper end; one that is to be disarmed is not there while it is
 * used. */
static bool is_on(const struct abi_sigaltstack *stack, uint64_t sp)
{
    return !((uint32_t)stack->ss_flags & SS_AUTODISARM) && sp > stack->ss_sp &&
           sp - stack->ss_sp <= stack->ss_size;
}

static struct abi_sigaltstack told(const struct abi_sigaltstack *stack, uint64_t sp)
{
    struct abi_sigaltstack as_told = *stack;
    uint32_t flags = (uint32_t)stack->ss_flags & SS_AUTODISARM;

    if (stack->ss_size == 0) {
        flags |= SS_DISABLE;
    } else if (is_on(stack, sp)) {
        flags |= SS_ONSTACK;
    }
    as_told.ss_flags = (int32_t)flags;
    return as_told;
}

/* 0 or -errno, and the stack as it is then. */
static int replace(struct abi_sigaltstack *stack, const struct abi_sigaltstack *wanted, uint64_t sp)
{
    uint32_t mode = (uint32_t)wanted->ss_flags & ~SS_AUTODISARM;

    if (is_on(stack, sp)) {
        return -EPERM;
    }
    if (mode != 0 && mode != SS_ONSTACK && mode != SS_DISABLE) {
        return -EINVAL;
    }
    bool is_same = wanted->ss_sp == stack->ss_sp && wanted->ss_size == stack->ss_size &&
                   wanted->ss_flags == stack->ss_flags;
    if (!is_same && mode != SS_DISABLE && wanted->ss_size < MINSIGSTKSZ) {
        return -ENOMEM;
    }
    stack->ss_sp = mode == SS_DISABLE ? 0 : wanted->ss_sp;
    stack->ss_size = mode == SS_DISABLE ? 0 : wanted->ss_size;
    stack->ss_flags = wanted->ss_flags;
    return 0;
}

/* A call that gives EFAULT has changed nothing, unlike on Linux. */
void call_sigaltstack(struct proc *self, const struct event *event)
{
    const uint64_t sp = world.eyes->sp(self->pid);
    const struct abi_sigaltstack old = told(&self->altstack, sp);
    struct abi_sigaltstack stack = self->altstack;
    struct abi_sigaltstack wanted;
    uint64_t new_at = event->args[0];
    uint64_t old_at = event->args[1];
    int error = 0;

    if (new_at) {
        error = memory_read(self, new_at, &wanted, sizeof(wanted)) ? replace(&stack, &wanted, sp)
                                                                   : -EFAULT;
    }
    if (!error && old_at && !memory_can(self, old_at, sizeof(old), ACCESS_WRITE)) {
        error = -EFAULT;
    }
    if (!ask_result(error) || error) {
        return;
    }
    self->altstack = stack;
    if (old_at) {
        memory_give(self, old_at, &old, sizeof(old));
    }
}
