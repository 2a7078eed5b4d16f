/* kill(2) and its kin: who may send a signal to whom. */
#include "users.h"

/* The sender's IDs, those of whom it is sent to, and what comes of it. */
struct sending {
    const char *what;
    struct three own;
    struct three theirs;
    long result;
};

static const struct sending sendings[] = {
    {"kill: nothing in common gives EPERM", {1, 2, 3}, {4, 5, 6}, -EPERM},
    {"kill: the real one is their real one", {1, 2, 3}, {1, 5, 6}, 0},
    {"kill: the real one is their saved one", {1, 2, 3}, {4, 5, 1}, 0},
    {"kill: the effective one is their real one", {1, 2, 3}, {2, 5, 6}, 0},
    {"kill: the effective one is their saved one", {1, 2, 3}, {4, 5, 2}, 0},
    {"kill: their effective one does not count", {1, 2, 3}, {4, 1, 6}, -EPERM},
    {"kill: nor if it is the effective one", {1, 2, 3}, {4, 2, 6}, -EPERM},
    {"kill: the own saved one does not count", {1, 2, 3}, {3, 3, 3}, -EPERM},
    {"kill: the effective 0 may all", {1, 0, 3}, {4, 5, 6}, 0},
    {"kill: the real 0 may not", {0, 2, 3}, {4, 5, 6}, -EPERM},
    {"kill: nobody may to root", {1, 2, 3}, {0, 0, 0}, -EPERM},
};

static int target;

/* All ways to send must agree. */
static int sends(uint64_t index)
{
    const struct sending *sending = &sendings[index];
    struct abi_siginfo info = {.si_signo = SIGWINCH, .si_code = SI_QUEUE};
    int fd = (int)CALL(NR_PIDFD_OPEN, target, 0);

    become((unsigned)sending->own.real, (unsigned)sending->own.effective,
           (unsigned)sending->own.saved);
    if (sys_kill(target, 0) != sending->result || sys_kill(target, SIGWINCH) != sending->result)
        return 2;
    if (sys_kill(target, 65) != -EINVAL)
        return 3;
    if (sys_tkill(target, SIGWINCH) != sending->result ||
        sys_tgkill(target, target, SIGWINCH) != sending->result)
        return 4;
    if (CALL(NR_RT_SIGQUEUEINFO, target, SIGWINCH, &info) != sending->result ||
        CALL(NR_RT_TGSIGQUEUEINFO, target, target, SIGWINCH, &info) != sending->result)
        return 5;
    if (CALL(NR_PIDFD_SEND_SIGNAL, fd, SIGWINCH, NULL, 0) != sending->result)
        return 6;
    return 1;
}

static void check_pairs(void)
{
    for (unsigned i = 0; i < COUNT(sendings); i++) {
        target = start_three(&sendings[i].theirs);
        check_is(run_fork(sends, i), exited(1), sendings[i].what);
        end_child(target);
    }
}

static int continues(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    return sys_kill(target, SIGCONT) == 0 && sys_kill(target, SIGSTOP) == -EPERM;
}

static int continues_elsewhere(uint64_t unused)
{
    (void)unused;
    sys_setsid();
    become(1, 1, 1);
    return sys_kill(target, SIGCONT) == -EPERM;
}

static int asks_zombie(uint64_t pid)
{
    become(1, 1, 1);
    return sys_kill((int)pid, 0) == -EPERM && sys_kill((int)pid, SIGCONT) == 0;
}

static int ends_as_other(uint64_t unused)
{
    (void)unused;
    become(4, 4, 4);
    return 0;
}

static int self_as_other(uint64_t unused)
{
    (void)unused;
    become(1, 2, 3);
    return sys_kill((int)sys_getpid(), 0) == 0 && sys_tkill((int)sys_getpid(), 0) == 0;
}

static void check_few(void)
{
    target = start_user(4);
    check_is(run_fork(continues, 0), exited(1), "kill: SIGCONT goes to all of the session");
    check_is(run_fork(continues_elsewhere, 0), exited(1), "kill: and to no other");
    end_child(target);
    int pid = start_fork(ends_as_other, 0);
    await_end(pid);
    check_is(run_fork(asks_zombie, (uint64_t)pid), exited(1), "kill: a zombie has its user still");
    await(pid);
    check_is(run_fork(self_as_other, 0), exited(1), "kill: to oneself, always");
}

/* ---- groups and everybody ---- */

static int group;

static int sends_group(uint64_t wanted)
{
    become(1, 1, 1);
    return sys_kill(-group, SIGWINCH) == (long)wanted;
}

static int is_wrong_group(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    return sys_kill(-group, 65) == -EINVAL;
}

static int ends_all(uint64_t unused)
{
    (void)unused;
    become(77, 77, 77);
    return sys_kill(-1, SIGTERM) == 0;
}

static int asks_nobody(uint64_t unused)
{
    (void)unused;
    become(78, 78, 78);
    return sys_kill(-1, 0) == 0 && sys_kill(-1, SIGTERM) == 0 && sys_kill(-1, 65) == -EINVAL;
}

static void check_many(void)
{
    int first = start_user(4), second = start_user(5);

    group = first;
    sys_setpgid(first, first);
    sys_setpgid(second, first);
    check_is(run_fork(sends_group, (uint64_t)-EPERM), exited(1),
             "kill: to a group of others gives EPERM");
    int third = start_user(1);
    sys_setpgid(third, first);
    check_is(run_fork(sends_group, 0), exited(1), "kill: to a group it is enough to reach one");
    check_is(run_fork(is_wrong_group, 0), exited(1), "kill: to a group a wrong signal is EINVAL");
    end_child(third);
    third = start_user(77);
    int fourth = start_user(77);
    check_is(run_fork(asks_nobody, 0), exited(1),
             "kill: -1 passes over whom it may not reach, and that may be all");
    check_is(run_fork(ends_all, 0), exited(1), "kill: -1 goes to all that it may reach");
    check(await(third) == SIGTERM && await(fourth) == SIGTERM, "kill: which are these");
    check_is(await_change(first, WNOHANG), 0x100000, "kill: and no others");
    end_child(first);
    end_child(second);
}

void check_signal(void)
{
    check_pairs();
    check_few();
    check_many();
}
