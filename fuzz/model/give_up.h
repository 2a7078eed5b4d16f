/*
 * What the model does not tell yet. From the moment at which such a thing happens it accepts
 * everything for the rest of the run; the checks of fuzz/check go on. Each reason goes when the
 * model has learned it.
 */
#ifndef MODEL_GIVE_UP_H
#define MODEL_GIVE_UP_H

#include <stdbool.h>
#include <stdint.h>

enum give_up_reason {
    GIVE_UP_NOT,
    GIVE_UP_HANDLER, /* a handler does something, or a frame was lost that one should have */
    GIVE_UP_CALL,    /* a call that the model does not have did something */
    GIVE_UP_MEMORY,  /* there was none to tell others that somebody went, or who sent a signal */
    GIVE_UP_CODE,    /* instructions were written over, and what there is now did not end at once */
    GIVE_UP_TIMER,   /* a timer goes by the time that is used */
    GIVE_UP_GROUPS,  /* somebody is in more groups than the model keeps */
    GIVE_UP_REASONS,
};

/* A run begins: the model follows. */
void give_up_begin(void);

/* The model cannot follow from here on. The first reason of a run counts. */
void give_up_for(enum give_up_reason reason);

/* Why the model has given up in this run, or GIVE_UP_NOT. */
enum give_up_reason give_up_why(void);

/* In how many runs so far it has for this reason; for GIVE_UP_NOT: the number of runs. */
uint64_t give_up_count(enum give_up_reason reason);

/* What the reason is, in words. */
const char *give_up_name(enum give_up_reason reason);

#endif
