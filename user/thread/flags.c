/* Which flags of clone(2) need others, and what is shared without CLONE_THREAD. */
#include "threads.h"

static long ends(uint64_t unused)
{
    (void)unused;
    return 0;
}

static long start(uint64_t flags)
{
    struct thread thread = {.stack = NULL};

    return thread_start_with(&thread, flags, ends, 0);
}

void check_flags(void)
{
    static const struct {
        uint64_t flags;
        const char *what;
    } wrong[] = {
        {CLONE_THREAD | CLONE_VM, "flags: CLONE_THREAD without CLONE_SIGHAND gives EINVAL"},
        {CLONE_THREAD | CLONE_SIGHAND, "flags: CLONE_SIGHAND without CLONE_VM gives EINVAL"},
        {CLONE_SIGHAND | SIGCHLD, "flags: so it does without CLONE_THREAD"},
        {CLONE_FS | CLONE_NEWNS | SIGCHLD, "flags: CLONE_FS with CLONE_NEWNS gives EINVAL"},
        {CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_PIDFD,
         "flags: CLONE_PIDFD with CLONE_THREAD gives EINVAL"},
    };

    for (unsigned i = 0; i < COUNT(wrong); i++)
        check_is(start(wrong[i].flags), -EINVAL, wrong[i].what);
    struct thread thread = {0};
    check(thread_start_with(&thread,
                            CLONE_VM | CLONE_SIGHAND | CLONE_THREAD | CLONE_PARENT_SETTID |
                                CLONE_CHILD_CLEARTID,
                            ends, 0) > 0,
          "flags: the least that a thread needs");
    thread_join(&thread);
    check(thread_start_with(&thread, THREAD_FLAGS | SIGUSR1, ends, 0) > 0,
          "flags: a thread's signal at its end is passed over");
    thread_join(&thread);
    check(thread_start_with(&thread, THREAD_FLAGS | CLONE_DETACHED | CLONE_UNTRACED, ends, 0) > 0,
          "flags: and flags of no meaning");
    thread_join(&thread);
}

/* ---- what processes that share parts see of each other ---- */

enum step { CHANGES_DIRECTORY, CHANGES_MASK, SETS_ACTION, BLOCKS };

static long does(uint64_t step)
{
    switch (step) {
    case CHANGES_DIRECTORY:
        return sys_chdir("/dev");
    case CHANGES_MASK:
        return sys_umask(0123);
    case SETS_ACTION:
        ignore_signal(SIGUSR1);
        return 0;
    case BLOCKS:
        block(bit(SIGUSR2));
        return 0;
    default:
        return 0;
    }
}

/* Does the step in a process that is made with the flags, and CLONE_VM. */
static void in_other(uint64_t flags, enum step step)
{
    struct thread thread = {0};

    sys_wait4(thread_start_with(&thread, flags | CLONE_VM | SIGCHLD, does, step), NULL, 0, NULL);
    sys_munmap(ADDR(thread.stack), STACK_BYTES);
}

static int directory_is(const char *path)
{
    char now[64] = "";

    sys_getcwd(now, sizeof(now));
    return str_equal(now, path);
}

static volatile int duplicate;

static long duplicates(uint64_t unused)
{
    (void)unused;
    duplicate = (int)sys_dup3(1, 60, 0);
    return 0;
}

static void check_files(uint64_t flags, bool shared, const char *what)
{
    struct thread thread = {0};

    sys_wait4(thread_start_with(&thread, flags | CLONE_VM | SIGCHLD, duplicates, 0), NULL, 0, NULL);
    check_is(sys_fcntl(60, F_GETFD, 0), shared ? 0 : -EBADF, what);
    sys_close(60);
}

static void check_processes(void)
{
    check_files(0, false, "share: without CLONE_FILES the descriptors are each one's own");
    check_files(CLONE_FILES, true, "share: with CLONE_FILES they are one table's");
    sys_chdir("/");
    in_other(0, CHANGES_DIRECTORY);
    check(directory_is("/"), "share: without CLONE_FS so is the working directory");
    in_other(CLONE_FS, CHANGES_DIRECTORY);
    check(directory_is("/dev"), "share: with CLONE_FS it is shared");
    sys_chdir("/");
    sys_umask(022);
    in_other(0, CHANGES_MASK);
    check_is(sys_umask(022), 022, "share: and so is the mask of new files");
    in_other(CLONE_FS, CHANGES_MASK);
    check_is(sys_umask(022), 0123, "share: shared with CLONE_FS");
    in_other(0, SETS_ACTION);
    check_is((long)signal_handler(SIGUSR1), SIG_DFL,
             "share: without CLONE_SIGHAND actions are not");
    in_other(CLONE_SIGHAND, SETS_ACTION);
    check_is((long)signal_handler(SIGUSR1), SIG_IGN, "share: with it they are");
    default_signal(SIGUSR1);
    in_other(CLONE_SIGHAND, BLOCKS);
    check_is((long)mask_now(), 0, "share: but never the mask of blocked signals");
}

static volatile int stage;

static long lives_on(uint64_t descriptor)
{
    wait_word(&stage, 1);
    return sys_fcntl((int)descriptor, F_GETFD, 0) >= 0;
}

/* The table outlives the one who opened. */
static void check_table_outlives(void)
{
    struct thread thread = {0};

    stage = 0;
    int fd = (int)sys_dup(1);
    int child =
        thread_start_with(&thread, CLONE_VM | CLONE_FILES | SIGCHLD, lives_on, (uint64_t)fd);
    sys_close(fd);
    set_word(&stage, 1);
    check_is(await(child), exited(0), "share: what one closes is closed for the other");
}

static long thread_steps(uint64_t unused)
{
    (void)unused;
    sys_chdir("/dev");
    ignore_signal(SIGUSR1);
    block(bit(SIGUSR2));
    return sys_dup3(1, 61, 0);
}

static void check_threads_share(void)
{
    thread_run(thread_steps, 0);
    check(directory_is("/dev"), "share: threads have one working directory");
    check_is((long)signal_handler(SIGUSR1), SIG_IGN, "share: one table of actions");
    check_is(sys_fcntl(61, F_GETFD, 0), 0, "share: and of descriptors");
    check_is((long)mask_now(), 0, "share: and each a mask");
    sys_close(61);
    sys_chdir("/");
    default_signal(SIGUSR1);
}

static long inherits_mask(uint64_t unused)
{
    struct abi_sigaltstack old = {0};

    (void)unused;
    CALL(NR_SIGALTSTACK, NULL, &old);
    return mask_now() == bit(SIGUSR2) && pending_now() == 0 && old.ss_flags == SS_DISABLE;
}

static void check_inherited(void)
{
    struct abi_sigaltstack stack = {.ss_sp = ADDR(map_private(STACK_BYTES)),
                                    .ss_size = STACK_BYTES};

    CALL(NR_SIGALTSTACK, &stack, NULL);
    block(bit(SIGUSR2));
    raise_thread(SIGUSR2);
    check_is(thread_run(inherits_mask, 0), 1,
             "share: a thread begins with its maker's mask, nothing pending, and no other stack");
    ignore_signal(SIGUSR2);
    default_signal(SIGUSR2);
    unblock(bit(SIGUSR2));
    stack.ss_flags = SS_DISABLE;
    CALL(NR_SIGALTSTACK, &stack, NULL);
}

void check_share(void)
{
    check_processes();
    check_table_outlives();
    check_threads_share();
    check_inherited();
}
