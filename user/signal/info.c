/* The siginfo of each cause: who sent it, and what happened (sigaction(2)). Those of children are
 * in child.c, those of timers in timer.c, faults in fault.c. */
#include "signals.h"

enum { KERNEL_INFO_BYTES = 48 };

static bool info_is(int code, int pid)
{
    const struct abi_siginfo *info = &caught[0].info;

    return caught_count == 1 && info->si_signo == caught[0].signal && info->si_errno == 0 &&
           info->si_code == code && info->si_pid == pid && info->si_uid == 0;
}

static int parent_of_sender;

static int sends_to_parent(uint64_t signal)
{
    sys_kill(parent_of_sender, (int)signal);
    return 0;
}

static int queues_to_parent(uint64_t signal)
{
    queue_signal(parent_of_sender, (int)signal, 0x123456789abcdef0);
    return 0;
}

static int sends_to_thread(uint64_t signal)
{
    sys_tgkill(parent_of_sender, parent_of_sender, (int)signal);
    return 0;
}

static void check_from_child(void)
{
    int self_pid = (int)sys_getpid();

    parent_of_sender = self_pid;
    forget_caught();
    int child = start_fork(sends_to_parent, SIGUSR1);
    await(child);
    check(info_is(SI_USER, child), "info: kill: SI_USER and the sender's PID");
    forget_caught();
    child = start_fork(sends_to_thread, SIGUSR1);
    await(child);
    check(info_is(SI_TKILL, child), "info: tgkill: SI_TKILL and the sender's PID");
    forget_caught();
    child = start_fork(queues_to_parent, SIGUSR1);
    await(child);
    check(info_is(SI_QUEUE, child), "info: sigqueue: SI_QUEUE and the sender's PID");
    check_is((long)caught[0].info.si_value, 0x123456789abcdef0, "info: and the value");
}

static void check_from_self(void)
{
    int self_pid = (int)sys_getpid();
    struct abi_siginfo info, other;

    forget_caught();
    raise_process(SIGUSR1);
    check(info_is(SI_USER, self_pid), "info: kill of oneself: SI_USER");
    forget_caught();
    raise_thread(SIGUSR1);
    check(info_is(SI_TKILL, self_pid), "info: tgkill of oneself: SI_TKILL");
    forget_caught();
    sys_tkill(self_pid, SIGUSR1);
    check(info_is(SI_TKILL, self_pid), "info: tkill too");

    memset(&info, 0x5a, sizeof(info));
    info.si_code = -77;
    check_is(CALL(NR_RT_SIGQUEUEINFO, self_pid, SIGUSR1, &info), -E2BIG,
             "info: with an unknown code what no kernel has a use for must be 0");
    memset((char *)&info + KERNEL_INFO_BYTES, 0, sizeof(info) - KERNEL_INFO_BYTES);
    other = info;
    forget_caught();
    CALL(NR_RT_SIGQUEUEINFO, self_pid, SIGUSR1, &info);
    other.si_signo = SIGUSR1;
    check_is(caught_count, 1, "info: else any siginfo can be sent");
    check(memcmp((const char *)&caught[0].info, (const char *)&other, sizeof(other)) == 0,
          "info: and comes as it was sent, but with the true number");
    forget_caught();
    memset(&info, 0x5a, sizeof(info));
    info.si_code = SI_QUEUE;
    check_is(CALL(NR_RT_SIGQUEUEINFO, self_pid, SIGUSR1, &info), 0,
             "info: with SI_QUEUE it may be anything");
    check(caught[0].info.rest[KERNEL_INFO_BYTES - 28] == 0,
          "info: which does not come beyond 48 bytes");
    char *last = (char *)map_private(2 * PAGE) + PAGE - KERNEL_INFO_BYTES;
    memcpy(last, (const char *)&info, KERNEL_INFO_BYTES);
    sys_munmap(ADDR(last + KERNEL_INFO_BYTES), PAGE);
    check_is(CALL(NR_RT_SIGQUEUEINFO, self_pid, SIGUSR1, last), 0,
             "info: and those need not be there");
    forget_caught();
    info.si_code = SI_KERNEL;
    CALL(NR_RT_TGSIGQUEUEINFO, self_pid, self_pid, SIGUSR1, &info);
    check_is(caught[0].info.si_code, SI_KERNEL, "info: oneself may even be told the kernel's code");
}

static void check_from_kernel(void)
{
    int fds[2] = {-1, -1};
    const struct abi_itimerval once = {.it_value = {0, 1000}};

    forget_caught();
    catch_signal(SIGPIPE, 0);
    sys_pipe2(fds, 0);
    sys_close(fds[0]);
    check_is(sys_write(fds[1], "x", 1), -EPIPE, "info: a write to a pipe without readers");
    sys_close(fds[1]);
    check(info_is(SI_USER, (int)sys_getpid()), "info: gives SIGPIPE, as if sent by oneself");
    default_signal(SIGPIPE);
    forget_caught();
    catch_signal(SIGALRM, 0);
    CALL(NR_SETITIMER, ITIMER_REAL, &once, NULL);
    while (caught_count == 0)
        nap();
    check(info_is(SI_KERNEL, 0), "info: setitimer gives SIGALRM as SI_KERNEL");
    default_signal(SIGALRM);
}

void check_info(void)
{
    catch_signal(SIGUSR1, 0);
    check_from_child();
    check_from_self();
    default_signal(SIGUSR1);
    check_from_kernel();
}
