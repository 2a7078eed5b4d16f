/*
 * Processes: who is whose parent, and what is left when one ends.
 *
 * NEW (process_create: seen by nobody) -> LIVE (process_start) -> ZOMBIE (process_exit: has a
 * status and a PID, and nothing else) -> reaped by its parent's wait (process_reap). A process that
 * never started is discarded.
 *
 * A LIVE process is on its parent's list of children, a ZOMBIE on the list of zombies; init has no
 * parent. When a process exits, its nearest ancestor that is a subreaper, or init, inherits both
 * lists.
 */
#ifndef PROC_PROCESS_H
#define PROC_PROCESS_H

#include "abi/linux.h"
#include "base/list.h"
#include "base/types.h"
#include "mm/space.h"
#include "proc/itimer.h"
#include "proc/pid.h"
#include "proc/posix_timer.h"
#include "proc/signal.h"
#include "proc/thread.h"
#include "proc/usage.h"
#include "sync/waitq.h"

enum process_state {
    PROCESS_NEW,
    PROCESS_LIVE,
    PROCESS_ZOMBIE,
};

struct process {
    struct pid *pid;
    enum process_state state;
    unsigned thread_count;        /* LIVE only */
    struct process *parent;       /* NULL: init */
    struct thread *parent_thread; /* of the parent: the one that made it, or got it from another */
    struct list children;         /* live */
    struct list zombies;          /* in the order in which they ended */
    struct list sibling;          /* on one of these lists of the parent's */
    struct list group_link;       /* on group->members */
    struct pid *group;
    struct pid *session;
    struct space *space;         /* LIVE only */
    struct list threads;         /* LIVE only: in the order in which they were made */
    struct thread *thread;       /* the one that has its number; NULL: that one has ended */
    struct waitq child_wait;     /* its own threads, waiting for a child */
    int next_timer;              /* the number of the next of posix_timers */
    int exit_signal;             /* to the parent at exit; 0: none */
    unsigned exec_count;         /* programs that it has replaced */
    unsigned parent_exec_count;  /* its parent's, when it was made */
    bool has_execed;             /* since its fork: setpgid by its parent comes too late */
    bool is_subreaper;           /* it inherits the orphans among its descendants */
    uint8_t zombie_death_signal; /* of the thread that had its number: its process gets it still */
    int wait_status;             /* of a ZOMBIE, as wait4 gives it */
    int zombie_nice;             /* of that thread: it can still be asked for */
    struct sched_params zombie_params; /* of that one, too */
    signal_set_t zombie_mask;          /* what it blocked: it decides what is not worth keeping */
    struct pending zombie_pending;     /* what waits for it: nobody takes it, but it is charged */
    struct cred *zombie_cred;          /* its credentials: a reference, or NULL: it is there */
    struct signals signals;
    struct itimer itimers[ITIMERS];
    struct list posix_timers; /* in the order of their numbers */
    struct usage usage;
    struct cpu_clock cpu_clock;  /* what waits for it to use more */
    struct timer cpu_limit;      /* the same: RLIMIT_CPU (cpu_limit.h) */
    struct usage children_usage; /* of those that were waited for */
    struct abi_rlimit limits[RLIMIT_NLIMITS];
    char name[THREAD_NAME_MAX]; /* of the thread with its number */
};

void process_init(void);

/* Whether the thread may make one more, with this number or (0) any. RLIMIT_NPROC counts the
 * threads of its real user, and what still gives their number to a process that has not been waited
 * for; root may have any number. -EAGAIN, -EPERM (only root chooses a number). */
MUST_CHECK int process_may_grow(const struct thread *maker, int number);

/* Whether a user, the real one of these credentials, has more threads than the limit of the process
 * allows; root has not. */
bool process_user_exceeds(const struct process *process, const struct cred *cred);

/* Those of the thread with its number, or that that one had when it ended. Borrowed. */
const struct cred *process_cred(const struct process *process);

/* A process with a PID, a thread and no space, as the child to be of the maker's process; maker
 * NULL: init itself. Its PID is this number, or (0) any. -ENOMEM, -EAGAIN (no PID is free, or as
 * process_may_grow), -EPERM, -EEXIST (this one is not free). */
MUST_CHECK int process_create(const struct thread *maker, int number, struct process **process);

/* Gives back a process that has not started, and the space if it has one. */
void process_discard(struct process *process);

/* Gives a process that has not started, and its thread, what the thread that makes it has: what
 * thread_inherit gives, and the actions for signals, shared as the flags of clone say. -ENOMEM:
 * discard it. */
MUST_CHECK int process_inherit(struct process *process, const struct thread *from, uint64_t flags);

/* It is a child of the process of the thread that makes it (NULL: it is init), or, with
 * CLONE_PARENT, of that one's parent; it is in its maker's group and session, and its thread runs.
 * Cannot fail. */
void process_start(struct process *process, struct thread *from, uint64_t flags);

/* Ends one thread. The process ends with its last one, and by that one's wait_status. */
void process_end_thread(struct thread *thread, int wait_status);

/* Ends all other threads of a process, and gives this one the number of the process (execve(2)).
 * Cannot fail. */
void process_keep_thread(struct thread *thread);

/* Ends a live process with all its threads: gives back all but its status, hands its children to
 * the nearest subreaper or init, and tells and wakes its parent. If it is init, the machine ends.
 * Its threads are gone on return, and so is the process if its parent wants no zombies. */
void process_exit(struct process *process, int wait_status);

/* Forgets a zombie, whose use of the machine counts as its parent's children's if that has waited
 * for it. */
void process_reap(struct process *process, bool is_waited_for);

/* The process with this PID, a zombie too; NULL: none. Borrowed. */
struct process *process_find(int number);

/* The same, or the one that has the thread with this number. */
struct process *process_find_by_thread(int number);

/* The lowest number that no descriptor of it may have (RLIMIT_NOFILE). */
uint64_t process_fd_limit(const struct process *process);

/* Moves it into a group, whose reference is taken. Not init, which leads its session. */
void process_set_group(struct process *process, struct pid *group);

/* It leads a new session and a new group, both with its number, which no group has yet. */
void process_start_session(struct process *process);

/* It runs another program now: from here on it is a child like others, however it was cloned. */
void process_note_exec(struct process *process);

/* Names it and its thread after the last component of path. */
void process_set_name(struct process *process, const char *path);

/* All processes, zombies too, in a walk of the tree: init, or NULL before there is one; then what
 * follows, or NULL. */
struct process *process_first(void);
struct process *process_next(struct process *process);

/* The number of processes, zombies too. */
size_t process_count(void);

/* For process_check: checks where processes come from. Returns how many there should be whose
 * thread with their number has ended, zombies too. */
size_t process_check_pool(void);

/* A wait status, wait(2). */
static inline int wait_status_exited(int code)
{
    return (code & 0xff) << 8;
}

#endif
