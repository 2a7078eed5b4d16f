/*
 * Formatted output of the kernel. Conversions: %c %s %d %u %x with l or ll, %p, %%; flags 0 and -,
 * width, and a precision for %s. What does not fit in a buffer is cut off.
 */
#ifndef BASE_PRINT_H
#define BASE_PRINT_H

#include <stdarg.h>

#include "base/types.h"

/* To the console. */
void kprintf(const char *format, ...) PRINTF_LIKE(1, 2);
void kvprintf(const char *format, va_list args) PRINTF_LIKE(1, 0);

/* A buffer that is written from the start; len never exceeds capacity; not NUL-terminated. */
struct text {
    char *bytes;
    size_t capacity;
    size_t len;
};

void text_char(struct text *text, char c);
void text_printf(struct text *text, const char *format, ...) PRINTF_LIKE(2, 3);
void text_vprintf(struct text *text, const char *format, va_list args) PRINTF_LIKE(2, 0);

#endif
