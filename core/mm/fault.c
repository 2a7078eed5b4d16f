#include "mm/fault.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "mm/frame.h"
#include "mm/limit.h"
#include "mm/pt.h"

static uint64_t stale_count;

void fault_init(void)
{
    stale_count = 0;
}

uint64_t fault_stale_count(void)
{
    return stale_count;
}

static bool is_allowed(unsigned prot, enum plat_access access)
{
    /* Eft gives what the hardware cannot withhold: who may write or execute may read. */
    static const unsigned needed[] = {
        [PLAT_READ] = PROT_READ | PROT_WRITE | PROT_EXEC,
        [PLAT_WRITE] = PROT_WRITE,
        [PLAT_FETCH] = PROT_EXEC,
    };

    return (prot & needed[access]) != 0;
}

/* The contents of a private page that is touched for the first time. */
static void fill(const struct region *region, uaddr_t page, uint8_t *bytes)
{
    uint64_t offset = page - region->start;
    uint64_t count = 0;

    if (region->file && offset < region->file_len) {
        count = min_u64(region->file_len - offset, PAGE_SIZE);
        memcpy(bytes, region->file + offset, count);
    }
    if (!PLANTED(LEAK_1) || count == 0) {
        memset(bytes + count, 0, PAGE_SIZE - count);
    }
}

static uint64_t shared_index(const struct region *region, uaddr_t page)
{
    return region->shared_index + ((page - region->start) >> PAGE_SHIFT);
}

/* A frame for a page that is not there, with the reference that its leaf will have; *made: it came
 * into being. */
static int take_frame(const struct region *region, uaddr_t page, paddr_t *pa, bool *made)
{
    int error;

    if (region->shared) {
        error = shared_page(region->shared, shared_index(region, page), pa, made);
        if (!error) {
            frame_get(*pa);
        }
        return error;
    }
    *made = true;
    error = frame_alloc(FRAME_USER, pa);
    if (!error) {
        fill(region, page, plat_phys_ptr(*pa, PAGE_SIZE));
        plat_mem_mark(*pa, PAGE_SIZE, PLAT_MEM_DEFINED);
    }
    return error;
}

static int make_present(struct space *space, const struct region *region, uaddr_t page)
{
    paddr_t pa;
    bool made;

    if (take_frame(region, page, &pa, &made) != 0) {
        return -ENOMEM;
    }
    if (pt_prepare(space->root, page) != 0) {
        frame_put(pa);
        if (region->shared && made) {
            shared_drop(region->shared, shared_index(region, page));
        }
        return -ENOMEM;
    }
    if (region->prot & PROT_EXEC) {
        plat_icache_sync(pa, PAGE_SIZE);
    }
    pt_set(space->root, page, pa, region->prot, region->prot & PROT_WRITE);
    space_count_page(space);
    if (!PLANTED(T_2)) {
        plat_pte_publish();
    }
    return 0;
}

/* A write to a page that may be written but is not: it is another's too, or was, or its region got
 * the right later. */
static int copy_on_write(struct space *space, const struct region *region, uaddr_t page,
                         paddr_t old)
{
    paddr_t pa;

    if (region->shared || frame_of(old)->refs == 1 || (PLANTED(F_96) && frame_of(old)->refs == 3)) {
        /* Not published: a walk that misses it faults again, and finds it done. */
        pt_set_rights(space->root, page, region->prot, true);
        return 0;
    }
    if (frame_alloc(FRAME_USER, &pa) != 0) {
        return -ENOMEM;
    }
    memcpy(plat_phys_ptr(pa, PAGE_SIZE), plat_phys_ptr(old, PAGE_SIZE), PAGE_SIZE);
    plat_mem_mark(pa, PAGE_SIZE, PLAT_MEM_DEFINED);
    if (region->prot & PROT_EXEC) {
        plat_icache_sync(pa, PAGE_SIZE);
    }
    pt_replace(&space->tlb, space->root, page, pa, region->prot);
    plat_pte_publish();
    if (!PLANTED(OWN_11)) {
        frame_put(old);
    }
    return 0;
}

bool fault_is_bus(const struct space *space, uaddr_t va, enum plat_access access)
{
    const struct region *region = va < USER_END ? region_find(&space->regions, va) : NULL;

    return region && is_allowed(region->prot, access) && !region_reaches(region, va);
}

/* Whether a stack may be made longer so that it begins at page, getrlimit(2); a page that may be
 * accessed must not come near it from below (Linux: stack_guard_gap). */
static bool can_grow(const struct space *space, const struct region *stack, uaddr_t page)
{
    const struct region *below = region_find_below(&space->regions, page);

    if (page < SPACE_MMAP_BOTTOM || stack->end - page > limit_now(RLIMIT_STACK) ||
        !limit_allows(space, (stack->start - page) >> PAGE_SHIFT)) {
        return false;
    }
    return !below || (below->flags & REGION_GROWS) || below->prot == PROT_NONE ||
           page - below->end >= SPACE_STACK_GUARD;
}

/* The first touch of a page below a stack, which becomes longer. */
static int grow(struct space *space, struct region *stack, uaddr_t page, enum plat_access access)
{
    uaddr_t old_start = stack->start;

    if (!is_allowed(stack->prot, access) || !can_grow(space, stack, page)) {
        return -EFAULT;
    }
    region_set_start(&space->regions, stack, page);
    int error = make_present(space, stack, page);
    if (error) {
        region_set_start(&space->regions, stack, old_start);
    } else {
        region_join(&space->regions, page, page);
    }
    return error;
}

int fault_resolve(struct space *space, uaddr_t va, enum plat_access access)
{
    struct region *region = va < USER_END ? region_find_from(&space->regions, va) : NULL;
    uaddr_t page = page_down(va);
    struct pt_leaf leaf;

    if (!region) {
        return -EFAULT;
    }
    if (va < region->start) {
        return region->flags & REGION_GROWS ? grow(space, region, page, access) : -EFAULT;
    }
    if (!is_allowed(region->prot, access) || !region_reaches(region, va)) {
        return -EFAULT;
    }
    if (!pt_find(space->root, page, &leaf)) {
        return make_present(space, region, page);
    }
    ASSERT(leaf.is_valid);
    if (access == PLAT_WRITE && !leaf.is_writable) {
        return copy_on_write(space, region, page, leaf.pa);
    }
    stale_count++;
    tlb_flush_range(&space->tlb, page, page + PAGE_SIZE);
    return 0;
}

int fault_make_own(struct space *space, uaddr_t va)
{
    const struct region *region = va < USER_END ? region_find(&space->regions, va) : NULL;
    uaddr_t page = page_down(va);
    struct pt_leaf leaf;

    if (!region || region->prot == PROT_NONE || !region_reaches(region, page)) {
        return -EFAULT;
    }
    if (!pt_find(space->root, page, &leaf)) {
        return make_present(space, region, page);
    }
    bool is_own = region->shared || frame_of(leaf.pa)->refs == 1;
    return is_own ? 0 : copy_on_write(space, region, page, leaf.pa);
}
