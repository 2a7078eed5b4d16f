/*
 * Futexes: the threads that wait for a word of memory, the more urgent first and of these who came
 * first, futex(2). What the word holds is not looked at here.
 *
 * A thread is in none -> WAITING, on the queue of a key (futex_wait), which may become another's
 * (futex_requeue) -> WOKEN, on no queue (futex_wake) -> in none (futex_leave), which may come at
 * any time. It keeps its place over reruns of its call, so that one that was woken for no reason
 * waits on where it was.
 */
#ifndef SYNC_FUTEX_H
#define SYNC_FUTEX_H

#include "base/list.h"
#include "base/types.h"

struct space;
struct thread;

enum futex_kind {
    FUTEX_NONE,    /* no key */
    FUTEX_PRIVATE, /* an address of a space, among those who use it */
    FUTEX_SPACE,   /* the same, told as shared; it is another futex, as on Linux */
    FUTEX_OBJECT,  /* a byte of a shared object, in whatever space */
    FUTEX_FILE,    /* a byte of a file */
};

/* Which word is meant. */
struct futex_key {
    enum futex_kind kind;
    uint64_t owner; /* the id of the space or the object */
    uint64_t place;
};

/* Of a thread. */
struct futex_waiter {
    struct futex_key key;
    struct list link; /* on the queue of key */
    uint32_t bitset;
    int priority; /* sched(7), when it began */
    bool is_waiting;
    bool is_woken;
};

void futex_init(void);

/* The key of the word at an address, among those who use the space. -EINVAL: it is not aligned;
 * -EFAULT: it is no address of user memory. */
MUST_CHECK int futex_find_private(const struct space *space, uaddr_t at, struct futex_key *key);

/* The same among all who have it mapped. The page has been found to be accessible. -EINVAL; -EFAULT
 * too: it may only be read, and is no part of a shared object or a file. */
MUST_CHECK int futex_find_shared(const struct space *space, uaddr_t at, struct futex_key *key);

/* The thread waits for a wake with one of these bits, behind all others but those whose priority
 * is lower (sched(7)). */
void futex_wait(struct thread *thread, const struct futex_key *key, uint32_t bitset);

/* The thread neither waits nor was woken any more. */
void futex_leave(struct thread *thread);

/* Wakes those who have waited longest, at most count of those that the bits are for, but one at
 * least; says how many. */
int futex_wake(const struct futex_key *key, int count, uint32_t bitset);

/* Wakes as many of one key, whatever their bits, and lets as many of the rest as move wait for
 * another instead, in the same order; says how many both are. */
int futex_requeue(const struct futex_key *from, int wake, const struct futex_key *to, int move);

/* Wakes one of those who wait for the word at an address of a space, told as shared; nobody if the
 * program could not do that. */
void futex_wake_shared(struct space *space, uaddr_t at);

/* The queue that those who wait for a key are on, futex_waiter.link, others among them. */
const struct list *futex_queue(const struct futex_key *key);

bool futex_key_is(const struct futex_key *key, const struct futex_key *other);

/* Queues and waiters agree. Panics if not. */
void futex_check(void);

#endif
