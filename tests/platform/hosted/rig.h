/*
 * What stands in for core in the test programs of the hosted platform: upcalls that count, and
 * pages and spaces made by hand. Each program is one source, so this is included once in each.
 */
#ifndef TESTS_HOSTED_RIG_H
#define TESTS_HOSTED_RIG_H

#include "choice.h"
#include "descriptor.h"
#include "machine.h"
#include "mmu.h"
#include "platform/platform.h"
#include "script.h"
#include "test.h"

#define RIG __attribute__((unused)) static

enum {
    RIG_RAM = 4 << 20,
    RIG_PROGRAM = 63, /* of the script engine: one system call */
};

/* Flags of user leaves: normal memory, inner shareable, nG, AF, PXN. */
#define RIG_RWX                                                                                    \
    (DESC_VALID | DESC_TABLE | DESC_EL0 | DESC_SHAREABILITY | DESC_ACCESSED | DESC_NOT_GLOBAL |    \
     DESC_PXN)
#define RIG_RW (RIG_RWX | DESC_UXN)
#define RIG_RO (RIG_RW | DESC_READ_ONLY)
#define RIG_RX (RIG_RWX | DESC_READ_ONLY)
#define RIG_LINK (DESC_VALID | DESC_TABLE)

static struct plat_boot rig_boot;
static unsigned rig_timers, rig_consoles, rig_dumps;
static unsigned rig_steps_left; /* until kernel_step switches off */
static paddr_t rig_next;

void kernel_boot(const struct plat_boot *boot)
{
    rig_boot = *boot;
    rig_timers = 0;
    rig_consoles = 0;
    rig_dumps = 0;
    rig_next = boot->ram.base;
}

enum kernel_state kernel_step(void)
{
    return rig_steps_left-- > 0 ? KERNEL_RAN : KERNEL_OFF;
}

void kernel_on_timer(void)
{
    rig_timers++;
}

void kernel_on_console(void)
{
    rig_consoles++;
}

void kernel_dump(void)
{
    rig_dumps++;
}

RIG void rig_start(enum vtlb_mode tlb)
{
    static const struct script_op program[] = {{.kind = SCRIPT_CALL, .nr = 1}};
    const struct machine_config config = {
        .ram_size = RIG_RAM, .cmdline = "", .tlb = tlb, .asid_bits = 8};
    const char *complaint;

    choice_init();
    complaint = machine_start(&config);
    EXPECT_STREQ(complaint, NULL);
    script_attach(RIG_PROGRAM, program, 1);
}

/* The next page of RAM, owned and zeroed. */
RIG paddr_t rig_page(void)
{
    paddr_t pa = rig_next;

    rig_next += PLAT_PAGE_SIZE;
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_UNDEFINED);
    __builtin_memset(plat_phys_ptr(pa, PLAT_PAGE_SIZE), 0, PLAT_PAGE_SIZE);
    return pa;
}

RIG void rig_free(paddr_t pa)
{
    plat_mem_mark(pa, PLAT_PAGE_SIZE, PLAT_MEM_FREE);
}

/* An open, published table. */
RIG paddr_t rig_table(void)
{
    paddr_t pa = rig_page();

    plat_table_open(pa);
    plat_pte_publish();
    return pa;
}

/* The table that holds the descriptor for va at level, made and published as needed. */
RIG paddr_t rig_walk(paddr_t root, uaddr_t va, unsigned level)
{
    paddr_t table = root;

    for (unsigned at = DESC_LEVEL_ROOT; at < level; at++) {
        pte_t desc = plat_pte_load(table, desc_index(va, at));
        if (!(desc & DESC_VALID)) {
            desc = rig_table() | RIG_LINK;
            plat_pte_store(table, desc_index(va, at), desc);
            plat_pte_publish();
        }
        table = desc & DESC_ADDRESS;
    }
    return table;
}

/* Stores the descriptor for va at a level; the tables above it are published, this is not. */
RIG void rig_store_at(paddr_t root, uaddr_t va, unsigned level, pte_t desc)
{
    plat_pte_store(rig_walk(root, va, level), desc_index(va, level), desc);
}

RIG void rig_store(paddr_t root, uaddr_t va, pte_t desc)
{
    rig_store_at(root, va, DESC_LEVEL_LAST, desc);
}

RIG void rig_map(paddr_t root, uaddr_t va, pte_t desc)
{
    rig_store(root, va, desc);
    plat_pte_publish();
}

/* Enters user mode and comes back at once. */
RIG void rig_enter(void)
{
    struct plat_user user = {.pc = SCRIPT_PC(RIG_PROGRAM, 0)};
    struct plat_trap trap;

    plat_user_run(&user, &trap);
    EXPECT_EQ(trap.kind, PLAT_TRAP_SYSCALL);
}

/* One byte, as EL0 would; a fault gives its kind in *fault. */
RIG bool rig_read(uaddr_t va, struct plat_fault *fault)
{
    uint8_t byte;

    return plat_user_read(&byte, va, 1, fault) == 1;
}

RIG bool rig_write(uaddr_t va, struct plat_fault *fault)
{
    const uint8_t byte = 1;

    return plat_user_write(va, &byte, 1, fault) == 1;
}

#endif
