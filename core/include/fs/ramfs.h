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
    RAMFS_CHARACTER = 0020000, /* a device of characters */
    RAMFS_LINK = 0120000,      /* symbolic; its bytes are the path that it stands for */
    RAMFS_LINKS_MAX = 40,      /* that are followed in one path */
    RAMFS_EXECUTABLE = 0111,   /* any of these bits */
    RAMFS_SET_USER = 04000,    /* who runs it acts for its owner */
    RAMFS_SET_GROUP = 02000,   /* and for its group, if that may execute it */
    RAMFS_GROUP_EXECUTES = 010,

    RAMFS_MAY_EXECUTE = 1, /* or look for names in a directory */
    RAMFS_MAY_WRITE = 2,
    RAMFS_MAY_READ = 4,
    RAMFS_PATH_MAX = 4096, /* with the end */
    RAMFS_NAME_MAX = 255,  /* of a component, for whoever looks for it */
};

struct ramfs_node {
    struct list children; /* ramfs_node.sibling */
    struct list sibling;
    struct ramfs_node *parent;
    const char *name; /* not terminated; the root's is empty */
    size_t name_len;
    uint32_t number; /* from 1, in the order of creation: the inode number */
    uint32_t mode;
    uint32_t user; /* its owner */
    uint32_t group;
    const uint8_t *bytes;
    uint64_t size;
    uint32_t device;   /* of a device: major << 8 | minor */
    uint32_t links;    /* names of this file; 1 for a directory */
    uint64_t identity; /* the same for all of them */
    struct list linked;
};

struct abi_stat;
struct cred;

/* An empty root. -ENOMEM. */
MUST_CHECK int ramfs_init(void);

/* Adds what path names, making directories on the way; a file of that name is replaced. name and
 * bytes must stay. -ENOMEM, -EINVAL (a component is ..), -ENOTDIR, -EISDIR. */
MUST_CHECK int ramfs_add(const char *path, uint32_t mode, const uint8_t *bytes, uint64_t size);

/* The same for a file that may have more names, which are added with the same identity: the bytes
 * are those of whichever comes with any. */
MUST_CHECK int ramfs_add_name(const char *path, uint32_t mode, const uint8_t *bytes, uint64_t size,
                              uint64_t identity);

/* Adds a device as ramfs_add does. *node: where it is. */
MUST_CHECK int ramfs_add_device(const char *path, uint32_t mode, uint32_t device,
                                const struct ramfs_node **node);

/* What path names, which was added, is theirs from now on, under all its names. The errors of
 * ramfs_add. */
MUST_CHECK int ramfs_set_owner(const char *path, uint32_t user, uint32_t group);

const struct ramfs_node *ramfs_root(void);

/* What path names, absolute or from the root; or from a directory. Symbolic links are followed.
 * -ENOENT, -ENOTDIR, -ENAMETOOLONG, -ELOOP. */
MUST_CHECK int ramfs_find(const char *path, const struct ramfs_node **node);
MUST_CHECK int ramfs_find_from(const struct ramfs_node *directory, const char *path,
                               const struct ramfs_node **node);

/* The same, but a link that is the last component is not followed. */
MUST_CHECK int ramfs_find_link(const struct ramfs_node *directory, const char *path,
                               const struct ramfs_node **node);

/* The same for somebody with credentials, who must be allowed to search all directories on the way
 * (path_resolution(7)); cred NULL: the kernel, which may all. follows: the last component, too.
 * -EACCES. */
MUST_CHECK int ramfs_find_as(const struct cred *cred, const struct ramfs_node *directory,
                             const char *path, bool follows, const struct ramfs_node **node);

/* Whether somebody may do all of this with a file: as its owner, its group or others may. Root may
 * all, but execute what nobody may execute. */
bool ramfs_may(const struct ramfs_node *node, const struct cred *cred, uint32_t wanted);

static inline bool ramfs_is_link(const struct ramfs_node *node)
{
    return (node->mode & RAMFS_TYPE_MASK) == RAMFS_LINK;
}

static inline bool ramfs_is_directory(const struct ramfs_node *node)
{
    return (node->mode & RAMFS_TYPE_MASK) == RAMFS_DIRECTORY;
}

/* stat(2) */
void ramfs_status(const struct ramfs_node *node, struct abi_stat *status);

/* The number of nodes. */
size_t ramfs_count(void);

#endif
