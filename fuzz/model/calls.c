#include "fuzz/model/calls.h"

call_model *calls_find(uint32_t nr)
{
    switch (nr) {
#define CALL(number, name)                                                                         \
    case number:                                                                                   \
        return call_##name;
#include "fuzz/model/calls.def"
#undef CALL
    default:
        return NULL;
    }
}

bool calls_are_there(uint32_t nr)
{
    switch (nr) {
#define SYSCALL0(number, ...) case number:
#define SYSCALL1 SYSCALL0
#define SYSCALL2 SYSCALL0
#define SYSCALL3 SYSCALL0
#define SYSCALL4 SYSCALL0
#define SYSCALL5 SYSCALL0
#define SYSCALL6 SYSCALL0
#include "abi/syscall.def"
        return true;
    default:
        return false;
    }
}

const char *calls_name(uint32_t nr)
{
    switch (nr) {
#define CALL(number, name)                                                                         \
    case number:                                                                                   \
        return #name;
#include "fuzz/model/calls.def"
#undef CALL
    default:
        return "?";
    }
}
