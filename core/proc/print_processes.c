#include "proc/print_processes.h"

#include "base/print.h"
#include "mm/frame.h"
#include "proc/clock.h"
#include "proc/process.h"

static void print_wait(const struct thread *thread)
{
    const struct call *call = &thread->call;
    nsec_t now = clock_now();

    switch (call->reason) {
    case WAIT_CHILD:
        if (call->arg == 0) {
            kprintf("waits for a child");
        } else {
            kprintf("waits for child %s%ld", call->arg < 0 ? "of group " : "",
                    call->arg < 0 ? -call->arg : call->arg);
        }
        break;
    case WAIT_VFORK:
        kprintf("waits for child %ld to leave its memory", call->arg);
        break;
    case WAIT_TIME:
        kprintf("sleeps for %lu ms more",
                (call->deadline > now ? call->deadline - now : 0) / 1000000);
        break;
    case WAIT_CPU_TIME:
        kprintf("sleeps until %ld has used more time", call->arg);
        break;
    case WAIT_CONSOLE:
        kprintf("waits for the console");
        break;
    case WAIT_PIPE_BYTES:
        kprintf("reads from pipe %ld", call->arg);
        break;
    case WAIT_PIPE_ROOM:
        kprintf("writes to pipe %ld", call->arg);
        break;
    case WAIT_SIGNAL:
        kprintf("waits for a signal");
        break;
    case WAIT_SIGNALFD:
        kprintf("reads signals");
        break;
    case WAIT_TIMERFD:
        kprintf("reads a timer");
        break;
    case WAIT_FUTEX:
        kprintf("waits for the futex at 0x%lx", (uint64_t)call->arg);
        break;
    case WAIT_NOTHING:
        kprintf("waits");
        break;
    }
}

static void print_thread(const struct thread *thread)
{
    switch (thread->state) {
    case THREAD_BLOCKED:
        print_wait(thread);
        break;
    case THREAD_STOPPED:
        kprintf("is stopped, pc 0x%lx", thread->user.pc);
        break;
    case THREAD_HELD:
        kprintf("is held, pc 0x%lx", thread->user.pc);
        break;
    default:
        kprintf("runs, pc 0x%lx", thread->user.pc);
        break;
    }
}

/* Whom it acts for, if that is not root. */
static void print_user(const struct cred *cred)
{
    if (cred->user.effective != 0) {
        kprintf(", user %u", cred->user.effective);
    }
}

/* A line for the thread with the process's number, and one for each other. */
static void print_process(const struct process *process)
{
    kprintf("%5d %5d %5d  %-15s ", process->pid->number,
            process->parent ? process->parent->pid->number : 0, process->group->number,
            process->name);
    if (process->state == PROCESS_ZOMBIE) {
        kprintf("zombie, status 0x%x", (unsigned)process->wait_status);
    } else if (process->thread) {
        print_thread(process->thread);
    } else {
        kprintf("its first thread has ended");
    }
    print_user(process_cred(process));
    kprintf("\n");
    LIST_FOR(link, &process->threads) {
        const struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (thread != process->thread) {
            kprintf("%5d              (thread)        ", thread->tid);
            print_thread(thread);
            print_user(thread->cred);
            kprintf("\n");
        }
    }
}

void print_processes(void)
{
    kprintf("  PID PPID  PGRP  NAME            STATE\n");
    for (struct process *p = process_first(); p; p = process_next(p)) {
        print_process(p);
    }
    kprintf("%lu of %lu frames free\n", frame_free_count(), frame_total_count());
}
