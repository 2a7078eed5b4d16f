/* Asks the MMU. Interrupts are masked and nothing else uses TTBR0 meanwhile. */
#include "walker.h"

#include "base/panic.h"

enum {
    TCR_IPS_SHIFT = 32,
    TCR_IPS_40_BITS = 2,
    TCR_IPS_MASK = 7,
    ASID = 1,
};

static uint64_t kernel_tcr, kernel_mair;

void walker_init(paddr_t root)
{
    uint64_t tcr;

    __asm__ volatile("mrs %0, tcr_el1" : "=r"(kernel_tcr));
    __asm__ volatile("mrs %0, mair_el1" : "=r"(kernel_mair));
    tcr = kernel_tcr & ~((uint64_t)TCR_IPS_MASK << TCR_IPS_SHIFT);
    tcr |= (uint64_t)TCR_IPS_40_BITS << TCR_IPS_SHIFT;
    __asm__ volatile("msr tcr_el1, %0\n"
                     "msr mair_el1, %1\n"
                     "isb"
                     :
                     : "r"(tcr), "r"(WALKER_MAIR)
                     : "memory");
    plat_space_use(root, ASID);
    plat_tlb_flush_all();
}

void walker_fini(void)
{
    plat_space_use(0, 0);
    __asm__ volatile("msr tcr_el1, %0\n"
                     "msr mair_el1, %1\n"
                     "isb"
                     :
                     : "r"(kernel_tcr), "r"(kernel_mair)
                     : "memory");
    plat_tlb_flush_all();
}

/* Arm ARM, PAR_EL1: the two forms of the answer. */
static void decode_success(uint64_t par, uaddr_t va, struct walker_result *result)
{
    const uint64_t address = 0x0000fffffffff000;

    result->ok = true;
    result->addr = (par & address) | va % PLAT_PAGE_SIZE;
    result->attr_index = 0;
    while ((WALKER_MAIR >> result->attr_index * 8 & 0xff) != par >> 56) {
        result->attr_index++;
        ASSERT(result->attr_index < 8);
    }
    /* Device and Non-cacheable memory: the architecture says 2, QEMU 7.2 what the leaf says. */
    bool is_cacheable = result->attr_index == 0 || result->attr_index >= 5;
    result->shareability = is_cacheable ? par >> 7 & 3 : 2;
}

static void decode_fault(uint64_t par, struct walker_result *result)
{
    static const enum plat_fault_kind kinds[] = {PLAT_FAULT_ADDRESS_SIZE, PLAT_FAULT_TRANSLATION,
                                                 PLAT_FAULT_ACCESS_FLAG, PLAT_FAULT_PERMISSION};
    unsigned status = par >> 1 & 0x3f;

    if (status >= 0x10) {
        panic("walker_probe: PAR_EL1 is 0x%lx", par);
    }
    result->ok = false;
    result->kind = kinds[status >> 2];
    result->level = status & 3;
}

void walker_probe(uaddr_t va, bool write, struct walker_result *result)
{
    uint64_t par;

    __asm__ volatile("dsb ishst\n"
                     "tlbi vmalle1\n"
                     "dsb nsh\n"
                     "isb" ::
                         : "memory");
    if (write) {
        __asm__ volatile("at s1e0w, %0" : : "r"(va) : "memory");
    } else {
        __asm__ volatile("at s1e0r, %0" : : "r"(va) : "memory");
    }
    __asm__ volatile("isb\n"
                     "mrs %0, par_el1"
                     : "=r"(par)
                     :
                     : "memory");
    if (par & 1) {
        decode_fault(par, result);
    } else {
        decode_success(par, va, result);
    }
}
