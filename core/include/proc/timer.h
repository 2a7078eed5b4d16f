/*
 * Timers: what is to be done when a clock shows a time. Those of one clock are a set in the order
 * of their times, and of equal times in the order in which they were armed.
 */
#ifndef PROC_TIMER_H
#define PROC_TIMER_H

#include "base/tree.h"
#include "base/types.h"

struct timers {
    struct tree tree;
};

struct timer {
    struct tree_node node;               /* in set->tree, by its time */
    struct timers *set;                  /* in which it is armed; NULL: it is not */
    void (*expire)(struct timer *timer); /* its time has come, and it is not armed any more; may arm
                                            it again, for a later time */
};

void timers_init(struct timers *set);

/* Of a timer that is not armed. */
void timer_init(struct timer *timer, void (*expire)(struct timer *timer));

static inline bool timer_is_armed(const struct timer *timer)
{
    return timer->set;
}

/* Arms a timer that is not. */
void timer_arm(struct timer *timer, struct timers *set, nsec_t when);

/* Takes an armed timer out of its set. */
void timer_disarm(struct timer *timer);

/* When the first of them is due; PLAT_NEVER: there is none. */
nsec_t timers_first(const struct timers *set);

/* What is due now is done, with windows in between. false: nothing is. */
bool timers_expire(struct timers *set, nsec_t now);

#endif
