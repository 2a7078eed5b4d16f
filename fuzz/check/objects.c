#include "fuzz/check/objects.h"

#include "fuzz/check/checks.h"

#include "base/string.h"
#include "mm/pool.h"

enum { POOLS_MAX = 32, KINDS = FRAME_PIPE + 1 };

/* What is in use, by pool, and frames by kind. */
struct census {
    unsigned pool_count;
    struct {
        const struct pool *pool;
        uint64_t objects;
        uint64_t frames;
    } pools[POOLS_MAX];
    uint64_t frames[KINDS];
};

static struct census at_begin;
static struct census at_end;

static void count_slab(struct census *census, const struct slab *slab)
{
    unsigned i = 0;

    while (i < census->pool_count && census->pools[i].pool != slab->pool) {
        i++;
    }
    if (i == POOLS_MAX) {
        return;
    }
    if (i == census->pool_count) {
        census->pools[census->pool_count++] = (typeof(census->pools[0])){.pool = slab->pool};
    }
    census->pools[i].objects += slab->pool->slab_count - (unsigned)__builtin_popcountll(slab->free);
    census->pools[i].frames++;
}

static void take_census(struct census *census)
{
    const struct frame_state *frames = look.frames;

    *census = (struct census){0};
    for (unsigned i = 0; i <= frames->range; i++) {
        const struct plat_range *range = &frames->ranges[i];
        paddr_t end = i == frames->range ? frames->watermark : range->base + range->size;
        for (paddr_t pa = range->base; pa < end; pa += PAGE_SIZE) {
            const struct frame *frame = &frames->table[look_number(pa)];
            if (frame->kind < KINDS) {
                census->frames[frame->kind]++;
            }
            if (frame->kind == FRAME_POOL) {
                count_slab(census, look_ram(pa));
            }
        }
    }
}

static uint64_t objects_of(const struct census *census, const struct pool *pool)
{
    for (unsigned i = 0; i < census->pool_count; i++) {
        if (census->pools[i].pool == pool) {
            return census->pools[i].objects;
        }
    }
    return 0;
}

/* What should be left of a pool: of the file system all; of processes those that are not reaped,
 * and the numbers that they and the console use; of all else nothing. */
static uint64_t expected(const struct pool *pool)
{
    if (str_equal(pool->name, "ramfs")) {
        return objects_of(&at_begin, pool);
    }
    if (str_equal(pool->name, "pid")) {
        return pid_count();
    }
    return str_equal(pool->name, "process") ? look.process_count : 0;
}

void objects_begin(void)
{
    take_census(&at_begin);
}

void objects_check_at_end(void)
{
    take_census(&at_end);
    for (unsigned i = 0; i < at_end.pool_count; i++) {
        const struct pool *pool = at_end.pools[i].pool;
        uint64_t objects = at_end.pools[i].objects;
        CHECK_THAT(END_OBJECTS, objects == expected(pool),
                   "all processes have ended, and of %s there are %lu, not %lu", pool->name,
                   (unsigned long)objects, (unsigned long)expected(pool));
        CHECK_THAT(END_OBJECTS, objects == pool->used && at_end.pools[i].frames == pool->frames,
                   "pool %s counts %lu objects and %lu frames, and has %lu and %lu", pool->name,
                   (unsigned long)pool->used, (unsigned long)pool->frames, (unsigned long)objects,
                   (unsigned long)at_end.pools[i].frames);
    }
    CHECK_THAT(END_OBJECTS,
               at_end.frames[FRAME_USER] + at_end.frames[FRAME_TABLE] + at_end.frames[FRAME_PIPE] ==
                   0,
               "all processes have ended, and %lu frames of memory, %lu of tables and %lu of pipes "
               "are in use",
               (unsigned long)at_end.frames[FRAME_USER], (unsigned long)at_end.frames[FRAME_TABLE],
               (unsigned long)at_end.frames[FRAME_PIPE]);
}
