/* The system calls as data, made from abi/syscall.def: what dispatch and the trace know of each. */
#ifndef SYSCALL_TABLE_H
#define SYSCALL_TABLE_H

#include "base/types.h"

struct thread;

enum { SYSCALL_ARGS_MAX = 6 };

/* The kinds of arguments that abi/syscall.def explains. */
enum syscall_kind {
    KIND_NONE,
    KIND_INT,
    KIND_UINT,
    KIND_LONG,
    KIND_SIZE,
    KIND_ADDR,
    KIND_FD,
    KIND_PID,
    KIND_SIG,
    KIND_FLAGS,
    KIND_PROT,
    KIND_PATH,
    KIND_STRV,
    KIND_IN_BYTES,
    KIND_OUT_BYTES,
    KIND_IN_IOV,
    KIND_OUT_IOV,
    KIND_OUT_INT,
    KIND_IN_TIMESPEC,
    KIND_OUT_TIMESPEC,
    KIND_OUT_UTSNAME,
    KIND_OUT_STAT,
    KIND_IN_RLIMIT,
    KIND_OUT_RLIMIT,
    KIND_IN_SIGACTION,
    KIND_OUT_SIGACTION,
    KIND_IN_SIGSET,
    KIND_OUT_SIGSET,
    KIND_OUT_SIGINFO,
    KIND_OUT_RUSAGE,
    KIND_OUT_TMS,
    KIND_OUT_SYSINFO,
    KIND_IN_CLONE,
    KIND_IN_SPAWN,
    KIND_INOUT,
};

enum syscall_on_failure {
    ON_FAILURE_NOTHING,
    ON_FAILURE_PREFIX,
};

/* A handler gives the result, or -errno, or one of these, which no call gives. */
#define CALL_BLOCKED INT64_MIN         /* sched_block was called: rerun it when woken */
#define CALL_NO_RESULT (INT64_MIN + 1) /* the registers are what they are to be */
#define CALL_GONE (INT64_MIN + 2)      /* the thread is no more */
#define CALL_AGAIN (INT64_MIN + 3)     /* it goes on in a rerun, when others have had their turn */

typedef int64_t syscall_handler(struct thread *thread, const uint64_t *args);

struct syscall {
    unsigned number;
    const char *name;
    syscall_handler *handler;
    enum syscall_on_failure on_failure;
    unsigned arg_count;
    enum syscall_kind kinds[SYSCALL_ARGS_MAX];
};

/* The call with this number, or NULL. */
const struct syscall *syscall_find(uint64_t number);

/* All of them, in the order of their numbers; returns how many. */
size_t syscall_all(const struct syscall **all);

#endif
