/* Files without a name: of a process, of signals, and of a timer. */
#ifndef MODEL_ANON_H
#define MODEL_ANON_H

#include "fuzz/model/world.h"

/* One under the lowest number, if that is what the call gives; else NULL. */
struct file *anon_open(struct proc *self, enum file_kind kind, uint32_t flags, bool closes);

/* The process that a file stands for; NULL: it is gone. */
struct proc *anon_process(const struct file *file);

/* A read of signals, and of a timer. */
void anon_read(struct proc *self, const struct event *event, struct file *file);
void anon_read_timer(struct proc *self, const struct event *event, struct file *file);

/* The signals that a process waits to read; 0: it does no such thing. */
uint64_t anon_awaited(const struct proc *proc);
bool anon_would_block(const struct proc *proc);

#endif
