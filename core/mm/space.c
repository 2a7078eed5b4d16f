#include "mm/space.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/frame.h"
#include "mm/limit.h"
#include "mm/pool.h"
#include "mm/pt.h"

/* Leaves between two looks at interrupts: each may be the only one of its table, of which all
 * entries are looked at. */
enum { WINDOW_LEAVES = 4 };

static struct pool space_pool;
static struct list spaces; /* all there are */
static uint64_t last_id;

void space_init(void)
{
    pool_init(&space_pool, "space", sizeof(struct space));
    list_init(&spaces);
    last_id = 0;
    region_init();
    shared_init();
}

/* Below the stack, as far as its limit lets it grow: at least 128 MiB, at most 5/6 of all (Linux:
 * mmap_base). */
static uaddr_t mmap_top(void)
{
    uint64_t stack = min_u64(limit_now(RLIMIT_STACK), USER_END / 6 * 5);

    return page_down(SPACE_STACK_TOP - max_u64(stack, SPACE_STACK_ROOM) - SPACE_STACK_GUARD);
}

int space_create(struct space **space)
{
    struct space *made = pool_alloc(&space_pool);

    if (!made) {
        return -ENOMEM;
    }
    if (pt_create(&made->root) != 0) {
        pool_free(&space_pool, made);
        return -ENOMEM;
    }
    region_set_init(&made->regions);
    made->id = ++last_id;
    made->users = 1;
    made->mmap_top = mmap_top();
    list_append(&spaces, &made->link);
    *space = made;
    return 0;
}

struct space *space_get(struct space *space)
{
    ASSERT(space->users > 0);
    space->users++;
    return space;
}

void space_count_page(struct space *space)
{
    space->resident++;
    space->resident_peak = max_u64(space->resident_peak, space->resident);
}

static void destroy(struct space *space)
{
    struct tlb_batch batch;

    if (cpu_this()->space == space) {
        space_use(NULL);
    }
    /* Nobody walks these tables from here on, so that one flush is enough for all of them. */
    tlb_flush_context(&space->tlb);
    space->tlb = (struct tlb_context){0};
    tlb_batch_begin(&batch, &space->tlb);
    if (PLANTED(K_4)) {
        plant_memory = 1;
    }
    for (const struct region *region = region_first(&space->regions); region;
         region = region_next(&space->regions, region)) {
        space->resident -= pt_unmap(space->root, region->start, region->end, &batch);
        plat_irq_window();
    }
    tlb_batch_end(&batch);
    if (PLANTED(K_4)) {
        plant_memory = 0;
    }
    ASSERT(space->resident == 0);
    pt_destroy(space->root);
    region_remove(&space->regions, 0, USER_END);
    list_remove(&space->link);
    pool_free(&space_pool, space);
}

void space_put(struct space *space)
{
    ASSERT(space->users > 0);
    if (space->users > 1) {
        space->users--;
        return;
    }
    destroy(space);
}

/* Gives the child the parent's leaves of one region, none of them writable. */
static int fork_leaves(struct space *parent, struct space *child, const struct region *region)
{
    struct pt_leaf leaf;
    unsigned leaves = 0;

    for (uaddr_t va = region->start; pt_next(parent->root, &va, region->end, &leaf);
         va += PAGE_SIZE) {
        int error = pt_prepare(child->root, va);
        if (error) {
            if (PLANTED(SEED_1)) {
                frame_put(leaf.pa);
            }
            if (PLANTED(X_30)) {
                frame_get(leaf.pa);
            }
            return error;
        }
        if (leaf.is_valid || !PLANTED(L_69)) {
            frame_get(leaf.pa);
        }
        bool is_unmarked = PLANTED(N_99) && !leaf.is_writable && (region->prot & PROT_WRITE);
        pt_set(child->root, va, leaf.pa, region->prot, is_unmarked);
        space_count_page(child);
        if (++leaves % WINDOW_LEAVES == 0) {
            plat_irq_window();
        }
    }
    return 0;
}

static int fork_regions(struct space *parent, struct space *child)
{
    for (const struct region *region = region_first(&parent->regions); region;
         region = region_next(&parent->regions, region)) {
        struct region *copy = region_create(region);
        if (!copy) {
            return -ENOMEM;
        }
        region_insert(&child->regions, copy);
        /* Shared pages are found by a fault. */
        int error = region->shared ? 0 : fork_leaves(parent, child, region);
        if (error) {
            return error;
        }
        plat_irq_window();
    }
    return 0;
}

/* The planted bug k-13: nobody will give back more than one page of each region. */
static void lose_pages(struct space *space)
{
    struct pt_leaf leaf;

    for (const struct region *region = region_first(&space->regions); region;
         region = region_next(&space->regions, region)) {
        for (uaddr_t va = region->start + PAGE_SIZE; pt_next(space->root, &va, region->end, &leaf);
             va += PAGE_SIZE) {
            frame_get(leaf.pa);
        }
    }
}

/* The planted bug x-31: all that is private may be read and written. */
static void give_rights(struct space *space)
{
    struct pt_leaf leaf;

    for (struct region *region = region_first(&space->regions); region;
         region = region_next(&space->regions, region)) {
        if (!region->shared) {
            region_set_prot(&space->regions, region, region->prot | PROT_READ | PROT_WRITE);
        }
        for (uaddr_t va = region->start; pt_next(space->root, &va, region->end, &leaf);
             va += PAGE_SIZE) {
            pt_set_rights(space->root, va, region->prot, false);
        }
    }
    region_join(&space->regions, 0, USER_END);
}

/* Takes the right to write from every leaf, so that the next write copies. */
static void write_protect(struct space *space)
{
    struct pt_leaf leaf;
    bool changed = false;
    unsigned leaves = 0;

    for (const struct region *region = region_first(&space->regions); region;
         region = region_next(&space->regions, region)) {
        plat_irq_window();
        if (region->shared || !(region->prot & PROT_WRITE) ||
            (PLANTED(OWN_12) && (region->flags & REGION_GROWS))) {
            continue;
        }
        for (uaddr_t va = region->start; pt_next(space->root, &va, region->end, &leaf);
             va += PAGE_SIZE) {
            if (leaf.is_writable) {
                pt_set_rights(space->root, va, region->prot, false);
                changed = true;
            }
            if (++leaves % WINDOW_LEAVES == 0) {
                plat_irq_window();
            }
        }
    }
    if (changed && !PLANTED(T_1)) {
        tlb_flush_context(&space->tlb);
    } else {
        plat_pte_publish();
    }
}

int space_fork(struct space *parent, struct space **child)
{
    struct space *made;
    int error = space_create(&made);

    if (error) {
        return error;
    }
    made->mmap_top = parent->mmap_top;
    made->brk_start = parent->brk_start;
    made->brk_end = parent->brk_end;
    made->barriers = parent->barriers;
    error = fork_regions(parent, made);
    if (error) {
        if (PLANTED(K_13)) {
            lose_pages(made);
        }
        space_put(made);
        return error;
    }
    if (PLANTED(X_31)) {
        give_rights(made);
    }
    if (!PLANTED(A_56)) {
        write_protect(parent);
    }
    *child = made;
    return 0;
}

void space_use(struct space *space)
{
    struct cpu *cpu = cpu_this();

    if (cpu->space == space) {
        return;
    }
    if (space) {
        tlb_use_space(&space->tlb, space->root);
    } else {
        tlb_use_none();
    }
    cpu->space = space;
}

void space_discard(struct space *space, uaddr_t start, uaddr_t end)
{
    struct tlb_batch batch;

    tlb_batch_begin(&batch, &space->tlb);
    space->resident -= pt_unmap(space->root, start, end, &batch);
    tlb_batch_end(&batch);
}

/* The part of space_unmap that cannot fail: start and end are borders of regions. */
static void unmap_cut(struct space *space, uaddr_t start, uaddr_t end)
{
    region_remove(&space->regions, start, end);
    space_discard(space, start, end);
}

int space_unmap(struct space *space, uaddr_t start, uaddr_t end)
{
    int error = region_cut(&space->regions, start, end);

    if (!error) {
        unmap_cut(space, start, end);
    }
    return error;
}

int space_map(struct space *space, const struct region *given)
{
    struct region *region = region_create(given);
    int error;

    if (!region) {
        return -ENOMEM;
    }
    error = region_cut(&space->regions, given->start, given->end);
    if (error) {
        region_discard(region);
        return error;
    }
    unmap_cut(space, given->start, given->end);
    region_insert(&space->regions, region);
    return 0;
}

/* Whether the part of a region in front of end may have these rights. */
static int may_protect(const struct space *space, const struct region *region, uaddr_t start,
                       uaddr_t end, unsigned prot, uint64_t *new_data)
{
    struct region wanted = *region;

    if ((prot & PROT_WRITE) && (region->flags & REGION_SHARED) && (region->flags & REGION_FILE)) {
        return -EACCES; /* no file can be written */
    }
    wanted.prot = prot;
    if (region_is_data(&wanted) && !region_is_data(region)) {
        *new_data += (min_u64(region->end, end) - start) >> PAGE_SHIFT;
        return limit_allows_data(space, *new_data) ? 0 : -ENOMEM;
    }
    return 0;
}

/* The end of what may be protected from start on, at most end; *error says what comes there. */
static uaddr_t protected_end(const struct space *space, uaddr_t start, uaddr_t end, unsigned prot,
                             int *error)
{
    uint64_t new_data = 0;
    uaddr_t at = start;

    *error = 0;
    while (at < end) {
        const struct region *region = region_find(&space->regions, at);
        *error = region ? may_protect(space, region, at, end, prot, &new_data) : -ENOMEM;
        if (*error) {
            return at;
        }
        at = region->end;
        plat_irq_window();
    }
    return end;
}

/* Sets the rights of the leaves there are. None becomes writable here: the first write decides
 * that. */
static void protect_leaves(struct space *space, uaddr_t start, uaddr_t end, unsigned prot)
{
    struct pt_leaf leaf;
    unsigned leaves = 0;

    for (uaddr_t va = start; pt_next(space->root, &va, end, &leaf); va += PAGE_SIZE) {
        bool is_at_once =
            PLANTED(OWN_20) && prot == (PROT_READ | PROT_WRITE | PROT_EXEC) && va != start;
        pt_set_rights(space->root, va, prot, is_at_once);
        if (prot & PROT_EXEC) {
            plat_icache_sync(leaf.pa, PAGE_SIZE);
        }
        if (++leaves % WINDOW_LEAVES == 0) {
            plat_irq_window();
        }
    }
    tlb_flush_range(&space->tlb, start, end);
}

int space_protect(struct space *space, uaddr_t start, uaddr_t end, unsigned prot)
{
    int refusal;
    uaddr_t stop = protected_end(space, start, end, prot, &refusal);

    if (start == stop) {
        return refusal;
    }
    int error = region_cut(&space->regions, start, stop);
    if (error) {
        return error;
    }
    for (uaddr_t at = start; at < stop;) {
        struct region *region = region_find(&space->regions, at);
        region_set_prot(&space->regions, region, prot);
        at = region->end;
        plat_irq_window();
    }
    protect_leaves(space, start, stop, prot);
    region_join(&space->regions, start, stop);
    return refusal;
}

int space_map_stack(struct space *space, uint64_t bytes)
{
    uint64_t needed = page_up(bytes);
    uint64_t allowed = max_u64(needed, page_down(limit_now(RLIMIT_STACK)));
    const struct region region = {
        .start = SPACE_STACK_TOP - min_u64(needed + SPACE_STACK_FIRST, allowed),
        .end = SPACE_STACK_TOP,
        .prot = PROT_READ | PROT_WRITE,
        .flags = REGION_GROWS,
    };

    return space_map(space, &region);
}

/* What lies below a region may end here. */
static uaddr_t gap_end(const struct region *region)
{
    uint64_t guard = region->flags & REGION_GROWS ? SPACE_STACK_GUARD : 0;

    return region->start - min_u64(region->start, guard);
}

bool space_has_gap(const struct space *space, uaddr_t start, uaddr_t end)
{
    const struct region *next = region_find_from(&space->regions, start);

    return !next || gap_end(next) >= end;
}

int space_find_gap(const struct space *space, uint64_t len, uaddr_t *start)
{
    const struct region *above = region_find_from(&space->regions, space->mmap_top);
    uaddr_t top = above ? min_u64(gap_end(above), space->mmap_top) : space->mmap_top;

    while (top >= SPACE_MMAP_BOTTOM && top - SPACE_MMAP_BOTTOM >= len) {
        const struct region *below = region_find_below(&space->regions, top - 1);
        if (!below || below->end <= top - len) {
            *start = top - len;
            return 0;
        }
        top = gap_end(below);
        plat_irq_window();
    }
    return -ENOMEM;
}

static void check_leaf(const struct region *region, uaddr_t va, struct pt_leaf leaf)
{
    ASSERT(leaf.is_valid == (region->prot != PROT_NONE));
    ASSERT(!leaf.is_writable || (region->prot & PROT_WRITE));
    if (region->shared) {
        uint64_t index = region->shared_index + ((va - region->start) >> PAGE_SHIFT);
        paddr_t pa = 0;
        ASSERT(shared_find(region->shared, index, &pa));
        ASSERT(leaf.pa == pa);
    } else {
        ASSERT(!leaf.is_writable || frame_of(leaf.pa)->refs == 1);
    }
}

void space_check(const struct space *space, uint64_t *user_refs, uint64_t *tables)
{
    struct pt_leaf leaf;
    uint64_t resident = 0;

    region_check(&space->regions);
    for (uaddr_t va = 0; pt_next(space->root, &va, USER_END, &leaf); va += PAGE_SIZE) {
        const struct region *region = region_find(&space->regions, va);
        ASSERT(region);
        check_leaf(region, va, leaf);
        resident++;
    }
    ASSERT(resident == space->resident);
    ASSERT(resident <= space->resident_peak);
    *user_refs += resident;
    *tables += pt_check(space->root);
}

void space_check_all(uint64_t *user_refs, uint64_t *tables)
{
    size_t count = 0;

    pool_check(&space_pool);
    *user_refs += shared_check_all();
    LIST_FOR(link, &spaces) {
        struct space *space = CONTAINER_OF(link, struct space, link);
        space_check(space, user_refs, tables);
        for (const struct region *region = region_first(&space->regions); region;
             region = region_next(&space->regions, region)) {
            if (region->shared) {
                shared_check_user(region->shared);
            }
        }
        space->seen = 0;
        count++;
    }
    ASSERT(count == space_pool.used);
    shared_check_users();
}

void space_check_user(struct space *space)
{
    space->seen++;
}

void space_check_users(void)
{
    LIST_FOR(link, &spaces) {
        const struct space *space = CONTAINER_OF(link, struct space, link);
        ASSERT(space->users == space->seen);
    }
}

size_t space_count(void)
{
    return space_pool.used;
}

const struct list *space_all(void)
{
    return &spaces;
}
