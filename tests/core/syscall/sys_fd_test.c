/* close, close_range, dup, dup3, fcntl; and what fork, exec, spawn and exit do with descriptors. */
#include "abi/eft.h"
#include "abi/errno.h"
#include "abi/linux.h"
#include "base/inject.h"
#include "proc/process.h"
#include "proc/process_check.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

enum { NO_FD = 9 };

#define PATH_AT CALLS_DATA
#define BUFFER_AT (CALLS_DATA + PAGE_SIZE)

static struct process *init;

static void begin(void)
{
    init = calls_begin();
    fixture_catch_output();
}

static int64_t open_text(struct process *process, unsigned flags)
{
    fixture_run(process);
    calls_put_text(PATH_AT, "/etc/text");
    return CALL(process, openat, (uint64_t)AT_FDCWD, PATH_AT, flags);
}

static bool is_open(const struct process *process, int fd)
{
    return fdtable_find(process->thread->fds, fd) != NULL;
}

static void set_file_limit(uint64_t limit)
{
    init->limits[RLIMIT_NOFILE].rlim_cur = limit;
}

TEST(sys_close)
{
    begin();
    EXPECT_EQ(CALL(init, close, 1), 0);
    EXPECT_EQ(CALL(init, close, 1), -EBADF);
    EXPECT_EQ(CALL(init, close, (uint64_t)-1), -EBADF);
    EXPECT_EQ(CALL(init, close, NO_FD), -EBADF);
    EXPECT_EQ(CALL(init, write, 1, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, write, 2, BUFFER_AT, 1), 1);
    EXPECT_EQ(open_text(init, O_RDONLY), 1);
    fixture_end();
}

TEST(sys_close_range)
{
    begin();
    for (int i = 3; i < 40; i++) {
        EXPECT_EQ(CALL(init, dup, 0), i);
    }
    EXPECT_EQ(CALL(init, close_range, 5, 4, 0), -EINVAL);
    EXPECT_EQ(CALL(init, close_range, 5, 6, 1), -EINVAL);
    EXPECT_EQ(CALL(init, close_range, 5, 6, CLOSE_RANGE_CLOEXEC), 0);
    EXPECT_EQ(CALL(init, fcntl, 5, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, 7, F_GETFD), 0);
    EXPECT_EQ(CALL(init, close_range, 5, 6, CLOSE_RANGE_UNSHARE), 0);
    EXPECT(!is_open(init, 5));
    EXPECT(is_open(init, 7));
    EXPECT_EQ(CALL(init, close_range, 3, UINT32_MAX, 0), 0);
    EXPECT_EQ(fdtable_next(init->thread->fds, 3), -1);
    EXPECT(is_open(init, 2));
    fixture_end();
}

TEST(sys_close_range_unshares)
{
    begin();
    struct process *child = calls_child(CALL(init, clone, CLONE_FILES | SIGCHLD));
    EXPECT_EQ(CALL(child, close_range, 0, 1, CLOSE_RANGE_UNSHARE), 0);
    EXPECT(!is_open(child, 0));
    EXPECT(is_open(child, 2));
    EXPECT(is_open(init, 0));
    EXPECT_EQ(CALL(init, close, 2), 0);
    EXPECT(is_open(child, 2));
    fixture_end();
}

TEST(sys_dup_shares_the_offset)
{
    begin();
    EXPECT_EQ(open_text(init, O_RDONLY | O_CLOEXEC), 3);
    EXPECT_EQ(CALL(init, dup, 3), 4);
    EXPECT_EQ(CALL(init, fcntl, 4, F_GETFD), 0);
    EXPECT_EQ(CALL(init, read, 3, BUFFER_AT, 4), 4);
    EXPECT_EQ(CALL(init, lseek, 4, 0, SEEK_CUR), 4);
    EXPECT_EQ(CALL(init, close, 3), 0);
    EXPECT_EQ(CALL(init, read, 4, BUFFER_AT, 100), 6);
    EXPECT_EQ(CALL(init, dup, 3), -EBADF);
    fixture_end();
}

TEST(sys_dup3)
{
    begin();
    EXPECT_EQ(open_text(init, O_RDONLY), 3);
    EXPECT_EQ(CALL(init, dup3, 3, 1, O_CLOEXEC), 1);
    EXPECT_EQ(CALL(init, fcntl, 1, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, read, 1, BUFFER_AT, 4), 4);
    EXPECT_EQ(CALL(init, dup3, 3, 1023, 0), 1023);
    EXPECT_EQ(CALL(init, dup3, 3, 1024, 0), -EBADF);
    EXPECT_EQ(CALL(init, dup3, 3, (uint64_t)-1, 0), -EBADF);
    EXPECT_EQ(CALL(init, dup3, NO_FD, 5, 0), -EBADF);
    EXPECT_EQ(CALL(init, dup3, 3, 3, 0), -EINVAL);
    EXPECT_EQ(CALL(init, dup3, NO_FD, NO_FD, 0), -EINVAL);
    EXPECT_EQ(CALL(init, dup3, 3, 5, O_NONBLOCK), -EINVAL);
    fixture_end();
}

TEST(sys_dup_limits)
{
    begin();
    set_file_limit(5);
    EXPECT_EQ(CALL(init, dup, 0), 3);
    EXPECT_EQ(CALL(init, fcntl, 0, F_DUPFD, 4), 4);
    EXPECT_EQ(CALL(init, dup, 0), -EMFILE);
    EXPECT_EQ(CALL(init, fcntl, 0, F_DUPFD, 4), -EMFILE);
    EXPECT_EQ(CALL(init, fcntl, 0, F_DUPFD, 5), -EINVAL);
    EXPECT_EQ(CALL(init, fcntl, 0, F_DUPFD, (uint64_t)-1), -EINVAL);
    EXPECT_EQ(CALL(init, dup3, 0, 5, 0), -EBADF);
    EXPECT_EQ(open_text(init, O_RDONLY), -EMFILE);
    set_file_limit(RLIM_INFINITY);
    EXPECT_EQ(CALL(init, fcntl, 0, F_DUPFD, FDTABLE_MAX), -EINVAL);
    EXPECT_EQ(CALL(init, fcntl, 0, F_DUPFD_CLOEXEC, FDTABLE_MAX - 1), FDTABLE_MAX - 1);
    EXPECT_EQ(CALL(init, fcntl, FDTABLE_MAX - 1, F_GETFD), FD_CLOEXEC);
    fixture_end();
}

TEST(sys_fcntl_flags)
{
    begin();
    EXPECT_EQ(open_text(init, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_CREAT), 3);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFL), O_RDONLY | O_NONBLOCK | O_LARGEFILE);
    EXPECT_EQ(CALL(init, fcntl, 3, F_SETFL, O_APPEND | O_RDWR | O_CREAT), 0);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFL), O_RDONLY | O_APPEND | O_LARGEFILE);
    EXPECT_EQ(CALL(init, fcntl, 3, F_SETFL, O_DIRECT), -EINVAL);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, 3, F_SETFD, 2), 0);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFD), 0);
    EXPECT_EQ(CALL(init, fcntl, 3, 999), -EINVAL);
    EXPECT_EQ(CALL(init, fcntl, NO_FD, F_GETFL), -EBADF);
    EXPECT_EQ(CALL(init, fcntl, 0, F_GETFL), O_RDWR | O_LARGEFILE);
    fixture_end();
}

/* A descriptor that only names a file can be copied and looked at, and that is all. */
TEST(sys_fcntl_of_a_name)
{
    begin();
    EXPECT_EQ(open_text(init, O_PATH | O_WRONLY | O_NONBLOCK | O_CLOEXEC), 3);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFL), O_PATH);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, 3, F_SETFL, 0), -EBADF);
    EXPECT_EQ(CALL(init, fcntl, 3, F_DUPFD, 0), 4);
    EXPECT_EQ(CALL(init, dup, 3), 5);
    EXPECT_EQ(CALL(init, fstat, 3, BUFFER_AT), 0);
    EXPECT_EQ(CALL(init, read, 3, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, readv, 3, BUFFER_AT, 0), -EBADF);
    EXPECT_EQ(CALL(init, write, 3, BUFFER_AT, 1), -EBADF);
    EXPECT_EQ(CALL(init, lseek, 3, 0, SEEK_SET), -EBADF);
    EXPECT_EQ(CALL(init, ioctl, 3, TCGETS, BUFFER_AT), -EBADF);
    EXPECT_EQ(CALL(init, pread64, 3, BUFFER_AT, 1, 0), -EBADF);
    fixture_end();
}

/* ---- pipe2 ---- */

TEST(sys_pipe2_that_fails_leaves_nothing)
{
    begin();
    EXPECT_EQ(CALL(init, pipe2, CALLS_NOWHERE, 0), -EFAULT);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, O_DIRECT), -EINVAL);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, O_WRONLY), -EINVAL);
    set_file_limit(3);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, 0), -EMFILE);
    set_file_limit(4);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, 0), -EMFILE);
    EXPECT_EQ(file_count(), 1);
    EXPECT_EQ(fdtable_next(init->thread->fds, 3), -1);
    set_file_limit(5);
    EXPECT_EQ(CALL(init, pipe2, BUFFER_AT, O_CLOEXEC), 0);
    EXPECT_EQ(calls_get_int(BUFFER_AT), 3);
    EXPECT_EQ(calls_get_int(BUFFER_AT + 4), 4);
    EXPECT_EQ(CALL(init, fcntl, 3, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, 4, F_GETFD), FD_CLOEXEC);
    EXPECT_EQ(CALL(init, fcntl, 4, F_GETFL), O_WRONLY);
    fixture_end();
}

/* ---- processes ---- */

TEST(sys_clone_shares_descriptions)
{
    begin();
    EXPECT_EQ(open_text(init, O_RDONLY | O_CLOEXEC), 3);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    EXPECT_EQ(CALL(child, read, 3, BUFFER_AT, 4), 4);
    EXPECT_EQ(CALL(init, lseek, 3, 0, SEEK_CUR), 4);
    EXPECT_EQ(CALL(child, close, 3), 0);
    EXPECT(is_open(init, 3));
    EXPECT_EQ(CALL(init, close, 0), 0);
    EXPECT(is_open(child, 0));
    EXPECT_EQ(file_count(), 2);
    CALL(child, exit_group, 0);
    EXPECT(child->thread == NULL);
    EXPECT_EQ(fdtable_count(), 1);
    fixture_end();
}

TEST(sys_execve_closes_what_is_marked)
{
    begin();
    EXPECT_EQ(open_text(init, O_RDONLY | O_CLOEXEC), 3);
    EXPECT_EQ(open_text(init, O_RDONLY), 4);
    EXPECT_EQ(CALL(init, fcntl, 1, F_SETFD, FD_CLOEXEC), 0);
    struct process *child = calls_child(CALL(init, clone, SIGCHLD));
    fixture_run(child);
    calls_put_text(PATH_AT, "/none");
    EXPECT_EQ(CALL(child, execve, PATH_AT, 0, 0), -ENOENT);
    EXPECT(is_open(child, 3));
    calls_put_text(PATH_AT, "/bin/prog");
    CALL(child, execve, PATH_AT, 0, 0);
    EXPECT(!is_open(child, 1));
    EXPECT(!is_open(child, 3));
    EXPECT(is_open(child, 4));
    EXPECT(is_open(init, 3));
    fixture_end();
}

TEST(sys_spawn_hands_on_descriptors)
{
    const struct abi_spawn spawn = {.path = PATH_AT};

    begin();
    EXPECT_EQ(open_text(init, O_RDONLY | O_CLOEXEC), 3);
    EXPECT_EQ(open_text(init, O_RDONLY), 4);
    calls_put_text(PATH_AT, "/bin/prog");
    calls_put(BUFFER_AT, &spawn, sizeof(spawn));
    struct process *child = calls_child(CALL(init, spawn, BUFFER_AT));
    EXPECT(is_open(child, 0));
    EXPECT(!is_open(child, 3));
    EXPECT(is_open(child, 4));
    fixture_end();
}

/* ---- without memory ---- */

static int call_error(int64_t result)
{
    return result < 0 ? (int)result : 0;
}

static int dup_far(void *context)
{
    (void)context;
    return call_error(CALL(init, fcntl, 0, F_DUPFD, 500));
}

static int dup3_far(void *context)
{
    (void)context;
    return call_error(CALL(init, dup3, 0, 500, 0));
}

static int open_far(void *context)
{
    (void)context;
    return call_error(CALL(init, openat, (uint64_t)AT_FDCWD, PATH_AT, O_RDONLY));
}

static void close_far(void *context)
{
    const int *fd = context;

    EXPECT_EQ(CALL(init, close, (uint64_t)*fd), 0);
}

static int pipe_far(void *context)
{
    (void)context;
    return call_error(CALL(init, pipe2, BUFFER_AT, 0));
}

static void close_pipe(void *context)
{
    (void)context;
    EXPECT_EQ(CALL(init, close, (uint64_t)calls_get_int(BUFFER_AT)), 0);
    EXPECT_EQ(CALL(init, close, (uint64_t)calls_get_int(BUFFER_AT + 4)), 0);
}

TEST(sys_fd_calls_without_memory)
{
    int far = 500;
    int first_of_chunk = 32;

    begin();
    fixture_fail_each(dup_far, close_far, &far);
    fixture_fail_each(dup3_far, close_far, &far);
    calls_put_text(PATH_AT, "/etc/text");
    for (int fd = 3; fd < first_of_chunk; fd++) {
        EXPECT_EQ(CALL(init, dup, 0), fd);
    }
    fixture_fail_each(open_far, close_far, &first_of_chunk);
    calls_put(BUFFER_AT, "", 1);
    EXPECT_EQ(CALL(init, close, 31), 0); /* the ends lie in two chunks */
    fixture_fail_each(pipe_far, close_pipe, NULL);
    fixture_end();
}

enum unsharing { CALL_UNSHARE, CALL_UNSHARE_FS, CALL_CLOSE_RANGE };

static int64_t unshare_by(struct process *child, enum unsharing call)
{
    return call == CALL_CLOSE_RANGE
               ? CALL(child, close_range, 0, 1, CLOSE_RANGE_UNSHARE)
               : CALL(child, unshare,
                      CLONE_FS | (call == CALL_UNSHARE ? CLONE_FILES | CLONE_SYSVSEM : 0));
}

/* Each of its allocations fails, and all is shared still; then none does. */
static void expect_each_fails(struct process *child, enum unsharing call)
{
    bool has_fired = true;

    for (unsigned n = 1; has_fired; n++) {
        test_note("allocation %u", n);
        inject_arm(n, false);
        int64_t result = unshare_by(child, call);
        has_fired = inject_has_fired();
        inject_arm(0, false);
        EXPECT_EQ(result, has_fired ? -ENOMEM : 0);
        EXPECT(!has_fired || child->thread->fds == init->thread->fds);
        EXPECT(!has_fired || child->thread->fs == init->thread->fs);
        EXPECT(has_fired || n > 1);
        process_check();
    }
}

TEST(sys_unshare_without_memory)
{
    static const enum unsharing calls[] = {CALL_UNSHARE_FS, CALL_CLOSE_RANGE};

    for (unsigned i = 0; i < ARRAY_LEN(calls); i++) {
        begin();
        struct process *child = calls_child(CALL(init, clone, CLONE_FILES | CLONE_FS | SIGCHLD));
        expect_each_fails(child, calls[i]);
        EXPECT(is_open(init, 0));
        fixture_end();
    }
}

TEST(sys_unshare_descriptors_and_directory)
{
    begin();
    struct process *child = calls_child(CALL(init, clone, CLONE_FILES | CLONE_FS | SIGCHLD));
    expect_each_fails(child, CALL_UNSHARE);
    EXPECT(child->thread->fds != init->thread->fds);
    EXPECT(child->thread->fs != init->thread->fs);
    EXPECT_EQ(CALL(child, umask, 0), 022);
    EXPECT_EQ(CALL(init, umask, 022), 022);
    process_check();
    EXPECT_EQ(CALL(child, unshare, CLONE_FILES | CLONE_FS), 0);
    fixture_end();
}

TEST(sys_unshare_refuses)
{
    begin();
    EXPECT_EQ(CALL(init, unshare, CLONE_NEWNS), -EINVAL);
    EXPECT_EQ(CALL(init, unshare, 1), -EINVAL);
    EXPECT_EQ(CALL(init, unshare, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM), 0);
    struct process *child = calls_child(CALL(init, clone, CLONE_VM | SIGCHLD));
    EXPECT_EQ(CALL(init, unshare, CLONE_SIGHAND), 0);
    EXPECT_EQ(CALL(init, unshare, CLONE_VM), -EINVAL);
    (void)CALL(child, clone, CLONE_VM | CLONE_SIGHAND | SIGCHLD);
    EXPECT_EQ(CALL(child, unshare, CLONE_SIGHAND), -EINVAL);
    calls_thread(init->thread);
    EXPECT_EQ(CALL(init, unshare, CLONE_THREAD), -EINVAL);
    EXPECT_EQ(CALL(init, unshare, CLONE_FILES), 0);
    fixture_end();
}
