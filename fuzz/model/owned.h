/* The words that a process says it owns, get_robust_list(2). */
#ifndef MODEL_OWNED_H
#define MODEL_OWNED_H

#include "fuzz/model/world.h"

/* The process ends, or runs another program: what its list names is told. */
void owned_end(struct proc *proc);

#endif
