/*
 * Constants and structures of the Linux AArch64 ABI that Eft has, for core and for user programs.
 * Structures are prefixed abi_ so that they can stand beside a C library's.
 */
#ifndef ABI_LINUX_H
#define ABI_LINUX_H

#include <stdint.h>

#include "abi/signal.h"
#include "abi/thread.h"
#include "abi/timer.h"

/* Padding has a name here: where it has none, nobody clears it, and a program sees what the stack
 * held before. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* wait4(2), waitid(2) */
enum {
    WNOHANG = 1,
    WUNTRACED = 2,
    WSTOPPED = 2,
    WEXITED = 4,
    WCONTINUED = 8,
    WNOWAIT = 0x1000000,
    P_ALL = 0,
    P_PID = 1,
    P_PGID = 2,
    P_PIDFD = 3,
};
#define WNOTHREAD 0x20000000u /* __WNOTHREAD: only the calling thread's children */
#define WALL 0x40000000u      /* __WALL: whatever signal they send at their end */
#define WCLONE 0x80000000u    /* __WCLONE: only those that do not send SIGCHLD */

/* mmap(2), mprotect(2), mremap(2), madvise(2), msync(2) */
enum {
    PROT_NONE = 0,
    PROT_READ = 1,
    PROT_WRITE = 2,
    PROT_EXEC = 4,
    PROT_SEM = 8,
    PROT_GROWSDOWN = 0x1000000,
    PROT_GROWSUP = 0x2000000,
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
    MAP_TYPE = 0xf,
    MAP_FIXED = 0x10,
    MAP_ANONYMOUS = 0x20,
    MAP_GROWSDOWN = 0x100,
    MAP_DENYWRITE = 0x800,
    MAP_EXECUTABLE = 0x1000,
    MAP_LOCKED = 0x2000,
    MAP_NORESERVE = 0x4000,
    MAP_POPULATE = 0x8000,
    MAP_NONBLOCK = 0x10000,
    MAP_STACK = 0x20000,
    MAP_FIXED_NOREPLACE = 0x100000,
    MREMAP_MAYMOVE = 1,
    MREMAP_FIXED = 2,
    MREMAP_DONTUNMAP = 4,
    MADV_NORMAL = 0,
    MADV_RANDOM = 1,
    MADV_SEQUENTIAL = 2,
    MADV_WILLNEED = 3,
    MADV_DONTNEED = 4,
    MADV_FREE = 8,
    MADV_MERGEABLE = 12,
    MADV_UNMERGEABLE = 13,
    MADV_HUGEPAGE = 14,
    MADV_NOHUGEPAGE = 15,
    MADV_DONTDUMP = 16,
    MADV_DODUMP = 17,
    MADV_COLD = 20,
    MADV_PAGEOUT = 21,
    MS_ASYNC = 1,
    MS_INVALIDATE = 2,
    MS_SYNC = 4,
};

/* signal(7) */
enum {
    SIGHUP = 1,
    SIGINT = 2,
    SIGQUIT = 3,
    SIGILL = 4,
    SIGTRAP = 5,
    SIGABRT = 6,
    SIGBUS = 7,
    SIGFPE = 8,
    SIGKILL = 9,
    SIGUSR1 = 10,
    SIGSEGV = 11,
    SIGUSR2 = 12,
    SIGPIPE = 13,
    SIGALRM = 14,
    SIGTERM = 15,
    SIGSTKFLT = 16,
    SIGCHLD = 17,
    SIGCONT = 18,
    SIGSTOP = 19,
    SIGTSTP = 20,
    SIGTTIN = 21,
    SIGTTOU = 22,
    SIGURG = 23,
    SIGXCPU = 24,
    SIGXFSZ = 25,
    SIGVTALRM = 26,
    SIGPROF = 27,
    SIGWINCH = 28,
    SIGIO = 29,
    SIGPWR = 30,
    SIGSYS = 31,
    SIGNAL_MAX = 64,
    WAIT_CORE_DUMPED = 0x80, /* of a wait status */
    WAIT_STOPPED = 0x7f,     /* all of its lower byte: the signal is in the next */
    WAIT_CONTINUED = 0xffff, /* all of it */
};

/* sigaction(2), sigprocmask(2) */
enum {
    SIG_DFL = 0,
    SIG_IGN = 1,
    SIG_BLOCK = 0,
    SIG_UNBLOCK = 1,
    SIG_SETMASK = 2,
    SIGNAL_SET_SIZE = 8, /* bytes */
};
#define SA_KNOWN 0xdc000807ull /* the flags that are kept; of all others there are none */

/* prctl(2) */
enum {
    PR_SET_PDEATHSIG = 1,
    PR_GET_PDEATHSIG = 2,
    PR_SET_NAME = 15,
    PR_GET_NAME = 16,
    PR_SET_CHILD_SUBREAPER = 36,
    PR_GET_CHILD_SUBREAPER = 37,
    PR_SET_NO_NEW_PRIVS = 38,
    PR_GET_NO_NEW_PRIVS = 39,
};

/* getpriority(2) */
enum {
    PRIO_PROCESS = 0,
    PRIO_PGRP = 1,
    PRIO_USER = 2,
    NICE_MIN = -20,
    NICE_MAX = 19,
};

/* getrusage(2) */
enum {
    RUSAGE_SELF = 0,
    RUSAGE_CHILDREN = -1,
    RUSAGE_THREAD = 1,
    CLOCK_TICKS_PER_SEC = 100, /* of times(2) */
};

/* openat(2), fcntl(2), lseek(2), pipe(7) */
enum {
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_ACCMODE = 3,
    O_CREAT = 0100,
    O_EXCL = 0200,
    O_NOCTTY = 0400,
    O_TRUNC = 01000,
    O_APPEND = 02000,
    O_NONBLOCK = 04000,
    O_DSYNC = 010000,
    O_ASYNC = 020000,
    O_DIRECTORY = 040000, /* this one to O_LARGEFILE: AArch64's own */
    O_NOFOLLOW = 0100000,
    O_DIRECT = 0200000,
    O_LARGEFILE = 0400000,
    O_NOATIME = 01000000,
    O_CLOEXEC = 02000000,
    O_SYNC = 04010000,
    O_PATH = 010000000,
    F_DUPFD = 0,
    F_GETFD = 1,
    F_SETFD = 2,
    F_GETFL = 3,
    F_SETFL = 4,
    F_DUPFD_CLOEXEC = 1030,
    FD_CLOEXEC = 1,
    CLOSE_RANGE_UNSHARE = 2,
    CLOSE_RANGE_CLOEXEC = 4,
    SEEK_SET = 0,
    SEEK_CUR = 1,
    SEEK_END = 2,
    SEEK_DATA = 3,
    SEEK_HOLE = 4,
    PIPE_BUF = 4096,
};

/* The auxiliary vector, getauxval(3) */
enum {
    AT_NULL = 0,
    AT_PHDR = 3,
    AT_PHENT = 4,
    AT_PHNUM = 5,
    AT_PAGESZ = 6,
    AT_BASE = 7,
    AT_FLAGS = 8,
    AT_ENTRY = 9,
    AT_UID = 11,
    AT_EUID = 12,
    AT_GID = 13,
    AT_EGID = 14,
    AT_PLATFORM = 15,
    AT_HWCAP = 16,
    AT_CLKTCK = 17,
    AT_SECURE = 23,
    AT_RANDOM = 25,
    AT_HWCAP2 = 26,
    AT_EXECFN = 31,
    HWCAP_FP = 1 << 0,
    HWCAP_ASIMD = 1 << 1,
    HWCAP_CRC32 = 1 << 7,
    HWCAP_ATOMICS = 1 << 8,
};

/* ioctl(2) on a terminal, termios(3) */
enum {
    TCGETS = 0x5401,
    TCSETS = 0x5402,
    TCSETSW = 0x5403,
    TCSETSF = 0x5404,
    TIOCGPGRP = 0x540f,
    TIOCSPGRP = 0x5410,
    TIOCGWINSZ = 0x5413,
    ICRNL = 0x100, /* c_iflag */
    OPOST = 1,     /* c_oflag */
    ONLCR = 4,     /* c_oflag */
    CS8 = 0x30,    /* c_cflag */
    CREAD = 0x80,  /* c_cflag */
    B115200 = 0x1002,
    ISIG = 1,     /* c_lflag */
    ICANON = 2,   /* c_lflag */
    ECHO = 8,     /* c_lflag */
    ECHOE = 0x10, /* c_lflag */
    ECHOK = 0x20, /* c_lflag */
};

/* lseek(2), fstatat(2), prlimit(2), reboot(2) and the like */
enum {
    AT_FDCWD = -100,
    AT_SYMLINK_NOFOLLOW = 0x100,
    AT_EACCESS = 0x200, /* of faccessat2(2) */
    AT_NO_AUTOMOUNT = 0x800,
    AT_EMPTY_PATH = 0x1000,
    AT_STATX_SYNC = 0x6000,
    S_IFMT = 0170000,
    S_IFIFO = 0010000,
    S_IFCHR = 0020000,
    S_IFDIR = 0040000,
    S_IFREG = 0100000,
    S_IFLNK = 0120000,
};

/* getrlimit(2) */
enum {
    RLIMIT_CPU = 0,
    RLIMIT_FSIZE = 1,
    RLIMIT_DATA = 2,
    RLIMIT_STACK = 3,
    RLIMIT_CORE = 4,
    RLIMIT_RSS = 5,
    RLIMIT_NPROC = 6,
    RLIMIT_NOFILE = 7,
    RLIMIT_MEMLOCK = 8,
    RLIMIT_AS = 9,
    RLIMIT_LOCKS = 10,
    RLIMIT_SIGPENDING = 11,
    RLIMIT_MSGQUEUE = 12,
    RLIMIT_NICE = 13,
    RLIMIT_RTPRIO = 14,
    RLIMIT_RTTIME = 15,
    RLIMIT_NLIMITS = 16,
};
#define RLIM_INFINITY UINT64_MAX

/* getrusage(2), wait4(2); times(2), in ticks of AT_CLKTCK */
struct abi_rusage {
    struct abi_timeval ru_utime;
    struct abi_timeval ru_stime;
    int64_t ru_maxrss; /* KiB */
    int64_t ru_ixrss;
    int64_t ru_idrss;
    int64_t ru_isrss;
    int64_t ru_minflt;
    int64_t ru_majflt;
    int64_t ru_nswap;
    int64_t ru_inblock;
    int64_t ru_oublock;
    int64_t ru_msgsnd;
    int64_t ru_msgrcv;
    int64_t ru_nsignals;
    int64_t ru_nvcsw;
    int64_t ru_nivcsw;
};

struct abi_tms {
    int64_t tms_utime;
    int64_t tms_stime;
    int64_t tms_cutime;
    int64_t tms_cstime;
};

/* sysinfo(2) */
struct abi_sysinfo {
    int64_t uptime; /* seconds */
    uint64_t loads[3];
    uint64_t totalram; /* this and the others in units of mem_unit bytes */
    uint64_t freeram;
    uint64_t sharedram;
    uint64_t bufferram;
    uint64_t totalswap;
    uint64_t freeswap;
    uint16_t procs;
    uint16_t pad1[3];
    uint64_t totalhigh;
    uint64_t freehigh;
    uint32_t mem_unit;
    uint32_t pad2;
};

/* The kernel's sigaction, not the C library's. */
struct abi_sigaction {
    uint64_t handler; /* SIG_DFL, SIG_IGN or an address */
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

/* What getdents64(2) gives of each name, which follows, terminated; reclen is a multiple of 8. */
struct abi_dirent {
    uint64_t d_ino;
    int64_t d_off; /* of the next one */
    uint16_t d_reclen;
    uint8_t d_type; /* bits 12 to 15 of the mode */
    char d_name[];
} __attribute__((packed));

struct abi_iovec {
    uint64_t iov_base;
    uint64_t iov_len;
};

struct abi_utsname {
    char sysname[65];
    char nodename[65];
    char release[65];
    char version[65];
    char machine[65];
    char domainname[65];
};

struct abi_rlimit {
    uint64_t rlim_cur;
    uint64_t rlim_max;
};

struct abi_stat {
    uint64_t st_dev;
    uint64_t st_ino;
    uint32_t st_mode;
    uint32_t st_nlink;
    uint32_t st_uid;
    uint32_t st_gid;
    uint64_t st_rdev;
    uint64_t pad1;
    int64_t st_size;
    int32_t st_blksize;
    int32_t pad2;
    int64_t st_blocks;
    struct abi_timespec st_atim;
    struct abi_timespec st_mtim;
    struct abi_timespec st_ctim;
    uint32_t unused[2];
};

/* The kernel's termios (19 control characters), not the C library's. */
struct abi_termios {
    uint32_t c_iflag;
    uint32_t c_oflag;
    uint32_t c_cflag;
    uint32_t c_lflag;
    uint8_t c_line;
    uint8_t c_cc[19];
};

struct abi_winsize {
    uint16_t ws_row;
    uint16_t ws_col;
    uint16_t ws_xpixel;
    uint16_t ws_ypixel;
};

#pragma GCC diagnostic pop

_Static_assert(sizeof(struct abi_stat) == 128, "struct stat of asm-generic");
_Static_assert(sizeof(struct abi_termios) == 36, "struct termios of asm-generic");
_Static_assert(sizeof(struct abi_sysinfo) == 112, "struct sysinfo");
_Static_assert(sizeof(struct abi_rusage) == 144, "struct rusage");
_Static_assert(sizeof(struct abi_utsname) == 390, "struct new_utsname");

#endif
