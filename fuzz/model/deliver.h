/* Taking signals, when a process is about to go on; signal(7). */
#ifndef MODEL_DELIVER_H
#define MODEL_DELIVER_H

#include "fuzz/model/world.h"

enum delivery {
    DELIVERY_NONE,       /* it goes on with what it was doing */
    DELIVERY_HANDLER,    /* in a handler */
    DELIVERY_INTERRUPTS, /* a signal is to be taken, but its call comes first */
    DELIVERY_STOPS,      /* it is stopped, maybe in a handler */
    DELIVERY_ENDS,       /* it has been asked whether that has ended it */
};

/* Takes what can be taken, before the step that event tells of; in_call: that goes on in a call
 * that has waited. */
enum delivery deliver(struct proc *proc, const struct event *event, bool in_call);

/* What the handler does that is called last, in the same step. */
void deliver_begin_handler(struct proc *proc);

/* Asks what has become of the call in which the process was interrupted, and objects if its stack
 * is not where the last frame is. */
void deliver_ask(const struct proc *proc, enum delivery delivery);

/* Whether the last deliver has called handlers. */
bool deliver_was_handled(void);

/* Whether something would be taken if the process went on. */
bool deliver_would(struct proc *proc);

#endif
