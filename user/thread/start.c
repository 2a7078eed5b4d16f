/* How threads are made and waited for, and the section that checks that. */
#include "threads.h"

/*
 * thread_call(flags, stack, thread, parent_tid, tls, child_tid): clone(2); the child calls
 * thread_main(thread) on its own stack.
 */
long thread_call(uint64_t flags, uint64_t stack, struct thread *thread, const volatile int *parent,
                 uint64_t tls, const volatile int *child);
__asm__(".text\n"
        ".global thread_call\n"
        "thread_call:\n"
        "    mov x9, x2\n"
        "    mov x2, x3\n"
        "    mov x3, x4\n"
        "    mov x4, x5\n"
        "    mov x8, #220\n"
        "    svc #0\n"
        "    cbz x0, 1f\n"
        "    ret\n"
        "1:  mov x29, xzr\n"
        "    mov x0, x9\n"
        "    bl thread_main\n");

__attribute__((used)) static void thread_main(struct thread *thread)
{
    thread->result = thread->run(thread->argument);
    thread_exit((int)thread->result);
}

_Noreturn void thread_exit(int status)
{
    CALL(NR_EXIT, status);
    __builtin_trap(); /* exit does not return */
}

int thread_start_with(struct thread *thread, uint64_t flags, long (*run)(uint64_t argument),
                      uint64_t argument)
{
    if (!thread->stack)
        thread->stack = map_private(STACK_BYTES);
    thread->run = run;
    thread->argument = argument;
    thread->result = -1;
    return (int)thread_call(flags, ADDR(thread->stack + STACK_BYTES), thread, &thread->word,
                            thread->tls, &thread->word);
}

int thread_start(struct thread *thread, long (*run)(uint64_t argument), uint64_t argument)
{
    thread->tid = thread_start_with(thread, THREAD_FLAGS, run, argument);
    return thread->tid;
}

long futex(volatile int *word, int operation, uint64_t value, const struct abi_timespec *time,
           volatile int *other, uint64_t value3)
{
    return CALL(NR_FUTEX, word, operation, value, time, other, value3);
}

long thread_join(struct thread *thread)
{
    for (int word = thread->word; word; word = thread->word)
        futex(&thread->word, FUTEX_WAIT, (uint64_t)word, NULL, NULL, 0);
    sys_munmap(ADDR(thread->stack), STACK_BYTES);
    thread->stack = NULL;
    return thread->result;
}

long thread_run(long (*run)(uint64_t argument), uint64_t argument)
{
    struct thread thread = {0};

    return thread_start(&thread, run, argument) < 0 ? -1 : thread_join(&thread);
}

void set_word(volatile int *word, int value)
{
    *word = value;
    futex(word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

void wait_word(volatile int *word, int value)
{
    for (int now = *word; now != value; now = *word)
        futex(word, FUTEX_WAIT, (uint64_t)now, NULL, NULL, 0);
}

long thread_sleeps(uint64_t unused)
{
    (void)unused;
    for (;;)
        sleep_ms(100 * 1000);
    return 0;
}

/* ---- checks ---- */

struct seen {
    int pid, tid, ppid, word_at_start, pgid;
    uint64_t tls, stack;
};

static struct thread one;

static long looks(uint64_t argument)
{
    struct seen *seen = (struct seen *)argument;

    seen->pid = (int)sys_getpid();
    seen->tid = (int)sys_gettid();
    seen->ppid = (int)sys_getppid();
    seen->pgid = (int)sys_getpgid(0);
    seen->stack = ADDR(&argument);
    seen->word_at_start = one.word;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(seen->tls));
    return 42;
}

static void check_one_thread(void)
{
    struct seen seen;

    one = (struct thread){.tls = 0x12345670};
    one.tid = thread_start_with(&one, THREAD_FLAGS | CLONE_SETTLS, looks, ADDR(&seen));
    int tid = one.tid;
    char *stack = one.stack;
    check(tid > 0, "start: clone gives the thread's number");
    check_is(thread_join(&one), 42, "start: the thread runs");
    check_is(one.word, 0, "start: at its end CLONE_CHILD_CLEARTID clears the word, and wakes");
    check_is(seen.pid, sys_getpid(), "start: it has the process's PID");
    check_is(seen.tid, tid, "start: and a number of its own");
    check(seen.tid != seen.pid, "start: which is another");
    check_is(seen.ppid, sys_getppid(), "start: its parent is the process's");
    check_is(seen.pgid, sys_getpgid(0), "start: its group too");
    check_is((long)seen.tls, 0x12345670, "start: CLONE_SETTLS sets TPIDR_EL0");
    check(seen.stack >= ADDR(stack) && seen.stack < ADDR(stack + STACK_BYTES),
          "start: it runs on its stack");
    check_is(seen.word_at_start, tid, "start: CLONE_PARENT_SETTID is there before it runs");
    settle(); /* the word is cleared a little before */
    check_is(sys_tkill(tid, 0), -ESRCH, "start: after its end its number is nobody's");
    check_is(sys_wait4(tid, NULL, (int)WALL, NULL), -ECHILD, "start: a thread is not waited for");
}

static volatile int counter, gate;

static long counts(uint64_t unused)
{
    (void)unused;
    wait_word(&gate, 1);
    for (int i = 0; i < 100; i++)
        __atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
    return 0;
}

static void check_many(void)
{
    static struct thread threads[50];
    unsigned good = 0;

    gate = counter = 0;
    for (unsigned i = 0; i < COUNT(threads); i++)
        good += thread_start(&threads[i], counts, i) > 0;
    check_is(good, COUNT(threads), "start: fifty threads");
    set_word(&gate, 1);
    for (unsigned i = 0; i < COUNT(threads); i++)
        thread_join(&threads[i]);
    check_is(counter, 50 * 100, "start: share the memory");
}

static long clone3_thread(uint64_t unused)
{
    (void)unused;
    return sys_gettid() != sys_getpid();
}

/* clone3 in a thread's way: the child runs thread_main by the asm of thread_call. */
long thread_call3(struct abi_clone_args *args, uint64_t size, struct thread *thread);
__asm__(".text\n"
        ".global thread_call3\n"
        "thread_call3:\n"
        "    mov x9, x2\n"
        "    mov x8, #435\n"
        "    svc #0\n"
        "    cbz x0, 1f\n"
        "    ret\n"
        "1:  mov x29, xzr\n"
        "    mov x0, x9\n"
        "    bl thread_main\n");

static void check_clone3(void)
{
    struct thread thread = {.run = clone3_thread, .stack = map_private(STACK_BYTES)};
    struct abi_clone_args args = {
        .flags = THREAD_FLAGS,
        .parent_tid = ADDR(&thread.word),
        .child_tid = ADDR(&thread.word),
        .stack = ADDR(thread.stack),
        .stack_size = STACK_BYTES,
    };

    check(thread_call3(&args, sizeof(args), &thread) > 0, "start: clone3 makes threads too");
    check_is(thread_join(&thread), 1, "start: which run");
    args.exit_signal = SIGCHLD;
    check_is(thread_call3(&args, sizeof(args), &thread), -EINVAL,
             "start: clone3 of a thread with a signal at its end gives EINVAL");
}

static volatile int tid_word;

static long changes_tid_address(uint64_t unused)
{
    (void)unused;
    return CALL(NR_SET_TID_ADDRESS, &tid_word);
}

static void check_set_tid_address(void)
{
    struct thread thread = {0};

    tid_word = 1;
    int tid = thread_start(&thread, changes_tid_address, 0);
    wait_word(&tid_word, 0);
    check_is(thread.result, tid, "start: set_tid_address gives the thread's number");
    check_is(thread.word, tid, "start: and what is cleared at its end is then another word");
}

void check_start(void)
{
    check_one_thread();
    check_many();
    check_clone3();
    check_set_tid_address();
}
