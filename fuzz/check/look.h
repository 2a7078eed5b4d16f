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
#include "fs/fdtable.h"
#include "mm/frame.h"
#include "mm/space.h"
#include "proc/process.h"

enum { LOOK_PROCESSES_MAX = 512 };

/* Where RAM lies: set by look_begin, which costs a call of the machine. And who there is. */
struct look {
    paddr_t base;
    uint64_t size;
    const uint8_t *bytes;
    const struct frame_state *frames;
    unsigned process_count;
    const struct process *processes[LOOK_PROCESSES_MAX];
};
extern struct look look;

void look_begin(void);

/* Finds the processes; links that lead nowhere are for the checks to complain of. */
void look_at_processes(void);

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

/* ---- descriptors of files ---- */

enum { LOOK_CHUNKS = 8 }; /* that are passed at once when none is there */

static inline bool look_has_chunk(struct fdchunk *const *at)
{
    typedef uintptr_t pair
        __attribute__((vector_size(2 * sizeof(uintptr_t)), aligned(8), may_alias));
    const pair *pairs = (const pair *)(const void *)at;
    pair any = pairs[0] | pairs[1] | pairs[2] | pairs[3];

    return (any[0] | any[1]) != 0;
}

/* The first chunk from i on; FDTABLE_CHUNKS: there is none. */
static inline unsigned look_chunk(const struct fdtable *table, unsigned i)
{
    while (i < FDTABLE_CHUNKS && !table->chunks[i]) {
        bool is_passed = i % LOOK_CHUNKS == 0 && !look_has_chunk(&table->chunks[i]);
        i += is_passed ? LOOK_CHUNKS : 1;
    }
    return i;
}

/* ---- processes ---- */

/* All processes, zombies too, a parent before its children, as they were at the last
 * look_at_processes. */
#define LOOK_PROCESSES(process)                                                                    \
    for (const struct process *const *process##_at = look.processes, *process;                     \
         process##_at < look.processes + look.process_count && (process = *process##_at, true);    \
         process##_at++)

/* The threads of a process; none of a zombie. */
#define LOOK_THREADS(thread, process)                                                              \
    for (const struct thread *thread = look_thread(process, (process)->threads.next); thread;      \
         thread = look_thread(process, thread->process_link.next))

static inline const struct thread *look_thread(const struct process *process,
                                               const struct list *link)
{
    return link == &process->threads ? NULL : CONTAINER_OF(link, struct thread, process_link);
}

/* NULL: no thread had that number. */
static inline const struct thread *look_tid(int tid)
{
    LOOK_PROCESSES(process) {
        LOOK_THREADS(thread, process) {
            if (thread->tid == tid) {
                return thread;
            }
        }
    }
    return NULL;
}

/* NULL: none had that number. */
static inline const struct process *look_process(int pid)
{
    LOOK_PROCESSES(process) {
        if (process->pid->number == pid) {
            return process;
        }
    }
    return NULL;
}

#endif
