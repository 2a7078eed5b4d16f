/*
 * The reference model: what fork, exec, exit, wait, kill, pipes and memory do according to POSIX
 * and the Linux manual pages, told plainly with flat arrays. It is told each event of a run behind
 * the step, and says whether that could be. Shares nothing with core but abi/.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "fuzz/run/event.h"

struct abi_rlimit;
struct abi_sigaction;

enum { MODEL_FDS_MAX = 160, MODEL_CWD_MAX = 64 };

/* A descriptor as its process sees it. */
struct model_fd {
    int number;
    uint32_t flags; /* as F_GETFL gives them */
    uint64_t offset;
    bool closes; /* at exec */
};

/* A thread as it sees itself. */
enum { MODEL_GROUPS_MAX = 32 };

struct model_thread {
    int pid; /* of its process */
    int death_signal;
    int nice;
    const char *name;  /* 16 bytes */
    uint32_t users[8]; /* real, effective, saved, of the file system; the same of groups */
    unsigned group_count;
    uint32_t groups[MODEL_GROUPS_MAX];
    uint32_t umask;
    uint64_t mask;
    uint64_t altstack_sp; /* as it was set */
    uint64_t altstack_size;
    uint32_t altstack_flags;
    uint64_t pending; /* sent to it alone */
    bool is_stopped;
    unsigned cwd_len;
    char cwd[MODEL_CWD_MAX]; /* the names that lead to the working directory, each in front of the
                                one that it is in and with a / */
    unsigned fd_count;
    struct model_fd fds[MODEL_FDS_MAX]; /* by number */
};

/* A process as it and others see it; for a zombie what is behind status does not count. */
struct model_process {
    int parent; /* PIDs; 0: none */
    int group;
    int session;
    bool is_zombie;
    uint32_t user; /* the real one of the thread that has, or had, its number */
    int status;    /* of a zombie */
    bool is_subreaper;
    int exit_signal;
    unsigned thread_count;
    uint64_t pending; /* sent to all of it */
    int fatal;        /* it will end by this signal at its next step; or 0 */
    int stop;         /* it is stopped by this signal; or 0 */
    bool is_stop_untold;
    bool is_continue_untold;
    uint64_t ignored;
    uint64_t handled;
    const struct abi_sigaction *actions; /* 64; NULL: none has flags or a mask */
    const struct abi_rlimit *limits;     /* RLIMIT_NLIMITS */
    uint64_t break_end;
};

/* How the model sees what the kernel has. */
struct model_eyes {
    /* Bytes of a process's memory, by address, whether resident or not and whatever its rights.
     * false: not all of it is mapped. */
    bool (*peek)(int pid, uint64_t address, void *bytes, size_t len);
    /* Looks anew, for what is below, and gives the number of processes. */
    unsigned (*open)(void);
    bool (*is_mapped)(int pid, uint64_t address);
    /* The page that an address lies in; NULL: it is not there, and begins as it is mapped. */
    const uint8_t *(*page)(int pid, uint64_t address);
    /* A number for this moment, 0: not known here; and whether a page that was found has been left
     * alone since the moment with that number. */
    uint32_t (*now)(void);
    bool (*is_unwritten)(const uint8_t *page, uint32_t since);
    /* The stack pointer of a thread. */
    uint64_t (*sp)(int tid);
    /* false: there is none with that number. */
    bool (*process)(int pid, struct model_process *process);
    bool (*thread)(int tid, struct model_thread *thread);
};

/* Init has just started. */
void model_begin(const struct model_eyes *eyes);

/* NULL: that is among what is allowed, and the model has followed. Else what would have been. */
const char *model_event(const struct event *event);

/* Compares everything that processes can observe with what the model has. NULL, or what differs.
 * Unless is_complete, pages that were the same before, and that nobody is known to have written to
 * since on either side, are not read again. */
const char *model_compare(bool is_complete);

/* Whether what differed then was in a page that would not have been read again. */
bool model_overlooked(void);

/* Nothing is ready and no time will pass: NULL, or who should not be waiting. */
const char *model_at_rest(void);

/* Bugs of the model itself: what it then expects of a kernel is wrong. For tests. */
enum model_plant {
    MODEL_PLANT_NONE,
    MODEL_PLANT_FORK,     /* a child lacks the last page that its parent has written */
    MODEL_PLANT_STATUS,   /* of a status seven bits count */
    MODEL_PLANT_WAIT,     /* a wait for one child takes any */
    MODEL_PLANT_ORPHANS,  /* children stay with the zombie */
    MODEL_PLANT_SIGNALS,  /* what is blocked is taken all the same */
    MODEL_PLANT_PIPE,     /* a writer's end is no end of the file */
    MODEL_PLANT_FD,       /* a closed number is not given out again */
    MODEL_PLANT_UNMAP,    /* what is unmapped can be read still */
    MODEL_PLANT_STOP,     /* a wait is told of a stop again and again */
    MODEL_PLANT_CONTINUE, /* SIGCONT leaves stops that are pending */
    MODEL_PLANT_COUNT,
};
extern enum model_plant model_planted;

/* How many results were allowed, added up over all events so far, and the number of events. */
void model_allowed(uint64_t *results, uint64_t *events);

#endif
