#include "lives.h"

#include "base/types.h"

#define STATUS(code) ((code) << 8)
#define PAGE ((uint64_t)PAGE_SIZE)
#define SHARED (DATA + PAGE)      /* a word that a vfork child writes */
#define WORDS (DATA + 2 * PAGE)   /* structures that calls read */
#define RESULTS (DATA + 3 * PAGE) /* what calls write */
#define VFORK (CLONE_VM | CLONE_VFORK | SIGCHLD)

/* The child goes to child with the parent's memory, the parent on with its PID in X(to) when the
 * child has let go of it. */
static void program_vfork(struct program *p, unsigned to, struct label *child)
{
    CALL(p, clone, N(VFORK));
    program_no_memory(p);
    program_jump_if(p, X(0), N(0), child);
    program_move(p, to, X(0));
}

static void program_load_int(struct program *p, unsigned to, uint64_t va)
{
    program_op(p, (struct script_op){.kind = SCRIPT_LOAD, .size = 4, .to = to, .args = {N(va)}});
}

/* A string of at most 7 characters. */
static void program_text(struct program *p, uint64_t va, const char *s)
{
    uint64_t word = 0;

    for (unsigned i = 0; s[i]; i++) {
        word |= (uint64_t)(unsigned char)s[i] << (8 * i);
    }
    program_store(p, va, word);
}

void vfork_shares_memory(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_store(p, SHARED, 1);
    program_vfork(p, 20, &child);
    program_load(p, 21, SHARED); /* not before the child has ended */
    program_expect(p, X(21), N(2));
    program_wait(p, X(20), STATUS(3));
    program_exit(p, 0);
    program_place(p, &child);
    program_yield(p, 20);
    program_store(p, SHARED, 2);
    program_exit(p, 3);
}

/* The new program runs on when the parent does: it ends later. */
void vfork_until_exec(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_vfork(p, 20, &child);
    CALL(p, wait4, X(20), N(0), N(WNOHANG), N(0));
    program_result(p, 0);
    program_wait(p, X(20), STATUS(4));
    program_exit(p, 0);
    program_place(p, &child);
    program_text(p, WORDS, "/p1");
    CALL(p, execve, N(WORDS), N(0), N(0));
    program_no_memory(p);
    program_exit(p, 5);
    program_yield(&programs[1], 40);
    program_exit(&programs[1], 4);
}

void vfork_until_death(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label victim = {0};
    struct label killer = {0};

    program_fork(p, 20, &killer);
    program_vfork(p, 21, &victim);
    program_wait(p, X(21), SIGKILL);
    program_wait(p, X(20), STATUS(0));
    program_exit(p, 0);
    program_place(p, &killer);
    program_yield(p, 40);
    CALL(p, kill, N(3), N(SIGKILL)); /* init's next child */
    program_result(p, 0);
    program_exit(p, 0);
    program_place(p, &victim);
    CALL(p, read, N(0), N(DATA), N(1)); /* nothing comes */
    program_exit(p, 1);
}

/* The child of a vfork goes on in the memory that it had shared. */
void vfork_parent_is_killed(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label middle = {0};
    struct label child = {0};

    program_fork(p, 20, &middle);
    program_yield(p, 40);
    CALL(p, kill, X(20), N(SIGTERM));
    program_result(p, 0);
    program_wait(p, X(20), SIGTERM);
    program_wait(p, N(3), STATUS(6)); /* the grandchild, an orphan now */
    program_exit(p, 0);
    program_place(p, &middle);
    program_vfork(p, 21, &child);
    program_exit(p, 1);
    program_place(p, &child);
    program_yield(p, 90);
    program_store(p, SHARED, 9);
    program_exit(p, 6);
}

static void program_clone_args(struct program *p, uint64_t flags, uint64_t exit_signal)
{
    program_store(p, WORDS + offsetof(struct abi_clone_args, flags), flags);
    program_store(p, WORDS + offsetof(struct abi_clone_args, exit_signal), exit_signal);
    program_store(p, WORDS + offsetof(struct abi_clone_args, child_tid), RESULTS);
    program_store(p, WORDS + offsetof(struct abi_clone_args, parent_tid), RESULTS + 8);
}

void clone3_and_its_words(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_clone_args(p, CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID, 300);
    CALL(p, clone3, N(WORDS), N(88));
    program_result(p, -EINVAL);
    CALL(p, clone3, N(WORDS), N(63));
    program_result(p, -EINVAL);
    CALL(p, clone3, N(WORDS), N(PAGE + 1));
    program_result(p, -E2BIG);
    CALL(p, clone3, N(16), N(88));
    program_result(p, -EFAULT);
    program_clone_args(
        p, CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID,
        SIGUSR1);
    CALL(p, clone3, N(WORDS), N(96));
    program_no_memory(p);
    program_jump_if(p, X(0), N(0), &child);
    program_move(p, 20, X(0));
    program_load_int(p, 21, RESULTS); /* cleared at the end of the child */
    program_expect(p, X(21), N(0));
    program_load_int(p, 21, RESULTS + 8);
    program_expect(p, X(21), X(20));
    CALL(p, wait4, X(20), N(0), N(0), N(0));
    program_result(p, -ECHILD); /* it does not send SIGCHLD */
    CALL(p, wait4, X(20), N(DATA), N(WALL), N(0));
    program_expect(p, X(0), X(20));
    program_exit(p, 0);
    program_place(p, &child);
    program_load_int(p, 21, RESULTS);
    CALL(p, getpid, N(0));
    program_expect(p, X(0), X(21));
    program_exit(p, 3);
}

void waitid_leaves_and_takes(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_fork(p, 20, &child);
    CALL(p, waitid, N(P_ALL), N(0), N(RESULTS), N(WNOHANG), N(0));
    program_result(p, -EINVAL);
    CALL(p, waitid, N(P_PID), X(20), N(RESULTS), N(WEXITED | WNOHANG), N(0));
    program_result(p, 0);
    program_load_int(p, 21, RESULTS + offsetof(struct abi_siginfo, si_pid));
    program_expect(p, X(21), N(0));
    CALL(p, waitid, N(P_PID), X(20), N(16), N(WEXITED), N(0));
    program_result(p, -EFAULT);
    CALL(p, waitid, N(P_PGID), N(0), N(RESULTS), N(WEXITED | WNOWAIT), N(RESULTS + 256));
    program_result(p, 0);
    program_load_int(p, 21, RESULTS + offsetof(struct abi_siginfo, si_pid));
    program_expect(p, X(21), X(20));
    program_load_int(p, 21, RESULTS + offsetof(struct abi_siginfo, si_status));
    program_expect(p, X(21), N(5));
    CALL(p, waitid, N(P_ALL), N(0), N(RESULTS), N(WSTOPPED), N(0));
    program_result(p, -ECHILD); /* a zombie does not stop any more */
    CALL(p, waitid, N(P_ALL), N(0), N(0), N(WEXITED), N(0));
    program_result(p, 0);
    CALL(p, waitid, N(P_ALL), N(0), N(0), N(WEXITED), N(0));
    program_result(p, -ECHILD);
    program_exit(p, 0);
    program_place(p, &child);
    program_yield(p, 40);
    program_exit(p, 5);
}

static void program_action(struct program *p, int signal, uint64_t handler, uint64_t flags)
{
    program_store(p, WORDS, handler);
    program_store(p, WORDS + 8, flags);
    program_store(p, WORDS + 16, 0);
    program_store(p, WORDS + 24, 0x10);
    CALL(p, rt_sigaction, N(signal), N(WORDS), N(RESULTS), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
}

/* Where a handler begins that does nothing. */
static uint64_t handler(struct program *p)
{
    struct label behind = {0};
    unsigned at = p->count + 1;

    program_jump(p, &behind);
    CALL(p, rt_sigreturn, N(0));
    program_place(p, &behind);
    return SCRIPT_PC(0, at);
}

/* With SIGCHLD ignored a child leaves nothing, and who waits for it is told so. */
void nobody_wants_zombies(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label first = {0};
    struct label second = {0};

    program_action(p, SIGCHLD, SIG_IGN, 0);
    program_fork(p, 20, &first);
    CALL(p, wait4, X(20), N(DATA), N(0), N(0));
    program_result(p, -ECHILD);
    CALL(p, kill, X(20), N(0));
    program_result(p, -ESRCH);
    program_action(p, SIGCHLD, SIG_DFL, SA_NOCLDWAIT);
    program_load(p, 21, RESULTS);
    program_expect(p, X(21), N(SIG_IGN));
    program_fork(p, 20, &second);
    CALL(p, wait4, N(-1), N(DATA), N(0), N(0));
    program_result(p, -ECHILD);
    program_exit(p, 0);
    program_place(p, &first);
    program_yield(p, 30);
    program_exit(p, 1);
    program_place(p, &second);
    program_exit(p, 2);
}

/* A blocked signal waits; it acts when it is let through, unless it is ignored by then. */
void signals_are_blocked(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_fork(p, 20, &child);
    program_wait(p, X(20), SIGUSR2);
    program_exit(p, 0);
    program_place(p, &child);
    CALL(p, getpid, N(0));
    program_move(p, 21, X(0));
    program_store(p, WORDS, UINT64_MAX);
    CALL(p, rt_sigprocmask, N(SIG_BLOCK), N(WORDS), N(RESULTS), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    CALL(p, kill, X(21), N(SIGUSR1));
    program_result(p, 0);
    CALL(p, tgkill, X(21), X(21), N(SIGUSR2));
    program_result(p, 0);
    CALL(p, tkill, X(21), N(SIGCHLD));
    program_result(p, 0);
    CALL(p, rt_sigpending, N(RESULTS), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    program_load(p, 22, RESULTS);
    program_expect(p, X(22), N(1 << (SIGUSR1 - 1) | 1 << (SIGUSR2 - 1) | 1 << (SIGCHLD - 1)));
    program_action(p, SIGUSR1, SIG_IGN, 0);
    CALL(p, rt_sigpending, N(RESULTS), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    program_load(p, 22, RESULTS);
    program_expect(p, X(22), N(1 << (SIGUSR2 - 1) | 1 << (SIGCHLD - 1)));
    program_store(p, WORDS, 0);
    CALL(p, rt_sigprocmask, N(SIG_SETMASK), N(WORDS), N(0), N(SIGNAL_SET_SIZE));
    program_exit(p, 1); /* not reached */
}

/* A child has its parent's actions until one of the two sets another; exec keeps what is
 * ignored. */
void actions_are_inherited(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_action(p, SIGUSR1, 0x1234, 7);
    program_action(p, SIGUSR2, SIG_IGN, 7);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(0));
    program_action(p, SIGUSR1, SIG_DFL, 0);
    program_load(p, 21, RESULTS);
    program_expect(p, X(21), N(0x1234));
    program_exit(p, 0);
    program_place(p, &child);
    program_action(p, SIGUSR1, 0x5678, 0);
    program_load(p, 21, RESULTS);
    program_expect(p, X(21), N(0x1234));
    program_load(p, 21, RESULTS + 24);
    program_expect(p, X(21), N(0x10));
    program_text(p, WORDS, "/p1");
    CALL(p, execve, N(WORDS), N(0), N(0));
    program_no_memory(p);
    program_exit(p, 5);
    p = &programs[1];
    CALL(p, rt_sigaction, N(SIGUSR1), N(0), N(RESULTS), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    program_load(p, 21, RESULTS);
    program_expect(p, X(21), N(SIG_DFL));
    CALL(p, rt_sigaction, N(SIGUSR2), N(0), N(RESULTS), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    program_load(p, 21, RESULTS);
    program_expect(p, X(21), N(SIG_IGN));
    program_exit(p, 0);
}

void sessions_and_groups(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    CALL(p, setsid, N(0));
    program_result(p, -EPERM);
    program_fork(p, 20, &child);
    CALL(p, wait4, X(20), N(DATA), N(0), N(0));
    program_no_memory(p);
    program_expect(p, X(0), X(20));
    program_exit(p, 0);
    program_place(p, &child);
    CALL(p, getpid, N(0));
    program_move(p, 21, X(0));
    CALL(p, setsid, N(0));
    program_expect(p, X(0), X(21));
    CALL(p, getsid, N(0));
    program_expect(p, X(0), X(21));
    CALL(p, getsid, N(1));
    program_result(p, 1);
    CALL(p, getpgid, N(0));
    program_expect(p, X(0), X(21));
    CALL(p, setpgid, N(0), N(1));
    program_result(p, -EPERM);
    CALL(p, setsid, N(0));
    program_result(p, -EPERM);
    program_exit(p, 0);
}

/* An orphan goes to the nearest subreaper, and is told of its first parent's end. */
void a_subreaper_inherits(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label reaper = {0};
    struct label middle = {0};
    struct label orphan = {0};

    program_fork(p, 20, &reaper);
    program_wait(p, X(20), STATUS(0));
    program_exit(p, 0);
    program_place(p, &reaper);
    CALL(p, prctl, N(PR_SET_CHILD_SUBREAPER), N(1));
    program_result(p, 0);
    CALL(p, getpid, N(0));
    program_move(p, 22, X(0));
    program_fork(p, 20, &middle);
    program_wait(p, X(20), STATUS(0));
    program_wait(p, N(-1), SIGHUP);
    program_exit(p, 0);
    program_place(p, &middle);
    program_fork(p, 21, &orphan);
    program_yield(p, 20);
    program_exit(p, 0);
    program_place(p, &orphan);
    CALL(p, prctl, N(PR_SET_PDEATHSIG), N(SIGHUP));
    program_result(p, 0);
    CALL(p, prctl, N(PR_GET_PDEATHSIG), N(RESULTS));
    program_result(p, 0);
    program_load_int(p, 24, RESULTS);
    program_expect(p, X(24), N(SIGHUP));
    CALL(p, read, N(0), N(DATA), N(1)); /* nothing comes; its first parent's end ends it */
    program_exit(p, 1);
}

void usage_adds_up(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_fork(p, 20, &child);
    CALL(p, wait4, X(20), N(DATA), N(0), N(RESULTS));
    program_no_memory(p);
    program_expect(p, X(0), X(20));
    program_load(p, 21, RESULTS + offsetof(struct abi_rusage, ru_stime) + 8);
    CALL(p, getrusage, N(RUSAGE_CHILDREN), N(RESULTS));
    program_result(p, 0);
    program_load(p, 22, RESULTS + offsetof(struct abi_rusage, ru_stime) + 8);
    program_expect(p, X(22), X(21));
    CALL(p, getrusage, N(5), N(RESULTS));
    program_result(p, -EINVAL);
    CALL(p, times, N(16));
    program_result(p, -EFAULT);
    CALL(p, times, N(RESULTS));
    program_exit(p, 0);
    program_place(p, &child);
    program_yield(p, 30);
    program_exit(p, 0);
}

/* A handler for SIGCHLD wakes a wait, which looks for its child before it looks at the signal. */
void a_wait_looks_before_it_ends(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};

    program_action(p, SIGCHLD, handler(p), 0);
    program_fork(p, 20, &child);
    program_wait(p, X(20), STATUS(3));
    program_exit(p, 0);
    program_place(p, &child);
    program_yield(p, 20);
    program_exit(p, 3);
}

/* What there is to say of turns where there is one CPU. */
void turns_are_talked_about(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];

    program_store(p, WORDS, 0);
    CALL(p, sched_setscheduler, N(0), N(0), N(WORDS));
    program_result(p, 0);
    CALL(p, sched_getscheduler, N(0));
    program_result(p, 0);
    CALL(p, sched_setparam, N(0), N(WORDS));
    program_result(p, 0);
    CALL(p, sched_getparam, N(0), N(RESULTS));
    program_result(p, 0);
    CALL(p, sched_getattr, N(0), N(RESULTS), N(48), N(0));
    program_result(p, 0);
    CALL(p, sched_setattr, N(0), N(RESULTS), N(0));
    program_result(p, 0);
    CALL(p, sched_get_priority_max, N(1));
    program_result(p, 99);
    CALL(p, sched_get_priority_min, N(1));
    program_result(p, 1);
    CALL(p, sched_rr_get_interval, N(0), N(RESULTS));
    program_result(p, 0);
    program_store(p, WORDS, 1);
    CALL(p, sched_setaffinity, N(0), N(8), N(WORDS));
    program_result(p, 0);
    CALL(p, sched_getaffinity, N(0), N(8), N(RESULTS));
    program_result(p, 8);
    CALL(p, getcpu, N(RESULTS), N(0), N(0));
    program_result(p, 0);
    CALL(p, membarrier, N(0), N(0), N(0));
    program_move(p, 20, X(0));
    program_exit(p, 0);
}

/* Signals with infos, which are waited for in each way that there is. */
void signals_are_waited_for(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    const uint64_t info = WORDS + 64;
    const uint64_t none = WORDS + 56;

    program_action(p, SIGUSR1, handler(p), 0);
    program_store(p, WORDS, (uint64_t)1 << (SIGUSR1 - 1));
    program_store(p, none, 0);
    program_store(p, info + 8, (uint32_t)SI_QUEUE);
    program_store(p, info + 16, 1);
    CALL(p, rt_sigprocmask, N(SIG_BLOCK), N(WORDS), N(0), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    CALL(p, rt_sigqueueinfo, N(1), N(SIGUSR1), N(info));
    program_result(p, 0);
    CALL(p, rt_sigtimedwait, N(WORDS), N(RESULTS), N(0), N(SIGNAL_SET_SIZE));
    program_result(p, SIGUSR1);
    CALL(p, rt_sigtimedwait, N(WORDS), N(RESULTS), N(none), N(SIGNAL_SET_SIZE));
    program_result(p, -EAGAIN);
    CALL(p, rt_tgsigqueueinfo, N(1), N(1), N(SIGUSR1), N(info));
    program_result(p, 0);
    CALL(p, rt_sigsuspend, N(none), N(SIGNAL_SET_SIZE));
    program_result(p, -EINTR);
    CALL(p, sigaltstack, N(0), N(RESULTS));
    program_result(p, 0);
    CALL(p, clock_getres, N(CLOCK_REALTIME), N(RESULTS));
    program_result(p, 0);
    CALL(p, clock_nanosleep, N(CLOCK_REALTIME), N(0), N(none), N(RESULTS));
    program_result(p, 0);
    CALL(p, futex, N(WORDS), N(FUTEX_WAKE), N(1));
    program_result(p, 0);
    CALL(p, get_robust_list, N(0), N(RESULTS), N(RESULTS + 8));
    program_result(p, 0);
    program_exit(p, 0);
}

/* Both kinds of timers are set, come, and are told of; the one that comes again has to be taken. */
void timers_send_signals(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    const uint64_t event = WORDS + 64;
    const uint64_t times = WORDS + 128;
    const uint64_t set = WORDS;

    program_store(p, set, (uint64_t)1 << (SIGALRM - 1) | (uint64_t)1 << (SIGUSR1 - 1));
    CALL(p, rt_sigprocmask, N(SIG_BLOCK), N(set), N(0), N(SIGNAL_SET_SIZE));
    program_result(p, 0);
    program_store(p, event + 8, SIGUSR1);
    CALL(p, timer_create, N(CLOCK_MONOTONIC), N(event), N(RESULTS));
    program_no_memory(p);
    program_store(p, times, 0);
    program_store(p, times + 8, 50000);
    program_store(p, times + 16, 0);
    program_store(p, times + 24, 50000);
    CALL(p, timer_settime, N(0), N(0), N(times), N(RESULTS));
    program_result(p, 0);
    CALL(p, timer_gettime, N(0), N(RESULTS));
    program_result(p, 0);
    CALL(p, rt_sigtimedwait, N(set), N(RESULTS), N(0), N(SIGNAL_SET_SIZE));
    program_result(p, SIGUSR1);
    CALL(p, timer_getoverrun, N(0));
    program_result(p, 0);
    CALL(p, timer_delete, N(0));
    program_result(p, 0);
    CALL(p, setitimer, N(ITIMER_REAL), N(times), N(RESULTS));
    program_result(p, 0);
    CALL(p, getitimer, N(ITIMER_REAL), N(RESULTS));
    program_result(p, 0);
    CALL(p, rt_sigtimedwait, N(set), N(RESULTS), N(0), N(SIGNAL_SET_SIZE));
    program_result(p, SIGALRM);
    program_exit(p, 0);
}

/* Who leaves nothing behind has given its children away before. */
void an_orphan_of_one_that_left_nothing(struct program programs[PROGRAMS])
{
    struct program *p = &programs[0];
    struct label child = {0};
    struct label orphan = {0};

    program_action(p, SIGCHLD, SIG_IGN, 0);
    program_fork(p, 20, &child);
    CALL(p, wait4, X(20), N(0), N(0), N(0));
    program_result(p, -ECHILD);
    CALL(p, wait4, N(-1), N(0), N(0), N(0)); /* until the orphan has ended too */
    program_result(p, -ECHILD);
    CALL(p, kill, N(-1), N(0));
    program_result(p, -ESRCH);
    program_exit(p, 0);
    program_place(p, &child);
    program_fork(p, 21, &orphan);
    program_exit(p, 1);
    program_place(p, &orphan);
    program_yield(p, 40);
    CALL(p, getppid, N(0));
    program_expect(p, X(0), N(1));
    program_exit(p, 2);
}
