/*
 * The interrupt controller (GICv2, GICv3) and the two interrupts that this kernel takes: timer
 * and console.
 *
 * Interrupts stay masked in the kernel: they are taken by asking, where the seam allows it.
 */
#ifndef AARCH64_GIC_H
#define AARCH64_GIC_H

#include "dev/fdt.h"

/* The INTID of an entry of a node's interrupts property. */
bool gic_from_tree(const struct fdt *fdt, const struct fdt_node *node, unsigned index,
                   unsigned *intid);

/* Readies the controller of the tree, for this CPU, with everything off but these two, both
 * level-sensitive. False: no controller that we know. */
bool gic_init(const struct fdt *fdt, unsigned timer_intid, unsigned uart_intid);

/* Takes all that is pending, and makes the upcalls. */
void gic_take(void);

#endif
