#include "proc/sched_priority.h"

#include "abi/linux.h"

enum { LEVELS = NICE_MAX - NICE_MIN + 1 };

static struct {
    struct list queues[LEVELS]; /* each first in, first out */
    unsigned counts[LEVELS];
    uint64_t ready; /* bit n: somebody waits at level n; the lowest runs */
} levels;

static unsigned level_of(const struct thread *thread)
{
    return (unsigned)(thread->nice - NICE_MIN);
}

static void priority_init(void)
{
    for (unsigned i = 0; i < LEVELS; i++) {
        list_init(&levels.queues[i]);
        levels.counts[i] = 0;
    }
    levels.ready = 0;
}

static void priority_add(struct thread *thread)
{
    unsigned level = level_of(thread);

    list_append(&levels.queues[level], &thread->run_link);
    levels.counts[level]++;
    levels.ready |= (uint64_t)1 << level;
}

static void priority_remove(struct thread *thread)
{
    unsigned level = level_of(thread);

    list_remove(&thread->run_link);
    levels.counts[level]--;
    if (levels.counts[level] == 0) {
        levels.ready &= ~((uint64_t)1 << level);
    }
}

/* The first of the levels from this one on that has anybody. */
static struct thread *first_from(unsigned level)
{
    for (; level < LEVELS; level++) {
        if (levels.counts[level] > 0) {
            return CONTAINER_OF(levels.queues[level].next, struct thread, run_link);
        }
    }
    return NULL;
}

static struct thread *priority_next(const struct thread *thread)
{
    unsigned level = thread ? level_of(thread) : 0;

    if (!thread || thread->run_link.next == &levels.queues[level]) {
        return first_from(thread ? level + 1 : 0);
    }
    return CONTAINER_OF(thread->run_link.next, struct thread, run_link);
}

static struct thread *priority_decide(struct thread *keep)
{
    unsigned best = levels.ready ? (unsigned)__builtin_ctzll(levels.ready) : LEVELS;

    if (keep && level_of(keep) < best) {
        return keep;
    }
    unsigned kept = keep && level_of(keep) == best ? 1 : 0;
    unsigned choice = plat_choose(PLAT_CHOOSE_THREAD, kept + levels.counts[best]);
    if (choice < kept) {
        return keep;
    }
    struct thread *thread = first_from(best);
    for (unsigned i = kept; i < choice; i++) {
        thread = priority_next(thread);
    }
    return thread;
}

const struct sched_policy sched_priority = {
    .name = "priority",
    .init = priority_init,
    .add = priority_add,
    .remove = priority_remove,
    .decide = priority_decide,
    .next = priority_next,
};
