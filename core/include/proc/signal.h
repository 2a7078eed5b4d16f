/*
 * Signals: what a process does about each, which wait because they are blocked, and the default
 * actions that end it (signal(7)). A process that is to end does so when its thread is about to
 * return to user mode, never in the middle of a call.
 *
 * What rt_sigaction was told is kept, given back and inherited. A signal with a handler is taken
 * and nothing happens: handlers are not called yet, and no signal stops a process.
 */
#ifndef PROC_SIGNAL_H
#define PROC_SIGNAL_H

#include "abi/linux.h"
#include "base/list.h"
#include "base/types.h"

struct pid;
struct process;
struct thread;

typedef uint64_t signal_set_t; /* bit n - 1: signal n */

static inline signal_set_t signal_bit(int signal)
{
    return (signal_set_t)1 << (signal - 1);
}

/* Actions in full. For whoever looks on; changed by signal.c only. */
struct signal_table {
    struct list link; /* on the list of all */
    unsigned users;   /* signal_actions */
    unsigned seen;    /* users that a check has counted */
    struct abi_sigaction actions[SIGNAL_MAX];
};

/* What processes do about signals: one's own, or shared with clone's CLONE_SIGHAND. */
struct signal_actions {
    struct list link;           /* on the list of all */
    unsigned users;             /* processes */
    unsigned seen;              /* users that a check has counted */
    signal_set_t ignored;       /* actions that are SIG_IGN */
    signal_set_t handled;       /* actions that are functions */
    struct signal_table *table; /* the actions in full, which forked processes share until one of
                                   them changes one; NULL: no action has flags or a mask */
};

/* Of a process. */
struct signals {
    struct signal_actions *actions;
    signal_set_t pending; /* sent, and neither taken nor dropped */
    int fatal;            /* the process ends by this signal, whatever comes after it; or 0 */
};

void signal_init(void);

/* Whether a signal ends a process that does nothing about it. signal: 1 to 64. */
bool signal_is_fatal(int signal);

/* Sends a signal to a process; a zombie takes none. Init is ended by none, but what it blocks is
 * pending, and what it handles is taken. */
void signal_send(struct process *process, int signal);

/* Sends a signal to all of a group. */
void signal_send_group(struct pid *group, int signal);

/* Takes what is pending and not blocked, before the thread goes on in user mode or in its call: the
 * signal that ends the process, or 0. */
int signal_take(struct thread *thread);

/* Blocks exactly these, but for SIGKILL and SIGSTOP. */
void signal_set_mask(struct thread *thread, signal_set_t mask);

/* The action for a signal, and a new one. -ENOMEM, and nothing has changed. */
struct abi_sigaction signal_action(const struct process *process, int signal);
MUST_CHECK int signal_set_action(struct process *process, int signal,
                                 const struct abi_sigaction *action);

/* The process does not want to be told of its children's ends: they leave no zombies
 * (sigaction(2), SIG_IGN and SA_NOCLDWAIT for SIGCHLD). */
bool signal_wants_no_zombies(const struct process *process);

/* A new process has its parent's actions, a copy or the very same; without a parent all are the
 * default ones. -ENOMEM. */
MUST_CHECK int signal_fork(const struct process *parent, struct process *child, bool is_shared);

/* The process ends, and its signals with it. */
void signal_end(struct process *process);

/* The actions are the process's alone from now on. -ENOMEM. */
MUST_CHECK int signal_unshare(struct process *process);

/* Functions become default actions; what is ignored stays so (execve(2)). The actions are not
 * shared. */
void signal_reset_handlers(struct process *process);

/* All actions and all tables, by their links. */
const struct list *signal_all_actions(void);
const struct list *signal_tables(void);

/* Of a live process: its sets agree with its table; counts users there. Panics if not. Then
 * signal_check_tables, when all processes have been counted. */
void signal_check(const struct process *process);
void signal_check_tables(void);

#endif
