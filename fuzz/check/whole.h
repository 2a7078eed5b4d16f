/*
 * All processes as one sum, to tell how many different states there are.
 */
#ifndef CHECK_WHOLE_H
#define CHECK_WHOLE_H

#include <stdint.h>

/* Who there is and whose child, in which group, how it has ended or what it waits for, what is sent
 * to it, what is mapped and what private memory holds; as processes see it, so that it is the same
 * whichever way it came to be. Descriptors and shared memory are not in it. Behind check_after. */
uint64_t whole_sum(void);

#endif
