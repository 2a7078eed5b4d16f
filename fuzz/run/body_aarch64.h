/*
 * What only the body for AArch64 offers beside body.h: it boots again for each input.
 */
#ifndef RUN_BODY_AARCH64_H
#define RUN_BODY_AARCH64_H

#include "fuzz/run/body.h"
#include "platform/platform.h"

/* Finds room in what the machine has. Before all else; boot stays where it is. false: there is
 * none. */
bool body_init(const struct plat_boot *boot);

/* The kernel's command line from the next body_reset on; it stays where it is. */
void body_set_cmdline(const char *cmdline);

/* Is called with what was found, or with "kernel.panic" when the words of a panic have been
 * printed. Does not come back. */
extern _Noreturn void body_found(const char *check, const char *details);

#endif
