/*
 * The simulated walker, and the space in use.
 */
#ifndef HOSTED_MMU_H
#define HOSTED_MMU_H

#include "mmu_access.h"
#include "platform/platform.h"

/* One walk. If not ok, kind and level say what is wrong; path holds the descriptors up to there. */
struct mmu_walk {
    bool ok;
    enum plat_fault_kind kind;
    unsigned level;  /* of the last descriptor read */
    paddr_t pa;      /* ok: of the byte at va */
    unsigned rights; /* ok: see descriptor.h */
    pte_t path[4];   /* by level */
};

/* No space in use; ASIDs have asid_bits bits. */
void mmu_init(unsigned asid_bits);

/* The same for a machine in which no space has been used yet. */
void mmu_set_asid_bits(unsigned asid_bits);

/* Reports an ASID that no process may have. */
void mmu_check_asid(asid_t asid, const char *who);

/* Walks the tables as they are stored, with nothing cached. */
void mmu_walk(paddr_t root, uaddr_t va, struct mmu_walk *walk);

/* The root in use, 0: none. */
paddr_t mmu_root(void);

/* Reports what the walkers need and is not published, before EL0 runs or is copied to or from. */
void mmu_check_published(void);

#endif
