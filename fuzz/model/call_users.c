/* Who one acts for: setuid(2), setreuid(2), setresuid(2), setfsuid(2), getgroups(2) and the same of
 * groups. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/users.h"

#define NONE UINT32_MAX /* in a call: as it is */

enum { MOST_GROUPS = 65536 };

void call_getuid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->users.user.real);
}

void call_geteuid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->users.user.effective);
}

void call_getgid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->users.group.real);
}

void call_getegid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->users.group.effective);
}

static void tell(struct proc *self, const struct event *event, const struct ids *ids)
{
    const uint32_t told[3] = {ids->real, ids->effective, ids->saved};

    for (unsigned i = 0; i < 3; i++) {
        if (!memory_can(self, event->args[i], sizeof(told[i]), ACCESS_WRITE)) {
            (void)ask_result(-EFAULT);
            return;
        }
    }
    if (!ask_result(0)) {
        return;
    }
    for (unsigned i = 0; i < 3; i++) { /* what is written last counts */
        memory_store(memory_of(self), event->args[i], &told[i], sizeof(told[i]));
    }
    for (unsigned i = 0; i < 3 && !event->is_handled; i++) {
        (void)memory_verify(self, event->args[i], sizeof(told[i]));
    }
}

void call_getresuid(struct proc *self, const struct event *event)
{
    tell(self, event, &self->users.user);
}

void call_getresgid(struct proc *self, const struct event *event)
{
    tell(self, event, &self->users.group);
}

/* ---- changing them ---- */

/* The IDs that a call is about. */
static struct ids *choose(struct users *users, bool of_group)
{
    return of_group ? &users->group : &users->user;
}

static bool is_among(uint32_t id, uint32_t a, uint32_t b, uint32_t c)
{
    return id == NONE || id == a || id == b || id == c;
}

static void set_one(struct proc *self, uint32_t id, bool of_group)
{
    struct users users = self->users;
    struct ids *ids = choose(&users, of_group);

    if (id == NONE) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (!users_is_root(self) && id != ids->real && id != ids->saved) {
        (void)ask_result(-EPERM);
        return;
    }
    if (users_is_root(self)) {
        ids->real = ids->saved = id;
    }
    ids->effective = ids->fs = id;
    if (ask_result(0)) {
        users_change(self, &users);
    }
}

void call_setuid(struct proc *self, const struct event *event)
{
    set_one(self, (uint32_t)event->args[0], false);
}

void call_setgid(struct proc *self, const struct event *event)
{
    set_one(self, (uint32_t)event->args[0], true);
}

static void set_two(struct proc *self, const struct event *event, bool of_group)
{
    uint32_t real = (uint32_t)event->args[0];
    uint32_t effective = (uint32_t)event->args[1];
    struct users users = self->users;
    struct ids *ids = choose(&users, of_group);
    const struct ids old = *ids;

    if (!users_is_root(self) && (!is_among(real, old.real, old.effective, old.real) ||
                                 !is_among(effective, old.real, old.effective, old.saved))) {
        (void)ask_result(-EPERM);
        return;
    }
    ids->real = real == NONE ? old.real : real;
    ids->effective = effective == NONE ? old.effective : effective;
    ids->fs = ids->effective;
    if (real != NONE || (effective != NONE && effective != old.real)) {
        ids->saved = ids->effective;
    }
    if (ask_result(0)) {
        users_change(self, &users);
    }
}

void call_setreuid(struct proc *self, const struct event *event)
{
    set_two(self, event, false);
}

void call_setregid(struct proc *self, const struct event *event)
{
    set_two(self, event, true);
}

static void set_three(struct proc *self, const struct event *event, bool of_group)
{
    struct users users = self->users;
    struct ids *ids = choose(&users, of_group);
    uint32_t *const places[3] = {&ids->real, &ids->effective, &ids->saved};
    const struct ids old = *ids;
    bool is_new = false;

    for (unsigned i = 0; i < 3; i++) {
        uint32_t id = (uint32_t)event->args[i];
        if (!users_is_root(self) && !is_among(id, old.real, old.effective, old.saved)) {
            (void)ask_result(-EPERM);
            return;
        }
        if (id != NONE) {
            is_new |= *places[i] != id || (i == 1 && id != old.fs);
            *places[i] = id;
        }
    }
    if (is_new) {
        ids->fs = ids->effective;
    }
    if (ask_result(0)) {
        users_change(self, &users);
    }
}

void call_setresuid(struct proc *self, const struct event *event)
{
    set_three(self, event, false);
}

void call_setresgid(struct proc *self, const struct event *event)
{
    set_three(self, event, true);
}

/* It gives what there was, whether it may do it or not; nor is there an error if there is no
 * memory. */
static void set_fs(struct proc *self, const struct event *event, bool of_group)
{
    struct users users = self->users;
    struct ids *ids = choose(&users, of_group);
    uint32_t id = (uint32_t)event->args[0];
    bool may = id != NONE && (users_is_root(self) || id == ids->fs ||
                              is_among(id, ids->real, ids->effective, ids->saved));

    if (ask_result(ids->fs) && may && !event->was_refused) {
        ids->fs = id;
        users_change(self, &users);
    }
}

void call_setfsuid(struct proc *self, const struct event *event)
{
    set_fs(self, event, false);
}

void call_setfsgid(struct proc *self, const struct event *event)
{
    set_fs(self, event, true);
}

/* ---- other groups ---- */

void call_getgroups(struct proc *self, const struct event *event)
{
    const struct users *users = &self->users;
    int size = (int)event->args[0];
    uint64_t len = users->group_count * sizeof(users->groups[0]);

    if (size < 0 || (size > 0 && users->group_count > (unsigned)size)) {
        (void)ask_result(-EINVAL);
    } else if (size == 0 || len == 0) {
        (void)ask_result(users->group_count);
    } else if (!memory_can(self, event->args[1], len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(users->group_count)) {
        memory_give(self, event->args[1], users->groups, len);
    }
}

/* Among those that are smaller and greater. */
static void insert(struct users *users, uint32_t group)
{
    unsigned at = users->group_count++;

    for (; at > 0 && users->groups[at - 1] > group; at--) {
        users->groups[at] = users->groups[at - 1];
    }
    users->groups[at] = group;
}

static int read_groups(struct proc *self, uint64_t from, unsigned count, struct users *users)
{
    uint32_t group;

    users->group_count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (!memory_read(self, from + i * sizeof(group), &group, sizeof(group))) {
            return -EFAULT;
        }
        if (group == NONE) {
            return -EINVAL;
        }
        if (i < GROUPS_MAX) {
            insert(users, group);
        }
    }
    return 0;
}

void call_setgroups(struct proc *self, const struct event *event)
{
    struct users users = self->users;
    unsigned count = (unsigned)event->args[0];
    int error = !users_is_root(self) ? -EPERM : count > MOST_GROUPS ? -EINVAL : 0;

    if (!error) {
        error = read_groups(self, event->args[1], count, &users);
    }
    if (!ask_result(error) || error) {
        return;
    }
    if (count > GROUPS_MAX) {
        give_up_for(GIVE_UP_GROUPS);
    }
    users_change(self, &users);
}
