/*
 * Numbers that tools are given. Hosted only.
 */
#ifndef DRIVER_NUMBER_H
#define DRIVER_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

/* All of the text is a number, as C writes it, without a sign. */
bool number_parse(const char *text, uint64_t *number);

#endif
