/* Packets of gdb's that read and write the registers and the memory of a thread. */
#ifndef HOSTED_GDBDATA_H
#define HOSTED_GDBDATA_H

#include "proc/debug.h"

/* Answers a packet g, G, p, P, m or M about a thread; NULL: there is none. */
void gdbdata_answer(const char *packet, const struct debug_thread *thread);

#endif
