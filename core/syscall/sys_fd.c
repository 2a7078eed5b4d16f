/* Descriptors as numbers: closing and copying them, and their flags. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "fs/fdtable.h"
#include "fs/pipe.h"
#include "mm/uaccess.h"
#include "proc/process.h"

int64_t sys_close(struct thread *thread, const uint64_t *args)
{
    return fdtable_close(thread->fds, (int)args[0]);
}

/* Descriptors that are the thread's alone: those that it has, or a copy. -ENOMEM. */
static int make_own(struct thread *thread, struct fdtable **own)
{
    *own = thread->fds;
    return thread->fds->users == 1 ? 0 : fdtable_fork(thread->fds, own);
}

static void take_own(struct thread *thread, struct fdtable *own)
{
    if (own != thread->fds) {
        fdtable_put(thread->fds);
        thread->fds = own;
    }
}

static int unshare(struct thread *thread)
{
    struct fdtable *own;
    int error = make_own(thread, &own);

    if (!error) {
        take_own(thread, own);
    }
    return error;
}

/* What a thread shares with its process can't be parted from it, so that its memory and its actions
 * are alone already where that is asked for; and there are no namespaces. */
int64_t sys_unshare(struct thread *thread, const uint64_t *args)
{
    const struct process *process = thread->process;
    uint32_t flags = (uint32_t)args[0];
    const uint32_t bound = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
    struct fdtable *fds = thread->fds;
    struct fs_context *fs = thread->fs;

    if ((flags & ~(bound | CLONE_FS | CLONE_FILES | CLONE_SYSVSEM)) ||
        ((flags & bound) && process->thread_count > 1) ||
        ((flags & (CLONE_SIGHAND | CLONE_VM)) && process->signals.actions->users > 1) ||
        ((flags & CLONE_VM) && process->space->users > 1)) {
        return -EINVAL;
    }
    int error = flags & CLONE_FILES ? make_own(thread, &fds) : 0;
    if (error) {
        return error;
    }
    if ((flags & CLONE_FS) && fs->users > 1) {
        fs = fs_context_fork(thread->fs);
        if (!fs) {
            goto put_fds;
        }
        fs_context_put(thread->fs);
        thread->fs = fs;
    }
    take_own(thread, fds);
    return 0;

put_fds:
    if (fds != thread->fds) {
        fdtable_put(fds);
    }
    return -ENOMEM;
}

int64_t sys_close_range(struct thread *thread, const uint64_t *args)
{
    unsigned first = (unsigned)args[0];
    unsigned last = (unsigned)args[1];

    if ((args[2] & ~(uint64_t)(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) || first > last) {
        return -EINVAL;
    }
    int64_t error = args[2] & CLOSE_RANGE_UNSHARE ? unshare(thread) : 0;
    if (error) {
        return error;
    }
    struct fdtable *fds = thread->fds;
    for (int fd = fdtable_next(fds, first); fd >= 0 && (unsigned)fd <= last;
         fd = fdtable_next(fds, (unsigned)fd + 1)) {
        if (args[2] & CLOSE_RANGE_CLOEXEC) {
            fdtable_set_close_on_exec(fds, fd, true);
        } else {
            error = fdtable_close(fds, fd);
            ASSERT(error == 0);
        }
        plat_irq_window();
    }
    return 0;
}

/* The lowest free number from min on for the same description. */
static int64_t duplicate(struct thread *thread, struct file *file, unsigned min, bool close_on_exec)
{
    int fd;
    int error = fdtable_reserve(thread->fds, min, process_fd_limit(thread->process), &fd);

    if (error) {
        return error;
    }
    fdtable_install(thread->fds, fd, file_get(file), close_on_exec);
    return fd;
}

int64_t sys_dup(struct thread *thread, const uint64_t *args)
{
    struct file *file = fdtable_find(thread->fds, (int)args[0]);

    return file ? duplicate(thread, file, 0, false) : -EBADF;
}

int64_t sys_dup3(struct thread *thread, const uint64_t *args)
{
    struct file *file = fdtable_find(thread->fds, (int)args[0]);
    int to = (int)args[1];

    if ((args[2] & ~(uint64_t)O_CLOEXEC) || (int)args[0] == to) {
        return -EINVAL;
    }
    if ((unsigned)to >= process_fd_limit(thread->process) || !file) {
        return -EBADF;
    }
    int error = fdtable_replace(thread->fds, to, file, args[2] & O_CLOEXEC);
    return error ? error : to;
}

/* Packets (O_DIRECT) are not there. */
int64_t sys_pipe2(struct thread *thread, const uint64_t *args)
{
    uint64_t limit = process_fd_limit(thread->process);
    bool close_on_exec = args[1] & O_CLOEXEC;
    struct file *reader;
    struct file *writer;
    int fds[2];

    if (args[1] & ~(uint64_t)(O_CLOEXEC | O_NONBLOCK)) {
        return -EINVAL;
    }
    int error = pipe_create((uint32_t)args[1] & O_NONBLOCK, &reader, &writer);
    if (error) {
        return error;
    }
    error = fdtable_reserve(thread->fds, 0, limit, &fds[0]);
    if (error) {
        goto put_files;
    }
    error = fdtable_reserve(thread->fds, 0, limit, &fds[1]);
    if (error) {
        goto release_first;
    }
    error = user_write(args[0], fds, sizeof(fds));
    if (error && !PLANTED(M_44)) {
        goto release_second;
    }
    fdtable_install(thread->fds, fds[0], reader, close_on_exec);
    fdtable_install(thread->fds, fds[1], writer, close_on_exec);
    return error;

release_second:
    fdtable_release(thread->fds, fds[1]);
release_first:
    fdtable_release(thread->fds, fds[0]);
put_files:
    file_put(reader);
    file_put(writer);
    return error;
}

static int64_t set_status_flags(struct file *file, uint32_t flags)
{
    const uint32_t settable = O_APPEND | O_NONBLOCK | O_NOATIME;

    if (flags & O_DIRECT) {
        return -EINVAL; /* nothing here can do it */
    }
    file->flags = (file->flags & ~settable) | (flags & settable);
    return 0;
}

int64_t sys_fcntl(struct thread *thread, const uint64_t *args)
{
    int fd = (int)args[0];
    struct file *file = fdtable_find(thread->fds, fd);
    unsigned command = (unsigned)args[1];

    if (!file) {
        return -EBADF;
    }
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        if ((unsigned)args[2] >= process_fd_limit(thread->process)) {
            return -EINVAL;
        }
        return duplicate(thread, file, (unsigned)args[2], command == F_DUPFD_CLOEXEC);
    case F_GETFD:
        return fdtable_closes_on_exec(thread->fds, fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
        fdtable_set_close_on_exec(thread->fds, fd, args[2] & FD_CLOEXEC);
        return 0;
    case F_GETFL:
        return file->flags;
    default:
        break;
    }
    if (file->flags & O_PATH) {
        return -EBADF;
    }
    return command == F_SETFL ? set_status_flags(file, (uint32_t)args[2]) : -EINVAL;
}
