/*
 * The way out of a kernel that has been found wanting, back to where it was started from.
 */
    .text

    .global leave_mark
    .type leave_mark, %function
leave_mark: /* x0: struct leave_point */
    stp x19, x20, [x0, #0]
    stp x21, x22, [x0, #16]
    stp x23, x24, [x0, #32]
    stp x25, x26, [x0, #48]
    stp x27, x28, [x0, #64]
    stp x29, x30, [x0, #80]
    mov x1, sp
    str x1, [x0, #96]
    mov w0, wzr
    ret
    .size leave_mark, . - leave_mark

    .global leave_to
    .type leave_to, %function
leave_to:
    ldp x19, x20, [x0, #0]
    ldp x21, x22, [x0, #16]
    ldp x23, x24, [x0, #32]
    ldp x25, x26, [x0, #48]
    ldp x27, x28, [x0, #64]
    ldp x29, x30, [x0, #80]
    ldr x1, [x0, #96]
    mov sp, x1
    msr daifclr, #4         /* an exception has masked SError */
    mov w0, #1
    ret
    .size leave_to, . - leave_to
