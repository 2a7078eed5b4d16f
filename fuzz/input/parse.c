/* Reading text. */
#include "fuzz/input/text.h"

#include "abi/linux.h"
#include "base/string.h"
#include "fuzz/input/expected.h"
#include "fuzz/input/header.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/names.h"
#include "fuzz/input/normal.h"
#include "fuzz/input/scan.h"
#include "fuzz/input/symbols.h"

enum { NAMES = 256, PROPERTY_MAX = UINT8_MAX, ADDED_MAX = INT16_MAX };

struct parser {
    struct scanner scanner;
    struct repro *repro;
    bool is_named[NAMES];
    uint8_t named[NAMES]; /* instruction, by n of rn */
    unsigned lines[INPUT_INSNS_MAX];
    unsigned settings; /* that have been made; of header_parse */
};

/* ---- operands ---- */

/* r0: the instruction that has this name. */
static bool find_result(struct parser *parser, const struct word *word, uint8_t *index)
{
    int64_t number;
    bool is_name = word->len > 1 && word->bytes[0] == 'r' &&
                   symbol_read_number(word->bytes + 1, word->len - 1, &number) && number >= 0 &&
                   number < NAMES;

    if (!is_name || !parser->is_named[number]) {
        return scan_fail(&parser->scanner, "nothing before is called '%.*s'", (int)word->len,
                         word->bytes);
    }
    *index = parser->named[number];
    return true;
}

/* +8, -8 or nothing. */
static bool parse_added(struct scanner *scanner, int64_t *value)
{
    uint64_t number;

    *value = 0;
    bool is_negative = scan_take(scanner, "-");
    if (!is_negative && !scan_take(scanner, "+")) {
        return true;
    }
    if (!scan_number(scanner, "distance", ADDED_MAX + (uint64_t)is_negative, &number)) {
        return false;
    }
    *value = is_negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool parse_slot(struct scanner *scanner, struct operand *operand)
{
    struct word word = scan_word(scanner);

    for (unsigned i = 0; i < image_slot_count; i++) {
        if (scan_is(&word, image_slots[i].name)) {
            *operand = (struct operand){OPERAND_SLOT, (uint8_t)i, 0, 0};
            return parse_added(scanner, &operand->value);
        }
    }
    return scan_fail(scanner, "there is no slot '%.*s'", (int)word.len, word.bytes);
}

static bool parse_result(struct parser *parser, bool is_negative, struct operand *operand)
{
    struct scanner *scanner = &parser->scanner;
    struct word word = scan_word(scanner);
    uint64_t part = is_negative;

    *operand = (struct operand){.kind = OPERAND_RESULT};
    if (!find_result(parser, &word, &operand->index)) {
        return false;
    }
    if (scan_take(scanner, "[") &&
        (!scan_number(scanner, "part", 1, &part) || !scan_expect(scanner, "]"))) {
        return false;
    }
    operand->part = (uint8_t)part;
    return parse_added(scanner, &operand->value);
}

/* As an operand: a number, or one that has a name for this kind. */
static bool set_number(struct scanner *scanner, unsigned kind, int64_t value,
                       struct operand *operand)
{
    unsigned count;
    const int64_t *values = insn_values(kind, &count);

    *operand = (struct operand){OPERAND_NUMBER, 0, 0, value};
    if (number_encodable(value) == value) {
        return true;
    }
    for (unsigned i = 0; i < count; i++) {
        if (values[i] == value) {
            *operand = (struct operand){OPERAND_NAMED, (uint8_t)i, 0, 0};
            return true;
        }
    }
    return scan_fail(scanner, "0x%lx has too many digits: 0x%lx would do", (unsigned long)value,
                     (unsigned long)number_encodable(value));
}

static bool parse_value(struct scanner *scanner, unsigned kind, struct operand *operand)
{
    int64_t value = 0;
    int64_t term;

    do {
        bool is_negative = scan_take(scanner, "-");
        struct word word = scan_word(scanner);
        const char *start = word.bytes - is_negative;
        if (is_negative && start[0] != '-') {
            return scan_fail(scanner, "a blank between '-' and '%.*s'", (int)word.len, word.bytes);
        }
        if (!symbol_find(kind, start, word.len + is_negative, &term)) {
            return scan_fail(scanner, "'%.*s' means nothing here", (int)word.len, word.bytes);
        }
        value |= term;
    } while ((symbol_is_flags(kind) || kind == ARG_FUTEX_OP) && scan_take(scanner, "|"));
    return set_number(scanner, kind, value, operand);
}

static bool is_result(const struct scanner *scanner, const char *at)
{
    return scanner->end - at >= 2 && at[0] == 'r' && at[1] >= '0' && at[1] <= '9';
}

static bool parse_operand(struct parser *parser, unsigned kind, struct operand *operand)
{
    struct scanner *scanner = &parser->scanner;

    if (scan_take(scanner, "&")) {
        return parse_slot(scanner, operand);
    }
    scan_blanks(scanner);
    if (is_result(scanner, scanner->at)) {
        return parse_result(parser, false, operand);
    }
    if (scanner->at < scanner->end && *scanner->at == '-' && is_result(scanner, scanner->at + 1)) {
        scanner->at++;
        return parse_result(parser, true, operand);
    }
    return parse_value(scanner, kind, operand);
}

/* ---- calls and other operations ---- */

static const struct insn_type *find_type(const struct word *word)
{
    for (unsigned i = 0; i < insn_type_count; i++) {
        if (scan_is(word, insn_types[i].name)) {
            return &insn_types[i];
        }
    }
    return NULL;
}

/* Those that are not there are what may be left off. */
static bool fill_args(struct parser *parser, const struct insn_type *type, struct insn *insn,
                      unsigned given)
{
    for (unsigned i = given; i < type->arg_count; i++) {
        insn->args[i].value = type->kinds[i] == ARG_ACCESS_SIZE ? 8 : 0;
        if (!text_may_be_left_off(type->kinds[i], &insn->args[i])) {
            return scan_fail(&parser->scanner, "%s has more arguments than %u", type->name, given);
        }
    }
    return true;
}

static bool parse_args(struct parser *parser, const struct insn_type *type, struct insn *insn)
{
    struct scanner *scanner = &parser->scanner;
    unsigned count = 0;

    if (!scan_expect(scanner, "(")) {
        return false;
    }
    while (!scan_take(scanner, ")")) {
        if (count > 0 && !scan_expect(scanner, ",")) {
            return false;
        }
        if (count == type->arg_count) {
            return scan_fail(scanner, "%s has no more arguments than %u", type->name,
                             type->arg_count);
        }
        if (!parse_operand(parser, type->kinds[count], &insn->args[count])) {
            return false;
        }
        count++;
    }
    return fill_args(parser, type, insn, count);
}

static bool parse_operation(struct parser *parser, const struct word *word, struct insn *insn)
{
    struct scanner *scanner = &parser->scanner;
    const struct insn_type *type = find_type(word);

    if (scan_is(word, "fork")) {
        insn->op = OP_CALL;
        insn->nr = NR_clone;
        insn->args[0].value = SIGCHLD;
        return scan_expect(scanner, "(") && scan_expect(scanner, ")");
    }
    if (word->len == 0) {
        return scan_fail(scanner, "the name of a call should be here");
    }
    if (!type) {
        return scan_fail(scanner, "there is no call '%.*s'", (int)word->len, word->bytes);
    }
    insn->op = type->op;
    insn->nr = type->nr;
    return parse_args(parser, type, insn);
}

/* ---- who, and properties ---- */

static bool parse_actor(struct parser *parser, uint8_t *actor)
{
    struct word word = scan_word(&parser->scanner);
    uint8_t index = 0;

    if (scan_is(&word, "init")) {
        *actor = 0;
        return true;
    }
    if (!find_result(parser, &word, &index)) {
        return false;
    }
    *actor = (uint8_t)(index + 1);
    return true;
}

static bool parse_failure(struct scanner *scanner, struct insn *insn)
{
    uint64_t number;

    if (!scan_number(scanner, "allocation", PROPERTY_MAX, &number)) {
        return false;
    }
    insn->fail_nth = (uint8_t)number;
    insn->fails_forever = scan_take(scanner, "forever");
    return true;
}

static bool parse_window(struct scanner *scanner, struct insn *insn)
{
    uint64_t number;

    if (!scan_number(scanner, "window", PROPERTY_MAX, &number)) {
        return false;
    }
    insn->window = (uint8_t)number;
    struct word word = scan_word(scanner);
    for (unsigned i = WINDOW_TIMER; i < WINDOW_EVENTS; i++) {
        if (scan_is(&word, window_event_names[i])) {
            insn->window_event = (uint8_t)i;
            return true;
        }
    }
    return scan_fail(scanner,
                     "'%.*s' is nothing that comes in a window: timer, interrupt, quit, stop",
                     (int)word.len, word.bytes);
}

static bool parse_properties(struct parser *parser, struct insn *insn)
{
    enum { FAIL_NTH, PREEMPT, WINDOW, COUNT };
    static const char *const names[COUNT] = {"fail_nth", "preempt", "window"};
    struct scanner *scanner = &parser->scanner;
    unsigned given = 0;

    while (scan_take(scanner, "(")) {
        struct word word = scan_word(scanner);
        bool is_good = false;
        if (!scan_expect(scanner, ":")) {
            return false;
        }
        switch (scan_find_once(scanner, &word, "property", names, COUNT, &given)) {
        case FAIL_NTH:
            is_good = parse_failure(scanner, insn);
            break;
        case PREEMPT:
            is_good = parse_actor(parser, &insn->preempt);
            break;
        case WINDOW:
            is_good = parse_window(scanner, insn);
            break;
        default:
            break;
        }
        if (!is_good || !scan_expect(scanner, ")")) {
            return false;
        }
    }
    return true;
}

/* ---- lines ---- */

/* r0 =, if that comes next; name is NAMES if not. */
static bool parse_name(struct parser *parser, struct word *word, uint64_t *name)
{
    struct scanner *scanner = &parser->scanner;

    *name = NAMES;
    *word = scan_word(scanner);
    if (!scan_take(scanner, "=")) {
        return true;
    }
    int64_t number;
    if (word->len < 2 || word->bytes[0] != 'r' ||
        !symbol_read_number(word->bytes + 1, word->len - 1, &number) || number < 0 ||
        number >= NAMES) {
        return scan_fail(scanner, "'%.*s' is no name of a result: they are r0 to r%u",
                         (int)word->len, word->bytes, NAMES - 1);
    }
    if (parser->is_named[number]) {
        return scan_fail(scanner, "r%u has a meaning already", (unsigned)number);
    }
    *name = (uint64_t)number;
    *word = scan_word(scanner);
    return true;
}

static bool parse_insn(struct parser *parser)
{
    struct scanner *scanner = &parser->scanner;
    struct repro *repro = parser->repro;
    unsigned index = repro->input.count;
    struct insn insn = {.preempt = INSN_NOBODY};
    struct word word;
    uint64_t name;

    if (index == INPUT_INSNS_MAX) {
        return scan_fail(scanner, "there can be %u instructions", INPUT_INSNS_MAX);
    }
    if (scan_take(scanner, "@") && !parse_actor(parser, &insn.actor)) {
        return false;
    }
    if (!parse_name(parser, &word, &name) || !parse_operation(parser, &word, &insn)) {
        return false;
    }
    if (name < NAMES) { /* here: its own child may go on before it */
        parser->is_named[name] = true;
        parser->named[name] = (uint8_t)index;
    }
    if (!parse_properties(parser, &insn)) {
        return false;
    }
    repro->has_expected[index] = scan_take(scanner, "->");
    if (repro->has_expected[index] && !expected_parse(scanner, &insn, &repro->expected[index])) {
        return false;
    }
    if (!scan_expect_end(scanner)) {
        return false;
    }
    parser->lines[index] = scanner->line;
    repro->input.insns[index] = insn;
    repro->input.count++;
    return true;
}

static bool parse_line(struct parser *parser)
{
    struct scanner *scanner = &parser->scanner;

    if (scan_take(scanner, "#")) {
        return header_parse(scanner, parser->repro, &parser->settings);
    }
    return scan_is_at_end(scanner) || parse_insn(parser);
}

/* ---- what is read must be normal ---- */

static bool is_same_operand(const struct operand *a, const struct operand *b)
{
    return a->kind == b->kind && a->index == b->index && a->part == b->part && a->value == b->value;
}

static bool check_insn(struct parser *parser, const struct insn *given, const struct insn *normal)
{
    struct scanner *scanner = &parser->scanner;

    if (given->actor != normal->actor) {
        return scan_fail(scanner, insn_has_actor(given) ? "who does it is no process"
                                                        : "nobody does that: no @");
    }
    if (given->preempt != normal->preempt || given->fail_nth != normal->fail_nth ||
        given->fails_forever != normal->fails_forever || given->window != normal->window ||
        given->window_event != normal->window_event) {
        return scan_fail(scanner, "a property has no meaning here");
    }
    for (unsigned i = 0; i < INPUT_ARGS; i++) {
        const struct operand *arg = &given->args[i];
        if (is_same_operand(arg, &normal->args[i])) {
            continue;
        }
        return scan_fail(scanner,
                         arg->kind == OPERAND_RESULT && normal->args[i].kind != OPERAND_NUMBER
                             ? "argument %u refers to what is nothing of that kind"
                             : "argument %u cannot be that here",
                         i + 1);
    }
    return true;
}

static bool check_normal(struct parser *parser)
{
    static struct input normal;
    const struct input *given = &parser->repro->input;

    normal = *given;
    input_normalise(&normal);
    for (unsigned i = 0; i < given->count; i++) {
        parser->scanner.line = parser->lines[i];
        if (!check_insn(parser, &given->insns[i], &normal.insns[i])) {
            return false;
        }
    }
    return true;
}

bool repro_parse(struct repro *repro, const char *text, size_t len, char *error, size_t error_size)
{
    struct text complaint = {error, error_size - 1, 0};
    struct parser parser = {.repro = repro, .scanner = {.error = &complaint}};
    const char *end = text + len;
    bool is_good = true;

    memset(repro, 0, sizeof(*repro));
    repro->input.config = input_dull_config();
    for (const char *at = text; is_good && at < end;) {
        const char *line_end = at;
        while (line_end < end && *line_end != '\n') {
            line_end++;
        }
        parser.scanner.at = at;
        parser.scanner.end = line_end;
        parser.scanner.line++;
        is_good = parse_line(&parser);
        at = line_end < end ? line_end + 1 : end;
    }
    is_good = is_good && check_normal(&parser);
    error[complaint.len] = '\0';
    return is_good;
}
