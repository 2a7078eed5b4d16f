/*
 * Programs from files. Hosted only.
 */
#ifndef DRIVER_READ_H
#define DRIVER_READ_H

#include "fuzz/input/text.h"

enum { REPRO_ERROR_MAX = 200 };

/* Reads a program: text if the name of the file ends in .repro, else bytes, as a harness leaves
 * them behind, which some lines of text are not. false: it cannot be read, or is wrong, and error,
 * of REPRO_ERROR_MAX, says why. */
bool repro_read(struct repro *repro, const char *path, char *error);

#endif
