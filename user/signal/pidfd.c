/* pidfd_open(2), pidfd_send_signal(2), clone(2) with CLONE_PIDFD, waitid(2) with P_PIDFD. */
#include "signals.h"

static int open_pidfd(int pid, unsigned flags)
{
    return (int)CALL(NR_PIDFD_OPEN, pid, flags);
}

static long send(int fd, int signal, const struct abi_siginfo *info)
{
    return CALL(NR_PIDFD_SEND_SIGNAL, fd, signal, info, 0);
}

static int answers(uint64_t value)
{
    return (int)value;
}

static void check_send(void)
{
    struct abi_siginfo info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE, .si_value = 77};
    int child = start_fork(sleeps_long, 0), fd = open_pidfd(child, 0);
    int own = open_pidfd((int)sys_getpid(), 0);

    check(fd >= 0 && own >= 0, "pidfd: a process can be opened");
    check_is(sys_fcntl(fd, F_GETFD, 0), FD_CLOEXEC, "pidfd: it closes on exec");
    check_is(send(fd, 0, NULL), 0, "pidfd: signal 0 asks");
    forget_caught();
    catch_signal(SIGUSR1, 0);
    check_is(send(own, SIGUSR1, NULL), 0, "pidfd: a signal to oneself");
    check(caught_only(1, SIGUSR1) && caught[0].info.si_code == SI_USER &&
              caught[0].info.si_pid == sys_getpid(),
          "pidfd: comes as SI_USER");
    forget_caught();
    check_is(send(own, SIGUSR1, &info), 0, "pidfd: with a siginfo");
    check(caught_count == 1 && caught[0].info.si_code == SI_QUEUE && caught[0].info.si_value == 77,
          "pidfd: as that says");
    check_is(send(own, SIGUSR2, &info), -EINVAL, "pidfd: whose number must be the same: EINVAL");
    info.si_code = SI_USER;
    check_is(send(fd, SIGUSR1, &info), -EPERM, "pidfd: to another SI_USER is EPERM");
    check_is(send(fd, 65, NULL), -EINVAL, "pidfd: signal 65 gives EINVAL");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, 0, NULL, 1), -EINVAL, "pidfd: a flag gives EINVAL");
    check_is(send(99, 0, NULL), -EBADF, "pidfd: no descriptor gives EBADF");
    check_is(send(0, 0, NULL), -EBADF, "pidfd: one of something else too");
    send(fd, SIGTERM, NULL);
    check_is(await(child), SIGTERM, "pidfd: a child is ended");
    check_is(send(fd, 0, NULL), -ESRCH, "pidfd: which then is nobody, whoever has its number");
    sys_close(fd);
    sys_close(own);
    default_signal(SIGUSR1);
}

static void check_open_errors(void)
{
    check_is(open_pidfd(NO_PROCESS, 0), -ESRCH, "pidfd: nobody gives ESRCH");
    check_is(open_pidfd(0, 0), -EINVAL, "pidfd: process 0 gives EINVAL");
    check_is(open_pidfd(-1, 0), -EINVAL, "pidfd: so does -1");
    check_is(open_pidfd(1, 1), -EINVAL, "pidfd: so does an unknown flag");
    int child = start_fork(answers, 1);
    await_end(child);
    int fd = open_pidfd(child, 0);
    check(fd >= 0, "pidfd: a zombie can be opened");
    check_is(send(fd, 0, NULL), 0, "pidfd: and be sent a signal");
    await(child);
    check_is(open_pidfd(child, 0), -ESRCH, "pidfd: but not once it was waited for");
    sys_close(fd);
}

static void check_wait_by_pidfd(void)
{
    struct abi_siginfo info = {0};
    int child = start_fork(answers, 6), fd = open_pidfd(child, 0);

    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), 0, "pidfd: waitid takes one");
    check(info.si_pid == child && info.si_status == 6, "pidfd: and tells of its process");
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), -ECHILD, "pidfd: once");
    sys_close(fd);
    check_is(sys_waitid(P_PIDFD, 99, &info, WEXITED, NULL), -EBADF, "pidfd: none gives EBADF");
    check_is(sys_waitid(P_PIDFD, -1, &info, WEXITED, NULL), -EINVAL, "pidfd: -1 gives EINVAL");
    child = start_fork(sleeps_long, 0);
    fd = open_pidfd(child, PIDFD_NONBLOCK);
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), -EAGAIN,
             "pidfd: with PIDFD_NONBLOCK waitid gives EAGAIN");
    send(fd, SIGKILL, NULL);
    await(child);
    sys_close(fd);
}

static void check_clone_pidfd(void)
{
    struct abi_siginfo info = {0};
    int fd = -1;
    struct start how = {.flags = CLONE_PIDFD | SIGCHLD, .parent_tid = &fd};
    int child = start_clone(&how, answers, 8);

    check(child > 0 && fd >= 0, "pidfd: clone with CLONE_PIDFD gives one");
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), 0, "pidfd: to wait by");
    check_is(info.si_pid, child, "pidfd: of the child");
    sys_close(fd);
    how.flags |= CLONE_PARENT_SETTID;
    check_is(start_clone(&how, answers, 8), -EINVAL,
             "pidfd: with CLONE_PARENT_SETTID the place is taken: EINVAL");
    how.flags = CLONE_PIDFD | CLONE_DETACHED | SIGCHLD;
    check_is(start_clone(&how, answers, 8), -EINVAL, "pidfd: with CLONE_DETACHED: EINVAL");
    how = (struct start){.flags = CLONE_PIDFD | SIGCHLD, .parent_tid = (int *)BAD_ADDRESS};
    check_is(start_clone(&how, answers, 8), -EFAULT, "pidfd: a bad address gives EFAULT");
    check_is(sys_wait4(-1, NULL, 0, NULL), -ECHILD, "pidfd: and no child");
    struct abi_clone_args args = {.flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
                                  .exit_signal = SIGCHLD};
    int tid = 0;
    args.pidfd = ADDR(&fd);
    args.parent_tid = ADDR(&tid);
    child = start_clone3(&args, sizeof(args), answers, 8);
    check(child > 0 && tid == child, "pidfd: clone3 has a place for both");
    check_is(sys_waitid(P_PIDFD, fd, &info, WEXITED, NULL), 0, "pidfd: and gives one too");
    sys_close(fd);
}

void check_pidfd(void)
{
    check_send();
    check_open_errors();
    check_wait_by_pidfd();
    check_clone_pidfd();
}
