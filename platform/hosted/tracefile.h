/* Where the kernel's trace events go: a file of the host. */
#ifndef HOSTED_TRACEFILE_H
#define HOSTED_TRACEFILE_H

/* Writes what is buffered. Async-signal-safe. */
void tracefile_flush(void);

#endif
