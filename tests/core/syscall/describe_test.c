#include "syscall/describe.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "proc/process.h"
#include "test.h"
#include "tests/core/calls.h"
#include "tests/core/fixture.h"

#define AT(n) (CALLS_DATA + (n))

enum { TEXT_MAX = 4096 };

static struct process *init;
static char bytes[TEXT_MAX + 1];

static void begin(void)
{
    init = calls_begin();
}

static const char *ended(const struct text *text)
{
    EXPECT(text->len <= text->capacity);
    bytes[text->len] = '\0';
    return bytes;
}

/* A kind that no call of the table has yet is told all the same, by a call of the test's. */
static struct syscall made;

static struct described described_of(unsigned number, const uint64_t *args)
{
    const struct syscall *call = syscall_find(number);

    return (struct described){.call = number == 0 ? &made : call, .number = number, .args = args};
}

static const char *begin_of(unsigned number, const uint64_t *args)
{
    struct text text = {bytes, TEXT_MAX, 0};
    const struct described described = described_of(number, args);

    describe_begin(&text, &described, init->space);
    return ended(&text);
}

/* All of it, without the blanks before the result. */
static const char *told(unsigned number, int64_t result, const uint64_t *args)
{
    struct text text = {bytes, TEXT_MAX, 0};
    const struct described described = described_of(number, args);

    describe_begin(&text, &described, init->space);
    size_t begun = text.len;
    describe_end(&text, &described, init->space, result);
    size_t to = begun;
    for (size_t at = begun; at < text.len; at++) {
        if (bytes[at] != ' ' || bytes[at - 1] != ' ') {
            bytes[to++] = bytes[at];
        }
    }
    text.len = to;
    return ended(&text);
}

#define ARGS(...) ((const uint64_t[SYSCALL_ARGS_MAX]){__VA_ARGS__})
#define BEGIN(name_, ...) begin_of(NR_##name_, ARGS(__VA_ARGS__))
#define TOLD(name_, result_, ...) told(NR_##name_, result_, ARGS(__VA_ARGS__))

/* The argument of a kind, with another before it and one behind; of a call that gave result. */
static const char *kind_told(enum syscall_kind kind, int64_t result, uint64_t before, uint64_t arg,
                             uint64_t behind)
{
    const char *rest;

    made = (struct syscall){.name = "x", .arg_count = 3, .kinds = {KIND_INT, kind, KIND_INT}};
    const char *all = told(0, result, ARGS(before, arg, behind));
    EXPECT(str_starts(all, "x(", &rest));
    while (*rest++ != ' ') {
    }
    static char shown[TEXT_MAX];
    str_copy(shown, rest, sizeof(shown));
    size_t end = str_len(shown);
    while (end > 0 && shown[end] != '=') {
        end--;
    }
    while (end > 0 && shown[end] != ',') {
        end--;
    }
    shown[end] = '\0';
    return shown;
}

TEST(describe_numbers)
{
    begin();
    EXPECT_STREQ(TOLD(getpid, 7), "getpid() = 7");
    EXPECT_STREQ(TOLD(kill, 0, 0xffffffff, 9), "kill(-1, SIGKILL) = 0");
    EXPECT_STREQ(TOLD(munmap, 0, 0x1000, 4096), "munmap(0x1000, 4096) = 0");
    EXPECT_STREQ(TOLD(brk, 0x10000, 0), "brk(NULL) = 0x10000");
    EXPECT_STREQ(TOLD(mmap, 0x7000, 0, 1, 3, 0x22, (uint64_t)-1, (uint64_t)-4096),
                 "mmap(NULL, 1, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, -4096) = "
                 "0x7000");
    EXPECT_STREQ(TOLD(mprotect, 0, 0x1000, 4096, 0), "mprotect(0x1000, 4096, PROT_NONE) = 0");
    EXPECT_STREQ(TOLD(mremap, 0x1000, 0x1000, 4096, 4096, MREMAP_MAYMOVE, 0x5000),
                 "mremap(0x1000, 4096, 4096, MREMAP_MAYMOVE) = 0x1000");
    EXPECT_STREQ(TOLD(mremap, 0x5000, 0x1000, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, 0x5000),
                 "mremap(0x1000, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED, 0x5000) = 0x5000");
    EXPECT_STREQ(kind_told(KIND_UINT, 0, 0, 0x12, 0), "0x12");
    EXPECT_STREQ(kind_told(KIND_FLAGS, 0, 0, 0x12, 0), "0x12");
    EXPECT_STREQ(kind_told(KIND_LONG, 0, 0, (uint64_t)-5, 0), "-5");
    EXPECT_STREQ(kind_told(KIND_FD, 0, 0, 5, 0), "5");
    EXPECT_STREQ(kind_told(KIND_DIRFD, 0, 0, 0xffffff9c, 0), "AT_FDCWD");
    EXPECT_STREQ(kind_told(KIND_DIRFD, 0, 0, 5, 0), "5");
    EXPECT_STREQ(kind_told(KIND_MODE, 0, 0, 0644, 0), "0644");
    EXPECT_STREQ(kind_told(KIND_MODE, 0, 0, 0, 0), "0");
    EXPECT_STREQ(TOLD(umask, 022, 077), "umask(077) = 18");
    fixture_end();
}

TEST(describe_every_call)
{
    static const uint64_t values[] = {0, 1, UINT64_MAX, CALLS_DATA, UINT64_MAX - 4095};
    const struct syscall *all;
    const char *rest;

    begin();
    size_t count = syscall_all(&all);
    for (size_t i = 0; i < count; i++) {
        for (size_t n = 0; n < ARRAY_LEN(values); n++) {
            const uint64_t value = values[n];
            const char *text =
                told(all[i].number, 0, ARGS(value, value, value, value, value, value));
            EXPECT(str_starts(text, all[i].name, &rest));
        }
    }
    fixture_end();
}

TEST(describe_names)
{
    begin();
    EXPECT_STREQ(kind_told(KIND_REMAP_FLAGS, 0, 0, 1, 0), "MREMAP_MAYMOVE");
    EXPECT_STREQ(kind_told(KIND_ADVICE, 0, 0, 4, 0), "MADV_DONTNEED");
    EXPECT_STREQ(kind_told(KIND_OPEN_FLAGS, 0, 0, O_RDWR | O_CREAT, 0), "O_RDWR|O_CREAT");
    EXPECT_STREQ(kind_told(KIND_FD_FLAGS, 0, 0, O_CLOEXEC, 0), "O_CLOEXEC");
    EXPECT_STREQ(kind_told(KIND_AT_FLAGS, 0, 0, AT_EMPTY_PATH, 0), "AT_EMPTY_PATH");
    EXPECT_STREQ(kind_told(KIND_WHENCE, 0, 0, SEEK_CUR, 0), "SEEK_CUR");
    EXPECT_STREQ(kind_told(KIND_WAIT_FLAGS, 0, 0, WNOHANG, 0), "WNOHANG");
    EXPECT_STREQ(kind_told(KIND_ID_TYPE, 0, 0, P_PID, 0), "P_PID");
    EXPECT_STREQ(kind_told(KIND_CLOCK, 0, 0, CLOCK_MONOTONIC, 0), "CLOCK_MONOTONIC");
    EXPECT_STREQ(kind_told(KIND_RESOURCE, 0, 0, RLIMIT_STACK, 0), "RLIMIT_STACK");
    EXPECT_STREQ(kind_told(KIND_PRIORITY, 0, 0, 0, 0), "PRIO_PROCESS");
    EXPECT_STREQ(kind_told(KIND_POLICY, 0, 0, SCHED_FIFO, 0), "SCHED_FIFO");
    EXPECT_STREQ(kind_told(KIND_BARRIER, 0, 0, 8, 0), "MEMBARRIER_CMD_PRIVATE_EXPEDITED");
    EXPECT_STREQ(kind_told(KIND_USAGE, 0, 0, 0xffffffff, 0), "RUSAGE_CHILDREN");
    EXPECT_STREQ(kind_told(KIND_SIG_HOW, 0, 0, SIG_BLOCK, 0), "SIG_BLOCK");
    EXPECT_STREQ(kind_told(KIND_RANDOM_FLAGS, 0, 0, 1, 0), "GRND_NONBLOCK");
    EXPECT_STREQ(kind_told(KIND_SHARE_FLAGS, 0, 0, CLONE_FS, 0), "CLONE_FS");
    fixture_end();
}

TEST(describe_call_that_is_unknown)
{
    begin();
    EXPECT_STREQ(told(999, -ENOSYS, ARGS(1, 2, 3, 4, 5, 6)),
                 "syscall_0x3e7(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS (Function not "
                 "implemented)");
    EXPECT_STREQ(told(999, 7, ARGS(1, 2)), "syscall_0x3e7(0x1, 0x2, 0x0, 0x0, 0x0, 0x0) = 7");
    fixture_end();
}

TEST(describe_in_two_parts)
{
    begin();
    calls_put(AT(0), "abc", 3);
    EXPECT_STREQ(BEGIN(read, 0, AT(0), 512), "read(0, ");
    EXPECT_STREQ(TOLD(read, 3, 0, AT(0), 512), "read(0, \"abc\", 512) = 3");
    EXPECT_STREQ(BEGIN(write, 1, AT(0), 3), "write(1, \"abc\", 3");
    EXPECT_STREQ(TOLD(write, 3, 1, AT(0), 3), "write(1, \"abc\", 3) = 3");
    EXPECT_STREQ(BEGIN(getpid), "getpid(");
    EXPECT_STREQ(BEGIN(exit_group, 3), "exit_group(3");
    EXPECT_STREQ(BEGIN(uname, AT(0)), "uname(");
    EXPECT_STREQ(TOLD(pipe2, -EFAULT, 0x10, 0), "pipe2(0x10, 0) = -1 EFAULT (Bad address)");
    EXPECT_STREQ(TOLD(pipe2, -EINVAL, 0x10, O_NONBLOCK | 1),
                 "pipe2(0x10, O_NONBLOCK|0x1) = -1 EINVAL (Invalid argument)");
    EXPECT_STREQ(BEGIN(clone, SIGCHLD), "clone(child_stack=NULL, flags=SIGCHLD");
    fixture_end();
}

/* As in strace, the result stands in column 40 of the line where there is room. */
TEST(describe_results_in_a_column)
{
    struct text text = {bytes, TEXT_MAX, 0};
    const struct described described = described_of(NR_getpid, ARGS(0));

    begin();
    describe_end(&text, &described, init->space, 7);
    EXPECT_STREQ(ended(&text), ")                                       = 7");
    text.len = 38;
    describe_gone(&text);
    EXPECT_STREQ(ended(&text) + 38, ") = ?");
    text.len = 39;
    describe_gone(&text);
    EXPECT_STREQ(ended(&text) + 39, ") = ?");
    fixture_end();
}

TEST(describe_errors)
{
    begin();
    EXPECT_STREQ(TOLD(kill, -ESRCH, 5, 0), "kill(5, 0) = -1 ESRCH (No such process)");
    EXPECT_STREQ(TOLD(getpid, -4095), "getpid() = -1 (errno 4095)");
    EXPECT_STREQ(TOLD(read, -EBADF, 9, AT(0), 10),
                 "read(9, 0x20000000, 10) = -1 EBADF (Bad file descriptor)");
    EXPECT_STREQ(TOLD(ioctl, -ENOTTY, 1, TCGETS, AT(0)),
                 "ioctl(1, TCGETS, 0x20000000) = -1 ENOTTY (Inappropriate ioctl for device)");
    EXPECT_STREQ(TOLD(wait4, -ECHILD, (uint64_t)-1, 0, 0, 0),
                 "wait4(-1, NULL, 0, NULL) = -1 ECHILD (No child processes)");
    fixture_end();
}

TEST(describe_openat)
{
    begin();
    calls_put_text(AT(0), "/etc/motd");
    EXPECT_STREQ(TOLD(openat, 3, (uint64_t)AT_FDCWD, AT(0), O_RDONLY | O_CLOEXEC, 0644),
                 "openat(AT_FDCWD, \"/etc/motd\", O_RDONLY|O_CLOEXEC) = 3");
    EXPECT_STREQ(TOLD(openat, -ENOENT, 5, AT(0), O_WRONLY | O_CREAT, 0644),
                 "openat(5, \"/etc/motd\", O_WRONLY|O_CREAT, 0644) = -1 ENOENT (No such file or "
                 "directory)");
    fixture_end();
}

TEST(describe_what_is_read)
{
    begin();
    calls_put_text(AT(0), "/bin/sh");
    calls_put(AT(64), ARGS(AT(0)), 16);
    calls_put(AT(100), ARGS(1, 500), 16);
    EXPECT_STREQ(TOLD(execve, 0, AT(0), AT(64), AT(64)),
                 "execve(\"/bin/sh\", [\"/bin/sh\"], 0x20000040 /* 1 var */) = 0");
    EXPECT_STREQ(TOLD(nanosleep, 0, AT(100), 0), "nanosleep({tv_sec=1, tv_nsec=500}, NULL) = 0");
    EXPECT_STREQ(TOLD(prlimit64, 0, 0, 3, AT(100), 0),
                 "prlimit64(0, RLIMIT_STACK, {rlim_cur=1, rlim_max=500}, NULL) = 0");
    EXPECT_STREQ(TOLD(writev, 5, 1, AT(100), 0), "writev(1, [], 0) = 5");
    EXPECT_STREQ(TOLD(spawn, -EFAULT, CALLS_NOWHERE), "spawn(0x1000) = -1 EFAULT (Bad address)");
    EXPECT_STREQ(kind_told(KIND_IN_SIGSET, 0, 0, AT(100), 8), "[HUP]");
    EXPECT(str_starts(kind_told(KIND_IN_SIGACTION, 0, 0, AT(100), 0), "{sa_handler=SIG_IGN", NULL));
    EXPECT(
        str_starts(kind_told(KIND_IN_CLONE_ARGS, 0, 0, AT(200), 88), "{flags=0, exit_sig", NULL));
    fixture_end();
}

TEST(describe_what_was_written)
{
    struct abi_utsname name = {.sysname = "Eft"};
    struct abi_stat status = {.st_mode = S_IFREG | 0644, .st_size = 3};

    begin();
    calls_put(AT(0), "abc", 3);
    EXPECT_STREQ(TOLD(read, 0, 0, AT(0), 10), "read(0, \"\", 10) = 0");
    calls_put(AT(0), (const int[]){0x2a00, 4}, 8);
    EXPECT_STREQ(TOLD(wait4, 2, 0, AT(0), 0, 0),
                 "wait4(0, [{WIFEXITED(s) && WEXITSTATUS(s) == 42}], 0, NULL) = 2");
    EXPECT_STREQ(TOLD(wait4, 0, 0, AT(0), 1, 0), "wait4(0, 0x20000000, WNOHANG, NULL) = 0");
    EXPECT_STREQ(kind_told(KIND_OUT_INT, 0, 0, AT(0), 0), "[10752]");
    EXPECT_STREQ(kind_told(KIND_OUT_FDS, 0, 0, AT(0), 0), "[10752, 4]");
    calls_put(AT(32), (const uint32_t[]){3, UINT32_MAX}, 8);
    EXPECT_STREQ(TOLD(setgroups, 0, 2, AT(32)), "setgroups(2, [3, -1]) = 0");
    EXPECT_STREQ(TOLD(setgroups, -EPERM, (uint64_t)-1, AT(32)),
                 "setgroups(-1, 0x20000020) = -1 EPERM (Operation not permitted)");
    EXPECT_STREQ(TOLD(setgroups, 0, 0, 0), "setgroups(0, []) = 0");
    EXPECT_STREQ(TOLD(setgroups, -EFAULT, 1, 16), "setgroups(1, 0x10) = -1 EFAULT (Bad address)");
    EXPECT_STREQ(TOLD(getgroups, 1, 5, AT(32)), "getgroups(5, [3]) = 1");
    EXPECT_STREQ(TOLD(getgroups, 1, 0, AT(32)), "getgroups(0, 0x20000020) = 1");
    EXPECT_STREQ(TOLD(setresuid, 0, 1, UINT32_MAX, 0), "setresuid(1, -1, 0) = 0");
    EXPECT_STREQ(kind_told(KIND_OUT_SIGINFO, 0, 0, AT(200), 0), "{}");
    EXPECT_STREQ(kind_told(KIND_OUT_RUSAGE, 0, 0, 0, 0), "NULL");
    EXPECT_STREQ(kind_told(KIND_OUT_TMS, 5, 0, 0, 0), "NULL");
    EXPECT_STREQ(kind_told(KIND_OUT_SYSINFO, 0, 0, 0, 0), "NULL");
    EXPECT_STREQ(kind_told(KIND_OUT_SIGSET, 0, 0, AT(200), 8), "[]");
    EXPECT_STREQ(kind_told(KIND_OUT_SIGACTION, 0, 0, 0, 8), "NULL");
    EXPECT_STREQ(TOLD(sigaltstack, 0, 0, 0), "sigaltstack(NULL, NULL) = 0");
    calls_put(AT(0), ARGS(5, 6), 16);
    EXPECT_STREQ(TOLD(clock_gettime, 0, 1, AT(0)),
                 "clock_gettime(CLOCK_MONOTONIC, {tv_sec=5, tv_nsec=6}) = 0");
    EXPECT_STREQ(TOLD(prlimit64, 0, 0, 0, 0, AT(0)),
                 "prlimit64(0, RLIMIT_CPU, NULL, {rlim_cur=5, rlim_max=6}) = 0");
    calls_put(AT(0), &name, sizeof(name));
    EXPECT_STREQ(TOLD(uname, 0, AT(0)), "uname({sysname=\"Eft\", nodename=\"\", ...}) = 0");
    calls_put(AT(0), &status, sizeof(status));
    EXPECT_STREQ(TOLD(fstat, 0, 1, AT(0)), "fstat(1, {st_mode=S_IFREG|0644, st_size=3, ...}) = 0");
    calls_put(AT(0), "abcd", 4);
    calls_put(AT(64), ARGS(AT(0), 2, AT(2), 2), 32);
    EXPECT_STREQ(kind_told(KIND_OUT_IOV, 3, 0, AT(64), 2),
                 "[{iov_base=\"ab\", iov_len=2}, {iov_base=\"c\", iov_len=2}]");
    fixture_end();
}

TEST(describe_clone)
{
    begin();
    calls_put(AT(0), (const int[]){7}, 4);
    EXPECT_STREQ(TOLD(clone, 7, SIGCHLD), "clone(child_stack=NULL, flags=SIGCHLD) = 7");
    EXPECT_STREQ(TOLD(clone, 7, CLONE_VM | CLONE_VFORK | SIGCHLD, 0x5000),
                 "clone(child_stack=0x5000, flags=CLONE_VM|CLONE_VFORK|SIGCHLD) = 7");
    EXPECT_STREQ(TOLD(clone, 7, 0), "clone(child_stack=NULL, flags=0) = 7");
    EXPECT_STREQ(TOLD(clone, 7, CLONE_VM), "clone(child_stack=NULL, flags=CLONE_VM) = 7");
    EXPECT_STREQ(TOLD(clone, 7, CLONE_PARENT_SETTID | CLONE_SETTLS | CLONE_CHILD_CLEARTID | SIGCHLD,
                      0, AT(0), 0x77, 0x88),
                 "clone(child_stack=NULL, flags=CLONE_SETTLS|CLONE_PARENT_SETTID|"
                 "CLONE_CHILD_CLEARTID|SIGCHLD, parent_tid=[7], tls=0x77, child_tidptr=0x88) = 7");
    fixture_end();
}

TEST(describe_fcntl)
{
    static const struct syscall fcntl = {
        .name = "fcntl", .arg_count = 3, .kinds = {KIND_FD, KIND_FCNTL, KIND_FCNTL_ARG}};

    begin();
    made = fcntl;
    EXPECT_STREQ(told(0, 0, ARGS(3, F_GETFD)), "fcntl(3, F_GETFD) = 0");
    EXPECT_STREQ(told(0, 1, ARGS(3, F_GETFD)), "fcntl(3, F_GETFD) = 0x1 (flags FD_CLOEXEC)");
    EXPECT_STREQ(told(0, 0, ARGS(3, F_SETFD, 1)), "fcntl(3, F_SETFD, FD_CLOEXEC) = 0");
    EXPECT_STREQ(told(0, 04001, ARGS(3, F_GETFL)),
                 "fcntl(3, F_GETFL) = 0x801 (flags O_WRONLY|O_NONBLOCK)");
    EXPECT_STREQ(told(0, 0, ARGS(3, F_GETFL)), "fcntl(3, F_GETFL) = 0 (flags O_RDONLY)");
    EXPECT_STREQ(told(0, 0, ARGS(3, F_SETFL, 04000)), "fcntl(3, F_SETFL, O_RDONLY|O_NONBLOCK) = 0");
    EXPECT_STREQ(told(0, 10, ARGS(3, F_DUPFD, 10)), "fcntl(3, F_DUPFD, 10) = 10");
    EXPECT_STREQ(told(0, -EBADF, ARGS(3, F_GETFD)),
                 "fcntl(3, F_GETFD) = -1 EBADF (Bad file descriptor)");
    fixture_end();
}

TEST(describe_ioctl)
{
    begin();
    calls_put(AT(100), &(int){7}, sizeof(int));
    EXPECT_STREQ(TOLD(ioctl, 0, 0, TCSETS, AT(0)),
                 "ioctl(0, TCSETS, {B0 -opost -isig -icanon -echo ...}) = 0");
    EXPECT_STREQ(TOLD(ioctl, 0, 0, TIOCSPGRP, AT(100)), "ioctl(0, TIOCSPGRP, [7]) = 0");
    EXPECT_STREQ(TOLD(ioctl, 0, 0, TIOCGPGRP, AT(100)), "ioctl(0, TIOCGPGRP, [7]) = 0");
    EXPECT_STREQ(TOLD(ioctl, 0, 0, TIOCGWINSZ, AT(0)),
                 "ioctl(0, TIOCGWINSZ, {ws_row=0, ws_col=0, ws_xpixel=0, ws_ypixel=0}) = 0");
    EXPECT_STREQ(TOLD(ioctl, 0, 0, 0x1234, AT(0)),
                 "ioctl(0, 0x1234 /* TIOC??? */, 0x20000000) = 0");
    fixture_end();
}

TEST(describe_prctl)
{
    static const struct syscall prctl = {
        .name = "prctl", .arg_count = 2, .kinds = {KIND_PRCTL, KIND_PRCTL_ARG}};

    begin();
    made = prctl;
    calls_put(AT(0), (const int[]){SIGKILL}, 4);
    calls_put_text(AT(8), "name");
    EXPECT_STREQ(told(0, 0, ARGS(PR_SET_PDEATHSIG, SIGKILL)),
                 "prctl(PR_SET_PDEATHSIG, SIGKILL) = 0");
    EXPECT_STREQ(told(0, 0, ARGS(PR_GET_PDEATHSIG, AT(0))),
                 "prctl(PR_GET_PDEATHSIG, [SIGKILL]) = 0");
    EXPECT_STREQ(told(0, 0, ARGS(PR_SET_NAME, AT(8))), "prctl(PR_SET_NAME, \"name\") = 0");
    EXPECT_STREQ(told(0, 0, ARGS(PR_SET_CHILD_SUBREAPER, 1)),
                 "prctl(PR_SET_CHILD_SUBREAPER, 1) = 0");
    EXPECT_STREQ(told(0, 0, ARGS(PR_GET_CHILD_SUBREAPER, AT(0))),
                 "prctl(PR_GET_CHILD_SUBREAPER, [9]) = 0");
    EXPECT_STREQ(told(0, -EINVAL, ARGS(PR_SET_PDEATHSIG, 99)),
                 "prctl(PR_SET_PDEATHSIG, 99) = -1 EINVAL (Invalid argument)");
    fixture_end();
}

TEST(describe_cuts_off_at_the_capacity)
{
    const uint64_t *args = ARGS(AT(0), AT(100), 3, 4, 5, 6);

    begin();
    for (size_t capacity = 0; capacity < 100; capacity++) {
        struct text text = {bytes, capacity, 0};
        const struct described described = described_of(NR_mmap, args);
        char whole[256];
        str_copy(whole, begin_of(NR_mmap, args), sizeof(whole));
        describe_begin(&text, &described, init->space);
        EXPECT_EQ(text.len, min_u64(capacity, str_len(whole)));
        EXPECT_MEMEQ(bytes, whole, text.len);
        describe_end(&text, &described, init->space, 0);
        EXPECT(text.len <= capacity);
    }
    fixture_end();
}
