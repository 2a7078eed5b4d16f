/*
 * What stands in for core in an image that tests the platform: it takes the boot information,
 * runs the tests in one step, and has pages and user spaces made by hand.
 */
#ifndef TESTS_PLATFORM_TESTKERNEL_H
#define TESTS_PLATFORM_TESTKERNEL_H

#include "platform/platform.h"

/* The flags of a user page. */
#define TESTKERNEL_RW (UINT64_C(3) | 1u << 6 | 3u << 8 | 1u << 10 | 1u << 11 | UINT64_C(3) << 53)
#define TESTKERNEL_EL0 (UINT64_C(1) << 6)
#define TESTKERNEL_READ_ONLY (UINT64_C(1) << 7)
#define TESTKERNEL_AF (UINT64_C(1) << 10)
#define TESTKERNEL_UXN (UINT64_C(1) << 54)
#define TESTKERNEL_RO (TESTKERNEL_RW | TESTKERNEL_READ_ONLY)
#define TESTKERNEL_RX (TESTKERNEL_RO & ~TESTKERNEL_UXN)

enum { TESTKERNEL_TABLES_MAX = 16 };

extern struct plat_boot testkernel_boot;

/* Upcalls so far, and the clock at the last. */
extern unsigned testkernel_timer_calls, testkernel_console_calls;
extern nsec_t testkernel_timer_at;

/* A page of RAM that nobody has, filled with zeros. testkernel_give_all takes all of them back:
 * nothing may map them any more. */
paddr_t testkernel_page(void);
void testkernel_give_all(void);

struct testkernel_space {
    paddr_t root;
    asid_t asid;
    unsigned table_count;
    paddr_t tables[TESTKERNEL_TABLES_MAX]; /* the root is the first */
};

/* An empty space; not in use. */
void testkernel_space_init(struct testkernel_space *space, asid_t asid);

/* Stores the descriptor for a page, in tables made as needed, and publishes. Does not flush. */
void testkernel_store(struct testkernel_space *space, uaddr_t va, pte_t desc);
pte_t testkernel_load(const struct testkernel_space *space, uaddr_t va);

/* No space is in use any more; this one is gone with its translations. */
void testkernel_space_fini(struct testkernel_space *space);

#endif
