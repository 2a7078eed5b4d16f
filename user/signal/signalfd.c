/* signalfd(2). */
#include "signals.h"

static int make(int fd, uint64_t set, int flags)
{
    return (int)CALL(NR_SIGNALFD4, fd, &set, 8, flags);
}

static void check_reads(void)
{
    struct abi_signalfd_siginfo info[4] = {{0}};
    uint64_t set = bit(SIGUSR1) | bit(40) | bit(SIGCHLD);
    int fd = make(-1, set, SFD_NONBLOCK | SFD_CLOEXEC), self_pid = (int)sys_getpid();

    block(set);
    check(fd >= 0, "signalfd: one can be made");
    check_is(sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "signalfd: with SFD_CLOEXEC");
    check_is(sys_read(fd, info, sizeof(info)), -EAGAIN, "signalfd: nothing is pending: EAGAIN");
    raise_process(SIGUSR1);
    check_is(sys_read(fd, info, sizeof(info)), 128, "signalfd: a signal is 128 bytes");
    check(info[0].ssi_signo == SIGUSR1 && info[0].ssi_code == SI_USER &&
              info[0].ssi_pid == (uint32_t)self_pid && info[0].ssi_uid == 0,
          "signalfd: which say who sent it");
    check_is((long)pending_now(), 0, "signalfd: and it is taken");
    queue_signal(self_pid, 40, 0x123456789);
    queue_signal(self_pid, 40, 2);
    raise_process(SIGUSR1);
    check_is(sys_read(fd, info, sizeof(info)), 3 * 128, "signalfd: three signals");
    check(info[0].ssi_signo == SIGUSR1 && info[1].ssi_signo == 40 && info[2].ssi_signo == 40,
          "signalfd: in their order");
    check(info[1].ssi_ptr == 0x123456789 && info[1].ssi_int == 0x23456789 &&
              info[1].ssi_code == SI_QUEUE,
          "signalfd: with their values");
    raise_thread(SIGUSR1);
    raise_process(SIGUSR1);
    check_is(sys_read(fd, info, 200), 128, "signalfd: as many as there is room for");
    check_is(info[0].ssi_code, SI_TKILL, "signalfd: the thread's own first");
    check_is(sys_read(fd, info, 200), 128, "signalfd: then the process's");
    check_is(sys_read(fd, info, 127), -EINVAL, "signalfd: room for none gives EINVAL");
    raise_process(SIGWINCH);
    set_mask(0);
    sys_close(fd);
}

static int answers(uint64_t status)
{
    return (int)status;
}

static int sends_soon(uint64_t signal)
{
    settle();
    sys_kill((int)sys_getppid(), (int)signal);
    return 0;
}

static void check_waits(void)
{
    struct abi_signalfd_siginfo info = {0};
    int fd = make(-1, bit(SIGUSR1), 0);

    block(bit(SIGUSR1) | bit(SIGUSR2) | bit(SIGCHLD));
    int child = start_fork(sends_soon, SIGUSR1);
    check_is(sys_read(fd, &info, sizeof(info)), 128, "signalfd: a read waits");
    check_is(info.ssi_pid, child, "signalfd: for a signal that comes");
    await(child);
    check_is(make(fd, bit(SIGCHLD), 0), fd, "signalfd: its set can be changed");
    struct abi_siginfo dropped;
    struct abi_timespec zero = {0, 0};
    uint64_t chld = bit(SIGCHLD);
    CALL(NR_RT_SIGTIMEDWAIT, &chld, &dropped, &zero, 8);
    child = start_fork(answers, 9);
    check_is(sys_read(fd, &info, sizeof(info)), 128, "signalfd: SIGCHLD");
    check(info.ssi_signo == SIGCHLD && info.ssi_code == CLD_EXITED && info.ssi_status == 9 &&
              info.ssi_pid == (uint32_t)child,
          "signalfd: tells the child's end");
    await(child);
    set_mask(0);
    sys_close(fd);
}

static int reads_own(uint64_t fd)
{
    struct abi_signalfd_siginfo info = {0};

    block(bit(SIGUSR1));
    raise_process(SIGUSR1);
    return sys_read((int)fd, &info, sizeof(info)) == 128 && info.ssi_pid == sys_getpid();
}

static void check_signalfd_errors(void)
{
    uint64_t set = bit(SIGUSR1);
    int fd = make(-1, set, 0);
    char bytes[128];

    check_is(run_fork(reads_own, (uint64_t)fd), exited(1),
             "signalfd: in a child it is the child's");
    check_is(make(-1, set, 1), -EINVAL, "signalfd: an unknown flag gives EINVAL");
    check_is(make(99, set, 0), -EBADF, "signalfd: a descriptor that is none gives EBADF");
    check_is(make(0, set, 0), -EINVAL, "signalfd: one of something else gives EINVAL");
    check_is(CALL(NR_SIGNALFD4, -1, &set, 4, 0), -EINVAL, "signalfd: 4 bytes of a set: EINVAL");
    check_is(CALL(NR_SIGNALFD4, -1, BAD_ADDRESS, 8, 0), -EFAULT, "signalfd: a bad address: EFAULT");
    check_is(sys_write(fd, bytes, 128), -EINVAL, "signalfd: a write gives EINVAL");
    sys_close(fd);
    fd = make(-1, bit(SIGKILL) | bit(SIGSTOP), SFD_NONBLOCK);
    check_is(sys_read(fd, bytes, 128), -EAGAIN, "signalfd: SIGKILL and SIGSTOP are passed over");
    sys_close(fd);
}

void check_signalfd(void)
{
    check_reads();
    check_waits();
    check_signalfd_errors();
}
