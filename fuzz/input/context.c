#include "fuzz/input/context.h"

#include "abi/linux.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"

enum { NOBODY = INPUT_INSNS_MAX + 1 };

void context_begin(struct context *context, struct random *random)
{
    context->random = random;
    context->people[0] = (struct person){0};
    context->people_count = 1;
    context->pipe_count = 0;
    context->file_count = 0;
    context->address_count = 0;
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

static void end_person(struct context *context, unsigned index)
{
    struct person *person = &context->people[index];
    struct person *parent = &context->people[person->parent];

    if (index == 0 || person->is_gone) {
        return;
    }
    person->is_gone = true;
    if (parent->is_waiting) {
        parent->is_waiting = false;
    } else {
        parent->zombies++;
    }
    parent->children = (uint8_t)(parent->children - (parent->children > 0));
}

static void add_person(struct context *context, unsigned parent, const struct insn *insn,
                       unsigned index)
{
    const uint64_t vfork = CLONE_VFORK;
    bool is_vforked = insn->nr == NR_clone && ((uint64_t)insn->args[0].value & vfork);

    if (context->people_count > INPUT_INSNS_MAX) {
        return;
    }
    is_vforked |= insn->nr == NR_clone3 && insn->args[0].kind == OPERAND_SLOT &&
                  insn->args[0].index == SLOT_clone_vfork;
    context->people[parent].children++;
    context->people[parent].is_waiting |= is_vforked;
    context->people[context->people_count++] = (struct person){
        .actor = (uint8_t)(index + 1), .parent = (uint8_t)parent, .is_vforked = is_vforked};
}

static void see_wait(struct person *person, const struct operand *options)
{
    if (person->zombies > 0) {
        person->zombies--;
    } else if (person->children > 0 &&
               !(options->kind == OPERAND_NUMBER && (options->value & WNOHANG))) {
        person->is_waiting = true;
    }
}

static void see_kill(struct context *context, const struct insn *insn)
{
    int64_t signal = insn->args[1].value;
    const struct operand *who = &insn->args[0];

    if (who->kind == OPERAND_RESULT && who->part == 0 && (signal == SIGKILL || signal == SIGTERM)) {
        unsigned index = find_person(context, who->index + 1u);
        if (index != NOBODY) {
            end_person(context, index);
        }
    }
}

static void see_call(struct context *context, unsigned who, const struct insn *insn)
{
    struct person *person = &context->people[who];

    switch (insn->nr) {
    case NR_exit:
    case NR_exit_group:
        end_person(context, who);
        break;
    case NR_execve:
    case NR_execveat:
        if (person->is_vforked) {
            context->people[person->parent].is_waiting = false;
            person->is_vforked = false;
        }
        break;
    case NR_wait4:
        see_wait(person, &insn->args[2]);
        break;
    case NR_waitid:
        see_wait(person, &insn->args[3]);
        break;
    case NR_kill:
        see_kill(context, insn);
        break;
    default:
        break;
    }
}

static void note(uint8_t *list, unsigned *count, unsigned index)
{
    list[(*count)++ % CONTEXT_LISTED] = (uint8_t)index;
}

void context_see(struct context *context, const struct insn *insn, unsigned index)
{
    unsigned who = find_person(context, insn->actor);

    switch (insn_gives(insn)) {
    case GIVES_PROCESS:
        add_person(context, who == NOBODY ? 0 : who, insn, index);
        break;
    case GIVES_FDS:
        note(context->pipes, &context->pipe_count, index);
        break;
    case GIVES_FD:
        note(context->files, &context->file_count, index);
        break;
    case GIVES_ADDRESS:
        note(context->addresses, &context->address_count, index);
        break;
    default:
        break;
    }
    if (insn->op == OP_CALL && who != NOBODY) {
        see_call(context, who, insn);
    }
}

/* ---- choosing ---- */

static bool can_act(const struct person *person)
{
    return !person->is_gone && !person->is_waiting;
}

static bool can_wait(const struct person *person)
{
    return can_act(person) && (person->children > 0 || person->zombies > 0);
}

/* One of those from first on for whom it holds, or NOBODY. */
static unsigned choose(struct context *context, unsigned first,
                       bool (*holds)(const struct person *))
{
    unsigned chosen = NOBODY;
    unsigned count = 0;

    for (unsigned i = first; i < context->people_count; i++) {
        if (holds(&context->people[i]) && random_below(context->random, ++count) == 0) {
            chosen = i;
        }
    }
    return chosen;
}

unsigned context_anybody(struct context *context)
{
    unsigned chosen = choose(context, 0, can_act);

    if (random_below(context->random, 20) == 0) {
        return random_below(context->random, context->people_count);
    }
    return chosen == NOBODY ? 0 : chosen;
}

unsigned context_parent(struct context *context)
{
    unsigned chosen = choose(context, 0, can_wait);

    return chosen == NOBODY ? context_anybody(context) : chosen;
}

unsigned context_child(struct context *context)
{
    unsigned chosen = choose(context, 1, can_act);

    return chosen == NOBODY ? context_anybody(context) : chosen;
}

bool context_refer_to_process(struct context *context, struct operand *operand)
{
    if (context->people_count == 1) {
        return false;
    }
    unsigned index = 1 + random_below(context->random, context->people_count - 1);
    *operand = (struct operand){OPERAND_RESULT, (uint8_t)(context->people[index].actor - 1), 0, 0};
    return true;
}

bool context_refer(struct context *context, const uint8_t *list, unsigned count,
                   struct operand *operand)
{
    if (count == 0) {
        return false;
    }
    unsigned kept = count < CONTEXT_LISTED ? count : CONTEXT_LISTED;
    *operand = (struct operand){OPERAND_RESULT, list[random_below(context->random, kept)], 0, 0};
    return true;
}
