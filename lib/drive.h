/*
 * Processes that do what the library's caller says: programs of the script engine without a script.
 * An empty program is a file that has an entry point in the engine's area, and memory.
 */
#ifndef LIB_DRIVE_H
#define LIB_DRIVE_H

#include <stddef.h>
#include <stdint.h>

/* Makes the empty program do what eft_call and its like say. After script_reset. */
void drive_init(void);

/* There are no processes, until drive_init. */
void drive_fini(void);

/* What was to be done is not to be done any more. */
void drive_forget(void);

/* Behind each step: a thread that was found to have nothing to do runs no more until it has. */
void drive_hold_resting(void);

/* The empty program's file. */
const void *drive_program(size_t *size);

#endif
