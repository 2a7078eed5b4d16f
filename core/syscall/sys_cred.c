/* Users and groups: setuid, setreuid, setresuid, setfsuid and the same of groups, setgroups, and
 * those that get them. As on Linux they are each thread's own; libraries see to that all threads of
 * a process have the same. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/uaccess.h"
#include "proc/process.h"

int64_t sys_getuid(struct thread *thread, const uint64_t *args)
{
    (void)args;
    return thread->cred->user.real;
}

int64_t sys_geteuid(struct thread *thread, const uint64_t *args)
{
    (void)args;
    return thread->cred->user.effective;
}

int64_t sys_getgid(struct thread *thread, const uint64_t *args)
{
    (void)args;
    return thread->cred->group.real;
}

int64_t sys_getegid(struct thread *thread, const uint64_t *args)
{
    (void)args;
    return thread->cred->group.effective;
}

static int write_ids(const struct cred_ids *ids, const uint64_t *args)
{
    const uint32_t told[] = {ids->real, ids->effective, ids->saved};

    for (unsigned i = 0; i < ARRAY_LEN(told); i++) {
        int error = user_prepare_write(args[i], sizeof(told[i]));
        if (error) {
            return error;
        }
    }
    for (unsigned i = 0; i < ARRAY_LEN(told); i++) {
        int error = user_write(args[i], &told[i], sizeof(told[i]));
        ASSERT(error == 0); /* it was prepared */
    }
    return 0;
}

int64_t sys_getresuid(struct thread *thread, const uint64_t *args)
{
    return write_ids(&thread->cred->user, args);
}

int64_t sys_getresgid(struct thread *thread, const uint64_t *args)
{
    return write_ids(&thread->cred->group, args);
}

/* ---- the rules, the same for users and groups: what the IDs become, or -EPERM ---- */

static bool is_wanted(uint32_t id)
{
    return id != CRED_NOBODY;
}

/* setuid(2) */
static int set_one(struct cred_ids *ids, uint32_t id, bool is_privileged)
{
    if (!is_privileged && id != ids->real && id != ids->saved) {
        return -EPERM;
    }
    if (is_privileged) {
        ids->real = id;
        ids->saved = id;
    }
    ids->effective = id;
    ids->fs = id;
    return 0;
}

/* setreuid(2) */
static int set_two(struct cred_ids *ids, uint32_t real, uint32_t effective, bool is_privileged)
{
    const struct cred_ids old = *ids;

    if (is_wanted(real)) {
        if (!is_privileged && real != old.real && real != old.effective) {
            return -EPERM;
        }
        ids->real = real;
    }
    if (is_wanted(effective)) {
        if (!is_privileged && effective != old.real && effective != old.effective &&
            effective != old.saved) {
            return -EPERM;
        }
        ids->effective = effective;
    }
    if (is_wanted(real) || (is_wanted(effective) && effective != old.real)) {
        ids->saved = ids->effective;
    }
    ids->fs = ids->effective;
    return 0;
}

/* Whether one of the three IDs may become this. */
static bool is_one_of(const struct cred_ids *ids, uint32_t id)
{
    return !is_wanted(id) || id == ids->real || id == ids->effective || id == ids->saved;
}

/* Whether nothing is asked for but what is so: then the file system's ID stays, too. */
static bool is_so(const struct cred_ids *ids, const uint32_t *wanted)
{
    return (!is_wanted(wanted[0]) || wanted[0] == ids->real) &&
           (!is_wanted(wanted[1]) || (wanted[1] == ids->effective && wanted[1] == ids->fs)) &&
           (!is_wanted(wanted[2]) || wanted[2] == ids->saved);
}

/* setresuid(2) */
static int set_three(struct cred_ids *ids, const uint64_t *args, bool is_privileged)
{
    const uint32_t wanted[] = {(uint32_t)args[0], (uint32_t)args[1], (uint32_t)args[2]};
    const struct cred_ids old = *ids;

    if (is_so(&old, wanted)) {
        return 0;
    }
    for (unsigned i = 0; i < ARRAY_LEN(wanted); i++) {
        if (!is_privileged && !is_one_of(&old, wanted[i])) {
            return -EPERM;
        }
    }
    ids->real = is_wanted(wanted[0]) ? wanted[0] : old.real;
    ids->effective = is_wanted(wanted[1]) ? wanted[1] : old.effective;
    ids->saved = is_wanted(wanted[2]) ? wanted[2] : old.saved;
    ids->fs = ids->effective;
    return 0;
}

/* ---- the calls ---- */

/* The thread has other IDs from now on. -ENOMEM. */
static int take_ids(struct thread *thread, const struct cred_ids *user,
                    const struct cred_ids *group)
{
    struct cred *made = cred_copy(thread->cred);

    if (!made) {
        return -ENOMEM;
    }
    made->user = *user;
    made->group = *group;
    thread_set_cred(thread, made);
    return 0;
}

static int take_user(struct thread *thread, const struct cred_ids *user)
{
    return take_ids(thread, user, &thread->cred->group);
}

static int take_group(struct thread *thread, const struct cred_ids *group)
{
    return take_ids(thread, &thread->cred->user, group);
}

int64_t sys_setuid(struct thread *thread, const uint64_t *args)
{
    struct cred_ids ids = thread->cred->user;
    uint32_t id = (uint32_t)args[0];
    int error = is_wanted(id) ? set_one(&ids, id, cred_is_privileged(thread->cred)) : -EINVAL;

    return error ? error : take_user(thread, &ids);
}

int64_t sys_setgid(struct thread *thread, const uint64_t *args)
{
    struct cred_ids ids = thread->cred->group;
    uint32_t id = (uint32_t)args[0];
    int error = is_wanted(id) ? set_one(&ids, id, cred_is_privileged(thread->cred)) : -EINVAL;

    return error ? error : take_group(thread, &ids);
}

int64_t sys_setreuid(struct thread *thread, const uint64_t *args)
{
    struct cred_ids ids = thread->cred->user;
    int error =
        set_two(&ids, (uint32_t)args[0], (uint32_t)args[1], cred_is_privileged(thread->cred));

    return error ? error : take_user(thread, &ids);
}

int64_t sys_setregid(struct thread *thread, const uint64_t *args)
{
    struct cred_ids ids = thread->cred->group;
    int error =
        set_two(&ids, (uint32_t)args[0], (uint32_t)args[1], cred_is_privileged(thread->cred));

    return error ? error : take_group(thread, &ids);
}

int64_t sys_setresuid(struct thread *thread, const uint64_t *args)
{
    struct cred_ids ids = thread->cred->user;
    int error = set_three(&ids, args, cred_is_privileged(thread->cred));

    return error ? error : take_user(thread, &ids);
}

int64_t sys_setresgid(struct thread *thread, const uint64_t *args)
{
    struct cred_ids ids = thread->cred->group;
    int error = set_three(&ids, args, cred_is_privileged(thread->cred));

    return error ? error : take_group(thread, &ids);
}

/* Whether the file system's ID may become this, and does not have it. */
static bool may_be_fs(const struct thread *thread, const struct cred_ids *ids, uint32_t id)
{
    return is_wanted(id) && id != ids->fs &&
           (cred_is_privileged(thread->cred) || is_one_of(ids, id));
}

/* Gives the ID that there was, whatever becomes of it, and no error (setfsuid(2)). */
int64_t sys_setfsuid(struct thread *thread, const uint64_t *args)
{
    const struct cred_ids old = thread->cred->user;
    struct cred_ids ids = old;

    ids.fs = (uint32_t)args[0];
    if (may_be_fs(thread, &old, ids.fs)) {
        (void)take_user(thread, &ids);
    }
    return old.fs;
}

int64_t sys_setfsgid(struct thread *thread, const uint64_t *args)
{
    const struct cred_ids old = thread->cred->group;
    struct cred_ids ids = old;

    ids.fs = (uint32_t)args[0];
    if (may_be_fs(thread, &old, ids.fs)) {
        (void)take_group(thread, &ids);
    }
    return old.fs;
}

/* ---- supplementary groups ---- */

/* Their order in memory is that of their numbers. */
int64_t sys_getgroups(struct thread *thread, const uint64_t *args)
{
    struct cred_groups *groups = thread->cred->groups;
    unsigned count = groups ? groups->count : 0;
    int size = (int)args[0];

    if (size < 0 || (size > 0 && count > (unsigned)size)) {
        return -EINVAL;
    }
    if (size == 0 || count == 0) {
        return count;
    }
    int error = user_prepare_write(args[1], count * sizeof(uint32_t));
    for (unsigned i = 0; i < count && !error; i += CRED_CHUNK) {
        uint64_t chunk = min_u64(count - i, CRED_CHUNK);
        error = user_write(args[1] + i * sizeof(uint32_t), groups->chunks[i / CRED_CHUNK]->ids,
                           chunk * sizeof(uint32_t));
    }
    return error ? error : (int64_t)count;
}

/* -EFAULT; -EINVAL: no group has this number. */
static int read_groups(struct cred_groups *groups, uaddr_t from)
{
    for (unsigned i = 0; i < groups->count; i++) {
        uint32_t *group = cred_groups_at(groups, i);
        int error = user_read(group, from + i * sizeof(*group), sizeof(*group));
        if (error) {
            return error;
        }
        if (*group == CRED_NOBODY) {
            return -EINVAL;
        }
        plat_irq_window();
    }
    return 0;
}

int64_t sys_setgroups(struct thread *thread, const uint64_t *args)
{
    unsigned count = (unsigned)args[0];
    struct cred_groups *groups = NULL;
    struct cred *made = NULL;
    int error = 0;

    if (!cred_is_privileged(thread->cred)) {
        return -EPERM;
    }
    if (count > CRED_GROUPS_MAX) {
        return -EINVAL;
    }
    if (count > 0) {
        groups = cred_groups_create(count);
        error = groups ? read_groups(groups, args[1]) : -ENOMEM;
    }
    if (!error) {
        made = cred_copy(thread->cred);
        error = made ? 0 : -ENOMEM;
    }
    if (error) {
        if (groups) {
            cred_groups_destroy(groups);
        }
        return error;
    }
    if (groups) {
        cred_groups_sort(groups);
    }
    cred_set_groups(made, groups);
    thread_set_cred(thread, made);
    return 0;
}
