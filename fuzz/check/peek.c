#include "fuzz/check/peek.h"

#include "fuzz/check/look.h"

#include "base/string.h"

/* Whether there is something: what lies behind the end of a file or of an object is not. */
static bool reaches(const struct region *region, uaddr_t va)
{
    uint64_t offset = va - region->start;

    if (region->shared) {
        return region->shared_index + (offset >> PAGE_SHIFT) < region->shared->pages;
    }
    return !(region->flags & REGION_FILE) || offset < page_up(region->file_len);
}

/* Bytes within a page that is not there. */
static void read_absent(const struct region *region, uaddr_t va, uint8_t *bytes, size_t len)
{
    uint64_t offset = va - region->start;
    uint64_t count = 0;

    if (region->file && offset < region->file_len) {
        count = min_u64(region->file_len - offset, len);
        memcpy(bytes, region->file + offset, count);
    }
    memset(bytes + count, 0, len - count);
}

/* memcpy, at which ASan would look: a word at a time, of which the compiler is told nothing, or it
 * would make a memcpy of it. */
static void copy(uint8_t *to, const uint8_t *from, size_t len)
{
    for (; len >= sizeof(uint64_t); len -= sizeof(uint64_t)) {
        uint64_t word;
        __builtin_memcpy(&word, from, sizeof(word));
        __asm__("" : "+r"(word));
        __builtin_memcpy(to, &word, sizeof(word));
        from += sizeof(word);
        to += sizeof(word);
    }
    for (; len > 0; len--) {
        uint8_t byte = *from++;
        __asm__("" : "+r"(byte));
        *to++ = byte;
    }
}

/* Bytes within a page. */
static bool read_piece(const struct space *space, uaddr_t va, uint8_t *bytes, size_t len)
{
    const struct region *region = look_region_at(space, va);
    paddr_t pa;

    if (!region || !reaches(region, va)) {
        return false;
    }
    if (region->shared) {
        pa = look_shared(region->shared,
                         region->shared_index + ((va - region->start) >> PAGE_SHIFT));
    } else {
        pa = look_leaf(space->root, va) & LOOK_ADDRESS;
    }
    if (pa) {
        copy(bytes, (const uint8_t *)look_ram(pa) + (va & PAGE_MASK), len);
    } else {
        read_absent(region, va, bytes, len);
    }
    return true;
}

bool run_peek_into(const struct process *process, uint64_t address, void *bytes, size_t len)
{
    size_t done = 0;

    if (!process->space || address > USER_END || len > USER_END - address) {
        return false;
    }
    while (done < len) {
        uaddr_t va = address + done;
        size_t piece = min_u64(PAGE_SIZE - (va & PAGE_MASK), len - done);
        if (!read_piece(process->space, va, (uint8_t *)bytes + done, piece)) {
            return false;
        }
        done += piece;
    }
    return true;
}

bool run_peek(int pid, uint64_t address, void *bytes, size_t len)
{
    look_begin();
    look_at_processes();
    const struct process *process = look_process(pid);
    return process && run_peek_into(process, address, bytes, len);
}

void run_peek_begin(void)
{
    look_begin();
}
