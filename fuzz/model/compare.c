#include "fuzz/model/compare.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/same.h"
#include "fuzz/model/signals.h"

/* Objects if two numbers are not the same. */
static bool same(const struct proc *proc, const char *what, uint64_t has, uint64_t wanted)
{
    if (has != wanted) {
        ask_object("process %d: %s is %x, and should be %x", (int64_t)proc->pid, what, has, wanted);
    }
    return has == wanted;
}

static bool compare_fds(const struct proc *proc, const struct model_thread *seen)
{
    if (!same(proc, "the number of descriptors", seen->fd_count, proc->table->count)) {
        return false;
    }
    for (unsigned i = 0; i < proc->table->count; i++) {
        const struct fd *fd = &proc->table->fds[i];
        const struct file *file = &world.files[fd->file];
        const struct model_fd *other = &seen->fds[i];
        if (!same(proc, "a descriptor", (uint64_t)other->number, (uint64_t)fd->number) ||
            !same(proc, "what F_GETFL gives", other->flags, file->flags) ||
            !same(proc, "an offset", other->offset, file->offset) ||
            !same(proc, "FD_CLOEXEC", other->closes, fd->closes)) {
            return false;
        }
    }
    return true;
}

static bool compare_signals(const struct proc *proc, const struct model_process *seen)
{
    uint64_t ignored = 0;
    uint64_t handled = 0;

    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        uint64_t handler = proc->actions[signal - 1].handler;
        ignored |= handler == SIG_IGN ? signal_set_of(signal) : 0;
        handled |= handler > SIG_IGN ? signal_set_of(signal) : 0;
    }
    return same(proc, "the set of ignored signals", seen->ignored, ignored) &&
           same(proc, "the set of handled signals", seen->handled, handled) &&
           same(proc, "the set of its pending signals", seen->pending, proc->shared.set) &&
           same(proc, "the signal that ends it", (uint64_t)seen->fatal, (uint64_t)proc->fatal) &&
           same(proc, "the signal that stopped it", (uint64_t)seen->stop,
                proc->has_stopped ? (uint64_t)proc->stop : 0) &&
           same(proc, "that it was not told of", seen->is_stop_untold, proc->is_stop_untold) &&
           same(proc, "that its going on was not told of", seen->is_continue_untold,
                proc->is_continue_untold) &&
           (!seen->actions ||
            same(proc, "that an action differs",
                 !bytes_same(seen->actions, proc->actions, SIGNAL_MAX * sizeof(*proc->actions)),
                 0));
}

/* Whether a working directory has just these names. */
static bool is_directory(int node, const char *names, unsigned len)
{
    unsigned at = 0;

    for (; node != 0; node = world.nodes[node].parent) {
        const struct node *named = &world.nodes[node];
        if (at + named->name_len >= len || !bytes_same(names + at, named->name, named->name_len)) {
            return false;
        }
        at += named->name_len + 1;
    }
    return at == len;
}

static bool compare_users(const struct proc *proc, const struct model_thread *seen)
{
    static const char *const names[] = {
        "its user",  "its effective user",  "its saved user",  "its user for files",
        "its group", "its effective group", "its saved group", "its group for files"};
    const struct ids *user = &proc->users.user;
    const struct ids *group = &proc->users.group;
    const uint32_t wanted[] = {user->real,  user->effective,  user->saved,  user->fs,
                               group->real, group->effective, group->saved, group->fs};

    bool are_same = bytes_same(seen->users, wanted, sizeof(wanted));
    for (unsigned i = 0; i < 8 && !are_same; i++) {
        if (!same(proc, names[i], seen->users[i], wanted[i])) {
            return false;
        }
    }
    return same(proc, "the number of its groups", seen->group_count, proc->users.group_count) &&
           same(proc, "that a group differs",
                !bytes_same(seen->groups, proc->users.groups,
                            proc->users.group_count * sizeof(seen->groups[0])),
                0);
}

static bool compare_thread(const struct proc *proc)
{
    static struct model_thread seen;

    if (!world.eyes->thread(proc->tid, &seen)) {
        ask_object("process %d: its thread %d is not there", (int64_t)proc->pid,
                   (int64_t)proc->tid);
        return false;
    }
    return same(proc, "the process of a thread", (uint64_t)seen.pid, (uint64_t)proc->pid) &&
           same(proc, "the signal at its parent's end", (uint64_t)seen.death_signal,
                (uint64_t)proc->death_signal) &&
           same(proc, "its nice value", (uint64_t)seen.nice, (uint64_t)proc->nice) &&
           same(proc, "that its name differs", !bytes_same(seen.name, proc->name, NAME_MAX), 0) &&
           compare_users(proc, &seen) &&
           same(proc, "its umask", seen.umask, proc->context->umask) &&
           same(proc, "that its working directory differs",
                !is_directory(proc->context->cwd, seen.cwd, seen.cwd_len), 0) &&
           same(proc, "the set of blocked signals", seen.mask, proc->mask) &&
           same(proc, "the alternate stack", seen.altstack_sp, proc->altstack.ss_sp) &&
           same(proc, "its size", seen.altstack_size, proc->altstack.ss_size) &&
           same(proc, "its flags", seen.altstack_flags, (uint32_t)proc->altstack.ss_flags) &&
           same(proc, "the set of a thread's pending signals", seen.pending, proc->mine.set) &&
           same(proc, "that it is stopped", seen.is_stopped, proc->is_stopped) &&
           compare_fds(proc, &seen);
}

static bool compare_threads(const struct proc *process, const struct model_process *seen)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *thread = &world.procs[i];
        if (is_thread(thread) && thread->process == process) {
            count++;
            if (!compare_thread(thread)) {
                return false;
            }
        }
    }
    return same(process, "the number of its threads", seen->thread_count, count);
}

static bool compare_live(const struct proc *proc, const struct model_process *seen)
{
    return same(proc, "that it is a subreaper", seen->is_subreaper, proc->is_subreaper) &&
           same(proc, "its break", seen->break_end, memory_of(proc)->break_end) &&
           same(proc, "that a limit differs",
                !bytes_same(seen->limits, proc->limits, sizeof(proc->limits)), 0) &&
           compare_signals(proc, seen) && compare_threads(proc, seen) && same_memory(proc);
}

static bool compare_one(const struct proc *proc)
{
    static struct model_process seen;
    int parent = proc->parent ? proc->parent->pid : 0;

    if (!world.eyes->process(proc->pid, &seen)) {
        ask_object("process %d: it is not there", (int64_t)proc->pid);
        return false;
    }
    bool is_same =
        same(proc, "its parent", (uint64_t)seen.parent, (uint64_t)parent) &&
        same(proc, "its group", (uint64_t)seen.group, (uint64_t)proc->group) &&
        same(proc, "its session", (uint64_t)seen.session, (uint64_t)proc->session) &&
        same(proc, "its user", seen.user, proc->users.user.real) &&
        same(proc, "that it is a zombie", seen.is_zombie, proc->life == LIFE_ZOMBIE) &&
        same(proc, "its exit signal", (uint64_t)seen.exit_signal, (uint64_t)proc->exit_signal);
    if (!is_same || proc->life == LIFE_LIVE) {
        return is_same && compare_live(proc, &seen);
    }
    return same(proc, "its status", (uint64_t)seen.status, (uint64_t)proc->status);
}

void compare_all(bool is_complete)
{
    unsigned count = 0;
    unsigned has = world.eyes->open();

    same_open(is_complete);
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *proc = &world.procs[i];
        if (!is_process(proc)) {
            continue;
        }
        count++;
        if (!compare_one(proc)) {
            return;
        }
    }
    if (has != count) {
        ask_object("there are %u processes, and should be %u", (uint64_t)has, (uint64_t)count);
    }
}
