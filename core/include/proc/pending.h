/*
 * Signals that were sent and are still to be taken: those of a process, and those of one thread. A
 * standard signal is there once; of a real-time signal there are as many as were sent, in that
 * order (signal(7)).
 */
#ifndef PROC_PENDING_H
#define PROC_PENDING_H

#include "abi/linux.h"
#include "base/list.h"
#include "base/tree.h"
#include "base/types.h"

typedef uint64_t signal_set_t; /* bit n - 1: signal n */

static inline signal_set_t signal_bit(int signal)
{
    return (signal_set_t)1 << (signal - 1);
}

struct posix_timer;

/* A real user whom infos are charged to; there is one for as long as there are some. */
struct pending_user {
    struct tree_node node; /* the key: the user's number */
    size_t count;
    size_t seen; /* that a check has counted */
};

/* What is said of one signal. */
struct pending_info {
    struct list link; /* on a queue, if it is pending */
    struct abi_siginfo info;
    struct posix_timer *timer; /* whose it is, pending or not; NULL: it goes when it is taken */
    struct pending_user *user; /* as whom it came, or was made, whoever that is by now */
};

/* Whom a new info is to be charged to, and how many he may have (RLIMIT_SIGPENDING). */
struct pending_charge {
    uint32_t user;
    uint64_t limit;
};

struct pending {
    signal_set_t set;
    struct list queue; /* struct pending_info, in the order in which they were sent */
};

void pending_init(void);

void pending_begin(struct pending *pending);

/* Adds a signal with what is to be said of it. If there is no memory, or the user has as many as he
 * may have, the signal may lose its info, and tells what kill(2) would; SIGKILL has none. -EAGAIN:
 * it must not, as it is a real-time signal that did not come from kill, and nothing was added. */
int pending_add(struct pending *pending, const struct abi_siginfo *info,
                const struct pending_charge *charge);

/* An info for a timer, which is there whenever it is to be sent: NULL if there is no memory, or the
 * user has as many as he may have. It goes with its timer, or when it is taken if that is gone. */
MUST_CHECK struct pending_info *pending_reserve(struct posix_timer *timer,
                                                const struct pending_charge *charge);
void pending_give_up(struct pending_info *info);

/* The same is pending from now on; false: it is already, and tells of one time more. */
bool pending_add_reserved(struct pending *pending, struct pending_info *info);

/* Takes the first of a signal that is there, and says which timer's it is, or NULL. */
struct abi_siginfo pending_take(struct pending *pending, int signal, struct posix_timer **timer);

/* Drops all signals of a set. */
void pending_drop(struct pending *pending, signal_set_t set);

/* What waits in the one waits in the other, which is empty. */
void pending_move(struct pending *pending, struct pending *to);

/* Drops those that timers have sent (execve(2)). */
void pending_drop_timers(struct pending *pending);

/* The infos that exist. */
size_t pending_count(void);

/* The users whom they are charged to, by their nodes. */
const struct tree *pending_users(void);

/* Before and behind the two below: a user has as many as are charged to him. Panics if not. */
void pending_check_begin(void);
void pending_check_end(void);

/* Set and queue agree; returns how many of the queue are no timers'. Panics if not. */
size_t pending_check(const struct pending *pending);

/* The same of what waits for a zombie, of which each is charged. */
size_t pending_check_left(const struct pending *pending);

/* The same of a timer's: 1. */
size_t pending_check_reserved(const struct pending_info *info);

#endif
