#include "fuzz/replay/linux_timers.h"

#include <stddef.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>

#include "fuzz/input/insn.h"

enum {
    AT_ONCE_NS = 1,
    MARGIN_NS = 300000, /* from a look at the clock until what has happened is taken */
    NSEC_PER_USEC = 1000,
    NSEC_PER_SEC = 1000000000,
    FAR_SEC = 1 << 20, /* never */
};

static struct {
    uint64_t linux_ns;   /* when the first comes by Linux's clock; 0: none is set */
    uint64_t program_ns; /* and by the program's */
    bool has_used;       /* one has been made that goes by the time that somebody uses */
} first;

void timers_begin(void)
{
    first.linux_ns = 0;
    first.has_used = false;
}

void timers_made(uint64_t clock)
{
    first.has_used |= clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC &&
                      clock != CLOCK_BOOTTIME && clock != CLOCK_TAI;
}

/* Two longs: seconds, and parts of a second of so many ns. What cannot be read or is no time sets
 * nothing. */
static uint64_t read_duration(pid_t host, uint64_t at, unsigned part_ns)
{
    int64_t value[2];
    struct iovec here = {value, sizeof(value)};
    struct iovec there = {(void *)(uintptr_t)at, sizeof(value)};

    if (process_vm_readv(host, &here, 1, &there, 1, 0) != (ssize_t)sizeof(value) || value[0] < 0 ||
        value[1] < 0 || value[1] >= NSEC_PER_SEC / (int64_t)part_ns) {
        return 0;
    }
    uint64_t seconds = value[0] < FAR_SEC ? (uint64_t)value[0] : FAR_SEC;
    return seconds * NSEC_PER_SEC + (uint64_t)value[1] * part_ns;
}

uint64_t timers_duration(int host, uint64_t number, const uint64_t *args)
{
    bool is_at_once = first.has_used;
    uint64_t duration = 0;

    if (number == NR_setitimer) {
        duration =
            read_duration(host, args[1] + offsetof(struct itimerval, it_value), NSEC_PER_USEC);
        is_at_once = args[0] != ITIMER_REAL;
    } else if (number == NR_timer_settime || number == NR_timerfd_settime) {
        duration = read_duration(host, args[2] + offsetof(struct itimerspec, it_value), 1);
        is_at_once |= args[1] & TIMER_ABSTIME;
    }
    return duration != 0 && is_at_once ? AT_ONCE_NS : duration;
}

static uint64_t linux_now(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

void timers_set(uint64_t duration, uint64_t now_ns)
{
    uint64_t linux_ns = linux_now() + duration;

    if (first.linux_ns == 0) {
        first.linux_ns = first.program_ns = UINT64_MAX;
    }
    if (linux_ns < first.linux_ns) {
        first.linux_ns = linux_ns;
    }
    if (now_ns + duration < first.program_ns) {
        first.program_ns = now_ns + duration;
    }
}

bool timers_come(void)
{
    return first.linux_ns != 0 && linux_now() + MARGIN_NS >= first.linux_ns;
}

bool timers_come_by(uint64_t program_ns)
{
    return first.linux_ns != 0 && program_ns >= first.program_ns;
}
