/* Sending signals, and what a process does about them. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/family.h"
#include "fuzz/model/frames.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/users.h"

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
    if (!is_process(proc)) {
        return pid > 0 && proc->life != LIFE_NONE && proc->tid == pid;
    }
    if (pid == -1) {
        return proc != self->process && proc != world.procs;
    }
    return pid > 0 ? proc->pid == pid : proc->group == (pid == 0 ? self->process->group : -pid);
}

/* Whether a signal may be sent to somebody who is there. */
static int check_to(const struct proc *self, const struct proc *proc, int signal)
{
    int error = check(signal);

    return error || users_may_signal(self, proc, signal) ? error : -EPERM;
}

/* What all come to. It is enough if one of a group may be sent to; and who may not be does not
 * count where everybody is meant. */
static int check_all(const struct proc *self, int pid, int signal)
{
    int result = -ESRCH;

    for (unsigned i = 0; pid != INT32_MIN && i < world.proc_count; i++) {
        if (is_meant(self, &world.procs[i], pid)) {
            int error = check_to(self, &world.procs[i], signal);
            error = pid == -1 && error == -EPERM ? 0 : error;
            result = result == 0 ? 0 : error;
        }
    }
    return result;
}

void call_kill(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    int signal = (int)event->args[1];
    int result = check_all(self, pid, signal);

    if (!ask_result(result) || result || signal == 0) {
        return;
    }
    const struct said said = signals_said(signal, SI_USER, self);
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (is_meant(self, &world.procs[i], pid) &&
            users_may_signal(self, &world.procs[i], signal)) {
            (void)signals_send_said(&world.procs[i], false, &said);
        }
    }
}

/* One that has ended, and whose process has its number, takes none. */
static void kill_thread(struct proc *self, struct proc *proc, int tid, int signal)
{
    const struct said said = signals_said(signal, SI_TKILL, self);
    int result = tid <= 0 ? -EINVAL : !proc ? -ESRCH : check_to(self, proc, signal);

    signals_ask(proc, true, &said, result);
}

void call_tkill(struct proc *self, const struct event *event)
{
    int tid = (int)event->args[0];

    kill_thread(self, world_find_thread(tid), tid, (int)event->args[1]);
}

void call_tgkill(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    int tid = (int)event->args[1];

    if (pid <= 0) {
        (void)ask_result(-EINVAL);
    } else {
        kill_thread(self, signals_find_thread(pid, tid), tid, (int)event->args[2]);
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
    const uint64_t pending = signals_pending(self) & self->mask;
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

/* A call that gives EFAULT has changed nothing, unlike on Linux. */
void call_sigaltstack(struct proc *self, const struct event *event)
{
    const struct abi_sigaltstack old = frames_stack(self, event->sp);
    struct abi_sigaltstack stack = self->altstack;
    struct abi_sigaltstack wanted;
    uint64_t new_at = event->args[0];
    uint64_t old_at = event->args[1];
    int error = 0;

    if (new_at) {
        error = memory_read(self, new_at, &wanted, sizeof(wanted))
                    ? frames_set_stack(self, &wanted, event->sp, &stack)
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

/* What is wrong with a frame is a fault. A handler for that is not followed. */
void call_rt_sigreturn(struct proc *self, const struct event *event)
{
    int64_t result;

    if (!event->was_refused && frames_pop(self, event->sp, &result)) {
        (void)ask_result(result);
        return;
    }
    bool is_caught = self->actions[SIGSEGV - 1].handler > SIG_IGN;
    if (event->was_refused || (is_caught && !(self->mask & signal_set_of(SIGSEGV)))) {
        give_up_for(GIVE_UP_HANDLER);
    } else {
        (void)family_may_end(self, SIGSEGV);
    }
}
