/* brk, mmap, munmap, mprotect, madvise, msync. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"

static const uint32_t rights = PROT_READ | PROT_WRITE | PROT_EXEC;

/* A soft RLIMIT_DATA of 0 counts as the hard one. */
static uint64_t data_limit(const struct proc *self)
{
    const struct abi_rlimit *limit = &self->process->limits[RLIMIT_DATA];

    return limit->rlim_cur ? limit->rlim_cur : limit->rlim_max;
}

static bool limits_allow(const struct proc *self, uint64_t pages, bool is_data)
{
    const struct space *space = memory_of(self);

    return memory_pages(space) + pages <= self->process->limits[RLIMIT_AS].rlim_cur / PAGE &&
           (!is_data || memory_data_pages(space) + pages <= data_limit(self) / PAGE);
}

/* Whether a kernel may refuse to promise so much, or must, with the memory that a fuzzed one has:
 * that is between 48 and 512 pages. */
static bool may_be_too_much(uint64_t len)
{
    return len / PAGE > 40;
}

static bool is_too_much(uint64_t len)
{
    return len / PAGE > 600;
}

static bool is_range(uint64_t at, uint64_t len)
{
    return (at & (PAGE - 1)) == 0 && len != 0 && at <= END_OF_MEMORY && len <= END_OF_MEMORY - at;
}

/* Nothing is mapped there, and no stack would come near from above. */
static bool is_gap(struct space *space, uint64_t start, uint64_t end)
{
    const struct map *next = memory_find_from(space, start);

    return !next || least(next->start, next->start - (next->grows ? STACK_GUARD : 0)) >= end;
}

/* ---- brk(2): what it gives is the break that holds afterwards ---- */

void call_brk(struct proc *self, const struct event *event)
{
    struct space *space = memory_of(self);
    uint64_t wanted = event->args[0];
    uint64_t old_end = round_up(space->break_end);
    uint64_t new_end = round_up(wanted);
    uint64_t more = new_end - old_end;

    if (wanted < space->break_start || wanted > END_OF_MEMORY) {
        (void)ask_result((int64_t)space->break_end);
        return;
    }
    if (new_end > old_end) {
        bool is_refused = !is_gap(space, old_end, new_end + PAGE) || is_too_much(more) ||
                          !limits_allow(self, more / PAGE, true);
        bool may_be_refused = event->was_refused || may_be_too_much(more);
        if ((is_refused || may_be_refused) && ask_result((int64_t)space->break_end)) {
            return;
        }
        if (is_refused) {
            return;
        }
    } else if (event->was_refused && ask_result((int64_t)space->break_end)) {
        return;
    }
    if (!ask_result((int64_t)wanted)) {
        return;
    }
    if (new_end > old_end) {
        const struct map map = {
            .start = old_end, .end = new_end, .prot = PROT_READ | PROT_WRITE, .object = -1};
        memory_insert(space, &map);
    } else if (new_end < old_end) {
        memory_unmap(space, new_end, old_end);
    }
    space->break_end = wanted;
}

/* ---- mmap(2) ---- */

/* Whether a descriptor's file may be mapped so. */
static int check_file(const struct file *file, uint64_t prot, uint64_t flags)
{
    bool is_shared = (flags & MAP_TYPE) == MAP_SHARED;

    if (!files_may_read(file) || (is_shared && (prot & PROT_WRITE) && !files_may_write(file))) {
        return -EACCES;
    }
    if (file->kind != FILE_REGULAR) {
        return -ENODEV;
    }
    return flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

/* What does not depend on where it goes. */
static int check_mapping(const struct file *file, const uint64_t *args)
{
    uint64_t flags = args[3];
    uint64_t type = flags & MAP_TYPE;

    if (args[1] == 0 || (type != MAP_PRIVATE && type != MAP_SHARED) ||
        (type == MAP_SHARED && (flags & MAP_GROWSDOWN))) {
        return -EINVAL;
    }
    if (args[1] > END_OF_MEMORY) {
        return -ENOMEM;
    }
    if (file && args[5] > (uint64_t)INT64_MAX - round_up(args[1])) {
        return -EOVERFLOW;
    }
    return file ? check_file(file, args[2], flags) : 0;
}

/* Where it has to go: 0 and *start, or *start is END_OF_MEMORY: anywhere. */
static int place(struct space *space, uint64_t hint, uint64_t len, uint64_t flags, uint64_t *start)
{
    bool is_exact = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    uint64_t at = round_down(hint);

    *start = END_OF_MEMORY;
    if (len > END_OF_MEMORY - LOWEST_MAPPING) {
        return -ENOMEM;
    }
    if (is_exact && at != hint) {
        return -EINVAL;
    }
    bool fits = hint >= LOWEST_MAPPING && hint <= END_OF_MEMORY - PAGE - len;
    if (is_exact && !fits) {
        return hint < LOWEST_MAPPING ? -EPERM : -ENOMEM;
    }
    if ((flags & MAP_FIXED_NOREPLACE) && !memory_is_free(space, at, at + len)) {
        return -EEXIST;
    }
    if (is_exact || (fits && is_gap(space, at, at + len))) {
        *start = at;
    }
    return 0;
}

static uint64_t largest_gap(const struct space *space)
{
    uint64_t largest = 0;
    uint64_t last = LOWEST_MAPPING;

    for (unsigned i = 0; i < space->map_count; i++) {
        largest = most(largest, space->maps[i].start - least(last, space->maps[i].start));
        last = space->maps[i].end;
    }
    return largest;
}

/* Says where a mapping of len bytes may go; true: that is what happened. Wherever it likes means
 * one place that is free, and none only where there is hardly one. */
static bool ask_place(struct space *space, const struct event *event, uint64_t wanted, uint64_t len)
{
    uint64_t got = (uint64_t)event->result;

    if (wanted != END_OF_MEMORY) {
        return ask_result((int64_t)wanted);
    }
    if (len > END_OF_MEMORY / 8) {
        (void)ask_result(-ENOMEM);
    }
    bool is_place = (got & (PAGE - 1)) == 0 && got >= LOWEST_MAPPING && got < END_OF_MEMORY &&
                    len <= END_OF_MEMORY - got && memory_is_free(space, got, got + len);
    if (len > largest_gap(space)) {
        return false;
    }
    return ask_range(is_place ? (int64_t)got : 1, is_place ? (int64_t)got : 0, 1);
}

static int16_t add_object(uint64_t pages)
{
    struct object *object = &world.objects[world.object_count];

    if (world.object_count == OBJECTS_MAX - 1) {
        world.lost = "too many objects";
    } else {
        world.object_count++;
    }
    *object = (struct object){.pages = pages};
    return (int16_t)(object - world.objects);
}

/* The pages that the limits count anew, where something is replaced. */
static uint64_t new_pages(struct space *space, uint64_t start, uint64_t end)
{
    uint64_t pages = (end - start) / PAGE;

    for (unsigned i = 0; i < space->map_count; i++) {
        const struct map *map = &space->maps[i];
        uint64_t low = most(map->start, start);
        uint64_t high = least(map->end, end);
        pages -= low < high ? (high - low) / PAGE : 0;
    }
    return pages;
}

static void do_map(struct proc *self, const struct event *event, const struct file *file,
                   uint64_t start)
{
    struct space *space = memory_of(self);
    uint64_t flags = event->args[3];
    struct map map = {
        .start = start,
        .end = start + round_up(event->args[1]),
        .prot = (uint32_t)event->args[2] & rights,
        .is_shared = (flags & MAP_TYPE) == MAP_SHARED,
        .grows = flags & MAP_GROWSDOWN,
        .is_file = file != NULL,
        .object = -1,
    };

    memory_unmap(space, map.start, map.end);
    if (file) {
        const struct node *node = &world.nodes[file->node];
        uint64_t offset = least(event->args[5], node->size);
        map.len = node->size - offset;
        map.bytes = map.len > 0 ? node->bytes + offset : NULL;
    } else if (map.is_shared) {
        map.object = add_object((map.end - map.start) / PAGE);
    }
    memory_insert(space, &map);
}

void call_mmap(struct proc *self, const struct event *event)
{
    struct space *space = memory_of(self);
    uint64_t flags = event->args[3];
    bool is_anonymous = flags & MAP_ANONYMOUS;
    const struct file *file = is_anonymous ? NULL : files_get_open(self, (int)event->args[4]);
    uint64_t start = END_OF_MEMORY;
    uint64_t len = round_up(event->args[1]);

    if ((event->args[5] & (PAGE - 1)) || (!is_anonymous && !file)) {
        (void)ask_result(event->args[5] & (PAGE - 1) ? -EINVAL : -EBADF);
        return;
    }
    int error = check_mapping(file, event->args);
    if (!error && !file && !(flags & MAP_NORESERVE) && may_be_too_much(len)) {
        (void)ask_result(-ENOMEM);
        if (is_too_much(len)) {
            return;
        }
    }
    if (!error) {
        error = place(space, event->args[0], len, flags, &start);
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    bool is_data = (event->args[2] & PROT_WRITE) && (flags & MAP_TYPE) != MAP_SHARED &&
                   !(flags & MAP_GROWSDOWN);
    uint64_t pages = start == END_OF_MEMORY ? len / PAGE : new_pages(space, start, start + len);
    if (!limits_allow(self, pages, is_data)) {
        (void)ask_result(-ENOMEM);
        return;
    }
    if (ask_place(space, event, start, len)) {
        do_map(self, event, file, (uint64_t)event->result);
    }
}

void call_munmap(struct proc *self, const struct event *event)
{
    uint64_t at = event->args[0];
    uint64_t len = event->args[1];

    if (!is_range(at, len)) {
        (void)ask_result(-EINVAL);
    } else if (ask_result(0)) {
        memory_unmap(memory_of(self), at, round_up(at + len));
    }
}

/* ---- mprotect(2) ---- */

/* Sets rights from start on up to what may not have them; gives what is said then. */
static int protect(struct proc *self, uint64_t start, uint64_t end, uint32_t prot, bool does_it)
{
    struct space *space = memory_of(self);
    uint64_t at = start;
    uint64_t data = 0;
    int error = 0;

    while (at < end && !error) {
        const struct map *map = memory_find(space, at);
        if (!map) {
            error = -ENOMEM;
            break;
        }
        struct map changed = *map;
        changed.prot = prot;
        if ((prot & PROT_WRITE) && map->is_shared && map->is_file) {
            error = -EACCES;
        } else if (memory_is_data(&changed) && !memory_is_data(map)) {
            data += (least(map->end, end) - at) / PAGE;
            error = memory_data_pages(space) + data <= data_limit(self) / PAGE ? 0 : -ENOMEM;
        }
        at = error ? at : map->end;
    }
    at = least(at, end);
    if (does_it && start < at) {
        memory_cut(space, start);
        memory_cut(space, at);
        for (unsigned i = 0; i < space->map_count; i++) {
            struct map *map = &space->maps[i];
            map->prot = map->start >= start && map->end <= at ? prot : map->prot;
        }
        memory_join(space);
    }
    return error;
}

/* *start is where the stack begins if it is to count from there. */
static int check_protect(struct space *space, const uint64_t *args, uint64_t *start)
{
    uint64_t grows = args[2] & (PROT_GROWSDOWN | PROT_GROWSUP);
    uint64_t prot = args[2] & ~grows;

    if (!is_range(args[0], args[1])) {
        return -ENOMEM;
    }
    if (prot & ~(uint64_t)(rights | PROT_SEM)) {
        return -EINVAL;
    }
    if (!grows) {
        return 0;
    }
    const struct map *map = memory_find_from(space, args[0]);
    uint64_t end = grows == PROT_GROWSUP ? args[0] + 1 : round_up(args[0] + args[1]);
    if (!map || map->start >= end) {
        return -ENOMEM;
    }
    *start = map->start;
    return grows == PROT_GROWSDOWN && map->grows ? 0 : -EINVAL;
}

void call_mprotect(struct proc *self, const struct event *event)
{
    const uint64_t both = PROT_GROWSDOWN | PROT_GROWSUP;
    uint64_t start = event->args[0];
    uint64_t len = event->args[1];
    uint32_t prot = (uint32_t)event->args[2] & rights;

    if ((event->args[2] & both) == both || (start & (PAGE - 1))) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (len == 0) {
        (void)ask_result(0);
        return;
    }
    uint64_t end = round_up(start + len);
    int error = check_protect(memory_of(self), event->args, &start);
    if (error) {
        (void)ask_result(error);
    } else if (ask_result(protect(self, start, end, prot, false))) {
        (void)protect(self, start, end, prot, true);
    }
}

/* ---- madvise(2), msync(2): over the range, map by map ---- */

static bool is_walk(uint64_t start, uint64_t len)
{
    return (start & (PAGE - 1)) == 0 && round_up(len) >= len && start + round_up(len) >= start;
}

/* Forgets what may be forgotten. -ENOMEM: there was a hole, which is said when all is done. */
static int walk(struct space *space, uint64_t start, uint64_t end, bool forgets,
                bool only_anonymous)
{
    int result = 0;

    for (uint64_t at = start; at < end;) {
        const struct map *map = memory_find_from(space, at);
        if (!map || map->start > at) {
            result = -ENOMEM;
        }
        if (!map || map->start >= end) {
            break;
        }
        at = most(map->start, at);
        bool is_of_file = map->is_file || (map->bytes && at - map->start < map->len);
        if (only_anonymous && (is_of_file || map->is_shared)) {
            return -EINVAL;
        }
        if (forgets) {
            memory_forget(space, at, least(map->end, end));
        }
        at = map->end;
    }
    return result;
}

void call_madvise(struct proc *self, const struct event *event)
{
    uint64_t start = event->args[0];
    uint64_t len = event->args[1];
    int advice = (int)event->args[2];
    bool forgets = advice == MADV_DONTNEED || advice == MADV_FREE;
    bool is_known = (advice >= MADV_NORMAL && advice <= MADV_DONTNEED) || advice == MADV_FREE ||
                    (advice >= MADV_MERGEABLE && advice <= MADV_DODUMP) || advice == MADV_COLD ||
                    advice == MADV_PAGEOUT;

    if (!is_known || !is_walk(start, len)) {
        (void)ask_result(-EINVAL);
        return;
    }
    (void)ask_result(
        walk(memory_of(self), start, start + round_up(len), forgets, advice == MADV_FREE));
}

void call_msync(struct proc *self, const struct event *event)
{
    uint64_t start = event->args[0];
    uint64_t len = event->args[1];
    uint64_t flags = event->args[2];

    if ((flags & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
        ((flags & MS_ASYNC) && (flags & MS_SYNC)) || (start & (PAGE - 1))) {
        (void)ask_result(-EINVAL);
    } else if (!is_walk(start, len)) {
        (void)ask_result(-ENOMEM);
    } else {
        (void)ask_result(walk(memory_of(self), start, start + round_up(len), false, false));
    }
}
