/* Children that run a function, and the small things that all sections need. */
#include "check.h"

const char *self;
const char *const *environment;

/* What a child is to run. */
struct task {
    child_function run;
    uint64_t argument;
};

/*
 * start_call(flags, stack, task, parent_tid, tls, child_tid): clone(2). The child calls the task
 * and exits with its result. Child and parent may share their stack (vfork) or all other memory,
 * so what each needs next is in registers, which the kernel keeps, or above where both go on.
 *
 * start3_call(args, size, task): clone3(2), the same.
 */
long start_call(uint64_t flags, uint64_t stack, const struct task *task, int *parent_tid,
                uint64_t tls, int *child_tid);
long start3_call(struct abi_clone_args *args, uint64_t size, const struct task *task);

#if defined(__aarch64__)
__asm__(".text\n"
        ".global start_call\n"
        "start_call:\n"
        "    ldp x9, x10, [x2]\n"
        "    mov x2, x3\n"
        "    mov x3, x4\n"
        "    mov x4, x5\n"
        "    mov x8, #220\n"
        "    b 1f\n"
        ".global start3_call\n"
        "start3_call:\n"
        "    ldp x9, x10, [x2]\n"
        "    mov x8, #435\n"
        "1:  svc #0\n"
        "    cbz x0, 2f\n"
        "    ret\n"
        "2:  mov x29, xzr\n"
        "    mov x0, x10\n"
        "    blr x9\n"
        "    mov x8, #94\n"
        "    svc #0\n");
#else
__asm__(".text\n"
        ".global start_call\n"
        "start_call:\n"
        "    push %rbx\n"
        "    mov %r9, %r10\n"
        "    mov (%rdx), %rbx\n"
        "    mov 8(%rdx), %r9\n"
        "    mov %rcx, %rdx\n"
        "    mov $56, %eax\n"
        "    jmp 1f\n"
        ".global start3_call\n"
        "start3_call:\n"
        "    push %rbx\n"
        "    mov (%rdx), %rbx\n"
        "    mov 8(%rdx), %r9\n"
        "    mov $435, %eax\n"
        "1:  syscall\n"
        "    test %rax, %rax\n"
        "    jz 2f\n"
        "    pop %rbx\n"
        "    ret\n"
        "2:  xor %ebp, %ebp\n"
        "    and $-16, %rsp\n"
        "    mov %r9, %rdi\n"
        "    call *%rbx\n"
        "    mov %eax, %edi\n"
        "    mov $231, %eax\n"
        "    syscall\n");
#endif

int start_clone(const struct start *how, child_function run, uint64_t argument)
{
    const struct task task = {run, argument};

    return (int)start_call(how->flags, how->stack, &task, how->parent_tid, how->tls,
                           how->child_tid);
}

int start_clone3(struct abi_clone_args *args, uint64_t size, child_function run, uint64_t argument)
{
    const struct task task = {run, argument};

    return (int)start3_call(args, size, &task);
}

int start_fork(child_function run, uint64_t argument)
{
    return start_clone(&(struct start){.flags = SIGCHLD}, run, argument);
}

int start_vfork(child_function run, uint64_t argument)
{
    return start_clone(&(struct start){.flags = CLONE_VM | CLONE_VFORK | SIGCHLD}, run, argument);
}

int await(int pid)
{
    int status = -1;
    long got = pid;

    while (pid > 0 && (got = sys_wait4(pid, &status, 0, 0)) == -EINTR)
        ; /* a handler was called; the child still has to be waited for */
    return got < 0 ? (int)got : status & ~0x80;
}

int exited(int status)
{
    return (status & 0xff) << 8;
}

int signalled(int signal)
{
    return signal;
}

int run_fork(child_function run, uint64_t argument)
{
    return await(start_fork(run, argument));
}

int run_vfork(child_function run, uint64_t argument)
{
    return await(start_vfork(run, argument));
}

long execute(const char *path, const char *const *words, const char *const *envp)
{
    return sys_execve(path, (char *const *)ADDR(words), (char *const *)ADDR(envp));
}

long execute_at(int directory, const char *path, const char *const *words, unsigned flags)
{
    return sys_execveat(directory, path, (char *const *)ADDR(words),
                        (char *const *)ADDR(environment), (int)flags);
}

int become_helper(const char *const *words)
{
    return (int)execute(self, words, environment);
}

static int helper_child(uint64_t words)
{
    become_helper((const char *const *)words);
    return 99;
}

int run_helper(const char *const *words)
{
    return run_fork(helper_child, ADDR(words));
}

void nap(void)
{
    struct abi_timespec time = {0, NAP_NS};

    sys_nanosleep(&time, NULL);
}

int64_t now_ns(void)
{
    struct abi_timespec time = {0, 0};

    sys_clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000 + time.tv_nsec;
}

bool is_error(long result)
{
    return result < 0 && result > -PAGE;
}

void await_end(int pid)
{
    sys_waitid(P_PID, pid, NULL, WEXITED | WNOWAIT | WALL, NULL);
}

static void *map(uint64_t bytes, unsigned kind)
{
    long got = sys_mmap(0, bytes, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS, -1, 0);

    if (is_error(got)) {
        print("%s: no memory: %s\n", program_name, error_name(got));
        sys_leave(1);
    }
    return (void *)got;
}

void *map_private(uint64_t bytes)
{
    return map(bytes, MAP_PRIVATE);
}

void *map_shared(uint64_t bytes)
{
    return map(bytes, MAP_SHARED);
}

uint64_t signal_handler(int signal)
{
    struct abi_sigaction action = {0};

    return sys_rt_sigaction(signal, NULL, &action, 8) == 0 ? action.handler : (uint64_t)-1;
}

long set_handler(int signal, uint64_t handler, uint64_t flags)
{
    const struct abi_sigaction action = {.handler = handler, .flags = flags};

    return sys_rt_sigaction(signal, &action, NULL, 8);
}
