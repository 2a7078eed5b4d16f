/*
 * The other machine: libunicorn, which is QEMU's translator, with a copy of the simulated RAM at
 * the same physical addresses, so that it walks a copy of the same page tables.
 */
#ifndef TESTS_DIFFERENTIAL_ORACLE_H
#define TESTS_DIFFERENTIAL_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform/platform.h"

/* How a run ended: by its count, or with an exception that is not taken. */
struct oracle_end {
    bool is_exception;
    uint32_t esr;
    uint64_t far; /* 0 if the exception has no address */
};

struct oracle_config {
    bool is_max;  /* a CPU with all extensions that libunicorn has, not a Cortex-A72 */
    uint8_t *ram; /* what it is to have as RAM */
    paddr_t base;
    size_t size;
    paddr_t root; /* of the table for TTBR0_EL1 */
    paddr_t stub; /* a page that is mapped at its own address for EL1, and no one else's */
    uaddr_t code; /* a page that EL0 may execute, and */
    paddr_t code_pa;
    uaddr_t own; /* another, of its own */
    paddr_t own_pa;
};

/* Starts the machine, and leaves it at EL0. Fails the test if it does not come up. */
void oracle_open(const struct oracle_config *config);

void oracle_close(void);

/* Its copy of RAM. */
uint8_t *oracle_ram(paddr_t pa);

/* The instructions at [va, va + size), which lie in one piece of RAM, have changed. */
void oracle_code_changed(uaddr_t va, size_t size);

/* Executes count instructions of *user and *fp, or fewer up to an exception. A WFI that traps is
 * executed, as the kernel does it, and is the last. */
void oracle_run(struct plat_user *user, struct plat_fp *fp, unsigned count, struct oracle_end *end);

/* CLREX. */
void oracle_clear_monitor(void);

/* What a load of the byte at va comes to. */
void oracle_load(uaddr_t va, struct oracle_end *end);

#endif
