/* The life of processes: how they begin, end, and whose children they are. */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H

#include "fuzz/model/world.h"

/* Whether a number could be given to a new process: the one behind the last, or behind those that
 * calls have had that failed. None comes again before all have been given. */
bool family_is_fresh(int64_t pid);

/* A process that was made in part may have had a number. */
void family_lose_number(void);

/* Whether somebody has a number, or a group, a session or the console's foreground is named so. */
bool family_uses_number(int number);

/* Threads, and what is in the place of a process that has none or is a zombie: each is one of the
 * user's. */
unsigned family_count(void);

/* Processes, zombies too. */
unsigned family_count_processes(void);

/* A process with that number, or a thread (CLONE_THREAD), which has what its maker hands down, its
 * own or shared as the flags of clone say, but for its memory. maker NULL: it is init. */
struct proc *family_add(struct proc *maker, int pid, uint64_t flags);

/* A live thread does not use its memory any more: who waits for that goes on. goes_on: its process
 * does. */
void family_leave_memory(struct proc *proc, bool goes_on);

/* Somebody of another process who uses the same memory, or NULL. */
struct proc *family_witness(const struct proc *proc);

/* Whether somebody outside of a group would see to it when it is stopped: the parent of one of it,
 * in another group of the same session, which is not init. */
bool family_is_watched(int group);

/* Whether the end of a process would leave a zombie. */
bool family_leaves_zombie(const struct proc *proc);

/* The process of a thread ends by a signal, or because there was no memory for a page. false: it
 * has not. */
bool family_may_end(struct proc *proc, int status);

/* The process ends, with all its threads. */
void family_end(struct proc *proc, int status);
void family_reap(struct proc *proc);

#endif
