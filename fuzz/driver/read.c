#include "fuzz/driver/read.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024, TEXT_MIN = 64 };

/* Of an input that is so long some byte or other is none of a text. */
static bool looks_like_text(const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (iscntrl((unsigned char)bytes[i]) && !isspace((unsigned char)bytes[i])) {
            return false;
        }
    }
    return len >= TEXT_MIN;
}

static bool is_named_text(const char *path)
{
    const char *end = strrchr(path, '.');

    return end && strcmp(end, ".repro") == 0;
}

bool repro_read(struct repro *repro, const char *path, char *error)
{
    static char bytes[FILE_MAX];
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(bytes, 1, sizeof(bytes), file) : 0;
    bool is_read = file && !ferror(file); /* a folder can be opened */

    if (file) {
        fclose(file);
    }
    if (!is_read) {
        snprintf(error, REPRO_ERROR_MAX, "cannot be read");
        return false;
    }
    if (is_named_text(path)) {
        if (len == sizeof(bytes)) {
            snprintf(error, REPRO_ERROR_MAX, "is too long: %d bytes are the most", FILE_MAX - 1);
            return false;
        }
        return repro_parse(repro, bytes, len, error, REPRO_ERROR_MAX);
    }
    if (looks_like_text(bytes, len)) {
        snprintf(error, REPRO_ERROR_MAX, "is text, and its name does not end in .repro");
        return false;
    }
    memset(repro, 0, sizeof(*repro));
    input_decode(&repro->input, (const uint8_t *)bytes, len);
    return true;
}
