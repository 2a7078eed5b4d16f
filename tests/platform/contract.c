#include "contract.h"

#include "a64.h"
#include "base/string.h"
#include "test.h"

struct testkernel_space contract_space;
paddr_t contract_code, contract_data, contract_ro;

void contract_begin(void)
{
    contract_code = testkernel_page();
    contract_data = testkernel_page();
    contract_ro = testkernel_page();
    testkernel_space_init(&contract_space, 1);
    testkernel_store(&contract_space, CONTRACT_CODE, contract_code | TESTKERNEL_RX);
    testkernel_store(&contract_space, CONTRACT_DATA, contract_data | TESTKERNEL_RW);
    testkernel_store(&contract_space, CONTRACT_RO, contract_ro | TESTKERNEL_RO);
    testkernel_store(&contract_space, CONTRACT_NO_AF,
                     contract_ro | (TESTKERNEL_RO & ~TESTKERNEL_AF));
    testkernel_store(&contract_space, CONTRACT_NO_EL0,
                     contract_ro | (TESTKERNEL_RW & ~TESTKERNEL_EL0));
    testkernel_store(&contract_space, CONTRACT_LAST, contract_data | TESTKERNEL_RW);
    plat_space_use(contract_space.root, contract_space.asid);
    plat_fp_use(NULL);
}

void contract_end(void)
{
    testkernel_space_fini(&contract_space);
    testkernel_give_all();
}

void contract_load(const uint32_t *code, size_t count)
{
    EXPECT(count * sizeof(*code) <= PLAT_PAGE_SIZE);
    memcpy(plat_phys_ptr(contract_code, PLAT_PAGE_SIZE), code, count * sizeof(*code));
    plat_icache_sync(contract_code, PLAT_PAGE_SIZE);
}

void contract_run(struct plat_user *user, struct plat_trap *trap)
{
    enum { TRIES = 1000000 };

    for (unsigned i = 0; i < TRIES; i++) {
        plat_user_run(user, trap);
        if (trap->kind != PLAT_TRAP_IRQ) {
            return;
        }
        EXPECT_EQ(trap->esr, 0);
    }
    FAIL("nothing but interrupts");
}

void contract_run_at(struct plat_user *user, uint64_t x1, uint64_t x2, struct plat_trap *trap)
{
    *user = (struct plat_user){.x = {0, x1, x2}, .pc = CONTRACT_CODE};
    contract_run(user, trap);
}

void contract_spend(nsec_t time)
{
    struct plat_user user;
    struct plat_trap trap;

    /* x1: microseconds; until CNTVCT has moved by them */
    CONTRACT_LOAD(a64_with_rt(A64_MRS_CNTFRQ_EL0, 3), a64_mul(1, 1, 3), a64_movz(4, 1000),
                  a64_mul(4, 4, 4), a64_udiv(1, 1, 4), a64_with_rt(A64_MRS_CNTVCT_EL0, 3),
                  a64_add(1, 1, 3), A64_ISB, a64_with_rt(A64_MRS_CNTVCT_EL0, 3), a64_cmp(3, 1),
                  a64_b_lo_back(3), a64_svc(0));
    contract_run_at(&user, time / 1000 + 1, 0, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
}
