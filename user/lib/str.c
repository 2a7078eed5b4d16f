#include "str.h"

/* In a loop, keeps the compiler from making it a call of the very function that it is in. */
#define NO_IDIOM() __asm__ volatile("" ::: "memory")

void *memcpy(void *restrict dst, const void *restrict src, size_t len)
{
    char *to = dst;
    const char *from = src;

    while (len-- > 0) {
        *to++ = *from++;
        NO_IDIOM();
    }
    return dst;
}

void *memmove(void *dst, const void *src, size_t len)
{
    char *to = dst;
    const char *from = src;

    if (to <= from)
        return memcpy(dst, src, len);
    while (len-- > 0) {
        to[len] = from[len];
        NO_IDIOM();
    }
    return dst;
}

void *memset(void *dst, int byte, size_t len)
{
    char *to = dst;

    while (len-- > 0) {
        *to++ = (char)byte;
        NO_IDIOM();
    }
    return dst;
}

int memcmp(const void *a, const void *b, size_t len)
{
    const unsigned char *x = a, *y = b;

    for (size_t i = 0; i < len; i++)
        if (x[i] != y[i])
            return x[i] - y[i];
    return 0;
}

size_t str_len(const char *s)
{
    size_t len = 0;

    while (s[len]) {
        len++;
        NO_IDIOM();
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

bool str_has(const char *s, char c)
{
    while (*s && *s != c)
        s++;
    return *s == c;
}

bool str_to_number(const char *s, unsigned max, unsigned *number)
{
    unsigned value = 0;

    if (!*s)
        return false;
    for (; *s; s++) {
        if (*s < '0' || *s > '9')
            return false;
        unsigned digit = (unsigned)(*s - '0');
        if (digit > max || value > (max - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *number = value;
    return true;
}
