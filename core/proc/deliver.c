#include "proc/deliver.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
#include "base/plant.h"
#include "fs/signalfd.h"
#include "proc/group.h"
#include "proc/process.h"
#include "proc/sigframe.h"
#include "syscall/trace.h"

enum { INSTRUCTION_SIZE = 4 };

static uint64_t handlers;

static void end(struct process *process, int signal)
{
    plat_user_ends(signal);
    process_exit(process, signal);
}

/* With SA_RESETHAND the action is the default one from now on. -ENOMEM: others share it. */
static int reset_action(struct process *process, int signal, struct abi_sigaction action)
{
    return action.flags & SA_RESETHAND ? signal_reset_action(process, signal) : 0;
}

/* Makes the thread call its handler. A frame that cannot be made is a fault, by which a process
 * ends that has no other stack for that; where memory is short it ends in any case. */
static void call_handler(struct thread *thread, int signal, struct pending *pending)
{
    struct process *process = thread->process;
    const struct abi_sigaction action = signal_action(process, signal);
    const struct abi_siginfo info = signal_take(thread, pending, signal);
    bool has_saved = thread->has_saved_mask && !PLANTED(SIG_5);
    signal_set_t back = has_saved ? thread->saved_mask : thread->signal_mask;

    handlers++;
    int error = reset_action(process, signal, action);
    if (!error) {
        error = sigframe_push(thread, &info, &action, back);
    }
    if (error) {
        const struct abi_siginfo fault = signal_info(SIGSEGV);
        trace_signal(thread->tid, SIGSEGV, "SI_KERNEL", 0);
        if (error == -ENOMEM) {
            process->signals.fatal = SIGKILL;
        } else if (signal == SIGSEGV || !signal_force(thread, &fault)) {
            process->signals.fatal = SIGSEGV;
        }
        return;
    }
    thread->has_saved_mask = false;
    signal_set_mask(thread, thread->signal_mask | action.mask |
                                (action.flags & SA_NODEFER ? 0 : signal_bit(signal)));
}

/* A call that has given up waiting ends where a handler is called: it is made again behind that, or
 * has given -EINTR. */
static void end_call(struct thread *thread, uint64_t flags)
{
    enum call_restart restart = thread->call.restart;
    bool is_made_again =
        restart == RESTART_ANEW || (restart == RESTART_AS_ASKED && (flags & SA_RESTART));

    if (restart == RESTART_NOT) {
        return;
    }
    thread->call = (struct call){0};
    if (is_made_again) {
        thread->user.pc -= INSTRUCTION_SIZE;
    } else {
        thread->user.x[0] = (uint64_t)-EINTR;
    }
    trace_call_end(thread, -EINTR);
}

/* There is nothing to be taken any more. What a sigsuspend has blocked is so no more when it is
 * over, or made again. true: so there may be something after all. */
static bool go_on(struct thread *thread)
{
    struct call *call = &thread->call;

    if (call->restart == RESTART_AS_ASKED || call->restart == RESTART_UNHANDLED) {
        *call = (struct call){.is_pending = true, .restart = RESTART_ANEW};
    }
    if (thread->has_saved_mask && (!call->is_pending || call->restart == RESTART_ANEW)) {
        thread->has_saved_mask = false;
        signal_set_mask(thread, thread->saved_mask);
        return true;
    }
    return false;
}

/* The default action of a signal that was taken. true: the process goes on as though it had not
 * come, or is to stop. */
static bool act(struct process *process, int signal)
{
    if (signal_does_nothing(process, signal)) {
        return true;
    }
    if (!signal_stops(signal)) {
        end(process, signal);
        return false;
    }
    if (signal == SIGSTOP || !group_is_orphaned(process->group)) {
        signal_stop(process, signal);
    }
    return true;
}

/* Whether the process ends by a signal, so that it is all the same what its call does. */
static bool ends_by(const struct process *process, int signal)
{
    return !(process->signals.actions->handled & signal_bit(signal)) && !signal_stops(signal) &&
           !signal_does_nothing(process, signal);
}

void deliver_init(void)
{
    handlers = 0;
}

/* What its call is about to read is not taken from it: it reads as much as there is, and waits for
 * no more if there is something else to take. */
static bool reads_first(struct thread *thread)
{
    signal_set_t awaited = signalfd_awaited(thread);
    struct pending *pending;

    if (!(signal_pending(thread) & awaited)) {
        return false;
    }
    signal_set_t others = ~(thread->signal_mask | awaited);
    thread->call.is_interrupted =
        signal_must_stop(thread) || signal_first(thread, others, &pending) != 0;
    return true;
}

bool deliver_signals(struct thread *thread)
{
    struct process *process = thread->process;

    for (;;) {
        struct pending *pending;
        /* who waits for a vfork's end takes nothing but its own */
        int signal = thread->vfork_child ? 0 : signal_next(thread, &pending);
        bool must_stop = signal_must_stop(thread);
        thread->call.is_interrupted = false;
        if (process->signals.fatal) {
            end(process, process->signals.fatal);
            return false;
        }
        if (reads_first(thread)) {
            return true;
        }
        if (!signal && !must_stop) {
            if (go_on(thread)) {
                continue;
            }
            return true;
        }
        if (thread->call.is_pending && thread->call.restart == RESTART_NOT &&
            (must_stop || !ends_by(process, signal))) {
            thread->call.is_interrupted = true;
            return true;
        }
        if (must_stop) {
            signal_stop_thread(thread);
            return false;
        }
        if (process->signals.actions->handled & signal_bit(signal)) {
            end_call(thread, signal_action(process, signal).flags);
            call_handler(thread, signal, pending);
            plat_irq_window();
            continue;
        }
        (void)signal_take(thread, pending, signal);
        if (!act(process, signal)) {
            return false;
        }
    }
}

uint64_t deliver_handlers(void)
{
    return handlers;
}
