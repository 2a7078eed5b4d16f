/*
 * The machine that an input is run in, of either body.
 */
#ifndef RUN_BODY_H
#define RUN_BODY_H

#include "fuzz/input/input.h"

/* INPUT_FRAMES_MAX frames, the initramfs, and what boot must find free. */
enum { BODY_RAM_BYTES = 4 << 20 };

/* A freshly booted kernel with this configuration, quickly. */
void body_reset(const struct input_config *config);

/* Something is wrong: says so under the name of a check and does not come back. */
_Noreturn void finding(const char *check, const char *details, ...)
    __attribute__((format(printf, 2, 3)));

#endif
