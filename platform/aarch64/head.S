/*
 * From the boot loader to C. The image runs from any 2 MiB boundary of RAM: all before the jump to
 * the high half is relative to pc, with the MMU off, and these hold what must survive:
 *     x19  physical address of the device tree (x0 of the Linux boot protocol), 0: none
 *     x20  physical address of the image
 *     x21  not 0: an exception has been reported
 */
#include "layout.h"

/* Arm ARM, SCTLR_EL1: what is RES1 and what lets EL0 do what Linux lets it do. */
#define SCTLR_MMU_OFF 0x30d00800 /* LSMAOE nTLSMD SPAN EIS TSCXT EOS */
#define SCTLR_MMU_ON (SCTLR_MMU_OFF | 0x0400d01d) /* UCI UCT DZE I SA0 SA C M; WFI and WFE trap */
/* EPD0 and EPD1 clear, 39 bits and 4 KiB granule for both halves, walks write-back and inner
 * shareable. IPS and AS depend on the CPU. */
#define TCR_BASE 0x00000000b5193519
#define MAIR 0x04ff /* 0: normal, write-back, allocate; 1: Device-nGnRE */
#define SPSR_EL1H_MASKED 0x3c5

    .section .head, "ax"
    .global image_head
image_head: /* Documentation/arm64/booting.rst of Linux */
    b start
    .long 0
    .quad 0                 /* text_offset */
    .quad image_size
    .quad 0xa               /* little endian, 4 KiB pages, anywhere in RAM */
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

start:
    mov x19, x0
    adrp x20, image_head
    mov x21, xzr
    mrs x0, CurrentEL
    cmp x0, #(2 << 2)
    b.eq from_el2
    cmp x0, #(1 << 2)
    b.eq from_el1
0:  wfe                     /* EL3 is the firmware's: the protocol enters at EL2 or EL1 */
    b 0b

from_el2:
    mov x0, #(1 << 31)      /* RW: EL1 is AArch64 */
    orr x0, x0, #(3 << 40)  /* APK, API: pointer authentication is not trapped */
    orr x0, x0, #(1 << 29)  /* HCD: hvc is undefined, nothing listens at EL2 any more */
    msr hcr_el2, x0
    isb
    mov x0, #0x33ff         /* FP and SIMD are not trapped to EL2; the rest is RES1 or SVE */
    msr cptr_el2, x0
    msr hstr_el2, xzr
    mrs x0, mdcr_el2
    and x0, x0, #0x1f       /* HPMN stays: EL1 has all event counters */
    msr mdcr_el2, x0
    mov x0, #3              /* EL1PCTEN, EL1PCEN */
    msr cnthctl_el2, x0
    msr cntvoff_el2, xzr
    msr vttbr_el2, xzr
    mrs x0, midr_el1
    msr vpidr_el2, x0
    mrs x0, mpidr_el1
    msr vmpidr_el2, x0
    mrs x0, id_aa64pfr0_el1
    ubfx x0, x0, #24, #4    /* GIC: the system register interface exists */
    cbz x0, 1f
    mrs x0, S3_4_C12_C9_5   /* ICC_SRE_EL2 */
    mov x1, #9              /* Enable, SRE: EL1 may use it */
    orr x0, x0, x1
    msr S3_4_C12_C9_5, x0
    isb
    msr S3_4_C12_C11_0, xzr /* ICH_HCR_EL2 */
1:  ldr x0, =SCTLR_MMU_OFF
    msr sctlr_el1, x0
    mov x0, #SPSR_EL1H_MASKED
    msr spsr_el2, x0
    adr x0, at_el1
    msr elr_el2, x0
    eret

from_el1: /* an eret gives PAN, UAO and the rest of PSTATE known values without naming them */
    ldr x0, =SCTLR_MMU_OFF
    msr sctlr_el1, x0
    isb
    mov x0, #SPSR_EL1H_MASKED
    msr spsr_el1, x0
    adr x0, at_el1
    msr elr_el1, x0
    eret

at_el1:
    adr x0, early_vectors
    msr vbar_el1, x0
    mov x0, #(1 << 20)      /* FPEN: EL1 may, EL0 traps */
    msr cpacr_el1, x0
    msr mdscr_el1, xzr
    msr contextidr_el1, xzr
    mov x0, #2              /* EL0VCTEN: EL0 reads CNTVCT_EL0 and CNTFRQ_EL0 */
    msr cntkctl_el1, x0
    mrs x0, id_aa64dfr0_el1
    ubfx x0, x0, #8, #4     /* PMUVer */
    cbz x0, 1f
    cmp x0, #15
    b.eq 1f
    msr pmuserenr_el0, xzr
1:  isb

    /* The image ends in bss and stacks, which no loader has touched: is there memory? */
    adrp x0, image_end
    stp x19, x20, [x0, #-16]
    ldp x1, x2, [x0, #-16]
    cmp x1, x19
    ccmp x2, x20, #0, eq
    b.ne early_exception

    /* The first tables: zeroed with the MMU off, so lines of them that a cache may hold are
     * stale, and are dropped after the stores. */
    adrp x0, tables_start
    adrp x1, tables_end
0:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 0b

    /* x0 to x1 of the image, page-aligned, with the rights in x2. Uses x3, x4, x5. */
    .macro map_image from, to, rights
    adrp x0, \from
    adrp x1, \to
    ldr x2, =(PTE_PAGE | PTE_AF | PTE_INNER_SHAREABLE | PTE_UXN | (\rights))
    bl map_pages
    .endm

    adrp x5, image_l3
    map_image image_head, text_end, PTE_READ_ONLY
    map_image text_end, rodata_end, PTE_READ_ONLY | PTE_PXN
    map_image rodata_end, emergency_guard, PTE_PXN
    map_image emergency_stack, stack_guard, PTE_PXN
    map_image stack_start, stack_end, PTE_PXN

    adrp x0, image_l2
    orr x1, x5, #PTE_TABLE
    mov x2, #IMAGE_L3_TABLES
0:  str x1, [x0], #8
    add x1, x1, #4096
    subs x2, x2, #1
    b.ne 0b
    adrp x0, image_l2
    adrp x2, kernel_l1
    orr x1, x0, #PTE_TABLE
    str x1, [x2, #(IMAGE_L1_INDEX * 8)]
    /* The GiB that holds the code below, at its own address, until the jump. */
    adrp x3, no_user_l1
    lsr x0, x20, #30
    ldr x1, =(PTE_BLOCK | PTE_AF | PTE_INNER_SHAREABLE | PTE_READ_ONLY | PTE_UXN)
    orr x1, x1, x0, lsl #30
    str x1, [x3, x0, lsl #3]

    dmb sy
    mrs x4, ctr_el0
    ubfx x4, x4, #16, #4
    mov x5, #4
    lsl x4, x5, x4          /* bytes in the smallest data cache line */
    adrp x0, tables_start
    adrp x1, tables_end
0:  dc ivac, x0
    add x0, x0, x4
    cmp x0, x1
    b.lo 0b
    dsb sy

    ldr x0, =MAIR
    msr mair_el1, x0
    ldr x0, =TCR_BASE
    mrs x1, id_aa64mmfr0_el1
    and x4, x1, #0xf        /* PARange; beyond 48 bits needs another granule */
    mov x5, #5
    cmp x4, x5
    csel x4, x4, x5, lo
    bfi x0, x4, #32, #3     /* IPS */
    ubfx x4, x1, #4, #4     /* ASIDBits: 2 means 16 */
    lsr x4, x4, #1
    bfi x0, x4, #36, #1     /* AS */
    msr tcr_el1, x0
    msr ttbr0_el1, x3
    msr ttbr1_el1, x2
    isb
    tlbi vmalle1
    ic iallu
    dsb nsh
    isb
    ldr x0, =SCTLR_MMU_ON
    msr sctlr_el1, x0
    isb
    ldr x0, =high_half
    br x0

map_pages:
    orr x3, x0, x2
    sub x4, x0, x20
    lsr x4, x4, #12
    str x3, [x5, x4, lsl #3]
    add x0, x0, #4096
    cmp x0, x1
    b.lo map_pages
    ret

high_half:
    adrp x0, vectors
    msr vbar_el1, x0
    adrp x0, boot_cpu
    add x0, x0, :lo12:boot_cpu
    msr tpidr_el1, x0
    msr tpidrro_el0, xzr
    isb
    /* Without its one block, the identity table is the table of no user space, under ASID 0. */
    adrp x3, no_user_l1
    lsr x0, x20, #30
    str xzr, [x3, x0, lsl #3]
    dsb ishst
    tlbi vmalle1
    dsb nsh
    isb
    adrp x0, stack_end
    mov sp, x0
    adrp x0, bss_start
    adrp x1, bss_end
0:  stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 0b
    msr daifclr, #4         /* SError is always reported where it comes */
    mov x0, x19
    mov x1, x20
    mov x29, xzr
    mov x30, xzr
    b boot_start

/*
 * An exception before the vectors of vectors.S can work. One cause is likely: no RAM where the
 * image says it ends. Says so on the PL011 of QEMU's virt machine and ends by semihosting; neither
 * needs memory. A second exception, as when semihosting is off, only waits.
 */
    .balign 2048
early_vectors:
    .rept 16
    .balign 128
    b early_exception
    .endr

early_exception:
    cbnz x21, 2f
    mov x21, #1
    mov x1, #0x09000000
    adr x2, early_message
0:  ldrb w3, [x2], #1
    cbz w3, 1f
    str w3, [x1]
    b 0b
1:  mov x0, #0x20           /* SYS_EXIT_EXTENDED */
    adr x1, early_exit
    hlt #0xf000
2:  wfe
    b 2b

    .balign 8
early_exit:
    .quad 0x20026, 134      /* ADP_Stopped_ApplicationExit, status */
early_message:
    .asciz "eft: exception at the first instructions; is there RAM for the whole image?\n"

    .balign 4
    .ltorg

    /* All the memory that the code above writes with the MMU off. */
    .section .tables, "aw", %nobits
    .balign 4096
    .global kernel_l1, no_user_l1
kernel_l1:
    .skip 4096
no_user_l1:
    .skip 4096
image_l2:
    .skip 4096
image_l3:
    .skip 4096 * IMAGE_L3_TABLES
    .global image_size_max
    .set image_size_max, 0x200000 * IMAGE_L3_TABLES
