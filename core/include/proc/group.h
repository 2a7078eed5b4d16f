/* Process groups that nobody in their session is in charge of (POSIX, orphaned process group). */
#ifndef PROC_GROUP_H
#define PROC_GROUP_H

#include "base/types.h"
#include "proc/pid.h"

struct process;

/* Whether no live process of the group has a parent that is in its session and not in the group.
 * Init, which inherits whom nobody is in charge of, is such a parent for none. */
bool group_is_orphaned(const struct pid *group);

/* Child has lost its parent, which was in charge of it if it was in another group of its session:
 * if that has orphaned the child's group and one of it is stopped, all are sent SIGHUP and SIGCONT
 * (_exit(2)). */
void group_tell_orphaned(const struct process *child, const struct process *parent);

#endif
