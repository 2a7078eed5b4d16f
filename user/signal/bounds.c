/* Timers at their bounds: times that are huge, past or wrong, intervals that are short, and clocks
 * of processes that are no more. */
#include "signals.h"

/* The longest time that there is: 2^63 - 1 ns. */
#define LONGEST_SEC INT64_C(9223372036)
#define LONGEST_NSEC INT64_C(854775807)

static const struct abi_timespec endless = {INT64_MAX, 999999999};

static int create(int clock, int notify, int signal)
{
    struct abi_sigevent event = {.sigev_notify = notify, .sigev_signo = signal, .sigev_value = 5};
    int id = -1;
    long error = CALL(NR_TIMER_CREATE, clock, &event, &id);

    return error ? (int)error : id;
}

static long set(int id, int flags, struct abi_timespec value, struct abi_timespec interval)
{
    struct abi_itimerspec time = {interval, value};

    return CALL(NR_TIMER_SETTIME, id, flags, &time, NULL);
}

static struct abi_itimerspec left_of(int id)
{
    struct abi_itimerspec left = {{7, 7}, {7, 7}};

    CALL(NR_TIMER_GETTIME, id, &left);
    return left;
}

static bool is_time(struct abi_timespec time, int64_t sec, int64_t nsec)
{
    return time.tv_sec == sec && time.tv_nsec == nsec;
}

static int clock_of(int pid)
{
    return (int)((~(unsigned)pid << 3) | 2);
}

/* Takes a signal that is pending: its overrun, or -1. */
static int take(int signal)
{
    struct abi_siginfo info = {0};
    struct abi_timespec zero = {0, 0};
    uint64_t set_of = bit(signal);

    return CALL(NR_RT_SIGTIMEDWAIT, &set_of, &info, &zero, 8) == signal ? info.si_overrun : -1;
}

static void spin_ms(int64_t milliseconds)
{
    struct abi_timespec time = {0, 0};
    int64_t end = 0;

    for (;;) {
        CALL(NR_CLOCK_GETTIME, CLOCK_PROCESS_CPUTIME_ID, &time);
        int64_t now = time.tv_sec * 1000000000 + time.tv_nsec;
        end = end ? end : now + milliseconds * 1000000;
        if (now >= end)
            return;
    }
}

/* ---- timer_create(2) ---- */

static void check_huge(void)
{
    struct abi_timespec zero = {0, 0};
    int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);

    block(bit(SIGUSR1));
    check_is(set(id, 0, endless, endless), 0, "bounds: the longest time can be set");
    struct abi_itimerspec left = left_of(id);
    check(is_time(left.it_interval, LONGEST_SEC, LONGEST_NSEC),
          "bounds: as 2^63 - 1 ns, for an interval");
    check(left.it_value.tv_sec <= LONGEST_SEC && left.it_value.tv_sec > LONGEST_SEC - 100000,
          "bounds: and a value");
    check_is(set(id, TIMER_ABSTIME, endless, zero), 0, "bounds: so can that moment");
    left = left_of(id);
    check(left.it_value.tv_sec <= LONGEST_SEC && left.it_value.tv_sec > LONGEST_SEC - 100000,
          "bounds: which is as far away");
    check_is(set(id, 0, ms(1), endless), 0, "bounds: one that comes, and never again");
    sleep_ms(5);
    check_is(take(SIGUSR1), 0, "bounds: it comes");
    left = left_of(id);
    check(left.it_value.tv_sec <= LONGEST_SEC && left.it_value.tv_sec > LONGEST_SEC - 100000,
          "bounds: and is set again");
    CALL(NR_TIMER_DELETE, id);
    unblock(bit(SIGUSR1));
}

static void check_wrong(void)
{
    int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);
    struct abi_timespec zero = {0, 0},
                        wrong[] = {{-1, 0}, {0, -1}, {0, 1000000000}, {INT64_MIN, 0}};
    int good = 0;

    for (unsigned i = 0; i < COUNT(wrong); i++)
        good += set(id, 0, wrong[i], zero) == -EINVAL && set(id, 0, zero, wrong[i]) == -EINVAL &&
                set(id, TIMER_ABSTIME, wrong[i], zero) == -EINVAL;
    check_is(good, COUNT(wrong), "bounds: four times that are none give EINVAL");
    check_is(set(id, ~TIMER_ABSTIME, ms(1000), zero), 0, "bounds: flags nobody knows are none");
    check(left_of(id).it_value.tv_nsec > 900000000, "bounds: so it is no moment");
    set(id, 0, zero, ms(10));
    check(is_time(left_of(id).it_interval, 0, 0), "bounds: who does not come has no interval");
    CALL(NR_TIMER_DELETE, id);
}

static void check_overrun(void)
{
    struct abi_timespec nanosecond = {0, 1}, zero = {0, 0};
    int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);

    block(bit(SIGUSR1));
    set(id, 0, nanosecond, nanosecond);
    sleep_ms(5000);
    check_is(take(SIGUSR1), INT32_MAX, "bounds: there is a highest overrun");
    check_is(CALL(NR_TIMER_GETOVERRUN, id), INT32_MAX, "bounds: for timer_getoverrun too");
    set(id, 0, ms(1), zero);
    check_is(CALL(NR_TIMER_GETOVERRUN, id), 0, "bounds: to set it forgets that");
    (void)take(SIGUSR1);
    set(id, 0, ms(1), zero);
    sleep_ms(5);
    set(id, 0, ms(1), zero);
    sleep_ms(5);
    check_is(take(SIGUSR1), 1, "bounds: a signal that waited when it came again tells of both");
    check_is(CALL(NR_TIMER_GETOVERRUN, id), 0, "bounds: timer_getoverrun does not");
    check_is(take(SIGUSR1), -1, "bounds: and it was one");
    set(id, 0, ms(10), ms(10));
    sleep_ms(35);
    struct abi_itimerspec left = left_of(id);
    check(left.it_value.tv_nsec <= 10000000 && left.it_value.tv_nsec > 0,
          "bounds: while its signal waits it tells the next time");
    sleep_ms(10);
    check_is(take(SIGUSR1), 3, "bounds: and counts them all the same");
    set(id, 0, ms(10), ms(10));
    sleep_ms(35);
    set(id, 0, zero, zero);
    check_is(take(SIGUSR1), 0, "bounds: one that was stopped since tells of no more");
    CALL(NR_TIMER_DELETE, id);
    unblock(bit(SIGUSR1));
}

static void check_past(void)
{
    struct abi_timespec nanosecond = {0, 1};
    struct abi_timespec now = {0, 0};
    int id = create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1);

    block(bit(SIGUSR1));
    sys_clock_gettime(CLOCK_MONOTONIC, &now);
    set(id, TIMER_ABSTIME, nanosecond, ms(1000));
    sleep_ms(1);
    int passed = take(SIGUSR1);
    check(passed >= now.tv_sec && passed <= now.tv_sec + 1,
          "bounds: of a moment long ago all times since are the overrun");
    CALL(NR_TIMER_DELETE, id);
    unblock(bit(SIGUSR1));
}

static int answers(uint64_t value)
{
    return (int)value;
}

static int first_timer(uint64_t unused)
{
    (void)unused;
    return create(CLOCK_MONOTONIC, SIGEV_NONE, 0);
}

static void check_gone(void)
{
    struct abi_timespec zero = {0, 0};
    int child = start_fork(sleeps_long, 0);
    int id = create(clock_of(child), SIGEV_SIGNAL, SIGUSR1);

    check(id >= 0, "bounds: a timer by a child's time");
    check_is(set(id, 0, ms(5000), ms(3000)), 0, "bounds: can be set");
    check(left_of(id).it_value.tv_sec == 4 || is_time(left_of(id).it_value, 5, 0),
          "bounds: and what is left told");
    sys_kill(child, SIGKILL);
    await_end(child);
    check(left_of(id).it_interval.tv_sec == 3, "bounds: so can it of a zombie");
    await(child);
    struct abi_itimerspec left = left_of(id);
    check(is_time(left.it_value, 0, 0), "bounds: of nobody nothing is left");
    check_is(left.it_interval.tv_sec, 0, "bounds: and there is no interval");
    check_is(set(id, 0, ms(1), zero), -ESRCH, "bounds: and it cannot be set: ESRCH");
    check_is(CALL(NR_TIMER_DELETE, id), 0, "bounds: but deleted");
    check_is(create(clock_of(child), SIGEV_SIGNAL, SIGUSR1), -EINVAL,
             "bounds: and none made any more");
    create(CLOCK_MONOTONIC, SIGEV_NONE, 0);
    check_is(run_fork(first_timer, 0), exited(0),
             "bounds: a child has no timers, and begins with 0");
    check_is(run_fork(answers, 4), exited(4), "bounds: that is what it gave");
}

static void check_used(void)
{
    struct abi_timespec zero = {0, 0};
    int id = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_SIGNAL, SIGUSR1);

    block(bit(SIGUSR1));
    set(id, 0, zero, ms(30));
    check(is_time(left_of(id).it_interval, 0, 30000000),
          "bounds: by the time of a process who does not come has an interval");
    set(id, 0, ms(1), ms(1000));
    spin_ms(12);
    check(is_time(left_of(id).it_value, 0, 1),
          "bounds: and one whose signal waits is about to come");
    check_is(take(SIGUSR1), 0, "bounds: it is taken");
    check(left_of(id).it_value.tv_nsec > 900000000, "bounds: and it goes on");
    set(id, 0, ms(1), zero);
    spin_ms(12);
    check(is_time(left_of(id).it_value, 0, 0), "bounds: one that comes once is over");
    (void)take(SIGUSR1);
    CALL(NR_TIMER_DELETE, id);
    id = create(CLOCK_PROCESS_CPUTIME_ID, SIGEV_NONE, 0);
    set(id, 0, ms(1), ms(1000));
    spin_ms(12);
    check(is_time(left_of(id).it_value, 0, 0), "bounds: and one that nobody hears for ever");
    set(id, 0, endless, zero);
    check(left_of(id).it_value.tv_sec > LONGEST_SEC - 100000, "bounds: it can be set again");
    CALL(NR_TIMER_DELETE, id);
    unblock(bit(SIGUSR1));
}

/* ---- setitimer(2) ---- */

static long set_itimer(int which, struct abi_timeval value, struct abi_timeval interval)
{
    const struct abi_itimerval time = {interval, value};

    return CALL(NR_SETITIMER, which, &time, NULL);
}

static struct abi_itimerval itimer_of(int which)
{
    struct abi_itimerval left = {{7, 7}, {7, 7}};

    CALL(NR_GETITIMER, which, &left);
    return left;
}

static void check_itimer_bounds(void)
{
    struct abi_timeval huge = {INT64_MAX, 999999}, zero = {0, 0}, ten = {0, 10000};
    struct abi_timeval wrong[] = {{-1, 0}, {0, -1}, {0, 1000000}};
    int good = 0;

    for (unsigned i = 0; i < COUNT(wrong); i++)
        good += set_itimer(ITIMER_REAL, wrong[i], zero) == -EINVAL &&
                set_itimer(ITIMER_REAL, zero, wrong[i]) == -EINVAL;
    check_is(good, COUNT(wrong), "bounds: three times that no itimer has");
    check_is(set_itimer(ITIMER_REAL, huge, huge), 0, "bounds: the longest");
    struct abi_itimerval left = itimer_of(ITIMER_REAL);
    check(left.it_interval.tv_sec == LONGEST_SEC && left.it_interval.tv_usec == 854775,
          "bounds: is 2^63 - 1 ns here too");
    set_itimer(ITIMER_REAL, zero, ten);
    check_is(itimer_of(ITIMER_REAL).it_interval.tv_usec, 0, "bounds: none, no interval");
    set_itimer(ITIMER_VIRTUAL, zero, ten);
    check_is(itimer_of(ITIMER_VIRTUAL).it_interval.tv_usec, 10000, "bounds: but ITIMER_VIRTUAL");
    set_itimer(ITIMER_VIRTUAL, zero, zero);
}

/* It goes on when a SIGALRM of the process is taken, whoever sent it. */
static void check_itimer_goes_on(void)
{
    struct abi_timeval zero = {0, 0}, ten = {0, 10000};

    ignore_signal(SIGALRM);
    set_itimer(ITIMER_REAL, ten, ten);
    sleep_ms(50);
    catch_signal(SIGALRM, 0);
    block(bit(SIGALRM));
    sleep_ms(50);
    check_is((long)pending_now(), 0, "bounds: an itimer whose signal is ignored comes no more");
    check_is(itimer_of(ITIMER_REAL).it_value.tv_usec, 0, "bounds: nothing is left");
    check_is(itimer_of(ITIMER_REAL).it_interval.tv_usec, 10000, "bounds: but the interval");
    raise_thread(SIGALRM);
    (void)take(SIGALRM);
    sleep_ms(50);
    check_is((long)pending_now(), 0, "bounds: until a SIGALRM, not the thread's,");
    raise_process(SIGALRM);
    (void)take(SIGALRM);
    sleep_ms(50);
    check_is((long)pending_now(), (long)bit(SIGALRM), "bounds: but the process's is taken");
    set_itimer(ITIMER_REAL, zero, zero);
    (void)take(SIGALRM);
    unblock(bit(SIGALRM));
    default_signal(SIGALRM);
}

/* ---- timerfd_create(2) ---- */

static long set_file(int fd, int flags, struct abi_timespec value, struct abi_timespec interval)
{
    struct abi_itimerspec time = {interval, value};

    return CALL(NR_TIMERFD_SETTIME, fd, flags, &time, NULL);
}

static struct abi_itimerspec left_of_file(int fd)
{
    struct abi_itimerspec left = {{7, 7}, {7, 7}};

    CALL(NR_TIMERFD_GETTIME, fd, &left);
    return left;
}

static long count_of(int fd)
{
    uint64_t count = 0;
    long got = sys_read(fd, &count, sizeof(count));

    return got == sizeof(count) ? (long)count : got;
}

static void check_file_times(void)
{
    struct abi_timespec zero = {0, 0}, nanosecond = {0, 1};
    int fd = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, TFD_NONBLOCK);

    check_is(set_file(fd, 0, endless, endless), 0, "bounds: a file of the longest time");
    struct abi_itimerspec left = left_of_file(fd);
    check(is_time(left.it_interval, LONGEST_SEC, LONGEST_NSEC), "bounds: which is the same");
    check(left.it_value.tv_sec > LONGEST_SEC - 100000 && left.it_value.tv_sec <= LONGEST_SEC,
          "bounds: and as much is left");
    set_file(fd, 0, zero, ms(30));
    check(is_time(left_of_file(fd).it_interval, 0, 30000000),
          "bounds: that does not come has an interval");
    int64_t before = now_ns();
    set_file(fd, TFD_TIMER_ABSTIME, nanosecond, nanosecond);
    int64_t between = now_ns();
    long count = count_of(fd);
    check(count >= before && count <= now_ns() && count >= between - 1000000,
          "bounds: a nanosecond since long ago counts as many");
    set_file(fd, 0, ms(10), ms(10));
    sleep_ms(35);
    left = left_of_file(fd);
    check(left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 10000000,
          "bounds: that has come tells the next time");
    check_is(count_of(fd), 3, "bounds: and how often it was");
    set_file(fd, 0, ms(1), zero);
    sleep_ms(5);
    check(is_time(left_of_file(fd).it_value, 0, 0), "bounds: that came once is over");
    check_is(count_of(fd), 1, "bounds: and can be read");
    check_is(set_file(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, ms(1), zero), 0,
             "bounds: TFD_TIMER_CANCEL_ON_SET is for all clocks");
    check_is(set_file(fd, TFD_TIMER_CANCEL_ON_SET, ms(1), zero), 0, "bounds: and all times");
    sys_close(fd);
}

static void check_file_calls(void)
{
    struct abi_timespec zero = {0, 0};
    int fd = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, 0);
    uint64_t counts[2] = {0, 0};
    struct abi_iovec ranges[2] = {{ADDR(&counts[0]), 4}, {ADDR(&counts[1]), 8}};

    check_is(CALL(NR_PREAD64, fd, counts, 8, 0), -ESPIPE, "bounds: of a file of a timer no pread");
    check_is(sys_read(fd, counts, 0), -EINVAL, "bounds: no byte is too few");
    check_is(CALL(NR_READV, fd, ranges, 2), -EINVAL, "bounds: so are four");
    check_is(CALL(NR_READV, fd, ranges, 0), 0, "bounds: but no range is nothing");
    sys_fcntl(fd, F_SETFL, O_NONBLOCK);
    check_is(count_of(fd), -EAGAIN, "bounds: with O_NONBLOCK, from fcntl, it does not wait");
    ranges[0].iov_len = 8;
    set_file(fd, 0, ms(1), zero);
    sleep_ms(3);
    check_is(CALL(NR_READV, fd, ranges, 2), 8, "bounds: two ranges get what there is");
    check_is(CALL(NR_TIMERFD_CREATE, CLOCK_THREAD_CPUTIME_ID, 0), -EINVAL,
             "bounds: of a thread's time there is none");
    check_is(CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC_RAW, 0), -EINVAL, "bounds: nor of the raw");
    check_is(CALL(NR_TIMERFD_CREATE, -1, 0), -EINVAL, "bounds: nor of clock -1");
    check_is(CALL(NR_TIMERFD_SETTIME, fd, 0, NULL, NULL), -EFAULT, "bounds: no time is EFAULT");
    sys_close(fd);
}

/* ---- clock_gettime(2), clock_nanosleep(2) ---- */

static void check_clock_numbers(void)
{
    struct abi_timespec time = {0, 0}, zero = {0, 0};
    int own = clock_of((int)sys_getpid());

    check_is(CALL(NR_CLOCK_GETRES, own, &time), 0, "bounds: a process's clock has a resolution");
    check(is_time(time, 0, 1), "bounds: of a nanosecond");
    CALL(NR_CLOCK_GETRES, own & ~3, &time);
    check(is_time(time, 0, 4000000), "bounds: the one that counts ticks of 4 ms");
    check_is(CALL(NR_CLOCK_GETTIME, own | 3, &time), -EINVAL, "bounds: a descriptor is no clock");
    check_is(CALL(NR_TIMER_CREATE, own | 3, NULL, &time), -EOPNOTSUPP,
             "bounds: and no timer goes by it");
    check_is(CALL(NR_CLOCK_NANOSLEEP, own | 4, 0, &zero, NULL), -EINVAL,
             "bounds: to sleep by one's own time is a mistake");
    check_is(CALL(NR_CLOCK_NANOSLEEP, clock_of(NO_PROCESS), 0, &zero, NULL), -EINVAL,
             "bounds: so is nobody's");
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC_COARSE, 0, &zero, NULL), -EOPNOTSUPP,
             "bounds: and what goes by steps");
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_TAI, 0, &zero, NULL), 0, "bounds: CLOCK_TAI does");
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, ~TIMER_ABSTIME, &zero, NULL), 0,
             "bounds: flags nobody knows are none");
    check_is(CALL(NR_CLOCK_GETTIME, 10, &time), -EINVAL, "bounds: clock 10 is none");
}

static void check_long_sleep(void)
{
    struct abi_timespec rest = {0, 0};
    struct abi_itimerval soon = {{0, 0}, {0, 5000}};

    catch_signal(SIGALRM, 0);
    CALL(NR_SETITIMER, ITIMER_REAL, &soon, NULL);
    check_is(sys_nanosleep(&endless, &rest), -EINTR, "bounds: who sleeps for ever is woken");
    check(rest.tv_sec <= LONGEST_SEC && rest.tv_sec > LONGEST_SEC - 100000,
          "bounds: and has as long to go");
    default_signal(SIGALRM);
}

void check_bounds(void)
{
    check_huge();
    check_wrong();
    check_overrun();
    check_past();
    check_gone();
    check_used();
    check_itimer_bounds();
    check_itimer_goes_on();
    check_file_times();
    check_file_calls();
    check_clock_numbers();
    check_long_sleep();
}
