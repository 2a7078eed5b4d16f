/*
 * Runs inputs in a process of their own, so that whatever is found, a sanitizer's report too, ends
 * that and not the caller.
 */
#ifndef DRIVER_ATTEMPT_H
#define DRIVER_ATTEMPT_H

#include "fuzz/model/give_up.h"
#include "fuzz/run/run.h"

/* What has been found, and by which input. */
struct attempt {
    bool is_found;
    char check[64];
    char details[400];
    struct input input;
    uint64_t executions; /* until then */
    uint64_t events;
    double cpu_seconds;
    double mean_allowed;                /* results that the model would have allowed, of an event */
    uint64_t given_up[GIVE_UP_REASONS]; /* runs in which the model has; at GIVE_UP_NOT: all */
    enum give_up_reason why;            /* it had in the last one, or GIVE_UP_NOT */
    struct outcome outcomes[INPUT_INSNS_MAX]; /* of the last one */
};

/* Calls next for one input after the other, false being the end, and runs them. Quiet: what a
 * sanitizer prints goes nowhere. Gives what was found first. */
void attempt_all(struct attempt *attempt, bool (*next)(void *context, struct input *input),
                 void *context, unsigned watch, bool is_quiet);

/* The name of what has ended a process that runs inputs and has not said so itself. */
const char *attempt_name_of_end(int wait_status);

/* Runs one; true: something was found. */
bool attempt_one(struct attempt *attempt, const struct input *input, unsigned watch);

#endif
