/*
 * Constants and structures of the Linux AArch64 ABI that Eft has, for core and for user programs.
 * Structures are prefixed abi_ so that they can stand beside a C library's.
 */
#ifndef ABI_LINUX_H
#define ABI_LINUX_H

#include <stdint.h>

/* clone(2): flags in the low word; the low byte is the signal sent to the parent at exit. */
enum {
    CLONE_SIGNAL_MASK = 0xff,
    CLONE_VM = 0x100,
    CLONE_VFORK = 0x4000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_CLEARTID = 0x200000,
    CLONE_CHILD_SETTID = 0x1000000,
};

/* wait4(2) */
enum {
    WNOHANG = 1,
    WUNTRACED = 2,
    WCONTINUED = 8,
};
#define WNOTHREAD 0x20000000u /* __WNOTHREAD: only the calling thread's children */
#define WALL 0x40000000u      /* __WALL: whatever signal they send at their end */
#define WCLONE 0x80000000u    /* __WCLONE: only those that do not send SIGCHLD */

/* mmap(2), mprotect(2) */
enum {
    PROT_NONE = 0,
    PROT_READ = 1,
    PROT_WRITE = 2,
    PROT_EXEC = 4,
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
};

/* clock_gettime(2) */
enum {
    CLOCK_REALTIME = 0,
    CLOCK_MONOTONIC = 1,
    CLOCK_MONOTONIC_RAW = 4,
    CLOCK_REALTIME_COARSE = 5,
    CLOCK_MONOTONIC_COARSE = 6,
    CLOCK_BOOTTIME = 7,
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
    AT_NO_AUTOMOUNT = 0x800,
    AT_EMPTY_PATH = 0x1000,
    S_IFCHR = 0020000,
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

struct abi_timespec {
    int64_t tv_sec;
    int64_t tv_nsec;
};

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

_Static_assert(sizeof(struct abi_stat) == 128, "struct stat of asm-generic");
_Static_assert(sizeof(struct abi_termios) == 36, "struct termios of asm-generic");
_Static_assert(sizeof(struct abi_utsname) == 390, "struct new_utsname");

#endif
