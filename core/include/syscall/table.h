/* The system calls as data, made from abi/syscall.def: what dispatch and the trace know of each. */
#ifndef SYSCALL_TABLE_H
#define SYSCALL_TABLE_H

#include "base/types.h"
#include "proc/thread.h"

struct thread;

enum { SYSCALL_ARGS_MAX = 6 };

enum syscall_kind {
#define KIND(name, type, use) KIND_##name,
#include "syscall/kinds.def"
#undef KIND
};

enum syscall_on_failure {
    ON_FAILURE_NOTHING,
    ON_FAILURE_SOME,
    ON_FAILURE_PREFIX,
    ON_FAILURE_FIXED,
};

/* Gives the result, or -errno, or one of CALL_BLOCKED and the like (thread.h). */
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

/* An argument as the type that its kind has: of an int the upper half of the register is not looked
 * at (AAPCS64 6.4.2). */
uint64_t syscall_argument(uint64_t value, enum syscall_kind kind);

/* Whether it says where the call writes. */
bool syscall_kind_is_output(enum syscall_kind kind);

/* All of them, in the order of their numbers; returns how many. */
size_t syscall_all(const struct syscall **all);

#endif
