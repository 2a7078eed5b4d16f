/* Signals: who gets which, and what it does; signal(7). No handler is called yet. */
#ifndef MODEL_SIGNALS_H
#define MODEL_SIGNALS_H

#include "fuzz/model/world.h"

static inline uint64_t signal_set_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

void signals_send(struct proc *proc, int signal);

/* The signal that ends a process before it does anything more, or 0. */
int signals_due(const struct proc *proc);

/* Whether a handler is called before it does anything more, unless signals_due. */
bool signals_call_handler(const struct proc *proc);

/* What is pending and not blocked is taken, when a process goes on. */
void signals_take(struct proc *proc);

/* What handlers become at exec; what is ignored stays so. */
void signals_reset(struct proc *proc);

/* After an action has been set: what is ignored now does not stay pending. */
void signals_drop(struct proc *proc, int signal);

/* Whether a process's children leave no zombies. */
bool signals_want_no_zombies(const struct proc *proc);

#endif
