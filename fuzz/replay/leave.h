/* setjmp and longjmp, for a kernel. */
#ifndef REPLAY_LEAVE_H
#define REPLAY_LEAVE_H

#include <stdint.h>

struct leave_point {
    uint64_t saved[12]; /* x19 to x30 */
    uint64_t sp;
};

/* 0; 1 when it comes back a second time, from leave_to, which may be called as long as the function
 * that has called this has not returned. */
int leave_mark(struct leave_point *point) __attribute__((returns_twice));
_Noreturn void leave_to(const struct leave_point *point);

#endif
