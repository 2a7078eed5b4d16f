/*
 * Handlers of two instructions that follow one another.
 */
#ifndef EL0_PAIRS_H
#define EL0_PAIRS_H

#include "el0/cpu.h"

/* The handler of first where second comes behind it, or NULL: there is none. */
el0_handler *pairs_find(el0_handler *first, el0_handler *second);

#if EL0_THREADED
#define INTEGER_PAIR(first, second) el0_handler integer_##first##_##second;
#define LOAD_STORE_PAIR(first, second) el0_handler load_store_##first##_##second;
#include "el0/pairs.def"
#endif

#endif
