/* Sending signals, and what a process does about them: kill, tkill, tgkill, rt_sigaction,
 * rt_sigprocmask, rt_sigpending, sigaltstack. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/plant.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sigframe.h"

static bool is_signal(int signal)
{
    return signal >= 1 && signal <= SIGNAL_MAX;
}

/* Signal 0 is not sent: whether it could be is all that is asked. That there is somebody is looked
 * at before the number of the signal, as on Linux. */
static int kill_one(struct process *process, int signal)
{
    if (!process) {
        return -ESRCH;
    }
    if (signal != 0 && !is_signal(signal)) {
        return -EINVAL;
    }
    if (signal) {
        signal_send(process, signal);
    }
    return 0;
}

/* To everybody but init and the caller. */
static int kill_all(const struct process *caller, int signal)
{
    int result = -ESRCH;

    for (struct process *process = process_first(); process; process = process_next(process)) {
        if (process != caller && process != process_first()) {
            result = kill_one(process, signal);
        }
        plat_irq_window();
    }
    return result;
}

static int kill_group(struct pid *group, int signal)
{
    if (!group || list_is_empty(&group->members)) {
        return -ESRCH;
    }
    if (signal != 0 && !is_signal(signal)) {
        return -EINVAL;
    }
    if (signal) {
        signal_send_group(group, signal);
    }
    return 0;
}

int64_t sys_kill(struct thread *thread, const uint64_t *args)
{
    int pid = (int)args[0];
    int signal = (int)args[1];

    if (pid == INT32_MIN && !PLANTED(L_76)) {
        return -ESRCH; /* it has no opposite */
    }
    if (pid == -1) {
        return kill_all(thread->process, signal);
    }
    if (pid <= 0) {
        return kill_group(pid == 0 ? thread->process->group : pid_find(-pid), signal);
    }
    return kill_one(process_find(pid), signal);
}

/* Each process has one thread, whose number is its own. process 0: whichever has the thread. */
static int64_t kill_thread(int process, int tid, int signal)
{
    if (tid <= 0) {
        return -EINVAL;
    }
    return kill_one(process == 0 || process == tid ? process_find(tid) : NULL, signal);
}

int64_t sys_tkill(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    return kill_thread(0, (int)args[0], (int)args[1]);
}

int64_t sys_tgkill(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    return (int)args[0] <= 0 ? -EINVAL : kill_thread((int)args[0], (int)args[1], (int)args[2]);
}

/* Linux changes the action and then finds that the old one cannot be written; here a call that
 * gives EFAULT has changed nothing. So it is with rt_sigprocmask. */
int64_t sys_rt_sigaction(struct thread *thread, const uint64_t *args)
{
    struct process *process = thread->process;
    int signal = (int)args[0];
    struct abi_sigaction wanted;

    if (args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    int error = args[1] ? user_read(&wanted, args[1], sizeof(wanted)) : 0;
    if (error) {
        return error;
    }
    if (!is_signal(signal) || (args[1] && (signal == SIGKILL || signal == SIGSTOP))) {
        return -EINVAL;
    }
    const struct abi_sigaction old = signal_action(process, signal);
    if (args[2]) {
        error = user_prepare_write(args[2], sizeof(old));
    }
    if (!error && args[1]) {
        wanted.mask &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
        wanted.flags &= SA_KNOWN;
        error = signal_set_action(process, signal, &wanted);
    }
    if (!error && args[2]) {
        error = user_write(args[2], &old, sizeof(old));
    }
    return error;
}

int64_t sys_rt_sigprocmask(struct thread *thread, const uint64_t *args)
{
    const signal_set_t old = thread->signal_mask;
    signal_set_t wanted = old;
    signal_set_t given;

    if (args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    if (args[1]) {
        int error = user_read(&given, args[1], sizeof(given));
        if (error) {
            return error;
        }
        switch ((int)args[0]) {
        case SIG_BLOCK:
            wanted |= given;
            break;
        case SIG_UNBLOCK:
            wanted &= ~given;
            break;
        case SIG_SETMASK:
            wanted = given;
            break;
        default:
            return -EINVAL;
        }
    }
    int error = args[2] ? user_write(args[2], &old, sizeof(old)) : 0;
    if (!error) {
        signal_set_mask(thread, wanted);
    }
    return error;
}

int64_t sys_rt_sigpending(struct thread *thread, const uint64_t *args)
{
    const signal_set_t blocked = thread->process->signals.pending & thread->signal_mask;

    if (args[1] > SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    return user_write(args[0], &blocked, args[1]);
}

/* Linux has set the new one when it finds that the old one cannot be written. */
int64_t sys_sigaltstack(struct thread *thread, const uint64_t *args)
{
    const struct abi_sigaltstack kept = thread->altstack;
    const struct abi_sigaltstack old = sigframe_altstack(thread);
    struct abi_sigaltstack wanted;
    int error = args[0] ? user_read(&wanted, args[0], sizeof(wanted)) : 0;

    if (!error && args[0]) {
        error = sigframe_set_altstack(thread, &wanted);
    }
    if (!error && args[1]) {
        error = user_write(args[1], &old, sizeof(old));
        if (error) {
            thread->altstack = kept;
        }
    }
    return error;
}
