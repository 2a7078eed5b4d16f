/*
 * One translation of one user address, asked of the machine itself, for walker_test.c.
 *
 * walker_aarch64.c asks the MMU (AT S1E0R, AT S1E0W); walker_hosted.c asks the simulated walker.
 * Both answer in the same terms. The tables are plain memory, written through plat_phys_ptr and
 * never opened: they hold what no kernel would write.
 */
#ifndef TESTS_PLATFORM_WALKER_H
#define TESTS_PLATFORM_WALKER_H

#include "platform/platform.h"

/* Output addresses have this many bits here, whatever the CPU has: beyond is an address-size
 * fault. */
enum { WALKER_PA_BITS = 40 };

/* MAIR_EL1 while the test runs: eight different types, so that a type names its index. 0 (normal)
 * and 1 (Device-nGnRE) are the kernel's own; 2 is Normal Non-cacheable, 3 and 4 are Device-nGRE
 * and -GRE, 5 to 7 are cacheable. So SH is as the leaf says for 0, 5, 6, 7 and reads as 2 for 1
 * to 4. */
#define WALKER_MAIR UINT64_C(0x88bb4f0c084404ff)

struct walker_result {
    bool ok;
    paddr_t addr;          /* ok: output address of the byte */
    unsigned attr_index;   /* ok: AttrIndx of the leaf, 0 to 7 */
    unsigned shareability; /* ok: SH of the leaf, 0 to 3; 2 for Device and Non-cacheable memory */
    enum plat_fault_kind kind; /* not ok: TRANSLATION, ACCESS_FLAG, PERMISSION or ADDRESS_SIZE */
    unsigned level;            /* not ok: of the descriptor that said so */
};

/* Probes walk from the level 1 table at root from now on. */
void walker_init(paddr_t root);

/* Back to no user space, and to the kernel's own TCR_EL1 and MAIR_EL1. */
void walker_fini(void);

/* Translates va (below 2^39) as EL0 would to read or to write one byte there, from the tables as
 * they are now. */
void walker_probe(uaddr_t va, bool write, struct walker_result *result);

#endif
