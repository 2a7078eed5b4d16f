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

/* Some threads are asked for their nice value, and given another. */
struct visit {
    const struct cred *cred; /* of who does it */
    int nice;                /* that they get; NICE_UNSET: none */
    int lowest;              /* of those there were; NICE_UNSET: nobody was there */
    int error;               /* of the last who could not be given it */
};

/* More than the limit of a process allows only root gives (setpriority(2)). */
static int check_nice(const struct cred *cred, const struct cred *theirs,
                      const struct process *process, int old, int nice)
{
    bool is_more =
        nice < old && (uint64_t)(NICE_MAX + 1 - nice) > process->limits[RLIMIT_NICE].rlim_cur;

    if (cred_is_privileged(cred)) {
        return 0;
    }
    if (theirs->user.real != cred->user.effective &&
        theirs->user.effective != cred->user.effective) {
        return -EPERM;
    }
    return is_more ? -EACCES : 0;
}

/* Whether one that has this value is to get another. */
static bool is_to_get(struct visit *visit, const struct cred *theirs, const struct process *process,
                      int old)
{
    visit->lowest = old < visit->lowest ? old : visit->lowest;
    if (visit->nice == NICE_UNSET) {
        return false;
    }
    int error = check_nice(visit->cred, theirs, process, old, visit->nice);
    visit->error = error ? error : visit->error;
    return error == 0;
}

static void visit_thread(struct visit *visit, struct thread *thread)
{
    if (is_to_get(visit, thread->cred, thread->process, thread->nice)) {
        sched_set_nice(thread, visit->nice);
    }
}

/* The same of a thread that has ended, and whose number its process keeps. */
static void visit_ended(struct visit *visit, struct process *process)
{
    if (is_to_get(visit, process->zombie_cred, process, process->zombie_nice)) {
        process->zombie_nice = visit->nice;
    }
}

/* All threads of a process, or those of a real user. */
static void visit_process(struct visit *visit, struct process *process, const uint32_t *user)
{
    if (!process->thread && (!user || process->zombie_cred->user.real == *user)) {
        visit_ended(visit, process);
    }
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (!user || thread->cred->user.real == *user) {
            visit_thread(visit, thread);
        }
        plat_irq_window();
    }
}

static void visit_number(struct visit *visit, int number)
{
    struct thread *thread = thread_find(number);
    struct process *process = process_find(number);

    if (thread) {
        visit_thread(visit, thread);
    } else if (process) {
        visit_ended(visit, process);
    }
}

static void visit_group(struct visit *visit, struct pid *group)
{
    LIST_FOR(link, &group->members) {
        visit_process(visit, CONTAINER_OF(link, struct process, group_link), NULL);
        plat_irq_window();
    }
}

static void visit_user(struct visit *visit, uint32_t user)
{
    for (struct process *process = process_first(); process; process = process_next(process)) {
        visit_process(visit, process, &user);
        plat_irq_window();
    }
}

/* The threads that getpriority and setpriority speak of, and the lowest of their values. -EINVAL,
 * -ESRCH, -EPERM, -EACCES; as on Linux others may have got theirs then. */
static int visit_named(struct thread *thread, int which, int who, int nice, int *lowest)
{
    struct visit visit = {.cred = thread->cred, .nice = nice, .lowest = NICE_UNSET};
    struct pid *group = who == 0 ? thread->process->group : pid_find(who);

    switch (which) {
    case PRIO_PROCESS: /* a thread (setpriority(2), C library/kernel differences) */
        visit_number(&visit, who == 0 ? thread->tid : who);
        break;
    case PRIO_PGRP:
        if (group) {
            visit_group(&visit, group);
        }
        break;
    case PRIO_USER:
        visit_user(&visit, who == 0 ? thread->cred->user.real : (uint32_t)who);
        break;
    default:
        return -EINVAL;
    }
    *lowest = visit.lowest;
    return visit.lowest == NICE_UNSET ? -ESRCH : visit.error;
}

/* 1 to 40, so that a result is never negative: the higher, the more urgent (getpriority(2), C
 * library/kernel differences). */
int64_t sys_getpriority(struct thread *thread, const uint64_t *args)
{
    int lowest;
    int error = visit_named(thread, (int)args[0], (int)args[1], NICE_UNSET, &lowest);

    return error ? error : NICE_MAX + 1 - lowest;
}

int64_t sys_setpriority(struct thread *thread, const uint64_t *args)
{
    int nice = (int)args[2];
    int lowest;

    nice = nice < NICE_MIN ? NICE_MIN : nice;
    nice = nice > NICE_MAX ? NICE_MAX : nice;
    return visit_named(thread, (int)args[0], (int)args[1], nice, &lowest);
}
