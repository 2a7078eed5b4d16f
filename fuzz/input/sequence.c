#include "fuzz/input/sequence.h"

#include "abi/linux.h"
#include "fuzz/input/expiring.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/interrupted.h"
#include "fuzz/input/normal.h"
#include "fuzz/input/operands.h"
#include "fuzz/input/steps.h"

#define SVC_LOW NUMBER(0x0001) /* of an instruction that does nothing: svc #0 */
#define SVC_HIGH NUMBER(0xd400)

static const struct step fresh_code[] = {
    MAP(FIRST, 0, PAGE, READ_WRITE, MAP_PRIVATE),
    STORE(FIRST, RESULT(0, 2), SVC_HIGH, NUMBER(2)),
    STORE(FIRST, RESULT(0, 0), SVC_LOW, NUMBER(2)),
    CALL(FIRST, mprotect, RESULT(0, 0), NUMBER(PAGE), NUMBER(PROT_READ | PROT_EXEC)),
    JUMP(FIRST, RESULT(0, 0)),
};
static const struct step few_descriptors[] = {
    CALL(FIRST, prlimit64, NUMBER(0), NUMBER(RLIMIT_NOFILE), SLOT(limit_few), NUMBER(0)),
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    CALL(FIRST, dup, NUMBER(1)),
    CALL(FIRST, openat, NUMBER(AT_FDCWD), SLOT(path_text), NUMBER(O_RDONLY), NUMBER(0)),
    CALL(FIRST, dup, NUMBER(0)),
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    CALL(FIRST, fcntl, NUMBER(2), NUMBER(F_DUPFD), NUMBER(3)),
};
static const struct step group_of_waiter[] = {
    FORK(FIRST), FORK(0), WAIT(0, 0, 0), CALL(FIRST, setpgid, RESULT(0, 0), NUMBER(0)), EXIT(1),
};
static const struct step group_of_child[] = {
    FORK(FIRST), FORK(0), WAIT(0, 0, 0), CALL(1, setpgid, NUMBER(0), NUMBER(0)), EXIT(1),
};
static const struct step other_directory[] = {
    FORK(FIRST),
    CALL(0, chdir, SLOT(path_dir)),
    FORK(0),
    CALL(2, openat, NUMBER(AT_FDCWD), SLOT(path_relative), NUMBER(O_RDONLY), NUMBER(0)),
    CALL(2, getcwd, SLOT(buffer), NUMBER(64)),
    CALL(0, execve, SLOT(path_init), SLOT(argv_one), NUMBER(0)),
    CALL(0, openat, NUMBER(AT_FDCWD), SLOT(path_relative), NUMBER(O_RDONLY), NUMBER(0)),
};
static const struct step little_space[] = {
    MAP(FIRST, 0, 2 * PAGE, READ_WRITE, MAP_PRIVATE),
    CALL(FIRST, prlimit64, NUMBER(0), NUMBER(RLIMIT_AS), SLOT(limit_memory), NUMBER(0)),
    CALL(FIRST, mremap, RESULT(0, 0), NUMBER(PAGE), NUMBER(0x110000), NUMBER(MREMAP_MAYMOVE)),
};
static const struct step near_stack[] = {
    MAP(FIRST, FAR, PAGE, READ_WRITE, MAP_PRIVATE | MAP_FIXED),
    MAP(FIRST, FAR + 0x40000, PAGE, READ_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_GROWSDOWN),
    STORE(FIRST, NUMBER(FAR + 0x40000), NUMBER(7), NUMBER(8)),
    STORE(FIRST, NUMBER(FAR + 0x3f000), NUMBER(7), NUMBER(8)),
};
static const struct step far_stack[] = {
    MAP(FIRST, FAR, PAGE, READ_WRITE, MAP_PRIVATE | MAP_FIXED),
    MAP(FIRST, FAR + 0x103000, PAGE, READ_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_GROWSDOWN),
    STORE(FIRST, NUMBER(FAR + 0x101000), NUMBER(7), NUMBER(8)),
    STORE(FIRST, NUMBER(FAR + 0x100000), NUMBER(7), NUMBER(8)),
};

/* The writer waits for room in a full pipe when its last reader goes away. */
static const struct step lost_reader[] = {
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    MAP(FIRST, 0, LARGE, READ_WRITE, MAP_PRIVATE),
    FORK(FIRST),
    CALL(2, close, READER(0)),
    CALL(2, write, WRITER(0), RESULT(1, 0), NUMBER(LARGE)),
    CALL(FIRST, close, READER(0)),
    WAIT(FIRST, -1, 0),
};
static const struct step two_readers[] = {
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    FORK(FIRST),
    CALL(1, read, READER(0), SLOT(buffer), NUMBER(1)),
    FORK(FIRST),
    CALL(3, read, READER(0), SLOT(buffer), NUMBER(1)),
    CALL(FIRST, write, WRITER(0), SLOT(text), NUMBER(1)),
    CALL(1, getpgid, NUMBER(0)),
    CALL(FIRST, write, WRITER(0), SLOT(text), NUMBER(1)),
};
static const struct step slow_reader[] = {
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    MAP(FIRST, 0, LARGE, READ_WRITE, MAP_PRIVATE),
    FORK(FIRST),
    CALL(2, write, WRITER(0), RESULT(1, 0), NUMBER(LARGE)),
    CALL(FIRST, read, READER(0), RESULT(1, 0), NUMBER(100)),
    CALL(FIRST, read, READER(0), RESULT(1, 0), NUMBER(PAGE)),
    CALL(FIRST, read, READER(0), RESULT(1, 0), NUMBER(PIPE_SIZE)),
};
static const struct step impatient_writer[] = {
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(O_NONBLOCK)),
    MAP(FIRST, 0, LARGE, READ_WRITE, MAP_PRIVATE),
    CALL(FIRST, write, WRITER(0), RESULT(1, 0), NUMBER(PIPE_SIZE - PAGE)),
    CALL(FIRST, write, WRITER(0), RESULT(1, 0), NUMBER(LARGE)),
    CALL(FIRST, write, WRITER(0), RESULT(1, 0), NUMBER(1)),
    CALL(FIRST, read, READER(0), RESULT(1, 0), NUMBER(PAGE + 8)),
    CALL(FIRST, write, WRITER(0), RESULT(1, 0), NUMBER(LARGE)),
};
static const struct step failing_move[] = {
    MAP(FIRST, 0, 2 * PAGE, READ_WRITE, MAP_PRIVATE),
    STORE(FIRST, RESULT(0, 0), NUMBER(7), NUMBER(8)),
    STORE(FIRST, RESULT(0, PAGE), NUMBER(8), NUMBER(8)),
    FAIL(FIRST, mremap, RESULT(0, 0), NUMBER(2 * PAGE), NUMBER(2 * PAGE),
         NUMBER(MREMAP_MAYMOVE | MREMAP_FIXED), NUMBER(FAR - PAGE)),
};
static const struct step clone_execs[] = {
    FORK(FIRST),
    CALL(0, clone, NUMBER(SIGTERM)),
    WAIT(0, -1, WCLONE),
    CALL(1, execve, SLOT(path_init), SLOT(argv_one), NUMBER(0)),
    EXIT(1),
};
static const struct step silent_clone[] = {
    FORK(FIRST),
    CALL(0, clone, NUMBER(0)),
    WAIT(0, -1, WCLONE),
    EXIT(1),
};
static const struct step file_is_kept[] = {
    CALL(FIRST, openat, NUMBER(AT_FDCWD), SLOT(path_pages), NUMBER(O_RDONLY), NUMBER(0)),
    CALL(FIRST, mmap, NUMBER(0), NUMBER(PAGE), NUMBER(PROT_READ), NUMBER(MAP_SHARED), RESULT(0, 0),
         NUMBER(0)),
    LOAD(FIRST, RESULT(1, 0), NUMBER(8)),
    CALL(FIRST, mprotect, RESULT(1, 0), NUMBER(PAGE), NUMBER(READ_WRITE)),
    STORE(FIRST, RESULT(1, 0), NUMBER(7), NUMBER(8)),
};
static const struct step group_of_fork[] = {
    FORK(FIRST),
    CALL(0, setpgid, NUMBER(0), NUMBER(0)),
    STORE(0, SLOT(status), RESULT(0, 0), NUMBER(4)),
    CALL(0, ioctl, NUMBER(0), NUMBER(TIOCSPGRP), SLOT(status)),
    FORK_IN_WINDOW(0),
    CALL(4, getpid, NUMBER(0)),
};
static const struct step shared_later[] = {
    MAP(FIRST, 0, PAGE, PROT_READ, MAP_SHARED),
    FORK(FIRST),
    LOAD(1, RESULT(0, 0), NUMBER(8)),
    LOAD(FIRST, RESULT(0, 0), NUMBER(8)),
    CALL(FIRST, mprotect, RESULT(0, 0), NUMBER(PAGE), NUMBER(READ_WRITE)),
    STORE(FIRST, RESULT(0, 0), NUMBER(7), NUMBER(8)),
    LOAD(1, RESULT(0, 0), NUMBER(8)),
};

/* Two wait for a word of shared memory, the one for good, and are woken in their order. */
static const struct step two_waiters[] = {
    MAP(FIRST, 0, PAGE, READ_WRITE, MAP_SHARED),
    FORK(FIRST),
    FORK(FIRST),
    FUTEX(1, FUTEX_WAIT, 0, 0, 0, 0, 0),
    FUTEX(2, FUTEX_WAIT_BITSET, 0, 0, 0, 0, 2),
    FUTEX(FIRST, FUTEX_WAKE, 0, 1, 0, 0, 0),
    FUTEX(FIRST, FUTEX_WAKE_BITSET, 0, 1, 0, 0, 1),
    FUTEX(FIRST, FUTEX_WAKE, 0, 1, 0, 0, 0),
};
static const struct step moved_waiter[] = {
    MAP(FIRST, 0, 2 * PAGE, READ_WRITE, MAP_SHARED),
    FORK(FIRST),
    FORK(FIRST),
    FUTEX(1, FUTEX_WAIT, 0, 0, 0, 0, 0),
    FUTEX(2, FUTEX_WAIT, 0, 0, 0, 0, 0),
    FUTEX(FIRST, FUTEX_CMP_REQUEUE, 0, 1, 1, PAGE, 0),
    FUTEX(FIRST, FUTEX_WAKE, 0, 1, 0, 0, 0),
    FUTEX(FIRST, FUTEX_WAKE, PAGE, 1, 0, 0, 0),
};
static const struct step impatient_waiter[] = {
    MAP(FIRST, 0, PAGE, READ_WRITE, MAP_SHARED),
    FORK(FIRST),
    CALL(1, futex, RESULT(0, 0), NUMBER(FUTEX_WAIT), NUMBER(0), SLOT(time_short)),
    CALL(FIRST, nanosleep, SLOT(time_second), NUMBER(0)),
    FUTEX(FIRST, FUTEX_WAKE, 0, 1, 0, 0, 0),
};
static const struct step word_of_one_space[] = {
    CALL(FIRST, clone, NUMBER(CLONE_VM | SIGCHLD)),
    CALL(0, futex, SLOT(futex), NUMBER(FUTEX_WAIT | FUTEX_PRIVATE_FLAG), NUMBER(0), NUMBER(0)),
    CALL(FIRST, futex, SLOT(futex), NUMBER(FUTEX_WAKE), NUMBER(1)),
    CALL(FIRST, futex, SLOT(futex), NUMBER(FUTEX_WAKE | FUTEX_PRIVATE_FLAG), NUMBER(1)),
};

/* Whoever owns a word of shared memory goes, and tells of it. */
#define ROBUST(who, list) CALL(who, set_robust_list, SLOT(list), NUMBER(24))
static const struct step lost_owner[] = {
    MAP(FIRST, FAR, PAGE, READ_WRITE, MAP_SHARED | MAP_FIXED),
    FORK(FIRST),
    FORK(FIRST),
    FUTEX(2, FUTEX_WAIT, 0, 0, 0, 0, 0),
    STORE(1, NUMBER(FAR), RESULT(1, 0), NUMBER(4)),
    FUTEX(1, FUTEX_WAKE_OP, 8, 1, 1, 0, 0xa201f001),
    ROBUST(1, robust_far),
    EXIT(1),
    LOAD(FIRST, NUMBER(FAR), NUMBER(4)),
};
static const struct step lost_release[] = {
    MAP(FIRST, FAR, PAGE, READ_WRITE, MAP_SHARED | MAP_FIXED),
    FORK(FIRST),
    FORK(FIRST),
    FUTEX(1, FUTEX_WAIT, 0, 0, 0, 0, 0),
    ROBUST(2, robust_far_pending),
    CALL(2, execve, SLOT(path_init), SLOT(argv_one), NUMBER(0)),
    CALL(2, get_robust_list, NUMBER(0), SLOT(robust_head), SLOT(robust_length)),
};

/* Who joins a thread waits for its number to be cleared. */
static const struct step cleared_number[] = {
    CALL(FIRST, clone, NUMBER(CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD), NUMBER(0), NUMBER(0),
         NUMBER(0), SLOT(futex)),
    CALL(FIRST, clone, NUMBER(CLONE_VM | SIGCHLD)),
    CALL(1, futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), NUMBER(0)),
    EXIT(0),
};

/* Who waits for signals to read has one to read, one with a handler, or another set. */
static const struct step signals_are_read[] = {
    CALL(FIRST, rt_sigprocmask, NUMBER(SIG_BLOCK), SLOT(set_term), NUMBER(0),
         NUMBER(SIGNAL_SET_SIZE)),
    CALL(FIRST, rt_sigaction, NUMBER(SIGCHLD), SLOT(action_handle), NUMBER(0),
         NUMBER(SIGNAL_SET_SIZE)),
    CALL(FIRST, signalfd4, NUMBER(-1), SLOT(set_term), NUMBER(SIGNAL_SET_SIZE), NUMBER(0)),
    FORK(FIRST),
    CALL(3, readv, RESULT(2, 0), SLOT(iov_signals), NUMBER(2)),
    CALL(FIRST, kill, RESULT(3, 0), NUMBER(SIGTERM)),
    CALL(FIRST, rt_sigqueueinfo, RESULT(3, 0), NUMBER(SIGUSR1), SLOT(info_queued)),
    CALL(FIRST, signalfd4, RESULT(2, 0), SLOT(set_all), NUMBER(SIGNAL_SET_SIZE), NUMBER(0)),
    CALL(FIRST, kill, RESULT(3, 0), NUMBER(SIGCHLD)),
    CALL(3, read, RESULT(2, 0), SLOT(buffer), NUMBER(256)),
};
static const struct step child_by_descriptor[] = {
    FORK(FIRST),
    CALL(FIRST, pidfd_open, RESULT(0, 0), NUMBER(0)),
    CALL(FIRST, pidfd_send_signal, RESULT(1, 0), NUMBER(SIGTERM), SLOT(info_queued), NUMBER(0)),
    CALL(FIRST, waitid, NUMBER(P_PIDFD), RESULT(1, 0), SLOT(info), NUMBER(WEXITED), NUMBER(0)),
    CALL(FIRST, pidfd_send_signal, RESULT(1, 0), NUMBER(0), NUMBER(0), NUMBER(0)),
};

/* What waits is charged to the user that one was then: as much fits once more for another. */
#define QUEUE CALL(0, rt_sigqueueinfo, RESULT(0, 0), NUMBER(40), SLOT(info_queued))
static const struct step charged_to_two[] = {
    FORK(FIRST),
    CALL(0, rt_sigprocmask, NUMBER(SIG_BLOCK), SLOT(set_all), NUMBER(0), NUMBER(SIGNAL_SET_SIZE)),
    CALL(0, prlimit64, NUMBER(0), NUMBER(RLIMIT_SIGPENDING), SLOT(limit_one), NUMBER(0)),
    QUEUE,
    CALL(0, setresuid, NUMBER(1), NUMBER(-1), NUMBER(-1)),
    CALL(0, timer_create, NUMBER(CLOCK_MONOTONIC), SLOT(event_queued), SLOT(id)),
    QUEUE,
    CALL(0, setresuid, NUMBER(0), NUMBER(-1), NUMBER(-1)),
    CALL(0, rt_sigtimedwait, SLOT(set_all), SLOT(info), SLOT(time_zero), NUMBER(SIGNAL_SET_SIZE)),
    QUEUE,
};

/* Another process has the number of one that a descriptor still stands for. */
static const struct step number_comes_again[] = {
    FORK(FIRST),
    CALL(FIRST, pidfd_open, RESULT(0, 0), NUMBER(0)),
    STORE(FIRST, SLOT(chosen), RESULT(0, 0), NUMBER(4)),
    EXIT(0),
    WAIT(FIRST, -1, 0),
    CALL(FIRST, clone3, SLOT(clone_chosen), NUMBER(sizeof(struct abi_clone_args))),
    CALL(FIRST, pidfd_send_signal, RESULT(1, 0), NUMBER(SIGKILL), NUMBER(0), NUMBER(0)),
    CALL(FIRST, waitid, NUMBER(P_PIDFD), RESULT(1, 0), SLOT(info), NUMBER(WEXITED | WNOHANG),
         NUMBER(0)),
    CALL(FIRST, pidfd_open, RESULT(5, 0), NUMBER(0)),
};

/* Two threads and a word: one waits, by itself or until another ends. */
#define THREAD_SHARED (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
#define THREAD(who) CALL(who, clone, NUMBER(THREAD_SHARED))
static const struct step woken_thread[] = {
    FORK(FIRST),
    THREAD(0),
    CALL(1, futex, SLOT(futex), NUMBER(FUTEX_WAIT | FUTEX_PRIVATE_FLAG), NUMBER(0), NUMBER(0)),
    STORE(0, SLOT(futex), NUMBER(1), NUMBER(4)),
    CALL(0, futex, SLOT(futex), NUMBER(FUTEX_WAKE | FUTEX_PRIVATE_FLAG), NUMBER(1), NUMBER(0)),
};
static const struct step joined_thread[] = {
    FORK(FIRST),
    CALL(0, clone, NUMBER(THREAD_SHARED | CLONE_CHILD_CLEARTID), NUMBER(0), NUMBER(0), NUMBER(0),
         SLOT(futex)),
    CALL(0, futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), NUMBER(0)),
    CALL(1, exit, NUMBER(0)),
};

/* A thread runs a program while others wait, and one of them ends all. */
static const struct step exec_of_many[] = {
    FORK(FIRST),
    THREAD(0),
    THREAD(0),
    CALL(2, futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), NUMBER(0)),
    CALL(1, execve, SLOT(path_init), SLOT(argv_one), NUMBER(0)),
    CALL(0, exit_group, NUMBER(3)),
    WAIT(FIRST, -1, 0),
};

/* The first thread ends, and the process with its last one. */
static const struct step first_ends[] = {
    FORK(FIRST),
    THREAD(0),
    CALL(0, exit, NUMBER(1)),
    WAIT(FIRST, -1, WNOHANG),
    FORK(1),
    CALL(1, exit, NUMBER(2)),
    WAIT(FIRST, -1, 0),
};

/* A signal to a process whose threads block different ones. */
static const struct step signal_for_another[] = {
    FORK(FIRST),
    THREAD(0),
    CALL(0, rt_sigaction, NUMBER(SIGUSR1), SLOT(action_handle), NUMBER(0), NUMBER(SIGNAL_SET_SIZE)),
    CALL(0, rt_sigprocmask, NUMBER(SIG_BLOCK), SLOT(set_term), NUMBER(0), NUMBER(SIGNAL_SET_SIZE)),
    CALL(1, futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), NUMBER(0)),
    CALL(0, kill, RESULT(0, 0), NUMBER(SIGUSR1)),
    CALL(0, tgkill, RESULT(0, 0), RESULT(1, 0), NUMBER(SIGTERM)),
};

/* A call that waits keeps its file, when another thread closes the descriptor. */
static const struct step closed_by_another[] = {
    FORK(FIRST),
    THREAD(0),
    CALL(0, pipe2, SLOT(fds), NUMBER(0)),
    CALL(1, read, READER(2), SLOT(buffer), NUMBER(8)),
    CALL(0, close, READER(2)),
    CALL(0, write, WRITER(2), SLOT(text), NUMBER(5)),
};

/* A handler on an alternate stack, whose place is known: what its frame says is changed, or not,
 * before it returns. The second call is caught, and is made behind the return. */
#define FRAME (IMAGE_ZEROS + 8192 - 16 - sizeof(struct abi_sigframe))
#define IN_FRAME(member) NUMBER(FRAME + offsetof(struct abi_sigframe, member))
#define CATCH_ON_STACK                                                                             \
    CALL(FIRST, sigaltstack, SLOT(altstack_zeros), NUMBER(0)),                                     \
        CALL(FIRST, rt_sigaction, NUMBER(SIGUSR1), SLOT(action_onstack), NUMBER(0),                \
             NUMBER(SIGNAL_SET_SIZE)),                                                             \
        CALL(FIRST, kill, NUMBER(0), NUMBER(SIGUSR1)), CALL(FIRST, getpid)
static const struct step handler_returns[] = {
    CATCH_ON_STACK,
    CALL(FIRST, sigaltstack, NUMBER(0), SLOT(altstack)),
    CALL(FIRST, rt_sigreturn),
};
static const struct step handler_changes_mask[] = {
    CATCH_ON_STACK,
    STORE(FIRST, IN_FRAME(uc.uc_sigmask), NUMBER(-1), NUMBER(8)),
    STORE(FIRST, IN_FRAME(uc.uc_stack.ss_flags), NUMBER(SS_DISABLE), NUMBER(4)),
    CALL(FIRST, rt_sigreturn),
};
static const struct step handler_wants_privilege[] = {
    CATCH_ON_STACK,
    STORE(FIRST, IN_FRAME(uc.uc_mcontext.pstate), NUMBER(5), NUMBER(8)),
    CALL(FIRST, rt_sigreturn),
};
static const struct step handler_spoils_records[] = {
    CATCH_ON_STACK,
    STORE(FIRST, IN_FRAME(uc.uc_mcontext.reserved[528]), NUMBER(ESR_MAGIC), NUMBER(4)),
    CALL(FIRST, rt_sigreturn),
};

/* A child is stopped in a call, and goes on. */
#define STOP(step) KILL(FIRST, step, SIGSTOP)
#define SIGACTION(who, signal, action)                                                             \
    CALL(who, rt_sigaction, NUMBER(signal), SLOT(action), NUMBER(0), NUMBER(SIGNAL_SET_SIZE))
static const struct step stop_in_read[] = {
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    FORK(FIRST),
    CALL(1, read, READER(0), SLOT(buffer), NUMBER(8)),
    STOP(1),
    WAIT(FIRST, -1, WUNTRACED),
    GO_ON(1),
    WAIT(FIRST, -1, WCONTINUED),
    CALL(FIRST, write, WRITER(0), SLOT(text), NUMBER(8)),
};
static const struct step stop_in_write[] = {
    CALL(FIRST, pipe2, SLOT(fds), NUMBER(0)),
    MAP(FIRST, 0, LARGE, READ_WRITE, MAP_PRIVATE),
    FORK(FIRST),
    CALL(2, write, WRITER(0), RESULT(1, 0), NUMBER(LARGE)),
    STOP(2),
    WAIT(FIRST, -1, WUNTRACED),
    GO_ON(2),
    CALL(FIRST, read, READER(0), RESULT(1, 0), NUMBER(PAGE)),
};
static const struct step stop_in_sleep[] = {
    FORK(FIRST),
    CALL(0, nanosleep, SLOT(time_second), NUMBER(IMAGE_ZEROS)),
    STOP(0),
    CALL(FIRST, nanosleep, SLOT(time_short), NUMBER(0)),
    GO_ON(0),
    WAIT(FIRST, -1, WCONTINUED),
    LOAD(0, NUMBER(IMAGE_ZEROS), NUMBER(8)),
};
static const struct step stop_in_futex[] = {
    MAP(FIRST, 0, PAGE, READ_WRITE, MAP_SHARED),
    FORK(FIRST),
    CALL(1, futex, RESULT(0, 0), NUMBER(FUTEX_WAIT), NUMBER(0), SLOT(time_second)),
    STOP(1),
    FUTEX(FIRST, FUTEX_WAKE, 0, 1, 0, 0, 0),
    GO_ON(1),
    FUTEX(FIRST, FUTEX_WAKE, 0, 1, 0, 0, 0),
};
static const struct step stop_in_suspend[] = {
    FORK(FIRST),
    SIGACTION(0, SIGUSR1, action_handle),
    CALL(0, rt_sigsuspend, SLOT(set_child), NUMBER(SIGNAL_SET_SIZE)),
    STOP(0),
    GO_ON(0),
    KILL(FIRST, 0, SIGUSR1),
};
static const struct step stop_in_timedwait[] = {
    FORK(FIRST),
    CALL(0, rt_sigprocmask, NUMBER(SIG_BLOCK), SLOT(set_term), NUMBER(0), NUMBER(SIGNAL_SET_SIZE)),
    CALL(0, rt_sigtimedwait, SLOT(set_term), NUMBER(0), NUMBER(0), NUMBER(SIGNAL_SET_SIZE)),
    STOP(0),
    KILL(FIRST, 0, SIGTERM),
    GO_ON(0),
};
static const struct step stop_in_vfork[] = {
    FORK(FIRST), CALL(0, clone, NUMBER(CLONE_VM | CLONE_VFORK | SIGCHLD)),
    STOP(0),     CALL(FIRST, wait4, NUMBER(-1), SLOT(status), NUMBER(WUNTRACED | WNOHANG)),
    EXIT(1),     WAIT(FIRST, -1, WUNTRACED),
    GO_ON(0),
};
static const struct step stop_and_catch[] = {
    FORK(FIRST),
    SIGACTION(0, SIGCONT, action_restart),
    SIGACTION(FIRST, SIGCHLD, action_handle),
    CALL(0, nanosleep, SLOT(time_second), NUMBER(IMAGE_ZEROS)),
    STOP(0),
    GO_ON(0),
};
static const struct step stop_of_threads[] = {
    FORK(FIRST),
    CALL(0, clone, NUMBER(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)),
    CALL(1, nanosleep, SLOT(time_second), NUMBER(IMAGE_ZEROS)),
    STOP(0),
    WAIT(FIRST, -1, WUNTRACED),
    GO_ON(0),
    WAIT(FIRST, -1, WCONTINUED),
};

static const struct step killed_while_stopped[] = {
    FORK(FIRST),
    THREAD(0),
    CALL(1, futex, SLOT(futex), NUMBER(FUTEX_WAIT), NUMBER(0), NUMBER(0)),
    STOP(0),
    WAIT(FIRST, -1, WUNTRACED),
    KILL(FIRST, 0, SIGKILL),
    WAIT(FIRST, -1, 0),
};
static const struct step handler_in_handler[] = {
    FORK(FIRST),
    SIGACTION(0, SIGUSR1, action_handle),
    SIGACTION(0, SIGTERM, action_restart),
    KILL(FIRST, 0, SIGUSR1),
    CALL(0, getpid),
    KILL(FIRST, 0, SIGTERM),
    CALL(0, getpid),
    CALL(0, rt_sigreturn),
    CALL(0, rt_sigreturn),
};

/* A stop that is looked at twice, and one that is taken back. */
#define WAITID(options)                                                                            \
    CALL(FIRST, waitid, NUMBER(P_ALL), NUMBER(0), NUMBER(IMAGE_ZEROS), NUMBER(options))
static const struct step untold_stop[] = {
    FORK(FIRST),
    STOP(0),
    WAITID(WSTOPPED | WNOWAIT),
    WAITID(WSTOPPED),
    WAITID(WSTOPPED | WNOHANG),
    GO_ON(0),
    STOP(0),
    WAITID(WCONTINUED | WNOHANG),
};

/* The only one outside who would see to a job that is stopped goes, and the job is told. */
static const struct step lost_shell[] = {
    FORK(FIRST),
    CALL(0, setpgid, NUMBER(0), NUMBER(0)),
    FORK(0),
    CALL(2, setpgid, NUMBER(0), NUMBER(0)),
    SIGACTION(2, SIGHUP, action_ignore),
    KILL(FIRST, 2, SIGTSTP),
    EXIT(0),
    KILL(FIRST, 2, SIGTSTP),
};

static const struct {
    const struct step *steps;
    unsigned count;
} kinds[] = {
    KIND(fresh_code),
    KIND(few_descriptors),
    KIND(group_of_waiter),
    KIND(group_of_child),
    KIND(other_directory),
    KIND(little_space),
    KIND(near_stack),
    KIND(far_stack),
    KIND(lost_reader),
    KIND(slow_reader),
    KIND(impatient_writer),
    KIND(failing_move),
    KIND(clone_execs),
    KIND(silent_clone),
    KIND(file_is_kept),
    KIND(shared_later),
    KIND(two_readers),
    KIND(group_of_fork),
    KIND(two_waiters),
    KIND(moved_waiter),
    KIND(lost_owner),
    KIND(lost_release),
    KIND(cleared_number),
    KIND(impatient_waiter),
    KIND(word_of_one_space),
    KIND(signals_are_read),
    KIND(child_by_descriptor),
    KIND(charged_to_two),
    KIND(number_comes_again),
    KIND(woken_thread),
    KIND(joined_thread),
    KIND(exec_of_many),
    KIND(first_ends),
    KIND(signal_for_another),
    KIND(closed_by_another),
    KIND(handler_returns),
    KIND(handler_changes_mask),
    KIND(handler_wants_privilege),
    KIND(handler_spoils_records),
    KIND(stop_in_read),
    KIND(stop_in_write),
    KIND(stop_in_sleep),
    KIND(stop_in_futex),
    KIND(stop_in_suspend),
    KIND(stop_in_timedwait),
    KIND(stop_in_vfork),
    KIND(stop_and_catch),
    KIND(stop_of_threads),
    KIND(killed_while_stopped),
    KIND(handler_in_handler),
    KIND(untold_stop),
    KIND(lost_shell),
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), INTERRUPTED_ONE_IN = 8, EXPIRING_ONE_IN = 12 };

/* ---- choosing ---- */

static const uint8_t actions[] = {SLOT_action_handle, SLOT_action_restart, SLOT_action_onstack,
                                  SLOT_action_ignore, SLOT_action_default};

/* Signals that keys or timers send. */
static const struct {
    uint8_t signal;
    uint8_t event; /* slot of a timer that sends it */
} sent[] = {
    {SIGUSR1, SLOT_event_user}, {SIGTERM, SLOT_event_end},   {SIGTSTP, SLOT_event_stop},
    {40, SLOT_event_queued},    {SIGCHLD, SLOT_event_child}, {SIGINT, SLOT_event_user},
    {SIGQUIT, SLOT_event_user},
};

enum { SENT = sizeof(sent) / sizeof(sent[0]) };

void sequence_begin(struct sequence *sequence, struct context *context)
{
    struct random *random = context->random;
    unsigned kind = random_below(random, KINDS);

    if (random_below(random, INTERRUPTED_ONE_IN) == 0) {
        kind = KINDS + random_below(random, interrupted_kinds);
    } else if (random_below(random, EXPIRING_ONE_IN) == 0) {
        kind = KINDS + interrupted_kinds + random_below(random, expiring_kinds);
    }
    *sequence = (struct sequence){.kind = (uint8_t)kind, .goes_on = true};
    /* One behind the other, for all compilers the same. */
    sequence->signal = (uint8_t)random_below(random, SENT);
    sequence->action = actions[random_below(random, sizeof(actions))];
    sequence->actor = context->people[context_child(context)].actor;
}

bool sequence_is_due(const struct sequence *sequence, struct context *context)
{
    return sequence->goes_on && random_below(context->random, 4) != 0;
}

static struct operand fit_operand(const struct sequence *sequence, struct operand operand,
                                  unsigned kind)
{
    unsigned count;
    const int64_t *values = insn_values(kind, &count);

    if (operand.kind == OPERAND_RESULT) {
        operand.index = sequence->at[operand.index];
        return operand;
    }
    for (unsigned i = 0; operand.kind == OPERAND_NUMBER && i < count; i++) {
        if (values[i] == operand.value && number_encodable(operand.value) != operand.value) {
            return (struct operand){OPERAND_NAMED, (uint8_t)i, 0, 0};
        }
    }
    return operand;
}

static void draw(const struct sequence *sequence, struct random *random, struct insn *insn,
                 enum drawn drawn, unsigned profile)
{
    static const uint8_t keys[] = {3, 26, 28}; /* Ctrl-C, Ctrl-Z, Ctrl-\ */
    unsigned first = drawn == DRAWN_KEY ? WINDOW_INTERRUPT_KEY : WINDOW_TIMER;

    switch (drawn) {
    case DRAWN_FAILURE:
        insn->fail_nth = profile >= GENERATE_FAILURES ? (uint8_t)(1 + random_below(random, 8)) : 0;
        break;
    case DRAWN_KEY:
    case DRAWN_WINDOW:
        if (profile >= GENERATE_SCHEDULES && (drawn == DRAWN_KEY || random_below(random, 2))) {
            insn->window = (uint8_t)(1 + random_below(random, 4));
            insn->window_event = (uint8_t)(first + random_below(random, WINDOW_EVENTS - first));
        }
        break;
    case DRAWN_ACTION:
        insn->args[0] = operand_number(sent[sequence->signal].signal);
        insn->args[1] = operand_slot(sequence->action);
        break;
    case DRAWN_EVENT:
        insn->args[1] = operand_slot(sent[sequence->signal].event);
        break;
    case DRAWN_TYPED:
        insn->args[0] = operand_number(keys[random_below(random, sizeof(keys))]);
        break;
    default:
        break;
    }
}

static const struct step *find_step(const struct sequence *sequence, unsigned *count)
{
    unsigned kind = sequence->kind;

    if (kind < KINDS) {
        *count = kinds[kind].count;
        return &kinds[kind].steps[sequence->step];
    }
    kind -= KINDS;
    if (kind < interrupted_kinds) {
        *count = interrupted_count(kind);
        return interrupted_step(kind, sequence->step);
    }
    kind -= interrupted_kinds;
    *count = expiring_count(kind);
    return expiring_step(kind, sequence->step);
}

void sequence_make(struct sequence *sequence, struct context *context, struct insn *insn,
                   unsigned index, unsigned profile)
{
    unsigned count;
    const struct step *step = find_step(sequence, &count);
    const struct insn_type *type = insn_type_find(step->op, step->nr);
    unsigned actor = step->who == FIRST ? sequence->actor : sequence->at[step->who] + 1u;

    *insn = (struct insn){.preempt = INSN_NOBODY};
    insn->op = step->op;
    insn->nr = step->nr;
    insn->actor = (uint8_t)actor;
    context->who = context_index(context, actor);
    for (unsigned i = 0; i < type->arg_count; i++) {
        insn->args[i] = fit_operand(sequence, step->args[i], type->kinds[i]);
    }
    draw(sequence, context->random, insn, (enum drawn)step->drawn, profile);
    sequence->at[sequence->step++] = (uint8_t)index;
    sequence->goes_on = sequence->step < count;
}
