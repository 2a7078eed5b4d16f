/* The kernel's half of the address space; the map is in layout.h. The user half is core's. */
#ifndef AARCH64_MMU_H
#define AARCH64_MMU_H

#include "layout.h"
#include "platform/platform.h"

enum mmu_window { MMU_WINDOW_DEVICE, MMU_WINDOW_READ_ONLY };

/* The image as head.S mapped it, its unmapped guards included; physical. */
extern struct plat_range mmu_image;

/* Before anything else of this folder. image: where it was loaded. */
void mmu_init(paddr_t image);

/* Maps [pa, pa + size) for good, and what shares its blocks of 2 MiB; size >= 1. NULL: no
 * physical address, or no window left. */
uint8_t *mmu_window(paddr_t pa, uint64_t size, enum mmu_window kind);

/* Maps RAM at LINEAR_VA, but for the image. Page-aligned, below 2^LINEAR_BITS, once. */
void mmu_map_ram(const struct plat_range *ram);

/* The bits of an ASID that this CPU has: 8 or 16. */
unsigned mmu_asid_bits(void);

#endif
