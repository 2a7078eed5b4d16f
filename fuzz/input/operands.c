#include "fuzz/input/operands.h"

#include "abi/linux.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"

enum { PAGE = 4096 };

static struct operand any_value(struct context *context, unsigned kind)
{
    unsigned count;

    insn_values(kind, &count);
    return (struct operand){OPERAND_NAMED, (uint8_t)random_below(context->random, count), 0, 0};
}

static struct operand any_number(struct context *context)
{
    uint64_t bits = random_next(context->random);

    return operand_number((int64_t)(bits >> (1 + random_below(context->random, 63))));
}

/* Of those that are meant for a kind; false: there is none. */
static bool any_slot(struct context *context, unsigned kind, struct operand *operand)
{
    unsigned count = 0;

    for (unsigned i = 0; i < image_slot_count; i++) {
        if (image_slots[i].kind == kind && random_below(context->random, ++count) == 0) {
            *operand = operand_slot(i);
        }
    }
    return count > 0;
}

/* Somewhere in memory, seldom where nothing is. */
static struct operand any_place(struct context *context)
{
    struct operand operand;
    int64_t word = 8 * (int64_t)random_below(context->random, 4);
    int64_t page = PAGE * (int64_t)random_below(context->random, IMAGE_ZERO_PAGES);

    switch (random_below(context->random, 8)) {
    case 0:
        return any_value(context, ARG_PLACE);
    case 1:
        operand = operand_slot(SLOT_data);
        operand.value = word;
        return operand;
    case 2:
    case 3:
    case 4:
        if (context_refer(context, context->addresses, context->address_count, &operand)) {
            operand.value = word + (page & -(int64_t)random_below(context->random, 2));
            return operand;
        }
        break;
    default:
        break;
    }
    return operand_number((int64_t)IMAGE_ZEROS + page + word);
}

static struct operand any_pid(struct context *context)
{
    struct operand operand;

    if (random_below(context->random, 3) == 0 || !context_refer_to_process(context, &operand)) {
        return any_value(context, ARG_PID);
    }
    operand.part = random_below(context->random, 6) == 0;
    return operand;
}

static struct operand any_descriptor(struct context *context)
{
    struct operand operand;
    unsigned dice = random_below(context->random, 8);

    if (dice < 5 && context_refer(context, context->pipes, context->pipe_count, &operand)) {
        operand.part = random_below(context->random, 2);
        return operand;
    }
    if (dice < 7 && context_refer(context, context->files, context->file_count, &operand)) {
        return operand;
    }
    return any_value(context, ARG_FD);
}

static struct operand any_pointer(struct context *context, unsigned kind)
{
    struct operand operand;
    unsigned dice = random_below(context->random, 16);

    if (dice == 0) {
        return operand_number(0);
    }
    if (dice == 1) {
        return any_value(context, ARG_ADDR);
    }
    if (dice == 2 || !any_slot(context, kind, &operand)) {
        return any_place(context);
    }
    return operand;
}

static struct operand any_operand(struct context *context, unsigned kind)
{
    if (random_below(context->random, 64) == 0) {
        return any_number(context);
    }
    switch (kind) {
    case ARG_PID:
        return any_pid(context);
    case ARG_FD:
    case ARG_DIRFD:
        return any_descriptor(context);
    case ARG_PLACE:
    case ARG_ADDR:
        return any_place(context);
    case ARG_PRCTL_ARG:
    case ARG_FCNTL_ARG:
        return any_value(context, kind);
    case ARG_CLONE_ARG:
        return random_below(context->random, 4) == 0 ? any_pointer(context, kind)
                                                     : operand_number(0);
    case ARG_ENVV:
        return random_below(context->random, 4) == 0 ? any_pointer(context, kind)
                                                     : operand_number(0);
    default:
        return insn_kind_is_pointer(kind) ? any_pointer(context, kind) : any_value(context, kind);
    }
}

/* Sizes that must be right for a call to look at anything else. */
static void set_sizes(struct context *context, struct insn *insn)
{
    if (random_below(context->random, 16) == 0) {
        return;
    }
    switch (insn->nr) {
    case NR_rt_sigaction:
    case NR_rt_sigprocmask:
        insn->args[3] = operand_number(SIGNAL_SET_SIZE);
        break;
    case NR_rt_sigpending:
        insn->args[1] = operand_number(SIGNAL_SET_SIZE);
        break;
    case NR_clone3:
        insn->args[1] =
            operand_number(random_below(context->random, 4) ? (int64_t)sizeof(struct abi_clone_args)
                                                            : CLONE_ARGS_SIZE_VER0);
        break;
    case NR_waitid:
        if (random_below(context->random, 2)) {
            insn->args[3] = operand_number(WEXITED);
        }
        break;
    default:
        break;
    }
}

void operands_choose(struct context *context, struct insn *insn)
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);

    for (unsigned i = 0; i < type->arg_count; i++) {
        insn->args[i] = any_operand(context, type->kinds[i]);
    }
    if (insn->op == OP_CALL) {
        set_sizes(context, insn);
    }
}
