/* Making files without a name: of processes and of signals. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "fs/anon.h"
#include "fs/pidfd.h"
#include "fs/signalfd.h"
#include "mm/uaccess.h"
#include "proc/process.h"

/* Of a process, which may be a zombie; not of another thread of it. */
int64_t sys_pidfd_open(struct thread *thread, const uint64_t *args)
{
    int number = (int)args[0];
    uint32_t flags = (uint32_t)args[1];

    if ((flags & ~(uint32_t)PIDFD_NONBLOCK) || number <= 0) {
        return -EINVAL;
    }
    struct pid *pid = pid_find(number);
    if (!pid || !pid->process) {
        return pid ? -EINVAL : -ESRCH;
    }
    struct file *file = pidfd_create(pid, flags);
    return file ? anon_install(thread, file, O_CLOEXEC) : -ENOMEM;
}

/* A new one, or another set for one that is there. */
int64_t sys_signalfd4(struct thread *thread, const uint64_t *args)
{
    int fd = (int)args[0];
    uint32_t flags = (uint32_t)args[3];
    signal_set_t set;

    if (args[2] != SIGNAL_SET_SIZE) {
        return -EINVAL;
    }
    int error = user_read(&set, args[1], sizeof(set));
    if (error) {
        return error;
    }
    if (flags & ~(uint32_t)(SFD_CLOEXEC | SFD_NONBLOCK)) {
        return -EINVAL;
    }
    set &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
    if (fd == -1) {
        struct file *made = signalfd_create(set, flags & O_NONBLOCK);
        return made ? anon_install(thread, made, flags) : -ENOMEM;
    }
    struct file *file = fdtable_find_open(thread->fds, fd);
    if (!file || !file->signalfd) {
        return file ? -EINVAL : -EBADF;
    }
    signalfd_set(file, set);
    return fd;
}
