/* The kernel as a whole: its start from a command line and an initramfs, and its step. What the
 * platform calls is declared in platform/platform.h. */
#ifndef KERNEL_H
#define KERNEL_H

#include "base/types.h"

/* Every check of every subsystem, between two steps. Panics if one fails. */
void kernel_check(void);

#endif
