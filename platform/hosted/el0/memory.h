/*
 * Loads and stores of the interpreter, through translations that it remembers while mmu_epoch
 * stays.
 */
#ifndef EL0_MEMORY_H
#define EL0_MEMORY_H

#include <stdint.h>
#include <string.h>

#include "el0/cpu.h"
#include "mmu_access.h"

/* Translates all of [va, va + size), size <= 64, for one access. Fills at[0] and, if the range
 * crosses a page, at[1] with where the second page's part lies. Returns the bytes in the first
 * page, or 0 after filling the trap. iss is added to the syndrome of a fault. */
size_t memory_reach(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, size_t size,
                    enum plat_access access, unsigned iss, uint8_t *at[2]);

bool memory_read_slow(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, void *dst, size_t size);
bool memory_write_slow(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, const void *src,
                       size_t size);

/* Where [va, va + size) lies, if a remembered translation says so and it is within the page. */
static inline uint8_t *memory_hit(struct el0_cpu *cpu, uint64_t va, size_t size,
                                  enum plat_access access)
{
    const struct el0_data_entry *entry =
        &cpu->data[access][(va >> PLAT_PAGE_SHIFT) % EL0_DATA_ENTRIES];
    uint8_t *at;

    /* If the last byte lies in the next page, that is not the page of this entry. */
    if (entry->page != (va + size - 1) >> PLAT_PAGE_SHIFT || entry->epoch != mmu_epoch_of(access))
        return NULL;
    at = entry->host + va % PLAT_PAGE_SIZE;
    if (!at)
        __builtin_unreachable();
    if (!EL0_THREADED && cpu->checks_hits)
        el0_check_data(va, at, access);
    return at;
}

/* Reads or writes all of [va, va + size), or nothing: then false, and the trap is filled. */
static inline bool memory_read(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, void *dst,
                               size_t size)
{
    const uint8_t *host = memory_hit(cpu, va, size, PLAT_READ);

    if (!host)
        return memory_read_slow(cpu, i, va, dst, size);
    memcpy(dst, host, size);
    return true;
}

static inline bool memory_write(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va,
                                const void *src, size_t size)
{
    uint8_t *host = memory_hit(cpu, va, size, PLAT_WRITE);

    if (!host)
        return memory_write_slow(cpu, i, va, src, size);
    memcpy(host, src, size);
    return true;
}

#endif
