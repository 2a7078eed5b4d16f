/*
 * What processes have used, as far as the calls say how much that is: how often a process has
 * waited; that no more time has passed than there was; that what was told never becomes less, and
 * that of children is what those that were waited for had.
 */
#ifndef MODEL_USED_H
#define MODEL_USED_H

#include "fuzz/model/world.h"

/* A call of the process has begun to wait. */
void used_wait(struct proc *proc);

/* The same of the thread alone. */
void used_look_at_thread(struct proc *proc, uint64_t at);

/* Looks at what the process was told of itself, or of its children, at an address. */
void used_look_at_own(struct proc *proc, uint64_t at);
void used_look_at_children(struct proc *proc, uint64_t at);

/* What a child and its children have used. */
struct used used_of_both(const struct proc *child);

/* Looks at what the process was told of these, and keeps it in them. */
void used_look_at_child(const struct proc *proc, uint64_t at, struct used *both);

/* The child with these was waited for. */
void used_add(struct proc *proc, const struct used *both);

#endif
