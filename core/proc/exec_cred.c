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

static bool acts_for_another(const struct cred *cred)
{
    return cred->user.effective != cred->user.real || cred->group.effective != cred->group.real;
}

/* As on Linux who gains nothing is root no more either, if that is not the real user. */
int exec_cred_find(struct cred *cred, const struct ramfs_node *file, enum exec_gain gain,
                   struct exec_cred *made)
{
    bool is_kept =
        gain == EXEC_GAINS_NOTHING || (gain == EXEC_GAINS_FOR_ROOT && !cred_is_privileged(cred));
    struct cred wanted = *cred;

    if (file && gain != EXEC_GAINS_NOTHING) {
        take_from_file(&wanted, file);
    }
    made->is_secure = acts_for_another(&wanted);
    if (is_kept) {
        wanted.user.effective = wanted.user.real;
        wanted.group.effective = wanted.group.real;
    }
    bool is_same = wanted.user.effective == cred->user.effective &&
                   wanted.group.effective == cred->group.effective;
    if (is_same && is_settled(&cred->user) && is_settled(&cred->group)) {
        made->cred = cred_get(cred);
        return 0;
    }
    made->cred = cred_copy(cred);
    if (!made->cred) {
        return -ENOMEM;
    }
    made->cred->user = wanted.user;
    made->cred->group = wanted.group;
    settle(&made->cred->user);
    settle(&made->cred->group);
    return 0;
}

/* What another process could change under it is the directory that it is in. */
enum exec_gain exec_cred_gain(const struct thread *thread)
{
    unsigned own = 0;

    if (thread->no_new_privs) {
        return EXEC_GAINS_NOTHING;
    }
    LIST_FOR(link, &thread->process->threads) {
        own += CONTAINER_OF(link, struct thread, process_link)->fs == thread->fs;
        plat_irq_window();
    }
    return thread->fs->users == own ? EXEC_MAY_GAIN : EXEC_GAINS_FOR_ROOT;
}

void exec_cred_take(struct thread *thread, const struct exec_cred *made)
{
    struct abi_rlimit *limit = &thread->process->limits[RLIMIT_STACK];

    if (made->is_secure) {
        thread->death_signal = 0;
        limit->rlim_cur = min_u64(limit->rlim_cur, SECURE_STACK_LIMIT);
    }
    thread->exceeds_nproc = false;
    thread_set_cred(thread, made->cred);
}
