#include "proc/sched.h"

#include "base/cpu.h"
#include "base/panic.h"
#include "proc/clock.h"

static struct {
    struct list queue; /* ready threads but the current one, first in first out */
    unsigned queue_len;
    struct list blocked;
    unsigned blocked_count;
    unsigned calls_left; /* of the current slice, with det */
    int run_next;        /* a tid, or 0 */
} sched;

void sched_init(void)
{
    list_init(&sched.queue);
    list_init(&sched.blocked);
    sched.queue_len = 0;
    sched.blocked_count = 0;
    sched.calls_left = 0;
    sched.run_next = 0;
}

static void enqueue(struct thread *thread)
{
    list_append(&sched.queue, &thread->run_link);
    sched.queue_len++;
}

static void dequeue(struct thread *thread)
{
    list_remove(&thread->run_link);
    sched.queue_len--;
}

void sched_add(struct thread *thread)
{
    ASSERT(thread->state == THREAD_NEW);
    thread->state = THREAD_READY;
    enqueue(thread);
}

static struct thread *queue_at(unsigned index)
{
    struct list *link = sched.queue.next;

    while (index-- > 0) {
        link = link->next;
    }
    return CONTAINER_OF(link, struct thread, run_link);
}

/* The decision. keep: the current thread may go on, or NULL. There is at least one thread. */
static struct thread *decide(struct thread *keep)
{
    unsigned kept = keep ? 1 : 0;

    if (sched.run_next != 0) {
        int tid = sched.run_next;
        sched.run_next = 0;
        if (keep && keep->tid == tid) {
            return keep;
        }
        LIST_FOR(link, &sched.queue) {
            struct thread *thread = CONTAINER_OF(link, struct thread, run_link);
            if (thread->tid == tid) {
                return thread;
            }
        }
    }
    unsigned choice = plat_choose(PLAT_CHOOSE_THREAD, kept + sched.queue_len);
    return choice < kept ? keep : queue_at(choice - kept);
}

/* A rerun of a call that nothing has woken: it must block again. */
static void wake_for_no_reason(void)
{
    unsigned choice = plat_choose(PLAT_CHOOSE_SPURIOUS, 1 + sched.blocked_count);
    struct list *link = &sched.blocked;

    for (unsigned i = 0; i < choice; i++) {
        link = link->next;
    }
    if (choice > 0) {
        sched_wake(CONTAINER_OF(link, struct thread, block_link));
    }
}

static void start_slice(void)
{
    sched.calls_left = SCHED_SLICE_CALLS;
    cpu_this()->needs_resched = false;
    if (!clock_is_det()) {
        clock_set_slice(clock_now() + SCHED_SLICE_NS);
    }
}

struct thread *sched_choose(void)
{
    struct cpu *cpu = cpu_this();
    struct thread *last = cpu->current;
    struct thread *next;

    wake_for_no_reason();
    if (last && cpu->needs_resched) {
        enqueue(last);
        cpu->current = NULL;
    }
    if (!cpu->current && sched.queue_len == 0) {
        return NULL;
    }
    next = decide(cpu->current);
    if (next == cpu->current) {
        return next;
    }
    if (cpu->current) {
        enqueue(cpu->current);
    }
    if (last) {
        last->preemptions++;
    }
    dequeue(next);
    cpu->current = next;
    start_slice();
    return next;
}

void sched_count_call(void)
{
    if (clock_is_det() && sched.calls_left-- == 1) {
        cpu_this()->needs_resched = true;
    }
}

void sched_end_slice(void)
{
    cpu_this()->needs_resched = true;
}

void sched_block(struct thread *thread, enum wait_reason reason, int64_t arg, struct waitq *queue,
                 nsec_t deadline)
{
    struct cpu *cpu = cpu_this();

    ASSERT(cpu->current == thread);
    ASSERT(thread->state == THREAD_READY);
    thread->call.is_pending = true;
    thread->call.reason = reason;
    thread->call.arg = arg;
    if (queue) {
        waitq_add(queue, thread);
    }
    if (deadline != PLAT_NEVER) {
        clock_add(thread, deadline);
    }
    if (!thread->call.has_blocked) {
        thread->call.has_blocked = true;
        thread->waits++;
    }
    thread->state = THREAD_BLOCKED;
    list_append(&sched.blocked, &thread->block_link);
    sched.blocked_count++;
    cpu->current = NULL;
}

void sched_wake(struct thread *thread)
{
    if (thread->state == THREAD_BLOCKED) {
        list_remove(&thread->block_link);
        sched.blocked_count--;
    } else if (thread->state != THREAD_HELD) {
        return;
    }
    thread->state = THREAD_READY;
    enqueue(thread);
}

void sched_end_wait(struct thread *thread)
{
    waitq_remove(thread);
    clock_remove(thread);
    thread->call.reason = WAIT_NOTHING;
}

void sched_remove(struct thread *thread)
{
    struct cpu *cpu = cpu_this();

    sched_end_wait(thread);
    if (cpu->current == thread) {
        cpu->current = NULL;
    } else if (thread->state == THREAD_READY) {
        dequeue(thread);
    } else if (thread->state == THREAD_BLOCKED) {
        list_remove(&thread->block_link);
        sched.blocked_count--;
    }
    thread->state = THREAD_NEW;
}

bool sched_has_ready(void)
{
    return cpu_this()->current || sched.queue_len > 0;
}

const struct list *sched_blocked(void)
{
    return &sched.blocked;
}

void sched_run_next(int tid)
{
    sched.run_next = tid;
}

void sched_hold(struct thread *thread)
{
    struct cpu *cpu = cpu_this();

    ASSERT(thread->state == THREAD_READY);
    if (cpu->current == thread) {
        cpu->current = NULL;
    } else {
        dequeue(thread);
    }
    thread->state = THREAD_HELD;
}

void sched_check(void)
{
    unsigned queued = 0;
    unsigned blocked = 0;

    LIST_FOR(link, &sched.queue) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, run_link);
        ASSERT(thread->state == THREAD_READY);
        ASSERT(thread != cpu_this()->current);
        queued++;
    }
    LIST_FOR(link, &sched.blocked) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, block_link);
        ASSERT(thread->state == THREAD_BLOCKED);
        ASSERT(thread->call.is_pending);
        ASSERT(thread->waitq || thread->has_timer || thread->vfork_child);
        blocked++;
    }
    ASSERT(queued == sched.queue_len);
    ASSERT(blocked == sched.blocked_count);
}
