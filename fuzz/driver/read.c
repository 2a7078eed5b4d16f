#include "fuzz/driver/read.h"

#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 64 * 1024 };

static bool is_text(const char *path)
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
    if (is_text(path)) {
        if (len == sizeof(bytes)) {
            snprintf(error, REPRO_ERROR_MAX, "is too long: %d bytes are the most", FILE_MAX - 1);
            return false;
        }
        return repro_parse(repro, bytes, len, error, REPRO_ERROR_MAX);
    }
    memset(repro, 0, sizeof(*repro));
    input_decode(&repro->input, (const uint8_t *)bytes, len);
    return true;
}
