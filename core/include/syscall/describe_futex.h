/* The arguments of futex as text, as strace(1) writes them: which there are and what they are
 * depends on the operation. */
#ifndef SYSCALL_DESCRIBE_FUTEX_H
#define SYSCALL_DESCRIBE_FUTEX_H

#include "syscall/show.h"

/* Whether the operation uses the argument at index. */
bool describe_futex_uses(const uint64_t *args, unsigned index);

/* Tells the argument at index, which is used, but for the operation and the words' addresses. */
void describe_futex(const struct view *view, const uint64_t *args, unsigned index);

#endif
