/* Waiting for children: wait4, waitid, and what the ones that ended have used. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "syscall/call_file.h"

struct wanted {
    const struct thread *thread; /* that waits */
    int64_t who; /* as the argument of WAIT_CHILD. It is kept in the call, so that a rerun waits for
                    the group that the caller was in at first */
    const struct pid *pid; /* the one and only, whoever has its number; NULL: who says it */
    uint32_t options;
};

/* Whether the options let a wait see a child, which depends on the signal it sends at its end, and
 * on the thread that made it. */
static bool is_visible(const struct process *child, const struct wanted *wanted)
{
    uint32_t options = wanted->options;
    bool is_clone = child->exit_signal != SIGCHLD;

    if ((options & WNOTHREAD) && child->parent_thread != wanted->thread) {
        return false;
    }
    return (options & WALL) || is_clone == ((options & WCLONE) != 0);
}

static bool is_wanted(const struct process *child, const struct wanted *wanted)
{
    return (wanted->who == 0 || child->group->number == -wanted->who) && is_visible(child, wanted);
}

/* What there is to tell of a child: CLD_EXITED for every zombie, CLD_STOPPED, CLD_CONTINUED, or 0:
 * nothing that the options ask for. */
static int news_of(const struct process *child, uint32_t options)
{
    if (child->state == PROCESS_ZOMBIE) {
        ASSERT(options & WEXITED);
        return CLD_EXITED;
    }
    if (((options & WSTOPPED) || PLANTED(STP_1)) && child->signals.stop &&
        child->signals.is_stop_untold) {
        return CLD_STOPPED;
    }
    return (options & WCONTINUED) && child->signals.is_continue_untold ? CLD_CONTINUED : 0;
}

/* One of the list that there is something to tell of, or else any; NULL: none. */
static struct process *find_on(const struct list *list, const struct wanted *wanted)
{
    struct process *any = NULL;

    LIST_FOR(link, list) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        if (is_wanted(child, wanted)) {
            any = any ? any : child;
            if (news_of(child, wanted->options)) {
                return child;
            }
        }
        plat_irq_window();
    }
    return any;
}

/* A zombie that is asked for, or else a live child, one with news if there is one; NULL: there is
 * neither. */
static struct process *find_child(const struct process *parent, const struct wanted *wanted)
{
    if (wanted->who > 0) {
        struct process *child = wanted->pid ? wanted->pid->process : process_find((int)wanted->who);
        if (!child || child->parent != parent || !is_visible(child, wanted)) {
            return NULL;
        }
        return child->state == PROCESS_LIVE || (wanted->options & WEXITED) ? child : NULL;
    }
    struct process *zombie = wanted->options & WEXITED ? find_on(&parent->zombies, wanted) : NULL;
    return zombie ? zombie : find_on(&parent->children, wanted);
}

/* Finds a child of which there is something to tell, or none yet (*found is NULL and the result 0,
 * with WNOHANG), or blocks. */
static int64_t wait_for(struct thread *thread, struct wanted *wanted, struct process **found)
{
    struct process *parent = thread->process;
    struct call *call = &thread->call;

    if (call->has_begun) {
        wanted->who = call->arg;
    }
    *found = NULL;
    if (PLANTED(M_36) && call->has_begun &&
        (parent->signals.actions->handled & signal_bit(SIGCHLD))) {
        return -EINTR;
    }
    if (PLANTED(M_43) && call->done) {
        call->done = false;
        return sched_block(thread, WAIT_CHILD, wanted->who, &parent->child_wait, PLAT_NEVER);
    }
    struct process *child = find_child(parent, wanted);
    if (PLANTED(K_16) && call->has_begun && !list_is_empty(&parent->zombies)) {
        child = CONTAINER_OF(parent->zombies.next, struct process, sibling);
    }
    if (PLANTED(K_17) && !child &&
        !(list_is_empty(&parent->children) && list_is_empty(&parent->zombies))) {
        return sched_block(thread, WAIT_CHILD, wanted->who, &parent->child_wait, PLAT_NEVER);
    }
    if (!child || (PLANTED(SEED_3) && call->has_begun)) {
        return -ECHILD;
    }
    if (child->state == PROCESS_ZOMBIE || news_of(child, wanted->options)) {
        *found = child;
        return 0;
    }
    if (wanted->options & WNOHANG) {
        return 0;
    }
    call->has_begun = true;
    return sched_block(thread, WAIT_CHILD, wanted->who, &parent->child_wait, PLAT_NEVER);
}

/* The planted bug k-20: a wait that a handler has interrupted is complete when a child ends, and is
 * not looked at again when it is made once more. 0: there is none. */
static int complete_interrupted(const struct thread *thread, int64_t result)
{
    int child = plant_memory < 0 ? -plant_memory : 0;

    if (result == CALL_INTERRUPTED) {
        plant_memory = thread->process->pid->number;
        return 0;
    }
    if (child == 0 || thread->call.has_begun || process_find(child)) {
        return 0;
    }
    plant_memory = 0;
    return child;
}

/* What has been told is not told again: a zombie is gone. */
static void take(struct process *child, int news)
{
    switch (news) {
    case CLD_STOPPED:
        child->signals.is_stop_untold = false;
        break;
    case CLD_CONTINUED:
        child->signals.is_continue_untold = false;
        break;
    default:
        process_reap(child, true);
    }
}

/* What wait4 tells (wait(2)). */
static int status_of(const struct process *child, int news)
{
    switch (news) {
    case CLD_STOPPED:
        return child->signals.stop << 8 | WAIT_STOPPED;
    case CLD_CONTINUED:
        return WAIT_CONTINUED;
    default:
        return child->wait_status;
    }
}

/* What a wait hands out of a child. Addresses of 0 are not wanted. */
struct result {
    uaddr_t at;
    const void *bytes;
    uint64_t len;
};

/* Writes all of it or nothing, so that the child is still there when an address is bad. */
static int write_results(const struct result *results, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int error = results[i].at ? user_prepare_write(results[i].at, results[i].len) : 0;
        if (error) {
            return error;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        if (results[i].at) {
            int error = user_write(results[i].at, results[i].bytes, results[i].len);
            ASSERT(error == 0); /* it was prepared */
        }
    }
    return 0;
}

/* Where Linux reaps the child and then finds that the status cannot be written, Eft looks first: a
 * call that gives EFAULT has not changed anything, and the child is still there. */
int64_t sys_wait4(struct thread *thread, const uint64_t *args)
{
    const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
    struct wanted wanted = {.thread = thread, .who = (int)args[0], .options = (uint32_t)args[2]};
    struct process *child;

    if (wanted.options & ~known) {
        return -EINVAL;
    }
    if (wanted.who == INT32_MIN) {
        return -ESRCH;
    }
    wanted.options |= WEXITED;
    if (wanted.who == 0) {
        wanted.who = -thread->process->group->number;
    } else if (wanted.who == -1) {
        wanted.who = 0;
    }
    int64_t error = wait_for(thread, &wanted, &child);
    if (PLANTED(K_20)) {
        int gone = complete_interrupted(thread, error);
        if (gone) {
            return gone;
        }
    }
    if (error || !child) {
        return error;
    }
    int number = child->pid->number;
    int news = news_of(child, wanted.options);
    int status = status_of(child, news);
    if (PLANTED(K_18) && thread->call.has_begun) {
        status &= 0xff;
    }
    const struct abi_rusage usage = usage_of_both(child);
    const struct result results[] = {
        {PLANTED(K_11) && thread->call.done ? 0 : args[1], &status, sizeof(status)},
        {args[3], &usage, sizeof(usage)},
    };
    error = write_results(results, ARRAY_LEN(results));
    if (error) {
        return error;
    }
    take(child, news);
    return number;
}

/* What waitid means by a kind and a number. */
static int set_wanted(const struct process *caller, int kind, int number, const struct file *file,
                      struct wanted *wanted)
{
    switch (kind) {
    case P_ALL:
        wanted->who = 0;
        return 0;
    case P_PID:
        wanted->who = number;
        return number > 0 ? 0 : -EINVAL;
    case P_PGID:
        wanted->who = -(int64_t)(number == 0 ? caller->group->number : number);
        return number >= 0 ? 0 : -EINVAL;
    case P_PIDFD:
        if (number < 0 || !file || !file->pid) {
            return number < 0 ? -EINVAL : -EBADF;
        }
        wanted->who = file->pid->number;
        wanted->pid = file->pid;
        return 0;
    default:
        return -EINVAL;
    }
}

/* Waits as waitid says: by a descriptor that is not to be waited for (PIDFD_NONBLOCK) nothing yet
 * is -EAGAIN. */
static int64_t wait_by_id(struct thread *thread, const uint64_t *args, struct wanted *wanted,
                          struct process **found)
{
    struct file *file = (int)args[0] == P_PIDFD ? call_file(thread, args[1]) : NULL;
    int64_t error = set_wanted(thread->process, (int)args[0], (int)args[1], file, wanted);
    uint32_t asked = wanted->options;

    if (error) {
        return error;
    }
    if (file && file_is_impatient(file, thread)) {
        wanted->options |= WNOHANG;
    }
    error = wait_for(thread, wanted, found);
    if (!error && !*found && !(asked & WNOHANG)) {
        error = -EAGAIN;
    }
    return file ? call_file_end(thread, file, error) : error;
}

/* All 0: there is nothing to tell yet. */
static struct abi_siginfo info_of(const struct process *child, int news)
{
    struct abi_siginfo info;

    memset(&info, 0, PLANTED(LEAK_2) ? 0 : sizeof(info));
    if (!child) {
        return info;
    }
    info.si_signo = SIGCHLD;
    info.si_code = news;
    info.si_pid = child->pid->number;
    info.si_uid = process_cred(child)->user.real;
    if (news == CLD_EXITED) {
        int signal = child->wait_status & 0x7f;
        info.si_code = signal ? CLD_KILLED : CLD_EXITED;
        info.si_status = signal ? signal : child->wait_status >> 8;
    } else {
        info.si_status = news == CLD_STOPPED ? child->signals.stop : SIGCONT;
    }
    return info;
}

/* As Linux, fills in the fields and not what lies behind them; unlike Linux, nothing when it
 * fails. */
int64_t sys_waitid(struct thread *thread, const uint64_t *args)
{
    const uint32_t states = WEXITED | WSTOPPED | WCONTINUED;
    const uint32_t known = states | WNOHANG | WNOWAIT | WNOTHREAD | WALL | WCLONE;
    struct wanted wanted = {.thread = thread, .options = (uint32_t)args[3]};
    struct process *child = NULL;

    if ((wanted.options & ~known) || !(wanted.options & states)) {
        return -EINVAL;
    }
    int64_t error = wait_by_id(thread, args, &wanted, &child);
    if (error) {
        return error;
    }
    int news = child ? news_of(child, wanted.options) : 0;
    const struct abi_siginfo info = info_of(child, news);
    const struct abi_rusage usage = child ? usage_of_both(child) : (struct abi_rusage){0};
    const struct result results[] = {
        {args[2], &info, offsetof(struct abi_siginfo, rest)},
        {child ? args[4] : 0, &usage, sizeof(usage)},
    };
    error = write_results(results, ARRAY_LEN(results));
    if (!error && child && !(wanted.options & WNOWAIT)) {
        take(child, news);
    }
    return error;
}

int64_t sys_getrusage(struct thread *thread, const uint64_t *args)
{
    struct process *process = thread->process;
    struct abi_rusage usage;

    usage_charge_system(thread);
    switch ((int)args[0]) {
    case RUSAGE_SELF:
        usage = usage_of(process);
        break;
    case RUSAGE_THREAD:
        usage = usage_of_thread(thread);
        break;
    case RUSAGE_CHILDREN:
        usage = usage_of_children(process);
        break;
    default:
        return -EINVAL;
    }
    return user_write(args[1], &usage, sizeof(usage));
}

static int64_t ticks(nsec_t time)
{
    return (int64_t)(time / (NSEC_PER_SEC / CLOCK_TICKS_PER_SEC));
}

int64_t sys_times(struct thread *thread, const uint64_t *args)
{
    struct process *process = thread->process;

    usage_charge_system(thread);
    const struct abi_tms tms = {
        .tms_utime = ticks(process->usage.user),
        .tms_stime = ticks(process->usage.system),
        .tms_cutime = ticks(process->children_usage.user),
        .tms_cstime = ticks(process->children_usage.system),
    };
    int error = args[0] ? user_write(args[0], &tms, sizeof(tms)) : 0;
    return error ? error : ticks(clock_now());
}
