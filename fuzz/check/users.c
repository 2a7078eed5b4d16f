#include "fuzz/check/users.h"

#include "fuzz/check/checks.h"
#include "fuzz/check/tally.h"
#include "proc/posix_timer.h"

static struct tally seen;

static void count_creds(void)
{
    LOOK_PROCESSES(process) {
        if (process->zombie_cred) {
            tally_add(&seen, process->zombie_cred);
        }
        LOOK_THREADS(thread, process) {
            tally_add(&seen, thread->cred);
        }
    }
    LIST_FOR(link, cred_all()) {
        const struct cred *cred = CONTAINER_OF(link, struct cred, link);
        if (cred->groups) {
            tally_add(&seen, cred->groups);
        }
    }
}

/* Whom the signals in a queue are charged to, but for timers', which have theirs anyway. */
static void count_charged(const struct pending *pending)
{
    LIST_FOR(link, &pending->queue) {
        const struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        if (!info->timer) {
            tally_add(&seen, info->user);
        }
    }
}

static void count_signals(void)
{
    LOOK_PROCESSES(process) {
        count_charged(&process->signals.pending);
        count_charged(&process->zombie_pending);
        if (process->state != PROCESS_LIVE) {
            continue;
        }
        LOOK_THREADS(thread, process) {
            count_charged(&thread->pending);
        }
        LIST_FOR(link, &process->posix_timers) {
            tally_add(&seen, CONTAINER_OF(link, struct posix_timer, link)->signal->user);
        }
    }
}

static void check_charges(void)
{
    for (const struct tree_node *node = look_first(pending_users()); node; node = look_next(node)) {
        const struct pending_user *user = CONTAINER_OF(node, struct pending_user, node);
        unsigned count = tally_count(&seen, user);
        CHECK_THAT(PROCESS_NUMBERS, user->count == count,
                   "user %lu counts %lu signals, and is charged for %u", (unsigned long)node->key,
                   (unsigned long)user->count, count);
    }
}

static void count_users(void)
{
    LOOK_PROCESSES(process) {
        if (process->state == PROCESS_LIVE) {
            tally_add(&seen, process->space);
            if (tally_add(&seen, process->signals.actions) == 0 &&
                process->signals.actions->table) {
                tally_add(&seen, process->signals.actions->table);
            }
        }
    }
}

static void count_regions(void)
{
    LIST_FOR(link, space_all()) {
        const struct space *space = CONTAINER_OF(link, struct space, link);
        LOOK_REGIONS(region, space) {
            if (region->shared) {
                tally_add(&seen, region->shared);
            }
        }
    }
}

void users_check(void)
{
    tally_begin(&seen);
    count_users();
    count_regions();
    count_creds();
    count_signals();
    LIST_FOR(link, space_all()) {
        const struct space *space = CONTAINER_OF(link, struct space, link);
        unsigned users = tally_count(&seen, space);
        CHECK_THAT(PROCESS_NUMBERS, space->users == users, "a space counts %u users, and has %u",
                   space->users, users);
    }
    LIST_FOR(link, shared_all()) {
        const struct shared *object = CONTAINER_OF(link, struct shared, link);
        unsigned users = tally_count(&seen, object);
        CHECK_THAT(PROCESS_NUMBERS, object->refs == users,
                   "a shared object counts %u references, and %u regions name it", object->refs,
                   users);
    }
    LIST_FOR(link, signal_all_actions()) {
        const struct signal_actions *actions = CONTAINER_OF(link, struct signal_actions, link);
        unsigned users = tally_count(&seen, actions);
        CHECK_THAT(PROCESS_NUMBERS, actions->users == users,
                   "actions for signals count %u users, and have %u", actions->users, users);
    }
    LIST_FOR(link, signal_tables()) {
        const struct signal_table *table = CONTAINER_OF(link, struct signal_table, link);
        unsigned users = tally_count(&seen, table);
        CHECK_THAT(PROCESS_NUMBERS, table->users == users,
                   "a table of actions counts %u users, and has %u", table->users, users);
    }
    LIST_FOR(link, cred_all()) {
        const struct cred *cred = CONTAINER_OF(link, struct cred, link);
        unsigned users = tally_count(&seen, cred);
        CHECK_THAT(PROCESS_NUMBERS, cred->users == users, "credentials count %u users, and have %u",
                   cred->users, users);
    }
    LIST_FOR(link, cred_all_groups()) {
        const struct cred_groups *groups = CONTAINER_OF(link, struct cred_groups, link);
        unsigned users = tally_count(&seen, groups);
        CHECK_THAT(PROCESS_NUMBERS, groups->users == users,
                   "a list of groups counts %u users, and has %u", groups->users, users);
    }
    check_charges();
}
