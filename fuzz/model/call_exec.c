/* execve, execveat, and spawn, which is Eft's own. */
#include "abi/eft.h"
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/family.h"
#include "fuzz/model/files.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/program.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/threads.h"
#include "fuzz/model/users.h"

/* All or nothing: what fails has changed nothing, but that the user's threads are not too many. */
static void replace(struct proc *self, const struct program_wanted *wanted)
{
    struct program_plan plan;
    int error = program_find(self, wanted, &plan);

    if (plan.has_path && !wanted->is_refused) {
        self->is_one_too_many = false;
    }
    if (!ask_result(error) || error) {
        return;
    }
    self = threads_keep(self);
    files_unshare(self);
    files_close_for_exec(self);
    family_leave_memory(self, false);
    signals_unshare(self);
    signals_reset(self);
    signals_drop_timers(&self->process->shared);
    signals_drop_timers(&self->mine);
    memory_leave(self->space);
    program_load(self, &plan);
    users_exec(self);
    self->process->has_execed = true;
    self->process->exec_count++;
    self->process->exit_signal = SIGCHLD;
}

void call_execve(struct proc *self, const struct event *event)
{
    const struct program_wanted wanted = {
        .directory = AT_FDCWD,
        .path = event->args[0],
        .argv = event->args[1],
        .envp = event->args[2],
        .is_refused = users_cannot_exec(self),
    };

    replace(self, &wanted);
}

void call_execveat(struct proc *self, const struct event *event)
{
    const struct program_wanted wanted = {
        .directory = (int)event->args[0],
        .path = event->args[1],
        .argv = event->args[2],
        .envp = event->args[3],
        .flags = (uint32_t)event->args[4],
        .is_refused = users_cannot_exec(self),
    };

    replace(self, &wanted);
}

void call_spawn(struct proc *self, const struct event *event)
{
    struct abi_spawn spawn;
    struct program_plan plan;

    if (!memory_read(self, event->args[0], &spawn, sizeof(spawn))) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (spawn.flags != 0 || (spawn.path != 0) == (spawn.image != 0)) {
        (void)ask_result(-EINVAL);
        return;
    }
    const struct program_wanted wanted = {
        .directory = AT_FDCWD,
        .path = spawn.path,
        .image = spawn.image,
        .image_len = spawn.image_len,
        .argv = spawn.argv,
        .envp = spawn.envp,
    };
    int error = program_find(self, &wanted, &plan);
    if (users_are_full(self)) {
        (void)ask_result(-EAGAIN); /* of two errors, either */
        if (!error) {
            return;
        }
    }
    if (error) {
        (void)ask_result(error);
        return;
    }
    bool is_fresh = family_is_fresh(event->result);
    int pid = (int)event->result;
    if (ask_range(is_fresh ? pid : 1, is_fresh ? pid : 0, 1 + (uint64_t)world.lost_numbers)) {
        struct proc *child = family_add(self, pid, 0);
        files_close_for_exec(child);
        signals_reset(child);
        child->has_execed = true;
        program_load(child, &plan);
        users_exec(child);
    }
}
