/* si_uid, sigaction(2): the real user of who has sent a signal. */
#include "users.h"

static int main_pid;

static int kills(uint64_t unused)
{
    (void)unused;
    become(7, 0, 7);
    sys_kill(main_pid, SIGUSR1);
    return 0;
}

static int kills_thread(uint64_t unused)
{
    (void)unused;
    become(7, 0, 9);
    sys_tgkill(main_pid, main_pid, SIGUSR1);
    return 0;
}

static int queues(uint64_t unused)
{
    struct abi_siginfo info = {.si_signo = SIGUSR1, .si_code = SI_QUEUE, .si_uid = 33};

    (void)unused;
    become(7, 0, 9);
    CALL(NR_RT_SIGQUEUEINFO, main_pid, SIGUSR1, &info);
    return 0;
}

static int sends_by_pidfd(uint64_t unused)
{
    int fd = (int)CALL(NR_PIDFD_OPEN, main_pid, 0);

    (void)unused;
    become(7, 0, 9);
    CALL(NR_PIDFD_SEND_SIGNAL, fd, SIGUSR1, NULL, 0);
    return 0;
}

/* Who has sent SIGUSR1, as a child has done it. */
static void check_sender(child_function run, int user, const char *what)
{
    forget_caught();
    catch_signal(SIGUSR1, SA_RESTART); /* or the wait for the child ends */
    run_fork(run, 0);
    check(caught_only(1, SIGUSR1) && (int)caught[0].info.si_uid == user, what);
    default_signal(SIGUSR1);
}

static int ends(uint64_t unused)
{
    (void)unused;
    become(7, 8, 9);
    return 5;
}

static int stops(uint64_t unused)
{
    (void)unused;
    become(7, 8, 9);
    sys_kill((int)sys_getpid(), SIGSTOP);
    return 5;
}

static void check_children(void)
{
    struct abi_siginfo info = {0};

    forget_caught();
    catch_signal(SIGCHLD, 0);
    int pid = start_fork(ends, 0);
    await_end(pid);
    settle();
    check(caught_only(1, SIGCHLD) && caught[0].info.si_uid == 7, "si_uid: of an end");
    sys_waitid(P_PID, pid, &info, WEXITED, NULL);
    check(info.si_pid == pid && info.si_uid == 7, "si_uid: of waitid");
    forget_caught();
    pid = start_fork(stops, 0);
    sys_waitid(P_PID, pid, &info, WSTOPPED, NULL);
    check(info.si_uid == 7, "si_uid: of waitid for a stop");
    settle();
    check(caught_only(1, SIGCHLD) && caught[0].info.si_uid == 7, "si_uid: of a stop");
    default_signal(SIGCHLD);
    sys_kill(pid, SIGCONT);
    await(pid);
}

static int own_pipe(uint64_t unused)
{
    int fds[2] = {-1, -1};

    (void)unused;
    become(7, 8, 9);
    forget_caught();
    catch_signal(SIGPIPE, 0);
    sys_pipe2(fds, 0);
    sys_close(fds[0]);
    sys_write(fds[1], "x", 1);
    return caught_only(1, SIGPIPE) && caught[0].info.si_uid == 7;
}

static int reads_signal(uint64_t unused)
{
    const uint64_t set = 1ull << (SIGUSR1 - 1);
    struct abi_signalfd_siginfo info = {0};

    (void)unused;
    block(set);
    become(7, 8, 9);
    int fd = (int)CALL(NR_SIGNALFD4, -1, &set, sizeof(set), 0);
    sys_kill((int)sys_getpid(), SIGUSR1);
    return sys_read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_uid == 7;
}

void check_info(void)
{
    main_pid = (int)sys_getpid();
    check_sender(kills, 7, "si_uid: of kill it is the real user of the sender");
    check_sender(kills_thread, 7, "si_uid: so it is of tgkill");
    check_sender(sends_by_pidfd, 7, "si_uid: and of pidfd_send_signal");
    check_sender(queues, 33, "si_uid: of rt_sigqueueinfo it is what the sender says");
    check_children();
    check_is(run_fork(own_pipe, 0), exited(1), "si_uid: of SIGPIPE it is the writer's");
    check_is(run_fork(reads_signal, 0), exited(1), "si_uid: ssi_uid of a signalfd is the same");
}
