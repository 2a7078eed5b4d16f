/* Pipes, pipe(7): 16 pieces of at most a page each, as on Linux. */
#ifndef MODEL_PIPES_H
#define MODEL_PIPES_H

#include "fuzz/model/world.h"

/* The number of a new one. */
int pipes_create(void);

/* Of the ranges in spans.h. */
void pipes_read(struct proc *self, const struct event *event, const struct file *file);
void pipes_write(struct proc *self, const struct event *event, const struct file *file);

/* Whether the call that a process waits in would wait. */
bool pipes_would_block(struct proc *self);

#endif
