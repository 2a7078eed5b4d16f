/* signalfd4, and reading signals. */
#include "fs/signalfd.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/deliver.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "proc/sched.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define SET_AT CALLS_DATA
#define GIVEN_AT (CALLS_DATA + 512)
#define READ_AT (CALLS_DATA + PAGE_SIZE)

enum { FD = 3, SIZE = sizeof(struct abi_signalfd_siginfo) };

static const signal_set_t some = (signal_set_t)1 << (SIGUSR1 - 1) | (signal_set_t)1
                                                                        << (SIGCHLD - 1);
static struct process *init;
static struct abi_signalfd_siginfo info[4];

static int64_t make(int fd, signal_set_t set, uint32_t flags)
{
    fixture_run(init);
    calls_put(SET_AT, &set, sizeof(set));
    return CALL(init, signalfd4, (uint64_t)fd, SET_AT, SIGNAL_SET_SIZE, flags);
}

/* Init blocks what it can read, all but SIGTERM. */
static void begin(uint32_t flags)
{
    const signal_set_t blocked = ~signal_bit(SIGTERM);

    init = calls_begin();
    EXPECT_EQ(make(-1, UINT64_MAX, flags), FD);
    calls_put(SET_AT, &blocked, sizeof(blocked));
    EXPECT_EQ(CALL(init, rt_sigprocmask, SIG_SETMASK, SET_AT, 0, SIGNAL_SET_SIZE), 0);
}

static int64_t read_some(uint64_t len)
{
    int64_t result = CALL(init, read, FD, READ_AT, len);

    if (result > 0) {
        calls_get(READ_AT, info, (uint64_t)result);
    }
    return result;
}

static void queue(struct abi_siginfo given, int signal)
{
    calls_put(GIVEN_AT, &given, sizeof(given));
    EXPECT_EQ(CALL(init, rt_sigqueueinfo, 1, (uint64_t)signal, GIVEN_AT), 0);
}

/* What is told of a signal that is said to have this cause. */
static const struct abi_signalfd_siginfo *tell(int signal, int code)
{
    struct abi_siginfo given = {.si_errno = 4, .si_code = code, .si_pid = 5, .si_uid = 6};

    given.si_value = UINT64_C(0x700000008);
    queue(given, signal);
    EXPECT_EQ(read_some(SIZE), SIZE);
    EXPECT_EQ(info[0].ssi_signo, signal);
    EXPECT_EQ(info[0].ssi_errno, 4);
    EXPECT_EQ(info[0].ssi_code, code);
    return &info[0];
}

TEST(signalfd4_refuses)
{
    begin(0);
    EXPECT_EQ(make(-1, some, 1), -EINVAL);
    EXPECT_EQ(make(99, some, 0), -EBADF);
    EXPECT_EQ(make(0, some, 0), -EINVAL);
    EXPECT_EQ(CALL(init, signalfd4, (uint64_t)-1, SET_AT, 4, 0), -EINVAL);
    EXPECT_EQ(CALL(init, signalfd4, (uint64_t)-1, CALLS_NOWHERE, SIGNAL_SET_SIZE, 0), -EFAULT);
    init->limits[RLIMIT_NOFILE].rlim_cur = 4;
    EXPECT_EQ(make(-1, some, 0), -EMFILE);
    process_check();
    fixture_end();
}

TEST(signalfd4_without_memory)
{
    begin(0);
    for (uint64_t n = 1;; n++) {
        fixture_run(init);
        calls_put(SET_AT, &some, sizeof(some));
        inject_arm(n, false);
        int64_t result = CALL(init, signalfd4, (uint64_t)-1, SET_AT, SIGNAL_SET_SIZE, 0);
        bool has_fired = inject_has_fired();
        inject_arm(0, false);
        process_check();
        EXPECT_EQ(result, has_fired ? -ENOMEM : FD + 1);
        if (!has_fired) {
            break;
        }
    }
    fixture_end();
}

/* It has an offset, which nothing moves, and no bytes at offsets. */
TEST(signalfd_is_a_file_without_a_name)
{
    struct abi_stat status;

    begin(SFD_CLOEXEC | SFD_NONBLOCK);
    EXPECT_EQ(CALL(init, fcntl, FD, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, FD, F_GETFL), O_RDWR | O_NONBLOCK);
    EXPECT_EQ(CALL(init, fstat, FD, READ_AT), 0);
    calls_get(READ_AT, &status, sizeof(status));
    EXPECT_EQ(status.st_mode, 0600);
    EXPECT_EQ(CALL(init, lseek, FD, 100, SEEK_SET), 0);
    EXPECT_EQ(CALL(init, lseek, FD, 0, 5), -EINVAL);
    EXPECT_EQ(CALL(init, pread64, FD, READ_AT, SIZE, 0), -ESPIPE);
    EXPECT_EQ(CALL(init, write, FD, READ_AT, SIZE), -EINVAL);
    fixture_end();
}

TEST(signalfd_gives_as_many_as_there_are)
{
    begin(SFD_NONBLOCK);
    EXPECT_EQ(read_some(4 * SIZE), -EAGAIN);
    EXPECT_EQ(CALL(init, kill, 1, 40), 0);
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, tkill, 1, SIGUSR2), 0);
    EXPECT_EQ(read_some(4 * SIZE + 1), 3 * SIZE);
    EXPECT_EQ(info[0].ssi_signo, SIGUSR2); /* the thread's own */
    EXPECT_EQ(info[1].ssi_signo, SIGUSR1);
    EXPECT_EQ(info[2].ssi_signo, 40);
    EXPECT_EQ(read_some(SIZE - 1), -EINVAL);
    EXPECT_EQ(read_some(0), -EINVAL);
    fixture_end();
}

TEST(signalfd_tells_each_cause)
{
    begin(0);
    EXPECT_EQ(tell(SIGUSR1, SI_USER)->ssi_pid, 5);
    EXPECT_EQ(info[0].ssi_uid, 6);
    EXPECT_EQ(info[0].ssi_ptr, 0);
    EXPECT_EQ(tell(SIGUSR1, SI_QUEUE)->ssi_ptr, UINT64_C(0x700000008));
    EXPECT_EQ(info[0].ssi_int, 8);
    EXPECT_EQ(info[0].ssi_pid, 5);
    EXPECT_EQ(tell(SIGUSR1, SI_TIMER)->ssi_tid, 5);
    EXPECT_EQ(info[0].ssi_overrun, 6);
    EXPECT_EQ(info[0].ssi_int, 8);
    EXPECT_EQ(info[0].ssi_pid, 0);
    EXPECT_EQ(tell(SIGUSR1, SI_SIGIO)->ssi_band, 5);
    EXPECT_EQ(info[0].ssi_fd, 8);
    EXPECT_EQ(tell(SIGUSR1, 6)->ssi_fd, 8); /* of a descriptor */
    EXPECT_EQ(tell(SIGUSR1, 7)->ssi_pid, 5);
    EXPECT_EQ(tell(SIGCHLD, CLD_STOPPED)->ssi_status, 8);
    EXPECT_EQ(info[0].ssi_pid, 5);
    EXPECT_EQ(tell(SIGUSR1, SI_KERNEL)->ssi_pid, 5);
    static const int faults[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
    for (unsigned i = 0; i < ARRAY_LEN(faults); i++) {
        EXPECT_EQ(tell(faults[i], 1)->ssi_addr, UINT64_C(6) << 32 | 5);
        EXPECT_EQ(info[0].ssi_pid, 0);
        EXPECT_EQ(tell(faults[i], 16)->ssi_pid, 5);
    }
    EXPECT_EQ(info[0].ssi_addr_lsb, 0);
    EXPECT_EQ(tell(SIGBUS, 4)->ssi_addr_lsb, 8); /* memory that is broken */
    EXPECT_EQ(info[0].ssi_addr, UINT64_C(6) << 32 | 5);
    EXPECT_EQ(tell(SIGBUS, BUS_OBJERR)->ssi_addr_lsb, 0);
    EXPECT_EQ(tell(SIGSYS, 1)->ssi_call_addr, UINT64_C(6) << 32 | 5);
    EXPECT_EQ(info[0].ssi_syscall, 8);
    EXPECT_EQ(info[0].ssi_arch, 7);
    EXPECT_EQ(info[0].ssi_pid, 0);
    EXPECT_EQ(tell(SIGSYS, 3)->ssi_band, 5); /* none that it has */
    fixture_end();
}

/* A child that shares init's descriptors waits for a signal. */
static struct process *reader(void)
{
    struct process *child = calls_child(CALL(init, clone, CLONE_FILES | SIGCHLD));

    EXPECT_EQ(CALL(child, read, FD, READ_AT, 4 * SIZE), CALL_BLOCKED);
    EXPECT_EQ(child->thread->call.reason, WAIT_SIGNALFD);
    process_check();
    return child;
}

static const struct abi_signalfd_siginfo *read_by(struct process *child)
{
    EXPECT_EQ(child->thread->state, THREAD_READY);
    fixture_run(child);
    EXPECT(deliver_signals(child->thread));
    EXPECT(!child->thread->call.is_interrupted);
    EXPECT_EQ(calls_rerun(child), SIZE);
    calls_get(READ_AT, info, SIZE);
    return &info[0];
}

TEST(signalfd_is_waited_for)
{
    begin(0);
    struct process *child = reader();
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0); /* is init's */
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    EXPECT_EQ(read_by(child)->ssi_pid, 1);
    fixture_end();
}

/* One of two gets it, and the other one waits on. */
TEST(signalfd_is_waited_for_by_two)
{
    begin(0);
    struct process *child = calls_child(CALL(init, clone, CLONE_FILES | SIGCHLD));
    struct thread *other = calls_thread(child->thread);
    EXPECT_EQ(CALL(child, read, FD, READ_AT, SIZE), CALL_BLOCKED);
    EXPECT_EQ(CALL_IN(other, read, FD, READ_AT, SIZE), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    EXPECT_EQ(other->state, THREAD_READY);
    EXPECT_EQ(read_by(child)->ssi_signo, SIGUSR1);
    EXPECT_EQ(calls_rerun_in(other), CALL_BLOCKED);
    process_check();
    fixture_end();
}

/* Linux wakes those of the caller's process only. */
TEST(signalfd_with_another_set_is_read_again)
{
    begin(0);
    EXPECT_EQ(make(FD, signal_bit(SIGUSR2) | signal_bit(SIGKILL), 0), FD);
    struct process *child = reader();
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    EXPECT_EQ(child->thread->state, THREAD_BLOCKED);
    EXPECT_EQ(make(FD, some, 0), FD);
    EXPECT_EQ(read_by(child)->ssi_signo, SIGUSR1);
    fixture_end();
}

static void handle(struct process *process, int signal)
{
    const struct abi_sigaction action = {.handler = 0x400000};

    EXPECT_EQ(signal_set_action(process, signal, &action), 0);
    signal_set_mask(process->thread, 0);
}

/* What is read has no effect, whatever its action and though it is not blocked. */
TEST(signalfd_is_read_before_signals_are_taken)
{
    static const int signals[] = {SIGUSR1, SIGQUIT, SIGTSTP};

    for (unsigned i = 0; i < ARRAY_LEN(signals); i++) {
        begin(0);
        struct process *child = reader();
        handle(child, SIGUSR1);
        EXPECT_EQ(CALL(init, kill, 2, (uint64_t)signals[i]), 0);
        EXPECT_EQ(read_by(child)->ssi_signo, signals[i]);
        EXPECT_EQ(child->signals.fatal, 0);
        EXPECT_EQ(child->signals.stop, 0);
        fixture_end();
    }
}

/* It is read, and then there is no more waiting for the range behind. */
TEST(signalfd_in_part_when_a_handler_comes)
{
    begin(0);
    EXPECT_EQ(make(FD, signal_bit(SIGUSR2), 0), FD);
    struct process *child = calls_fork(init);
    const struct abi_iovec vectors[] = {{READ_AT, SIZE}, {READ_AT + 1024, SIZE}};
    fixture_run(child);
    calls_put(GIVEN_AT, vectors, sizeof(vectors));
    handle(child, SIGUSR1);
    signal_set_mask(child->thread, signal_bit(SIGUSR2));
    EXPECT_EQ(CALL(child, readv, FD, GIVEN_AT, 2), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR2), 0);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    fixture_run(child);
    EXPECT(deliver_signals(child->thread));
    EXPECT(child->thread->call.is_interrupted);
    EXPECT_EQ(calls_rerun(child), SIZE);
    fixture_end();
}

/* What another thread has been told to do, stop, does not take from it what it waited for. */
TEST(signalfd_is_read_when_the_process_is_to_stop)
{
    begin(0);
    struct process *child = calls_child(CALL(init, clone, CLONE_FILES | SIGCHLD));
    struct thread *other = calls_thread(child->thread);
    const struct abi_iovec vectors[] = {{READ_AT, SIZE}, {READ_AT + 1024, SIZE}};
    fixture_run(child);
    calls_put(GIVEN_AT, vectors, sizeof(vectors));
    EXPECT_EQ(CALL(child, readv, FD, GIVEN_AT, 2), CALL_BLOCKED);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, tgkill, 2, (uint64_t)other->tid, SIGSTOP), 0);
    fixture_run_thread(other);
    EXPECT(!deliver_signals(other));
    EXPECT(!child->signals.is_stopped);
    fixture_run(child);
    EXPECT(deliver_signals(child->thread));
    EXPECT(child->thread->call.is_interrupted);
    EXPECT_EQ(calls_rerun(child), SIZE);
    EXPECT(!deliver_signals(child->thread));
    EXPECT(child->signals.is_stopped);
    fixture_end();
}

TEST(signalfd_that_a_handler_ends)
{
    begin(0);
    EXPECT_EQ(make(FD, signal_bit(SIGUSR2), 0), FD);
    struct process *child = reader();
    child->thread->user.sp = READ_AT + 8 * PAGE_SIZE;
    handle(child, SIGUSR1);
    EXPECT_EQ(CALL(init, kill, 2, SIGUSR1), 0);
    fixture_run(child);
    EXPECT(deliver_signals(child->thread));
    EXPECT(child->thread->call.is_interrupted);
    EXPECT_EQ(calls_rerun(child), CALL_INTERRUPTED);
    EXPECT(!child->thread->call.file);
    EXPECT(deliver_signals(child->thread));
    EXPECT(!child->thread->call.is_pending);
    process_check();
    fixture_end();
}

TEST(signalfd_that_cannot_be_written)
{
    begin(0);
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, read, FD, CALLS_NOWHERE, SIZE), -EFAULT);
    EXPECT_EQ(signal_pending(init->thread), signal_bit(SIGUSR1));
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR2), 0);
    EXPECT_EQ(CALL(init, read, FD, CALLS_DATA_END - SIZE, 2 * SIZE), SIZE);
    EXPECT_EQ(signal_pending(init->thread), signal_bit(SIGUSR2));
    fixture_end();
}

static void put_vectors(uint64_t first, uint64_t second, uint64_t third)
{
    const struct abi_iovec vectors[] = {
        {READ_AT, first}, {READ_AT + 1024, second}, {READ_AT + 2048, third}};

    fixture_run(init);
    calls_put(GIVEN_AT, vectors, sizeof(vectors));
}

/* As if each range were read by itself, as long as they are filled. */
TEST(signalfd_into_ranges)
{
    begin(SFD_NONBLOCK);
    put_vectors(0, SIZE, SIZE);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 0), 0);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 1), 0);
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 2), -EINVAL);
    put_vectors(SIZE, 0, SIZE - 1);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 3), SIZE);
    put_vectors(SIZE + 1, SIZE, SIZE);
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR2), 0);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 3), SIZE);
    put_vectors(SIZE, SIZE, SIZE);
    EXPECT_EQ(CALL(init, kill, 1, SIGUSR1), 0);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 2), 2 * SIZE);
    EXPECT_EQ(CALL(init, readv, FD, GIVEN_AT, 2), -EAGAIN);
    fixture_end();
}
