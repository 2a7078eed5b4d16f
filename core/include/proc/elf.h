/*
 * Programs: static ELF files for AArch64, position-independent or not (elf(5), ELF for the Arm
 * 64-bit Architecture). Loading makes regions; pages come with the first touch, or at once where
 * the file lies in the memory of a process, which may change.
 */
#ifndef PROC_ELF_H
#define PROC_ELF_H

#include "base/types.h"
#include "mm/space.h"

struct ramfs_node;

/* Where the file's bytes are. */
struct elf_source {
    const uint8_t *bytes; /* in kernel memory, for good; or NULL: */
    uaddr_t user;         /* in the space in use */
    uint64_t len;
    const struct ramfs_node *file; /* that they are of; NULL: none */
};

/* What the program is started with. */
struct elf_image {
    uaddr_t entry;
    uaddr_t headers; /* AT_PHDR, or 0 when no segment holds them */
    unsigned header_count;
};

/* Maps the program into an empty space and sets its brk. -ENOEXEC: not a program for this kernel,
 * or malformed; -ENOMEM; -EFAULT: user memory that is not there. The space may have been changed by
 * a failure. */
MUST_CHECK int elf_load(struct space *space, const struct elf_source *source,
                        struct elf_image *image);

#endif
