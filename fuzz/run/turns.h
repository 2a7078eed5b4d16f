/*
 * Whose turn it is: the order in which a run's instructions begin and its threads go on.
 */
#ifndef RUN_TURNS_H
#define RUN_TURNS_H

#include "fuzz/run/run.h"

/* Goes through all instructions, as the input's schedule says, until *is_off. */
void turns_take(const struct run *run, const bool *is_off);

/* Lets all who want to run go on once. false: nobody did. */
bool turns_round(void);

/* The process or thread that an instruction has made, or -1. */
int turns_tid_of(const struct run *run, unsigned insn);

/* ---- in run.c ---- */

/* Lets a thread go on in its call, or take a signal, if it wants to. */
bool turns_go_on(int tid);

/* Begins an instruction. false: its actor cannot. */
bool turns_begin(unsigned insn);

/* What an actor can do, as instructions name it: begin one; go on, or end, by OP_SPURIOUS; neither,
 * because it waits or is not there. */
enum turn { TURN_NONE, TURN_BEGIN, TURN_GO_ON };
enum turn turns_of(unsigned actor);

#endif
