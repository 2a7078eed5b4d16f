/* What processes do in the scenarios. Each is the life of a machine from boot to init's exit. */
#include "scenario.h"

#include "abi/eft.h"
#include "base/string.h"
#include "base/types.h"
#include "lives.h"

#define STATUS(code) ((code) << 8)
#define PAGE ((uint64_t)PAGE_SIZE)

static void fork_exit_wait(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    CALL(p, wait4, N(-1), N(0), N(0), N(0));
    program_result(p, -ECHILD);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(42));
    CALL(p, wait4, N(-1), N(0), N(WNOHANG), N(0));
    program_result(p, -ECHILD);
    program_exit(p, 5);
    program_place(p, &child);
    CALL(p, getppid, N(0));
    program_expect(p, X(0), N(1));
    program_exit(p, 42);
}

/* The parent is blocked long before the child ends, and is woken by nothing else that happens. */
static void blocked_wait_is_woken(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label first = {0};
    struct label second = {0};

    program_fork(p, 20, &first);
    program_fork(p, 21, &second);
    program_wait(p, X(20), STATUS(1));
    program_wait(p, X(21), STATUS(2));
    program_exit(p, 0);
    program_place(p, &first);
    program_yield(p, 40);
    program_exit(p, 1);
    program_place(p, &second);
    program_exit(p, 2);
}

static void wait_filters(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label first = {0};
    struct label second = {0};

    program_fork(p, 20, &first);
    program_fork(p, 21, &second);
    CALL(p, wait4, X(20), N(0), N(WNOHANG), N(0));
    program_result(p, 0);
    CALL(p, setpgid, X(21), N(0));
    program_result(p, 0);
    CALL(p, wait4, N(-9999), N(0), N(0), N(0));
    program_result(p, -ECHILD);
    CALL(p, wait4, N(9999), N(0), N(0), N(0));
    program_result(p, -ECHILD);
    CALL(p, wait4, N(INT32_MIN), N(0), N(0), N(0));
    program_result(p, -ESRCH);
    CALL(p, wait4, N(-1), N(0), N(0x40), N(0));
    program_result(p, -EINVAL);
    CALL(p, wait4, N(0), N(DATA), N(0), N(0)); /* the own group: the first child only */
    program_no_memory(p);
    program_expect(p, X(0), X(20));
    CALL(p, wait4, N(0), N(DATA), N(0), N(0));
    program_result(p, -ECHILD);
    program_move(p, 22, N(0));
    /* -group: the second leads its own */
    CALL(p, wait4, N(-3), N(DATA), N(0), N(0));
    program_no_memory(p);
    program_expect(p, X(0), X(21));
    program_exit(p, 0);
    program_place(p, &first);
    program_yield(p, 20);
    program_exit(p, 1);
    program_place(p, &second);
    program_exit(p, 2);
}

/* The status goes to an address that cannot be written: the child is still there. */
static void wait_with_a_bad_address(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_fork(p, 20, &child);
    CALL(p, wait4, N(-1), N(0x1000), N(0), N(0));
    program_result(p, -EFAULT);
    CALL(p, wait4, N(-1), N((uint64_t)1 << 63), N(0), N(0));
    program_result(p, -EFAULT);
    program_wait(p, X(20), STATUS(7));
    program_exit(p, 0);
    program_place(p, &child);
    program_exit(p, 7);
}

/* A child forks and ends: init inherits a live grandchild and a zombie, and is woken for both. */
static void orphans_go_to_init(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label live = {0};
    struct label zombie = {0};

    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(3));
    program_wait(p, N(-1), STATUS(5)); /* became a zombie before */
    program_wait(p, N(-1), STATUS(4)); /* ended afterwards */
    CALL(p, wait4, N(-1), N(0), N(0), N(0));
    program_result(p, -ECHILD);
    program_exit(p, 0);
    program_place(p, &child);
    program_fork(p, 20, &live);
    program_fork(p, 21, &zombie);
    program_yield(p, 20);
    program_exit(p, 3);
    program_place(p, &live);
    program_yield(p, 60);
    CALL(p, getppid, N(0));
    program_expect(p, X(0), N(1));
    program_exit(p, 4);
    program_place(p, &zombie);
    program_exit(p, 5);
}

/* A zombie whose parent ends is inherited by an init that is blocked, and wakes it although init's
 * own child lives. */
static void a_deep_orphan_wakes_init(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label grandchild = {0};
    struct label last = {0};

    program_fork(p, 20, &child);
    CALL(p, wait4, N(-1), N(DATA), N(0), N(0));
    program_no_memory(p);
    program_expect(p, X(0), N(4));
    program_wait(p, X(20), STATUS(1));
    program_exit(p, 0);
    program_place(p, &child);
    program_fork(p, 20, &grandchild);
    program_wait(p, X(20), STATUS(2));
    program_yield(p, 40); /* init has time to be woken, or not */
    CALL(p, kill, N(4), N(0));
    program_result(p, -ESRCH);
    program_exit(p, 1);
    program_place(p, &grandchild);
    program_fork(p, 20, &last);
    program_yield(p, 10);
    program_exit(p, 2);
    program_place(p, &last);
    program_exit(p, 3);
}

/* Each of three generations writes; nobody sees the others' writes. */
static void memory_is_private(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label grandchild = {0};

    program_store(p, DATA + 64, 1);
    program_store(p, DATA + PAGE, 10);
    program_fork(p, 20, &child);
    program_store(p, DATA + 64, 2);
    program_yield(p, 3);
    program_wait(p, X(20), STATUS(0));
    program_load(p, 21, DATA + 64);
    program_expect(p, X(21), N(2));
    program_load(p, 21, DATA + PAGE);
    program_expect(p, X(21), N(10));
    program_exit(p, 0);

    program_place(p, &child);
    program_load(p, 21, DATA + 64);
    program_expect(p, X(21), N(1));
    program_store(p, DATA + 64, 3);
    program_fork(p, 20, &grandchild);
    program_store(p, DATA + PAGE, 11);
    program_wait(p, X(20), STATUS(0));
    program_load(p, 21, DATA + 64);
    program_expect(p, X(21), N(3));
    program_exit(p, 0);

    program_place(p, &grandchild);
    program_yield(p, 2);
    program_load(p, 21, DATA + 64);
    program_expect(p, X(21), N(3));
    program_load(p, 21, DATA + PAGE);
    program_expect(p, X(21), N(10));
    program_store(p, DATA + 64, 4);
    program_exit(p, 0);
}

static void exec_and_spawn(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    const uint64_t path = DATA + 256;
    const uint64_t argv = DATA + 320;
    const uint64_t request = DATA + 512;

    program_string(p, path, "/p1");
    program_store(p, argv, path);
    program_store(p, DATA + PAGE, 123);
    CALL(p, execve, N(path + 1), N(argv), N(0x10)); /* envp is nowhere */
    program_result(p, -EFAULT);
    CALL(p, spawn, N(request)); /* neither a path nor an image */
    program_result(p, -EINVAL);
    program_store(p, request + offsetof(struct abi_spawn, path), path);
    program_store(p, request + offsetof(struct abi_spawn, argv), argv);
    CALL(p, spawn, N(request));
    program_no_memory(p);
    program_move(p, 21, X(0));
    program_fork(p, 20, &child);
    program_wait(p, X(21), STATUS(31));
    program_wait(p, X(20), STATUS(31));
    program_load(p, 22, DATA + PAGE);
    program_expect(p, X(22), N(123));
    program_exit(p, 0);
    program_place(p, &child);
    program_string(p, path, "/bad");
    CALL(p, execve, N(path), N(argv), N(0));
    program_result(p, -ENOEXEC);
    program_string(p, path, "/text");
    CALL(p, execve, N(path), N(argv), N(0));
    program_result(p, -EACCES);
    program_string(p, path, "/none");
    CALL(p, execve, N(path), N(argv), N(0));
    program_result(p, -ENOENT);
    program_string(p, path, "/p1");
    CALL(p, execve, N(path), N(argv), N(0));
    program_result(p, 0); /* on failure only */

    p = &programs[1];
    program_load(p, 20, DATA + PAGE); /* nothing of the old memory is left */
    program_expect(p, X(20), N(0));
    program_exit(p, 31);
}

/* Spawn from an image in memory: the header of /p2's file is written by hand. */
static void spawn_an_image(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    const uint64_t image = DATA + PAGE;
    const uint64_t request = DATA + 512;
    const uint64_t words[] = {
        0x00010102464c457f,
        0, /* ident: ELF, 64 bits, little-endian */
        0x0000000100b70002,
        SCRIPT_PC(2, 0), /* executable, AArch64, version; entry */
        64,
        0, /* segments, sections */
        0x0038004000000000,
        0x0000000000000001, /* sizes; one segment */
        0x0000000700000001,
        0, /* load, with all rights; offset */
        DATA,
        DATA, /* addresses */
        120,
        2 * PAGE,
        PAGE, /* in the file, in memory, alignment */
    };

    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        program_store(p, image + 8 * i, words[i]);
    }
    program_store(p, request + offsetof(struct abi_spawn, image), image);
    program_store(p, request + offsetof(struct abi_spawn, image_len), 120);
    CALL(p, spawn, N(request));
    program_no_memory(p);
    program_move(p, 20, X(0));
    program_store(p, image, 0); /* the child has its own copy */
    program_wait(p, X(20), STATUS(32));
    CALL(p, spawn, N(request));
    program_result(p, -ENOEXEC);
    program_exit(p, 0);

    p = &programs[2];
    program_op(p, (struct script_op){.kind = SCRIPT_FETCH, .args = {N(DATA)}});
    program_load(p, 20, DATA);
    program_expect(p, X(20), N(0x00010102464c457f));
    program_exit(p, 32);
}

static void signals_end_processes(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label sleeper = {0};
    struct label writer = {0};
    struct label breaker = {0};
    struct label waiter = {0};
    struct label here = {0};

    CALL(p, kill, N(1), N(SIGKILL)); /* init is protected */
    program_result(p, 0);
    CALL(p, kill, N(99), N(0));
    program_result(p, -ESRCH);
    CALL(p, kill, N(1), N(65));
    program_result(p, -EINVAL);
    CALL(p, kill, N(INT32_MIN), N(0));
    program_result(p, -ESRCH);
    program_fork(p, 20, &sleeper);
    program_yield(p, 4);
    CALL(p, kill, X(20), N(0));
    program_result(p, 0);
    CALL(p, kill, X(20), N(SIGCHLD)); /* ignored */
    program_result(p, 0);
    program_yield(p, 4);
    CALL(p, kill, X(20), N(SIGTERM));
    program_result(p, 0);
    program_wait(p, X(20), SIGTERM);
    CALL(p, clock_gettime, N(CLOCK_MONOTONIC), N(DATA));
    program_result(p, 0);
    program_load(p, 21, DATA); /* it did not sleep to the end first */
    program_expect(p, X(21), N(0));
    program_fork(p, 20, &writer);
    program_wait(p, X(20), SIGSEGV);
    program_fork(p, 20, &breaker);
    program_wait(p, X(20), SIGTRAP);
    program_fork(p, 20, &waiter);
    CALL(p, setpgid, X(20), X(20));
    program_result(p, 0);
    CALL(p, kill, N(-5), N(SIGINT));
    program_result(p, 0);
    program_wait(p, X(20), SIGINT);
    program_exit(p, 0);

    program_place(p, &sleeper);
    program_store(p, DATA, 3600);
    program_store(p, DATA + 8, 0);
    CALL(p, nanosleep, N(DATA), N(0));
    program_exit(p, 1);
    program_place(p, &writer);
    program_store(p, 0x1000, 1);
    program_exit(p, 1);
    program_place(p, &breaker);
    program_op(p, (struct script_op){.kind = SCRIPT_BREAK});
    program_exit(p, 1);
    program_place(p, &waiter);
    program_place(p, &here);
    CALL(p, sched_yield, N(0));
    program_jump(p, &here);
}

static void sleepers_wake_in_order(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label longer = {0};
    struct label shorter = {0};

    program_fork(p, 20, &longer);
    program_fork(p, 21, &shorter);
    program_store(p, DATA, (uint64_t)-1);
    CALL(p, nanosleep, N(DATA), N(0));
    program_result(p, -EINVAL);
    CALL(p, wait4, N(-1), N(DATA), N(0), N(0));
    program_no_memory(p);
    program_expect(p, X(0), X(21));
    CALL(p, wait4, N(-1), N(DATA), N(0), N(0));
    program_no_memory(p);
    program_expect(p, X(0), X(20));
    CALL(p, clock_gettime, N(CLOCK_MONOTONIC), N(DATA));
    program_result(p, 0);
    program_load(p, 22, DATA);
    program_expect(p, X(22), N(3600));
    program_exit(p, 0);
    program_place(p, &longer);
    program_store(p, DATA, 3600);
    CALL(p, nanosleep, N(DATA), N(0));
    program_result(p, 0);
    program_exit(p, 0);
    program_place(p, &shorter);
    program_store(p, DATA, 60);
    CALL(p, nanosleep, N(DATA), N(0));
    program_result(p, 0);
    program_exit(p, 0);
}

static void console(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    CALL(p, read, N(0), N(DATA), N(100));
    program_result(p, 3);
    program_load(p, 20, DATA);
    program_expect(p, X(20), N('a' | 'c' << 8 | '\n' << 16));
    CALL(p, read, N(0), N(DATA + 2 * PAGE), N(1)); /* a page that is not there yet */
    program_result(p, 1);
    CALL(p, read, N(0), N(0x1000), N(1));
    program_result(p, -EFAULT);
    CALL(p, read, N(0), N(DATA), N(100));
    program_result(p, 1);
    CALL(p, read, N(0), N(DATA), N(100));
    program_result(p, 0);
    program_exit(p, 0);
}

/* Without ICANON each byte can be read as it comes. */
static void raw_console(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    const uint64_t c_lflag = DATA + offsetof(struct abi_termios, c_lflag);

    CALL(p, ioctl, N(0), N(TCGETS), N(DATA));
    program_result(p, 0);
    program_op(p, (struct script_op){.kind = SCRIPT_STORE, .size = 4, .args = {N(c_lflag), N(0)}});
    CALL(p, ioctl, N(0), N(TCSETS), N(DATA));
    program_result(p, 0);
    CALL(p, read, N(0), N(DATA), N(1));
    program_result(p, 1);
    CALL(p, read, N(0), N(DATA + 1), N(1));
    program_result(p, 1);
    program_op(p, (struct script_op){.kind = SCRIPT_LOAD, .size = 2, .to = 20, .args = {N(DATA)}});
    program_expect(p, X(20), N('x' | 4 << 8));
    program_exit(p, 0);
}

/* FP registers are each process's own, and a fork copies them. */
static void fp_registers(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_op(p, (struct script_op){.kind = SCRIPT_FP_STORE, .args = {N(111)}});
    program_fork(p, 20, &child);
    program_yield(p, 3);
    program_op(p, (struct script_op){.kind = SCRIPT_FP_LOAD, .to = 21});
    program_expect(p, X(21), N(111));
    program_wait(p, X(20), STATUS(0));
    program_exit(p, 0);
    program_place(p, &child);
    program_op(p, (struct script_op){.kind = SCRIPT_FP_LOAD, .to = 21});
    program_expect(p, X(21), N(111));
    program_op(p, (struct script_op){.kind = SCRIPT_FP_STORE, .args = {N(222)}});
    program_yield(p, 3);
    program_op(p, (struct script_op){.kind = SCRIPT_FP_LOAD, .to = 21});
    program_expect(p, X(21), N(222));
    program_exit(p, 0);
}

/* The calls that a C library makes before main, and what is not there. */
static void small_calls(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    CALL(p, set_tid_address, N(DATA));
    program_result(p, 1);
    CALL(p, set_robust_list, N(DATA), N(24));
    program_result(p, 0);
    CALL(p, set_robust_list, N(DATA), N(23));
    program_result(p, -EINVAL);
    CALL(p, getrandom, N(DATA + PAGE - 8), N(PAGE), N(0));
    program_result(p, (int64_t)PAGE);
    CALL(p, getrandom, N(DATA), N(8), N(64));
    program_result(p, -EINVAL);
    CALL(p, prlimit64, N(0), N(RLIMIT_STACK), N(0), N(DATA));
    program_result(p, 0);
    CALL(p, fstat, N(1), N(DATA));
    program_result(p, 0);
    CALL(p, fstat, N(3), N(DATA));
    program_result(p, -EBADF);
    CALL(p, ioctl, N(0), N(TCGETS), N(DATA));
    program_result(p, 0);
    CALL(p, ioctl, N(0), N(TIOCGWINSZ), N(DATA));
    program_result(p, 0);
    CALL(p, ioctl, N(0), N(1), N(DATA));
    program_result(p, -ENOTTY);
    CALL(p, write, N(1), N(DATA), N(100));
    program_result(p, 100);
    CALL(p, write, N(1), N(DATA + (DATA_PAGES - 1) * PAGE), N(PAGE + 1));
    program_result(p, (int64_t)PAGE);
    CALL(p, write, N(1), N(0), N(1));
    program_result(p, -EFAULT);
    CALL(p, write, N(7), N(DATA), N(1));
    program_result(p, -EBADF);
    CALL(p, read, N(0), N(DATA), N(0));
    program_result(p, 0);
    CALL(p, gettid, N(0));
    program_result(p, 1);
    CALL(p, getuid, N(0));
    program_result(p, 0);
    CALL(p, getpgid, N(0));
    program_result(p, 1);
    program_call(p, 1000, (const struct script_value[SCRIPT_ARGS]){{0}});
    program_result(p, -ENOSYS);
    program_exit(p, 256 + 9); /* eight bits of it count */
}

const struct scenario scenarios[] = {
    {"fork_exit_wait", fork_exit_wait, 5, NULL},
    {"blocked_wait_is_woken", blocked_wait_is_woken, 0, NULL},
    {"wait_filters", wait_filters, 0, NULL},
    {"wait_with_a_bad_address", wait_with_a_bad_address, 0, NULL},
    {"orphans_go_to_init", orphans_go_to_init, 0, NULL},
    {"a_deep_orphan_wakes_init", a_deep_orphan_wakes_init, 0, NULL},
    {"memory_is_private", memory_is_private, 0, NULL},
    {"exec_and_spawn", exec_and_spawn, 0, NULL},
    {"spawn_an_image", spawn_an_image, 0, NULL},
    {"mappings", memory_mappings, 0, NULL},
    {"code", memory_code, 128 + SIGSEGV, NULL},
    {"a_full_batch", memory_a_full_batch, 0, NULL},
    {"heap", memory_heap, 0, NULL},
    {"stack", memory_stack, 0, NULL},
    {"memory_moves", memory_moves, 0, NULL},
    {"memory_advice", memory_advice, 0, NULL},
    {"shared_memory", memory_shared, 0, NULL},
    {"memory_of_a_long_segment", memory_of_a_long_segment, 0, NULL},
    {"memory_of_a_file", memory_of_a_file, 0, NULL},
    {"memory_limits", memory_limits, 0, NULL},
    {"memory_rights", memory_rights, 0, NULL},
    {"signals_end_processes", signals_end_processes, 0, NULL},
    {"sleepers_wake_in_order", sleepers_wake_in_order, 0, NULL},
    {"console", console, 0,
     "ab\x7f"
     "c\nd\x04"
     "e"},
    {"raw_console", raw_console, 0, "x\x04\xff"},
    {"fp_registers", fp_registers, 0, NULL},
    {"small_calls", small_calls, 9, NULL},
    {"vfork_shares_memory", vfork_shares_memory, 0, NULL},
    {"exec_of_scripts", exec_of_scripts, 0, NULL},
    {"exec_with_long_arguments", exec_with_long_arguments, 0, NULL},
    {"vfork_until_exec", vfork_until_exec, 0, NULL},
    {"vfork_until_death", vfork_until_death, 0, "\xff"},
    {"turns_are_talked_about", turns_are_talked_about, 0, NULL},
    {"signals_are_waited_for", signals_are_waited_for, 0, NULL},
    {"timers_send_signals", timers_send_signals, 0, NULL},
    {"vfork_parent_is_killed", vfork_parent_is_killed, 0, NULL},
    {"clone3_and_its_words", clone3_and_its_words, 0, NULL},
    {"waitid_leaves_and_takes", waitid_leaves_and_takes, 0, NULL},
    {"nobody_wants_zombies", nobody_wants_zombies, 0, NULL},
    {"signals_are_blocked", signals_are_blocked, 0, NULL},
    {"actions_are_inherited", actions_are_inherited, 0, NULL},
    {"sessions_and_groups", sessions_and_groups, 0, NULL},
    {"a_subreaper_inherits", a_subreaper_inherits, 0, "\xff"},
    {"usage_adds_up", usage_adds_up, 0, NULL},
    {"a_wait_looks_before_it_ends", a_wait_looks_before_it_ends, 0, NULL},
    {"an_orphan_of_one_that_left_nothing", an_orphan_of_one_that_left_nothing, 0, NULL},
    {"descriptors_over_fork", descriptors_over_fork, 0, NULL},
    {"descriptors_over_exec", descriptors_over_exec, 0, NULL},
    {"descriptors_that_were_not_made", descriptors_that_were_not_made, 0, NULL},
    {"pipe_from_a_child", pipe_from_a_child, 0, NULL},
    {"pipe_that_is_full", pipe_that_is_full, 0, NULL},
    {"pipe_that_nobody_reads", pipe_that_nobody_reads, 0, NULL},
    {"pipe_without_waiting", pipe_without_waiting, 0, NULL},
    {"children_by_descriptor", children_by_descriptor, 0, NULL},
    {"signals_are_read", signals_are_read, 0, NULL},
    {"timers_are_read", timers_are_read, 0, NULL},
    {"names_and_directories", names_and_directories, 0, NULL},
    {"vectors_and_offsets", vectors_and_offsets, 0, NULL},
    {"who_and_how_urgent", who_and_how_urgent, 0, NULL},
    {"who_acts_for_whom", who_acts_for_whom, 0, NULL},
};

const unsigned scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);

/* What a group of scenarios expects, by the first word of their names. */
static const struct {
    const char *name;
    const char *model;
} models[] = {
    {"fork", "wait-model"},
    {"blocked", "wait-model"},
    {"wait", "wait-model"},
    {"waitid", "wait-model"},
    {"nobody", "wait-model"},
    {"a_wait", "wait-model"},
    {"vfork", "vfork-model"},
    {"clone3", "vfork-model"},
    {"orphans", "parenthood-model"},
    {"a_deep", "parenthood-model"},
    {"an_orphan", "parenthood-model"},
    {"a_subreaper", "parenthood-model"},
    {"memory", "memory-model"},
    {"mappings", "memory-model"},
    {"exec", "memory-model"},
    {"spawn", "memory-model"},
    {"code", "memory-model"},
    {"a_full", "memory-model"},
    {"heap", "memory-model"},
    {"stack", "memory-model"},
    {"shared", "memory-model"},
    {"signals", "signal-model"},
    {"actions", "signal-model"},
    {"descriptors", "descriptor-model"},
    {"pipe", "descriptor-model"},
    {"names", "descriptor-model"},
    {"vectors", "descriptor-model"},
};

const char *scenario_model(const struct scenario *scenario)
{
    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        const char *rest;
        if (str_starts(scenario->name, models[i].name, &rest) && (*rest == '_' || *rest == '\0')) {
            return models[i].model;
        }
    }
    return scenario->name;
}
