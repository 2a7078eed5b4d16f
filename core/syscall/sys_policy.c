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

/* A thread, or one that has ended and whose number its process keeps. */
struct subject {
    struct sched_params *params;
    const struct cred *cred;
    struct process *process;
    struct thread *thread; /* NULL: it has ended */
    int nice;
};

/* The thread with this number, 0: the caller; false: nobody has it. */
static bool find_subject(struct thread *thread, int tid, struct subject *subject)
{
    struct thread *named = tid == 0 ? thread : thread_find(tid);
    struct process *process = process_find(tid);

    if (named) {
        *subject =
            (struct subject){&named->params, named->cred, named->process, named, named->nice};
    } else if (process) {
        *subject = (struct subject){&process->zombie_params, process->zombie_cred, process, NULL,
                                    process->zombie_nice};
    }
    return named || process;
}

/* -EINVAL, -ESRCH. */
static int find_valid(struct thread *thread, uint64_t tid, struct subject *subject)
{
    if ((int)tid < 0) {
        return -EINVAL;
    }
    return find_subject(thread, (int)tid, subject) ? 0 : -ESRCH;
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

/* Whether somebody may give it these parameters: what is more urgent than its limits allow only
 * root gives, and nobody else gives anything to another's threads (sched(7)). */
static bool may_set(const struct cred *cred, const struct subject *subject,
                    const struct sched_params *wanted)
{
    const struct sched_params *old = subject->params;
    const struct abi_rlimit *limits = subject->process->limits;
    uint64_t highest = limits[RLIMIT_RTPRIO].rlim_cur;
    bool is_urgent = wanted->priority > 0;

    if (cred_is_privileged(cred)) {
        return true;
    }
    if (is_urgent && wanted->policy != old->policy && highest == 0) {
        return false;
    }
    if (wanted->priority > old->priority && (uint64_t)wanted->priority > highest) {
        return false;
    }
    if (old->policy == SCHED_IDLE && wanted->policy != SCHED_IDLE &&
        (uint64_t)(NICE_MAX + 1 - subject->nice) > limits[RLIMIT_NICE].rlim_cur) {
        return false;
    }
    return cred_may_schedule(cred, subject->cred) && (wanted->is_reset || !old->is_reset);
}

static int64_t set_params(struct thread *thread, uint64_t tid, int policy, uaddr_t from)
{
    struct subject subject;
    int priority;

    if (!from || (int)tid < 0) {
        return -EINVAL;
    }
    int error = user_read(&priority, from, sizeof(priority));
    if (!error) {
        error = find_valid(thread, tid, &subject);
    }
    if (error) {
        return error;
    }
    const struct sched_params *old = subject.params;
    bool is_kept = policy == KEEP_POLICY;
    const struct sched_params wanted = {
        .policy = is_kept ? old->policy : policy & ~SCHED_RESET_ON_FORK,
        .priority = priority,
        .is_reset = is_kept ? old->is_reset : policy & SCHED_RESET_ON_FORK,
    };
    if (!is_allowed(wanted.policy, priority)) {
        return -EINVAL;
    }
    if (!may_set(thread->cred, &subject, &wanted)) {
        return -EPERM;
    }
    *subject.params = wanted;
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

/* What is too large, or too small to be any version of it, is answered by the right size. */
static int refuse_size(uaddr_t at)
{
    const uint32_t size = sizeof(struct abi_sched_attr);
    int error = user_write(at, &size, sizeof(size));

    (void)error; /* it is E2BIG all the same */
    return -E2BIG;
}

/* Behind what is known of it there may be zeros, up to a page. */
static int read_attr(struct abi_sched_attr *attr, uaddr_t at)
{
    const uint64_t clamps = SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX;
    uint32_t size;
    uint64_t more;
    int error = user_read(&size, at, sizeof(size));

    *attr = (struct abi_sched_attr){0};
    size = size ? size : SCHED_ATTR_SIZE_VER0;
    if (!error && (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)) {
        return refuse_size(at);
    }
    if (!error) {
        error = user_read(attr, at, min_u64(size, sizeof(*attr)));
    }
    for (uint64_t done = sizeof(*attr); !error && done < size; done += sizeof(more)) {
        more = 0;
        error = user_read(&more, at + done, min_u64(size - done, sizeof(more)));
        if (!error && more) {
            return refuse_size(at);
        }
    }
    if (!error && (attr->sched_flags & clamps) && size < sizeof(*attr)) {
        return -EINVAL;
    }
    attr->sched_nice = attr->sched_nice < NICE_MIN   ? NICE_MIN
                       : attr->sched_nice > NICE_MAX ? NICE_MAX
                                                     : attr->sched_nice;
    return error;
}

static bool may_be_as_nice(const struct cred *cred, const struct subject *subject, int nice)
{
    uint64_t limit = subject->process->limits[RLIMIT_NICE].rlim_cur;

    return cred_is_privileged(cred) || nice >= subject->nice ||
           (uint64_t)(NICE_MAX + 1 - nice) <= limit;
}

static void set_nice(const struct subject *subject, int nice)
{
    if (subject->thread) {
        sched_set_nice(subject->thread, nice);
    } else {
        subject->process->zombie_nice = nice;
    }
}

/* As Linux: who keeps the parameters keeps the policy too. */
static int64_t set_attr(const struct thread *thread, const struct subject *subject,
                        const struct abi_sched_attr *attr)
{
    const struct sched_params *old = subject->params;
    bool keeps_policy = attr->sched_flags & SCHED_FLAG_KEEP_POLICY;
    bool keeps_all = attr->sched_flags & SCHED_FLAG_KEEP_PARAMS;
    struct sched_params wanted = {
        .policy = keeps_policy ? old->policy : (int)attr->sched_policy,
        .priority = (int)attr->sched_priority,
        .is_reset = keeps_policy ? old->is_reset : attr->sched_flags & SCHED_FLAG_RESET_ON_FORK,
    };
    bool has_nice = wanted.policy == SCHED_OTHER || wanted.policy == SCHED_BATCH;
    int nice = keeps_all && old->priority == 0 ? subject->nice : attr->sched_nice;

    if (keeps_all && old->priority > 0) {
        wanted.priority = old->priority;
    }
    if ((attr->sched_flags & ~(uint64_t)SCHED_FLAG_ALL) ||
        !is_allowed(wanted.policy, wanted.priority)) {
        return -EINVAL;
    }
    if (!may_set(thread->cred, subject, &wanted) ||
        (has_nice && !may_be_as_nice(thread->cred, subject, nice))) {
        return -EPERM;
    }
    if (attr->sched_flags & (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX)) {
        return -EOPNOTSUPP;
    }
    if (keeps_all) {
        wanted = (struct sched_params){old->policy, old->priority, wanted.is_reset};
    } else if (has_nice) {
        set_nice(subject, nice);
    }
    *subject->params = wanted;
    return 0;
}

int64_t sys_sched_setattr(struct thread *thread, const uint64_t *args)
{
    struct abi_sched_attr attr;
    struct subject subject;

    if (!args[1] || (int)args[0] < 0 || (uint32_t)args[2]) {
        return -EINVAL;
    }
    int error = read_attr(&attr, args[1]);
    if (!error && (int)attr.sched_policy < 0) {
        error = -EINVAL;
    }
    if (!error) {
        error = find_valid(thread, args[0], &subject);
    }
    return error ? error : set_attr(thread, &subject, &attr);
}

int64_t sys_sched_getattr(struct thread *thread, const uint64_t *args)
{
    uint32_t size = (uint32_t)args[2];
    struct subject subject;

    if (!args[1] || size > PAGE_SIZE || size < SCHED_ATTR_SIZE_VER0 || (uint32_t)args[3]) {
        return -EINVAL;
    }
    int error = find_valid(thread, args[0], &subject);
    if (error) {
        return error;
    }
    const struct sched_params *params = subject.params;
    const struct abi_sched_attr attr = {
        .size = (uint32_t)min_u64(size, sizeof(attr)),
        .sched_policy = (uint32_t)params->policy,
        .sched_flags = params->is_reset ? SCHED_FLAG_RESET_ON_FORK : 0,
        .sched_nice = params->priority > 0 ? 0 : subject.nice,
        .sched_priority = (uint32_t)params->priority,
    };
    return user_write(args[1], &attr, attr.size);
}

int64_t sys_sched_getscheduler(struct thread *thread, const uint64_t *args)
{
    struct subject subject;
    int error = find_valid(thread, args[0], &subject);

    if (error) {
        return error;
    }
    return subject.params->policy | (subject.params->is_reset ? SCHED_RESET_ON_FORK : 0);
}

int64_t sys_sched_getparam(struct thread *thread, const uint64_t *args)
{
    struct subject subject;
    int error = args[1] ? find_valid(thread, args[0], &subject) : -EINVAL;

    if (error) {
        return error;
    }
    return user_write(args[1], &subject.params->priority, sizeof(subject.params->priority));
}

/* CPUs that are not there are passed over. */
int64_t sys_sched_setaffinity(struct thread *thread, const uint64_t *args)
{
    uint64_t size = min_u64((uint32_t)args[1], sizeof(only_cpu));
    struct subject subject;
    uint64_t set = 0;
    int error = size > 0 ? user_read(&set, args[2], size) : 0;

    if (error) {
        return error;
    }
    if (!find_subject(thread, (int)args[0], &subject)) {
        return -ESRCH;
    }
    if (!cred_may_schedule(thread->cred, subject.cred)) {
        return -EPERM;
    }
    return set & only_cpu ? 0 : -EINVAL;
}

int64_t sys_sched_getaffinity(struct thread *thread, const uint64_t *args)
{
    uint32_t size = (uint32_t)args[1];
    struct subject subject;

    if (size == 0 || size % sizeof(only_cpu)) {
        return -EINVAL;
    }
    if (!find_subject(thread, (int)args[0], &subject)) {
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
    struct subject subject;
    int error = find_valid(thread, args[0], &subject);

    if (error) {
        return error;
    }
    const struct abi_timespec slice = {
        .tv_nsec = subject.params->policy == SCHED_FIFO ? 0 : (int64_t)SCHED_SLICE_NS,
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
