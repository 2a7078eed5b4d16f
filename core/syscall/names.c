#include "syscall/names.h"

#include "base/string.h"

#define NAMES(what_, unknown_)                                                                     \
    const struct names names_##what_ = {list_##what_, ARRAY_LEN(list_##what_), unknown_}

enum {
    SIGNAL_FIRST_REALTIME = 32,
    SIGNALS = 64,
    SIGNALS_MANY = SIGNALS * 2 / 3, /* from here on a set is told by what is not in it */
};

static const struct name list_advice[] = {
    {0, "MADV_NORMAL"},      {1, "MADV_RANDOM"},    {2, "MADV_SEQUENTIAL"},
    {3, "MADV_WILLNEED"},    {4, "MADV_DONTNEED"},  {8, "MADV_FREE"},
    {9, "MADV_REMOVE"},      {10, "MADV_DONTFORK"}, {11, "MADV_DOFORK"},
    {12, "MADV_MERGEABLE"},  {14, "MADV_HUGEPAGE"}, {15, "MADV_NOHUGEPAGE"},
    {18, "MADV_WIPEONFORK"}, {20, "MADV_COLD"},
};
NAMES(advice, "MADV_???");

static const struct name list_altstack[] = {
    {1, "SS_ONSTACK"},
    {2, "SS_DISABLE"},
    {0x80000000, "SS_AUTODISARM"},
};
NAMES(altstack, "SS_???");

static const struct name list_at[] = {
    {0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, "AT_REMOVEDIR"},   {0x400, "AT_SYMLINK_FOLLOW"},
    {0x800, "AT_NO_AUTOMOUNT"},     {0x1000, "AT_EMPTY_PATH"},
};
NAMES(at, "AT_???");

static const struct name list_baud[] = {
    {0, "B0"}, {13, "B9600"}, {15, "B38400"}, {0x1001, "B57600"}, {0x1002, "B115200"},
};
NAMES(baud, "B???");

static const struct name list_child_code[] = {
    {1, "CLD_EXITED"},  {2, "CLD_KILLED"},  {3, "CLD_DUMPED"},
    {4, "CLD_TRAPPED"}, {5, "CLD_STOPPED"}, {6, "CLD_CONTINUED"},
};
NAMES(child_code, "CLD_???");

static const struct name list_barrier[] = {
    {0, "MEMBARRIER_CMD_QUERY"},
    {1, "MEMBARRIER_CMD_GLOBAL"},
    {2, "MEMBARRIER_CMD_GLOBAL_EXPEDITED"},
    {4, "MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED"},
    {8, "MEMBARRIER_CMD_PRIVATE_EXPEDITED"},
    {16, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED"},
    {32, "MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE"},
    {64, "MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE"},
};
NAMES(barrier, "MEMBARRIER_CMD_???");

static const struct name list_clock[] = {
    {0, "CLOCK_REALTIME"},          {1, "CLOCK_MONOTONIC"},     {2, "CLOCK_PROCESS_CPUTIME_ID"},
    {3, "CLOCK_THREAD_CPUTIME_ID"}, {4, "CLOCK_MONOTONIC_RAW"}, {5, "CLOCK_REALTIME_COARSE"},
    {6, "CLOCK_MONOTONIC_COARSE"},  {7, "CLOCK_BOOTTIME"},      {8, "CLOCK_REALTIME_ALARM"},
    {9, "CLOCK_BOOTTIME_ALARM"},    {11, "CLOCK_TAI"},
};
NAMES(clock, "CLOCK_???");

static const struct name list_cpu_clock[] = {
    {0, "CPUCLOCK_PROF"},
    {1, "CPUCLOCK_VIRT"},
    {2, "CPUCLOCK_SCHED"},
};
NAMES(cpu_clock, "CPUCLOCK_???");

static const struct name list_itimer[] = {
    {0, "ITIMER_REAL"},
    {1, "ITIMER_VIRTUAL"},
    {2, "ITIMER_PROF"},
};
NAMES(itimer, "ITIMER_???");

static const struct name list_sigev[] = {
    {0, "SIGEV_SIGNAL"},
    {1, "SIGEV_NONE"},
    {2, "SIGEV_THREAD"},
    {4, "SIGEV_THREAD_ID"},
};
NAMES(sigev, "SIGEV_???");

static const struct name list_timer[] = {
    {1, "TIMER_ABSTIME"},
};
NAMES(timer, "TIMER_???");

static const struct name list_timerfd[] = {
    {02000000, "TFD_CLOEXEC"},
    {04000, "TFD_NONBLOCK"},
};
NAMES(timerfd, "TFD_???");

static const struct name list_timerfd_set[] = {
    {1, "TFD_TIMER_ABSTIME"},
    {2, "TFD_TIMER_CANCEL_ON_SET"},
};
NAMES(timerfd_set, "TFD_???");

static const struct name list_clone[] = {
    {0x100, "CLONE_VM"},
    {0x200, "CLONE_FS"},
    {0x400, "CLONE_FILES"},
    {0x800, "CLONE_SIGHAND"},
    {0x1000, "CLONE_PIDFD"},
    {0x2000, "CLONE_PTRACE"},
    {0x4000, "CLONE_VFORK"},
    {0x8000, "CLONE_PARENT"},
    {0x10000, "CLONE_THREAD"},
    {0x20000, "CLONE_NEWNS"},
    {0x40000, "CLONE_SYSVSEM"},
    {0x80000, "CLONE_SETTLS"},
    {0x100000, "CLONE_PARENT_SETTID"},
    {0x200000, "CLONE_CHILD_CLEARTID"},
    {0x400000, "CLONE_DETACHED"},
    {0x800000, "CLONE_UNTRACED"},
    {0x1000000, "CLONE_CHILD_SETTID"},
    {0x2000000, "CLONE_NEWCGROUP"},
    {0x4000000, "CLONE_NEWUTS"},
    {0x8000000, "CLONE_NEWIPC"},
    {0x10000000, "CLONE_NEWUSER"},
    {0x20000000, "CLONE_NEWPID"},
    {0x40000000, "CLONE_NEWNET"},
    {0x80000000, "CLONE_IO"},
    {0x100000000, "CLONE_CLEAR_SIGHAND"},
    {0x200000000, "CLONE_INTO_CGROUP"},
};
NAMES(clone, "CLONE_???");

static const struct name list_fcntl[] = {
    {0, "F_DUPFD"},         {1, "F_GETFD"},         {2, "F_SETFD"},
    {3, "F_GETFL"},         {4, "F_SETFL"},         {5, "F_GETLK"},
    {6, "F_SETLK"},         {7, "F_SETLKW"},        {8, "F_SETOWN"},
    {9, "F_GETOWN"},        {10, "F_SETSIG"},       {11, "F_GETSIG"},
    {1024, "F_SETLEASE"},   {1025, "F_GETLEASE"},   {1030, "F_DUPFD_CLOEXEC"},
    {1031, "F_SETPIPE_SZ"}, {1032, "F_GETPIPE_SZ"},
};
NAMES(fcntl, "F_???");

static const struct name list_fd[] = {{1, "FD_CLOEXEC"}};
NAMES(fd, "FD_???");

static const struct name list_file_type[] = {
    {0010000, "S_IFIFO"}, {0020000, "S_IFCHR"}, {0040000, "S_IFDIR"},  {0060000, "S_IFBLK"},
    {0100000, "S_IFREG"}, {0120000, "S_IFLNK"}, {0140000, "S_IFSOCK"},
};
NAMES(file_type, "S_IF???");

static const struct name list_futex[] = {
    {0, "FUTEX_WAIT"},
    {1, "FUTEX_WAKE"},
    {2, "FUTEX_FD"},
    {3, "FUTEX_REQUEUE"},
    {4, "FUTEX_CMP_REQUEUE"},
    {5, "FUTEX_WAKE_OP"},
    {6, "FUTEX_LOCK_PI"},
    {7, "FUTEX_UNLOCK_PI"},
    {8, "FUTEX_TRYLOCK_PI"},
    {9, "FUTEX_WAIT_BITSET"},
    {10, "FUTEX_WAKE_BITSET"},
    {11, "FUTEX_WAIT_REQUEUE_PI"},
    {12, "FUTEX_CMP_REQUEUE_PI"},
    {13, "FUTEX_LOCK_PI2"},
    {128, "FUTEX_WAIT_PRIVATE"},
    {129, "FUTEX_WAKE_PRIVATE"},
    {131, "FUTEX_REQUEUE_PRIVATE"},
    {132, "FUTEX_CMP_REQUEUE_PRIVATE"},
    {133, "FUTEX_WAKE_OP_PRIVATE"},
    {134, "FUTEX_LOCK_PI_PRIVATE"},
    {135, "FUTEX_UNLOCK_PI_PRIVATE"},
    {136, "FUTEX_TRYLOCK_PI_PRIVATE"},
    {137, "FUTEX_WAIT_BITSET_PRIVATE"},
    {138, "FUTEX_WAKE_BITSET_PRIVATE"},
    {139, "FUTEX_WAIT_REQUEUE_PI_PRIVATE"},
    {140, "FUTEX_CMP_REQUEUE_PI_PRIVATE"},
    {141, "FUTEX_LOCK_PI2_PRIVATE"},
    {265, "FUTEX_WAIT_BITSET|FUTEX_CLOCK_REALTIME"},
    {393, "FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME"},
    {267, "FUTEX_WAIT_REQUEUE_PI|FUTEX_CLOCK_REALTIME"},
    {395, "FUTEX_WAIT_REQUEUE_PI_PRIVATE|FUTEX_CLOCK_REALTIME"},
    {269, "FUTEX_LOCK_PI2|FUTEX_CLOCK_REALTIME"},
    {397, "FUTEX_LOCK_PI2_PRIVATE|FUTEX_CLOCK_REALTIME"},
};
NAMES(futex, "FUTEX_???");

static const struct name list_id_type[] = {
    {0, "P_ALL"},
    {1, "P_PID"},
    {2, "P_PGID"},
    {3, "P_PIDFD"},
};
NAMES(id_type, "P_???");

static const struct name list_ioctl[] = {
    {0x5401, "TCGETS"},     {0x5402, "TCSETS"},    {0x5403, "TCSETSW"},   {0x5404, "TCSETSF"},
    {0x540e, "TIOCSCTTY"},  {0x540f, "TIOCGPGRP"}, {0x5410, "TIOCSPGRP"}, {0x5413, "TIOCGWINSZ"},
    {0x5414, "TIOCSWINSZ"}, {0x541b, "FIONREAD"},  {0x5421, "FIONBIO"},   {0x5422, "TIOCNOTTY"},
    {0x5429, "TIOCGSID"},
};
NAMES(ioctl, "TIOC???");

static const struct name list_map[] = {
    {3, "MAP_SHARED_VALIDATE"}, {1, "MAP_SHARED"},
    {2, "MAP_PRIVATE"},         {0x10, "MAP_FIXED"},
    {0x20, "MAP_ANONYMOUS"},    {0x4000, "MAP_NORESERVE"},
    {0x8000, "MAP_POPULATE"},   {0x10000, "MAP_NONBLOCK"},
    {0x100, "MAP_GROWSDOWN"},   {0x800, "MAP_DENYWRITE"},
    {0x1000, "MAP_EXECUTABLE"}, {0x2000, "MAP_LOCKED"},
    {0x20000, "MAP_STACK"},     {0x40000, "MAP_HUGETLB"},
    {0x80000, "MAP_SYNC"},      {0x100000, "MAP_FIXED_NOREPLACE"},
};
NAMES(map, "MAP_???");

/* Without the way of access, which is no flag. What has the bits of another comes first. */
static const struct name list_open[] = {
    {020040000, "O_TMPFILE"}, {0100, "O_CREAT"},        {0200, "O_EXCL"},
    {0400, "O_NOCTTY"},       {01000, "O_TRUNC"},       {02000, "O_APPEND"},
    {04000, "O_NONBLOCK"},    {04010000, "O_SYNC"},     {010000, "O_DSYNC"},
    {020000, "O_ASYNC"},      {040000, "O_DIRECTORY"},  {0100000, "O_NOFOLLOW"},
    {0200000, "O_DIRECT"},    {0400000, "O_LARGEFILE"}, {01000000, "O_NOATIME"},
    {02000000, "O_CLOEXEC"},  {010000000, "O_PATH"},
};
NAMES(open, "O_???");

static const struct name list_prctl[] = {
    {1, "PR_SET_PDEATHSIG"},
    {2, "PR_GET_PDEATHSIG"},
    {3, "PR_GET_DUMPABLE"},
    {4, "PR_SET_DUMPABLE"},
    {15, "PR_SET_NAME"},
    {16, "PR_GET_NAME"},
    {36, "PR_SET_CHILD_SUBREAPER"},
    {37, "PR_GET_CHILD_SUBREAPER"},
    {38, "PR_SET_NO_NEW_PRIVS"},
    {39, "PR_GET_NO_NEW_PRIVS"},
};
NAMES(prctl, "PR_???");

static const struct name list_policy[] = {
    {0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},
    {3, "SCHED_BATCH"}, {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"},
};
NAMES(policy, "SCHED_???");

static const struct name list_priority[] = {
    {0, "PRIO_PROCESS"},
    {1, "PRIO_PGRP"},
    {2, "PRIO_USER"},
};
NAMES(priority, "PRIO_???");

static const struct name list_prot[] = {
    {1, "PROT_READ"},
    {2, "PROT_WRITE"},
    {4, "PROT_EXEC"},
    {8, "PROT_SEM"},
    {0x1000000, "PROT_GROWSDOWN"},
    {0x2000000, "PROT_GROWSUP"},
    {0x10, "PROT_BTI"},
    {0x20, "PROT_MTE"},
};
NAMES(prot, "PROT_???");

static const struct name list_random[] = {
    {1, "GRND_NONBLOCK"},
    {2, "GRND_RANDOM"},
    {4, "GRND_INSECURE"},
};
NAMES(random, "GRND_???");

static const struct name list_remap[] = {
    {1, "MREMAP_MAYMOVE"},
    {2, "MREMAP_FIXED"},
    {4, "MREMAP_DONTUNMAP"},
};
NAMES(remap, "MREMAP_???");

static const struct name list_resource[] = {
    {0, "RLIMIT_CPU"},       {1, "RLIMIT_FSIZE"}, {2, "RLIMIT_DATA"},    {3, "RLIMIT_STACK"},
    {4, "RLIMIT_CORE"},      {5, "RLIMIT_RSS"},   {6, "RLIMIT_NPROC"},   {7, "RLIMIT_NOFILE"},
    {8, "RLIMIT_MEMLOCK"},   {9, "RLIMIT_AS"},    {10, "RLIMIT_LOCKS"},  {11, "RLIMIT_SIGPENDING"},
    {12, "RLIMIT_MSGQUEUE"}, {13, "RLIMIT_NICE"}, {14, "RLIMIT_RTPRIO"}, {15, "RLIMIT_RTTIME"},
};
NAMES(resource, "RLIMIT_???");

static const struct name list_sig_action[] = {
    {0x04000000, "SA_RESTORER"},  {0x08000000, "SA_ONSTACK"},
    {0x10000000, "SA_RESTART"},   {0x40000000, "SA_NODEFER"},
    {0x80000000, "SA_RESETHAND"}, {1, "SA_NOCLDSTOP"},
    {2, "SA_NOCLDWAIT"},          {4, "SA_SIGINFO"},
};
NAMES(sig_action, "SA_???");

static const struct name list_sig_how[] = {
    {0, "SIG_BLOCK"},
    {1, "SIG_UNBLOCK"},
    {2, "SIG_SETMASK"},
};
NAMES(sig_how, "SIG_???");

static const struct name list_usage[] = {
    {0, "RUSAGE_SELF"},
    {(uint64_t)-1, "RUSAGE_CHILDREN"},
    {1, "RUSAGE_THREAD"},
};
NAMES(usage, "RUSAGE_???");

static const struct name list_wait[] = {
    {1, "WNOHANG"},         {2, "WSTOPPED"},          {4, "WEXITED"},
    {8, "WCONTINUED"},      {0x1000000, "WNOWAIT"},   {0x20000000, "__WNOTHREAD"},
    {0x40000000, "__WALL"}, {0x80000000, "__WCLONE"},
};
NAMES(wait, "W???");

static const struct name list_whence[] = {
    {0, "SEEK_SET"}, {1, "SEEK_CUR"}, {2, "SEEK_END"}, {3, "SEEK_DATA"}, {4, "SEEK_HOLE"},
};
NAMES(whence, "SEEK_???");

static const char *const signals[SIGNAL_FIRST_REALTIME] = {
    NULL,   "HUP",  "INT",  "QUIT", "ILL",    "TRAP",   "ABRT",  "BUS",  "FPE",  "KILL", "USR1",
    "SEGV", "USR2", "PIPE", "ALRM", "TERM",   "STKFLT", "CHLD",  "CONT", "STOP", "TSTP", "TTIN",
    "TTOU", "URG",  "XCPU", "XFSZ", "VTALRM", "PROF",   "WINCH", "IO",   "PWR",  "SYS",
};

struct error {
    const char *name;
    const char *meaning; /* strerror(3) */
};

static const struct error errors[] = {
    [1] = {"EPERM", "Operation not permitted"},
    [2] = {"ENOENT", "No such file or directory"},
    [3] = {"ESRCH", "No such process"},
    [4] = {"EINTR", "Interrupted system call"},
    [5] = {"EIO", "Input/output error"},
    [6] = {"ENXIO", "No such device or address"},
    [7] = {"E2BIG", "Argument list too long"},
    [8] = {"ENOEXEC", "Exec format error"},
    [9] = {"EBADF", "Bad file descriptor"},
    [10] = {"ECHILD", "No child processes"},
    [11] = {"EAGAIN", "Resource temporarily unavailable"},
    [12] = {"ENOMEM", "Cannot allocate memory"},
    [13] = {"EACCES", "Permission denied"},
    [14] = {"EFAULT", "Bad address"},
    [15] = {"ENOTBLK", "Block device required"},
    [16] = {"EBUSY", "Device or resource busy"},
    [17] = {"EEXIST", "File exists"},
    [18] = {"EXDEV", "Invalid cross-device link"},
    [19] = {"ENODEV", "No such device"},
    [20] = {"ENOTDIR", "Not a directory"},
    [21] = {"EISDIR", "Is a directory"},
    [22] = {"EINVAL", "Invalid argument"},
    [23] = {"ENFILE", "Too many open files in system"},
    [24] = {"EMFILE", "Too many open files"},
    [25] = {"ENOTTY", "Inappropriate ioctl for device"},
    [26] = {"ETXTBSY", "Text file busy"},
    [27] = {"EFBIG", "File too large"},
    [28] = {"ENOSPC", "No space left on device"},
    [29] = {"ESPIPE", "Illegal seek"},
    [30] = {"EROFS", "Read-only file system"},
    [31] = {"EMLINK", "Too many links"},
    [32] = {"EPIPE", "Broken pipe"},
    [33] = {"EDOM", "Numerical argument out of domain"},
    [34] = {"ERANGE", "Numerical result out of range"},
    [35] = {"EDEADLK", "Resource deadlock avoided"},
    [36] = {"ENAMETOOLONG", "File name too long"},
    [37] = {"ENOLCK", "No locks available"},
    [38] = {"ENOSYS", "Function not implemented"},
    [39] = {"ENOTEMPTY", "Directory not empty"},
    [40] = {"ELOOP", "Too many levels of symbolic links"},
    [75] = {"EOVERFLOW", "Value too large for defined data type"},
    [95] = {"EOPNOTSUPP", "Operation not supported"},
    [110] = {"ETIMEDOUT", "Connection timed out"},
};

void names_put_one(struct text *text, const struct names *names, uint64_t value)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->list[i].value == value) {
            text_printf(text, "%s", names->list[i].text);
            return;
        }
    }
    text_printf(text, "0x%lx /* %s */", value, names->unknown);
}

void names_put_flags(struct text *text, const struct names *names, uint64_t value)
{
    const char *between = "";

    for (size_t i = 0; i < names->count; i++) {
        const struct name *name = &names->list[i];
        if ((value & name->value) == name->value) {
            text_printf(text, "%s%s", between, name->text);
            between = "|";
            value &= ~name->value;
        }
    }
    if (value == 0) {
        text_printf(text, *between ? "" : "0");
    } else if (*between) {
        text_printf(text, "|0x%lx", value);
    } else {
        text_printf(text, "0x%lx /* %s */", value, names->unknown);
    }
}

/* Without SIG. signal: 1 to SIGNALS. */
static void put_short_signal(struct text *text, unsigned signal)
{
    if (signal < SIGNAL_FIRST_REALTIME) {
        text_printf(text, "%s", signals[signal]);
    } else if (signal == SIGNAL_FIRST_REALTIME) {
        text_printf(text, "RTMIN");
    } else {
        text_printf(text, "RT_%u", signal - SIGNAL_FIRST_REALTIME);
    }
}

void names_put_signal(struct text *text, int signal)
{
    if (signal < 1 || signal > SIGNALS) {
        text_printf(text, "%d", signal);
        return;
    }
    text_printf(text, "SIG");
    put_short_signal(text, (unsigned)signal);
}

void names_put_sigset(struct text *text, uint64_t set)
{
    const char *between = "";

    if (count_bits(set) >= SIGNALS_MANY) {
        text_char(text, '~');
        set = ~set;
    }
    text_char(text, '[');
    for (unsigned signal = 1; signal <= SIGNALS; signal++) {
        if (set >> (signal - 1) & 1) {
            text_printf(text, "%s", between);
            put_short_signal(text, signal);
            between = " ";
        }
    }
    text_char(text, ']');
}

bool names_put_error(struct text *text, int64_t error)
{
    if (error < 1 || error >= (int64_t)ARRAY_LEN(errors) || !errors[error].name) {
        return false;
    }
    text_printf(text, "%s (%s)", errors[error].name, errors[error].meaning);
    return true;
}
