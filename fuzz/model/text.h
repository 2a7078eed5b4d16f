/* Strings in the memory of processes. */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include "fuzz/model/world.h"

enum { TEXT_PATH_MAX = 4096 }; /* with the end */

/* The length of a string; -EFAULT, or -ENAMETOOLONG where it is not below the capacity. */
int64_t text_length(struct proc *proc, uint64_t at, uint64_t capacity);

/* A path; -EFAULT, -ENAMETOOLONG, and -ENOENT if it is empty. */
int text_read_path(struct proc *proc, uint64_t at, char path[TEXT_PATH_MAX]);

#endif
