#include "mmu.h"

#include "descriptor.h"
#include "ram.h"
#include "report.h"
#include "snapshot_part.h"
#include "table.h"
#include "vtlb.h"

/*
 * The walker reads the descriptors that lie in simulated RAM, as TTBR0_EL1 with T0SZ = 25, a
 * granule of 4 KiB, TBI0 = 0 and an output size of 40 bits would have it; without a space, as with
 * EPD0 = 1.
 *
 * Invariant: mmu.root is 0, or an open table that is_loaded, and no other table is.
 */

static struct {
    paddr_t root;
    asid_t asid;
    unsigned asid_bits;
} mmu;

SNAPSHOT_PART(mmu);

uint64_t mmu_epoch;
uint64_t mmu_write_epoch;

void mmu_init(unsigned asid_bits)
{
    mmu.root = 0;
    mmu.asid = 0;
    mmu.asid_bits = asid_bits;
    mmu_epoch++;
}

void mmu_set_asid_bits(unsigned asid_bits)
{
    mmu.asid_bits = asid_bits;
}

void mmu_check_asid(asid_t asid, const char *who)
{
    if (asid == 0 || asid >> mmu.asid_bits != 0) {
        report("tlb.asid", REPORT_NO_FRAME, "%s: ASID %u of %u bits", who, asid, mmu.asid_bits);
    }
}

paddr_t mmu_root(void)
{
    return mmu.root;
}

void mmu_walk(paddr_t root, uaddr_t va, struct mmu_walk *walk)
{
    paddr_t table = root;

    *walk = (struct mmu_walk){.rights = RIGHT_ALL, .kind = PLAT_FAULT_TRANSLATION};
    if (root == 0 || va >> PLAT_USER_BITS != 0) {
        return;
    }
    for (unsigned level = DESC_LEVEL_ROOT;; level++) {
        walk->level = level;
        if (!ram_contains(table, PLAT_PAGE_SIZE)) {
            walk->kind = PLAT_FAULT_BUS;
            return;
        }
        pte_t desc = table_read(table, desc_index(va, level));
        enum desc_kind kind = desc_kind(desc, level);
        walk->path[level] = desc;
        if (kind == DESC_KIND_INVALID) {
            return;
        }
        if (desc_is_beyond(desc)) {
            walk->kind = PLAT_FAULT_ADDRESS_SIZE;
            return;
        }
        if (kind == DESC_KIND_LEAF) {
            walk->kind = PLAT_FAULT_ACCESS_FLAG;
            walk->ok = desc & DESC_ACCESSED;
            walk->pa = desc_address(desc, kind, level) + va % desc_span(level);
            walk->rights &= desc_leaf_rights(desc);
            return;
        }
        table = desc & DESC_ADDRESS;
        walk->rights &= desc_table_rights(desc);
    }
}

/* What no hardware notices: a walk through, or an access to, memory that is not meant for it. */
static void check_walk(uaddr_t va, enum plat_access access, const struct mmu_walk *walk)
{
    for (unsigned level = DESC_LEVEL_ROOT; level <= walk->level; level++) {
        pte_t desc = walk->path[level];

        if (desc_kind(desc, level) == DESC_KIND_TABLE && !table_find(desc & DESC_ADDRESS)) {
            report("table.not-open", desc & DESC_ADDRESS,
                   "va 0x%lx, level %u: 0x%lx is not an open table", va, level,
                   desc & DESC_ADDRESS);
        }
    }
    if (!walk->ok || !ram_contains(walk->pa, 1)) {
        return;
    }
    const struct ram_frame *frame = ram_frame(walk->pa);
    if (frame->table) {
        report("table.mapped", walk->pa, "va 0x%lx is mapped to table 0x%lx", va, walk->pa);
    }
    if (!frame->is_owned) {
        report("frame.mapped-while-free", walk->pa, "va 0x%lx is mapped to frame 0x%lx", va,
               walk->pa);
    }
    if (access == PLAT_FETCH && (walk->rights & RIGHT_FETCH)) {
        ram_check_code(walk->pa, va);
    }
}

void *mmu_translate(uaddr_t va, enum plat_access access, struct plat_fault *fault)
{
    struct mmu_walk walk;
    unsigned rights;

    mmu_walk(mmu.root, va, &walk);
    rights = walk.rights;
    if (vtlb_mode != VTLB_NONE && walk.level > 0) {
        rights = vtlb_rights(mmu.asid, va, &walk);
        check_walk(va, access, &walk);
        vtlb_fill(mmu.asid, va, &walk);
    }
    if (walk.ok && !(rights & 1u << access)) {
        walk.ok = false;
        walk.kind = PLAT_FAULT_PERMISSION;
    }
    if (walk.ok && !ram_contains(walk.pa, 1)) {
        walk.ok = false;
        walk.kind = PLAT_FAULT_BUS;
    }
    if (!walk.ok) {
        *fault = (struct plat_fault){
            .addr = va, .access = access, .kind = walk.kind, .level = walk.level};
        return NULL;
    }
    if (access == PLAT_WRITE) {
        ram_frame(walk.pa)->is_written = true;
        ram_note_store(walk.pa);
    }
    ram_check_defined(ram_host(walk.pa - va % PLAT_PAGE_SIZE), PLAT_PAGE_SIZE,
                      va - va % PLAT_PAGE_SIZE);
    return ram_host(walk.pa);
}

const void *mmu_look(uaddr_t va, enum plat_access access)
{
    struct mmu_walk walk;

    mmu_walk(mmu.root, va, &walk);
    return walk.ok && (walk.rights & 1u << access) && ram_contains(walk.pa, 1) ? ram_host(walk.pa)
                                                                               : NULL;
}

/* ---- the space in use ---- */

static struct table *check_root(paddr_t root, asid_t asid)
{
    struct table *table = table_find(root);

    if (!table) {
        report("table.not-open", root, "plat_space_use: root 0x%lx is not an open table", root);
    }
    if (table->parent) {
        report("table.linked-root", root, "plat_space_use: root 0x%lx is linked by table 0x%lx",
               root, table_top(table)->pa);
    }
    mmu_check_asid(asid, "plat_space_use");
    return table;
}

void plat_space_use(paddr_t root, asid_t asid)
{
    mmu_epoch++;
    if (vtlb_mode != VTLB_NONE) {
        struct table *table = root ? check_root(root, asid) : NULL;

        vtlb_audit();
        vtlb_use(mmu.root ? table_find(mmu.root) : NULL, table, asid);
    }
    mmu.root = root;
    mmu.asid = root ? asid : 0;
}

void mmu_check_published(void)
{
    const struct table *root = mmu.root ? table_find(mmu.root) : NULL;

    if (!root || !table_is_unpublished(root)) {
        return;
    }
    if (root->pending <= root->zeroed) {
        report("tlb.publish", mmu.root, "root 0x%lx is in use, and was not published", mmu.root);
    }
    struct table_place place = {.va = 0};
    struct table *table = table_find(root->pending_table);
    if (table) {
        table_find_place(table, root->pending_index, &place);
    }
    report("tlb.publish", root->pending_table,
           "descriptor %u of table 0x%lx (va 0x%lx) is stored and not published",
           root->pending_index, root->pending_table, place.va);
}
