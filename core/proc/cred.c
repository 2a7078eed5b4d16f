#include "proc/cred.h"

#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"

static struct {
    struct pool creds;
    struct pool groups;
    struct pool chunks;
    struct list all_creds;
    struct list all_groups;
} state;

void cred_init(void)
{
    pool_init(&state.creds, "cred", sizeof(struct cred));
    pool_init(&state.groups, "groups", sizeof(struct cred_groups));
    pool_init(&state.chunks, "group", sizeof(struct cred_chunk));
    list_init(&state.all_creds);
    list_init(&state.all_groups);
}

struct cred *cred_create(void)
{
    struct cred *made = pool_alloc(&state.creds);

    if (made) {
        made->users = 1;
        list_init(&made->link);
        list_append(&state.all_creds, &made->link);
    }
    return made;
}

struct cred *cred_copy(const struct cred *cred)
{
    struct cred *made = cred_create();

    if (made) {
        made->user = cred->user;
        made->group = cred->group;
        made->groups = cred->groups;
        if (made->groups) {
            made->groups->users++;
        }
    }
    return made;
}

struct cred *cred_get(struct cred *cred)
{
    ASSERT(cred->users > 0);
    cred->users++;
    return cred;
}

static void groups_put(struct cred_groups *groups)
{
    ASSERT(groups->users > 0);
    if (--groups->users == 0) {
        cred_groups_destroy(groups);
    }
}

void cred_put(struct cred *cred)
{
    ASSERT(cred->users > 0);
    if (--cred->users > 0) {
        return;
    }
    if (cred->groups) {
        groups_put(cred->groups);
    }
    list_remove(&cred->link);
    pool_free(&state.creds, cred);
}

void cred_set_groups(struct cred *cred, struct cred_groups *groups)
{
    ASSERT(cred->users == 1);
    if (cred->groups) {
        groups_put(cred->groups);
    }
    cred->groups = groups;
    if (groups) {
        ASSERT(groups->users == 0);
        groups->users = 1;
    }
}

/* ---- groups ---- */

struct cred_groups *cred_groups_create(unsigned count)
{
    struct cred_groups *made = pool_alloc(&state.groups);

    ASSERT(count >= 1 && count <= CRED_GROUPS_MAX);
    if (!made) {
        return NULL;
    }
    made->count = count;
    list_init(&made->link);
    list_append(&state.all_groups, &made->link);
    for (unsigned i = 0; i < ARRAY_LEN(made->chunks) && i * CRED_CHUNK < count; i++) {
        made->chunks[i] = pool_alloc(&state.chunks);
        if (!made->chunks[i]) {
            cred_groups_destroy(made);
            return NULL;
        }
        plat_irq_window();
    }
    return made;
}

void cred_groups_destroy(struct cred_groups *groups)
{
    ASSERT(groups->users == 0);
    for (unsigned i = 0; i < ARRAY_LEN(groups->chunks) && groups->chunks[i]; i++) {
        pool_free(&state.chunks, groups->chunks[i]);
        plat_irq_window();
    }
    list_remove(&groups->link);
    pool_free(&state.groups, groups);
}

uint32_t *cred_groups_at(struct cred_groups *groups, unsigned index)
{
    ASSERT(index < groups->count);
    return &groups->chunks[index / CRED_CHUNK]->ids[index % CRED_CHUNK];
}

/* The group at a place of a heap that ends before a place goes below all that are greater. */
static void sink(struct cred_groups *groups, unsigned at, unsigned end)
{
    const uint32_t sinking = *cred_groups_at(groups, at);

    for (unsigned child = 2 * at + 1; child < end; child = 2 * at + 1) {
        if (child + 1 < end &&
            *cred_groups_at(groups, child + 1) > *cred_groups_at(groups, child)) {
            child++;
        }
        if (*cred_groups_at(groups, child) <= sinking) {
            break;
        }
        *cred_groups_at(groups, at) = *cred_groups_at(groups, child);
        at = child;
    }
    *cred_groups_at(groups, at) = sinking;
}

/* Heapsort: in place, and as fast whatever the program gives. */
void cred_groups_sort(struct cred_groups *groups)
{
    for (unsigned i = groups->count / 2; i-- > 0;) {
        sink(groups, i, groups->count);
        plat_irq_window();
    }
    for (unsigned end = groups->count - 1; end > 0; end--) {
        uint32_t greatest = *cred_groups_at(groups, 0);
        *cred_groups_at(groups, 0) = *cred_groups_at(groups, end);
        *cred_groups_at(groups, end) = greatest;
        sink(groups, 0, end);
        plat_irq_window();
    }
}

static bool has_group(struct cred_groups *groups, uint32_t group)
{
    unsigned low = 0;
    unsigned high = groups->count;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        if (*cred_groups_at(groups, middle) < group) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < groups->count && *cred_groups_at(groups, low) == group;
}

bool cred_is_in_group(const struct cred *cred, uint32_t group)
{
    return cred->group.fs == group || (cred->groups && has_group(cred->groups, group));
}

/* ---- what one may do to another ---- */

bool cred_may_signal(const struct cred *cred, const struct cred *other)
{
    const struct cred_ids *own = &cred->user;
    uint32_t real = other->user.real;
    uint32_t saved = PLANTED(USR_2) ? other->user.effective : other->user.saved;

    return cred_is_privileged(cred) || own->effective == saved || own->effective == real ||
           own->real == saved || own->real == real;
}

bool cred_may_schedule(const struct cred *cred, const struct cred *other)
{
    return cred_is_privileged(cred) || cred->user.effective == other->user.effective ||
           cred->user.effective == other->user.real;
}

static bool are_all(const struct cred_ids *ids, uint32_t id)
{
    return ids->real == id && ids->effective == id && ids->saved == id;
}

bool cred_may_limit(const struct cred *cred, const struct cred *other)
{
    return cred_is_privileged(cred) ||
           (are_all(&other->user, cred->user.real) && are_all(&other->group, cred->group.real));
}

/* ---- checks ---- */

const struct list *cred_all(void)
{
    return &state.all_creds;
}

const struct list *cred_all_groups(void)
{
    return &state.all_groups;
}

void cred_see(struct cred *cred)
{
    cred->seen++;
}

static void check_groups(struct cred_groups *groups)
{
    ASSERT(groups->users == groups->seen);
    groups->seen = 0;
    for (unsigned i = 1; i < groups->count; i++) {
        ASSERT(*cred_groups_at(groups, i - 1) <= *cred_groups_at(groups, i));
    }
}

void cred_check_all(void)
{
    size_t creds = 0;
    size_t groups = 0;
    size_t chunks = 0;

    LIST_FOR(link, &state.all_creds) {
        struct cred *cred = CONTAINER_OF(link, struct cred, link);
        ASSERT(cred->users == cred->seen);
        cred->seen = 0;
        if (cred->groups) {
            cred->groups->seen++;
        }
        creds++;
    }
    LIST_FOR(link, &state.all_groups) {
        struct cred_groups *own = CONTAINER_OF(link, struct cred_groups, link);
        check_groups(own);
        groups++;
        chunks += (own->count + CRED_CHUNK - 1) / CRED_CHUNK;
    }
    ASSERT(creds == state.creds.used);
    ASSERT(groups == state.groups.used);
    ASSERT(chunks == state.chunks.used);
    pool_check(&state.creds);
    pool_check(&state.groups);
    pool_check(&state.chunks);
}
