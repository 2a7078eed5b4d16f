/* setitimer(2) and getitimer(2). */
#include "signals.h"

static long set(int which, int64_t sec, int64_t usec, int64_t every_sec, int64_t every_usec)
{
    const struct abi_itimerval time = {{every_sec, every_usec}, {sec, usec}};

    return CALL(NR_SETITIMER, which, &time, NULL);
}

static void pause_until(unsigned count)
{
    uint64_t none = 0;

    while (caught_count < count)
        CALL(NR_RT_SIGSUSPEND, &none, 8);
}

static void check_real(void)
{
    struct abi_itimerval old = {{9, 9}, {9, 9}}, none = {0};

    catch_signal(SIGALRM, 0);
    forget_caught();
    check_is(CALL(NR_GETITIMER, ITIMER_REAL, &old), 0, "itimer: at first");
    check(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0, "itimer: none is set");
    block(bit(SIGALRM));
    int64_t began = now_ns();
    check_is(set(ITIMER_REAL, 0, 50000, 0, 0), 0, "itimer: one shot");
    pause_until(1);
    int64_t took = now_ns() - began;
    check(took >= 50000000 && took < 60000000, "itimer: comes when it is time");
    sleep_ms(100);
    check_is((long)pending_now(), 0, "itimer: once");
    forget_caught();
    began = now_ns();
    set(ITIMER_REAL, 0, 10000, 0, 30000);
    pause_until(4);
    took = now_ns() - began;
    check(took >= 100000000 && took < 110000000, "itimer: with an interval it comes again");
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, &none, &old), 0, "itimer: 0 ends it");
    check(old.it_interval.tv_usec == 30000 && old.it_value.tv_usec <= 30000 &&
              old.it_value.tv_usec > 20000,
          "itimer: the old value is the time left, and the interval");
    set(ITIMER_REAL, 3600, 500000, 0, 0);
    CALL(NR_GETITIMER, ITIMER_REAL, &old);
    check(old.it_value.tv_sec == 3600 && old.it_value.tv_usec <= 500000 &&
              old.it_value.tv_usec > 400000,
          "itimer: getitimer tells the time left");
    set(ITIMER_REAL, 0, 0, 0, 0);
    unblock(bit(SIGALRM));
}

static void check_blocked(void)
{
    forget_caught();
    block(bit(SIGALRM));
    set(ITIMER_REAL, 0, 10000, 0, 10000);
    sleep_ms(105);
    unblock(bit(SIGALRM));
    unsigned got = caught_count;
    set(ITIMER_REAL, 0, 0, 0, 0);
    check_is(got, 1, "itimer: ten times while it is blocked make one SIGALRM");
}

static int runs_out(uint64_t which)
{
    int signal = which == ITIMER_PROF ? SIGPROF : SIGVTALRM;

    forget_caught();
    catch_signal(signal, 0);
    if (set((int)which, 0, 1000, 0, 0) != 0)
        return 2;
    sleep_ms(200);
    if (caught_count != 0)
        return 3; /* asleep it uses nothing */
    for (int64_t began = now_ns(); caught_count == 0 && now_ns() - began < 100000000;)
        for (volatile int i = 0; i < 1000; i++)
            ;
    return caught_only(1, signal);
}

static void use_until(unsigned count)
{
    for (volatile int i = 0; i < 10 * 1000 * 1000 && caught_count < count; i++)
        ;
}

/* Though the kernel may take longer for a handler than the timer does to come again: it leaves
 * much more in between. */
static int goes_on(uint64_t which)
{
    forget_caught();
    catch_signal(which == ITIMER_PROF ? SIGPROF : SIGVTALRM, 0);
    set((int)which, 0, 1, 0, 1);
    use_until(1);
    int64_t began = used_ns();
    use_until(3);
    int64_t took = used_ns() - began;
    set((int)which, 0, 0, 0, 0);
    if (caught_count < 3)
        return 2;
    return took >= 150000 ? 1 : 3;
}

static void check_itimer_errors(void)
{
    struct abi_itimerval time = {{0, 0}, {0, 1000000}};

    check_is(CALL(NR_SETITIMER, 3, &time, NULL), -EINVAL, "itimer: timer 3 gives EINVAL");
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, &time, NULL), -EINVAL,
             "itimer: so does a million microseconds");
    time.it_value.tv_usec = -1;
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, &time, NULL), -EINVAL, "itimer: so do -1");
    time = (struct abi_itimerval){{0, 1000000}, {0, 0}};
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, &time, NULL), -EINVAL, "itimer: in the interval too");
    time = (struct abi_itimerval){{0, 0}, {-1, 0}};
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, &time, NULL), -EINVAL, "itimer: and -1 seconds");
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, BAD_ADDRESS, NULL), -EFAULT,
             "itimer: a bad address gives EFAULT");
    check_is(CALL(NR_GETITIMER, ITIMER_REAL, BAD_ADDRESS), -EFAULT,
             "itimer: getitimer with a bad address gives EFAULT");
    check_is(CALL(NR_GETITIMER, -1, &time), -EINVAL, "itimer: getitimer of timer -1 gives EINVAL");
    set(ITIMER_REAL, 1000, 0, 0, 0);
    check_is(CALL(NR_SETITIMER, ITIMER_REAL, NULL, &time), 0, "itimer: no new value is one of 0");
    check_is(time.it_value.tv_sec > 990, 1, "itimer: which tells the old one");
    CALL(NR_GETITIMER, ITIMER_REAL, &time);
    check_is(time.it_value.tv_sec, 0, "itimer: and ends it");
}

static int alarm_ends(uint64_t unused)
{
    (void)unused;
    default_signal(SIGALRM);
    set(ITIMER_REAL, 0, 1000, 0, 0);
    return sleeps_long(0);
}

void check_itimer(void)
{
    check_real();
    check_blocked();
    check_is(run_fork(runs_out, ITIMER_PROF), exited(1),
             "itimer: ITIMER_PROF counts the time that the process uses");
    check_is(run_fork(runs_out, ITIMER_VIRTUAL), exited(1),
             "itimer: ITIMER_VIRTUAL that in user mode");
    check_is(run_fork(goes_on, ITIMER_PROF), exited(1),
             "itimer: one of a microsecond leaves its program some time");
    check_is(run_fork(goes_on, ITIMER_VIRTUAL), exited(1), "itimer: so does one in user mode");
    check_itimer_errors();
    check_is(run_fork(alarm_ends, 0), SIGALRM, "itimer: SIGALRM ends a process");
    default_signal(SIGALRM);
}
