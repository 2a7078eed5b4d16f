#include "proc/thread.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "dev/device.h"
#include "fs/transfer.h"
#include "mm/pool.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "proc/sigframe.h"
#include "sync/robust.h"

static struct pool thread_pool;

void thread_init(void)
{
    pool_init(&thread_pool, "thread", sizeof(struct thread));
}

static void wake(struct timer *timer)
{
    sched_wake(CONTAINER_OF(timer, struct thread, timer));
}

int thread_create(struct process *process, int number, struct thread **thread)
{
    struct thread *made = pool_alloc(&thread_pool);

    if (!made) {
        return -ENOMEM;
    }
    int error = pid_create(number, &made->pid);
    if (error) {
        pool_free(&thread_pool, made);
        return error;
    }
    if (process->thread_count == 0) {
        process->pid = pid_get(made->pid);
    }
    made->pid->thread = made;
    made->tid = made->pid->number;
    made->process = process;
    made->state = THREAD_NEW;
    pending_begin(&made->pending);
    timer_init(&made->timer, wake);
    cpu_clock_begin(&made->cpu_clock);
    list_init(&made->run_link);
    list_init(&made->wait_link);
    list_init(&made->block_link);
    list_init(&made->process_link);
    list_append(&process->threads, &made->process_link);
    process->thread_count++;
    *thread = made;
    return 0;
}

/* 0, 1 and 2 are one description. */
static int open_console(struct fdtable *fds)
{
    struct file *console = device_open_console();
    int error = console ? 0 : -ENOMEM;

    for (int fd = 0; fd < 3 && !error; fd++) {
        error = fdtable_replace(fds, fd, console, false);
    }
    if (console) {
        file_put(console);
    }
    return error;
}

static int inherit_nothing(struct thread *thread)
{
    int error = fdtable_create(&thread->fds);

    if (error) {
        return error;
    }
    thread->cred = cred_create();
    thread->fs = fs_context_create();
    return thread->cred && thread->fs ? open_console(thread->fds) : -ENOMEM;
}

/* What is above the ordinary is not inherited (sched(7), SCHED_RESET_ON_FORK). */
static void reset_params(struct thread *thread)
{
    bool is_urgent = thread->params.priority > 0;

    if (is_urgent || thread->nice < 0) {
        thread->nice = 0;
    }
    if (is_urgent) {
        thread->params.policy = SCHED_OTHER;
        thread->params.priority = 0;
    }
    thread->params.is_reset = false;
}

int thread_inherit(struct thread *thread, const struct thread *from, uint64_t flags)
{
    int error = 0;

    sigframe_inherit(thread, from, flags);
    if (!from) {
        return inherit_nothing(thread);
    }
    thread->nice = from->nice;
    thread->params = from->params;
    if (from->params.is_reset) {
        reset_params(thread);
    }
    thread->signal_mask = from->signal_mask;
    thread->cred = cred_get(from->cred);
    thread->exceeds_nproc = from->exceeds_nproc;
    thread->no_new_privs = from->no_new_privs;
    memcpy(thread->name, from->name, sizeof(thread->name));
    thread->fs = flags & CLONE_FS ? fs_context_get(from->fs) : fs_context_fork(from->fs);
    if (!thread->fs) {
        return -ENOMEM;
    }
    if (flags & CLONE_FILES) {
        thread->fds = fdtable_get(from->fds);
    } else {
        error = fdtable_fork(from->fds, &thread->fds);
    }
    return error;
}

void thread_leave_space(struct thread *thread)
{
    struct process *process = thread->process;
    struct thread *waiter = thread->vfork_parent;
    const int nobody = 0;

    futex_leave(thread);
    robust_end(thread);
    if (thread->clear_tid && (process->space->users > 1 || process->thread_count > 1)) {
        /* A bad address is the program's own affair. */
        (void)!space_write(process->space, thread->clear_tid, &nobody, sizeof(nobody));
        futex_wake_shared(process->space, thread->clear_tid);
    }
    thread->clear_tid = 0;
    if (waiter) {
        thread->vfork_parent = NULL;
        waiter->vfork_child = NULL;
        sched_wake(waiter);
    }
}

void thread_destroy(struct thread *thread)
{
    struct process *process = thread->process;
    struct cpu *cpu = cpu_this();

    sched_remove(thread);
    if (cpu->fp_owner == thread) {
        plat_fp_use(NULL);
        cpu->fp_owner = NULL;
    }
    if (thread->vfork_child) {
        thread->vfork_child->vfork_parent = NULL;
    }
    cpu_clock_end(&thread->cpu_clock);
    pending_drop(&thread->pending, UINT64_MAX);
    if (thread->fs) {
        fs_context_put(thread->fs);
    }
    if (thread->cred) {
        cred_put(thread->cred);
    }
    if (thread->call.file) {
        file_put(thread->call.file);
    }
    transfer_forget(thread);
    if (thread->fds && !(PLANTED(K_15) && process->state == PROCESS_LIVE)) {
        fdtable_put(thread->fds);
    }
    list_remove(&thread->process_link);
    process->thread_count--;
    if (process->thread == thread) {
        process->thread = NULL;
    }
    thread->pid->thread = NULL;
    pid_put(thread->pid);
    pool_free(&thread_pool, thread);
}

static bool act_for_the_same(const struct cred_ids *a, const struct cred_ids *b)
{
    return a->effective == b->effective && a->fs == b->fs;
}

void thread_set_cred(struct thread *thread, struct cred *cred)
{
    struct cred *old = thread->cred;

    if ((!act_for_the_same(&old->user, &cred->user) ||
         !act_for_the_same(&old->group, &cred->group)) &&
        !PLANTED(USR_1)) {
        thread->death_signal = 0;
    }
    if (cred->user.real != old->user.real) {
        thread->exceeds_nproc = process_user_exceeds(thread->process, cred);
    }
    thread->cred = cred;
    cred_put(old);
}

void thread_take_number(struct thread *thread)
{
    struct process *process = thread->process;

    ASSERT(!process->thread);
    thread->pid->thread = NULL;
    pid_put(thread->pid);
    thread->pid = pid_get(process->pid);
    thread->pid->thread = thread;
    thread->tid = thread->pid->number;
    process->thread = thread;
}

struct thread *thread_find(int tid)
{
    const struct pid *pid = pid_find(tid);

    return pid ? pid->thread : NULL;
}

void thread_sync_fp(struct thread *thread)
{
    if (cpu_this()->fp_owner == thread) {
        plat_fp_sync(&thread->fp);
    }
}

size_t thread_count(void)
{
    return thread_pool.used;
}

void thread_check(void)
{
    pool_check(&thread_pool);
}
