/* The initramfs: a cpio archive in the format newc (cpio(5)), as the Linux kernel takes it. */
#ifndef FS_CPIO_H
#define FS_CPIO_H

#include "base/types.h"

/* One member; the pointers lead into the archive. */
struct cpio_member {
    const char *name; /* terminated inside the archive */
    uint32_t mode;
    uint32_t user; /* its owner */
    uint32_t group;
    uint32_t links;    /* names that the file has */
    uint64_t identity; /* the same for all of them: where the file lay, and its inode number */
    uint32_t device;   /* of a device: major << 8 | minor */
    const uint8_t *bytes;
    uint64_t size;
};

struct cpio {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t offset; /* of the next header */
};

enum cpio_result {
    CPIO_MEMBER,
    CPIO_END,       /* behind the trailer, or of an archive that has none */
    CPIO_TRUNCATED, /* a header, a name or a file reaches beyond the end */
    CPIO_BAD_MAGIC,
    CPIO_BAD_HEADER, /* no hexadecimal number, or no name */
};

/* The next member. Archives that follow one another, with zeroes between, are read as one. */
enum cpio_result cpio_next(struct cpio *cpio, struct cpio_member *member);

/* For a message. */
const char *cpio_result_text(enum cpio_result result);

#endif
