/* Files without a name: of a process, and of signals; pidfd_open(2), signalfd(2). */
#include "fuzz/model/anon.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/family.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/spans.h"

enum { SIZE = sizeof(struct abi_signalfd_siginfo) };

static const uint64_t never_read = UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1);

struct file *anon_open(struct proc *self, enum file_kind kind, uint32_t flags, bool closes)
{
    int number = files_lowest(self, 0);

    if (!ask_result(number < 0 ? -EMFILE : number) || number < 0) {
        return NULL;
    }
    struct file *file = files_create(kind, O_RDWR | flags);
    files_install(self, number, file, closes);
    return file;
}

/* ---- processes ---- */

void call_pidfd_open(struct proc *self, const struct event *event)
{
    int number = (int)event->args[0];
    uint32_t flags = (uint32_t)event->args[1];
    const struct proc *proc = number > 0 ? world_find(number) : NULL;

    if ((flags & ~(uint32_t)PIDFD_NONBLOCK) || number <= 0) {
        (void)ask_result(-EINVAL);
    } else if (!proc) {
        (void)ask_result(family_uses_number(number) ? -EINVAL : -ESRCH);
    } else {
        struct file *file = anon_open(self, FILE_PIDFD, flags, true);
        if (file) {
            file->proc = (int)(proc - world.procs);
        }
    }
}

struct proc *anon_process(const struct file *file)
{
    struct proc *proc = &world.procs[file->proc];

    return proc->life == LIFE_NONE ? NULL : proc;
}

/* ---- signals ---- */

void call_signalfd4(struct proc *self, const struct event *event)
{
    int number = (int)event->args[0];
    uint32_t flags = (uint32_t)event->args[3];
    struct file *file = files_get_open(self, number);
    uint64_t set;

    bool has_size = event->args[2] == SIGNAL_SET_SIZE;
    if (has_size && !memory_read(self, event->args[1], &set, sizeof(set))) {
        (void)ask_result(-EFAULT);
    } else if (!has_size || (flags & ~(uint32_t)(SFD_CLOEXEC | SFD_NONBLOCK))) {
        (void)ask_result(-EINVAL);
    } else if (number == -1) {
        file = anon_open(self, FILE_SIGNALFD, flags & SFD_NONBLOCK, flags & SFD_CLOEXEC);
        if (file) {
            file->signals = set & ~never_read;
        }
    } else if (!file || file->kind != FILE_SIGNALFD) {
        (void)ask_result(file ? -EINVAL : -EBADF);
    } else if (ask_result(number)) {
        file->signals = set & ~never_read;
    }
}

uint64_t anon_awaited(const struct proc *proc)
{
    bool waits = proc->doing.waits == WAITS_READING && proc->doing.holds;

    return waits ? world.files[proc->doing.file].signals : 0;
}

bool anon_would_block(const struct proc *proc)
{
    return !(signals_pending(proc) & anon_awaited(proc));
}

/* The manual page's table: which members there are for which cause. */
static struct abi_signalfd_siginfo tell(const struct said *said)
{
    enum { HIGHEST_OF_DESCRIPTORS = 6 };
    struct abi_siginfo info;
    struct abi_signalfd_siginfo told;
    const uint64_t faults = signal_set_of(SIGILL) | signal_set_of(SIGTRAP) | signal_set_of(SIGBUS) |
                            signal_set_of(SIGFPE) | signal_set_of(SIGSEGV);

    bytes_zero(&info, sizeof(info));
    bytes_copy(&info, said->head, sizeof(said->head));
    bytes_zero(&told, sizeof(told));
    told.ssi_signo = (uint32_t)info.si_signo;
    told.ssi_errno = info.si_errno;
    told.ssi_code = info.si_code;
    bool has_causes =
        (faults | signal_set_of(SIGSYS) | signal_set_of(SIGCHLD)) & signal_set_of(info.si_signo);
    bool is_cause = info.si_code > SI_USER && info.si_code <= signals_last_code(info.si_signo);
    bool is_own = has_causes && is_cause;
    if (is_own && (faults & signal_set_of(info.si_signo))) {
        told.ssi_addr = info.si_addr;
        if (info.si_signo == SIGBUS && info.si_code > BUS_OBJERR) { /* how much is broken */
            told.ssi_addr_lsb = (uint16_t)info.si_status;
        }
        return told;
    }
    if (is_own && info.si_signo == SIGSYS) {
        told.ssi_call_addr = info.si_addr;
        told.ssi_syscall = info.si_status;
        bytes_copy(&told.ssi_arch, info.rest, sizeof(told.ssi_arch));
        return told;
    }
    if (info.si_code == SI_SIGIO ||
        (!is_own && info.si_code > SI_USER && info.si_code <= HIGHEST_OF_DESCRIPTORS)) {
        told.ssi_band = (uint32_t)info.si_band;
        told.ssi_fd = info.si_fd;
        return told;
    }
    if (info.si_code == SI_TIMER) {
        told.ssi_tid = (uint32_t)info.si_timerid;
        told.ssi_overrun = (uint32_t)info.si_overrun;
    } else {
        told.ssi_pid = (uint32_t)info.si_pid;
        told.ssi_uid = info.si_uid;
    }
    if (is_own) {
        told.ssi_status = info.si_status;
        told.ssi_utime = (uint64_t)info.si_utime;
        told.ssi_stime = (uint64_t)info.si_stime;
    } else if (info.si_code < 0) {
        told.ssi_ptr = info.si_value;
        told.ssi_int = (int32_t)info.si_value;
    }
    return told;
}

/* The next one that is read, and where it waits; 0: none. */
static int next_of(struct proc *self, uint64_t set, struct queue **queue)
{
    *queue = self->mine.set & set ? &self->mine : &self->process->shared;
    return signals_first((*queue)->set & set);
}

/* Takes one, which goes to byte number at. How long a child ran is taken over. */
static void take(struct proc *self, int signal, struct queue *queue, uint64_t at)
{
    const uint64_t times = __builtin_offsetof(struct abi_signalfd_siginfo, ssi_utime);
    struct said said = signals_take(queue, signal);
    struct abi_signalfd_siginfo told = tell(&said);
    struct abi_signalfd_siginfo seen;

    spans_peek(self, at, &seen, sizeof(seen));
    if (said.has_times) {
        bytes_copy((uint8_t *)&told + times, (const uint8_t *)&seen + times, 2 * sizeof(uint64_t));
    }
    spans_store(self, at, &told, sizeof(told));
    if (!bytes_same(&seen, &told, sizeof(told))) {
        ask_object("process %d: of signal %d it has read that it is %d with code %d, of process "
                   "%d, and should read code %d, process %d",
                   (int64_t)self->pid, (int64_t)signal, (int64_t)seen.ssi_signo,
                   (int64_t)seen.ssi_code, (int64_t)seen.ssi_pid, (int64_t)told.ssi_code,
                   (int64_t)told.ssi_pid);
    }
}

/* How a read of a range ends. */
enum outcome { FULL, IN_PART, NOTHING_THERE, NO_ROOM, FAULT };

/* How many signals there are for a range of so many bytes from byte number from on. */
static enum outcome count_range(struct proc *self, uint64_t from, uint64_t len, unsigned waiting,
                                unsigned *count)
{
    unsigned room = (unsigned)least(len / SIZE, waiting + 1);

    *count = 0;
    while (*count < room && *count < waiting) {
        if (!spans_can(self, from + (uint64_t)*count * SIZE, SIZE, ACCESS_WRITE)) {
            return *count ? IN_PART : FAULT;
        }
        ++*count;
    }
    if (*count == 0) {
        return room == 0 ? NO_ROOM : NOTHING_THERE;
    }
    return (uint64_t)*count * SIZE == len ? FULL : IN_PART;
}

/* Signals of a set that wait. */
static unsigned count_waiting(const struct proc *self, uint64_t set)
{
    const struct queue *queues[] = {&self->mine, &self->process->shared};
    unsigned count = 0;

    for (unsigned i = 0; i < 2; i++) {
        uint64_t untold = queues[i]->set & set; /* of which nothing is said */
        for (unsigned at = 0; at < queues[i]->count; at++) {
            uint64_t bit = signal_set_of((int32_t)queues[i]->said[at].head[0]);
            count += (set & bit) != 0;
            untold &= ~bit;
        }
        count += (unsigned)__builtin_popcountll(untold);
    }
    return count;
}

/* How many signals a read gets, range by range: the next one is read if the one before is full. */
static enum outcome count_all(struct proc *self, uint64_t set, unsigned *count)
{
    uint64_t from = self->doing.done;
    unsigned waiting = count_waiting(self, set);
    enum outcome outcome = FULL;

    *count = 0;
    while (outcome == FULL && (from < spans_total() || from == 0)) {
        unsigned more;
        uint64_t len = spans_range_rest(from);
        outcome = count_range(self, from, len, waiting - *count, &more);
        *count += more;
        from += (uint64_t)more * SIZE;
    }
    return outcome;
}

/* If memory was refused, fewer may have come. */
static bool ask_moved(const struct event *event, uint64_t *all)
{
    bool is_part = event->was_refused && event->result > 0 && event->result % SIZE == 0 &&
                   (uint64_t)event->result < *all;

    if (is_part && ask_range(SIZE, (int64_t)*all - SIZE, *all / SIZE - 1)) {
        *all = (uint64_t)event->result;
        return true;
    }
    return ask_result((int64_t)*all);
}

/* Only when all of a range has been filled the next one is waited for. */
void anon_read(struct proc *self, const struct event *event, struct file *file)
{
    struct doing *doing = &self->doing;
    bool is_impatient = (file->flags & O_NONBLOCK) && !doing->has_begun;
    unsigned count;
    enum outcome outcome = count_all(self, file->signals, &count);
    uint64_t all = doing->done + (uint64_t)count * SIZE;

    if (outcome == NOTHING_THERE && !is_impatient && !(world.must_not_wait && all > 0)) {
        if (!ask_block()) {
            return;
        }
        doing->has_begun = true;
        doing->waits = WAITS_READING;
    } else if (all == 0) {
        (void)ask_result(outcome == FAULT ? -EFAULT : outcome == NO_ROOM ? -EINVAL : -EAGAIN);
        return;
    } else if (!ask_moved(event, &all)) {
        return;
    }
    for (; doing->done < all; doing->done += SIZE) {
        struct queue *queue;
        int signal = next_of(self, file->signals, &queue);
        take(self, signal, queue, doing->done);
    }
}
