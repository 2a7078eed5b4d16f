/* The console as an open file: reading lines, writing, and the requests of a terminal. */
#ifndef DEV_CONSOLE_FILE_H
#define DEV_CONSOLE_FILE_H

#include "fs/file.h"

extern const struct file_ops console_file_ops;

#endif
