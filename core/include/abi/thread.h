/* Threads in the Linux AArch64 ABI: clone(2), futex(2), get_robust_list(2), sched(7),
 * membarrier(2), pidfd_open(2). */
#ifndef ABI_THREAD_H
#define ABI_THREAD_H

#include <stdint.h>

/* clone(2): flags in the low word; the low byte is the signal sent to the parent at exit. */
enum {
    CLONE_SIGNAL_MASK = 0xff,
    CLONE_VM = 0x100,
    CLONE_FS = 0x200,
    CLONE_FILES = 0x400,
    CLONE_SIGHAND = 0x800,
    CLONE_PIDFD = 0x1000,
    CLONE_PTRACE = 0x2000, /* ignored: nobody traces */
    CLONE_VFORK = 0x4000,
    CLONE_PARENT = 0x8000,
    CLONE_THREAD = 0x10000,
    CLONE_NEWNS = 0x20000,
    CLONE_SYSVSEM = 0x40000,
    CLONE_SETTLS = 0x80000,
    CLONE_PARENT_SETTID = 0x100000,
    CLONE_CHILD_CLEARTID = 0x200000,
    CLONE_DETACHED = 0x400000, /* ignored */
    CLONE_UNTRACED = 0x800000, /* nobody traces */
    CLONE_CHILD_SETTID = 0x1000000,
    CLONE_ARGS_SIZE_VER0 = 64, /* the first published size of struct clone_args */
};
#define CLONE_CLEAR_SIGHAND 0x100000000ull /* of clone3(2) only */
#define CLONE_INTO_CGROUP 0x200000000ull   /* of clone3(2) only */

/* clone3(2) */
struct abi_clone_args {
    uint64_t flags;
    uint64_t pidfd;
    uint64_t child_tid;
    uint64_t parent_tid;
    uint64_t exit_signal;
    uint64_t stack; /* the lowest byte of it */
    uint64_t stack_size;
    uint64_t tls;
    uint64_t set_tid;
    uint64_t set_tid_size;
    uint64_t cgroup;
};

/* futex(2) */
enum {
    FUTEX_WAIT = 0,
    FUTEX_WAKE = 1,
    FUTEX_FD = 2,
    FUTEX_REQUEUE = 3,
    FUTEX_CMP_REQUEUE = 4,
    FUTEX_WAKE_OP = 5,
    FUTEX_LOCK_PI = 6,
    FUTEX_UNLOCK_PI = 7,
    FUTEX_TRYLOCK_PI = 8,
    FUTEX_WAIT_BITSET = 9,
    FUTEX_WAKE_BITSET = 10,
    FUTEX_WAIT_REQUEUE_PI = 11,
    FUTEX_CMP_REQUEUE_PI = 12,
    FUTEX_LOCK_PI2 = 13,
    FUTEX_PRIVATE_FLAG = 128,
    FUTEX_CLOCK_REALTIME = 256,
    FUTEX_OP_SET = 0, /* of FUTEX_WAKE_OP */
    FUTEX_OP_ADD = 1,
    FUTEX_OP_OR = 2,
    FUTEX_OP_ANDN = 3,
    FUTEX_OP_XOR = 4,
    FUTEX_OP_ARG_SHIFT = 8,
    FUTEX_OP_CMP_EQ = 0,
    FUTEX_OP_CMP_NE = 1,
    FUTEX_OP_CMP_LT = 2,
    FUTEX_OP_CMP_LE = 3,
    FUTEX_OP_CMP_GT = 4,
    FUTEX_OP_CMP_GE = 5,
    FUTEX_TID_MASK = 0x3fffffff, /* in a word that a robust list names */
    FUTEX_OWNER_DIED = 0x40000000,
    ROBUST_LIST_LIMIT = 2048,
};
#define FUTEX_WAITERS 0x80000000u
#define FUTEX_BITSET_MATCH_ANY 0xffffffffu

struct abi_robust_list_head {
    uint64_t list;            /* the first entry, each begins with the next one's address */
    int64_t futex_offset;     /* from an entry to its word */
    uint64_t list_op_pending; /* one that is just being added or removed */
};

/* sched(7) */
enum {
    SCHED_OTHER = 0,
    SCHED_FIFO = 1,
    SCHED_RR = 2,
    SCHED_BATCH = 3,
    SCHED_IDLE = 5,
    SCHED_DEADLINE = 6,
    SCHED_RESET_ON_FORK = 0x40000000,
};

/* sched_setattr(2) */
enum {
    SCHED_FLAG_RESET_ON_FORK = 0x01,
    SCHED_FLAG_KEEP_POLICY = 0x08,
    SCHED_FLAG_KEEP_PARAMS = 0x10,
    SCHED_FLAG_UTIL_CLAMP_MIN = 0x20,
    SCHED_FLAG_UTIL_CLAMP_MAX = 0x40,
    SCHED_FLAG_ALL = 0x7f,
    SCHED_ATTR_SIZE_VER0 = 48, /* the first published size: without the last two members */
};

struct abi_sched_attr {
    uint32_t size; /* of what the program knows of this */
    uint32_t sched_policy;
    uint64_t sched_flags;
    int32_t sched_nice;
    uint32_t sched_priority;
    uint64_t sched_runtime;
    uint64_t sched_deadline;
    uint64_t sched_period;
    uint32_t sched_util_min;
    uint32_t sched_util_max;
};

/* membarrier(2) */
enum {
    MEMBARRIER_CMD_QUERY = 0,
    MEMBARRIER_CMD_GLOBAL = 1,
    MEMBARRIER_CMD_GLOBAL_EXPEDITED = 2,
    MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED = 4,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED = 8,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED = 16,
    MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE = 32,
    MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE = 64,
};

enum { PIDFD_NONBLOCK = 04000 }; /* of pidfd_open(2) */

_Static_assert(sizeof(struct abi_clone_args) == 88, "struct clone_args");

#endif
