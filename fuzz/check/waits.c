#include "fuzz/check/waits.h"

#include "fuzz/check/checks.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "dev/console.h"
#include "fs/pipe.h"
#include "fs/signalfd.h"
#include "fs/timerfd.h"
#include "proc/clock.h"
#include "proc/sched.h"
#include "sync/futex.h"

/* The calls whose waits have options. */
enum { CALL_WAITID = 95, CALL_WAIT4 = 260 };

static uint64_t wait_options(const struct thread *thread)
{
    switch ((uint32_t)thread->user.x[8]) {
    case CALL_WAIT4:
        return (uint32_t)thread->user.x[2] | WEXITED;
    case CALL_WAITID:
        return (uint32_t)thread->user.x[3];
    default:
        return WEXITED;
    }
}

/* Whether a thread's wait for call.arg with these options is for this child; wait(2), __WCLONE and
 * __WNOTHREAD. */
static bool is_awaited(const struct process *child, const struct thread *thread, uint64_t options)
{
    int64_t who = thread->call.arg;
    bool is_own = !(options & WNOTHREAD) || child->parent_thread == thread;
    bool is_clone = child->exit_signal != SIGCHLD;
    const struct file *file = thread->call.file; /* that says which process it is */
    bool is_named =
        who == 0 || (who > 0 ? child->pid->number == who : child->group->number == -who);

    return is_own && is_named && (!file || file->pid == child->pid) &&
           ((options & WALL) || is_clone == ((options & WCLONE) != 0));
}

static bool has_awaited(const struct list *children, const struct thread *thread, uint64_t options)
{
    LIST_FOR(link, children) {
        if (is_awaited(CONTAINER_OF(link, struct process, sibling), thread, options)) {
            return true;
        }
    }
    return false;
}

/* One that matches was stopped, or goes on, and that is what is waited for. */
static bool has_news(const struct thread *thread, uint64_t options)
{
    LIST_FOR(link, &thread->process->children) {
        const struct process *child = CONTAINER_OF(link, struct process, sibling);
        bool has_stopped = (options & WSTOPPED) && child->signals.is_stop_untold;
        bool goes_on = (options & WCONTINUED) && child->signals.is_continue_untold;
        if (is_awaited(child, thread, options) && (has_stopped || goes_on)) {
            return true;
        }
    }
    return false;
}

/* A child that matches has ended, has stopped or goes on, or there is none that could. */
static bool is_wait_over(const struct thread *thread)
{
    const struct process *process = thread->process;
    uint64_t options = wait_options(thread);
    bool has_ended = (options & WEXITED) && has_awaited(&process->zombies, thread, options);

    return has_ended || has_news(thread, options) ||
           !has_awaited(&process->children, thread, options);
}

static const struct pipe *pipe_of(const struct thread *thread, bool reads)
{
    LIST_FOR(link, pipe_all()) {
        const struct pipe *pipe = CONTAINER_OF(link, struct pipe, link);
        if (thread->waitq == (reads ? &pipe->readable : &pipe->writable)) {
            return pipe;
        }
    }
    return NULL;
}

/* Whether it waits no longer than to a deadline, which has passed. */
static bool is_over(const struct thread *thread, bool at_rest)
{
    return thread->call.deadline != PLAT_NEVER && (!timer_is_armed(&thread->timer) || at_rest);
}

/* The signals that a thread takes, or its call does. */
static signal_set_t takes(const struct thread *thread)
{
    return ~(thread->signal_mask & ~thread->waited_signals) | signalfd_awaited(thread);
}

/* Whether a signal that was sent to it, or to its process, should have woken a blocked thread. For
 * one of the process another thread may have been woken, or will take it behind a vfork. */
static bool is_signalled(const struct thread *self, signal_set_t set)
{
    signal_set_t shared = self->process->signals.pending.set & set;

    if (self->pending.set & set) {
        return true;
    }
    LOOK_THREADS(thread, self->process) {
        if (thread->state != THREAD_BLOCKED || thread->vfork_child) {
            shared &= ~takes(thread);
        }
    }
    return shared != 0;
}

static bool is_due(const struct thread *thread)
{
    return thread->process->signals.fatal || signal_must_stop(thread) ||
           (!thread->vfork_child &&
            is_signalled(thread, ~(thread->signal_mask | thread->waited_signals)));
}

/* Whether what a blocked thread waits for is so. With time that is counted in calls a deadline
 * comes when nothing else goes on; at_rest: that is now. */
static bool is_condition_true(const struct thread *thread, bool at_rest)
{
    const struct pipe *pipe;

    if (is_due(thread)) {
        return true;
    }
    switch (thread->call.reason) {
    case WAIT_CHILD:
        return is_wait_over(thread);
    case WAIT_VFORK:
        return !thread->vfork_child;
    case WAIT_TIME:
        return !timer_is_armed(&thread->timer) || at_rest;
    case WAIT_CPU_TIME:
        return false; /* whose time it is may have ended */
    case WAIT_CONSOLE:
        return console_ready(1) != -EAGAIN;
    case WAIT_PIPE_BYTES:
        pipe = pipe_of(thread, true);
        return !pipe || pipe->count > 0 || pipe->writers == 0;
    case WAIT_PIPE_ROOM:
        pipe = pipe_of(thread, false);
        return !pipe || pipe->count < PIPE_PIECES || pipe->readers == 0;
    case WAIT_SIGNAL:
        return is_signalled(thread, (signal_set_t)thread->call.arg) ||
               (at_rest && timer_is_armed(&thread->timer));
    case WAIT_TIMERFD:
        return !thread->call.file || !thread->call.file->timerfd ||
               thread->call.file->timerfd->count > 0;
    case WAIT_SIGNALFD:
        return is_signalled(thread, signalfd_awaited(thread));
    case WAIT_FUTEX:
        return thread->futex.is_woken || is_over(thread, at_rest);
    case WAIT_NOTHING:
        return true;
    }
    return true;
}

static const char *reason_name(enum wait_reason reason)
{
    static const char *const names[] = {[WAIT_NOTHING] = "nothing",
                                        [WAIT_CHILD] = "a child",
                                        [WAIT_VFORK] = "its memory",
                                        [WAIT_TIME] = "time",
                                        [WAIT_CONSOLE] = "the console",
                                        [WAIT_PIPE_BYTES] = "bytes of a pipe",
                                        [WAIT_PIPE_ROOM] = "room in a pipe",
                                        [WAIT_SIGNAL] = "a signal",
                                        [WAIT_SIGNALFD] = "signals to read",
                                        [WAIT_FUTEX] = "a futex",
                                        [WAIT_CPU_TIME] = "time that is used",
                                        [WAIT_TIMERFD] = "the time of a file"};

    return (unsigned)reason < ARRAY_LEN(names) ? names[reason] : "what nobody knows";
}

static bool is_on(const struct list *list, const struct list *link)
{
    unsigned count = 0;

    for (const struct list *at = list->next; at != list && count < CHECK_WALK_MAX; at = at->next) {
        if (at == link) {
            return at->next->prev == at && at->prev->next == at;
        }
        count++;
    }
    return false;
}

/* Whether a thread is on the queue of its futex. */
static bool waits_for_futex(const struct thread *thread)
{
    const struct futex_waiter *waiter = &thread->futex;

    return waiter->is_waiting && waiter->bitset != 0 && !thread->waitq &&
           timer_is_armed(&thread->timer) == (thread->call.deadline != PLAT_NEVER) &&
           is_on(futex_queue(&waiter->key), &waiter->link);
}

/* Whether a thread waits on the queue that its reason says, and on nothing else. */
static bool waits_for_one(const struct thread *thread)
{
    bool has_queue = false;

    switch (thread->call.reason) {
    case WAIT_CHILD:
        has_queue = thread->waitq == &thread->process->child_wait;
        break;
    case WAIT_CONSOLE:
        has_queue = thread->waitq == console_waitq();
        break;
    case WAIT_PIPE_BYTES:
        has_queue = pipe_of(thread, true);
        break;
    case WAIT_PIPE_ROOM:
        has_queue = pipe_of(thread, false);
        break;
    case WAIT_TIMERFD:
        has_queue = thread->call.file && thread->call.file->timerfd &&
                    thread->waitq == &thread->call.file->timerfd->readers;
        break;
    case WAIT_SIGNALFD:
        has_queue = thread->call.file && thread->call.file->signalfd &&
                    thread->waitq == &thread->call.file->signalfd->readers;
        break;
    case WAIT_VFORK:
        return !thread->waitq && !timer_is_armed(&thread->timer);
    case WAIT_SIGNAL:
    case WAIT_CPU_TIME:
        return !thread->waitq;
    case WAIT_TIME:
        return !thread->waitq && timer_is_armed(&thread->timer);
    case WAIT_FUTEX:
        return waits_for_futex(thread);
    case WAIT_NOTHING:
        return false;
    }
    return has_queue && !timer_is_armed(&thread->timer);
}

static void check_blocked(const struct thread *thread)
{
    const char *reason = reason_name(thread->call.reason);

    CHECK_THAT(WAIT_CONDITION, is_on(sched_blocked(), &thread->block_link),
               "thread %d is blocked, and not on the list of those that are", thread->tid);
    CHECK_THAT(WAIT_CONDITION, thread->call.is_pending && waits_for_one(thread),
               "thread %d waits for %s, and not for that alone", thread->tid, reason);
    CHECK_THAT(WAIT_CONDITION, !thread->waitq || is_on(&thread->waitq->threads, &thread->wait_link),
               "thread %d waits for %s, and is not on the queue", thread->tid, reason);
    CHECK_THAT(WAIT_CONDITION, !is_condition_true(thread, false),
               "thread %d waits for %s, and could go on", thread->tid, reason);
}

/* What the queue has, against how many threads say that they are ready. */
static void check_queue(unsigned ready, unsigned blocked)
{
    const struct thread *current = cpu_this()->current;
    unsigned queued = 0;
    unsigned listed = 0;

    for (const struct thread *thread = sched_next_waiting(NULL); thread && queued <= ready;
         thread = sched_next_waiting(thread)) {
        CHECK_THAT(SCHED_QUEUE, thread->state == THREAD_READY && thread != current,
                   "thread %d is on the run queue, and is not ready", thread->tid);
        queued++;
    }
    LIST_FOR(link, sched_blocked()) {
        if (listed++ > blocked) {
            break;
        }
    }
    CHECK_THAT(SCHED_QUEUE, !current || current->state == THREAD_READY,
               "the current thread, %d, is not ready", current ? current->tid : 0);
    CHECK_THAT(SCHED_QUEUE, queued == sched_waiting() && queued + (current != NULL) == ready,
               "%u threads are on the run queue, which counts %u; %u are ready", queued,
               sched_waiting(), ready);
    CHECK_THAT(SCHED_QUEUE, listed == blocked && sched_blocked_count() == blocked,
               "%u threads are on the list of the blocked, which counts %u; %u are", listed,
               sched_blocked_count(), blocked);
}

void waits_check(void)
{
    unsigned ready = 0;
    unsigned blocked = 0;

    LOOK_PROCESSES(process) {
        LOOK_THREADS(thread, process) {
            ready += thread->state == THREAD_READY;
            CHECK_THAT(WAIT_CONDITION, thread->call.is_pending || !thread->futex.is_waiting,
                       "thread %d makes no call, and is on the queue of a futex", thread->tid);
            if (thread->state == THREAD_BLOCKED) {
                blocked++;
                check_blocked(thread);
            }
            CHECK_THAT(SCHED_QUEUE, thread->state != THREAD_NEW, "thread %d was never started",
                       thread->tid);
        }
    }
    check_queue(ready, blocked);
}

void waits_check_at_rest(void)
{
    LOOK_PROCESSES(process) {
        LOOK_THREADS(thread, process) {
            CHECK_THAT(WAIT_CONDITION,
                       thread->state != THREAD_BLOCKED || !is_condition_true(thread, true),
                       "nothing goes on, and thread %d waits for %s, which is so", thread->tid,
                       reason_name(thread->call.reason));
        }
    }
    waits_check();
}
