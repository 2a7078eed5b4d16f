/* sched(7), getcpu(2), membarrier(2), where there is one CPU. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/users.h"

enum { SLICE_NS = 10000000 };

static struct proc *named(struct proc *self, uint64_t pid)
{
    return (int)pid == 0 ? self : world_find_thread((int)pid);
}

static bool is_urgent(int policy)
{
    return policy == SCHED_FIFO || policy == SCHED_RR;
}

static bool is_ordinary(int policy)
{
    return policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE;
}

static bool is_allowed(int policy, int priority)
{
    return is_urgent(policy) ? priority >= 1 && priority <= 99
                             : is_ordinary(policy) && priority == 0;
}

/* sched(7), Privileges and resource limits. */
static bool may_set(const struct proc *self, const struct proc *proc, int policy, int priority,
                    bool resets)
{
    const struct abi_rlimit *limits = proc->process->limits;
    uint64_t highest = limits[RLIMIT_RTPRIO].rlim_cur;
    bool is_new = policy != proc->policy;

    if (users_is_root(self)) {
        return true;
    }
    if (is_urgent(policy) &&
        ((is_new && highest == 0) || (priority > proc->priority && (uint64_t)priority > highest))) {
        return false;
    }
    if (is_new && proc->policy == SCHED_IDLE &&
        (uint64_t)(20 - proc->nice) > limits[RLIMIT_NICE].rlim_cur) {
        return false;
    }
    return users_may_schedule(self, proc) && !(proc->resets_on_fork && !resets);
}

/* policy -1: as it is. */
static void set(struct proc *self, uint64_t pid, int policy, uint64_t at)
{
    struct proc *proc = named(self, pid);
    int priority;

    if (!at || (int)pid < 0) {
        (void)ask_result(-EINVAL);
        return;
    }
    if (!memory_read(self, at, &priority, sizeof(priority))) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (!proc) {
        (void)ask_result(-ESRCH);
        return;
    }
    bool resets = policy == -1 ? proc->resets_on_fork : policy & SCHED_RESET_ON_FORK;
    int wanted = policy == -1 ? proc->policy : policy & ~SCHED_RESET_ON_FORK;
    if (!is_allowed(wanted, priority)) {
        (void)ask_result(-EINVAL);
    } else if (!may_set(self, proc, wanted, priority, resets)) {
        (void)ask_result(-EPERM);
    } else if (ask_result(0)) {
        proc->policy = wanted;
        proc->priority = priority;
        proc->resets_on_fork = resets;
    }
}

void call_sched_setparam(struct proc *self, const struct event *event)
{
    set(self, event->args[0], -1, event->args[1]);
}

void call_sched_setscheduler(struct proc *self, const struct event *event)
{
    if ((int)event->args[1] < 0) {
        (void)ask_result(-EINVAL);
    } else {
        set(self, event->args[0], (int)event->args[1], event->args[2]);
    }
}

enum { ATTR_SIZE = sizeof(struct abi_sched_attr) };

/* The size is wrong, and the right one is told. */
static void refuse_size(struct proc *self, uint64_t at)
{
    const uint32_t size = ATTR_SIZE;

    if (ask_result(-E2BIG) && memory_can(self, at, sizeof(size), ACCESS_WRITE)) {
        memory_offer(self, at, &size, sizeof(size));
    }
}

/* false: the call is over. */
static bool read_attr(struct proc *self, uint64_t at, struct abi_sched_attr *attr)
{
    uint32_t size;
    uint8_t rest;

    bytes_zero(attr, sizeof(*attr));
    if (!memory_read(self, at, &size, sizeof(size))) {
        (void)ask_result(-EFAULT);
        return false;
    }
    size = size == 0 ? SCHED_ATTR_SIZE_VER0 : size;
    if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE) {
        refuse_size(self, at);
        return false;
    }
    bool is_read = memory_read(self, at, attr, least(size, ATTR_SIZE));
    uint64_t more = size > ATTR_SIZE ? size - ATTR_SIZE : 0;
    for (uint64_t i = 0; i < more && is_read; i++) {
        is_read = memory_read(self, at + ATTR_SIZE + i, &rest, 1);
        if (is_read && rest) {
            refuse_size(self, at);
            return false;
        }
    }
    bool has_clamps = attr->sched_flags & (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX);
    if (!is_read || (has_clamps && size < ATTR_SIZE) || (int)attr->sched_policy < 0) {
        (void)ask_result(is_read ? -EINVAL : -EFAULT);
        return false;
    }
    return true;
}

/* As Linux does it: to keep the parameters is to keep the policy, though both are looked at. */
static void set_attr(struct proc *self, struct proc *proc, const struct abi_sched_attr *attr)
{
    bool keeps_policy = attr->sched_flags & SCHED_FLAG_KEEP_POLICY;
    bool keeps_all = attr->sched_flags & SCHED_FLAG_KEEP_PARAMS;
    bool resets =
        keeps_policy ? proc->resets_on_fork : (attr->sched_flags & SCHED_FLAG_RESET_ON_FORK) != 0;
    int policy = keeps_policy ? proc->policy : (int)attr->sched_policy;
    int priority = keeps_all && proc->priority ? proc->priority : (int)attr->sched_priority;
    int nice = attr->sched_nice < -20 ? -20 : attr->sched_nice > 19 ? 19 : attr->sched_nice;
    bool has_nice = policy == SCHED_OTHER || policy == SCHED_BATCH;

    nice = keeps_all && !proc->priority ? proc->nice : nice;
    bool is_nicer =
        nice < proc->nice && (uint64_t)(20 - nice) > proc->process->limits[RLIMIT_NICE].rlim_cur;
    if ((attr->sched_flags & ~(uint64_t)SCHED_FLAG_ALL) || !is_allowed(policy, priority)) {
        (void)ask_result(-EINVAL);
    } else if (!may_set(self, proc, policy, priority, resets) ||
               (has_nice && is_nicer && !users_is_root(self))) {
        (void)ask_result(-EPERM);
    } else if (attr->sched_flags & (SCHED_FLAG_UTIL_CLAMP_MIN | SCHED_FLAG_UTIL_CLAMP_MAX)) {
        (void)ask_result(-EOPNOTSUPP);
    } else if (ask_result(0)) {
        proc->resets_on_fork = resets;
        if (!keeps_all) {
            proc->policy = policy;
            proc->priority = priority;
            proc->nice = has_nice ? nice : proc->nice;
        }
    }
}

void call_sched_setattr(struct proc *self, const struct event *event)
{
    struct proc *proc = named(self, event->args[0]);
    struct abi_sched_attr attr;

    if (!event->args[1] || (int)event->args[0] < 0 || (uint32_t)event->args[2]) {
        (void)ask_result(-EINVAL);
    } else if (read_attr(self, event->args[1], &attr)) {
        if (proc) {
            set_attr(self, proc, &attr);
        } else {
            (void)ask_result(-ESRCH);
        }
    }
}

/* Whom a question is about; NULL: it has been answered. */
static struct proc *asked(struct proc *self, uint64_t pid)
{
    struct proc *proc = (int)pid < 0 ? NULL : named(self, pid);

    if (!proc) {
        (void)ask_result((int)pid < 0 ? -EINVAL : -ESRCH);
    }
    return proc;
}

void call_sched_getscheduler(struct proc *self, const struct event *event)
{
    const struct proc *proc = asked(self, event->args[0]);

    if (proc) {
        (void)ask_result(proc->policy | (proc->resets_on_fork ? SCHED_RESET_ON_FORK : 0));
    }
}

/* The call writes this, or gives EFAULT. */
static void answer(struct proc *self, uint64_t at, const void *bytes, uint64_t len, int64_t result)
{
    if (!memory_can(self, at, len, ACCESS_WRITE)) {
        (void)ask_result(-EFAULT);
    } else if (ask_result(result)) {
        memory_give(self, at, bytes, len);
    }
}

void call_sched_getparam(struct proc *self, const struct event *event)
{
    if (!event->args[1]) {
        (void)ask_result(-EINVAL);
        return;
    }
    const struct proc *proc = asked(self, event->args[0]);
    if (proc) {
        answer(self, event->args[1], &proc->priority, sizeof(proc->priority), 0);
    }
}

void call_sched_getattr(struct proc *self, const struct event *event)
{
    uint32_t size = (uint32_t)event->args[2];

    if (!event->args[1] || size > PAGE || size < SCHED_ATTR_SIZE_VER0 || (uint32_t)event->args[3]) {
        (void)ask_result(-EINVAL);
        return;
    }
    const struct proc *proc = asked(self, event->args[0]);
    if (proc) {
        const struct abi_sched_attr attr = {
            .size = (uint32_t)least(size, ATTR_SIZE),
            .sched_policy = (uint32_t)proc->policy,
            .sched_flags = proc->resets_on_fork ? SCHED_FLAG_RESET_ON_FORK : 0,
            .sched_nice = proc->priority ? 0 : proc->nice,
            .sched_priority = (uint32_t)proc->priority,
        };
        answer(self, event->args[1], &attr, attr.size, 0);
    }
}

void call_sched_setaffinity(struct proc *self, const struct event *event)
{
    uint64_t set = 0;
    uint64_t len = least((uint32_t)event->args[1], sizeof(set));

    if (len > 0 && !memory_read(self, event->args[2], &set, len)) {
        (void)ask_result(-EFAULT);
    } else if (!named(self, event->args[0])) {
        (void)ask_result(-ESRCH);
    } else if (!users_may_schedule(self, named(self, event->args[0]))) {
        (void)ask_result(-EPERM);
    } else {
        (void)ask_result(set & 1 ? 0 : -EINVAL);
    }
}

void call_sched_getaffinity(struct proc *self, const struct event *event)
{
    const uint64_t set = 1;
    uint32_t len = (uint32_t)event->args[1];

    if (len == 0 || len % 8) {
        (void)ask_result(-EINVAL);
    } else if (!named(self, event->args[0])) {
        (void)ask_result(-ESRCH);
    } else {
        answer(self, event->args[2], &set, sizeof(set), sizeof(set));
    }
}

static int end_of_range(int policy, int urgent)
{
    if (is_urgent(policy)) {
        return urgent;
    }
    return is_ordinary(policy) || policy == SCHED_DEADLINE ? 0 : -EINVAL;
}

void call_sched_get_priority_max(struct proc *self, const struct event *event)
{
    (void)self;
    (void)ask_result(end_of_range((int)event->args[0], 99));
}

void call_sched_get_priority_min(struct proc *self, const struct event *event)
{
    (void)self;
    (void)ask_result(end_of_range((int)event->args[0], 1));
}

void call_sched_rr_get_interval(struct proc *self, const struct event *event)
{
    const struct proc *proc = asked(self, event->args[0]);

    if (proc) {
        const struct abi_timespec slice = {0, proc->policy == SCHED_FIFO ? 0 : SLICE_NS};
        answer(self, event->args[1], &slice, sizeof(slice), 0);
    }
}

void call_getcpu(struct proc *self, const struct event *event)
{
    const uint32_t zero = 0;

    for (unsigned i = 0; i < 2; i++) {
        if (event->args[i] && !memory_can(self, event->args[i], sizeof(zero), ACCESS_WRITE)) {
            (void)ask_result(-EFAULT);
            return;
        }
    }
    if (ask_result(0)) {
        for (unsigned i = 0; i < 2; i++) {
            if (event->args[i]) {
                memory_give(self, event->args[i], &zero, sizeof(zero));
            }
        }
    }
}

void call_membarrier(struct proc *self, const struct event *event)
{
    unsigned *barriers = &world.spaces[self->space].barriers;
    int command = (int)event->args[0];

    if (event->args[1] != 0) {
        (void)ask_result(-EINVAL);
        return;
    }
    switch (command) {
    case MEMBARRIER_CMD_QUERY:
        (void)ask_result(127);
        break;
    case MEMBARRIER_CMD_GLOBAL:
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
        (void)ask_result(0);
        break;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
        (void)ask_result(*barriers & (unsigned)command ? 0 : -EPERM);
        break;
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
        if (ask_result(0)) {
            *barriers |= (unsigned)command / 2;
        }
        break;
    default:
        (void)ask_result(-EINVAL);
        break;
    }
}
