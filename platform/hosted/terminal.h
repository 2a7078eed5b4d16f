/*
 * The console: this process's stdin and stdout. A terminal is raw for the whole run.
 */
#ifndef HOSTED_TERMINAL_H
#define HOSTED_TERMINAL_H

#include "platform/platform.h"

#define TERMINAL_END SIZE_MAX

/* has_input: stdin is the console's input, and signals that end the process put the terminal right
 * first; otherwise input comes from the source of choices alone. */
void terminal_init(bool has_input);

/* machine_save will be called when the process ends, by a signal too. Once. */
void terminal_save_at_end(void);

/* As it was found. Async-signal-safe; on every way out. */
void terminal_restore(void);

/* Takes what has arrived; true: there is something new to read, the end included. */
bool terminal_poll(void);

/* Whether anything can still arrive; waits for it, at most so long (PLAT_NEVER: for ever). */
bool terminal_may_speak(void);
void terminal_wait(nsec_t timeout);

/* If set, is asked for input instead of stdin: writes up to size bytes and returns their number, or
 * TERMINAL_END. */
extern size_t (*terminal_source)(uint8_t *bytes, size_t size);

/* If set, gets what would go to stdout. */
extern void (*terminal_sink)(const char *bytes, size_t len);

#endif
