/*
 * The calls that checks of signals, threads and timers make, by their numbers of Linux AArch64:
 * CALL(NR_name, arguments...) gives the result or -errno.
 */
#ifndef CATCH_CALLS_H
#define CATCH_CALLS_H

#include "lib/sys.h"

enum {
    NR_dup = 23,
    NR_signalfd4 = 74,
    NR_timerfd_create = 85,
    NR_timerfd_settime = 86,
    NR_timerfd_gettime = 87,
    NR_exit = 93,
    NR_waitid = 95,
    NR_set_tid_address = 96,
    NR_futex = 98,
    NR_set_robust_list = 99,
    NR_get_robust_list = 100,
    NR_nanosleep = 101,
    NR_getitimer = 102,
    NR_setitimer = 103,
    NR_timer_create = 107,
    NR_timer_gettime = 108,
    NR_timer_getoverrun = 109,
    NR_timer_settime = 110,
    NR_timer_delete = 111,
    NR_clock_gettime = 113,
    NR_clock_getres = 114,
    NR_clock_nanosleep = 115,
    NR_sched_setparam = 118,
    NR_sched_setscheduler = 119,
    NR_sched_getscheduler = 120,
    NR_sched_getparam = 121,
    NR_sched_setaffinity = 122,
    NR_sched_getaffinity = 123,
    NR_sched_get_priority_max = 125,
    NR_sched_get_priority_min = 126,
    NR_sched_rr_get_interval = 127,
    NR_kill = 129,
    NR_tkill = 130,
    NR_tgkill = 131,
    NR_sigaltstack = 132,
    NR_rt_sigsuspend = 133,
    NR_rt_sigaction = 134,
    NR_rt_sigprocmask = 135,
    NR_rt_sigpending = 136,
    NR_rt_sigtimedwait = 137,
    NR_rt_sigqueueinfo = 138,
    NR_rt_sigreturn = 139,
    NR_getcpu = 168,
    NR_rt_tgsigqueueinfo = 240,
    NR_membarrier = 283,
    NR_pidfd_send_signal = 424,
    NR_pidfd_open = 434,
};

#define CALL_WITH(number, a, b, c, d, e, f, ...)                                                   \
    sys_call(number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e),    \
             (uint64_t)(f))
#define CALL(...) CALL_WITH(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#endif
