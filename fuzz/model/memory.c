#include "fuzz/model/memory.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/pages.h"

int memory_create(void)
{
    struct space *space = &world.spaces[world.space_count];

    for (unsigned i = 0; i < world.space_count; i++) {
        if (world.spaces[i].users == 0) {
            space = &world.spaces[i];
            break;
        }
    }
    if (space == &world.spaces[world.space_count]) {
        if (world.space_count == SPACES_MAX - 1) {
            world.lost = "too many spaces";
        } else {
            world.space_count++;
        }
    }
    space->users = 1;
    space->serial = ++world.serials;
    space->map_count = 0;
    space->leaf_count = 0;
    space->break_start = 0;
    space->break_end = 0;
    space->barriers = 0;
    return (int)(space - world.spaces);
}

static void count_object(const struct map *map, int change)
{
    if (map->object < 0) {
        return;
    }
    struct object *object = &world.objects[map->object];
    object->maps += change;
    if (object->maps == 0) {
        for (unsigned i = 0; i < object->leaf_count; i++) {
            pages_put(object->leaves[i].page);
        }
        object->leaf_count = 0;
    }
}

int memory_fork(int from)
{
    int number = memory_create();
    const struct space *source = &world.spaces[from];
    struct space *made = &world.spaces[number];

    made->break_start = source->break_start;
    made->break_end = source->break_end;
    made->barriers = source->barriers;
    made->map_count = source->map_count;
    for (unsigned i = 0; i < source->map_count; i++) {
        made->maps[i] = source->maps[i];
        count_object(&made->maps[i], 1);
    }
    made->leaf_count = source->leaf_count;
    if (model_planted == MODEL_PLANT_FORK && made->leaf_count > 0) {
        made->leaf_count--;
    }
    for (unsigned i = 0; i < made->leaf_count; i++) {
        made->leaves[i] = source->leaves[i];
        pages_get(made->leaves[i].page);
    }
    return number;
}

void memory_leave(int number)
{
    struct space *space = &world.spaces[number];

    if (--space->users > 0) {
        return;
    }
    for (unsigned i = 0; i < space->leaf_count; i++) {
        pages_put(space->leaves[i].page);
    }
    for (unsigned i = 0; i < space->map_count; i++) {
        count_object(&space->maps[i], -1);
    }
    space->leaf_count = 0;
    space->map_count = 0;
}

struct space *memory_of(const struct proc *proc)
{
    return &world.spaces[proc->space];
}

/* ---- what is mapped ---- */

/* The index of the first map that ends above the address. */
static unsigned index_from(const struct space *space, uint64_t at)
{
    unsigned low = 0;
    unsigned high = space->map_count;

    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (space->maps[middle].end > at) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

struct map *memory_find_from(struct space *space, uint64_t at)
{
    unsigned index = index_from(space, at);

    return index < space->map_count ? &space->maps[index] : NULL;
}

struct map *memory_find(struct space *space, uint64_t at)
{
    struct map *map = memory_find_from(space, at);

    return map && map->start <= at ? map : NULL;
}

bool memory_is_free(struct space *space, uint64_t start, uint64_t end)
{
    const struct map *map = memory_find_from(space, start);

    return !map || map->start >= end;
}

static void add_at(struct space *space, unsigned index, const struct map *map)
{
    if (space->map_count == MAPS_MAX) {
        world.lost = "too many mappings";
        return;
    }
    for (unsigned i = space->map_count++; i > index; i--) {
        space->maps[i] = space->maps[i - 1];
    }
    space->maps[index] = *map;
    count_object(map, 1);
}

static void remove_at(struct space *space, unsigned index)
{
    count_object(&space->maps[index], -1);
    space->map_count--;
    for (unsigned i = index; i < space->map_count; i++) {
        space->maps[i] = space->maps[i + 1];
    }
}

void memory_advance(struct map *map, uint64_t len)
{
    uint64_t gone = least(len, map->len);

    map->start += len;
    if (map->object >= 0) {
        map->index += len / PAGE;
    }
    map->len -= gone;
    map->bytes = map->len > 0 ? map->bytes + gone : NULL;
}

void memory_cut(struct space *space, uint64_t at)
{
    unsigned index = index_from(space, at);

    if (index == space->map_count || space->maps[index].start >= at) {
        return;
    }
    struct map upper = space->maps[index];
    memory_advance(&upper, at - upper.start);
    add_at(space, index + 1, &upper);
    space->maps[index].end = at;
}

void memory_insert(struct space *space, const struct map *map)
{
    add_at(space, index_from(space, map->start), map);
    memory_join(space);
}

void memory_unmap(struct space *space, uint64_t start, uint64_t end)
{
    if (model_planted == MODEL_PLANT_UNMAP) {
        return;
    }
    memory_cut(space, start);
    memory_cut(space, end);
    memory_forget(space, start, end);
    unsigned index = index_from(space, start);
    while (index < space->map_count && space->maps[index].start < end) {
        remove_at(space, index);
    }
}

static bool go_together(const struct map *low, const struct map *high)
{
    if (low->end != high->start || low->prot != high->prot || low->is_shared != high->is_shared ||
        low->grows != high->grows || low->is_file != high->is_file || low->object != high->object) {
        return false;
    }
    struct map rest = *low;
    memory_advance(&rest, low->end - low->start);
    return rest.bytes == high->bytes && rest.len == high->len &&
           (low->object < 0 || rest.index == high->index);
}

void memory_join(struct space *space)
{
    for (unsigned i = 0; i + 1 < space->map_count;) {
        if (go_together(&space->maps[i], &space->maps[i + 1])) {
            space->maps[i].end = space->maps[i + 1].end;
            remove_at(space, i + 1);
        } else {
            i++;
        }
    }
}

bool memory_is_data(const struct map *map)
{
    return (map->prot & PROT_WRITE) && !map->is_shared && !map->grows;
}

uint64_t memory_pages(const struct space *space)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < space->map_count; i++) {
        pages += (space->maps[i].end - space->maps[i].start) / PAGE;
    }
    return pages;
}

uint64_t memory_data_pages(const struct space *space)
{
    uint64_t pages = 0;

    for (unsigned i = 0; i < space->map_count; i++) {
        const struct map *map = &space->maps[i];
        pages += memory_is_data(map) ? (map->end - map->start) / PAGE : 0;
    }
    return pages;
}

/* ---- what may be accessed ---- */

/* Who may write or execute may read, since the hardware cannot withhold that. */
static bool has_right(const struct map *map, enum access access)
{
    switch (access) {
    case ACCESS_READ:
        return map->prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
    case ACCESS_WRITE:
        return map->prot & PROT_WRITE;
    default:
        return map->prot & PROT_EXEC;
    }
}

bool memory_is_backed(const struct map *map, uint64_t at)
{
    uint64_t offset = at - map->start;

    if (map->object >= 0) {
        return map->index + offset / PAGE < world.objects[map->object].pages;
    }
    return !map->is_file || offset < round_up(map->len);
}

/* getrlimit(2), RLIMIT_STACK, and the gap that is kept below. */
static bool may_grow(const struct proc *proc, struct space *space, const struct map *stack,
                     uint64_t page)
{
    uint64_t more = (stack->start - page) / PAGE;

    if (page < LOWEST_MAPPING || stack->end - page > proc->process->limits[RLIMIT_STACK].rlim_cur ||
        memory_pages(space) + more > proc->process->limits[RLIMIT_AS].rlim_cur / PAGE) {
        return false;
    }
    if (stack == space->maps) {
        return true;
    }
    const struct map *below = stack - 1;
    return below->grows || below->prot == PROT_NONE || page - below->end >= STACK_GUARD;
}

enum touch memory_touch(struct proc *proc, uint64_t at, enum access access)
{
    struct space *space = memory_of(proc);
    struct map *map = at < END_OF_MEMORY ? memory_find_from(space, at) : NULL;

    if (!map || (at < map->start && !map->grows) || !has_right(map, access)) {
        return TOUCH_SEGV;
    }
    if (at < map->start) {
        if (!may_grow(proc, space, map, round_down(at))) {
            return TOUCH_SEGV;
        }
        map->start = round_down(at);
        memory_join(space);
        return TOUCH_FINE;
    }
    return memory_is_backed(map, at) ? TOUCH_FINE : TOUCH_BUS;
}

int memory_fault(struct proc *proc, uint64_t at, uint64_t size, enum access access)
{
    if (at & (size - 1)) {
        return SIGBUS;
    }
    switch (memory_touch(proc, at, access)) {
    case TOUCH_FINE:
        return 0;
    case TOUCH_SEGV:
        return SIGSEGV;
    default:
        return SIGBUS;
    }
}

bool memory_can(struct proc *proc, uint64_t at, uint64_t len, enum access access)
{
    if (at > END_OF_MEMORY || len > END_OF_MEMORY - at) {
        return false;
    }
    for (uint64_t page = round_down(at); len > 0 && page < at + len; page += PAGE) {
        if (memory_touch(proc, most(page, at), access) != TOUCH_FINE) {
            return false;
        }
    }
    return true;
}

bool memory_could(struct proc *proc, uint64_t at, uint64_t len, enum access access)
{
    static struct map maps[MAPS_MAX];
    struct space *space = memory_of(proc);
    const unsigned count = space->map_count;

    bytes_copy(maps, space->maps, count * sizeof(maps[0]));
    bool can = memory_can(proc, at, len, access);
    bytes_copy(space->maps, maps, count * sizeof(maps[0]));
    space->map_count = count;
    return can;
}

/* ---- what is in it ---- */

struct leaf *memory_leaf(struct space *space, const struct map *map, uint64_t at)
{
    struct object *object = map->object >= 0 ? &world.objects[map->object] : NULL;

    if (object) {
        uint64_t index = map->index + (at - map->start) / PAGE;
        return pages_find(object->leaves, object->leaf_count, (uint32_t)index);
    }
    return pages_find(space->leaves, space->leaf_count, (uint32_t)(at / PAGE));
}

static void fill(const struct map *map, uint64_t page, uint8_t *bytes, uint64_t offset,
                 uint64_t len)
{
    uint64_t from = page + offset - map->start;
    uint64_t count = map->bytes && from < map->len ? least(map->len - from, len) : 0;

    bytes_copy(bytes, map->bytes ? map->bytes + (count > 0 ? from : 0) : bytes, count);
    bytes_zero(bytes + count, len - count);
}

/* The bytes of a page that are about to change. */
static uint8_t *changing(uint16_t page)
{
    static uint64_t version; /* not of a run, and not of the world: no two stores have the same */

    world.page_versions[page] = ++version;
    return world.pages[page];
}

/* A page of its own for an address, to be written to. NULL: there is no room. */
static uint8_t *own_page(struct space *space, const struct map *map, uint64_t at)
{
    struct object *object = map->object >= 0 ? &world.objects[map->object] : NULL;
    struct leaf *leaf = memory_leaf(space, map, at);
    int made;

    if (leaf && world.page_refs[leaf->page] == 1) {
        return changing(leaf->page);
    }
    made = pages_take();
    if (made < 0) {
        return NULL;
    }
    if (leaf) {
        bytes_copy(world.pages[made], world.pages[leaf->page], PAGE);
        pages_put(leaf->page);
        leaf->page = (uint16_t)made;
        return changing(leaf->page);
    }
    fill(map, round_down(at), world.pages[made], 0, PAGE);
    bool is_added =
        object ? pages_add(object->leaves, &object->leaf_count, OBJECT_PAGES_MAX,
                           (uint32_t)(map->index + (at - map->start) / PAGE), (uint16_t)made)
               : pages_add(space->leaves, &space->leaf_count, LEAVES_MAX, (uint32_t)(at / PAGE),
                           (uint16_t)made);
    return is_added ? changing((uint16_t)made) : NULL;
}

void memory_store(struct space *space, uint64_t at, const void *bytes, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t offset = (at + done) & (PAGE - 1);
        const struct map *map = memory_find(space, at + done);
        uint8_t *page = map ? own_page(space, map, at + done) : NULL;
        count = least(PAGE - offset, len - done);
        if (page) {
            bytes_copy(page + offset, (const uint8_t *)bytes + done, count);
        }
    }
}

void memory_look(struct space *space, uint64_t at, void *bytes, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        uint64_t offset = (at + done) & (PAGE - 1);
        const struct map *map = memory_find(space, at + done);
        const struct leaf *leaf = map ? memory_leaf(space, map, at + done) : NULL;
        uint8_t *to = (uint8_t *)bytes + done;
        count = least(PAGE - offset, len - done);
        if (leaf) {
            bytes_copy(to, world.pages[leaf->page] + offset, count);
        } else if (map) {
            fill(map, at + done - offset, to, offset, count);
        } else {
            bytes_zero(to, count);
        }
    }
}

bool memory_read(struct proc *proc, uint64_t at, void *bytes, uint64_t len)
{
    if (!memory_can(proc, at, len, ACCESS_READ)) {
        return false;
    }
    memory_look(memory_of(proc), at, bytes, len);
    return true;
}

bool memory_write(struct proc *proc, uint64_t at, const void *bytes, uint64_t len)
{
    if (!memory_can(proc, at, len, ACCESS_WRITE)) {
        return false;
    }
    memory_store(memory_of(proc), at, bytes, len);
    return true;
}

void memory_forget(struct space *space, uint64_t start, uint64_t end)
{
    unsigned kept = 0;

    for (unsigned i = 0; i < space->leaf_count; i++) {
        uint64_t at = space->leaves[i].number * PAGE;
        if (at >= start && at < end) {
            pages_put(space->leaves[i].page);
        } else {
            space->leaves[kept++] = space->leaves[i];
        }
    }
    space->leaf_count = kept;
}

void memory_move(struct space *space, uint64_t from, uint64_t to, uint64_t len)
{
    struct leaf moved[LEAVES_MAX];
    unsigned count = 0;
    unsigned kept = 0;

    for (unsigned i = 0; i < space->leaf_count; i++) {
        uint64_t at = space->leaves[i].number * PAGE;
        if (at >= from && at < from + len) {
            moved[count++] = space->leaves[i];
        } else {
            space->leaves[kept++] = space->leaves[i];
        }
    }
    space->leaf_count = kept;
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = moved[i].number * PAGE - from + to;
        (void)pages_add(space->leaves, &space->leaf_count, LEAVES_MAX, (uint32_t)(at / PAGE),
                        moved[i].page);
    }
}

/* ---- what the kernel has ---- */

void memory_adopt(struct proc *proc, uint64_t at, uint64_t len)
{
    uint8_t bytes[PAGE];
    uint8_t known[PAGE];

    for (uint64_t done = 0, count; done < len; done += count) {
        count = least(PAGE - ((at + done) & (PAGE - 1)), len - done);
        if (!world.eyes->peek(proc->pid, at + done, bytes, count)) {
            ask_object("process %d: nothing is mapped at %x, where a call has written",
                       (int64_t)proc->pid, at + done);
            return;
        }
        memory_look(memory_of(proc), at + done, known, count);
        if (!bytes_same(bytes, known, count)) {
            memory_store(memory_of(proc), at + done, bytes, count);
        }
    }
}

void memory_adopt_growth(struct proc *proc)
{
    struct space *space = memory_of(proc);
    uint8_t byte;

    for (unsigned i = 0; i < space->map_count; i++) {
        struct map *map = &space->maps[i];
        uint64_t below = i == 0 ? 0 : space->maps[i - 1].end;
        while (map->grows && map->start > below && may_grow(proc, space, map, map->start - PAGE) &&
               world.eyes->peek(proc->pid, map->start - PAGE, &byte, sizeof(byte))) {
            map->start -= PAGE;
        }
    }
    memory_join(space);
}

bool memory_is_covered(uint64_t at, uint64_t len)
{
    for (unsigned i = 0; i < 2; i++) {
        if (at < world.covered[i].end && world.covered[i].start < at + len) {
            return true;
        }
    }
    return false;
}

/* Objects to the first difference. */
static bool compare(const struct proc *proc, uint64_t at, uint64_t len)
{
    uint8_t has[PAGE];
    uint8_t wanted[PAGE];

    if (!world.eyes->peek(proc->pid, at, has, len)) {
        ask_object("process %d: nothing is mapped at %x, where there should be", (int64_t)proc->pid,
                   at);
        return false;
    }
    memory_look(memory_of(proc), at, wanted, len);
    if (bytes_same(has, wanted, len)) {
        return true;
    }
    for (uint64_t i = 0; i < len; i++) {
        if (has[i] != wanted[i] && !memory_is_covered(at + i, 1)) {
            ask_object("process %d: the byte at %x is %u, and should be %u", (int64_t)proc->pid,
                       at + i, (uint64_t)has[i], (uint64_t)wanted[i]);
            return false;
        }
    }
    return true;
}

bool memory_verify(const struct proc *proc, uint64_t at, uint64_t len)
{
    for (uint64_t done = 0, count; done < len; done += count) {
        count = least(PAGE - ((at + done) & (PAGE - 1)), len - done);
        if (!compare(proc, at + done, count)) {
            return false;
        }
    }
    return true;
}

void memory_give(struct proc *proc, uint64_t at, const void *bytes, uint64_t len)
{
    memory_store(memory_of(proc), at, bytes, len);
    (void)memory_verify(proc, at, len);
}

void memory_offer(struct proc *proc, uint64_t at, const void *bytes, uint64_t len)
{
    uint8_t has[OFFER_MAX];
    uint8_t known[OFFER_MAX];

    len = least(len, OFFER_MAX);
    memory_look(memory_of(proc), at, known, len);
    if (!world.was_refused || !world.eyes->peek(proc->pid, at, has, len) ||
        !bytes_same(has, known, len)) {
        memory_give(proc, at, bytes, len);
    }
}
