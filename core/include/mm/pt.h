/*
 * Translation tables of user space: the only code that knows descriptors (Arm ARM D8.3). Three
 * levels, root at level 1, leaves are pages.
 *
 * A leaf is absent, valid, or parked: invalid for the hardware but still holding its frame, which
 * is what PROT_NONE makes of it. Every leaf that is not absent holds one reference to its frame. A
 * table that loses its last entry is unlinked and freed.
 */
#ifndef MM_PT_H
#define MM_PT_H

#include "base/types.h"
#include "mm/tlb.h"

struct pt_leaf {
    paddr_t pa;
    bool is_valid;    /* not parked */
    bool is_writable; /* by EL0, now */
};

/* An empty root. -ENOMEM. */
MUST_CHECK int pt_create(paddr_t *root);

/* Frees an empty root that no CPU has loaded and no walk cache names. */
void pt_destroy(paddr_t root);

/* Makes the tables that a leaf at va needs. -ENOMEM, and nothing has changed. */
MUST_CHECK int pt_prepare(paddr_t root, uaddr_t va);

/* Whether there is a leaf, and then what it says. */
bool pt_find(paddr_t root, uaddr_t va, struct pt_leaf *leaf);

/* Fills an absent leaf whose tables exist; takes over the caller's reference to the frame. prot is
 * PROT_*; a leaf that is not writable may be so although prot has PROT_WRITE. Not published. */
void pt_set(paddr_t root, uaddr_t va, paddr_t pa, unsigned prot, bool writable);

/* Changes the rights of a leaf that is there. Reducing them needs a flush by the caller. Not
 * published. */
void pt_set_rights(paddr_t root, uaddr_t va, unsigned prot, bool writable);

/* Replaces the frame of a leaf by another, with break-before-make; the reference to the old frame
 * goes to the caller, who may give it back at once. */
void pt_replace(struct tlb_context *tlb, paddr_t root, uaddr_t va, paddr_t pa, unsigned prot);

/* Removes the leaves in [start, end), and the tables that become empty; what they held goes to the
 * batch. Gives the number of leaves. */
uint64_t pt_unmap(paddr_t root, uaddr_t start, uaddr_t end, struct tlb_batch *batch);

/* Makes the tables that the leaves of [from, from + len) need at to. -ENOMEM, and tables may have
 * been made that are empty. */
MUST_CHECK int pt_prepare_move(paddr_t root, uaddr_t from, uaddr_t to, uint64_t len);

/* Moves these leaves, flushed and published; the ranges do not overlap. Tables may become empty. */
void pt_move(struct tlb_context *tlb, paddr_t root, uaddr_t from, uaddr_t to, uint64_t len);

/* The first leaf at or above *va and below end: true, and *va is its address. */
bool pt_next(paddr_t root, uaddr_t *va, uaddr_t end, struct pt_leaf *leaf);

/* The number of tables reachable from root, root included, after checking every entry's form and
 * every table's count. Panics if one is wrong. */
uint64_t pt_check(paddr_t root);

#endif
