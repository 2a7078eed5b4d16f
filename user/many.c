/*
 * Many processes at once: what they cost. Forks as many children as it is told, which sleep, and
 * measures what another fork, exit and wait takes beside them, and the memory that each child
 * keeps; then ends them all. With a clock that counts instructions the times are exact.
 */
#include "lib/print.h"
#include "lib/start.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/wait.h"

enum {
    CHILDREN_MAX = 30000,
    ROUNDS = 32,
    STATUS_USAGE = 2,
    STATUS_FAILED = 1,
    PAGE_BYTES = 4096,
};

static _Noreturn void fail(const char *what, long result)
{
    print("many: %s: %s\n", what, error_name(result));
    sys_exit_group(STATUS_FAILED);
    __builtin_unreachable();
}

static uint64_t now(void)
{
    struct abi_timespec time = {0};

    sys_clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t free_memory(void)
{
    struct abi_sysinfo info = {0};
    long result = sys_sysinfo(&info);

    if (result < 0)
        fail("sysinfo", result);
    return info.freeram * info.mem_unit;
}

static void nap(int64_t seconds)
{
    const struct abi_timespec time = {seconds, 0};

    sys_nanosleep(&time, NULL);
}

/* The time of one fork, exit and wait, on average. */
static uint64_t measure_fork(void)
{
    uint64_t start = now();

    for (unsigned i = 0; i < ROUNDS; i++) {
        int status = 0;
        int pid = sys_fork();
        if (pid == 0)
            sys_exit_group(0);
        if (pid < 0)
            fail("fork", pid);
        if (sys_wait4(pid, &status, 0, NULL) != pid || status != 0)
            fail("wait4", 0);
    }
    return (now() - start) / ROUNDS;
}

static void start_children(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int pid = sys_fork();
        if (pid == 0) {
            nap(1000000);
            sys_exit_group(STATUS_FAILED);
        }
        if (pid < 0)
            fail("fork", pid);
    }
    nap(1); /* each comes to its sleep */
}

/* Ends all children, and gives the pages that each has made its own, on average. */
static uint64_t end_children(unsigned count)
{
    uint64_t pages = 0;
    long result = sys_kill(-1, SIGKILL);

    if (result < 0)
        fail("kill", result);
    for (unsigned i = 0; i < count; i++) {
        struct abi_rusage usage = {0};
        int status = 0;
        result = sys_wait4(-1, &status, 0, &usage);
        if (result < 0)
            fail("wait4", result);
        if (wait_signal(status) != SIGKILL)
            fail("a child ended by itself", 0);
        pages += (uint64_t)usage.ru_minflt;
    }
    result = sys_wait4(-1, NULL, 0, NULL);
    if (result != -ECHILD)
        fail("a child too many", result);
    return pages / count;
}

int main(int argc, char **argv, char **envp)
{
    unsigned count = 1000;

    (void)envp;
    if (argc > 2 || (argc == 2 && (!str_to_number(argv[1], CHILDREN_MAX, &count) || count == 0))) {
        print("many takes one number, of children, from 1 to %d\n", CHILDREN_MAX);
        return STATUS_USAGE;
    }
    (void)measure_fork(); /* what happens once has happened */
    uint64_t alone = measure_fork();
    uint64_t before = free_memory();
    start_children(count);
    uint64_t bytes = (before - free_memory()) / count;
    uint64_t beside = measure_fork();
    uint64_t own = end_children(count) * PAGE_BYTES;
    print("%u children lived\n", count);
    print("fork, exit and wait: %lu ns each without them, %lu ns beside them\n", alone, beside);
    print("a child: %lu bytes, of which %lu of the kernel's\n", bytes, bytes - own);
    return 0;
}
