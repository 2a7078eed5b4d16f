#include "proc/deliver.h"

#include "abi/errno.h"
#include "abi/linux.h"
#include "base/panic.h"
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
    action.handler = SIG_DFL;
    return action.flags & SA_RESETHAND ? signal_set_action(process, signal, &action) : 0;
}

/* Makes the thread call its handler. A frame that cannot be made is a fault, by which a process
 * ends that has no other stack for that; where memory is short it ends in any case. */
static void call_handler(struct thread *thread, int signal, struct pending *pending)
{
    struct process *process = thread->process;
    const struct abi_sigaction action = signal_action(process, signal);
    const struct abi_siginfo info = signal_take(thread, pending, signal);
    signal_set_t back = thread->has_saved_mask ? thread->saved_mask : thread->signal_mask;

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
    thread->call.is_interrupted = signal_first(thread, others, &pending) != 0;
    return true;
}

bool deliver_signals(struct thread *thread)
{
    struct process *process = thread->process;

    for (;;) {
        struct pending *pending;
        int signal = signal_next(thread, &pending);
        thread->call.is_interrupted = false;
        if (process->signals.fatal) {
            end(process, process->signals.fatal);
            return false;
        }
        if (reads_first(thread)) {
            return true;
        }
        if (signal == 0 ||
            thread->vfork_child) { /* who waits for a vfork's end takes nothing less */
            break;
        }
        if (process->signals.actions->handled & signal_bit(signal)) {
            if (thread->call.is_pending) {
                thread->call.is_interrupted = true;
                return true;
            }
            call_handler(thread, signal, pending);
            continue;
        }
        (void)signal_take(thread, pending, signal);
        if (signal_does_nothing(process, signal)) {
            continue;
        }
        if (!signal_stops(signal)) {
            end(process, signal);
            return false;
        }
        if (signal == SIGSTOP || !group_is_orphaned(process->group)) {
            signal_stop(process, signal);
            return false;
        }
    }
    if (thread->has_saved_mask && !thread->call.is_pending) {
        thread->has_saved_mask = false;
        signal_set_mask(thread, thread->saved_mask);
    }
    return true;
}

uint64_t deliver_handlers(void)
{
    return handlers;
}

void deliver_interrupted(struct thread *thread)
{
    struct pending *pending;
    int signal = signal_next(thread, &pending);

    ASSERT(signal);
    if (signal_action(thread->process, signal).flags & SA_RESTART) {
        thread->user.pc -= INSTRUCTION_SIZE;
    } else {
        thread->user.x[0] = (uint64_t)-EINTR;
    }
    call_handler(thread, signal, pending);
}
