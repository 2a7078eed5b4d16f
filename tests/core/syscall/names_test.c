#include "syscall/names.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/string.h"
#include "test.h"

enum { TEXT_MAX = 1024 };

static char bytes[TEXT_MAX + 1];
static struct text text;

static struct text *begin(void)
{
    text = (struct text){bytes, TEXT_MAX, 0};
    return &text;
}

static void expect_text(const char *expected)
{
    bytes[text.len] = '\0';
    EXPECT_STREQ(bytes, expected);
}

static void expect_one(const struct names *names, uint64_t value, const char *expected)
{
    names_put_one(begin(), names, value);
    expect_text(expected);
}

static void expect_flags(const struct names *names, uint64_t value, const char *expected)
{
    names_put_flags(begin(), names, value);
    expect_text(expected);
}

TEST(names_of_one)
{
    expect_one(&names_whence, SEEK_END, "SEEK_END");
    expect_one(&names_whence, 9, "0x9 /* SEEK_??? */");
    expect_one(&names_usage, (uint64_t)RUSAGE_CHILDREN, "RUSAGE_CHILDREN");
    expect_one(&names_clock, CLOCK_BOOTTIME, "CLOCK_BOOTTIME");
    expect_one(&names_fcntl, F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC");
    expect_one(&names_resource, RLIMIT_NPROC, "RLIMIT_NPROC");
    expect_one(&names_prctl, PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER");
    expect_one(&names_ioctl, TIOCGWINSZ, "TIOCGWINSZ");
    expect_one(&names_advice, MADV_DONTNEED, "MADV_DONTNEED");
    expect_one(&names_id_type, P_PGID, "P_PGID");
    expect_one(&names_file_type, S_IFIFO, "S_IFIFO");
    expect_one(&names_priority, 0, "PRIO_PROCESS");
    expect_one(&names_sig_how, SIG_SETMASK, "SIG_SETMASK");
    expect_one(&names_child_code, CLD_DUMPED, "CLD_DUMPED");
    expect_one(&names_baud, B115200, "B115200");
}

TEST(names_of_flags)
{
    expect_flags(&names_prot, 0, "0");
    expect_flags(&names_prot, PROT_READ | PROT_WRITE | PROT_EXEC, "PROT_READ|PROT_WRITE|PROT_EXEC");
    expect_flags(&names_prot, PROT_READ | 0x40, "PROT_READ|0x40");
    expect_flags(&names_prot, 0x40, "0x40 /* PROT_??? */");
    expect_flags(&names_map, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 "MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE");
    expect_flags(&names_map, MAP_SHARED | MAP_FIXED_NOREPLACE, "MAP_SHARED|MAP_FIXED_NOREPLACE");
    expect_flags(&names_wait, WNOHANG | WEXITED | WNOWAIT, "WNOHANG|WEXITED|WNOWAIT");
    expect_flags(&names_wait, WALL | WCLONE, "__WALL|__WCLONE");
    expect_flags(&names_open, O_CLOEXEC | O_NONBLOCK, "O_NONBLOCK|O_CLOEXEC");
    expect_flags(&names_open, 04010000, "O_SYNC");
    expect_flags(&names_open, 020040000, "O_TMPFILE");
    expect_flags(&names_open, O_DIRECTORY, "O_DIRECTORY");
    expect_flags(&names_clone, CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND,
                 "CLONE_VM|CLONE_VFORK|CLONE_CLEAR_SIGHAND");
    expect_flags(&names_remap, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
                 "MREMAP_MAYMOVE|MREMAP_DONTUNMAP");
    expect_flags(&names_at, AT_EMPTY_PATH, "AT_EMPTY_PATH");
    expect_flags(&names_fd, FD_CLOEXEC, "FD_CLOEXEC");
    expect_flags(&names_sig_action, SA_NOCLDWAIT | 0x10000000, "SA_RESTART|SA_NOCLDWAIT");
    expect_flags(&names_random, 1, "GRND_NONBLOCK");
}

static void expect_signal(int signal, const char *expected)
{
    names_put_signal(begin(), signal);
    expect_text(expected);
}

TEST(names_of_signals)
{
    expect_signal(SIGHUP, "SIGHUP");
    expect_signal(SIGCHLD, "SIGCHLD");
    expect_signal(SIGSYS, "SIGSYS");
    expect_signal(32, "SIGRTMIN");
    expect_signal(33, "SIGRT_1");
    expect_signal(64, "SIGRT_32");
    expect_signal(0, "0");
    expect_signal(65, "65");
    expect_signal(-1, "-1");
}

static void expect_set(uint64_t set, const char *expected)
{
    names_put_sigset(begin(), set);
    expect_text(expected);
}

TEST(names_of_sets_of_signals)
{
    expect_set(0, "[]");
    expect_set((uint64_t)1 << (SIGINT - 1) | (uint64_t)1 << (SIGCHLD - 1), "[INT CHLD]");
    expect_set((uint64_t)3 << 31, "[RTMIN RT_1]");
    expect_set(UINT64_MAX, "~[]");
    expect_set(~((uint64_t)1 << (SIGKILL - 1)), "~[KILL]");
}

TEST(names_of_errors)
{
    static const int errors[] = {EPERM,   ENOENT, ESRCH,  EINTR,        EIO,     E2BIG,
                                 ENOEXEC, EBADF,  ECHILD, EAGAIN,       ENOMEM,  EACCES,
                                 EFAULT,  EBUSY,  EEXIST, ENODEV,       ENOTDIR, EISDIR,
                                 EINVAL,  ENOTTY, EFBIG,  ENAMETOOLONG, ENOSYS,  ELOOP};

    EXPECT(names_put_error(begin(), ENOENT));
    expect_text("ENOENT (No such file or directory)");
    for (unsigned i = 0; i < ARRAY_LEN(errors); i++) {
        EXPECT(names_put_error(begin(), errors[i]));
        EXPECT(text.len > 3);
    }
    EXPECT(!names_put_error(begin(), 0));
    EXPECT(!names_put_error(begin(), -1));
    EXPECT(!names_put_error(begin(), 41)); /* a gap */
    EXPECT(!names_put_error(begin(), 4095));
    expect_text("");
}
