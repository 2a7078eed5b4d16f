#include "fuzz/model/users.h"

#define SECURE_STACK (UINT64_C(8) << 20)

bool users_may_signal(const struct proc *self, const struct proc *to, int signal)
{
    const struct ids *own = &self->users.user;
    const struct ids *theirs = &to->users.user;

    if (self->process == to->process || users_is_root(self)) {
        return true;
    }
    if (signal == SIGCONT && self->process->session == to->process->session) {
        return true;
    }
    return own->real == theirs->real || own->real == theirs->saved ||
           own->effective == theirs->real || own->effective == theirs->saved;
}

bool users_may_schedule(const struct proc *self, const struct proc *to)
{
    uint32_t effective = self->users.user.effective;

    return effective == 0 || effective == to->users.user.real ||
           effective == to->users.user.effective;
}

static bool are_all(const struct ids *ids, uint32_t id)
{
    return ids->real == id && ids->effective == id && ids->saved == id;
}

bool users_may_limit(const struct proc *self, const struct proc *to)
{
    return self == to || users_is_root(self) ||
           (are_all(&to->users.user, self->users.user.real) &&
            are_all(&to->users.group, self->users.group.real));
}

unsigned users_count(uint32_t user)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *proc = &world.procs[i];
        count += proc->life != LIFE_NONE && proc->users.user.real == user;
    }
    return count;
}

static uint64_t limit_of(const struct proc *proc)
{
    return proc->process->limits[RLIMIT_NPROC].rlim_cur;
}

bool users_are_full(const struct proc *self)
{
    uint32_t user = self->users.user.real;

    return user != 0 && !users_is_root(self) && users_count(user) >= limit_of(self);
}

static bool is_same_actor(const struct users *a, const struct users *b)
{
    return a->user.effective == b->user.effective && a->user.fs == b->user.fs &&
           a->group.effective == b->group.effective && a->group.fs == b->group.fs;
}

void users_change(struct proc *self, const struct users *users)
{
    uint32_t user = users->user.real;

    if (!is_same_actor(&self->users, users)) {
        self->death_signal = 0;
    }
    if (user != self->users.user.real) {
        self->is_one_too_many = user != 0 && users_count(user) > limit_of(self);
    }
    self->users = *users;
}

static void settle(struct ids *ids)
{
    ids->saved = ids->effective;
    ids->fs = ids->effective;
}

static bool is_split(const struct users *users)
{
    return users->user.effective != users->user.real || users->group.effective != users->group.real;
}

/* Whether another process is in the same directory, now and ever. */
static bool is_accompanied(const struct proc *self)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *other = &world.procs[i];
        if (is_thread(other) && other->process != self->process &&
            other->context == self->context) {
            return true;
        }
    }
    return false;
}

void users_exec(struct proc *self)
{
    uint64_t *stack = &self->process->limits[RLIMIT_STACK].rlim_cur;
    struct users users = self->users;

    if (is_split(&users)) {
        self->death_signal = 0;
        *stack = least(*stack, SECURE_STACK);
    }
    if (self->gains_nothing || (!users_is_root(self) && is_accompanied(self))) {
        users.user.effective = users.user.real;
        users.group.effective = users.group.real;
    }
    settle(&users.user);
    settle(&users.group);
    users_change(self, &users);
    self->is_one_too_many = false;
}

bool users_cannot_exec(const struct proc *self)
{
    uint32_t user = self->users.user.real;

    return self->is_one_too_many && user != 0 && users_count(user) > limit_of(self);
}
