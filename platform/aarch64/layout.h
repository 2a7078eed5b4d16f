/*
 * Numbers that C and assembly must agree on. Nothing but #define here.
 *
 * The kernel half, 2^39 bytes under TTBR1, by level 1 index (1 GiB each):
 *     0 to 255   linear map: physical address pa at LINEAR_VA + pa; RAM without the image
 *     256        the image, in 4 KiB pages, each section with exactly the rights it needs
 *     257        windows of 2 MiB blocks: devices and the device tree
 */
#ifndef AARCH64_LAYOUT_H
#define AARCH64_LAYOUT_H

#define LINEAR_VA 0xffffff8000000000
#define LINEAR_BITS 38
#define IMAGE_VA 0xffffffc000000000
#define WINDOW_VA 0xffffffc040000000

#define IMAGE_L1_INDEX 256
/* 2 MiB of the image each. A test image may have the fuzzer's checks and its model in it. */
#if EFT_TEST
#define IMAGE_L3_TABLES 16
#else
#define IMAGE_L3_TABLES 1
#endif
#define WINDOW_L1_INDEX 257

/* Stage 1 descriptors (Arm ARM D8.3). Every kernel leaf is UXN, and PXN unless it is text. */
#define PTE_TABLE 0x3
#define PTE_PAGE 0x3
#define PTE_BLOCK 0x1
#define PTE_ATTR_SHIFT 2
#define PTE_READ_ONLY 0x80
#define PTE_INNER_SHAREABLE 0x300
#define PTE_AF 0x400
#define PTE_PXN 0x0020000000000000
#define PTE_UXN 0x0040000000000000

#define ATTR_NORMAL 0
#define ATTR_DEVICE 1

/* struct plat_user, struct cpu and the frame of user_enter as assembly sees them; exception.c
 * asserts them. */
#define USER_SP 248
#define USER_PC 256
#define USER_TPIDR 272

#define CPU_EMERGENCY 0
#define CPU_REGS 16
#define REGS_SP 248
#define REGS_PC 256
#define REGS_ESR 272
#define REGS_VECTOR 288

#define ENTER_FRAME 112

/* A synchronous exception in the kernel, in the order of the vectors (Arm ARM, VBAR_EL1). */
#define VECTOR_EL1_SYNC 4

#endif
