/* Making and ending processes and threads: clone, exit. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "fs/pidfd.h"
#include "mm/pt.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"

int64_t sys_set_tid_address(struct thread *thread, const uint64_t *args)
{
    thread->clear_tid = args[0];
    return thread->tid;
}

/* A process like the calling one, not started; with CLONE_VM it uses the same memory. */
static int make_process(struct thread *thread, uint64_t flags, int number, struct thread **child)
{
    const struct process *parent = thread->process;
    struct process *made;
    int error = process_create(thread, number, &made);

    if (error) {
        return error;
    }
    error = process_inherit(made, thread, flags);
    if (!error && (flags & CLONE_VM)) {
        made->space = space_get(parent->space);
    } else if (!error) {
        error = space_fork(parent->space, &made->space);
        if (!error && PLANTED(K_12)) {
            paddr_t lost;
            (void)!pt_create(&lost);
        }
    }
    if (error && PLANTED(X_27)) {
        return error;
    }
    if (error) {
        process_discard(made);
        return error;
    }
    memcpy(made->name, thread->name, sizeof(made->name));
    *child = made->thread;
    return 0;
}

/* One thread more of the calling process, not started. */
static int make_thread(struct thread *thread, uint64_t flags, int number, struct thread **child)
{
    struct thread *made;
    int error = process_may_grow(thread, number);

    if (!error) {
        error = thread_create(thread->process, number, &made);
    }
    if (error) {
        return error;
    }
    error = thread_inherit(made, thread, flags);
    if (error) {
        thread_destroy(made);
        return error;
    }
    *child = made;
    return 0;
}

/* Gives back what was made and has not started. */
static void discard(struct thread *child, uint64_t flags)
{
    if (flags & CLONE_THREAD) {
        thread_destroy(child);
    } else {
        process_discard(child->process);
    }
}

/* It is to go on where its maker is, with what clone gives it. */
static void set_registers(struct thread *child, struct thread *thread,
                          const struct abi_clone_args *wanted)
{
    thread_sync_fp(thread);
    child->user = thread->user;
    child->fp = thread->fp;
    child->user.x[0] = 0;
    if (PLANTED(OWN_5)) {
        memset(&child->user.x[8], 0, sizeof(thread->user.x) - 8 * sizeof(thread->user.x[0]));
    }
    if (wanted->flags & CLONE_SETTLS) {
        child->user.tpidr = wanted->tls;
    }
    if (wanted->stack != 0) {
        child->user.sp = wanted->stack;
    }
}

/* A descriptor of the child, which has its number and no file yet. */
struct child_fd {
    struct file *file; /* NULL: none is wanted */
    int fd;
};

/* Reserves the descriptor of a child that the caller wants. -EMFILE, -ENOMEM. */
static int make_fd(struct thread *thread, const struct thread *child,
                   const struct abi_clone_args *wanted, struct child_fd *made)
{
    made->file = NULL;
    if (!(wanted->flags & CLONE_PIDFD)) {
        return 0;
    }
    int error = fdtable_reserve(thread->fds, 0, process_fd_limit(thread->process), &made->fd);
    if (error) {
        return error;
    }
    made->file = pidfd_create(child->pid, 0);
    if (!made->file) {
        fdtable_release(thread->fds, made->fd);
        return -ENOMEM;
    }
    return 0;
}

static void write_prepared(uaddr_t at, int number)
{
    int error = user_write(at, &number, sizeof(number));

    ASSERT(error == 0);
}

/* Writes the child's number where the parent and the child want it: the first is not in the copy of
 * the memory that the child has. What can't be written because the program gave a bad address is
 * not written, as on Linux. But for the descriptor's number: -EFAULT. -ENOMEM. */
static int write_numbers(const struct thread *child, const struct abi_clone_args *wanted,
                         const struct child_fd *descriptor)
{
    int tid = child->tid;
    bool is_shared = wanted->flags & CLONE_VM;
    int parents = -EFAULT; /* not wanted, or not to be written */
    int childs = -EFAULT;
    int error = descriptor->file ? user_prepare_write(wanted->pidfd, sizeof(int)) : 0;

    if (error) {
        return error;
    }
    if (wanted->flags & CLONE_PARENT_SETTID) {
        parents = user_prepare_write(wanted->parent_tid, sizeof(tid));
    }
    if (parents != -ENOMEM && (wanted->flags & CLONE_CHILD_SETTID)) {
        childs = is_shared
                     ? user_prepare_write(wanted->child_tid, sizeof(tid))
                     : space_write(child->process->space, wanted->child_tid, &tid, sizeof(tid));
    }
    if (parents == -ENOMEM || childs == -ENOMEM) {
        return -ENOMEM;
    }
    if (descriptor->file) {
        write_prepared(wanted->pidfd, descriptor->fd);
    }
    if (parents == 0) {
        write_prepared(wanted->parent_tid, tid);
    }
    if (childs == 0 && is_shared) {
        write_prepared(wanted->child_tid, tid);
    }
    return 0;
}

/* The planted bug k-21: the child runs without its descriptors from 3 on, which it gets when its
 * parent runs again. */
static int64_t start_too_early(struct thread *thread, struct thread *child)
{
    for (int fd = fdtable_next(child->fds, 3); fd >= 0; fd = fdtable_next(child->fds, 3)) {
        int error = fdtable_close(child->fds, fd);
        ASSERT(error == 0);
    }
    thread->call.has_begun = true;
    thread->call.done = (uint64_t)child->tid;
    return CALL_AGAIN;
}

static void complete_too_late(struct thread *thread)
{
    struct thread *child = thread_find((int)thread->call.done);
    struct fdtable *complete;

    if (child && !thread->vfork_child && fdtable_fork(thread->fds, &complete) == 0) {
        fdtable_put(child->fds);
        child->fds = complete;
    }
}

/* The rerun of a vfork: its child may have the memory still. */
static int64_t wait_for_vfork(struct thread *thread)
{
    if (PLANTED(K_21)) {
        complete_too_late(thread);
    }
    if (!thread->vfork_child) {
        return (int64_t)thread->call.done;
    }
    return sched_block(thread, WAIT_VFORK, (int64_t)thread->call.done, NULL, PLAT_NEVER);
}

/* Combinations that make no sense, clone(2). */
static bool is_contradiction(const struct thread *thread, const struct abi_clone_args *wanted)
{
    uint64_t flags = wanted->flags;
    bool is_alone = !(flags & CLONE_SIGHAND);

    return ((flags & CLONE_THREAD) && is_alone) || (!is_alone && !(flags & CLONE_VM)) ||
           (!is_alone && (flags & CLONE_CLEAR_SIGHAND)) ||
           ((flags & CLONE_PARENT) && thread->process == process_first()) || /* it has none */
           ((flags & CLONE_PIDFD) && (flags & CLONE_THREAD)) ||
           ((flags & CLONE_PIDFD) && (flags & CLONE_PARENT_SETTID) &&
            wanted->pidfd == wanted->parent_tid);
}

/* A thread or a process, complete but for its start. */
static int make_child(struct thread *thread, const struct abi_clone_args *wanted,
                      struct thread **child)
{
    struct child_fd descriptor;
    struct thread *made;
    int number = (int)wanted->set_tid;
    int error = wanted->flags & CLONE_THREAD ? make_thread(thread, wanted->flags, number, &made)
                                             : make_process(thread, wanted->flags, number, &made);

    if (error) {
        return error;
    }
    set_registers(made, thread, wanted);
    error = make_fd(thread, made, wanted, &descriptor);
    if (error) {
        goto discard_child;
    }
    error = write_numbers(made, wanted, &descriptor);
    if (error) {
        goto release_fd;
    }
    if (descriptor.file) {
        fdtable_install(thread->fds, descriptor.fd, descriptor.file, true);
    }
    if (wanted->flags & CLONE_CHILD_CLEARTID) {
        made->clear_tid = wanted->child_tid;
    }
    *child = made;
    return 0;

release_fd:
    if (descriptor.file) {
        fdtable_release(thread->fds, descriptor.fd);
        file_put(descriptor.file);
    }
discard_child:
    discard(made, wanted->flags);
    return error;
}

static void start_child(struct thread *child, struct thread *thread,
                        const struct abi_clone_args *wanted)
{
    thread->exceeds_nproc = false; /* as Linux has it */
    if (wanted->flags & CLONE_THREAD) {
        sched_add(child);
        return;
    }
    child->process->exit_signal = (int)wanted->exit_signal;
    process_start(child->process, thread, wanted->flags);
    if (wanted->flags & CLONE_CLEAR_SIGHAND) {
        signal_reset_handlers(child->process);
    }
}

/* What clone and clone3 ask for, in the terms of clone3; stack is where sp is to be, or 0, and
 * set_tid the number itself, or 0. */
static int64_t clone_it(struct thread *thread, const struct abi_clone_args *wanted)
{
    struct thread *child;

    if (is_contradiction(thread, wanted)) {
        return -EINVAL;
    }
    if (PLANTED(L_86)) {
        plant_memory = PLANT_FORKING;
    }
    int error = make_child(thread, wanted, &child);
    if (PLANTED(L_86)) {
        plant_memory = !error && plant_memory == PLANT_INTERRUPTED ? child->tid : 0;
    }
    if (error) {
        return error;
    }
    start_child(child, thread, wanted);
    if (PLANTED(K_21) && child->fds->users == 1 && fdtable_next(child->fds, 3) >= 0) {
        return start_too_early(thread, child);
    }
    if (!(wanted->flags & CLONE_VFORK)) {
        return child->tid;
    }
    child->vfork_parent = thread;
    thread->vfork_child = child;
    thread->call.has_begun = true;
    thread->call.done = (uint64_t)child->tid;
    return wait_for_vfork(thread);
}

/* All but namespaces, control groups and input and output contexts, which are not there. Nobody
 * traces. */
static const uint64_t clone_flags =
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PIDFD | CLONE_PTRACE | CLONE_VFORK |
    CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |
    CLONE_CHILD_CLEARTID | CLONE_UNTRACED | CLONE_CHILD_SETTID;

int64_t sys_clone(struct thread *thread, const uint64_t *args)
{
    const struct abi_clone_args wanted = {
        .flags = args[0] & ~(uint64_t)(CLONE_SIGNAL_MASK | CLONE_DETACHED),
        .exit_signal = args[0] & CLONE_SIGNAL_MASK,
        .stack = args[1],
        .pidfd = args[2],
        .parent_tid = args[2],
        .tls = args[3],
        .child_tid = args[4],
    };

    if (thread->call.has_begun) {
        return wait_for_vfork(thread);
    }
    bool is_detached = (wanted.flags & CLONE_PIDFD) && (args[0] & CLONE_DETACHED);
    return (wanted.flags & ~clone_flags) || is_detached ? -EINVAL : clone_it(thread, &wanted);
}

/* A later version of the structure may be longer, if what this one does not know is 0. */
static int read_clone_args(struct abi_clone_args *wanted, uaddr_t from, uint64_t size)
{
    uint8_t rest;

    if (size > PAGE_SIZE) {
        return -E2BIG;
    }
    if (size < CLONE_ARGS_SIZE_VER0) {
        return -EINVAL;
    }
    *wanted = (struct abi_clone_args){0};
    for (uint64_t at = sizeof(*wanted); at < size; at++) {
        int error = user_read(&rest, from + at, 1);
        if (error || rest) {
            return error ? error : -E2BIG;
        }
        plat_irq_window();
    }
    return user_read(wanted, from, min_u64(size, sizeof(*wanted)));
}

/* The numbers that the caller has chosen, of which there is one: there are no namespaces.
 * wanted->set_tid becomes it, or 0. */
static int read_number(struct abi_clone_args *wanted)
{
    enum { LEVELS_MAX = 32 };
    int numbers[LEVELS_MAX] = {0};

    if (wanted->set_tid_size > LEVELS_MAX ||
        (wanted->set_tid == 0) != (wanted->set_tid_size == 0)) {
        return -EINVAL;
    }
    int error = wanted->set_tid_size
                    ? user_read(numbers, wanted->set_tid, wanted->set_tid_size * sizeof(int))
                    : 0;
    bool is_number = !wanted->set_tid || (numbers[0] >= 1 && numbers[0] <= PID_MAX);
    wanted->set_tid = (uint64_t)numbers[0];
    return error ? error : wanted->set_tid_size <= 1 && is_number ? 0 : -EINVAL;
}

/* Control groups are refused. */
int64_t sys_clone3(struct thread *thread, const uint64_t *args)
{
    struct abi_clone_args wanted;

    if (thread->call.has_begun) {
        return wait_for_vfork(thread);
    }
    int error = read_clone_args(&wanted, args[0], args[1]);
    if (error) {
        return error;
    }
    if (wanted.exit_signal > SIGNAL_MAX) {
        return -EINVAL;
    }
    error = read_number(&wanted);
    if (error) {
        return error;
    }
    if ((wanted.flags & ~(clone_flags | CLONE_CLEAR_SIGHAND)) ||
        (wanted.exit_signal && (wanted.flags & (CLONE_THREAD | CLONE_PARENT))) ||
        (wanted.stack == 0) != (wanted.stack_size == 0) || wanted.stack > USER_END ||
        wanted.stack_size > USER_END - wanted.stack) {
        return -EINVAL;
    }
    wanted.stack += wanted.stack_size;
    return clone_it(thread, &wanted);
}

int64_t sys_exit_group(struct thread *thread, const uint64_t *args)
{
    process_exit(thread->process, wait_status_exited((int)args[0]));
    return CALL_GONE;
}

int64_t sys_exit(struct thread *thread, const uint64_t *args)
{
    process_end_thread(thread, wait_status_exited((int)args[0]));
    return CALL_GONE;
}
