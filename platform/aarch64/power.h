/* The end of the machine, and files of the host: semihosting where there is a host, PSCI. */
#ifndef AARCH64_POWER_H
#define AARCH64_POWER_H

#include "dev/fdt.h"

/* Learns the tree's way to PSCI, if there is one. */
void power_init(const struct fdt *fdt);

/* Ends the machine with the status of plat_power_off. */
_Noreturn void power_end(void);

#if EFT_TEST
/* If set, is called when the machine is about to stop after a panic; need not return. */
extern void (*power_on_stop)(void);
#endif

#endif
