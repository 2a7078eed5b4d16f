#include "fuzz/input/header.h"

#include "base/string.h"
#include "fuzz/input/names.h"

enum { KEY_MAX = 16, LETTERS_A_MISTAKE = 3 };

/* ---- the configuration ---- */

static bool parse_choice(struct scanner *scanner, const char *what, const char *const *names,
                         unsigned count, unsigned *choice)
{
    struct word word = scan_word(scanner);

    for (*choice = 0; *choice < count; (*choice)++) {
        if (scan_is(&word, names[*choice])) {
            return true;
        }
    }
    return scan_fail(scanner, "'%.*s' is no %s", (int)word.len, word.bytes, what);
}

enum setting { FRAMES, ASID_BITS, CHANGES, SEED, REUSE, TLB, SCHEDULE, SETTING_COUNT };

static const char *const setting_names[SETTING_COUNT] = {
    "frames", "asid_bits", "changes", "seed", "reuse", "tlb", "schedule",
};

static bool parse_setting(struct scanner *scanner, struct input_config *config, unsigned *settings)
{
    static const char *const reuses[] = {"fifo", "lifo"};
    static const char *const tlbs[] = {"adversarial", "natural"};
    struct word word = scan_word(scanner);
    uint64_t number = 0;
    unsigned choice = 0;
    bool is_good = false;

    if (!scan_expect(scanner, "=")) {
        return false;
    }
    switch (scan_find_once(scanner, &word, "setting", setting_names, SETTING_COUNT, settings)) {
    case FRAMES:
        is_good = scan_number(scanner, "number of frames", INPUT_FRAMES_MAX, &number);
        config->frames = (uint16_t)number;
        break;
    case ASID_BITS:
        is_good = scan_number(scanner, "number of bits", 16, &number);
        config->asid_bits = (uint8_t)number;
        break;
    case CHANGES:
        is_good = scan_number(scanner, "number of changes", 15, &number);
        config->change_count = (uint8_t)number;
        break;
    case SEED:
        is_good = scan_number(scanner, "seed", UINT16_MAX, &number);
        config->schedule_seed = (uint16_t)number;
        break;
    case REUSE:
        is_good = parse_choice(scanner, "order of reuse", reuses, 2, &choice);
        config->is_lifo = choice;
        break;
    case TLB:
        is_good = parse_choice(scanner, "kind of TLB", tlbs, 2, &choice);
        config->is_natural_tlb = choice;
        break;
    case SCHEDULE:
        is_good = parse_choice(scanner, "schedule", schedule_names, SCHEDULE_COUNT, &choice);
        config->schedule = (uint8_t)choice;
        break;
    default:
        break;
    }
    return is_good;
}

static bool parse_config(struct scanner *scanner, struct input_config *config, unsigned *settings)
{
    while (!scan_is_at_end(scanner)) {
        if (!parse_setting(scanner, config, settings)) {
            return false;
        }
    }
    if (config->frames < INPUT_FRAMES_MIN) {
        return scan_fail(scanner, "there are %u frames at least", INPUT_FRAMES_MIN);
    }
    return config->asid_bits > 0 || scan_fail(scanner, "an ASID has 1 bit at least");
}

/* ---- the check ---- */

/* The name of a check, which ends at a blank. */
static struct word scan_check(struct scanner *scanner)
{
    scan_blanks(scanner);
    struct word word = {scanner->at, 0};
    while (scanner->at != scanner->end && ' ' < *scanner->at && *scanner->at != '#') {
        scanner->at++;
        word.len++;
    }
    return word;
}

static bool parse_check(struct scanner *scanner, char check[REPRO_CHECK_MAX])
{
    static const char *const names[] = {
#define CHECK(id, name, meaning) name,
#include "fuzz/check/check.def"
#undef CHECK
#define OTHER(name) name,
#include "fuzz/check/others.def"
#undef OTHER
    };
    if (check[0]) {
        return scan_fail(scanner, "the check is there twice");
    }
    struct word word = scan_check(scanner);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (scan_is(&word, names[i])) {
            str_copy(check, names[i], REPRO_CHECK_MAX);
            return scan_expect_end(scanner);
        }
    }
    return scan_fail(scanner, "there is no check '%.*s'", (int)word.len, word.bytes);
}

/* ---- which of them a comment is ---- */

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* How many letters have to be changed, added or left out to make key of a word (Levenshtein). */
static unsigned distance(const struct word *word, const char *key)
{
    unsigned above[KEY_MAX + 1];

    for (unsigned i = 0; i <= word->len; i++) {
        above[i] = i;
    }
    for (unsigned k = 0; key[k]; k++) {
        unsigned corner = above[0];
        above[0] = k + 1;
        for (unsigned i = 0; i < word->len; i++) {
            unsigned changed = corner + (lower(word->bytes[i]) != key[k]);
            corner = above[i + 1];
            above[i + 1] = min3(changed, above[i] + 1, corner + 1);
        }
    }
    return above[word->len];
}

/* Whether somebody who wrote the word may have meant the key, or more of the kind. */
static bool is_nearly(const struct word *word, const char *key)
{
    struct word start = {word->bytes, str_len(key)};

    return word->len <= KEY_MAX && ((word->len > start.len && distance(&start, key) == 0) ||
                                    distance(word, key) <= start.len / LETTERS_A_MISTAKE);
}

bool header_parse(struct scanner *scanner, struct repro *repro, unsigned *settings)
{
    static const char *const keys[] = {"check", "config"};
    struct word word = scan_word(scanner);

    if (!scan_take(scanner, ":")) {
        return true;
    }
    if (scan_is(&word, keys[0])) {
        return parse_check(scanner, repro->check);
    }
    if (scan_is(&word, keys[1])) {
        return parse_config(scanner, &repro->input.config, settings);
    }
    for (unsigned i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (is_nearly(&word, keys[i])) {
            return scan_fail(scanner, "'%.*s:' is not '%s:'", (int)word.len, word.bytes, keys[i]);
        }
    }
    return true;
}
