/* clock_gettime(2), clock_getres(2), clock_nanosleep(2). */
#include "signals.h"

static int64_t read_ns(int clock)
{
    struct abi_timespec time = {0, 0};

    CALL(NR_CLOCK_GETTIME, clock, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

static void spin(int64_t milliseconds)
{
    int64_t end = read_ns(CLOCK_THREAD_CPUTIME_ID) + milliseconds * 1000000;

    while (read_ns(CLOCK_THREAD_CPUTIME_ID) < end)
        ;
}

static int uses_time(uint64_t unused)
{
    (void)unused;
    int64_t before = read_ns(CLOCK_PROCESS_CPUTIME_ID);
    sleep_ms(500);
    if (read_ns(CLOCK_PROCESS_CPUTIME_ID) - before > 50000000)
        return 2;
    spin(5);
    int64_t used = read_ns(CLOCK_PROCESS_CPUTIME_ID) - before;
    return used >= 5000000 && used < 50000000;
}

/* The clock of another process's time (clock_getcpuclockid(3)). */
static int clock_of(int pid)
{
    return (int)((~(unsigned)pid << 3) | 2);
}

static void check_clocks(void)
{
    static const int clocks[] = {
        CLOCK_REALTIME,         CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,      CLOCK_REALTIME_COARSE,
        CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME,  CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID};
    struct abi_timespec time = {0, 0};
    unsigned good = 0, resolved = 0;

    for (unsigned i = 0; i < COUNT(clocks); i++) {
        good += CALL(NR_CLOCK_GETTIME, clocks[i], &time) == 0 && time.tv_nsec < 1000000000;
        time = (struct abi_timespec){9, 9};
        resolved +=
            CALL(NR_CLOCK_GETRES, clocks[i], &time) == 0 && time.tv_sec == 0 && time.tv_nsec > 0;
    }
    check_is(good, COUNT(clocks), "clock: eight clocks can be read");
    check_is(resolved, COUNT(clocks), "clock: and each has a resolution");
    CALL(NR_CLOCK_GETRES, CLOCK_MONOTONIC, &time);
    check_is(time.tv_nsec, 1, "clock: CLOCK_MONOTONIC's is a nanosecond");
    check_is(CALL(NR_CLOCK_GETRES, CLOCK_MONOTONIC, NULL), 0, "clock: nobody need want it");
    check_is(CALL(NR_CLOCK_GETRES, 77, &time), -EINVAL, "clock: of an unknown clock: EINVAL");
    check_is(CALL(NR_CLOCK_GETTIME, 77, &time), -EINVAL, "clock: which cannot be read");
    check_is(CALL(NR_CLOCK_GETTIME, CLOCK_MONOTONIC, BAD_ADDRESS), -EFAULT,
             "clock: a bad address gives EFAULT");
    check_is(run_fork(uses_time, 0), exited(1), "clock: a process's clock runs while it runs");
    check_is(CALL(NR_CLOCK_GETTIME, clock_of((int)sys_getpid()), &time), 0,
             "clock: a process's clock has a number");
    check_is(CALL(NR_CLOCK_GETTIME, clock_of(NO_PROCESS), &time), -EINVAL,
             "clock: that of nobody gives EINVAL");
}

static void check_relative(int clock, const char *what)
{
    struct abi_timespec time = ms(50);
    int64_t began = read_ns(clock);
    long result = CALL(NR_CLOCK_NANOSLEEP, clock, 0, &time, NULL);
    int64_t took = read_ns(clock) - began;

    check(result == 0 && took >= 50000000 && took < 60000000, what);
}

static void check_absolute(int clock, const char *what)
{
    struct abi_timespec until = {0, 0};
    int64_t began = read_ns(clock);

    CALL(NR_CLOCK_GETTIME, clock, &until);
    until.tv_sec += 2;
    long result = CALL(NR_CLOCK_NANOSLEEP, clock, TIMER_ABSTIME, &until, NULL);
    int64_t took = read_ns(clock) - began;
    check(result == 0 && took >= 1990000000 && took < 2010000000, what);
}

static void check_sleep_errors(void)
{
    struct abi_timespec time = {0, 1000000000}, past = {0, 1};

    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, &time, NULL), -EINVAL,
             "clock: to sleep a thousand million nanoseconds gives EINVAL");
    time = (struct abi_timespec){-1, 0};
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, &time, NULL), -EINVAL,
             "clock: so do -1 seconds");
    time = ms(1);
    check_is(CALL(NR_CLOCK_NANOSLEEP, 77, 0, &time, NULL), -EINVAL, "clock: so does clock 77");
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_THREAD_CPUTIME_ID, 0, &time, NULL), -EOPNOTSUPP,
             "clock: one's own time is not to sleep by: EOPNOTSUPP");
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC_RAW, 0, &time, NULL), -EOPNOTSUPP,
             "clock: nor is CLOCK_MONOTONIC_RAW");
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, BAD_ADDRESS, NULL), -EFAULT,
             "clock: a bad address gives EFAULT");
    int64_t began = now_ns();
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, TIMER_ABSTIME, &past, NULL), 0,
             "clock: until a time that is past it does not sleep");
    check(now_ns() - began < 10000000, "clock: at all");
    time = (struct abi_timespec){0, 0};
    check_is(sys_nanosleep(&time, NULL), 0, "clock: nor for no time");
}

/* An hour takes no time where time is virtual: that is what this program's machine is for. */
static void check_hour(void)
{
    struct abi_timespec hour = {3600, 0};
    int64_t began = now_ns();

    check_is(sys_nanosleep(&hour, NULL), 0, "clock: an hour");
    int64_t took = now_ns() - began;
    check(took >= 3600000000000 && took < 3600100000000, "clock: is 3600 seconds");
}

static volatile int *shared;

static int wakes_in_turn(uint64_t which)
{
    struct abi_timespec until = {0, 0};

    sys_clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1 + (int64_t)(which * 7 % 10);
    CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    shared[1 + shared[0]++] = (int)(which * 7 % 10);
    return 0;
}

static void check_order(void)
{
    unsigned good = 0;

    shared = map_shared(PAGE);
    for (unsigned i = 0; i < 10; i++)
        start_fork(wakes_in_turn, i);
    while (sys_wait4(-1, NULL, 0, NULL) > 0)
        ;
    for (int i = 0; i < 10; i++)
        good += shared[1 + i] == i;
    check_is(good, 10, "clock: ten sleepers wake in the order of their times");
    sys_munmap(ADDR(shared), PAGE);
}

void check_clock(void)
{
    check_clocks();
    check_relative(CLOCK_MONOTONIC, "clock: to sleep by CLOCK_MONOTONIC");
    check_relative(CLOCK_REALTIME, "clock: by CLOCK_REALTIME");
    check_relative(CLOCK_BOOTTIME, "clock: by CLOCK_BOOTTIME");
    check_absolute(CLOCK_MONOTONIC, "clock: until a time of CLOCK_MONOTONIC");
    check_absolute(CLOCK_REALTIME, "clock: of CLOCK_REALTIME");
    check_sleep_errors();
    check_hour();
    check_order();
}
