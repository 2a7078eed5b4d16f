/*
 * What the blocks that program.c writes call. They leave anything in any register but x28, and in
 * memory from 8 KiB before x28 to 88 KiB behind it.
 */
#define MEMORY_WORDS 12288
#define STATE_BYTES (32 * 16 + 32 * 8)
#define SAVED_WORDS 100

    .text
    .globl _start
_start:
    msr tpidr_el0, xzr
    b blocks

/* Fills the registers from states[x0] but FPCR and x30; x28 is where memory is, sp there too. */
    .globl load
load:
    mov x1, #STATE_BYTES
    mul x0, x0, x1
    adrp x28, states
    add x28, x28, :lo12:states
    add x28, x28, x0
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    ldr q\n, [x28, #\n * 16]
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ldr q\n, [x28, #\n * 16]
    .endr
    add x28, x28, #512
    ldr x0, [x28, #31 * 8]
    msr nzcv, x0
    msr fpsr, xzr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    ldr x\n, [x28, #\n * 8]
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 29
    ldr x\n, [x28, #\n * 8]
    .endr
    adrp x28, memory + 8192
    add x28, x28, :lo12:memory + 8192
    mov sp, x28
    ret

/* Adds all registers to the hash. x28 is the page of saved, and x30 has been saved there. */
    .globl save
save:
    add x28, x28, :lo12:saved
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    str x\n, [x28, #8 + \n * 8]
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    str x\n, [x28, #8 + \n * 8]
    .endr
    str x29, [x28, #232]
    mov x0, sp
    str x0, [x28, #240]
    mrs x0, nzcv
    str x0, [x28, #248]
    mrs x0, fpsr
    str x0, [x28, #256]
    mrs x0, fpcr
    str x0, [x28, #264]
    mrs x0, tpidr_el0
    str x0, [x28, #272]
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    str q\n, [x28, #288 + \n * 16]
    .endr
    .irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str q\n, [x28, #288 + \n * 16]
    .endr
    mov x3, #SAVED_WORDS

/* Adds x3 words from x28 on to the hash. */
add_words:
    adrp x1, hash
    add x1, x1, :lo12:hash
    ldr x2, [x1]
    ldr x4, =0x9e3779b97f4a7c15
1:  ldr x5, [x28], #8
    eor x2, x2, x5
    mul x2, x2, x4
    eor x2, x2, x2, lsr #29
    subs x3, x3, #1
    b.ne 1b
    str x2, [x1]
    ret

/* Prints the hash. */
    .globl print
print:
    adrp x0, hash
    ldr x2, [x0, :lo12:hash]
    adrp x1, text
    add x1, x1, :lo12:text
    mov x3, #16
1:  ror x2, x2, #60
    and x4, x2, #15
    add x5, x4, #'0'
    add x6, x4, #'a' - 10
    cmp x4, #10
    csel x5, x5, x6, lo
    strb w5, [x1], #1
    subs x3, x3, #1
    b.ne 1b
    mov w5, #'\n'
    strb w5, [x1]
    sub x1, x1, #16
    mov x0, #1
    mov x2, #17
    mov x8, #64 /* write */
    svc #0
    ret

    .globl finish
finish:
    adrp x28, memory
    add x28, x28, :lo12:memory
    mov x3, #MEMORY_WORDS
    bl add_words
    bl print
    mov x0, #0
    mov x8, #93 /* exit */
    svc #0

    .bss
    .balign 16
saved:
    .skip SAVED_WORDS * 8
    .globl saved
hash:
    .skip 8
text:
    .skip 24
