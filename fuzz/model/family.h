/* The life of processes: how they begin, end, and whose children they are. */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H

#include "fuzz/model/world.h"

/* Whether a number could be given to a new process: the one behind the last, or behind those that
 * calls have had that failed. None comes again before all have been given. */
bool family_is_fresh(int64_t pid);

/* Processes, zombies too. */
unsigned family_count(void);

/* A process with that number, which has what its parent hands down, its own or shared as the flags
 * of clone say, but for its memory. parent NULL: it is init. */
struct proc *family_add(struct proc *parent, int pid, uint64_t flags);

/* A live process. Its memory is another one from now on: who waits for that goes on. */
void family_leave_memory(struct proc *proc);

/* Somebody else who uses the same memory, or NULL. */
struct proc *family_companion(const struct proc *proc);

/* Whether the end of a process would leave a zombie. */
bool family_leaves_zombie(const struct proc *proc);

/* It ends by a signal, or because there was no memory for a page. false: it has not. */
bool family_may_end(struct proc *proc, int status);

void family_end(struct proc *proc, int status);
void family_reap(struct proc *proc);

#endif
