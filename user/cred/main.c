/* users: what a kernel does with users and groups. */
#include "users.h"

const char *program_name = "users";

static const struct section sections[] = {
    {"set", check_set},     {"groups", check_groups}, {"signal", check_signal},
    {"info", check_info},   {"death", check_death},   {"exec", check_exec},
    {"nproc", check_nproc}, {"limits", check_limits}, {"queued", check_queued},
    {"files", check_files},
};

/* Where a child tells that it is ready. */
static volatile int *ready;

static int sleeps_as(uint64_t ids)
{
    const struct three *three = (const struct three *)ids;

    if (become((unsigned)three->real, (unsigned)three->effective, (unsigned)three->saved) != 0)
        return 3;
    *ready = 1;
    for (;;)
        sleep_ms(100 * 1000);
    return 0;
}

int start_three(const struct three *ids)
{
    if (!ready)
        ready = map_shared(PAGE);
    *ready = 0;
    int pid = start_fork(sleeps_as, ADDR(ids));
    while (!*ready)
        sleep_ms(1);
    return pid;
}

int start_user(unsigned user)
{
    const struct three ids = {(int)user, (int)user, (int)user};

    return start_three(&ids);
}

void end_child(int pid)
{
    sys_kill(pid, SIGKILL);
    await(pid);
}

int main(int argc, char **argv, char **envp)
{
    return run_checks(argc, argv, envp, sections, COUNT(sections),
                      "what a kernel does with users and groups");
}
