/* threads: what a kernel does with threads and futexes. */
#include "threads.h"

const char *program_name = "threads";

static const struct section sections[] = {
    {"start", check_start},     {"flags", check_flags},     {"share", check_share},
    {"end", check_end},         {"fork", check_tfork},      {"exec", check_texec},
    {"deliver", check_deliver}, {"stop", check_tstop},      {"wait", check_twait},
    {"futex", check_futex},     {"requeue", check_requeue}, {"robust", check_robust},
    {"crowd", check_crowd},     {"pidfd", check_tpidfd},    {"sched", check_sched},
    {"barrier", check_barrier}, {"absent", check_absent},
};

/* The only thread, and the process's PID is its number. */
static int alone(void)
{
    return sys_gettid() == sys_getpid() && sys_getppid() > 0;
}

static int pending(void)
{
    uint64_t set = bit(SIGUSR1);
    struct abi_timespec zero = {0, 0};

    if (mask_now() != set || pending_now() != set)
        return 2;
    /* one of the thread, one of the process */
    if (CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, &zero, 8) != SIGUSR1)
        return 3;
    return CALL(NR_RT_SIGTIMEDWAIT, &set, NULL, &zero, 8) == SIGUSR1 && pending_now() == 0;
}

int help(int argc, char **argv)
{
    if (argc > 1 && str_equal(argv[1], "-alone"))
        return alone();
    if (argc > 1 && str_equal(argv[1], "-pending"))
        return pending();
    return 2;
}

int main(int argc, char **argv, char **envp)
{
    return run_checks(argc, argv, envp, sections, COUNT(sections),
                      "what a kernel does with threads and futexes");
}
