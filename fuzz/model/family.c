#include "fuzz/model/family.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/files.h"
#include "fuzz/model/futexes.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/owned.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/threads.h"

bool family_uses_number(int number)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *proc = &world.procs[i];
        if (proc->life != LIFE_NONE && (proc->group == number || proc->session == number)) {
            return true;
        }
    }
    return world.foreground == number || world_find(number) || world_find_thread(number);
}

/* It was the next that nobody had. */
void family_lose_number(void)
{
    do {
        world.lost_numbers++;
    } while (family_uses_number(world.last_number + world.lost_numbers));
}

/* Numbers that were chosen are in use before it is their turn. */
bool family_is_fresh(int64_t pid)
{
    int next = world.last_number;

    for (int lost = 0; lost <= world.lost_numbers; lost++) {
        do {
            next++;
        } while (family_uses_number(next));
        if (pid == next) {
            return true;
        }
    }
    return false;
}

unsigned family_count(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world.proc_count; i++) {
        count += world.procs[i].life != LIFE_NONE;
    }
    return count;
}

unsigned family_count_processes(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < world.proc_count; i++) {
        count += is_process(&world.procs[i]);
    }
    return count;
}

static void set_first_limits(struct proc *init)
{
    static struct model_process seen;

    (void)world.eyes->open();
    for (unsigned i = 0; i < RLIMIT_NLIMITS; i++) {
        init->limits[i] = (struct abi_rlimit){RLIM_INFINITY, RLIM_INFINITY};
    }
    init->limits[RLIMIT_STACK].rlim_cur = 8 << 20;
    init->limits[RLIMIT_CORE].rlim_cur = 0;
    if (world.eyes->process(1, &seen)) { /* it depends on how much memory there is */
        init->limits[RLIMIT_SIGPENDING] = seen.limits[RLIMIT_SIGPENDING];
    }
    init->limits[RLIMIT_NOFILE] = (struct abi_rlimit){FD_LIMIT, FD_LIMIT};
    init->limits[RLIMIT_NICE] = (struct abi_rlimit){0, 0};
    init->limits[RLIMIT_RTPRIO] = (struct abi_rlimit){0, 0};
}

static void set_parent(struct proc *child, struct proc *maker, uint64_t flags)
{
    const struct proc *process = maker->process;
    bool is_sibling = flags & CLONE_PARENT;

    child->parent = is_sibling ? process->parent : maker->process;
    child->maker = is_sibling ? process->maker : maker;
    child->parent_exec_count = is_sibling ? process->parent_exec_count : process->exec_count;
}

/* What a thread has from the one that makes it. */
static void inherit(struct proc *child, const struct proc *maker)
{
    bytes_copy(child->name, maker->name, sizeof(child->name));
    child->users = maker->users;
    child->is_one_too_many = maker->is_one_too_many;
    child->gains_nothing = maker->gains_nothing;
    child->mask = maker->mask;
    child->altstack = maker->altstack;
    child->nice = maker->nice;
    child->policy = maker->policy;
    child->priority = maker->priority;
    if (maker->resets_on_fork) { /* sched(7) */
        bool is_urgent = maker->policy == SCHED_FIFO || maker->policy == SCHED_RR;
        child->nice = is_urgent || maker->nice < 0 ? 0 : maker->nice;
        child->policy = is_urgent ? SCHED_OTHER : maker->policy;
        child->priority = 0;
    }
}

static void inherit_process(struct proc *child, const struct proc *parent)
{
    child->group = parent->group;
    child->session = parent->session;
    bytes_copy(child->limits, parent->limits, sizeof(child->limits));
}

struct proc *family_add(struct proc *maker, int pid, uint64_t flags)
{
    struct proc *proc = &world.procs[world.proc_count];

    if (world.proc_count == PROCS_MAX - 1) {
        world.lost = "too many processes";
    } else {
        world.proc_count++;
    }
    bytes_zero(proc, __builtin_offsetof(struct proc, limits));
    world.last_number = pid;
    world.lost_numbers = 0;
    proc->life = LIFE_LIVE;
    proc->pid = flags & CLONE_THREAD ? maker->pid : pid;
    proc->tid = pid;
    proc->process = flags & CLONE_THREAD ? maker->process : proc;
    signals_begin(proc);
    signals_inherit(proc, maker, flags);
    if (maker) {
        inherit(proc, maker);
        files_inherit(proc, maker, flags);
    }
    if (flags & CLONE_THREAD) {
        return proc;
    }
    proc->exit_signal = SIGCHLD;
    if (maker) {
        inherit_process(proc, maker->process);
        set_parent(proc, maker, flags);
        return proc;
    }
    proc->group = pid;
    proc->session = pid;
    proc->altstack.ss_flags = SS_DISABLE;
    set_first_limits(proc);
    return proc;
}

/* What a parent is told of an end. */
static struct said say_end(const struct proc *zombie, int signal)
{
    struct abi_siginfo info = {.si_signo = signal};
    struct said said = {.has_times = true};
    int ended_by = zombie->status & 0x7f;

    info.si_code = ended_by ? CLD_KILLED : CLD_EXITED;
    info.si_pid = zombie->pid;
    info.si_uid = zombie->users.user.real;
    info.si_status = ended_by ? ended_by : zombie->status >> 8;
    bytes_copy(said.head, &info, sizeof(said.head));
    return said;
}

static bool is_companion(const struct proc *proc, const struct proc *other)
{
    return other != proc && is_thread(other) && other->space == proc->space;
}

static bool has_companion(const struct proc *proc)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (is_companion(proc, &world.procs[i])) {
            return true;
        }
    }
    return false;
}

struct proc *family_witness(const struct proc *proc)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *other = &world.procs[i];
        if (is_companion(proc, other) && other->process != proc->process) {
            return other;
        }
    }
    return NULL;
}

/* What set_tid_address(2) and CLONE_CHILD_CLEARTID ask for, and a wake. There may be no memory for
 * it, or the address may be bad: then it is not done. Nobody sees whether it is if witness is
 * NULL. */
static void clear_tid(struct proc *proc, struct proc *witness)
{
    const int nobody = 0;
    struct space *space = memory_of(proc);
    uint64_t at = proc->clear_tid;

    if (!has_companion(proc)) {
        return;
    }
    if (world.was_refused && witness) {
        memory_adopt_growth(witness);
    }
    if ((!world.was_refused || memory_find(space, at)) &&
        memory_can(proc, at, sizeof(nobody), ACCESS_WRITE)) {
        if (world.was_refused && witness) {
            memory_adopt(witness, at, sizeof(nobody));
        } else {
            memory_store(space, at, &nobody, sizeof(nobody));
        }
    }
    futexes_wake_shared(proc, at);
}

void family_leave_memory(struct proc *proc, bool goes_on)
{
    proc->doing.place = 0; /* who goes is not woken in the place of another */
    owned_end(proc);
    if (proc->clear_tid) {
        clear_tid(proc, goes_on ? proc : family_witness(proc));
    }
    proc->clear_tid = 0;
    if (proc->vfork_parent) {
        proc->vfork_parent->vfork_child = NULL;
        proc->vfork_parent = NULL;
    }
}

/* The signal that a parent gets for a process's end. */
static int signal_to_parent(const struct proc *proc)
{
    bool is_other_program = proc->parent_exec_count != proc->parent->exec_count;

    return proc->exit_signal != SIGCHLD && is_other_program ? SIGCHLD : proc->exit_signal;
}

bool family_is_watched(int group)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *proc = &world.procs[i];
        if (proc->life == LIFE_LIVE && proc->group == group && proc->parent &&
            proc->parent != world.procs && proc->parent->group != group &&
            proc->parent->session == proc->session) {
            return true;
        }
    }
    return false;
}

bool family_leaves_zombie(const struct proc *proc)
{
    return proc == world.procs || signal_to_parent(proc) != SIGCHLD ||
           !signals_want_no_zombies(proc->parent);
}

static void tell_parent(struct proc *zombie)
{
    struct proc *parent = zombie->parent;
    zombie->end_order = ++world.ends;
    int signal = signal_to_parent(zombie);
    bool is_ignored = signal == SIGCHLD && parent->actions[SIGCHLD - 1].handler == SIG_IGN;
    bool leaves_zombie = family_leaves_zombie(zombie);

    if (signal > 0 && signal <= SIGNAL_MAX && !is_ignored) {
        const struct said said = say_end(zombie, signal);
        (void)signals_send_said(zombie->maker, false, &said);
    }
    if (!leaves_zombie) {
        family_reap(zombie);
    }
}

static struct proc *find_reaper(const struct proc *proc)
{
    struct proc *reaper = proc->parent;

    while (reaper != world.procs && !reaper->is_subreaper) {
        reaper = reaper->parent;
    }
    return reaper;
}

/* The zombie that a process has had the longest, or NULL. */
static struct proc *oldest_zombie(const struct proc *proc)
{
    struct proc *oldest = NULL;

    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *child = &world.procs[i];
        if (child->life == LIFE_ZOMBIE && child->parent == proc &&
            (!oldest || child->end_order < oldest->end_order)) {
            oldest = child;
        }
    }
    return oldest;
}

static bool has_stopped(int group)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].life == LIFE_LIVE && world.procs[i].group == group &&
            world.procs[i].has_stopped) {
            return true;
        }
    }
    return false;
}

/* What the parent was that a process has lost, or that has lost it: if it was what the group had
 * outside, and somebody there is stopped, all of it are told and go on (POSIX, _exit). */
static void tell_orphaned(int group, int session, const struct proc *parent)
{
    if (parent->group == group || parent->session != session || !has_stopped(group) ||
        family_is_watched(group)) {
        return;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].group == group) {
            signals_send(&world.procs[i], SIGHUP);
        }
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].group == group) {
            signals_send(&world.procs[i], SIGCONT);
        }
    }
}

/* last: its thread that was left. */
static void give_away_children(struct proc *proc, const struct proc *last)
{
    struct proc *reaper = find_reaper(proc);
    struct proc *zombie;

    if (model_planted == MODEL_PLANT_ORPHANS) {
        return;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *child = &world.procs[i];
        if (child->life == LIFE_LIVE && child->parent == proc) {
            child->exit_signal = SIGCHLD;
            threads_pass(child, threads_first(reaper), last);
            tell_orphaned(child->group, child->session, proc);
        }
    }
    while ((zombie = oldest_zombie(proc))) {
        zombie->exit_signal = SIGCHLD;
        threads_pass(zombie, threads_first(reaper), last);
        tell_orphaned(zombie->group, zombie->session, proc);
        tell_parent(zombie);
    }
}

void family_end(struct proc *proc, int status)
{
    const struct proc *last = proc->has_left ? threads_first(proc) : proc;

    proc->stop = 0;
    proc->has_stopped = false;
    threads_end(proc, NULL);
    memory_leave(proc->space);
    proc->life = LIFE_ZOMBIE;
    proc->has_left = false;
    proc->status = status;
    if (proc == world.procs) {
        world.is_over = true;
        return;
    }
    give_away_children(proc, last);
    tell_orphaned(proc->group, proc->session, proc->parent);
    tell_parent(proc);
}

void family_reap(struct proc *proc)
{
    proc->life = LIFE_NONE;
}

bool family_may_end(struct proc *proc, int status)
{
    if (ask_end(family_leaves_zombie(proc->process) ? status : EVENT_STATUS_LOST)) {
        family_end(proc->process, status);
        return true;
    }
    return false;
}
