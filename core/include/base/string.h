/* The four memory functions that the compiler may call anyway, which the platform defines, and the
 * few string functions that core needs. */
#ifndef BASE_STRING_H
#define BASE_STRING_H

#include "base/types.h"

void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);

size_t str_len(const char *s);
bool str_equal(const char *a, const char *b);

/* Whether s begins with prefix; if so and rest is not NULL, *rest is what follows it. */
bool str_starts(const char *s, const char *prefix, const char **rest);

/* Copies at most capacity - 1 bytes and terminates. capacity >= 1. */
void str_copy(char *dst, const char *src, size_t capacity);

#endif
