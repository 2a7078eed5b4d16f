#include "proc/script.h"

#include "abi/errno.h"
#include "base/string.h"

bool script_is_one(const uint8_t *bytes, uint64_t len)
{
    return len >= 2 && bytes[0] == '#' && bytes[1] == '!';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The first in [at, end] that is no blank, or NULL. */
static char *skip_blanks(char *at, const char *end)
{
    while (at <= end && is_blank(*at)) {
        at++;
    }
    return at <= end ? at : NULL;
}

/* The first in [at, end] that ends a word, or NULL. */
static char *word_end(char *at, const char *end)
{
    while (at <= end && *at && !is_blank(*at)) {
        at++;
    }
    return at <= end ? at : NULL;
}

/* Where the line ends: at its newline, or at the end of what counts, if the name ends before. NULL:
 * no name. */
static char *line_end(char *line)
{
    char *last = line + SCRIPT_LINE_BYTES - 1;

    for (char *at = line; at <= last && *at; at++) {
        if (*at == '\n') {
            return at;
        }
    }
    char *name = skip_blanks(line + 2, last);
    return name && word_end(name, last) ? last : NULL;
}

int script_read(const uint8_t *bytes, uint64_t len, char line[SCRIPT_LINE_BYTES],
                struct script *script)
{
    memset(line, 0, SCRIPT_LINE_BYTES);
    memcpy(line, bytes, min_u64(len, SCRIPT_LINE_BYTES));
    char *end = line_end(line);
    if (!end) {
        return -ENOEXEC;
    }
    while (is_blank(end[-1])) {
        end--;
    }
    char *name = skip_blanks(line + 2, end);
    if (!name || name == end) {
        return -ENOEXEC;
    }
    char *separator = word_end(name, end);
    char *argument = separator && *separator ? skip_blanks(separator, end) : NULL;
    *end = '\0';
    if (argument) {
        *separator = '\0';
    }
    *script = (struct script){.interpreter = name, .argument = argument};
    return 0;
}
