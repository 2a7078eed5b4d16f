#include "fuzz/check/frames.h"

#include "fuzz/check/changed.h"
#include "fuzz/check/checks.h"

#include "abi/linux.h"
#include "base/cpu.h"
#include "fs/pipe.h"
#include "mm/pool.h"

enum {
    FRAMES_MAX = 1 << 15, /* of RAM */
    SPACES_MAX = 96,
    LEAVES_MAX = 640, /* of a space */
    TOUCHED_MAX = 2 * LEAVES_MAX * 2,
    GROUP = 8, /* descriptors that are passed at once when all are 0 */
};

struct seen_space {
    const struct space *space;
    uint32_t round; /* in which it was last on the list of spaces */
    unsigned count;
    struct seen_leaf leaves[LEAVES_MAX];
};

/* What names a frame. */
struct uses {
    uint32_t translations;
    uint32_t objects; /* shared objects that hold it */
};

static struct {
    bool is_following; /* false: there is more than can be remembered, everything is looked at */
    uint32_t round;
    unsigned space_count;
    struct seen_space *spaces[SPACES_MAX]; /* the first space_count are in use */
    struct seen_space slots[SPACES_MAX];
    struct uses uses[FRAMES_MAX];
    uint32_t highest; /* no frame above this number has any uses */
    unsigned touched_count;
    uint32_t touched[TOUCHED_MAX]; /* frames whose uses have changed */
} seen;

/* Which groups of a table's descriptors are not all 0, a bit each. */
struct groups {
    uint64_t used;
    uint32_t run;
    uint32_t taken; /* when, in this run */
};

/* For a walk of everything. */
static struct {
    const uint32_t *stamps; /* NULL: not known here */
    uint32_t run;
    uint32_t now;
    struct groups groups[FRAMES_MAX]; /* of tables */
    struct uses uses[FRAMES_MAX];
    uint8_t tables[FRAMES_MAX]; /* how many places each table hangs in */
    uint8_t pieces[FRAMES_MAX]; /* how many pieces of pipes are in it */
} all;

/* ---- finding leaves ---- */

static bool is_unused(const pte_t *at)
{
    typedef uint64_t two __attribute__((vector_size(16), may_alias));
    const two *pairs = (const two *)(const void *)at;
    two any = pairs[0] | pairs[1] | pairs[2] | pairs[3];

    return (any[0] | any[1]) == 0;
}

/* The first descriptor that is not 0, from index on; end if there is none. */
static unsigned next_used(const pte_t *table, unsigned index, unsigned end)
{
    while (index < end) {
        if (index % GROUP == 0 && index + GROUP <= end && is_unused(table + index)) {
            index += GROUP;
            continue;
        }
        if (table[index]) {
            return index;
        }
        index++;
    }
    return end;
}

static bool is_known_frame(paddr_t pa)
{
    return look_in_ram(pa) && look_number(pa) < FRAMES_MAX && pa < look.frames->watermark;
}

static const struct frame *frame_at(uint32_t number)
{
    return &look.frames->table[number];
}

static unsigned long address_of(uint32_t number)
{
    return look.base + ((paddr_t)number << PAGE_SHIFT);
}

/* A leaf against its region: rights, and where shared memory is. */
static void check_leaf(const struct region *region, uaddr_t va, pte_t pte, bool is_writable)
{
    bool is_there = pte & LOOK_VALID;

    CHECK_THAT(SPACE_REGIONS, is_there == (region->prot != PROT_NONE),
               "va 0x%lx is %svalid, and its region has rights %u", va, is_there ? "" : "not ",
               region->prot);
    CHECK_THAT(SPACE_REGIONS, !is_writable || (region->prot & PROT_WRITE),
               "va 0x%lx may be written, and its region may not", va);
    CHECK_THAT(SPACE_REGIONS, !is_there || (pte & LOOK_UXN) || (region->prot & PROT_EXEC),
               "va 0x%lx may be executed, and its region may not", va);
    if (region->shared) {
        uint64_t index = region->shared_index + ((va - region->start) >> PAGE_SHIFT);
        paddr_t pa = look_shared(region->shared, index);
        CHECK_THAT(SPACE_REGIONS, (pte & LOOK_ADDRESS) == pa,
                   "va 0x%lx is frame 0x%lx, and page %lu of its object is 0x%lx", va,
                   (unsigned long)(pte & LOOK_ADDRESS), index, pa);
    }
}

/* Gives the frame of a leaf. */
static bool find_frame(uaddr_t va, pte_t pte, uint32_t *number)
{
    paddr_t pa = pte & LOOK_ADDRESS;

    CHECK_THAT(FRAME_REFERENCES, is_known_frame(pa), "va 0x%lx leads to 0x%lx, which is no frame",
               va, pa);
    if (!is_known_frame(pa)) {
        return false;
    }
    *number = look_number(pa);
    return true;
}

/* ---- following ---- */

static bool is_writable_leaf(pte_t pte)
{
    return (pte & LOOK_VALID) && !(pte & LOOK_READ_ONLY);
}

static void note_touched(uint32_t number)
{
    if (seen.touched_count < TOUCHED_MAX) {
        seen.touched[seen.touched_count++] = number;
    } else {
        seen.is_following = false;
    }
}

static void add_leaf(struct seen_space *to, const struct region *region, uaddr_t va, pte_t pte)
{
    bool is_writable = is_writable_leaf(pte);
    uint32_t number;

    check_leaf(region, va, pte, is_writable);
    if (!find_frame(va, pte, &number)) {
        return;
    }
    if (to->count == LEAVES_MAX) {
        seen.is_following = false;
        return;
    }
    CHECK_THAT(FRAME_WRITABLE, !is_writable || region->shared || frame_at(number)->refs == 1,
               "va 0x%lx may be written, and frame 0x%lx has %u references", va, address_of(number),
               frame_at(number)->refs);
    to->leaves[to->count++] = (struct seen_leaf){va, number, is_writable};
    seen.uses[number].translations++;
    seen.highest = number > seen.highest ? number : seen.highest;
    note_touched(number);
}

/* The leaves of a region in one table of leaves. */
static void add_table(struct seen_space *to, const struct region *region, paddr_t leaves,
                      uaddr_t start, uaddr_t end)
{
    const pte_t *table = look_table(leaves);
    uaddr_t base = start & ~(((uaddr_t)1 << look_shift(LOOK_LEAF_LEVEL - 1)) - 1);
    unsigned last = (unsigned)((end - base) >> PAGE_SHIFT);

    for (unsigned i = next_used(table, look_index(start, LOOK_LEAF_LEVEL), last); i < last;
         i = next_used(table, i + 1, last)) {
        add_leaf(to, region, base + ((uaddr_t)i << PAGE_SHIFT), table[i]);
    }
}

/* The end of the entry at a level that va lies in, or end if that comes first. */
static uaddr_t entry_end(uaddr_t va, unsigned level, uaddr_t end)
{
    return min_u64((va | (((uaddr_t)1 << look_shift(level)) - 1)) + 1, end);
}

static void add_region(struct seen_space *to, paddr_t root, const struct region *region)
{
    for (uaddr_t va = region->start, next; va < region->end; va = next) {
        paddr_t at = root;
        unsigned level = LOOK_ROOT_LEVEL;
        for (; level < LOOK_LEAF_LEVEL && look_in_ram(at); level++) {
            pte_t pte = look_table(at)[look_index(va, level)];
            if (!(pte & LOOK_VALID)) {
                break;
            }
            at = pte & LOOK_ADDRESS;
        }
        next = entry_end(va, level == LOOK_LEAF_LEVEL ? level - 1 : level, region->end);
        if (level == LOOK_LEAF_LEVEL && look_in_ram(at)) {
            add_table(to, region, at, va, next);
        }
    }
}

static void forget_leaves(struct seen_space *space)
{
    for (unsigned i = 0; i < space->count; i++) {
        uint32_t number = space->leaves[i].frame;
        seen.uses[number].translations--;
        note_touched(number);
    }
    space->count = 0;
}

static void follow_space(struct seen_space *seen_space)
{
    forget_leaves(seen_space);
    LOOK_REGIONS(region, seen_space->space) {
        add_region(seen_space, seen_space->space->root, region);
    }
}

static struct seen_space *find_seen(const struct space *space)
{
    for (unsigned i = 0; i < seen.space_count; i++) {
        if (seen.spaces[i]->space == space) {
            return seen.spaces[i];
        }
    }
    return NULL;
}

/* What is on the list of spaces: what was not, or belongs to who acted, is followed. */
static void follow_present(const struct space *now, const struct space *before)
{
    unsigned walked = 0;

    LIST_FOR(link, space_all()) {
        const struct space *space = CONTAINER_OF(link, struct space, link);
        struct seen_space *known = find_seen(space);
        bool is_new = !known;
        if (walked++ == SPACES_MAX || (is_new && seen.space_count == SPACES_MAX)) {
            seen.is_following = false;
            return;
        }
        if (is_new) {
            known = seen.spaces[seen.space_count++];
            known->space = space;
            known->count = 0;
        }
        known->round = seen.round;
        if (is_new || space == now || space == before) {
            follow_space(known);
        }
    }
}

static void forget_gone(void)
{
    for (unsigned i = 0; i < seen.space_count;) {
        struct seen_space *space = seen.spaces[i];
        if (space->round == seen.round) {
            i++;
            continue;
        }
        forget_leaves(space);
        seen.spaces[i] = seen.spaces[--seen.space_count];
        seen.spaces[seen.space_count] = space;
    }
}

/* What is said of a user frame, and what it says of itself. */
static void check_user_frame(uint32_t number, struct uses uses)
{
    const struct frame *frame = frame_at(number);
    uint32_t named = uses.translations + uses.objects;

    CHECK_THAT(FRAME_REFERENCES, named == 0 || frame->kind == FRAME_USER,
               "frame 0x%lx is of kind %u, and %u name it as user memory", address_of(number),
               frame->kind, named);
    CHECK_THAT(FRAME_REFERENCES, frame->kind != FRAME_USER || frame->refs == named,
               "frame 0x%lx has %u references, and %u translations and %u objects name it",
               address_of(number), frame->refs, uses.translations, uses.objects);
}

static void count_objects(struct uses *uses, int change)
{
    LIST_FOR(link, shared_all()) {
        const struct shared *object = CONTAINER_OF(link, struct shared, link);
        for (const struct tree_node *node = look_first(&object->tree); node;
             node = look_next(node)) {
            paddr_t pa = CONTAINER_OF(node, struct shared_page, node)->pa;
            CHECK_THAT(FRAME_REFERENCES, is_known_frame(pa),
                       "page %lu of a shared object is 0x%lx, which is no frame", node->key, pa);
            if (is_known_frame(pa)) {
                uint32_t number = look_number(pa);
                uses[number].objects += (uint32_t)change;
                seen.highest = number > seen.highest ? number : seen.highest;
            }
        }
    }
}

void frames_begin(void)
{
    if (!seen.spaces[0]) {
        for (unsigned i = 0; i < SPACES_MAX; i++) {
            seen.spaces[i] = &seen.slots[i];
        }
    }
    for (uint32_t i = 0; i <= seen.highest; i++) {
        seen.uses[i] = (struct uses){0};
    }
    seen.highest = 0;
    seen.space_count = 0;
    all.stamps = changed_stamps();
    frames_forget_tables();
    seen.is_following = look.size >> PAGE_SHIFT <= FRAMES_MAX;
    frames_follow(NULL, NULL);
}

void frames_follow(const struct space *now, const struct space *before)
{
    seen.touched_count = 0;
    seen.round++;
    if (seen.is_following) {
        follow_present(now, before);
        forget_gone();
    }
    if (!seen.is_following) {
        frames_check_all();
        return;
    }
    /* Objects are few and mostly none: those frames that they hold are counted for a moment. */
    count_objects(seen.uses, 1);
    for (unsigned i = 0; i < seen.touched_count; i++) {
        check_user_frame(seen.touched[i], seen.uses[seen.touched[i]]);
    }
    count_objects(seen.uses, -1);
}

const struct seen_leaf *frames_leaves(const struct space *space, unsigned *count)
{
    const struct seen_space *known = seen.is_following ? find_seen(space) : NULL;

    *count = known ? known->count : 0;
    return known ? known->leaves : NULL;
}

/* ---- everything ---- */

/* Gives the frame of a table; false: it cannot be walked. */
static bool enter_table(paddr_t table, uint32_t *number)
{
    CHECK_THAT(TABLE_PARENT, is_known_frame(table), "0x%lx is linked as a table, and is no frame",
               table);
    if (!is_known_frame(table)) {
        return false;
    }
    *number = look_number(table);
    const struct frame *frame = frame_at(*number);
    CHECK_THAT(TABLE_PARENT, frame->kind == FRAME_TABLE && frame->refs == 1,
               "frame 0x%lx is linked as a table, is of kind %u and has %u references", table,
               frame->kind, frame->refs);
    all.tables[*number]++;
    CHECK_THAT(TABLE_PARENT, all.tables[*number] == 1, "table 0x%lx hangs in two places", table);
    return frame->kind == FRAME_TABLE && all.tables[*number] == 1;
}

/* A leaf, with the rights that the tables above it leave. */
static void read_leaf(const struct space *space, uaddr_t va, pte_t pte, pte_t limits)
{
    const pte_t needed =
        LOOK_VALID | LOOK_TABLE | LOOK_EL0 | LOOK_NOT_GLOBAL | LOOK_PXN | LOOK_ACCESSED;
    const struct region *region = look_region_at(space, va);
    bool is_writable = is_writable_leaf(pte) && !(limits & (pte_t)1 << 62);
    uint32_t number;

    CHECK_THAT(TABLE_FORM,
               (pte & LOOK_VALID) ? (pte & needed) == needed : (pte & ~LOOK_ADDRESS) == LOOK_PARKED,
               "descriptor 0x%lx of va 0x%lx is no page of user memory", pte, va);
    CHECK_THAT(SPACE_REGIONS, region, "va 0x%lx is there, and lies in no region", va);
    if (!find_frame(va, pte, &number)) {
        return;
    }
    if (region) {
        check_leaf(region, va, pte, is_writable);
    }
    bool is_shared = region && region->shared;
    CHECK_THAT(FRAME_WRITABLE, !is_writable || is_shared || frame_at(number)->refs == 1,
               "va 0x%lx may be written, and frame 0x%lx has %u references", va, address_of(number),
               frame_at(number)->refs);
    all.uses[number].translations++;
}

/* The groups of a table in which there is something; worked out anew if it may have changed. */
static uint64_t used_groups(uint32_t number, const pte_t *table)
{
    struct groups *groups = &all.groups[number];

    if (all.stamps && groups->run == all.run && all.stamps[number] < groups->taken) {
        return groups->used;
    }
    *groups = (struct groups){.run = all.run, .taken = all.now};
    for (unsigned i = 0; i < PLAT_PTE_COUNT / GROUP; i++) {
        groups->used |= (uint64_t)!is_unused(table + i * GROUP) << i;
    }
    return groups->used;
}

/* The first descriptor that is not 0, from index on, of a table that has something in these groups
 * alone. */
static unsigned next_in(const pte_t *table, uint64_t groups, unsigned index)
{
    while (index < PLAT_PTE_COUNT) {
        uint64_t rest = groups >> index / GROUP;
        unsigned passed = rest ? (unsigned)__builtin_ctzll(rest) : PLAT_PTE_COUNT / GROUP;
        if (passed > 0) {
            index = (index / GROUP + passed) * GROUP;
        } else if (table[index]) {
            return index;
        } else {
            index++;
        }
    }
    return PLAT_PTE_COUNT;
}

/* Reads a table from end to end, and what hangs below it; at most three deep. Gives the leaves. */
static uint64_t read_table(const struct space *space, paddr_t pa, unsigned level, uaddr_t base,
                           pte_t limits)
{
    uint64_t leaves = 0;
    unsigned used = 0;
    uint32_t number;

    if (!enter_table(pa, &number)) {
        return 0;
    }
    const pte_t *table = look_table(pa);
    const uint64_t groups = used_groups(number, table);
    for (unsigned i = next_in(table, groups, 0); i < PLAT_PTE_COUNT;
         i = next_in(table, groups, i + 1)) {
        uaddr_t va = base + ((uaddr_t)i << look_shift(level));
        pte_t pte = table[i];
        used++;
        if (level == LOOK_LEAF_LEVEL) {
            read_leaf(space, va, pte, limits);
            leaves++;
            continue;
        }
        CHECK_THAT(TABLE_FORM,
                   (pte & ~(LOOK_ADDRESS | LOOK_TABLE_LIMITS)) == (LOOK_VALID | LOOK_TABLE),
                   "descriptor 0x%lx of va 0x%lx, level %u, is no table", pte, va, level);
        leaves += read_table(space, pte & LOOK_ADDRESS, level + 1, va, limits | pte);
    }
    CHECK_THAT(TABLE_PARENT, used == frame_at(number)->entries,
               "table 0x%lx has %u entries, and counts %u", pa, used, frame_at(number)->entries);
    CHECK_THAT(TABLE_PARENT, level == LOOK_ROOT_LEVEL || used > 0, "table 0x%lx is empty", pa);
    return leaves;
}

/* Regions lie one behind another, and their pages are counted. */
static void read_regions(const struct space *space)
{
    uaddr_t last = 0;
    uint64_t pages = 0;
    uint64_t data = 0;

    LOOK_REGIONS(region, space) {
        CHECK_THAT(SPACE_REGIONS,
                   region->start >= last && region->start < region->end &&
                       region->end <= USER_END && ((region->start | region->end) & PAGE_MASK) == 0,
                   "region [0x%lx, 0x%lx) lies behind one that ends at 0x%lx", region->start,
                   region->end, last);
        last = region->end;
        pages += (region->end - region->start) >> PAGE_SHIFT;
        if ((region->prot & PROT_WRITE) && !(region->flags & (REGION_SHARED | REGION_GROWS))) {
            data += (region->end - region->start) >> PAGE_SHIFT;
        }
    }
    CHECK_THAT(SPACE_REGIONS, pages == space->regions.pages && data == space->regions.data_pages,
               "a space has %lu pages, %lu of data, and counts %lu and %lu", pages, data,
               space->regions.pages, space->regions.data_pages);
}

static void read_spaces(void)
{
    LIST_FOR(link, space_all()) {
        const struct space *space = CONTAINER_OF(link, struct space, link);
        read_regions(space);
        uint64_t leaves = read_table(space, space->root, LOOK_ROOT_LEVEL, 0, 0);
        CHECK_THAT(SPACE_REGIONS, leaves == space->resident,
                   "a space has %lu pages, and counts %lu", leaves, space->resident);
    }
}

static void read_pipes(void)
{
    LIST_FOR(link, pipe_all()) {
        const struct pipe *pipe = CONTAINER_OF(link, struct pipe, link);
        for (unsigned i = 0; i < pipe->count && i < PIPE_PIECES; i++) {
            paddr_t pa = pipe->pieces[(pipe->first + i) % PIPE_PIECES].frame;
            CHECK_THAT(FRAME_OWNERS,
                       is_known_frame(pa) && frame_at(look_number(pa))->kind == FRAME_PIPE &&
                           frame_at(look_number(pa))->refs == 1,
                       "a piece of pipe %u is in 0x%lx, which is no frame of a pipe", pipe->number,
                       pa);
            if (is_known_frame(pa)) {
                all.pieces[look_number(pa)]++;
            }
        }
    }
}

/* One frame that has been in use at some time, against all that was found. */
static void check_frame(uint32_t number)
{
    const struct frame *frame = frame_at(number);

    check_user_frame(number, all.uses[number]);
    CHECK_THAT(FRAME_OWNERS, (frame->kind == FRAME_FREE) == (frame->refs == 0),
               "frame 0x%lx is of kind %u and has %u references", address_of(number), frame->kind,
               frame->refs);
    CHECK_THAT(TABLE_PARENT, frame->kind != FRAME_TABLE || all.tables[number] == 1,
               "table 0x%lx hangs in %u places", address_of(number), all.tables[number]);
    CHECK_THAT(FRAME_OWNERS, all.pieces[number] == (frame->kind == FRAME_PIPE),
               "frame 0x%lx is of kind %u, and %u pieces of pipes are in it", address_of(number),
               frame->kind, all.pieces[number]);
    if (frame->kind == FRAME_POOL) {
        const struct slab *slab = look_ram(address_of(number));
        CHECK_THAT(FRAME_OWNERS, slab->pa == address_of(number) && slab->pool && frame->refs == 1,
                   "frame 0x%lx belongs to a pool, and has no slab in it", address_of(number));
    }
}

/* The numbers of the first and behind the last frame of a range that has been in use. */
static uint32_t range_end(unsigned range)
{
    const struct plat_range *at = &look.frames->ranges[range];
    paddr_t end = range == look.frames->range ? look.frames->watermark : at->base + at->size;

    return (uint32_t)min_u64(look_number(end), FRAMES_MAX);
}

static void check_frames(void)
{
    uint64_t used = 0;
    uint64_t free = 0;
    uint64_t queued = 0;

    for (unsigned i = 0; i <= look.frames->range; i++) {
        uint32_t end = range_end(i);
        for (uint32_t n = look_number(look.frames->ranges[i].base); n < end; n++) {
            check_frame(n);
            used += frame_at(n)->kind != FRAME_FREE;
            free += frame_at(n)->kind == FRAME_FREE;
        }
    }
    for (uint32_t n = look.frames->queue_head; n != FRAME_NONE && queued <= free;
         n = frame_at(n)->next) {
        CHECK_THAT(FRAME_OWNERS, frame_at(n)->kind == FRAME_FREE,
                   "frame 0x%lx is on the queue, and is of kind %u", address_of(n),
                   frame_at(n)->kind);
        queued++;
    }
    CHECK_THAT(FRAME_OWNERS, queued == free && free == look.frames->queue_len,
               "%lu frames are free, %lu on the queue, which counts %lu", free, queued,
               look.frames->queue_len);
    CHECK_THAT(FRAME_OWNERS, used + look.frames->free_count == look.frames->total_count,
               "%lu frames are used and %lu free, of %lu", used, look.frames->free_count,
               look.frames->total_count);
}

static void clear(void)
{
    for (unsigned i = 0; i <= look.frames->range; i++) {
        uint32_t end = range_end(i);
        for (uint32_t n = look_number(look.frames->ranges[i].base); n < end; n++) {
            all.uses[n] = (struct uses){0};
            all.tables[n] = 0;
            all.pieces[n] = 0;
        }
    }
}

/* What was followed against what there is. */
static void compare(void)
{
    for (unsigned i = 0; seen.is_following && i <= look.frames->range; i++) {
        uint32_t end = range_end(i);
        for (uint32_t n = look_number(look.frames->ranges[i].base); n < end; n++) {
            CHECK_THAT(CHECK_INCREMENTAL, all.uses[n].translations == seen.uses[n].translations,
                       "%u translations name frame 0x%lx, and %u were followed",
                       all.uses[n].translations, address_of(n), seen.uses[n].translations);
        }
    }
}

void frames_forget_tables(void)
{
    all.run++;
}

void frames_check_all(void)
{
    all.now = changed_tick();
    clear();
    read_spaces();
    read_pipes();
    count_objects(all.uses, 1);
    check_frames();
    compare();
}
