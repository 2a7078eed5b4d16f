#include "fuzz/input/context.h"

#include "abi/linux.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/operands.h"

enum { NOBODY = INPUT_INSNS_MAX + 1 };

void context_begin(struct context *context, struct random *random)
{
    context->random = random;
    context->people[0] = (struct person){0};
    context->people_count = 1;
    context->who = 0;
    context->pipes.count = 0;
    context->files.count = 0;
    context->pidfds.count = 0;
    context->signalfds.count = 0;
    context->addresses.count = 0;
}

/* ---- what an instruction does to people ---- */

static unsigned find_person(const struct context *context, unsigned actor)
{
    for (unsigned i = 0; i < context->people_count; i++) {
        if (context->people[i].actor == actor) {
            return i;
        }
    }
    return NOBODY;
}

unsigned context_index(const struct context *context, unsigned actor)
{
    unsigned index = find_person(context, actor);

    return index == NOBODY ? 0 : index;
}

static unsigned count_children(const struct context *context, unsigned parent)
{
    unsigned count = 0;

    for (unsigned i = 1; i < context->people_count; i++) {
        const struct person *person = &context->people[i];
        count += !person->is_gone && person->first == i && person->parent == parent;
    }
    return count;
}

/* How many threads a process has. */
static unsigned count_threads(const struct context *context, unsigned first)
{
    unsigned count = 0;

    for (unsigned i = 0; i < context->people_count; i++) {
        count += !context->people[i].is_gone && context->people[i].first == first;
    }
    return count;
}

static void end_threads(struct context *context, unsigned first)
{
    for (unsigned i = 0; i < context->people_count; i++) {
        if (context->people[i].first == first) {
            context->people[i].is_gone = true;
        }
    }
}

/* A process ends, by what its thread does or somebody does to that. */
static void end_person(struct context *context, unsigned index)
{
    unsigned first = context->people[index].first;
    struct person *parent = &context->people[context->people[first].parent];

    if (first == 0 || context->people[index].is_gone) {
        return;
    }
    end_threads(context, first);
    index = first;
    if (parent->is_waiting && parent->reads == 0) {
        parent->is_waiting = false;
    } else {
        parent->zombies++;
    }
    for (unsigned i = 1; i < context->people_count; i++) {
        if (context->people[i].parent == index) {
            context->people[i].parent = 0;
        }
    }
}

/* Whether a path, or what is to be spawned, is /long. */
static bool has_long(const struct operand *operand)
{
    return operand->kind == OPERAND_SLOT &&
           (operand->index == SLOT_path_long || operand->index == SLOT_spawn_long);
}

/* Whether there is a child to be expected. */
static bool is_likely(const struct insn *insn)
{
    const uint64_t known = CLONE_SIGNAL_MASK | CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID |
                           CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_FS | CLONE_FILES |
                           CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS;
    const struct operand *what = &insn->args[0];

    if (insn->nr == NR_clone) {
        return what->kind == OPERAND_NUMBER && !((uint64_t)what->value & ~known);
    }
    return what->kind == OPERAND_SLOT && what->value == 0 &&
           (insn->nr == NR_clone3
                ? what->index >= SLOT_clone_fork && what->index <= SLOT_clone_thread
                : what->index == SLOT_spawn_init || what->index == SLOT_spawn_long ||
                      what->index == SLOT_spawn_memory);
}

static bool makes_thread(const struct insn *insn)
{
    const struct operand *what = &insn->args[0];

    if (insn->nr == NR_clone3) {
        return what->kind == OPERAND_SLOT && what->index == SLOT_clone_thread;
    }
    return insn->nr == NR_clone && ((uint64_t)what->value & CLONE_THREAD);
}

static void add_person(struct context *context, unsigned parent, const struct insn *insn,
                       unsigned index)
{
    const uint64_t vfork = CLONE_VFORK;
    bool is_vforked = insn->nr == NR_clone && ((uint64_t)insn->args[0].value & vfork);
    bool is_thread = makes_thread(insn);
    unsigned maker = context->people[parent].first;

    if (context->people_count > INPUT_INSNS_MAX || !is_likely(insn)) {
        return;
    }
    is_vforked |= insn->nr == NR_clone3 && insn->args[0].kind == OPERAND_SLOT &&
                  insn->args[0].index == SLOT_clone_vfork;
    context->people[parent].is_waiting |= is_vforked;
    context->people[context->people_count] = (struct person){
        .actor = (uint8_t)(index + 1),
        .parent = is_thread ? context->people[maker].parent : (uint8_t)maker,
        .first = (uint8_t)(is_thread ? maker : context->people_count),
        .exec_at = insn->nr == NR_spawn ? (uint8_t)(index + 1) : 0,
        .is_vforked = is_vforked,
        .handled = insn->nr == NR_spawn ? 0 : context->people[parent].handled,
        .has_long =
            insn->nr == NR_spawn ? has_long(&insn->args[0]) : context->people[parent].has_long,
    };
    context->people_count++;
}

static void see_wait(struct context *context, unsigned who, const struct operand *options)
{
    struct person *person = &context->people[who];
    struct person *first = &context->people[person->first];

    if (first->zombies > 0) {
        first->zombies--;
    } else if (!(options->kind == OPERAND_NUMBER && (options->value & WNOHANG)) &&
               count_children(context, person->first) > 0) {
        person->is_waiting = true;
    }
}

static bool is_fatal(int64_t signal)
{
    return signal > 0 && signal <= SIGNAL_MAX && signal != SIGCHLD && signal != SIGCONT &&
           signal != SIGURG && signal != SIGWINCH && !(signal >= SIGSTOP && signal <= SIGTTOU);
}

/* All, or all of a group, which is mostly init's. */
static void end_many(struct context *context, unsigned but)
{
    for (unsigned i = 1; i < context->people_count; i++) {
        if (context->people[i].first != but) {
            end_person(context, i);
        }
    }
}

/* A handler is called, if the person has one. */
static bool see_caught(struct person *person, int64_t signal)
{
    if (signal <= 0 || signal > SIGNAL_MAX || !(person->handled >> (signal - 1) & 1)) {
        return false;
    }
    person->handlers++;
    return true;
}

static void see_action(struct person *person, const struct insn *insn)
{
    const struct operand *signal = &insn->args[0];
    const struct operand *action = &insn->args[1];
    bool is_handler = action->index == SLOT_action_handle || action->index == SLOT_action_restart ||
                      action->index == SLOT_action_onstack;

    if (signal->kind != OPERAND_NUMBER || signal->value <= 0 || signal->value > SIGNAL_MAX ||
        action->kind != OPERAND_SLOT) {
        return;
    }
    uint64_t bit = UINT64_C(1) << (signal->value - 1);
    person->handled = is_handler ? person->handled | bit : person->handled & ~bit;
}

/* A signal to oneself, as kill(0) mostly is. */
static bool see_own(struct person *person, const struct insn *insn)
{
    return insn->args[0].kind == OPERAND_NUMBER && insn->args[0].value == 0 &&
           insn->args[1].kind == OPERAND_NUMBER && see_caught(person, insn->args[1].value);
}

static void see_kill(struct context *context, unsigned who, const struct insn *insn)
{
    const struct operand *pid = &insn->args[0];

    if (insn->args[1].kind == OPERAND_RESULT || !is_fatal(insn->args[1].value)) {
        return;
    }
    if (pid->kind == OPERAND_RESULT) {
        unsigned index = find_person(context, pid->index + 1u);
        if (index != NOBODY && pid->part == 0) {
            end_person(context, index);
        }
    } else if (pid->kind == OPERAND_NUMBER && (pid->value == -1 || pid->value == 0)) {
        end_many(context, pid->value == -1 ? context->people[who].first : 0);
    }
}

/* The pipe that an instruction reads from or writes to, or NULL. */
static struct giver *find_pipe(struct context *context, const struct operand *fd)
{
    for (unsigned i = 0; i < CONTEXT_LISTED && i < context->pipes.count; i++) {
        if (fd->kind == OPERAND_RESULT && context->pipes.list[i].insn == fd->index) {
            return &context->pipes.list[i];
        }
    }
    return NULL;
}

static void see_transfer(struct context *context, unsigned who, const struct insn *insn)
{
    struct giver *pipe = find_pipe(context, &insn->args[0]);
    bool reads = insn->nr == NR_read || insn->nr == NR_readv;

    if (!pipe || reads == insn->args[0].part) {
        return;
    }
    if (reads && !pipe->is_filled) {
        context->people[who].is_waiting = true;
        context->people[who].reads = (uint8_t)(pipe->insn + 1);
        return;
    }
    pipe->is_filled = !reads;
    for (unsigned i = 0; i < context->people_count; i++) {
        struct person *person = &context->people[i];
        if (!reads && person->is_waiting && person->reads == pipe->insn + 1) {
            person->is_waiting = false;
            person->reads = 0;
            pipe->is_filled = false;
            return;
        }
    }
}

/* Who waits for a word with no end does nothing until somebody wakes somebody: the word is not
 * looked at. */
static void see_futex(struct context *context, unsigned who, const struct insn *insn)
{
    const int64_t flags = FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME;
    int64_t command = insn->args[1].value & ~flags;
    bool waits = command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET;

    if (insn->args[1].kind != OPERAND_NUMBER) {
        return;
    }
    if (waits) {
        bool is_endless = insn->args[3].kind == OPERAND_NUMBER && insn->args[3].value == 0;
        bool is_zero = insn->args[2].kind == OPERAND_NUMBER && insn->args[2].value == 0;
        context->people[who].is_waiting |= is_endless && is_zero;
        context->people[who].has_futex |= is_endless && is_zero;
        return;
    }
    for (unsigned i = 0; i < context->people_count; i++) {
        struct person *person = &context->people[i];
        if (person->has_futex) {
            person->is_waiting = false;
            person->has_futex = false;
            return;
        }
    }
}

/* Nobody refers to it any more. */
static void see_unmap(struct context *context, const struct operand *address)
{
    for (unsigned i = 0; i < CONTEXT_LISTED && i < context->addresses.count; i++) {
        if (address->kind == OPERAND_RESULT && context->addresses.list[i].insn == address->index) {
            context->addresses.list[i].person = NOBODY;
        }
    }
}

/* The last of its process ends that, too. */
static void see_exit(struct context *context, unsigned who)
{
    if (count_threads(context, context->people[who].first) > 1) {
        context->people[who].is_gone = true;
    } else {
        end_person(context, who);
    }
}

/* Who runs a program is alone, and has the number of its process. */
static void see_exec(struct context *context, unsigned who, const struct insn *insn, unsigned index)
{
    struct person *first = &context->people[context->people[who].first];

    end_threads(context, context->people[who].first);
    first->is_gone = false;
    first->is_waiting = false;
    first->has_futex = false;
    first->reads = 0;
    first->exec_at = (uint8_t)(index + 1);
    first->has_long = has_long(&insn->args[insn->nr == NR_execveat]);
    if (first->is_vforked) {
        context->people[first->parent].is_waiting = false;
        first->is_vforked = false;
    }
}

static void see_call(struct context *context, unsigned who, const struct insn *insn, unsigned index)
{
    struct person *person = &context->people[who];

    switch (insn->nr) {
    case NR_exit:
        see_exit(context, who);
        break;
    case NR_exit_group:
        end_person(context, who);
        break;
    case NR_execve:
    case NR_execveat:
        see_exec(context, who, insn, index);
        person->handlers = 0;
        person->handled = 0;
        break;
    case NR_wait4:
        see_wait(context, who, &insn->args[2]);
        break;
    case NR_waitid:
        see_wait(context, who, &insn->args[3]);
        break;
    case NR_futex:
        see_futex(context, who, insn);
        break;
    case NR_rt_sigaction:
        see_action(person, insn);
        break;
    case NR_rt_sigreturn:
        person->handlers -= person->handlers > 0;
        break;
    case NR_kill:
    case NR_tkill:
        if (!see_own(person, insn)) {
            see_kill(context, who, insn);
        }
        break;
    case NR_munmap:
    case NR_mremap:
        see_unmap(context, &insn->args[0]);
        break;
    case NR_read:
    case NR_readv:
    case NR_write:
    case NR_writev:
        see_transfer(context, who, insn);
        break;
    default:
        break;
    }
}

static void note(struct givers *givers, unsigned insn, unsigned person)
{
    givers->list[givers->count++ % CONTEXT_LISTED] =
        (struct giver){(uint8_t)insn, (uint8_t)person, false};
}

void context_see(struct context *context, const struct insn *insn, unsigned index)
{
    unsigned who = find_person(context, insn->actor);

    if (who == NOBODY) {
        return;
    }
    switch (insn_gives(insn)) {
    case GIVES_PROCESS:
        add_person(context, who, insn, index);
        break;
    case GIVES_FDS:
        note(&context->pipes, index, who);
        break;
    case GIVES_FD:
        note(&context->files, index, who);
        if (insn->nr == NR_pidfd_open) {
            note(&context->pidfds, index, who);
        } else if (insn->nr == NR_signalfd4) {
            note(&context->signalfds, index, who);
        }
        break;
    case GIVES_ADDRESS:
        if (insn->nr != NR_brk) { /* which gives the end of something */
            note(&context->addresses, index, who);
        }
        break;
    default:
        break;
    }
    if (insn->op == OP_CALL) {
        see_call(context, who, insn, index);
    }
}

/* ---- choosing ---- */

static bool can_act(const struct context *context, unsigned index)
{
    return !context->people[index].is_gone && !context->people[index].is_waiting;
}

static bool can_wait(const struct context *context, unsigned index)
{
    unsigned first = context->people[index].first;

    return can_act(context, index) &&
           (context->people[first].zombies > 0 || count_children(context, first) > 0);
}

static bool is_alive(const struct context *context, unsigned index)
{
    return !context->people[index].is_gone;
}

static bool is_child(const struct context *context, unsigned index)
{
    const struct person *person = &context->people[index];

    return person->first == index && person->parent == context->people[context->who].first;
}

static bool is_one_of_many(const struct context *context, unsigned index)
{
    return can_act(context, index) && count_threads(context, context->people[index].first) > 1;
}

/* One of those from first on for whom it holds, or NOBODY. */
static unsigned choose(struct context *context, unsigned first,
                       bool (*holds)(const struct context *context, unsigned index))
{
    unsigned chosen = NOBODY;
    unsigned count = 0;

    for (unsigned i = first; i < context->people_count; i++) {
        if (holds(context, i) && random_below(context->random, ++count) == 0) {
            chosen = i;
        }
    }
    return chosen;
}

unsigned context_anybody(struct context *context)
{
    unsigned chosen = choose(context, 0, can_act);
    unsigned other = choose(context, 0, can_act);

    chosen = chosen < other ? chosen : other; /* who is older is more likely there */
    if (random_below(context->random, 40) == 0) {
        return random_below(context->random, context->people_count);
    }
    return chosen == NOBODY ? 0 : chosen;
}

bool context_thread(struct context *context, unsigned *person)
{
    *person = choose(context, 0, is_one_of_many);
    return *person != NOBODY;
}

bool context_parent(struct context *context, unsigned *person)
{
    *person = choose(context, 0, can_wait);
    return *person != NOBODY;
}

unsigned context_child(struct context *context)
{
    unsigned chosen = choose(context, 1, can_act);

    return chosen == NOBODY ? context_anybody(context) : chosen;
}

static bool is_inside(const struct context *context, unsigned index)
{
    return can_act(context, index) && context->people[index].handlers > 0;
}

unsigned context_handler(struct context *context)
{
    unsigned chosen = random_below(context->random, 4) ? choose(context, 0, is_inside) : NOBODY;

    return chosen == NOBODY ? context_anybody(context) : chosen;
}

static bool refer_to(const struct context *context, unsigned index, struct operand *operand)
{
    if (index == NOBODY) {
        return false;
    }
    *operand = (struct operand){OPERAND_RESULT, (uint8_t)(context->people[index].actor - 1), 0, 0};
    return true;
}

bool context_refer_to_process(struct context *context, struct operand *operand)
{
    unsigned chosen = NOBODY;

    if (context->people_count == 1) {
        return false;
    }
    if (random_below(context->random, 8) != 0) {
        chosen = choose(context, 1, is_alive);
    }
    if (chosen == NOBODY) {
        chosen = 1 + random_below(context->random, context->people_count - 1);
    }
    return refer_to(context, chosen, operand);
}

struct operand context_refer_to_first(const struct context *context, unsigned person)
{
    struct operand operand = operand_number(1);
    unsigned first = context->people[person].first;

    if (first != 0) {
        (void)refer_to(context, first, &operand);
    }
    return operand;
}

bool context_refer_to_child(struct context *context, struct operand *operand)
{
    return refer_to(context, choose(context, 1, is_child), operand);
}

/* Whether a person, or before it was made an ancestor, has made it, and kept it if exec takes such
 * things away. */
static bool has(const struct context *context, const struct giver *giver, bool ends_with_exec)
{
    unsigned index = context->people[context->who].first;
    unsigned until = INPUT_INSNS_MAX;

    for (;;) {
        const struct person *person = &context->people[index];
        if (giver->insn >= until || (ends_with_exec && giver->insn < person->exec_at)) {
            return false;
        }
        bool is_own = giver->person < NOBODY && context->people[giver->person].first == index;
        if (is_own || index == 0) {
            return is_own;
        }
        until = person->actor - 1u;
        index = person->parent;
    }
}

bool context_refer(struct context *context, const struct givers *givers, struct operand *operand)
{
    unsigned kept = givers->count < CONTEXT_LISTED ? givers->count : CONTEXT_LISTED;
    unsigned count = 0;

    for (unsigned i = 0; i < kept; i++) {
        if (has(context, &givers->list[i], givers == &context->addresses) &&
            random_below(context->random, ++count) == 0) {
            *operand = (struct operand){OPERAND_RESULT, givers->list[i].insn, 0, 0};
        }
    }
    return count > 0;
}
