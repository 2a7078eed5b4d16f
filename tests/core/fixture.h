/*
 * What the tests of core stand on: the simulated machine, core brought up in it as kernel_boot does
 * but without a program, and the accounting at the end.
 *
 *     fixture_begin(256); ... fixture_end();
 *
 * Time is det (see proc/clock.h). The TLB is the adversarial one. Nothing runs but what the test
 * calls.
 */
#ifndef TESTS_CORE_FIXTURE_H
#define TESTS_CORE_FIXTURE_H

#include "base/types.h"

struct process;
struct space;
struct thread;

enum {
    FIXTURE_RAM = 32 << 20,
    FIXTURE_FRAMES_MAX = 8000, /* what is left of it for frame_alloc */
};

/* The machine and core, with that many frames to hand out. */
void fixture_begin(uint64_t frames);

/* What is in use from now on counts as never given back: what a test sets up for good. */
void fixture_keep_frames(void);

/* Frames in use beyond that. */
uint64_t fixture_frames_used(void);

/* Ends the processes that are left, init too. All checks pass, and nothing is in use. */
void fixture_end(void);

/* Every allocation of op fails in turn, once and then for good, until it succeeds, which undo
 * undoes. After each failure: op has said -ENOMEM, and what was in use before is in use, no more
 * and no less. */
void fixture_fail_each(int (*op)(void *context), void (*undo)(void *context), void *context);

/* ---- spaces ---- */

/* An empty space, which this CPU uses. */
struct space *fixture_space(void);

/* Checks the spaces, which are all there are, and that each frame has as many references as they
 * have leaves that name it. */
void fixture_check_spaces(struct space *const *spaces, unsigned count);

/* Maps anonymous memory. */
void fixture_map(struct space *space, uaddr_t start, uaddr_t end, unsigned prot);

/* One byte of the space in use, read or written as the program would; the error, or 0. */
int fixture_load(uaddr_t at, uint8_t *byte);
int fixture_store(uaddr_t at, uint8_t byte);

/* ---- processes ---- */

/* A live process with an empty space; parent NULL: it is init. */
struct process *fixture_process(struct process *parent);

/* The process goes on: its thread is the current one, and its space in use. Gives the thread. */
/* Takes the signals that are due to a thread and do not stop its process: the one by which that is
 * to end, or 0. */
int fixture_take(struct thread *thread);

struct thread *fixture_run(struct process *process);

/* The same of any thread. */
void fixture_run_thread(struct thread *thread);

/* What the times of a thread and its process, which it was given, have made due. */
bool fixture_expire(struct thread *thread);

/* ---- console ---- */

/* What goes to the console is kept from now on; gives what has come since the last look, as a
 * string. */
void fixture_catch_output(void);
const char *fixture_output(void);

/* The machine's input: bytes that arrive, at most 254 a time, or its end. What is typed has been
 * taken by the console too. */
void fixture_arrive(const char *bytes, size_t len);
void fixture_type_bytes(const char *bytes, size_t len);
void fixture_type(const char *text);
void fixture_end_input(void);

#endif
