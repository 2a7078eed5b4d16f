#include "fuzz/model/same.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/memory.h"

enum {
    FIRST_PAGES = 4, /* of each map, that are compared though nobody has written them */
    PAIRS = 1024,    /* that are kept, by where the kernel has the page */
};

/* What a page should hold: so many bytes, and zeros behind. */
struct wanted {
    const uint8_t *bytes; /* in front of all, the page that was written; or of a file */
    uint64_t count;
    uint64_t version; /* of the page, 0: of a file */
};

/* A page of the kernel that has held that. */
struct pair {
    const uint8_t *has;
    struct wanted wanted;
    uint32_t run;
    uint32_t when; /* eyes->now() */
};

static struct {
    uint32_t run;
    uint32_t now;
    bool is_complete;
    bool was_overlooked;
    struct pair pairs[PAIRS];
} same;

void same_begin(void)
{
    same.run++;
}

void same_open(bool is_complete)
{
    same.now = world.eyes->now();
    same.is_complete = is_complete;
    same.was_overlooked = false;
}

bool same_was_overlooked(void)
{
    return same.was_overlooked;
}

static struct wanted wanted_at(const struct map *map, uint64_t at, const struct leaf *leaf)
{
    if (leaf) {
        return (struct wanted){world.pages[leaf->page], PAGE, world.page_versions[leaf->page]};
    }
    uint64_t from = at - map->start;
    bool is_of_file = map->bytes && from < map->len;

    return is_of_file ? (struct wanted){map->bytes + from, least(map->len - from, PAGE), 0}
                      : (struct wanted){0};
}

static bool holds(const uint8_t *has, const struct wanted *wanted)
{
    static const uint8_t zeros[PAGE];

    return bytes_same(has, wanted->bytes, wanted->count) &&
           bytes_same(has + wanted->count, zeros, PAGE - wanted->count);
}

static bool is_known(const struct pair *pair, const uint8_t *has, const struct wanted *wanted)
{
    return pair->has == has && pair->run == same.run && pair->wanted.bytes == wanted->bytes &&
           pair->wanted.count == wanted->count && pair->wanted.version == wanted->version &&
           world.eyes->is_unwritten(has, pair->when);
}

/* A page of which the kernel may have nothing, as the model does where leaf is NULL. */
static bool compare_page(const struct proc *proc, const struct map *map, uint64_t at,
                         const struct leaf *leaf)
{
    const uint8_t *has = world.eyes->page(proc->pid, at);

    if (!has) {
        return !leaf || memory_verify(proc, at, PAGE);
    }
    struct wanted wanted = wanted_at(map, at, leaf);
    struct pair *pair = &same.pairs[(uintptr_t)has / PAGE % PAIRS];
    bool was_same = is_known(pair, has, &wanted);
    if (was_same && !same.is_complete) {
        return true;
    }
    if (!holds(has, &wanted)) {
        same.was_overlooked = was_same;
        return memory_verify(proc, at, PAGE);
    }
    *pair = (struct pair){has, wanted, same.run, same.now};
    return true;
}

static bool compare_mapped(const struct proc *proc, uint64_t at, bool wanted)
{
    if (at < END_OF_MEMORY && world.eyes->is_mapped(proc->pid, at) != wanted) {
        ask_object(wanted ? "process %d: nothing is mapped at %x, where there should be"
                          : "process %d: something is mapped at %x, where nothing should be",
                   (int64_t)proc->pid, at);
        return false;
    }
    return true;
}

/* Where a map begins and ends, and its first pages. */
static bool compare_map(const struct proc *proc, struct space *space, const struct map *map)
{
    uint64_t end = least(map->end, map->start + FIRST_PAGES * PAGE);

    if (!compare_mapped(proc, map->start, true) || !compare_mapped(proc, map->end - PAGE, true) ||
        (memory_is_free(space, map->end, map->end + PAGE) &&
         !compare_mapped(proc, map->end, false))) {
        return false;
    }
    for (uint64_t at = map->start; at < end && memory_is_backed(map, at); at += PAGE) {
        if (!compare_page(proc, map, at, memory_leaf(space, map, at))) {
            return false;
        }
    }
    return true;
}

bool same_memory(const struct proc *proc)
{
    struct space *space = memory_of(proc);

    for (unsigned i = 0; i < space->map_count; i++) {
        if (!compare_map(proc, space, &space->maps[i])) {
            return false;
        }
    }
    for (unsigned i = 0; i < space->leaf_count; i++) {
        const struct leaf *leaf = &space->leaves[i];
        uint64_t at = leaf->number * PAGE;
        if (!compare_page(proc, memory_find(space, at), at, leaf)) {
            return false;
        }
    }
    return true;
}
