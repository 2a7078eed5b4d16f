/* Bytes and strings: the four functions that the compiler calls by itself, and a few more. */
#ifndef LIB_STR_H
#define LIB_STR_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *restrict dst, const void *restrict src, size_t len);
void *memmove(void *dst, const void *src, size_t len);
void *memset(void *dst, int byte, size_t len);
int memcmp(const void *a, const void *b, size_t len);

size_t str_len(const char *s);
bool str_equal(const char *a, const char *b);
bool str_has(const char *s, char c);

/* A decimal number from 0 to max, and nothing else. */
bool str_to_number(const char *s, unsigned max, unsigned *number);

#endif
