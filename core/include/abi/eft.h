/* Calls of Eft's own, numbered from 4096 up. */
#ifndef ABI_EFT_H
#define ABI_EFT_H

#include <stdint.h>

/*
 * spawn: a new process that runs a program, without copying the caller. The image is the file at
 * path or, where path is 0, the ELF file in [image, image + image_len) of the caller's memory.
 * argv and envp are as for execve(2). The child has the caller's process group and session.
 * Returns the child's PID, or -errno with nothing changed; the errors are those of fork and execve.
 */
struct abi_spawn {
    uint64_t path;      /* const char *, or 0 */
    uint64_t image;     /* const void * */
    uint64_t image_len; /* bytes */
    uint64_t argv;      /* char *const *, or 0 for none */
    uint64_t envp;      /* char *const *, or 0 for none */
    uint64_t flags;     /* 0 */
};

#endif
