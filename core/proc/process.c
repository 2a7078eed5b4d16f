#include "proc/process.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/print.h"
#include "base/string.h"
#include "dev/device.h"
#include "fs/pipe.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "mm/uaccess.h"
#include "proc/clock.h"
#include "proc/cpu_limit.h"
#include "proc/group.h"
#include "proc/sched.h"
#include "sync/futex.h"
#include "syscall/trace.h"

enum {
    STACK_LIMIT = 8 << 20, /* bytes */
};

static struct {
    struct pool pool;
    struct process *init;
    size_t headless; /* whose thread with their number has ended, zombies too */
} processes;

void process_init(void)
{
    pool_init(&processes.pool, "process", sizeof(struct process));
    processes.init = NULL;
    processes.headless = 0;
}

/* Linux lets threads have an eighth of memory for their stacks of 16 KiB, and half as many signals
 * wait, or ten. */
static uint64_t first_sigpending(void)
{
    enum { FRAMES_A_SIGNAL = 64, LEAST = 10 };
    uint64_t count = frame_total_count() / FRAMES_A_SIGNAL;

    return count > LEAST ? count : LEAST;
}

/* What the first process may use; getrlimit(2). */
static void set_first_limits(struct process *process)
{
    const uint64_t signals = first_sigpending();

    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        process->limits[i] = (struct abi_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    }
    process->limits[RLIMIT_STACK].rlim_cur = STACK_LIMIT;
    process->limits[RLIMIT_CORE].rlim_cur = 0;
    process->limits[RLIMIT_SIGPENDING] = (struct abi_rlimit){signals, signals};
    process->limits[RLIMIT_NOFILE] = (struct abi_rlimit){FDTABLE_MAX, FDTABLE_MAX};
    process->limits[RLIMIT_NICE] = (struct abi_rlimit){0, 0};
    process->limits[RLIMIT_RTPRIO] = (struct abi_rlimit){0, 0};
}

const struct cred *process_cred(const struct process *process)
{
    return process->thread ? process->thread->cred : process->zombie_cred;
}

/* The threads of a real user, and the numbers that are left of some. */
static uint64_t count_of_user(uint32_t user)
{
    uint64_t count = 0;

    for (struct process *p = processes.init; p; p = process_next(p)) {
        count += !p->thread && p->zombie_cred->user.real == user;
        LIST_FOR(link, &p->threads) {
            count += CONTAINER_OF(link, struct thread, process_link)->cred->user.real == user;
            plat_irq_window();
        }
        plat_irq_window();
    }
    return count;
}

/* Nobody else is looked at unless the limit is less than there are threads at all. */
bool process_user_exceeds(const struct process *process, const struct cred *cred)
{
    uint64_t limit = process->limits[RLIMIT_NPROC].rlim_cur;

    return cred->user.real != 0 && thread_count() + processes.headless > limit &&
           count_of_user(cred->user.real) > limit;
}

int process_may_grow(const struct thread *maker, int number)
{
    const struct cred *cred = maker->cred;
    uint64_t limit = maker->process->limits[RLIMIT_NPROC].rlim_cur;
    bool is_limited = cred->user.real != 0 && !cred_is_privileged(cred);

    if (is_limited && thread_count() + processes.headless >= limit &&
        count_of_user(cred->user.real) >= limit) {
        return -EAGAIN;
    }
    return number != 0 && !cred_is_privileged(cred) ? -EPERM : 0;
}

int process_create(const struct thread *maker, int number, struct process **process)
{
    int error = maker ? process_may_grow(maker, number) : 0;

    if (error) {
        return error;
    }
    struct process *made = pool_alloc(&processes.pool);
    if (!made) {
        return -ENOMEM;
    }
    list_init(&made->threads);
    pending_begin(&made->zombie_pending);
    error = thread_create(made, number, &made->thread);
    if (error) {
        pool_free(&processes.pool, made);
        return error;
    }
    made->state = PROCESS_NEW;
    cpu_clock_begin(&made->cpu_clock);
    cpu_limit_begin(made);
    itimer_begin(made);
    posix_timer_begin(made);
    list_init(&made->children);
    list_init(&made->zombies);
    list_init(&made->sibling);
    list_init(&made->group_link);
    waitq_init(&made->child_wait);
    made->exit_signal = SIGCHLD;
    *process = made;
    return 0;
}

void process_discard(struct process *process)
{
    ASSERT(process->state == PROCESS_NEW);
    if (process->space) {
        space_put(process->space);
    }
    if (process->signals.actions) {
        signal_end(process);
    }
    thread_destroy(process->thread);
    pid_put(process->pid);
    pool_free(&processes.pool, process);
}

int process_inherit(struct process *process, const struct thread *from, uint64_t flags)
{
    int error = signal_fork(from ? from->process : NULL, process, flags & CLONE_SIGHAND);

    return error ? error : thread_inherit(process->thread, from, flags);
}

static void set_parent(struct process *process, struct thread *from, uint64_t flags)
{
    const struct process *maker = from->process;

    if (flags & CLONE_PARENT) {
        process->parent = maker->parent;
        process->parent_thread = maker->parent_thread;
        process->parent_exec_count = maker->parent_exec_count;
        process->exit_signal = maker->exit_signal;
    } else {
        process->parent = from->process;
        process->parent_thread = from;
        process->parent_exec_count = maker->exec_count;
    }
    list_append(&process->parent->children, &process->sibling);
}

void process_start(struct process *process, struct thread *from, uint64_t flags)
{
    const struct process *maker = from ? from->process : NULL;

    ASSERT(process->state == PROCESS_NEW);
    ASSERT(process->space);
    ASSERT(process->thread->fds);
    process->state = PROCESS_LIVE;
    process->pid->process = process;
    process->group = pid_get(maker ? maker->group : process->pid);
    process->session = pid_get(maker ? maker->session : process->pid);
    list_append(&process->group->members, &process->group_link);
    if (maker) {
        memcpy(process->limits, maker->limits, sizeof(process->limits));
        cpu_limit_set(process);
        set_parent(process, from, flags);
    } else {
        ASSERT(!processes.init);
        set_first_limits(process);
        processes.init = process;
    }
    sched_add(process->thread);
}

/* Who inherits the children of a process that ends. All its ancestors are live. */
static struct process *find_reaper(const struct process *process)
{
    struct process *reaper = process->parent;

    while (reaper != processes.init && !reaper->is_subreaper) {
        reaper = reaper->parent;
    }
    return reaper;
}

/* The planted bug m-43: whether a wait sleeps on is found out here, and not when it runs again. */
static void look_for_waiter(const struct process *zombie)
{
    struct thread *waiter = zombie->parent->thread;

    if (waiter && waiter->state == THREAD_BLOCKED && waiter->call.reason == WAIT_CHILD) {
        waiter->call.done = waiter->call.arg > 0 && waiter->call.arg != zombie->pid->number;
    }
}

/* A zombie's parent is told, and wakes; it may want no zombies. */
static void tell_parent(struct process *zombie)
{
    struct process *parent = zombie->parent;
    int signal = zombie->exit_signal;

    if (signal != SIGCHLD && zombie->parent_exec_count != parent->exec_count) {
        signal = SIGCHLD; /* another program asked for that signal */
    }
    bool is_unwanted = signal == SIGCHLD && signal_wants_no_zombies(parent);
    bool is_ignored = is_unwanted && signal_action(parent, SIGCHLD).handler == SIG_IGN;
    if (signal > 0 && signal <= SIGNAL_MAX && !is_ignored) {
        const struct abi_siginfo info = usage_tell_end(zombie, signal);
        (void)signal_send_near(parent, zombie->parent_thread, &info);
    }
    if (PLANTED(M_43)) {
        look_for_waiter(zombie);
    }
    if (PLANTED(K_20) && plant_memory == parent->pid->number) {
        plant_memory = -zombie->pid->number;
    }
    if (is_unwanted) {
        process_reap(zombie, false);
    }
    if (!PLANTED(SEED_2) && !(PLANTED(I_116) && is_unwanted)) {
        waitq_wake_all(&parent->child_wait);
    }
}

static struct thread *first_thread(const struct process *process)
{
    return CONTAINER_OF(process->threads.next, struct thread, process_link);
}

/* One of child's threads wants to be told of its parent's end; NULL: one that has ended. */
static void tell_death(struct process *child, struct thread *thread, int signal,
                       const struct process *parent, const struct cred *cred)
{
    const struct cred *childs = thread ? thread->cred : child->zombie_cred;

    if (signal && signal_may_send(parent, cred, child, childs, signal)) {
        const struct abi_siginfo info = signal_info_of(signal, SI_USER, parent, cred);
        (void)signal_send_near(child, thread, &info);
    }
}

/* A child hangs at another thread now, and is told of the end of the one before, whose credentials
 * these are. */
static void pass_child(struct process *child, struct thread *to, const struct cred *cred)
{
    const struct process *from = child->parent;

    child->parent = to->process;
    child->parent_thread = to;
    if (!child->thread) {
        tell_death(child, NULL, child->zombie_death_signal, from, cred);
    }
    LIST_FOR(link, &child->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        tell_death(child, thread, thread->death_signal, from, cred);
        plat_irq_window();
    }
}

/* The children on one of a process's lists that hang at another of its threads than to, or at
 * from. */
static void pass_list(struct list *list, const struct thread *from, struct thread *to)
{
    LIST_FOR(link, list) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        if (from ? child->parent_thread == from : child->parent_thread != to) {
            pass_child(child, to, child->parent_thread->cred);
        }
        plat_irq_window();
    }
}

/* The children of a thread that ends, or (from is NULL) of all other threads, hang at this one. */
static void pass_children(const struct thread *from, struct thread *to)
{
    struct process *process = to->process;

    pass_list(&process->children, from, to);
    pass_list(&process->zombies, from, to);
    /* Who waits for children of its own may have one to wait for now. */
    waitq_wake_all(&process->child_wait);
}

/* Gives away what a process leaves behind, whose last thread had these credentials; who gets it
 * sees it whatever signal it was to send. */
static void reparent(struct process *process, const struct cred *cred)
{
    struct process *reaper = find_reaper(process);
    struct thread *heir = first_thread(reaper);
    bool has_news = false;

    LIST_FOR_REMOVABLE(link, &process->children) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        if (PLANTED(K_19)) {
            break;
        }
        child->exit_signal = SIGCHLD;
        list_remove(link);
        list_append(&reaper->children, link);
        pass_child(child, heir, cred);
        group_tell_orphaned(child, process);
        has_news |= child->signals.is_stop_untold || child->signals.is_continue_untold;
        plat_irq_window();
    }
    if (has_news) {
        waitq_wake_all(&reaper->child_wait);
    }
    LIST_FOR_REMOVABLE(link, &process->zombies) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        struct thread *from = child->parent_thread;
        child->exit_signal = SIGCHLD;
        list_remove(link);
        list_append(&reaper->zombies, link);
        pass_child(child, heir, cred);
        group_tell_orphaned(child, process);
        tell_parent(child);
        if (reaper->zombies.prev == link && from != child->parent_thread && PLANTED(OWN_19)) {
            child->parent_thread = from;
        }
        plat_irq_window();
    }
}

/* Init is gone: so is the machine, with init's status as a shell would put it. */
static void end_machine(int wait_status)
{
    int signal = wait_status & 0x7f;

    if (signal) {
        kprintf("eft: init was ended by signal %d\n", signal);
    }
    trace_power_off(wait_status);
    plat_power_off(signal ? 128 + signal : wait_status >> 8);
}

/* The planted bug k-11: the space of the child is in use still, and not the parent's. */
static void complete_wait_too_early(const struct process *child, int wait_status)
{
    struct thread *waiter = child->parent ? child->parent->thread : NULL;

    if (waiter && waiter->call.reason == WAIT_CHILD) {
        (void)!user_write(waiter->user.x[1], &wait_status, sizeof(wait_status));
        waiter->call.done = true;
    }
}

static void end_thread(struct thread *thread)
{
    struct process *process = thread->process;

    if (thread == process->thread) {
        process->zombie_nice = thread->nice;
        process->zombie_params = thread->params;
        process->zombie_mask = thread->signal_mask;
        process->zombie_death_signal = (uint8_t)thread->death_signal;
        process->zombie_cred = cred_get(thread->cred);
        pending_move(&thread->pending, &process->zombie_pending);
        processes.headless++;
    }
    thread_leave_space(thread);
    usage_end_thread(thread);
    thread_destroy(thread);
}

/* All but one, or all (NULL). None of them runs: they are what the kernel has of them. Nobody is
 * woken who is about to go: it would be in the place of another. */
static void end_threads(struct process *process, const struct thread *but)
{
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (thread != but) {
            futex_leave(thread);
        }
        plat_irq_window();
    }
    LIST_FOR_REMOVABLE(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (thread != but) {
            end_thread(thread);
        }
        plat_irq_window();
    }
}

void process_end_thread(struct thread *thread, int wait_status)
{
    struct process *process = thread->process;
    struct thread *heir = first_thread(process);

    if (process->thread_count == 1) {
        process_exit(process, wait_status);
        return;
    }
    if (heir == thread) {
        heir = CONTAINER_OF(thread->process_link.next, struct thread, process_link);
    }
    trace_exit(thread->tid, wait_status);
    usage_charge_process(process);
    pass_children(thread, heir);
    end_thread(thread);
    signal_look_if_stopped(process);
    if (process->signals.pending.set) {
        signal_retarget(process);
    }
}

/* Its number is a thread's again, or nobody's. */
static void forget_headless(struct process *process)
{
    cred_put(process->zombie_cred);
    process->zombie_cred = NULL;
    pending_drop(&process->zombie_pending, UINT64_MAX);
    processes.headless--;
}

void process_keep_thread(struct thread *thread)
{
    struct process *process = thread->process;

    pass_children(NULL, thread);
    if (!PLANTED(THR_1)) {
        end_threads(process, thread);
    }
    if (!process->thread) {
        thread_take_number(thread);
        forget_headless(process);
    }
}

/* The one that makes a call has to be told of first: its line is not complete yet. */
static void trace_threads(const struct process *process, int wait_status)
{
    const struct thread *current = cpu_this()->current;

    if (current && current->process == process) {
        trace_exit(current->tid, wait_status);
    }
    LIST_FOR(link, &process->threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (thread != current) {
            trace_exit(thread->tid, wait_status);
        }
        plat_irq_window();
    }
}

/* The one that is left, or else the one with the process's number, as all end at once. */
static const struct thread *last_thread(const struct process *process)
{
    return process->thread ? process->thread : first_thread(process);
}

/* Tells and gives away what is to be when the process is a zombie. */
static void leave(struct process *process, const struct cred *cred)
{
    if (PLANTED(A_50)) {
        list_remove(&process->sibling);
        list_append(&process->parent->zombies, &process->sibling);
        tell_parent(process);
        reparent(process, cred);
        return;
    }
    reparent(process, cred);
    group_tell_orphaned(process, process->parent);
    list_remove(&process->sibling);
    list_append(&process->parent->zombies, &process->sibling);
    tell_parent(process);
}

void process_exit(struct process *process, int wait_status)
{
    ASSERT(process->state == PROCESS_LIVE);
    struct cred *cred = cred_get(last_thread(process)->cred);
    trace_threads(process, wait_status);
    if (PLANTED(K_11)) {
        complete_wait_too_early(process, wait_status);
    }
    usage_charge_process(process);
    cpu_limit_end(process);
    itimer_end(process);
    posix_timer_end(process);
    end_threads(process, NULL);
    signal_end(process);
    cpu_clock_end(&process->cpu_clock);
    usage_leave_space(process);
    space_put(process->space);
    process->space = NULL;
    process->state = PROCESS_ZOMBIE;
    process->wait_status = PLANTED(SEED_2) ? 0 : wait_status;
    if (process == processes.init) {
        pending_drop(&process->signals.pending, UINT64_MAX);
        pending_drop(&process->zombie_pending, UINT64_MAX);
        end_machine(wait_status);
    } else {
        leave(process, cred);
    }
    cred_put(cred);
}

void process_reap(struct process *process, bool is_waited_for)
{
    ASSERT(process->state == PROCESS_ZOMBIE);
    ASSERT(list_is_empty(&process->children));
    ASSERT(list_is_empty(&process->zombies));
    if (is_waited_for || PLANTED(OWN_18)) {
        usage_add_child(process->parent, process);
    }
    if (cpu_this()->limits == process->limits) {
        cpu_this()->limits = NULL;
    }
    pending_drop(&process->signals.pending, UINT64_MAX);
    list_remove(&process->sibling);
    list_remove(&process->group_link);
    pid_put(process->group);
    pid_put(process->session);
    process->pid->process = NULL;
    pid_put(process->pid);
    forget_headless(process);
    if (!PLANTED(K_14)) {
        pool_free(&processes.pool, process);
    }
}

struct process *process_find(int number)
{
    struct pid *pid = pid_find(number);

    return pid ? pid->process : NULL;
}

struct process *process_find_by_thread(int number)
{
    struct pid *pid = pid_find(number);

    if (!pid || pid->process) {
        return pid ? pid->process : NULL;
    }
    return pid->thread ? pid->thread->process : NULL;
}

uint64_t process_fd_limit(const struct process *process)
{
    return min_u64(process->limits[RLIMIT_NOFILE].rlim_cur, FDTABLE_MAX);
}

void process_set_group(struct process *process, struct pid *group)
{
    struct pid *old = process->group;

    process->group = pid_get(group);
    list_remove(&process->group_link);
    list_append(&group->members, &process->group_link);
    pid_put(old);
    /* Who waits for a child of the old group may now have none to wait for. */
    if (!PLANTED(OWN_9)) {
        waitq_wake_all(&process->parent->child_wait);
    }
}

void process_start_session(struct process *process)
{
    struct pid *old = process->session;

    process->session = pid_get(process->pid);
    if (!PLANTED(OWN_3)) {
        pid_put(old);
    }
    process_set_group(process, process->pid);
}

void process_set_name(struct process *process, const char *path)
{
    const char *name = path;

    for (const char *at = path; *at; at++) {
        if (*at == '/' && at[1]) {
            name = at + 1;
        }
    }
    memset(process->name, 0, sizeof(process->name)); /* programs read all of it */
    str_copy(process->name, name, sizeof(process->name));
    memcpy(process->thread->name, process->name, sizeof(process->name));
}

void process_note_exec(struct process *process)
{
    process->has_execed = true;
    process->exec_count++;
    if (process->exit_signal != SIGCHLD) {
        process->exit_signal = SIGCHLD;
        /* Who waits for clones may now have none to wait for. */
        waitq_wake_all(&process->parent->child_wait);
    }
}

struct process *process_first(void)
{
    return processes.init;
}

size_t process_count(void)
{
    return processes.pool.used;
}

size_t process_check_pool(void)
{
    pool_check(&processes.pool);
    return processes.headless;
}

struct process *process_next(struct process *process)
{
    struct process *at = process;

    if (!list_is_empty(&at->children)) {
        return CONTAINER_OF(at->children.next, struct process, sibling);
    }
    if (!list_is_empty(&at->zombies)) {
        return CONTAINER_OF(at->zombies.next, struct process, sibling);
    }
    for (; at->parent; at = at->parent) {
        struct process *parent = at->parent;
        struct list *next = at->sibling.next;
        if (next == &parent->children) {
            next = parent->zombies.next;
        }
        if (next != &parent->zombies) {
            return CONTAINER_OF(next, struct process, sibling);
        }
    }
    return NULL;
}
