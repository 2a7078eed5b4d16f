#include "fuzz/input/minimise.h"

#include "abi/linux.h"
#include "fuzz/input/edit.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/normal.h"

enum {
    PAIRS_MAX = 16, /* instructions, up to which any two are tried to go together */
    SEEDS_TRIED = 8,
    LONGEST_RUN = 16,
    NEGATIVE = 100, /* how much simpler a number is without a sign */
};

struct minimiser {
    struct input *input; /* the smallest so far */
    struct input tried;
    minimise_holds *holds;
    void *context;
    unsigned asked;
};

/* ---- trying ---- */

static bool equal_operands(const struct operand *a, const struct operand *b)
{
    return a->kind == b->kind && a->index == b->index && a->part == b->part && a->value == b->value;
}

static bool equal_insns(const struct insn *a, const struct insn *b)
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

static bool equal_inputs(const struct input *a, const struct input *b)
{
    bool equal = a->count == b->count && a->config.frames == b->config.frames &&
                 a->config.is_lifo == b->config.is_lifo &&
                 a->config.is_natural_tlb == b->config.is_natural_tlb &&
                 a->config.asid_bits == b->config.asid_bits &&
                 a->config.schedule == b->config.schedule &&
                 a->config.change_count == b->config.change_count &&
                 a->config.schedule_seed == b->config.schedule_seed;

    for (unsigned i = 0; equal && i < a->count; i++) {
        equal = equal_insns(&a->insns[i], &b->insns[i]);
    }
    return equal;
}

/* A change begins with a copy of the best. */
static struct input *begin(struct minimiser *minimiser)
{
    minimiser->tried = *minimiser->input;
    return &minimiser->tried;
}

/* Keeps what was changed, if it is a change and it holds still. */
static bool keep(struct minimiser *minimiser)
{
    input_normalise(&minimiser->tried);
    if (equal_inputs(&minimiser->tried, minimiser->input)) {
        return false;
    }
    minimiser->asked++;
    if (!minimiser->holds(minimiser->context, &minimiser->tried)) {
        return false;
    }
    *minimiser->input = minimiser->tried;
    return true;
}

/* ---- instructions ---- */

static bool cut_to(struct minimiser *minimiser, unsigned count)
{
    begin(minimiser)->count = count;
    return keep(minimiser);
}

/* The shortest beginning that holds, if those that do not are shorter than those that do. */
static bool cut_tail(struct minimiser *minimiser)
{
    unsigned low = 0;
    unsigned before = minimiser->input->count;

    while (low < minimiser->input->count) {
        unsigned middle = (low + minimiser->input->count) / 2;
        if (!cut_to(minimiser, middle)) {
            low = middle + 1;
        }
    }
    return minimiser->input->count < before;
}

static bool remove_runs(struct minimiser *minimiser)
{
    bool has_changed = false;

    for (unsigned run = LONGEST_RUN; run > 0; run /= 2) {
        for (unsigned at = minimiser->input->count; at-- > 0;) {
            if (at + run <= minimiser->input->count) {
                edit_remove(begin(minimiser), at, run);
                has_changed |= keep(minimiser);
            }
        }
    }
    return has_changed;
}

/* Marks an instruction, and all that its child and those that it makes do. */
static void mark_family(const struct input *input, unsigned maker, bool marked[INPUT_INSNS_MAX])
{
    for (unsigned i = 0; i < input->count; i++) {
        uint8_t actor = input->insns[i].actor;
        marked[i] = i == maker || (i > maker && actor > 0 && marked[actor - 1] &&
                                   insn_makes_process(&input->insns[actor - 1]));
    }
}

/* Whole processes, with all that they and their children do. */
static bool remove_families(struct minimiser *minimiser)
{
    bool marked[INPUT_INSNS_MAX];
    bool has_changed = false;

    for (unsigned maker = minimiser->input->count; maker-- > 0;) {
        if (maker >= minimiser->input->count ||
            !insn_makes_process(&minimiser->input->insns[maker])) {
            continue;
        }
        struct input *tried = begin(minimiser);
        mark_family(tried, maker, marked);
        for (unsigned i = tried->count; i-- > 0;) {
            if (marked[i]) {
                edit_remove(tried, i, 1);
            }
        }
        has_changed |= keep(minimiser);
    }
    return has_changed;
}

static bool remove_pairs(struct minimiser *minimiser)
{
    bool has_changed = false;

    if (minimiser->input->count > PAIRS_MAX) {
        return false;
    }
    for (unsigned last = minimiser->input->count; last-- > 1;) {
        for (unsigned first = last; first-- > 0;) {
            if (last >= minimiser->input->count) {
                break;
            }
            struct input *tried = begin(minimiser);
            edit_remove(tried, last, 1);
            edit_remove(tried, first, 1);
            has_changed |= keep(minimiser);
        }
    }
    return has_changed;
}

/* ---- what an instruction is ---- */

/* A child that comes about in any other way is replaced by one that is forked. */
static bool make_fork(struct minimiser *minimiser, unsigned index)
{
    struct insn *insn = &begin(minimiser)->insns[index];

    if (!insn_makes_process(insn)) {
        return false;
    }
    insn->nr = NR_clone;
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        insn->args[i] = (struct operand){OPERAND_NUMBER, 0, 0, i == 0 ? SIGCHLD : 0};
    }
    return keep(minimiser);
}

static bool simplify_insns(struct minimiser *minimiser)
{
    bool has_changed = false;

    for (unsigned i = minimiser->input->count; i-- > 0;) {
        has_changed |= make_fork(minimiser, i);
        begin(minimiser)->insns[i].preempt = INSN_NOBODY;
        has_changed |= keep(minimiser);
        begin(minimiser)->insns[i].window = 0;
        has_changed |= keep(minimiser);
        begin(minimiser)->insns[i].fail_nth = 0;
        has_changed |= keep(minimiser);
        begin(minimiser)->insns[i].fails_forever = false;
        has_changed |= keep(minimiser);
        begin(minimiser)->insns[i].actor = 0;
        has_changed |= keep(minimiser);
    }
    return has_changed;
}

/* Properties that must stay: the first of those that will do. */
static bool lower_properties(struct minimiser *minimiser)
{
    bool has_changed = false;

    for (unsigned i = 0; i < minimiser->input->count; i++) {
        for (unsigned n = 1; n < minimiser->input->insns[i].fail_nth; n++) {
            begin(minimiser)->insns[i].fail_nth = (uint8_t)n;
            has_changed |= keep(minimiser);
        }
        for (unsigned n = 1; n < minimiser->input->insns[i].window; n++) {
            begin(minimiser)->insns[i].window = (uint8_t)n;
            has_changed |= keep(minimiser);
        }
    }
    return has_changed;
}

/* ---- the configuration ---- */

static bool simplify_schedule(struct minimiser *minimiser)
{
    static const uint8_t simpler[] = {SCHEDULE_EAGER, SCHEDULE_LAZY};
    const struct input_config *config = &minimiser->input->config;
    bool has_changed = false;

    for (unsigned i = 0; i < sizeof(simpler) && simpler[i] < config->schedule; i++) {
        begin(minimiser)->config.schedule = simpler[i];
        has_changed |= keep(minimiser);
    }
    for (unsigned count = 0; count < config->change_count; count++) {
        begin(minimiser)->config.change_count = (uint8_t)count;
        has_changed |= keep(minimiser);
    }
    for (unsigned seed = 0; seed < SEEDS_TRIED && seed < config->schedule_seed; seed++) {
        begin(minimiser)->config.schedule_seed = (uint16_t)seed;
        has_changed |= keep(minimiser);
    }
    return has_changed;
}

static bool simplify_config(struct minimiser *minimiser)
{
    const struct input_config dull = input_dull_config();
    bool has_changed = false;

    begin(minimiser)->config = dull;
    has_changed |= keep(minimiser);
    begin(minimiser)->config.frames = dull.frames;
    has_changed |= keep(minimiser);
    begin(minimiser)->config.is_lifo = dull.is_lifo;
    has_changed |= keep(minimiser);
    begin(minimiser)->config.is_natural_tlb = dull.is_natural_tlb;
    has_changed |= keep(minimiser);
    begin(minimiser)->config.asid_bits = dull.asid_bits;
    has_changed |= keep(minimiser);
    return simplify_schedule(minimiser) || has_changed;
}

/* ---- arguments ---- */

/* How much there is to an operand. Each change of one must lower it, so that there is an end. */
static uint64_t weight_of(const struct operand *operand)
{
    uint64_t value = (uint64_t)operand->value;
    uint64_t size = operand->value < 0 ? NEGATIVE + 2 * -value : 2 * value;

    switch ((enum operand_kind)operand->kind) {
    case OPERAND_NUMBER:
        return size;
    case OPERAND_SLOT:
        return UINT64_C(1) << 20 | (uint64_t)operand->index << 1 | (operand->value != 0);
    case OPERAND_RESULT:
        return UINT64_C(1) << 21 | (uint64_t)operand->part << 1 | (operand->value != 0);
    default:
        return UINT64_MAX;
    }
}

static bool try_operand(struct minimiser *minimiser, unsigned index, unsigned arg,
                        struct operand operand)
{
    const struct operand *now = &minimiser->input->insns[index].args[arg];

    if (weight_of(&operand) >= weight_of(now)) {
        return false;
    }
    struct input *tried = begin(minimiser);
    tried->insns[index].args[arg] = operand;
    input_normalise(tried);
    return weight_of(&tried->insns[index].args[arg]) < weight_of(now) && keep(minimiser);
}

/* The usual size is the dull one, though others are less. */
static bool widen_access(struct minimiser *minimiser, unsigned index, unsigned arg)
{
    begin(minimiser)->insns[index].args[arg] = (struct operand){OPERAND_NUMBER, 0, 0, 8};
    return keep(minimiser);
}

/* A number without one of its bits, from the highest on. */
static bool drop_bits(struct minimiser *minimiser, unsigned index, unsigned arg)
{
    bool has_changed = false;

    for (unsigned bit = 63; bit-- > 0;) {
        struct operand operand = minimiser->input->insns[index].args[arg];
        int64_t mask = INT64_C(1) << bit;
        if (operand.kind == OPERAND_NUMBER && operand.value > 0 && (operand.value & mask)) {
            operand.value &= ~mask;
            has_changed |= try_operand(minimiser, index, arg, operand);
        }
    }
    return has_changed;
}

static bool simplify_operand(struct minimiser *minimiser, unsigned index, unsigned arg)
{
    static const int64_t numbers[] = {0, 1, 8, 4096, (int64_t)IMAGE_ZEROS};
    struct operand operand = minimiser->input->insns[index].args[arg];
    bool has_changed = false;

    for (unsigned i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        has_changed |=
            try_operand(minimiser, index, arg, (struct operand){OPERAND_NUMBER, 0, 0, numbers[i]});
    }
    if (operand.kind != OPERAND_NUMBER && operand.value != 0) {
        operand.value = 0;
        has_changed |= try_operand(minimiser, index, arg, operand);
    }
    has_changed |= drop_bits(minimiser, index, arg);
    return try_operand(minimiser, index, arg, (struct operand){OPERAND_NUMBER, 0, 0, -1}) ||
           has_changed;
}

/* fork() is as simple as it gets, though SIGCHLD is not 0. */
static bool is_fork(const struct insn *insn)
{
    return insn->op == OP_CALL && insn->nr == NR_clone && insn->args[0].kind == OPERAND_NUMBER &&
           insn->args[0].value == SIGCHLD;
}

static bool simplify_args(struct minimiser *minimiser)
{
    bool has_changed = false;

    for (unsigned i = minimiser->input->count; i-- > 0;) {
        const struct insn *insn = &minimiser->input->insns[i];
        const struct insn_type *type = insn_type_find(insn->op, insn->nr);
        for (unsigned arg = is_fork(insn); arg < type->arg_count; arg++) {
            has_changed |= type->kinds[arg] == ARG_ACCESS_SIZE
                               ? widen_access(minimiser, i, arg)
                               : simplify_operand(minimiser, i, arg);
        }
    }
    return has_changed;
}

unsigned minimise_input(struct input *input, minimise_holds *holds, void *context)
{
    static struct minimiser minimiser;
    bool has_changed = true;

    minimiser = (struct minimiser){.input = input, .holds = holds, .context = context};
    while (has_changed) {
        has_changed = cut_tail(&minimiser);
        has_changed |= remove_families(&minimiser);
        has_changed |= remove_runs(&minimiser);
        has_changed |= simplify_config(&minimiser);
        has_changed |= simplify_insns(&minimiser);
        if (!has_changed) {
            has_changed |= remove_pairs(&minimiser);
        }
        if (!has_changed) {
            has_changed |= lower_properties(&minimiser);
            has_changed |= simplify_args(&minimiser);
        }
    }
    return minimiser.asked;
}
