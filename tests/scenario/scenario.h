/*
 * Scenarios: whole boots of the kernel with programs for the script engine, which say what they do
 * and check what they get.
 *
 * A program is assembled by calls. What it finds wrong ends it with STATUS_MISMATCH; a call that
 * fails for lack of memory, where the program says that it may, makes it clean up and end with
 * STATUS_NO_MEMORY, so that failing allocations lead to an orderly end.
 */
#ifndef SCENARIO_SCENARIO_H
#define SCENARIO_SCENARIO_H

#include <stdbool.h>
#include <stdint.h>

#include "abi/errno.h"
#include "abi/linux.h"
#include "platform/hosted/script.h"

enum {
    PROGRAM_OPS = 256,
    PROGRAMS = 4, /* program n is the file /pN; /init is program 0 */
    STATUS_NO_MEMORY = 77,
    STATUS_MISMATCH = 99,
    INPUT_GOES_ON = 0xff, /* at the end of an input: nothing more comes, and no end either */
};

/* Memory that every program has, zeroed: a page to write to, and a few behind it. */
#define DATA ((uint64_t)0x10000000)
#define DATA_PAGES 4

/* Memory that /p3 has besides, of a segment whose bytes in the file end behind a border of tables;
 * zeroes follow. The word at LONG_START + 8 * n is n + 1. */
#define LONG_BORDER ((uint64_t)0x10400000)
#define LONG_START (LONG_BORDER - 64)
#define LONG_WORDS 16
#define LONG_END (LONG_BORDER + 2 * (uint64_t)4096)

/* A file to map, /pages: a page and a bit. The word at 8 * n is n + 1. */
#define FILE_WORDS ((4096 + 64) / 8)

/* A place to jump to, which may lie ahead. */
struct label {
    unsigned at;      /* its operation, once placed */
    unsigned uses[8]; /* jumps that wait for it */
    unsigned use_count;
    bool is_placed;
};

struct program {
    struct script_op ops[PROGRAM_OPS];
    unsigned count;
};

struct scenario {
    const char *name;
    void (*assemble)(struct program programs[PROGRAMS]);
    int status;        /* the machine's, when nothing fails */
    const char *input; /* typed at the console, and then its end; NULL: neither */
};

extern const struct scenario scenarios[];
extern const unsigned scenario_count;

/* What a scenario is about, as the name of the check that a program of it makes: "wait-model", ...;
 * its own name if it is alone. */
const char *scenario_model(const struct scenario *scenario);

/* Those in memory.c. */
void memory_mappings(struct program programs[PROGRAMS]);
void memory_code(struct program programs[PROGRAMS]);
void memory_a_full_batch(struct program programs[PROGRAMS]);
void memory_heap(struct program programs[PROGRAMS]);
void memory_stack(struct program programs[PROGRAMS]);
void memory_moves(struct program programs[PROGRAMS]);
void memory_advice(struct program programs[PROGRAMS]);
void memory_shared(struct program programs[PROGRAMS]);
void memory_of_a_long_segment(struct program programs[PROGRAMS]);
void memory_of_a_file(struct program programs[PROGRAMS]);
void memory_limits(struct program programs[PROGRAMS]);
void memory_rights(struct program programs[PROGRAMS]);

/* ---- assembling ---- */

#define CALL(program, name, ...)                                                                   \
    program_call(program, SYS_##name, (const struct script_value[SCRIPT_ARGS]){__VA_ARGS__})

void program_call(struct program *p, unsigned nr, const struct script_value *args);

/* The result must be this; lack of memory ends the program in an orderly way. */
void program_result(struct program *p, int64_t expected);

/* Ends the program in an orderly way if the result says that there is no memory. */
void program_no_memory(struct program *p);

void program_expect(struct program *p, struct script_value a, struct script_value b);
void program_load(struct program *p, unsigned to, uint64_t va);
void program_store(struct program *p, uint64_t va, uint64_t value);
void program_move(struct program *p, unsigned to, struct script_value value);

/* Writes a string at va, and zeroes up to the next whole word. */
void program_string(struct program *p, uint64_t va, const char *s);

void program_op(struct program *p, struct script_op op);
void program_exit(struct program *p, int code);

/* Forks; the child goes to child, the parent goes on with the child's PID in X(to). */
void program_fork(struct program *p, unsigned to, struct label *child);

/* wait4(pid, DATA, options, 0) must give pid, with this wait status. */
void program_wait(struct program *p, struct script_value pid, int wait_status);

/* Lets others run: count times sched_yield. */
void program_yield(struct program *p, unsigned count);

void program_jump(struct program *p, struct label *label);
void program_jump_if(struct program *p, struct script_value a, struct script_value b,
                     struct label *label);
void program_place(struct program *p, struct label *label);

/* The numbers of the calls. */
enum {
#define SYSCALL_NUMBER(nr, name) SYS_##name = nr,
#define SYSCALL0(nr, name, fail) SYSCALL_NUMBER(nr, name)
#define SYSCALL1(nr, name, fail, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL2(nr, name, fail, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL3(nr, name, fail, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL4(nr, name, fail, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL5(nr, name, fail, ...) SYSCALL_NUMBER(nr, name)
#define SYSCALL6(nr, name, fail, ...) SYSCALL_NUMBER(nr, name)
#include "abi/syscall.def"
#undef SYSCALL_NUMBER
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6
};

/* ---- running ---- */

/* What goes wrong on purpose, and what is looked at. All 0: nothing. */
struct run {
    const char *words;      /* more kernel words */
    uint64_t fail_nth;      /* this allocation behind the boot fails; 0: none */
    bool fail_forever;      /* and all behind it */
    uint64_t fail_boot_nth; /* this allocation of the boot fails; 0: none */
    unsigned asid_bits;     /* 0: 16 */
    bool has_spurious;      /* blocked threads are woken for no reason, now and then */
    bool is_checked;        /* kernel_check between steps, and a failed call must change nothing */
    const char *trace_path; /* or NULL */
};

struct outcome {
    int status;
    bool has_failed; /* an allocation was made to fail */
    bool has_booted;
    uint64_t frames_used;
    uint64_t steps;
    uint64_t
        calls_checked; /* calls that failed for lack of memory, and were seen to change nothing */
};

/* Boots, runs to the end and checks the whole kernel. */
struct outcome scenario_run(const struct scenario *scenario, const struct run *run);

/* The frames that are in use when a machine ends that did nothing. */
uint64_t scenario_frames_at_rest(void);

/* Whether any scenario that was run in this process has made this call. */
bool scenario_has_called(unsigned nr);

const struct scenario *scenario_find(const char *name);

#endif
