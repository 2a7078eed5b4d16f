/* fork(2): one process becomes two, with equal memories that are then their own. */
#include "life.h"

static int data = 1;
static int zero_data;

static int answer(uint64_t value)
{
    return (int)value;
}

static int own_pid(uint64_t unused)
{
    (void)unused;
    return (int)(sys_getpid() & 0xff);
}

static int is_parent(uint64_t pid)
{
    return sys_getppid() == (long)pid;
}

static int has_tid_of_pid(uint64_t unused)
{
    (void)unused;
    return sys_gettid() == sys_getpid();
}

static int no_children(uint64_t unused)
{
    (void)unused;
    return sys_wait4(-1, 0, 0, 0) == -ECHILD;
}

/* Memory of each kind, each word with a value of its own. */
struct kinds {
    int *words[5];
};

static void fill(const struct kinds *kinds, int value)
{
    for (unsigned i = 0; i < COUNT(kinds->words); i++)
        *kinds->words[i] = value + (int)i;
}

static bool hold(const struct kinds *kinds, int value)
{
    for (unsigned i = 0; i < COUNT(kinds->words); i++)
        if (*kinds->words[i] != value + (int)i)
            return false;
    return true;
}

static int sees(uint64_t kinds)
{
    return hold((const struct kinds *)kinds, 100);
}

static int overwrites(uint64_t kinds)
{
    fill((const struct kinds *)kinds, 200);
    return hold((const struct kinds *)kinds, 200);
}

static int keeps_its_own(uint64_t kinds)
{
    nap();
    return hold((const struct kinds *)kinds, 100);
}

static int forks_and_sees(uint64_t kinds)
{
    fill((const struct kinds *)kinds, 300);
    fill((const struct kinds *)kinds, 100);
    return run_fork(sees, kinds) == exited(1);
}

static void check_memory_of_fork(void)
{
    uint64_t end = (uint64_t)sys_brk(0);
    uint64_t heap = (uint64_t)sys_brk(end + PAGE);
    int on_stack;
    const struct kinds kinds = {
        {&data, &zero_data, &on_stack, map_private(PAGE), (int *)(heap - PAGE)}};

    check_is((long)heap, (long)end + PAGE, "brk: the heap grows by a page");
    fill(&kinds, 100);
    check_is(run_fork(sees, ADDR(&kinds)), exited(1), "fork: the child has the parent's memory");
    check_is(run_fork(overwrites, ADDR(&kinds)), exited(1), "fork: the child can write its memory");
    check(hold(&kinds, 100), "fork: what the child writes does not reach the parent");
    int child = start_fork(keeps_its_own, ADDR(&kinds));
    fill(&kinds, 400);
    check_is(await(child), exited(1), "fork: what the parent writes does not reach the child");
    check(hold(&kinds, 400), "fork: the parent keeps what it wrote");
    fill(&kinds, 100);
    check_is(run_fork(forks_and_sees, ADDR(&kinds)), exited(1),
             "fork: a grandchild has the memory of the child");
    sys_munmap(ADDR(kinds.words[3]), PAGE);
    sys_brk(end);
}

static void check_many(void)
{
    enum { MANY = 64 };
    int pids[MANY];
    bool differ = true;
    unsigned ended = 0;

    for (unsigned i = 0; i < MANY; i++)
        pids[i] = start_fork(answer, i);
    for (unsigned i = 0; i < MANY; i++)
        for (unsigned j = 0; j < i; j++)
            differ = differ && pids[i] > 0 && pids[i] != pids[j];
    check(differ, "fork: of 64 children each has a PID of its own");
    for (unsigned i = 0; i < MANY; i++)
        ended += await(pids[i]) == exited((int)i);
    check_is(ended, MANY, "fork: each of 64 children ends with its own status");
}

static int tells_pid(uint64_t unused)
{
    int child = start_fork(own_pid, 0);

    (void)unused;
    return await(child) == exited(child & 0xff);
}

static int makes_and_tells(uint64_t where)
{
    *(int *)where = start_fork(answer, 0);
    return await(*(int *)where) == exited(0);
}

static void check_grandchild(void)
{
    int *grandchild = map_shared(PAGE);

    int child = start_fork(makes_and_tells, ADDR(grandchild));
    while (child > 0 && *(volatile int *)grandchild == 0)
        sys_sched_yield();
    check_is(sys_wait4(*grandchild, 0, 0, 0), -ECHILD, "fork: a grandchild is no child");
    check_is(await(child), exited(1), "fork: a child waits for its own child");
    sys_munmap(ADDR(grandchild), PAGE);
}

static int ignores_and_blocks(uint64_t unused)
{
    uint64_t set = 0;

    (void)unused;
    sys_rt_sigprocmask(SIG_BLOCK, NULL, &set, 8);
    return signal_handler(SIGUSR1) == ADDR(SIG_IGN) && set == 1ull << (SIGUSR2 - 1);
}

static void check_signals_of_fork(void)
{
    uint64_t set = 1ull << (SIGUSR2 - 1), old = 0;

    set_handler(SIGUSR1, ADDR(SIG_IGN), 0);
    sys_rt_sigprocmask(SIG_SETMASK, &set, &old, 8);
    check_is(run_fork(ignores_and_blocks, 0), exited(1),
             "fork: the child ignores and blocks the same signals");
    sys_rt_sigprocmask(SIG_SETMASK, &old, NULL, 8);
    set_handler(SIGUSR1, ADDR(SIG_DFL), 0);
}

void check_fork(void)
{
    int child = start_fork(own_pid, 0);

    check(child > 0 && child != sys_getpid(), "fork: the parent gets a PID that is not its own");
    check_is(await(child), exited(child & 0xff), "fork: it is the PID that the child has");
    check_is(run_fork(tells_pid, 0), exited(1), "fork: so it is for a child that forks");
    check_is(run_fork(is_parent, (uint64_t)sys_getpid()), exited(1),
             "fork: the child's parent is the process that forked");
    check_is(run_fork(has_tid_of_pid, 0), exited(1), "fork: the child's thread has its PID");
    child = start_fork(answer, 0);
    check_is(run_fork(no_children, 0), exited(1), "fork: the child does not have its siblings");
    check_is(await(child), exited(0), "fork: its parent still has them");
    check_memory_of_fork();
    check_many();
    check_grandchild();
    check_signals_of_fork();
}
