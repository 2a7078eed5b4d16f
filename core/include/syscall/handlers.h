/*
 * The handlers of the system calls, one for each line of abi/syscall.def. Each follows the Linux
 * man page of its name in section 2; what differs is said at its definition.
 *
 * A handler runs in the caller's space, may be rerun (see struct call), and changes nothing when it
 * fails.
 */
#ifndef SYSCALL_HANDLERS_H
#define SYSCALL_HANDLERS_H

#include "syscall/table.h"

#define SYSCALL_HANDLER(name) int64_t sys_##name(struct thread *thread, const uint64_t *args);
#define SYSCALL0(nr, name, fail) SYSCALL_HANDLER(name)
#define SYSCALL1(nr, name, fail, ...) SYSCALL_HANDLER(name)
#define SYSCALL2(nr, name, fail, ...) SYSCALL_HANDLER(name)
#define SYSCALL3(nr, name, fail, ...) SYSCALL_HANDLER(name)
#define SYSCALL4(nr, name, fail, ...) SYSCALL_HANDLER(name)
#define SYSCALL5(nr, name, fail, ...) SYSCALL_HANDLER(name)
#define SYSCALL6(nr, name, fail, ...) SYSCALL_HANDLER(name)
#include "abi/syscall.def"
#undef SYSCALL_HANDLER
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6

#endif
