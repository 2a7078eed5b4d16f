/* From head.S to core and to the end. */
#ifndef AARCH64_BOOT_H
#define AARCH64_BOOT_H

#include "platform/platform.h"

/* tree: physical address of the device tree, 0: none; image: where the kernel was loaded. */
_Noreturn void boot_start(paddr_t tree, paddr_t image);

/* In main.c, or instead of it in a test image: the devices are ready, interrupts masked. */
_Noreturn void boot_run(const struct plat_boot *boot);

#endif
