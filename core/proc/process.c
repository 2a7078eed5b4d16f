#include "proc/process.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/print.h"
#include "base/string.h"
#include "mm/frame.h"
#include "mm/pool.h"
#include "proc/clock.h"
#include "proc/sched.h"
#include "syscall/trace.h"

enum { STACK_LIMIT = 8 << 20 }; /* bytes */

static struct {
    struct pool pool;
    struct process *init;
} processes;

void process_init(void)
{
    pool_init(&processes.pool, "process", sizeof(struct process));
    processes.init = NULL;
}

/* What the first process may use; getrlimit(2). */
static void set_first_limits(struct process *process)
{
    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        process->limits[i] = (struct abi_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    }
    process->limits[RLIMIT_STACK].rlim_cur = STACK_LIMIT;
    process->limits[RLIMIT_CORE].rlim_cur = 0;
    process->limits[RLIMIT_NOFILE] = (struct abi_rlimit){PROCESS_FILES_MAX, PROCESS_FILES_MAX};
    process->limits[RLIMIT_NICE] = (struct abi_rlimit){0, 0};
    process->limits[RLIMIT_RTPRIO] = (struct abi_rlimit){0, 0};
}

int process_create(struct process **process)
{
    struct process *made = pool_alloc(&processes.pool);
    int error = -ENOMEM;

    if (!made) {
        return error;
    }
    made->thread = thread_create(made);
    if (!made->thread) {
        goto free_process;
    }
    error = pid_create(&made->pid);
    if (error) {
        goto destroy_thread;
    }
    made->thread->tid = made->pid->number;
    made->state = PROCESS_NEW;
    list_init(&made->children);
    list_init(&made->zombies);
    list_init(&made->sibling);
    list_init(&made->group_link);
    waitq_init(&made->child_wait);
    made->exit_signal = SIGCHLD;
    *process = made;
    return 0;

destroy_thread:
    thread_destroy(made->thread);
free_process:
    pool_free(&processes.pool, made);
    return error;
}

void process_discard(struct process *process)
{
    ASSERT(process->state == PROCESS_NEW);
    if (process->space) {
        space_put(process->space);
    }
    thread_destroy(process->thread);
    pid_put(process->pid);
    pool_free(&processes.pool, process);
}

void process_start(struct process *process, struct process *parent)
{
    ASSERT(process->state == PROCESS_NEW);
    ASSERT(process->space);
    process->state = PROCESS_LIVE;
    process->parent = parent;
    process->pid->process = process;
    process->group = pid_get(parent ? parent->group : process->pid);
    process->session = pid_get(parent ? parent->session : process->pid);
    list_append(&process->group->members, &process->group_link);
    if (parent) {
        memcpy(process->limits, parent->limits, sizeof(process->limits));
        list_append(&parent->children, &process->sibling);
    } else {
        ASSERT(!processes.init);
        set_first_limits(process);
        processes.init = process;
    }
    sched_add(process->thread);
}

/* Gives init what another process leaves behind; init sees it whatever signal it was to send. */
static void reparent(struct process *process)
{
    struct process *init = processes.init;
    bool has_zombies = !list_is_empty(&process->zombies);

    LIST_FOR_REMOVABLE(link, &process->children) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        child->parent = init;
        child->exit_signal = SIGCHLD;
        list_remove(link);
        list_append(&init->children, link);
        plat_irq_window();
    }
    LIST_FOR_REMOVABLE(link, &process->zombies) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        child->parent = init;
        child->exit_signal = SIGCHLD;
        list_remove(link);
        list_append(&init->zombies, link);
        plat_irq_window();
    }
    if (has_zombies) {
        waitq_wake_all(&init->child_wait);
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

void process_exit(struct process *process, int wait_status)
{
    ASSERT(process->state == PROCESS_LIVE);
    trace_exit(process->thread->tid, wait_status);
    thread_destroy(process->thread);
    process->thread = NULL;
    space_put(process->space);
    process->space = NULL;
    process->state = PROCESS_ZOMBIE;
    process->wait_status = PLANTED(SEED_2) ? 0 : wait_status;
    if (process == processes.init) {
        end_machine(wait_status);
        return;
    }
    reparent(process);
    list_remove(&process->sibling);
    list_append(&process->parent->zombies, &process->sibling);
    if (!PLANTED(SEED_2)) {
        waitq_wake_all(&process->parent->child_wait);
    }
}

void process_reap(struct process *process)
{
    ASSERT(process->state == PROCESS_ZOMBIE);
    ASSERT(list_is_empty(&process->children));
    ASSERT(list_is_empty(&process->zombies));
    list_remove(&process->sibling);
    list_remove(&process->group_link);
    pid_put(process->group);
    pid_put(process->session);
    process->pid->process = NULL;
    pid_put(process->pid);
    pool_free(&processes.pool, process);
}

struct process *process_find(int number)
{
    struct pid *pid = pid_find(number);

    return pid ? pid->process : NULL;
}

void process_set_group(struct process *process, struct pid *group)
{
    struct pid *old = process->group;

    process->group = pid_get(group);
    list_remove(&process->group_link);
    list_append(&group->members, &process->group_link);
    pid_put(old);
    if (process->parent) {
        /* Who waits for a child of the old group may now have none to wait for. */
        waitq_wake_all(&process->parent->child_wait);
    }
}

void process_set_name(struct process *process, const char *path)
{
    const char *name = path;

    for (const char *at = path; *at; at++) {
        if (*at == '/' && at[1]) {
            name = at + 1;
        }
    }
    str_copy(process->name, name, sizeof(process->name));
}

struct process *process_first(void)
{
    return processes.init;
}

static void print_wait(const struct thread *thread)
{
    const struct call *call = &thread->call;
    nsec_t now = clock_now();

    switch (call->reason) {
    case WAIT_CHILD:
        kprintf("waits for a child (%ld)", call->arg);
        break;
    case WAIT_TIME:
        kprintf("sleeps for %lu ms more",
                (call->deadline > now ? call->deadline - now : 0) / 1000000);
        break;
    case WAIT_CONSOLE:
        kprintf("waits for the console");
        break;
    case WAIT_NOTHING:
        kprintf("waits");
        break;
    }
}

static void print_process(const struct process *process)
{
    kprintf("%5d %5d %5d  %-15s ", process->pid->number,
            process->parent ? process->parent->pid->number : 0, process->group->number,
            process->name);
    if (process->state == PROCESS_ZOMBIE) {
        kprintf("zombie, status 0x%x", (unsigned)process->wait_status);
    } else if (process->thread->state == THREAD_BLOCKED) {
        print_wait(process->thread);
    } else {
        kprintf("%s, pc 0x%lx", process->thread->state == THREAD_HELD ? "is held" : "runs",
                process->thread->user.pc);
    }
    kprintf("\n");
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

void process_print_all(void)
{
    kprintf("  PID PPID  PGRP  NAME            STATE\n");
    for (struct process *p = processes.init; p; p = process_next(p)) {
        print_process(p);
    }
    kprintf("%lu of %lu frames free\n", frame_free_count(), frame_total_count());
}

static void check_process(const struct process *process)
{
    ASSERT(process->pid->process == process);
    ASSERT(process->group);
    ASSERT(process->session);
    ASSERT(process->group_link.prev->next == &process->group_link);
    if (process->state == PROCESS_LIVE) {
        ASSERT(process->space);
        ASSERT(process->thread);
        ASSERT(process->thread->process == process);
    } else {
        ASSERT(process->state == PROCESS_ZOMBIE);
        ASSERT(!process->space);
        ASSERT(!process->thread);
        /* Init leaves its children to nobody: the machine has ended. */
        ASSERT(!process->parent ||
               (list_is_empty(&process->children) && list_is_empty(&process->zombies)));
    }
    LIST_FOR(link, &process->children) {
        const struct process *child = CONTAINER_OF(link, struct process, sibling);
        ASSERT(child->parent == process);
        ASSERT(child->state == PROCESS_LIVE);
    }
    LIST_FOR(link, &process->zombies) {
        const struct process *child = CONTAINER_OF(link, struct process, sibling);
        ASSERT(child->parent == process);
        ASSERT(child->state == PROCESS_ZOMBIE);
    }
}

void process_check(void)
{
    struct frame_census census;
    uint64_t user_refs = 0;
    uint64_t tables = 0;
    size_t count = 0;
    size_t live = 0;

    frame_check(&census);
    sched_check();
    thread_check();
    pool_check(&processes.pool);
    (void)pid_check();
    space_check_all(&user_refs, &tables);
    for (struct process *p = processes.init; p; p = process_next(p)) {
        check_process(p);
        count++;
        if (p->state == PROCESS_LIVE) {
            live++;
            space_check_user(p->space);
        }
    }
    ASSERT(user_refs == census.user_refs);
    ASSERT(tables == census.tables);
    ASSERT(count == processes.pool.used);
    ASSERT(live == thread_count());
    space_check_users();
}
