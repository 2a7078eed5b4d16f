/*
 * Regions: what a process has mapped where, before any page of it exists. The regions of a space do
 * not overlap, are page-aligned and not empty. Private memory only: anonymous, or a copy of bytes
 * of a file, which lie in memory for as long as the kernel runs.
 *
 * Anonymous neighbours with the same rights become one region, so that what a process observes does
 * not depend on how it was put together.
 */
#ifndef MM_REGION_H
#define MM_REGION_H

#include "base/tree.h"
#include "base/types.h"

struct region {
    struct tree_node node; /* key: start */
    uaddr_t start;
    uaddr_t end;
    unsigned prot;       /* PROT_* */
    const uint8_t *file; /* the byte for start; NULL: anonymous, zeroes */
    uint64_t file_len;   /* bytes from there on; zeroes follow */
};

void region_init(void);

/* The region that holds va, or NULL. */
struct region *region_find(const struct tree *regions, uaddr_t va);

/* The first region that ends above va, or NULL. */
struct region *region_find_from(const struct tree *regions, uaddr_t va);

/* Whether no region touches [start, end). */
bool region_is_free(const struct tree *regions, uaddr_t start, uaddr_t end);

/* A region as given, that is in no set yet. NULL: no memory. */
MUST_CHECK struct region *region_create(const struct region *given);
void region_discard(struct region *region);

/* Puts a region into a set where its range is free. It may become part of a neighbour. */
void region_insert(struct tree *regions, struct region *region);

/* Makes start and end borders of regions. -ENOMEM, and nothing has changed. */
MUST_CHECK int region_cut(struct tree *regions, uaddr_t start, uaddr_t end);

/* Forgets the regions in [start, end), whose ends must be borders. */
void region_remove(struct tree *regions, uaddr_t start, uaddr_t end);

/* Joins neighbours that can be one, at the borders in [start, end]. */
void region_join(struct tree *regions, uaddr_t start, uaddr_t end);

/* Shape of all regions. Panics if wrong. */
void region_check(const struct tree *regions);

/* Objects in use, for the accounting of a test. */
size_t region_count(void);

#endif
