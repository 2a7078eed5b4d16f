/*
 * The EL0 interpreter: executes A64 instructions of a thread out of the simulated physical memory,
 * as a Cortex-A72 does at EL0 (ARMv8.0-A with CRC32). Everything it does not know is UNDEFINED.
 *
 * The system registers that decide about EL0 are taken to be: SCTLR_EL1.{SA0, UCI, UCT, DZE} = 1,
 * {A, UMA} = 0, CNTKCTL_EL1.EL0VCTEN = 1 and the other enables 0, TCR_EL1.TBI0 = 0. WFI, WFE and
 * all other hints do nothing.
 */
#ifndef EL0_EL0_H
#define EL0_EL0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/platform.h"

enum {
    EL0_COUNTER_HZ = 62500000, /* CNTFRQ_EL0, as QEMU's virt board: a tick is 16 ns */
    EL0_INSN_NS = 1,           /* virtual time that an instruction takes, for CNTVCT_EL0 */
};

/* Whether the CPU also has the atomic instructions of ARMv8.1-A (FEAT_LSE). To be set before
 * el0_reset. */
extern bool el0_has_atomics;

/* Whether each remembered translation, and each decoded instruction, is compared with what is found
 * out anew whenever it is used. false: this build cannot do so. */
bool el0_check_hits(bool are_checked);

/* The clock at the entry of el0_run, set by the caller. CNTVCT_EL0 reads
 * (el0_clock_base + instructions completed in this run * EL0_INSN_NS) / 16. */
extern nsec_t el0_clock_base;

/* Runs *user until a trap, or until budget instructions (>= 1) have completed: then *trap is
 * PLAT_TRAP_IRQ with all else 0, and the caller makes the upcalls. Returns the number of
 * instructions completed: a trapping svc counts, an instruction that faults or traps otherwise
 * does not. fp is the register file EL0 owns, changed in place; NULL: its use is PLAT_TRAP_FP.
 * The exclusive monitor is clear on entry, as after an eret. Memory goes through mmu_access.h. */
uint64_t el0_run(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                 struct plat_trap *trap);

/* Goes on where el0_run or el0_resume ended by its budget, as if there had been no end: the monitor
 * stays as it is. */
uint64_t el0_resume(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                    struct plat_trap *trap);

/* Makes [pa, pa + size), which lies in RAM, be fetched again: whole pages when they are next
 * executed, lines of a part of a page at once. For plat_icache_sync and when a page is freed; not
 * from inside el0_run. Nothing else makes changed code visible but the program's own IC IVAU, which
 * the interpreter handles itself. */
void el0_icache_invalidate(paddr_t pa, size_t size);

/* Forgets all decoded instructions and translations: at boot. */
void el0_reset(void);

/* A snapshot has been restored, and mmu_epoch has changed: forgets the decoded pages but those that
 * were decoded when mmu_epoch was above since, and of which is_same says that the page at host was
 * the same ever since. */
void el0_restored(uint64_t since, bool (*is_same)(const void *host));

#endif
