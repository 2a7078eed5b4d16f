#include "fuzz/input/normal.h"

#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"

enum { ASID_BITS_MAX = 16, CHANGES_MAX = 15 };

/* What the instructions before one give. */
struct scan {
    unsigned count;
    uint8_t gives[INPUT_INSNS_MAX];
};

static const struct operand zero = {OPERAND_NUMBER, 0, 0, 0};

/* ---- references ---- */

/* The instruction that index stands for: itself if it gives something for the kind, or else one
 * that does, chosen by index. INPUT_INSNS_MAX: there is none. */
static unsigned find_giver(const struct scan *scan, unsigned index, unsigned kind)
{
    unsigned givers[INPUT_INSNS_MAX];
    unsigned count = 0;

    if (index < scan->count && insn_kind_takes(kind, scan->gives[index])) {
        return index;
    }
    for (unsigned i = 0; i < scan->count; i++) {
        if (insn_kind_takes(kind, scan->gives[i])) {
            givers[count++] = i;
        }
    }
    return count ? givers[index % count] : INPUT_INSNS_MAX;
}

/* The same for who acts: 0 is init, n + 1 the process that instruction n made. */
static uint8_t find_actor(const struct scan *scan, unsigned actor)
{
    uint8_t actors[INPUT_INSNS_MAX + 1] = {0};
    unsigned count = 1;

    if (actor == 0 || (actor <= scan->count && scan->gives[actor - 1] == GIVES_PROCESS)) {
        return (uint8_t)actor;
    }
    for (unsigned i = 0; i < scan->count; i++) {
        if (scan->gives[i] == GIVES_PROCESS) {
            actors[count++] = (uint8_t)(i + 1);
        }
    }
    return actors[actor % count];
}

/* ---- operands ---- */

static int64_t short_value(int64_t value)
{
    return (int16_t)(uint16_t)value;
}

static struct operand normal_result(const struct scan *scan, struct operand operand, unsigned kind)
{
    unsigned giver = find_giver(scan, operand.index, kind);
    int64_t value = short_value(operand.value);

    if (giver == INPUT_INSNS_MAX) {
        return (struct operand){OPERAND_NUMBER, 0, 0, value};
    }
    bool has_parts = kind == ARG_PID || scan->gives[giver] == GIVES_FDS;
    return (struct operand){OPERAND_RESULT, (uint8_t)giver, has_parts ? operand.part & 1 : 0,
                            value};
}

static struct operand normal_operand(const struct scan *scan, struct operand operand, unsigned kind)
{
    unsigned count;
    const int64_t *values = insn_values(kind, &count);

    switch (operand.kind) {
    case OPERAND_RESULT:
        return normal_result(scan, operand, kind);
    case OPERAND_NAMED:
        operand.index = (uint8_t)(operand.index % count);
        if (number_encodable(values[operand.index]) == values[operand.index]) {
            return (struct operand){OPERAND_NUMBER, 0, 0, values[operand.index]};
        }
        return (struct operand){OPERAND_NAMED, operand.index, 0, 0};
    case OPERAND_SLOT:
        if (!insn_kind_is_wide(kind)) {
            return (struct operand){OPERAND_NUMBER, 0, 0, operand.index};
        }
        return (struct operand){OPERAND_SLOT, (uint8_t)(operand.index % image_slot_count), 0,
                                short_value(operand.value)};
    default:
        return (struct operand){OPERAND_NUMBER, 0, 0, number_encodable(operand.value)};
    }
}

/* Of a load or a store; 0 is 8. */
static struct operand normal_size(struct operand operand)
{
    int64_t value = operand.kind == OPERAND_NUMBER ? operand.value : 0;

    if (value != 1 && value != 2 && value != 4 && value != 8) {
        value = value == 0 ? 8 : INT64_C(1) << (value & 3);
    }
    return (struct operand){OPERAND_NUMBER, 0, 0, value};
}

static struct operand normal_byte(struct operand operand)
{
    return (struct operand){OPERAND_NUMBER, 0, 0, operand.value & 0xff};
}

/* ---- instructions ---- */

/* What is loaded from and stored to is aligned, and so are instructions. */
static void align_place(struct insn *insn)
{
    int64_t size = insn->op == OP_LOAD    ? insn->args[1].value
                   : insn->op == OP_STORE ? insn->args[2].value
                                          : 4;

    insn->args[0].value &= -size;
}

static void normalise_args(const struct scan *scan, struct insn *insn, const struct insn_type *type)
{
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        struct operand *arg = &insn->args[i];
        unsigned kind = i < type->arg_count ? type->kinds[i] : ARG_NONE;
        *arg = i >= type->arg_count      ? zero
               : kind == ARG_ACCESS_SIZE ? normal_size(*arg)
               : kind == ARG_BYTE        ? normal_byte(*arg)
                                         : normal_operand(scan, *arg, kind);
    }
    if (type->kinds[0] == ARG_PLACE) {
        align_place(insn);
    }
}

static void normalise_properties(const struct scan *with_itself, struct insn *insn)
{
    bool can_fail = insn_can_fail(insn);

    if (insn->preempt != INSN_NOBODY) {
        insn->preempt = can_fail ? find_actor(with_itself, insn->preempt) : INSN_NOBODY;
    }
    insn->window_event %= WINDOW_EVENTS;
    if (!can_fail) {
        insn->fail_nth = 0;
        insn->window = 0;
    }
    if (insn->fail_nth == 0) {
        insn->fails_forever = false;
    }
    if (insn->window == 0 || insn->window_event == WINDOW_NOTHING) {
        insn->window = 0;
        insn->window_event = WINDOW_NOTHING;
    }
}

static void normalise_insn(struct scan *scan, struct insn *insn)
{
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);

    if (!type) {
        type = insn_type_find(OP_CALL, NR_getpid);
    }
    insn->op = type->op;
    insn->nr = type->nr;
    insn->actor = insn_has_actor(insn) ? find_actor(scan, insn->actor) : 0;
    normalise_args(scan, insn, type);
    scan->gives[scan->count++] = (uint8_t)insn_gives(insn);
    normalise_properties(scan, insn);
}

static void normalise_config(struct input_config *config)
{
    enum { FRAMES = INPUT_FRAMES_MAX - INPUT_FRAMES_MIN + 1 };

    if (config->frames < INPUT_FRAMES_MIN || config->frames > INPUT_FRAMES_MAX) {
        config->frames = (uint16_t)(INPUT_FRAMES_MIN + config->frames % FRAMES);
    }
    if (config->asid_bits < 1 || config->asid_bits > ASID_BITS_MAX) {
        config->asid_bits = (uint8_t)(1 + config->asid_bits % ASID_BITS_MAX);
    }
    config->schedule %= SCHEDULE_COUNT;
    config->change_count &= CHANGES_MAX;
}

void input_normalise(struct input *input)
{
    struct scan scan = {0};

    normalise_config(&input->config);
    if (input->count > INPUT_INSNS_MAX) {
        input->count = INPUT_INSNS_MAX;
    }
    for (unsigned i = 0; i < input->count; i++) {
        normalise_insn(&scan, &input->insns[i]);
    }
}
