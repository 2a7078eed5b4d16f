/*
 * Signals: sending and stopping (signal(7)). They are taken when a
 * thread is about to go on (deliver.h), never in the middle of a call: a process that is to end
 * ends there.
 */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include "abi/linux.h"
#include "base/list.h"
#include "base/types.h"
#include "proc/pending.h"
#include "proc/signal_actions.h"

struct cred;
struct pid;
struct process;
struct thread;

/* Of a process. */
struct signals {
    struct signal_actions *actions;
    struct pending pending; /* sent to the process; threads have their own */
    int fatal;              /* the process ends by this signal, whatever comes after it; or 0 */
    int stop;               /* the signal that stops it, or has stopped it; 0: none */
    bool is_stopped;        /* all its threads are stopped */
    bool is_stop_untold;    /* its parent has not waited for that yet, or for its going on */
    bool is_continue_untold;
};

/* Whether a signal ends a process that does nothing about it. signal: 1 to 64. */
bool signal_is_fatal(int signal);

/* What the kernel says of a signal of its own, and what kill says of one that a process sends with
 * these credentials. */
struct abi_siginfo signal_info(int signal);
struct abi_siginfo signal_info_of(int signal, int code, const struct process *sender,
                                  const struct cred *cred);

/* Whether one process may send a signal, or 0, to another, or to the thread of it that has these
 * credentials (kill(2)). */
bool signal_may_send(const struct process *sender, const struct cred *cred,
                     const struct process *process, const struct cred *theirs, int signal);

/* Sends a signal to a thread, or to its process, for whichever thread does not block it; a zombie
 * takes none. Init is ended by none, but what it blocks is pending, and what it handles is taken.
 * -EAGAIN: it cannot be queued (sigqueue(3)). */
int signal_send_info(struct process *process, struct thread *thread,
                     const struct abi_siginfo *info);

/* Sends one to the process, for the thread that is asked first: it has to do with that one, which
 * may not be the one that has the process's number (NULL: that one, and it has ended). -EAGAIN. */
int signal_send_near(struct process *process, struct thread *near, const struct abi_siginfo *info);

/* To the thread that had the process's number and has ended: what stops and SIGCONT do to all of
 * the process is done; nobody takes the signal, but it is charged until the process is waited for.
 * -EAGAIN as above. */
int signal_send_ended(struct process *process, const struct abi_siginfo *info);

/* The same as signal_send_info for a timer's signal. false: it is ignored; true also if it is
 * pending still, or there is nobody to take it. */
bool signal_send_reserved(struct process *process, struct thread *thread,
                          struct pending_info *info);

/* A signal of the kernel's own to a process, which is always sent. */
void signal_send(struct process *process, int signal);

/* A signal of the kernel's own to all of a group. */
void signal_send_group(struct pid *group, int signal);

/* A fault of the thread's own, which is taken next. false: it is not, as it is blocked or has no
 * handler, and the process has to end by it. */
MUST_CHECK bool signal_force(struct thread *thread, const struct abi_siginfo *info);

/* The signal that the thread takes next, of those that it does not block; 0: none. *pending is
 * where it is. */
int signal_next(struct thread *thread, struct pending **pending);

/* The one of a set that is taken first of those that are pending for the thread, blocked or not,
 * and where: one that a fault may have raised, then the lowest; 0: none. */
int signal_first(struct thread *thread, signal_set_t set, struct pending **pending);

/* Takes it from there, and lets the timer go on that has sent it. */
struct abi_siginfo signal_take(struct thread *thread, struct pending *pending, int signal);

/* Whether there is one that its call has to see to: one that waits does not wait on. */
bool signal_is_due(const struct thread *thread);

/* What is pending for a thread, blocked or not: its own and its process's. */
signal_set_t signal_pending(const struct thread *thread);

/* The default action of a signal is to stop the process. */
bool signal_stops(int signal);

/* Whether taking the signal changes nothing: it is ignored, or that is its default action, or the
 * process is init. */
bool signal_does_nothing(const struct process *process, int signal);

/* The process is to stop: all its threads are woken, for their calls to give up waiting, and stop
 * when they have; but who waits for a vfork's end stops behind that. */
void signal_stop(struct process *process, int signal);

/* Whether the thread is to stop, with its process. */
bool signal_must_stop(const struct thread *thread);

/* The current thread is stopped until SIGCONT or SIGKILL comes. With the last thread the process is
 * stopped, as its parent is told. */
void signal_stop_thread(struct thread *thread);

/* A thread has ended: if all others are stopped, so is the process. */
void signal_look_if_stopped(struct process *process);

/* Blocks exactly these, but for SIGKILL and SIGSTOP. */
void signal_set_mask(struct thread *thread, signal_set_t mask);

/* A thread that was to take a signal of its process may not do so any more, as it blocks it or has
 * ended: wakes those that can. */
void signal_retarget(struct process *process);

/* A new action; what is pending and would do nothing with it is dropped. -ENOMEM, and nothing has
 * changed. */
MUST_CHECK int signal_set_action(struct process *process, int signal,
                                 const struct abi_sigaction *action);

#endif
