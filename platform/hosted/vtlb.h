/*
 * The simulated TLB and walk cache, and the audits that find what it should not hold any more.
 */
#ifndef HOSTED_VTLB_H
#define HOSTED_VTLB_H

#include "platform/platform.h"

struct mmu_walk;
struct table;

enum vtlb_mode {
    VTLB_ADVERSARIAL, /* everything that may be cached is, for every ASID, until it is flushed */
    VTLB_NATURAL,     /* a small TLB, filled by use; what it loses is a choice */
    VTLB_NONE,        /* no TLB and no registry of tables: nothing is checked */
};

enum {
    VTLB_NATURAL_LEAVES = 64,
    VTLB_NATURAL_TABLES = 16,
};

extern enum vtlb_mode vtlb_mode;

/* A count of events in the tables and the TLB: the time of this model. */
extern uint64_t vtlb_now;

/* When everything was flushed last. */
extern uint64_t vtlb_all_flushed;

/* Empties it. Before table_init. */
void vtlb_init(enum vtlb_mode mode);

/* root, which may be NULL, is used under asid from now on instead of old, which may be NULL. */
void vtlb_use(struct table *old, struct table *root, asid_t asid);
void vtlb_forget_root(const struct table *root);

/* A snapshot has brought a table back, which may be a root. */
void vtlb_note_root(const struct table *root);

/* Around a store of a descriptor: what was cached stays cached, and must not be contradicted. */
void vtlb_before_store(struct table *table, unsigned index, pte_t old, pte_t value);
void vtlb_after_store(struct table *table, unsigned index, pte_t value);

/* What the cached entries for va leave of the rights that walk found; walk may have failed. Reports
 * an entry that the tables contradict. One that denies more than they do stays until it is flushed:
 * a handler which finds nothing to do must flush, or the access faults for ever. */
unsigned vtlb_rights(asid_t asid, uaddr_t va, const struct mmu_walk *walk);

/* Natural: the TLB has seen the walk. */
void vtlb_fill(asid_t asid, uaddr_t va, const struct mmu_walk *walk);

/* Reports an entry that the tables contradict, of any ASID. */
void vtlb_audit(void);

/* Reports an entry that names the frame at pa, which is about to be free. */
void vtlb_check_free(paddr_t pa);

/* What is open, linked and cached, as a number, whenever it became so. For tests. */
uint64_t vtlb_sum(void);

#endif
