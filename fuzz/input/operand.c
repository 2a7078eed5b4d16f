#include "fuzz/input/operand.h"

#include "fuzz/input/image.h"

#define MISSING UINT64_MAX

unsigned operand_kind_of(const struct insn *insn, unsigned arg)
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);

    return type && arg < type->arg_count ? type->kinds[arg] : ARG_NONE;
}

/* What an instruction gave: the PID of a child that its parent waits for (vfork) is there too. */
static bool has_result(const struct outcome *outcome)
{
    switch (outcome->kind) {
    case EVENT_RESULT:
        return outcome->result >= 0 || outcome->result < -4095;
    case EVENT_LOADED:
        return true;
    case EVENT_BLOCKED:
        return outcome->result > 0;
    default:
        return false;
    }
}

static uint64_t result_value(const struct operand *operand, unsigned kind,
                             const struct outcome *outcome)
{
    uint64_t added = (uint64_t)operand->value;

    if (!has_result(outcome)) {
        return MISSING;
    }
    if (kind == ARG_PID) {
        return (operand->part ? -(uint64_t)outcome->result : (uint64_t)outcome->result) + added;
    }
    if (outcome->kind == EVENT_RESULT && (outcome->parts[0] || outcome->parts[1])) {
        return (uint64_t)outcome->parts[operand->part & 1] + added;
    }
    return (uint64_t)outcome->result + added;
}

uint64_t operand_value(const struct operand *operand, unsigned kind, const struct outcome *outcomes)
{
    unsigned count;
    const int64_t *values;

    switch ((enum operand_kind)operand->kind) {
    case OPERAND_RESULT:
        return result_value(operand, kind, &outcomes[operand->index % INPUT_INSNS_MAX]);
    case OPERAND_NAMED:
        values = insn_values(kind, &count);
        return (uint64_t)values[operand->index % count];
    case OPERAND_SLOT:
        return IMAGE_SCRATCH + image_slots[operand->index % image_slot_count].offset +
               (uint64_t)operand->value;
    default:
        return (uint64_t)operand->value;
    }
}

void operand_values(const struct insn *insn, const struct outcome *outcomes,
                    uint64_t args[INPUT_ARGS])
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);
    unsigned count = type ? type->arg_count : 0;

    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        args[i] = i < count ? operand_value(&insn->args[i], type->kinds[i], outcomes) : 0;
    }
    if (insn->op == OP_LOAD) {
        args[0] &= ~(args[1] - 1);
    } else if (insn->op == OP_STORE) {
        args[0] &= ~(args[2] - 1);
    } else if (insn->op == OP_JUMP) {
        args[0] &= ~UINT64_C(3);
    }
}
