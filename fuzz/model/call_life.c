/* clone, clone3, exit, wait4, waitid. */
#include "fuzz/model/ask.h"
#include "fuzz/model/calls.h"
#include "fuzz/model/family.h"
#include "fuzz/model/files.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/signals.h"
#include "fuzz/model/threads.h"
#include "fuzz/model/used.h"
#include "fuzz/model/users.h"

/* ---- ends: told as EVENT_ENDED ---- */

void call_exit_group(struct proc *self, const struct event *event)
{
    int bits = model_planted == MODEL_PLANT_STATUS ? 0x7f : 0xff;
    int status = (int)(event->args[0] & (unsigned)bits) << 8;

    (void)family_may_end(self, status);
}

/* The status of a process is that of its last thread. */
void call_exit(struct proc *self, const struct event *event)
{
    if (!threads_are_others(self)) {
        call_exit_group(self, event);
    } else if (ask_left()) {
        threads_leave(self);
    }
}

/* ---- beginnings ---- */

/* With CLONE_PARENT_SETTID and CLONE_CHILD_SETTID; a bad address is passed over. And the number of
 * a descriptor, CLONE_PIDFD. If the memory is shared a stack that grows does so for both. */
static void write_numbers(struct proc *parent, struct proc *child,
                          const struct abi_clone_args *wanted)
{
    const uint64_t flags = wanted->flags;
    const int number = child->tid;
    const int fd = files_lowest(parent, 0);

    if ((flags & CLONE_PIDFD) && memory_can(parent, wanted->pidfd, sizeof(fd), ACCESS_WRITE)) {
        struct file *file = files_create(FILE_PIDFD, O_RDWR);
        file->proc = (int)(child - world.procs);
        files_install(parent, fd, file, true);
        memory_store(memory_of(parent), wanted->pidfd, &fd, sizeof(fd));
    }
    bool has_parents = (flags & CLONE_PARENT_SETTID) &&
                       memory_can(parent, wanted->parent_tid, sizeof(number), ACCESS_WRITE);
    bool has_childs = (flags & CLONE_CHILD_SETTID) &&
                      memory_can(child, wanted->child_tid, sizeof(number), ACCESS_WRITE);
    if (has_parents) {
        memory_store(memory_of(parent), wanted->parent_tid, &number, sizeof(number));
    }
    if (has_childs) {
        memory_give(child, wanted->child_tid, &number, sizeof(number));
    }
    if (has_parents) {
        (void)memory_verify(parent, wanted->parent_tid, sizeof(number));
    }
}

static struct proc *begin_process(struct proc *parent, int pid, const struct abi_clone_args *wanted)
{
    const int last = world.last_number;
    const int lost = world.lost_numbers;
    struct proc *child = family_add(parent, pid, wanted->flags);

    if (wanted->set_tid) { /* which changes nothing for others */
        world.last_number = last;
        world.lost_numbers = lost;
    }
    if (wanted->flags & CLONE_VM) {
        child->space = parent->space;
        memory_of(child)->users += !(wanted->flags & CLONE_THREAD);
        if (!(wanted->flags & CLONE_VFORK)) { /* sigaltstack(2) */
            child->altstack = (struct abi_sigaltstack){.ss_flags = SS_DISABLE};
        }
    } else {
        child->space = memory_fork(parent->space);
    }
    write_numbers(parent, child, wanted);
    parent->is_one_too_many = false; /* it was not */
    if (is_process(child)) {
        child->exit_signal =
            wanted->flags & CLONE_PARENT ? parent->process->exit_signal : (int)wanted->exit_signal;
    }
    child->clear_tid = wanted->flags & CLONE_CHILD_CLEARTID ? wanted->child_tid : 0;
    if (wanted->flags & CLONE_CLEAR_SIGHAND) {
        signals_reset(child);
    }
    return child;
}

/* The parent of a vfork goes on when its child has another memory, or none. */
static void wait_for_vfork(struct proc *self)
{
    if (!self->vfork_child) {
        (void)ask_result((int64_t)self->doing.done);
    } else {
        (void)ask_block();
    }
}

static void make_process(struct proc *self, const struct event *event,
                         const struct abi_clone_args *wanted)
{
    int chosen = (int)wanted->set_tid;
    int pid = (int)event->result;
    bool is_fresh = chosen ? pid == chosen : family_is_fresh(event->result);

    if (users_are_full(self)) {
        (void)ask_result(-EAGAIN);
        return;
    }
    if (chosen && !users_is_root(self)) {
        (void)ask_result(-EPERM);
        return;
    }
    if (ask_again()) {
        if (world.eyes->open() != family_count_processes()) {
            ask_object("process %d: its child is there before it is complete", (int64_t)self->pid);
        }
        return;
    }
    if (chosen && family_uses_number(chosen)) {
        (void)ask_result(-EEXIST);
        return;
    }
    if (wanted->flags & CLONE_PIDFD) {
        bool has_place = memory_could(self, wanted->pidfd, sizeof(int), ACCESS_WRITE);
        int error = files_lowest(self, 0) < 0 ? -EMFILE : has_place ? 0 : -EFAULT;
        if (error) {
            (void)ask_result(error);
            family_lose_number();
            return;
        }
    }
    if (!(wanted->flags & CLONE_VFORK)) {
        if (ask_range(is_fresh ? pid : 1, is_fresh ? pid : 0, 1 + (uint64_t)world.lost_numbers)) {
            (void)begin_process(self, pid, wanted);
        }
        return;
    }
    if (is_fresh && ask_block()) {
        struct proc *child = begin_process(self, pid, wanted);
        child->vfork_parent = self;
        self->vfork_child = child;
        self->doing.has_begun = true;
        self->doing.waits = WAITS_VFORK;
        self->doing.done = (uint64_t)pid;
    }
}

/* What of clone(2) is told here. Nobody traces, and there are no semaphores. */
static const uint64_t known_flags = CLONE_VM | CLONE_VFORK | CLONE_SETTLS | CLONE_PARENT_SETTID |
                                    CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_UNTRACED |
                                    CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PARENT |
                                    CLONE_PTRACE | CLONE_SYSVSEM | CLONE_THREAD | CLONE_PIDFD;

/* Combinations that make no sense. */
static bool is_contradiction(const struct proc *self, const struct abi_clone_args *wanted)
{
    uint64_t flags = wanted->flags;

    if ((flags & CLONE_PIDFD) &&
        ((flags & CLONE_THREAD) ||
         ((flags & CLONE_PARENT_SETTID) && wanted->pidfd == wanted->parent_tid))) {
        return true;
    }
    return ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND)) ||
           ((flags & CLONE_SIGHAND) && (!(flags & CLONE_VM) || (flags & CLONE_CLEAR_SIGHAND))) ||
           ((flags & CLONE_PARENT) && !self->process->parent);
}

static void make_child(struct proc *self, const struct event *event,
                       const struct abi_clone_args *wanted)
{
    uint64_t flags = wanted->flags & ~(known_flags | CLONE_CLEAR_SIGHAND);

    if (flags || is_contradiction(self, wanted)) {
        (void)ask_result(-EINVAL);
    } else {
        make_process(self, event, wanted);
    }
}

void call_clone(struct proc *self, const struct event *event)
{
    uint64_t flags = (uint32_t)event->args[0];
    const struct abi_clone_args wanted = {
        .flags = flags & ~(uint64_t)(CLONE_SIGNAL_MASK | CLONE_DETACHED),
        .exit_signal = flags & CLONE_SIGNAL_MASK,
        .parent_tid = event->args[2],
        .pidfd = event->args[2],
        .child_tid = event->args[4],
    };

    if (self->doing.has_begun) {
        wait_for_vfork(self);
    } else if ((flags & CLONE_PIDFD) && (flags & CLONE_DETACHED)) {
        (void)ask_result(-EINVAL);
    } else {
        make_child(self, event, &wanted);
    }
}

/* 0, or what reading the arguments gives; a longer structure must go on with zeros. */
static int read_request(struct proc *self, uint64_t at, uint64_t size,
                        struct abi_clone_args *wanted)
{
    uint8_t rest;

    if (size > PAGE) {
        return -E2BIG;
    }
    if (size < CLONE_ARGS_SIZE_VER0) {
        return -EINVAL;
    }
    for (uint64_t i = sizeof(*wanted); i < size; i++) {
        if (!memory_read(self, at + i, &rest, 1)) {
            return -EFAULT;
        }
        if (rest) {
            return -E2BIG;
        }
    }
    *wanted = (struct abi_clone_args){0};
    return memory_read(self, at, wanted, least(size, sizeof(*wanted))) ? 0 : -EFAULT;
}

/* The PID that the caller has chosen takes the place of its address. */
static int read_number(struct proc *self, struct abi_clone_args *wanted)
{
    enum { LEVELS = 32, HIGHEST = 32767 };
    uint64_t count = wanted->set_tid_size;
    int32_t numbers[LEVELS] = {0};

    if (count > LEVELS || (wanted->set_tid != 0) != (count != 0)) {
        return -EINVAL;
    }
    if (count && !memory_read(self, wanted->set_tid, numbers, count * sizeof(numbers[0]))) {
        return -EFAULT;
    }
    wanted->set_tid = (uint64_t)numbers[0];
    return count > 1 || (count == 1 && (numbers[0] < 1 || numbers[0] > HIGHEST)) ? -EINVAL : 0;
}

void call_clone3(struct proc *self, const struct event *event)
{
    struct abi_clone_args wanted;

    if (self->doing.has_begun) {
        wait_for_vfork(self);
        return;
    }
    int error = read_request(self, event->args[0], event->args[1], &wanted);
    if (!error) {
        bool has_stack = wanted.stack != 0;
        bool is_stack = has_stack == (wanted.stack_size != 0) && wanted.stack <= END_OF_MEMORY &&
                        wanted.stack_size <= END_OF_MEMORY - wanted.stack;
        bool is_silent = wanted.flags & (CLONE_THREAD | CLONE_PARENT);
        bool is_signal = !is_silent || wanted.exit_signal == 0;
        error = wanted.exit_signal <= SIGNAL_MAX ? read_number(self, &wanted) : -EINVAL;
        error = error || (is_stack && is_signal) ? error : -EINVAL;
    }
    if (error) {
        (void)ask_result(error);
    } else {
        make_child(self, event, &wanted);
    }
}

/* ---- waiting ---- */

/* Which children the options speak of: it depends on the signal that they send. */
static bool is_asked_for(const struct proc *self, const struct proc *child)
{
    const struct doing *doing = &self->doing;
    bool is_clone = child->exit_signal != SIGCHLD;

    if (!is_process(child) || child->parent != self->process ||
        ((doing->options & WNOTHREAD) && child->maker != self)) {
        return false;
    }
    if (!(doing->options & WALL) && is_clone != ((doing->options & WCLONE) != 0)) {
        return false;
    }
    if (model_planted == MODEL_PLANT_WAIT) {
        return true;
    }
    if (doing->one) {
        return doing->one == child - world.procs + 1;
    }
    return doing->who == 0 || doing->who == child->pid || doing->who == -(int64_t)child->group;
}

/* How many children in a state are asked for; the first whose end came, of them. */
static unsigned count_children(const struct proc *self, enum life life, struct proc **first)
{
    unsigned count = 0;

    *first = NULL;
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *child = &world.procs[i];
        if (child->life == life && is_asked_for(self, child)) {
            count++;
            if (!*first || child->end_order < (*first)->end_order) {
                *first = child;
            }
        }
    }
    return count;
}

/* What there is to tell of a child: CLD_EXITED whatever has ended it, CLD_STOPPED, CLD_CONTINUED,
 * or 0: nothing that is asked for. */
static int news_of(const struct proc *self, const struct proc *child)
{
    uint32_t options = self->doing.options;

    if (!is_asked_for(self, child)) {
        return 0;
    }
    if (child->life == LIFE_ZOMBIE) {
        return options & WEXITED ? CLD_EXITED : 0;
    }
    if ((options & WSTOPPED) && child->is_stop_untold) {
        return CLD_STOPPED;
    }
    return (options & WCONTINUED) && child->is_continue_untold ? CLD_CONTINUED : 0;
}

static bool has_news(const struct proc *self)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (news_of(self, &world.procs[i])) {
            return true;
        }
    }
    return false;
}

/* Whether there is something to tell; if not, says what may happen: ECHILD, 0 or that it waits. */
static bool may_tell(struct proc *self)
{
    struct proc *first;

    if (has_news(self)) {
        return true;
    }
    if (count_children(self, LIFE_LIVE, &first) == 0) {
        (void)ask_result(-ECHILD);
    } else if (!(self->doing.options & WNOHANG) && self->doing.is_impatient) {
        (void)ask_result(-EAGAIN);
    } else if (!(self->doing.options & WNOHANG) && ask_block()) {
        self->doing.has_begun = true;
        self->doing.waits = WAITS_CHILD;
    }
    return false;
}

bool wait_would_block(struct proc *self)
{
    struct proc *first;

    return !has_news(self) && count_children(self, LIFE_LIVE, &first) > 0;
}

/* What is told of a child is not told again. */
static void take_news(struct proc *self, struct proc *child, int news)
{
    struct used both;

    switch (news) {
    case CLD_STOPPED:
        child->is_stop_untold = model_planted == MODEL_PLANT_STOP;
        break;
    case CLD_CONTINUED:
        child->is_continue_untold = false;
        break;
    default:
        both = used_of_both(child);
        used_add(self, &both);
        family_reap(child);
        break;
    }
}

/* As wait4 gives it, wait(2). */
static int status_of(const struct proc *child, int news)
{
    enum { STOPPED = 0x7f, CONTINUED = 0xffff };

    return news == CLD_STOPPED     ? child->stop << 8 | STOPPED
           : news == CLD_CONTINUED ? CONTINUED
                                   : child->status;
}

/* Whether something at an address that is to be written lies where the usage is to be. */
static bool overlap(uint64_t at, uint64_t len, uint64_t usage_at)
{
    return at && usage_at && usage_at < at + len && at < usage_at + sizeof(struct abi_rusage);
}

/* Whether what the wait has told of its usage is right; it is not told less later. */
static void look_at_usage(struct proc *self, struct proc *child, uint64_t usage_at)
{
    struct used both = used_of_both(child);

    if (usage_at) {
        used_look_at_child(self, usage_at, &both);
    }
}

void call_wait4(struct proc *self, const struct event *event)
{
    const uint32_t known = WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL | WCLONE;
    struct doing *doing = &self->doing;
    int who = (int)event->args[0];
    uint64_t status_at = event->args[1];
    uint64_t usage_at = event->args[3];

    if (!doing->has_begun) {
        doing->options = (uint32_t)event->args[2];
        if (doing->options & ~known) {
            (void)ask_result(-EINVAL);
            return;
        }
        if (who == INT32_MIN) {
            (void)ask_result(-ESRCH);
            return;
        }
        doing->options |= WEXITED;
        doing->who = who == -1 ? 0 : who == 0 ? -(int64_t)self->process->group : who;
    }
    if (!may_tell(self)) {
        if ((doing->options & WNOHANG) && wait_would_block(self)) {
            (void)ask_result(0);
        }
        return;
    }
    if ((status_at && !memory_can(self, status_at, sizeof(int), ACCESS_WRITE)) ||
        (usage_at && !memory_can(self, usage_at, sizeof(struct abi_rusage), ACCESS_WRITE))) {
        (void)ask_result(-EFAULT); /* it can be told later */
        return;
    }
    bool has_two = overlap(status_at, sizeof(int), usage_at);
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *child = &world.procs[i];
        int news = news_of(self, child);
        int status = status_of(child, news);
        if (!news || !ask_result(child->pid)) {
            continue;
        }
        if (status_at) {
            memory_store(memory_of(self), status_at, &status, sizeof(status));
        }
        if (usage_at) {
            memory_adopt(self, usage_at, sizeof(struct abi_rusage));
        }
        if (status_at) {
            (void)memory_verify(self, status_at, sizeof(int));
        }
        look_at_usage(self, child, has_two ? 0 : usage_at);
        take_news(self, child, news);
    }
}

/* What waitid means by a kind and a number. -errno. */
static int set_who(struct proc *self, int kind, int number)
{
    const struct file *file = kind == P_PIDFD ? files_get_open(self, number) : NULL;

    switch (kind) {
    case P_ALL:
        self->doing.who = 0;
        return 0;
    case P_PID:
        self->doing.who = number;
        return number > 0 ? 0 : -EINVAL;
    case P_PGID:
        self->doing.who = -(int64_t)(number == 0 ? self->process->group : number);
        return number >= 0 ? 0 : -EINVAL;
    case P_PIDFD:
        if (number < 0 || !file || file->kind != FILE_PIDFD) {
            return number < 0 ? -EINVAL : -EBADF;
        }
        self->doing.one = file->proc + 1;
        self->doing.is_impatient = file->flags & O_NONBLOCK;
        return 0;
    default:
        return -EINVAL;
    }
}

enum { INFO_SIZE = 28, INFO_PAD = 12, INFO_PID = 16 }; /* of siginfo_t: what is filled in */

/* Whether a child has been told of, as the kernel has it now. */
static bool was_taken(const struct proc *child, int news)
{
    static struct model_process seen;

    if (news == CLD_EXITED || !world.eyes->process(child->pid, &seen) || seen.is_zombie) {
        return false;
    }
    return news == CLD_STOPPED ? !seen.is_stop_untold : !seen.is_continue_untold;
}

/* The child that the call has told of. Without an address it is the oldest zombie; if there is
 * none, who is seen to have been told of. */
static struct proc *child_told(struct proc *self, uint64_t info_at)
{
    struct proc *child;
    int pid;

    (void)count_children(self, LIFE_ZOMBIE, &child);
    (void)world.eyes->open();
    if (!(self->doing.options & WEXITED)) {
        child = NULL;
    }
    for (unsigned i = 0; i < world.proc_count && !child; i++) {
        struct proc *other = &world.procs[i];
        int news = news_of(self, other);
        if (news && (was_taken(other, news) || (self->doing.options & WNOWAIT))) {
            child = other;
        }
    }
    if (info_at && !memory_is_covered(info_at, sizeof(struct abi_siginfo)) &&
        world.eyes->peek(self->pid, info_at + INFO_PID, &pid, sizeof(pid))) {
        child = world_find(pid);
    }
    bool is_one = child && news_of(self, child);
    if (!is_one) {
        ask_object("process %d: waitid tells of another process than it could", (int64_t)self->pid);
    }
    return is_one ? child : NULL;
}

static void tell_of(struct proc *self, const struct proc *child, uint64_t info_at)
{
    struct abi_siginfo info = {0};

    if (child) {
        int news = news_of(self, child);
        int signal = child->status & 0x7f;
        info.si_signo = SIGCHLD;
        info.si_code = news != CLD_EXITED ? news : signal ? CLD_KILLED : CLD_EXITED;
        info.si_pid = child->pid;
        info.si_uid = child->users.user.real;
        info.si_status = news == CLD_STOPPED     ? child->stop
                         : news == CLD_CONTINUED ? SIGCONT
                         : signal                ? signal
                                                 : child->status >> 8;
    }
    memory_store(memory_of(self), info_at, &info, INFO_SIZE);
    memory_adopt(self, info_at + INFO_PAD, sizeof(info.pad));
}

void call_waitid(struct proc *self, const struct event *event)
{
    const uint32_t states = WEXITED | WSTOPPED | WCONTINUED;
    const uint32_t known = states | WNOHANG | WNOWAIT | WNOTHREAD | WALL | WCLONE;
    struct doing *doing = &self->doing;
    uint64_t info_at = event->args[2];
    uint64_t usage_at = event->args[4];

    if (!doing->has_begun) {
        doing->options = (uint32_t)event->args[3];
        bool is_known = !(doing->options & ~known) && (doing->options & states);
        int error = is_known ? set_who(self, (int)event->args[0], (int)event->args[1]) : -EINVAL;
        if (error) {
            (void)ask_result(error);
            return;
        }
    }
    bool has_one = may_tell(self);
    if (!has_one && (ask_is_answered() || !(doing->options & WNOHANG) || !wait_would_block(self))) {
        return;
    }
    usage_at = has_one ? usage_at : 0;
    if ((info_at && !memory_can(self, info_at, INFO_SIZE, ACCESS_WRITE)) ||
        (usage_at && !memory_can(self, usage_at, sizeof(struct abi_rusage), ACCESS_WRITE))) {
        (void)ask_result(-EFAULT);
        return;
    }
    if (!ask_result(0)) {
        return;
    }
    bool is_hidden = event->is_handled || overlap(info_at, INFO_SIZE, usage_at);
    struct proc *child = has_one ? child_told(self, is_hidden ? 0 : info_at) : NULL;
    if (info_at) {
        tell_of(self, child, info_at);
    }
    if (usage_at) {
        memory_adopt(self, usage_at, sizeof(struct abi_rusage));
    }
    if (info_at && !event->is_handled) {
        (void)memory_verify(self, info_at, INFO_SIZE);
    }
    if (child) {
        look_at_usage(self, child, is_hidden ? 0 : usage_at);
    }
    if (child && !(doing->options & WNOWAIT)) {
        take_news(self, child, news_of(self, child));
    }
}

void call_set_tid_address(struct proc *self, const struct event *event)
{
    if (ask_result(self->tid)) {
        self->clear_tid = event->args[0];
    }
}
