/*
 * What only the hosted body offers beside body.h.
 */
#ifndef RUN_BODY_HOSTED_H
#define RUN_BODY_HOSTED_H

#include "fuzz/run/body.h"

/* More words for the kernel ("plant=k-7") from the next body_reset on; it copies them. */
void body_set_words(const char *words);

#endif
