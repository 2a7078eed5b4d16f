#include "tests/core/calls.h"

#include "abi/linux.h"
#include "base/string.h"
#include "dev/device.h"
#include "fs/ramfs.h"
#include "mm/uaccess.h"
#include "proc/process.h"
#include "proc/thread.h"
#include "syscall/dispatch.h"
#include "test.h"
#include "tests/core/elf_builder.h"
#include "tests/core/fixture.h"

static struct elf_file program;
static const uint8_t text[] = "some text\n";

struct process *calls_begin(void)
{
    fixture_begin(FIXTURE_FRAMES_MAX);
    elf_make_program(&program, ELF_FIXED);
    EXPECT_EQ(ramfs_init(), 0);
    EXPECT_EQ(device_init(), 0);
    EXPECT_EQ(ramfs_add("bin/prog", RAMFS_REGULAR | 0755, program.bytes, program.len), 0);
    EXPECT_EQ(ramfs_add("etc/text", RAMFS_REGULAR | 0644, text, sizeof(text) - 1), 0);
    fixture_keep_frames();
    struct process *init = fixture_process(NULL);
    fixture_map(init->space, CALLS_DATA, CALLS_DATA_END, PROT_READ | PROT_WRITE);
    init->space->brk_start = CALLS_DATA + ((uaddr_t)1 << 30);
    init->space->brk_end = init->space->brk_start;
    fixture_run(init);
    return init;
}

/* Who makes a call: the thread may be gone afterwards, or have the number of its process. */
struct caller {
    struct thread *thread;
    int tid;
    int pid;
};

static struct caller caller_of(struct thread *thread)
{
    return (struct caller){thread, thread->tid, thread->process->pid->number};
}

static bool is_there(const struct caller *caller)
{
    return thread_find(caller->tid) == caller->thread || thread_find(caller->pid) == caller->thread;
}

/* A long call goes on in reruns. */
static int64_t result_of(const struct caller *caller)
{
    struct thread *thread = caller->thread;

    while (is_there(caller) && thread->state == THREAD_READY && thread->call.is_pending) {
        if (thread->call.restart != RESTART_NOT) {
            return CALL_INTERRUPTED;
        }
        fixture_run_thread(thread);
        dispatch_rerun(thread);
    }
    if (!is_there(caller)) {
        return CALL_GONE;
    }
    return thread->state == THREAD_BLOCKED ? CALL_BLOCKED : (int64_t)thread->user.x[0];
}

int64_t calls_make_in(struct thread *thread, unsigned number, const uint64_t *args)
{
    const struct plat_trap trap = {.kind = PLAT_TRAP_SYSCALL};
    struct plat_user *user = &thread->user;
    const struct caller caller = caller_of(thread);

    fixture_run_thread(thread);
    memcpy(user->x, args, SYSCALL_ARGS_MAX * sizeof(*args));
    user->x[8] = number;
    dispatch_trap(thread, &trap);
    return result_of(&caller);
}

int64_t calls_make(struct process *process, unsigned number, const uint64_t *args)
{
    return calls_make_in(process->thread, number, args);
}

int64_t calls_rerun_in(struct thread *thread)
{
    const struct caller caller = caller_of(thread);

    fixture_run_thread(thread);
    EXPECT(thread->call.is_pending);
    dispatch_rerun(thread);
    return result_of(&caller);
}

int64_t calls_rerun(struct process *process)
{
    return calls_rerun_in(process->thread);
}

void calls_stop(struct process *process, int signal)
{
    signal_stop(process, signal);
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        fixture_run_thread(thread);
        signal_stop_thread(thread);
    }
}

void calls_trap(struct process *process, const struct plat_trap *trap)
{
    dispatch_trap(fixture_run(process), trap);
}

struct process *calls_child(int64_t pid)
{
    EXPECT(pid > 0);
    struct process *child = process_find((int)pid);
    EXPECT(child != NULL);
    return child;
}

struct thread *calls_thread(struct thread *thread)
{
    int64_t tid =
        CALL_IN(thread, clone,
                CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM);

    EXPECT(tid > 0);
    EXPECT(thread_find((int)tid) != NULL);
    return thread_find((int)tid);
}

struct process *calls_fork(struct process *parent)
{
    return calls_child(CALL(parent, clone, SIGCHLD));
}

void calls_exit(struct process *process, int code)
{
    EXPECT_EQ(CALL(process, exit, (uint64_t)code), CALL_GONE);
}

void calls_put(uaddr_t at, const void *bytes, uint64_t len)
{
    EXPECT_EQ(user_write(at, bytes, len), 0);
}

void calls_get(uaddr_t at, void *bytes, uint64_t len)
{
    EXPECT_EQ(user_read(bytes, at, len), 0);
}

uaddr_t calls_put_text(uaddr_t at, const char *string)
{
    calls_put(at, string, str_len(string) + 1);
    return at;
}

int calls_get_int(uaddr_t at)
{
    int value = 0;

    calls_get(at, &value, sizeof(value));
    return value;
}
