/*
 * The entries that the simulated TLB holds explicitly, to be found by address, and which of them
 * the next audit has to look at. vtlb.c says what they mean.
 */
#ifndef HOSTED_VTLB_SET_H
#define HOSTED_VTLB_SET_H

#include "platform/platform.h"

enum { VTLB_ANY_ASID = 1 << 16 }; /* of an entry: it matches all */

struct vtlb_entry {
    uaddr_t va; /* the first that it covers */
    pte_t desc;
    uint32_t asid;
    uint32_t next; /* the set's own */
    uint8_t level;
    uint8_t rights; /* of the whole walk, as it was */
    bool is_table;
};

/* Empties the set. */
void vtlb_set_init(void);

/* Entries are numbered from 0; removing one gives its number to the last. */
uint32_t vtlb_set_count(void);
uint32_t vtlb_set_table_count(void);                /* of table descriptors */
const struct vtlb_entry *vtlb_set_get(uint32_t at); /* until the next entry is added or removed */

/* For a snapshot. Writes the set to bytes, unless that is NULL, and returns its size; and makes it
 * so again, which never needs room of the host's. */
size_t vtlb_set_save(void *bytes);
void vtlb_set_restore(const void *bytes);

/* Whether the set holds just that. Adding it again changes nothing. */
bool vtlb_set_has(const struct vtlb_entry *entry);
void vtlb_set_add(struct vtlb_entry entry);
void vtlb_set_remove(uint32_t at);

/* Calls visit with each entry that asid and [va, va + size) meet. visit may remove just that one,
 * and then says true. */
void vtlb_set_visit(uint32_t asid, uaddr_t va, uint64_t size,
                    bool (*visit)(uint32_t at, void *context), void *context);

/* All before this one have been audited since they were added or vtlb_set_redo was called. */
uint32_t vtlb_set_due(void);
void vtlb_set_done(void);          /* all have been audited */
void vtlb_set_redo(uint32_t from); /* those from there on have to be, again */

#endif
