/*
 * Processes of a Linux kernel that do what they are told, one operation at a time: they are traced,
 * and stand still but for the time of a call.
 *
 * A process that stands is given registers, as a run gives them on Eft (fuzz/run/actor.c), and goes
 * on until its call has ended or waits. Whoever is woken by that goes on at once.
 */
#ifndef REPLAY_LINUX_TRACEE_H
#define REPLAY_LINUX_TRACEE_H

#include <stdbool.h>

#include "fuzz/run/run.h"

struct tracee;

/* Starts with the first process, which has been attached to and stands. */
void tracee_begin(struct run *run, int init);

/* The process with this number if it can be given something to do, or NULL. */
struct tracee *tracee_find_free(int pid);

/* Whether the process with this number is in a call that waits. */
bool tracee_waits(int pid);

/* Gives it an operation, and waits until nobody goes on any more. */
void tracee_do(struct tracee *tracee, unsigned insn, const uint64_t *args);

/* Ends the sleep that would end next. false: nobody sleeps. */
bool tracee_tick(void);

void tracee_kill_all_but_init(void);

/* Waits until nobody goes on any more. */
void tracee_settle(void);

/* Init has ended, and with it everything. */
bool tracee_is_over(void);

/* Why nothing from here on can be compared, or NULL. */
const char *tracee_complaint(void);

/* Ends all that are left. */
void tracee_end(void);

#endif
