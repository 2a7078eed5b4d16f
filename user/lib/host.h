/*
 * What abi/ and the freestanding calls give, from a host's C library and headers instead: for
 * programs that are also built as a program of the host (lib/sys.h takes this one there).
 */
#ifndef LIB_HOST_H
#define LIB_HOST_H

#if __STDC_HOSTED__

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "abi/eft.h"

#define abi_clone_args clone_args
#define abi_iovec iovec
#define abi_rlimit rlimit
#define abi_rusage rusage
#define abi_stat stat
#define abi_timespec timespec
#define abi_sysinfo sysinfo
#define abi_tms tms
#define abi_utsname utsname

#define SYS_spawn 4096 /* which no Linux has */
#define WALL __WALL
#define WCLONE __WCLONE
#define CLONE_SIGNAL_MASK CSIGNAL

/* The kernel's sigaction and siginfo, not the C library's. */
struct abi_sigaction {
    uint64_t handler;
    uint64_t flags;
    uint64_t restorer;
    uint64_t mask;
};

#undef si_pid
#undef si_uid
#undef si_status

struct abi_sigaltstack; /* only named there */

struct abi_siginfo {
    int32_t si_signo;
    int32_t si_errno;
    int32_t si_code;
    int32_t pad;
    int32_t si_pid;
    uint32_t si_uid;
    int32_t si_status;
    uint8_t rest[100];
};

#endif /* __STDC_HOSTED__ */

#endif
