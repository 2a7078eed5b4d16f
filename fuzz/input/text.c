#include "fuzz/input/text.h"

#include "abi/linux.h"
#include "base/print.h"
#include "base/string.h"
#include "fuzz/input/expected.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/names.h"
#include "fuzz/input/symbols.h"

/* ---- names of results ---- */

static void mark(const struct input *input, bool named[INPUT_INSNS_MAX])
{
    for (unsigned i = 0; i < input->count; i++) {
        const struct insn *insn = &input->insns[i];
        named[i] = insn_makes_process(insn);
        for (unsigned k = 0; k < INPUT_ARGS; k++) {
            if (insn->args[k].kind == OPERAND_RESULT && insn->args[k].index < i) {
                named[insn->args[k].index] = true;
            }
        }
    }
}

void result_names(const struct input *input, struct result_names *names)
{
    bool named[INPUT_INSNS_MAX] = {false};
    unsigned count = 0;

    mark(input, named);
    for (unsigned i = 0; i < INPUT_INSNS_MAX; i++) {
        names->of[i] = named[i] ? (uint8_t)count++ : RESULT_UNNAMED;
    }
}

static unsigned name_of(const struct result_names *names, unsigned index)
{
    return names->of[index % INPUT_INSNS_MAX];
}

/* ---- instructions ---- */

static void put_added(struct text *text, int64_t value)
{
    if (value != 0) {
        text_printf(text, value < 0 ? "-" : "+");
        symbol_put_number(text, value < 0 ? -value : value);
    }
}

static void put_operand(struct text *text, const struct result_names *names,
                        const struct input *input, const struct operand *operand, unsigned kind)
{
    unsigned count;
    const int64_t *values;

    switch ((enum operand_kind)operand->kind) {
    case OPERAND_RESULT:
        text_printf(text, "%sr%u", kind == ARG_PID && operand->part ? "-" : "",
                    name_of(names, operand->index));
        if (insn_gives(&input->insns[operand->index % INPUT_INSNS_MAX]) == GIVES_FDS &&
            kind != ARG_PID) {
            text_printf(text, "[%u]", operand->part);
        }
        put_added(text, operand->value);
        break;
    case OPERAND_NAMED:
        values = insn_values(kind, &count);
        symbol_put(text, kind, values[operand->index % count]);
        break;
    case OPERAND_SLOT:
        text_printf(text, "&%s", image_slots[operand->index % image_slot_count].name);
        put_added(text, operand->value);
        break;
    default:
        symbol_put(text, kind, operand->value);
        break;
    }
}

bool text_may_be_left_off(unsigned kind, const struct operand *operand)
{
    int64_t value = kind == ARG_ACCESS_SIZE ? 8 : 0;

    return (insn_kind_is_pointer(kind) || kind == ARG_PRCTL_MORE || kind == ARG_ACCESS_SIZE) &&
           operand->kind == OPERAND_NUMBER && operand->value == value;
}

static unsigned shown_args(const struct insn_type *type, const struct insn *insn)
{
    unsigned count = type->arg_count;

    while (count > 1 && text_may_be_left_off(type->kinds[count - 1], &insn->args[count - 1])) {
        count--;
    }
    return count;
}

bool text_is_fork(const struct insn_type *type, const struct insn *insn)
{
    return insn->op == OP_CALL && insn->nr == NR_clone && shown_args(type, insn) == 1 &&
           insn->args[0].kind == OPERAND_NUMBER && insn->args[0].value == SIGCHLD;
}

static void put_actor(struct text *text, const struct result_names *names, uint8_t actor)
{
    if (actor == 0) {
        text_printf(text, "init");
    } else {
        text_printf(text, "r%u", name_of(names, actor - 1u));
    }
}

static void put_properties(struct text *text, const struct result_names *names,
                           const struct insn *insn)
{
    if (insn->fail_nth) {
        text_printf(text, " (fail_nth: %u%s)", insn->fail_nth,
                    insn->fails_forever ? " forever" : "");
    }
    if (insn->preempt != INSN_NOBODY) {
        text_printf(text, " (preempt: ");
        put_actor(text, names, insn->preempt);
        text_char(text, ')');
    }
    if (insn->window) {
        text_printf(text, " (window: %u %s)", insn->window, window_event_names[insn->window_event]);
    }
}

static void put_insn(struct text *text, const struct result_names *names, const struct input *input,
                     unsigned index)
{
    const struct insn *insn = &input->insns[index];
    const struct insn_type *type = insn_type_find(insn->op, insn->nr);

    if (insn->actor != 0) {
        text_char(text, '@');
        put_actor(text, names, insn->actor);
        text_char(text, ' ');
    }
    if (name_of(names, index) != RESULT_UNNAMED) {
        text_printf(text, "r%u = ", name_of(names, index));
    }
    if (text_is_fork(type, insn)) {
        text_printf(text, "fork()");
    } else {
        unsigned count = shown_args(type, insn);
        text_printf(text, "%s(", type->name);
        for (unsigned i = 0; i < count; i++) {
            text_printf(text, i ? ", " : "");
            put_operand(text, names, input, &insn->args[i], type->kinds[i]);
        }
        text_char(text, ')');
    }
    put_properties(text, names, insn);
}

/* ---- all of it ---- */

static void put_config(struct text *text, const struct input_config *config)
{
    text_printf(text,
                "# config: frames=%u reuse=%s tlb=%s asid_bits=%u schedule=%s changes=%u seed=%u\n",
                config->frames, config->is_lifo ? "lifo" : "fifo",
                config->is_natural_tlb ? "natural" : "adversarial", config->asid_bits,
                schedule_names[config->schedule % SCHEDULE_COUNT], config->change_count,
                config->schedule_seed);
}

const char *const schedule_names[SCHEDULE_COUNT] = {"eager", "lazy", "pct", "given"};
_Static_assert(SCHEDULE_COUNT == 4, "each has a name");
const char *const window_event_names[WINDOW_EVENTS] = {
    [WINDOW_NOTHING] = "nothing", [WINDOW_TIMER] = "timer",   [WINDOW_INTERRUPT_KEY] = "interrupt",
    [WINDOW_QUIT_KEY] = "quit",   [WINDOW_STOP_KEY] = "stop",
};

static struct text begin(char *bytes, size_t size)
{
    return (struct text){bytes, size - 1, 0};
}

static size_t end(const struct text *text)
{
    text->bytes[text->len] = '\0';
    return text->len;
}

size_t repro_print(const struct repro *repro, char *bytes, size_t size)
{
    const struct input *input = &repro->input;
    struct text text = begin(bytes, size);
    struct result_names names;

    if (repro->check[0]) {
        text_printf(&text, "# check: %s\n", repro->check);
    }
    put_config(&text, &input->config);
    result_names(input, &names);
    for (unsigned i = 0; i < input->count; i++) {
        put_insn(&text, &names, input, i);
        if (repro->has_expected[i]) {
            text_printf(&text, " -> ");
            expected_put(&text, &input->insns[i], &repro->expected[i]);
        }
        text_char(&text, '\n');
    }
    return end(&text);
}

size_t repro_print_insn(const struct input *input, unsigned index, char *bytes, size_t size)
{
    struct text text = begin(bytes, size);
    struct result_names names;

    result_names(input, &names);
    put_insn(&text, &names, input, index);
    return end(&text);
}

size_t repro_print_outcome(const struct insn *insn, const struct outcome *outcome, char *bytes,
                           size_t size)
{
    struct text text = begin(bytes, size);

    expected_put(&text, insn, outcome);
    return end(&text);
}
