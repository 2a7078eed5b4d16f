#include "fs/pidfd.h"

#include "fs/anon.h"
#include "proc/pid.h"
#include "proc/thread.h"

static void release_pidfd(struct file *file)
{
    pid_drop(file->pid);
}

static const struct file_ops pidfd_ops = {
    .status = anon_status,
    .release = release_pidfd,
};

struct file *pidfd_create(struct pid *pid, uint32_t flags)
{
    struct file *file = file_create(&pidfd_ops, NULL, O_RDWR | flags);

    if (file) {
        file->pid = pid_hold(pid);
    }
    return file;
}

struct file *pidfd_find(const struct thread *thread, int fd)
{
    struct file *file = fdtable_find_open(thread->fds, fd);

    return file && file->pid ? file : NULL;
}
