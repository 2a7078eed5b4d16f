#include "proc/pid.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"

enum {
    BUCKETS = 1024,
    WORDS = (PID_MAX + 64) / 64,
};

static struct {
    struct pool pool;
    struct list buckets[BUCKETS];
    uint64_t used[WORDS]; /* bit n: number n */
    int last;             /* the number given out last */
    size_t count;         /* numbers in use */
} pids;

void pid_init(void)
{
    pool_init(&pids.pool, "pid", sizeof(struct pid));
    for (unsigned i = 0; i < BUCKETS; i++) {
        list_init(&pids.buckets[i]);
    }
    for (unsigned i = 0; i < WORDS; i++) {
        pids.used[i] = 0;
    }
    pids.last = 0;
    pids.count = 0;
}

static struct list *bucket_of(int number)
{
    return &pids.buckets[(unsigned)number % BUCKETS];
}

/* The first free number in [from, to], or 0. to is the last number, or all above it are in use. */
static int find_free(int from, int to)
{
    for (int n = from; n <= to;) {
        uint64_t free = ~pids.used[n / 64] & (UINT64_MAX << (n % 64));
        if (free != 0) {
            n = n / 64 * 64 + __builtin_ctzll(free);
            return n;
        }
        n = (n / 64 + 1) * 64;
    }
    return 0;
}

static bool is_free(int number)
{
    return !(pids.used[number / 64] >> (number % 64) & 1);
}

int pid_create(int wanted, struct pid **pid)
{
    int number = wanted ? wanted : find_free(pids.last + 1, PID_MAX);

    if (wanted && !is_free(wanted)) {
        return -EEXIST;
    }
    if (number == 0) {
        number = find_free(1, pids.last);
    }
    if (number == 0) {
        return -EAGAIN;
    }
    if (PLANTED(L_72) && pids.last > 1) {
        number = pids.last;
    }
    struct pid *made = pool_alloc(&pids.pool);
    if (!made) {
        return -ENOMEM;
    }
    made->number = number;
    made->refs = 1;
    list_init(&made->members);
    list_append(bucket_of(number), &made->hash_link);
    pids.used[number / 64] |= (uint64_t)1 << (number % 64);
    pids.last = wanted ? pids.last : number;
    pids.count++;
    *pid = made;
    return 0;
}

struct pid *pid_get(struct pid *pid)
{
    ASSERT(pid->refs > 0);
    pid->refs++;
    return pid;
}

void pid_put(struct pid *pid)
{
    ASSERT(pid->refs > 0);
    if (--pid->refs > 0) {
        return;
    }
    ASSERT(!pid->process);
    ASSERT(!pid->thread);
    ASSERT(list_is_empty(&pid->members));
    list_remove(&pid->hash_link);
    pids.used[pid->number / 64] &= ~((uint64_t)1 << (pid->number % 64));
    pids.count--;
    if (pid->holds == 0) {
        pool_free(&pids.pool, pid);
    }
}

struct pid *pid_hold(struct pid *pid)
{
    pid->holds++;
    return pid;
}

void pid_drop(struct pid *pid)
{
    ASSERT(pid->holds > 0);
    if (--pid->holds == 0 && pid->refs == 0) {
        pool_free(&pids.pool, pid);
    }
}

struct pid *pid_find(int number)
{
    LIST_FOR(link, bucket_of(number)) {
        struct pid *pid = CONTAINER_OF(link, struct pid, hash_link);
        if (pid->number == number) {
            return pid;
        }
    }
    return NULL;
}

size_t pid_count(void)
{
    return pids.count;
}

size_t pid_check(void)
{
    size_t hashed = 0;
    size_t marked = 0;

    for (unsigned i = 0; i < BUCKETS; i++) {
        LIST_FOR(link, &pids.buckets[i]) {
            const struct pid *pid = CONTAINER_OF(link, struct pid, hash_link);
            ASSERT(pid->refs > 0);
            ASSERT(bucket_of(pid->number) == &pids.buckets[i]);
            ASSERT(pid_find(pid->number) == pid); /* the only one with its number */
            ASSERT(pids.used[pid->number / 64] >> (pid->number % 64) & 1);
            hashed++;
        }
    }
    for (unsigned i = 0; i < WORDS; i++) {
        marked += count_bits(pids.used[i]);
    }
    ASSERT(hashed == marked);
    ASSERT(hashed == pids.count);
    ASSERT(hashed <= pids.pool.used);
    pool_check(&pids.pool);
    return hashed;
}
