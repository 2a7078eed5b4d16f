/* System calls as text, for the trace: arguments with what they point to. Changes nothing. */
#ifndef SYSCALL_DESCRIBE_H
#define SYSCALL_DESCRIBE_H

#include "base/print.h"
#include "syscall/table.h"

/* name(argument, ...): as the call begins. call NULL: an unknown one. */
void describe_inputs(struct text *text, const struct syscall *call, const struct thread *thread);

/* The result, as a number or -NAME, and what was written to user memory. */
void describe_outputs(struct text *text, const struct syscall *call, const struct thread *thread,
                      const uint64_t *args, int64_t result);

#endif
