/* Users and groups, as strace(1) writes them. */
#ifndef SYSCALL_SHOW_CRED_H
#define SYSCALL_SHOW_CRED_H

#include "syscall/show.h"

/* The number of a user or of a group, or -1. */
void show_user(struct text *text, uint32_t id);

/* [1, 2]: the first of them. count below 0: the address. */
void show_groups(const struct view *view, uaddr_t at, int64_t count);

#endif
