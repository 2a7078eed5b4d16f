/* Each call that waits: what it waits for, and how that comes. */
#include "interrupt.h"

enum {
    PIPE_BYTES = 65536,
    USED_MS = 46, /* what Linux adds until its next tick makes it about 50 */
};

static char bytes[2 * PIPE_BYTES];

static void note_left(const struct abi_timespec *left)
{
    if (left->tv_sec != 77)
        shared->left_ms = (left->tv_sec * 1000 + (left->tv_nsec + 5000000) / 1000000) / 10 * 10;
}

/* ---- pipes ---- */

static void make_pipe(void)
{
    sys_pipe2(shared->fds, 0);
}

static void make_full_pipe(void)
{
    sys_pipe2(shared->fds, 0);
    sys_write(shared->fds[1], bytes, PIPE_BYTES);
}

static void close_pipe(void)
{
    sys_close(shared->fds[0]);
    sys_close(shared->fds[1]);
}

static long read_pipe(uint64_t mask)
{
    (void)mask;
    return sys_read(shared->fds[0], bytes, 10);
}

static long readv_pipe(uint64_t mask)
{
    struct abi_iovec parts[2] = {{ADDR(bytes), 1}, {ADDR(bytes + 1), 5}};

    (void)mask;
    return sys_readv(shared->fds[0], parts, 2);
}

static void write_three(int pid)
{
    (void)pid;
    sys_write(shared->fds[1], "abc", 3);
}

static long write_pipe(uint64_t mask)
{
    (void)mask;
    return sys_write(shared->fds[1], bytes, 10);
}

static long write_twice_a_pipe(uint64_t mask)
{
    (void)mask;
    return sys_write(shared->fds[1], bytes, sizeof(bytes));
}

static long writev_pipe(uint64_t mask)
{
    struct abi_iovec parts[2] = {{ADDR(bytes), 1}, {ADDR(bytes + 1), 5}};

    (void)mask;
    return sys_writev(shared->fds[1], parts, 2);
}

static long writev_twice_a_pipe(uint64_t mask)
{
    struct abi_iovec parts[2] = {{ADDR(bytes), 1}, {ADDR(bytes + 1), sizeof(bytes) - 1}};

    (void)mask;
    return sys_writev(shared->fds[1], parts, 2);
}

static void read_all(int pid)
{
    (void)pid;
    sys_fcntl(shared->fds[0], F_SETFL, O_NONBLOCK);
    for (unsigned i = 0; i < 4; i++) {
        sys_read(shared->fds[0], bytes, sizeof(bytes));
        nap(); /* the writer goes on in between */
    }
}

/* ---- children ---- */

static int waits_for_end(uint64_t unused)
{
    (void)unused;
    set_mask(0);
    while (!shared->go)
        sleep_ms(5);
    return 7;
}

static long wait_four(uint64_t mask)
{
    int status = 0, child = start_fork(waits_for_end, 0);

    (void)mask;
    long got = sys_wait4(child, &status, 0, NULL);
    return got < 0 ? got : status;
}

static long wait_id(uint64_t mask)
{
    struct abi_siginfo info = {.si_signo = 0};
    int child = start_fork(waits_for_end, 0);

    (void)mask;
    long got = sys_waitid(P_PID, child, &info, WEXITED, NULL);
    return got < 0 ? got : info.si_status;
}

static long wait_vfork(uint64_t mask)
{
    (void)mask;
    return start_vfork(waits_for_end, 0) > 0;
}

static void let_go(int pid)
{
    (void)pid;
    shared->go = 1;
}

/* ---- time ---- */

static long sleep_for(uint64_t mask)
{
    struct abi_timespec time = ms(SLEEP_MS), left = {77, 0};

    (void)mask;
    long result = sys_nanosleep(&time, &left);
    note_left(&left);
    return result;
}

static long clock_sleep(uint64_t mask)
{
    struct abi_timespec time = ms(SLEEP_MS), left = {77, 0};

    (void)mask;
    long result = CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, 0, &time, &left);
    note_left(&left);
    return result;
}

static struct abi_timespec sleep_end(void)
{
    struct abi_timespec time = {0, 0};

    sys_clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_nsec += (int64_t)SLEEP_MS * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static long sleep_until(uint64_t mask)
{
    struct abi_timespec time = sleep_end(), left = {77, 0};

    (void)mask;
    long result = CALL(NR_CLOCK_NANOSLEEP, CLOCK_MONOTONIC, TIMER_ABSTIME, &time, &left);
    note_left(&left);
    return result;
}

/* The clock of the time that the process uses which looks on: the parent, that sleeps till then. */
static int clock_of_parent(void)
{
    return ~(int)sys_getppid() * 8 + 2; /* CPUCLOCK_SCHED, clock_getcpuclockid(3) */
}

static long clock_sleep_used(uint64_t mask)
{
    struct abi_timespec time = ms(USED_MS), left = {77, 0};

    (void)mask;
    long result = CALL(NR_CLOCK_NANOSLEEP, clock_of_parent(), 0, &time, &left);
    note_left(&left);
    return result;
}

static long sleep_until_used(uint64_t mask)
{
    struct abi_timespec time = {0, 0}, left = {77, 0};
    const int clock = clock_of_parent();

    (void)mask;
    CALL(NR_CLOCK_GETTIME, clock, &time);
    time.tv_nsec += (int64_t)USED_MS * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    long result = CALL(NR_CLOCK_NANOSLEEP, clock, TIMER_ABSTIME, &time, &left);
    note_left(&left);
    return result;
}

/* Uses the time that it waits for, and leaves it its turn. */
static void use_time(int pid)
{
    (void)pid;
    for (int64_t began = now_ns(); !shared->returned && now_ns() - began < 100000000;) {
        for (volatile int i = 0; i < 1000; i++)
            ;
        sys_sched_yield();
    }
}

static void make_timer(void)
{
    struct abi_itimerspec time = {{0, 0}, ms(SLEEP_MS)};

    shared->fds[0] = (int)CALL(NR_TIMERFD_CREATE, CLOCK_MONOTONIC, 0);
    CALL(NR_TIMERFD_SETTIME, shared->fds[0], 0, &time, NULL);
}

static long read_timer(uint64_t mask)
{
    uint64_t count = 0;
    long got = sys_read(shared->fds[0], &count, sizeof(count));

    (void)mask;
    return got < 0 ? got : (long)count;
}

static void close_one(void)
{
    sys_close(shared->fds[0]);
}

/* ---- futexes ---- */

static long futex_wait(uint64_t mask)
{
    (void)mask;
    return CALL(NR_FUTEX, &shared->word, FUTEX_WAIT, 0, NULL);
}

static long futex_wait_for(uint64_t mask)
{
    struct abi_timespec time = ms(SLEEP_MS);

    (void)mask;
    return CALL(NR_FUTEX, &shared->word, FUTEX_WAIT, 0, &time);
}

static long futex_wait_until(uint64_t mask)
{
    struct abi_timespec time = sleep_end();

    (void)mask;
    return CALL(NR_FUTEX, &shared->word, FUTEX_WAIT_BITSET, 0, &time, 0, 1);
}

static void futex_wake(int pid)
{
    (void)pid;
    shared->word = 1;
    CALL(NR_FUTEX, &shared->word, FUTEX_WAKE, 1);
}

/* ---- signals ---- */

static long suspend(uint64_t mask)
{
    catch_signal(RELEASE_SIGNAL, 0);
    return CALL(NR_RT_SIGSUSPEND, &mask, 8);
}

static long wait_signal_forever(uint64_t mask)
{
    uint64_t set = bit(RELEASE_SIGNAL);

    (void)mask;
    block(set);
    return CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, NULL, 8);
}

static long wait_signal_for(uint64_t mask)
{
    struct abi_timespec time = ms(SLEEP_MS);
    uint64_t set = bit(RELEASE_SIGNAL);

    (void)mask;
    block(set);
    return CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, &time, 8);
}

static long read_signals(uint64_t mask)
{
    uint64_t set = bit(RELEASE_SIGNAL);
    int fd = (int)CALL(NR_SIGNALFD4, -1, &set, 8, 0);

    (void)mask;
    block(set);
    return sys_read(fd, bytes, sizeof(bytes));
}

static void send_release(int pid)
{
    if (!shared->returned)
        sys_kill(pid, RELEASE_SIGNAL);
}

const struct waiting_call waiting_calls[] = {
    {"read-pipe", make_pipe, read_pipe, write_three, close_pipe},
    {"readv-pipe", make_pipe, readv_pipe, write_three, close_pipe},
    {"write-pipe", make_full_pipe, write_pipe, read_all, close_pipe},
    {"write-long", make_pipe, write_twice_a_pipe, read_all, close_pipe},
    {"writev-pipe", make_full_pipe, writev_pipe, read_all, close_pipe},
    {"writev-long", make_pipe, writev_twice_a_pipe, read_all, close_pipe},
    {"wait4", NULL, wait_four, let_go, NULL},
    {"waitid", NULL, wait_id, let_go, NULL},
    {"vfork", NULL, wait_vfork, let_go, NULL},
    {"nanosleep", NULL, sleep_for, NULL, NULL},
    {"clock_nanosleep", NULL, clock_sleep, NULL, NULL},
    {"clock_nanosleep-until", NULL, sleep_until, NULL, NULL},
    {"clock_nanosleep-used", NULL, clock_sleep_used, use_time, NULL},
    {"clock_nanosleep-used-until", NULL, sleep_until_used, use_time, NULL},
    {"timerfd", make_timer, read_timer, NULL, close_one},
    {"futex", NULL, futex_wait, futex_wake, NULL},
    {"futex-for", NULL, futex_wait_for, futex_wake, NULL},
    {"futex-timeout", NULL, futex_wait_for, NULL, NULL},
    {"futex-until", NULL, futex_wait_until, NULL, NULL},
    {"sigsuspend", NULL, suspend, send_release, NULL},
    {"sigtimedwait", NULL, wait_signal_forever, send_release, NULL},
    {"sigtimedwait-for", NULL, wait_signal_for, send_release, NULL},
    {"sigtimedwait-timeout", NULL, wait_signal_for, NULL, NULL},
    {"signalfd", NULL, read_signals, send_release, NULL},
};
const unsigned waiting_call_count = COUNT(waiting_calls);
