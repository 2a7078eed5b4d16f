/*
 * Credentials: who a thread acts for (credentials(7)). They are counted and never changed while
 * they have users: fork shares them, and a call that changes some makes new ones.
 *
 * There are no capabilities: whose effective user is 0 may do everything, and so may, with files,
 * whose file system user is 0.
 */
#ifndef PROC_CRED_H
#define PROC_CRED_H

#include "base/list.h"
#include "base/types.h"

enum { CRED_GROUPS_MAX = 65536 };

#define CRED_NOBODY UINT32_MAX /* as -1 in calls; no ID is that */

/* The IDs of a user, or of a group. */
struct cred_ids {
    uint32_t real;
    uint32_t effective;
    uint32_t saved;
    uint32_t fs; /* that files are looked at with; setfsuid(2) */
};

enum { CRED_CHUNK = 1000 };

struct cred_chunk {
    uint32_t ids[CRED_CHUNK];
};

/* Supplementary groups, in the order of their numbers. */
struct cred_groups {
    struct list link; /* on the list of all */
    unsigned users;   /* struct cred */
    unsigned seen;    /* users that a check has counted */
    unsigned count;
    struct cred_chunk *chunks[(CRED_GROUPS_MAX + CRED_CHUNK - 1) / CRED_CHUNK];
};

struct cred {
    struct list link; /* on the list of all */
    unsigned users;   /* threads, and processes whose thread with their number has ended */
    unsigned seen;    /* users that a check has counted */
    struct cred_ids user;
    struct cred_ids group;
    struct cred_groups *groups; /* NULL: none */
};

void cred_init(void);

/* Those of the first process: all IDs are 0. NULL: no memory. */
MUST_CHECK struct cred *cred_create(void);

/* New ones with the same contents, to be changed while nobody else has them. NULL: no memory. */
MUST_CHECK struct cred *cred_copy(const struct cred *cred);

/* One user more, and one less. */
struct cred *cred_get(struct cred *cred);
void cred_put(struct cred *cred);

/* Takes other groups, which are new ones, or NULL. */
void cred_set_groups(struct cred *cred, struct cred_groups *groups);

/* Room for that many groups, which are to be set and sorted; count: 1 to CRED_GROUPS_MAX. NULL: no
 * memory. */
MUST_CHECK struct cred_groups *cred_groups_create(unsigned count);

/* Gives back those that no credentials have. */
void cred_groups_destroy(struct cred_groups *groups);

/* The place of one of them. */
uint32_t *cred_groups_at(struct cred_groups *groups, unsigned index);

void cred_groups_sort(struct cred_groups *groups);

/* It may do everything but to files. */
static inline bool cred_is_privileged(const struct cred *cred)
{
    return cred->user.effective == 0;
}

/* Whether a file's group is one of its own. */
bool cred_is_in_group(const struct cred *cred, uint32_t group);

/* kill(2): one's real or effective user is the other's real or saved one. */
bool cred_may_signal(const struct cred *cred, const struct cred *other);

/* sched(7): one's effective user is the other's real or effective one. */
bool cred_may_schedule(const struct cred *cred, const struct cred *other);

/* prlimit(2), get_robust_list(2): one's real IDs are all of the other's. */
bool cred_may_limit(const struct cred *cred, const struct cred *other);

/* All, by their links. */
const struct list *cred_all(void);
const struct list *cred_all_groups(void);

/* To be said for each user; then cred_check_all, when all have been counted. Panics if a count is
 * wrong. */
void cred_see(struct cred *cred);
void cred_check_all(void);

#endif
