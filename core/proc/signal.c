#include "proc/signal.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"
#include "proc/process.h"
#include "proc/sched.h"

static struct {
    struct pool actions;
    struct pool tables;
    struct list all_actions;
    struct list all_tables;
} signals;

void signal_init(void)
{
    pool_init(&signals.actions, "actions", sizeof(struct signal_actions));
    pool_init(&signals.tables, "signal", sizeof(struct signal_table));
    list_init(&signals.all_actions);
    list_init(&signals.all_tables);
}

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

/* Whether taking the signal would change nothing. */
static bool is_idle(const struct signal_actions *own, int signal)
{
    signal_set_t bit = signal_bit(signal);

    return (own->ignored & bit) || (!(own->handled & bit) && !signal_is_fatal(signal));
}

/* The same, of a process: init ends by no signal that is sent to it. */
static bool does_nothing(const struct process *process, int signal)
{
    const struct signal_actions *own = process->signals.actions;

    return is_idle(own, signal) ||
           (process == process_first() && !(own->handled & signal_bit(signal)));
}

void signal_send(struct process *process, int signal)
{
    struct signals *own = &process->signals;
    signal_set_t bit = signal_bit(signal);

    if (process->state != PROCESS_LIVE || own->fatal) {
        return;
    }
    struct thread *thread = CONTAINER_OF(process->threads.next, struct thread, process_link);
    if (thread->signal_mask & bit) {
        own->pending |= bit;
        return;
    }
    if (does_nothing(process, signal)) {
        return;
    }
    /* As on Linux, what comes behind a signal that is still to be taken waits for its turn. */
    bool is_first = signal == SIGKILL || !(own->pending & ~thread->signal_mask);
    if (is_first && !(own->actions->handled & bit) && !dumps_core(signal)) {
        own->fatal = signal;
    } else {
        own->pending |= bit;
    }
    sched_wake(thread);
}

void signal_send_group(struct pid *group, int signal)
{
    LIST_FOR(link, &group->members) {
        struct process *member = CONTAINER_OF(link, struct process, group_link);
        if (PLANTED(L_86) && member->pid->number == plant_memory) {
            plant_memory = 0;
            continue;
        }
        signal_send(member, signal);
        plat_irq_window();
    }
}

/* Which of a set is taken first: one that a fault may have raised, then the lowest. */
static int first_of(signal_set_t set)
{
    const signal_set_t faults = signal_bit(SIGSEGV) | signal_bit(SIGBUS) | signal_bit(SIGILL) |
                                signal_bit(SIGTRAP) | signal_bit(SIGFPE) | signal_bit(SIGSYS);

    return __builtin_ctzll(set & faults ? set & faults : set) + 1;
}

int signal_take(struct thread *thread)
{
    struct process *process = thread->process;
    struct signals *own = &process->signals;
    signal_set_t ready = own->pending & ~thread->signal_mask;

    if (own->fatal || thread->vfork_child) {
        return own->fatal; /* who waits for a vfork's end takes nothing less */
    }
    own->pending &= ~ready;
    while (ready != 0) {
        int signal = first_of(ready);
        ready &= ~signal_bit(signal);
        if (!does_nothing(process, signal) && !(own->actions->handled & signal_bit(signal))) {
            return signal;
        }
    }
    return 0;
}

void signal_set_mask(struct thread *thread, signal_set_t mask)
{
    thread->signal_mask = mask & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
}

struct abi_sigaction signal_action(const struct process *process, int signal)
{
    const struct signal_actions *own = process->signals.actions;

    if (!own) {
        return (struct abi_sigaction){0}; /* it has ended */
    }
    if (own->table) {
        return own->table->actions[signal - 1];
    }
    return (struct abi_sigaction){.handler = own->ignored & signal_bit(signal) ? SIG_IGN : SIG_DFL};
}

static struct signal_table *table_create(const struct process *process)
{
    struct signal_table *table = pool_alloc(&signals.tables);

    if (table) {
        table->users = 1;
        for (int i = 1; i <= SIGNAL_MAX; i++) {
            table->actions[i - 1] = signal_action(process, i);
        }
        list_append(&signals.all_tables, &table->link);
    }
    return table;
}

static void table_put(struct signal_table *table)
{
    if (table && --table->users == 0) {
        list_remove(&table->link);
        pool_free(&signals.tables, table);
    }
}

int signal_set_action(struct process *process, int signal, const struct abi_sigaction *action)
{
    struct signal_actions *own = process->signals.actions;
    signal_set_t bit = signal_bit(signal);

    if (!own->table || (own->table->users > 1 && !PLANTED(M_39))) {
        struct signal_table *table = table_create(process);
        if (!table) {
            return -ENOMEM;
        }
        table_put(own->table);
        own->table = table;
    }
    own->table->actions[signal - 1] = *action;
    own->ignored &= ~bit;
    own->handled &= ~bit;
    if (action->handler == SIG_IGN) {
        own->ignored |= bit;
    } else if (action->handler != SIG_DFL) {
        own->handled |= bit;
    }
    if (is_idle(own, signal)) {
        process->signals.pending &= ~bit;
    }
    return 0;
}

bool signal_wants_no_zombies(const struct process *process)
{
    struct abi_sigaction action = signal_action(process, SIGCHLD);

    return action.handler == SIG_IGN || (action.flags & SA_NOCLDWAIT);
}

static struct signal_actions *actions_fork(const struct signal_actions *from)
{
    struct signal_actions *made = pool_alloc(&signals.actions);

    if (!made) {
        return NULL;
    }
    if (from) {
        *made = *from;
        if (made->table) {
            made->table->users++;
        }
    }
    made->users = 1;
    made->seen = 0;
    list_init(&made->link);
    list_append(&signals.all_actions, &made->link);
    return made;
}

static void actions_put(struct signal_actions *actions)
{
    if (--actions->users == 0) {
        table_put(actions->table);
        list_remove(&actions->link);
        pool_free(&signals.actions, actions);
    }
}

int signal_fork(const struct process *parent, struct process *child, bool is_shared)
{
    struct signal_actions *from = parent ? parent->signals.actions : NULL;

    if (is_shared) {
        from->users++;
        child->signals.actions = from;
    } else {
        child->signals.actions = actions_fork(from);
    }
    if (PLANTED(X_33) && parent) {
        child->signals.fatal = plant_memory;
        plant_memory = 0;
    }
    return child->signals.actions ? 0 : -ENOMEM;
}

void signal_end(struct process *process)
{
    if (PLANTED(X_33)) {
        plant_memory = process->signals.fatal;
    }
    actions_put(process->signals.actions);
    process->signals.actions = NULL;
}

int signal_unshare(struct process *process)
{
    struct signal_actions *shared = process->signals.actions;

    if (shared->users == 1) {
        return 0;
    }
    struct signal_actions *own = actions_fork(shared);
    if (!own) {
        return -ENOMEM;
    }
    actions_put(shared);
    process->signals.actions = own;
    return 0;
}

void signal_reset_handlers(struct process *process)
{
    struct signal_actions *own = process->signals.actions;

    ASSERT(own->users == 1);
    table_put(own->table);
    own->table = NULL;
    own->handled = 0;
}

const struct list *signal_all_actions(void)
{
    return &signals.all_actions;
}

const struct list *signal_tables(void)
{
    return &signals.all_tables;
}

void signal_check(const struct process *process)
{
    struct signal_actions *own = process->signals.actions;

    if (own->seen++ > 0) {
        return;
    }
    ASSERT((own->ignored & own->handled) == 0);
    if (!own->table) {
        ASSERT(own->handled == 0);
        return;
    }
    own->table->seen++;
    for (int i = 0; i < SIGNAL_MAX; i++) {
        uint64_t handler = own->table->actions[i].handler;
        ASSERT((handler == SIG_IGN) == (own->ignored >> i & 1));
        ASSERT((handler > SIG_IGN) == (own->handled >> i & 1));
    }
}

void signal_check_tables(void)
{
    size_t count = 0;

    LIST_FOR(link, &signals.all_actions) {
        struct signal_actions *actions = CONTAINER_OF(link, struct signal_actions, link);
        ASSERT(actions->users == actions->seen);
        actions->seen = 0;
        count++;
    }
    ASSERT(count == signals.actions.used);
    pool_check(&signals.actions);
    count = 0;
    LIST_FOR(link, &signals.all_tables) {
        struct signal_table *table = CONTAINER_OF(link, struct signal_table, link);
        ASSERT(table->users == table->seen);
        table->seen = 0;
        count++;
    }
    ASSERT(count == signals.tables.used);
    pool_check(&signals.tables);
}
