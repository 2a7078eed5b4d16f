#include "proc/signal.h"

#include "abi/linux.h"
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

void signal_send(struct process *process, int signal)
{
    if (process->state != PROCESS_LIVE || process == process_first() || !signal_is_fatal(signal)) {
        return;
    }
    if (process->fatal_signal == 0 || signal == SIGKILL) {
        process->fatal_signal = signal;
    }
    sched_wake(process->thread);
}

void signal_send_group(struct pid *group, int signal)
{
    LIST_FOR(link, &group->members) {
        signal_send(CONTAINER_OF(link, struct process, group_link), signal);
        plat_irq_window();
    }
}
