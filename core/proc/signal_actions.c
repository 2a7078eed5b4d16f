#include "proc/signal_actions.h"

#include "abi/errno.h"
#include "base/panic.h"
#include "base/plant.h"
#include "mm/pool.h"
#include "proc/process.h"
#include "proc/signal.h"

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

int signal_put_action(struct process *process, int signal, const struct abi_sigaction *action)
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
    return 0;
}

int signal_reset_action(struct process *process, int signal)
{
    struct abi_sigaction action = signal_action(process, signal);

    action.handler = SIG_DFL;
    return signal_put_action(process, signal, &action);
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
        ASSERT(from);
        from->users++;
        child->signals.actions = from;
    } else {
        child->signals.actions = actions_fork(from);
    }
    pending_begin(&child->signals.pending);
    if (PLANTED(SIG_1) && parent) {
        child->signals.pending.set = parent->signals.pending.set;
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
