#include "proc/sched_rr.h"

static struct {
    struct list queue; /* first in, first out */
    unsigned count;
} rr;

static void rr_init(void)
{
    list_init(&rr.queue);
    rr.count = 0;
}

static void rr_add(struct thread *thread)
{
    list_append(&rr.queue, &thread->run_link);
    rr.count++;
}

static void rr_remove(struct thread *thread)
{
    list_remove(&thread->run_link);
    rr.count--;
}

static struct thread *rr_next(const struct thread *thread)
{
    const struct list *link = thread ? &thread->run_link : &rr.queue;

    return link->next == &rr.queue ? NULL : CONTAINER_OF(link->next, struct thread, run_link);
}

static struct thread *rr_decide(struct thread *keep)
{
    unsigned kept = keep ? 1 : 0;
    unsigned choice = plat_choose(PLAT_CHOOSE_THREAD, kept + rr.count);

    if (choice < kept) {
        return keep;
    }
    struct thread *thread = rr_next(NULL);
    for (unsigned i = kept; i < choice; i++) {
        thread = rr_next(thread);
    }
    return thread;
}

const struct sched_policy sched_rr = {
    .name = "rr",
    .init = rr_init,
    .add = rr_add,
    .remove = rr_remove,
    .decide = rr_decide,
    .next = rr_next,
};
