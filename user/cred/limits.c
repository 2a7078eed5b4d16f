/* setpriority(2), sched(7), prlimit(2): what a user may do to its own threads and to others'. */
#include "users.h"

static int target;

static void set_limit(int resource, uint64_t now, uint64_t most)
{
    const struct abi_rlimit wanted = {now, most};

    sys_prlimit64(0, resource, &wanted, NULL);
}

/* ---- nice values ---- */

static int nices_own(uint64_t unused)
{
    (void)unused;
    become(1, 2, 3);
    if (sys_setpriority(PRIO_PROCESS, 0, 5) != 0 || sys_setpriority(PRIO_PROCESS, 0, 5) != 0)
        return 2;
    return sys_setpriority(PRIO_PROCESS, 0, 4) == -EACCES && sys_getpriority(PRIO_PROCESS, 0) == 15;
}

static int nices_within_limit(uint64_t unused)
{
    (void)unused;
    set_limit(RLIMIT_NICE, 22, 22);
    become(1, 1, 1);
    return sys_setpriority(PRIO_PROCESS, 0, -2) == 0 &&
           sys_setpriority(PRIO_PROCESS, 0, -3) == -EACCES;
}

struct nicing {
    const char *what;
    struct three own;
    struct three theirs;
    long result;
};

static const struct nicing nicings[] = {
    {"nice: another's thread gives EPERM", {1, 2, 3}, {4, 5, 6}, -EPERM},
    {"nice: the effective user is their real one", {1, 2, 3}, {2, 5, 6}, 0},
    {"nice: or their effective one", {1, 2, 3}, {4, 2, 6}, 0},
    {"nice: their saved one does not count", {1, 2, 3}, {4, 5, 2}, -EPERM},
    {"nice: nor does the own real one", {1, 2, 3}, {1, 1, 1}, -EPERM},
    {"nice: root may all", {1, 0, 3}, {4, 5, 6}, 0},
};

/* sched_setparam(2) and sched_setaffinity(2) ask for the same. */
static int nices_other(uint64_t index)
{
    const struct nicing *nicing = &nicings[index];
    const int priority = 0;
    const uint64_t cpus = 1;

    become((unsigned)nicing->own.real, (unsigned)nicing->own.effective,
           (unsigned)nicing->own.saved);
    if (sys_setpriority(PRIO_PROCESS, target, 3) != nicing->result)
        return 2;
    if (sys_sched_setparam(target, &priority) != nicing->result)
        return 3;
    return sys_sched_setaffinity(target, sizeof(cpus), &cpus) == nicing->result ? 1 : 4;
}

static int nices_user(uint64_t unused)
{
    (void)unused;
    if (sys_getpriority(PRIO_USER, 5555) != -ESRCH || sys_setpriority(PRIO_USER, 77, 9) != 0)
        return 2;
    if (sys_getpriority(PRIO_PROCESS, target) != 11 || sys_getpriority(PRIO_USER, 77) != 11)
        return 3;
    become(77, 77, 77);
    return sys_getpriority(PRIO_USER, 0) == 20 && sys_setpriority(PRIO_USER, 0, 12) == 0 &&
           sys_getpriority(PRIO_USER, 0) == 8;
}

/* Who may be is done, though another is not. */
static int nices_group(uint64_t group)
{
    become(77, 77, 77);
    return sys_setpriority(PRIO_PGRP, (int)group, 15) == -EPERM &&
           sys_getpriority(PRIO_PROCESS, target) == 5;
}

static void check_nice(void)
{
    check_is(run_fork(nices_own, 0), exited(1),
             "nice: one may be less urgent and not more: EACCES");
    check_is(run_fork(nices_within_limit, 0), exited(1), "nice: but as far as the limit goes");
    for (unsigned i = 0; i < COUNT(nicings); i++) {
        target = start_three(&nicings[i].theirs);
        check_is(run_fork(nices_other, i), exited(1), nicings[i].what);
        end_child(target);
    }
    target = start_user(77);
    check_is(run_fork(nices_user, 0), exited(1), "nice: a user's are those with the real user");
    int other = start_user(78);
    sys_setpgid(target, target);
    sys_setpgid(other, target);
    check_is(run_fork(nices_group, (uint64_t)target), exited(1), "nice: of a group some may be");
    end_child(other);
    end_child(target);
}

/* ---- policies ---- */

static long set_policy(int policy, int priority)
{
    return sys_sched_setscheduler(0, policy, &priority);
}

static int is_not_urgent(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    return set_policy(SCHED_FIFO, 1) == -EPERM && set_policy(SCHED_BATCH, 0) == 0 &&
           set_policy(SCHED_OTHER, 0) == 0 && set_policy(SCHED_IDLE, 0) == 0 &&
           set_policy(SCHED_IDLE, 0) == 0 && set_policy(SCHED_OTHER, 0) == -EPERM;
}

static int is_urgent_by_limit(uint64_t unused)
{
    (void)unused;
    set_limit(RLIMIT_RTPRIO, 5, 5);
    become(1, 1, 1);
    return set_policy(SCHED_FIFO, 6) == -EPERM && set_policy(SCHED_FIFO, 5) == 0 &&
           set_policy(SCHED_RR, 2) == 0 && set_policy(SCHED_OTHER, 0) == 0;
}

static int stays_urgent(uint64_t unused)
{
    (void)unused;
    set_policy(SCHED_FIFO, 7);
    become(1, 1, 1);
    return set_policy(SCHED_FIFO, 7) == 0 && set_policy(SCHED_FIFO, 8) == -EPERM &&
           set_policy(SCHED_FIFO, 6) == 0 && set_policy(SCHED_RR, 6) == -EPERM &&
           set_policy(SCHED_OTHER, 0) == 0;
}

static int stays_reset(uint64_t unused)
{
    (void)unused;
    become(1, 1, 1);
    return set_policy(SCHED_OTHER | SCHED_RESET_ON_FORK, 0) == 0 &&
           set_policy(SCHED_OTHER, 0) == -EPERM;
}

static void check_policy(void)
{
    check_is(run_fork(is_not_urgent, 0), exited(1),
             "sched: a user is not urgent, and idle for good");
    check_is(run_fork(is_urgent_by_limit, 0), exited(1), "sched: but as far as the limit goes");
    check_is(run_fork(stays_urgent, 0), exited(1), "sched: who was urgent stays so, or is less");
    check_is(run_fork(stays_reset, 0), exited(1), "sched: RESET_ON_FORK is not taken back");
}

/* ---- limits ---- */

static int raises_limit(uint64_t unused)
{
    struct abi_rlimit limit = {5, 9};

    (void)unused;
    set_limit(RLIMIT_CORE, 5, 9);
    become(1, 1, 1);
    limit.rlim_cur = 9;
    if (sys_prlimit64(0, RLIMIT_CORE, &limit, NULL) != 0)
        return 2;
    limit.rlim_max = 10;
    if (sys_prlimit64(0, RLIMIT_CORE, &limit, NULL) != -EPERM)
        return 3;
    limit = (struct abi_rlimit){3, 4};
    if (sys_prlimit64(0, RLIMIT_CORE, &limit, NULL) != 0)
        return 4;
    limit.rlim_max = 5;
    return sys_prlimit64(0, RLIMIT_CORE, &limit, NULL) == -EPERM;
}

/* All three of theirs must be the real one. */
static int sees_limits(uint64_t wanted)
{
    struct abi_rlimit limit;

    become(1, 2, 3);
    return sys_prlimit64(target, RLIMIT_CORE, NULL, &limit) == -(long)wanted;
}

static int sees_limits_with_group(uint64_t unused)
{
    struct abi_rlimit limit;

    (void)unused;
    sys_setresgid(4, 4, 4);
    become(1, 1, 1);
    return sys_prlimit64(target, RLIMIT_CORE, NULL, &limit) == -EPERM &&
           sys_prlimit64(target, 99, NULL, &limit) == -EPERM;
}

static void check_rlimit(void)
{
    static const struct three split = {1, 2, 1};

    check_is(run_fork(raises_limit, 0), exited(1), "limits: only root raises what one may become");
    target = start_user(1);
    check_is(run_fork(sees_limits, 0), exited(1), "limits: a process of the real user");
    check_is(run_fork(sees_limits_with_group, 0), exited(1), "limits: the groups count, too");
    end_child(target);
    target = start_user(2);
    check_is(run_fork(sees_limits, EPERM), exited(1), "limits: the effective user does not");
    end_child(target);
    target = start_three(&split);
    check_is(run_fork(sees_limits, EPERM), exited(1), "limits: one that acts for two is not one's");
    end_child(target);
}

void check_limits(void)
{
    check_nice();
    check_policy();
    check_rlimit();
}
