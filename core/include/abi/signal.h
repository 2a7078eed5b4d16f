/* Signals in the Linux AArch64 ABI: sigaction(2), siginfo, the frame of a handler, sigaltstack(2),
 * signalfd(2), sigevent(7). The numbers of the signals are in linux.h. */
#ifndef ABI_SIGNAL_H
#define ABI_SIGNAL_H

#include <stdint.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded" /* as in linux.h: padding has a name */

/* sigaction(2) */
enum {
    SA_NOCLDSTOP = 1,
    SA_NOCLDWAIT = 2,
    SA_SIGINFO = 4,
    SA_UNSUPPORTED = 0x400, /* never set in what is told back */
    SA_EXPOSE_TAGBITS = 0x800,
    SA_RESTORER = 0x04000000,
    SA_ONSTACK = 0x08000000,
    SA_RESTART = 0x10000000,
    SA_NODEFER = 0x40000000,
    SIGRTMIN = 32, /* the kernel's; a C library keeps the first two or three for itself */
    SIGRTMAX = 64,
};
#define SA_RESETHAND 0x80000000u

/* si_code: what anybody can send is negative or 0 */
enum {
    SI_USER = 0,
    SI_QUEUE = -1,
    SI_TIMER = -2,
    SI_MESGQ = -3,
    SI_ASYNCIO = -4,
    SI_SIGIO = -5,
    SI_TKILL = -6,
    SI_DETHREAD = -7,
    SI_ASYNCNL = -60,
    SI_KERNEL = 0x80,
    ILL_ILLOPC = 1,
    ILL_PRVOPC = 5,
    FPE_INTDIV = 1,
    SEGV_MAPERR = 1,
    SEGV_ACCERR = 2,
    BUS_ADRALN = 1,
    BUS_ADRERR = 2,
    BUS_OBJERR = 3,
    TRAP_BRKPT = 1,
    TRAP_TRACE = 2,
    TRAP_HWBKPT = 4,
    CLD_EXITED = 1,
    CLD_KILLED = 2,
    CLD_DUMPED = 3,
    CLD_TRAPPED = 4,
    CLD_STOPPED = 5,
    CLD_CONTINUED = 6,
};

/* siginfo_t. si_code says which of the union's members are meant. */
struct abi_siginfo {
    int32_t si_signo;
    int32_t si_errno;
    int32_t si_code;
    int32_t pad;
    union {
        struct { /* of kill(2) the first two; of a child that changed, and of waitid(2) */
            int32_t si_pid;
            uint32_t si_uid;
            int32_t si_status;
            uint8_t rest[100];
        };
        struct { /* behind those of a child: clock ticks */
            uint32_t child[3];
            uint32_t pad_child;
            int64_t si_utime;
            int64_t si_stime;
        };
        struct { /* of a timer; of rt_sigqueueinfo(2) si_pid, si_uid and si_value */
            int32_t si_timerid;
            int32_t si_overrun;
            uint64_t si_value;
        };
        uint64_t si_addr; /* of a fault */
        struct {
            int64_t si_band;
            int32_t si_fd;
            int32_t pad_fd;
        };
    };
};

/* sigaltstack(2) */
enum {
    SS_ONSTACK = 1,
    SS_DISABLE = 2,
    MINSIGSTKSZ = 5120, /* the least that sigaltstack takes */
    SIGSTKSZ = 16384,
};
#define SS_AUTODISARM 0x80000000u

struct abi_sigaltstack {
    uint64_t ss_sp;
    int32_t ss_flags;
    uint32_t pad;
    uint64_t ss_size;
};

/* What a handler finds on its stack, at the address in x1 and sp: struct rt_sigframe, then a frame
 * record of x29 and x30. Records with a magic number and a size fill reserved; one of 0, 0 ends
 * them. */
enum {
    FPSIMD_MAGIC = 0x46508001,
    ESR_MAGIC = 0x45535201,
    EXTRA_MAGIC = 0x45585401,
    SVE_MAGIC = 0x53564501,
};

struct abi_context_record {
    uint32_t magic;
    uint32_t size; /* with this head */
};

struct abi_fpsimd_context {
    struct abi_context_record head;
    uint32_t fpsr;
    uint32_t fpcr;
    uint64_t vregs[32][2];
};

struct abi_esr_context {
    struct abi_context_record head;
    uint64_t esr;
};

struct abi_sigcontext {
    uint64_t fault_address;
    uint64_t regs[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
    uint64_t pad;
    uint8_t reserved[4096];
};

struct abi_ucontext {
    uint64_t uc_flags;
    uint64_t uc_link;
    struct abi_sigaltstack uc_stack;
    uint64_t uc_sigmask;
    uint8_t unused[120];
    uint64_t pad;
    struct abi_sigcontext uc_mcontext;
};

struct abi_sigframe {
    struct abi_siginfo info;
    struct abi_ucontext uc;
};

/* sigevent(7) */
enum {
    SIGEV_SIGNAL = 0,
    SIGEV_NONE = 1,
    SIGEV_THREAD = 2,
    SIGEV_THREAD_ID = 4,
};

struct abi_sigevent {
    uint64_t sigev_value;
    int32_t sigev_signo;
    int32_t sigev_notify;
    int32_t sigev_tid;
    uint32_t pad[11];
};

/* signalfd(2) */
enum {
    SFD_NONBLOCK = 04000,
    SFD_CLOEXEC = 02000000,
};

struct abi_signalfd_siginfo {
    uint32_t ssi_signo;
    int32_t ssi_errno;
    int32_t ssi_code;
    uint32_t ssi_pid;
    uint32_t ssi_uid;
    int32_t ssi_fd;
    uint32_t ssi_tid;
    uint32_t ssi_band;
    uint32_t ssi_overrun;
    uint32_t ssi_trapno;
    int32_t ssi_status;
    int32_t ssi_int;
    uint64_t ssi_ptr;
    uint64_t ssi_utime;
    uint64_t ssi_stime;
    uint64_t ssi_addr;
    uint16_t ssi_addr_lsb;
    uint16_t pad2;
    int32_t ssi_syscall;
    uint64_t ssi_call_addr;
    uint32_t ssi_arch;
    uint8_t pad[28];
};

#pragma GCC diagnostic pop

_Static_assert(sizeof(struct abi_siginfo) == 128, "siginfo_t");
_Static_assert(sizeof(struct abi_sigcontext) == 4384, "struct sigcontext");
_Static_assert(sizeof(struct abi_ucontext) == 4560, "struct ucontext");
_Static_assert(sizeof(struct abi_sigframe) == 4688, "struct rt_sigframe");
_Static_assert(sizeof(struct abi_sigevent) == 64, "struct sigevent");
_Static_assert(sizeof(struct abi_signalfd_siginfo) == 128, "struct signalfd_siginfo");

#endif
