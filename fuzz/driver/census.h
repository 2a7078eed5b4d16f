/*
 * In how many programs something happens that is hard to come by: frames that are forged, masks
 * changed in handlers, threads that are ended in this state and that.
 */
#ifndef DRIVER_CENSUS_H
#define DRIVER_CENSUS_H

#include "fuzz/run/event.h"

enum { CENSUS_BYTES = 4096 };

/* Counts from now on, in memory of that size, all zeros, which may be shared with processes that
 * are made later. */
void census_start(void *memory);

/* The next program begins. */
void census_begin(void);

/* What is counted, from 0 on: its name, NULL behind the last; and its share of the programs. */
const char *census_name(unsigned thing);
double census_share(unsigned thing);

#endif
