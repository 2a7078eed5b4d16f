#include "base/string.h"

size_t str_len(const char *s)
{
    size_t len = 0;

    while (s[len]) {
        len++;
    }
    return len;
}

bool str_equal(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

bool str_starts(const char *s, const char *prefix, const char **rest)
{
    while (*prefix) {
        if (*s++ != *prefix++) {
            return false;
        }
    }
    if (rest) {
        *rest = s;
    }
    return true;
}

void str_copy(char *dst, const char *src, size_t capacity)
{
    size_t i = 0;

    for (; i + 1 < capacity && src[i]; i++) {
        dst[i] = src[i];
    }
    dst[i] = '\0';
}
