/* Scheduling policies, affinity, getcpu, membarrier. */
#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

static struct process *init;

static int64_t set_policy(struct process *process, uint64_t tid, int policy, int priority)
{
    calls_put(CALLS_DATA, &priority, sizeof(priority));
    return CALL(process, sched_setscheduler, tid, (uint64_t)policy, CALLS_DATA);
}

static int priority_of(struct process *process, uint64_t tid)
{
    EXPECT_EQ(CALL(process, sched_getparam, tid, CALLS_DATA), 0);
    return calls_get_int(CALLS_DATA);
}

TEST(sys_sched_setscheduler_is_told_back)
{
    int priority = 5;

    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_getscheduler, 0), SCHED_OTHER);
    EXPECT_EQ(priority_of(init, 0), 0);
    EXPECT_EQ(set_policy(init, 1, SCHED_RR, 99), 0);
    EXPECT_EQ(CALL(init, sched_getscheduler, 1), SCHED_RR);
    EXPECT_EQ(priority_of(init, 1), 99);
    calls_put(CALLS_DATA, &priority, sizeof(priority));
    EXPECT_EQ(CALL(init, sched_setparam, 0, CALLS_DATA), 0);
    EXPECT_EQ(priority_of(init, 0), 5);
    EXPECT_EQ(CALL(init, sched_getscheduler, 0), SCHED_RR);
    fixture_end();
}

TEST(sys_sched_setscheduler_refuses)
{
    init = calls_begin();
    EXPECT_EQ(set_policy(init, 0, SCHED_FIFO, 0), -EINVAL);
    EXPECT_EQ(set_policy(init, 0, SCHED_FIFO, 100), -EINVAL);
    EXPECT_EQ(set_policy(init, 0, SCHED_OTHER, 1), -EINVAL);
    EXPECT_EQ(set_policy(init, 0, SCHED_IDLE, -1), -EINVAL);
    EXPECT_EQ(set_policy(init, 0, SCHED_DEADLINE, 0), -EINVAL);
    EXPECT_EQ(set_policy(init, 0, -1, 0), -EINVAL);
    EXPECT_EQ(set_policy(init, (uint64_t)-1, SCHED_OTHER, 0), -EINVAL);
    EXPECT_EQ(set_policy(init, 99, SCHED_OTHER, 0), -ESRCH);
    EXPECT_EQ(CALL(init, sched_setscheduler, 0, SCHED_OTHER, 0), -EINVAL);
    EXPECT_EQ(CALL(init, sched_setscheduler, 0, SCHED_OTHER, 16), -EFAULT);
    EXPECT_EQ(CALL(init, sched_getscheduler, 99), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getscheduler, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getparam, 99, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getparam, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getparam, 0, 16), -EFAULT);
    EXPECT_EQ(CALL(init, sched_getscheduler, 0), SCHED_OTHER);
    fixture_end();
}

TEST(sys_sched_policies_are_inherited_or_reset)
{
    init = calls_begin();
    EXPECT_EQ(set_policy(init, 0, SCHED_FIFO, 7), 0);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(child, sched_getscheduler, 0), SCHED_FIFO);
    EXPECT_EQ(priority_of(child, 0), 7);
    EXPECT_EQ(set_policy(init, 0, SCHED_FIFO | SCHED_RESET_ON_FORK, 7), 0);
    EXPECT_EQ(CALL(init, sched_getscheduler, 0), SCHED_FIFO | SCHED_RESET_ON_FORK);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 0, (uint64_t)-5), 0);
    child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(child, sched_getscheduler, 0), SCHED_OTHER);
    EXPECT_EQ(priority_of(child, 0), 0);
    EXPECT_EQ(child->thread->nice, 0);
    EXPECT_EQ(CALL(init, setpriority, PRIO_PROCESS, 0, 5), 0);
    child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(child->thread->nice, 5);
    fixture_end();
}

TEST(sys_sched_priorities_and_intervals)
{
    struct abi_timespec slice;

    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_get_priority_max, SCHED_RR), 99);
    EXPECT_EQ(CALL(init, sched_get_priority_min, SCHED_FIFO), 1);
    EXPECT_EQ(CALL(init, sched_get_priority_max, SCHED_BATCH), 0);
    EXPECT_EQ(CALL(init, sched_get_priority_min, SCHED_DEADLINE), 0);
    EXPECT_EQ(CALL(init, sched_get_priority_max, 4), -EINVAL);
    EXPECT_EQ(CALL(init, sched_get_priority_min, 7), -EINVAL);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 0, CALLS_DATA), 0);
    calls_get(CALLS_DATA, &slice, sizeof(slice));
    EXPECT(slice.tv_sec == 0 && slice.tv_nsec > 0);
    EXPECT_EQ(set_policy(init, 0, SCHED_FIFO, 1), 0);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 1, CALLS_DATA), 0);
    calls_get(CALLS_DATA, &slice, sizeof(slice));
    EXPECT(slice.tv_sec == 0 && slice.tv_nsec == 0);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 99, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, (uint64_t)-1, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_rr_get_interval, 0, 16), -EFAULT);
    fixture_end();
}

TEST(sys_sched_affinity_is_of_one_cpu)
{
    uint64_t cpus = 0;

    init = calls_begin();
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 128, CALLS_DATA), 8);
    calls_get(CALLS_DATA, &cpus, sizeof(cpus));
    EXPECT_EQ(cpus, 1);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 8, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, sched_setaffinity, 1, 1, CALLS_DATA), 0);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 0, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_setaffinity, 99, 8, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_setaffinity, (uint64_t)-1, 8, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 8, 16), -EFAULT);
    cpus = 6;
    calls_put(CALLS_DATA, &cpus, sizeof(cpus));
    EXPECT_EQ(CALL(init, sched_setaffinity, 0, 8, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 0, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 12, CALLS_DATA), -EINVAL);
    EXPECT_EQ(CALL(init, sched_getaffinity, 99, 8, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getaffinity, (uint64_t)-1, 8, CALLS_DATA), -ESRCH);
    EXPECT_EQ(CALL(init, sched_getaffinity, 0, 8, 16), -EFAULT);
    fixture_end();
}

TEST(sys_getcpu_is_the_first)
{
    int both[2] = {7, 7};

    init = calls_begin();
    calls_put(CALLS_DATA, both, sizeof(both));
    EXPECT_EQ(CALL(init, getcpu, CALLS_DATA, 16, 0), -EFAULT);
    calls_get(CALLS_DATA, both, sizeof(both));
    EXPECT_EQ(both[0], 7);
    EXPECT_EQ(CALL(init, getcpu, CALLS_DATA, CALLS_DATA + 4, 0), 0);
    calls_get(CALLS_DATA, both, sizeof(both));
    EXPECT(both[0] == 0 && both[1] == 0);
    EXPECT_EQ(CALL(init, getcpu, 0, 0, 0), 0);
    EXPECT_EQ(CALL(init, getcpu, 16, 0, 0), -EFAULT);
    fixture_end();
}

TEST(sys_membarrier_is_registered_first)
{
    init = calls_begin();
    int64_t known = CALL(init, membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
    EXPECT_EQ(known & MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0);
    for (int command = 1; command <= MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED; command <<= 1) {
        int64_t want = command == MEMBARRIER_CMD_PRIVATE_EXPEDITED ? -EPERM : 0;
        EXPECT(known & command);
        EXPECT_EQ(CALL(init, membarrier, (uint64_t)command, 0, 0), want);
    }
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), 0);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(child, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), 0);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, membarrier, MEMBARRIER_CMD_GLOBAL, 1, 0), -EINVAL);
    fixture_end();
}
