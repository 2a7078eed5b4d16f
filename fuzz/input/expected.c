#include "fuzz/input/expected.h"

#include "abi/linux.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/symbols.h"
#include "fuzz/input/text.h"

enum { ERROR_LOWEST = -4095 };

/* ---- writing ---- */

static void put_end(struct text *text, int status)
{
    if (status == EVENT_STATUS_LOST) {
        text_printf(text, "gone");
    } else if (status & 0x7f) {
        text_printf(text, "signal %d%s", status & 0x7f, status & WAIT_CORE_DUMPED ? " core" : "");
    } else {
        text_printf(text, "ended %d", status >> 8 & 0xff);
    }
}

static void put_result(struct text *text, const struct insn *insn, const struct outcome *outcome)
{
    int64_t result = outcome->result;

    if (insn_gives(insn) == GIVES_FDS && result == 0) {
        text_printf(text, "[%ld, %ld]", (long)outcome->parts[0], (long)outcome->parts[1]);
    } else if (result < 0 && result >= ERROR_LOWEST) {
        symbol_put_error(text, -result);
    } else {
        symbol_put(text, insn_gives(insn) == GIVES_ADDRESS ? ARG_ADDR : ARG_LONG, result);
    }
}

void expected_put(struct text *text, const struct insn *insn, const struct outcome *outcome)
{
    if (outcome->kind == EVENT_BLOCKED) {
        text_printf(text, "blocked");
        return;
    }
    if (outcome->has_blocked) {
        text_printf(text, "blocked, ");
    }
    switch (outcome->kind) {
    case EVENT_RESULT:
        put_result(text, insn, outcome);
        break;
    case EVENT_LOADED:
        symbol_put_number(text, outcome->result);
        break;
    case EVENT_ENDED:
        put_end(text, outcome->wait_status);
        break;
    case EVENT_AGAIN:
        text_printf(text, "again");
        break;
    case EVENT_CAUGHT:
        text_printf(text, "caught");
        break;
    case EVENT_STOPPED:
        text_printf(text, "stopped");
        break;
    case EVENT_LEFT:
        text_printf(text, "left");
        break;
    case EVENT_SKIPPED:
        text_printf(text, "skipped");
        break;
    default:
        text_printf(text, "done");
        break;
    }
}

bool repro_is_as_expected(const struct insn *insn, const struct outcome *expected,
                          const struct outcome *actual)
{
    if (expected->kind != actual->kind) {
        return false;
    }
    if (expected->kind == EVENT_BLOCKED || expected->kind == EVENT_SKIPPED) {
        return true;
    }
    if (expected->has_blocked != actual->has_blocked) {
        return false;
    }
    if (expected->kind == EVENT_ENDED) {
        return expected->wait_status == actual->wait_status;
    }
    if (expected->kind != EVENT_RESULT && expected->kind != EVENT_LOADED) {
        return true;
    }
    bool has_parts = insn_gives(insn) == GIVES_FDS && expected->result == 0;
    return expected->result == actual->result &&
           (!has_parts ||
            (expected->parts[0] == actual->parts[0] && expected->parts[1] == actual->parts[1]));
}

/* ---- reading ---- */

static bool parse_parts(struct scanner *scanner, struct outcome *outcome)
{
    uint64_t parts[2];

    if (!scan_number(scanner, "descriptor", INT32_MAX, &parts[0]) || !scan_expect(scanner, ",") ||
        !scan_number(scanner, "descriptor", INT32_MAX, &parts[1]) || !scan_expect(scanner, "]")) {
        return false;
    }
    outcome->parts[0] = (int64_t)parts[0];
    outcome->parts[1] = (int64_t)parts[1];
    return true;
}

static bool parse_end(struct scanner *scanner, bool is_signal, struct outcome *outcome)
{
    uint64_t number;

    outcome->kind = EVENT_ENDED;
    if (!scan_number(scanner, is_signal ? "signal" : "exit code", is_signal ? 0x7f : 0xff,
                     &number)) {
        return false;
    }
    if (is_signal && number == 0) {
        return scan_fail(scanner, "0 is no signal");
    }
    outcome->wait_status = is_signal ? (int)number : (int)number << 8;
    if (is_signal && scan_take(scanner, "core")) {
        outcome->wait_status |= WAIT_CORE_DUMPED;
    }
    return true;
}

static bool parse_result_value(struct scanner *scanner, const struct word *word, bool is_negative,
                               struct outcome *outcome)
{
    int error = is_negative ? 0 : symbol_find_error(word->bytes, word->len);

    if (error) {
        outcome->result = -error;
        return true;
    }
    if (!symbol_find(ARG_LONG, word->bytes - is_negative, word->len + is_negative,
                     &outcome->result)) {
        return scan_fail(scanner, "'%.*s' is nothing that can be expected", (int)word->len,
                         word->bytes);
    }
    return true;
}

/* What an instruction that gives nothing has done. */
static enum event_kind done_kind(const struct insn *insn)
{
    return insn->op == OP_STORE  ? EVENT_STORED
           : insn->op == OP_TICK ? EVENT_TIME
           : insn->op == OP_TYPE ? EVENT_TYPED
                                 : EVENT_RESULT;
}

static bool parse_one_outcome(struct scanner *scanner, const struct insn *insn,
                              struct outcome *outcome)
{
    if (scan_take(scanner, "[")) {
        outcome->kind = EVENT_RESULT;
        return parse_parts(scanner, outcome);
    }
    bool is_negative = scan_take(scanner, "-");
    struct word word = scan_word(scanner);
    if (scan_is(&word, "ended") || scan_is(&word, "signal")) {
        return parse_end(scanner, word.bytes[0] == 's', outcome);
    }
    if (scan_is(&word, "gone")) {
        outcome->kind = EVENT_ENDED;
        outcome->wait_status = EVENT_STATUS_LOST;
    } else if (scan_is(&word, "again")) {
        outcome->kind = EVENT_AGAIN;
    } else if (scan_is(&word, "caught")) {
        outcome->kind = EVENT_CAUGHT;
    } else if (scan_is(&word, "stopped")) {
        outcome->kind = EVENT_STOPPED;
    } else if (scan_is(&word, "left")) {
        outcome->kind = EVENT_LEFT;
    } else if (scan_is(&word, "skipped")) {
        outcome->kind = EVENT_SKIPPED;
    } else if (scan_is(&word, "done")) {
        outcome->kind = done_kind(insn);
    } else {
        outcome->kind = insn->op == OP_LOAD ? EVENT_LOADED : EVENT_RESULT;
        return parse_result_value(scanner, &word, is_negative, outcome);
    }
    return true;
}

bool expected_parse(struct scanner *scanner, const struct insn *insn, struct outcome *outcome)
{
    *outcome = (struct outcome){0};
    if (!scan_take(scanner, "blocked")) {
        return parse_one_outcome(scanner, insn, outcome);
    }
    outcome->kind = EVENT_BLOCKED;
    outcome->has_blocked = true;
    return !scan_take(scanner, ",") || parse_one_outcome(scanner, insn, outcome);
}
