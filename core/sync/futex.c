#include "sync/futex.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/space.h"
#include "mm/uaccess.h"
#include "proc/sched.h"
#include "proc/thread.h"

enum { QUEUES = 256 };

#define HASH_FACTOR UINT64_C(0x9e3779b97f4a7c15)

static struct {
    unsigned waiting;
    struct list queues[QUEUES];
} futexes;

void futex_init(void)
{
    futexes.waiting = 0;
    for (unsigned i = 0; i < QUEUES; i++) {
        list_init(&futexes.queues[i]);
    }
}

/* ---- keys ---- */

static int check_address(uaddr_t at)
{
    if (at % sizeof(uint32_t) != 0) {
        return -EINVAL;
    }
    return at < USER_END ? 0 : -EFAULT;
}

int futex_find_private(const struct space *space, uaddr_t at, struct futex_key *key)
{
    int error = check_address(at);

    *key = (struct futex_key){.kind = FUTEX_PRIVATE, .owner = space->id, .place = at};
    return error;
}

int futex_find_shared(const struct space *space, uaddr_t at, struct futex_key *key)
{
    const struct region *region = region_find(&space->regions, at);
    int error = check_address(at);

    if (error || !region) {
        return error ? error : -EFAULT;
    }
    uint64_t offset = at - region->start;
    if (region->shared) {
        *key = (struct futex_key){.kind = FUTEX_OBJECT,
                                  .owner = region->shared->id,
                                  .place = (region->shared_index << PAGE_SHIFT) + offset};
        key->place &= PLANTED(FUT_2) ? PAGE_MASK : UINT64_MAX;
    } else if (region->prot & PROT_WRITE) {
        *key = (struct futex_key){.kind = FUTEX_SPACE, .owner = space->id, .place = at};
    } else if (region->file && page_down(offset) < region->file_len) {
        /* Files do not move, and nobody writes to them. */
        *key = (struct futex_key){.kind = FUTEX_FILE, .place = (uintptr_t)region->file + offset};
    } else {
        error = -EFAULT;
    }
    return error;
}

bool futex_key_is(const struct futex_key *key, const struct futex_key *other)
{
    return key->kind == other->kind && key->owner == other->owner && key->place == other->place;
}

static struct list *queue_of(const struct futex_key *key)
{
    uint64_t hash = (key->place ^ key->owner * HASH_FACTOR ^ key->kind) * HASH_FACTOR;

    return &futexes.queues[(hash >> 32) % QUEUES];
}

const struct list *futex_queue(const struct futex_key *key)
{
    return queue_of(key);
}

/* ---- waiting ---- */

static struct thread *thread_of(struct list *link)
{
    return CONTAINER_OF(link, struct thread, futex.link);
}

/* Puts a waiter on the queue of its key, where those who are not urgent are at the end. */
static void enqueue(struct futex_waiter *waiter)
{
    struct list *queue = queue_of(&waiter->key);
    struct list *before = queue;

    while (before->prev != queue && thread_of(before->prev)->futex.priority < waiter->priority) {
        before = before->prev;
        plat_irq_window();
    }
    list_insert_before(before, &waiter->link);
}

void futex_wait(struct thread *thread, const struct futex_key *key, uint32_t bitset)
{
    ASSERT(!thread->futex.is_waiting);
    ASSERT(!thread->futex.is_woken);
    ASSERT(bitset != 0);
    thread->futex = (struct futex_waiter){
        .key = *key, .bitset = bitset, .priority = thread->params.priority, .is_waiting = true};
    enqueue(&thread->futex);
    futexes.waiting++;
}

void futex_leave(struct thread *thread)
{
    if (thread->futex.is_waiting) {
        list_remove(&thread->futex.link);
        futexes.waiting--;
    }
    thread->futex = (struct futex_waiter){0};
}

static void wake(struct thread *thread)
{
    futex_leave(thread);
    thread->futex.is_woken = true;
    sched_wake(thread);
}

int futex_wake(const struct futex_key *key, int count, uint32_t bitset)
{
    int woken = 0;

    LIST_FOR_REMOVABLE(link, queue_of(key)) {
        struct thread *thread = thread_of(link);
        if (futex_key_is(&thread->futex.key, key) && (thread->futex.bitset & bitset)) {
            wake(thread);
            if (++woken >= count) {
                break;
            }
        }
        plat_irq_window();
    }
    return woken;
}

int futex_requeue(const struct futex_key *from, int wake_count, const struct futex_key *to,
                  int move_count)
{
    bool is_same = futex_key_is(from, to);
    int64_t total = (int64_t)wake_count + move_count;
    int64_t done = 0;

    LIST_FOR_REMOVABLE(link, queue_of(from)) {
        struct thread *thread = thread_of(link);
        if (done == total) {
            break;
        }
        if (futex_key_is(&thread->futex.key, from)) {
            done++;
            if (done <= wake_count) {
                wake(thread);
            } else if (!is_same) {
                list_remove(&thread->futex.link);
                thread->futex.key = *to;
                enqueue(&thread->futex);
            }
        }
        plat_irq_window();
    }
    return (int)done;
}

void futex_wake_shared(struct space *space, uaddr_t at)
{
    struct futex_key key;
    uint32_t word;

    if (space_read(space, &word, at, sizeof(word)) == 0 &&
        futex_find_shared(space, at, &key) == 0) {
        (void)futex_wake(&key, 1, FUTEX_BITSET_MATCH_ANY);
    }
}

/* ---- checks ---- */

void futex_check(void)
{
    unsigned waiting = 0;

    for (unsigned i = 0; i < QUEUES; i++) {
        LIST_FOR(link, &futexes.queues[i]) {
            const struct thread *thread = thread_of(link);
            ASSERT(thread->futex.is_waiting);
            ASSERT(!thread->futex.is_woken);
            ASSERT(thread->call.is_pending);
            ASSERT(queue_of(&thread->futex.key) == &futexes.queues[i]);
            ASSERT(waiting < futexes.waiting);
            waiting++;
        }
    }
    ASSERT(waiting == futexes.waiting);
}
