/*
 * Where a thread is in the tree of files, and with what mask it makes them; clone's CLONE_FS lets
 * threads share one.
 */
#ifndef FS_CONTEXT_H
#define FS_CONTEXT_H

#include "base/types.h"

struct ramfs_node;

struct fs_context {
    unsigned users; /* threads */
    unsigned seen;  /* users that a check has counted */
    const struct ramfs_node *cwd;
    uint32_t umask;
};

void fs_context_init(void);

/* In the root directory with the mask that init has: one user. NULL: no memory. */
MUST_CHECK struct fs_context *fs_context_create(void);

/* One like it, for one user. NULL: no memory. */
MUST_CHECK struct fs_context *fs_context_fork(const struct fs_context *context);

/* One user more, and one less. */
struct fs_context *fs_context_get(struct fs_context *context);
void fs_context_put(struct fs_context *context);

/* To be said for each user: true for the last one. */
bool fs_context_check(struct fs_context *context);

/* Those that exist. */
size_t fs_context_count(void);

#endif
