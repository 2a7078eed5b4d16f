/* Clocks and timers in the Linux AArch64 ABI: clock_gettime(2), clock_nanosleep(2), setitimer(2),
 * timer_create(2), timerfd_create(2). */
#ifndef ABI_TIMER_H
#define ABI_TIMER_H

#include <stdint.h>

enum {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_PROCESS_CPUTIME_ID = 2,
    CLOCK_THREAD_CPUTIME_ID = 3,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7,
    CLOCK_REALTIME_ALARM = 8,
    CLOCK_BOOTTIME_ALARM = 9,
    CLOCK_TAI = 11,
    TIMER_ABSTIME = 1,
    ITIMER_REAL = 0,
    ITIMER_VIRTUAL = 1,
    ITIMER_PROF = 2,
    TFD_TIMER_ABSTIME = 1,
    TFD_TIMER_CANCEL_ON_SET = 2,
    TFD_NONBLOCK = 04000,
    TFD_CLOEXEC = 02000000,
};

struct abi_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

struct abi_timeval {
    int64_t tv_sec;
    int64_t tv_usec;
};

struct abi_itimerspec {
    struct abi_timespec it_interval;
    struct abi_timespec it_value;
};

struct abi_itimerval {
    struct abi_timeval it_interval;
    struct abi_timeval it_value;
};

#endif
