/* pidfds of processes with threads; sched(7), getcpu(2), membarrier(2). */
#include "threads.h"

static volatile int ready, leave;

static long stays(uint64_t unused)
{
    (void)unused;
    set_word(&ready, 1);
    wait_word(&leave, 1);
    return 0;
}

static struct thread thread;

static int leader_leaves(uint64_t unused)
{
    (void)unused;
    struct thread late = {0};
    thread_start(&late, thread_sleeps, 0);
    thread_exit(3);
}

void check_tpidfd(void)
{
    ready = leave = 0;
    thread_start(&thread, stays, 0);
    wait_word(&ready, 1);
    check_is(CALL(NR_PIDFD_OPEN, thread.tid, 0), -EINVAL,
             "pidfd: a thread that is no leader gives EINVAL");
    set_word(&leave, 1);
    thread_join(&thread);
    int child = start_fork(leader_leaves, 0);
    settle();
    int fd = (int)CALL(NR_PIDFD_OPEN, child, 0);
    check(fd >= 0, "pidfd: a process whose leader has exited can be opened");
    check_is(CALL(NR_PIDFD_SEND_SIGNAL, fd, SIGTERM, NULL, 0), 0, "pidfd: and be sent a signal");
    check_is(await(child), SIGTERM, "pidfd: which ends it");
    sys_close(fd);
}

static long get_scheduler(int pid)
{
    return CALL(NR_SCHED_GETSCHEDULER, pid);
}

static long set_scheduler(int pid, int policy, int priority)
{
    return CALL(NR_SCHED_SETSCHEDULER, pid, policy, &priority);
}

static int scheduler_of_child(uint64_t policy)
{
    int priority = -1;

    CALL(NR_SCHED_GETPARAM, 0, &priority);
    return get_scheduler(0) == (long)policy && priority == (policy == SCHED_FIFO ? 7 : 0);
}

static void check_policies(void)
{
    int priority = 9;

    check_is(get_scheduler(0), SCHED_OTHER, "sched: a process begins as SCHED_OTHER");
    check_is(CALL(NR_SCHED_GETPARAM, 0, &priority), 0, "sched: sched_getparam");
    check_is(priority, 0, "sched: gives 0");
    check_is(set_scheduler(0, SCHED_FIFO, 7), 0, "sched: SCHED_FIFO can be set");
    check_is(get_scheduler((int)sys_getpid()), SCHED_FIFO, "sched: and is told back");
    CALL(NR_SCHED_GETPARAM, 0, &priority);
    check_is(priority, 7, "sched: with its priority");
    check_is(run_fork(scheduler_of_child, SCHED_FIFO), exited(1), "sched: a child has the same");
    check_is(set_scheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, 7), 0, "sched: SCHED_RR");
    check_is(get_scheduler(0), SCHED_RR | SCHED_RESET_ON_FORK, "sched: and SCHED_RESET_ON_FORK");
    check_is(run_fork(scheduler_of_child, SCHED_OTHER), exited(1),
             "sched: with which a child begins anew");
    priority = 3;
    check_is(CALL(NR_SCHED_SETPARAM, 0, &priority), 0, "sched: sched_setparam");
    priority = 0;
    CALL(NR_SCHED_GETPARAM, 0, &priority);
    check_is(priority, 3, "sched: sets the priority alone");
    check_is(set_scheduler(0, SCHED_OTHER, 0), 0, "sched: back to SCHED_OTHER");
    check_is(set_scheduler(0, SCHED_BATCH, 0), 0, "sched: SCHED_BATCH");
    check_is(set_scheduler(0, SCHED_IDLE, 0), 0, "sched: SCHED_IDLE");
    check_is(set_scheduler(0, SCHED_OTHER, 0), 0, "sched: and back");
}

static long set_attr(const struct abi_sched_attr *attr)
{
    return CALL(NR_SCHED_SETATTR, 0, attr, 0);
}

static struct abi_sched_attr get_attr(void)
{
    struct abi_sched_attr attr = {.size = 77};

    check_is(CALL(NR_SCHED_GETATTR, 0, &attr, sizeof(attr), 0), 0, "attr: sched_getattr");
    return attr;
}

static void check_attributes(void)
{
    struct abi_sched_attr attr = get_attr();

    check_is(attr.size, sizeof(attr), "attr: gives as much as there is");
    check(attr.sched_policy == SCHED_OTHER && attr.sched_flags == 0 && attr.sched_nice == 0 &&
              attr.sched_priority == 0 && attr.sched_runtime == 0,
          "attr: SCHED_OTHER of nice 0");
    attr = (struct abi_sched_attr){.size = 48, .sched_policy = SCHED_IDLE, .sched_nice = 7};
    check_is(set_attr(&attr), 0, "attr: sets the policy");
    attr = get_attr();
    check(attr.sched_policy == SCHED_IDLE && attr.sched_nice == 0, "attr: SCHED_IDLE has no nice");
    attr = (struct abi_sched_attr){.sched_policy = SCHED_OTHER, .sched_nice = 100};
    check_is(set_attr(&attr), 0, "attr: size 0 is the first size");
    check_is(get_attr().sched_nice, 19, "attr: nice goes up to 19");
    attr = (struct abi_sched_attr){.size = sizeof(attr), .sched_nice = -5};
    check_is(set_attr(&attr), 0, "attr: the whole");
    check_is(get_attr().sched_nice, -5, "attr: may be less nice");
    attr = (struct abi_sched_attr){.sched_policy = SCHED_FIFO,
                                   .sched_flags = SCHED_FLAG_RESET_ON_FORK,
                                   .sched_nice = 3,
                                   .sched_priority = 7};
    check_is(set_attr(&attr), 0, "attr: SCHED_FIFO");
    attr = get_attr();
    check(attr.sched_policy == SCHED_FIFO && attr.sched_priority == 7 &&
              attr.sched_flags == SCHED_FLAG_RESET_ON_FORK && attr.sched_nice == 0,
          "attr: has a priority and no nice");
    attr = (struct abi_sched_attr){.sched_flags = SCHED_FLAG_KEEP_POLICY, .sched_priority = 9};
    check_is(set_attr(&attr), 0, "attr: KEEP_POLICY");
    attr = get_attr();
    check(attr.sched_policy == SCHED_FIFO && attr.sched_priority == 9 &&
              attr.sched_flags == SCHED_FLAG_RESET_ON_FORK,
          "attr: changes the priority alone");
    attr = (struct abi_sched_attr){.sched_flags = SCHED_FLAG_KEEP_PARAMS};
    check_is(set_attr(&attr), -EINVAL, "attr: KEEP_PARAMS, but the priority does not fit");
    attr.sched_policy = SCHED_RR;
    check_is(set_attr(&attr), 0, "attr: KEEP_PARAMS with another policy");
    attr = get_attr();
    check(attr.sched_policy == SCHED_FIFO && attr.sched_priority == 9 && attr.sched_flags == 0,
          "attr: keeps the policy too");
    attr = (struct abi_sched_attr){.sched_policy = SCHED_OTHER};
    check_is(set_attr(&attr), 0, "attr: back");
    check_is(get_attr().sched_nice, 0, "attr: with nice 0");
}

static long set_wrong(uint32_t size, uint32_t policy, uint64_t flags, uint32_t priority)
{
    const struct abi_sched_attr attr = {
        .size = size, .sched_policy = policy, .sched_flags = flags, .sched_priority = priority};

    return set_attr(&attr);
}

static void check_attribute_errors(void)
{
    struct {
        struct abi_sched_attr attr;
        uint8_t more[44];
    } large = {.attr = {.size = sizeof(large)}};
    struct abi_sched_attr attr = {.size = 8};

    check_is(set_attr(&attr), -E2BIG, "attr: too small a size gives E2BIG");
    check_is(attr.size, sizeof(attr), "attr: and the size that there is");
    check_is(set_attr(&large.attr), 0, "attr: a larger one may end in zeros");
    large.more[43] = 1;
    check_is(set_attr(&large.attr), -E2BIG, "attr: and in nothing else");
    check_is(large.attr.size, sizeof(attr), "attr: and says so too");
    check_is(set_wrong(4097, 0, 0, 0), -E2BIG, "attr: nor be larger than a page");
    check_is(set_wrong(48, (uint32_t)-1, 0, 0), -EINVAL, "attr: policy -1 gives EINVAL");
    check_is(set_wrong(48, 99, 0, 0), -EINVAL, "attr: 99 too");
    check_is(set_wrong(48, 0, 0x80, 0), -EINVAL, "attr: an unknown flag too");
    check_is(set_wrong(48, SCHED_FIFO, 0, 0), -EINVAL, "attr: SCHED_FIFO without priority too");
    check_is(set_wrong(48, SCHED_RR, 0, 100), -EINVAL, "attr: SCHED_RR of 100 too");
    check_is(set_wrong(48, SCHED_DEADLINE, 0, 0), -EINVAL, "attr: a deadline of 0 too");
    check_is(set_wrong(48, 0, SCHED_FLAG_UTIL_CLAMP_MIN, 0), -EINVAL,
             "attr: clamps of the first size too");
    check_is(set_wrong(56, 0, SCHED_FLAG_UTIL_CLAMP_MIN, 0), -EOPNOTSUPP,
             "attr: clamps are not supported");
    attr = (struct abi_sched_attr){.size = 48};
    check_is(CALL(NR_SCHED_SETATTR, 0, &attr, 1), -EINVAL, "attr: flags give EINVAL");
    check_is(CALL(NR_SCHED_SETATTR, 0, NULL, 0), -EINVAL, "attr: nothing to set too");
    check_is(CALL(NR_SCHED_SETATTR, -1, &attr, 0), -EINVAL, "attr: process -1 too");
    check_is(CALL(NR_SCHED_SETATTR, NO_PROCESS, &attr, 0), -ESRCH, "attr: nobody gives ESRCH");
    check_is(CALL(NR_SCHED_SETATTR, 0, BAD_ADDRESS, 0), -EFAULT, "attr: a bad address EFAULT");
    check_is(CALL(NR_SCHED_GETATTR, 0, &large, 47, 0), -EINVAL, "attr: too little room: EINVAL");
    check_is(CALL(NR_SCHED_GETATTR, 0, &large, 4097, 0), -EINVAL, "attr: too much too");
    check_is(CALL(NR_SCHED_GETATTR, 0, &large, 56, 1), -EINVAL, "attr: flags of it too");
    check_is(CALL(NR_SCHED_GETATTR, 0, NULL, 56, 0), -EINVAL, "attr: nowhere to write to too");
    check_is(CALL(NR_SCHED_GETATTR, -1, &large, 56, 0), -EINVAL, "attr: of process -1 too");
    check_is(CALL(NR_SCHED_GETATTR, NO_PROCESS, &large, 56, 0), -ESRCH, "attr: of nobody ESRCH");
    check_is(CALL(NR_SCHED_GETATTR, 0, BAD_ADDRESS, 56, 0), -EFAULT, "attr: to bad memory EFAULT");
    large.more[0] = 5;
    check_is(CALL(NR_SCHED_GETATTR, 0, &large, sizeof(large), 0), 0, "attr: more room");
    check(large.attr.size == sizeof(attr) && large.more[0] == 5, "attr: is left as it is");
    large.attr.sched_util_min = 5;
    check_is(CALL(NR_SCHED_GETATTR, 0, &large, 48, 0), 0, "attr: less room");
    check(large.attr.size == 48 && large.attr.sched_util_min == 5, "attr: gets less");
}

static void check_sched_errors(void)
{
    int priority = 0;

    check_is(set_scheduler(0, SCHED_FIFO, 0), -EINVAL, "sched: SCHED_FIFO of 0 gives EINVAL");
    check_is(set_scheduler(0, SCHED_FIFO, 100), -EINVAL, "sched: and of 100");
    check_is(set_scheduler(0, SCHED_OTHER, 1), -EINVAL, "sched: SCHED_OTHER of 1 too");
    check_is(set_scheduler(0, 99, 0), -EINVAL, "sched: an unknown policy too");
    check_is(set_scheduler(-1, SCHED_OTHER, 0), -EINVAL, "sched: process -1 too");
    check_is(set_scheduler(NO_PROCESS, SCHED_OTHER, 0), -ESRCH, "sched: nobody gives ESRCH");
    check_is(CALL(NR_SCHED_SETSCHEDULER, 0, SCHED_OTHER, NULL), -EINVAL,
             "sched: no parameter gives EINVAL");
    check_is(CALL(NR_SCHED_SETSCHEDULER, 0, SCHED_OTHER, BAD_ADDRESS), -EFAULT,
             "sched: a bad address gives EFAULT");
    check_is(get_scheduler(NO_PROCESS), -ESRCH, "sched: to ask about nobody gives ESRCH");
    check_is(get_scheduler(-1), -EINVAL, "sched: about -1 EINVAL");
    check_is(CALL(NR_SCHED_GETPARAM, 0, NULL), -EINVAL, "sched: sched_getparam to nowhere: EINVAL");
    check_is(CALL(NR_SCHED_GETPARAM, NO_PROCESS, &priority), -ESRCH, "sched: of nobody: ESRCH");
    check_is(CALL(NR_SCHED_GET_PRIORITY_MAX, SCHED_FIFO), 99, "sched: priorities go up to 99");
    check_is(CALL(NR_SCHED_GET_PRIORITY_MIN, SCHED_RR), 1, "sched: and down to 1");
    check_is(CALL(NR_SCHED_GET_PRIORITY_MAX, SCHED_OTHER), 0, "sched: for SCHED_OTHER there is 0");
    check_is(CALL(NR_SCHED_GET_PRIORITY_MAX, 99), -EINVAL, "sched: an unknown policy gives EINVAL");
    check_is(CALL(NR_SCHED_GET_PRIORITY_MIN, -1), -EINVAL, "sched: for the least one too");
}

static void check_affinity(void)
{
    uint64_t set[16] = {0};
    struct abi_timespec time = {-1, -1};

    long size = CALL(NR_SCHED_GETAFFINITY, 0, sizeof(set), set);
    check(size > 0 && size % 8 == 0 && size <= (long)sizeof(set),
          "sched: sched_getaffinity gives the size of the set");
    check_is((long)set[0], 1, "sched: which has the one CPU");
    check_is(CALL(NR_SCHED_GETAFFINITY, 0, 4, set), -EINVAL, "sched: 4 bytes give EINVAL");
    check_is(CALL(NR_SCHED_GETAFFINITY, NO_PROCESS, sizeof(set), set), -ESRCH,
             "sched: of nobody: ESRCH");
    set[0] = 1;
    check_is(CALL(NR_SCHED_SETAFFINITY, 0, 8, set), 0, "sched: sched_setaffinity to that CPU");
    set[0] = 3;
    check_is(CALL(NR_SCHED_SETAFFINITY, 0, 8, set), 0,
             "sched: CPUs that are not there are dropped");
    set[0] = 2;
    check_is(CALL(NR_SCHED_SETAFFINITY, 0, 8, set), -EINVAL, "sched: to no CPU: EINVAL");
    check_is(CALL(NR_SCHED_SETAFFINITY, 0, 8, BAD_ADDRESS), -EFAULT,
             "sched: a bad address: EFAULT");
    check_is(CALL(NR_SCHED_RR_GET_INTERVAL, 0, &time), 0, "sched: sched_rr_get_interval");
    check(time.tv_sec == 0 && time.tv_nsec >= 0, "sched: gives a time");
    check_is(CALL(NR_SCHED_RR_GET_INTERVAL, NO_PROCESS, &time), -ESRCH, "sched: of nobody: ESRCH");
}

static long nice_of_thread(uint64_t unused)
{
    (void)unused;
    sys_setpriority(PRIO_PROCESS, 0, 5);
    return sys_getpriority(PRIO_PROCESS, 0);
}

void check_sched(void)
{
    unsigned cpu = 7, node = 7;

    check_policies();
    check_attributes();
    check_attribute_errors();
    check_sched_errors();
    check_affinity();
    check_is(thread_run(nice_of_thread, 0), 15, "sched: a thread can be nice (20 - 5)");
    check_is(sys_getpriority(PRIO_PROCESS, 0), 20, "sched: alone");
    check_is(CALL(NR_GETCPU, &cpu, &node, NULL), 0, "sched: getcpu");
    check(cpu == 0 && node == 0, "sched: is CPU 0 of node 0");
    check_is(CALL(NR_GETCPU, NULL, NULL, NULL), 0, "sched: nobody need want it");
    check_is(CALL(NR_GETCPU, BAD_ADDRESS, NULL, NULL), -EFAULT, "sched: a bad address: EFAULT");
}

static long barrier(int command, unsigned flags)
{
    return CALL(NR_MEMBARRIER, command, flags, 0);
}

void check_barrier(void)
{
    long known = barrier(MEMBARRIER_CMD_QUERY, 0);

    check((known & (MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
                    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)) ==
              (MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
          "barrier: membarrier says what it knows");
    check_is(barrier(MEMBARRIER_CMD_GLOBAL, 0), 0, "barrier: for all threads");
    check_is(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), -EPERM,
             "barrier: PRIVATE_EXPEDITED needs to be registered first: EPERM");
    check_is(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0), 0, "barrier: which is done");
    check_is(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0), 0, "barrier: then it works");
    check_is(barrier(MEMBARRIER_CMD_QUERY, 1), -EINVAL, "barrier: a flag gives EINVAL");
    check_is(barrier(1 << 20, 0), -EINVAL, "barrier: so does an unknown command");
}
