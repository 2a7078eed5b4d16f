/* Who is who: numbers, groups, sessions. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"

void call_getpid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->pid);
}

void call_gettid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->tid);
}

void call_getppid(struct proc *self, const struct event *event)
{
    (void)event;
    (void)ask_result(self->process->parent ? self->process->parent->pid : 0);
}

void call_sched_yield(struct proc *self, const struct event *event)
{
    (void)self;
    (void)event;
    (void)ask_result(0);
}

/* Whether somebody is in the group, in that session. */
static bool has_group(int group, int session)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *proc = &world.procs[i];
        if (is_process(proc) && proc->group == group) {
            return proc->session == session;
        }
    }
    return false;
}

static int check_setpgid(const struct proc *self, const struct proc *proc, int pid, int group)
{
    if (group < 0) {
        return -EINVAL;
    }
    if (proc && proc->process != proc) {
        return -EINVAL; /* one of the other threads */
    }
    if (!proc || (proc != self->process && proc->parent != self->process)) {
        return -ESRCH;
    }
    if (proc != self->process && proc->session != self->process->session) {
        return -EPERM;
    }
    if (proc != self->process && proc->has_execed) {
        return -EACCES;
    }
    if (proc->session == proc->pid) {
        return -EPERM;
    }
    return group == pid || has_group(group, self->process->session) ? 0 : -EPERM;
}

/* setpgid(2) */
void call_setpgid(struct proc *self, const struct event *event)
{
    int pid = (int)event->args[0] == 0 ? self->pid : (int)event->args[0];
    int group = (int)event->args[1] == 0 ? pid : (int)event->args[1];
    struct proc *proc = world_find_thread(pid);
    int error = check_setpgid(self, proc, pid, group);

    if (ask_result(error) && !error) {
        proc->group = group;
    }
}

static const struct proc *named_or_self(const struct proc *self, uint64_t pid)
{
    const struct proc *proc = (int)pid == 0 ? self : world_find_thread((int)pid);

    return proc ? proc->process : NULL;
}

void call_getpgid(struct proc *self, const struct event *event)
{
    const struct proc *proc = named_or_self(self, event->args[0]);

    (void)ask_result(proc ? proc->group : -ESRCH);
}

void call_getsid(struct proc *self, const struct event *event)
{
    const struct proc *proc = named_or_self(self, event->args[0]);

    (void)ask_result(proc ? proc->session : -ESRCH);
}

void call_setsid(struct proc *self, const struct event *event)
{
    (void)event;
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (is_process(&world.procs[i]) && world.procs[i].group == self->pid) {
            (void)ask_result(-EPERM);
            return;
        }
    }
    if (ask_result(self->pid)) {
        self->process->group = self->pid;
        self->process->session = self->pid;
    }
}
