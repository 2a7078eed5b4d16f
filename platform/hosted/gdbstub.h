/*
 * A debugger for the programs in the machine: gdb, connected from outside, sees the simulated CPU.
 *
 * Each process is a thread of gdb's. When one stops, all stand still, and so does the kernel. One
 * program is debugged: breakpoints are of the processes that run it, which a fork's child does too.
 * A run under a debugger that changes nothing is the same run as without.
 */
#ifndef HOSTED_GDBSTUB_H
#define HOSTED_GDBSTUB_H

#include "platform/platform.h"

/* Waits for gdb on this port (0: any) of 127.0.0.1. It will stop at the first instruction of the
 * program with that name. 0, or an errno value. */
int gdbstub_start(unsigned port, const char *program);

/* Whether gdb is connected. */
bool gdbstub_is_on(void);

/* As el0_run, for the current thread, and stops on the way. */
uint64_t gdbstub_run(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                     struct plat_trap *trap);

/* Stops if gdb asks for it. Between two runs of EL0, and while the CPU idles. */
void gdbstub_poll(void);

/* What else there is to wait for while the CPU idles: a file descriptor, or -1. */
int gdbstub_fd(void);

/* The machine ends: with a status, or because something in it went wrong. */
void gdbstub_end(int status);
void gdbstub_abort(void);

#endif
