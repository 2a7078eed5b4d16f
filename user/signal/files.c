/* Files of signals and of processes at their bounds: signalfd(2), pidfd_open(2), waitid(2). */
#include "signals.h"

static int make(int fd, uint64_t set, int flags)
{
    return (int)CALL(NR_SIGNALFD4, fd, &set, 8, flags);
}

static int open_pidfd(int pid, unsigned flags)
{
    return (int)CALL(NR_PIDFD_OPEN, pid, flags);
}

static int answers(uint64_t value)
{
    return (int)value;
}

/* ---- signalfd(2) ---- */

static void check_signalfd_calls(void)
{
    struct abi_signalfd_siginfo info[2] = {{0}};
    struct abi_iovec ranges[2] = {{ADDR(&info[0]), 128}, {ADDR(&info[1]), 128}};
    uint64_t set = bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGKILL);
    int fd = make(-1, set, SFD_NONBLOCK);

    block(bit(SIGUSR1) | bit(SIGUSR2));
    check_is(make(-2, set, 0), -EBADF, "files: descriptor -2 is none");
    check_is(CALL(NR_SIGNALFD4, 99, &set, 16, 0), -EINVAL, "files: a set has 8 bytes");
    check_is(sys_read(fd, info, 0), -EINVAL, "files: of a signal no byte is too few");
    check_is(CALL(NR_PREAD64, fd, info, 128, 0), -ESPIPE, "files: and pread is not for it");
    check_is(sys_lseek(fd, 5, SEEK_SET), 0, "files: lseek does nothing");
    raise_process(SIGUSR1);
    check_is(sys_read(fd, (void *)BAD_ADDRESS, 128), -EFAULT, "files: a bad address gives EFAULT");
    (void)sys_read(fd, info, 128);
    raise_process(SIGUSR1);
    raise_process(SIGUSR2);
    check_is(CALL(NR_READV, fd, ranges, 2), 256, "files: two ranges take two signals");
    check(info[0].ssi_signo == SIGUSR1 && info[1].ssi_signo == SIGUSR2, "files: one each");
    ranges[0].iov_len = 200;
    raise_process(SIGUSR1);
    raise_process(SIGUSR2);
    check_is(CALL(NR_READV, fd, ranges, 2), 128, "files: one that is not filled is the last");
    check_is(make(fd, 0, 0), fd, "files: its set can be empty");
    check_is(sys_read(fd, info, 128), -EAGAIN, "files: then there is nothing");
    check_is(make(fd, set, 0), fd, "files: flags are for new ones:");
    check_is(sys_read(fd, info, 128), 128, "files: it waits as before, or not");
    sys_fcntl(fd, F_SETFL, 0);
    raise_process(SIGUSR1);
    check_is(sys_read(fd, info, 128), 128, "files: without O_NONBLOCK what is there is read");
    sys_close(fd);
    unblock(bit(SIGUSR1) | bit(SIGUSR2));
}

static void check_signalfd_of_timer(void)
{
    struct abi_signalfd_siginfo info = {0};
    struct abi_sigevent event = {.sigev_signo = 41, .sigev_value = 0x123456789};
    struct abi_itimerspec every = {ms(10), ms(10)};
    int fd = make(-1, bit(41), SFD_NONBLOCK), id = -1;

    block(bit(41));
    CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, &event, &id);
    CALL(NR_TIMER_SETTIME, id, 0, &every, NULL);
    sleep_ms(35);
    check_is(sys_read(fd, &info, 128), 128, "files: a timer's signal");
    check(info.ssi_code == SI_TIMER && info.ssi_tid == (uint32_t)id, "files: says whose it is");
    check_is(info.ssi_overrun, 2, "files: how often it was more");
    check(info.ssi_ptr == 0x123456789 && info.ssi_int == 0x23456789, "files: and its value");
    check_is(CALL(NR_TIMER_GETOVERRUN, id), 2, "files: which timer_getoverrun says, too");
    sleep_ms(10);
    check_is(sys_read(fd, &info, 128), 128, "files: it goes on when it was read");
    CALL(NR_TIMER_DELETE, id);
    sys_close(fd);
    unblock(bit(41));
}

/* A signal that is not blocked is delivered, and not read. */
static void check_signalfd_unblocked(void)
{
    struct abi_signalfd_siginfo info = {0};
    int fd = make(-1, bit(SIGUSR1), SFD_NONBLOCK);

    forget_caught();
    catch_signal(SIGUSR1, 0);
    raise_process(SIGUSR1);
    check(caught_only(1, SIGUSR1), "files: what is not blocked is caught");
    check_is(sys_read(fd, &info, 128), -EAGAIN, "files: and not read");
    ignore_signal(SIGUSR1);
    block(bit(SIGUSR1));
    raise_process(SIGUSR1);
    check_is(sys_read(fd, &info, 128), 128, "files: what is ignored, and blocked, is");
    unblock(bit(SIGUSR1));
    default_signal(SIGUSR1);
    sys_close(fd);
}

static int reads_what_is_ignored(uint64_t unused)
{
    struct abi_signalfd_siginfo info = {0};
    int fd = make(-1, bit(SIGCHLD), 0);

    (void)unused;
    start_fork(answers, 1);
    return sys_read(fd, &info, sizeof(info)) == sizeof(info);
}

/* Unless it is traced. */
static void check_signalfd_ignored(void)
{
    int child = start_fork(reads_what_is_ignored, 0);

    settle();
    settle();
    sys_kill(child, SIGKILL);
    check_is(await(child), SIGKILL, "files: what is ignored, and not blocked, wakes no reader");
}

/* ---- pidfd_open(2) ---- */

static int asks_parent(uint64_t fd)
{
    struct abi_siginfo info = {0};

    return (int)-sys_waitid(P_PIDFD, (int)fd, &info, WEXITED, NULL);
}

static void check_pidfd_calls(void)
{
    struct abi_siginfo info = {0};
    char byte;
    int own = open_pidfd((int)sys_getpid(), 0);
    int child = start_fork(sleeps_long, 0), fd = open_pidfd(child, PIDFD_NONBLOCK);

    check_is(sys_read(own, &byte, 1), -EINVAL, "files: of a process there is nothing to read");
    check_is(sys_write(own, &byte, 1), -EINVAL, "files: nor to write");
    check_is(sys_lseek(own, 0, SEEK_SET), -ESPIPE, "files: nor to seek");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, own, 0, BAD_ADDRESS, 0), -EFAULT,
             "files: a bad address of a siginfo gives EFAULT");
    info = (struct abi_siginfo){.si_signo = 0, .si_code = SI_TKILL};
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, own, 0, &info, 0), 0, "files: SI_TKILL to oneself");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, 0, &info, 0), -EPERM, "files: but to no other");
    info.si_code = SI_KERNEL;
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, own, 0, &info, 0), 0, "files: SI_KERNEL too");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, 0, &info, 0), -EPERM, "files: and it");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, own, -1, NULL, 0), -EINVAL, "files: signal -1 is none");
    check_is(sys_waitid(P_PIDFD, own, &info, WEXITED, NULL), -ECHILD, "files: to wait for oneself");
    check_is(run_fork(asks_parent, (uint64_t)fd), exited(ECHILD), "files: or for a brother");
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG, NULL), 0,
             "files: with WNOHANG PIDFD_NONBLOCK is nothing");
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), -EAGAIN, "files: without it EAGAIN");
    check_is(sys_waitid(P_PIDFD, fd, &info, 0, NULL), -EINVAL, "files: waiting for nothing");
    check_is(sys_fcntl(fd, F_SETFL, 0), 0, "files: O_NONBLOCK can be taken off");
    CALL(NR_PIDFD_SEND_SIGNAL, fd, SIGKILL, NULL, 0);
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED | WNOWAIT, NULL), 0, "files: then it waits");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, SIGTERM, NULL, 0), 0, "files: a zombie takes signals");
    check_is(await(child), SIGKILL, "files: which are nothing to it");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, 65, NULL, 0), -ESRCH, "files: of nobody, signal 65");
    info = (struct abi_siginfo){.si_signo = SIGTERM, .si_code = SI_USER};
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, SIGTERM, &info, 0), -EPERM, "files: SI_USER");
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), -ECHILD, "files: and to wait for it");
    sys_close(fd);
    sys_close(own);
}

/* ---- clone3(2) with set_tid ---- */

static long clone_as(const int *tids, uint64_t count)
{
    struct abi_clone_args args = {.exit_signal = SIGCHLD};

    args.set_tid = ADDR(tids);
    args.set_tid_size = count;
    return start_clone3(&args, sizeof(args), answers, 3);
}

static void check_set_tid(void)
{
    int tids[40] = {3000};

    check_is(clone_as(tids, 1), 3000, "files: a child with a number of one's choice");
    check_is(clone_as(tids, 1), -EEXIST, "files: which is taken until it was waited for");
    check_is(await(3000), exited(3), "files: it ends");
    check_is(clone_as(tids, 1), 3000, "files: then it can be had again");
    await(3000);
    tids[0] = (int)sys_getpid();
    check_is(clone_as(tids, 1), -EEXIST, "files: one's own is taken");
    tids[0] = 0;
    check_is(clone_as(tids, 1), -EINVAL, "files: 0 is no number");
    tids[0] = -5;
    check_is(clone_as(tids, 1), -EINVAL, "files: nor is -5");
    tids[0] = 1 << 30;
    check_is(clone_as(tids, 1), -EINVAL, "files: nor is one too high");
    tids[0] = 3001;
    check_is(clone_as(tids, 0), -EINVAL, "files: numbers, and none of them");
    check_is(clone_as(NULL, 1), -EINVAL, "files: or one that is nowhere");
    check_is(clone_as((const int *)BAD_ADDRESS, 1), -EFAULT, "files: or at a bad address");
    check_is(clone_as(tids, 2), -EINVAL, "files: two, in one namespace");
    check_is(clone_as(tids, 33), -EINVAL, "files: more than there are namespaces");
    check_is(sys_wait4(-1, NULL, 0, NULL), -ECHILD, "files: none of these is a child");
}

void check_files(void)
{
    check_signalfd_calls();
    check_signalfd_of_timer();
    check_signalfd_unblocked();
    check_signalfd_ignored();
    check_pidfd_calls();
    check_set_tid();
}
