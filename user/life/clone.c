/* clone(2) and clone3(2): what their flags add to a fork. */
#include "life.h"

enum { STACK_BYTES = 8 * PAGE };

static int own_pid(uint64_t unused)
{
    (void)unused;
    return (int)(sys_getpid() & 0xff);
}

static int is_own_pid(uint64_t word)
{
    return *(const int *)word == sys_getpid();
}

static int on_stack_at(uint64_t low)
{
    int here;

    return ADDR(&here) >= low && ADDR(&here) < low + STACK_BYTES;
}

static int start_flags(uint64_t flags, child_function run, uint64_t argument)
{
    return start_clone(&(struct start){.flags = flags}, run, argument);
}

static void check_tids(void)
{
    int parent_word = 0, child_word = 0, child;
    struct start how = {.flags = CLONE_PARENT_SETTID | SIGCHLD, .parent_tid = &parent_word};

    child = start_clone(&how, own_pid, 0);
    check(child > 0 && parent_word == child, "clone: PARENT_SETTID writes the child's PID");
    check_is(await(child), exited(child & 0xff), "clone: and the child is as after fork");

    how = (struct start){.flags = CLONE_CHILD_SETTID | SIGCHLD, .child_tid = &child_word};
    check_is(await(start_clone(&how, is_own_pid, ADDR(&child_word))), exited(1),
             "clone: CHILD_SETTID writes the child's PID in the child's memory");
    check_is(child_word, 0, "clone: CHILD_SETTID leaves the parent's memory alone");

    how = (struct start){.flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | SIGCHLD,
                         .parent_tid = (int *)BAD_ADDRESS,
                         .child_tid = (int *)BAD_ADDRESS};
    child = start_clone(&how, own_pid, 0);
    check_is(await(child), exited(child & 0xff), "clone: a bad address for the PID is no error");
}

static void check_cleartid(void)
{
    int *word = map_shared(PAGE);
    struct start how = {.flags = CLONE_CHILD_CLEARTID | SIGCHLD, .child_tid = word};

    *word = 7;
    check_is(await(start_clone(&how, is_own_pid, ADDR(word))), exited(0),
             "clone: CHILD_CLEARTID writes nothing at the start");
    check_is(*word, 7, "clone: CHILD_CLEARTID writes nothing if no other process has the memory");
    how.flags |= CLONE_VM | CLONE_VFORK;
    await(start_clone(&how, is_own_pid, ADDR(word)));
    check_is(*word, 0, "clone: CHILD_CLEARTID writes 0 at the end if another has the memory");
    sys_munmap(ADDR(word), PAGE);
}

#if defined(__aarch64__)
static int has_tls(uint64_t value)
{
    uint64_t tls;

    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
    return tls == value;
}

static uint64_t own_tls(void)
{
    uint64_t tls;

    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(tls));
    return tls;
}

static void check_tls(void)
{
    struct start how = {.flags = CLONE_SETTLS | SIGCHLD, .tls = 0x123456789a0};

    check_is(await(start_clone(&how, has_tls, how.tls)), exited(1),
             "clone: SETTLS sets the child's TPIDR_EL0");
    check_is(run_fork(has_tls, own_tls()), exited(1), "clone: without SETTLS it is the parent's");
    struct abi_clone_args args = {
        .flags = CLONE_SETTLS, .tls = 0x98765432100, .exit_signal = SIGCHLD};
    check_is(await(start_clone3(&args, sizeof(args), has_tls, args.tls)), exited(1),
             "clone3: SETTLS sets the child's TPIDR_EL0");
}
#else
static void check_tls(void)
{
    skip("clone: SETTLS", "it speaks of an AArch64 register");
}
#endif

static void check_exit_signal(void)
{
    int child = start_flags(0, own_pid, 0), status = -1;

    check_is(sys_wait4(child, &status, 0, 0), -ECHILD,
             "clone: without a signal at its end, wait4 does not see the child");
    check_is(sys_wait4(child, &status, WCLONE, 0), child, "clone: with __WCLONE it does");
    check_is(status, exited(child & 0xff), "clone: and the status is the child's");
    set_handler(SIGUSR1, ADDR(SIG_IGN), 0);
    child = start_flags(SIGUSR1, own_pid, 0);
    check_is(sys_wait4(child, &status, WALL, 0), child,
             "clone: with __WALL wait4 sees children of both kinds");
    child = start_fork(own_pid, 0);
    check_is(sys_wait4(child, &status, WCLONE, 0), -ECHILD,
             "clone: with __WCLONE it does not see one that sends SIGCHLD");
    check_is(sys_wait4(child, &status, WALL, 0), child, "clone: with __WALL it does");
    set_handler(SIGUSR1, ADDR(SIG_DFL), 0);
}

static int ends_child_with_signal(uint64_t signal)
{
    int status;

    sys_wait4(start_flags(signal, own_pid, 0), &status, WALL, 0);
    nap();
    return 0;
}

static int becomes_other(uint64_t unused)
{
    const char *words[] = {"lifecycle", "-status", "5", NULL};

    (void)unused;
    become_helper(words);
    return 99;
}

static void check_exit_signal_is_sent(void)
{
    check_is(run_fork(ends_child_with_signal, SIGUSR2), signalled(SIGUSR2),
             "clone: the child's end sends the parent the signal that clone was given");
    check_is(run_fork(ends_child_with_signal, SIGCHLD), exited(0),
             "clone: SIGCHLD by itself does nothing to the parent");
    int child = start_flags(0, becomes_other, 0);
    await_end(child);
    check_is(await(child), exited(5), "clone: execve makes SIGCHLD the signal of the child's end");
}

static void check_stack(void)
{
    char *stack = map_private(STACK_BYTES);
    struct start how = {.flags = SIGCHLD, .stack = ADDR(stack) + STACK_BYTES};

    check_is(await(start_clone(&how, on_stack_at, ADDR(stack))), exited(1),
             "clone: the child runs on the stack that it was given");
    how.flags |= CLONE_VM | CLONE_VFORK;
    check_is(await(start_clone(&how, on_stack_at, ADDR(stack))), exited(1),
             "clone: so does one that shares the memory");
    struct abi_clone_args args = {
        .exit_signal = SIGCHLD, .stack = ADDR(stack), .stack_size = STACK_BYTES};
    check_is(await(start_clone3(&args, sizeof(args), on_stack_at, ADDR(stack))), exited(1),
             "clone3: the stack is given by its lower end and size");
    sys_munmap(ADDR(stack), STACK_BYTES);
}

/* Two words that parent and child share. */
struct shared {
    volatile int word, go;
};

static int writes_word(uint64_t shared)
{
    while (!((struct shared *)shared)->go)
        nap();
    ((struct shared *)shared)->word = 9;
    return 0;
}

static void check_shared_memory(void)
{
    char *stack = map_private(STACK_BYTES);
    struct shared *shared = (struct shared *)stack;
    struct start how = {.flags = CLONE_VM | SIGCHLD, .stack = ADDR(stack) + STACK_BYTES};

    shared->word = 1;
    int child = start_clone(&how, writes_word, ADDR(shared));
    check_is(shared->word, 1, "clone: with CLONE_VM alone the parent goes on at once");
    shared->go = 1;
    check_is(await(child), exited(0), "clone: and can wait for the child");
    check_is(shared->word, 9, "clone: and sees what the child wrote");
    sys_munmap(ADDR(stack), STACK_BYTES);
}

static void check_bad_flags(void)
{
    check_is(start_flags(CLONE_THREAD | SIGCHLD, own_pid, 0), -EINVAL,
             "clone: CLONE_THREAD without CLONE_SIGHAND gives EINVAL");
    check_is(start_flags(CLONE_SIGHAND | SIGCHLD, own_pid, 0), -EINVAL,
             "clone: CLONE_SIGHAND without CLONE_VM gives EINVAL");
    check_is(sys_wait4(-1, 0, WALL, 0), -ECHILD, "clone: a failed clone leaves no child");
}

/* ---- clone3 ---- */

static int start3_with(struct abi_clone_args args)
{
    return start_clone3(&args, sizeof(args), own_pid, 0);
}

static void check_clone3_size(void)
{
    struct {
        struct abi_clone_args args;
        uint64_t more;
    } big = {.args = {.exit_signal = SIGCHLD}};

    int child = start_clone3(&big.args, CLONE_ARGS_SIZE_VER0, own_pid, 0);
    check_is(await(child), exited(child & 0xff), "clone3: the first size of its structure will do");
    check_is(start_clone3(&big.args, CLONE_ARGS_SIZE_VER0 - 8, own_pid, 0), -EINVAL,
             "clone3: a smaller one gives EINVAL");
    child = start_clone3(&big.args, sizeof(big), own_pid, 0);
    check_is(await(child), exited(child & 0xff), "clone3: a larger one will do if the rest is 0");
    big.more = 1;
    check_is(start_clone3(&big.args, sizeof(big), own_pid, 0), -E2BIG,
             "clone3: if the rest is not 0 it gives E2BIG");
    check_is(start_clone3(&big.args, PAGE + 8, own_pid, 0), -E2BIG,
             "clone3: a size of more than a page gives E2BIG");
    check_is(start_clone3((struct abi_clone_args *)BAD_ADDRESS, sizeof(big.args), own_pid, 0),
             -EFAULT, "clone3: a bad address gives EFAULT");
}

static void check_clone3_values(void)
{
    check_is(start3_with((struct abi_clone_args){.exit_signal = SIGCHLD, .flags = 0xff}), -EINVAL,
             "clone3: a signal among the flags gives EINVAL");
    check_is(start3_with((struct abi_clone_args){.exit_signal = 65}), -EINVAL,
             "clone3: a signal that does not exist gives EINVAL");
    check_is(start3_with((struct abi_clone_args){.exit_signal = SIGCHLD, .flags = 1ull << 40}),
             -EINVAL, "clone3: an unknown flag gives EINVAL");
    check_is(start3_with((struct abi_clone_args){.exit_signal = SIGCHLD, .stack = PAGE}), -EINVAL,
             "clone3: a stack without a size gives EINVAL");
    check_is(start3_with((struct abi_clone_args){.exit_signal = SIGCHLD, .stack_size = PAGE}),
             -EINVAL, "clone3: a size without a stack gives EINVAL");
    check_is(start3_with((struct abi_clone_args){
                 .exit_signal = SIGCHLD, .flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM}),
             -EINVAL, "clone3: CLEAR_SIGHAND with CLONE_SIGHAND gives EINVAL");
}

static int signals_are_cleared(uint64_t unused)
{
    (void)unused;
    return signal_handler(SIGUSR1) == ADDR(SIG_DFL) && signal_handler(SIGUSR2) == ADDR(SIG_IGN);
}

static int signals_are_kept(uint64_t handler)
{
    return signal_handler(SIGUSR1) == handler && signal_handler(SIGUSR2) == ADDR(SIG_IGN);
}

static void check_clear_sighand(void)
{
    struct abi_clone_args args = {.exit_signal = SIGCHLD};
    uint64_t handler = ADDR(signals_are_kept); /* no signal comes to it */

    set_handler(SIGUSR1, handler, 0);
    set_handler(SIGUSR2, ADDR(SIG_IGN), 0);
    check_is(await(start_clone3(&args, sizeof(args), signals_are_kept, handler)), exited(1),
             "clone3: the child has the parent's handlers");
    args.flags = CLONE_CLEAR_SIGHAND;
    check_is(await(start_clone3(&args, sizeof(args), signals_are_cleared, 0)), exited(1),
             "clone3: CLEAR_SIGHAND takes the handlers, and keeps what is ignored");
    check(signals_are_kept(handler), "clone3: CLEAR_SIGHAND does not touch the parent's");
    set_handler(SIGUSR1, ADDR(SIG_DFL), 0);
    set_handler(SIGUSR2, ADDR(SIG_DFL), 0);
}

static void check_clone3_tids(void)
{
    int parent_word = 0, child_word = 0;
    struct abi_clone_args args = {
        .flags = CLONE_PARENT_SETTID | CLONE_CHILD_SETTID,
        .exit_signal = SIGCHLD,
        .parent_tid = ADDR(&parent_word),
        .child_tid = ADDR(&child_word),
    };

    int child = start_clone3(&args, sizeof(args), is_own_pid, ADDR(&child_word));
    check_is(await(child), exited(1), "clone3: CHILD_SETTID writes the PID in the child's memory");
    check(child > 0 && parent_word == child, "clone3: PARENT_SETTID writes it in the parent's");
}

void check_clone(void)
{
    check_tids();
    check_cleartid();
    check_tls();
    check_exit_signal();
    check_exit_signal_is_sent();
    check_stack();
    check_shared_memory();
    check_bad_flags();
    check_clone3_size();
    check_clone3_values();
    check_clear_sighand();
    check_clone3_tids();
}
