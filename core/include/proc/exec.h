/*
 * Starting programs: a new space with the program, its arguments and its stack, built aside and
 * then either put in the place of the old one (execve) or given to a new process (spawn, init).
 *
 * It is all or nothing: what kills a process of Linux behind its point of no return (a program that
 * cannot be mapped, a stack that finds no memory) is an error here, and the old program goes on.
 */
#ifndef PROC_EXEC_H
#define PROC_EXEC_H

#include "base/types.h"
#include "fs/ramfs.h"
#include "proc/elf.h"
#include "proc/exec_cred.h"
#include "proc/process.h"

enum { EXEC_STRING_MAX = 128 * 1024 }; /* bytes of one string of argv or envp, with its end */

/* A vector of strings, in the memory of the space in use or in the kernel's. */
struct exec_vector {
    uaddr_t user; /* ends with a null pointer; 0: empty */
    const char *const *kernel;
    size_t kernel_count;
    bool is_kernel;
};

struct exec_request {
    const char *path;         /* names the process, AT_EXECFN; in kernel memory */
    struct elf_source source; /* the program, or a script in kernel memory */
    int source_error;         /* why there is none: told behind what is wrong with the strings */
    bool is_unreachable;      /* path will name nothing when the program runs: no script */
    const struct ramfs_node *directory; /* where a script's interpreter is looked for */
    struct exec_vector argv;            /* without any strings argv[0] is "" */
    struct exec_vector envp;
};

/* At boot: what AT_HWCAP tells programs of this CPU, besides FP, ASIMD and CRC32. */
void exec_announce(uint64_t hwcap);

/* Finds the file at path as a program, for somebody (ramfs_find_as). -ENOENT, -ENOTDIR,
 * -ENAMETOOLONG, -EACCES (no regular file, or not to be executed). */
MUST_CHECK int exec_find(const struct cred *cred, const struct ramfs_node *directory,
                         const char *path, struct elf_source *source);

/* Takes a file as a program. -EACCES. */
MUST_CHECK int exec_use(const struct cred *cred, const struct ramfs_node *node,
                        struct elf_source *source);

/* What a program needs to run: a space, the registers to enter it with, and a reference to the
 * credentials that it has. */
struct exec_built {
    struct space *space;
    struct plat_user user;
    struct exec_cred cred;
};

/* Builds these for the request of somebody with credentials (gain: exec_cred_find). Nothing is
 * left by a failure:
 * -EFAULT; -E2BIG (a string above EXEC_STRING_MAX, or all strings with the pointers above a quarter
 * of RLIMIT_STACK, which counts as 512 KiB at least and 24 MiB at most); -ENOEXEC (dynamic programs
 * too: there is no PT_INTERP yet); -ELOOP (scripts of scripts); exec_find's of an interpreter;
 * -ENOMEM. */
MUST_CHECK int exec_build(const struct exec_request *request, struct cred *cred,
                          enum exec_gain gain, struct exec_built *built);

/* Puts the program in the place of the one that the thread's process runs. On failure that one goes
 * on, unchanged. */
MUST_CHECK int exec_replace(struct thread *thread, const struct exec_request *request);

/* Runs the program in a new process, child of parent's (NULL: it is init). */
MUST_CHECK int exec_spawn(struct thread *parent, const struct exec_request *request,
                          struct process **child);

#endif
