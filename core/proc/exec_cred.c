#include "proc/exec_cred.h"

#include "abi/errno.h"
#include "fs/ramfs.h"
#include "proc/process.h"

#define SECURE_STACK_LIMIT ((uint64_t)8 << 20)

/* The effective IDs, as the file says. */
static void take_from_file(struct cred *cred, const struct ramfs_node *file)
{
    const uint32_t of_group = RAMFS_SET_GROUP | RAMFS_GROUP_EXECUTES;

    if (file->mode & RAMFS_SET_USER) {
        cred->user.effective = file->user;
    }
    if ((file->mode & of_group) == of_group) {
        cred->group.effective = file->group;
    }
}

static bool is_settled(const struct cred_ids *ids)
{
    return ids->saved == ids->effective && ids->fs == ids->effective;
}

static void settle(struct cred_ids *ids)
{
    ids->saved = ids->effective;
    ids->fs = ids->effective;
}

int exec_cred_find(struct cred *cred, const struct ramfs_node *file, bool may_gain,
                   struct cred **made)
{
    struct cred wanted = *cred;

    if (file) {
        take_from_file(&wanted, file);
    }
    if (!may_gain && exec_cred_is_secure(&wanted) && !cred_is_privileged(cred)) {
        wanted.user.effective = wanted.user.real;
        wanted.group.effective = wanted.group.real;
    }
    bool is_same = wanted.user.effective == cred->user.effective &&
                   wanted.group.effective == cred->group.effective;
    if (is_same && is_settled(&cred->user) && is_settled(&cred->group)) {
        *made = cred_get(cred);
        return 0;
    }
    *made = cred_copy(cred);
    if (!*made) {
        return -ENOMEM;
    }
    (*made)->user = wanted.user;
    (*made)->group = wanted.group;
    settle(&(*made)->user);
    settle(&(*made)->group);
    return 0;
}

/* What another process could change under it is the directory that it is in. */
bool exec_cred_may_gain(const struct thread *thread)
{
    unsigned own = 0;

    LIST_FOR(link, &thread->process->threads) {
        own += CONTAINER_OF(link, struct thread, process_link)->fs == thread->fs;
        plat_irq_window();
    }
    return thread->fs->users == own;
}

void exec_cred_take(struct thread *thread, struct cred *cred)
{
    struct abi_rlimit *limit = &thread->process->limits[RLIMIT_STACK];

    if (exec_cred_is_secure(cred)) {
        thread->death_signal = 0;
        limit->rlim_cur = min_u64(limit->rlim_cur, SECURE_STACK_LIMIT);
    }
    thread->exceeds_nproc = false;
    thread_set_cred(thread, cred);
}
