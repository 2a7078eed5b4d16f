#include "fuzz/model/threads.h"

#include "fuzz/model/family.h"
#include "fuzz/model/files.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/users.h"

static bool is_of(const struct proc *thread, const struct proc *process)
{
    return thread->process == process && is_thread(thread);
}

static struct proc *first_but(const struct proc *process, const struct proc *but)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *thread = &world.procs[i];
        if (thread != but && is_of(thread, process)) {
            return thread;
        }
    }
    return NULL;
}

bool threads_are_others(const struct proc *proc)
{
    return first_but(proc->process, proc) != NULL;
}

struct proc *threads_first(const struct proc *process)
{
    return first_but(process, NULL);
}

/* PR_SET_PDEATHSIG(2const): the thread that made it has ended. */
void threads_pass(struct proc *child, struct proc *to, const struct proc *from)
{
    child->parent = to->process;
    child->maker = to;
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *thread = &world.procs[i];
        bool is_one = thread == child || is_of(thread, child);
        if (is_one && thread->death_signal &&
            users_may_signal(from, thread, thread->death_signal)) {
            const struct said said = signals_said(thread->death_signal, SI_USER, from);
            (void)signals_send_said(thread, false, &said);
        }
    }
}

/* The children that hang at a thread (from), or at others than to (NULL), hang at to. */
static void pass_children(const struct proc *from, struct proc *to)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *child = &world.procs[i];
        if (is_process(child) && child->parent == to->process &&
            (from ? child->maker == from : child->maker != to)) {
            threads_pass(child, to, child->maker);
        }
    }
}

static void end(struct proc *proc, bool goes_on)
{
    family_leave_memory(proc, goes_on);
    if (proc->vfork_child) {
        proc->vfork_child->vfork_parent = NULL;
        proc->vfork_child = NULL;
    }
    files_leave(proc);
    if (goes_on && proc != proc->process) {
        proc->mine = (struct queue){.set = 0};
    }
    proc->waited = 0;
    proc->is_stopped = false;
    if (proc == proc->process) {
        proc->has_left = true;
    } else {
        proc->life = LIFE_NONE;
    }
}

void threads_leave(struct proc *proc)
{
    pass_children(proc, first_but(proc->process, proc));
    end(proc, true);
    signals_look_if_stopped(proc->process);
}

/* Nobody is woken who is about to go. */
void threads_end(struct proc *process, const struct proc *but)
{
    struct proc *thread;

    for (unsigned i = 0; i < world.proc_count; i++) {
        if (&world.procs[i] != but && is_of(&world.procs[i], process)) {
            world.procs[i].doing.place = 0;
        }
    }
    while ((thread = first_but(process, but))) {
        end(thread, false);
    }
}

/* The thread comes to be where its process is. */
static void move(struct proc *to, struct proc *thread)
{
    to->has_left = false;
    to->death_signal = thread->death_signal;
    to->clear_tid = thread->clear_tid;
    to->robust = thread->robust;
    to->vfork_parent = thread->vfork_parent;
    to->alone = thread->alone;
    to->users = thread->users;
    to->is_one_too_many = thread->is_one_too_many;
    to->gains_nothing = thread->gains_nothing;
    to->mask = thread->mask;
    to->saved_mask = thread->saved_mask;
    to->has_saved_mask = thread->has_saved_mask;
    to->altstack = thread->altstack;
    to->nice = thread->nice;
    to->policy = thread->policy;
    to->priority = thread->priority;
    to->resets_on_fork = thread->resets_on_fork;
    to->context = thread->context;
    to->table = thread->table;
    to->mine = thread->mine;
    to->doing = (struct doing){.file = -1};
    if (to->vfork_parent) {
        to->vfork_parent->vfork_child = to;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (is_process(&world.procs[i]) && world.procs[i].maker == thread) {
            world.procs[i].maker = to;
        }
    }
    thread->context = NULL;
    thread->table = NULL;
    thread->life = LIFE_NONE;
}

struct proc *threads_keep(struct proc *proc)
{
    struct proc *process = proc->process;

    pass_children(NULL, proc);
    threads_end(process, proc);
    if (proc != process) {
        move(process, proc);
        world.current = process;
    }
    return process;
}
