/* Who is who: process numbers, groups of processes, sessions, and what prctl says of a process. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/string.h"
#include "mm/uaccess.h"
#include "proc/process.h"

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

/* Whether a group exists, in the caller's session. */
static bool is_group_here(const struct process *caller, const struct pid *group)
{
    if (!group || list_is_empty(&group->members)) {
        return false;
    }
    const struct process *member = CONTAINER_OF(group->members.next, struct process, group_link);
    return member->session == caller->session;
}

int64_t sys_setpgid(struct thread *thread, const uint64_t *args)
{
    struct process *caller = thread->process;
    int pid = (int)args[0];
    int number = (int)args[1];
    struct process *process = pid == 0 ? caller : process_find_by_thread(pid);

    if (number < 0 || (number == 0 && pid < 0)) {
        return -EINVAL;
    }
    if (!process) {
        return -ESRCH;
    }
    if (pid != 0 && process->pid->number != pid) {
        return -EINVAL; /* the number of one of its other threads */
    }
    if (process != caller && process->parent != caller) {
        return -ESRCH;
    }
    if (process != caller && process->session != caller->session) {
        return -EPERM;
    }
    if (process != caller && process->has_execed) {
        return -EACCES;
    }
    if (process->session == process->pid) {
        return -EPERM;
    }
    struct pid *group = number == 0 ? process->pid : pid_find(number);
    if (group != process->pid && !is_group_here(caller, group)) {
        return -EPERM;
    }
    process_set_group(process, group);
    return 0;
}

static const struct process *named_or_self(const struct thread *thread, uint64_t pid)
{
    return (int)pid == 0 ? thread->process : process_find_by_thread((int)pid);
}

int64_t sys_getpgid(struct thread *thread, const uint64_t *args)
{
    const struct process *process = named_or_self(thread, args[0]);

    return process ? process->group->number : -ESRCH;
}

int64_t sys_getsid(struct thread *thread, const uint64_t *args)
{
    const struct process *process = named_or_self(thread, args[0]);

    return process ? process->session->number : -ESRCH;
}

int64_t sys_setsid(struct thread *thread, const uint64_t *args)
{
    struct process *process = thread->process;

    (void)args;
    if (!list_is_empty(&process->pid->members)) {
        return -EPERM;
    }
    process_start_session(process);
    return process->pid->number;
}

static int write_int(uaddr_t to, int value)
{
    return user_write(to, &value, sizeof(value));
}

/* What is too long is cut. */
static int set_name(struct thread *thread, uaddr_t at)
{
    char name[THREAD_NAME_MAX] = "";
    uint64_t len;
    int error = user_string_len(at, sizeof(name) - 1, &len);

    if (error == -ENAMETOOLONG) {
        len = sizeof(name) - 1;
        error = 0;
    }
    if (!error) {
        error = user_read(name, at, len);
    }
    if (error) {
        return error;
    }
    memcpy(thread->name, name, sizeof(name));
    if (thread == thread->process->thread) {
        memcpy(thread->process->name, name, sizeof(name));
    }
    return 0;
}

int64_t sys_prctl(struct thread *thread, const uint64_t *args)
{
    struct process *process = thread->process;

    switch ((int)args[0]) {
    case PR_SET_PDEATHSIG:
        if (args[1] > SIGNAL_MAX) {
            return -EINVAL;
        }
        thread->death_signal = (int)args[1];
        return 0;
    case PR_GET_PDEATHSIG:
        return write_int(args[1], thread->death_signal);
    case PR_SET_NAME:
        return set_name(thread, args[1]);
    case PR_GET_NAME:
        return user_write(args[1], thread->name, sizeof(thread->name));
    case PR_SET_CHILD_SUBREAPER:
        process->is_subreaper = args[1] != 0;
        return 0;
    case PR_GET_CHILD_SUBREAPER:
        return write_int(args[1], process->is_subreaper);
    case PR_SET_NO_NEW_PRIVS: /* for good */
        if (args[1] != 1 || args[2] || args[3] || args[4]) {
            return -EINVAL;
        }
        thread->no_new_privs = true;
        return 0;
    case PR_GET_NO_NEW_PRIVS:
        return args[1] || args[2] || args[3] || args[4] ? -EINVAL : thread->no_new_privs;
    default:
        return -EINVAL;
    }
}
