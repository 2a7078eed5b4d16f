/* What this program does when one of its own checks executes it: the exit status is 1 if all is as
 * it should be. */
#include "signals.h"

static int no_altstack(void)
{
    struct abi_sigaltstack old = {0};

    return CALL(NR_SIGALTSTACK, NULL, &old) == 0 && old.ss_flags == SS_DISABLE && old.ss_sp == 0;
}

/* The state that check_inherit leaves before it executes this. */
static int inherited(void)
{
    uint64_t set = bit(SIGHUP) | bit(40);

    return signal_handler(SIGUSR1) == SIG_IGN && signal_handler(SIGUSR2) == SIG_DFL &&
           mask_now() == set && pending_now() == set;
}

/* SIGCHLD ignored, or with a handler before: what execve keeps. */
static int child_ignored(void)
{
    return signal_handler(SIGCHLD) == SIG_IGN;
}

static int timers_gone(void)
{
    struct abi_itimerspec left;

    return CALL(NR_TIMER_GETTIME, 0, &left) == -EINVAL;
}

static int itimer_kept(void)
{
    struct abi_itimerval left = {0};

    return CALL(NR_GETITIMER, ITIMER_REAL, &left) == 0 && left.it_value.tv_sec > 500;
}

static int sleeps(void)
{
    return sleeps_long(0);
}

static const struct {
    const char *name;
    int (*run)(void);
} helps[] = {
    {"-altstack", no_altstack}, {"-inherited", inherited}, {"-ignored", child_ignored},
    {"-timers", timers_gone},   {"-itimer", itimer_kept},  {"-sleep", sleeps},
};

int help(int argc, char **argv)
{
    for (unsigned i = 0; argc > 1 && i < COUNT(helps); i++)
        if (str_equal(argv[1], helps[i].name))
            return helps[i].run();
    print("signals: there is no such helper\n");
    return 2;
}
