/*
 * Shared memory: the pages that a MAP_SHARED|MAP_ANONYMOUS mapping names, in whatever space.
 *
 * An object is counted by the regions that name it and ends with the last. A page is made by the
 * first touch, in any space, and stays until the object ends: the object has one reference to its
 * frame, beside those of the leaves.
 */
#ifndef MM_SHARED_H
#define MM_SHARED_H

#include "base/list.h"
#include "base/tree.h"
#include "base/types.h"

struct shared {
    struct list link; /* of all objects */
    uint64_t id;      /* no other object has had it */
    uint64_t pages;   /* its size */
    unsigned refs;
    unsigned seen;    /* of the references, by a check that runs */
    struct tree tree; /* shared_page.node, by index: those that are there */
};

/* A page of an object. */
struct shared_page {
    struct tree_node node; /* key: index */
    paddr_t pa;
};

void shared_init(void);

/* An object of that many pages, none of which is there yet, with one reference. NULL: no memory. */
MUST_CHECK struct shared *shared_create(uint64_t pages);

struct shared *shared_get(struct shared *object);
void shared_put(struct shared *object);

/* The frame of a page, if it is there. */
bool shared_find(const struct shared *object, uint64_t index, paddr_t *pa);

/* The same, made of zeroes if it is not, which *made says; index < pages. -ENOMEM. */
MUST_CHECK int shared_page(struct shared *object, uint64_t index, paddr_t *pa, bool *made);

/* Undoes a shared_page that made one. */
void shared_drop(struct shared *object, uint64_t index);

/* The first page at or above *index that is there. */
bool shared_next(const struct shared *object, uint64_t *index, paddr_t *pa);

/* Checks all objects and gives the number of their pages. Then every region that names one says so,
 * and in the end all references must have been seen. Panics if not. */
uint64_t shared_check_all(void);
void shared_check_user(struct shared *object);
void shared_check_users(void);

/* Objects in use, for the accounting of a test. */
size_t shared_count(void);

/* All objects, shared.link. */
const struct list *shared_all(void);

#endif
