/*
 * What the first process of a program finds on Linux: the files of the initramfs, a console, and
 * nobody else.
 */
#ifndef REPLAY_LINUX_WORLD_H
#define REPLAY_LINUX_WORLD_H

/* Once: the file systems that this program needs itself. */
void world_init(void);

/* Makes the files, and starts their /init as process 1 of a namespace of its own; it is attached to
 * and stands before its first instruction. */
int world_begin(void);

/* A key. */
void world_type(char byte);

/* Takes what has been printed, so that there is room for more. */
void world_drain(void);

/* Behind the end of all processes. */
void world_end(void);

/* Something does not work that must. */
_Noreturn void world_give_up(const char *what);

/* Reads a file of /proc whole; the result is valid until the next call. */
const char *world_read_proc(int host, const char *name);

#endif
