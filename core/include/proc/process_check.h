/*
 * Whether all that the kernel keeps of processes agrees.
 */
#ifndef PROC_PROCESS_CHECK_H
#define PROC_PROCESS_CHECK_H

/* Walks all processes from init: links, states, groups and counts agree; runs all other checks of
 * processes and their memory. Panics if not. */
void process_check(void);

#endif
