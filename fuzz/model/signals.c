#include "fuzz/model/signals.h"

#include "fuzz/model/give_up.h"

static bool ends_by_default(int signal)
{
    switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP: /* nothing is stopped yet */
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        return true;
    }
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
    return !ends_by_default(signal) || proc == world.procs; /* init is protected */
}

void signals_send(struct proc *proc, int signal)
{
    uint64_t bit = signal_set_of(signal);
    bool stops = signal >= SIGSTOP && signal <= SIGTTOU;

    if (proc->life != LIFE_LIVE || proc->fatal) {
        return;
    }
    if (stops && proc->actions[signal - 1].handler != SIG_IGN) {
        give_up_for(GIVE_UP_STOP);
    }
    if (proc->mask & bit) {
        proc->pending |= bit;
        return;
    }
    if (does_nothing(proc, signal)) {
        return;
    }
    bool is_first = signal == SIGKILL || (proc->pending & ~proc->mask) == 0;
    if (is_first && proc->actions[signal - 1].handler == SIG_DFL && !dumps_core(signal)) {
        proc->fatal = signal;
    } else {
        proc->pending |= bit;
    }
}

/* Those that a fault raises come first, then the lowest. */
static int next_of(uint64_t set)
{
    static const int first[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};

    for (unsigned i = 0; i < sizeof(first) / sizeof(first[0]); i++) {
        if (set & signal_set_of(first[i])) {
            return first[i];
        }
    }
    return __builtin_ctzll(set) + 1;
}

int signals_due(const struct proc *proc)
{
    uint64_t ready = proc->pending & ~(model_planted == MODEL_PLANT_SIGNALS ? 0 : proc->mask);

    if (proc->fatal || proc->vfork_child) {
        return proc->fatal; /* who waits for a vfork takes nothing less */
    }
    while (ready) {
        int signal = next_of(ready);
        ready &= ~signal_set_of(signal);
        if (proc->actions[signal - 1].handler == SIG_DFL && !does_nothing(proc, signal)) {
            return signal;
        }
    }
    return 0;
}

bool signals_call_handler(const struct proc *proc)
{
    uint64_t ready = proc->vfork_child ? 0 : proc->pending & ~proc->mask;

    for (int signal = 1; signal <= SIGNAL_MAX; signal++) {
        if ((ready & signal_set_of(signal)) && proc->actions[signal - 1].handler > SIG_IGN) {
            return true;
        }
    }
    return false;
}

void signals_take(struct proc *proc)
{
    if (!proc->vfork_child) {
        proc->pending &= proc->mask;
    }
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

    if (handler == SIG_IGN || (handler == SIG_DFL && !ends_by_default(signal))) {
        proc->pending &= ~signal_set_of(signal);
    }
}

bool signals_want_no_zombies(const struct proc *proc)
{
    const struct abi_sigaction *action = &proc->actions[SIGCHLD - 1];

    return action->handler == SIG_IGN || (action->flags & SA_NOCLDWAIT);
}
