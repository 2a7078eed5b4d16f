/* timer_create(2), timer_settime(2), timer_getoverrun(2), timer_delete(2). */
#include "signals.h"

static long create(int clock, int notify, int signal, uint64_t value, int *id)
{
    struct abi_sigevent event = {.sigev_notify = notify,
                                 .sigev_signo = signal,
                                 .sigev_value = value,
                                 .sigev_tid = (int)sys_gettid()};

    return CALL(NR_TIMER_CREATE, clock, &event, id);
}

static struct abi_itimerspec times(int64_t value_ms, int64_t interval_ms)
{
    return (struct abi_itimerspec){ms(interval_ms), ms(value_ms)};
}

static long set(int id, int flags, int64_t value_ms, int64_t interval_ms)
{
    struct abi_itimerspec time = times(value_ms, interval_ms);

    return CALL(NR_TIMER_SETTIME, id, flags, &time, NULL);
}

static void check_signal(void)
{
    struct abi_siginfo info = {0};
    uint64_t set_of = bit(SIGUSR1);
    int id = -1;

    block(bit(SIGUSR1));
    check_is(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, 0x1122334455667788, &id), 0,
             "timer: one can be made");
    check(id >= 0, "timer: and has a number");
    int64_t began = now_ns();
    check_is(set(id, 0, 50, 0), 0, "timer: and be set");
    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set_of, &info, NULL, 8), SIGUSR1,
             "timer: it sends its signal");
    check(now_ns() - began >= 50000000 && now_ns() - began < 60000000, "timer: when it is time");
    check_is(info.si_code, SI_TIMER, "timer: as SI_TIMER");
    check_is(info.si_timerid, id, "timer: with its number");
    check_is(info.si_overrun, 0, "timer: no overrun");
    check_is((long)info.si_value, 0x1122334455667788, "timer: and its value");
    set(id, 0, 10, 10);
    sleep_ms(95);
    check_is(CALL(NR_RT_SIGTIMEDWAIT, &set_of, &info, NULL, 8), SIGUSR1,
             "timer: with an interval, not taken for nine times");
    check_is(info.si_overrun, 8, "timer: it comes once, and eight times are the overrun");
    check_is(CALL(NR_TIMER_GETOVERRUN, id), 8, "timer: which timer_getoverrun tells too");
    set(id, 0, 0, 0);
    sleep_ms(50);
    check_is((long)pending_now(), 0, "timer: a time of 0 stops it");
    set(id, 0, 1, 0);
    sleep_ms(5);
    check_is((long)pending_now(), (long)bit(SIGUSR1), "timer: one that has sent its signal");
    check_is(CALL(NR_TIMER_DELETE, id), 0, "timer: can be deleted");
    check_is((long)pending_now(), (long)bit(SIGUSR1), "timer: the signal stays");
    struct abi_timespec zero = {0, 0};
    CALL(NR_RT_SIGTIMEDWAIT, &set_of, &info, &zero, 8);
    check_is(CALL(NR_TIMER_DELETE, id), -EINVAL, "timer: then its number is none");
    unblock(bit(SIGUSR1));
}

static void check_get(void)
{
    struct abi_itimerspec left = {0}, old = {0};
    int id = -1;

    create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, &id);
    check_is(CALL(NR_TIMER_GETTIME, id, &left), 0, "timer: timer_gettime of one that is not set");
    check(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0, "timer: gives 0");
    set(id, 0, 10000, 3000);
    CALL(NR_TIMER_GETTIME, id, &left);
    check(left.it_interval.tv_sec == 3 && left.it_value.tv_sec == 9, "timer: else what is left");
    left = times(500, 0);
    check_is(CALL(NR_TIMER_SETTIME, id, 0, &left, &old), 0, "timer: timer_settime");
    check(old.it_value.tv_sec == 9 && old.it_interval.tv_sec == 3, "timer: gives what was");
    sleep_ms(600);
    CALL(NR_TIMER_GETTIME, id, &left);
    check(left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0, "timer: 0 when it is over");
    set(id, 0, 100, 100);
    sleep_ms(250);
    CALL(NR_TIMER_GETTIME, id, &left);
    check(left.it_value.tv_nsec > 30000000 && left.it_value.tv_nsec <= 50000000,
          "timer: with SIGEV_NONE an interval runs on");
    CALL(NR_TIMER_DELETE, id);
}

static void check_absolute(void)
{
    struct abi_itimerspec at = {{0, 0}, {0, 0}};
    int id = -1;

    forget_caught();
    catch_signal(SIGUSR2, 0);
    create(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR2, 7, &id);
    sys_clock_gettime(CLOCK_MONOTONIC, &at.it_value);
    at.it_value.tv_sec += 1;
    int64_t began = now_ns();
    CALL(NR_TIMER_SETTIME, id, TIMER_ABSTIME, &at, NULL);
    while (caught_count == 0)
        sleep_ms(100);
    int64_t took = now_ns() - began;
    check(took > 990000000 && took < 1010000000, "timer: with TIMER_ABSTIME at that time");
    forget_caught();
    at.it_value = (struct abi_timespec){0, 1};
    CALL(NR_TIMER_SETTIME, id, TIMER_ABSTIME, &at, NULL);
    sleep_ms(1);
    check(caught_only(1, SIGUSR2), "timer: a time that is past comes at once");
    CALL(NR_TIMER_DELETE, id);
    forget_caught();
    create(CLOCK_REALTIME, SIGEV_THREAD_ID, SIGUSR2, 8, &id);
    set(id, 0, 5, 0);
    sleep_ms(10);
    check(caught_only(1, SIGUSR2) && caught[0].info.si_value == 8,
          "timer: SIGEV_THREAD_ID sends to a thread");
    CALL(NR_TIMER_DELETE, id);
    default_signal(SIGUSR2);
}

static void check_default_event(void)
{
    int id = -1;

    forget_caught();
    catch_signal(SIGALRM, 0);
    check_is(CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, NULL, &id), 0, "timer: without an event");
    set(id, 0, 5, 0);
    sleep_ms(10);
    check(caught_only(1, SIGALRM) && caught[0].info.si_code == SI_TIMER, "timer: it is SIGALRM");
    check_is((long)caught[0].info.si_value, id, "timer: and the value its number");
    CALL(NR_TIMER_DELETE, id);
    default_signal(SIGALRM);
}

static int used_up(uint64_t clock)
{
    struct abi_timespec time = {0, 0};
    int id = -1;

    forget_caught();
    catch_signal(SIGUSR1, 0);
    if (create((int)clock, SIGEV_SIGNAL, SIGUSR1, 0, &id) != 0)
        return 2;
    set(id, 0, 2, 0);
    sleep_ms(200);
    if (caught_count)
        return 3;
    do {
        CALL(NR_CLOCK_GETTIME, CLOCK_PROCESS_CPUTIME_ID, &time);
    } while (time.tv_sec == 0 && time.tv_nsec < 100000000 && caught_count == 0);
    return caught_only(1, SIGUSR1) && caught[0].info.si_code == SI_TIMER;
}

static void check_order(void)
{
    int ids[4] = {0};
    static const int64_t at[] = {30, 10, 40, 20};

    forget_caught();
    for (int i = 0; i < 4; i++) {
        catch_signal(50 + i, 0);
        create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 50 + i, 0, &ids[i]);
        set(ids[i], 0, at[i], 0);
    }
    while (caught_count < 4)
        sleep_ms(1000);
    check(caught[0].signal == 51 && caught[1].signal == 53 && caught[2].signal == 50 &&
              caught[3].signal == 52,
          "timer: several come in the order of their times");
    for (int i = 0; i < 4; i++) {
        CALL(NR_TIMER_DELETE, ids[i]);
        default_signal(50 + i);
    }
}

static void check_timer_errors(void)
{
    struct abi_itimerspec time = times(1, 0);
    int id = -1;

    check_is(create(77, SIGEV_NONE, 0, 0, &id), -EINVAL, "timer: an unknown clock gives EINVAL");
    check_is(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 65, 0, &id), -EINVAL,
             "timer: so does signal 65");
    check_is(create(CLOCK_MONOTONIC, SIGEV_SIGNAL, 0, 0, &id), -EINVAL, "timer: and signal 0");
    check_is(create(CLOCK_MONOTONIC, 9, SIGUSR1, 0, &id), -EINVAL,
             "timer: an unknown notification");
    check_is(create(CLOCK_MONOTONIC_COARSE, SIGEV_NONE, 0, 0, &id), -EOPNOTSUPP,
             "timer: a coarse clock has no timers: EOPNOTSUPP");
    check_is(CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, BAD_ADDRESS, &id), -EFAULT,
             "timer: a bad address of the event gives EFAULT");
    check_is(CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, NULL, BAD_ADDRESS), -EFAULT,
             "timer: one of the number too");
    check_is(CALL(NR_TIMER_SETTIME, 12345, 0, &time, NULL), -EINVAL,
             "timer: no such timer: EINVAL");
    check_is(CALL(NR_TIMER_GETTIME, 12345, &time), -EINVAL, "timer: for timer_gettime");
    check_is(CALL(NR_TIMER_GETOVERRUN, 12345), -EINVAL, "timer: for timer_getoverrun");
    create(CLOCK_MONOTONIC, SIGEV_NONE, 0, 0, &id);
    time.it_value.tv_nsec = 1000000000;
    check_is(CALL(NR_TIMER_SETTIME, id, 0, &time, NULL), -EINVAL,
             "timer: a thousand million nanoseconds give EINVAL");
    check_is(CALL(NR_TIMER_SETTIME, id, 0, NULL, NULL), -EINVAL, "timer: no time gives EINVAL");
    check_is(CALL(NR_TIMER_SETTIME, id, 0, BAD_ADDRESS, NULL), -EFAULT,
             "timer: a bad address of the time gives EFAULT");
    CALL(NR_TIMER_DELETE, id);
}

void check_timer(void)
{
    check_signal();
    check_get();
    check_absolute();
    check_default_event();
    check_is(run_fork(used_up, CLOCK_PROCESS_CPUTIME_ID), exited(1),
             "timer: a clock of the process's time runs while it runs");
    check_is(run_fork(used_up, CLOCK_THREAD_CPUTIME_ID), exited(1),
             "timer: so does one of the thread's");
    check_order();
    check_timer_errors();
}
