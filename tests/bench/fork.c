/*
 * fork, exit and wait4: in the kernel as a library, and in the host's. Prints microseconds a round,
 * of CPU time, the host's including its kernel's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/eft.h"

/* Linux's numbers for AArch64. */
enum { CLONE = 220, WAIT4 = 260, EXIT_GROUP = 94, OUR_SIGCHLD = 17 };

enum { ROUNDS_EFT = 20000, ROUNDS_HOST = 500 };

static double seconds_of(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
           1e-6 * (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec);
}

static double cpu_seconds(void)
{
    struct rusage own, children;

    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return seconds_of(&own) + seconds_of(&children);
}

static void give_up(const char *what)
{
    fprintf(stderr, "fork: %s\n", what);
    exit(1);
}

static void round_of_eft(void)
{
    int child = (int)EFT_CALL(1, CLONE, OUR_SIGCHLD);

    if (child <= 1 || EFT_CALL(child, EXIT_GROUP, 0) != EFT_ENDED ||
        EFT_CALL(1, WAIT4, (uint64_t)-1) != child) {
        give_up("Eft does something else");
    }
}

static void round_of_host(void)
{
    pid_t child = fork();

    if (child == 0) {
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child) {
        give_up("the host cannot fork");
    }
}

int main(int argc, char **argv)
{
    const struct eft_options options = {.ram_size = 8 << 20};
    bool is_host = argc > 1 && strcmp(argv[1], "host") == 0;
    unsigned rounds = is_host ? ROUNDS_HOST : ROUNDS_EFT;

    if (!is_host && eft_boot(&options) != NULL) {
        give_up("Eft does not boot");
    }
    double start = cpu_seconds();
    for (unsigned i = 0; i < rounds; i++) {
        (is_host ? round_of_host : round_of_eft)();
    }
    printf("%.3f\n", (cpu_seconds() - start) / rounds * 1e6);
    return 0;
}
