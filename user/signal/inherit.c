/* What fork and execve do with actions, masks, pending signals and timers. */
#include "signals.h"

static int see_pending_none(uint64_t unused)
{
    (void)unused;
    return pending_now() == 0 && mask_now() == (bit(SIGHUP) | bit(40)) &&
           signal_handler(SIGUSR1) == SIG_IGN && signal_handler(SIGUSR2) > SIG_IGN;
}

static int raises_in_child(uint64_t unused)
{
    (void)unused;
    forget_caught();
    raise_process(SIGUSR2);
    return caught_count == 1 && caught[0].info.si_pid == sys_getpid();
}

static int changes_action(uint64_t unused)
{
    (void)unused;
    ignore_signal(SIGUSR2);
    set_mask(0);
    return 1;
}

static int executes(uint64_t words)
{
    become_helper((const char *const *)words);
    return 98;
}

static int executes_with_state(uint64_t words)
{
    raise_process(SIGHUP);
    queue_signal((int)sys_getpid(), 40, 1);
    return executes(words);
}

static void check_fork_and_exec(void)
{
    const char *words[] = {"signals", "-inherited", NULL};

    ignore_signal(SIGUSR1);
    catch_signal(SIGUSR2, 0);
    set_mask(bit(SIGHUP) | bit(40));
    raise_process(SIGHUP);
    check_is(run_fork(see_pending_none, 0), exited(1),
             "inherit: fork keeps actions and mask, and nothing is pending");
    check_is(run_fork(raises_in_child, 0), exited(1), "inherit: handlers work in the child");
    check_is(run_fork(changes_action, 0), exited(1), "inherit: what the child changes");
    check(signal_handler(SIGUSR2) > SIG_IGN && mask_now() == (bit(SIGHUP) | bit(40)),
          "inherit: the parent does not");
    check_is(run_fork(executes_with_state, ADDR(words)), exited(1),
             "inherit: execve keeps mask, pending and ignored signals, and no handlers");
    ignore_signal(SIGHUP);
    set_mask(0);
    default_signal(SIGHUP);
    default_signal(SIGUSR1);
    default_signal(SIGUSR2);
}

static int ignores_child_and_executes(uint64_t words)
{
    ignore_signal(SIGCHLD);
    return executes(words);
}

static int timer_and_execute(uint64_t words)
{
    struct abi_sigevent event = {.sigev_notify = SIGEV_NONE};
    int id = -1;

    if (CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, &event, &id) != 0 || id != 0)
        return 97;
    return executes(words);
}

static int itimer_and_execute(uint64_t words)
{
    const struct abi_itimerval time = {.it_value = {1000, 0}};

    CALL(NR_SETITIMER, ITIMER_REAL, &time, NULL);
    return executes(words);
}

static int has_no_itimer(uint64_t unused)
{
    struct abi_itimerval left = {.it_value = {9, 9}};

    (void)unused;
    CALL(NR_GETITIMER, ITIMER_REAL, &left);
    return left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0;
}

static int has_no_timer(uint64_t id)
{
    struct abi_itimerspec left;

    return CALL(NR_TIMER_GETTIME, id, &left) == -EINVAL;
}

static void check_timers(void)
{
    const char *timers[] = {"signals", "-timers", NULL}, *itimer[] = {"signals", "-itimer", NULL};
    const char *ignored[] = {"signals", "-ignored", NULL};
    const struct abi_itimerval time = {.it_value = {1000, 0}}, none = {0};
    struct abi_sigevent event = {.sigev_notify = SIGEV_NONE};
    int id = -1;

    check_is(run_fork(ignores_child_and_executes, ADDR(ignored)), exited(1),
             "inherit: execve keeps SIGCHLD ignored");
    check_is(run_fork(timer_and_execute, ADDR(timers)), exited(1),
             "inherit: execve deletes timers");
    check_is(run_fork(itimer_and_execute, ADDR(itimer)), exited(1),
             "inherit: execve keeps an interval timer");
    CALL(NR_SETITIMER, ITIMER_REAL, &time, NULL);
    CALL(NR_TIMER_CREATE, CLOCK_MONOTONIC, &event, &id);
    check_is(run_fork(has_no_itimer, 0), exited(1), "inherit: a child has no interval timer");
    check_is(run_fork(has_no_timer, (uint64_t)id), exited(1), "inherit: nor another timer");
    CALL(NR_SETITIMER, ITIMER_REAL, &none, NULL);
    CALL(NR_TIMER_DELETE, id);
}

static int vfork_child_blocks(uint64_t unused)
{
    (void)unused;
    block(bit(SIGUSR1));
    return 0;
}

void check_inherit(void)
{
    check_fork_and_exec();
    check_timers();
    run_vfork(vfork_child_blocks, 0);
    check_is((long)mask_now(), 0, "inherit: a mask that a vfork child sets is its own");
}
