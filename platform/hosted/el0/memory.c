#include "el0/memory.h"

/*
 * The slow half of loads and stores: translations not remembered, and accesses across two pages,
 * which translate both before anything is read or written.
 *
 * Invariant: an entry of cpu->data is right while its epoch is mmu_epoch_of its access; nothing
 * removes entries.
 */

static uint8_t *translate(struct el0_cpu *cpu, uint64_t va, enum plat_access access)
{
    uint64_t page = va >> PLAT_PAGE_SHIFT;
    uint8_t *host = memory_hit(cpu, va, 1, access);

    if (!host) {
        host = mmu_translate(va, access, &cpu->trap->fault);
        if (host) {
            /* The translation itself may have changed the epoch: the one to note is the new one. */
            cpu->data[access][page % EL0_DATA_ENTRIES] = (struct el0_data_entry){
                .page = page,
                .epoch = mmu_epoch_of(access),
                .host = host - va % PLAT_PAGE_SIZE,
            };
        }
    }
    return host;
}

size_t memory_reach(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, size_t size,
                    enum plat_access access, unsigned iss, uint8_t *at[2])
{
    size_t room = PLAT_PAGE_SIZE - va % PLAT_PAGE_SIZE;
    size_t first = size < room ? size : room;

    at[0] = translate(cpu, va, access);
    if (at[0] && first < size)
        at[1] = translate(cpu, va + first, access);
    if (!at[0] || (first < size && !at[1])) {
        el0_trap_fault(cpu, i, iss);
        return 0;
    }
    return first;
}

bool memory_read_slow(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, void *dst, size_t size)
{
    uint8_t *at[2];
    size_t first = memory_reach(cpu, i, va, size, PLAT_READ, 0, at);

    if (first == 0)
        return false;
    memcpy(dst, at[0], first);
    if (first < size)
        memcpy((uint8_t *)dst + first, at[1], size - first);
    return true;
}

bool memory_write_slow(struct el0_cpu *cpu, struct el0_insn *i, uint64_t va, const void *src,
                       size_t size)
{
    uint8_t *at[2];
    size_t first = memory_reach(cpu, i, va, size, PLAT_WRITE, 0, at);

    if (first == 0)
        return false;
    memcpy(at[0], src, first);
    if (first < size)
        memcpy(at[1], (const uint8_t *)src + first, size - first);
    return true;
}
