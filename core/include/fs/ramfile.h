/* Files and directories of the RAM file system, opened: reading, seeking, listing. */
#ifndef FS_RAMFILE_H
#define FS_RAMFILE_H

#include "fs/file.h"

/* What a regular file or a directory can do; NULL: node is neither. */
const struct file_ops *ramfile_ops(const struct ramfs_node *node);

#endif
