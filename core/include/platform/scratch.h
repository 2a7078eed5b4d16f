/*
 * Names the large variables of core that mean nothing between two steps of the kernel: what they
 * held may be forgotten when the machine goes back to a snapshot.
 */
#ifndef PLATFORM_SCRATCH_H
#define PLATFORM_SCRATCH_H

#include <stddef.h>

struct scratch {
    const void *at;
    size_t size;
};

/* The linker makes a list of them; the hosted machine reads it. */
#define SCRATCH(variable_)                                                                         \
    static const struct scratch scratch_##variable_                                                \
        __attribute__((used, section("eft_scratch"))) = {&(variable_), sizeof(variable_)}

#endif
