/*
 * Inputs as C programs for Linux: the same calls by as many processes, one after the other, for
 * somebody to read and to change. What Linux has no part in is left as a comment: allocations that
 * fail, who goes on first, keys.
 */
#ifndef INPUT_PRINT_C_H
#define INPUT_PRINT_C_H

#include "fuzz/input/text.h"

enum { PRINT_C_MAX = 64 * 1024 };

/* Writes it, terminated, at most size bytes; size >= 1. Returns the length without the end. */
size_t repro_print_c(const struct repro *repro, char *text, size_t size);

#endif
