/* The caller's address space: brk, mmap, munmap, mprotect. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "mm/frame.h"
#include "mm/limit.h"
#include "mm/space.h"
#include "proc/process.h"

static const unsigned PROT_ALL = PROT_READ | PROT_WRITE | PROT_EXEC;

/* [start, start + len) rounded up to pages, if it lies in user space and is not empty. */
static int page_range(uaddr_t start, uint64_t len, uaddr_t *end)
{
    if ((start & PAGE_MASK) || len == 0 || start > USER_END || len > USER_END - start) {
        return -EINVAL;
    }
    *end = page_up(start + len);
    return 0;
}

/* A request for more than all of memory is refused, unless it says MAP_NORESERVE; less may be
 * promised more than once, as on Linux (proc(5), overcommit_memory 0). */
static bool is_too_much(uint64_t len)
{
    return len >> PAGE_SHIFT > frame_total_count();
}

/* Gives the break that holds afterwards: the old one where the new can't be had (brk(2), C
 * library/kernel differences). */
int64_t sys_brk(struct thread *thread, const uint64_t *args)
{
    struct space *space = thread->process->space;
    uaddr_t wanted = args[0];
    uaddr_t old_end = page_up(space->brk_end);

    if (wanted < space->brk_start || wanted > SPACE_MMAP_TOP) {
        return (int64_t)space->brk_end;
    }
    uaddr_t new_end = page_up(wanted);
    int error = 0;
    if (new_end > old_end) {
        const struct region region = {
            .start = old_end, .end = new_end, .prot = PROT_READ | PROT_WRITE};
        /* Linux leaves a page free behind the break. */
        bool is_allowed = space_has_gap(space, old_end, new_end + PAGE_SIZE) &&
                          !is_too_much(new_end - old_end) && limit_allows_region(space, &region);
        error = is_allowed ? space_map(space, &region) : -ENOMEM;
    } else if (new_end < old_end) {
        error = space_unmap(space, new_end, old_end);
    }
    if (!error) {
        space->brk_end = wanted;
    }
    return (int64_t)space->brk_end;
}

int64_t sys_munmap(struct thread *thread, const uint64_t *args)
{
    uaddr_t end;
    int error = page_range(args[0], args[1], &end);

    return error ? error : space_unmap(thread->process->space, args[0], end);
}

/* Where a mapping goes: exactly there, or at the hint if that is free, or in the highest gap. */
static int place(const struct space *space, uint64_t hint, uint64_t len, uint64_t flags,
                 uaddr_t *start)
{
    bool is_exact = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);

    if (len > USER_END - SPACE_MMAP_BOTTOM) {
        return -ENOMEM;
    }
    if (is_exact && (hint & PAGE_MASK)) {
        return -EINVAL;
    }
    bool fits = hint >= SPACE_MMAP_BOTTOM && hint <= USER_END - PAGE_SIZE - len;
    if (is_exact && !fits) {
        return hint < SPACE_MMAP_BOTTOM ? -EPERM : -ENOMEM;
    }
    uaddr_t wanted = page_down(hint);
    if ((flags & MAP_FIXED_NOREPLACE) && !region_is_free(&space->regions, wanted, wanted + len)) {
        return -EEXIST;
    }
    if (is_exact || (fits && space_has_gap(space, wanted, wanted + len))) {
        *start = wanted;
        return 0;
    }
    return space_find_gap(space, len, start);
}

static int map(struct space *space, const struct region *region)
{
    return limit_allows_region(space, region) ? space_map(space, region) : -ENOMEM;
}

static int map_shared(struct space *space, struct region *region)
{
    region->shared = shared_create((region->end - region->start) >> PAGE_SHIFT);
    if (!region->shared) {
        return -ENOMEM;
    }
    int error = map(space, region);
    shared_put(region->shared); /* the region has its own reference */
    return error;
}

/* A file cannot be mapped yet. */
int64_t sys_mmap(struct thread *thread, const uint64_t *args)
{
    struct space *space = thread->process->space;
    uint64_t flags = args[3];
    uaddr_t start;

    if (args[5] & PAGE_MASK) {
        return -EINVAL;
    }
    if (!(flags & MAP_ANONYMOUS)) {
        return args[4] <= 2 ? -ENODEV : -EBADF;
    }
    if (args[1] == 0) {
        return -EINVAL;
    }
    if ((flags & MAP_TYPE) != MAP_PRIVATE && (flags & MAP_TYPE) != MAP_SHARED) {
        return -EINVAL;
    }
    if ((flags & MAP_GROWSDOWN) && (flags & MAP_TYPE) == MAP_SHARED) {
        return -EINVAL;
    }
    if (args[1] > USER_END || (!(flags & MAP_NORESERVE) && is_too_much(args[1]))) {
        return -ENOMEM;
    }
    uint64_t len = page_up(args[1]);
    int error = place(space, args[0], len, flags, &start);
    if (error) {
        return error;
    }
    struct region region = {
        .start = start, .end = start + len, .prot = (unsigned)args[2] & PROT_ALL};
    if (flags & MAP_GROWSDOWN) {
        region.flags = REGION_GROWS;
    }
    error = (flags & MAP_TYPE) == MAP_SHARED ? map_shared(space, &region) : map(space, &region);
    return error ? error : (int64_t)start;
}

int64_t sys_mprotect(struct thread *thread, const uint64_t *args)
{
    uaddr_t end;

    if (args[0] & PAGE_MASK) {
        return -EINVAL;
    }
    if (args[1] == 0) {
        return 0;
    }
    int error = page_range(args[0], args[1], &end);
    if (error) {
        return -ENOMEM;
    }
    if (args[2] & ~(uint64_t)PROT_ALL) {
        return -EINVAL;
    }
    return space_protect(thread->process->space, args[0], end, (unsigned)args[2]);
}
