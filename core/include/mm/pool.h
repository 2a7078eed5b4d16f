/*
 * Pools: kernel objects of one size, carved out of frames. A frame of a pool begins with a slab
 * header; a slab that has no object in use gives its frame back.
 *
 * Objects of pools live from pool_alloc to pool_free; a free object is poisoned on hosted.
 */
#ifndef MM_POOL_H
#define MM_POOL_H

#include "base/inject.h"
#include "base/list.h"
#include "base/types.h"

struct pool {
    const char *name;
    size_t object_size;  /* a multiple of 16 */
    unsigned slab_count; /* objects in a slab, at most 64 */
    struct list partial; /* slabs that have a free object */
    size_t used;         /* objects */
    size_t frames;
};

/* At the start of each frame of a pool. */
struct slab {
    struct list link; /* on pool->partial, or unlinked when full */
    struct pool *pool;
    paddr_t pa;
    uint64_t free; /* bit i: object i is free */
};

/* object_size: 1 byte to nearly a page. The pool may not be in use. */
void pool_init(struct pool *pool, const char *name, size_t object_size);

/* A zeroed object, 16-aligned; NULL: no memory. */
#define pool_alloc(pool) pool_alloc_at(pool, ALLOC_SITE)
MUST_CHECK void *pool_alloc_at(struct pool *pool, struct alloc_site *site);

void pool_free(struct pool *pool, void *object);

/* Slabs and counts agree. Panics if not. */
void pool_check(const struct pool *pool);

#endif
