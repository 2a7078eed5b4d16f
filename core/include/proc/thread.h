/*
 * Threads: what the scheduler runs. A process has one or more, which share its memory and what it
 * does about signals, and each of which has descriptors and a current directory, its own ones or
 * shared ones (clone(2)).
 *
 * READY (on the run queue, or the CPU's current one) -> BLOCKED (its call waits) -> READY ... until
 * it or its process ends. A thread has no kernel stack: what a blocked one is doing is its struct
 * call and its registers.
 */
#ifndef PROC_THREAD_H
#define PROC_THREAD_H

#include "abi/signal.h"
#include "base/list.h"
#include "base/types.h"
#include "fs/context.h"
#include "fs/fdtable.h"
#include "proc/cpu_clock.h"
#include "proc/cred.h"
#include "proc/pending.h"
#include "proc/timer.h"
#include "sync/futex.h"

struct pid;
struct process;
struct waitq;

enum thread_state {
    THREAD_NEW, /* not seen by the scheduler yet */
    THREAD_READY,
    THREAD_BLOCKED,
    THREAD_HELD,    /* would be ready, but is kept from running: sched_hold */
    THREAD_STOPPED, /* would be ready, but its process is stopped, or is stopping */
};

/* What a blocked call waits for, as data that a checker can evaluate. */
enum wait_reason {
    WAIT_NOTHING,
    WAIT_CHILD,      /* a child that matches arg becomes a zombie (or there is none that matches):
                     0 any, above 0 a PID, below a group, negated */
    WAIT_VFORK,      /* thread.vfork_child lets go of the memory */
    WAIT_TIME,       /* the deadline passes */
    WAIT_CPU_TIME,   /* it does by the clock of a time that is used; number arg has that */
    WAIT_CONSOLE,    /* the console has input */
    WAIT_PIPE_BYTES, /* pipe number arg has bytes, or nobody who could write any */
    WAIT_PIPE_ROOM,  /* pipe number arg has a free place, or nobody who could read */
    WAIT_SIGNAL,     /* a signal of the set arg is pending, or one that has a handler comes */
    WAIT_SIGNALFD,   /* a signal of those that call.file gives is pending */
    WAIT_TIMERFD,    /* the time of call.file comes */
    WAIT_FUTEX, /* somebody wakes it (thread.futex), or the deadline passes; arg: the address */
};

/* What becomes of a call that has given up waiting, for a signal, when it is known whether that has
 * a handler (signal(7)). */
enum call_restart {
    RESTART_NOT,       /* it has not given up */
    RESTART_AS_ASKED,  /* it is made again: behind a handler only with SA_RESTART, else -EINTR */
    RESTART_UNHANDLED, /* it is made again; behind a handler it gives -EINTR */
    RESTART_GOES_ON,   /* the same, but it goes on to the deadline that it has */
    RESTART_ANEW,      /* there was no handler, and it is made again from its beginning */
};

/*
 * The call that a thread is in. Cleared at each svc and kept when a blocked call is rerun, so that
 * a rerun goes on where it was: its arguments are still in the registers, and x0 is written on
 * completion only.
 */
struct call {
    bool is_pending;     /* blocked, or to be rerun */
    bool has_begun;      /* what is to be done once, as working out a deadline, is done */
    bool has_blocked;    /* once at least */
    bool is_interrupted; /* a signal is to be taken, or the process stops: it must not wait */
    enum call_restart restart;
    enum wait_reason reason;
    int64_t arg; /* of the reason */
    nsec_t deadline;
    uint64_t done;     /* bytes, of a call that goes on in a rerun */
    struct file *file; /* that it reads or writes in reruns, whatever its descriptor names by now: a
                          reference; or NULL */
    struct kept_vectors *vectors; /* that it has read, and goes on with (transfer.h); or NULL */
};

/* A handler of a call gives the result, or -errno, or one of these, which no call gives. */
#define CALL_BLOCKED INT64_MIN         /* from sched_block: rerun it when woken */
#define CALL_NO_RESULT (INT64_MIN + 1) /* the registers are what they are to be */
#define CALL_GONE (INT64_MIN + 2)      /* the thread is no more */
#define CALL_AGAIN (INT64_MIN + 3)     /* it goes on in a rerun, when others have had their turn */
#define CALL_INTERRUPTED                                                                           \
    (INT64_MIN + 4) /* from sched_block: it would wait, and must not; call.restart
                                            says what becomes of it: RESTART_AS_ASKED, unless the
                                            call says otherwise */

enum { THREAD_NAME_MAX = 16 };

/* What sched(7) knows of a thread. Told and inherited: who runs is decided by sched=NAME alone. */
struct sched_params {
    int policy;    /* SCHED_OTHER, ... */
    int priority;  /* 1 to 99 of SCHED_FIFO and SCHED_RR, else 0 */
    bool is_reset; /* in the threads and processes that it makes */
};

struct thread {
    struct plat_fp fp; /* stale while cpu.fp_owner is this thread */
    struct plat_user user;
    struct process *process;
    struct list process_link; /* on process->threads */
    struct pid *pid;          /* the process's for the one that has its number, or its own */
    struct fdtable *fds;
    struct fs_context *fs;
    struct cred *cred;
    int tid;
    int nice; /* NICE_MIN to NICE_MAX */
    struct sched_params params;
    enum thread_state state;
    struct list run_link; /* where the scheduling policy has it */
    struct call call;
    signal_set_t signal_mask;    /* the signals that are blocked */
    signal_set_t saved_mask;     /* what they are again when its call is over, if has_saved_mask */
    signal_set_t waited_signals; /* that its call waits for */
    bool has_saved_mask;
    bool exceeds_nproc;          /* its user had too many threads when it became that one's */
    bool no_new_privs;           /* its programs gain nothing (prctl(2), PR_SET_NO_NEW_PRIVS) */
    int death_signal;            /* to its process when the thread that made that ends; 0: none */
    struct pending pending;      /* signals that were sent to it and not to its process */
    struct thread *vfork_parent; /* that waits until this one lets go of the memory; or NULL */
    struct thread *vfork_child;  /* that has its memory, and for which it waits; or NULL */
    uaddr_t clear_tid;           /* set_tid_address */
    uaddr_t robust_list;         /* set_robust_list: the head, or 0 */
    struct waitq *waitq;         /* on which it waits, or NULL */
    struct list wait_link;       /* on waitq */
    struct futex_waiter futex;   /* in sys_futex, over reruns */
    struct list block_link;      /* on the list of all blocked threads */
    uint64_t waits;              /* calls that blocked */
    uint64_t preemptions;        /* turns that ended with more to do */
    struct timer timer;          /* wakes it */
    nsec_t user_time;            /* that it has used, usage.h */
    nsec_t system_time;
    uint64_t faults;
    struct cpu_clock cpu_clock; /* what waits for it to use more */

    /* For the frames of handlers, proc/sigframe.h. */
    struct abi_sigaltstack altstack; /* as it was set; ss_size 0: none */
    uaddr_t fault_address;           /* of the last fault */
    uint32_t fault_esr;              /* of the same; 0: none to be told */

    char name[THREAD_NAME_MAX]; /* prctl(2), PR_SET_NAME */
};

/* A new thread of process with a number, this one or (0) any, and all registers 0, and without
 * descriptors; the first one of a process has the process's number. -ENOMEM, -EAGAIN (no number is
 * free), -EEXIST (this one is not). */
MUST_CHECK int thread_create(struct process *process, int number, struct thread **thread);

/* What it takes over from the thread that makes it: name, mask, niceness and credentials, and, its
 * own or shared as the flags of clone say, descriptors and context; from NULL: what init has, the
 * console as 0, 1 and 2. -ENOMEM: destroy it. */
MUST_CHECK int thread_inherit(struct thread *thread, const struct thread *from, uint64_t flags);

/* Gives it back with all that it has; it is on no queue afterwards, and the CPU forgets it. */
void thread_destroy(struct thread *thread);

/* It does not use its memory any more as it was: tells of the words that it owns (robust.h), writes
 * the 0 that it has promised (set_tid_address) and wakes one who waits for it, if others use the
 * space, and lets a vfork parent go on. */
void thread_leave_space(struct thread *thread);

/* Takes credentials in the place of those that it has. If they act for others it is not told any
 * more of its parent's end (prctl(2), PR_SET_PDEATHSIG), and if they are another user's, who has
 * more threads than RLIMIT_NPROC says, it cannot run a program (execve(2), EAGAIN). */
void thread_set_cred(struct thread *thread, struct cred *cred);

/* It has the number of its process from now on, which no thread has. */
void thread_take_number(struct thread *thread);

/* The thread with this number; NULL: none. Borrowed. */
struct thread *thread_find(int tid);

/* Makes thread's FP state in memory true. */
void thread_sync_fp(struct thread *thread);

void thread_init(void);
size_t thread_count(void);
void thread_check(void);

#endif
