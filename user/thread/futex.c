/* futex(2): waiting, waking, time-outs, bit sets; robust lists are in robust.c. */
#include "threads.h"

static volatile int word, other;

struct waiter {
    volatile int *word;
    int operation;
    int64_t timeout_ms; /* -1: none */
    uint32_t set;
};

static volatile int waiting;

static long waits(uint64_t argument)
{
    const struct waiter *waiter = (const struct waiter *)argument;
    struct abi_timespec time = ms(waiter->timeout_ms);

    __atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
    return futex(waiter->word, waiter->operation, 0, waiter->timeout_ms < 0 ? NULL : &time, NULL,
                 waiter->set);
}

static struct thread threads[5];

static void start_waiters(const struct waiter *waiter)
{
    waiting = 0;
    word = other = 0;
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_start(&threads[i], waits, ADDR(waiter));
    while (waiting < (int)COUNT(threads))
        nap();
    settle();
}

/* Wakes all that are left, and gives how many had been woken by 0. */
static unsigned join_waiters(volatile int *left)
{
    unsigned good = 0;

    futex(left, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
    futex(left, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX, NULL, NULL, 0);
    for (unsigned i = 0; i < COUNT(threads); i++)
        good += thread_join(&threads[i]) == 0;
    return good;
}

static long wake(volatile int *which, int operation, uint64_t count)
{
    return futex(which, operation, count, NULL, NULL, 0);
}

static void check_wake(int flag, const char *what)
{
    const struct waiter waiter = {&word, FUTEX_WAIT | flag, -1, 0};

    print("# %s\n", what);
    start_waiters(&waiter);
    check_is(wake(&word, FUTEX_WAKE | flag, 2), 2, "futex: WAKE wakes so many");
    check_is(wake(&word, FUTEX_WAKE | flag, 1), 1, "futex: or one");
    check_is(wake(&other, FUTEX_WAKE | flag, 1), 0, "futex: where nobody waits, none");
    check_is(wake(&word, FUTEX_WAKE | flag, INT32_MAX), 2, "futex: or all that are left");
    check_is(wake(&word, FUTEX_WAKE | flag, INT32_MAX), 0, "futex: then nobody waits");
    check_is(join_waiters(&word), COUNT(threads), "futex: and WAIT gives 0");
}

static void check_zero_count(void)
{
    const struct waiter waiter = {&word, FUTEX_WAIT, -1, 0};

    start_waiters(&waiter);
    check_is(wake(&word, FUTEX_WAKE, 0), 1, "futex: to wake 0 wakes one, as Linux does it");
    join_waiters(&word);
}

static void check_values(void)
{
    struct abi_timespec time = ms(30), zero = {0, 0}, bad = {0, 1000000000}, negative = {-1, 0};

    word = 5;
    check_is(futex(&word, FUTEX_WAIT, 4, NULL, NULL, 0), -EAGAIN,
             "futex: WAIT for another value gives EAGAIN");
    int64_t began = now_ns();
    check_is(futex(&word, FUTEX_WAIT, 5, &time, NULL, 0), -ETIMEDOUT,
             "futex: after its time ETIMEDOUT");
    check(now_ns() - began >= 30000000, "futex: and not before");
    check_is(futex(&word, FUTEX_WAIT, 5, &zero, NULL, 0), -ETIMEDOUT, "futex: no time is over");
    check_is(futex(&word, FUTEX_WAIT, 4, &zero, NULL, 0), -EAGAIN, "futex: the value comes first");
    check_is(futex(&word, FUTEX_WAIT, 5, &bad, NULL, 0), -EINVAL,
             "futex: a thousand million nanoseconds give EINVAL");
    check_is(futex(&word, FUTEX_WAIT, 5, &negative, NULL, 0), -EINVAL, "futex: so do -1 seconds");
    check_is(CALL(NR_FUTEX, &word, FUTEX_WAIT, 5, BAD_ADDRESS), -EFAULT,
             "futex: a bad address of the time gives EFAULT");
    check_is(CALL(NR_FUTEX, BAD_ADDRESS, FUTEX_WAIT, 5, NULL), -EFAULT,
             "futex: one of the word too");
    check_is(CALL(NR_FUTEX, ADDR(&word) + 2, FUTEX_WAIT, 5, NULL), -EINVAL,
             "futex: a word that is not aligned gives EINVAL");
    check_is(CALL(NR_FUTEX, ADDR(&word) + 2, FUTEX_WAKE, 5, NULL), -EINVAL, "futex: for WAKE too");
    check_is(CALL(NR_FUTEX, BAD_ADDRESS, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1), 0,
             "futex: a private WAKE does not look at the word");
    check_is(CALL(NR_FUTEX, BAD_ADDRESS, FUTEX_WAKE, 1), -EFAULT, "futex: a shared one does");
    check_is(CALL(NR_FUTEX, &word, 99, 1), -ENOSYS, "futex: an unknown operation gives ENOSYS");
    check_is(CALL(NR_FUTEX, &word, FUTEX_FD, 1), -ENOSYS, "futex: so does FUTEX_FD");
    check_is(CALL(NR_FUTEX, &word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1), -ENOSYS,
             "futex: and FUTEX_CLOCK_REALTIME where there is no time");
}

static struct abi_timespec in_ms(int clock, int64_t milliseconds)
{
    struct abi_timespec time = {0, 0};

    CALL(NR_CLOCK_GETTIME, clock, &time);
    time.tv_nsec += milliseconds * 1000000;
    time.tv_sec += time.tv_nsec / 1000000000;
    time.tv_nsec %= 1000000000;
    return time;
}

static void check_absolute(void)
{
    struct abi_timespec time = in_ms(CLOCK_MONOTONIC, 50), past = {0, 1};
    uint64_t any = FUTEX_BITSET_MATCH_ANY;

    word = 5;
    int64_t began = now_ns();
    check_is(futex(&word, FUTEX_WAIT_BITSET, 5, &time, NULL, any), -ETIMEDOUT,
             "futex: WAIT_BITSET waits until a time");
    int64_t took = now_ns() - began;
    check(took >= 40000000 && took < 60000000, "futex: of CLOCK_MONOTONIC");
    time = in_ms(CLOCK_REALTIME, 50);
    began = now_ns();
    check_is(futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 5, &time, NULL, any),
             -ETIMEDOUT, "futex: with FUTEX_CLOCK_REALTIME");
    took = now_ns() - began;
    check(took >= 40000000 && took < 60000000, "futex: of that clock");
    check_is(futex(&word, FUTEX_WAIT_BITSET, 5, &past, NULL, any), -ETIMEDOUT,
             "futex: a time that is past is over");
    check_is(futex(&word, FUTEX_WAIT_BITSET, 5, NULL, NULL, 0), -EINVAL,
             "futex: a set of no bits gives EINVAL");
    check_is(futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), -EINVAL, "futex: for WAKE_BITSET");
}

static void check_sets(void)
{
    static const struct waiter low = {&word, FUTEX_WAIT_BITSET, -1, 1};
    static const struct waiter high = {&word, FUTEX_WAIT_BITSET, -1, 6};

    waiting = 0;
    word = 0;
    thread_start(&threads[0], waits, ADDR(&low));
    thread_start(&threads[1], waits, ADDR(&high));
    while (waiting < 2)
        nap();
    settle();
    check_is(futex(&word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 8), 0,
             "futex: WAKE_BITSET wakes none without a bit in common");
    check_is(futex(&word, FUTEX_WAKE_BITSET, 10, NULL, NULL, 4), 1, "futex: and those with one");
    check_is(thread_join(&threads[1]), 0, "futex: which go on");
    check_is(wake(&word, FUTEX_WAKE, 10), 1, "futex: WAKE wakes whatever the set");
    thread_join(&threads[0]);
}

/* ---- between processes ---- */

static int waits_in_child(uint64_t address)
{
    struct abi_timespec time = ms(1000);

    return futex((volatile int *)address, FUTEX_WAIT, 0, &time, NULL, 0) == 0;
}

static int waits_private(uint64_t address)
{
    struct abi_timespec time = ms(200);

    return futex((volatile int *)address, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 0, &time, NULL, 0) ==
           -ETIMEDOUT;
}

static void check_processes(void)
{
    volatile int *shared = map_shared(PAGE), *own = map_private(PAGE);

    *own = 0;
    int child = start_fork(waits_in_child, ADDR(shared));
    settle();
    check_is(wake(shared, FUTEX_WAKE, 1), 1, "futex: in shared memory it is one for processes");
    check_is(await(child), exited(1), "futex: and wakes the other");
    child = start_fork(waits_private, ADDR(shared));
    settle();
    check_is(wake(shared, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1), 0,
             "futex: with FUTEX_PRIVATE_FLAG it is not");
    check_is(wake(shared, FUTEX_WAKE, 1), 0, "futex: and another than without");
    check_is(await(child), exited(1), "futex: and nobody wakes the other");
    child = start_fork(waits_private, ADDR(own));
    settle();
    check_is(wake(own, FUTEX_WAKE, 1), 0, "futex: private memory of two processes is two");
    await(child);
    sys_munmap(ADDR(shared), PAGE);
    sys_munmap(ADDR(own), PAGE);
}

static volatile int order[5], order_count;

static long waits_in_order(uint64_t index)
{
    futex(&word, FUTEX_WAIT, 0, NULL, NULL, 0);
    order[order_count++] = (int)index;
    return 0;
}

static void check_order(void)
{
    unsigned good = 0;

    word = order_count = 0;
    for (unsigned i = 0; i < COUNT(threads); i++) {
        thread_start(&threads[i], waits_in_order, i);
        settle();
    }
    for (unsigned i = 0; i < COUNT(threads); i++) {
        wake(&word, FUTEX_WAKE, 1);
        settle();
    }
    for (unsigned i = 0; i < COUNT(threads); i++) {
        good += order[i] == (int)i;
        thread_join(&threads[i]);
    }
    check_is(good, COUNT(threads), "futex: the first that waits is woken first");
}

void check_futex(void)
{
    check_wake(0, "shared");
    check_wake(FUTEX_PRIVATE_FLAG, "private");
    check_zero_count();
    check_values();
    check_absolute();
    check_sets();
    check_processes();
    check_order();
}

/* ---- FUTEX_REQUEUE, FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP ---- */

static const struct waiter plain = {&word, FUTEX_WAIT, -1, 0};

static long move(int operation, uint64_t count, uint64_t move_count, uint64_t value)
{
    return CALL(NR_FUTEX, &word, operation, count, move_count, &other, value);
}

static void check_move(void)
{
    start_waiters(&plain);
    check_is(move(FUTEX_REQUEUE, 1, 2, 0), 3, "requeue: REQUEUE gives how many it woke and moved");
    check_is(wake(&other, FUTEX_WAKE, 10), 2, "requeue: so many have moved");
    check_is(wake(&word, FUTEX_WAKE, 10), 2, "requeue: the others have not");
    check_is(join_waiters(&word), COUNT(threads), "requeue: all of them got 0");
    start_waiters(&plain);
    check_is(move(FUTEX_CMP_REQUEUE, 1, 10, 0), 5,
             "requeue: CMP_REQUEUE gives how many it has woken and moved");
    check_is(wake(&word, FUTEX_WAKE, 10), 0, "requeue: nobody is left");
    check_is(wake(&other, FUTEX_WAKE, 10), 4, "requeue: but there");
    join_waiters(&other);
    start_waiters(&plain);
    check_is(move(FUTEX_CMP_REQUEUE, 1, 10, 7), -EAGAIN, "requeue: another value gives EAGAIN");
    check_is(wake(&word, FUTEX_WAKE, 10), 5, "requeue: and all are where they were");
    join_waiters(&word);
    check_is(move(FUTEX_CMP_REQUEUE, (uint64_t)-1, 1, 0), -EINVAL,
             "requeue: a negative count gives EINVAL");
    check_is(CALL(NR_FUTEX, &word, FUTEX_CMP_REQUEUE, 1, 1, BAD_ADDRESS, 0), -EFAULT,
             "requeue: a bad address of the other word gives EFAULT");
}

static uint64_t wake_op(int op, unsigned arg, int cmp, unsigned cmp_arg)
{
    return (uint64_t)(unsigned)op << 28 | (uint64_t)(unsigned)cmp << 24 | arg << 12 | cmp_arg;
}

static const struct waiter on_other = {&other, FUTEX_WAIT, -1, 0};

static void check_operations(void)
{
    static const struct {
        int before;
        int operation;
        unsigned argument;
        int after;
    } cases[] = {
        {5, FUTEX_OP_SET, 9, 9},
        {5, FUTEX_OP_ADD, 3, 8},
        {5, FUTEX_OP_ADD, 0xfff, 4},
        {5, FUTEX_OP_OR, 10, 15},
        {5, FUTEX_OP_ANDN, 4, 1},
        {5, FUTEX_OP_XOR, 1, 4},
        {0, FUTEX_OP_OR | FUTEX_OP_ARG_SHIFT, 7, 128},
    };
    unsigned good = 0;

    for (unsigned i = 0; i < COUNT(cases); i++) {
        other = cases[i].before;
        good += move(FUTEX_WAKE_OP, 1, 1,
                     wake_op(cases[i].operation, cases[i].argument, FUTEX_OP_CMP_EQ, 0)) == 0 &&
                other == cases[i].after;
    }
    check_is(good, COUNT(cases), "requeue: WAKE_OP changes the other word");
}

static void check_comparisons(void)
{
    static const struct {
        int comparison;
        unsigned argument;
        bool wakes;
    } cases[] = {
        {FUTEX_OP_CMP_EQ, 0, true},  {FUTEX_OP_CMP_EQ, 1, false},
        {FUTEX_OP_CMP_NE, 1, true},  {FUTEX_OP_CMP_NE, 0, false},
        {FUTEX_OP_CMP_LT, 1, true},  {FUTEX_OP_CMP_LT, 0, false},
        {FUTEX_OP_CMP_LE, 0, true},  {FUTEX_OP_CMP_LE, 0xfff, false},
        {FUTEX_OP_CMP_GT, 0, false}, {FUTEX_OP_CMP_GT, 0xfff, true},
        {FUTEX_OP_CMP_GE, 0, true},  {FUTEX_OP_CMP_GE, 1, false},
    };
    unsigned good = 0;

    start_waiters(&on_other);
    for (unsigned i = 0; i < COUNT(cases); i++) {
        other = 0;
        long woken = move(FUTEX_WAKE_OP, 1, 0,
                          wake_op(FUTEX_OP_ADD, 0, cases[i].comparison, cases[i].argument));
        /* a count of 0 wakes one, so that one wakes each time that the comparison holds */
        good += woken == cases[i].wakes;
        if (i == 5 || i == 9) {
            join_waiters(&other);
            start_waiters(&on_other);
        }
    }
    join_waiters(&other);
    check_is(good, COUNT(cases), "requeue: and wakes there if what it was compares so");
}

static void check_wake_op_errors(void)
{
    check_is(move(FUTEX_WAKE_OP, 1, 1, wake_op(7, 0, 0, 0)), -ENOSYS,
             "requeue: an unknown operation of WAKE_OP gives ENOSYS");
    check_is(move(FUTEX_WAKE_OP, 1, 1, wake_op(0, 0, 9, 0)), -ENOSYS,
             "requeue: so does an unknown comparison");
    check_is(CALL(NR_FUTEX, &word, FUTEX_WAKE_OP, 1, 1, BAD_ADDRESS, 0), -EFAULT,
             "requeue: a bad address of the other word gives EFAULT");
}

void check_requeue(void)
{
    check_move();
    check_operations();
    check_comparisons();
    check_wake_op_errors();
}
