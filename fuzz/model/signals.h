/* Signals: who gets which, what is said of it, and what it does; signal(7). */
#ifndef MODEL_SIGNALS_H
#define MODEL_SIGNALS_H

#include "fuzz/model/world.h"

static inline uint64_t signal_set_of(int signal)
{
    return UINT64_C(1) << (signal - 1);
}

/* A process begins, and none waits. */
void signals_begin(struct proc *proc);

/* What is said of a signal that a process sends; NULL: nobody does. */
struct said signals_said(int signal, int code, const struct proc *sender);

/* To the thread; or to all of its process, of which this thread is asked first. false: there is no
 * place for it. */
bool signals_send_said(struct proc *proc, bool to_thread, const struct said *said);

/* The same for one of timer_create's, which has its place reserved. false: it is ignored. */
bool signals_send_reserved(struct proc *proc, bool to_thread, const struct said *said);

/* What timers have sent is gone from a queue (execve(2)). */
void signals_drop_timers(struct queue *queue);

/* Whether as many wait already, for anybody, as the user of this thread may have
 * (RLIMIT_SIGPENDING); timers count. */
bool signals_are_many(const struct proc *proc);

/* What a call gives that is to send a signal, 0: only to look whether it could, and would else give
 * error or 0; and sends it. */
void signals_ask(struct proc *proc, bool to_thread, const struct said *said, int error);

/* The thread with that number, or what is in its place, if it is of that process; or NULL. */
struct proc *signals_find_thread(int pid, int tid);

/* Whether the thread is to stop with its process. */
bool signals_must_stop(const struct proc *proc);

/* A thread has stopped or has ended: if no other runs, the process is stopped, as its parent is
 * told. */
void signals_look_if_stopped(struct proc *process);

/* One of the kernel's own. */
void signals_send(struct proc *proc, int signal);

/* A fault of its own. false: it ends by it. */
bool signals_force(struct proc *proc, int signal);

/* Those that wait, blocked or not. */
uint64_t signals_pending(const struct proc *proc);

/* Which of a set is taken first: those that a fault raises, then the lowest; 0: none. */
int signals_first(uint64_t set);

/* The next one that a process takes, and where it waits; 0: none. */
int signals_next(struct proc *proc, struct queue **queue);

/* Whether the thread may leave it to another one of its process. */
bool signals_may_pass(const struct proc *proc, const struct queue *queue, int signal);

/* Whether another one of its process will take it, when the child has let go of its memory. */
bool signals_wait_for_vfork(const struct proc *proc, int signal);

/* The first of a number that waits there. */
struct said signals_take(struct queue *queue, int signal);

/* Objects if the siginfo_t at an address does not say that. */
void signals_check_said(struct proc *proc, uint64_t at, const struct said *said);

/* Whether its default action is to stop. */
bool signals_stop(int signal);

/* The codes that the kernel gives with a signal are 1 to this. */
int signals_last_code(int signal);

/* Whether nothing happens when it is taken. */
bool signals_do_nothing(const struct proc *proc, int signal);

/* The child has its parent's actions: a copy, or the same, as the flags of clone say. */
void signals_inherit(struct proc *child, const struct proc *parent, uint64_t flags);

/* Its actions are its alone from now on. */
void signals_unshare(struct proc *proc);

/* What handlers become at exec; what is ignored stays so. */
void signals_reset(struct proc *proc);

/* After an action has been set: what is ignored now does not stay pending. */
void signals_drop(struct proc *proc, int signal);

/* Whether a process's children leave no zombies. */
bool signals_want_no_zombies(const struct proc *proc);

#endif
