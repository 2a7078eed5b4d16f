/*
 * Limits on address spaces, getrlimit(2): RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK of the process that
 * runs on this CPU. Where none runs, as at boot, a stack has the usual limit and the rest has none.
 */
#ifndef MM_LIMIT_H
#define MM_LIMIT_H

#include "base/types.h"
#include "mm/space.h"

#define LIMIT_STACK_USUAL ((uint64_t)8 << 20)

/* The soft limit, in bytes; RLIM_INFINITY: none. */
uint64_t limit_now(unsigned resource);

/* Whether a space may have that many pages more. */
bool limit_allows(const struct space *space, uint64_t pages);

/* Whether it may have that many pages of data more. */
bool limit_allows_data(const struct space *space, uint64_t pages);

/* Whether given may be mapped over what is there. */
bool limit_allows_region(const struct space *space, const struct region *given);

#endif
