/*
 * The instructions that may fault in the kernel and go on: unprivileged copies, the exclusive
 * pair of a compare-and-swap, and the two calls to the machine below (semihosting, PSCI) that may
 * not exist. Each has a line in .fixups: when it faults, exception_kernel continues at the other
 * address, with ESR_EL1 in x16 and FAR_EL1 in x17.
 */
    .macro fixup at, go_on
    .pushsection .fixups, "a"
    .long \at - .
    .long \go_on - .
    .popsection
    .endm

/* An instruction that may fault, and where it goes on then. */
    .macro may_fault go_on, instruction:vararg
9999: \instruction
    fixup 9999b, \go_on
    .endm

    .text

/*
 * size_t access_read(void *dst, uaddr_t addr, size_t len, uint64_t fault[2])
 *
 * Copies from EL0's memory, returns the bytes that are left; if any, fault is ESR, FAR. Words of 8
 * bytes as soon as addr is aligned, so that no access crosses a page and the progress is exact. A
 * fault in the unrolled loop goes on in the loop of words, which finds it again at its place.
 */
    .global access_read
    .type access_read, %function
access_read:
1:  tst x1, #7
    b.eq 2f
    cbz x2, 6f
    may_fault 7f, ldtrb w4, [x1]
    strb w4, [x0], #1
    add x1, x1, #1
    sub x2, x2, #1
    b 1b
2:  subs x5, x2, #32
    b.lo 3f
    may_fault 3f, ldtr x6, [x1]
    may_fault 3f, ldtr x7, [x1, #8]
    may_fault 3f, ldtr x8, [x1, #16]
    may_fault 3f, ldtr x9, [x1, #24]
    stp x6, x7, [x0]
    stp x8, x9, [x0, #16]
    add x0, x0, #32
    add x1, x1, #32
    mov x2, x5
    b 2b
3:  subs x5, x2, #8
    b.lo 5f
    may_fault 7f, ldtr x6, [x1]
    str x6, [x0], #8
    add x1, x1, #8
    mov x2, x5
    b 3b
5:  cbz x2, 6f
    may_fault 7f, ldtrb w4, [x1]
    strb w4, [x0], #1
    add x1, x1, #1
    sub x2, x2, #1
    b 5b
6:  mov x0, x2
    ret
7:  stp x16, x17, [x3]
    mov x0, x2
    ret
    .size access_read, . - access_read

/* size_t access_write(uaddr_t addr, const void *src, size_t len, uint64_t fault[2]): the other way.
 * The unrolled loop may store again what it stored before a fault: the same bytes. */
    .global access_write
    .type access_write, %function
access_write:
1:  tst x0, #7
    b.eq 2f
    cbz x2, 6f
    ldrb w4, [x1]
    may_fault 7f, sttrb w4, [x0]
    add x0, x0, #1
    add x1, x1, #1
    sub x2, x2, #1
    b 1b
2:  subs x5, x2, #32
    b.lo 3f
    ldp x6, x7, [x1]
    ldp x8, x9, [x1, #16]
    may_fault 3f, sttr x6, [x0]
    may_fault 3f, sttr x7, [x0, #8]
    may_fault 3f, sttr x8, [x0, #16]
    may_fault 3f, sttr x9, [x0, #24]
    add x0, x0, #32
    add x1, x1, #32
    mov x2, x5
    b 2b
3:  subs x5, x2, #8
    b.lo 5f
    ldr x6, [x1], #8
    may_fault 7f, sttr x6, [x0]
    add x0, x0, #8
    mov x2, x5
    b 3b
5:  cbz x2, 6f
    ldrb w4, [x1], #1
    may_fault 7f, sttrb w4, [x0]
    add x0, x0, #1
    sub x2, x2, #1
    b 5b
6:  mov x0, x2
    ret
7:  stp x16, x17, [x3]
    mov x0, x2
    ret
    .size access_write, . - access_write

/*
 * int access_cas32(uaddr_t addr, uint32_t expected, uint32_t desired, uint32_t *seen,
 *                  uint64_t fault[2])
 *
 * 1: stored; 0: differs; -1: fault. Exclusives have no unprivileged form, so the caller has asked
 * for EL0's rights; a fault here means that they changed since.
 */
    .global access_cas32
    .type access_cas32, %function
access_cas32:
1:  may_fault 3f, ldaxr w5, [x0]
    cmp w5, w1
    b.ne 2f
    may_fault 3f, stlxr w6, w2, [x0]
    cbnz w6, 1b
    dmb ish                 /* what follows is not done before the store is seen */
    str w5, [x3]
    mov w0, #1
    ret
2:  clrex
    dmb ish
    str w5, [x3]
    mov w0, #0
    ret
3:  clrex
    stp x16, x17, [x4]
    mov w0, #-1
    ret
    .size access_cas32, . - access_cas32

/* int64_t access_semihost(unsigned operation, const void *block): -1 too when there is no host. */
    .global access_semihost
    .type access_semihost, %function
access_semihost:
    may_fault 1f, hlt #0xf000
    ret
1:  mov x0, #-1
    ret
    .size access_semihost, . - access_semihost

/* void access_hvc(uint32_t function), access_smc: one PSCI call; return if there is nobody. */
    .global access_hvc
    .type access_hvc, %function
access_hvc:
    may_fault 1f, hvc #0
1:  ret
    .size access_hvc, . - access_hvc

    .global access_smc
    .type access_smc, %function
access_smc:
    may_fault 1f, smc #0
1:  ret
    .size access_smc, . - access_smc
