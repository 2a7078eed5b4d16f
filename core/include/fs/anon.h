/* What files without a name have in common, as those of a process or of signals (pidfd_open(2),
 * signalfd(2)): one inode for all, and neither a position nor a type. */
#ifndef FS_ANON_H
#define FS_ANON_H

#include "fs/file.h"

struct thread;

/* For struct file_ops. Seeking goes nowhere, and is no error (noop_llseek of Linux). */
void anon_status(const struct file *file, struct abi_stat *status);
int64_t anon_seek(struct file *file, int64_t offset, unsigned whence);

/* Puts a file behind the lowest free number of the thread, marked if flags have O_CLOEXEC, and
 * gives that, or -EMFILE or -ENOMEM. The reference is taken in any case. */
MUST_CHECK int64_t anon_install(struct thread *thread, struct file *file, uint32_t flags);

#endif
