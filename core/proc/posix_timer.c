#include "proc/posix_timer.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"
#include "proc/clock.h"
#include "proc/process.h"

enum { TICK_NS = 4000000 }; /* the shortest interval of a timer that nobody hears */

static struct pool pool;

void posix_timer_init(void)
{
    pool_init(&pool, "timer", sizeof(struct posix_timer));
}

static void expire(struct timer *timer);

/* Arms it for the first of its times behind now, if there is one; the others have passed. */
static void go_on(struct posix_timer *own, nsec_t now)
{
    uint64_t count;

    own->due = clock_forward(own->due, own->interval, now, &count);
    own->passed += count;
    if (own->due > clock_id_now(&own->clock)) {
        clock_id_arm(&own->clock, &own->timer, own->due);
    }
}

static void expire(struct timer *timer)
{
    struct posix_timer *own = CONTAINER_OF(timer, struct posix_timer, timer);
    struct thread *thread = own->to ? own->to->thread : NULL;

    if (own->notify == SIGEV_NONE) {
        own->is_active = false; /* one that goes by the time that somebody uses */
        return;
    }
    own->is_untaken = own->interval;
    own->is_active = own->interval;
    if (own->to && !thread) {
        return; /* it has ended */
    }
    bool is_heard = signal_send_reserved(own->process, thread, own->signal);
    if (!is_heard && own->interval) {
        nsec_t now = clock_id_now(&own->clock);
        own->is_untaken = false;
        go_on(own, own->interval < TICK_NS && !own->clock.pid ? now + TICK_NS : now);
    }
}

int posix_timer_create(const struct thread *maker, const struct clock_id *clock,
                       const struct abi_sigevent *event, struct posix_timer **timer)
{
    struct process *process = maker->process;
    const struct pending_charge charge = {maker->cred->user.real,
                                          process->limits[RLIMIT_SIGPENDING].rlim_cur};
    struct posix_timer *made = pool_alloc(&pool);

    if (!made) {
        return -EAGAIN;
    }
    made->signal = pending_reserve(made, &charge);
    if (!made->signal) {
        pool_free(&pool, made);
        return -EAGAIN;
    }
    timer_init(&made->timer, expire);
    list_init(&made->link);
    list_append(&process->posix_timers, &made->link);
    made->process = process;
    made->id = process->next_timer;
    process->next_timer = made->id == INT32_MAX ? 0 : made->id + 1;
    made->clock = *clock;
    if (clock->pid) {
        pid_hold(clock->pid);
    }
    made->notify = event ? event->sigev_notify : SIGEV_SIGNAL;
    if (made->notify == SIGEV_THREAD_ID) {
        made->to = pid_hold(pid_find(event->sigev_tid));
    }
    made->signal->info = (struct abi_siginfo){
        .si_signo = event ? event->sigev_signo : SIGALRM,
        .si_code = SI_TIMER,
    };
    made->signal->info.si_timerid = made->id;
    made->signal->info.si_value = event ? event->sigev_value : (uint64_t)made->id;
    *timer = made;
    return 0;
}

void posix_timer_delete(struct posix_timer *timer)
{
    clock_disarm(&timer->timer);
    pending_give_up(timer->signal);
    if (timer->clock.pid) {
        pid_drop(timer->clock.pid);
    }
    if (timer->to) {
        pid_drop(timer->to);
    }
    list_remove(&timer->link);
    pool_free(&pool, timer);
}

void posix_timer_begin(struct process *process)
{
    list_init(&process->posix_timers);
}

void posix_timer_end(struct process *process)
{
    LIST_FOR_REMOVABLE(link, &process->posix_timers) {
        posix_timer_delete(CONTAINER_OF(link, struct posix_timer, link));
        plat_irq_window();
    }
}

struct posix_timer *posix_timer_find(struct process *process, int id)
{
    LIST_FOR(link, &process->posix_timers) {
        struct posix_timer *timer = CONTAINER_OF(link, struct posix_timer, link);
        if (timer->id == id) {
            return timer;
        }
        plat_irq_window();
    }
    return NULL;
}

void posix_timer_set(struct posix_timer *timer, nsec_t when, nsec_t interval)
{
    clock_disarm(&timer->timer);
    timer->due = when;
    timer->interval = when || timer->clock.pid ? interval : 0;
    timer->is_untaken = false;
    timer->is_active = when && (timer->notify != SIGEV_NONE || timer->clock.pid);
    timer->passed = 0;
    timer->overrun = 0;
    if (timer->is_active) {
        clock_id_arm(&timer->clock, &timer->timer, when);
    }
}

/* The same of one that goes by the time that somebody uses: it does not go on while its signal is
 * untaken, nor if it sends none (posix_cpu_timer_get of Linux). */
static nsec_t left_of_used(const struct posix_timer *timer)
{
    nsec_t now = clock_id_now(&timer->clock);

    if (!timer->is_active || clock_id_is_gone(&timer->clock)) {
        return 0;
    }
    return timer->due > now ? timer->due - now : 1;
}

nsec_t posix_timer_left(const struct posix_timer *timer)
{
    if (timer->clock.pid) {
        return left_of_used(timer);
    }
    bool is_silent = timer->notify == SIGEV_NONE;
    nsec_t now = clock_id_now(&timer->clock);
    nsec_t due = timer->due;
    uint64_t count;

    if (!timer->interval && !timer->is_active && !is_silent) {
        return 0;
    }
    if (timer->interval && (timer->is_untaken || is_silent)) {
        due = clock_forward(due, timer->interval, now, &count);
    }
    return due > now ? due - now : is_silent ? 0 : 1;
}

/* As Linux tells it: -1 of one whose time is nobody's any more, and did not go on. */
static int32_t overrun_of(int64_t count)
{
    return count > INT32_MAX ? INT32_MAX : (int32_t)count;
}

void posix_timer_taken(struct posix_timer *timer, struct abi_siginfo *info)
{
    if (!timer->is_untaken) {
        return; /* it has been set since */
    }
    timer->is_untaken = false;
    go_on(timer, clock_id_now(&timer->clock));
    /* less the time that the signal tells of */
    int64_t passed = (int64_t)timer->passed - (PLANTED(TIM_1) ? 0 : 1);
    timer->passed = 0;
    timer->overrun = overrun_of(passed);
    info->si_overrun = overrun_of(passed + info->si_overrun);
}

size_t posix_timer_count(void)
{
    return pool.used;
}

size_t posix_timer_check(const struct process *process)
{
    size_t count = 0;

    LIST_FOR(link, &process->posix_timers) {
        const struct posix_timer *own = CONTAINER_OF(link, struct posix_timer, link);
        ASSERT(own->process == process);
        ASSERT(own->signal->timer == own);
        ASSERT(!own->is_untaken || own->interval);
        if (timer_is_armed(&own->timer)) {
            ASSERT(own->is_active);
            ASSERT(!own->is_untaken);
            ASSERT(own->timer.node.key == own->due);
            ASSERT(own->timer.set ==
                   (own->clock.pid ? clock_id_timers(&own->clock) : clock_timers()));
        }
        count++;
    }
    return count;
}
