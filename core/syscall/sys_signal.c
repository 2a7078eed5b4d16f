/* Sending signals, what a process does about them, and waiting for them: kill, tkill, tgkill,
 * rt_sigqueueinfo, rt_tgsigqueueinfo, pidfd_send_signal, rt_sigaction, rt_sigprocmask,
 * rt_sigpending, rt_sigsuspend, rt_sigtimedwait, sigaltstack, rt_sigreturn. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "fs/pidfd.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/sigframe.h"
#include "syscall/trace.h"

static bool is_signal(int signal)
{
    return signal >= 1 && signal <= SIGNAL_MAX;
}

/* Whether a signal, or 0, can be sent to a thread, or to a process for the one that has its number.
 * -ESRCH, -EINVAL, -EPERM, looked at in this order as on Linux. */
static int check(const struct thread *sender, const struct process *process,
                 const struct thread *to, int signal)
{
    if (!process) {
        return -ESRCH;
    }
    if (signal != 0 && !is_signal(signal)) {
        return -EINVAL;
    }
    const struct cred *theirs = to ? to->cred : process_cred(process);
    return signal_may_send(sender->process, sender->cred, process, theirs, signal) ? 0 : -EPERM;
}

/* Signal 0 is not sent: whether it could be is all that is asked. */
static int send(const struct thread *sender, struct process *process, struct thread *to,
                const struct abi_siginfo *info)
{
    int error = check(sender, process, to, info->si_signo);

    return error || info->si_signo == 0 ? error : signal_send_info(process, to, info);
}

/* To everybody but init and the caller. Who may not be sent to is passed over: that nobody may be
 * is no error, as on Linux. */
static int kill_all(const struct thread *sender, const struct abi_siginfo *info)
{
    bool is_anybody = false;
    int result = 0;

    for (struct process *process = process_first(); process; process = process_next(process)) {
        if (process != sender->process && process != process_first()) {
            int error = send(sender, process, NULL, info);
            result = error == -EPERM ? result : error;
            is_anybody = true;
        }
        plat_irq_window();
    }
    return is_anybody ? result : -ESRCH;
}

/* It is enough if it could be sent to one of them. */
static int kill_group(const struct thread *sender, struct pid *group,
                      const struct abi_siginfo *info)
{
    bool is_sent = false;
    int error = -ESRCH;

    if (!group) {
        return -ESRCH;
    }
    LIST_FOR(link, &group->members) {
        error = send(sender, CONTAINER_OF(link, struct process, group_link), NULL, info);
        is_sent |= error == 0;
        plat_irq_window();
    }
    return is_sent ? 0 : error;
}

/* To the process that has the number, or has the thread with it, which is asked first. */
static int send_to(const struct thread *sender, int number, const struct abi_siginfo *info)
{
    struct thread *thread = thread_find(number);
    struct process *process = process_find_by_thread(number);
    int error = check(sender, process, thread, info->si_signo);

    return error || info->si_signo == 0 ? error : signal_send_near(process, thread, info);
}

int64_t sys_kill(struct thread *thread, const uint64_t *args)
{
    int pid = (int)args[0];
    const struct abi_siginfo info =
        signal_info_of((int)args[1], SI_USER, thread->process, thread->cred);

    if (pid == INT32_MIN && !PLANTED(L_76)) {
        return -ESRCH; /* it has no opposite */
    }
    if (pid == -1) {
        return kill_all(thread, &info);
    }
    if (pid <= 0) {
        return kill_group(thread, pid == 0 ? thread->process->group : pid_find(-pid), &info);
    }
    return send_to(thread, pid, &info);
}

/* To a thread of a process, or of any (0). The number of a process is its first thread's, which may
 * have ended: then nobody takes it. */
static int64_t kill_thread(const struct thread *sender, int process, int tid,
                           const struct abi_siginfo *info)
{
    struct thread *to = thread_find(tid);
    struct process *owner = to ? to->process : process_find(tid);

    if (tid <= 0) {
        return -EINVAL;
    }
    if (owner && process != 0 && owner->pid->number != process) {
        owner = NULL;
    }
    int error = check(sender, owner, to, info->si_signo);
    if (error || info->si_signo == 0) {
        return error;
    }
    return to ? signal_send_info(owner, to, info) : signal_send_ended(owner, info);
}

int64_t sys_tkill(struct thread *thread, const uint64_t *args)
{
    const struct abi_siginfo info =
        signal_info_of((int)args[1], SI_TKILL, thread->process, thread->cred);

    return kill_thread(thread, 0, (int)args[0], &info);
}

int64_t sys_tgkill(struct thread *thread, const uint64_t *args)
{
    const struct abi_siginfo info =
        signal_info_of((int)args[2], SI_TKILL, thread->process, thread->cred);

    return (int)args[0] <= 0 ? -EINVAL : kill_thread(thread, (int)args[0], (int)args[1], &info);
}

/* The highest code that the kernel itself gives with a signal, sigaction(2). */
static int highest_code(int signal)
{
    switch (signal) {
    case SIGILL:
        return 11;
    case SIGTRAP:
        return 6;
    case SIGBUS:
        return 5;
    case SIGFPE:
        return 15;
    case SIGSEGV:
        return 9;
    case SIGSYS:
        return 2;
    default:
        return 6; /* of children, and of descriptors whatever their signal is */
    }
}

static bool is_known_code(int signal, int code)
{
    return code == SI_KERNEL || code == SI_ASYNCNL ||
           (code > SI_USER ? code <= highest_code(signal) : code >= SI_DETHREAD);
}

/* An info of the caller's own. All that is told ends at 48 bytes; with a code that nobody knows,
 * what is behind them has to be 0. */
static int read_info(struct abi_siginfo *info, int signal, uaddr_t at)
{
    enum { TOLD = 48 };
    uint8_t rest[sizeof(*info) - TOLD];

    *info = (struct abi_siginfo){0};
    int error = user_read(info, at, TOLD);
    info->si_signo = signal;
    if (error || is_known_code(signal, info->si_code)) {
        return error;
    }
    error = user_read(rest, at + TOLD, sizeof(rest));
    for (unsigned i = 0; i < sizeof(rest) && !error; i++) {
        error = rest[i] ? -E2BIG : 0;
    }
    return error;
}

/* None may look like the kernel's or one of kill, but to oneself: a thread, by its own number. */
static bool may_send_info(const struct thread *thread, int number, const struct abi_siginfo *info)
{
    return (info->si_code < 0 && info->si_code != SI_TKILL) || thread->tid == number ||
           PLANTED(SIG_4);
}

int64_t sys_rt_sigqueueinfo(struct thread *thread, const uint64_t *args)
{
    struct abi_siginfo info;
    int error = read_info(&info, (int)args[1], args[2]);

    if (error) {
        return error;
    }
    if (!may_send_info(thread, (int)args[0], &info)) {
        return -EPERM;
    }
    return (int)args[0] > 0 ? send_to(thread, (int)args[0], &info) : -ESRCH;
}

int64_t sys_rt_tgsigqueueinfo(struct thread *thread, const uint64_t *args)
{
    struct abi_siginfo info;
    int error = read_info(&info, (int)args[2], args[3]);

    if (error) {
        return error;
    }
    if ((int)args[0] <= 0 || (int)args[1] <= 0) {
        return -EINVAL;
    }
    if (!may_send_info(thread, (int)args[1], &info)) {
        return -EPERM;
    }
    return kill_thread(thread, (int)args[0], (int)args[1], &info);
}

/* The info of pidfd_send_signal, which says the number of the signal too. */
static int read_whole_info(struct abi_siginfo *info, int signal, uaddr_t at)
{
    int number;
    int error = user_read(&number, at, sizeof(number));

    if (!error) {
        error = read_info(info, number, at);
    }
    return !error && number != signal ? -EINVAL : error;
}

/* To the process of a descriptor, and to nobody once that was waited for. */
int64_t sys_pidfd_send_signal(struct thread *thread, const uint64_t *args)
{
    const struct file *file = pidfd_find(thread, (int)args[0]);
    int signal = (int)args[1];
    struct abi_siginfo info = signal_info_of(signal, SI_USER, thread->process, thread->cred);

    if ((uint32_t)args[3] || !file) {
        return (uint32_t)args[3] ? -EINVAL : -EBADF;
    }
    if (args[2]) {
        int error = read_whole_info(&info, signal, args[2]);
        if (error) {
            return error;
        }
        if (!may_send_info(thread, thread->pid == file->pid ? thread->tid : 0, &info)) {
            return -EPERM;
        }
    }
    return send(thread, file->pid->process, NULL, &info);
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
    const signal_set_t blocked = signal_pending(thread) & thread->signal_mask;

    if (args[1] > SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    return user_write(args[0], &blocked, args[1]);
}

/* The mask is put back behind the handler that ends the call, or by its frame. */
int64_t sys_rt_sigsuspend(struct thread *thread, const uint64_t *args)
{
    signal_set_t wanted;

    if (!thread->call.has_begun) {
        if (args[1] != SIGNAL_SET_SIZE) {
            return -EINVAL;
        }
        int error = user_read(&wanted, args[0], sizeof(wanted));
        if (error) {
            return error;
        }
        thread->saved_mask = thread->signal_mask;
        thread->has_saved_mask = true;
        thread->call.has_begun = true;
        signal_set_mask(thread, wanted);
    }
    int64_t result = sched_block(thread, WAIT_SIGNAL, 0, NULL, PLAT_NEVER);
    if (result == CALL_INTERRUPTED) {
        thread->call.restart = RESTART_UNHANDLED;
    }
    return result;
}

static int begin_timedwait(struct thread *thread, const uint64_t *args)
{
    struct call *call = &thread->call;
    struct abi_timespec limit;
    signal_set_t set;

    if (args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    int error = user_read(&set, args[0], sizeof(set));
    if (!error && args[2]) {
        error = user_read(&limit, args[2], sizeof(limit));
    }
    if (error) {
        return error;
    }
    if (args[2] && !clock_is_valid(&limit)) {
        return -EINVAL;
    }
    call->deadline = args[2] ? clock_deadline(&limit) : PLAT_NEVER;
    call->arg = (int64_t)(set & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP)));
    call->has_begun = true;
    return 0;
}

/* What ends it but a time-out gives -EINTR, a stop too. Here a call that gives EFAULT has taken no
 * signal. */
int64_t sys_rt_sigtimedwait(struct thread *thread, const uint64_t *args)
{
    struct call *call = &thread->call;
    struct pending *pending;
    int error = call->has_begun ? 0 : begin_timedwait(thread, args);

    if (error) {
        return error;
    }
    thread->waited_signals = 0;
    int signal = signal_first(thread, (signal_set_t)call->arg, &pending);
    if (signal) {
        error = args[1] ? user_prepare_write(args[1], sizeof(struct abi_siginfo)) : 0;
        if (error) {
            return error;
        }
        const struct abi_siginfo info = signal_take(thread, pending, signal);
        error = args[1] ? user_write(args[1], &info, sizeof(info)) : 0;
        ASSERT(error == 0); /* it was prepared */
        return signal;
    }
    if (clock_now() >= call->deadline) {
        return -EAGAIN;
    }
    thread->waited_signals = (signal_set_t)call->arg;
    int64_t result = sched_block(thread, WAIT_SIGNAL, call->arg, NULL, call->deadline);
    if (result == CALL_INTERRUPTED) {
        thread->waited_signals = 0;
        return -EINTR;
    }
    return result;
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

/* Linux: what is mapped anywhere above the frame counts. */
static int64_t bad_frame(struct thread *thread)
{
    uaddr_t frame = thread->user.sp;
    bool is_below = region_find_from(&thread->process->space->regions, frame) != NULL;
    struct abi_siginfo info = {.si_signo = SIGSEGV,
                               .si_code = is_below ? SEGV_ACCERR : SEGV_MAPERR};

    info.si_addr = frame;
    sigframe_note_fault(thread, 0, 0);
    trace_signal(thread->tid, SIGSEGV, is_below ? "SEGV_ACCERR" : "SEGV_MAPERR", frame);
    if (signal_force(thread, &info)) {
        return CALL_NO_RESULT;
    }
    plat_user_ends(SIGSEGV);
    process_exit(thread->process, SIGSEGV);
    return CALL_GONE;
}

/* Not from a handler only: a frame may be anything. */
int64_t sys_rt_sigreturn(struct thread *thread, const uint64_t *args)
{
    signal_set_t mask;
    int error = sigframe_pop(thread, &mask);

    (void)args;
    signal_set_mask(thread, mask);
    return error ? bad_frame(thread) : CALL_NO_RESULT;
}
