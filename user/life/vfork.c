/* vfork(2): the child borrows the parent's memory, and the parent waits until it is given back. */
#include "life.h"

static volatile int word;

static int writes(uint64_t value)
{
    nap();
    word = (int)value;
    return (int)value;
}

static int writes_and_is_killed(uint64_t signal)
{
    nap();
    word = 2;
    sys_kill((int)sys_getpid(), (int)signal);
    return 99;
}

static int faults(uint64_t address)
{
    nap();
    word = 3;
    *(volatile int *)address = 1;
    return 99;
}

static int becomes_sleeper(uint64_t words)
{
    nap();
    word = 4;
    become_helper((const char *const *)words);
    return 99;
}

static int fails_to_become(uint64_t unused)
{
    const char *none[] = {"none", NULL};

    (void)unused;
    execute("/none", none, environment);
    nap();
    word = 5;
    return 6;
}

static int maps(uint64_t where)
{
    int *page = map_private(PAGE);

    *page = 77;
    *(int **)where = page;
    return 0;
}

static int grows_heap(uint64_t end)
{
    return sys_brk(end + PAGE) == (long)end + PAGE;
}

static int is_child_of(uint64_t pid)
{
    return sys_getppid() == (long)pid && sys_getpid() != (long)pid;
}

static int vforks(uint64_t unused)
{
    (void)unused;
    word = 0;
    int status = run_vfork(writes, 8);
    return word == 8 && status == exited(8);
}

static int forks_from_vfork(uint64_t unused)
{
    (void)unused;
    word = 1;
    int status = run_fork(writes, 8);
    return word == 1 && status == exited(8);
}

static void check_release(void)
{
    const char *words[] = {"lifecycle", "-sleep", NULL};
    int child;

    word = 0;
    child = start_vfork(writes, 1);
    check_is(word, 1, "vfork: the parent waits until the child exits, and sees what it wrote");
    check_is(await(child), exited(1), "vfork: and then waits for it as for any child");
    child = start_vfork(writes_and_is_killed, SIGKILL);
    check_is(word, 2, "vfork: the child's death by SIGKILL releases the parent");
    check_is(await(child), signalled(SIGKILL), "vfork: and is told by its status");
    child = start_vfork(writes_and_is_killed, SIGTERM);
    check_is(await(child), signalled(SIGTERM), "vfork: so is that by SIGTERM");
    child = start_vfork(faults, BAD_ADDRESS);
    check_is(word, 3, "vfork: so does its death by a fault");
    check_is(await(child), signalled(SIGSEGV), "vfork: which is the child's alone");
    child = start_vfork(becomes_sleeper, ADDR(words));
    check_is(word, 4, "vfork: execve releases the parent");
    check_is(sys_wait4(child, 0, WNOHANG, 0), 0, "vfork: while the program runs on");
    sys_kill(child, SIGKILL);
    check_is(await(child), signalled(SIGKILL), "vfork: which is a child as any other");
    child = start_vfork(fails_to_become, 0);
    check_is(word, 5, "vfork: a failed execve does not release the parent");
    check_is(await(child), exited(6), "vfork: and the child goes on after it");
}

static void check_sharing(void)
{
    int *page = NULL;
    long end = sys_brk(0);

    check_is(run_vfork(is_child_of, (uint64_t)sys_getpid()), exited(1),
             "vfork: the child is a process of its own, the caller's child");
    check_is(run_vfork(maps, ADDR(&page)), exited(0), "vfork: the child can map memory");
    check_is(page ? *page : 0, 77, "vfork: which is the parent's memory too");
    sys_munmap(ADDR(page), PAGE);
    check_is(run_vfork(grows_heap, (uint64_t)end), exited(1), "vfork: the child can grow the heap");
    check_is(sys_brk(0), end + PAGE, "vfork: which is the parent's heap");
    sys_brk((uint64_t)end);
    check_is(run_vfork(vforks, 0), exited(1), "vfork: the child can vfork in turn");
    check_is(word, 8, "vfork: all three share the memory");
    check_is(run_vfork(forks_from_vfork, 0), exited(1),
             "vfork: the child can fork, and that one has memory of its own");
    check_is(sys_wait4(-1, 0, WALL, 0), -ECHILD, "vfork: no child is left");
}

void check_vfork(void)
{
    check_release();
    check_sharing();
}
