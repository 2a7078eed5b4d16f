/* Users and groups: who acts for whom, and what one may do to another; credentials(7). */
#ifndef MODEL_USERS_H
#define MODEL_USERS_H

#include "fuzz/model/world.h"

/* It may do what only root may. */
static inline bool users_is_root(const struct proc *proc)
{
    return proc->users.user.effective == 0;
}

/* kill(2). */
bool users_may_signal(const struct proc *self, const struct proc *to, int signal);

/* sched(7); prlimit(2). */
bool users_may_schedule(const struct proc *self, const struct proc *to);
bool users_may_limit(const struct proc *self, const struct proc *to);

/* How many threads a user has, with what is left of processes that have not been waited for. */
unsigned users_count(uint32_t user);

/* Whether it may make no more threads (RLIMIT_NPROC). */
bool users_are_full(const struct proc *self);

/* It has others from now on. */
void users_change(struct proc *self, const struct users *users);

/* It runs a program. */
void users_exec(struct proc *self);

/* Whether it may not, as its user had too many threads when it became that one's, and has. */
bool users_cannot_exec(const struct proc *self);

#endif
