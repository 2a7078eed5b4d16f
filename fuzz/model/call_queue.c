/* Waiting for signals, and sending them with what is to be said of them. */
#include "fuzz/model/anon.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/times.h"
#include "fuzz/model/users.h"

#define NEVER UINT64_MAX

static const uint64_t unblockable = UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1);

/* ---- waiting ---- */

/* What is not blocked any more is there already: it is taken before anybody waits. */
static bool is_due(const struct proc *self, uint64_t mask)
{
    return (signals_pending(self) & ~(mask & ~unblockable)) != 0;
}

/* Only a handler ends it, which finds in its frame the mask that was there before. Without one it
 * is made again. */
void call_rt_sigsuspend(struct proc *self, const struct event *event)
{
    uint64_t wanted = self->mask;

    if (!self->doing.has_begun && event->args[1] != SIGNAL_SET_SIZE) {
        (void)ask_result(-EINVAL);
    } else if (!self->doing.has_begun &&
               !memory_read(self, event->args[0], &wanted, sizeof(wanted))) {
        (void)ask_result(-EFAULT);
    } else if (world.must_not_wait) {
        world.interrupted = INTERRUPT_UNLESS_HANDLED;
    } else if (is_due(self, wanted) ? ask_again() : ask_block()) {
        if (self->doing.has_begun) {
            return;
        }
        self->saved_mask = self->mask;
        self->has_saved_mask = true;
        self->mask = wanted & ~unblockable;
        self->doing.has_begun = true;
        self->doing.waits = WAITS_SIGNAL;
        self->doing.deadline = NEVER;
    }
}

/* The next of a set that waits, and where; 0: none. */
static int find_waited(struct proc *self, uint64_t set, struct queue **queue)
{
    *queue = self->mine.set & set ? &self->mine : &self->process->shared;
    set &= (*queue)->set;
    return signals_first(set);
}

static int begin_timedwait(struct proc *self, const struct event *event, uint64_t *set,
                           uint64_t *deadline)
{
    struct abi_timespec limit;

    *deadline = NEVER;
    if (event->args[3] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    if (!memory_read(self, event->args[0], set, sizeof(*set)) ||
        (event->args[2] && !memory_read(self, event->args[2], &limit, sizeof(limit)))) {
        return -EFAULT;
    }
    *set &= ~unblockable;
    if (event->args[2]) {
        if (!time_is_valid(&limit)) {
            return -EINVAL;
        }
        *deadline = time_after(event->now_ns, &limit);
    }
    return 0;
}

static void take_waited(struct proc *self, const struct event *event, int signal,
                        struct queue *queue)
{
    uint64_t info_at = event->args[1];

    if (info_at && !memory_can(self, info_at, sizeof(struct abi_siginfo), ACCESS_WRITE)) {
        (void)ask_result(-EFAULT); /* it is still there */
    } else if (ask_result(signal)) {
        const struct said said = signals_take(queue, signal);
        if (info_at) {
            memory_adopt(self, info_at, sizeof(struct abi_siginfo));
            signals_check_said(self, info_at, &said);
        }
    }
}

void call_rt_sigtimedwait(struct proc *self, const struct event *event)
{
    struct doing *doing = &self->doing;
    uint64_t set = doing->set;
    uint64_t deadline = doing->deadline;
    struct queue *queue;
    int error = doing->has_begun ? 0 : begin_timedwait(self, event, &set, &deadline);
    int signal = error ? 0 : find_waited(self, set, &queue);

    self->waited = 0;
    if (error) {
        (void)ask_result(error);
    } else if (signal) {
        take_waited(self, event, signal, queue);
    } else if (event->now_ns >= deadline) {
        (void)ask_result(-EAGAIN);
    } else if (world.must_not_wait) {
        (void)ask_result(-EINTR); /* for a stop, too */
    } else if (ask_block()) {
        doing->has_begun = true;
        doing->waits = WAITS_SIGNAL;
        doing->set = set;
        doing->deadline = deadline;
        self->waited = set;
    }
}

bool signal_would_block(const struct proc *self)
{
    for (uint64_t due = signals_pending(self) & self->waited; due != 0; due &= due - 1) {
        uint64_t first = due & -due;
        if ((self->mine.set & first) || !signals_wait_for_vfork(self, signals_first(first))) {
            return false;
        }
    }
    return world.now < self->doing.deadline;
}

/* ---- sending ---- */

static bool is_known(int signal, int code)
{
    return code == SI_KERNEL || code == SI_ASYNCNL ||
           (code >= SI_DETHREAD && (code <= SI_USER || code <= signals_last_code(signal)));
}

/* What is given is said, but the number; behind it are zeros if nobody knows the code. -errno. */
static int read_said(struct proc *self, int signal, uint64_t at, struct said *said)
{
    uint8_t rest[sizeof(struct abi_siginfo) - sizeof(said->head)];
    struct said none = {.has_times = false};
    struct abi_siginfo info;

    *said = none;
    if (!memory_read(self, at, said->head, sizeof(said->head))) {
        return -EFAULT;
    }
    bytes_copy(&info, said->head, sizeof(said->head));
    info.si_signo = signal;
    bytes_copy(said->head, &info, sizeof(said->head));
    if (is_known(signal, info.si_code)) {
        return 0;
    }
    if (!memory_read(self, at + sizeof(said->head), rest, sizeof(rest))) {
        return -EFAULT;
    }
    for (unsigned i = 0; i < sizeof(rest); i++) {
        if (rest[i] != 0) {
            return -E2BIG;
        }
    }
    return 0;
}

/* Nobody says to others what only the kernel and kill say. */
static bool may_say(const struct proc *self, int to, const struct said *said)
{
    int code = (int32_t)said->head[1];

    return (code < 0 && code != SI_TKILL) || self->tid == to;
}

static void send(const struct proc *self, struct proc *proc, int signal, bool to_thread,
                 const struct said *said)
{
    bool is_signal = signal > 0 && signal <= SIGNAL_MAX;
    int result = !proc ? -ESRCH : signal != 0 && !is_signal ? -EINVAL : 0;

    if (result == 0 && !users_may_signal(self, proc, signal)) {
        result = -EPERM;
    }
    signals_ask(proc, to_thread, said, result);
}

void call_rt_sigqueueinfo(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    int signal = (int)event->args[1];
    struct said said;
    int error = read_said(self, signal, event->args[2], &said);

    if (!error && !may_say(self, pid, &said)) {
        error = -EPERM;
    }
    if (error) {
        (void)ask_result(error);
    } else {
        send(self, pid > 0 ? world_find_thread(pid) : NULL, signal, false, &said);
    }
}

void call_rt_tgsigqueueinfo(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0];
    int tid = (int)event->args[1];
    int signal = (int)event->args[2];
    struct said said;
    int error = read_said(self, signal, event->args[3], &said);

    if (!error && (pid <= 0 || tid <= 0)) {
        error = -EINVAL;
    }
    if (!error && !may_say(self, tid, &said)) {
        error = -EPERM;
    }
    if (error) {
        (void)ask_result(error);
    } else {
        send(self, signals_find_thread(pid, tid), signal, true, &said);
    }
}

/* The info says the number of the signal, too. */
static int read_whole(struct proc *self, int signal, uint64_t at, struct said *said)
{
    int number;

    if (!memory_read(self, at, &number, sizeof(number))) {
        return -EFAULT;
    }
    int error = read_said(self, number, at, said);
    return !error && number != signal ? -EINVAL : error;
}

void call_pidfd_send_signal(struct proc *self, const struct event *event)
{
    const struct file *file = files_get_open(self, (int)event->args[0]);
    int signal = (int)event->args[1];
    uint64_t at = event->args[2];
    int error = 0;

    if ((uint32_t)event->args[3]) {
        error = -EINVAL;
    } else if (!file || file->kind != FILE_PIDFD) {
        error = -EBADF;
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    struct proc *to = anon_process(file);
    struct said said = signals_said(signal, SI_USER, self);
    if (at) {
        error = read_whole(self, signal, at, &said);
    }
    if (!error && at && !may_say(self, to == self ? self->pid : 0, &said)) {
        error = -EPERM;
    }
    if (error) {
        (void)ask_result(error);
    } else {
        send(self, to, signal, false, &said);
    }
}
