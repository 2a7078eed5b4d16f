/*
 * What must be true of the kernel between any two steps, each with a name: see check.def.
 *
 * Compiled without sanitizers and without coverage, and reads core's structures as they are.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "fuzz/run/event.h"

/* A bit for each line of check.def; all are on at first. */
extern uint64_t check_enabled;

/* The name of a check, NULL behind the last, and back; -1: no such check. */
const char *check_name(unsigned check);
int check_find(const char *name);

/* The machine has just been booted or restored. */
void check_begin(void);

/* A thread is about to make a call (a rerun too): what it could change is looked at. */
void check_before(int tid, uint32_t nr);

/* Behind each step; calls finding() with the name of the check. Looks at what has changed, now and
 * then at everything. */
void check_after(const struct event *event);

/* At the end of the program, with everything at rest; then when all processes have ended. */
void check_at_rest(void);
void check_at_end(void);

/* Looks at everything now. */
void check_all(void);

#endif
