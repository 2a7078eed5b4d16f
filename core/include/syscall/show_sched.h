/* The arguments of sched_setattr(2) as text. */
#ifndef SYSCALL_SHOW_SCHED_H
#define SYSCALL_SHOW_SCHED_H

#include "syscall/show.h"

void show_sched_attr(const struct view *view, uaddr_t at);

#endif
