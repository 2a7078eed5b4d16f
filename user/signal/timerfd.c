/* timerfd_create(2). */
#include "signals.h"

static long set(int fd, int flags, int64_t value_ms, int64_t interval_ms)
{
    struct abi_itimerspec time = {ms(interval_ms), ms(value_ms)};

    return CALL(NR_TIMERFD_SETTIME, fd, flags, &time, NULL);
}

static long read_count(int fd)
{
    uint64_t count = 0;
    long got = sys_read(fd, &count, sizeof(count));

    return got == 8 ? (long)count : got < 0 ? got : -1000 - got;
}

static void check_reads(void)
{
    int fd = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, TFD_NONBLOCK);
    int waits = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, 0);

    check(fd >= 0 && waits >= 0, "timerfd: one can be made");
    check_is(read_count(fd), -EAGAIN, "timerfd: one that is not set: EAGAIN");
    check_is(set(fd, 0, 50, 0), 0, "timerfd: it can be set");
    check_is(read_count(fd), -EAGAIN, "timerfd: before its time: EAGAIN");
    sleep_ms(60);
    check_is(read_count(fd), 1, "timerfd: after it 1");
    check_is(read_count(fd), -EAGAIN, "timerfd: once");
    set(fd, 0, 10, 10);
    sleep_ms(95);
    check_is(read_count(fd), 9, "timerfd: with an interval how often it was");
    set(fd, 0, 0, 0);
    check_is(read_count(fd), -EAGAIN, "timerfd: 0 stops it");
    int64_t began = now_ns();
    set(waits, 0, 70, 0);
    check_is(read_count(waits), 1, "timerfd: a read waits");
    int64_t took = now_ns() - began;
    check(took >= 70000000 && took < 80000000, "timerfd: until its time");
    struct abi_itimerspec at = {{0, 0}, {0, 0}};
    sys_clock_gettime(CLOCK_MONOTONIC, &at.it_value);
    at.it_value.tv_sec += 1;
    began = now_ns();
    CALL(NR_TIMERFD_SETTIME, waits, TFD_TIMER_ABSTIME, &at, NULL);
    check_is(read_count(waits), 1, "timerfd: with TFD_TIMER_ABSTIME");
    took = now_ns() - began;
    check(took >= 990000000 && took < 1010000000, "timerfd: until that time");
    set(fd, 0, 1, 0);
    sleep_ms(5);
    set(fd, 0, 1000, 0);
    check_is(read_count(fd), -EAGAIN, "timerfd: setting it anew forgets what was");
    sys_close(fd);
    sys_close(waits);
}

static int reads_in_child(uint64_t fd)
{
    return (int)read_count((int)fd);
}

static void check_get_and_share(void)
{
    struct abi_itimerspec left = {0}, old = {0}, next = {{0, 0}, {5, 0}};
    int fd = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, TFD_CLOEXEC);

    check_is(sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "timerfd: TFD_CLOEXEC");
    set(fd, 0, 10000, 3000);
    check_is(CALL(NR_TIMERFD_GETTIME, fd, &left), 0, "timerfd: timerfd_gettime");
    check(left.it_value.tv_sec == 9 && left.it_interval.tv_sec == 3, "timerfd: tells what is left");
    check_is(CALL(NR_TIMERFD_SETTIME, fd, 0, &next, &old), 0, "timerfd: timerfd_settime");
    check(old.it_value.tv_sec == 9 && old.it_interval.tv_sec == 3, "timerfd: tells what was");
    set(fd, 0, 20, 0);
    check_is(run_fork(reads_in_child, (uint64_t)fd), exited(1), "timerfd: a child shares it");
    set(fd, 0, 20, 0);
    int copy = (int)sys_dup(fd);
    sys_close(fd);
    check_is(read_count(copy), 1, "timerfd: it lives as long as a descriptor names it");
    sys_close(copy);
}

static void check_timerfd_errors(void)
{
    struct abi_itimerspec time = {{0, 0}, {0, 1000000000}};
    char bytes[8];
    int fd = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, 0);

    check_is(CALL(NR_TIMERFD_CREATE, 77, 0), -EINVAL, "timerfd: an unknown clock gives EINVAL");
    check_is(CALL(NR_TIMERFD_CREATE, CLOCK_PROCESS_CPUTIME_ID, 0), -EINVAL,
             "timerfd: so does a process's time");
    check_is(CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, 1), -EINVAL, "timerfd: so does flag 1");
    check_is(CALL(NR_TIMERFD_SETTIME, fd, 0, &time, NULL), -EINVAL,
             "timerfd: so do a thousand million nanoseconds");
    time.it_value.tv_nsec = 1;
    check_is(CALL(NR_TIMERFD_SETTIME, fd, 8, &time, NULL), -EINVAL, "timerfd: an unknown flag too");
    check_is(CALL(NR_TIMERFD_SETTIME, 0, 0, &time, NULL), -EINVAL,
             "timerfd: a descriptor of something else gives EINVAL");
    check_is(CALL(NR_TIMERFD_SETTIME, 99, 0, &time, NULL), -EBADF, "timerfd: none gives EBADF");
    check_is(CALL(NR_TIMERFD_GETTIME, 99, &time), -EBADF, "timerfd: for timerfd_gettime too");
    check_is(CALL(NR_TIMERFD_SETTIME, fd, 0, BAD_ADDRESS, NULL), -EFAULT,
             "timerfd: a bad address gives EFAULT");
    check_is(sys_read(fd, bytes, 4), -EINVAL, "timerfd: a read of 4 bytes gives EINVAL");
    check_is(sys_write(fd, bytes, 8), -EINVAL, "timerfd: a write gives EINVAL");
    check_is(sys_lseek(fd, 0, SEEK_SET), 0, "timerfd: lseek does nothing");
    sys_close(fd);
}

void check_timerfd(void)
{
    check_reads();
    check_get_and_share();
    check_timerfd_errors();
}
