/* The caller's address space: brk, mmap, munmap, mremap, mprotect, madvise, msync. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "fs/fdtable.h"
#include "mm/frame.h"
#include "mm/limit.h"
#include "mm/remap.h"
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

/* Anonymous memory in an object of its own. */
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

/* Whether a file may be mapped so; the bytes of the RAM file system never change. */
static int check_file(const struct file *file, unsigned prot, uint64_t flags)
{
    bool is_shared = (flags & MAP_TYPE) == MAP_SHARED;

    if (!file_may_read(file) || (is_shared && (prot & PROT_WRITE) && !file_may_write(file))) {
        return -EACCES;
    }
    if (!file->node || (file->node->mode & RAMFS_TYPE_MASK) != RAMFS_REGULAR) {
        return -ENODEV;
    }
    return flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

static void show_file(struct region *region, const struct ramfs_node *node, uint64_t offset)
{
    uint64_t start = min_u64(offset, node->size);

    region->flags |= REGION_FILE;
    if (start < node->size) {
        region->file = node->bytes + start;
        region->file_len = node->size - start;
    }
}

/* What does not depend on where it goes. */
static int check_mapping(const struct file *file, const uint64_t *args)
{
    uint64_t flags = args[3];
    unsigned type = flags & MAP_TYPE;

    if (args[1] == 0 || (type != MAP_PRIVATE && type != MAP_SHARED) ||
        ((flags & MAP_GROWSDOWN) && type == MAP_SHARED)) {
        return -EINVAL;
    }
    if (args[1] > USER_END) {
        return -ENOMEM;
    }
    if (file) {
        return args[5] > (uint64_t)INT64_MAX - page_up(args[1])
                   ? -EOVERFLOW
                   : check_file(file, (unsigned)args[2], flags);
    }
    return !(flags & MAP_NORESERVE) && is_too_much(args[1]) ? -ENOMEM : 0;
}

/* Of a device, which Linux can map too, nothing can be mapped. */
int64_t sys_mmap(struct thread *thread, const uint64_t *args)
{
    struct space *space = thread->process->space;
    uint64_t flags = args[3];
    const struct file *file = NULL;
    uaddr_t start;

    if (args[5] & PAGE_MASK) {
        return -EINVAL;
    }
    if (!(flags & MAP_ANONYMOUS)) {
        file = fdtable_find_open(thread->fds, (int)args[4]);
        if (!file) {
            return -EBADF;
        }
    }
    int error = check_mapping(file, args);
    uint64_t len = page_up(args[1]);
    if (!error) {
        error = place(space, args[0], len, flags, &start);
    }
    if (error) {
        return error;
    }
    struct region region = {
        .start = start, .end = start + len, .prot = (unsigned)args[2] & PROT_ALL};
    bool is_shared = (flags & MAP_TYPE) == MAP_SHARED;
    region.flags = (flags & MAP_GROWSDOWN ? (unsigned)REGION_GROWS : 0) |
                   (is_shared ? (unsigned)REGION_SHARED : 0);
    if (file) {
        show_file(&region, file->node, args[5]);
    }
    error = is_shared && !file ? map_shared(space, &region) : map(space, &region);
    return error ? error : (int64_t)start;
}

/* Whether [addr, addr + old_len) may become new_len long, wherever it goes. */
static int check_resize(const struct space *space, uaddr_t addr, uint64_t old_len, uint64_t new_len)
{
    const struct region *region = region_find(&space->regions, addr);

    if (!region) {
        return -EFAULT;
    }
    if (old_len == 0 && !(region->flags & REGION_SHARED)) {
        return -EINVAL;
    }
    if (old_len > region->end - addr) {
        return -EFAULT;
    }
    uint64_t more = (new_len - old_len) >> PAGE_SHIFT;
    bool is_allowed = limit_allows(space, more) &&
                      (!region_is_data(region) || limit_allows_data(space, more)) &&
                      !is_too_much(new_len - old_len);
    return new_len == old_len || is_allowed ? 0 : -ENOMEM;
}

static int unmap_tail(struct space *space, uaddr_t addr, uint64_t old_len, uint64_t new_len)
{
    if (old_len <= new_len) {
        return 0;
    }
    return old_len > USER_END - addr ? -EINVAL : space_unmap(space, addr + new_len, addr + old_len);
}

/* MREMAP_FIXED and MREMAP_DONTUNMAP: it moves in any case. As on Linux, the new range has been
 * unmapped and the old one cut when it is found that the rest cannot be done. */
static int64_t remap_to(struct space *space, const uint64_t *args, uint64_t old_len,
                        uint64_t new_len)
{
    uaddr_t addr = args[0];
    uint64_t flags = args[3];
    uaddr_t to = args[4];
    /* As on Linux, the old range ends below where it starts if it is too long. */
    bool do_meet = addr + old_len > to && to + new_len > addr;
    int error = 0;

    if ((to & PAGE_MASK) || new_len > USER_END - PAGE_SIZE || to > USER_END - PAGE_SIZE - new_len ||
        do_meet) {
        return -EINVAL;
    }
    if (flags & MREMAP_FIXED) {
        error = to < SPACE_MMAP_BOTTOM ? -EPERM : space_unmap(space, to, to + new_len);
    }
    if (!error) {
        error = unmap_tail(space, addr, old_len, new_len);
    }
    old_len = min_u64(old_len, new_len);
    if (!error) {
        error = check_resize(space, addr, old_len, new_len);
    }
    if (!error && (flags & MREMAP_DONTUNMAP) && !limit_allows(space, old_len >> PAGE_SHIFT)) {
        error = -ENOMEM;
    }
    if (!error && !(flags & MREMAP_FIXED)) {
        error = place(space, to, new_len, 0, &to);
    }
    if (!error) {
        error = space_move(space, addr, old_len, to, new_len, flags & MREMAP_DONTUNMAP);
    }
    return error ? error : (int64_t)to;
}

/* Longer where it is, if it can be, or else elsewhere. */
static int64_t remap_longer(struct space *space, uaddr_t addr, uint64_t old_len, uint64_t new_len,
                            bool may_move)
{
    int error = check_resize(space, addr, old_len, new_len);
    uint64_t more = new_len - old_len;
    uaddr_t to;

    if (error) {
        return error;
    }
    struct region *region = region_find(&space->regions, addr);
    if (old_len == region->end - addr && more <= USER_END - PAGE_SIZE - region->end &&
        region_is_free(&space->regions, region->end, region->end + more)) {
        error = space_extend(space, region, more);
        return error ? error : (int64_t)addr;
    }
    error = may_move ? space_find_gap(space, new_len, &to) : -ENOMEM;
    if (!error) {
        error = space_move(space, addr, old_len, to, new_len, false);
    }
    return error ? error : (int64_t)to;
}

int64_t sys_mremap(struct thread *thread, const uint64_t *args)
{
    struct space *space = thread->process->space;
    uint64_t flags = args[3];
    uint64_t old_len = page_up(args[1]);
    uint64_t new_len = page_up(args[2]);
    bool may_move = flags & MREMAP_MAYMOVE;
    bool must_move = flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);

    if ((flags & ~(uint64_t)(MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP)) ||
        (must_move && !may_move) || ((flags & MREMAP_DONTUNMAP) && old_len != new_len) ||
        (args[0] & PAGE_MASK) || new_len == 0) {
        return -EINVAL;
    }
    if (!region_find(&space->regions, args[0])) {
        return -EFAULT;
    }
    if (must_move) {
        return remap_to(space, args, old_len, new_len);
    }
    if (old_len < new_len) {
        return remap_longer(space, args[0], old_len, new_len, may_move);
    }
    int error = unmap_tail(space, args[0], old_len, new_len);
    return error ? error : (int64_t)args[0];
}

/* With PROT_GROWSDOWN the range begins where the stack does that it lies in. */
static int find_stack(const struct space *space, uaddr_t *start, uaddr_t end)
{
    const struct region *region = region_find_from(&space->regions, *start);

    if (!region || region->start >= end) {
        return -ENOMEM;
    }
    if (!(region->flags & REGION_GROWS)) {
        return -EINVAL;
    }
    *start = region->start;
    return 0;
}

int64_t sys_mprotect(struct thread *thread, const uint64_t *args)
{
    struct space *space = thread->process->space;
    uint64_t grows = args[2] & (PROT_GROWSDOWN | PROT_GROWSUP);
    uint64_t prot = args[2] & ~grows;
    uaddr_t start = args[0];
    uaddr_t end;
    int error = 0;

    if (grows == (PROT_GROWSDOWN | PROT_GROWSUP) || (start & PAGE_MASK)) {
        return -EINVAL;
    }
    if (args[1] == 0) {
        return 0;
    }
    if (page_range(start, args[1], &end) != 0) {
        return -ENOMEM;
    }
    if (prot & ~(uint64_t)(PROT_ALL | PROT_SEM)) {
        return -EINVAL;
    }
    if (grows == PROT_GROWSDOWN) {
        error = find_stack(space, &start, end);
    } else if (grows) {
        /* Nothing grows upwards. */
        error = region_find(&space->regions, start) ? -EINVAL : -ENOMEM;
    }
    return error ? error : space_protect(space, start, end, (unsigned)prot & PROT_ALL);
}

/* A range for a call that goes over it region by region: *end behind its last page. */
static int walk_range(uaddr_t start, uint64_t len, uaddr_t *end)
{
    if ((start & PAGE_MASK) || page_up(len) < len || start + page_up(len) < start) {
        return -EINVAL;
    }
    *end = start + page_up(len);
    return 0;
}

/* Whether what is mapped at an address in a region begins with zeros, and nobody else has it. */
static bool is_anonymous(const struct region *region, uaddr_t at)
{
    uint64_t offset = page_down(at) - region->start;

    return !(region->flags & (REGION_FILE | REGION_SHARED)) &&
           (!region->file || offset >= region->file_len);
}

enum discard { DISCARD_NOTHING, DISCARD_ALL, DISCARD_ANONYMOUS };

/* Discards what is to be discarded in [start, end). -ENOMEM: there was a hole, which is said when
 * all is done. -EINVAL: not anonymous, which is said where it is found. */
static int walk(struct space *space, uaddr_t start, uaddr_t end, enum discard discard)
{
    uaddr_t at = start;
    int result = 0;

    while (at < end) {
        const struct region *region = region_find_from(&space->regions, at);
        if (!region || region->start > at) {
            result = -ENOMEM;
        }
        if (!region || region->start >= end) {
            break;
        }
        uaddr_t stop = min_u64(region->end, end);
        at = max_u64(region->start, at);
        if (discard == DISCARD_ANONYMOUS && !is_anonymous(region, at)) {
            return -EINVAL;
        }
        if (discard != DISCARD_NOTHING) {
            space_discard(space, at, stop);
        }
        at = stop;
        plat_irq_window();
    }
    return result;
}

/* What cannot be told from doing nothing is accepted. MADV_FREE frees at once, which Linux may do.
 * Not there: what fork, memory errors and populating are told (MADV_DONTFORK, MADV_WIPEONFORK,
 * MADV_REMOVE, MADV_HWPOISON, MADV_POPULATE_READ and their like). */
int64_t sys_madvise(struct thread *thread, const uint64_t *args)
{
    enum discard discard = DISCARD_NOTHING;
    uaddr_t end;

    switch ((int)args[2]) {
    case MADV_NORMAL:
    case MADV_RANDOM:
    case MADV_SEQUENTIAL:
    case MADV_WILLNEED:
    case MADV_MERGEABLE:
    case MADV_UNMERGEABLE:
    case MADV_HUGEPAGE:
    case MADV_NOHUGEPAGE:
    case MADV_DONTDUMP:
    case MADV_DODUMP:
    case MADV_COLD:
    case MADV_PAGEOUT:
        break;
    case MADV_DONTNEED:
        discard = DISCARD_ALL;
        break;
    case MADV_FREE:
        discard = DISCARD_ANONYMOUS;
        break;
    default:
        return -EINVAL;
    }
    int error = walk_range(args[0], args[1], &end);
    return error ? error : walk(thread->process->space, args[0], end, discard);
}

/* No file can be changed through a mapping: there is nothing to write. */
int64_t sys_msync(struct thread *thread, const uint64_t *args)
{
    uint64_t flags = args[2];
    uaddr_t end;

    if ((flags & ~(uint64_t)(MS_ASYNC | MS_INVALIDATE | MS_SYNC)) ||
        ((flags & MS_ASYNC) && (flags & MS_SYNC)) || (args[0] & PAGE_MASK)) {
        return -EINVAL;
    }
    if (walk_range(args[0], args[1], &end) != 0) {
        return -ENOMEM;
    }
    return walk(thread->process->space, args[0], end, DISCARD_NOTHING);
}
