#include "proc/pending.h"

#include "abi/errno.h"
#include "base/inject.h"
#include "base/panic.h"
#include "mm/pool.h"

static struct pool pool;

void pending_init(void)
{
    pool_init(&pool, "siginfo", sizeof(struct pending_info));
}

void pending_begin(struct pending *pending)
{
    pending->set = 0;
    list_init(&pending->queue);
}

/* The kernel's own signals, and those that kill sends, are never refused for the limit. */
static bool is_limited(const struct abi_siginfo *info)
{
    return info->si_signo >= SIGRTMIN || info->si_code < 0;
}

int pending_add(struct pending *pending, const struct abi_siginfo *info, uint64_t limit)
{
    bool may_be_lost = info->si_signo < SIGRTMIN || info->si_code == SI_USER;
    bool has_place = !is_limited(info) || pool.used < limit;
    signal_set_t bit = signal_bit(info->si_signo);

    if (info->si_signo < SIGRTMIN && (pending->set & bit)) {
        return 0;
    }
    struct pending_info *made = has_place ? pool_alloc(&pool) : NULL;
    if (!made && !may_be_lost) {
        return -EAGAIN;
    }
    if (made) {
        made->info = *info;
        list_init(&made->link);
        list_append(&pending->queue, &made->link);
    } else if (has_place) {
        inject_forgive();
    }
    pending->set |= bit;
    return 0;
}

struct pending_info *pending_reserve(struct posix_timer *timer, uint64_t limit)
{
    struct pending_info *made = pool.used < limit ? pool_alloc(&pool) : NULL;

    if (made) {
        list_init(&made->link);
        made->timer = timer;
    }
    return made;
}

/* Takes it off its queue; it is gone if it is no timer's. */
static void remove(struct pending_info *info)
{
    list_remove(&info->link);
    if (!info->timer) {
        pool_free(&pool, info);
    }
}

void pending_give_up(struct pending_info *info)
{
    info->timer = NULL;
    if (list_is_empty(&info->link)) {
        pool_free(&pool, info);
    }
}

bool pending_add_reserved(struct pending *pending, struct pending_info *info)
{
    if (!list_is_empty(&info->link)) {
        info->info.si_overrun++;
        return false;
    }
    info->info.si_overrun = 0;
    list_append(&pending->queue, &info->link);
    pending->set |= signal_bit(info->info.si_signo);
    return true;
}

/* The first of a signal behind a place in the queue; NULL: none. */
static struct pending_info *find(const struct pending *pending, const struct list *from, int signal)
{
    for (struct list *link = from->next; link != &pending->queue; link = link->next) {
        struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        if (info->info.si_signo == signal) {
            return info;
        }
        plat_irq_window();
    }
    return NULL;
}

struct abi_siginfo pending_take(struct pending *pending, int signal, struct posix_timer **timer)
{
    struct pending_info *first = find(pending, &pending->queue, signal);
    struct abi_siginfo info = {.si_signo = signal, .si_code = SI_USER};
    bool is_last = !first || !find(pending, &first->link, signal);

    ASSERT(pending->set & signal_bit(signal));
    *timer = NULL;
    if (first) {
        info = first->info;
        *timer = first->timer;
        remove(first);
    }
    if (is_last) {
        pending->set &= ~signal_bit(signal);
    }
    return info;
}

void pending_drop(struct pending *pending, signal_set_t set)
{
    if (!(pending->set & set)) {
        return;
    }
    pending->set &= ~set;
    LIST_FOR_REMOVABLE(link, &pending->queue) {
        struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        if (signal_bit(info->info.si_signo) & set) {
            remove(info);
        }
        plat_irq_window();
    }
}

void pending_drop_timers(struct pending *pending)
{
    signal_set_t dropped = 0;
    signal_set_t kept = 0;

    LIST_FOR_REMOVABLE(link, &pending->queue) {
        struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        signal_set_t bit = signal_bit(info->info.si_signo);
        if (info->info.si_code == SI_TIMER) {
            dropped |= bit;
            remove(info);
        } else {
            kept |= bit;
        }
        plat_irq_window();
    }
    pending->set &= ~dropped | kept;
}

size_t pending_count(void)
{
    return pool.used;
}

size_t pending_check(const struct pending *pending)
{
    signal_set_t seen = 0;
    size_t count = 0;

    LIST_FOR(link, &pending->queue) {
        const struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        signal_set_t bit = signal_bit(info->info.si_signo);
        ASSERT(pending->set & bit);
        bool is_timers = info->info.si_code == SI_TIMER; /* which may be deleted by now */
        ASSERT(!info->timer || is_timers);
        ASSERT(info->info.si_signo >= SIGRTMIN || is_timers || !(seen & bit));
        seen |= is_timers ? 0 : bit;
        count += !info->timer;
    }
    return count;
}
