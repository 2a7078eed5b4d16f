/* The space that the tests of the contract run in, and how they run code in it. */
#ifndef TESTS_PLATFORM_CONTRACT_H
#define TESTS_PLATFORM_CONTRACT_H

#include "testkernel.h"

/* Of the pages that contract_begin maps. The one behind DATA is mapped nowhere, nor is its level
 * 2 neighbour at NO_LEVEL3, nor its level 1 neighbour at NO_LEVEL2. */
#define CONTRACT_CODE UINT64_C(0x400000)
#define CONTRACT_DATA UINT64_C(0x600000)
#define CONTRACT_RO UINT64_C(0x602000)
#define CONTRACT_NO_AF UINT64_C(0x604000)
#define CONTRACT_NO_EL0 UINT64_C(0x606000)   /* EL1 alone may read and write */
#define CONTRACT_LAST UINT64_C(0x7ffffff000) /* the last page of user space, read and write */
#define CONTRACT_NO_LEVEL3 UINT64_C(0x20000000)
#define CONTRACT_NO_LEVEL2 UINT64_C(0x1000000000)

extern struct testkernel_space contract_space;
extern paddr_t contract_code, contract_data, contract_ro;

/* Makes the space and uses it. */
void contract_begin(void);

/* Ends it, and gives all pages back. */
void contract_end(void);

/* Puts instructions at CODE. */
void contract_load(const uint32_t *code, size_t count);
#define CONTRACT_LOAD(...)                                                                         \
    contract_load((const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4)

/* Runs until something other than an interrupt ends it. */
void contract_run(struct plat_user *user, struct plat_trap *trap);

/* Runs at CODE with these values in x1 and x2, all else 0; *user is what came of it. */
void contract_run_at(struct plat_user *user, uint64_t x1, uint64_t x2, struct plat_trap *trap);

/* Lets EL0 run until so much time has passed. */
void contract_spend(nsec_t time);

#endif
