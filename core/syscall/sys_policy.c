/*
 * What a thread asks of scheduling and of CPUs: sched_setscheduler, sched_getscheduler,
 * sched_setparam, sched_getparam, sched_get_priority_max, sched_get_priority_min,
 * sched_rr_get_interval, sched_setaffinity, sched_getaffinity, getcpu, membarrier.
 *
 * Policies and priorities are kept, told and inherited; the scheduler gives all threads their turns
 * by its own policy (sched_policy.h) whatever they are. There is one CPU, number 0.
 */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "mm/space.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"

enum {
    PRIORITY_MIN = 1, /* of SCHED_FIFO and SCHED_RR */
    PRIORITY_MAX = 99,
    POLICY_KEEP = -1,
};

static struct thread *named(struct thread *thread, int tid)
{
    return tid == 0 ? thread : thread_find(tid);
}

static bool is_real_time(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_known(int policy)
{
    return is_real_time(policy) || policy == SCHED_OTHER || policy == SCHED_BATCH ||
           policy == SCHED_IDLE;
}

/* policy: POLICY_KEEP for the one that the thread has. */
static int set(struct thread *thread, int tid, int policy, uaddr_t parameter)
{
    int priority;

    if (!parameter || tid < 0) {
        return -EINVAL;
    }
    int error = user_read(&priority, parameter, sizeof(priority));
    if (error) {
        return error;
    }
    struct thread *wanted = named(thread, tid);
    if (!wanted) {
        return -ESRCH;
    }
    bool resets = policy == POLICY_KEEP ? wanted->resets_policy : policy & SCHED_RESET_ON_FORK;
    int kind = policy == POLICY_KEEP ? wanted->policy : policy & ~SCHED_RESET_ON_FORK;
    if (!is_known(kind) || priority < (is_real_time(kind) ? PRIORITY_MIN : 0) ||
        priority > (is_real_time(kind) ? PRIORITY_MAX : 0)) {
        return -EINVAL;
    }
    wanted->policy = kind;
    wanted->priority = priority;
    wanted->resets_policy = resets;
    return 0;
}

int64_t sys_sched_setscheduler(struct thread *thread, const uint64_t *args)
{
    if ((int)args[1] < 0) {
        return -EINVAL;
    }
    return set(thread, (int)args[0], (int)args[1], args[2]);
}

int64_t sys_sched_setparam(struct thread *thread, const uint64_t *args)
{
    return set(thread, (int)args[0], POLICY_KEEP, args[1]);
}

int64_t sys_sched_getscheduler(struct thread *thread, const uint64_t *args)
{
    if ((int)args[0] < 0) {
        return -EINVAL;
    }
    const struct thread *asked = named(thread, (int)args[0]);
    if (!asked) {
        return -ESRCH;
    }
    return asked->policy | (asked->resets_policy ? SCHED_RESET_ON_FORK : 0);
}

int64_t sys_sched_getparam(struct thread *thread, const uint64_t *args)
{
    if (!args[1] || (int)args[0] < 0) {
        return -EINVAL;
    }
    const struct thread *asked = named(thread, (int)args[0]);
    return asked ? user_write(args[1], &asked->priority, sizeof(asked->priority)) : -ESRCH;
}

int64_t sys_sched_get_priority_max(struct thread *thread, const uint64_t *args)
{
    int policy = (int)args[0];

    (void)thread;
    if (!is_known(policy) && policy != SCHED_DEADLINE) {
        return -EINVAL;
    }
    return is_real_time(policy) ? PRIORITY_MAX : 0;
}

int64_t sys_sched_get_priority_min(struct thread *thread, const uint64_t *args)
{
    int policy = (int)args[0];

    (void)thread;
    if (!is_known(policy) && policy != SCHED_DEADLINE) {
        return -EINVAL;
    }
    return is_real_time(policy) ? PRIORITY_MIN : 0;
}

int64_t sys_sched_rr_get_interval(struct thread *thread, const uint64_t *args)
{
    if ((int)args[0] < 0) {
        return -EINVAL;
    }
    const struct thread *asked = named(thread, (int)args[0]);
    if (!asked) {
        return -ESRCH;
    }
    const struct abi_timespec slice = {
        .tv_nsec = asked->policy == SCHED_FIFO ? 0 : (int64_t)SCHED_SLICE_NS};
    return user_write(args[1], &slice, sizeof(slice));
}

/* CPUs that are not there are passed over. */
int64_t sys_sched_setaffinity(struct thread *thread, const uint64_t *args)
{
    uint64_t cpus = 0;
    size_t size = (uint32_t)args[1] < sizeof(cpus) ? (uint32_t)args[1] : sizeof(cpus);
    int error = size > 0 ? user_read(&cpus, args[2], size) : 0;

    if (error) {
        return error;
    }
    if ((int)args[0] < 0 || !named(thread, (int)args[0])) {
        return -ESRCH;
    }
    return cpus & 1 ? 0 : -EINVAL;
}

int64_t sys_sched_getaffinity(struct thread *thread, const uint64_t *args)
{
    const uint64_t cpus = 1;
    uint32_t size = (uint32_t)args[1];

    if (size == 0 || size % sizeof(cpus) != 0) {
        return -EINVAL;
    }
    if ((int)args[0] < 0 || !named(thread, (int)args[0])) {
        return -ESRCH;
    }
    int error = user_write(args[2], &cpus, sizeof(cpus));
    return error ? error : (int64_t)sizeof(cpus);
}

/* The third argument has no use any more (getcpu(2)). */
int64_t sys_getcpu(struct thread *thread, const uint64_t *args)
{
    const int first = 0;

    (void)thread;
    for (unsigned i = 0; i < 2; i++) {
        int error = args[i] ? user_prepare_write(args[i], sizeof(first)) : 0;
        if (error) {
            return error;
        }
    }
    for (unsigned i = 0; i < 2; i++) {
        int error = args[i] ? user_write(args[i], &first, sizeof(first)) : 0;
        ASSERT(error == 0); /* it was prepared */
    }
    return 0;
}

/* On one CPU each thread that runs has seen what those before it wrote. */
int64_t sys_membarrier(struct thread *thread, const uint64_t *args)
{
    if ((uint32_t)args[1] != 0) {
        return -EINVAL;
    }
    switch ((int)args[0]) {
    case MEMBARRIER_CMD_QUERY:
        return MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED |
               MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
        return 0;
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
        thread->process->space->has_barrier = true;
        return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
        return thread->process->space->has_barrier ? 0 : -EPERM;
    default:
        return -EINVAL;
    }
}
