/*
 * System calls as C functions, sys_NAME, made from core's one table. A negative result is -errno.
 * In a program of the host (see host.h) numbers, constants and structures are the host's.
 */
#ifndef LIB_SYS_H
#define LIB_SYS_H

#include <stddef.h>
#include <stdint.h>

#if __STDC_HOSTED__
#include "host.h"
#define SYS_NR(number, name) SYS_##name
#else
#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#define SYS_NR(number, name) number
#endif

/* The C type of each kind of argument in syscall.def. */
#define SYS_INT int
#define SYS_UINT unsigned
#define SYS_LONG long
#define SYS_SIZE size_t
#define SYS_ADDR uint64_t
#define SYS_FD int
#define SYS_DIRFD int
#define SYS_PID int
#define SYS_SIG int
#define SYS_MODE unsigned
#define SYS_UID unsigned
#define SYS_FLAGS unsigned
#define SYS_PROT unsigned
#define SYS_MAP_FLAGS unsigned
#define SYS_REMAP_FLAGS unsigned
#define SYS_ADVICE int
#define SYS_OPEN_FLAGS int
#define SYS_FD_FLAGS int
#define SYS_AT_FLAGS int
#define SYS_WHENCE int
#define SYS_FCNTL int
#define SYS_FCNTL_ARG long
#define SYS_IOCTL unsigned
#define SYS_IOCTL_ARG void *
#define SYS_PRCTL int
#define SYS_PRCTL_ARG uint64_t
#define SYS_PRCTL_MORE uint64_t
#define SYS_CLONE_FLAGS unsigned
#define SYS_CLONE_ARG uint64_t
#define SYS_WAIT_FLAGS unsigned
#define SYS_ID_TYPE int
#define SYS_CLOCK int
#define SYS_ITIMER int
#define SYS_TIMER int
#define SYS_TIMER_FLAGS unsigned
#define SYS_TIMERFD_FLAGS unsigned
#define SYS_TIMERFD_SET unsigned
#define SYS_RESOURCE int
#define SYS_PRIORITY int
#define SYS_USAGE int
#define SYS_SIG_HOW int
#define SYS_RANDOM_FLAGS unsigned
#define SYS_SHARE_FLAGS unsigned
#define SYS_FUTEX uint32_t *
#define SYS_FUTEX_OP int
#define SYS_FUTEX_VALUE uint32_t
#define SYS_FUTEX_ARG uint64_t
#define SYS_FUTEX_LAST uint32_t
#define SYS_POLICY int
#define SYS_BARRIER int
#define SYS_IN_INT const int *
#define SYS_IN_CPUSET const uint64_t *
#define SYS_OUT_CPUSET uint64_t *
#define SYS_PATH const char *
#define SYS_STRV char *const *
#define SYS_ENVV char *const *
#define SYS_IN_BYTES const void *
#define SYS_OUT_BYTES void *
#define SYS_IN_IOV const struct abi_iovec *
#define SYS_OUT_IOV const struct abi_iovec *
#define SYS_OUT_INT int *
#define SYS_OUT_ADDR uint64_t *
#define SYS_OUT_SIZE uint64_t *
#define SYS_ROBUST const void *
#define SYS_OUT_FDS int *
#define SYS_IN_GROUPS const uint32_t *
#define SYS_OUT_GROUPS uint32_t *
#define SYS_OUT_STATUS int *
#define SYS_OUT_SIGINFO struct abi_siginfo *
#define SYS_IN_SIGINFO const struct abi_siginfo *
#define SYS_IN_TIMESPEC const struct abi_timespec *
#define SYS_OUT_TIMESPEC struct abi_timespec *
#define SYS_IN_ITIMERVAL const struct abi_itimerval *
#define SYS_OUT_ITIMERVAL struct abi_itimerval *
#define SYS_IN_ITIMERSPEC const struct abi_itimerspec *
#define SYS_OUT_ITIMERSPEC struct abi_itimerspec *
#define SYS_IN_SIGEVENT const struct abi_sigevent *
#define SYS_IN_SCHED_ATTR const struct abi_sched_attr *
#define SYS_OUT_SCHED_ATTR struct abi_sched_attr *
#define SYS_OUT_UTSNAME struct abi_utsname *
#define SYS_OUT_STAT struct abi_stat *
#define SYS_OUT_RUSAGE struct abi_rusage *
#define SYS_OUT_TMS struct abi_tms *
#define SYS_OUT_SYSINFO struct abi_sysinfo *
#define SYS_IN_RLIMIT const struct abi_rlimit *
#define SYS_OUT_RLIMIT struct abi_rlimit *
#define SYS_IN_SIGSET const uint64_t *
#define SYS_OUT_SIGSET uint64_t *
#define SYS_IN_SIGACTION const struct abi_sigaction *
#define SYS_OUT_SIGACTION struct abi_sigaction *
#define SYS_IN_ALTSTACK const struct abi_sigaltstack *
#define SYS_OUT_ALTSTACK struct abi_sigaltstack *
#define SYS_IN_CLONE_ARGS const struct abi_clone_args *
#define SYS_IN_SPAWN const struct abi_spawn *

#if defined(__aarch64__)
/* Linux AArch64: the number in x8, arguments in x0 to x5, the result in x0. */
static inline long sys_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                            uint64_t f)
{
    register long x8 __asm__("x8") = number;
    register uint64_t x0 __asm__("x0") = a;
    register uint64_t x1 __asm__("x1") = b;
    register uint64_t x2 __asm__("x2") = c;
    register uint64_t x3 __asm__("x3") = d;
    register uint64_t x4 __asm__("x4") = e;
    register uint64_t x5 __asm__("x5") = f;

    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return (long)x0;
}
#else
/* Linux x86-64, of a host: the number in rax, arguments in rdi, rsi, rdx, r10, r8 and r9. */
static inline long sys_call(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                            uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;

    __asm__ volatile("syscall"
                     : "+a"(number)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return number;
}
#endif

/* clang-format off */
#define SYSCALL0(number, name, effect) \
    static inline long sys_##name(void) \
    { return sys_call(SYS_NR(number, name), 0, 0, 0, 0, 0, 0); }
#define SYSCALL1(number, name, effect, A, a) \
    static inline long sys_##name(SYS_##A a) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, 0, 0, 0, 0, 0); }
#define SYSCALL2(number, name, effect, A, a, B, b) \
    static inline long sys_##name(SYS_##A a, SYS_##B b) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, 0, 0, 0, 0); }
#define SYSCALL3(number, name, effect, A, a, B, b, C, c) \
    static inline long sys_##name(SYS_##A a, SYS_##B b, SYS_##C c) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, 0, 0, 0); }
#define SYSCALL4(number, name, effect, A, a, B, b, C, c, D, d) \
    static inline long sys_##name(SYS_##A a, SYS_##B b, SYS_##C c, SYS_##D d) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, \
                      0, 0); }
#define SYSCALL5(number, name, effect, A, a, B, b, C, c, D, d, E, e) \
    static inline long sys_##name(SYS_##A a, SYS_##B b, SYS_##C c, SYS_##D d, SYS_##E e) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, \
                      (uint64_t)e, 0); }
#define SYSCALL6(number, name, effect, A, a, B, b, C, c, D, d, E, e, F, f) \
    static inline long sys_##name(SYS_##A a, SYS_##B b, SYS_##C c, SYS_##D d, SYS_##E e, \
                                  SYS_##F f) \
    { return sys_call(SYS_NR(number, name), (uint64_t)a, (uint64_t)b, (uint64_t)c, (uint64_t)d, \
                      (uint64_t)e, (uint64_t)f); }
/* clang-format on */
#include "abi/syscall.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

/* fork(2): the child's PID, 0 in the child, or -errno. */
static inline int sys_fork(void)
{
    return (int)sys_clone(SIGCHLD, 0, 0, 0, 0);
}

/* Ends the process. */
static inline _Noreturn void sys_leave(int status)
{
    sys_exit_group(status);
    __builtin_trap(); /* exit_group does not return */
}

#endif
