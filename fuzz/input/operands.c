#include "fuzz/input/operands.h"

#include "abi/linux.h"
#include "fuzz/input/generate.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"

enum { PAGE = 4096 };

/* Those that come first are the usual ones. */
static struct operand any_value(struct context *context, unsigned kind)
{
    unsigned count;
    const int64_t *values = insn_values(kind, &count);
    unsigned index = random_below(context->random, 1 + random_below(context->random, count));

    if (number_encodable(values[index]) == values[index]) {
        return operand_number(values[index]);
    }
    return (struct operand){OPERAND_NAMED, (uint8_t)index, 0, 0};
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

/* Somewhere in memory, seldom where nothing is, of init hardly ever: that would be the end of all.
 * The last of the pages behind the scratch page is the one whose rights are changed (any_range). */
static struct operand any_place(struct context *context)
{
    struct operand operand;
    bool is_init = context->who == 0;
    int64_t word = 8 * (int64_t)random_below(context->random, 4);
    unsigned dice = random_below(context->random, is_init ? 256 : 32);
    int64_t page = PAGE * (int64_t)random_below(context->random, 2);

    if (dice == 0) {
        return any_value(context, ARG_PLACE);
    }
    if (dice < (is_init ? 2 : 4)) {
        return operand_number((int64_t)IMAGE_ZEROS + 2 * PAGE + word);
    }
    if (dice < 6 && context->people[context->who].has_long) {
        return operand_number((int64_t)IMAGE_LONG + 8 * (int64_t)random_below(context->random, 24));
    }
    if (dice < 10) {
        operand = operand_slot(SLOT_data);
        operand.value = word;
        return operand;
    }
    if (dice % (is_init ? 6 : 2) == 0 && context_refer(context, &context->addresses, &operand)) {
        operand.value = word + (!is_init && random_below(context->random, 4) == 0 ? page : 0);
        return operand;
    }
    return operand_number((int64_t)IMAGE_ZEROS + page + word);
}

/* What is unmapped, or whose rights change. */
static struct operand any_range(struct context *context)
{
    struct operand operand;
    unsigned dice = random_below(context->random, 16);

    if (dice == 0) {
        return any_value(context, ARG_ADDR);
    }
    if (dice < 4 || !context_refer(context, &context->addresses, &operand)) {
        return operand_number((int64_t)IMAGE_ZEROS + (dice == 1 ? 0 : 2 * PAGE));
    }
    operand.value = PAGE * (int64_t)(random_below(context->random, 8) == 0);
    return operand;
}

static struct operand any_pid(struct context *context)
{
    struct operand operand;

    if (random_below(context->random, 5) == 0 || !context_refer_to_process(context, &operand)) {
        return any_value(context, ARG_PID);
    }
    operand.part = random_below(context->random, 6) == 0;
    return operand;
}

static struct operand any_descriptor(struct context *context)
{
    struct operand operand;
    unsigned dice = random_below(context->random, 16);

    if (dice < 11 && context_refer(context, &context->pipes, &operand)) {
        operand.part = random_below(context->random, 2);
        return operand;
    }
    if (dice < 15 && context_refer(context, &context->files, &operand)) {
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
    if (random_below(context->random, 100) == 0 && kind != ARG_PLACE) {
        return any_number(context);
    }
    switch (kind) {
    case ARG_PID:
        return any_pid(context);
    case ARG_FD:
    case ARG_DIRFD:
        return any_descriptor(context);
    case ARG_PLACE:
        return any_place(context);
    case ARG_ADDR:
        return any_range(context);
    case ARG_VALUE:
        return random_below(context->random, 4) == 0
                   ? any_value(context, kind)
                   : operand_number(1 + random_below(context->random, 999));
    case ARG_PRCTL_ARG:
    case ARG_FCNTL_ARG:
        return any_value(context, kind);
    case ARG_CLONE_ARG:
    case ARG_ENVV:
        return random_below(context->random, 4) == 0 ? any_pointer(context, kind)
                                                     : operand_number(0);
    default:
        return insn_kind_is_pointer(kind) ? any_pointer(context, kind) : any_value(context, kind);
    }
}

static void set_usual_map(struct context *context, struct insn *insn)
{
    bool is_shared = random_below(context->random, 3) == 0;
    bool has_place = random_below(context->random, 6) == 0;

    bool is_large =
        random_below(context->random, 12) == 0; /* more than there is room for in a pipe */

    insn->args[1] =
        operand_number(PAGE * (1 + (is_large ? 16 : 0) + random_below(context->random, 3)));
    if (random_below(context->random, 6) != 0) {
        insn->args[2] = operand_number(PROT_READ | PROT_WRITE);
    }
    if (!has_place) {
        insn->args[0] = operand_number(0);
    }
    if (random_below(context->random, 6) != 0) {
        insn->args[3] = operand_number(MAP_ANONYMOUS | (is_shared ? MAP_SHARED : MAP_PRIVATE) |
                                       (has_place ? MAP_FIXED : 0));
    }
    insn->args[5] = operand_number(0);
}

/* Arguments that must be right for a call to look at anything else: mostly they are. */
static void set_usual(struct context *context, struct insn *insn)
{
    if (random_below(context->random, 10) == 0) {
        return;
    }
    switch (insn->nr) {
    case NR_rt_sigaction:
    case NR_rt_sigprocmask:
    case NR_rt_sigtimedwait:
        insn->args[3] = operand_number(SIGNAL_SET_SIZE);
        break;
    case NR_set_robust_list:
        insn->args[1] = operand_number((int64_t)sizeof(struct abi_robust_list_head));
        break;
    case NR_rt_sigpending:
    case NR_rt_sigsuspend:
        insn->args[1] = operand_number(SIGNAL_SET_SIZE);
        break;
    case NR_clone3:
        insn->args[1] =
            operand_number(random_below(context->random, 4) ? (int64_t)sizeof(struct abi_clone_args)
                                                            : CLONE_ARGS_SIZE_VER0);
        break;
    case NR_sched_getattr:
        insn->args[2] =
            operand_number(random_below(context->random, 2) ? (int64_t)sizeof(struct abi_sched_attr)
                                                            : SCHED_ATTR_SIZE_VER0);
        insn->args[3] = operand_number(0);
        break;
    case NR_waitid:
        insn->args[3] =
            operand_number(random_below(context->random, 2) ? WEXITED : WEXITED | WNOHANG);
        break;
    case NR_wait4:
        insn->args[2] = operand_number(random_below(context->random, 4) == 0 ? WNOHANG : 0);
        break;
    case NR_dup3:
        insn->args[1] = operand_number(3 + random_below(context->random, 8));
        break;
    case NR_setpgid:
        if (random_below(context->random, 2)) {
            insn->args[1] = operand_number(0);
        }
        break;
    case NR_pipe2:
        insn->args[1] = operand_number(random_below(context->random, 4) == 0 ? O_NONBLOCK : 0);
        break;
    case NR_mmap:
        set_usual_map(context, insn);
        break;
    case NR_close_range:
        insn->args[1] = operand_number(-1);
        insn->args[2] = operand_number(random_below(context->random, 2) ? 0 : CLOSE_RANGE_CLOEXEC);
        break;
    case NR_mremap:
        insn->args[1] = operand_number(PAGE * (1 + random_below(context->random, 2)));
        insn->args[2] = operand_number(PAGE * (1 + random_below(context->random, 4)));
        break;
    case NR_munmap:
    case NR_mprotect:
    case NR_madvise:
    case NR_msync:
        insn->args[1] = operand_number(PAGE * (1 + random_below(context->random, 2)));
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
        set_usual(context, insn);
    }
}
