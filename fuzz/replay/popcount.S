/* What compilers call for __builtin_popcountll. */
    .text
    .global __popcountdi2
    .type __popcountdi2, %function
__popcountdi2: /* x0: bits; w0: how many of them are set */
    mov w2, wzr
0:  cbz x0, 1f
    sub x1, x0, #1
    and x0, x0, x1          /* without the lowest */
    add w2, w2, #1
    b 0b
1:  mov w0, w2
    ret
    .size __popcountdi2, . - __popcountdi2
