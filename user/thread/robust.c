/* set_robust_list(2): what becomes of locks whose owner ends. */
#include "threads.h"

/* A lock as a C library has it. */
struct lock {
    uint64_t next;
    volatile int word;
    int pad;
};

static struct abi_robust_list_head *head;
static struct lock *locks; /* in shared memory, with the head */

enum { LOCKS = 8, OFFSET = 8 };

static void link_locks(unsigned count)
{
    head->futex_offset = OFFSET;
    head->list_op_pending = 0;
    head->list = ADDR(count ? (void *)&locks[0] : (void *)head);
    for (unsigned i = 0; i < count; i++)
        locks[i].next = i + 1 < count ? ADDR(&locks[i + 1]) : ADDR(head);
}

static int dies_with_locks(uint64_t waiters)
{
    int tid = (int)sys_gettid();

    CALL(NR_SET_ROBUST_LIST, head, sizeof(*head));
    link_locks(2);
    locks[0].word = tid | (waiters ? (int)FUTEX_WAITERS : 0);
    locks[1].word = tid + 1; /* another's */
    locks[2].word = tid;
    head->list_op_pending = ADDR(&locks[2]);
    if (waiters)
        sleep_ms(50);
    return 0;
}

static int dies_with(uint64_t kind)
{
    CALL(NR_SET_ROBUST_LIST, head, sizeof(*head));
    link_locks(1);
    locks[0].word = (int)sys_gettid();
    if (kind == 0)
        locks[0].next = ADDR(&locks[0]); /* a ring without the head */
    if (kind == 1)
        head->list = BAD_ADDRESS;
    if (kind == 2)
        locks[0].next = BAD_ADDRESS;
    if (kind == 3)
        sys_kill((int)sys_getpid(), SIGKILL);
    if (kind == 4) {
        const char *words[] = {"threads", "-alone", NULL};
        become_helper(words);
    }
    return 0;
}

static void check_owner_died(void)
{
    struct abi_timespec time = ms(1000);

    await(start_fork(dies_with_locks, 0));
    check_is(locks[0].word, FUTEX_OWNER_DIED, "robust: a lock of one that ended is marked");
    check(!(locks[1].word & FUTEX_OWNER_DIED), "robust: another's is not");
    check_is(locks[2].word, FUTEX_OWNER_DIED, "robust: the one that is pending is");
    int child = start_fork(dies_with_locks, 1);
    while (!(locks[0].word & (int)FUTEX_WAITERS))
        nap();
    int value = locks[0].word;
    check_is(futex(&locks[0].word, FUTEX_WAIT, (uint64_t)(uint32_t)value, &time, NULL, 0), 0,
             "robust: one who waits for it is woken");
    check_is((long)(uint32_t)locks[0].word, FUTEX_WAITERS | FUTEX_OWNER_DIED,
             "robust: that somebody waits stays in the word");
    await(child);
}

static void check_odd(void)
{
    check_is(run_fork(dies_with, 0), exited(0), "robust: a list without an end does no harm");
    check_is(locks[0].word, FUTEX_OWNER_DIED, "robust: and what is in it is marked");
    check_is(run_fork(dies_with, 1), exited(0), "robust: a list nowhere does none either");
    check_is(run_fork(dies_with, 2), exited(0), "robust: nor one that leads there");
    check_is(locks[0].word, FUTEX_OWNER_DIED, "robust: whose first is marked");
    check_is(run_fork(dies_with, 3), SIGKILL, "robust: one that is killed");
    check_is(locks[0].word, FUTEX_OWNER_DIED, "robust: leaves its locks marked");
    check_is(run_fork(dies_with, 4), exited(1), "robust: one that executes another program");
    check_is(locks[0].word, FUTEX_OWNER_DIED, "robust: too");
}

static long thread_dies(uint64_t unused)
{
    (void)unused;
    CALL(NR_SET_ROBUST_LIST, head, sizeof(*head));
    link_locks(1);
    locks[0].word = (int)sys_gettid();
    return 0;
}

static long asks(uint64_t unused)
{
    uint64_t at = 0, length = 0;

    (void)unused;
    long result = CALL(NR_GET_ROBUST_LIST, 0, &at, &length);
    return result == 0 && at == 0;
}

static void check_list(void)
{
    uint64_t at = 0, length = 0;

    thread_run(thread_dies, 0);
    settle();
    check_is(locks[0].word, FUTEX_OWNER_DIED, "robust: a thread's end marks its locks");
    check_is(CALL(NR_SET_ROBUST_LIST, head, sizeof(*head) - 1), -EINVAL,
             "robust: a head of another size gives EINVAL");
    link_locks(0);
    check_is(CALL(NR_SET_ROBUST_LIST, head, sizeof(*head)), 0,
             "robust: a thread sets its own list");
    check_is(CALL(NR_GET_ROBUST_LIST, 0, &at, &length), 0, "robust: and can ask for it");
    check(at == ADDR(head) && length == sizeof(*head), "robust: where it is and its size");
    check_is(CALL(NR_GET_ROBUST_LIST, NO_PROCESS, &at, &length), -ESRCH, "robust: nobody: ESRCH");
    check_is(thread_run(asks, 0), 1, "robust: each thread begins without one");
    CALL(NR_SET_ROBUST_LIST, NULL, sizeof(*head));
}

void check_robust(void)
{
    char *memory = map_shared(PAGE);

    head = (struct abi_robust_list_head *)memory;
    locks = (struct lock *)(memory + 64);
    check_owner_died();
    check_odd();
    check_list();
    sys_munmap(ADDR(memory), PAGE);
}
