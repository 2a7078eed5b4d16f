/* Where the kernel's trace events go: a file of the host. */
#ifndef HOSTED_TRACEFILE_H
#define HOSTED_TRACEFILE_H

#include <stddef.h>

/* If set, gets what would go to the file; there is none then. */
extern void (*tracefile_sink)(const char *bytes, size_t len);

/* Writes what is buffered. Async-signal-safe. */
void tracefile_flush(void);

#endif
