/*
 * System calls as text, as strace(1) writes them. Changes nothing.
 *
 *     openat(AT_FDCWD, "/etc/motd", O_RDONLY|O_CLOEXEC) = 3
 *
 * A call is told in two parts: what is known when it begins, up to the first argument that the call
 * will write; and the rest, when it has ended.
 */
#ifndef SYSCALL_DESCRIBE_H
#define SYSCALL_DESCRIBE_H

#include "base/print.h"
#include "syscall/table.h"

struct space;

/* A call with its arguments as the program gave them. */
struct described {
    const struct syscall *call; /* NULL: an unknown one */
    unsigned number;
    const uint64_t *args;
    bool is_whole; /* what is too long to be shown is covered by a hash */
};

void describe_begin(struct text *text, const struct described *described,
                    const struct space *space);

/* The rest, the closing parenthesis and the result, which begins in a column of its own; text
 * begins where the line does. */
void describe_end(struct text *text, const struct described *described, const struct space *space,
                  int64_t result);

/* In place of the rest for a call that does not return. */
void describe_gone(struct text *text);

#endif
