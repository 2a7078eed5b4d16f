/* Accesses that may fault in the kernel: user memory for core, and calls to what is below the
 * kernel. */
#ifndef AARCH64_ACCESS_H
#define AARCH64_ACCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu.h"

/* If the instruction at regs->pc has a fix-up, lets the registers go on there. */
bool access_fix_up(struct regs *regs);

/* One semihosting call (Arm's "Semihosting for AArch32 and AArch64"). -1 also when there is no
 * host. */
int64_t access_semihost(uint64_t operation, const void *block);

/* One PSCI call without arguments (Arm DEN 0022). They return if nothing answers. */
void access_hvc(uint32_t function);
void access_smc(uint32_t function);

#endif
