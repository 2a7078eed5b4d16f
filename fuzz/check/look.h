/*
 * Reading core's structures as they lie in memory, without calling core: what looks on is compiled
 * without instrumentation, and looks often.
 *
 * Nothing here trusts what it reads further than it must: a walk that could go in circles is
 * bounded by who uses it.
 */
#ifndef CHECK_LOOK_H
#define CHECK_LOOK_H

#include "base/list.h"
#include "base/tree.h"
#include "base/types.h"
#include "mm/frame.h"
#include "mm/space.h"
#include "proc/process.h"

/* Where RAM lies: set by look_begin, which costs a call of the machine. */
struct look {
    paddr_t base;
    uint64_t size;
    const uint8_t *bytes;
    const struct frame_state *frames;
};
extern struct look look;

void look_begin(void);

static inline bool look_in_ram(paddr_t pa)
{
    return pa - look.base < look.size;
}

/* pa lies in RAM. */
static inline const void *look_ram(paddr_t pa)
{
    return look.bytes + (pa - look.base);
}

static inline unsigned look_number(paddr_t pa)
{
    return (unsigned)((pa - look.base) >> PAGE_SHIFT);
}

/* ---- descriptors: Arm ARM D8.3, told again ---- */

#define LOOK_VALID ((pte_t)1 << 0)
#define LOOK_TABLE ((pte_t)1 << 1) /* a table, or at the last level a page */
#define LOOK_EL0 ((pte_t)1 << 6)
#define LOOK_READ_ONLY ((pte_t)1 << 7)
#define LOOK_ACCESSED ((pte_t)1 << 10)
#define LOOK_NOT_GLOBAL ((pte_t)1 << 11)
#define LOOK_PXN ((pte_t)1 << 53)
#define LOOK_UXN ((pte_t)1 << 54)
#define LOOK_PARKED ((pte_t)1 << 55) /* core's own: holds a frame, not valid */
#define LOOK_ADDRESS ((pte_t)0x0000fffffffff000)
#define LOOK_TABLE_LIMITS ((pte_t)31 << 59) /* what a table takes from the rights below it */

enum { LOOK_ROOT_LEVEL = 1, LOOK_LEAF_LEVEL = 3 };

static inline unsigned look_shift(unsigned level)
{
    return PAGE_SHIFT + 9 * (LOOK_LEAF_LEVEL - level);
}

static inline unsigned look_index(uaddr_t va, unsigned level)
{
    return (unsigned)(va >> look_shift(level)) % PLAT_PTE_COUNT;
}

static inline const pte_t *look_table(paddr_t table)
{
    return look_ram(table);
}

/* The table of leaves for va, 0: none. */
static inline paddr_t look_leaves(paddr_t root, uaddr_t va)
{
    paddr_t at = root;

    for (unsigned level = LOOK_ROOT_LEVEL; level < LOOK_LEAF_LEVEL; level++) {
        pte_t pte = look_in_ram(at) ? look_table(at)[look_index(va, level)] : 0;
        if (!(pte & LOOK_VALID)) {
            return 0;
        }
        at = pte & LOOK_ADDRESS;
    }
    return look_in_ram(at) ? at : 0;
}

/* The leaf for va, 0: none. */
static inline pte_t look_leaf(paddr_t root, uaddr_t va)
{
    paddr_t leaves = look_leaves(root, va);

    return leaves ? look_table(leaves)[look_index(va, LOOK_LEAF_LEVEL)] : 0;
}

/* ---- trees and regions ---- */

static inline const struct tree_node *look_first(const struct tree *tree)
{
    const struct tree_node *node = tree->root;

    while (node && node->child[0]) {
        node = node->child[0];
    }
    return node;
}

static inline const struct tree_node *look_next(const struct tree_node *node)
{
    if (node->child[1]) {
        for (node = node->child[1]; node->child[0]; node = node->child[0]) {
        }
        return node;
    }
    while (node->parent && node->parent->child[1] == node) {
        node = node->parent;
    }
    return node->parent;
}

/* The last with a key not above, NULL: none. */
static inline const struct tree_node *look_below(const struct tree *tree, uint64_t key)
{
    const struct tree_node *found = NULL;

    for (const struct tree_node *node = tree->root; node;) {
        if (node->key <= key) {
            found = node;
            node = node->child[1];
        } else {
            node = node->child[0];
        }
    }
    return found;
}

#define LOOK_REGIONS(region, space)                                                                \
    for (const struct region *region = look_region(look_first(&(space)->regions.tree)); region;    \
         region = look_region(look_next(&region->node)))

static inline const struct region *look_region(const struct tree_node *node)
{
    return node ? CONTAINER_OF(node, struct region, node) : NULL;
}

static inline const struct region *look_region_at(const struct space *space, uaddr_t va)
{
    const struct region *region = look_region(look_below(&space->regions.tree, va));

    return region && va < region->end ? region : NULL;
}

/* The page of a shared object, 0: it is not there. */
static inline paddr_t look_shared(const struct shared *object, uint64_t index)
{
    const struct tree_node *node = look_below(&object->tree, index);

    return node && node->key == index ? CONTAINER_OF(node, struct shared_page, node)->pa : 0;
}

/* ---- processes ---- */

/* What follows a process in a walk of the tree, init being the first. NULL: nothing. */
static inline const struct process *look_next_process(const struct process *process)
{
    const struct process *at = process;

    if (!list_is_empty(&at->children)) {
        return CONTAINER_OF(at->children.next, struct process, sibling);
    }
    if (!list_is_empty(&at->zombies)) {
        return CONTAINER_OF(at->zombies.next, struct process, sibling);
    }
    for (; at->parent; at = at->parent) {
        const struct process *parent = at->parent;
        const struct list *next = at->sibling.next;
        if (next == &parent->children) {
            next = parent->zombies.next;
        }
        if (next != &parent->zombies) {
            return CONTAINER_OF(next, struct process, sibling);
        }
    }
    return NULL;
}

/* NULL: none has that number. */
static inline const struct process *look_process(int pid)
{
    const struct process *process = process_first();

    while (process && process->pid->number != pid) {
        process = look_next_process(process);
    }
    return process;
}

#endif
