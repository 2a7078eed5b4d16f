/*
 * memcpy, memmove, memset and memcmp. Memory is Normal and SCTLR_EL1.A is clear: no alignment is
 * needed. What is left below 64 bytes goes by the bits of its length, largest first.
 */
    .text

    .global memcpy
    .type memcpy, %function
memcpy:
    mov x3, x0
copy_forward:
    subs x2, x2, #64
    b.lo 2f
1:  ldp x4, x5, [x1]
    ldp x6, x7, [x1, #16]
    ldp x8, x9, [x1, #32]
    ldp x10, x11, [x1, #48]
    stp x4, x5, [x3]
    stp x6, x7, [x3, #16]
    stp x8, x9, [x3, #32]
    stp x10, x11, [x3, #48]
    add x1, x1, #64
    add x3, x3, #64
    subs x2, x2, #64
    b.hs 1b
2:  tbz x2, #5, 3f          /* x2 is the rest less 64: its low six bits are the rest's */
    ldp x4, x5, [x1], #16
    ldp x6, x7, [x1], #16
    stp x4, x5, [x3], #16
    stp x6, x7, [x3], #16
3:  tbz x2, #4, 4f
    ldp x4, x5, [x1], #16
    stp x4, x5, [x3], #16
4:  tbz x2, #3, 5f
    ldr x4, [x1], #8
    str x4, [x3], #8
5:  tbz x2, #2, 6f
    ldr w4, [x1], #4
    str w4, [x3], #4
6:  tbz x2, #1, 7f
    ldrh w4, [x1], #2
    strh w4, [x3], #2
7:  tbz x2, #0, 8f
    ldrb w4, [x1]
    strb w4, [x3]
8:  ret
    .size memcpy, . - memcpy

    .global memmove
    .type memmove, %function
memmove:
    mov x3, x0
    sub x4, x0, x1
    cmp x4, x2
    b.hs copy_forward       /* dst is not inside [src, src + len) */
    add x1, x1, x2
    add x3, x3, x2
    subs x2, x2, #64
    b.lo 2f
1:  ldp x4, x5, [x1, #-16]
    ldp x6, x7, [x1, #-32]
    ldp x8, x9, [x1, #-48]
    ldp x10, x11, [x1, #-64]!
    stp x4, x5, [x3, #-16]
    stp x6, x7, [x3, #-32]
    stp x8, x9, [x3, #-48]
    stp x10, x11, [x3, #-64]!
    subs x2, x2, #64
    b.hs 1b
2:  tbz x2, #5, 3f
    ldp x4, x5, [x1, #-16]
    ldp x6, x7, [x1, #-32]!
    stp x4, x5, [x3, #-16]
    stp x6, x7, [x3, #-32]!
3:  tbz x2, #4, 4f
    ldp x4, x5, [x1, #-16]!
    stp x4, x5, [x3, #-16]!
4:  tbz x2, #3, 5f
    ldr x4, [x1, #-8]!
    str x4, [x3, #-8]!
5:  tbz x2, #2, 6f
    ldr w4, [x1, #-4]!
    str w4, [x3, #-4]!
6:  tbz x2, #1, 7f
    ldrh w4, [x1, #-2]!
    strh w4, [x3, #-2]!
7:  tbz x2, #0, 8f
    ldrb w4, [x1, #-1]
    strb w4, [x3, #-1]
8:  ret
    .size memmove, . - memmove

    .global memset
    .type memset, %function
memset:
    mov x3, x0
    and x1, x1, #0xff
    mov x4, #0x0101010101010101
    mul x1, x1, x4
    cbnz x1, 2f
    cmp x2, #256
    b.lo 2f
    mrs x4, dczid_el0
    cmp x4, #4              /* DC ZVA is allowed and clears 64 bytes */
    b.ne 2f
    stp xzr, xzr, [x3]
    stp xzr, xzr, [x3, #16]
    stp xzr, xzr, [x3, #32]
    stp xzr, xzr, [x3, #48]
    add x4, x3, #64
    and x4, x4, #~63        /* the first line that begins in the area */
    sub x3, x4, x3
    sub x2, x2, x3
    mov x3, x4
    sub x2, x2, #64
1:  dc zva, x3
    add x3, x3, #64
    subs x2, x2, #64
    b.hs 1b
    b 4f
2:  subs x2, x2, #64
    b.lo 4f
3:  stp x1, x1, [x3]
    stp x1, x1, [x3, #16]
    stp x1, x1, [x3, #32]
    stp x1, x1, [x3, #48]
    add x3, x3, #64
    subs x2, x2, #64
    b.hs 3b
4:  tbz x2, #5, 5f
    stp x1, x1, [x3], #16
    stp x1, x1, [x3], #16
5:  tbz x2, #4, 6f
    stp x1, x1, [x3], #16
6:  tbz x2, #3, 7f
    str x1, [x3], #8
7:  tbz x2, #2, 8f
    str w1, [x3], #4
8:  tbz x2, #1, 9f
    strh w1, [x3], #2
9:  tbz x2, #0, 10f
    strb w1, [x3]
10: ret
    .size memset, . - memset

    .global memcmp
    .type memcmp, %function
memcmp:
    subs x2, x2, #8
    b.lo 2f
1:  ldr x3, [x0], #8
    ldr x4, [x1], #8
    cmp x3, x4
    b.ne 4f
    subs x2, x2, #8
    b.hs 1b
2:  adds x2, x2, #8
    b.eq 5f
3:  ldrb w3, [x0], #1
    ldrb w4, [x1], #1
    subs w3, w3, w4
    b.ne 6f
    subs x2, x2, #1
    b.ne 3b
5:  mov w0, #0
    ret
4:  rev x3, x3              /* the first byte decides: make it the highest */
    rev x4, x4
    cmp x3, x4
    mov w0, #1
    cneg w0, w0, lo
    ret
6:  mov w0, w3
    ret
    .size memcmp, . - memcmp
