/* Turns and niceness: sched_yield, getpriority, setpriority. */
#include "syscall/handlers.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "proc/process.h"
#include "proc/sched.h"

int64_t sys_sched_yield(struct thread *thread, const uint64_t *args)
{
    (void)thread;
    (void)args;
    sched_end_slice();
    return 0;
}

enum { NICE_UNSET = NICE_MAX + 1 };

/* Finds the lowest of nice values, and gives each another unless that is NICE_UNSET. */
static void visit_thread(struct thread *thread, int nice, int *lowest)
{
    if (thread->nice < *lowest) {
        *lowest = thread->nice;
    }
    if (nice != NICE_UNSET) {
        sched_set_nice(thread, nice);
    }
}

/* The same of a thread that has ended, and whose number its process keeps. */
static void visit_ended(struct process *process, int nice, int *lowest)
{
    if (process->zombie_nice < *lowest) {
        *lowest = process->zombie_nice;
    }
    if (nice != NICE_UNSET) {
        process->zombie_nice = nice;
    }
}

static void visit(struct process *process, int nice, int *lowest)
{
    if (!process->thread) {
        visit_ended(process, nice, lowest);
    }
    LIST_FOR(link, &process->threads) {
        visit_thread(CONTAINER_OF(link, struct thread, process_link), nice, lowest);
        plat_irq_window();
    }
}

static void visit_number(int number, int nice, int *lowest)
{
    struct thread *thread = thread_find(number);
    struct process *process = process_find(number);

    if (thread) {
        visit_thread(thread, nice, lowest);
    } else if (process) {
        visit_ended(process, nice, lowest);
    }
}

static void visit_group(struct pid *group, int nice, int *lowest)
{
    LIST_FOR(link, &group->members) {
        visit(CONTAINER_OF(link, struct process, group_link), nice, lowest);
        plat_irq_window();
    }
}

/* Everybody's processes are root's. */
static void visit_all(int nice, int *lowest)
{
    for (struct process *process = process_first(); process; process = process_next(process)) {
        visit(process, nice, lowest);
        plat_irq_window();
    }
}

/* The threads that getpriority and setpriority speak of; *lowest stays NICE_UNSET if there are
 * none. -EINVAL. */
static int visit_named(struct thread *thread, int which, int who, int nice, int *lowest)
{
    struct pid *group = who == 0 ? thread->process->group : pid_find(who);

    *lowest = NICE_UNSET;
    switch (which) {
    case PRIO_PROCESS: /* a thread (setpriority(2), C library/kernel differences) */
        visit_number(who == 0 ? thread->tid : who, nice, lowest);
        return 0;
    case PRIO_PGRP:
        if (group) {
            visit_group(group, nice, lowest);
        }
        return 0;
    case PRIO_USER:
        if (who == 0) {
            visit_all(nice, lowest);
        }
        return 0;
    default:
        return -EINVAL;
    }
}

/* 1 to 40, so that a result is never negative: the higher, the more urgent (getpriority(2), C
 * library/kernel differences). */
int64_t sys_getpriority(struct thread *thread, const uint64_t *args)
{
    int lowest;
    int error = visit_named(thread, (int)args[0], (int)args[1], NICE_UNSET, &lowest);

    if (error) {
        return error;
    }
    return lowest == NICE_UNSET ? -ESRCH : NICE_MAX + 1 - lowest;
}

int64_t sys_setpriority(struct thread *thread, const uint64_t *args)
{
    int nice = (int)args[2];
    int lowest;

    nice = nice < NICE_MIN ? NICE_MIN : nice;
    nice = nice > NICE_MAX ? NICE_MAX : nice;
    int error = visit_named(thread, (int)args[0], (int)args[1], nice, &lowest);
    if (error) {
        return error;
    }
    return lowest == NICE_UNSET ? -ESRCH : 0;
}
