/* Asks the kernel for everything that takes long: much memory, sparse memory, many children, long
 * arguments. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PAGE 4096
#define LONG_ARGUMENT 100000

static void check(int holds, const char *what)
{
    if (!holds) {
        printf("FAILED: %s\n", what);
        exit(1);
    }
}

static char *map(size_t bytes)
{
    char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    check(at != MAP_FAILED, "mmap");
    return at;
}

static void fork_and_wait(void)
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(3);
    check(child > 0 && waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3, "fork");
}

/* One page in every stride bytes of size. */
static void use_memory(size_t size, size_t stride)
{
    char *at = map(size);

    for (size_t i = 0; i < size; i += stride)
        at[i] = 1;
    fork_and_wait();
    check(mprotect(at, size, PROT_READ) == 0, "mprotect");
    check(mprotect(at, size, PROT_NONE) == 0, "mprotect");
    check(munmap(at, size) == 0, "munmap");
}

/* Many regions, each of its own rights, in one process that then ends. */
static void use_regions(void)
{
    if (fork() == 0) {
        for (int i = 0; i < 2000; i++) {
            char *at = map(2 * PAGE);
            check(mprotect(at, PAGE, PROT_READ) == 0, "mprotect");
        }
        fork_and_wait();
        _exit(0);
    }
    check(wait(NULL) > 0, "wait");
}

/* A child with many children, live and dead, ends: init inherits them. */
static void use_children(void)
{
    if (fork() == 0) {
        for (int i = 0; i < 200; i++)
            if (fork() == 0)
                _exit(0);
        _exit(0);
    }
    for (int i = 0; i < 201; i++)
        check(wait(NULL) > 0, "wait");
    check(wait(NULL) < 0, "no child is left");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strlen(argv[1]) == LONG_ARGUMENT) {
        printf("all the work is done\n");
        return 0;
    }
    use_memory(16 * MIB, PAGE);
    use_memory(1024 * MIB, 2 * MIB);
    use_regions();
    use_children();
    char *argument = calloc(1, LONG_ARGUMENT + 1);
    memset(argument, 'x', LONG_ARGUMENT);
    execv(argv[0], (char *[]){argv[0], argument, NULL});
    check(0, "execv");
}
