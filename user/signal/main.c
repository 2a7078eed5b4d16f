/* signals: what a kernel does with signals, stops and timers. */
#include "signals.h"

const char *program_name = "signals";

static const struct section sections[] = {
    {"action", check_action},     {"default", check_default},   {"queue", check_queue},
    {"mask", check_mask},         {"frame", check_frame},       {"forged", check_forged},
    {"altstack", check_altstack}, {"info", check_info},         {"fault", check_fault},
    {"wait", check_wait},         {"stop", check_stop},         {"child", check_child},
    {"orphan", check_orphan},     {"kill", check_kill},         {"inherit", check_inherit},
    {"restart", check_restart},   {"itimer", check_itimer},     {"timer", check_timer},
    {"bounds", check_bounds},     {"clock", check_clock},       {"cpu", check_cpu},
    {"timerfd", check_timerfd},   {"signalfd", check_signalfd}, {"pidfd", check_pidfd},
    {"files", check_files},
};

int sleeps_long(uint64_t unused)
{
    (void)unused;
    for (;;)
        sleep_ms(100 * 1000);
    return 0;
}

int64_t used_ns(void)
{
    struct abi_timespec time = {0, 0};

    CALL(NR_CLOCK_GETTIME, CLOCK_PROCESS_CPUTIME_ID, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

int run_whole(child_function run, uint64_t argument)
{
    return (int)await_change(start_fork(run, argument), 0);
}

int main(int argc, char **argv, char **envp)
{
    return run_checks(argc, argv, envp, sections, COUNT(sections),
                      "what a kernel does with signals, stops and timers");
}
