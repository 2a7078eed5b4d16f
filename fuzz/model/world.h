/*
 * The model's idea of the machine: flat arrays, large enough for a program of 64 instructions, each
 * of which makes one process, two descriptors or a few mappings at most. Places of processes are
 * never used again within a run.
 */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "abi/errno.h"
#include "abi/linux.h"
#include "fuzz/model/bytes.h"
#include "fuzz/model/give_up.h"
#include "fuzz/model/model.h"

#define PAGE UINT64_C(4096)
#define END_OF_MEMORY (UINT64_C(1) << 39)
#define LOWEST_MAPPING UINT64_C(0x10000)
#define TRAMPOLINE (END_OF_MEMORY - 2 * PAGE)
#define TOP_OF_STACK (TRAMPOLINE - PAGE)
#define STACK_GUARD (256 * PAGE)

enum {
    PROCS_MAX = 80,
    SPACES_MAX = 84,
    MAPS_MAX = 224,
    LEAVES_MAX = 640,
    PAGES_MAX = 1536,
    OBJECTS_MAX = 72,
    OBJECT_PAGES_MAX = 512,
    FILES_MAX = 160,
    PIPES_MAX = 72,
    TIMERS_MAX = 72,
    PIECES_MAX = 16, /* of a pipe */
    QUEUE_MAX = 24,
    FDS_MAX = 160,   /* that a process has at once */
    FD_LIMIT = 1024, /* no number is as high */
    NODES_MAX = 64,
    SHARED_MAX = 2 * PROCS_MAX, /* tables, contexts and sets of actions: clone and exec make one */
    NAME_MAX = 16,              /* of a process */
    GROUPS_MAX = 32,            /* of a thread */
    CODE_BYTES = 0x90,
};

/* ---- memory ---- */

/* What is mapped where. */
struct map {
    uint64_t start;
    uint64_t end;
    uint32_t prot;
    bool is_shared;
    bool grows;
    bool is_file;         /* there is nothing behind the page in which the bytes end */
    int16_t object;       /* -1: private, or of a file */
    uint64_t index;       /* of the page at start, in the object */
    const uint8_t *bytes; /* of the file, from start on; NULL: zeros */
    uint64_t len;         /* of these */
};

/* A page that has been written. */
struct leaf {
    uint32_t number; /* address / PAGE, or the index in an object */
    uint16_t page;
};

struct space {
    int users;
    int serial; /* places in the array are used again, numbers are not */
    unsigned map_count;
    unsigned leaf_count;
    uint64_t break_start;
    uint64_t break_end;
    unsigned barriers;              /* that were registered */
    struct map maps[MAPS_MAX];      /* by address */
    struct leaf leaves[LEAVES_MAX]; /* by number; of private maps only */
};

/* What a MAP_SHARED | MAP_ANONYMOUS mapping is of. */
struct object {
    int maps; /* that name it */
    uint64_t pages;
    unsigned leaf_count;
    struct leaf leaves[OBJECT_PAGES_MAX];
};

/* ---- files ---- */

/* When something comes. */
struct alarm {
    bool is_set;
    uint64_t due;      /* or was */
    uint64_t interval; /* 0: it comes once */
    uint64_t order;    /* among those of the same moment */
};

struct node {
    int parent; /* the root's is itself */
    const char *name;
    unsigned name_len;
    uint32_t mode;
    uint32_t device;
    const uint8_t *bytes;
    uint64_t size;
};

enum file_kind {
    FILE_CONSOLE,
    FILE_NULL,
    FILE_ZERO,
    FILE_REGULAR,
    FILE_DIRECTORY,
    FILE_PATH,
    FILE_PIPE,
    FILE_PIDFD,
    FILE_SIGNALFD,
    FILE_TIMERFD
};

enum { NO_TYPE = -2 };

/* An open file description. */
struct file {
    int refs;
    enum file_kind kind;
    uint32_t flags;
    uint64_t offset;
    int node; /* -1: none; NO_TYPE: neither that nor a type */
    int pipe;
    int proc;         /* the place of the process that it stands for */
    uint64_t signals; /* that are read from it */
    struct alarm alarm;
    uint64_t count; /* how often it came since it was read */
    bool is_late;   /* it has come, and how often since is not counted yet */
};

struct piece {
    unsigned start; /* where its bytes begin in its page */
    unsigned len;
};

struct pipe {
    int readers;
    int writers;
    unsigned first; /* piece */
    unsigned count;
    struct piece pieces[PIECES_MAX];
    uint8_t bytes[PIECES_MAX][PAGE];
};

struct fd {
    int16_t number;
    int16_t file;
    bool closes; /* at exec */
};

/* The descriptors of a process, which others may share. */
struct table {
    unsigned count;
    struct fd fds[FDS_MAX]; /* by number */
};

/* What CLONE_FS shares. */
struct context {
    uint32_t umask;
    int cwd;
};

/* ---- processes ---- */

enum life { LIFE_NONE, LIFE_LIVE, LIFE_ZOMBIE };

enum waits {
    WAITS_NOT,
    WAITS_CHILD,
    WAITS_VFORK,
    WAITS_TIME,
    WAITS_BYTES,
    WAITS_ROOM,
    WAITS_CONSOLE,
    WAITS_FUTEX,
    WAITS_SIGNAL,
    WAITS_READING, /* signals */
    WAITS_TIMERFD
};

/* A word that is waited for, and among whom. */
enum word_kind { WORD_NONE, WORD_OF_PROCESS, WORD_OF_SPACE, WORD_OF_OBJECT, WORD_OF_FILE };

struct word {
    enum word_kind kind;
    int owner; /* serial of a space, or object */
    uint64_t place;
};

/* A signal is to be taken: a call that would wait does not. What becomes of it is seen when it is
 * known whether a handler is called (signal(7)). */
enum interrupt {
    INTERRUPT_NOT,
    INTERRUPT_AS_ASKED,       /* made again, behind a handler with SA_RESTART too; else EINTR */
    INTERRUPT_UNLESS_HANDLED, /* made again; behind a handler EINTR */
    INTERRUPT_GOES_ON,        /* the same, but its deadline stays */
    INTERRUPT_ANEW,           /* it will be made again, whatever comes */
};

/* The call that a process is in, while it has not ended. */
struct doing {
    bool has_begun;
    enum interrupt interrupt;
    bool has_waited;
    uint32_t nr;
    enum waits waits;
    int64_t who; /* of a wait: 0 anyone, > 0 a process, < 0 a group */
    uint32_t options;
    int one;           /* place of the only process that is meant, and 1; 0: who says it */
    bool is_impatient; /* it is not to wait, and says so */
    uint64_t deadline;
    uint64_t set;  /* of signals that it waits for */
    uint64_t done; /* bytes */
    int file;
    bool holds;     /* that file */
    bool has_spans; /* it goes on with those that it had at first */
    uint64_t total; /* bytes asked for */
    struct word word;
    uint32_t bitset;
    uint64_t place; /* among those who wait for words: the lower, the longer; 0: it does not */
    bool is_woken;
};

enum used_kind { USED_USER, USED_SYSTEM, USED_MEMORY, USED_FAULTS, USED_TURNS, USED_COUNT };

/* A signal that was sent: what siginfo_t begins with, of which its end is 0. */
struct said {
    uint64_t head[6];
    int taker;      /* the thread that was woken for it, or 0: another may have been */
    int timer;      /* the place of the one that has sent it, and 1; 0: none has */
    uint32_t user;  /* whom it is charged to */
    bool has_times; /* of a child: how long it has run is loose */
    bool is_loose;  /* of a fault, or when another came with it: all of it is */
    uint64_t event; /* in which it was sent */
};

/* Signals that wait to be taken, in the order in which they were sent. */
struct queue {
    uint64_t set;
    unsigned count;
    struct said said[QUEUE_MAX];
};

/* Who a thread acts for. */
struct ids {
    uint32_t real;
    uint32_t effective;
    uint32_t saved;
    uint32_t fs;
};

struct users {
    struct ids user;
    struct ids group;
    unsigned group_count;
    uint32_t groups[GROUPS_MAX]; /* in their order */
};

/* What a process has used, or its children have. */
struct used {
    int64_t waits;
    int64_t least[USED_COUNT]; /* what was told last, by enum used_kind: it does not become less */
    bool is_none;              /* nothing of all that */
};

/* One of timer_create's. */
struct timer_model {
    struct proc *owner; /* a process; NULL: it was deleted */
    int id;
    unsigned exec_count; /* of the owner, when it was made */
    bool is_silent;
    bool is_by_use;        /* it goes by the time that somebody uses */
    const struct proc *by; /* a thread, or, if it is that of a process, a process */
    bool is_by_thread;
    struct alarm alarm; /* of a silent one never set */
    struct proc *to;    /* a thread, or NULL: its process */
    int signal;
    uint32_t user;   /* whom the signal is charged to, sent or not */
    uint64_t value;  /* that is said of the signal */
    bool has_come;   /* and comes again when its signal has been taken */
    uint64_t passed; /* how often it came since it was taken last */
    int overrun;     /* how often besides once, when it was taken last */
};

/*
 * A thread. The one that has its process's number is in the place of the process, too, even when it
 * has ended itself; in the others' places is nothing that is the process's alone: they have no
 * group and no parent.
 */
struct proc {
    enum life life; /* of the process; of another thread LIFE_LIVE or LIFE_NONE */
    bool has_left;  /* this thread has ended, and others of its process go on */
    int pid;        /* of its process */
    int tid;
    struct proc *process;
    struct proc *parent; /* a process */
    struct proc *maker;  /* the thread of its that it hangs at */
    int group;
    int session;
    int status;         /* of a zombie */
    unsigned end_order; /* of a zombie: when its parent got it */
    int exit_signal;
    unsigned exec_count;
    unsigned parent_exec_count;
    bool has_execed;
    bool is_subreaper;
    struct users users;   /* when the thread has ended they stay its process's */
    bool is_one_too_many; /* of its user's threads, when it became that one's */
    bool gains_nothing;   /* PR_SET_NO_NEW_PRIVS */
    int death_signal;
    uint64_t clear_tid;
    uint64_t robust; /* the list of words that it owns, or 0 */
    int space;
    struct proc *vfork_parent;
    struct proc *vfork_child;
    uint64_t mask;
    uint64_t saved_mask; /* what is blocked again behind the next handler */
    bool has_saved_mask;
    uint64_t waited; /* signals that its call takes */
    struct abi_sigaltstack altstack;
    int fatal;        /* it must end by this signal */
    int stop;         /* this one stops the process, or has stopped it; or 0 */
    bool is_stopped;  /* this thread */
    bool has_stopped; /* all threads of the process, as its parent can see */
    bool is_stop_untold;
    bool is_continue_untold;
    int nice;
    int policy;
    int priority;
    bool resets_on_fork;
    struct context *context;       /* its own, or shared (clone(2)); NULL: it has ended */
    struct table *table;           /* the same */
    struct abi_sigaction *actions; /* the same; of signal n at n - 1 */
    char name[NAME_MAX];
    struct doing doing;
    struct alarm itimers[3]; /* of a process */
    int next_timer;
    struct used alone; /* the thread's */
    struct used own;
    struct used children; /* that it has waited for */
    bool has_waited_for;  /* any */
    struct abi_rlimit limits[RLIMIT_NLIMITS];
    struct queue mine;   /* signals that were sent to its thread */
    struct queue shared; /* and to all of it */
};

struct world {
    const struct model_eyes *eyes;
    bool is_over;     /* init has ended */
    const char *lost; /* why the model cannot follow, or NULL */
    enum give_up_reason gave_up;
    uint64_t now;               /* behind this event */
    uint64_t moment;            /* that is looked at: of signals in front of a call, before it */
    uint64_t event;             /* the number of this one */
    bool was_refused;           /* memory, in this event */
    bool must_not_wait;         /* the call that is made; */
    enum interrupt interrupted; /* and it would have waited */
    unsigned proc_count;
    unsigned space_count;
    unsigned object_count;
    unsigned file_count;
    unsigned pipe_count;
    unsigned node_count;
    unsigned timer_count; /* places are not used again */
    uint64_t alarm_count; /* that were set */
    unsigned table_count; /* these are not used again */
    unsigned context_count;
    unsigned actions_count;
    unsigned page_count; /* places that have been used */
    unsigned free_count;
    uint16_t free_pages[PAGES_MAX];
    uint16_t page_refs[PAGES_MAX];
    uint64_t page_versions[PAGES_MAX]; /* another one with each store, never 0 */
    uint8_t code[CODE_BYTES];          /* what all programs have at IMAGE_CODE */
    int foreground;                    /* group */
    const struct proc *current;        /* who ran last, and does not wait */
    int last_number;                   /* of a process, that was given out */
    int lost_numbers;                  /* since then: of calls that have failed, at most */
    bool has_plain_keys;               /* the console's ISIG is off */
    bool has_signals;                  /* the console: keys make signals */
    unsigned ends;                     /* of processes so far */
    int serials;                       /* of spaces */
    uint64_t places;                   /* that were given to those who wait for words */
    uint64_t typed; /* bytes that came to the console, and were not read; at most */
    /* Where handlers' frames may lie that were made since the call of this event has written. */
    struct {
        uint64_t start;
        uint64_t end;
    } covered[2];
    struct proc procs[PROCS_MAX];
    struct space spaces[SPACES_MAX];
    struct object objects[OBJECTS_MAX];
    struct table tables[SHARED_MAX];
    struct context contexts[SHARED_MAX];
    struct abi_sigaction actions[SHARED_MAX][SIGNAL_MAX];
    struct file files[FILES_MAX];
    struct pipe pipes[PIPES_MAX];
    struct node nodes[NODES_MAX];
    struct timer_model timers[TIMERS_MAX];
    uint8_t pages[PAGES_MAX][PAGE];
};

extern struct world world;

static inline uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline uint64_t round_down(uint64_t value)
{
    return value & ~(PAGE - 1);
}

static inline uint64_t round_up(uint64_t value)
{
    return round_down(value + PAGE - 1);
}

static inline bool is_process(const struct proc *proc)
{
    return proc->life != LIFE_NONE && proc->process == proc;
}

/* A thread that is there. */
static inline bool is_thread(const struct proc *proc)
{
    return proc->life == LIFE_LIVE && !proc->has_left;
}

/* The process with that number, a zombie too; NULL: none. */
struct proc *world_find(int pid);

/* The thread with that number, or in the place of one that has ended its process, a zombie too;
 * NULL: none. */
struct proc *world_find_thread(int tid);

#endif
