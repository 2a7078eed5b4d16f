/* Files that stand for processes: pidfd_open, pidfd_send_signal, waitid, clone with CLONE_PIDFD. */
#include "fs/pidfd.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/pid.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define INFO_AT CALLS_DATA
#define FD_AT (CALLS_DATA + 512)
#define ARGS_AT (CALLS_DATA + 1024)

enum { FIRST = 3 };

static struct process *init;
static struct process *child;

static void begin(void)
{
    init = calls_begin();
    child = calls_fork(init);
    EXPECT_EQ(CALL(init, pidfd_open, 2, 0), FIRST);
}

static int64_t wait_by(int fd, unsigned options)
{
    return CALL(init, waitid, P_PIDFD, (uint64_t)fd, INFO_AT, options, 0);
}

static int64_t send(int signal)
{
    return CALL(init, pidfd_send_signal, FIRST, (uint64_t)signal, 0, 0);
}

TEST(pidfd_open_refuses)
{
    begin();
    EXPECT_EQ(CALL(init, pidfd_open, 9, 0), -ESRCH);
    EXPECT_EQ(CALL(init, pidfd_open, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, pidfd_open, (uint64_t)-1, 0), -EINVAL);
    EXPECT_EQ(CALL(init, pidfd_open, 2, O_CLOEXEC), -EINVAL);
    const struct thread *thread = calls_thread(init->thread);
    EXPECT_EQ(CALL(init, pidfd_open, (uint64_t)thread->tid, 0), -EINVAL); /* not the leader */
    init->limits[RLIMIT_NOFILE].rlim_cur = 4;
    EXPECT_EQ(CALL(init, pidfd_open, 2, 0), -EMFILE);
    EXPECT_EQ(child->pid->holds, 1);
    fixture_end();
}

/* A group outlives the process that it is named after. */
TEST(pidfd_open_of_a_group)
{
    begin();
    EXPECT_EQ(CALL(child, setpgid, 0, 0), 0);
    calls_fork(child);
    calls_exit(child, 0);
    EXPECT_EQ(wait_by(FIRST, WEXITED), 0);
    EXPECT_EQ(CALL(init, pidfd_open, 2, 0), -EINVAL);
    fixture_end();
}

TEST(pidfd_open_without_memory)
{
    begin();
    inject_arm(1, true);
    EXPECT_EQ(CALL(init, pidfd_open, 2, 0), -ENOMEM);
    inject_arm(0, false);
    EXPECT_EQ(child->pid->holds, 1);
    fixture_end();
}

TEST(pidfd_is_a_file_without_a_name)
{
    struct abi_stat status;

    begin();
    EXPECT_EQ(CALL(init, fcntl, FIRST, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, FIRST, F_GETFL), O_RDWR);
    EXPECT_EQ(CALL(init, fstat, FIRST, INFO_AT), 0);
    calls_get(INFO_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_mode, 0600);
    EXPECT_EQ(status.st_nlink, 1);
    EXPECT_EQ(CALL(init, read, FIRST, INFO_AT, 8), -EINVAL);
    EXPECT_EQ(CALL(init, readv, FIRST, 0, 0), -EINVAL);
    EXPECT_EQ(CALL(init, write, FIRST, INFO_AT, 8), -EINVAL);
    EXPECT_EQ(CALL(init, lseek, FIRST, 0, SEEK_SET), -ESPIPE);
    EXPECT_EQ(CALL(init, pread64, FIRST, INFO_AT, 8, 0), -ESPIPE);
    EXPECT_EQ(CALL(init, mmap, 0, PAGE_SIZE, PROT_READ, MAP_PRIVATE, FIRST, 0), -ENODEV);
    fixture_end();
}

TEST(pidfd_send_signal_as_kill)
{
    struct abi_siginfo info = {.si_signo = SIGTERM, .si_code = SI_QUEUE};

    begin();
    EXPECT_EQ(send(0), 0);
    EXPECT_EQ(send(65), -EINVAL);
    EXPECT_EQ(CALL(init, pidfd_send_signal, FIRST, 0, 0, 1), -EINVAL);
    EXPECT_EQ(CALL(init, pidfd_send_signal, 0, 0, 0, 0), -EBADF);
    EXPECT_EQ(CALL(init, pidfd_send_signal, 99, 0, 0, 0), -EBADF);
    EXPECT_EQ(CALL(init, pidfd_send_signal, FIRST, SIGTERM, CALLS_NOWHERE, 0), -EFAULT);
    calls_put(INFO_AT, &info, sizeof(info));
    EXPECT_EQ(CALL(init, pidfd_send_signal, FIRST, SIGHUP, INFO_AT, 0), -EINVAL);
    info.si_code = SI_TKILL;
    calls_put(INFO_AT, &info, sizeof(info));
    EXPECT_EQ(CALL(init, pidfd_send_signal, FIRST, SIGTERM, INFO_AT, 0), -EPERM);
    EXPECT_EQ(child->signals.fatal, 0);
    EXPECT_EQ(send(SIGTERM), 0);
    EXPECT_EQ(child->signals.fatal, SIGTERM);
    fixture_end();
}

/* To oneself anything may be said; but another thread is somebody else. */
TEST(pidfd_send_signal_to_oneself)
{
    struct abi_siginfo info = {.si_signo = SIGCHLD, .si_code = SI_USER};

    begin();
    EXPECT_EQ(CALL(init, pidfd_open, 1, 0), FIRST + 1);
    calls_put(INFO_AT, &info, sizeof(info));
    EXPECT_EQ(CALL(init, pidfd_send_signal, FIRST + 1, SIGCHLD, INFO_AT, 0), 0);
    struct thread *other = calls_thread(init->thread);
    EXPECT_EQ(CALL_IN(other, pidfd_send_signal, FIRST + 1, SIGCHLD, INFO_AT, 0), -EPERM);
    EXPECT_EQ(CALL_IN(other, rt_sigqueueinfo, 1, SIGCHLD, INFO_AT), -EPERM);
    EXPECT_EQ(CALL_IN(other, rt_tgsigqueueinfo, 1, (uint64_t)other->tid, SIGCHLD, INFO_AT), 0);
    EXPECT_EQ(CALL_IN(other, rt_tgsigqueueinfo, 1, 1, SIGCHLD, INFO_AT), -EPERM);
    fixture_end();
}

TEST(pidfd_outlives_its_process)
{
    begin();
    calls_exit(child, 3);
    EXPECT_EQ(send(SIGTERM), 0); /* a zombie is there */
    EXPECT_EQ(wait_by(FIRST, WEXITED | WNOWAIT), 0);
    EXPECT_EQ(wait_by(FIRST, WEXITED), 0);
    EXPECT_EQ(calls_get_int(INFO_AT + offsetof(struct abi_siginfo, si_status)), 3);
    EXPECT_EQ(send(0), -ESRCH);
    EXPECT_EQ(wait_by(FIRST, WEXITED), -ECHILD);
    EXPECT(!pid_find(2));
    process_check();
    EXPECT_EQ(CALL(init, close, FIRST), 0);
    fixture_end();
}

TEST(pidfd_waits_for_nobody_else)
{
    begin();
    EXPECT_EQ(wait_by(0, WEXITED), -EBADF);
    EXPECT_EQ(wait_by(99, WEXITED), -EBADF);
    EXPECT_EQ(wait_by(-1, WEXITED), -EINVAL);
    struct process *other = calls_fork(init);
    EXPECT_EQ(wait_by(FIRST, WEXITED | WNOHANG), 0);
    EXPECT_EQ(wait_by(FIRST, WEXITED), CALL_BLOCKED);
    calls_exit(other, 0);
    fixture_run(init);
    EXPECT_EQ(calls_rerun(init), CALL_BLOCKED);
    calls_exit(child, 0);
    EXPECT_EQ(calls_rerun(init), 0);
    EXPECT_EQ(calls_get_int(INFO_AT + offsetof(struct abi_siginfo, si_pid)), 2);
    fixture_end();
}

/* Whatever its number names by then. */
TEST(pidfd_is_kept_while_it_is_waited_for)
{
    begin();
    struct thread *other = calls_thread(init->thread);
    EXPECT_EQ(wait_by(FIRST, WEXITED), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(other, close, FIRST), 0);
    process_check();
    calls_exit(child, 0);
    EXPECT_EQ(calls_rerun(init), 0);
    EXPECT_EQ(wait_by(FIRST, WEXITED), -EBADF);
    fixture_end();
}

TEST(pidfd_that_is_not_to_be_waited_for)
{
    begin();
    EXPECT_EQ(CALL(init, pidfd_open, 2, PIDFD_NONBLOCK), FIRST + 1);
    EXPECT_EQ(wait_by(FIRST + 1, WEXITED), -EAGAIN);
    EXPECT_EQ(wait_by(FIRST + 1, WEXITED | WNOHANG), 0);
    calls_exit(child, 0);
    EXPECT_EQ(wait_by(FIRST + 1, WEXITED), 0);
    EXPECT_EQ(wait_by(FIRST + 1, WEXITED), -ECHILD);
    fixture_end();
}

TEST(pidfd_from_clone)
{
    begin();
    EXPECT_EQ(CALL(init, clone, CLONE_PIDFD | SIGCHLD, 0, FD_AT), 3);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(FD_AT), FIRST + 1);
    EXPECT_EQ(CALL(init, fcntl, FIRST + 1, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(calls_child(3), fcntl, FIRST + 1, F_GETFD), -EBADF); /* only the parent's */
    calls_exit(calls_child(3), 0);
    EXPECT_EQ(wait_by(FIRST + 1, WEXITED), 0);
    fixture_end();
}

TEST(pidfd_from_clone_that_fails)
{
    begin();
    EXPECT_EQ(CALL(init, clone, CLONE_PIDFD | SIGCHLD, 0, CALLS_NOWHERE), -EFAULT);
    EXPECT_EQ(CALL(init, dup, 0), FIRST + 1);
    init->limits[RLIMIT_NOFILE].rlim_cur = 5;
    EXPECT_EQ(CALL(init, clone, CLONE_PIDFD | SIGCHLD, 0, FD_AT), -EMFILE);
    EXPECT_EQ(process_count(), 2);
    fixture_end();
}

/* The nth allocation fails, for every n. */
TEST(pidfd_from_clone_without_memory)
{
    begin();
    for (uint64_t n = 1;; n++) {
        inject_arm(n, false);
        int64_t result = CALL(init, clone, CLONE_PIDFD | SIGCHLD, 0, FD_AT);
        bool has_fired = inject_has_fired();
        inject_arm(0, false);
        process_check();
        if (!has_fired) {
            EXPECT(result > 0);
            break;
        }
        EXPECT_EQ(result, -ENOMEM);
        EXPECT_EQ(process_count(), 2);
        EXPECT_EQ(fdtable_next(init->thread->fds, FIRST + 1), -1);
    }
    fixture_end();
}

/* clone3 has two places, which must not be the same. */
TEST(pidfd_from_clone3)
{
    struct abi_clone_args args = {
        .flags = CLONE_PIDFD | CLONE_PARENT_SETTID, .pidfd = FD_AT, .exit_signal = SIGCHLD};

    begin();
    args.parent_tid = FD_AT;
    calls_put(ARGS_AT, &args, sizeof(args));
    EXPECT_EQ(CALL(init, clone3, ARGS_AT, sizeof(args)), -EINVAL);
    args.parent_tid = FD_AT + 8;
    calls_put(ARGS_AT, &args, sizeof(args));
    EXPECT_EQ(CALL(init, clone3, ARGS_AT, sizeof(args)), 3);
    fixture_run(init);
    EXPECT_EQ(calls_get_int(FD_AT), FIRST + 1);
    EXPECT_EQ(calls_get_int(FD_AT + 8), 3);
    fixture_end();
}

/* Another process may have the number by then (clone3's set_tid), which the file does not mean. */
TEST(pidfd_is_not_of_who_has_the_number_later)
{
    const int number = 2;
    struct abi_clone_args args = {
        .set_tid = FD_AT, .set_tid_size = 1, .exit_signal = SIGCHLD, .flags = CLONE_PIDFD};

    begin();
    args.pidfd = FD_AT + 8;
    calls_exit(child, 0);
    EXPECT_EQ(wait_by(FIRST, WEXITED), 0);
    calls_put(FD_AT, &number, sizeof(number));
    calls_put(ARGS_AT, &args, sizeof(args));
    EXPECT_EQ(CALL(init, clone3, ARGS_AT, sizeof(args)), 2);
    EXPECT_EQ(CALL(init, clone3, ARGS_AT, sizeof(args)), -EEXIST);
    EXPECT_EQ(send(SIGTERM), -ESRCH);
    EXPECT_EQ(wait_by(FIRST, WEXITED | WNOHANG), -ECHILD);
    EXPECT_EQ(wait_by(FIRST + 1, WEXITED | WNOHANG), 0);
    process_check();
    EXPECT_EQ(CALL(init, close, FIRST), 0);
    EXPECT_EQ(CALL(init, clone, SIGCHLD), 3); /* the chosen one was not the last */
    fixture_end();
}

TEST(clone3_with_a_number_refuses)
{
    static const struct {
        uint64_t at;
        uint64_t size;
        int number;
        int error;
    } cases[] = {
        {0, 1, 5, -EINVAL},
        {FD_AT, 0, 5, -EINVAL},
        {FD_AT, 33, 5, -EINVAL},
        {FD_AT, 2, 5, -EINVAL},
        {FD_AT, 1, 0, -EINVAL},
        {FD_AT, 1, PID_MAX + 1, -EINVAL},
        {CALLS_NOWHERE, 1, 5, -EFAULT},
        {FD_AT, 1, 1, -EEXIST},
    };

    begin();
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        const struct abi_clone_args args = {
            .set_tid = cases[i].at, .set_tid_size = cases[i].size, .exit_signal = SIGCHLD};
        fixture_run(init);
        calls_put(FD_AT, &cases[i].number, sizeof(int));
        calls_put(ARGS_AT, &args, sizeof(args));
        EXPECT_EQ(CALL(init, clone3, ARGS_AT, sizeof(args)), cases[i].error);
    }
    EXPECT_EQ(process_count(), 2);
    fixture_end();
}
