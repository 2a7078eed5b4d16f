/*
 * The calls that checks of signals, threads and timers make, by their numbers of Linux AArch64:
 * CALL(NR_NAME, arguments...) gives the result or -errno.
 */
#ifndef CATCH_CALLS_H
#define CATCH_CALLS_H

#include "lib/sys.h"

enum {
    NR_DUP = 23,
    NR_READV = 65,
    NR_PREAD64 = 67,
    NR_SIGNALFD4 = 74,
    NR_TIMERFD_CREATE = 85,
    NR_TIMERFD_SETTIME = 86,
    NR_TIMERFD_GETTIME = 87,
    NR_EXIT = 93,
    NR_WAITID = 95,
    NR_SET_TID_ADDRESS = 96,
    NR_FUTEX = 98,
    NR_SET_ROBUST_LIST = 99,
    NR_GET_ROBUST_LIST = 100,
    NR_NANOSLEEP = 101,
    NR_GETITIMER = 102,
    NR_SETITIMER = 103,
    NR_TIMER_CREATE = 107,
    NR_TIMER_GETTIME = 108,
    NR_TIMER_GETOVERRUN = 109,
    NR_TIMER_SETTIME = 110,
    NR_TIMER_DELETE = 111,
    NR_CLOCK_GETTIME = 113,
    NR_CLOCK_GETRES = 114,
    NR_CLOCK_NANOSLEEP = 115,
    NR_SCHED_SETPARAM = 118,
    NR_SCHED_SETSCHEDULER = 119,
    NR_SCHED_GETSCHEDULER = 120,
    NR_SCHED_GETPARAM = 121,
    NR_SCHED_SETAFFINITY = 122,
    NR_SCHED_GETAFFINITY = 123,
    NR_SCHED_GET_PRIORITY_MAX = 125,
    NR_SCHED_GET_PRIORITY_MIN = 126,
    NR_SCHED_RR_GET_INTERVAL = 127,
    NR_KILL = 129,
    NR_TKILL = 130,
    NR_TGKILL = 131,
    NR_SIGALTSTACK = 132,
    NR_RT_SIGSUSPEND = 133,
    NR_RT_SIGACTION = 134,
    NR_RT_SIGPROCMASK = 135,
    NR_RT_SIGPENDING = 136,
    NR_RT_SIGTIMEDWAIT = 137,
    NR_RT_SIGQUEUEINFO = 138,
    NR_RT_SIGRETURN = 139,
    NR_GETCPU = 168,
    NR_RT_TGSIGQUEUEINFO = 240,
    NR_SCHED_SETATTR = 274,
    NR_SCHED_GETATTR = 275,
    NR_MEMBARRIER = 283,
    NR_PIDFD_SEND_SIGNAL = 424,
    NR_PIDFD_OPEN = 434,
};

#define CALL_WITH(number, a, b, c, d, e, f, ...)                                                   \
    sys_call(number, (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e),    \
             (uint64_t)(f))
#define CALL(...) CALL_WITH(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

#endif
