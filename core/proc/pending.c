#include "proc/pending.h"

#include "abi/errno.h"
#include "base/inject.h"
#include "base/panic.h"
#include "mm/pool.h"

static struct pool pool;
static struct pool user_pool;
static struct tree users;

void pending_init(void)
{
    pool_init(&pool, "siginfo", sizeof(struct pending_info));
    pool_init(&user_pool, "sigusers", sizeof(struct pending_user));
    tree_init(&users);
}

void pending_begin(struct pending *pending)
{
    pending->set = 0;
    list_init(&pending->queue);
}

/* ---- infos, and whom they are charged to ---- */

/* NULL: nothing is charged to the user. */
static struct pending_user *find_user(uint32_t number)
{
    struct tree_node *node = tree_find_ge(&users, number);
    bool is_there = node && node->key == number;

    return is_there ? CONTAINER_OF(node, struct pending_user, node) : NULL;
}

static bool has_place(const struct pending_charge *charge)
{
    const struct pending_user *user = find_user(charge->user);

    return (user ? user->count : 0) < charge->limit;
}

static void discharge(struct pending_user *user)
{
    ASSERT(user->count > 0);
    if (--user->count == 0) {
        tree_remove(&users, &user->node);
        pool_free(&user_pool, user);
    }
}

/* One more is charged to the user. NULL: no memory. */
static struct pending_user *charge_user(uint32_t number)
{
    struct pending_user *user = find_user(number);

    if (!user) {
        user = pool_alloc(&user_pool);
        if (!user) {
            return NULL;
        }
        tree_insert(&users, &user->node, number);
    }
    user->count++;
    return user;
}

/* An info on no queue. NULL: no memory. */
static struct pending_info *make(uint32_t number)
{
    struct pending_user *user = charge_user(number);
    struct pending_info *made = user ? pool_alloc(&pool) : NULL;

    if (made) {
        list_init(&made->link);
        made->user = user;
    } else if (user) {
        discharge(user);
    }
    return made;
}

static void destroy(struct pending_info *info)
{
    discharge(info->user);
    pool_free(&pool, info);
}

/* ---- what is pending ---- */

/* The kernel's own signals, and those that kill sends, are never refused for the limit. */
static bool is_limited(const struct abi_siginfo *info)
{
    return info->si_signo >= SIGRTMIN || info->si_code < 0;
}

int pending_add(struct pending *pending, const struct abi_siginfo *info,
                const struct pending_charge *charge)
{
    bool may_be_lost = info->si_signo < SIGRTMIN || info->si_code == SI_USER;
    bool may_have_more = info->si_signo != SIGKILL && (!is_limited(info) || has_place(charge));
    signal_set_t bit = signal_bit(info->si_signo);

    if (info->si_signo < SIGRTMIN && (pending->set & bit)) {
        return 0;
    }
    struct pending_info *made = may_have_more ? make(charge->user) : NULL;
    if (!made && !may_be_lost) {
        return -EAGAIN;
    }
    if (made) {
        made->info = *info;
        list_append(&pending->queue, &made->link);
    } else if (may_have_more) {
        inject_forgive();
    }
    pending->set |= bit;
    return 0;
}

struct pending_info *pending_reserve(struct posix_timer *timer, const struct pending_charge *charge)
{
    struct pending_info *made = has_place(charge) ? make(charge->user) : NULL;

    if (made) {
        made->timer = timer;
    }
    return made;
}

/* Takes it off its queue; it is gone if it is no timer's. */
static void remove(struct pending_info *info)
{
    list_remove(&info->link);
    if (!info->timer) {
        destroy(info);
    }
}

void pending_give_up(struct pending_info *info)
{
    info->timer = NULL;
    if (list_is_empty(&info->link)) {
        destroy(info);
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

void pending_move(struct pending *pending, struct pending *to)
{
    ASSERT(!to->set);
    LIST_FOR_REMOVABLE(link, &pending->queue) {
        list_remove(link);
        list_append(&to->queue, link);
        plat_irq_window();
    }
    to->set = pending->set;
    pending->set = 0;
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

/* ---- checks ---- */

const struct tree *pending_users(void)
{
    return &users;
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
        if (!info->timer) {
            info->user->seen++;
            count++;
        }
    }
    return count;
}

size_t pending_check_left(const struct pending *pending)
{
    size_t count = 0;

    LIST_FOR(link, &pending->queue) {
        const struct pending_info *info = CONTAINER_OF(link, struct pending_info, link);
        ASSERT(pending->set & signal_bit(info->info.si_signo));
        ASSERT(!info->timer);
        info->user->seen++;
        count++;
    }
    return count;
}

size_t pending_check_reserved(const struct pending_info *info)
{
    ASSERT(info->timer);
    info->user->seen++;
    return 1;
}

void pending_check_begin(void)
{
    for (struct tree_node *node = tree_first(&users); node; node = tree_next(&users, node)) {
        CONTAINER_OF(node, struct pending_user, node)->seen = 0;
    }
}

void pending_check_end(void)
{
    size_t count = 0;

    for (struct tree_node *node = tree_first(&users); node; node = tree_next(&users, node)) {
        const struct pending_user *user = CONTAINER_OF(node, struct pending_user, node);
        ASSERT(user->count > 0);
        ASSERT(user->count == user->seen);
        count++;
    }
    ASSERT(count == user_pool.used);
}
