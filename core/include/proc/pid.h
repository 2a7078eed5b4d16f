/*
 * Process identifiers. A number is one struct pid for as long as a process, a group, a session or
 * the console's foreground uses it, and is not given to anybody else before the last of them lets
 * go. Who holds a struct pid (a descriptor of a process) does not keep the number: it may belong to
 * another struct pid by then.
 */
#ifndef PROC_PID_H
#define PROC_PID_H

#include "base/list.h"
#include "base/types.h"

enum { PID_MAX = 32767 }; /* as Linux's pid_max by default */

struct process;
struct thread;

struct pid {
    struct list hash_link;
    int number;
    unsigned refs;           /* users of the number; 0: it has none any more */
    unsigned holds;          /* that keep this */
    struct process *process; /* that has this PID and is not reaped; or NULL */
    struct thread *thread;   /* that has this number; or NULL */
    struct list members;     /* processes whose group this is: process.group_link */
};

void pid_init(void);

/* The next number that nobody uses, or the wanted one, with one reference. -ENOMEM, -EAGAIN when
 * all are in use, -EEXIST when the wanted one (not 0) is. */
MUST_CHECK int pid_create(int wanted, struct pid **pid);

struct pid *pid_get(struct pid *pid);
void pid_put(struct pid *pid);

/* To know who it was, whoever has the number later. */
struct pid *pid_hold(struct pid *pid);
void pid_drop(struct pid *pid);

/* Borrowed, or NULL. */
struct pid *pid_find(int number);

/* The numbers in use. */
size_t pid_count(void);

/* Counts, hash and bitmap agree. Panics if not. Returns the numbers in use. */
size_t pid_check(void);

#endif
