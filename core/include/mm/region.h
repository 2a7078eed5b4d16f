/*
 * Regions: what a process has mapped where, before any page of it exists. The regions of a set do
 * not overlap, are page-aligned and not empty. Memory is private, which is anonymous or a copy of
 * bytes of a file, which lie in memory for as long as the kernel runs; or it is shared, and an
 * object holds the pages.
 *
 * Neighbours that go on where the other ends become one region, so that what a process observes
 * does not depend on how it was put together.
 */
#ifndef MM_REGION_H
#define MM_REGION_H

#include "base/tree.h"
#include "base/types.h"
#include "mm/shared.h"

enum {
    REGION_GROWS = 1,  /* a stack: a fault below it makes it longer */
    REGION_SHARED = 2, /* as MAP_SHARED says */
    REGION_FILE = 4,   /* a file from mmap: behind its last page there is nothing, not zeroes */
};

struct region {
    struct tree_node node; /* key: start */
    uaddr_t start;
    uaddr_t end;
    unsigned prot;         /* PROT_* */
    unsigned flags;        /* REGION_* */
    const uint8_t *file;   /* the byte for start; NULL: anonymous, zeroes */
    uint64_t file_len;     /* bytes from there on, which may go on behind end; zeroes follow */
    struct shared *shared; /* NULL: private; else counted */
    uint64_t shared_index; /* of the page at start, in the object */
};

/* The regions of a space, and their pages added up. */
struct region_set {
    struct tree tree;
    uint64_t pages;
    uint64_t data_pages; /* private, to be written, no stack: what RLIMIT_DATA limits */
};

void region_init(void);

void region_set_init(struct region_set *set);

/* In ascending order; NULL: no more. */
struct region *region_first(const struct region_set *set);
struct region *region_next(const struct region_set *set, const struct region *region);

/* The region that holds va, or NULL. */
struct region *region_find(const struct region_set *set, uaddr_t va);

/* The first region that ends above va, or NULL. */
struct region *region_find_from(const struct region_set *set, uaddr_t va);

/* Whether no region touches [start, end). */
bool region_is_free(const struct region_set *set, uaddr_t start, uaddr_t end);

/* The last region that begins at or below va, or NULL. */
struct region *region_find_below(const struct region_set *set, uaddr_t va);

/* The pages that are mapped in [start, end). */
uint64_t region_pages_in(const struct region_set *set, uaddr_t start, uaddr_t end);

/* Whether there is something at va: it is not behind the end of the file or the object. */
bool region_reaches(const struct region *region, uaddr_t va);

/* Whether its pages count as data. */
bool region_is_data(const struct region *region);

/* Takes the first len bytes away from what a region describes. */
void region_advance(struct region *region, uint64_t len);

/* A region as given, that is in no set yet. NULL: no memory. */
MUST_CHECK struct region *region_create(const struct region *given);
void region_discard(struct region *region);

/* Puts a region into a set where its range is free. It may become part of a neighbour. */
void region_insert(struct region_set *set, struct region *region);

/* Makes start and end borders of regions. -ENOMEM, and nothing has changed. */
MUST_CHECK int region_cut(struct region_set *set, uaddr_t start, uaddr_t end);

/* Forgets the regions in [start, end), whose ends must be borders. */
void region_remove(struct region_set *set, uaddr_t start, uaddr_t end);

/* Gives a region other rights. Neighbours are not joined. */
void region_set_prot(struct region_set *set, struct region *region, unsigned prot);

/* Moves the start of a stack; what it gains must be free. */
void region_set_start(struct region_set *set, struct region *region, uaddr_t start);

/* Joins neighbours that can be one, at the borders in [start, end]. */
void region_join(struct region_set *set, uaddr_t start, uaddr_t end);

/* Shape of all regions. Panics if wrong. */
void region_check(const struct region_set *set);

/* Objects in use, for the accounting of a test. */
size_t region_count(void);

#endif
