#include "proc/signal.h"

#include "abi/errno.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/plant.h"
#include "fs/signalfd.h"
#include "mm/pool.h"
#include "proc/itimer.h"
#include "proc/posix_timer.h"
#include "proc/process.h"
#include "proc/sched.h"

bool signal_is_fatal(int signal)
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

/* Whether the default action is to dump core, for which a process that cannot be woken is not
 * hurried: it ends when it comes to look. */
static bool dumps_core(int signal)
{
    const signal_set_t dumping = signal_bit(SIGQUIT) | signal_bit(SIGILL) | signal_bit(SIGTRAP) |
                                 signal_bit(SIGABRT) | signal_bit(SIGBUS) | signal_bit(SIGFPE) |
                                 signal_bit(SIGSEGV) | signal_bit(SIGXCPU) | signal_bit(SIGXFSZ) |
                                 signal_bit(SIGSYS);

    return signal_bit(signal) & dumping;
}

bool signal_stops(int signal)
{
    return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* Whether taking the signal would change nothing. */
static bool is_idle(const struct signal_actions *own, int signal)
{
    signal_set_t bit = signal_bit(signal);

    return (own->ignored & bit) ||
           (!(own->handled & bit) && !signal_is_fatal(signal) && !signal_stops(signal));
}

bool signal_does_nothing(const struct process *process, int signal)
{
    const struct signal_actions *own = process->signals.actions;

    return is_idle(own, signal) ||
           (process == process_first() && !(own->handled & signal_bit(signal)));
}

struct abi_siginfo signal_info(int signal)
{
    return (struct abi_siginfo){.si_signo = signal, .si_code = SI_KERNEL};
}

struct abi_siginfo signal_info_of(int signal, int code, const struct process *sender,
                                  const struct cred *cred)
{
    struct abi_siginfo info = {.si_signo = signal, .si_code = code};

    info.si_pid = sender->pid->number;
    info.si_uid = cred->user.real;
    return info;
}

bool signal_may_send(const struct process *sender, const struct cred *cred,
                     const struct process *process, const struct cred *theirs, int signal)
{
    return sender == process || cred_may_signal(cred, theirs) ||
           (signal == SIGCONT && sender->session == process->session);
}

/* ---- stopping ---- */

/* The parent hears of it, unless it does not want to, and wakes. */
static void tell_parent(struct process *process, int code, int status)
{
    struct process *parent = process->parent;
    struct abi_siginfo info = signal_info_of(SIGCHLD, code, process, process_cred(process));

    ASSERT(parent); /* init does not stop */
    info.si_status = status;
    struct abi_sigaction action = signal_action(parent, SIGCHLD);
    if (action.handler != SIG_IGN && !(action.flags & SA_NOCLDSTOP)) {
        (void)signal_send_near(parent, process->parent_thread, &info);
    }
    waitq_wake_all(&parent->child_wait);
}

void signal_stop(struct process *process, int signal)
{
    ASSERT(!process->signals.stop);
    process->signals.stop = signal;
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (signal_must_stop(thread)) {
            sched_wake(thread);
        }
        plat_irq_window();
    }
}

bool signal_must_stop(const struct thread *thread)
{
    const struct signals *own = &thread->process->signals;

    ASSERT(!own->is_stopped); /* or else none of its threads would run */
    return own->stop && !thread->vfork_child;
}

void signal_look_if_stopped(struct process *process)
{
    struct signals *own = &process->signals;

    if (!own->stop) {
        return;
    }
    ASSERT(!own->is_stopped);
    LIST_FOR(link, &process->threads) {
        if (CONTAINER_OF(link, struct thread, process_link)->state != THREAD_STOPPED) {
            return;
        }
        plat_irq_window();
    }
    own->is_stopped = true;
    own->is_stop_untold = true;
    own->is_continue_untold = false;
    tell_parent(process, CLD_STOPPED, own->stop);
}

void signal_stop_thread(struct thread *thread)
{
    sched_stop(thread);
    signal_look_if_stopped(thread->process);
}

/* Whatever has stopped it, its threads go on. */
static void release(struct process *process)
{
    process->signals.stop = 0;
    process->signals.is_stopped = false;
    process->signals.is_stop_untold = false;
    LIST_FOR(link, &process->threads) {
        sched_continue(CONTAINER_OF(link, struct thread, process_link));
        plat_irq_window();
    }
}

static void drop_everywhere(struct process *process, signal_set_t set)
{
    pending_drop(&process->signals.pending, set);
    pending_drop(&process->zombie_pending, set);
    LIST_FOR(link, &process->threads) {
        pending_drop(&CONTAINER_OF(link, struct thread, process_link)->pending, set);
        plat_irq_window();
    }
}

/* What stops and SIGCONT do when they are sent, whatever becomes of them afterwards. */
static void cancel_opposite(struct process *process, int signal)
{
    const signal_set_t stops =
        signal_bit(SIGSTOP) | signal_bit(SIGTSTP) | signal_bit(SIGTTIN) | signal_bit(SIGTTOU);

    if (signal_stops(signal)) {
        drop_everywhere(process, signal_bit(SIGCONT));
    } else if (signal == SIGCONT) {
        drop_everywhere(process, stops);
        if (process->signals.stop) {
            bool was_stopped = process->signals.is_stopped;
            release(process);
            process->signals.is_continue_untold = true;
            /* Linux: who was about to stop has done so, and one signal tells of that alone. */
            tell_parent(process, was_stopped ? CLD_CONTINUED : CLD_STOPPED,
                        was_stopped ? SIGCONT : 0);
        }
    }
}

/* ---- sending ---- */

/* The signals that it takes when they come: a call that waits for some takes these itself. */
static signal_set_t takes(const struct thread *thread)
{
    return ~(thread->signal_mask | thread->waited_signals);
}

signal_set_t signal_pending(const struct thread *thread)
{
    return thread->pending.set | thread->process->signals.pending.set;
}

/* The same, and those that its call waits for. */
static signal_set_t takes_or_awaits(const struct thread *thread)
{
    return ~(thread->signal_mask & ~thread->waited_signals);
}

/* Whether there is something for it to take already: its own, or what its process has and no thread
 * in front of it takes. */
static bool has_other(const struct thread *thread)
{
    const struct process *process = thread->process;
    signal_set_t left = process->signals.pending.set;

    for (struct list *link = process->threads.next; left && link != &thread->process_link;
         link = link->next) {
        left &= ~takes_or_awaits(CONTAINER_OF(link, struct thread, process_link));
        plat_irq_window();
    }
    return (thread->pending.set | left) & takes_or_awaits(thread);
}

bool signal_is_due(const struct thread *thread)
{
    const struct signals *own = &thread->process->signals;

    return own->fatal || signal_must_stop(thread) ||
           (!thread->vfork_child && (signal_pending(thread) & takes(thread)));
}

/* Whether the thread is one to take it: it does not block it, and has nothing else to take. */
static bool wants(const struct thread *thread, int signal)
{
    if ((thread->signal_mask & ~thread->waited_signals & signal_bit(signal)) ||
        (thread->state == THREAD_STOPPED && signal != SIGKILL)) {
        return false;
    }
    return signal == SIGKILL || cpu_this()->current == thread || !has_other(thread);
}

/* Who is woken for a signal of the process, of whom one is asked first; NULL: nobody. */
static struct thread *find_taker(struct process *process, struct thread *near, int signal)
{
    if (near && wants(near, signal)) {
        return near;
    }
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (wants(thread, signal)) {
            return thread;
        }
        plat_irq_window();
    }
    return NULL;
}

/* Its default action ends the process, and no core has to be dumped before: it ends by this signal
 * whatever comes. Init does not, where Linux looks at the mask of one thread and ends it for
 * another (kill(2)). */
static bool ends_at_once(const struct process *process, const struct thread *taker, int signal)
{
    return process != process_first() &&
           !(process->signals.actions->handled & signal_bit(signal)) &&
           !signal_does_nothing(process, signal) && signal_is_fatal(signal) &&
           !dumps_core(signal) && !(taker->waited_signals & signal_bit(signal));
}

/* All who can take it have something to take already, and one of them takes it, too. */
static void wake_another(struct process *process, const struct thread *to, int signal)
{
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        bool is_meant = !to || thread == to;
        if (is_meant && thread->state != THREAD_STOPPED && !thread->vfork_child &&
            (takes_or_awaits(thread) & signal_bit(signal))) {
            sched_wake(thread);
            return;
        }
        plat_irq_window();
    }
}

static void wake_taker(struct process *process, struct thread *taker, int signal)
{
    if (!ends_at_once(process, taker, signal)) {
        sched_wake(taker);
        return;
    }
    process->signals.fatal = signal;
    if (process->signals.stop) {
        release(process);
    }
    signal_retarget(process);
}

/* Threads that read signals may read what they block. */
static void wake_readers(struct process *process, int signal)
{
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (signalfd_awaited(thread) & signal_bit(signal)) {
            sched_wake(thread);
        }
        plat_irq_window();
    }
}

/* Wakes who has to do with a signal that was put in a queue, besides its taker. */
static void wake_queued(struct process *process, const struct thread *to,
                        const struct thread *taker, int signal)
{
    wake_readers(process, signal);
    if (!taker) {
        wake_another(process, to, signal);
    }
}

/* Whether nothing would come of it: the thread that it is sent to, or is near, does not block it.
 * One that has ended is asked for what it did block. */
static bool is_lost(const struct process *process, const struct thread *at, int signal)
{
    signal_set_t blocked = at ? at->signal_mask | at->waited_signals : process->zombie_mask;

    return !(blocked & signal_bit(signal)) && signal_does_nothing(process, signal);
}

/* What becomes of a signal. */
enum sent {
    SENT_NOWHERE, /* there is nobody to send it to */
    SENT_LOST,
    SENT_TO_END, /* the process ends by it: nobody takes it, but it is charged until then */
    SENT_TO_QUEUE,
};

/* To a thread alone (to), or to the process, of which one thread (near, NULL: the one that had its
 * number, and has ended) is asked first. taker: who is woken for it, or NULL. */
static enum sent prepare(struct process *process, struct thread *to, struct thread *near,
                         int signal, struct thread **taker)
{
    *taker = NULL;
    if (PLANTED(STP_2) && process->state == PROCESS_ZOMBIE && signal == SIGCONT &&
        process->parent) {
        list_remove(&process->sibling);
        list_append(&process->parent->children, &process->sibling);
    }
    if (process->state != PROCESS_LIVE || process->signals.fatal) {
        return SENT_NOWHERE;
    }
    cancel_opposite(process, signal);
    if (is_lost(process, to ? to : near, signal)) {
        return SENT_LOST;
    }
    if (!to) {
        *taker = find_taker(process, near, signal);
    } else if (wants(to, signal)) {
        *taker = to;
    }
    return *taker && ends_at_once(process, *taker, signal) ? SENT_TO_END : SENT_TO_QUEUE;
}

/* Whom a signal to a thread, or to the process that it is of, is charged to; NULL: the one that had
 * its process's number, and has ended. */
static struct pending_charge charge_of(const struct process *process, const struct thread *thread)
{
    const struct cred *cred = thread ? thread->cred : process_cred(process);

    return (struct pending_charge){
        .user = cred->user.real,
        .limit = process->limits[RLIMIT_SIGPENDING].rlim_cur,
    };
}

static int send(struct process *process, struct thread *to, struct thread *near,
                const struct abi_siginfo *info)
{
    const struct pending_charge charge = charge_of(process, to ? to : near);
    struct thread *taker;
    enum sent sent = prepare(process, to, near, info->si_signo, &taker);

    if (sent == SENT_TO_QUEUE || sent == SENT_TO_END) {
        int error = pending_add(to ? &to->pending : &process->signals.pending, info, &charge);
        if (error) {
            return error;
        }
    }
    if (sent == SENT_TO_QUEUE) {
        wake_queued(process, to, taker, info->si_signo);
    }
    if (taker) {
        wake_taker(process, taker, info->si_signo);
    }
    return 0;
}

int signal_send_info(struct process *process, struct thread *thread, const struct abi_siginfo *info)
{
    return send(process, thread, process->thread, info);
}

int signal_send_near(struct process *process, struct thread *near, const struct abi_siginfo *info)
{
    if (process->state != PROCESS_LIVE) {
        return 0; /* nor is there such a thread */
    }
    ASSERT(!near || near->process == process);
    return send(process, NULL, near, info);
}

int signal_send_ended(struct process *process, const struct abi_siginfo *info)
{
    const struct pending_charge charge = charge_of(process, NULL);

    if (process->state != PROCESS_LIVE || process->signals.fatal) {
        return 0;
    }
    cancel_opposite(process, info->si_signo);
    if (is_lost(process, NULL, info->si_signo)) {
        return 0;
    }
    return pending_add(&process->zombie_pending, info, &charge);
}

bool signal_send_reserved(struct process *process, struct thread *thread, struct pending_info *info)
{
    struct thread *taker;
    enum sent sent = prepare(process, thread, process->thread, info->info.si_signo, &taker);

    if ((sent == SENT_TO_QUEUE || sent == SENT_TO_END) &&
        !pending_add_reserved(thread ? &thread->pending : &process->signals.pending, info)) {
        return true;
    }
    if (sent == SENT_TO_QUEUE) {
        wake_queued(process, thread, taker, info->info.si_signo);
    }
    if (taker) {
        wake_taker(process, taker, info->info.si_signo);
    }
    return sent != SENT_LOST;
}

void signal_send(struct process *process, int signal)
{
    const struct abi_siginfo info = signal_info(signal);

    (void)signal_send_info(process, NULL, &info);
}

void signal_send_group(struct pid *group, int signal)
{
    const struct abi_siginfo info = signal_info(signal);

    LIST_FOR(link, &group->members) {
        struct process *member = CONTAINER_OF(link, struct process, group_link);
        if (PLANTED(L_86) && member->pid->number == plant_memory) {
            plant_memory = 0;
            continue;
        }
        (void)signal_send_info(member, NULL, &info);
        plat_irq_window();
    }
}

bool signal_force(struct thread *thread, const struct abi_siginfo *info)
{
    struct process *process = thread->process;
    const struct pending_charge charge = {thread->cred->user.real, UINT64_MAX};
    const struct signal_actions *own = process->signals.actions;
    signal_set_t bit = signal_bit(info->si_signo);

    if ((thread->signal_mask & bit) || !(own->handled & bit)) {
        return false;
    }
    /* What cannot be kept of it is told as a signal of nobody's. */
    (void)pending_add(&thread->pending, info, &charge);
    return true;
}

/* ---- taking ---- */

/* Which of a set is taken first: one that a fault may have raised, then the lowest. */
static int first_of(signal_set_t set)
{
    const signal_set_t faults = signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) |
                                signal_bit(SIGTRAP) | signal_bit(SIGFPE) | signal_bit(SIGSYS);

    return __builtin_ctzll(set & faults ? set & faults : set) + 1;
}

int signal_first(struct thread *thread, signal_set_t set, struct pending **pending)
{
    *pending = &thread->pending;
    if (!((*pending)->set & set)) {
        *pending = &thread->process->signals.pending;
    }
    return (*pending)->set & set ? first_of((*pending)->set & set) : 0;
}

int signal_next(struct thread *thread, struct pending **pending)
{
    return signal_first(thread, takes(thread), pending);
}

struct abi_siginfo signal_take(struct thread *thread, struct pending *pending, int signal)
{
    struct process *process = thread->process;
    struct posix_timer *timer;
    struct abi_siginfo info = pending_take(pending, signal, &timer);

    if (timer) {
        posix_timer_taken(timer, &info);
    }
    if (signal == SIGALRM && pending == &process->signals.pending) {
        itimer_taken(process);
    }
    return info;
}

void signal_set_mask(struct thread *thread, signal_set_t mask)
{
    struct process *process = thread->process;
    signal_set_t left = process->signals.pending.set & mask & ~thread->signal_mask;

    if (!PLANTED(SIG_2)) {
        mask &= ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
    }
    thread->signal_mask = mask;
    if (left) {
        signal_retarget(process);
    }
}

void signal_retarget(struct process *process)
{
    LIST_FOR(link, &process->threads) {
        struct thread *thread = CONTAINER_OF(link, struct thread, process_link);
        if (signal_is_due(thread) || (signal_pending(thread) & thread->waited_signals)) {
            sched_wake(thread);
        }
        plat_irq_window();
    }
}

int signal_set_action(struct process *process, int signal, const struct abi_sigaction *action)
{
    int error = signal_put_action(process, signal, action);

    if (!error && is_idle(process->signals.actions, signal) && !PLANTED(SIG_3)) {
        drop_everywhere(process, signal_bit(signal));
    }
    return error;
}
