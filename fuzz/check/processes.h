/* Who is whose parent, and which numbers are in use. */
#ifndef CHECK_PROCESSES_H
#define CHECK_PROCESSES_H

#include "fuzz/run/event.h"

/* Looks at all processes. */
void processes_check(void);

/* Behind a call: if it was a wait for somebody, that one is gone. */
void processes_check_waited(const struct event *event);

#endif
