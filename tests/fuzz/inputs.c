#include "inputs.h"

#include "fuzz/input/insn.h"
#include "test.h"

void inputs_random_bytes(struct random *random, uint8_t *to, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        to[i] = (uint8_t)random_next(random);
    }
}

static bool equal_operands(const struct operand *a, const struct operand *b)
{
    return a->kind == b->kind && a->index == b->index && a->part == b->part && a->value == b->value;
}

bool inputs_equal_insns(const struct insn *a, const struct insn *b)
{
    bool equal = a->op == b->op && a->nr == b->nr && a->actor == b->actor &&
                 a->preempt == b->preempt && a->fail_nth == b->fail_nth &&
                 a->fails_forever == b->fails_forever && a->window == b->window &&
                 a->window_event == b->window_event;

    for (unsigned i = 0; equal && i < INPUT_ARGS; i++) {
        equal = equal_operands(&a->args[i], &b->args[i]);
    }
    return equal;
}

void inputs_expect_equal(const struct input *a, const struct input *b)
{
    EXPECT_EQ(a->config.frames, b->config.frames);
    EXPECT_EQ(a->config.is_lifo, b->config.is_lifo);
    EXPECT_EQ(a->config.is_natural_tlb, b->config.is_natural_tlb);
    EXPECT_EQ(a->config.asid_bits, b->config.asid_bits);
    EXPECT_EQ(a->config.schedule, b->config.schedule);
    EXPECT_EQ(a->config.change_count, b->config.change_count);
    EXPECT_EQ(a->config.schedule_seed, b->config.schedule_seed);
    EXPECT_EQ(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++) {
        test_note("instruction %u", i);
        EXPECT(inputs_equal_insns(&a->insns[i], &b->insns[i]));
    }
}

void inputs_expect_normal(const struct input *checked)
{
    for (unsigned i = 0; i < checked->count; i++) {
        const struct insn *insn = &checked->insns[i];
        const struct insn_type *type = insn_type_find(insn->op, insn->nr);
        EXPECT(type != NULL);
        EXPECT(insn->actor == 0 ||
               (insn->actor <= i && insn_makes_process(&checked->insns[insn->actor - 1])));
        EXPECT(insn->preempt == 0 || insn->preempt == INSN_NOBODY ||
               (insn->preempt <= i + 1 && insn_makes_process(&checked->insns[insn->preempt - 1])));
        for (unsigned k = 0; k < INPUT_ARGS; k++) {
            const struct operand *arg = &insn->args[k];
            EXPECT(k < type->arg_count || (arg->kind == OPERAND_NUMBER && arg->value == 0));
            EXPECT(arg->kind != OPERAND_RESULT ||
                   (arg->index < i &&
                    insn_kind_takes(type->kinds[k], insn_gives(&checked->insns[arg->index]))));
        }
    }
}
