/*
 * How much time a process may use, RLIMIT_CPU of getrlimit(2): the timer that comes at the soft
 * limit, with SIGXCPU, and each second after, or with SIGKILL at the hard one. Like Linux it moves
 * the soft limit on by a second each time, as getrlimit shows.
 */
#ifndef PROC_CPU_LIMIT_H
#define PROC_CPU_LIMIT_H

struct process;

/* That of a new process, which has no limit yet. */
void cpu_limit_begin(struct process *process);
void cpu_limit_end(struct process *process);

/* The limit of a process has been set. */
void cpu_limit_set(struct process *process);

/* Panics if it is not armed as it should be. */
void cpu_limit_check(const struct process *process);

#endif
