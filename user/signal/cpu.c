/* RLIMIT_CPU, setrlimit(2): how much time a process may use. */
#include "signals.h"

static void set_limit(int pid, uint64_t now, uint64_t most)
{
    const struct abi_rlimit wanted = {now, most};

    sys_prlimit64(pid, RLIMIT_CPU, &wanted, NULL);
}

static struct abi_rlimit limit_now(void)
{
    struct abi_rlimit limit = {77, 77};

    sys_prlimit64(0, RLIMIT_CPU, NULL, &limit);
    return limit;
}

static bool is_limit(uint64_t now, uint64_t most)
{
    const struct abi_rlimit limit = limit_now();

    return limit.rlim_cur == now && limit.rlim_max == most;
}

/* Until so much has been used, or a signal was caught. */
static void use(int64_t ns)
{
    while (caught_count == 0 && used_ns() < ns)
        for (volatile int i = 0; i < 10000 && caught_count == 0; i++)
            ;
}

static int runs_out(uint64_t most)
{
    set_limit(0, 0, most);
    use(100 * 1000 * 1000);
    return 5;
}

static int is_told(uint64_t unused)
{
    (void)unused;
    forget_caught();
    catch_signal(SIGXCPU, 0);
    set_limit(0, 0, 5);
    use(100 * 1000 * 1000);
    if (!caught_only(1, SIGXCPU) || caught[0].info.si_code != SI_KERNEL)
        return 2;
    if (!is_limit(1, 5))
        return 3; /* the next comes a second later */
    forget_caught();
    use(100 * 1000 * 1000);
    return caught_count == 0 ? 1 : 4;
}

static int has_limit(uint64_t unused)
{
    (void)unused;
    use(50 * 1000 * 1000);
    return is_limit(1, 7);
}

/* The child has used nothing yet. */
static int hands_on(uint64_t unused)
{
    (void)unused;
    ignore_signal(SIGXCPU);
    set_limit(0, 0, 7);
    use(50 * 1000 * 1000);
    return run_fork(has_limit, 0) == exited(1);
}

static int uses_second(uint64_t unused)
{
    (void)unused;
    forget_caught();
    catch_signal(SIGXCPU, 0);
    set_limit(0, 1, 3);
    use(500 * 1000 * 1000);
    if (caught_count != 0)
        return 2;
    use(1200 * 1000 * 1000); /* Linux counts in ticks */
    if (caught_count != 1 || used_ns() < 900 * 1000 * 1000 || !is_limit(2, 3))
        return 3;
    forget_caught();
    set_limit(0, 1, 1);
    use(1400 * 1000 * 1000);
    return 4;
}

static int uses_much(uint64_t unused)
{
    (void)unused;
    use(1000 * 1000 * 1000);
    return 6;
}

static int limited_by_parent(void)
{
    int pid = start_fork(uses_much, 0);

    set_limit(pid, 0, 0);
    return await(pid);
}

void check_cpu(void)
{
    forget_caught();
    check(is_limit(RLIM_INFINITY, RLIM_INFINITY), "cpu: there is no limit");
    check_is(run_fork(runs_out, 5), signalled(SIGXCPU), "cpu: SIGXCPU ends a process");
    check_is(run_fork(runs_out, 0), signalled(SIGKILL), "cpu: at the hard limit it is SIGKILL");
    check_is(run_fork(is_told, 0), exited(1), "cpu: it comes again when a second more is used");
    check_is(run_fork(hands_on, 0), exited(1), "cpu: a child has the limit and no time yet");
    check_is(run_fork(uses_second, 0), signalled(SIGKILL),
             "cpu: it comes with the time that is used, and not before");
    check_is(limited_by_parent(), signalled(SIGKILL), "cpu: another process may set it");
}
