/* System calls as functions os_NAME, which give -errno; see lib/sys.h. */
#ifndef LIFE_CALLS_H
#define LIFE_CALLS_H

#include "lib/sys.h"

/* clang-format off */
#define SYSCALL0(number, name, effect) \
    static inline long os_##name(void) \
    { return sys_call(SYS_NR(number, name), 0, 0, 0, 0, 0, 0); }
#define SYSCALL1(number, name, effect, A, a) \
    static inline long os_##name(SYS_##A a) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, 0, 0, 0, 0, 0); }
#define SYSCALL2(number, name, effect, A, a, B, b) \
    static inline long os_##name(SYS_##A a, SYS_##B b) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, 0, 0, 0, 0); }
#define SYSCALL3(number, name, effect, A, a, B, b, C, c) \
    static inline long os_##name(SYS_##A a, SYS_##B b, SYS_##C c) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, 0, 0, 0); }
#define SYSCALL4(number, name, effect, A, a, B, b, C, c, D, d) \
    static inline long os_##name(SYS_##A a, SYS_##B b, SYS_##C c, SYS_##D d) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, \
                      0, 0); }
#define SYSCALL5(number, name, effect, A, a, B, b, C, c, D, d, E, e) \
    static inline long os_##name(SYS_##A a, SYS_##B b, SYS_##C c, SYS_##D d, SYS_##E e) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, \
                      (uint64_t)e, 0); }
/* clang-format on */
#include "calls.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5

#endif
