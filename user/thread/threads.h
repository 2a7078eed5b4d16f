/* The sections of threads, which checks what a kernel does with threads, and how they are made. */
#ifndef THREAD_THREADS_H
#define THREAD_THREADS_H

#include "catch/catch.h"

enum {
    STACK_BYTES = 16 * PAGE,
    THREAD_FLAGS = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
                   CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
};

/* A thread of this process. `word` is its tid until its end, then 0, and a futex that is woken. */
struct thread {
    volatile int word;
    int tid;
    volatile long result;
    long (*run)(uint64_t argument);
    uint64_t argument;
    char *stack;
    uint64_t tls;
};

/* Starts run(argument) in a new thread, which ends with its result. The tid, or -errno. */
int thread_start(struct thread *thread, long (*run)(uint64_t argument), uint64_t argument);

/* The same with these flags of clone and no others. A process that it makes, without CLONE_THREAD,
 * exits with the low byte of the result. */
int thread_start_with(struct thread *thread, uint64_t flags, long (*run)(uint64_t argument),
                      uint64_t argument);

/* Waits for the end of one that was started with thread_start, and gives its result. */
long thread_join(struct thread *thread);

/* One after the other. */
long thread_run(long (*run)(uint64_t argument), uint64_t argument);

_Noreturn void thread_exit(int status);

/* A word that threads wait for: set_word wakes all, wait_word waits until it is that value. */
void set_word(volatile int *word, int value);
void wait_word(volatile int *word, int value);

/* A thread that sleeps until its process ends. */
long thread_sleeps(uint64_t unused);

long futex(volatile int *word, int operation, uint64_t value, const struct abi_timespec *time,
           volatile int *other, uint64_t value3);

void check_start(void);
void check_flags(void);
void check_share(void);
void check_end(void);
void check_tfork(void);
void check_texec(void);
void check_deliver(void);
void check_tstop(void);
void check_twait(void);
void check_futex(void);
void check_requeue(void);
void check_robust(void);
void check_crowd(void);
void check_tpidfd(void);
void check_sched(void);
void check_barrier(void);
void check_absent(void);

#endif
