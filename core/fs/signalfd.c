#include "fs/signalfd.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/string.h"
#include "fs/anon.h"
#include "mm/pool.h"
#include "proc/process.h"
#include "proc/sched.h"

static struct pool pool;

void signalfd_init(void)
{
    pool_init(&pool, "signalfd", sizeof(struct signalfd));
}

/* Which members of a siginfo mean something (siginfo_layout of Linux). */
enum layout {
    LAYOUT_SENDER,
    LAYOUT_TIMER,
    LAYOUT_POLL,
    LAYOUT_FAULT,
    LAYOUT_CALL,
    LAYOUT_CHILD,
    LAYOUT_QUEUED,
};

/* The highest si_code that a signal has for causes of its own. */
static int last_code(int signal)
{
    enum { NSIGILL = 11, NSIGFPE = 15, NSIGSEGV = 9, NSIGBUS = 5, NSIGTRAP = 6, NSIGSYS = 2 };

    switch (signal) {
    case SIGILL:
        return NSIGILL;
    case SIGFPE:
        return NSIGFPE;
    case SIGSEGV:
        return NSIGSEGV;
    case SIGBUS:
        return NSIGBUS;
    case SIGTRAP:
        return NSIGTRAP;
    case SIGSYS:
        return NSIGSYS;
    case SIGCHLD:
        return CLD_CONTINUED;
    default:
        return 0;
    }
}

static enum layout layout_of(const struct abi_siginfo *info)
{
    enum { NSIGPOLL = 6 };

    if (info->si_code <= SI_USER || info->si_code >= SI_KERNEL) {
        return info->si_code == SI_TIMER   ? LAYOUT_TIMER
               : info->si_code == SI_SIGIO ? LAYOUT_POLL
               : info->si_code < 0         ? LAYOUT_QUEUED
                                           : LAYOUT_SENDER;
    }
    if (info->si_code <= last_code(info->si_signo)) {
        return info->si_signo == SIGCHLD  ? LAYOUT_CHILD
               : info->si_signo == SIGSYS ? LAYOUT_CALL
                                          : LAYOUT_FAULT;
    }
    return info->si_code <= NSIGPOLL ? LAYOUT_POLL : LAYOUT_SENDER;
}

static struct abi_signalfd_siginfo told(const struct abi_siginfo *info)
{
    struct abi_signalfd_siginfo told = {
        .ssi_signo = (uint32_t)info->si_signo,
        .ssi_errno = info->si_errno,
        .ssi_code = info->si_code,
    };

    switch (layout_of(info)) {
    case LAYOUT_TIMER:
        told.ssi_tid = (uint32_t)info->si_timerid;
        told.ssi_overrun = (uint32_t)info->si_overrun;
        told.ssi_ptr = info->si_value;
        told.ssi_int = (int32_t)info->si_value;
        break;
    case LAYOUT_POLL:
        told.ssi_band = (uint32_t)info->si_band;
        told.ssi_fd = info->si_fd;
        break;
    case LAYOUT_FAULT:
        told.ssi_addr = info->si_addr;
        if (info->si_signo == SIGBUS && info->si_code > BUS_OBJERR) {
            told.ssi_addr_lsb = (uint16_t)info->si_status; /* of memory that is broken */
        }
        break;
    case LAYOUT_CALL:
        told.ssi_call_addr = info->si_addr;
        told.ssi_syscall = info->si_status;
        memcpy(&told.ssi_arch, info->rest, sizeof(told.ssi_arch));
        break;
    case LAYOUT_CHILD:
        told.ssi_pid = (uint32_t)info->si_pid;
        told.ssi_uid = info->si_uid;
        told.ssi_status = info->si_status;
        told.ssi_utime = (uint64_t)info->si_utime;
        told.ssi_stime = (uint64_t)info->si_stime;
        break;
    case LAYOUT_QUEUED:
        told.ssi_ptr = info->si_value;
        told.ssi_int = (int32_t)info->si_value;
        told.ssi_pid = (uint32_t)info->si_pid;
        told.ssi_uid = info->si_uid;
        break;
    case LAYOUT_SENDER:
        told.ssi_pid = (uint32_t)info->si_pid;
        told.ssi_uid = info->si_uid;
        break;
    }
    return told;
}

/* Takes one. -EFAULT, -ENOMEM: it cannot be written, and is still there, where Linux loses it. */
static int read_one(struct transfer *transfer, int signal, struct pending *pending)
{
    int error = transfer_prepare(transfer, sizeof(struct abi_signalfd_siginfo));

    if (error) {
        return error;
    }
    const struct abi_siginfo info = signal_take(transfer->thread, pending, signal);
    const struct abi_signalfd_siginfo bytes = told(&info);
    error = transfer_to_user(transfer, &bytes, sizeof(bytes));
    ASSERT(error == 0); /* it was prepared */
    transfer_advance(transfer, sizeof(bytes));
    return 0;
}

/* As on Linux each range of a readv is read by itself, as far as they are filled to the end: the
 * first signal of each is waited for. */
static int64_t read_signals(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    struct thread *thread = transfer->thread;
    uint64_t done;

    (void)offset;
    for (;;) {
        if (*transfer->done > 0 && transfer_left(transfer) == 0) {
            return transfer_result(transfer, 0);
        }
        uint64_t size = transfer_range_size(transfer, &done);
        if (size - done < sizeof(struct abi_signalfd_siginfo)) {
            return transfer_result(transfer, done > 0 ? 0 : -EINVAL);
        }
        struct pending *pending;
        int signal = signal_first(thread, file->signalfd->set, &pending);
        if (!signal) {
            break;
        }
        int error = read_one(transfer, signal, pending);
        if (error) {
            return transfer_result(transfer, error);
        }
        plat_irq_window();
    }
    if (done > 0 || file_is_impatient(file, thread)) {
        return transfer_result(transfer, -EAGAIN);
    }
    int64_t result = sched_block(thread, WAIT_SIGNALFD, 0, &file->signalfd->readers, PLAT_NEVER);
    bool has_done = result == CALL_INTERRUPTED && *transfer->done > 0;
    return has_done ? transfer_result(transfer, 0) : result;
}

static void release_signalfd(struct file *file)
{
    pool_free(&pool, file->signalfd);
}

static const struct file_ops signalfd_ops = {
    .read = read_signals,
    .seek = anon_seek,
    .status = anon_status,
    .release = release_signalfd,
};

struct file *signalfd_create(signal_set_t set, uint32_t flags)
{
    struct signalfd *made = pool_alloc(&pool);

    if (!made) {
        return NULL;
    }
    struct file *file = file_create(&signalfd_ops, NULL, O_RDWR | flags);
    if (!file) {
        pool_free(&pool, made);
        return NULL;
    }
    made->set = set;
    waitq_init(&made->readers);
    file->signalfd = made;
    return file;
}

void signalfd_set(struct file *file, signal_set_t set)
{
    file->signalfd->set = set;
    waitq_wake_all(&file->signalfd->readers);
}

signal_set_t signalfd_awaited(const struct thread *thread)
{
    bool reads = thread->call.is_pending && thread->call.reason == WAIT_SIGNALFD;

    return reads ? thread->call.file->signalfd->set : 0;
}

static void check_readers(const struct signalfd *signalfd)
{
    LIST_FOR(link, &signalfd->readers.threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, wait_link);
        ASSERT(thread->call.reason == WAIT_SIGNALFD);
        ASSERT(thread->call.file->signalfd == signalfd);
        ASSERT(thread->state != THREAD_BLOCKED || !(signal_pending(thread) & signalfd->set));
    }
}

void signalfd_check(void)
{
    size_t count = 0;

    pool_check(&pool);
    for (const struct file *file = file_next(NULL); file; file = file_next(file)) {
        if (file->signalfd) {
            check_readers(file->signalfd);
            count++;
        }
    }
    ASSERT(count == pool.used);
}
