/*
 * What programs that check a kernel share: sections that are chosen by name, checks, which print a
 * line each and are counted, and children that run a function.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include <stdbool.h>

#include "lib/print.h"
#include "lib/str.h"
#include "lib/sys.h"
#include "lib/wait.h"

enum {
    PAGE = 4096,
    BAD_ADDRESS = 16,             /* nothing is mapped there */
    NAP_NS = 20 * 1000 * 1000,    /* for others to come to where they wait */
    NO_PROCESS = (1 << 22) + 100, /* above the highest PID that there can be */
};

#define ADDR(pointer) ((uint64_t)(pointer))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a check is about comes first: "fork: the child has the parent's memory". */
void check(bool holds, const char *what);

/* As check, of a result; shows it when it is another. */
void check_is(long have, long want, const char *what);

/* A result in which Eft differs from Linux on purpose: both are told, and each kernel must give
 * its own. Counted apart. */
struct result {
    long value;
    const char *words; /* what it means */
};

void check_differs(long have, struct result on_eft, struct result on_linux, const char *what);

/* Says that a check is not made here, and why not. */
void skip(const char *what, const char *why);

bool is_eft(void);
bool is_host_program(void); /* built with the C library of a host, and running on it */

/* The path of this program, its name, and the environment that it was given. */
extern const char *self;
extern const char *program_name;
extern const char *const *environment;

struct section {
    const char *name;
    void (*run)(void);
};

/* A program's main. Runs the sections that the arguments name, or all, in the order of the table,
 * and says how many checks hold; gives the exit status. A first word that begins with '-', and
 * having no words, is for help: the program has executed itself. what: what is checked. */
int run_checks(int argc, char **argv, char **envp, const struct section *sections, unsigned count,
               const char *what);

/* What the program does then; each program that uses run_checks defines it. */
int help(int argc, char **argv);

/* ---- children: each runs a function, whose result is its exit status ---- */

typedef int (*child_function)(uint64_t argument);

/* What clone(2) is given. */
struct start {
    uint64_t flags;
    uint64_t stack; /* its upper end; 0: the parent's */
    int *parent_tid;
    uint64_t tls;
    int *child_tid;
};

/* Each returns the child's PID or -errno. The child of a vfork has the parent's stack. */
int start_clone(const struct start *how, child_function run, uint64_t argument);
int start_clone3(struct abi_clone_args *args, uint64_t size, child_function run, uint64_t argument);
int start_fork(child_function run, uint64_t argument);
int start_vfork(child_function run, uint64_t argument);

/* Waits for the child, whatever handlers are called meanwhile. Returns its wait status or -errno;
 * exited(status) is what it then is after exit(status), and signalled(signal) after a signal, with
 * no word of a core dump. */
int await(int pid);
int exited(int status);
int signalled(int signal);

/* Waits for the child's end and leaves it to be waited for. */
void await_end(int pid);

/* A child that runs to its end: its wait status or -errno. */
int run_fork(child_function run, uint64_t argument);
int run_vfork(child_function run, uint64_t argument);

/* A child that runs this very program, which then does what `words` say: see helper.c. */
int run_helper(const char *const *words);

/* execve(2) and execveat(2), for constant words. The environment of the latter is the own. */
long execute(const char *path, const char *const *words, const char *const *envp);
long execute_at(int directory, const char *path, const char *const *words, unsigned flags);

/* Replaces the process by this program, to do what the words say. Returns -errno. */
int become_helper(const char *const *words);

void nap(void);
int64_t now_ns(void);

/* Memory, from mmap, that this process has for itself (private) or with its children (shared).
 * Ends the program if there is none. */
void *map_private(uint64_t bytes);
void *map_shared(uint64_t bytes);
bool is_error(long result); /* of a call whose result is an address */

/* The action for a signal as sigaction gives it, and sets it. */
uint64_t signal_handler(int signal);
long set_handler(int signal, uint64_t handler, uint64_t flags);

#endif
