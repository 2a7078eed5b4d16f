/* prlimit(2): limits, and what happens at each. The limits are a child's own. */
#include "life.h"

enum { DEEP_BYTES = 1 << 20, FRAME_BYTES = 4096 };

static long set_limit(int resource, uint64_t value)
{
    struct abi_rlimit limit = {0, 0};

    sys_prlimit64(0, resource, NULL, &limit);
    limit.rlim_cur = value;
    return sys_prlimit64(0, resource, &limit, NULL);
}

static uint64_t get_limit(int resource)
{
    struct abi_rlimit limit = {0, 0};

    return sys_prlimit64(0, resource, NULL, &limit) == 0 ? limit.rlim_cur : 0;
}

static int answer(uint64_t value)
{
    return (int)value;
}

static int open_files(uint64_t unused)
{
    int fds[2] = {-1, -1};

    (void)unused;
    set_limit(RLIMIT_NOFILE, 5);
    int third = (int)sys_dup(0), fourth = (int)sys_dup(0);
    if (third != 3 || fourth != 4 || sys_dup(0) != -EMFILE)
        return 2;
    if (sys_fcntl(0, F_DUPFD, 5) != -EINVAL || sys_fcntl(0, F_DUPFD, 3) != -EMFILE)
        return 3;
    if (sys_dup3(0, 5, 0) != -EBADF)
        return 4;
    if (sys_openat(AT_FDCWD, self, O_RDONLY, 0) != -EMFILE)
        return 5;
    sys_close(fourth);
    if (sys_pipe2(fds, 0) != -EMFILE || sys_dup(0) != 4)
        return 6;
    return 1;
}

static int address_space(uint64_t unused)
{
    uint64_t end = (uint64_t)sys_brk(0);

    (void)unused;
    set_limit(RLIMIT_AS, 64 << 20);
    if (sys_mmap(0, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != -ENOMEM)
        return 2;
    if (is_error(sys_mmap(0, 8 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
        return 3;
    if (sys_brk(end + (128 << 20)) != (long)end)
        return 4;
    return run_fork(answer, 1) == exited(1);
}

static int data(uint64_t unused)
{
    uint64_t end = (uint64_t)sys_brk(0);

    (void)unused;
    set_limit(RLIMIT_DATA, 16 << 20);
    if (sys_mmap(0, 32 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
        -ENOMEM)
        return 2;
    if (is_error(sys_mmap(0, 32 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
        return 3;
    if (is_error(sys_mmap(0, 32 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)))
        return 4;
    if (sys_brk(end + (32 << 20)) != (long)end)
        return 5;
    return 1;
}

/* Uses that much stack, a frame at a time. */
static __attribute__((noinline)) uint64_t use_stack(uint64_t bytes)
{
    volatile char frame[FRAME_BYTES];

    frame[0] = (char)bytes;
    uint64_t below = bytes > FRAME_BYTES ? use_stack(bytes - FRAME_BYTES) : 0;
    __asm__ volatile("" : : "r"(frame) : "memory"); /* or a compiler makes a loop of it */
    return below + (unsigned char)frame[0];
}

static int deep(uint64_t bytes)
{
    use_stack(bytes);
    return 1;
}

static int deep_with_limit(uint64_t limit)
{
    set_limit(RLIMIT_STACK, limit);
    return deep(DEEP_BYTES);
}

static int forks_at_limit(uint64_t unused)
{
    (void)unused;
    set_limit(RLIMIT_NPROC, 1);
    int child = start_fork(answer, 0);
    if (child > 0)
        await(child);
    return child > 0 ? 1 : -child;
}

static int has_limit(uint64_t value)
{
    return get_limit(RLIMIT_CORE) == value;
}

static int sets_limit(uint64_t value)
{
    set_limit(RLIMIT_CORE, value);
    return run_fork(has_limit, value) == exited(1);
}

static int sleeps(uint64_t unused)
{
    struct abi_timespec time = {100, 0};

    (void)unused;
    sys_nanosleep(&time, NULL);
    return 0;
}

static void check_prlimit(void)
{
    struct abi_rlimit limit = {2, 1}, old = {0, 0};

    check_is(sys_prlimit64(0, RLIMIT_NOFILE, &limit, NULL), -EINVAL,
             "limit: less at most than now gives EINVAL");
    check_is(sys_prlimit64(0, RLIMIT_NLIMITS, NULL, &old), -EINVAL,
             "limit: one that does not exist gives EINVAL");
    check_is(sys_prlimit64(NO_PROCESS, RLIMIT_NOFILE, NULL, &old), -ESRCH,
             "limit: nobody's gives ESRCH");
    check_is(sys_prlimit64(0, RLIMIT_NOFILE, NULL, (struct abi_rlimit *)BAD_ADDRESS), -EFAULT,
             "limit: a bad address gives EFAULT");
    int child = start_fork(sleeps, 0);
    sys_prlimit64(0, RLIMIT_CORE, NULL, &old);
    limit = (struct abi_rlimit){0, old.rlim_max};
    check_is(sys_prlimit64(child, RLIMIT_CORE, &limit, NULL), 0, "limit: a child's can be set");
    limit.rlim_cur = 77;
    sys_prlimit64(child, RLIMIT_CORE, NULL, &limit);
    check_is((long)limit.rlim_cur, 0, "limit: and asked for");
    sys_kill(child, SIGKILL);
    await(child);
    check_is(run_fork(sets_limit, 0), exited(1), "limit: a child has its parent's");
}

void check_limit(void)
{
    check_prlimit();
    check_is(run_fork(open_files, 0), exited(1), "limit: NOFILE is where descriptors end");
    check_is(run_fork(address_space, 0), exited(1), "limit: AS is where mmap and brk end");
    check_is(run_fork(data, 0), exited(1),
             "limit: DATA is where private memory to write ends, and no other");
    check_is(run_fork(deep_with_limit, 4 * DEEP_BYTES), exited(1),
             "limit: the stack grows as far as STACK says");
    check_is(run_fork(deep_with_limit, DEEP_BYTES / 4), signalled(SIGSEGV),
             "limit: beyond, the process ends by SIGSEGV");
    if (is_host_program())
        skip("limit: NPROC", "a host has other processes of this user");
    else
        check_is(run_fork(forks_at_limit, 0), exited(1), "limit: NPROC does not bind root");
}
