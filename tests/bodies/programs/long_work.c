/* Asks the kernel for everything that takes long: much memory, sparse memory, many children, many
 * ranges and descriptors, long and many arguments. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define PAGE 4096
#define LONG_ARGUMENT 100000
#define MANY_ARGUMENTS 200000
#define RANGES 1024 /* as many as a call takes */

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

/* Memory that moves, that is given back and that is shared. */
static void move_memory(size_t size, size_t stride)
{
    char *from = map(size);
    char *to = map(size);
    char *shared =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    check(shared != MAP_FAILED, "mmap");
    for (size_t i = 0; i < size; i += stride)
        from[i] = shared[i] = 1;
    check(mremap(from, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to, "mremap");
    fork_and_wait();
    check(madvise(to, size, MADV_DONTNEED) == 0, "madvise");
    check(madvise(shared, size, MADV_DONTNEED) == 0, "madvise");
    check(munmap(to, size) == 0, "munmap");
    check(munmap(shared, size) == 0, "munmap");
}

/* Each byte a range of its own, each on a page of its own. */
static void use_ranges(void)
{
    static struct iovec ranges[RANGES];
    char *bytes = map(RANGES * PAGE);
    int zero = open("/dev/zero", O_RDONLY);
    int program = open("/init", O_RDONLY);
    int fds[2];

    for (int i = 0; i < RANGES; i++)
        ranges[i] = (struct iovec){bytes + i * PAGE, 1};
    check(pipe(fds) == 0, "pipe");
    check(readv(zero, ranges, RANGES) == RANGES, "readv of zeros");
    check(madvise(bytes, RANGES * PAGE, MADV_DONTNEED) == 0, "madvise");
    check(readv(program, ranges, RANGES) == RANGES, "readv of a file");
    check(writev(fds[1], ranges, RANGES) == RANGES, "writev to a pipe");
    check(madvise(bytes, RANGES * PAGE, MADV_DONTNEED) == 0, "madvise");
    check(readv(fds[0], ranges, RANGES) == RANGES, "readv of a pipe");
    check(munmap(bytes, RANGES * PAGE) == 0, "munmap");
    close(zero);
    close(program);
    close(fds[0]);
    close(fds[1]);
}

static void use_descriptors(void)
{
    static char bytes[65536];

    if (fork() == 0) {
        int fds[2];
        for (int i = 0; i < 400; i++)
            check(pipe(fds) == 0 && write(fds[1], bytes, sizeof(bytes)) > 0, "pipe");
        fork_and_wait();
        _exit(0);
    }
    check(wait(NULL) > 0, "wait");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strlen(argv[1]) == LONG_ARGUMENT) {
        printf("all the work is done\n");
        return 0;
    }
    if (argc == MANY_ARGUMENTS)
        return 0;
    use_memory(16 * MIB, PAGE);
    use_memory(1024 * MIB, 2 * MIB);
    use_regions();
    use_children();
    move_memory(16 * MIB, PAGE);
    move_memory(1024 * MIB, 2 * MIB);
    use_ranges();
    use_descriptors();
    if (fork() == 0) {
        char **arguments = calloc(MANY_ARGUMENTS + 1, sizeof(*arguments));
        for (int i = 0; i < MANY_ARGUMENTS; i++)
            arguments[i] = "";
        execv(argv[0], arguments);
        check(0, "execv");
    }
    check(wait(NULL) > 0, "wait");
    char *argument = calloc(1, LONG_ARGUMENT + 1);
    memset(argument, 'x', LONG_ARGUMENT);
    execv(argv[0], (char *[]){argv[0], argument, NULL});
    check(0, "execv");
}
