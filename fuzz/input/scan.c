#include "fuzz/input/scan.h"

#include "base/string.h"
#include "fuzz/input/symbols.h"

bool scan_fail(struct scanner *scanner, const char *format, ...)
{
    va_list args;

    if (!scanner->has_failed) {
        scanner->has_failed = true;
        text_printf(scanner->error, "line %u: ", scanner->line);
        va_start(args, format);
        text_vprintf(scanner->error, format, args);
        va_end(args);
    }
    return false;
}

void scan_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end &&
           (*scanner->at == ' ' || *scanner->at == '\t' || *scanner->at == '\r')) {
        scanner->at++;
    }
}

bool scan_is_at_end(struct scanner *scanner)
{
    scan_blanks(scanner);
    return scanner->at == scanner->end || *scanner->at == '#';
}

bool scan_take(struct scanner *scanner, const char *bytes)
{
    size_t len = str_len(bytes);

    scan_blanks(scanner);
    if ((size_t)(scanner->end - scanner->at) < len || memcmp(scanner->at, bytes, len) != 0) {
        return false;
    }
    scanner->at += len;
    return true;
}

/* What comes next, and a reason why it should not. */
static bool fail_at(struct scanner *scanner, const char *reason, const char *wanted)
{
    unsigned char found = (unsigned char)*scanner->at;

    return found >= ' ' && found < 0x7f
               ? scan_fail(scanner, "'%c' %s%s", found, reason, wanted)
               : scan_fail(scanner, "byte 0x%x %s%s", found, reason, wanted);
}

bool scan_expect_end(struct scanner *scanner)
{
    return scan_is_at_end(scanner) || fail_at(scanner, "and what follows have no place here", "");
}

bool scan_expect(struct scanner *scanner, const char *bytes)
{
    if (scan_take(scanner, bytes)) {
        return true;
    }
    if (scan_is_at_end(scanner)) {
        return scan_fail(scanner, "it ends where this should be: %s", bytes);
    }
    return fail_at(scanner, "stands where this should be: ", bytes);
}

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct word scan_word(struct scanner *scanner)
{
    scan_blanks(scanner);
    struct word word = {scanner->at, 0};
    while (scanner->at < scanner->end && is_word_byte(*scanner->at)) {
        scanner->at++;
        word.len++;
    }
    return word;
}

bool scan_is(const struct word *word, const char *name)
{
    return str_len(name) == word->len && memcmp(word->bytes, name, word->len) == 0;
}

unsigned scan_find_once(struct scanner *scanner, const struct word *word, const char *what,
                        const char *const *names, unsigned count, unsigned *given)
{
    for (unsigned i = 0; i < count; i++) {
        if (!scan_is(word, names[i])) {
            continue;
        }
        if (*given & 1u << i) {
            scan_fail(scanner, "the %s '%s' is there twice", what, names[i]);
            return count;
        }
        *given |= 1u << i;
        return i;
    }
    scan_fail(scanner, "there is no %s '%.*s'", what, (int)word->len, word->bytes);
    return count;
}

bool scan_number(struct scanner *scanner, const char *what, uint64_t max, uint64_t *number)
{
    struct word word = scan_word(scanner);
    int64_t value;

    if (!symbol_read_number(word.bytes, word.len, &value) || (uint64_t)value > max) {
        return scan_fail(scanner, "'%.*s' is no %s: that is a number up to %lu", (int)word.len,
                         word.bytes, what, (unsigned long)max);
    }
    *number = (uint64_t)value;
    return true;
}
