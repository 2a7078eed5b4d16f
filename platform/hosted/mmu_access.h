/*
 * What the EL0 interpreter asks of the simulated MMU: one translation at a time, and a number that
 * says how long the answer may be remembered. mmu.c implements it; tests put a small one in its
 * place.
 */
#ifndef HOSTED_MMU_ACCESS_H
#define HOSTED_MMU_ACCESS_H

#include <stdint.h>

#include "platform/platform.h"

/* Translates one EL0 access at va (all 64 bits count: no tags). On success returns the host address
 * of the byte at va, good for this kind of access to the rest of its 4 KiB page until mmu_epoch
 * changes; *fault is untouched. On a fault returns NULL and fills *fault, with fault->addr = va.
 * PLAT_FETCH: fetching from a page that was not synced since it was allocated is reported here. */
void *mmu_translate(uaddr_t va, enum plat_access access, struct plat_fault *fault);

/* Where the tables lead by themselves, without a TLB, a check or a note: the host address of the
 * byte at va if they allow this access, else NULL. For who doubts what is remembered. */
const void *mmu_look(uaddr_t va, enum plat_access access);

/* Changes whenever any answer of mmu_translate may no longer be right: a space switch, a descriptor
 * store, a flush, an eviction, a restored snapshot. A translation itself may change it; the address
 * just returned is then still good for the access it was asked for. Never takes an old value
 * again. */
extern uint64_t mmu_epoch;

/* Changes whenever an answer of mmu_translate for PLAT_WRITE is right, but has to be asked for
 * again so that the store is noted (ram.h). Never takes an old value again, nor does the sum of
 * both. */
extern uint64_t mmu_write_epoch;

/* How long an answer for this kind of access is good: until this changes. */
static inline uint64_t mmu_epoch_of(enum plat_access access)
{
    return access == PLAT_WRITE ? mmu_epoch + mmu_write_epoch : mmu_epoch;
}

#endif
