#include "syscall/table.h"

#include "syscall/handlers.h"

#define SYSCALL0(nr, sys, fail) ENTRY(nr, sys, fail, 0, KIND_NONE)
#define SYSCALL1(nr, sys, fail, k0, n0) ENTRY(nr, sys, fail, 1, KIND_##k0)
#define SYSCALL2(nr, sys, fail, k0, n0, k1, n1) ENTRY(nr, sys, fail, 2, KIND_##k0, KIND_##k1)
#define SYSCALL3(nr, sys, fail, k0, n0, k1, n1, k2, n2)                                            \
    ENTRY(nr, sys, fail, 3, KIND_##k0, KIND_##k1, KIND_##k2)
#define SYSCALL4(nr, sys, fail, k0, n0, k1, n1, k2, n2, k3, n3)                                    \
    ENTRY(nr, sys, fail, 4, KIND_##k0, KIND_##k1, KIND_##k2, KIND_##k3)
#define SYSCALL5(nr, sys, fail, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4)                            \
    ENTRY(nr, sys, fail, 5, KIND_##k0, KIND_##k1, KIND_##k2, KIND_##k3, KIND_##k4)
#define SYSCALL6(nr, sys, fail, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5)                    \
    ENTRY(nr, sys, fail, 6, KIND_##k0, KIND_##k1, KIND_##k2, KIND_##k3, KIND_##k4, KIND_##k5)

#define ENTRY(nr, sys, fail, count, ...)                                                           \
    {nr, #sys, sys_##sys, ON_FAILURE_##fail, count, {__VA_ARGS__}},
static const struct syscall syscalls[] = {
#include "abi/syscall.def"
};
#undef ENTRY

#define ENTRY(nr, sys, fail, count, ...) PLACE_##sys,
enum {
#include "abi/syscall.def"
};
#undef ENTRY

enum kind_type { TYPE_INT, TYPE_UINT, TYPE_LONG };
enum kind_use { USE_IN, USE_OUT };

static const struct {
    enum kind_type type;
    enum kind_use use;
} kinds[] = {
#define KIND(name, type, use) {TYPE_##type, USE_##use},
#include "syscall/kinds.def"
#undef KIND
};

uint64_t syscall_argument(uint64_t value, enum syscall_kind kind)
{
    switch (kinds[kind].type) {
    case TYPE_INT:
        return (uint64_t)(int32_t)value;
    case TYPE_UINT:
        return (uint32_t)value;
    default:
        return value;
    }
}

bool syscall_kind_is_output(enum syscall_kind kind)
{
    return kinds[kind].use == USE_OUT;
}

#define ENTRY(nr, sys, fail, count, ...)                                                           \
    case nr:                                                                                       \
        return &syscalls[PLACE_##sys];
const struct syscall *syscall_find(uint64_t number)
{
    switch (number) {
#include "abi/syscall.def"
    default:
        return NULL;
    }
}
#undef ENTRY

size_t syscall_all(const struct syscall **all)
{
    *all = syscalls;
    return ARRAY_LEN(syscalls);
}
