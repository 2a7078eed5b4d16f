/*
 * Which frames have been written to, where the machine knows: a stamp for each, so that what was
 * worked out of a frame can be kept until it changes.
 */
#ifndef CHECK_CHANGED_H
#define CHECK_CHANGED_H

#include <stdint.h>

/* By frame number from the base of RAM: the value of the counter when something last wrote to the
 * frame. NULL: not known here, and everything may have changed. */
const uint32_t *changed_stamps(void);

/* What is written from now on gets a stamp not below what this returns, which is never 0 and more
 * than all stamps so far. */
uint32_t changed_tick(void);

#endif
