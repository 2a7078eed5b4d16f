/*
 * What is in the memory of a program, as strace(1) writes it. Looking changes nothing and makes no
 * choice: it opens no window, so that what is looked at has a bound. What is not mapped is told as
 * its address, which is NULL where it is 0.
 */
#ifndef SYSCALL_SHOW_H
#define SYSCALL_SHOW_H

#include "base/print.h"
#include "mm/space.h"

struct view {
    struct text *text;
    const struct space *space;
    bool is_whole; /* a hash covers what is not shown, so that equal texts mean equal memory */
};

void show_address(const struct view *view, uaddr_t at);

/* "bytes", the first of them. */
void show_bytes(const struct view *view, uaddr_t at, uint64_t len);

/* "path", all of it; and a string of which the first bytes will do. */
void show_path(const struct view *view, uaddr_t at);
void show_string(const struct view *view, uaddr_t at);

/* ["one", "two"]; an environment in short, unless the view is whole: the address, and how many. */
void show_strings(const struct view *view, uaddr_t at);
void show_environment(const struct view *view, uaddr_t at);

/* [{iov_base="bytes", iov_len=5}], of which no more than max bytes are bytes to show. */
void show_iov(const struct view *view, uaddr_t at, int64_t count, uint64_t max);

/* [1], [3, 4]: numbers of 32 bits. */
void show_ints(const struct view *view, uaddr_t at, unsigned count);
void show_long(const struct view *view, uaddr_t at, bool is_address);
void show_signal(const struct view *view, uaddr_t at);
void show_wait_status(const struct view *view, uaddr_t at);

/* Structures. */
void show_siginfo(const struct view *view, uaddr_t at);
void show_sigaction(const struct view *view, uaddr_t at);
void show_altstack(const struct view *view, uaddr_t at);
void show_sigset(const struct view *view, uaddr_t at);
void show_rlimit(const struct view *view, uaddr_t at);
void show_rusage(const struct view *view, uaddr_t at);
void show_tms(const struct view *view, uaddr_t at);
void show_sysinfo(const struct view *view, uaddr_t at);
void show_stat(const struct view *view, uaddr_t at);
void show_utsname(const struct view *view, uaddr_t at);
void show_termios(const struct view *view, uaddr_t at);
void show_winsize(const struct view *view, uaddr_t at);
void show_clone_args(const struct view *view, uaddr_t at, uint64_t size);
void show_spawn(const struct view *view, uaddr_t at);

/* Reads what is to be told. false: it cannot be read, and its address has been told. */
bool show_fetch(const struct view *view, uaddr_t at, void *to, uint64_t size);

/* What show_wait_status says of a status. */
void show_status_value(struct text *text, int status);

/* What strace says of open flags. */
void show_open_flags(struct text *text, uint32_t flags);

#endif
