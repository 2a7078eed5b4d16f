#include "proc/timer.h"

#include "base/panic.h"
#include "platform/platform.h"

void timers_init(struct timers *set)
{
    tree_init(&set->tree);
}

void timer_init(struct timer *timer, void (*expire)(struct timer *timer))
{
    timer->set = NULL;
    timer->expire = expire;
}

void timer_arm(struct timer *timer, struct timers *set, nsec_t when)
{
    ASSERT(!timer->set);
    timer->set = set;
    tree_insert(&set->tree, &timer->node, when);
}

void timer_disarm(struct timer *timer)
{
    ASSERT(timer->set);
    tree_remove(&timer->set->tree, &timer->node);
    timer->set = NULL;
}

nsec_t timers_first(const struct timers *set)
{
    const struct tree_node *node = tree_first(&set->tree);

    return node ? node->key : PLAT_NEVER;
}

bool timers_expire(struct timers *set, nsec_t now)
{
    enum { BETWEEN_WINDOWS = 16 };
    unsigned count = 0;

    for (struct tree_node *node = tree_first(&set->tree); node && node->key <= now;
         node = tree_first(&set->tree)) {
        struct timer *timer = CONTAINER_OF(node, struct timer, node);
        timer_disarm(timer);
        timer->expire(timer);
        ASSERT(!timer->set || timer->node.key > now);
        if (++count % BETWEEN_WINDOWS == 0) {
            plat_irq_window();
        }
    }
    return count > 0;
}
