/*
 * System calls, made by processes that are not there: registers are set, and the trap is handed to
 * dispatch as if the program had executed svc.
 *
 *     EXPECT_EQ(CALL(init, brk, 0), ...);
 */
#ifndef TESTS_CORE_CALLS_H
#define TESTS_CORE_CALLS_H

#include "base/types.h"
#include "syscall/table.h"

struct process;
struct thread;

enum {
#define SYSCALL0(nr, name, fail) NR_##name = (nr),
#define SYSCALL1(nr, name, fail, ...) SYSCALL0(nr, name, fail)
#define SYSCALL2(nr, name, fail, ...) SYSCALL0(nr, name, fail)
#define SYSCALL3(nr, name, fail, ...) SYSCALL0(nr, name, fail)
#define SYSCALL4(nr, name, fail, ...) SYSCALL0(nr, name, fail)
#define SYSCALL5(nr, name, fail, ...) SYSCALL0(nr, name, fail)
#define SYSCALL6(nr, name, fail, ...) SYSCALL0(nr, name, fail)
#include "abi/syscall.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6
};

/* Memory that calls_begin gives to init, to be read and written; the page behind it is not
 * mapped. */
#define CALLS_DATA ((uaddr_t)0x20000000)
#define CALLS_DATA_END (CALLS_DATA + CALLS_DATA_PAGES * PAGE_SIZE)

/* Where nothing is mapped. */
#define CALLS_NOWHERE ((uaddr_t)0x1000)

enum { CALLS_DATA_PAGES = 32 };

/* A kernel with init, which runs, and a file system: /bin/prog can be executed, /etc/text
 * cannot. */
struct process *calls_begin(void);

/* The process goes on and makes a call. Gives x0; or CALL_BLOCKED if it waits now, or CALL_GONE if
 * it has ended. */
int64_t calls_make(struct process *process, unsigned number, const uint64_t *args);

#define CALL(process_, name_, ...)                                                                 \
    calls_make(process_, NR_##name_, (const uint64_t[SYSCALL_ARGS_MAX]){__VA_ARGS__})

/* The same by any thread. */
int64_t calls_make_in(struct thread *thread, unsigned number, const uint64_t *args);

#define CALL_IN(thread_, name_, ...)                                                               \
    calls_make_in(thread_, NR_##name_, (const uint64_t[SYSCALL_ARGS_MAX]){__VA_ARGS__})

/* The same call again, which something has woken; CALL_INTERRUPTED: it has given up, and what
 * becomes of it is not decided yet. */
int64_t calls_rerun(struct process *process);
int64_t calls_rerun_in(struct thread *thread);

/* Stops a process, no thread of which is in a call. */
void calls_stop(struct process *process, int signal);

/* A trap of the process, which goes on. */
void calls_trap(struct process *process, const struct plat_trap *trap);

/* The child that a call has made, by its PID. */
struct process *calls_child(int64_t pid);

/* One thread more, by clone as C libraries make it. */
struct thread *calls_thread(struct thread *thread);

/* A child of parent's, by clone as fork makes it; and the end of a process, by exit. */
struct process *calls_fork(struct process *parent);
void calls_exit(struct process *process, int code);

/* Memory of the space in use. A word is an int. */
void calls_put(uaddr_t at, const void *bytes, uint64_t len);
void calls_get(uaddr_t at, void *bytes, uint64_t len);
uaddr_t calls_put_text(uaddr_t at, const char *text);
int calls_get_int(uaddr_t at);

#endif
