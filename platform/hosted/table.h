/*
 * The translation tables that core has opened: where each hangs, and since when its slots are as
 * they are. Times are of vtlb_now.
 */
#ifndef HOSTED_TABLE_H
#define HOSTED_TABLE_H

#include "platform/platform.h"

/* What the descriptor alone does not say. */
struct table_slot {
    uint64_t visible; /* when the value was stored: no walker saw it before */
    uint64_t flushed; /* the last flush that covered it while its space was not in use */
};

/* An open table. */
struct table {
    paddr_t pa;
    uint32_t parent; /* number of the table that links it; 0: none */
    uint16_t parent_index;
    uint16_t valid; /* descriptors with bit 0 set */
    uint64_t zeroed;

    /* Of a table that is linked nowhere, for all that hangs below it: the last store of a valid
     * descriptor over an invalid one, which walkers need not see before it is published. */
    uint64_t pending;
    paddr_t pending_table;
    unsigned pending_index;

    /* Of a root: a table that plat_space_use has been given. */
    asid_t asid; /* the last it was used under; 0: none, or it is another root's now */
    bool is_loaded;
    uint64_t last_loaded;  /* until when, if it is not */
    uint64_t asid_flushed; /* the last flush of all of asid */

    struct table_slot slots[PLAT_PTE_COUNT]; /* last: snapshots save few of them */
};

/* Where the walk of a space meets a slot. */
struct table_place {
    struct table *root;
    uaddr_t va;
    uint64_t visible; /* since when all descriptors above the slot are */
    unsigned level;   /* 1 to 3 */
    unsigned rights;  /* what the descriptors above leave, see descriptor.h */
};

/* Forgets all tables. After ram_init. false: the host has no room. */
bool table_init(void);

/* The open table at pa, which need not lie in RAM; NULL: none. */
struct table *table_find(paddr_t pa);

/* For a snapshot. Writes the registry to bytes, unless that is NULL, and returns its size; and
 * makes it so again. vtlb_now goes on: nothing that is restored is later than that. */
size_t table_save(void *bytes);
void table_restore(const void *bytes);

/* By number, from 1; NULL: not open, or beyond the last. */
struct table *table_get(uint32_t number);
uint32_t table_number(const struct table *table);
uint32_t table_last(void);

/* The table that the descriptor in a slot links, or NULL. */
struct table *table_child(const struct table *table, unsigned index);

/* What is stored in RAM, open or not. */
pte_t table_read(paddr_t table, unsigned index);

/* The top of the chain that table hangs in: a root, or a table that is linked nowhere yet. */
struct table *table_top(struct table *table);

/* Fills *place for a slot. false: too deep below its top for a walk to get there. */
bool table_find_place(struct table *table, unsigned index, struct table_place *place);

/* Whether its zeroing, or a descriptor stored in it or below, is not published. */
bool table_is_unpublished(const struct table *top);

/* Reports a mapping of the frame at pa, which is about to be free. */
void table_check_free(paddr_t pa);

/* How many leaves without nG the tables hold: they match every ASID. */
uint32_t table_global_count(void);

#endif
