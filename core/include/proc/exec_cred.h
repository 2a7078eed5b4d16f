/* The credentials that a program runs with: those of who runs it, but for what the set-user-ID and
 * set-group-ID bits of its file say (execve(2), credentials(7)). */
#ifndef PROC_EXEC_CRED_H
#define PROC_EXEC_CRED_H

#include "proc/cred.h"

struct ramfs_node;
struct thread;

/* A reference to those that are to be, which may be the caller's own. file: the program's, or NULL:
 * it has none. may_gain: nobody else shares the directory that it is in, so that it may act for
 * another than who runs it. -ENOMEM. */
MUST_CHECK int exec_cred_find(struct cred *cred, const struct ramfs_node *file, bool may_gain,
                              struct cred **made);

/* Whether no other process shares the thread's directory (CLONE_FS). */
bool exec_cred_may_gain(const struct thread *thread);

/* The thread's program has these credentials. If it acts for another, who runs it does not decide
 * how large its stack may be, and is not told of any end by a signal (prctl(2),
 * PR_SET_PDEATHSIG). */
void exec_cred_take(struct thread *thread, struct cred *cred);

/* It acts for another than who runs it, and had better not trust that one (AT_SECURE). */
static inline bool exec_cred_is_secure(const struct cred *cred)
{
    return cred->user.effective != cred->user.real || cred->group.effective != cred->group.real;
}

#endif
