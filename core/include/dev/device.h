/* The devices of characters that have a name: /dev/console, tty, null and zero. They are there
 * whatever the initramfs holds, which may give them other names too. */
#ifndef DEV_DEVICE_H
#define DEV_DEVICE_H

#include "fs/file.h"

/* Adds the names to the RAM file system. -ENOMEM. */
MUST_CHECK int device_init(void);

/* What the device of a node can do; NULL: there is no such device. */
const struct file_ops *device_ops(const struct ramfs_node *node);

/* Opens the console, for init. NULL: no memory. */
MUST_CHECK struct file *device_open_console(void);

#endif
