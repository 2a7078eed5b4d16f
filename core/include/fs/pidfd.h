/* Files that stand for a process, and for nobody else when its number has gone to another
 * (pidfd_open(2)). */
#ifndef FS_PIDFD_H
#define FS_PIDFD_H

#include "fs/file.h"

/* A description with one reference. flags: O_NONBLOCK or 0. NULL: no memory. */
MUST_CHECK struct file *pidfd_create(struct pid *pid, uint32_t flags);

/* The description behind a descriptor, which is one of these; NULL: it is not. Borrowed. */
struct file *pidfd_find(const struct thread *thread, int fd);

#endif
