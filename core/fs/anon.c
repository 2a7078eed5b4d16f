#include "fs/anon.h"

#include "abi/errno.h"
#include "proc/process.h"

enum { ANON_DEVICE = 3, ANON_INODE = 1 };

void anon_status(const struct file *file, struct abi_stat *status)
{
    (void)file;
    *status = (struct abi_stat){
        .st_dev = ANON_DEVICE,
        .st_ino = ANON_INODE,
        .st_mode = 0600,
        .st_nlink = 1,
        .st_blksize = PAGE_SIZE,
    };
}

int64_t anon_seek(struct file *file, int64_t offset, unsigned whence)
{
    (void)file;
    (void)offset;
    (void)whence;
    return 0;
}

int64_t anon_install(struct thread *thread, struct file *file, uint32_t flags)
{
    int fd;
    int error = fdtable_reserve(thread->fds, 0, process_fd_limit(thread->process), &fd);

    if (error) {
        file_put(file);
        return error;
    }
    fdtable_install(thread->fds, fd, file, flags & O_CLOEXEC);
    return fd;
}
