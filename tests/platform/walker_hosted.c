/* Asks the simulated walker. */
#include "walker.h"

#include "descriptor.h"
#include "mmu.h"

static paddr_t walker_root;

void walker_init(paddr_t root)
{
    walker_root = root;
}

void walker_fini(void)
{
}

/* PAR_EL1.SH is what the leaf says for cacheable memory only. */
static unsigned shareability_of(pte_t leaf, unsigned attr_index)
{
    const unsigned outer = 2;
    bool is_cacheable = attr_index == 0 || attr_index >= 5; /* of WALKER_MAIR */

    return is_cacheable ? (unsigned)((leaf & DESC_SHAREABILITY) >> 8) : outer;
}

void walker_probe(uaddr_t va, bool write, struct walker_result *result)
{
    struct mmu_walk walk;

    mmu_walk(walker_root, va, &walk);
    *result = (struct walker_result){.kind = walk.kind, .level = walk.level};
    if (walk.ok && !(walk.rights & (write ? RIGHT_WRITE : RIGHT_READ))) {
        result->kind = PLAT_FAULT_PERMISSION;
    } else if (walk.ok) {
        pte_t leaf = walk.path[walk.level];

        result->ok = true;
        result->addr = walk.pa;
        result->attr_index = (unsigned)((leaf & DESC_ATTR) >> 2);
        result->shareability = shareability_of(leaf, result->attr_index);
    }
}
