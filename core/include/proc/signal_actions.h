/*
 * What processes do about each signal (sigaction(2)): the actions, and who shares them. Sending and
 * taking is in signal.h.
 */
#ifndef PROC_SIGNAL_ACTIONS_H
#define PROC_SIGNAL_ACTIONS_H

#include "abi/linux.h"
#include "base/list.h"
#include "base/types.h"
#include "proc/pending.h"

struct process;

/* Actions in full. For whoever looks on; changed by signal_actions.c only. */
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

void signal_init(void);

/* The action for a signal, and a new one: what is pending stays so. -ENOMEM, and nothing has
 * changed. */
struct abi_sigaction signal_action(const struct process *process, int signal);
MUST_CHECK int signal_put_action(struct process *process, int signal,
                                 const struct abi_sigaction *action);

/* The handler is called for the last time (SA_RESETHAND): the action is the default one, with the
 * flags that it had, and nothing pending is dropped. -ENOMEM. */
MUST_CHECK int signal_reset_action(struct process *process, int signal);

/* The process does not want to be told of its children's ends: they leave no zombies
 * (sigaction(2), SIG_IGN and SA_NOCLDWAIT for SIGCHLD). */
bool signal_wants_no_zombies(const struct process *process);

/* A new process has its parent's actions, a copy or the very same; without a parent all are the
 * default ones. -ENOMEM. */
MUST_CHECK int signal_fork(const struct process *parent, struct process *child, bool is_shared);

/* The process ends. What waits for it is taken by nobody, but charged until it is waited for. */
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
