/* getrusage(2), times(2) and the usage that wait4 gives: the time that was really used. */
#include "life.h"

/* ru_maxrss is in KiB, and Linux counts it in lots on each CPU: a quarter of the pages will do. */
enum { BURN_NS = 40 * 1000 * 1000, TOUCHED_PAGES = 400 };

static int64_t used_ns(const struct abi_rusage *usage)
{
    return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
           (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

static int64_t own_ns(void)
{
    struct abi_rusage usage = {0};

    sys_getrusage(RUSAGE_SELF, &usage);
    return used_ns(&usage);
}

/* Uses time and memory. Where many want the CPU it takes as long as it needs to be given it. */
static int burns(uint64_t pages)
{
    int64_t began = now_ns(), used = own_ns();
    volatile char *memory = pages ? map_private(pages * PAGE) : NULL;

    for (uint64_t i = 0; i < pages; i++)
        memory[i * PAGE] = 1;
    while (now_ns() - began < BURN_NS ||
           (own_ns() - used < BURN_NS / 2 && now_ns() - began < 100 * (int64_t)BURN_NS))
        ;
    return 0;
}

static int burns_by_a_child(uint64_t unused)
{
    (void)unused;
    return run_fork(burns, 0) == exited(0);
}

static int64_t children_ns(void)
{
    struct abi_rusage usage = {0};

    sys_getrusage(RUSAGE_CHILDREN, &usage);
    return used_ns(&usage);
}

static void check_children(void)
{
    struct abi_rusage usage = {0};
    struct abi_tms before = {0}, after = {0};
    int64_t began = children_ns();

    sys_times(&before);
    int child = start_fork(burns, TOUCHED_PAGES);
    sys_waitid(P_PID, child, NULL, WEXITED | WNOWAIT, NULL);
    check(children_ns() == began, "usage: a child's time is not counted before it is waited for");
    check_is(sys_wait4(child, NULL, 0, &usage), child, "usage: wait4 gives the child's");
    check(used_ns(&usage) >= BURN_NS / 4, "usage: which is the time that it used");
    check(used_ns(&usage) < (int64_t)100 * BURN_NS, "usage: and not much more");
    check(usage.ru_maxrss >= TOUCHED_PAGES, "usage: and the memory that it had");
    check(children_ns() - began >= BURN_NS / 4, "usage: then the time is the parent's children's");
    check(sys_times(&after) >= 0, "usage: times gives the ticks since some time");
    check(after.tms_cutime + after.tms_cstime > before.tms_cutime + before.tms_cstime,
          "usage: and the children's, in ticks");
    began = children_ns();
    check_is(run_fork(burns_by_a_child, 0), exited(1), "usage: a child waits for its own child");
    check(children_ns() - began >= BURN_NS / 4, "usage: whose time is counted too");
}

static void check_own(void)
{
    struct abi_rusage before = {0}, after = {0};

    check_is(sys_getrusage(RUSAGE_SELF, &before), 0, "usage: getrusage gives one's own");
    burns(0);
    volatile char *pages = map_private(TOUCHED_PAGES * PAGE);
    for (unsigned i = 0; i < TOUCHED_PAGES; i++)
        pages[i * PAGE] = 1;
    sys_getrusage(RUSAGE_SELF, &after);
    check(used_ns(&after) - used_ns(&before) >= BURN_NS / 4, "usage: time is counted");
    check(after.ru_minflt - before.ru_minflt >= TOUCHED_PAGES / 16, "usage: so are faults");
    check(after.ru_maxrss >= TOUCHED_PAGES, "usage: so is memory at its most");
    sys_munmap(ADDR(pages), TOUCHED_PAGES * PAGE);
    check_is(sys_getrusage(77, &before), -EINVAL, "usage: of something else gives EINVAL");
    check_is(sys_getrusage(RUSAGE_SELF, (struct abi_rusage *)BAD_ADDRESS), -EFAULT,
             "usage: a bad address gives EFAULT");
    check_is(sys_times((struct abi_tms *)BAD_ADDRESS), -EFAULT, "usage: so it does for times");
}

static int has_used_little(uint64_t unused)
{
    struct abi_rusage usage = {0};

    (void)unused;
    sys_getrusage(RUSAGE_SELF, &usage);
    return used_ns(&usage) < BURN_NS / 4 && children_ns() == 0;
}

void check_usage(void)
{
    check_children();
    check_own();
    check_is(run_fork(has_used_little, 0), exited(1), "usage: a new child has used nothing");
}
