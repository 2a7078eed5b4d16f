/*
 * Stage 1 descriptors as the hardware reads them: 4 KiB granule, 39-bit addresses (Arm ARM D8.3).
 */
#ifndef HOSTED_DESCRIPTOR_H
#define HOSTED_DESCRIPTOR_H

#include "platform/platform.h"

#define DESC_VALID ((pte_t)1 << 0)
#define DESC_TABLE ((pte_t)1 << 1) /* levels 1 and 2: a table, not a block; level 3: must be set */
#define DESC_ATTR ((pte_t)7 << 2)
#define DESC_EL0 ((pte_t)1 << 6)       /* AP[1] */
#define DESC_READ_ONLY ((pte_t)1 << 7) /* AP[2] */
#define DESC_SHAREABILITY ((pte_t)3 << 8)
#define DESC_ACCESSED ((pte_t)1 << 10)
#define DESC_NOT_GLOBAL ((pte_t)1 << 11)
#define DESC_ADDRESS (((pte_t)1 << 48) - PLAT_PAGE_SIZE)
#define DESC_PXN ((pte_t)1 << 53)
#define DESC_UXN ((pte_t)1 << 54)
#define DESC_SOFTWARE ((pte_t)0xf << 55)
#define DESC_UXN_TABLE ((pte_t)1 << 60)
#define DESC_NO_EL0_TABLE ((pte_t)1 << 61)    /* APTable[0] */
#define DESC_READ_ONLY_TABLE ((pte_t)1 << 62) /* APTable[1] */

/* What may change in place while the old value may be cached (Arm ARM D8.14.1), and does not change
 * where the translation leads. Of a table descriptor: the hierarchical rights and what the hardware
 * ignores. */
#define DESC_LEAF_MAY_CHANGE                                                                       \
    (DESC_EL0 | DESC_READ_ONLY | DESC_ACCESSED | DESC_PXN | DESC_UXN | DESC_SOFTWARE)
#define DESC_TABLE_MAY_CHANGE (((pte_t)0xf << 59) | ((pte_t)0xff << 51) | ((pte_t)0x3ff << 2))

enum {
    DESC_LEVEL_ROOT = 1,
    DESC_LEVEL_LAST = 3,
    DESC_PA_BITS = 40, /* TCR_EL1.IPS: an address beyond is an address-size fault */
    DESC_INDEX_BITS = 9,
};

/* What EL0 may do, as bits indexed by enum plat_access. */
enum {
    RIGHT_READ = 1 << PLAT_READ,
    RIGHT_WRITE = 1 << PLAT_WRITE,
    RIGHT_FETCH = 1 << PLAT_FETCH,
    RIGHT_ALL = RIGHT_READ | RIGHT_WRITE | RIGHT_FETCH,
};

enum desc_kind { DESC_KIND_INVALID, DESC_KIND_LEAF, DESC_KIND_TABLE };

static inline enum desc_kind desc_kind(pte_t desc, unsigned level)
{
    bool bit1 = desc & DESC_TABLE;

    if (!(desc & DESC_VALID) || (level == DESC_LEVEL_LAST && !bit1)) {
        return DESC_KIND_INVALID;
    }
    return level < DESC_LEVEL_LAST && bit1 ? DESC_KIND_TABLE : DESC_KIND_LEAF;
}

/* Bytes that one descriptor of level covers. */
static inline uint64_t desc_span(unsigned level)
{
    return (uint64_t)PLAT_PAGE_SIZE << (DESC_INDEX_BITS * (DESC_LEVEL_LAST - level));
}

static inline unsigned desc_index(uaddr_t va, unsigned level)
{
    return (unsigned)(va / desc_span(level) % PLAT_PTE_COUNT);
}

/* Of a table or of a leaf at level. */
static inline paddr_t desc_address(pte_t desc, enum desc_kind kind, unsigned level)
{
    return desc & DESC_ADDRESS & ~(kind == DESC_KIND_LEAF ? desc_span(level) - 1 : 0);
}

static inline bool desc_is_beyond(pte_t desc)
{
    return (desc & DESC_ADDRESS) >> DESC_PA_BITS != 0;
}

static inline unsigned desc_leaf_rights(pte_t desc)
{
    unsigned rights = desc & DESC_EL0 ? RIGHT_READ | RIGHT_WRITE : 0;

    if (desc & DESC_READ_ONLY) {
        rights &= ~(unsigned)RIGHT_WRITE;
    }
    return desc & DESC_UXN ? rights : rights | RIGHT_FETCH;
}

/* What a table descriptor leaves of the rights of the leaves below it. */
static inline unsigned desc_table_rights(pte_t desc)
{
    unsigned rights = RIGHT_ALL;

    if (desc & DESC_NO_EL0_TABLE) {
        rights &= ~(unsigned)(RIGHT_READ | RIGHT_WRITE);
    }
    if (desc & DESC_READ_ONLY_TABLE) {
        rights &= ~(unsigned)RIGHT_WRITE;
    }
    return desc & DESC_UXN_TABLE ? rights & ~(unsigned)RIGHT_FETCH : rights;
}

/* Whether the hardware may keep it in a TLB or walk cache: not if a walk would fault at it. */
static inline bool desc_is_cacheable(pte_t desc, unsigned level)
{
    enum desc_kind kind = desc_kind(desc, level);

    return kind != DESC_KIND_INVALID && !desc_is_beyond(desc) &&
           (kind == DESC_KIND_TABLE || (desc & DESC_ACCESSED));
}

#endif
