/* Calls that wait, and handlers in between: partial counts, remainders, and which handler decides
 * (signal(7)). The program `interrupt` has every call; this has what its lines cannot say. */
#include "signals.h"

enum { PIPE_BYTES = 65536 };

struct plan {
    int64_t after_ms;
    int signals[3]; /* one after the other, each as long after the last */
    int read_fd;    /* then, if not 0, it reads so many bytes */
    uint64_t read_bytes;
};

static int carries_out(uint64_t argument)
{
    const struct plan *plan = (const struct plan *)argument;
    static char bytes[PIPE_BYTES];

    for (unsigned i = 0; i < COUNT(plan->signals) && plan->signals[i]; i++) {
        sleep_ms(plan->after_ms);
        sys_kill((int)sys_getppid(), plan->signals[i]);
    }
    sleep_ms(plan->after_ms);
    for (uint64_t left = plan->read_bytes; left > 0;) {
        long got = sys_read(plan->read_fd, bytes, left < PIPE_BYTES ? left : PIPE_BYTES);
        if (got <= 0)
            break;
        left -= (uint64_t)got;
    }
    return 0;
}

static int begin(const struct plan *plan)
{
    forget_caught();
    return start_fork(carries_out, ADDR(plan));
}

static void check_partial_write(void)
{
    static char bytes[3 * PIPE_BYTES];
    int fds[2] = {-1, -1};

    sys_pipe2(fds, 0);
    catch_signal(SIGUSR1, SA_RESTART);
    int child = begin(&(struct plan){10, {SIGUSR1}, 0, 0});
    check_is(sys_write(fds[1], bytes, sizeof(bytes)), PIPE_BYTES,
             "restart: a write that has written gives the count, even with SA_RESTART");
    await(child);
    child = begin(&(struct plan){10, {SIGUSR1}, fds[0], 2 * PIPE_BYTES});
    check_is(sys_write(fds[1], bytes, PIPE_BYTES), PIPE_BYTES,
             "restart: one that has not is made again with SA_RESTART");
    check_is(caught_count, 1, "restart: after the handler");
    await(child);
    catch_signal(SIGUSR1, 0);
    sys_write(fds[1], bytes, PIPE_BYTES);
    child = begin(&(struct plan){10, {SIGUSR1}, 0, 0});
    check_is(sys_write(fds[1], bytes, 1), -EINTR, "restart: and gives EINTR without");
    await(child);
    sys_close(fds[0]);
    sys_close(fds[1]);
}

static void check_sleep(void)
{
    struct abi_timespec time = ms(1000), left = {9, 9};

    catch_signal(SIGUSR1, SA_RESTART);
    int child = begin(&(struct plan){300, {SIGUSR1}, 0, 0});
    check_is(sys_nanosleep(&time, &left), -EINTR, "restart: nanosleep never restarts");
    check(left.tv_sec == 0 && left.tv_nsec > 650000000 && left.tv_nsec <= 701000000,
          "restart: and tells what is left");
    await(child);
    left = (struct abi_timespec){9, 9};
    check_is(sys_nanosleep(&(struct abi_timespec){0, 1000}, &left), 0, "restart: one that is over");
    check(left.tv_sec == 9, "restart: tells nothing");
    child = begin(&(struct plan){300, {SIGUSR1}, 0, 0});
    check_is(sys_nanosleep(&time, NULL), -EINTR, "restart: nobody need want the remainder");
    await(child);
    child = begin(&(struct plan){300, {SIGUSR1}, 0, 0});
    check_is(sys_nanosleep(&time, (struct abi_timespec *)BAD_ADDRESS), -EFAULT,
             "restart: where it cannot be written it is EFAULT");
    await(child);
    child = begin(&(struct plan){300, {SIGUSR1}, 0, 0});
    left = time;
    sys_nanosleep(&left, &left);
    check(left.tv_sec == 0 && left.tv_nsec > 650000000, "restart: it may replace the duration");
    await(child);
}

static void check_sleep_until(void)
{
    struct abi_timespec until = {0, 0}, left = {9, 9};

    sys_clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += 1;
    int child = begin(&(struct plan){300, {SIGUSR1}, 0, 0});
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, TIMER_ABSTIME, &until, &left), -EINTR,
             "restart: so it is with clock_nanosleep to a time");
    check_is(left.tv_sec, 9, "restart: which tells no remainder");
    await(child);
    int64_t began = now_ns();
    until = ms(500);
    child = begin(&(struct plan){200, {SIGUSR1}, 0, 0});
    check_is(CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, &until, &left), -EINTR,
             "restart: with clock_nanosleep for a time too");
    check(left.tv_sec == 0 && left.tv_nsec > 250000000 && left.tv_nsec <= 301000000 &&
              now_ns() - began < 300000000,
          "restart: which tells it");
    await(child);
}

/* A reader of an empty pipe to whom two signals come at the same moment, from one that stops it
 * meanwhile. The one that is taken first decides. */
static int reader_fds[2];

static int reads(uint64_t flags)
{
    char byte;

    catch_masked(SIGUSR1, flags & SA_RESTART, ~0ull);
    catch_masked(SIGUSR2, flags & SA_RESTART ? 0 : SA_RESTART, ~0ull);
    forget_caught();
    long got = sys_read(reader_fds[0], &byte, 1);
    if (caught_count != 2 || caught[0].signal != SIGUSR1)
        return 99;
    return got < 0 ? (int)-got : 50 + (int)got;
}

static int read_between(uint64_t flags)
{
    sys_pipe2(reader_fds, 0);
    int child = start_fork(reads, flags);
    settle();
    sys_kill(child, SIGSTOP);
    await_change(child, WUNTRACED);
    sys_kill(child, SIGUSR2);
    sys_kill(child, SIGUSR1);
    sys_kill(child, SIGCONT);
    settle();
    sys_write(reader_fds[1], "x", 1);
    int status = await(child);
    sys_close(reader_fds[0]);
    sys_close(reader_fds[1]);
    return status;
}

static void check_two_handlers(void)
{
    check_is(read_between(SA_RESTART), exited(51),
             "restart: of two signals the first that is taken decides: it restarts");
    check_is(read_between(0), exited(EINTR), "restart: or does not");
}

static volatile long inner_result;
static volatile int64_t inner_left;

static void sleeps_inside(int signal, struct abi_siginfo *info, struct abi_ucontext *uc)
{
    struct abi_timespec time = ms(200), left = {9, 9};

    (void)info, (void)uc;
    if (signal != SIGUSR1)
        return;
    inner_result = sys_nanosleep(&time, &left);
    inner_left = left.tv_nsec;
}

static void check_nested_sleep(void)
{
    struct abi_timespec time = ms(1000), left = {9, 9};

    catch_signal(SIGUSR1, 0);
    catch_signal(SIGUSR2, 0);
    int child = begin(&(struct plan){100, {SIGUSR1, SIGUSR2}, 0, 0});
    in_handler = sleeps_inside;
    check_is(sys_nanosleep(&time, &left), -EINTR, "restart: a sleep in a handler of a sleep");
    check_is(inner_result, -EINTR, "restart: is interrupted by itself");
    check(inner_left > 50000000 && inner_left <= 101000000, "restart: with its own remainder");
    check(left.tv_sec == 0 && left.tv_nsec > 850000000 && left.tv_nsec <= 901000000,
          "restart: and the outer one with the outer one's");
    check_is(caught_count, 2, "restart: both handlers ran");
    await(child);
}

static int answers_late(uint64_t milliseconds)
{
    sleep_ms((int64_t)milliseconds);
    return 5;
}

static void check_wait_for_child(void)
{
    int status = -1;

    catch_signal(SIGCHLD, SA_RESTART);
    forget_caught();
    int child = start_fork(answers_late, 20);
    check_is(sys_wait4(child, &status, 0, NULL), child, "restart: wait4 and SIGCHLD's own handler");
    check_is(caught_count, 1, "restart: which runs");
    catch_signal(SIGCHLD, 0);
    child = start_fork(answers_late, 20);
    check_is(sys_wait4(child, &status, 0, NULL), child,
             "restart: without SA_RESTART too: what it waits for is there");
    default_signal(SIGCHLD);
}

/* Nobody types: what a handler has let it give up tells it. */
static int reads_console(uint64_t flags)
{
    static char bytes[8];

    catch_signal(SIGUSR1, flags);
    long got = sys_read(0, bytes, sizeof(bytes));
    return got == -EINTR ? 1 : 2;
}

static void check_console(void)
{
    int child = start_fork(reads_console, 0);

    settle();
    sys_kill(child, SIGUSR1);
    check_is(await_change(child, 0), 1 << 8,
             "restart: a read of the console is interrupted by a handler");
    child = start_fork(reads_console, SA_RESTART);
    settle();
    sys_kill(child, SIGUSR1);
    sys_kill(child, SIGWINCH);
    settle();
    check_is(await_change(child, WNOHANG), NOTHING_YET, "restart: and is not with SA_RESTART");
    sys_kill(child, SIGSTOP);
    check_is(await_change(child, WUNTRACED), stopped(SIGSTOP), "restart: it can be stopped");
    sys_kill(child, SIGCONT);
    settle();
    check_is(await_change(child, WNOHANG), NOTHING_YET, "restart: and waits on");
    sys_kill(child, SIGTERM);
    check_is(await_change(child, 0), SIGTERM, "restart: until a signal ends it");
}

void check_restart(void)
{
    check_partial_write();
    check_sleep();
    check_sleep_until();
    check_two_handlers();
    check_nested_sleep();
    check_wait_for_child();
    default_signal(SIGUSR1);
    default_signal(SIGUSR2);
    check_console();
}
