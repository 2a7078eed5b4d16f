/*
 * Open file descriptions (open(2)): what the descriptors of one process or of several share, with
 * the offset and the status flags.
 *
 * A description lives as long as somebody has a reference: each descriptor has one. What lies
 * behind it (a file of the RAM file system, a device, a pipe, a process) is its operations and its
 * node, its pipe or its pid.
 */
#ifndef FS_FILE_H
#define FS_FILE_H

#include "abi/linux.h"
#include "base/list.h"
#include "base/types.h"
#include "fs/ramfs.h"
#include "fs/transfer.h"

struct file;
struct pid;
struct pipe;
struct signalfd;
struct timerfd;
struct thread;

/* A call of no more bytes is not rerun unless it has to wait. */
enum { FILE_STRETCH = 16 * 1024 };

/* What a kind of file can do. Each may be missing. The calls run in the space of thread, and give
 * what the system call is to give. */
struct file_ops {
    /* Moves bytes at *offset, which belongs to the description or to the call, and advances it and
     * the transfer. -EINVAL where missing. */
    int64_t (*read)(struct file *file, struct transfer *transfer, uint64_t *offset);
    int64_t (*write)(struct file *file, struct transfer *transfer, uint64_t *offset);
    int64_t (*seek)(struct file *file, int64_t offset, unsigned whence); /* missing: -ESPIPE */
    /* Writes entries of a directory (getdents64) for len bytes at to. -ENOTDIR where missing. */
    int64_t (*list)(struct file *file, uaddr_t to, uint64_t len);
    int64_t (*control)(struct file *file, uint32_t request, uaddr_t argument); /* -ENOTTY */
    void (*status)(const struct file *file, struct abi_stat *status); /* missing: the node's */
    void (*release)(struct file *file); /* the last reference is gone */
    bool is_read_at_once;    /* a read never waits: it ends in a rerun only if it is of */
    bool is_written_at_once; /* more than FILE_STRETCH; and a write */
};

struct file {
    const struct file_ops *ops;
    unsigned refs;
    unsigned seen;  /* references that file_check_end compares with refs */
    uint32_t flags; /* access mode and status flags, as F_GETFL gives them */
    uint64_t offset;
    const struct ramfs_node *node; /* NULL: it has no name */
    struct pipe *pipe;             /* of which it is an end, or NULL */
    struct pid *pid;               /* of the process that it stands for, or NULL */
    struct signalfd *signalfd;     /* the signals that it gives, or NULL */
    struct timerfd *timerfd;       /* the time that it waits for, or NULL */
    struct list link;              /* on the list of all */
};

void file_init(void);

/* A description with one reference. node may be NULL. NULL: no memory. */
MUST_CHECK struct file *file_create(const struct file_ops *ops, const struct ramfs_node *node,
                                    uint32_t flags);

struct file *file_get(struct file *file);

/* May wake others, and frees the description with its last reference. */
void file_put(struct file *file);

/* Whether it was opened for that; a description that only names a file (O_PATH) allows neither. */
bool file_may_read(const struct file *file);
bool file_may_write(const struct file *file);

/* Whether a call is not to wait for it (O_NONBLOCK): that was decided when the call was made, so
 * that one that has waited waits again whatever the description says now. */
bool file_is_impatient(const struct file *file, const struct thread *thread);

void file_status(const struct file *file, struct abi_stat *status);

/* Opens a file, a directory or a device of the file system. -ENXIO (no such device), -ENOMEM. */
MUST_CHECK int file_open(const struct ramfs_node *node, uint32_t flags, struct file **file);

/* How many descriptions there are; and the first (of NULL) and the next of them, or NULL. */
size_t file_count(void);
const struct file *file_next(const struct file *file);

/* All of them, file.link. */
const struct list *file_all(void);

/* Between them everybody who has references says so with file_see, once for each: they are all
 * there are. Panics if not. */
void file_check_begin(void);
void file_see(struct file *file);
void file_check_end(void);

#endif
