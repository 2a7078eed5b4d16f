/*
 * Inputs as text, a line for each instruction: what is in a .repro file.
 *
 *     # check: wait.condition
 *     # config: frames=64 reuse=lifo tlb=natural asid_bits=8 schedule=pct changes=3 seed=77
 *     r0 = fork()
 *     @r0 r1 = pipe2(&fds, 0) (fail_nth: 4)
 *     @r0 store(0x10002000, 7)
 *     @r0 exit_group(42) (preempt: init)
 *     wait4(r0, &status, WNOHANG) -> 2
 *     tick()
 *
 * @rN  who does it: the process that rN is the PID of; init if nobody is named
 * rN   what an instruction has given: r1[0], r1[1] of a pipe; -r0 and r0+1 are numbers too
 * &x   the address of slot x of the scratch page (slots.def); &x+8
 *
 * Behind a call: (fail_nth: N) or (fail_nth: N forever), (preempt: rN) or (preempt: init),
 * (window: N timer), interrupt, quit or stop; see struct insn. Arguments that are left off are
 * pointers that are NULL. fork() is clone(SIGCHLD).
 *
 * Behind an arrow: what is expected. A number, an error by its name, [3, 4] of a pipe; done, of
 * what gives nothing; ended N, signal N (core) or gone, of a process; blocked; blocked, and what
 * came then; again, of a call that had more to do, and of spurious() when somebody has looked
 * again; skipped, when nothing has happened; caught, when handlers of signals were called before
 * anything was done; stopped; left, of a thread that has ended while others go on.
 *
 * No property of an instruction, no setting and no check is there twice. The configuration of which
 * nothing is said is the dull one. Other comments are not looked at, but for what is nearly
 * "check:" or "config:", with up to two letters wrong or more behind it: a mistake (header.h).
 * What is read is normal (normal.h), and comes back from bytes as it was. Freestanding.
 */
#ifndef INPUT_TEXT_H
#define INPUT_TEXT_H

#include "fuzz/input/input.h"
#include "fuzz/run/run.h"

enum {
    REPRO_CHECK_MAX = 64,
    REPRO_TEXT_MAX = 32 * 1024, /* of what is printed, with its end */
};

struct repro {
    struct input input;
    bool has_expected[INPUT_INSNS_MAX];
    struct outcome expected[INPUT_INSNS_MAX];
    char check[REPRO_CHECK_MAX]; /* that fired; empty: none */
};

/* Writes it, terminated, at most size bytes; size >= 1. Returns the length without the end. */
size_t repro_print(const struct repro *repro, char *text, size_t size);

/* Reads any bytes. false: they are wrong, and error says where and why. */
bool repro_parse(struct repro *repro, const char *text, size_t len, char *error, size_t error_size);

/* One instruction as a line, without its end and without what is expected; the same sizes. For
 * reports. */
size_t repro_print_insn(const struct input *input, unsigned index, char *text, size_t size);

/* What is expected or has happened, as behind the arrow. */
size_t repro_print_outcome(const struct insn *insn, const struct outcome *outcome, char *text,
                           size_t size);

/* Whether what has happened to an instruction is what was expected. */
bool repro_is_as_expected(const struct insn *insn, const struct outcome *expected,
                          const struct outcome *actual);

#endif
