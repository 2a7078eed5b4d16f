/* Making, replacing, ending and waiting for processes: clone, execve, spawn, exit, wait4, kill and
 * their kin. */
#include "syscall/handlers.h"

#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/plant.h"
#include "base/string.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"
#include "proc/exec.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/signal.h"

/* The path of a call; handlers do not nest and are not reentered. */
static char path_buffer[RAMFS_PATH_MAX];

int64_t sys_getpid(struct thread *thread, const uint64_t *args)
{
    (void)args;
    return thread->process->pid->number;
}

int64_t sys_getppid(struct thread *thread, const uint64_t *args)
{
    const struct process *parent = thread->process->parent;

    (void)args;
    return parent ? parent->pid->number : 0;
}

int64_t sys_gettid(struct thread *thread, const uint64_t *args)
{
    (void)args;
    return thread->tid;
}

/* Everybody is root. */
int64_t sys_getuid(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    (void)args;
    return 0;
}

int64_t sys_geteuid(struct thread *thread, const uint64_t *args)
{
    return sys_getuid(thread, args);
}

int64_t sys_getgid(struct thread *thread, const uint64_t *args)
{
    return sys_getuid(thread, args);
}

int64_t sys_getegid(struct thread *thread, const uint64_t *args)
{
    return sys_getuid(thread, args);
}

int64_t sys_sched_yield(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    (void)args;
    sched_end_slice();
    return 0;
}

int64_t sys_set_tid_address(struct thread *thread, const uint64_t *args)
{
    thread->process->clear_tid = args[0];
    return thread->tid;
}

/* Kept for threads, which are yet to come: nothing reads it, but a C library must not fail at its
 * start. */
int64_t sys_set_robust_list(struct thread *thread, const uint64_t *args)
{
    enum { ROBUST_LIST_HEAD_SIZE = 24 };

    (void)thread;
    return args[1] == ROBUST_LIST_HEAD_SIZE ? 0 : -EINVAL;
}

/* A copy of the calling process, not started. */
static int fork_process(struct thread *thread, struct process **child)
{
    struct process *parent = thread->process;
    struct process *made;
    int error = process_create(&made);

    if (error) {
        return error;
    }
    error = space_fork(parent->space, &made->space);
    if (error) {
        process_discard(made);
        return error;
    }
    thread_sync_fp(thread);
    made->thread->user = thread->user;
    made->thread->fp = thread->fp;
    made->thread->user.x[0] = 0;
    memcpy(made->name, parent->name, sizeof(made->name));
    *child = made;
    return 0;
}

/* As fork: a process of its own, with a copy of the memory. Sharing anything is refused. A tid that
 * can't be written because the program gave a bad address is not written, as on Linux. */
int64_t sys_clone(struct thread *thread, const uint64_t *args)
{
    enum {
        KNOWN = CLONE_SIGNAL_MASK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID
    };
    uint64_t flags = args[0];
    struct process *child;

    if ((flags & ~(uint64_t)KNOWN) || (flags & CLONE_SIGNAL_MASK) > SIGNAL_MAX) {
        return -EINVAL;
    }
    int error = fork_process(thread, &child);
    if (error) {
        return error;
    }
    int tid = child->pid->number;
    if (flags & CLONE_CHILD_SETTID) {
        error = space_write(child->space, args[4], &tid, sizeof(tid));
    }
    if (error != -ENOMEM && (flags & CLONE_PARENT_SETTID)) {
        error = user_write(args[2], &tid, sizeof(tid));
    }
    if (error == -ENOMEM) {
        process_discard(child);
        return error;
    }
    if (flags & CLONE_CHILD_CLEARTID) {
        child->clear_tid = args[4];
    }
    if (args[1] != 0) {
        child->thread->user.sp = args[1];
    }
    child->exit_signal = (int)(flags & CLONE_SIGNAL_MASK);
    process_start(child, thread->process);
    return tid;
}

static struct exec_vector user_vector(uaddr_t at)
{
    return (struct exec_vector){.user = at};
}

int64_t sys_execve(struct thread *thread, const uint64_t *args)
{
    struct exec_request request = {
        .path = path_buffer,
        .argv = user_vector(args[1]),
        .envp = user_vector(args[2]),
    };
    int error = user_read_string(path_buffer, args[0], sizeof(path_buffer));

    if (!error) {
        error = exec_find(path_buffer, &request.source);
    }
    if (!error) {
        error = exec_replace(thread->process, &request);
    }
    return error ? error : CALL_NO_RESULT;
}

int64_t sys_spawn(struct thread *thread, const uint64_t *args)
{
    struct abi_spawn spawn;
    struct process *child;
    int error = user_read(&spawn, args[0], sizeof(spawn));

    if (error) {
        return error;
    }
    if (spawn.flags != 0 || (spawn.path != 0) == (spawn.image != 0)) {
        return -EINVAL;
    }
    struct exec_request request = {
        .path = path_buffer,
        .source = {.user = spawn.image, .len = spawn.image_len},
        .argv = user_vector(spawn.argv),
        .envp = user_vector(spawn.envp),
    };
    if (spawn.path) {
        error = user_read_string(path_buffer, spawn.path, sizeof(path_buffer));
        if (!error) {
            error = exec_find(path_buffer, &request.source);
        }
    } else {
        str_copy(path_buffer, "(image)", sizeof(path_buffer));
    }
    if (!error) {
        error = exec_spawn(thread->process, &request, &child);
    }
    return error ? error : child->pid->number;
}

int64_t sys_exit_group(struct thread *thread, const uint64_t *args)
{
    process_exit(thread->process, wait_status_exited((int)args[0]));
    return CALL_GONE;
}

/* The only thread is the last one. */
int64_t sys_exit(struct thread *thread, const uint64_t *args)
{
    return sys_exit_group(thread, args);
}

/* Whether child is among those that wait4 asks for, pid not being above 0. */
static bool is_wanted(const struct process *child, const struct process *parent, int pid)
{
    if (pid == -1) {
        return true;
    }
    return child->group->number == (pid == 0 ? parent->group->number : -pid);
}

/* Whether the options let wait4 see a child, which depends on the signal it sends at its end. */
static bool is_visible(const struct process *child, uint32_t options)
{
    bool is_clone = child->exit_signal != SIGCHLD;

    return (options & WALL) || is_clone == ((options & WCLONE) != 0);
}

static struct process *find_on(const struct list *list, const struct process *parent, int pid,
                               uint32_t options)
{
    LIST_FOR(link, list) {
        struct process *child = CONTAINER_OF(link, struct process, sibling);
        if (is_wanted(child, parent, pid) && is_visible(child, options)) {
            return child;
        }
        plat_irq_window();
    }
    return NULL;
}

/* A zombie that is asked for, or else a live child; NULL: there is neither. */
static struct process *find_child(const struct process *parent, int pid, uint32_t options)
{
    if (pid > 0) {
        struct process *child = process_find(pid);
        return child && child->parent == parent && is_visible(child, options) ? child : NULL;
    }
    struct process *zombie = find_on(&parent->zombies, parent, pid, options);
    return zombie ? zombie : find_on(&parent->children, parent, pid, options);
}

/* The status is written before the child is reaped: where it cannot be written, the child is still
 * there. */
int64_t sys_wait4(struct thread *thread, const uint64_t *args)
{
    struct process *parent = thread->process;
    int pid = (int)args[0];
    uint32_t options = (uint32_t)args[2];

    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE)) {
        return -EINVAL;
    }
    if (args[3] != 0) {
        return -ENOSYS; /* rusage is not kept */
    }
    if (pid == INT32_MIN) {
        return -ESRCH;
    }
    struct process *child = find_child(parent, pid, options);
    if (!child || (PLANTED(SEED_3) && thread->call.has_begun)) {
        return -ECHILD;
    }
    if (child->state == PROCESS_ZOMBIE) {
        int number = child->pid->number;
        int error = args[1] ? user_write(args[1], &child->wait_status, sizeof(int)) : 0;
        if (error) {
            return error;
        }
        process_reap(child);
        return number;
    }
    if (options & WNOHANG) {
        return 0;
    }
    thread->call.has_begun = true;
    sched_block(thread, WAIT_CHILD, pid, &parent->child_wait, PLAT_NEVER);
    return CALL_BLOCKED;
}

/* To everybody but init and the caller. */
static int kill_all(const struct process *caller, int signal)
{
    int result = -ESRCH;

    for (struct process *process = process_first(); process; process = process_next(process)) {
        if (process != caller && process != process_first()) {
            result = 0;
            if (signal) {
                signal_send(process, signal);
            }
        }
        plat_irq_window();
    }
    return result;
}

static int kill_group(struct pid *group, int signal)
{
    if (!group || list_is_empty(&group->members)) {
        return -ESRCH;
    }
    if (signal) {
        signal_send_group(group, signal);
    }
    return 0;
}

/* Signals that stop, and handlers, are yet to come: what does not end a process does nothing. */
int64_t sys_kill(struct thread *thread, const uint64_t *args)
{
    int pid = (int)args[0];
    int signal = (int)args[1];

    if (signal < 0 || signal > SIGNAL_MAX) {
        return -EINVAL;
    }
    if (pid == INT32_MIN) {
        return -ESRCH;
    }
    if (pid == -1) {
        return kill_all(thread->process, signal);
    }
    if (pid <= 0) {
        return kill_group(pid == 0 ? thread->process->group : pid_find(-pid), signal);
    }
    struct process *process = process_find(pid);
    if (!process) {
        return -ESRCH;
    }
    if (signal) {
        signal_send(process, signal);
    }
    return 0;
}

/* One session only, so far: that of init, which leads it. */
int64_t sys_setpgid(struct thread *thread, const uint64_t *args)
{
    struct process *caller = thread->process;
    int pid = (int)args[0];
    int number = (int)args[1];
    struct process *process = pid == 0 ? caller : process_find(pid);

    if (number < 0) {
        return -EINVAL;
    }
    if (!process || (process != caller && process->parent != caller)) {
        return -ESRCH;
    }
    if (process != caller && process->has_execed) {
        return -EACCES;
    }
    if (process->session == process->pid) {
        return -EPERM;
    }
    struct pid *group = number == 0 ? process->pid : pid_find(number);
    if (!group || (group != process->pid && list_is_empty(&group->members))) {
        return -EPERM;
    }
    process_set_group(process, group);
    return 0;
}

int64_t sys_getpgid(struct thread *thread, const uint64_t *args)
{
    int pid = (int)args[0];
    const struct process *process = pid == 0 ? thread->process : process_find(pid);

    return process ? process->group->number : -ESRCH;
}
