/* clock_gettime, clock_getres, nanosleep, clock_nanosleep. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

static struct process *init;

static void begin(void)
{
    init = calls_begin();
}

/* ---- time ---- */

static nsec_t time_of(unsigned clock_id)
{
    struct abi_timespec time;

    EXPECT_EQ(CALL(init, clock_gettime, clock_id, BUFFER_AT), 0);
    calls_get(BUFFER_AT, &time, sizeof(time));
    return (nsec_t)time.tv_sec * NSEC_PER_SEC + (nsec_t)time.tv_nsec;
}

TEST(sys_clock_gettime_of_every_clock)
{
    static const unsigned clocks[] = {CLOCK_REALTIME,
                                      CLOCK_MONOTONIC,
                                      CLOCK_MONOTONIC_RAW,
                                      CLOCK_REALTIME_COARSE,
                                      CLOCK_MONOTONIC_COARSE,
                                      CLOCK_BOOTTIME,
                                      CLOCK_TAI};

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(clocks); i++) {
        EXPECT_EQ(time_of(clocks[i]), (i + 1) * CLOCK_DET_STEP);
    }
    fixture_end();
}

TEST(sys_clock_gettime_that_fails)
{
    begin();
    EXPECT_EQ(CALL(init, clock_gettime, 10, BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL(init, clock_gettime, (uint64_t)-1, BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL(init, clock_gettime, CLOCK_MONOTONIC, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

static int64_t sleep_for(int64_t seconds, int64_t nanoseconds)
{
    const struct abi_timespec time = {seconds, nanoseconds};

    calls_put(BUFFER_AT, &time, sizeof(time));
    return CALL(init, nanosleep, BUFFER_AT, 0);
}

TEST(sys_nanosleep_until_its_time)
{
    begin();
    nsec_t start = clock_now();
    EXPECT_EQ(sleep_for(2, 500), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.reason, WAIT_TIME);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), start + CLOCK_DET_STEP + 2 * NSEC_PER_SEC + 500);
    EXPECT_EQ(calls_rerun(init), 0);
    fixture_end();
}

/* It does not start over: the deadline is worked out once. */
TEST(sys_nanosleep_woken_for_no_reason_sleeps_on)
{
    begin();
    EXPECT_EQ(sleep_for(2, 0), CALL_BLOCKED);
    nsec_t deadline = init->thread->call.deadline;
    calls_put(BUFFER_AT, &(struct abi_timespec){500, 0}, sizeof(struct abi_timespec));
    for (unsigned i = 0; i < 3; i++) {
        clock_count_call();
        sched_wake(init->thread);
        EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
        EXPECT_EQ(init->thread->call.deadline, deadline);
    }
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), deadline);
    EXPECT_EQ(calls_rerun(init), 0);
    fixture_end();
}

TEST(sys_nanosleep_of_nothing_does_not_wait)
{
    begin();
    EXPECT_EQ(sleep_for(0, 0), 0);
    fixture_end();
}

TEST(sys_nanosleep_for_ever)
{
    static const int64_t seconds[] = {INT64_MAX, 9223372035, 9223372036, 9223372037};

    for (unsigned i = 0; i < ARRAY_LEN(seconds); i++) {
        begin();
        EXPECT_EQ(sleep_for(seconds[i], NSEC_PER_SEC - 1), CALL_BLOCKED);
        nsec_t deadline = init->thread->call.deadline;
        EXPECT(deadline > (nsec_t)9223372035 * NSEC_PER_SEC);
        EXPECT(deadline < PLAT_NEVER);
        EXPECT(clock_jump());
        EXPECT_EQ(calls_rerun(init), 0);
        fixture_end();
    }
}

TEST(sys_nanosleep_at_the_end_of_time)
{
    begin();
    EXPECT_EQ(sleep_for(INT64_MAX, 0), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(calls_rerun(init), 0);
    EXPECT_EQ(clock_now(), CLOCK_LAST);
    EXPECT_EQ(sleep_for(5, 0), 0); /* there is no later */
    fixture_end();
}

TEST(sys_nanosleep_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(sleep_for(-1, 0), -EINVAL);
    EXPECT_EQ(sleep_for(0, -1), -EINVAL);
    EXPECT_EQ(sleep_for(0, NSEC_PER_SEC), -EINVAL);
    EXPECT_EQ(CALL(init, nanosleep, CALLS_NOWHERE, 0), -EFAULT);
    fixture_end();
}

/* ---- clock_nanosleep ---- */

static int64_t sleep_by(int clock, int flags, nsec_t time)
{
    const struct abi_timespec spec = {(int64_t)(time / NSEC_PER_SEC),
                                      (int64_t)(time % NSEC_PER_SEC)};

    calls_put(BUFFER_AT, &spec, sizeof(spec));
    return CALL(init, clock_nanosleep, clock, flags, BUFFER_AT, BUFFER_AT + 64);
}

TEST(sys_clock_nanosleep_for_a_time)
{
    begin();
    nsec_t start = clock_now();
    EXPECT_EQ(sleep_by(CLOCK_REALTIME, 0, NSEC_PER_SEC), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), start + CLOCK_DET_STEP + NSEC_PER_SEC);
    EXPECT_EQ(calls_rerun(init), 0);
    fixture_end();
}

TEST(sys_clock_nanosleep_until_a_time)
{
    begin();
    EXPECT_EQ(sleep_by(CLOCK_MONOTONIC, TIMER_ABSTIME, 5 * NSEC_PER_SEC), CALL_BLOCKED);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), 5 * NSEC_PER_SEC);
    EXPECT_EQ(calls_rerun(init), 0);
    EXPECT_EQ(sleep_by(CLOCK_BOOTTIME, TIMER_ABSTIME, 4 * NSEC_PER_SEC), 0); /* it is past */
    EXPECT_EQ(sleep_by(CLOCK_TAI, TIMER_ABSTIME, UINT64_MAX), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.deadline, CLOCK_LAST);
    fixture_end();
}

/* A signal interrupts a sleep. What is left is told of one that had a length, which goes on if
 * there is no handler; one that had an end is made again. */
TEST(sys_clock_nanosleep_is_interrupted)
{
    struct abi_timespec rest;

    for (int flags = 0; flags <= TIMER_ABSTIME; flags++) {
        begin();
        calls_put(BUFFER_AT + 64, &(struct abi_timespec){77, 7}, sizeof(rest));
        EXPECT_EQ(sleep_by(CLOCK_MONOTONIC, flags, 3 * NSEC_PER_SEC), CALL_BLOCKED);
        nsec_t left = init->thread->call.deadline - clock_now();
        init->thread->call.is_interrupted = true;
        sched_wake(init->thread);
        EXPECT_EQ(calls_rerun(init), CALL_INTERRUPTED);
        EXPECT_EQ(init->thread->call.restart, flags ? RESTART_UNHANDLED : RESTART_GOES_ON);
        calls_get(BUFFER_AT + 64, &rest, sizeof(rest));
        EXPECT_EQ(rest.tv_sec, flags ? 77 : (int64_t)(left / NSEC_PER_SEC));
        EXPECT_EQ(rest.tv_nsec, flags ? 7 : (int64_t)(left % NSEC_PER_SEC));
        fixture_end();
    }
}

TEST(sys_clock_nanosleep_nowhere_to_tell_what_is_left)
{
    begin();
    calls_put(BUFFER_AT, &(struct abi_timespec){1, 0}, sizeof(struct abi_timespec));
    EXPECT_EQ(CALL(init, nanosleep, BUFFER_AT, CALLS_NOWHERE), CALL_BLOCKED);
    init->thread->call.is_interrupted = true;
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), -EFAULT);
    fixture_end();
}

TEST(sys_clock_nanosleep_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(sleep_by(CLOCK_MONOTONIC_RAW, 0, 1), -EOPNOTSUPP);
    EXPECT_EQ(sleep_by(CLOCK_REALTIME_COARSE, 0, 1), -EOPNOTSUPP);
    EXPECT_EQ(sleep_by(10, 0, 1), -EINVAL);
    EXPECT_EQ(sleep_by(-1, 0, 1), -EINVAL);
    EXPECT_EQ(CALL(init, clock_nanosleep, 0, 0, CALLS_NOWHERE, 0), -EFAULT);
    calls_put(BUFFER_AT, &(struct abi_timespec){0, NSEC_PER_SEC}, sizeof(struct abi_timespec));
    EXPECT_EQ(CALL(init, clock_nanosleep, 0, 0, BUFFER_AT, 0), -EINVAL);
    fixture_end();
}

TEST(sys_clock_getres_of_each_clock)
{
    struct abi_timespec resolution;

    begin();
    for (int clock = 0; clock <= 12; clock++) {
        bool is_there = clock != 8 && clock != 9 && clock != 10 && clock != 12;
        bool is_coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
        EXPECT_EQ(CALL(init, clock_getres, clock, BUFFER_AT), is_there ? 0 : -EINVAL);
        calls_get(BUFFER_AT, &resolution, sizeof(resolution));
        EXPECT(!is_there || resolution.tv_nsec == (is_coarse ? 4000000 : 1));
    }
    EXPECT_EQ(CALL(init, clock_getres, CLOCK_REALTIME, 0), 0);
    EXPECT_EQ(CALL(init, clock_getres, CLOCK_REALTIME, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

/* ---- the time that is used ---- */

/* The number of a clock: which of the times 0 to 2, of a process or of a thread. */
static uint64_t used_by(int whose, bool is_thread, unsigned which)
{
    return (~(unsigned)whose << 3) | (is_thread ? 4 : 0) | which;
}

TEST(sys_clock_gettime_of_what_is_used)
{
    begin();
    struct thread *other = calls_thread(init->thread);
    struct process *child = calls_fork(init);
    init->usage.user = 70;
    init->usage.system = 7;
    init->thread->user_time = 50;
    init->thread->system_time = 5;
    other->user_time = 20;
    cpu_this()->charged_until = clock_now() + CLOCK_DET_STEP; /* the call itself */
    EXPECT_EQ(time_of(CLOCK_PROCESS_CPUTIME_ID), 77);
    cpu_this()->charged_until = clock_now() + CLOCK_DET_STEP;
    EXPECT_EQ(time_of(CLOCK_THREAD_CPUTIME_ID), 55);
    cpu_this()->charged_until = clock_now() + CLOCK_DET_STEP;
    EXPECT_EQ(time_of((unsigned)used_by(1, false, 1)), 70);
    cpu_this()->charged_until = clock_now() + CLOCK_DET_STEP;
    EXPECT_EQ(time_of((unsigned)used_by(other->tid, true, 2)), 20);
    EXPECT_EQ(CALL(init, clock_gettime, used_by(child->pid->number, false, 0), BUFFER_AT), 0);
    EXPECT_EQ(CALL(init, clock_gettime, used_by(child->pid->number, true, 0), BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL(init, clock_gettime, used_by(other->tid, false, 2), BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL_IN(other, clock_gettime, used_by(other->tid, false, 2), BUFFER_AT), 0);
    EXPECT_EQ(CALL(init, clock_gettime, used_by(9999, false, 2), BUFFER_AT), -EINVAL);
    EXPECT_EQ(CALL(init, clock_gettime, used_by(0, true, 3), BUFFER_AT), -EINVAL);
    fixture_end();
}

TEST(sys_clock_getres_of_what_is_used)
{
    struct abi_timespec resolution;

    begin();
    EXPECT_EQ(CALL(init, clock_getres, used_by(0, false, 0), BUFFER_AT), 0);
    calls_get(BUFFER_AT, &resolution, sizeof(resolution));
    EXPECT_EQ(resolution.tv_nsec, 4000000);
    EXPECT_EQ(CALL(init, clock_getres, used_by(0, true, 2), BUFFER_AT), 0);
    calls_get(BUFFER_AT, &resolution, sizeof(resolution));
    EXPECT_EQ(resolution.tv_nsec, 1);
    fixture_end();
}

TEST(sys_clock_nanosleep_until_another_has_used_time)
{
    begin();
    struct process *child = calls_fork(init);
    int clock = (int)used_by(child->pid->number, false, 2);
    EXPECT_EQ(sleep_by(clock, 0, 3000), CALL_BLOCKED);
    EXPECT_EQ(init->thread->call.reason, WAIT_CPU_TIME);
    EXPECT(!clock_jump());
    child->usage.user += 2999;
    fixture_expire(child->thread);
    EXPECT_EQ(init->thread->state, THREAD_BLOCKED);
    sched_wake(init->thread); /* for nothing */
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    child->usage.system += 1;
    fixture_expire(child->thread);
    EXPECT_EQ(init->thread->state, THREAD_READY);
    EXPECT_EQ(calls_rerun(init), 0);
    EXPECT_EQ(sleep_by(clock, TIMER_ABSTIME, 3000), 0);
    fixture_end();
}

/* A child that sleeps by the time of another, which has ended since and was waited for. */
static struct process *begin_by_the_time_of_nobody(void)
{
    begin();
    calls_put(BUFFER_AT, &(struct abi_timespec){0, 3000}, sizeof(struct abi_timespec));
    struct process *child = calls_fork(init);
    struct process *other = calls_fork(init);
    int clock = (int)used_by(child->pid->number, false, 2);
    EXPECT_EQ(CALL(other, clock_nanosleep, (uint64_t)clock, 0, BUFFER_AT, 0), CALL_BLOCKED);
    calls_exit(child, 0);
    EXPECT_EQ(CALL(init, wait4, 2, 0, 0, 0), 2);
    return other;
}

TEST(sys_clock_nanosleep_by_the_time_of_one_that_ends)
{
    struct process *other = begin_by_the_time_of_nobody();
    EXPECT_EQ(other->thread->state, THREAD_BLOCKED);
    sched_wake(other->thread);
    EXPECT_EQ(calls_rerun(other), CALL_BLOCKED);
    fixture_end();
}

TEST(sys_clock_nanosleep_by_ones_own_time)
{
    begin();
    EXPECT_EQ(sleep_by(CLOCK_THREAD_CPUTIME_ID, 0, 1), -EOPNOTSUPP);
    EXPECT_EQ(sleep_by((int)used_by(0, true, 2), 0, 1), -EINVAL);
    EXPECT_EQ(sleep_by((int)used_by(1, true, 2), 0, 1), -EINVAL);
    EXPECT_EQ(sleep_by((int)used_by(1, false, 3), 0, 1), -EOPNOTSUPP);
    EXPECT_EQ(sleep_by(CLOCK_BOOTTIME_ALARM, 0, 1), -EOPNOTSUPP);
    EXPECT_EQ(sleep_by(CLOCK_PROCESS_CPUTIME_ID, 0, 100 * (int64_t)CLOCK_DET_STEP), CALL_BLOCKED);
    fixture_end();
}

/* One that a signal interrupts tells how much more the other has to use. */
TEST(sys_clock_nanosleep_until_another_has_used_time_is_interrupted)
{
    struct abi_timespec rest;

    begin();
    struct process *child = calls_fork(init);
    EXPECT_EQ(sleep_by((int)used_by(child->pid->number, false, 2), 0, 3000), CALL_BLOCKED);
    child->usage.user += 1000;
    init->thread->call.is_interrupted = true;
    sched_wake(init->thread);
    EXPECT_EQ(calls_rerun(init), CALL_INTERRUPTED);
    EXPECT_EQ(init->thread->call.restart, RESTART_GOES_ON);
    calls_get(BUFFER_AT + 64, &rest, sizeof(rest));
    EXPECT_EQ(rest.tv_nsec, 2000);
    EXPECT(!timer_is_armed(&init->thread->timer));
    fixture_end();
}

TEST(sys_clock_nanosleep_by_the_time_of_one_that_has_ended_is_interrupted)
{
    struct process *other = begin_by_the_time_of_nobody();
    other->thread->call.is_interrupted = true;
    sched_wake(other->thread);
    EXPECT_EQ(calls_rerun(other), CALL_INTERRUPTED);
    EXPECT_EQ(other->thread->call.restart, RESTART_GOES_ON);
    fixture_end();
}

/* What the kernel does for a process may pass the time of a timer: it comes at once. */
TEST(sys_setitimer_of_time_that_has_passed_unseen)
{
    begin();
    const struct abi_itimerval times = {{0, 0}, {0, 50}};
    calls_put(BUFFER_AT, &times, sizeof(times));
    EXPECT_EQ(CALL(init, setitimer, ITIMER_PROF, BUFFER_AT, 0), 0);
    nsec_t due = init->itimers[ITIMER_PROF].due;
    init->usage.system = due - 7;
    EXPECT_EQ(cpu_clock_next(init->thread), clock_now() + 7);
    init->usage.system = due + 7;
    EXPECT_EQ(cpu_clock_next(init->thread), clock_now());
    fixture_end();
}

/* One that would come again at once leaves its program some time before. */
TEST(sys_setitimer_of_a_microsecond)
{
    begin();
    const struct abi_itimerval times = {{0, 1}, {0, 1}};
    calls_put(BUFFER_AT, &times, sizeof(times));
    EXPECT_EQ(CALL(init, setitimer, ITIMER_PROF, BUFFER_AT, 0), 0);
    init->usage.system += 5000;
    EXPECT(fixture_expire(init->thread));
    init->usage.user += 5000;
    EXPECT(!fixture_expire(init->thread));
    EXPECT_EQ(cpu_clock_next(init->thread), clock_now() + 95000);
    init->usage.user += 95000;
    EXPECT(fixture_expire(init->thread));
    EXPECT_EQ(cpu_clock_next(init->thread), clock_now() + 100000);
    fixture_end();
}
