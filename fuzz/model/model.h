/*
 * The reference model: what fork, exec, exit, wait, kill, pipes and memory do according to POSIX
 * and the Linux manual pages, told plainly with flat arrays. It is told each event of a run behind
 * the step, and says whether that could be. Shares nothing with core but abi/.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "fuzz/run/event.h"

/* How the model sees what the kernel has written: bytes of a process's memory, by address, whether
 * resident or not and whatever its rights. false: not all of it is mapped. */
typedef bool model_peek(int pid, uint64_t address, void *bytes, size_t len);

/* Init has just started. */
void model_begin(model_peek *peek);

/* NULL: that is among what is allowed, and the model has followed. Else what would have been. */
const char *model_event(const struct event *event);

/* Compares everything that processes can observe with what the model has. NULL, or what differs. */
const char *model_compare(void);

/* Nothing is ready and no time will pass: NULL, or who should not be waiting. */
const char *model_at_rest(void);

/* How many results were allowed, added up over all events so far, and the number of events. */
void model_allowed(uint64_t *results, uint64_t *events);

#endif
