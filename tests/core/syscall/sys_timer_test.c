/* setitimer, getitimer, timer_create and what belongs to it. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/inject.h"
#include "proc/clock.h"
#include "proc/cpu_limit.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define TIMES_AT (CALLS_DATA + PAGE_SIZE)
#define OLD_AT (TIMES_AT + 64)
#define EVENT_AT (TIMES_AT + 128)
#define ID_AT (TIMES_AT + 256)
#define INFO_AT (TIMES_AT + 512)
#define STEP ((int64_t)CLOCK_DET_STEP)

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    init->thread->signal_mask = UINT64_MAX;
}

static int64_t set_itimer(int which, int64_t value_us, int64_t interval_us)
{
    const struct abi_itimerval times = {{0, interval_us}, {value_us / 1000000, value_us % 1000000}};

    calls_put(TIMES_AT, &times, sizeof(times));
    return CALL(init, setitimer, (uint64_t)which, TIMES_AT, OLD_AT);
}

static struct abi_itimerval get_itimer(int which)
{
    struct abi_itimerval times;

    EXPECT_EQ(CALL(init, getitimer, (uint64_t)which, TIMES_AT), 0);
    calls_get(TIMES_AT, &times, sizeof(times));
    return times;
}

static bool is_pending(int signal)
{
    return signal_pending(init->thread) & signal_bit(signal);
}

/* Takes a signal that is there. */
static struct abi_siginfo take(int signal)
{
    const signal_set_t set = signal_bit(signal);
    const struct abi_timespec none = {0, 0};
    struct abi_siginfo info;

    calls_put(TIMES_AT, &set, sizeof(set));
    calls_put(TIMES_AT + 8, &none, sizeof(none));
    EXPECT_EQ(CALL(init, rt_sigtimedwait, TIMES_AT, INFO_AT, TIMES_AT + 8, SIGNAL_SET_SIZE),
              signal);
    calls_get(INFO_AT, &info, sizeof(info));
    return info;
}

/* Time passes up to this moment. */
static void pass_to(nsec_t time)
{
    while (clock_now() < time) {
        clock_count_call();
    }
    (void)clock_expire();
}

/* ---- setitimer ---- */

TEST(sys_setitimer_sends_sigalrm_once)
{
    begin();
    EXPECT_EQ(set_itimer(ITIMER_REAL, 50, 0), 0);
    EXPECT_EQ(get_itimer(ITIMER_REAL).it_value.tv_usec, 49);
    pass_to(50 * CLOCK_DET_STEP);
    EXPECT(!is_pending(SIGALRM));
    EXPECT(clock_jump());
    EXPECT(is_pending(SIGALRM));
    EXPECT_EQ(take(SIGALRM).si_code, SI_KERNEL);
    EXPECT(!clock_jump());
    EXPECT_EQ(get_itimer(ITIMER_REAL).it_value.tv_usec, 0);
    fixture_end();
}

TEST(sys_setitimer_goes_on_when_its_signal_is_taken)
{
    begin();
    EXPECT_EQ(set_itimer(ITIMER_REAL, 10, 30), 0);
    EXPECT(clock_jump());
    EXPECT(!clock_jump());
    pass_to(100 * CLOCK_DET_STEP);
    (void)take(SIGALRM);
    EXPECT_EQ(get_itimer(ITIMER_REAL).it_interval.tv_usec, 30);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), (1 + 10 + 4 * 30) * CLOCK_DET_STEP); /* the first multiple behind */
    EXPECT(is_pending(SIGALRM));
    fixture_end();
}

/* One that is set while the signal of the former is pending comes when it is to. */
TEST(sys_setitimer_anew_while_its_signal_is_pending)
{
    begin();
    EXPECT_EQ(set_itimer(ITIMER_REAL, 10, 30), 0);
    EXPECT(clock_jump());
    EXPECT_EQ(set_itimer(ITIMER_REAL, 1000, 5), 0);
    nsec_t due = clock_now() + 1000 * CLOCK_DET_STEP;
    (void)take(SIGALRM);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), due);
    fixture_end();
}

/* A SIGALRM that somebody sends to the thread is none of the timer's. */
TEST(sys_setitimer_goes_on_for_its_own_signal_only)
{
    begin();
    EXPECT_EQ(set_itimer(ITIMER_REAL, 10, 30), 0);
    EXPECT(clock_jump());
    EXPECT_EQ(CALL(init, tkill, 1, SIGALRM), 0);
    EXPECT_EQ(take(SIGALRM).si_code, SI_TKILL);
    EXPECT(!clock_jump());
    EXPECT_EQ(take(SIGALRM).si_code, SI_KERNEL);
    EXPECT(clock_jump());
    fixture_end();
}

TEST(sys_setitimer_of_used_time_at_its_end)
{
    begin();
    EXPECT_EQ(set_itimer(ITIMER_VIRTUAL, 100, 20), 0);
    init->usage.user = CLOCK_LAST;
    fixture_expire(init->thread);
    EXPECT_EQ(get_itimer(ITIMER_VIRTUAL).it_value.tv_usec, 0);
    EXPECT_EQ(take(SIGVTALRM).si_code, SI_KERNEL);
    fixture_end();
}

TEST(sys_setitimer_tells_what_was)
{
    struct abi_itimerval old;

    begin();
    EXPECT_EQ(set_itimer(ITIMER_REAL, 5000000, 7), 0);
    EXPECT_EQ(CALL(init, setitimer, ITIMER_REAL, 0, OLD_AT), 0);
    calls_get(OLD_AT, &old, sizeof(old));
    EXPECT_EQ(old.it_value.tv_sec, 4);
    EXPECT_EQ(old.it_value.tv_usec, 999999);
    EXPECT_EQ(old.it_interval.tv_usec, 7);
    EXPECT_EQ(get_itimer(ITIMER_REAL).it_interval.tv_usec, 0);
    EXPECT(!clock_jump());
    fixture_end();
}

TEST(sys_setitimer_of_the_time_that_is_used)
{
    begin();
    init->usage.user = 10 * CLOCK_DET_STEP;
    EXPECT_EQ(set_itimer(ITIMER_VIRTUAL, 100, 20), 0);
    EXPECT_EQ(set_itimer(ITIMER_PROF, 100, 0), 0);
    EXPECT(!clock_jump());
    init->usage.user += 100 * CLOCK_DET_STEP - 1;
    fixture_expire(init->thread);
    EXPECT(!is_pending(SIGVTALRM));
    EXPECT_EQ(get_itimer(ITIMER_VIRTUAL).it_value.tv_usec, 1);
    init->usage.user += 1 + 50 * CLOCK_DET_STEP;
    fixture_expire(init->thread);
    EXPECT(is_pending(SIGVTALRM));
    EXPECT(is_pending(SIGPROF));
    EXPECT_EQ(get_itimer(ITIMER_VIRTUAL).it_value.tv_usec, 10);
    EXPECT_EQ(get_itimer(ITIMER_PROF).it_value.tv_usec, 0);
    fixture_end();
}

TEST(sys_setitimer_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(set_itimer(3, 1, 1), -EINVAL);
    EXPECT_EQ(set_itimer(-1, 1, 1), -EINVAL);
    EXPECT_EQ(set_itimer(ITIMER_REAL, -1, 0), -EINVAL);
    EXPECT_EQ(set_itimer(ITIMER_REAL, -1000000, 0), -EINVAL);
    EXPECT_EQ(set_itimer(ITIMER_REAL, 1, 1000000), -EINVAL);
    EXPECT_EQ(CALL(init, setitimer, ITIMER_REAL, CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(CALL(init, getitimer, 3, TIMES_AT), -EINVAL);
    EXPECT_EQ(CALL(init, getitimer, ITIMER_REAL, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(set_itimer(ITIMER_REAL, 1, 0), 0);
    EXPECT_EQ(CALL(init, setitimer, ITIMER_REAL, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT(clock_jump()); /* it is as it was */
    fixture_end();
}

TEST(sys_setitimer_at_the_end_of_time)
{
    const struct abi_itimerval times = {{INT64_MAX, 0}, {INT64_MAX, 999999}};

    begin();
    calls_put(TIMES_AT, &times, sizeof(times));
    EXPECT_EQ(CALL(init, setitimer, ITIMER_REAL, TIMES_AT, 0), 0);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), CLOCK_LAST);
    (void)take(SIGALRM);
    EXPECT(!clock_jump()); /* there is no later */
    fixture_end();
}

TEST(sys_setitimer_over_fork_and_exec)
{
    begin();
    EXPECT_EQ(set_itimer(ITIMER_REAL, 1000, 0), 0);
    struct process *child = calls_fork(init);
    EXPECT_EQ(itimer_left(child, ITIMER_REAL), 0);
    calls_exit(child, 0);
    fixture_run(init);
    uaddr_t path = calls_put_text(TIMES_AT, "/bin/prog");
    EXPECT_EQ(CALL(init, execve, path, 0, 0), 0);
    EXPECT(itimer_left(init, ITIMER_REAL) > 0);
    fixture_end();
}

/* Whom the first signal that waits for init is charged to. */
static uint64_t charged_user(void)
{
    const struct list *queue = &init->signals.pending.queue;

    EXPECT(!list_is_empty(queue));
    return CONTAINER_OF(queue->next, struct pending_info, link)->user->node.key;
}

TEST(sys_setitimer_of_used_time_is_charged_to_whose_it_is)
{
    enum { USER = 7, USED = 100000000 };
    begin();
    struct thread *other = calls_thread(init->thread);
    init->thread->signal_mask = other->signal_mask = UINT64_MAX;
    EXPECT_EQ(CALL_IN(other, setresuid, USER, (uint64_t)-1, (uint64_t)-1), 0);
    for (int which = ITIMER_VIRTUAL; which <= ITIMER_PROF; which++) {
        EXPECT_EQ(set_itimer(which, 1000, 0), 0);
        init->usage.user += USED;
        EXPECT(fixture_expire(other));
        EXPECT_EQ(charged_user(), USER);
        pending_drop(&init->signals.pending, UINT64_MAX);
    }
    init->limits[RLIMIT_CPU].rlim_cur = 0;
    cpu_limit_set(init);
    init->usage.user += USED;
    EXPECT(fixture_expire(other));
    EXPECT_EQ(charged_user(), USER);
    fixture_end();
}

/* ---- timer_create ---- */

static int64_t create(int clock, int notify, int signal)
{
    const struct abi_sigevent event = {.sigev_value = 0x123456789a,
                                       .sigev_signo = signal,
                                       .sigev_notify = notify,
                                       .sigev_tid = init->thread->tid};

    calls_put(EVENT_AT, &event, sizeof(event));
    int64_t error = CALL(init, timer_create, (uint64_t)clock, EVENT_AT, ID_AT);
    return error ? error : calls_get_int(ID_AT);
}

static int64_t set(int id, unsigned flags, int64_t value_ns, int64_t interval_ns)
{
    const struct abi_itimerspec times = {{0, interval_ns}, {0, value_ns}};

    calls_put(TIMES_AT, &times, sizeof(times));
    return CALL(init, timer_settime, (uint64_t)id, flags, TIMES_AT, OLD_AT);
}

static struct abi_itimerspec get(int id)
{
    struct abi_itimerspec times;

    EXPECT_EQ(CALL(init, timer_gettime, (uint64_t)id, TIMES_AT), 0);
    calls_get(TIMES_AT, &times, sizeof(times));
    return times;
}

TEST(sys_timer_create_numbers)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_NONE, 0), 0);
    EXPECT_EQ(create(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1), 1);
    EXPECT_EQ(CALL(init, timer_delete, 0), 0);
    EXPECT_EQ(CALL(init, timer_delete, 0), -EINVAL);
    EXPECT_EQ(create(CLOCK_BOOTTIME, SIGEV_THREAD, 64), 2);
    init->next_timer = INT32_MAX;
    EXPECT_EQ(create(CLOCK_TAI, SIGEV_NONE, 0), INT32_MAX);
    EXPECT_EQ(create(CLOCK_TAI, SIGEV_NONE, 0), 0);
    EXPECT_EQ(posix_timer_count(), 4);
    fixture_end();
}

TEST(sys_timer_create_arguments_that_make_no_sense)
{
    begin();
    EXPECT_EQ(create(10, SIGEV_NONE, 0), -EINVAL);
    EXPECT_EQ(create(CLOCK_MONOTONIC_COARSE, SIGEV_NONE, 0), -EOPNOTSUPP);
    EXPECT_EQ(create(CLOCK_REALTIME_ALARM, SIGEV_NONE, 0), -EOPNOTSUPP);
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0), -EINVAL);
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_THREAD_ID, 65), -EINVAL);
    EXPECT_EQ(create(CLOCK_MONOTONIC, 3, 1), -EINVAL);
    EXPECT_EQ(CALL(init, timer_create, CLOCK_MONOTONIC, CALLS_NOWHERE, ID_AT), -EFAULT);
    EXPECT_EQ(CALL(init, timer_create, CLOCK_MONOTONIC, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(posix_timer_count(), 0);
    EXPECT_EQ(CALL(init, timer_settime, 0, 0, TIMES_AT, 0), -EINVAL);
    EXPECT_EQ(CALL(init, timer_gettime, 0, TIMES_AT), -EINVAL);
    EXPECT_EQ(CALL(init, timer_getoverrun, 0), -EINVAL);
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_NONE, 0), 0);
    EXPECT_EQ(CALL(init, timer_settime, 0, 0, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, timer_settime, 0, 0, CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(set(0, 0, NSEC_PER_SEC, 0), -EINVAL);
    EXPECT_EQ(set(0, 0, 1, -1), -EINVAL);
    EXPECT_EQ(CALL(init, timer_gettime, 0, CALLS_NOWHERE), -EFAULT);
    const struct abi_itimerspec soon = {{0, 0}, {0, 1}};
    calls_put(TIMES_AT, &soon, sizeof(soon));
    EXPECT_EQ(CALL(init, timer_settime, 0, 0, TIMES_AT, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(get(0).it_value.tv_nsec, 0); /* nor has it been set */
    fixture_end();
}

TEST(sys_timer_create_of_another_thread_only_in_the_process)
{
    begin();
    struct process *child = calls_fork(init);
    struct abi_sigevent event = {
        .sigev_signo = SIGUSR1, .sigev_notify = SIGEV_THREAD_ID, .sigev_tid = child->pid->number};
    calls_put(EVENT_AT, &event, sizeof(event));
    EXPECT_EQ(CALL(init, timer_create, CLOCK_MONOTONIC, EVENT_AT, ID_AT), -EINVAL);
    event.sigev_tid = 9999;
    calls_put(EVENT_AT, &event, sizeof(event));
    EXPECT_EQ(CALL(init, timer_create, CLOCK_MONOTONIC, EVENT_AT, ID_AT), -EINVAL);
    fixture_end();
}

TEST(sys_timer_create_without_memory_or_place)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, timer_delete, 0), 0);
    for (unsigned nth = 1; nth <= 3; nth++) {
        inject_arm(nth, true);
        EXPECT_EQ(CALL(init, timer_create, CLOCK_MONOTONIC, EVENT_AT, ID_AT), -EAGAIN);
        inject_arm(0, false);
    }
    init->limits[RLIMIT_SIGPENDING].rlim_cur = 0;
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), -EAGAIN);
    EXPECT_EQ(posix_timer_count(), 0);
    EXPECT_EQ(pending_count(), 0);
    fixture_end();
}

TEST(sys_timer_settime_sends_its_signal)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(set(0, 0, 500, 0), 0);
    EXPECT_EQ(get(0).it_value.tv_nsec, 1); /* it is about to come */
    EXPECT(clock_jump());
    EXPECT_EQ(get(0).it_value.tv_nsec, 0);
    const struct abi_siginfo info = take(SIGUSR1);
    EXPECT_EQ(info.si_code, SI_TIMER);
    EXPECT_EQ(info.si_timerid, 0);
    EXPECT_EQ(info.si_overrun, 0);
    EXPECT_EQ(info.si_value, 0x123456789a);
    EXPECT(!clock_jump());
    fixture_end();
}

TEST(sys_timer_settime_counts_what_was_not_taken)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(set(0, 0, 10 * STEP, 10 * STEP), 0);
    nsec_t began = clock_now();
    EXPECT(clock_jump());
    EXPECT(!clock_jump());
    pass_to(began + 94 * CLOCK_DET_STEP);
    EXPECT_EQ(get(0).it_value.tv_nsec, 5 * STEP); /* when it would come */
    EXPECT_EQ(take(SIGUSR1).si_overrun, 8);
    EXPECT_EQ(CALL(init, timer_getoverrun, 0), 8);
    EXPECT(clock_jump());
    EXPECT_EQ(take(SIGUSR1).si_overrun, 0);
    EXPECT_EQ(CALL(init, timer_getoverrun, 0), 0);
    fixture_end();
}

TEST(sys_timer_settime_anew_while_its_signal_is_pending)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(set(0, 0, 1, 1), 0);
    EXPECT(clock_jump());
    EXPECT_EQ(set(0, 0, 0, 5), 0);
    EXPECT_EQ(get(0).it_interval.tv_nsec, 0);
    EXPECT_EQ(take(SIGUSR1).si_overrun, 0); /* it does not go on */
    EXPECT(!clock_jump());
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_EQ(set(0, TIMER_ABSTIME, 1, 0), 0); /* long past */
    }
    EXPECT_EQ(take(SIGUSR1).si_overrun, 2);
    EXPECT(!is_pending(SIGUSR1));
    fixture_end();
}

TEST(sys_timer_settime_that_nobody_hears)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    init->thread->signal_mask = 0;
    EXPECT_EQ(set(0, 0, 100, 3), 0); /* init has no handler: it is ignored */
    for (unsigned i = 0; i < 5; i++) {
        nsec_t before = clock_now();
        EXPECT(clock_jump());
        EXPECT(i == 0 || clock_now() >= before + 4000000); /* no more often than a tick */
    }
    init->thread->signal_mask = UINT64_MAX;
    EXPECT(clock_jump());
    EXPECT(take(SIGUSR1).si_overrun > 1000);
    fixture_end();
}

TEST(sys_timer_settime_that_nobody_hears_once)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    init->thread->signal_mask = 0;
    EXPECT_EQ(set(0, 0, 100, 0), 0);
    EXPECT(clock_jump());
    EXPECT(!clock_jump());
    EXPECT_EQ(get(0).it_value.tv_nsec, 0);
    fixture_end();
}

/* At its own times, when these are no more frequent than ticks. */
TEST(sys_timer_settime_that_nobody_hears_now_and_then)
{
    enum { INTERVAL = 5000000 };

    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    init->thread->signal_mask = 0;
    EXPECT_EQ(set(0, TIMER_ABSTIME, INTERVAL, INTERVAL), 0);
    for (unsigned i = 1; i < 4; i++) {
        EXPECT(clock_jump());
        EXPECT_EQ(clock_now(), i * (nsec_t)INTERVAL);
    }
    fixture_end();
}

/* The time that a process uses goes on with it: there are no ticks to wait for. */
TEST(sys_timer_settime_of_used_time_that_nobody_hears)
{
    begin();
    struct process *child = calls_fork(init);
    int clock = (int)((~(unsigned)child->pid->number << 3) | 2);
    EXPECT_EQ(create(clock, SIGEV_SIGNAL, SIGUSR1), 0);
    init->thread->signal_mask = 0;
    EXPECT_EQ(set(0, 0, 1000, 1000), 0);
    child->usage.user += 1500;
    fixture_expire(child->thread);
    EXPECT_EQ(get(0).it_value.tv_nsec, 500);
    fixture_end();
}

TEST(sys_timer_settime_at_the_end_of_time)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(set(0, 0, 1000, 1000), 0);
    const struct abi_itimerspec last = {{0, 1000}, {INT64_MAX, 0}};
    calls_put(TIMES_AT, &last, sizeof(last));
    EXPECT_EQ(CALL(init, timer_settime, 0, TIMER_ABSTIME, TIMES_AT, 0), 0);
    EXPECT(clock_jump());
    EXPECT_EQ(clock_now(), CLOCK_LAST);
    EXPECT_EQ(take(SIGUSR1).si_overrun, 0);
    EXPECT(!clock_jump()); /* there is no later */
    fixture_end();
}

TEST(sys_timer_settime_silent)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_NONE, 0), 0);
    EXPECT_EQ(set(0, 0, 10 * STEP, 0), 0);
    EXPECT(!clock_jump());
    EXPECT_EQ(get(0).it_value.tv_nsec, 9 * STEP);
    pass_to(clock_now() + 20 * CLOCK_DET_STEP);
    EXPECT_EQ(get(0).it_value.tv_nsec, 0);
    EXPECT_EQ(set(0, 0, 10 * STEP, 10 * STEP), 0);
    pass_to(clock_now() + 24 * CLOCK_DET_STEP);
    EXPECT_EQ(get(0).it_value.tv_nsec, 5 * STEP);
    fixture_end();
}

TEST(sys_timer_delete_leaves_its_signal)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 40), 0);
    EXPECT_EQ(set(0, TIMER_ABSTIME, 1, 1), 0);
    EXPECT_EQ(pending_count(), 1);
    EXPECT_EQ(CALL(init, timer_delete, 0), 0);
    EXPECT_EQ(pending_count(), 1);
    EXPECT_EQ(take(40).si_timerid, 0);
    EXPECT_EQ(pending_count(), 0);
    fixture_end();
}

/* A standard signal waits once for each timer, and once besides. */
TEST(sys_timer_delete_leaves_the_same_signal_of_several)
{
    begin();
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0);
    for (int id = 0; id < 2; id++) {
        EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), id);
        EXPECT_EQ(set(id, TIMER_ABSTIME, 1, 0), 0);
        EXPECT_EQ(CALL(init, timer_delete, (uint64_t)id), 0);
    }
    process_check();
    EXPECT_EQ(take(SIGUSR1).si_code, SI_USER);
    EXPECT_EQ(take(SIGUSR1).si_timerid, 0);
    EXPECT_EQ(take(SIGUSR1).si_timerid, 1);
    EXPECT(!is_pending(SIGUSR1));
    fixture_end();
}

TEST(sys_timer_settime_to_a_thread_that_ends)
{
    begin();
    struct thread *other = calls_thread(init->thread);
    struct abi_sigevent event = {
        .sigev_signo = SIGUSR1, .sigev_notify = SIGEV_THREAD_ID, .sigev_tid = other->tid};
    calls_put(EVENT_AT, &event, sizeof(event));
    EXPECT_EQ(CALL(init, timer_create, CLOCK_MONOTONIC, EVENT_AT, ID_AT), 0);
    EXPECT_EQ(set(0, TIMER_ABSTIME, 1, 0), 0);
    EXPECT(other->pending.set == signal_bit(SIGUSR1));
    (void)CALL_IN(other, exit, 0);
    EXPECT_EQ(set(0, TIMER_ABSTIME, 1, 5), 0);
    EXPECT(!is_pending(SIGUSR1));
    EXPECT(!clock_jump());
    EXPECT_EQ(CALL(init, timer_delete, 0), 0);
    EXPECT_EQ(pending_count(), 0);
    fixture_end();
}

TEST(sys_timer_create_over_fork_and_exec)
{
    begin();
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 40), 1);
    EXPECT_EQ(set(0, 0, 1000, 0), 0);
    EXPECT_EQ(set(1, TIMER_ABSTIME, 1, 0), 0);
    struct process *child = calls_fork(init);
    EXPECT(list_is_empty(&child->posix_timers));
    calls_exit(child, 0);
    EXPECT(is_pending(40));
    fixture_run(init);
    uaddr_t path = calls_put_text(TIMES_AT, "/bin/prog");
    EXPECT_EQ(CALL(init, execve, path, 0, 0), 0);
    EXPECT_EQ(posix_timer_count(), 0);
    EXPECT(!is_pending(40));
    EXPECT(!clock_jump());
    fixture_end();
}

TEST(sys_timer_create_by_the_time_of_another)
{
    begin();
    struct process *child = calls_fork(init);
    int clock = (int)((~(unsigned)child->pid->number << 3) | 2);
    EXPECT_EQ(create(clock, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(set(0, 0, 1000, 0), 0);
    EXPECT(!clock_jump());
    child->usage.system += 1000;
    fixture_expire(child->thread);
    EXPECT_EQ(take(SIGUSR1).si_code, SI_TIMER);
    EXPECT_EQ(set(0, 0, 1000, 7), 0);
    calls_exit(child, 0);
    EXPECT_EQ(get(0).it_value.tv_nsec, 1000);
    EXPECT_EQ(set(0, 0, 1000, 7), 0); /* it never comes */
    EXPECT_EQ(CALL(init, wait4, (uint64_t)-1, 0, 0, 0), 2);
    EXPECT_EQ(get(0).it_value.tv_nsec, 0);
    EXPECT_EQ(get(0).it_interval.tv_nsec, 0);
    EXPECT_EQ(set(0, 0, 1000, 0), -ESRCH);
    fixture_end();
}

TEST(sys_timer_create_by_the_time_of_a_thread_that_ends)
{
    begin();
    struct thread *other = calls_thread(init->thread);
    int clock = (int)((~(unsigned)other->tid << 3) | 4 | 2);
    EXPECT_EQ(create(clock, SIGEV_SIGNAL, SIGUSR1), 0);
    EXPECT_EQ(set(0, 0, 1000, 0), 0);
    other->user_time += 400;
    EXPECT_EQ(get(0).it_value.tv_nsec, 600);
    (void)CALL_IN(other, exit, 0);
    EXPECT_EQ(get(0).it_value.tv_nsec, 0);
    EXPECT_EQ(set(0, 0, 1000, 0), -ESRCH);
    EXPECT(!is_pending(SIGUSR1));
    EXPECT_EQ(CALL(init, timer_delete, 0), 0);
    EXPECT_EQ(posix_timer_count(), 0);
    fixture_end();
}

/* Its signal waits until nobody's time is left to go on by. */
TEST(sys_timer_create_by_the_time_of_one_that_is_gone_when_it_is_heard)
{
    begin();
    struct thread *other = calls_thread(init->thread);
    struct process *child = calls_fork(init);
    const int clocks[] = {(int)((~(unsigned)other->tid << 3) | 4 | 2),
                          (int)((~(unsigned)child->pid->number << 3) | 2)};
    for (int i = 0; i < 2; i++) {
        EXPECT_EQ(create(clocks[i], SIGEV_SIGNAL, SIGUSR1 + 2 * i), i);
        EXPECT_EQ(set(i, 0, 1000, 1000), 0);
    }
    other->user_time += 1500;
    child->usage.user += 2500;
    fixture_expire(other);
    fixture_expire(child->thread);
    (void)CALL_IN(other, exit, 0);
    calls_exit(child, 0);
    EXPECT_EQ(CALL(init, wait4, (uint64_t)-1, 0, 0, 0), 3);
    for (int i = 0; i < 2; i++) {
        const struct abi_siginfo info = take(SIGUSR1 + 2 * i);
        EXPECT_EQ(info.si_code, SI_TIMER);
        EXPECT_EQ(info.si_overrun, -1);
        EXPECT_EQ(CALL(init, timer_getoverrun, (uint64_t)i), -1);
    }
    EXPECT(!is_pending(SIGUSR1));
    EXPECT_EQ(get(0).it_value.tv_nsec, 0);
    EXPECT_EQ(get(1).it_value.tv_nsec, 0);
    fixture_end();
}
