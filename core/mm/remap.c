#include "mm/remap.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "mm/pt.h"

/* A region with what source has from va on, at [start, end). */
static struct region *region_like(const struct region *source, uaddr_t va, uaddr_t start,
                                  uaddr_t end)
{
    struct region given = *source;

    region_advance(&given, va - source->start);
    given.start = start;
    given.end = end;
    return region_create(&given);
}

/* Where no leaf is, takes away the tables that are empty. */
static void trim(struct space *space, uaddr_t start, uaddr_t end)
{
    uint64_t resident = space->resident;

    space_discard(space, start, end);
    ASSERT(space->resident == resident);
}

int space_move(struct space *space, uaddr_t from, uint64_t old_len, uaddr_t to, uint64_t new_len,
               bool keep)
{
    const struct region *source = region_find(&space->regions, from);
    bool removes = !keep && old_len > 0;
    int error = 0;

    ASSERT(source);
    ASSERT(from + old_len <= source->end);
    ASSERT(old_len <= new_len);
    ASSERT(region_is_free(&space->regions, to, to + new_len));
    struct region *made = region_like(source, from, to, to + new_len);
    if (!made) {
        return -ENOMEM;
    }
    if (removes) {
        error = region_cut(&space->regions, from, from + old_len);
    }
    if (error) {
        goto discard_region;
    }
    error = pt_prepare_move(space->root, from, to, old_len);
    if (error) {
        goto join_regions;
    }
    pt_move(&space->tlb, space->root, from, to, old_len);
    trim(space, from, from + old_len);
    if (removes) {
        region_remove(&space->regions, from, from + old_len);
    }
    region_insert(&space->regions, made);
    return 0;

join_regions:
    trim(space, to, to + old_len);
    region_join(&space->regions, from, from + old_len);
discard_region:
    region_discard(made);
    return error;
}

int space_extend(struct space *space, struct region *region, uint64_t len)
{
    struct region *more = region_like(region, region->end, region->end, region->end + len);

    if (!more) {
        return -ENOMEM;
    }
    region_insert(&space->regions, more);
    return 0;
}
