/* What one CPU has to say of sched(7), getcpu(2) and membarrier(2). */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"

enum {
    PRIORITY_MAX = 99,
    KEEP_POLICY = -1,
};

static const uint64_t only_cpu = 1; /* as a set */

/* Of the thread with this number, 0: the caller, or of one that has ended and whose number its
 * process keeps; NULL: nobody has it. */
static struct sched_params *find_params(struct thread *thread, int tid)
{
    struct thread *named = tid == 0 ? thread : thread_find(tid);
    struct process *process = process_find(tid);

    if (named) {
        return &named->params;
    }
    return process ? &process->zombie_params : NULL;
}

/* -EINVAL, -ESRCH. */
static int find_valid(struct thread *thread, uint64_t tid, struct sched_params **params)
{
    if ((int)tid < 0) {
        return -EINVAL;
    }
    *params = find_params(thread, (int)tid);
    return *params ? 0 : -ESRCH;
}

/* The highest priority of a policy, or -EINVAL; with any above 0, 1 is the lowest. */
static int highest_priority(int policy)
{
    switch (policy) {
    case SCHED_FIFO:
    case SCHED_RR:
        return PRIORITY_MAX;
    case SCHED_OTHER:
    case SCHED_BATCH:
    case SCHED_IDLE:
    case SCHED_DEADLINE:
        return 0;
    default:
        return -EINVAL;
    }
}

/* There are no deadlines. */
static bool is_allowed(int policy, int priority)
{
    int highest = highest_priority(policy);

    return policy != SCHED_DEADLINE && highest >= 0 && priority >= 0 && priority <= highest &&
           (priority > 0) == (highest > 0);
}

static int64_t set_params(struct thread *thread, uint64_t tid, int policy, uaddr_t from)
{
    struct sched_params *params;
    int priority;

    if (!from || (int)tid < 0) {
        return -EINVAL;
    }
    int error = user_read(&priority, from, sizeof(priority));
    if (!error) {
        error = find_valid(thread, tid, &params);
    }
    if (error) {
        return error;
    }
    bool is_kept = policy == KEEP_POLICY;
    bool is_reset = is_kept ? params->is_reset : policy & SCHED_RESET_ON_FORK;
    policy = is_kept ? params->policy : policy & ~SCHED_RESET_ON_FORK;
    if (!is_allowed(policy, priority)) {
        return -EINVAL;
    }
    *params = (struct sched_params){policy, priority, is_reset};
    return 0;
}

int64_t sys_sched_setparam(struct thread *thread, const uint64_t *args)
{
    return set_params(thread, args[0], KEEP_POLICY, args[1]);
}

int64_t sys_sched_setscheduler(struct thread *thread, const uint64_t *args)
{
    return (int)args[1] < 0 ? -EINVAL : set_params(thread, args[0], (int)args[1], args[2]);
}

int64_t sys_sched_getscheduler(struct thread *thread, const uint64_t *args)
{
    struct sched_params *params;
    int error = find_valid(thread, args[0], &params);

    return error ? error : params->policy | (params->is_reset ? SCHED_RESET_ON_FORK : 0);
}

int64_t sys_sched_getparam(struct thread *thread, const uint64_t *args)
{
    struct sched_params *params;
    int error = args[1] ? find_valid(thread, args[0], &params) : -EINVAL;

    return error ? error : user_write(args[1], &params->priority, sizeof(params->priority));
}

/* CPUs that are not there are passed over. */
int64_t sys_sched_setaffinity(struct thread *thread, const uint64_t *args)
{
    uint64_t size = min_u64((uint32_t)args[1], sizeof(only_cpu));
    uint64_t set = 0;
    int error = size > 0 ? user_read(&set, args[2], size) : 0;

    if (error) {
        return error;
    }
    if (!find_params(thread, (int)args[0])) {
        return -ESRCH;
    }
    return set & only_cpu ? 0 : -EINVAL;
}

int64_t sys_sched_getaffinity(struct thread *thread, const uint64_t *args)
{
    uint32_t size = (uint32_t)args[1];

    if (size == 0 || size % sizeof(only_cpu)) {
        return -EINVAL;
    }
    if (!find_params(thread, (int)args[0])) {
        return -ESRCH;
    }
    int error = user_write(args[2], &only_cpu, sizeof(only_cpu));
    return error ? error : (int64_t)sizeof(only_cpu);
}

int64_t sys_sched_get_priority_max(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    return highest_priority((int)args[0]);
}

int64_t sys_sched_get_priority_min(struct thread *thread, const uint64_t *args)
{
    int highest = highest_priority((int)args[0]);

    (void)thread;
    return highest > 0 ? 1 : highest;
}

/* Who is SCHED_FIFO has no slice. */
int64_t sys_sched_rr_get_interval(struct thread *thread, const uint64_t *args)
{
    struct sched_params *params;
    int error = find_valid(thread, args[0], &params);

    if (error) {
        return error;
    }
    const struct abi_timespec slice = {
        .tv_nsec = params->policy == SCHED_FIFO ? 0 : (int64_t)SCHED_SLICE_NS,
    };
    return user_write(args[1], &slice, sizeof(slice));
}

/* CPU 0 of node 0. */
int64_t sys_getcpu(struct thread *thread, const uint64_t *args)
{
    const uint32_t zero = 0;
    int error = args[0] ? user_prepare_write(args[0], sizeof(zero)) : 0;

    (void)thread;
    if (!error && args[1]) {
        error = user_write(args[1], &zero, sizeof(zero));
    }
    if (!error && args[0]) {
        error = user_write(args[0], &zero, sizeof(zero));
    }
    return error;
}

/* All threads have passed whatever barrier there is when they are switched to: what is left are the
 * rules of who may ask. */
int64_t sys_membarrier(struct thread *thread, const uint64_t *args)
{
    const unsigned orders =
        MEMBARRIER_CMD_PRIVATE_EXPEDITED | MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE;
    const unsigned free = MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |
                          MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED;
    unsigned command = (unsigned)args[0];
    unsigned *barriers = &thread->process->space->barriers;

    if (args[1] != 0 || (command & (command - 1))) {
        return -EINVAL;
    }
    if (command == MEMBARRIER_CMD_QUERY) {
        return free | orders | orders << 1;
    }
    if (command & orders) {
        return *barriers & command ? 0 : -EPERM;
    }
    if (command & orders << 1) {
        *barriers |= command >> 1;
        return 0;
    }
    return command & free ? 0 : -EINVAL;
}
