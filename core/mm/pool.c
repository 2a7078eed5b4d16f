#include "mm/pool.h"

#include "base/panic.h"
#include "base/string.h"
#include "mm/frame.h"

enum {
    ALIGNMENT = 16,
    HEADER_SIZE = (sizeof(struct slab) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
    SLAB_OBJECTS_MAX = 64,
};

void pool_init(struct pool *pool, const char *name, size_t object_size)
{
    size_t size = (object_size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;

    ASSERT(object_size > 0);
    ASSERT(size <= PAGE_SIZE - HEADER_SIZE);
    pool->name = name;
    pool->object_size = size;
    pool->slab_count = (unsigned)min_u64((PAGE_SIZE - HEADER_SIZE) / size, SLAB_OBJECTS_MAX);
    list_init(&pool->partial);
    pool->used = 0;
    pool->frames = 0;
}

static uint64_t all_free(const struct pool *pool)
{
    return UINT64_MAX >> (SLAB_OBJECTS_MAX - pool->slab_count);
}

static struct slab *slab_create(struct pool *pool, struct alloc_site *site)
{
    paddr_t pa;

    if (frame_alloc_at(FRAME_POOL, &pa, site) != 0) {
        return NULL;
    }
    struct slab *slab = plat_phys_ptr(pa, PAGE_SIZE);
    plat_mem_mark(pa + HEADER_SIZE, PAGE_SIZE - HEADER_SIZE, PLAT_MEM_FREE);
    *slab = (struct slab){.pool = pool, .pa = pa, .free = all_free(pool)};
    list_init(&slab->link);
    list_append(&pool->partial, &slab->link);
    pool->frames++;
    return slab;
}

void *pool_alloc_at(struct pool *pool, struct alloc_site *site)
{
    struct slab *slab;

    if (list_is_empty(&pool->partial)) {
        slab = slab_create(pool, site);
        if (!slab) {
            return NULL;
        }
    } else {
        if (inject_fails(site)) {
            return NULL;
        }
        slab = CONTAINER_OF(pool->partial.next, struct slab, link);
    }
    ASSERT(slab->free != 0);
    unsigned index = (unsigned)__builtin_ctzll(slab->free);
    slab->free &= slab->free - 1;
    if (slab->free == 0) {
        list_remove(&slab->link);
    }
    pool->used++;
    size_t offset = HEADER_SIZE + index * pool->object_size;
    plat_mem_mark(slab->pa + offset, pool->object_size, PLAT_MEM_UNDEFINED);
    return memset((char *)slab + offset, 0, pool->object_size);
}

void pool_free(struct pool *pool, void *object)
{
    uintptr_t address = (uintptr_t)object;
    struct slab *slab = (struct slab *)(address & ~(uintptr_t)PAGE_MASK);
    size_t offset = address - (uintptr_t)slab;
    size_t index = (offset - HEADER_SIZE) / pool->object_size;

    ASSERT(slab->pool == pool);
    ASSERT(offset == HEADER_SIZE + index * pool->object_size);
    ASSERT(index < pool->slab_count);
    ASSERT(!(slab->free >> index & 1));
    plat_mem_mark(slab->pa + offset, pool->object_size, PLAT_MEM_FREE);
    if (slab->free == 0) {
        list_append(&pool->partial, &slab->link);
    }
    slab->free |= (uint64_t)1 << index;
    pool->used--;
    if (slab->free == all_free(pool)) {
        list_remove(&slab->link);
        pool->frames--;
        frame_put(slab->pa);
    }
}

void pool_check(const struct pool *pool)
{
    size_t free = 0;

    LIST_FOR(link, &pool->partial) {
        const struct slab *slab = CONTAINER_OF(link, struct slab, link);
        ASSERT(slab->pool == pool);
        ASSERT(slab->free != 0);
        ASSERT((slab->free & ~all_free(pool)) == 0);
        free += count_bits(slab->free);
    }
    ASSERT(pool->used + free == pool->frames * pool->slab_count);
}
