/* Threads of a process: which there are, and how they end while the process does not. */
#ifndef MODEL_THREADS_H
#define MODEL_THREADS_H

#include "fuzz/model/world.h"

/* Whether there are others of the same process. */
bool threads_are_others(const struct proc *proc);

/* The oldest of a live process. */
struct proc *threads_first(const struct proc *process);

/* A child hangs at another thread now, and is told of the end of the one before. */
void threads_pass(struct proc *child, struct proc *to, const struct proc *from);

/* A thread ends, and others of its process go on. */
void threads_leave(struct proc *proc);

/* All of a process end, but for this one (NULL: for none). */
void threads_end(struct proc *process, const struct proc *but);

/* All others of its process end, and it gets the number of the process, and its place: which it is
 * in from now on. */
struct proc *threads_keep(struct proc *proc);

#endif
