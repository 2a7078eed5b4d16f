#include "fuzz/input/insn.h"

#include "abi/linux.h"
#include "fuzz/input/image.h"

/* ---- types ---- */

#define CALL(nr, name, count, ...) {OP_CALL, nr, #name, count, {__VA_ARGS__}},
#define SYSCALL0(nr, name, fail) CALL(nr, name, 0, ARG_NONE)
#define SYSCALL1(nr, name, fail, k0, n0) CALL(nr, name, 1, ARG_##k0)
#define SYSCALL2(nr, name, fail, k0, n0, k1, n1) CALL(nr, name, 2, ARG_##k0, ARG_##k1)
#define SYSCALL3(nr, name, fail, k0, n0, k1, n1, k2, n2)                                           \
    CALL(nr, name, 3, ARG_##k0, ARG_##k1, ARG_##k2)
#define SYSCALL4(nr, name, fail, k0, n0, k1, n1, k2, n2, k3, n3)                                   \
    CALL(nr, name, 4, ARG_##k0, ARG_##k1, ARG_##k2, ARG_##k3)
#define SYSCALL5(nr, name, fail, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4)                           \
    CALL(nr, name, 5, ARG_##k0, ARG_##k1, ARG_##k2, ARG_##k3, ARG_##k4)
#define SYSCALL6(nr, name, fail, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)                   \
    CALL(nr, name, 6, ARG_##k0, ARG_##k1, ARG_##k2, ARG_##k3, ARG_##k4, ARG_##k5)

const struct insn_type insn_types[] = {
#include "abi/syscall.def"
    {OP_LOAD, 0, "load", 2, {ARG_PLACE, ARG_ACCESS_SIZE}},
    {OP_STORE, 0, "store", 3, {ARG_PLACE, ARG_VALUE, ARG_ACCESS_SIZE}},
    {OP_JUMP, 0, "jump", 1, {ARG_PLACE}},
    {OP_TICK, 0, "tick", 0, {ARG_NONE}},
    {OP_SPURIOUS, 0, "spurious", 0, {ARG_NONE}},
    {OP_TYPE, 0, "type", 1, {ARG_BYTE}},
};
const unsigned insn_type_count = sizeof(insn_types) / sizeof(insn_types[0]);

enum { CALL_COUNT = sizeof(insn_types) / sizeof(insn_types[0]) - (OP_COUNT - 1) };

const struct insn_type *insn_type_find(unsigned op, unsigned nr)
{
    unsigned low = 0;
    unsigned high = CALL_COUNT;

    if (op != OP_CALL) {
        return op < OP_COUNT ? &insn_types[CALL_COUNT + op - 1] : NULL;
    }
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (insn_types[middle].nr == nr) {
            return &insn_types[middle];
        }
        if (insn_types[middle].nr < nr) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

unsigned insn_arg_count(const struct insn *insn)
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);

    return type ? type->arg_count : 0;
}

static unsigned call_gives(unsigned nr)
{
    switch (nr) {
    case NR_clone:
    case NR_clone3:
    case NR_spawn:
        return GIVES_PROCESS;
    case NR_getpid:
    case NR_getppid:
    case NR_gettid:
    case NR_getpgid:
    case NR_getsid:
    case NR_setsid:
    case NR_wait4:
        return GIVES_PID;
    case NR_dup:
    case NR_dup3:
    case NR_fcntl:
    case NR_openat:
    case NR_pidfd_open:
    case NR_signalfd4:
    case NR_timerfd_create:
        return GIVES_FD;
    case NR_pipe2:
        return GIVES_FDS;
    case NR_brk:
    case NR_mmap:
    case NR_mremap:
        return GIVES_ADDRESS;
    default:
        return GIVES_NUMBER;
    }
}

unsigned insn_gives(const struct insn *insn)
{
    return insn->op == OP_CALL   ? call_gives(insn->nr)
           : insn->op == OP_LOAD ? GIVES_NUMBER
                                 : GIVES_NOTHING;
}

bool insn_makes_process(const struct insn *insn)
{
    return insn_gives(insn) == GIVES_PROCESS;
}

bool insn_has_actor(const struct insn *insn)
{
    return insn->op != OP_TICK && insn->op != OP_TYPE;
}

bool insn_can_fail(const struct insn *insn)
{
    return insn_has_actor(insn) && insn->op != OP_SPURIOUS;
}

/* ---- kinds ---- */

bool insn_kind_is_pointer(unsigned kind)
{
    return (kind >= ARG_PATH && kind <= ARG_FUTEX_ARG) || kind == ARG_CLONE_ARG ||
           kind == ARG_IOCTL_ARG || kind == ARG_PRCTL_ARG;
}

bool insn_kind_is_wide(unsigned kind)
{
    return insn_kind_is_pointer(kind) || kind == ARG_ADDR || kind == ARG_LONG || kind == ARG_SIZE ||
           kind == ARG_PLACE || kind == ARG_VALUE || kind == ARG_FCNTL_ARG;
}

bool insn_kind_takes(unsigned kind, unsigned gives)
{
    switch (kind) {
    case ARG_PID: /* or, of waitid, a descriptor */
        return gives == GIVES_PROCESS || gives == GIVES_PID || gives == GIVES_FD;
    case ARG_FD:
    case ARG_DIRFD:
        return gives == GIVES_FD || gives == GIVES_FDS;
    case ARG_INT:
    case ARG_UINT:
    case ARG_LONG:
    case ARG_SIZE:
    case ARG_FCNTL_ARG:
    case ARG_PRCTL_MORE:
    case ARG_VALUE:
        return gives != GIVES_NOTHING;
    case ARG_ADDR:
    case ARG_PLACE:
        return gives == GIVES_ADDRESS;
    default:
        return insn_kind_is_pointer(kind) && gives == GIVES_ADDRESS;
    }
}

/* ---- values ---- */

#define KERNEL_HALF INT64_C(-0x1000000000000)
#define USER_TOP (INT64_C(1) << 39)

static const int64_t ints[] = {0, 1, -1, 7, 42, 255, 256, -20, 19, INT32_MAX, INT32_MIN};
static const int64_t uints[] = {0, 1, 3, 4, 5, 64, 1024, -1, INT32_MAX};
static const int64_t longs[] = {0, 1, -1, 8, 100, 4095, 4096, 4097, INT64_MAX, INT64_MIN};
static const int64_t sizes[] = {0,       1,        4,       8,        16,        24,     64,
                                88,      4095,     4096,    4097,     0x2000,    0x3000, 0x10000,
                                0x10001, 0x200000, 1 << 30, USER_TOP, INT64_MAX, -1};
static const int64_t addresses[] = {
    0,
    0x1000,
    IMAGE_CODE,
    IMAGE_SCRATCH,
    IMAGE_ZEROS,
    IMAGE_ZEROS + 0x1000,
    IMAGE_ZEROS + 0x2000,
    IMAGE_READONLY - 8,
    IMAGE_READONLY - 4,
    IMAGE_READONLY,
    IMAGE_READONLY + 0x100,
    IMAGE_END - 8,
    IMAGE_END - 1,
    IMAGE_END,
    IMAGE_END + 0x1000,
    0x101ff000, /* the last page of the table */
    0x101ffffc,
    IMAGE_LONG,
    IMAGE_LONG + 64,
    IMAGE_LONG_END - 8,
    0x20000000,
    0x3ffff000,
    USER_TOP - 0x1000,
    USER_TOP - 8,
    USER_TOP,
    KERNEL_HALF,
    KERNEL_HALF + (1 << 30),
    -4096,
    -1,
};
static const int64_t places[] = {IMAGE_SCRATCH,
                                 IMAGE_ZEROS,
                                 IMAGE_ZEROS + 8,
                                 IMAGE_ZEROS + 0x1000,
                                 IMAGE_ZEROS + 0x2000,
                                 IMAGE_READONLY - 8,
                                 IMAGE_READONLY,
                                 IMAGE_CODE,
                                 IMAGE_END - 8,
                                 IMAGE_END,
                                 IMAGE_LONG,
                                 IMAGE_LONG + 56,
                                 IMAGE_LONG + 64,
                                 IMAGE_LONG + 128,
                                 IMAGE_LONG_END - 8,
                                 0x20000000,
                                 0,
                                 USER_TOP,
                                 KERNEL_HALF};
static const int64_t fds[] = {0, 1, 2, 3, 4, 5, 6, 7, -1, AT_FDCWD, 63, 64, 1023, INT32_MAX};
static const int64_t pids[] = {1, -1, 2, 0, 3, 4, -2, INT32_MIN, 9999, INT32_MAX};
static const int64_t signals[] = {SIGKILL, SIGTERM, SIGCHLD, 0,  SIGHUP, SIGUSR1, SIGPIPE, SIGCONT,
                                  SIGSTOP, SIGSEGV, 64,      65, -1,     SIGTSTP, SIGTTIN};
static const int64_t users[] = {0, 1, 2, -1, 1000, 3};
static const int64_t modes[] = {0, 1, 2, 4, 7, 0644, 0755, 0777, -1};
static const int64_t flags[] = {0, 1, 2, 4, 3, 6, 8, -1};
static const int64_t prots[] = {PROT_READ | PROT_WRITE,
                                PROT_READ,
                                PROT_NONE,
                                PROT_READ | PROT_WRITE | PROT_EXEC,
                                PROT_READ | PROT_EXEC,
                                PROT_WRITE,
                                PROT_EXEC,
                                PROT_READ | PROT_GROWSDOWN,
                                0x40};
static const int64_t map_flags[] = {
    MAP_PRIVATE | MAP_ANONYMOUS,
    MAP_SHARED | MAP_ANONYMOUS,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
    MAP_PRIVATE,
    MAP_SHARED,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
    MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN,
    MAP_ANONYMOUS,
    -1,
};
static const int64_t remap_flags[] = {
    MREMAP_MAYMOVE, 0, MREMAP_MAYMOVE | MREMAP_FIXED, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
    MREMAP_FIXED,   8,
};
static const int64_t advices[] = {MADV_DONTNEED, MADV_FREE,     MADV_NORMAL, MADV_WILLNEED,
                                  MADV_COLD,     MADV_DONTDUMP, 10,          99};
static const int64_t open_flags[] = {
    O_RDONLY,         O_RDWR,     O_WRONLY,   O_RDONLY | O_CLOEXEC,
    O_DIRECTORY,      O_PATH,     O_NONBLOCK, O_CREAT | O_WRONLY,
    O_CREAT | O_EXCL, O_NOFOLLOW, O_TRUNC,    020040000 | O_RDWR,
};
static const int64_t fd_flags[] = {0, O_CLOEXEC, O_NONBLOCK, O_CLOEXEC | O_NONBLOCK, O_DIRECT, 1};
static const int64_t at_flags[] = {
    0, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, AT_EACCESS, 1};
static const int64_t whences[] = {SEEK_SET, SEEK_CUR, SEEK_END, SEEK_DATA, SEEK_HOLE, 5};
static const int64_t fcntls[] = {F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC, 99};
static const int64_t fcntl_args[] = {0, FD_CLOEXEC, 3, 10, O_NONBLOCK, 63, 1024, -1};
static const int64_t ioctls[] = {TCGETS, TCSETS, TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, 0};
static const int64_t prctls[] = {PR_SET_PDEATHSIG,
                                 PR_GET_PDEATHSIG,
                                 PR_SET_NAME,
                                 PR_GET_NAME,
                                 PR_SET_CHILD_SUBREAPER,
                                 99,
                                 PR_GET_CHILD_SUBREAPER,
                                 PR_SET_NO_NEW_PRIVS,
                                 PR_GET_NO_NEW_PRIVS};
static const int64_t prctl_args[] = {1, 0, SIGTERM, SIGKILL, SIGCHLD, 65};
static const int64_t zeros[] = {0, 1};
static const int64_t clone_flags[] = {
    SIGCHLD,
    CLONE_VM | CLONE_VFORK | SIGCHLD,
    CLONE_VM | SIGCHLD,
    CLONE_VFORK | SIGCHLD,
    0,
    SIGTERM,
    CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD,
    CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD,
    CLONE_THREAD | CLONE_SIGHAND | CLONE_VM,
    CLONE_FILES | SIGCHLD,
    CLONE_PIDFD | SIGCHLD,
    CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | SIGCHLD,
    CLONE_PARENT | SIGCHLD,
    0xff,
};
static const int64_t wait_flags[] = {0,
                                     WNOHANG,
                                     WEXITED,
                                     WEXITED | WNOHANG,
                                     WEXITED | WNOWAIT,
                                     WALL,
                                     WCLONE,
                                     WUNTRACED,
                                     WCONTINUED,
                                     0x10,
                                     WUNTRACED | WCONTINUED | WNOHANG,
                                     WNOTHREAD};
static const int64_t id_types[] = {P_ALL, P_PID, P_PGID, P_PIDFD, 4};
/* The clocks of what a process or a thread uses, as numbers; 0: of whoever asks. */
#define CLOCK_OF_PROCESS(pid, which) (~(int64_t)(pid)*8 + (which))
#define CLOCK_OF_THREAD(tid, which) (~(int64_t)(tid)*8 + 4 + (which))
static const int64_t clocks[] = {
    CLOCK_MONOTONIC,
    CLOCK_REALTIME,
    CLOCK_BOOTTIME,
    CLOCK_PROCESS_CPUTIME_ID,
    CLOCK_THREAD_CPUTIME_ID,
    CLOCK_TAI,
    CLOCK_OF_PROCESS(2, 2),
    CLOCK_OF_PROCESS(1, 1),
    CLOCK_OF_THREAD(0, 2),
    CLOCK_OF_PROCESS(0, 0),
    CLOCK_OF_THREAD(2, 0),
    CLOCK_OF_PROCESS(9999, 2),
    CLOCK_MONOTONIC_RAW,
    CLOCK_REALTIME_COARSE,
    CLOCK_MONOTONIC_COARSE,
    CLOCK_REALTIME_ALARM,
    CLOCK_OF_PROCESS(0, 3),
    CLOCK_OF_THREAD(0, 3),
    99,
};
static const int64_t itimers[] = {ITIMER_REAL, ITIMER_PROF, ITIMER_VIRTUAL, 3, -1};
static const int64_t timers[] = {0, 1, 2, 3, -1, INT32_MAX};
static const int64_t timerfd_flags[] = {0, TFD_CLOEXEC, TFD_NONBLOCK, 1};
static const int64_t timerfd_sets[] = {0, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET, 4};
static const int64_t timer_flags[] = {0, TIMER_ABSTIME, 2};
static const int64_t resources[] = {RLIMIT_NPROC, RLIMIT_NOFILE,     RLIMIT_AS,
                                    RLIMIT_STACK, RLIMIT_DATA,       RLIMIT_FSIZE,
                                    RLIMIT_CORE,  RLIMIT_SIGPENDING, 16};
static const int64_t priorities[] = {PRIO_PROCESS, PRIO_PGRP, PRIO_USER, 3};
static const int64_t policies[] = {
    SCHED_OTHER,
    SCHED_FIFO,
    SCHED_RR,
    SCHED_BATCH,
    SCHED_IDLE,
    SCHED_DEADLINE,
    SCHED_FIFO | SCHED_RESET_ON_FORK,
    SCHED_OTHER | SCHED_RESET_ON_FORK,
    4,
    -1,
};
static const int64_t barriers[] = {
    MEMBARRIER_CMD_QUERY,
    MEMBARRIER_CMD_GLOBAL,
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE,
    3,
    256,
};
static const int64_t usages[] = {RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD, 2};
static const int64_t sig_hows[] = {SIG_BLOCK, SIG_UNBLOCK, SIG_SETMASK, 3};
static const int64_t share_flags[] = {
    CLONE_FILES,   CLONE_FS,     CLONE_FILES | CLONE_FS, 0,           CLONE_VM,
    CLONE_SIGHAND, CLONE_THREAD, CLONE_SYSVSEM,          CLONE_NEWNS, 1};
static const int64_t random_flags[] = {0, 1, 2, 8};
#define FUTEX_SHARED_OPS                                                                           \
    FUTEX_WAIT, FUTEX_WAKE, FUTEX_WAIT_BITSET, FUTEX_WAKE_BITSET, FUTEX_REQUEUE,                   \
        FUTEX_CMP_REQUEUE, FUTEX_WAKE_OP
static const int64_t futex_ops[] = {
    FUTEX_SHARED_OPS,
    FUTEX_WAIT | FUTEX_PRIVATE_FLAG,
    FUTEX_WAKE | FUTEX_PRIVATE_FLAG,
    FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
    FUTEX_WAKE_BITSET | FUTEX_PRIVATE_FLAG,
    FUTEX_REQUEUE | FUTEX_PRIVATE_FLAG,
    FUTEX_CMP_REQUEUE | FUTEX_PRIVATE_FLAG,
    FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG,
    FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME,
    FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME | FUTEX_PRIVATE_FLAG,
    FUTEX_WAIT | FUTEX_CLOCK_REALTIME,
    FUTEX_FD,
    FUTEX_LOCK_PI,
    FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG,
    FUTEX_TRYLOCK_PI,
    FUTEX_WAIT_REQUEUE_PI,
    FUTEX_CMP_REQUEUE_PI | FUTEX_PRIVATE_FLAG,
    FUTEX_LOCK_PI2,
    14,
    -1,
};
static const int64_t futex_values[] = {0, 1, 2, 3, 7, -1, INT32_MAX, INT32_MIN};
static const int64_t futex_args[] = {0, 1, 2, -1, INT32_MAX, 0x1000, IMAGE_ZEROS};
/* What FUTEX_WAKE_OP does; the numbers are of 12 bits. */
#define WAKE_OP(operation, number, comparison, with)                                               \
    ((int64_t)(operation) << 28 | (int64_t)(FUTEX_OP_CMP_##comparison) << 24 |                     \
     ((number)&0xfff) << 12 | ((with)&0xfff))
static const int64_t futex_lasts[] = {
    0,
    -1,
    1,
    2,
    WAKE_OP(FUTEX_OP_SET, 0, EQ, 0),
    WAKE_OP(FUTEX_OP_ADD, 1, NE, 0),
    WAKE_OP(FUTEX_OP_ADD, -1, GT, 1),
    WAKE_OP(FUTEX_OP_OR, 0x800, LT, 0),
    WAKE_OP(FUTEX_OP_ANDN, -2, LE, -1),
    WAKE_OP(FUTEX_OP_XOR, 0x7ff, GE, 0x7ff),
    WAKE_OP(FUTEX_OP_OR | FUTEX_OP_ARG_SHIFT, 31, LT, 1),
    WAKE_OP(FUTEX_OP_XOR | FUTEX_OP_ARG_SHIFT, 33, EQ, 2),
    WAKE_OP(FUTEX_OP_SET | FUTEX_OP_ARG_SHIFT, -1, NE, 1),
    WAKE_OP(5, 1, EQ, 0),
    WAKE_OP(FUTEX_OP_SET, 9, EQ, 0) | 9 << 24,
};
static const int64_t stored[] = {0, 1, 7, 42, -1, 0x12345670, INT64_MIN};
static const int64_t access_sizes[] = {8, 4, 2, 1};
static const int64_t bytes[] = {3, '\n', 'a', 4, 28, 26, 127, 255};

#define LIST(kind, list) [ARG_##kind] = {list, sizeof(list) / sizeof((list)[0])}
static const struct {
    const int64_t *list;
    unsigned count;
} values[ARG_COUNT] = {
    LIST(NONE, zeros),
    LIST(INT, ints),
    LIST(UINT, uints),
    LIST(LONG, longs),
    LIST(SIZE, sizes),
    LIST(ADDR, addresses),
    LIST(FD, fds),
    LIST(DIRFD, fds),
    LIST(PID, pids),
    LIST(SIG, signals),
    LIST(MODE, modes),
    LIST(UID, users),
    LIST(FLAGS, flags),
    LIST(PROT, prots),
    LIST(MAP_FLAGS, map_flags),
    LIST(REMAP_FLAGS, remap_flags),
    LIST(ADVICE, advices),
    LIST(OPEN_FLAGS, open_flags),
    LIST(FD_FLAGS, fd_flags),
    LIST(AT_FLAGS, at_flags),
    LIST(WHENCE, whences),
    LIST(FCNTL, fcntls),
    LIST(FCNTL_ARG, fcntl_args),
    LIST(IOCTL, ioctls),
    LIST(PRCTL, prctls),
    LIST(PRCTL_ARG, prctl_args),
    LIST(PRCTL_MORE, zeros),
    LIST(CLONE_FLAGS, clone_flags),
    LIST(WAIT_FLAGS, wait_flags),
    LIST(ID_TYPE, id_types),
    LIST(CLOCK, clocks),
    LIST(ITIMER, itimers),
    LIST(TIMER, timers),
    LIST(TIMER_FLAGS, timer_flags),
    LIST(TIMERFD_FLAGS, timerfd_flags),
    LIST(TIMERFD_SET, timerfd_sets),
    LIST(RESOURCE, resources),
    LIST(PRIORITY, priorities),
    LIST(USAGE, usages),
    LIST(SIG_HOW, sig_hows),
    LIST(RANDOM_FLAGS, random_flags),
    LIST(SHARE_FLAGS, share_flags),
    LIST(POLICY, policies),
    LIST(BARRIER, barriers),
    LIST(FUTEX_OP, futex_ops),
    LIST(FUTEX_VALUE, futex_values),
    LIST(FUTEX_ARG, futex_args),
    LIST(FUTEX_LAST, futex_lasts),
    LIST(PLACE, places),
    LIST(VALUE, stored),
    LIST(ACCESS_SIZE, access_sizes),
    LIST(BYTE, bytes),
};

const int64_t *insn_values(unsigned kind, unsigned *count)
{
    unsigned of = kind < ARG_COUNT && values[kind].list ? kind : ARG_ADDR;

    *count = values[of].count;
    return values[of].list;
}
