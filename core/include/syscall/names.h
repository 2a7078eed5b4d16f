/*
 * Numbers of the Linux ABI by name, as strace(1) writes them: those too that Eft knows nothing of,
 * because a program may pass them.
 */
#ifndef SYSCALL_NAMES_H
#define SYSCALL_NAMES_H

#include "base/print.h"
#include "base/types.h"

struct name {
    uint64_t value;
    const char *text;
};

struct names {
    const struct name *list;
    size_t count;
    const char *unknown; /* stands for the name of a number that has none */
};

extern const struct names names_advice;
extern const struct names names_at;
extern const struct names names_baud;
extern const struct names names_child_code;
extern const struct names names_barrier;
extern const struct names names_clock;
extern const struct names names_altstack;
extern const struct names names_clone;
extern const struct names names_cpu_clock;
extern const struct names names_fcntl;
extern const struct names names_fd;
extern const struct names names_file_type;
extern const struct names names_futex;
extern const struct names names_id_type;
extern const struct names names_ioctl;
extern const struct names names_itimer;
extern const struct names names_map;
extern const struct names names_open;
extern const struct names names_prctl;
extern const struct names names_policy;
extern const struct names names_priority;
extern const struct names names_prot;
extern const struct names names_random;
extern const struct names names_remap;
extern const struct names names_resource;
extern const struct names names_sig_action;
extern const struct names names_sig_how;
extern const struct names names_sigev;
extern const struct names names_timer;
extern const struct names names_timerfd;
extern const struct names names_timerfd_set;
extern const struct names names_usage;
extern const struct names names_wait;
extern const struct names names_whence;

/* The name of value; or the number, with a note that says of what kind it would be. */
void names_put_one(struct text *text, const struct names *names, uint64_t value);

/* The names of the bits of value, with | between them; 0: "0". */
void names_put_flags(struct text *text, const struct names *names, uint64_t value);

/* SIGINT; SIGRTMIN and SIGRT_n from 32 on; the number when it is none. */
void names_put_signal(struct text *text, int signal);

/* [INT CHLD]; ~[...] names those that are not in a set that most are in. */
void names_put_sigset(struct text *text, uint64_t set);

/* "ENOENT (No such file or directory)". false: no error has that number, and nothing is put. */
bool names_put_error(struct text *text, int64_t error);

#endif
