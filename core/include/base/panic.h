/* The end of a kernel that found itself wrong. Nothing that a user program or a file can cause. */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

#include "base/types.h"

/* Prints the message, the processes and the last trace events, and stops the machine. */
_Noreturn void panic(const char *format, ...) PRINTF_LIKE(1, 2);

#if EFT_COVER
/* For branch coverage the failing side of an assertion is left out, by the build. */
#define ASSERT(condition) ((void)(condition))
#else
/* Always on: cheap, free of side effects, one fact. */
#define ASSERT(condition)                                                                          \
    ((condition) ? (void)0 : panic("%s:%d: %s: %s", __FILE__, __LINE__, __func__, #condition))
#endif

#endif
