/*
 * The RAM file system: a tree of names over bytes that lie in memory, unpacked from the initramfs
 * at boot and not changed afterwards. File bytes are not copied: they stay where the initramfs
 * lies.
 */
#ifndef FS_RAMFS_H
#define FS_RAMFS_H

#include "base/list.h"
#include "base/types.h"

enum {
    RAMFS_TYPE_MASK = 0170000,
    RAMFS_DIRECTORY = 0040000,
    RAMFS_REGULAR = 0100000,
    RAMFS_EXECUTABLE = 0111, /* any of these bits */
    RAMFS_PATH_MAX = 4096,   /* with the end */
};

struct ramfs_node {
    struct list children; /* ramfs_node.sibling */
    struct list sibling;
    struct ramfs_node *parent;
    const char *name; /* not terminated; the root's is empty */
    size_t name_len;
    uint32_t number; /* from 1, in the order of creation: the inode number */
    uint32_t mode;
    const uint8_t *bytes;
    uint64_t size;
};

/* An empty root. -ENOMEM. */
MUST_CHECK int ramfs_init(void);

/* Adds what path names, making directories on the way; a file of that name is replaced. name and
 * bytes must stay. -ENOMEM, -EINVAL (a component is ..), -ENOTDIR, -EISDIR. */
MUST_CHECK int ramfs_add(const char *path, uint32_t mode, const uint8_t *bytes, uint64_t size);

/* Absolute or from the root. -ENOENT, -ENOTDIR. */
MUST_CHECK int ramfs_find(const char *path, const struct ramfs_node **node);

/* The number of nodes. */
size_t ramfs_count(void);

#endif
