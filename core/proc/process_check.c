#include "proc/process_check.h"

#include "base/panic.h"
#include "fs/context.h"
#include "fs/pipe.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "fs/transfer.h"
#include "mm/frame.h"
#include "proc/cpu_limit.h"
#include "proc/process.h"
#include "proc/sched.h"
#include "sync/futex.h"

static void check_threads(const struct process *process)
{
    unsigned count = 0;

    LIST_FOR(link, &process->threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        ASSERT(thread->process == process);
        ASSERT(thread->pid->thread == thread);
        ASSERT(thread->tid == thread->pid->number);
        ASSERT((thread->pid == process->pid) == (thread == process->thread));
        ASSERT(thread->fds);
        ASSERT(thread->fs);
        ASSERT(thread->cred);
        ASSERT(!thread->call.file || thread->call.is_pending);
        ASSERT(!thread->call.vectors || thread->call.file);
        ASSERT(!thread->vfork_parent || thread->vfork_parent->vfork_child == thread);
        ASSERT(!thread->vfork_child || thread->vfork_child->vfork_parent == thread);
        count++;
    }
    ASSERT(count == process->thread_count);
}

/* The children on a list hang at threads that are there. */
static void check_hung(const struct process *process, const struct list *list)
{
    LIST_FOR(link, list) {
        const struct process *child = CONTAINER_OF(link, struct process, sibling);
        ASSERT(child->parent_thread->process == process);
        ASSERT(child->parent_thread->pid->thread == child->parent_thread);
    }
}

static void check_process(const struct process *process, size_t *timers)
{
    ASSERT(process->pid->process == process);
    ASSERT(process->group);
    ASSERT(process->session);
    ASSERT(process->group_link.prev->next == &process->group_link);
    cpu_limit_check(process);
    itimer_check(process);
    if (process->state == PROCESS_LIVE) {
        ASSERT(process->space);
        ASSERT(process->thread_count > 0);
        check_threads(process);
        check_hung(process, &process->children);
        check_hung(process, &process->zombies);
        signal_check(process);
        *timers += posix_timer_check(process);
    } else {
        ASSERT(process->state == PROCESS_ZOMBIE);
        ASSERT(!process->space);
        ASSERT(!process->thread);
        ASSERT(list_is_empty(&process->threads));
        /* Init leaves its children to nobody: the machine has ended. */
        ASSERT(!process->parent || list_is_empty(&process->children));
        ASSERT(!process->parent || list_is_empty(&process->zombies));
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

/* Counts what the threads of a process have, each thing with its last user. */
static void check_files(const struct process *process, size_t *tables, size_t *contexts,
                        size_t *kept)
{
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        *tables += fdtable_check(thread->fds);
        if (thread->call.file) {
            file_see(thread->call.file);
        }
        *kept += transfer_kept(thread);
        *contexts += fs_context_check(thread->fs);
        cred_see(thread->cred);
    }
}

/* What is said of signals: pending, or a timer's. */
static size_t count_infos(const struct process *process)
{
    size_t count = pending_check(&process->signals.pending);

    count += pending_check(&process->zombie_pending);
    LIST_FOR(link, &process->threads) {
        count += pending_check(&CONTAINER_OF(link, struct thread, process_link)->pending);
    }
    LIST_FOR(link, &process->posix_timers) {
        count += pending_check_reserved(CONTAINER_OF(link, struct posix_timer, link)->signal);
    }
    return count;
}

void process_check(void)
{
    struct frame_census census;
    uint64_t user_refs = 0;
    uint64_t tables = 0;
    size_t count = 0;
    size_t threads = 0;
    size_t infos = 0;
    size_t headless = 0;
    size_t fdtables = 0;
    size_t contexts = 0;
    size_t timers = 0;
    size_t kept = 0;

    frame_check(&census);
    sched_check();
    futex_check();
    thread_check();
    size_t headless_count = process_check_pool();
    (void)pid_check();
    space_check_all(&user_refs, &tables);
    file_check_begin();
    pending_check_begin();
    for (struct process *p = process_first(); p; p = process_next(p)) {
        check_process(p, &timers);
        count++;
        headless += !p->thread;
        ASSERT(!p->thread == (p->zombie_cred != NULL));
        ASSERT(!p->thread || !p->zombie_pending.set);
        if (p->zombie_cred) {
            cred_see(p->zombie_cred);
        }
        if (p->state == PROCESS_LIVE) {
            threads += p->thread_count;
            space_check_user(p->space);
            check_files(p, &fdtables, &contexts, &kept);
            infos += count_infos(p);
        } else {
            infos += pending_check_left(&p->signals.pending);
            infos += pending_check_left(&p->zombie_pending);
        }
    }
    ASSERT(user_refs == census.user_refs);
    ASSERT(tables == census.tables);
    ASSERT(count == process_count());
    ASSERT(threads == thread_count());
    ASSERT(infos == pending_count());
    pending_check_end();
    ASSERT(headless == headless_count);
    ASSERT(timers == posix_timer_count());
    ASSERT(fdtables == fdtable_count());
    ASSERT(contexts == fs_context_count());
    ASSERT(kept == transfer_kept_by_all());
    file_check_end();
    signalfd_check();
    timerfd_check();
    uint64_t pipe_frames = pipe_check();
    ASSERT(pipe_frames == census.pipes);
    space_check_users();
    signal_check_tables();
    cred_check_all();
}
