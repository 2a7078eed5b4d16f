/*
 * What becomes of a finding, whoever has made it: a check or the model, the simulated machine, an
 * assertion of the kernel, a sanitizer. Hosted only.
 */
#ifndef DRIVER_FOUND_H
#define DRIVER_FOUND_H

#include <stdio.h>

#include "fuzz/input/text.h"
#include "fuzz/run/run.h"

/* Takes over the reports of the machine and of the sanitizers, and the console. */
void found_init(void);

/* This is being run now. */
void found_expect(const struct run *run);

/* If set, is told the name of what was found, and details; need not return. For reports of a
 * sanitizer it should: the process ends anyway. Otherwise everything is printed, the input is
 * written as a .repro into found_directory, and the process aborts. */
extern void (*found_hook)(const char *check, const char *details);
extern const char *found_directory; /* build/fuzz/findings */

/* What a run has been, as text: what was expected is what has happened. */
void repro_of_run(struct repro *repro, const struct run *run, const char *check);

/* Prints the finding and the program with its outcomes. */
void found_print(FILE *file, const char *check, const char *details);

/* Writes it as a .repro into found_directory, and says where. */
void found_write(const char *check);

#endif
