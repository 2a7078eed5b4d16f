/*
 * Files from which is read how often a time has come since it was read last (timerfd_create(2)).
 *
 * One that comes again and again comes once, and goes on when it is read or asked: the times that
 * have passed by then count. So no interval is too short.
 */
#ifndef FS_TIMERFD_H
#define FS_TIMERFD_H

#include "fs/file.h"
#include "proc/timer.h"
#include "sync/waitq.h"

/* For whoever looks on; changed by timerfd.c only. */
struct timerfd {
    struct timer timer;
    nsec_t due;      /* or when it was, last */
    nsec_t interval; /* 0: it comes once */
    uint64_t count;  /* that will be read, but for those that have passed if it is late */
    bool is_late;    /* it has come, and goes on when it is read or asked */
    struct waitq readers;
};

void timerfd_init(void);

/* A description with one reference. flags: O_NONBLOCK or 0. NULL: no memory. */
MUST_CHECK struct file *timerfd_create(uint32_t flags);

/* From now on it comes at when (0: never), and then after each interval; what has not been read is
 * forgotten. */
void timerfd_set(struct file *file, nsec_t when, nsec_t interval);

/* How long it is until it comes; 0: it does not. timerfd_go_on makes one that is late go on, as
 * being asked for that does. */
nsec_t timerfd_left(const struct file *file);
void timerfd_go_on(struct file *file);

/* Who waits at one reads it, what is armed is due, and there is none without a description. Panics
 * if not. */
void timerfd_check(void);

#endif
