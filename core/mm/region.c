#include "mm/region.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "mm/pool.h"

static struct pool region_pool;

void region_init(void)
{
    pool_init(&region_pool, "region", sizeof(struct region));
}

static struct region *region_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct region, node) : NULL;
}

struct region *region_find(const struct tree *regions, uaddr_t va)
{
    struct region *region = region_of(tree_find_le(regions, va));

    return region && va < region->end ? region : NULL;
}

struct region *region_find_from(const struct tree *regions, uaddr_t va)
{
    struct region *region = region_find(regions, va);

    return region ? region : region_of(tree_find_ge(regions, va));
}

bool region_is_free(const struct tree *regions, uaddr_t start, uaddr_t end)
{
    struct region *region = region_find_from(regions, start);

    return !region || region->start >= end;
}

static bool can_join(const struct region *lower, const struct region *upper)
{
    return lower->end == upper->start && lower->prot == upper->prot && !lower->file && !upper->file;
}

static void destroy(struct tree *regions, struct region *region)
{
    tree_remove(regions, &region->node);
    pool_free(&region_pool, region);
}

struct region *region_create(const struct region *given)
{
    ASSERT(given->start < given->end);
    ASSERT(given->end <= USER_END);
    ASSERT(((given->start | given->end) & PAGE_MASK) == 0);
    struct region *region = pool_alloc(&region_pool);
    if (region) {
        *region = *given;
    }
    return region;
}

void region_discard(struct region *region)
{
    pool_free(&region_pool, region);
}

void region_insert(struct tree *regions, struct region *region)
{
    ASSERT(region_is_free(regions, region->start, region->end));
    tree_insert(regions, &region->node, region->start);
    region_join(regions, region->start, region->end);
}

/* Makes va a border; *made says whether it was none. */
static int cut_at(struct tree *regions, uaddr_t va, bool *made)
{
    struct region *lower = region_find(regions, va);

    *made = false;
    if (!lower || lower->start == va) {
        return 0;
    }
    struct region *upper = region_create(lower);
    if (!upper) {
        return -ENOMEM;
    }
    uint64_t lower_len = va - lower->start;
    upper->start = va;
    if (lower->file) {
        uint64_t lower_bytes = min_u64(lower->file_len, lower_len);
        upper->file += lower_bytes;
        upper->file_len -= lower_bytes;
        lower->file_len = lower_bytes;
    }
    lower->end = va;
    tree_insert(regions, &upper->node, va);
    *made = true;
    return 0;
}

/* Undoes cut_at. */
static void uncut_at(struct tree *regions, uaddr_t va)
{
    struct region *upper = region_find(regions, va);
    struct region *lower = region_find(regions, va - 1);

    lower->end = upper->end;
    lower->file_len += upper->file_len;
    destroy(regions, upper);
}

int region_cut(struct tree *regions, uaddr_t start, uaddr_t end)
{
    bool made_start;
    bool made_end;
    int error = cut_at(regions, start, &made_start);

    if (error) {
        return error;
    }
    error = cut_at(regions, end, &made_end);
    if (error && made_start) {
        uncut_at(regions, start);
    }
    return error;
}

void region_remove(struct tree *regions, uaddr_t start, uaddr_t end)
{
    for (;;) {
        struct region *region = region_find_from(regions, start);
        if (!region || region->start >= end) {
            return;
        }
        ASSERT(region->start >= start);
        ASSERT(region->end <= end);
        destroy(regions, region);
        plat_irq_window();
    }
}

void region_join(struct tree *regions, uaddr_t start, uaddr_t end)
{
    struct region *lower = region_find_from(regions, start > 0 ? start - 1 : 0);

    while (lower && lower->end <= end) {
        struct region *upper = region_of(tree_next(regions, &lower->node));
        if (!upper) {
            return;
        }
        if (can_join(lower, upper)) {
            lower->end = upper->end;
            destroy(regions, upper);
        } else {
            lower = upper;
        }
        plat_irq_window();
    }
}

void region_check(const struct tree *regions)
{
    uaddr_t last_end = 0;

    for (struct tree_node *node = tree_first(regions); node; node = tree_next(regions, node)) {
        const struct region *region = region_of(node);
        ASSERT(node->key == region->start);
        ASSERT(region->start >= last_end);
        ASSERT(region->start < region->end);
        ASSERT(region->end <= USER_END);
        ASSERT(((region->start | region->end) & PAGE_MASK) == 0);
        ASSERT(region->file || region->file_len == 0);
        last_end = region->end;
    }
    pool_check(&region_pool);
}

size_t region_count(void)
{
    return region_pool.used;
}
