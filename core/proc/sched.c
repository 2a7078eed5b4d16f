#include "proc/sched.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "base/string.h"
#include "proc/clock.h"
#include "proc/process.h"
#include "proc/sched_priority.h"
#include "proc/sched_rr.h"

static const struct sched_policy *const policies[] = {&sched_rr, &sched_priority};

static struct {
    const struct sched_policy *policy;
    unsigned waiting; /* ready threads but the current one: the policy has them */
    struct list blocked;
    unsigned blocked_count;
    unsigned calls_left; /* of the current slice, with det */
    int run_next;        /* a tid, or 0 */
} sched;

void sched_init(void)
{
    sched.policy = policies[0];
    sched.policy->init();
    list_init(&sched.blocked);
    sched.waiting = 0;
    sched.blocked_count = 0;
    sched.calls_left = 0;
    sched.run_next = 0;
}

int sched_select(const char *name)
{
    ASSERT(sched.waiting == 0);
    for (unsigned i = 0; i < ARRAY_LEN(policies); i++) {
        if (str_equal(name, policies[i]->name)) {
            sched.policy = policies[i];
            sched.policy->init();
            return 0;
        }
    }
    return -EINVAL;
}

static void enqueue(struct thread *thread)
{
    sched.policy->add(thread);
    sched.waiting++;
}

static void dequeue(struct thread *thread)
{
    sched.policy->remove(thread);
    sched.waiting--;
}

void sched_add(struct thread *thread)
{
    ASSERT(thread->state == THREAD_NEW);
    thread->state = THREAD_READY;
    enqueue(thread);
}

void sched_set_nice(struct thread *thread, int nice)
{
    bool waits = thread->state == THREAD_READY && thread != cpu_this()->current;

    ASSERT(nice >= NICE_MIN);
    ASSERT(nice <= NICE_MAX);
    if (waits) {
        dequeue(thread);
    }
    thread->nice = nice;
    if (waits) {
        enqueue(thread);
    }
}

/* The one that was asked for, if it may run. */
static struct thread *find_next(struct thread *keep)
{
    int tid = sched.run_next;

    sched.run_next = 0;
    if (keep && keep->tid == tid) {
        return keep;
    }
    struct thread *thread = sched.policy->next(NULL);
    while (thread && thread->tid != tid) {
        thread = sched.policy->next(thread);
    }
    return thread;
}

/* keep: the current thread may go on, or NULL. There is at least one thread. */
static struct thread *decide(struct thread *keep)
{
    struct thread *asked = sched.run_next != 0 ? find_next(keep) : NULL;

    return asked ? asked : sched.policy->decide(keep);
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
    if (!cpu->current && sched.waiting == 0) {
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

int64_t sched_block(struct thread *thread, enum wait_reason reason, int64_t arg,
                    struct waitq *queue, nsec_t deadline)
{
    struct cpu *cpu = cpu_this();

    if (thread->call.is_interrupted) {
        thread->call.restart = RESTART_AS_ASKED;
        return CALL_INTERRUPTED;
    }
    ASSERT(cpu->current == thread);
    ASSERT(thread->state == THREAD_READY);
    thread->call.is_pending = true;
    thread->call.reason = reason;
    thread->call.arg = arg;
    if (queue) {
        waitq_add(queue, thread);
    }
    if (PLANTED(OWN_15) && queue && plant_memory == thread->tid) {
        deadline = clock_now() + CLOCK_DET_STEP;
        plant_memory = 0;
    }
    if (deadline != PLAT_NEVER) {
        clock_arm(&thread->timer, deadline);
    }
    if (!thread->call.has_blocked && !signal_is_due(thread)) { /* else it wakes at once */
        thread->call.has_blocked = true;
        thread->waits++;
    }
    thread->state = THREAD_BLOCKED;
    list_append(&sched.blocked, &thread->block_link);
    sched.blocked_count++;
    cpu->current = NULL;
    return CALL_BLOCKED;
}

void sched_wake(struct thread *thread)
{
    if (thread->state == THREAD_BLOCKED) {
        list_remove(&thread->block_link);
        sched.blocked_count -= PLANTED(OWN_8) ? 0 : 1;
    } else if (thread->state != THREAD_HELD) {
        return;
    }
    thread->state = THREAD_READY;
    enqueue(thread);
}

void sched_stop(struct thread *thread)
{
    struct cpu *cpu = cpu_this();

    ASSERT(cpu->current == thread);
    ASSERT(!thread->waitq);
    ASSERT(!timer_is_armed(&thread->timer));
    cpu->current = NULL;
    thread->state = THREAD_STOPPED;
}

void sched_continue(struct thread *thread)
{
    if (thread->state == THREAD_STOPPED) {
        thread->state = THREAD_READY;
        enqueue(thread);
    }
}

void sched_end_wait(struct thread *thread)
{
    waitq_remove(thread);
    clock_disarm(&thread->timer);
    thread->call.reason = WAIT_NOTHING;
}

void sched_remove(struct thread *thread)
{
    struct cpu *cpu = cpu_this();

    sched_end_wait(thread);
    futex_leave(thread);
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
    return cpu_this()->current || sched.waiting > 0;
}

const struct list *sched_blocked(void)
{
    return &sched.blocked;
}

const struct thread *sched_next_waiting(const struct thread *thread)
{
    return sched.policy->next(thread);
}

unsigned sched_waiting(void)
{
    return sched.waiting;
}

unsigned sched_blocked_count(void)
{
    return sched.blocked_count;
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

    for (const struct thread *thread = sched.policy->next(NULL); thread;
         thread = sched.policy->next(thread)) {
        ASSERT(thread->state == THREAD_READY);
        ASSERT(thread != cpu_this()->current);
        queued++;
    }
    LIST_FOR(link, &sched.blocked) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, block_link);
        ASSERT(thread->state == THREAD_BLOCKED);
        ASSERT(thread->call.is_pending);
        ASSERT(thread->waitq || timer_is_armed(&thread->timer) || thread->vfork_child ||
               thread->call.reason == WAIT_SIGNAL || thread->call.reason == WAIT_CPU_TIME ||
               thread->futex.is_waiting);
        blocked++;
    }
    ASSERT(queued == sched.waiting);
    ASSERT(blocked == sched.blocked_count);
}
