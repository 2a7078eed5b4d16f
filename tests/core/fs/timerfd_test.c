#include "fs/timerfd.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/signal.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define TIMES_AT (CALLS_DATA + PAGE_SIZE)
#define OLD_AT (TIMES_AT + 64)
#define COUNT_AT (TIMES_AT + 128)
#define VECTORS_AT (TIMES_AT + 256)
#define STEP ((int64_t)CLOCK_DET_STEP)

static struct process *init;
static uint64_t fd;

static void begin(uint32_t flags)
{
    init = calls_begin();
    fd = (uint64_t)CALL(init, timerfd_create, CLOCK_MONOTONIC, flags);
    EXPECT_EQ(fd, 3);
}

static int64_t set(uint32_t flags, int64_t value_ns, int64_t interval_ns)
{
    const struct abi_itimerspec times = {{0, interval_ns}, {0, value_ns}};

    calls_put(TIMES_AT, &times, sizeof(times));
    return CALL(init, timerfd_settime, fd, flags, TIMES_AT, OLD_AT);
}

static struct abi_itimerspec get(void)
{
    struct abi_itimerspec times;

    EXPECT_EQ(CALL(init, timerfd_gettime, fd, TIMES_AT), 0);
    calls_get(TIMES_AT, &times, sizeof(times));
    return times;
}

static int64_t read_count(void)
{
    return CALL(init, read, fd, COUNT_AT, 8);
}

static uint64_t count(void)
{
    uint64_t count;

    calls_get(COUNT_AT, &count, sizeof(count));
    return count;
}

/* Time passes up to this moment. */
static void pass_to(nsec_t time)
{
    while (clock_now() < time) {
        clock_count_call();
    }
    (void)clock_expire();
}

TEST(timerfd_read_waits)
{
    begin(0);
    EXPECT_EQ(set(0, 5 * STEP, 0), 0);
    EXPECT_EQ(read_count(), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.reason, WAIT_TIMERFD);
    sched_wake(init->thread); /* for nothing */
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), 8);
    EXPECT_EQ(count(), 1);
    EXPECT_EQ(read_count(), CALL_BLOCKED);
    EXPECT(!clock_jump());
    fixture_end();
}

TEST(timerfd_read_of_one_that_does_not_wait)
{
    begin(TFD_NONBLOCK | TFD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, fd, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, fd, F_GETFL), O_RDWR | O_NONBLOCK);
    EXPECT_EQ(read_count(), -EAGAIN);
    EXPECT_EQ(set(TFD_TIMER_ABSTIME, 1, 0), 0); /* long past */
    EXPECT_EQ(read_count(), 8);
    EXPECT_EQ(read_count(), -EAGAIN);
    fixture_end();
}

TEST(timerfd_counts_what_has_passed)
{
    begin(TFD_NONBLOCK);
    EXPECT_EQ(set(0, 10 * STEP, 10 * STEP), 0);
    nsec_t began = clock_now();
    EXPECT(clock_jump());
    EXPECT(!clock_jump());
    pass_to(began + 94 * CLOCK_DET_STEP);
    EXPECT_EQ(read_count(), 8);
    EXPECT_EQ(count(), 9);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), began + 100 * CLOCK_DET_STEP);
    pass_to(began + 114 * CLOCK_DET_STEP);
    EXPECT_EQ(get().it_value.tv_nsec, 5 * STEP); /* it goes on by that, and forgets nothing */
    EXPECT(clock_jump());
    EXPECT_EQ(read_count(), 8);
    EXPECT_EQ(count(), 3);
    fixture_end();
}

TEST(timerfd_set_forgets)
{
    struct abi_itimerspec old;

    begin(TFD_NONBLOCK);
    EXPECT_EQ(set(0, 10 * STEP, 20 * STEP), 0);
    pass_to(clock_now() + 15 * CLOCK_DET_STEP);
    EXPECT_EQ(set(0, 0, 7), 0);
    calls_get(OLD_AT, &old, sizeof(old));
    EXPECT_EQ(old.it_value.tv_nsec, 14 * STEP);
    EXPECT_EQ(old.it_interval.tv_nsec, 20 * STEP);
    EXPECT_EQ(read_count(), -EAGAIN);
    EXPECT_EQ(get().it_value.tv_nsec, 0);
    EXPECT(!clock_jump());
    fixture_end();
}

TEST(timerfd_at_the_end_of_time)
{
    const struct abi_itimerspec times = {{INT64_MAX, 0}, {INT64_MAX, 0}};

    begin(0);
    calls_put(TIMES_AT, &times, sizeof(times));
    EXPECT_EQ(CALL(init, timerfd_settime, fd, 0, TIMES_AT, 0), 0);
    EXPECT(clock_jump());
    EXPECT_EQ(read_count(), 8);
    EXPECT(!clock_jump());
    fixture_end();
}

TEST(timerfd_read_of_vectors)
{
    const struct abi_iovec two[2] = {{COUNT_AT, 8}, {COUNT_AT + 8, 8}};
    const struct abi_iovec large[2] = {{COUNT_AT, 9}, {COUNT_AT + 16, 8}};
    const struct abi_iovec small[2] = {{COUNT_AT, 4}, {COUNT_AT + 4, 4}};

    begin(TFD_NONBLOCK);
    EXPECT_EQ(set(TFD_TIMER_ABSTIME, 1, 0), 0);
    calls_put(VECTORS_AT, small, sizeof(small));
    EXPECT_EQ(CALL(init, readv, fd, VECTORS_AT, 2), -EINVAL);
    calls_put(VECTORS_AT, two, sizeof(two));
    EXPECT_EQ(CALL(init, readv, fd, VECTORS_AT, 2), 8);
    EXPECT_EQ(set(TFD_TIMER_ABSTIME, 1, 0), 0);
    calls_put(VECTORS_AT, large, sizeof(large));
    EXPECT_EQ(CALL(init, readv, fd, VECTORS_AT, 2), 8);
    fixture_end();
}

TEST(timerfd_read_that_a_handler_ends_in_part)
{
    const struct abi_iovec two[2] = {{COUNT_AT, 8}, {COUNT_AT + 8, 8}};

    begin(0);
    EXPECT_EQ(set(0, 5 * STEP, 0), 0);
    calls_put(VECTORS_AT, two, sizeof(two));
    EXPECT_EQ(CALL(init, readv, fd, VECTORS_AT, 2), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    init->thread->call.is_interrupted = true;
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), 8);
    fixture_end();
}

TEST(timerfd_calls_that_fail)
{
    begin(TFD_NONBLOCK);
    EXPECT_EQ(CALL(init, timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0), -EINVAL);
    EXPECT_EQ(CALL(init, timerfd_create, CLOCK_MONOTONIC, 1), -EINVAL);
    EXPECT_EQ(CALL(init, timerfd_create, CLOCK_BOOTTIME_ALARM, 0), 4);
    EXPECT_EQ(set(4, 1, 0), -EINVAL);
    EXPECT_EQ(set(0, -1, 0), -EINVAL);
    EXPECT_EQ(set(0, 1, NSEC_PER_SEC), -EINVAL);
    EXPECT_EQ(CALL(init, timerfd_settime, fd, 0, CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(set(0, STEP, 0), 0);
    EXPECT_EQ(CALL(init, timerfd_settime, fd, 0, TIMES_AT, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, timerfd_settime, 99, 0, TIMES_AT, 0), -EBADF);
    EXPECT_EQ(CALL(init, timerfd_settime, 1, 0, TIMES_AT, 0), -EINVAL);
    EXPECT_EQ(CALL(init, timerfd_gettime, 1, TIMES_AT), -EINVAL);
    EXPECT_EQ(CALL(init, timerfd_gettime, 99, TIMES_AT), -EBADF);
    EXPECT_EQ(CALL(init, timerfd_gettime, fd, CALLS_NOWHERE), -EFAULT);
    pass_to(clock_now() + 5 * CLOCK_DET_STEP);
    EXPECT_EQ(CALL(init, read, fd, COUNT_AT, 7), -EINVAL);
    EXPECT_EQ(CALL(init, read, fd, CALLS_NOWHERE, 8), -EFAULT);
    EXPECT_EQ(read_count(), 8); /* it is still there */
    EXPECT_EQ(CALL(init, write, fd, COUNT_AT, 8), -EINVAL);
    EXPECT_EQ(CALL(init, lseek, fd, 7, SEEK_SET), 0);
    fixture_end();
}

TEST(timerfd_without_memory)
{
    init = calls_begin();
    for (unsigned nth = 1; nth <= 2; nth++) {
        inject_arm(nth, false);
        EXPECT_EQ(CALL(init, timerfd_create, CLOCK_MONOTONIC, 0), -ENOMEM);
        inject_arm(0, false);
    }
    init->limits[RLIMIT_NOFILE].rlim_cur = 3;
    EXPECT_EQ(CALL(init, timerfd_create, CLOCK_MONOTONIC, 0), -EMFILE);
    fixture_end();
}

TEST(timerfd_is_shared_and_closed_while_armed)
{
    begin(0);
    EXPECT_EQ(set(0, 5 * STEP, 5), 0);
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(init, close, fd), 0);
    EXPECT_EQ(CALL(child, read, fd, COUNT_AT, 8), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(calls_rerun(child), 8);
    calls_exit(child, 0);
    EXPECT(!clock_jump());
    fixture_end();
}
