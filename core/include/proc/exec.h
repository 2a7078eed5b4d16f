/*
 * Starting programs: a new space with the program, its arguments and its stack, built aside and
 * then either put in the place of the old one (execve) or given to a new process (spawn, init).
 */
#ifndef PROC_EXEC_H
#define PROC_EXEC_H

#include "base/types.h"
#include "proc/elf.h"
#include "proc/process.h"

enum {
    EXEC_ARGS_MAX = 1024,        /* strings of argv and envp together */
    EXEC_BYTES_MAX = 128 * 1024, /* of all of them, with their ends */
};

/* A vector of strings, in the memory of the space in use or in the kernel's. */
struct exec_vector {
    uaddr_t user; /* ends with a null pointer; 0: empty */
    const char *const *kernel;
    size_t kernel_count;
    bool is_kernel;
};

struct exec_request {
    const char *path;         /* names the process, AT_EXECFN; in kernel memory */
    struct elf_source source; /* the program */
    struct exec_vector argv;
    struct exec_vector envp;
};

/* Finds the file at path as a program. -ENOENT, -ENOTDIR, -EACCES (no regular file, or not
 * executable). */
MUST_CHECK int exec_find(const char *path, struct elf_source *source);

/* Builds a space for the request and the registers to enter it with. -ENOEXEC, -ENOMEM, -E2BIG,
 * -EFAULT: nothing is left. */
MUST_CHECK int exec_build(const struct exec_request *request, struct space **space,
                          struct plat_user *user);

/* Puts the program in the place of the one that process runs. On failure that one goes on,
 * unchanged. */
MUST_CHECK int exec_replace(struct process *process, const struct exec_request *request);

/* Runs the program in a new process, child of parent (NULL: it is init). */
MUST_CHECK int exec_spawn(struct process *parent, const struct exec_request *request,
                          struct process **child);

#endif
