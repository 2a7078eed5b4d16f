/* The memory of a process as it would see it itself, without touching it. */
#ifndef CHECK_PEEK_H
#define CHECK_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes by address, whether resident or not, whatever the rights. false: no such process, or not
 * all of it is mapped. */
bool run_peek(int pid, uint64_t address, void *bytes, size_t len);

/* The same of a process that is known, in a run that has begun. */
struct process;
bool run_peek_into(const struct process *process, uint64_t address, void *bytes, size_t len);

/* A run begins. */
void run_peek_begin(void);

#endif
