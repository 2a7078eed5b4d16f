#include "mm/uaccess.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/fault.h"
#include "mm/pt.h"

static bool is_user_range(uaddr_t start, uint64_t len)
{
    return start <= USER_END && len <= USER_END - start;
}

int user_read(void *dst, uaddr_t src, uint64_t len)
{
    uint64_t done = 0;

    if (!is_user_range(src, len)) {
        return -EFAULT;
    }
    while (done < len) {
        struct plat_fault fault;
        done += plat_user_read((char *)dst + done, src + done, len - done, &fault);
        if (done < len) {
            int error = fault_resolve(cpu_this()->space, fault.addr, PLAT_READ);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

int user_write(uaddr_t dst, const void *src, uint64_t len)
{
    uint64_t done = 0;

    if (!is_user_range(dst, len)) {
        return -EFAULT;
    }
    if (len > 0 && page_down(dst) != page_down(dst + len - 1)) {
        /* All of it or nothing: what may fail on a later page fails now. */
        int error = user_prepare_write(dst, len);
        if (error) {
            return error;
        }
    }
    while (done < len) {
        struct plat_fault fault;
        done += plat_user_write(dst + done, (const char *)src + done, len - done, &fault);
        if (done < len) {
            int error = fault_resolve(cpu_this()->space, fault.addr, PLAT_WRITE);
            if (error) {
                return error;
            }
        }
    }
    return 0;
}

int user_cas32(uaddr_t at, uint32_t expected, uint32_t desired, uint32_t *seen)
{
    struct plat_fault fault;

    if (!is_user_range(at, sizeof(*seen))) {
        return -EFAULT;
    }
    while (plat_user_cas32(at, expected, desired, seen, &fault) == PLAT_CAS_FAULT) {
        int error = fault_resolve(cpu_this()->space, fault.addr, PLAT_WRITE);
        if (error) {
            return error;
        }
    }
    return 0;
}

int user_string_len(uaddr_t src, uint64_t capacity, uint64_t *len)
{
    char chunk[64];
    uint64_t done = 0;

    while (done < capacity) {
        uint64_t page_rest = PAGE_SIZE - ((src + done) & PAGE_MASK);
        uint64_t count = min_u64(min_u64(page_rest, capacity - done), sizeof(chunk));
        int error = user_read(chunk, src + done, count);
        if (error) {
            return error;
        }
        for (uint64_t i = 0; i < count; i++) {
            if (chunk[i] == '\0') {
                *len = done + i;
                return 0;
            }
        }
        done += count;
        plat_irq_window();
    }
    return -ENAMETOOLONG;
}

int user_read_string(char *dst, uaddr_t src, size_t capacity)
{
    uint64_t len;
    int error = user_string_len(src, capacity, &len);

    return error ? error : user_read(dst, src, len + 1);
}

int user_prepare_write(uaddr_t dst, uint64_t len)
{
    struct space *space = cpu_this()->space;
    struct pt_leaf leaf;

    if (!is_user_range(dst, len)) {
        return -EFAULT;
    }
    if (len == 0) {
        return 0;
    }
    for (uaddr_t page = page_down(dst); page < dst + len; page += PAGE_SIZE) {
        if (pt_find(space->root, page, &leaf) && leaf.is_writable) {
            continue;
        }
        int error = fault_resolve(space, page, PLAT_WRITE);
        if (error) {
            return error;
        }
    }
    return 0;
}

int space_page(struct space *space, uaddr_t page, paddr_t *pa)
{
    const struct region *region = region_find(&space->regions, page);
    struct pt_leaf leaf;

    if (!region) {
        return -EFAULT;
    }
    enum plat_access access = region->prot & PROT_WRITE ? PLAT_WRITE : PLAT_READ;
    if (!pt_find(space->root, page, &leaf) || (access == PLAT_WRITE && !leaf.is_writable)) {
        int error = fault_resolve(space, page, access);
        if (error) {
            return error;
        }
        bool found = pt_find(space->root, page, &leaf);
        ASSERT(found);
    }
    *pa = leaf.pa;
    return 0;
}

/* The frame of a page that the program might read, made present. */
static int readable_page(struct space *space, uaddr_t page, paddr_t *pa)
{
    struct pt_leaf leaf;

    if (!pt_find(space->root, page, &leaf) || !leaf.is_valid) {
        int error = fault_resolve(space, page, PLAT_READ);
        if (error) {
            return error;
        }
        bool found = pt_find(space->root, page, &leaf);
        ASSERT(found);
    }
    *pa = leaf.pa;
    return 0;
}

int space_read(struct space *space, void *dst, uaddr_t src, uint64_t len)
{
    uint64_t part;
    paddr_t pa;

    if (!is_user_range(src, len)) {
        return -EFAULT;
    }
    for (uint64_t done = 0; done < len; done += part) {
        uint64_t offset = (src + done) & PAGE_MASK;
        int error = readable_page(space, page_down(src + done), &pa);
        if (error) {
            return error;
        }
        part = min_u64(PAGE_SIZE - offset, len - done);
        memcpy((char *)dst + done, (const char *)plat_phys_ptr(pa, PAGE_SIZE) + offset, part);
    }
    return 0;
}

/* The page that [at, at + len) begins in, ready to be written to, and how much of it that is. */
static int writable_part(struct space *space, uaddr_t at, uint64_t len, paddr_t *pa, uint64_t *part)
{
    const struct region *region = region_find_from(&space->regions, at);

    if (!region || !(region->prot & PROT_WRITE)) {
        return -EFAULT;
    }
    if (at < region->start) {
        int error = fault_resolve(space, at, PLAT_WRITE); /* a stack grows */
        if (error) {
            return error;
        }
    }
    *part = min_u64(PAGE_SIZE - (at & PAGE_MASK), len);
    return space_page(space, page_down(at), pa);
}

int space_write(struct space *space, uaddr_t dst, const void *src, uint64_t len)
{
    uint64_t part;
    paddr_t pa;

    if (!is_user_range(dst, len)) {
        return -EFAULT;
    }
    /* All pages first: a failure has written nothing. */
    for (uint64_t done = 0; done < len; done += part) {
        int error = writable_part(space, dst + done, len - done, &pa, &part);
        if (error) {
            return error;
        }
    }
    for (uint64_t done = 0; done < len; done += part) {
        int error = writable_part(space, dst + done, len - done, &pa, &part);
        ASSERT(error == 0);
        char *page = plat_phys_ptr(pa, PAGE_SIZE);
        memcpy(page + ((dst + done) & PAGE_MASK), (const char *)src + done, part);
    }
    return 0;
}

/* What a page that is not there would be filled with. */
static void peek_absent(const struct region *region, void *dst, uaddr_t src, uint64_t len)
{
    uint64_t offset = src - region->start;
    uint64_t count = 0;
    paddr_t pa;

    if (region->shared &&
        shared_find(region->shared, region->shared_index + (offset >> PAGE_SHIFT), &pa)) {
        memcpy(dst, (const char *)plat_phys_ptr(pa, PAGE_SIZE) + (src & PAGE_MASK), len);
        return;
    }
    if (region->file && offset < region->file_len) {
        count = min_u64(region->file_len - offset, len);
        memcpy(dst, region->file + offset, count);
    }
    memset((char *)dst + count, 0, len - count);
}

uint64_t space_peek(const struct space *space, void *dst, uaddr_t src, uint64_t len)
{
    uint64_t done = 0;

    while (done < len && src + done < USER_END) {
        uaddr_t at = src + done;
        uint64_t offset = at & PAGE_MASK;
        uint64_t chunk = min_u64(PAGE_SIZE - offset, len - done);
        const struct region *region = region_find(&space->regions, at);
        struct pt_leaf leaf;
        if (!region || !region_reaches(region, at)) {
            break;
        }
        if (pt_find(space->root, page_down(at), &leaf)) {
            memcpy((char *)dst + done, (const char *)plat_phys_ptr(leaf.pa, PAGE_SIZE) + offset,
                   chunk);
        } else {
            peek_absent(region, (char *)dst + done, at, chunk);
        }
        done += chunk;
    }
    return done;
}
