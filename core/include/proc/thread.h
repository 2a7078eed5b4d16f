/*
 * Threads: what the scheduler runs. A process has one so far.
 *
 * READY (on the run queue, or the CPU's current one) -> BLOCKED (its call waits) -> READY ... until
 * its process exits. A thread has no kernel stack: what a blocked one is doing is its struct call
 * and its registers.
 */
#ifndef PROC_THREAD_H
#define PROC_THREAD_H

#include "base/list.h"
#include "base/tree.h"
#include "base/types.h"

struct process;
struct waitq;

enum thread_state {
    THREAD_NEW, /* not seen by the scheduler yet */
    THREAD_READY,
    THREAD_BLOCKED,
    THREAD_HELD, /* would be ready, but is kept from running: sched_hold */
};

/* What a blocked call waits for, as data that a checker can evaluate. */
enum wait_reason {
    WAIT_NOTHING,
    WAIT_CHILD,      /* a child that matches arg becomes a zombie (or there is none that matches):
                     0 any, above 0 a PID, below a group, negated */
    WAIT_VFORK,      /* thread.vfork_child lets go of the memory */
    WAIT_TIME,       /* the deadline passes */
    WAIT_CONSOLE,    /* the console has input */
    WAIT_PIPE_BYTES, /* pipe number arg has bytes, or nobody who could write any */
    WAIT_PIPE_ROOM,  /* pipe number arg has a free place, or nobody who could read */
};

/*
 * The call that a thread is in. Cleared at each svc and kept when a blocked call is rerun, so that
 * a rerun goes on where it was: its arguments are still in the registers, and x0 is written on
 * completion only.
 */
struct call {
    bool is_pending;  /* blocked, or to be rerun */
    bool has_begun;   /* what is to be done once, as working out a deadline, is done */
    bool has_blocked; /* once at least */
    enum wait_reason reason;
    int64_t arg; /* of the reason */
    nsec_t deadline;
    uint64_t done; /* bytes, of a call that goes on in a rerun */
};

struct thread {
    struct plat_fp fp; /* stale while cpu.fp_owner is this thread */
    struct plat_user user;
    struct process *process;
    int tid;
    int nice; /* NICE_MIN to NICE_MAX */
    enum thread_state state;
    struct list run_link; /* where the scheduling policy has it */
    struct call call;
    uint64_t signal_mask;        /* the signals that are blocked */
    struct process *vfork_child; /* that has its memory, and for which it waits; or NULL */
    struct waitq *waitq;         /* on which it waits, or NULL */
    struct list wait_link;       /* on waitq */
    struct list block_link;      /* on the list of all blocked threads */
    uint64_t waits;              /* calls that blocked */
    uint64_t preemptions;        /* turns that ended with more to do */
    struct tree_node timer;      /* by deadline */
    bool has_timer;
};

/* A new thread of process with all registers 0. NULL: no memory. */
MUST_CHECK struct thread *thread_create(struct process *process);

/* Gives it back; it is on no queue afterwards, and the CPU forgets it. */
void thread_destroy(struct thread *thread);

/* Makes thread's FP state in memory true. */
void thread_sync_fp(struct thread *thread);

void thread_init(void);
size_t thread_count(void);
void thread_check(void);

#endif
