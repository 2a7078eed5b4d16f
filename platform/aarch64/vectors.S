/*
 * The exception vectors, the way into user mode and back, and the way of an exception in the
 * kernel.
 *
 * User mode is a function call: user_enter saves what a C function must keep in a frame on the one
 * kernel stack and erets; the vectors for synchronous exceptions and interrupts from EL0 store the
 * registers to struct plat_user and return from user_enter. SP_EL1 points to the frame meanwhile:
 *     [sp]       struct plat_user *
 *     [sp, #8]   scratch of the vectors
 *     [sp, #16]  x19 to x30
 *
 * Everything else, what comes from the kernel itself included, goes to kernel_exception:
 * registers to struct cpu, onto the emergency stack (the other may be the cause),
 * exception_kernel in exception.c. It returns only when the address has a fix-up.
 */
#include "layout.h"

    .text

/* int user_enter(struct plat_user *user): not 0 if an interrupt ended it. */
    .global user_enter
    .type user_enter, %function
user_enter:
    sub sp, sp, #ENTER_FRAME
    str x0, [sp]
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp x29, x30, [sp, #96]
    ldp x30, x1, [x0, #(USER_SP - 8)]
    ldp x2, x3, [x0, #USER_PC]
    ldr x4, [x0, #USER_TPIDR]
    /* EL0t, AArch64, FIQ masked: nothing but the four flags is the user's. */
    and x3, x3, #0xf0000000
    orr x3, x3, #0x40
    msr sp_el0, x1
    msr elr_el1, x2
    msr spsr_el1, x3
    msr tpidr_el0, x4
    ldp x2, x3, [x0, #16]
    ldp x4, x5, [x0, #32]
    ldp x6, x7, [x0, #48]
    ldp x8, x9, [x0, #64]
    ldp x10, x11, [x0, #80]
    ldp x12, x13, [x0, #96]
    ldp x14, x15, [x0, #112]
    ldp x16, x17, [x0, #128]
    ldp x18, x19, [x0, #144]
    ldp x20, x21, [x0, #160]
    ldp x22, x23, [x0, #176]
    ldp x24, x25, [x0, #192]
    ldp x26, x27, [x0, #208]
    ldp x28, x29, [x0, #224]
    ldp x0, x1, [x0]
    eret
    .size user_enter, . - user_enter

/* x30: user; x0: the result; x0 and x1 are saved, x30 is in the scratch slot. */
    .type user_leave, %function
user_leave:
    stp x2, x3, [x30, #16]
    stp x4, x5, [x30, #32]
    stp x6, x7, [x30, #48]
    stp x8, x9, [x30, #64]
    stp x10, x11, [x30, #80]
    stp x12, x13, [x30, #96]
    stp x14, x15, [x30, #112]
    stp x16, x17, [x30, #128]
    stp x18, x19, [x30, #144]
    stp x20, x21, [x30, #160]
    stp x22, x23, [x30, #176]
    stp x24, x25, [x30, #192]
    stp x26, x27, [x30, #208]
    stp x28, x29, [x30, #224]
    ldr x1, [sp, #8]
    mrs x2, sp_el0
    stp x1, x2, [x30, #(USER_SP - 8)]
    mrs x1, elr_el1
    mrs x2, spsr_el1
    and x2, x2, #0xf0000000
    stp x1, x2, [x30, #USER_PC]
    mrs x1, tpidr_el0
    str x1, [x30, #USER_TPIDR]
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp, #96]
    add sp, sp, #ENTER_FRAME
    ret
    .size user_leave, . - user_leave

    .type kernel_exception, %function
kernel_exception: /* x0: struct cpu; x1: vector; x0 is in TPIDRRO_EL0, x1 in its place */
    add x0, x0, #CPU_REGS
    str x1, [x0, #REGS_VECTOR]
    stp x2, x3, [x0, #16]
    stp x4, x5, [x0, #32]
    stp x6, x7, [x0, #48]
    stp x8, x9, [x0, #64]
    stp x10, x11, [x0, #80]
    stp x12, x13, [x0, #96]
    stp x14, x15, [x0, #112]
    stp x16, x17, [x0, #128]
    stp x18, x19, [x0, #144]
    stp x20, x21, [x0, #160]
    stp x22, x23, [x0, #176]
    stp x24, x25, [x0, #192]
    stp x26, x27, [x0, #208]
    stp x28, x29, [x0, #224]
    mov x1, sp
    stp x30, x1, [x0, #(REGS_SP - 8)]
    mrs x1, elr_el1
    mrs x2, spsr_el1
    stp x1, x2, [x0, #REGS_PC]
    mrs x1, esr_el1
    mrs x2, far_el1
    stp x1, x2, [x0, #REGS_ESR]
    mrs x1, tpidrro_el0
    str x1, [x0]
    msr tpidrro_el0, xzr    /* EL0 reads it */
    ldr x1, [x0, #(CPU_EMERGENCY - CPU_REGS)]
    mov sp, x1
    mov x19, x0
    mov x29, xzr
    bl exception_kernel
    ldp x0, x1, [x19, #REGS_SP]
    mov sp, x0
    msr elr_el1, x1
    ldp x0, x1, [x19]
    ldp x2, x3, [x19, #16]
    ldp x4, x5, [x19, #32]
    ldp x6, x7, [x19, #48]
    ldp x8, x9, [x19, #64]
    ldp x10, x11, [x19, #80]
    ldp x12, x13, [x19, #96]
    ldp x14, x15, [x19, #112]
    ldp x16, x17, [x19, #128]
    ldr x18, [x19, #144]
    ldp x20, x21, [x19, #160]
    ldp x22, x23, [x19, #176]
    ldp x24, x25, [x19, #192]
    ldp x26, x27, [x19, #208]
    ldp x28, x29, [x19, #224]
    ldr x30, [x19, #240]
    ldr x19, [x19, #152]
    eret                    /* SPSR_EL1 is still the one that was taken */
    .size kernel_exception, . - kernel_exception

    .macro kernel_vector number
    .balign 128
    msr tpidrro_el0, x0
    mrs x0, tpidr_el1
    str x1, [x0, #(CPU_REGS + 8)]
    mov x1, #\number
    b kernel_exception
    .endm

    .macro user_vector is_interrupt
    .balign 128
    str x30, [sp, #8]
    ldr x30, [sp]
    stp x0, x1, [x30]
    mov x0, #\is_interrupt
    b user_leave
    .endm

    .balign 4096
    .global vectors
vectors:
    kernel_vector 0
    kernel_vector 1
    kernel_vector 2
    kernel_vector 3
    kernel_vector VECTOR_EL1_SYNC
    kernel_vector 5
    kernel_vector 6
    kernel_vector 7
    user_vector 0
    user_vector 1
    kernel_vector 10
    kernel_vector 11
    kernel_vector 12
    kernel_vector 13
    kernel_vector 14
    kernel_vector 15
