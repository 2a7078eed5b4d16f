#include "fuzz/model/signals.h"

#include "fuzz/model/ask.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/memory.h"
#include "fuzz/model/timers.h"

static bool ends_by_default(int signal)
{
    switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        return true;
    }
}

bool signals_stop(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Whose default is to dump core: Linux looks at it only when the process goes on. */
static bool dumps_core(int signal)
{
    switch (signal) {
    case SIGQUIT:
    case SIGILL:
    case SIGTRAP:
    case SIGABRT:
    case SIGBUS:
    case SIGFPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ:
    case SIGSYS:
        return true;
    default:
        return false;
    }
}

static bool does_nothing(const struct proc *proc, int signal)
{
    uint64_t handler = proc->actions[signal - 1].handler;

    if (handler != SIG_DFL) {
        return handler == SIG_IGN;
    }
    /* init is protected */
    return (!ends_by_default(signal) && !signals_stop(signal)) || proc->process == world.procs;
}

/* ---- what waits ---- */

struct said signals_said(int signal, int code, const struct proc *sender)
{
    struct abi_siginfo info = {.si_signo = signal, .si_code = code};
    struct said said = {.has_times = false};

    info.si_pid = sender ? sender->pid : 0;
    info.si_uid = sender ? sender->users.user.real : 0;
    bytes_copy(said.head, &info, sizeof(said.head));
    return said;
}

static int signal_of(const struct said *said)
{
    return (int32_t)said->head[0];
}

static int code_of(const struct said *said)
{
    return (int32_t)said->head[1];
}

void signals_begin(struct proc *proc)
{
    proc->mine.set = 0;
    proc->mine.count = 0;
    proc->shared.set = 0;
    proc->shared.count = 0;
}

uint64_t signals_pending(const struct proc *proc)
{
    return proc->mine.set | proc->process->shared.set;
}

/* A user's in a queue, but for timers', which have their places anyway. */
static unsigned count_in(const struct queue *queue, uint32_t user)
{
    unsigned count = 0;

    for (unsigned i = 0; i < queue->count; i++) {
        count += queue->said[i].user == user && !timers_is_there(queue->said[i].timer);
    }
    return count;
}

/* How many are charged to a user, whoever is to take them, also if that is a zombie. */
static unsigned count_queued(uint32_t user)
{
    unsigned count = timers_count(user);

    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].life != LIFE_NONE) {
            count += count_in(&world.procs[i].mine, user) + count_in(&world.procs[i].shared, user);
        }
    }
    return count;
}

bool signals_are_many(const struct proc *proc)
{
    return count_queued(proc->users.user.real) >= proc->process->limits[RLIMIT_SIGPENDING].rlim_cur;
}

/* What must not be lost is a real-time signal that does not come from kill. */
static bool is_refused(const struct said *said, uint64_t limit)
{
    int signal = signal_of(said);

    return signal >= SIGRTMIN && code_of(said) != SI_USER && count_queued(said->user) >= limit;
}

static unsigned find(const struct queue *queue, int signal)
{
    unsigned i = 0;

    while (i < queue->count && signal_of(&queue->said[i]) != signal) {
        i++;
    }
    return i;
}

/* Of two that are sent at once, as by children who all go on, either may have been the first. */
static void forget_order(struct queue *queue, const struct said *said)
{
    unsigned at = find(queue, signal_of(said));

    if (at < queue->count && queue->said[at].event == world.event &&
        !bytes_same(queue->said[at].head, said->head, sizeof(said->head))) {
        queue->said[at].is_loose = true;
    }
}

/* A standard signal is there once. Without a place what is to be said of it may be lost; if that
 * must not be, false. */
static bool add(struct queue *queue, const struct said *said, uint64_t limit)
{
    int signal = signal_of(said);
    int code = code_of(said);
    bool is_standard = signal < SIGRTMIN;
    bool is_limited = !is_standard || code < 0;

    if (is_standard && (queue->set & signal_set_of(signal))) {
        forget_order(queue, said);
        return true;
    }
    if (world.was_refused || queue->count == QUEUE_MAX) {
        give_up_for(GIVE_UP_MEMORY);
        return true;
    }
    bool has_place = signal != SIGKILL && (!is_limited || count_queued(said->user) < limit);
    if (is_refused(said, limit)) {
        return false;
    }
    if (has_place) {
        queue->said[queue->count] = *said;
        queue->said[queue->count++].event = world.event;
    }
    queue->set |= signal_set_of(signal);
    return true;
}

static void take_away(struct queue *queue, unsigned at)
{
    queue->count--;
    for (unsigned i = at; i < queue->count; i++) {
        queue->said[i] = queue->said[i + 1];
    }
}

struct said signals_take(struct queue *queue, int signal)
{
    struct said said = signals_said(signal, SI_USER, NULL);
    unsigned at = find(queue, signal);

    if (at < queue->count) {
        said = queue->said[at];
        take_away(queue, at);
    }
    if (find(queue, signal) == queue->count) {
        queue->set &= ~signal_set_of(signal);
    }
    timers_taken(queue, &said);
    return said;
}

void signals_drop_timers(struct queue *queue)
{
    uint64_t dropped = 0;
    uint64_t kept = 0;

    for (unsigned i = queue->count; i-- > 0;) {
        uint64_t bit = signal_set_of(signal_of(&queue->said[i]));
        if (code_of(&queue->said[i]) == SI_TIMER) {
            dropped |= bit;
            take_away(queue, i);
        } else {
            kept |= bit;
        }
    }
    queue->set &= ~dropped | kept;
}

static void drop(struct queue *queue, int signal)
{
    unsigned at;

    while ((at = find(queue, signal)) < queue->count) {
        take_away(queue, at);
    }
    queue->set &= ~signal_set_of(signal);
}

void signals_check_said(struct proc *proc, uint64_t at, const struct said *said)
{
    enum { TIMES = 32, SIGNO = 4, SAID = sizeof(said->head) };
    struct abi_siginfo wanted;
    struct abi_siginfo info;
    uint64_t known = said->is_loose ? SIGNO : said->has_times ? TIMES : SAID;

    bytes_zero(&wanted, sizeof(wanted));
    bytes_copy(&wanted, said->head, SAID);
    memory_look(memory_of(proc), at, &info, sizeof(info));
    if (!bytes_same(&info, &wanted, known) ||
        !bytes_same((const uint8_t *)&info + SAID, (const uint8_t *)&wanted + SAID,
                    sizeof(info) - SAID)) {
        ask_object("process %d: of signal %d at %x is said code %d, process %d and %x, and "
                   "should say code %d, process %d and %x",
                   (int64_t)proc->pid, (int64_t)info.si_signo, at, (int64_t)info.si_code,
                   (int64_t)info.si_pid, info.si_value, (int64_t)wanted.si_code,
                   (int64_t)wanted.si_pid, wanted.si_value);
    }
}

/* ---- sending ---- */

static uint64_t open_to(const struct proc *thread)
{
    return ~(thread->mask & ~thread->waited);
}

/* Whether it has something to take already: its own, or what is for all and nobody in front of it
 * takes. */
static bool has_other(const struct proc *thread)
{
    uint64_t left = thread->process->shared.set;

    for (const struct proc *other = world.procs; other < thread; other++) {
        if (other->process == thread->process && is_thread(other)) {
            left &= ~open_to(other);
        }
    }
    return (thread->mine.set | left) & open_to(thread);
}

/* Whether it is one to take the signal: it does not block it, and has nothing else to take. */
static bool wants(const struct proc *thread, int signal)
{
    bool is_free = is_thread(thread) && (!thread->is_stopped || signal == SIGKILL);

    if (!is_free || !(open_to(thread) & signal_set_of(signal))) {
        return false;
    }
    return signal == SIGKILL || world.current == thread || !has_other(thread);
}

/* Who is woken for a signal to a process: the thread that it was sent to, or any. NULL: none. */
static struct proc *find_taker(struct proc *to, bool to_thread, int signal)
{
    if (wants(to, signal)) {
        return to;
    }
    for (unsigned i = 0; !to_thread && i < world.proc_count; i++) {
        struct proc *thread = &world.procs[i];
        if (thread->process == to->process && wants(thread, signal)) {
            return thread;
        }
    }
    return NULL;
}

/* Whether it ends the process at once, as no core is to be dumped; init does not end. */
static bool ends_at_once(const struct proc *taker, int signal)
{
    return taker && taker->process != world.procs && !(taker->waited & signal_set_of(signal)) &&
           taker->actions[signal - 1].handler == SIG_DFL && ends_by_default(signal) &&
           !dumps_core(signal);
}

/* Whether nobody will know of it: the process ends, or the thread that it is sent to does not block
 * it and nothing happens. */
static bool is_lost(const struct proc *to, int signal)
{
    if (to->process->life != LIFE_LIVE || to->process->fatal) {
        return true;
    }
    return !((to->mask | to->waited) & signal_set_of(signal)) && does_nothing(to, signal);
}

/* Also from what waits for a first thread that has ended. */
static void drop_everywhere(struct proc *process, int signal)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        struct proc *thread = &world.procs[i];
        if (thread->process == process && thread->life == LIFE_LIVE) {
            drop(&thread->mine, signal);
        }
    }
    drop(&process->shared, signal);
}

/* ---- stops ---- */

bool signals_must_stop(const struct proc *proc)
{
    const struct proc *process = proc->process;

    return process->stop && !process->has_stopped && !proc->vfork_child;
}

/* Its parent is told that it was stopped or goes on, if it wants that. */
static void tell_parent(const struct proc *process, int code, int status)
{
    const struct abi_sigaction *action = &process->parent->actions[SIGCHLD - 1];
    struct abi_siginfo info = {.si_signo = SIGCHLD, .si_code = code};
    struct said said = {.has_times = false};

    info.si_pid = process->pid;
    info.si_uid = process->users.user.real;
    info.si_status = status;
    bytes_copy(said.head, &info, sizeof(said.head));
    if (action->handler != SIG_IGN && !(action->flags & SA_NOCLDSTOP)) {
        (void)signals_send_said(process->maker, false, &said);
    }
}

void signals_look_if_stopped(struct proc *process)
{
    if (!process->stop || process->has_stopped) {
        return;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *thread = &world.procs[i];
        if (thread->process == process && is_thread(thread) && !thread->is_stopped) {
            return;
        }
    }
    process->has_stopped = true;
    process->is_stop_untold = true;
    process->is_continue_untold = false;
    tell_parent(process, CLD_STOPPED, process->stop);
}

static void go_on(struct proc *process)
{
    process->stop = 0;
    process->has_stopped = false;
    process->is_stop_untold = false;
    for (unsigned i = 0; i < world.proc_count; i++) {
        if (world.procs[i].process == process) {
            world.procs[i].is_stopped = false;
        }
    }
}

/* A stop takes back a SIGCONT that waits, and SIGCONT all stops; and it continues, also where it is
 * ignored, blocked or has a handler. Who had not stopped with all threads counts as one who had. */
static void cancel(struct proc *process, int signal)
{
    if (signals_stop(signal)) {
        drop_everywhere(process, SIGCONT);
    }
    for (int stop = SIGSTOP; stop <= SIGTTOU && signal == SIGCONT; stop++) {
        if (signals_stop(stop) && model_planted != MODEL_PLANT_CONTINUE) {
            drop_everywhere(process, stop);
        }
    }
    if (signal == SIGCONT && process->stop) {
        bool had_stopped = process->has_stopped;
        go_on(process);
        process->is_continue_untold = true;
        tell_parent(process, had_stopped ? CLD_CONTINUED : CLD_STOPPED, had_stopped ? SIGCONT : 0);
    }
}

/* What becomes of a signal that is sent. */
enum fate {
    FATE_NOBODY, /* there is nobody to take it, or he is about to end */
    FATE_NOTHING,
    FATE_END, /* the process ends by it, and it waits until that is waited for */
    FATE_WAITS,
};

/* taker: the thread, if it is the one that is woken. */
static enum fate begin_to_send(struct proc *proc, bool to_thread, int signal, int *taker)
{
    struct proc *process = proc->process;

    if (process->life != LIFE_LIVE || process->fatal) {
        return FATE_NOBODY;
    }
    cancel(process, signal);
    if (is_lost(proc, signal)) {
        return FATE_NOTHING;
    }
    const struct proc *woken = find_taker(proc, to_thread, signal);
    if (ends_at_once(woken, signal)) {
        process->fatal = signal;
        go_on(process);
        return FATE_END;
    }
    *taker = woken == proc ? proc->tid : 0;
    return FATE_WAITS;
}

bool signals_send_said(struct proc *proc, bool to_thread, const struct said *said)
{
    struct said kept = *said;

    kept.user = proc->users.user.real;
    enum fate fate = begin_to_send(proc, to_thread, signal_of(said), &kept.taker);
    if (fate == FATE_NOBODY || fate == FATE_NOTHING) {
        return true;
    }
    return add(to_thread ? &proc->mine : &proc->process->shared, &kept,
               proc->process->limits[RLIMIT_SIGPENDING].rlim_cur);
}

/* It waits already: it has come once more. */
static bool comes_again(struct queue *queue, int timer)
{
    for (unsigned i = 0; i < queue->count; i++) {
        if (queue->said[i].timer == timer) {
            struct abi_siginfo info;
            bytes_copy(&info, queue->said[i].head, sizeof(queue->said[i].head));
            info.si_overrun++;
            bytes_copy(queue->said[i].head, &info, sizeof(queue->said[i].head));
            return true;
        }
    }
    return false;
}

bool signals_send_reserved(struct proc *proc, bool to_thread, const struct said *said)
{
    struct queue *queue = to_thread ? &proc->mine : &proc->process->shared;
    int signal = signal_of(said);
    struct said kept = *said;

    if (to_thread && !is_thread(proc)) {
        return true; /* it has ended */
    }
    enum fate fate = begin_to_send(proc, to_thread, signal, &kept.taker);

    if (fate == FATE_NOBODY || fate == FATE_NOTHING || comes_again(queue, said->timer)) {
        return fate != FATE_NOTHING;
    }
    if (queue->count == QUEUE_MAX) {
        give_up_for(GIVE_UP_MEMORY);
        return true;
    }
    queue->said[queue->count++] = kept;
    queue->set |= signal_set_of(signal);
    return true;
}

/* Whether there must be a place for it: it is a real-time signal that does not come from kill, and
 * is not lost. */
static bool needs_place(const struct proc *proc, const struct said *said)
{
    int signal = signal_of(said);

    return !is_lost(proc, signal) && signal >= SIGRTMIN && code_of(said) != SI_USER;
}

void signals_ask(struct proc *proc, bool to_thread, const struct said *said, int error)
{
    bool is_sent = !error && signal_of(said) != 0;
    bool needs = is_sent && needs_place(proc, said);

    if (needs && signals_are_many(proc)) {
        error = -EAGAIN;
    }
    if (needs && !error && world.was_refused && ask_result(-EAGAIN)) {
        return;
    }
    if (ask_result(error) && is_sent && !error) {
        (void)signals_send_said(proc, to_thread, said);
    }
}

struct proc *signals_find_thread(int pid, int tid)
{
    struct proc *proc = world_find_thread(tid);

    return proc && proc->pid == pid ? proc : NULL;
}

void signals_send(struct proc *proc, int signal)
{
    const struct said said = signals_said(signal, SI_KERNEL, NULL);

    (void)signals_send_said(proc, false, &said);
}

bool signals_force(struct proc *proc, int signal)
{
    struct said said = signals_said(signal, SI_KERNEL, NULL);

    said.is_loose = true;
    said.user = proc->users.user.real;
    if ((proc->mask & signal_set_of(signal)) || proc->actions[signal - 1].handler <= SIG_IGN) {
        return false;
    }
    (void)add(&proc->mine, &said, UINT64_MAX);
    return true;
}

/* ---- taking ---- */

int signals_first(uint64_t set)
{
    const uint64_t faults = signal_set_of(SIGILL) | signal_set_of(SIGTRAP) | signal_set_of(SIGBUS) |
                            signal_set_of(SIGFPE) | signal_set_of(SIGSEGV) | signal_set_of(SIGSYS);

    set = set & faults ? set & faults : set;
    return set ? __builtin_ctzll(set) + 1 : 0;
}

int signals_next(struct proc *proc, struct queue **queue)
{
    uint64_t open = ~(model_planted == MODEL_PLANT_SIGNALS ? 0 : proc->mask | proc->waited);

    *queue = proc->mine.set & open ? &proc->mine : &proc->process->shared;
    return proc->vfork_child ? 0 : signals_first((*queue)->set & open);
}

bool signals_may_pass(const struct proc *proc, const struct queue *queue, int signal)
{
    unsigned at = find(queue, signal);

    if (queue == &proc->mine || (at < queue->count && queue->said[at].taker == proc->tid)) {
        return false;
    }
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *other = &world.procs[i];
        if (other != proc && other->process == proc->process && is_thread(other) &&
            !((other->mask | other->waited) & signal_set_of(signal))) {
            return true;
        }
    }
    return false;
}

int signals_last_code(int signal)
{
    static const struct {
        int signal;
        int last;
    } codes[] = {{SIGILL, 11}, {SIGTRAP, 6}, {SIGBUS, 5}, {SIGFPE, 15}, {SIGSEGV, 9}, {SIGSYS, 2}};

    for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        if (codes[i].signal == signal) {
            return codes[i].last;
        }
    }
    return 6;
}

bool signals_wait_for_vfork(const struct proc *proc, int signal)
{
    for (unsigned i = 0; i < world.proc_count; i++) {
        const struct proc *other = &world.procs[i];
        if (other->process == proc->process && is_thread(other) && other->vfork_child &&
            !(other->mask & signal_set_of(signal))) {
            return true;
        }
    }
    return false;
}

bool signals_do_nothing(const struct proc *proc, int signal)
{
    return does_nothing(proc, signal);
}

static struct abi_sigaction *new_actions(void)
{
    if (world.actions_count == SHARED_MAX) {
        world.lost = "too many sets of actions";
        world.actions_count--;
    }
    return world.actions[world.actions_count++];
}

static const uint64_t bytes_of_actions = SIGNAL_MAX * sizeof(struct abi_sigaction);

/* It has a table of its own, with these contents: they may be those of its old one. */
static void copy_actions(struct proc *proc, const struct abi_sigaction *from)
{
    proc->actions = new_actions();
    bytes_copy(proc->actions, from, bytes_of_actions);
}

void signals_inherit(struct proc *child, const struct proc *parent, uint64_t flags)
{
    if (!parent) {
        child->actions = new_actions();
        bytes_zero(child->actions, bytes_of_actions);
    } else if (flags & CLONE_SIGHAND) {
        child->actions = parent->actions;
    } else {
        copy_actions(child, parent->actions);
    }
}

void signals_unshare(struct proc *proc)
{
    copy_actions(proc, proc->actions);
}

void signals_reset(struct proc *proc)
{
    for (unsigned i = 0; i < SIGNAL_MAX; i++) {
        uint64_t handler = proc->actions[i].handler;
        proc->actions[i] =
            (struct abi_sigaction){.handler = handler == SIG_IGN ? SIG_IGN : SIG_DFL};
    }
}

/* As POSIX has it: setting SIG_IGN, or SIG_DFL where that does nothing, discards it. */
void signals_drop(struct proc *proc, int signal)
{
    uint64_t handler = proc->actions[signal - 1].handler;

    if (handler == SIG_IGN ||
        (handler == SIG_DFL && !ends_by_default(signal) && !signals_stop(signal))) {
        drop_everywhere(proc->process, signal);
    }
}

bool signals_want_no_zombies(const struct proc *proc)
{
    const struct abi_sigaction *action = &proc->actions[SIGCHLD - 1];

    return action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT);
}
