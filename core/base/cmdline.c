#include "base/cmdline.h"

#include "abi/errno.h"
#include "base/string.h"

static struct {
    char bytes[CMDLINE_BYTES];
    const char *words[CMDLINE_WORDS];
    size_t word_count; /* before -- */
    size_t arg_start;
    size_t arg_count;
} cmdline;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Cuts the next word out of *text, quotes removed in place; NULL at the end. *is_open: a quote has
 * not been closed in it. */
static char *next_word(char **text, bool *is_open)
{
    char *read = *text;

    while (is_blank(*read)) {
        read++;
    }
    if (!*read) {
        return NULL;
    }
    char *word = read;
    char *write = read;
    bool quoted = false;
    for (; *read && (quoted || !is_blank(*read)); read++) {
        if (*read == '"') {
            quoted = !quoted;
        } else {
            *write++ = *read;
        }
    }
    *text = *read ? read + 1 : read;
    *write = '\0';
    *is_open = quoted;
    return word;
}

int cmdline_init(const char *text)
{
    size_t count = 0;
    bool in_args = false;
    bool is_open = false;
    char *rest = cmdline.bytes;

    cmdline.word_count = 0;
    cmdline.arg_start = 0;
    cmdline.arg_count = 0;
    if (str_len(text) >= CMDLINE_BYTES) {
        return -E2BIG;
    }
    str_copy(cmdline.bytes, text, CMDLINE_BYTES);
    for (char *word = next_word(&rest, &is_open); word; word = next_word(&rest, &is_open)) {
        if (is_open) {
            return -EINVAL;
        }
        if (!in_args && str_equal(word, "--")) {
            in_args = true;
            cmdline.arg_start = count;
            continue;
        }
        if (count == CMDLINE_WORDS) {
            return -E2BIG;
        }
        cmdline.words[count++] = word;
        if (in_args) {
            cmdline.arg_count++;
        } else {
            cmdline.word_count++;
        }
    }
    return 0;
}

/* What follows NAME in word: "" or the value behind =; NULL when the name is another. */
static const char *match(const char *word, const char *name)
{
    const char *rest;

    if (!str_starts(word, name, &rest) || (*rest && *rest != '=')) {
        return NULL;
    }
    return *rest ? rest + 1 : rest;
}

const char *cmdline_get(const char *name)
{
    const char *found = NULL;

    for (size_t i = 0; i < cmdline.word_count; i++) {
        const char *value = match(cmdline.words[i], name);
        if (value) {
            found = value;
        }
    }
    return found;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 16;
}

int cmdline_get_number(const char *name, uint64_t *value)
{
    const char *s = cmdline_get(name);
    unsigned base = 10;
    uint64_t number = 0;

    if (!s) {
        return -ENOENT;
    }
    if (str_starts(s, "0x", &s)) {
        base = 16;
    }
    if (!*s) {
        return -EINVAL;
    }
    for (; *s; s++) {
        unsigned digit = (unsigned)digit_value(*s);
        if (digit >= base || number > (UINT64_MAX - digit) / base) {
            return -EINVAL;
        }
        number = number * base + digit;
    }
    *value = number;
    return 0;
}

/* A word for the platform, as module.parameter is on Linux. */
static bool has_dot(const char *word)
{
    while (*word && *word != '=' && *word != '.') {
        word++;
    }
    return *word == '.';
}

const char *cmdline_find_unknown(const char *const *known, size_t count)
{
    for (size_t i = 0; i < cmdline.word_count; i++) {
        bool is_known = has_dot(cmdline.words[i]);
        for (size_t k = 0; k < count && !is_known; k++) {
            is_known = match(cmdline.words[i], known[k]) != NULL;
        }
        if (!is_known) {
            return cmdline.words[i];
        }
    }
    return NULL;
}

size_t cmdline_args(const char *const **args)
{
    *args = cmdline.words + cmdline.arg_start;
    return cmdline.arg_count;
}
