/* The registers of a thread as gdb numbers and writes them, and the description that tells gdb. */
#ifndef HOSTED_GDBREGS_H
#define HOSTED_GDBREGS_H

#include "proc/debug.h"

enum {
    GDBREGS_COUNT = 69,
    GDBREGS_BYTES = 33 * 8 + 4 + 32 * 16 + 2 * 4 + 8,
    GDBREGS_ONE_MAX = 16,
};

/* The bytes of a register, or 0: there is no such one. */
size_t gdbregs_size(unsigned number);

/* Copies a register out or in. In: what EL0 cannot have is left out. */
void gdbregs_get(const struct debug_thread *thread, unsigned number, uint8_t *bytes);
void gdbregs_set(const struct debug_thread *thread, unsigned number, const uint8_t *bytes);

/* target.xml. */
const char *gdbregs_description(void);

#endif
