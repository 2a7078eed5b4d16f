/*
 * What each call may give: a function names it all to ask.h, and follows what it was. It is called
 * behind each run of the call, a rerun too; self is live and has no signal that ends it.
 */
#ifndef MODEL_CALLS_H
#define MODEL_CALLS_H

#include "fuzz/model/world.h"

typedef void call_model(struct proc *self, const struct event *event);

/* NULL: there is no such call. */
call_model *calls_find(uint32_t nr);

/* Whether the kernel has it, whether the model does or not. */
bool calls_are_there(uint32_t nr);

/* Its name, or "?". */
const char *calls_name(uint32_t nr);

#define CALL(nr, name) call_model call_##name;
#include "fuzz/model/calls.def"
#undef CALL

/* ---- whether a call would wait; of the one that a process is in ---- */

bool wait_would_block(struct proc *self);
bool bytes_would_block(struct proc *self);
bool signal_would_block(const struct proc *self);
bool futex_would_block(const struct proc *self);

#endif
