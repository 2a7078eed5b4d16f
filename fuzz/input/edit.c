#include "fuzz/input/edit.h"

/* Where references go: by number of the instruction. */
typedef unsigned move(const void *how, unsigned index);

static uint8_t move_actor(uint8_t actor, move *where, const void *how)
{
    return actor == 0 || actor == INSN_NOBODY ? actor : (uint8_t)(where(how, actor - 1u) + 1);
}

static void move_references(struct insn *insn, move *where, const void *how)
{
    insn->actor = move_actor(insn->actor, where, how);
    insn->preempt = move_actor(insn->preempt, where, how);
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        if (insn->args[i].kind == OPERAND_RESULT) {
            insn->args[i].index = (uint8_t)where(how, insn->args[i].index);
        }
    }
}

/* ---- inserting ---- */

struct gap {
    unsigned at;
    unsigned count;
};

static unsigned move_up(const void *how, unsigned index)
{
    const struct gap *gap = how;

    return index >= gap->at ? index + gap->count : index;
}

void edit_open(struct input *input, unsigned at, unsigned count)
{
    const struct gap gap = {at, count};
    unsigned end = input->count + count;

    end = end < INPUT_INSNS_MAX ? end : INPUT_INSNS_MAX;
    for (unsigned i = end; i-- > at + count;) {
        input->insns[i] = input->insns[i - count];
        move_references(&input->insns[i], move_up, &gap);
    }
    input->count = end;
}

/* ---- removing ---- */

static unsigned move_down(const void *how, unsigned index)
{
    const struct gap *gap = how;

    return index >= gap->at + gap->count ? index - gap->count : index;
}

/* Who acts in place of the child of an instruction that goes. */
static uint8_t heir(const struct input *input, const struct gap *gap, uint8_t actor)
{
    while (actor != 0 && actor != INSN_NOBODY && actor - 1u >= gap->at &&
           actor - 1u < gap->at + gap->count) {
        actor = input->insns[actor - 1].actor;
    }
    return actor;
}

void edit_remove(struct input *input, unsigned at, unsigned count)
{
    const struct gap gap = {at, count};

    for (unsigned i = at + count; i < input->count; i++) {
        struct insn *insn = &input->insns[i];
        insn->actor = heir(input, &gap, insn->actor);
        insn->preempt = heir(input, &gap, insn->preempt);
    }
    for (unsigned i = at; i + count < input->count; i++) {
        input->insns[i] = input->insns[i + count];
        move_references(&input->insns[i], move_down, &gap);
    }
    input->count -= count;
}

/* ---- copying ---- */

struct shift {
    unsigned from;
    unsigned count;
    unsigned to;
};

static unsigned move_along(const void *how, unsigned index)
{
    const struct shift *shift = how;

    return index >= shift->from && index < shift->from + shift->count
               ? index - shift->from + shift->to
               : index;
}

void edit_copy(struct input *input, unsigned to, const struct input *source, unsigned from,
               unsigned count)
{
    const struct shift shift = {from, count, to};

    for (unsigned i = 0; i < count; i++) {
        input->insns[to + i] = source->insns[from + i];
        move_references(&input->insns[to + i], move_along, &shift);
    }
}
