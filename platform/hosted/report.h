/*
 * How the simulated machine says that the kernel did something which hardware would forgive, today.
 */
#ifndef HOSTED_REPORT_H
#define HOSTED_REPORT_H

#include "platform/platform.h"

#define REPORT_NO_FRAME UINT64_MAX

/* Prints `eft: REPORT name: details` to stderr, the history of the frame that frame lies in (or
 * REPORT_NO_FRAME), and what the kernel knows; then aborts. name is the name of the check. */
_Noreturn void report(const char *name, paddr_t frame, const char *details, ...)
    __attribute__((format(printf, 3, 4)));

/* If set, report calls this first; a test jumps out of it, or exits. If it returns, the report goes
 * on. */
extern void (*report_hook)(const char *name, const char *details);

/* If set, is told of a sanitizer's report before the process aborts, with the address that it
 * complains of or NULL. */
extern void (*report_death_hook)(const void *address);

/* Makes a sanitizer's report end with the history of the frame it complains of. */
void report_init(void);

#endif
