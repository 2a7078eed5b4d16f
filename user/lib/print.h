/* Formatted output to descriptors 1 and 2; each call is one write, so that lines stay whole. */
#ifndef LIB_PRINT_H
#define LIB_PRINT_H

/* %s %c %d %u %x %lu %lx %%. What goes beyond 512 bytes is cut off. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void print_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The name of an error, for a number that a call returned: error_name(-2) is "ENOENT". */
const char *error_name(long result);

#endif
