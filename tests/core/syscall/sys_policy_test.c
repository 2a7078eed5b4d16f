/* sched(7), getcpu(2), membarrier(2). */
#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define ALL ((uint64_t)-1)

static struct process *init;

static int64_t set(struct process *process, int tid, int policy, int priority)
{
    fixture_run(process);
    calls_put(CALLS_DATA, &priority, sizeof(priority));
    return CALL(process, sched_setscheduler, (uint64_t)tid, (uint64_t)policy, CALLS_DATA);
}

static int priority_of(int tid)
{
    EXPECT_EQ(CALL(init, sched_getparam, (uint64_t)tid, CALLS_DATA + 8), 0);
    return calls_get_int(CALLS_DATA + 8);
}

static int64_t policy_of(int tid)
{
    return CALL(init, sched_getscheduler, (uint64_t)tid);
}

TEST(sys_sched_policies)
{
    init = calls_begin();
    EXPECT_EQ(policy_of(0), SCHED_OTHER);
    EXPECT_EQ(priority_of(1), 0);
    EXPECT_EQ(set(init, 0, SCHED_FIFO, 99), 0);
    EXPECT_EQ(policy_of(1), SCHED_FIFO);
    EXPECT_EQ(priority_of(0), 99);
    EXPECT_EQ(set(init, 1, SCHED_RR, 1), 0);
    EXPECT_EQ(policy_of(0), SCHED_RR);
    EXPECT_EQ(set(init, 0, SCHED_BATCH, 0), 0);
    EXPECT_EQ(set(init, 0, SCHED_IDLE, 0), 0);
    EXPECT_EQ(policy_of(0), SCHED_IDLE);
    EXPECT_EQ(set(init, 0, SCHED_OTHER, 0), 0);
    fixture_end();
}

TEST(sys_sched_priority_alone)
{
    init = calls_begin();
    EXPECT_EQ(set(init, 0, SCHED_RR | SCHED_RESET_ON_FORK, 5), 0);
    calls_put(CALLS_DATA, &(int){6}, sizeof(int));
    EXPECT_EQ(CALL(init, sched_setparam, 0, CALLS_DATA), 0);
    EXPECT_EQ(priority_of(0), 6);
    EXPECT_EQ(policy_of(0), SCHED_RR | SCHED_RESET_ON_FORK);
    calls_put(CALLS_DATA, &(int){0}, sizeof(int));
    EXPECT_EQ(CALL(init, sched_setparam, 0, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_setparam, 0, 0), -EINVAL);
    fixture_end();
}

static int64_t set_attr(int tid, const struct abi_sched_attr *attr)
{
    calls_put(CALLS_DATA, attr, sizeof(*attr));
    return CALL(init, sched_setattr, (uint64_t)tid, CALLS_DATA, 0);
}

/* It is a zombie: its number can still be asked for, and given something. */
TEST(sys_sched_attributes_of_one_that_has_ended)
{
    init = calls_begin();
    int child = calls_fork(init)->pid->number;
    calls_exit(process_find(child), 0);
    fixture_run(init);
    EXPECT_EQ(set_attr(child, &(struct abi_sched_attr){.size = 48, .sched_nice = 5}), 0);
    EXPECT_EQ(process_find(child)->zombie_nice, 5);
    EXPECT_EQ(set_attr(child, &(struct abi_sched_attr){.sched_policy = SCHED_RR,
                                                       .sched_nice = 9,
                                                       .sched_priority = 4}),
              0);
    EXPECT_EQ(process_find(child)->zombie_nice, 5);
    EXPECT_EQ(policy_of(child), SCHED_RR);
    EXPECT_EQ(priority_of(child), 4);
    fixture_end();
}

TEST(sys_sched_attributes_of_a_wrong_size)
{
    init = calls_begin();
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.size = 47}), -E2BIG);
    EXPECT_EQ(calls_get_int(CALLS_DATA), (int)sizeof(struct abi_sched_attr));
    EXPECT_EQ(CALL(init, sched_setattr, 0, 16, 0), -EFAULT);
    EXPECT_EQ(CALL(init, sched_getattr, 0, CALLS_DATA, 47, 0), -EINVAL);
    fixture_end();
}

/* Behind what is known there is more of a program's that is newer, all of it zeros or not. */
TEST(sys_sched_attributes_with_more_behind)
{
    struct {
        struct abi_sched_attr attr;
        uint8_t more[13];
    } newer = {.attr = {.size = sizeof(newer.attr) + sizeof(newer.more), .sched_nice = 3}};

    init = calls_begin();
    calls_put(CALLS_DATA, &newer, sizeof(newer));
    EXPECT_EQ(CALL(init, sched_setattr, 0, CALLS_DATA, 0), 0);
    EXPECT_EQ(init->thread->nice, 3);
    newer.attr.sched_nice = 4;
    newer.more[sizeof(newer.more) - 1] = 1;
    calls_put(CALLS_DATA, &newer, sizeof(newer));
    EXPECT_EQ(CALL(init, sched_setattr, 0, CALLS_DATA, 0), -E2BIG);
    EXPECT_EQ(calls_get_int(CALLS_DATA), (int)sizeof(newer.attr));
    EXPECT_EQ(init->thread->nice, 3);
    const uaddr_t at = CALLS_DATA_END - sizeof(newer.attr);
    calls_put(at, &newer.attr, sizeof(newer.attr));
    EXPECT_EQ(CALL(init, sched_setattr, 0, at, 0), -EFAULT);
    fixture_end();
}

TEST(sys_sched_attributes_are_kept)
{
    init = calls_begin();
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = NICE_MIN - 1}), 0);
    EXPECT_EQ(init->thread->nice, NICE_MIN);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = NICE_MAX + 1}), 0);
    EXPECT_EQ(init->thread->nice, NICE_MAX);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_policy = SCHED_BATCH, .sched_nice = 7}),
              0);
    EXPECT_EQ(policy_of(0), SCHED_BATCH);
    EXPECT_EQ(init->thread->nice, 7);
    /* Neither what is asked for nor what is there may be wrong. */
    struct abi_sched_attr kept = {.sched_flags = SCHED_FLAG_KEEP_PARAMS, .sched_nice = 8};
    EXPECT_EQ(set_attr(0, &kept), 0);
    EXPECT_EQ(policy_of(0), SCHED_BATCH);
    EXPECT_EQ(init->thread->nice, 7);
    EXPECT_EQ(set(init, 0, SCHED_FIFO, 5), 0);
    EXPECT_EQ(set_attr(0, &kept), -EINVAL);
    kept.sched_policy = SCHED_RR;
    EXPECT_EQ(set_attr(0, &kept), 0);
    EXPECT_EQ(policy_of(0), SCHED_FIFO);
    EXPECT_EQ(priority_of(0), 5);
    fixture_end();
}

TEST(sys_sched_attributes_by_who_is_not_root)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, setresuid, 5, 5, 5), 0);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 2}), 0);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 2}), 0);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 1}), -EPERM);
    init->limits[RLIMIT_NICE].rlim_cur = 20;
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 1}), 0);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 0}), 0);
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 1}), 0);
    init->limits[RLIMIT_NICE].rlim_cur = 19;
    EXPECT_EQ(set_attr(0, &(struct abi_sched_attr){.sched_nice = 0}), -EPERM);
    EXPECT_EQ(init->thread->nice, 1);
    const struct abi_sched_attr urgent = {.sched_policy = SCHED_FIFO, .sched_priority = 1};
    EXPECT_EQ(set_attr(0, &urgent), -EPERM);
    init->limits[RLIMIT_RTPRIO].rlim_cur = 1;
    EXPECT_EQ(set_attr(0, &urgent), 0);
    EXPECT_EQ(policy_of(0), SCHED_FIFO);
    fixture_end();
}

TEST(sys_sched_that_makes_no_sense)
{
    static const struct {
        int tid;
        int policy;
        int priority;
        int error;
    } wrong[] = {
        {0, SCHED_FIFO, 0, -EINVAL},  {0, SCHED_FIFO, 100, -EINVAL},   {0, SCHED_RR, -1, -EINVAL},
        {0, SCHED_OTHER, 1, -EINVAL}, {0, SCHED_DEADLINE, 0, -EINVAL}, {0, 4, 0, -EINVAL},
        {0, -1, 0, -EINVAL},          {-1, SCHED_OTHER, 0, -EINVAL},   {9, SCHED_OTHER, 0, -ESRCH},
        {9, SCHED_FIFO, 0, -ESRCH},
    };

    init = calls_begin();
    for (unsigned i = 0; i < ARRAY_LEN(wrong); i++) {
        test_note("case %u", i);
        EXPECT_EQ(set(init, wrong[i].tid, wrong[i].policy, wrong[i].priority), wrong[i].error);
    }
    EXPECT_EQ(policy_of(0), SCHED_OTHER);
    EXPECT_EQ(CALL(init, sched_setscheduler, 0, SCHED_OTHER, 0), -EINVAL);
    EXPECT_EQ(CALL(init, sched_setscheduler, 0, SCHED_OTHER, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(policy_of(-1), -EINVAL);
    EXPECT_EQ(policy_of(9), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getparam, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getparam, ALL, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getparam, 9, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getparam, 0, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

/* Each thread has its own, and a zombie still has what it had. */
TEST(sys_sched_of_threads_and_zombies)
{
    init = calls_begin();
    struct process *child = calls_fork(init);
    struct thread *made = calls_thread(child->thread);
    EXPECT_EQ(set(init, made->tid, SCHED_FIFO, 3), 0);
    EXPECT_EQ(policy_of(2), SCHED_OTHER);
    EXPECT_EQ(policy_of(3), SCHED_FIFO);
    EXPECT_EQ(set(init, 2, SCHED_RR, 4), 0);
    EXPECT_EQ(CALL(child, exit, 0), CALL_GONE);
    EXPECT_EQ(policy_of(2), SCHED_RR);
    EXPECT_EQ(priority_of(2), 4);
    EXPECT_EQ(CALL_IN(made, exit, 0), CALL_GONE);
    EXPECT_EQ(policy_of(3), -ESRCH);
    EXPECT_EQ(set(init, 2, SCHED_IDLE, 0), 0);
    EXPECT_EQ(policy_of(2), SCHED_IDLE);
    fixture_end();
}

TEST(sys_sched_inheritance)
{
    init = calls_begin();
    EXPECT_EQ(set(init, 0, SCHED_FIFO, 3), 0);
    (void)calls_fork(init);
    EXPECT_EQ(policy_of(2), SCHED_FIFO);
    EXPECT_EQ(set(init, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, 3), 0);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 0, 4), 0);
    (void)calls_fork(init);
    EXPECT_EQ(policy_of(3), SCHED_OTHER);
    EXPECT_EQ(priority_of(3), 0);
    EXPECT_EQ(calls_child(3)->thread->nice, 0);
    EXPECT_EQ(set(init, 0, SCHED_BATCH | SCHED_RESET_ON_FORK, 0), 0);
    (void)calls_fork(init);
    EXPECT_EQ(policy_of(4), SCHED_BATCH);
    EXPECT_EQ(calls_child(4)->thread->nice, 4);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 0, (uint64_t)-4), 0);
    EXPECT_EQ(calls_thread(init->thread)->nice, 0);
    fixture_end();
}

TEST(sys_sched_ranges_of_priorities)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_get_priority_max, SCHED_FIFO), 99);
    EXPECT_EQ(CALL(init, sched_get_priority_min, SCHED_RR), 1);
    EXPECT_EQ(CALL(init, sched_get_priority_max, SCHED_BATCH), 0);
    EXPECT_EQ(CALL(init, sched_get_priority_min, SCHED_DEADLINE), 0);
    EXPECT_EQ(CALL(init, sched_get_priority_max, 7), -EINVAL);
    EXPECT_EQ(CALL(init, sched_get_priority_min, ALL), -EINVAL);
    fixture_end();
}

TEST(sys_sched_rr_get_interval_is_the_slice)
{
    struct abi_timespec time;

    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 0, CALLS_DATA), 0);
    calls_get(CALLS_DATA, &time, sizeof(time));
    EXPECT_EQ(time.tv_sec, 0);
    EXPECT_EQ(time.tv_nsec, SCHED_SLICE_NS);
    EXPECT_EQ(set(init, 0, SCHED_FIFO, 3), 0);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 1, CALLS_DATA), 0);
    calls_get(CALLS_DATA, &time, sizeof(time));
    EXPECT_EQ(time.tv_nsec, 0);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 9, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, ALL, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 0, CALLS_NOWHERE), -EFAULT);
    fixture_end();
}

TEST(sys_sched_affinity)
{
    uint64_t set;

    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 16, CALLS_DATA), 8);
    calls_get(CALLS_DATA, &set, sizeof(set));
    EXPECT_EQ(set, 1);
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 4, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 0, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getaffinity, 9, 8, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 8, CALLS_NOWHERE), -EFAULT);
    calls_put(CALLS_DATA, &(uint64_t){3}, 8);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 8, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, sched_setaffinity, 1, 1000, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 1, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 0, UINT64_MAX), -EINVAL);
    EXPECT_EQ(CALL(init, sched_setaffinity, 9, 8, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 8, CALLS_NOWHERE), -EFAULT);
    calls_put(CALLS_DATA, &(uint64_t){2}, 8);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 8, CALLS_DATA), -EINVAL);
    fixture_end();
}

TEST(sys_getcpu_is_the_only_one)
{
    init = calls_begin();
    calls_put(CALLS_DATA, &(int[]){7, 7}, 2 * sizeof(int));
    EXPECT_EQ(CALL(init, getcpu, CALLS_DATA, CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 7);
    EXPECT_EQ(CALL(init, getcpu, CALLS_NOWHERE, CALLS_DATA, 0), -EFAULT);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 7);
    EXPECT_EQ(CALL(init, getcpu, CALLS_DATA, CALLS_DATA + 4, 0), 0);
    EXPECT_EQ(calls_get_int(CALLS_DATA), 0);
    EXPECT_EQ(calls_get_int(CALLS_DATA + 4), 0);
    EXPECT_EQ(CALL(init, getcpu, 0, 0, 0), 0);
    fixture_end();
}

TEST(sys_membarrier_has_to_be_registered)
{
    init = calls_begin();
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_QUERY), 127);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_GLOBAL), 0);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED), -EPERM);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED), 0);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED), 0);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE), -EPERM);
    struct process *child = calls_fork(init);
    EXPECT_EQ(CALL(child, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED), 0);
    calls_put_text(CALLS_DATA, "/bin/prog");
    EXPECT_EQ(CALL(child, execve, CALLS_DATA, 0, 0), 0);
    EXPECT_EQ(CALL(child, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED), -EPERM);
    EXPECT_EQ(CALL(init, membarrier, 3), -EINVAL);
    EXPECT_EQ(CALL(init, membarrier, 128), -EINVAL);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_QUERY, 1), -EINVAL);
    fixture_end();
}
