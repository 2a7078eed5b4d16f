/* The credentials that a program runs with: those of who runs it, but for what the set-user-ID and
 * set-group-ID bits of its file say (execve(2), credentials(7)). */
#ifndef PROC_EXEC_CRED_H
#define PROC_EXEC_CRED_H

#include "proc/cred.h"

struct ramfs_node;
struct thread;

/* Whether the program of a thread may act for another than who runs it. */
enum exec_gain {
    EXEC_MAY_GAIN,
    EXEC_GAINS_FOR_ROOT, /* only if root runs it: another process shares the directory (CLONE_FS) */
    EXEC_GAINS_NOTHING,  /* prctl(2), PR_SET_NO_NEW_PRIVS */
};

struct exec_cred {
    struct cred *cred; /* a reference; may be that of who runs it */
    bool is_secure;    /* it acts for another than who runs it, or would: it had better not trust
                          that one (AT_SECURE) */
};

/* Those that are to be. file: the program's, or NULL: it has none. -ENOMEM. */
MUST_CHECK int exec_cred_find(struct cred *cred, const struct ramfs_node *file, enum exec_gain gain,
                              struct exec_cred *made);

enum exec_gain exec_cred_gain(const struct thread *thread);

/* The thread's program has these credentials, whose reference is taken. If it is not to trust who
 * runs it, that one does not decide how large its stack may be, and is not told of any end by a
 * signal (prctl(2), PR_SET_PDEATHSIG). */
void exec_cred_take(struct thread *thread, const struct exec_cred *made);

#endif
