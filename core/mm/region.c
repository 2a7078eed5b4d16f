#include "mm/region.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"

static struct pool region_pool;

void region_init(void)
{
    pool_init(&region_pool, "region", sizeof(struct region));
}

void region_set_init(struct region_set *set)
{
    tree_init(&set->tree);
    set->pages = 0;
    set->data_pages = 0;
}

static struct region *region_of(struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct region, node) : NULL;
}

struct region *region_first(const struct region_set *set)
{
    return region_of(tree_first(&set->tree));
}

struct region *region_next(const struct region_set *set, const struct region *region)
{
    return region_of(tree_next(&set->tree, &region->node));
}

struct region *region_find_below(const struct region_set *set, uaddr_t va)
{
    return region_of(tree_find_le(&set->tree, va));
}

struct region *region_find(const struct region_set *set, uaddr_t va)
{
    struct region *region = region_find_below(set, va);

    return region && va < region->end ? region : NULL;
}

struct region *region_find_from(const struct region_set *set, uaddr_t va)
{
    struct region *region = region_find(set, va);

    return region ? region : region_of(tree_find_ge(&set->tree, va));
}

bool region_is_free(const struct region_set *set, uaddr_t start, uaddr_t end)
{
    struct region *region = region_find_from(set, start);

    return !region || region->start >= end;
}

uint64_t region_pages_in(const struct region_set *set, uaddr_t start, uaddr_t end)
{
    uint64_t pages = 0;

    for (const struct region *region = region_find_from(set, start); region && region->start < end;
         region = region_next(set, region)) {
        pages += (min_u64(region->end, end) - max_u64(region->start, start)) >> PAGE_SHIFT;
        plat_irq_window();
    }
    return pages;
}

bool region_reaches(const struct region *region, uaddr_t va)
{
    uint64_t offset = va - region->start;

    if (region->shared) {
        return region->shared_index + (offset >> PAGE_SHIFT) < region->shared->pages;
    }
    return !(region->flags & REGION_FILE) || offset < page_up(region->file_len);
}

bool region_is_data(const struct region *region)
{
    return (region->prot & PROT_WRITE) && !(region->flags & (REGION_SHARED | REGION_GROWS));
}

static uint64_t pages_of(const struct region *region)
{
    return (region->end - region->start) >> PAGE_SHIFT;
}

static void count(struct region_set *set, const struct region *region)
{
    set->pages += pages_of(region);
    if (region_is_data(region)) {
        set->data_pages += pages_of(region);
    }
}

static void uncount(struct region_set *set, const struct region *region)
{
    set->pages -= pages_of(region);
    if (region_is_data(region)) {
        set->data_pages -= pages_of(region);
    }
}

void region_advance(struct region *region, uint64_t len)
{
    uint64_t file_len = min_u64(region->file_len, len);

    region->start += len;
    region->file_len -= file_len;
    region->file = region->file_len > 0 ? region->file + file_len : NULL;
    if (region->shared) {
        region->shared_index += len >> PAGE_SHIFT;
    }
}

static bool can_join(const struct region *lower, const struct region *upper)
{
    struct region next = *lower;

    if (lower->end != upper->start || lower->prot != upper->prot || lower->flags != upper->flags) {
        return false;
    }
    region_advance(&next, lower->end - lower->start);
    return next.file == upper->file && next.file_len == upper->file_len &&
           next.shared == upper->shared && next.shared_index == upper->shared_index;
}

struct region *region_create(const struct region *given)
{
    ASSERT(given->start < given->end);
    ASSERT(given->end <= USER_END);
    ASSERT(((given->start | given->end) & PAGE_MASK) == 0);
    struct region *region = pool_alloc(&region_pool);
    if (region) {
        *region = *given;
        if (region->shared) {
            shared_get(region->shared);
        }
    }
    return region;
}

void region_discard(struct region *region)
{
    if (region->shared) {
        shared_put(region->shared);
    }
    pool_free(&region_pool, region);
}

void region_insert(struct region_set *set, struct region *region)
{
    ASSERT(region_is_free(set, region->start, region->end));
    tree_insert(&set->tree, &region->node, region->start);
    count(set, region);
    region_join(set, region->start, region->end);
}

static void destroy(struct region_set *set, struct region *region)
{
    tree_remove(&set->tree, &region->node);
    if (PLANTED(OWN_6) && !region->shared) {
        return;
    }
    region_discard(region);
}

/* Makes va a border; *made says whether it was none. */
static int cut_at(struct region_set *set, uaddr_t va, bool *made)
{
    struct region *lower = region_find(set, va);

    *made = false;
    if (!lower || lower->start == va) {
        return 0;
    }
    struct region *upper = region_create(lower);
    if (!upper) {
        return -ENOMEM;
    }
    region_advance(upper, va - lower->start);
    lower->end = va;
    tree_insert(&set->tree, &upper->node, va);
    *made = true;
    return 0;
}

/* Undoes cut_at. */
static void uncut_at(struct region_set *set, uaddr_t va)
{
    struct region *upper = region_find(set, va);
    struct region *lower = region_find(set, va - 1);

    lower->end = upper->end;
    destroy(set, upper);
}

int region_cut(struct region_set *set, uaddr_t start, uaddr_t end)
{
    bool made_start;
    bool made_end;
    int error = cut_at(set, start, &made_start);

    if (error) {
        return error;
    }
    error = cut_at(set, end, &made_end);
    if (error && made_start) {
        uncut_at(set, start);
    }
    return error;
}

void region_remove(struct region_set *set, uaddr_t start, uaddr_t end)
{
    for (;;) {
        struct region *region = region_find_from(set, start);
        if (!region || region->start >= end) {
            return;
        }
        ASSERT(region->start >= start);
        ASSERT(region->end <= end);
        uncount(set, region);
        destroy(set, region);
        plat_irq_window();
    }
}

void region_set_prot(struct region_set *set, struct region *region, unsigned prot)
{
    if (PLANTED(OWN_13)) {
        region->prot = prot;
        return;
    }
    uncount(set, region);
    region->prot = prot;
    count(set, region);
}

void region_set_start(struct region_set *set, struct region *region, uaddr_t start)
{
    ASSERT(start >= region->start || region_is_free(set, start, region->start));
    uncount(set, region);
    region->start = start;
    region->node.key = start; /* it stays between its neighbours */
    count(set, region);
}

void region_join(struct region_set *set, uaddr_t start, uaddr_t end)
{
    struct region *lower = region_find_from(set, start > 0 ? start - 1 : 0);

    while (lower && lower->end <= end) {
        struct region *upper = region_next(set, lower);
        if (!upper) {
            return;
        }
        if (can_join(lower, upper)) {
            lower->end = upper->end;
            destroy(set, upper);
        } else {
            lower = upper;
        }
        plat_irq_window();
    }
}

void region_check(const struct region_set *set)
{
    struct region_set counted = {0};
    uaddr_t last_end = 0;

    for (const struct region *region = region_first(set); region;
         region = region_next(set, region)) {
        ASSERT(region->node.key == region->start);
        ASSERT(region->start >= last_end);
        ASSERT(region->start < region->end);
        ASSERT(region->end <= USER_END);
        ASSERT(((region->start | region->end) & PAGE_MASK) == 0);
        ASSERT(region->file || region->file_len == 0);
        ASSERT(!(region->flags & REGION_GROWS) || !region->file);
        ASSERT(!(region->flags & REGION_GROWS) || !(region->flags & REGION_SHARED));
        ASSERT(!region->shared || (region->flags & REGION_SHARED));
        last_end = region->end;
        count(&counted, region);
    }
    ASSERT(counted.pages == set->pages);
    ASSERT(counted.data_pages == set->data_pages);
    pool_check(&region_pool);
}

size_t region_count(void)
{
    return region_pool.used;
}
