#include "fuzz/check/objects.h"

#include "fuzz/check/checks.h"

#include "base/string.h"
#include "mm/pool.h"
#include "proc/pending.h"

enum { POOLS_MAX = 32 };

/* What is in use, by pool. */
struct census {
    unsigned pool_count;
    struct {
        const struct pool *pool;
        uint64_t objects;
        uint64_t frames;
    } pools[POOLS_MAX];
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

/* What the signals that zombies leave behind may take: those who are charged for them, or as many
 * as they are. Another check counts what they are charged for. */
static uint64_t charged(bool is_of_users)
{
    uint64_t count = 0;

    for (const struct tree_node *node = look_first(pending_users()); node; node = look_next(node)) {
        count += is_of_users ? 1 : CONTAINER_OF(node, struct pending_user, node)->count;
    }
    return count;
}

/* What should be left of a pool: of the file system all; of all else nothing, but for what other
 * checks count: processes, numbers, descriptions, pipes, signals. */
static uint64_t expected(const struct pool *pool)
{
    static const char *const counted[] = {"process", "file", "pipe", "cred", "groups", "group"};

    for (unsigned i = 0; i < ARRAY_LEN(counted); i++) {
        if (str_equal(pool->name, counted[i])) {
            return pool->used;
        }
    }
    if (str_equal(pool->name, "pid")) {
        return pid_count();
    }
    if (str_equal(pool->name, "siginfo") || str_equal(pool->name, "sigusers")) {
        return charged(str_equal(pool->name, "sigusers"));
    }
    return str_equal(pool->name, "ramfs") ? objects_of(&at_begin, pool) : 0;
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
}
