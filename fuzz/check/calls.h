/*
 * What calls give and what they leave alone: a failed call, and one that waits, has changed nothing
 * that anybody can observe, and errors are those that the call may give.
 */
#ifndef CHECK_CALLS_H
#define CHECK_CALLS_H

#include "base/types.h"
#include "fuzz/run/event.h"

void calls_begin(void);

/* A thread is about to make a call, or to make it again; EVENT_NO_CALL: to do something else. If
 * it was about to before, and nothing was told of since, a page fault came first: that changes
 * nothing either. */
void calls_before(int tid, uint32_t nr);

/* Behind it, when the space of who made it has been followed. */
void calls_after(const struct event *event);

#endif
