/* mremap(2) */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/memory.h"

struct remap {
    uint64_t from;
    uint64_t old_len;
    uint64_t new_len;
    uint64_t flags;
    uint64_t to;
};

/* -errno, or 0: [from, from + old_len) may become new_len long. *may_fail: -ENOMEM is possible too,
 * since it is much. */
static int check_resize(struct proc *self, const struct remap *remap, bool *may_fail)
{
    struct space *space = memory_of(self);
    const struct map *map = memory_find(space, remap->from);

    *may_fail = false;
    if (!map) {
        return -EFAULT;
    }
    if (remap->old_len == 0 && !map->is_shared) {
        return -EINVAL;
    }
    if (remap->old_len > map->end - remap->from) {
        return -EFAULT;
    }
    if (remap->new_len == remap->old_len) {
        return 0;
    }
    uint64_t more = remap->new_len / PAGE - remap->old_len / PAGE;
    const struct abi_rlimit *data = &self->process->limits[RLIMIT_DATA];
    uint64_t data_bytes = data->rlim_cur ? data->rlim_cur : data->rlim_max;
    bool fits = memory_pages(space) + more <= self->process->limits[RLIMIT_AS].rlim_cur / PAGE &&
                (!memory_is_data(map) || memory_data_pages(space) + more <= data_bytes / PAGE);
    *may_fail = more > 40;
    return fits && more <= 600 ? 0 : -ENOMEM;
}

static void move(struct space *space, const struct remap *remap, uint64_t to)
{
    struct map map = *memory_find(space, remap->from);
    uint64_t skipped = remap->from - map.start;
    bool keeps = remap->flags & MREMAP_DONTUNMAP;

    memory_advance(&map, skipped);
    map.start = to;
    map.end = to + remap->new_len;
    if (map.object >= 0) {
        world.objects[map.object].maps++; /* it must not go in between */
    }
    memory_insert(space, &map);
    memory_move(space, remap->from, to, least(remap->old_len, remap->new_len));
    if (!keeps && remap->old_len > 0) {
        memory_unmap(space, remap->from, remap->from + remap->old_len);
    }
    if (map.object >= 0) {
        world.objects[map.object].maps--;
    }
}

static void ask_move(struct proc *self, const struct event *event, const struct remap *remap)
{
    struct space *space = memory_of(self);
    uint64_t got = (uint64_t)event->result;
    bool is_place = (got & (PAGE - 1)) == 0 && got >= LOWEST_MAPPING && got < END_OF_MEMORY &&
                    remap->new_len <= END_OF_MEMORY - got &&
                    memory_is_free(space, got, got + remap->new_len);

    if (remap->new_len > END_OF_MEMORY / 8) {
        (void)ask_result(-ENOMEM);
    }
    if (ask_range(is_place ? (int64_t)got : 1, is_place ? (int64_t)got : 0, 1)) {
        move(space, remap, got);
    }
}

static bool do_meet(const struct remap *remap)
{
    return remap->from + remap->old_len > remap->to && remap->to + remap->new_len > remap->from;
}

/* With MREMAP_FIXED what is at the new place goes, and what is to be cut off from the old one, even
 * if the call then fails. */
static void remap_to(struct proc *self, const struct event *event, struct remap remap)
{
    struct space *space = memory_of(self);
    bool is_fixed = remap.flags & MREMAP_FIXED;
    bool may_fail;

    if ((remap.to & (PAGE - 1)) || remap.new_len > END_OF_MEMORY - PAGE ||
        remap.to > END_OF_MEMORY - PAGE - remap.new_len || do_meet(&remap)) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (is_fixed && remap.to < LOWEST_MAPPING) {
        (void)ask_result(-EPERM);
        return;
    }
    if (is_fixed) {
        memory_unmap(space, remap.to, remap.to + remap.new_len);
    }
    if (remap.old_len > remap.new_len) {
        if (remap.old_len > END_OF_MEMORY - remap.from) {
            (void)ask_result(-EINVAL);
            return;
        }
        memory_unmap(space, remap.from + remap.new_len, remap.from + remap.old_len);
        remap.old_len = remap.new_len;
    }
    int error = check_resize(self, &remap, &may_fail);
    uint64_t limit = self->process->limits[RLIMIT_AS].rlim_cur / PAGE;
    if (!error && (remap.flags & MREMAP_DONTUNMAP) &&
        memory_pages(space) + remap.old_len / PAGE > limit) {
        error = -ENOMEM;
    }
    if (error || (may_fail && ask_result(-ENOMEM))) {
        (void)ask_result(error ? error : -ENOMEM);
    } else if (is_fixed) {
        if (ask_result((int64_t)remap.to)) {
            move(space, &remap, remap.to);
        }
    } else {
        ask_move(self, event, &remap);
    }
}

/* Memory has been refused: what was unmapped before that is seen in what the kernel has. */
static void follow_failure(struct proc *self, uint64_t start, uint64_t end)
{
    struct space *space = memory_of(self);
    uint64_t at;

    for (unsigned i = 0; i < space->map_count; i++) {
        const struct map *map = &space->maps[i];
        uint8_t byte;
        at = most(start, map->start);
        if (at < least(end, map->end) && !world.eyes->peek(self->pid, at, &byte, 1)) {
            memory_unmap(space, start, end);
            return;
        }
    }
}

static void remap_longer(struct proc *self, const struct event *event, const struct remap *remap)
{
    struct space *space = memory_of(self);
    bool may_fail;
    int error = check_resize(self, remap, &may_fail);

    if (error || (may_fail && ask_result(-ENOMEM))) {
        (void)ask_result(error ? error : -ENOMEM);
        return;
    }
    const struct map *map = memory_find(space, remap->from);
    uint64_t more = remap->new_len - remap->old_len;
    if (remap->old_len == map->end - remap->from && more <= END_OF_MEMORY - PAGE - map->end &&
        memory_is_free(space, map->end, map->end + more)) {
        if (ask_result((int64_t)remap->from)) {
            struct map rest = *map;
            memory_advance(&rest, rest.end - rest.start);
            rest.end += more;
            memory_insert(space, &rest);
        }
    } else if (remap->flags & MREMAP_MAYMOVE) {
        ask_move(self, event, remap);
    } else {
        (void)ask_result(-ENOMEM);
    }
}

void call_mremap(struct proc *self, const struct event *event)
{
    struct space *space = memory_of(self);
    const uint64_t *args = event->args;
    const struct remap remap = {
        .from = args[0],
        .old_len = round_up(args[1]),
        .new_len = round_up(args[2]),
        .flags = args[3],
        .to = args[4],
    };
    bool must_move = remap.flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);

    if ((remap.flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
        (must_move && !(remap.flags & MREMAP_MAYMOVE)) ||
        ((remap.flags & MREMAP_DONTUNMAP) && args[1] != args[2] &&
         remap.old_len != remap.new_len) ||
        (remap.from & (PAGE - 1)) || remap.new_len == 0) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (!memory_find(space, remap.from)) {
        (void)ask_result(-EFAULT);
    } else if (event->was_refused && ask_result(-ENOMEM)) {
        if (remap.flags & MREMAP_FIXED) {
            follow_failure(self, remap.to, remap.to + remap.new_len);
        }
        if (must_move && remap.old_len > remap.new_len) {
            follow_failure(self, remap.from + remap.new_len, remap.from + remap.old_len);
        }
    } else if (must_move) {
        remap_to(self, event, remap);
    } else if (remap.old_len < remap.new_len) {
        remap_longer(self, event, &remap);
    } else if (remap.old_len > END_OF_MEMORY - remap.from && remap.old_len > remap.new_len) {
        (void)ask_result(-EINVAL);
    } else if (ask_result((int64_t)remap.from) && remap.old_len > remap.new_len) {
        memory_unmap(space, remap.from + remap.new_len, remap.from + remap.old_len);
    }
}
