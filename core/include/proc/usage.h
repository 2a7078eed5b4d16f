/*
 * What a process has used, getrusage(2): time in user mode and in the kernel, page faults, memory,
 * waits. Time is the clock's, read at each border between user mode and kernel.
 */
#ifndef PROC_USAGE_H
#define PROC_USAGE_H

#include "abi/linux.h"
#include "base/types.h"

struct process;
struct thread;

struct usage {
    nsec_t user;
    nsec_t system;
    uint64_t faults;      /* page faults of the program's own accesses that were resolved */
    uint64_t waits;       /* calls that blocked */
    uint64_t preemptions; /* turns that ended with more to do */
    uint64_t peak_pages;  /* the most that were resident in a space that it has left */
};

/* The time from here on is thread's; what has passed since the last charge is too if it was thread
 * that ran last. */
void usage_begin(struct thread *thread);

/* Time passes for nobody until the next usage_begin: the CPU is idle. */
void usage_pause(void);

/* Charges the time since the last charge to a thread and its process. */
void usage_charge_user(struct thread *thread);
void usage_charge_system(struct thread *thread);

/* The same to whose time it is, if it is a process's that is about to end. */
void usage_charge_process(const struct process *process);

/* The same to anybody, between two steps, and what that makes due is done. false: nothing. */
bool usage_charge_last(void);

/* The process leaves its space; a thread of it ends. What these have counted is kept. */
void usage_leave_space(struct process *process);
void usage_end_thread(struct thread *thread);

/* What its parent is told by a signal of the end of a process (sigaction(2), CLD_EXITED). */
struct abi_siginfo usage_tell_end(const struct process *zombie, int signal);

/* A child that was waited for: what it has used, and those that it had waited for. */
void usage_add_child(struct process *process, const struct process *child);

/* As getrusage gives it: a process itself, one thread of it, its children that it has waited for,
 * or the sum. */
struct abi_rusage usage_of(const struct process *process);
struct abi_rusage usage_of_thread(const struct thread *thread);
struct abi_rusage usage_of_children(const struct process *process);
struct abi_rusage usage_of_both(const struct process *process);

#endif
