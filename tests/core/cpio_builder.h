/* Archives in the format newc for tests, written down from cpio(5). */
#ifndef TESTS_CORE_CPIO_BUILDER_H
#define TESTS_CORE_CPIO_BUILDER_H

#include "base/types.h"

enum {
    CPIO_ARCHIVE_MAX = 64 << 10,
    CPIO_HEADER = 110, /* bytes */
    CPIO_MAGIC = 0,    /* offsets in it */
    CPIO_INODE = 6,
    CPIO_MODE = 6 + 8,
    CPIO_LINKS = 6 + 4 * 8,
    CPIO_SIZE = 6 + 6 * 8,
    CPIO_PLACE_MINOR = 6 + 8 * 8, /* of the device that the file lay on */
    CPIO_DEVICE_MAJOR = 6 + 9 * 8,
    CPIO_DEVICE_MINOR = 6 + 10 * 8,
    CPIO_NAME_SIZE = 6 + 11 * 8,
};

struct cpio_archive {
    uint64_t len;
    uint8_t bytes[CPIO_ARCHIVE_MAX];
};

/* Appends a member. Gives its end, before the padding. */
uint64_t cpio_add(struct cpio_archive *archive, const char *name, uint32_t mode, const void *bytes,
                  uint64_t size);

/* Eight hexadecimal digits. */
void cpio_put_number(uint8_t *at, uint64_t value);

#endif
