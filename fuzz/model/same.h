/*
 * Whether the kernel has what the model has in the memory of a process. Of pages that were found to
 * be the same it is kept when, so that they are read again only when somebody has written to them.
 */
#ifndef MODEL_SAME_H
#define MODEL_SAME_H

#include "fuzz/model/world.h"

/* A run begins: nothing is known. */
void same_begin(void);

/* Behind eyes->open(). is_complete: from here on all pages are read. */
void same_open(bool is_complete);

/* All of a process's memory; false: it has objected. */
bool same_memory(const struct proc *proc);

/* Whether that was to a page that would not have been read. */
bool same_was_overlooked(void);

#endif
