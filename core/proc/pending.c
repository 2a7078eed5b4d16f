#include "proc/pending.h"

#include "abi/errno.h"
#include "base/inject.h"
#include "base/panic.h"
#include "mm/pool.h"

struct pending_info {
    struct list link;
    struct abi_siginfo info;
};

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

static struct pending_info *find(const struct pending *pending, int signal)
{
    LIST_FOR(link, &pending->queue) {
        struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        if (info->info.si_signo == signal) {
            return info;
        }
    }
    return NULL;
}

static void free_info(struct pending_info *info)
{
    list_remove(&info->link);
    pool_free(&pool, info);
}

struct abi_siginfo pending_take(struct pending *pending, int signal)
{
    struct pending_info *first = find(pending, signal);
    struct abi_siginfo info = {.si_signo = signal, .si_code = SI_USER};

    ASSERT(pending->set & signal_bit(signal));
    if (first) {
        info = first->info;
        free_info(first);
    }
    if (!first || !find(pending, signal)) {
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
            free_info(info);
        }
        plat_irq_window();
    }
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
        ASSERT(info->info.si_signo >= SIGRTMIN || !(seen & bit));
        seen |= bit;
        count++;
    }
    return count;
}
