#include "fs/timerfd.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "fs/anon.h"
#include "mm/pool.h"
#include "proc/clock.h"
#include "proc/clock_id.h"
#include "proc/process.h"
#include "proc/sched.h"

static struct pool pool;

void timerfd_init(void)
{
    pool_init(&pool, "timerfd", sizeof(struct timerfd));
}

static void expire(struct timer *timer)
{
    struct timerfd *own = CONTAINER_OF(timer, struct timerfd, timer);

    own->is_late = true;
    own->count++;
    waitq_wake_all(&own->readers);
}

void timerfd_go_on(struct file *file)
{
    struct timerfd *own = file->timerfd;
    uint64_t passed;

    if (!own->is_late || !own->interval) {
        return;
    }
    own->is_late = false;
    own->due = clock_forward(own->due, own->interval, clock_now(), &passed);
    own->count += passed - 1; /* the first one counts already */
    if (own->due > clock_now()) {
        clock_arm(&own->timer, own->due);
    }
}

static int read_count(struct file *file, struct transfer *transfer)
{
    struct timerfd *own = file->timerfd;
    int error = transfer_prepare(transfer, sizeof(own->count));

    if (error) {
        return error;
    }
    timerfd_go_on(file);
    error = transfer_to_user(transfer, &own->count, sizeof(own->count));
    ASSERT(error == 0); /* it was prepared */
    transfer_advance(transfer, sizeof(own->count));
    own->count = 0;
    return 0;
}

/* As on Linux each range of a readv is read by itself, and the next one if it was filled: every one
 * is waited for. */
static int64_t read_timer(struct file *file, struct transfer *transfer, uint64_t *offset)
{
    struct timerfd *own = file->timerfd;
    struct thread *thread = transfer->thread;
    uint64_t done;

    (void)offset;
    while (*transfer->done == 0 || transfer_left(transfer) > 0) {
        uint64_t size = transfer_range_size(transfer, &done);
        if (done > 0 || size < sizeof(own->count)) {
            return transfer_result(transfer, done > 0 ? 0 : -EINVAL);
        }
        if (own->count == 0) {
            if (file_is_impatient(file, thread)) {
                return transfer_result(transfer, -EAGAIN);
            }
            int64_t result = sched_block(thread, WAIT_TIMERFD, 0, &own->readers, PLAT_NEVER);
            bool has_done = result == CALL_INTERRUPTED && *transfer->done > 0;
            return has_done ? transfer_result(transfer, 0) : result;
        }
        int error = read_count(file, transfer);
        if (error) {
            return transfer_result(transfer, error);
        }
        plat_irq_window();
    }
    return transfer_result(transfer, 0);
}

static void release_timerfd(struct file *file)
{
    clock_disarm(&file->timerfd->timer);
    pool_free(&pool, file->timerfd);
}

static const struct file_ops timerfd_ops = {
    .read = read_timer,
    .seek = anon_seek,
    .status = anon_status,
    .release = release_timerfd,
};

struct file *timerfd_create(uint32_t flags)
{
    struct timerfd *made = pool_alloc(&pool);

    if (!made) {
        return NULL;
    }
    struct file *file = file_create(&timerfd_ops, NULL, O_RDWR | flags);
    if (!file) {
        pool_free(&pool, made);
        return NULL;
    }
    timer_init(&made->timer, expire);
    waitq_init(&made->readers);
    file->timerfd = made;
    return file;
}

void timerfd_set(struct file *file, nsec_t when, nsec_t interval)
{
    const struct clock_id clock = {0};
    struct timerfd *own = file->timerfd;

    clock_disarm(&own->timer);
    own->due = when;
    own->interval = interval;
    own->count = 0;
    own->is_late = false;
    if (when) {
        clock_id_arm(&clock, &own->timer, when);
    }
}

nsec_t timerfd_left(const struct file *file)
{
    const struct timerfd *own = file->timerfd;
    nsec_t now = clock_now();
    nsec_t due = own->due;
    uint64_t passed;

    if (own->is_late && own->interval) {
        due = clock_forward(due, own->interval, now, &passed);
    }
    return due > now ? due - now : 0;
}

static void check_timer(const struct timerfd *own)
{
    bool is_armed = timer_is_armed(&own->timer);

    ASSERT(!is_armed || (own->timer.set == clock_timers() && own->timer.node.key == own->due));
    ASSERT(!is_armed || !own->is_late);
    ASSERT(!own->is_late || own->count > 0 || !own->interval);
    LIST_FOR(link, &own->readers.threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, wait_link);
        ASSERT(thread->call.reason == WAIT_TIMERFD);
        ASSERT(thread->call.file->timerfd == own);
        ASSERT(thread->state != THREAD_BLOCKED || own->count == 0);
    }
}

void timerfd_check(void)
{
    size_t count = 0;

    pool_check(&pool);
    for (const struct file *file = file_next(NULL); file; file = file_next(file)) {
        if (file->timerfd) {
            check_timer(file->timerfd);
            count++;
        }
    }
    ASSERT(count == pool.used);
}
