/*
 * The first instructions of every program. The kernel starts it with sp at argc, argv, NULL, the
 * environment, NULL and the auxiliary vector (the ELF ABI for AArch64); all registers may be 0.
 */
    .section .text.start, "ax"
    .global _start
    .type _start, %function
_start:
    mov     x29, xzr                /* the end of the chain of frames */
    mov     x30, xzr
    mov     x0, sp
    b       start
    .size _start, . - _start

    .section .note.GNU-stack, "", %progbits
