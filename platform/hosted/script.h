/*
 * The script engine: user programs that are lists of operations, from a test or a fuzzer's input,
 * and not instructions. So a test says exactly what a thread does, and nothing has to be compiled.
 *
 * A program owns the addresses [SCRIPT_BASE + n * SCRIPT_SPAN, + SCRIPT_SPAN); the operation with
 * index i is at the pc SCRIPT_BASE + n * SCRIPT_SPAN + 4 * i. So a position is ordinary thread
 * state: exec of a file whose entry point is there starts a program, fork copies the position, and
 * a fault leaves it where it is. Nothing is fetched: the page need not be mapped. Behind the last
 * operation is an undefined instruction.
 */
#ifndef HOSTED_SCRIPT_H
#define HOSTED_SCRIPT_H

#include "platform/platform.h"

#define SCRIPT_BASE ((uaddr_t)0x6000000000)
#define SCRIPT_PC(program, index)                                                                  \
    (SCRIPT_BASE + (uaddr_t)(program)*SCRIPT_SPAN + 4 * (uaddr_t)(index))

enum {
    SCRIPT_SPAN = 0x10000,
    SCRIPT_MAX = 64, /* programs */
    SCRIPT_ARGS = 6,
};

enum script_kind {
    SCRIPT_CALL,        /* svc: nr into x8, args into x0 to x5; the result is in x0 */
    SCRIPT_LOAD,        /* X(to) = size bytes at args[0], zero-extended */
    SCRIPT_STORE,       /* size bytes at args[0] = args[1] */
    SCRIPT_FETCH,       /* touches the instruction at args[0] */
    SCRIPT_MOVE,        /* X(to) = args[0] + args[1] */
    SCRIPT_JUMP,        /* on with operation to */
    SCRIPT_JUMP_IF,     /* the same if args[0] equals args[1] */
    SCRIPT_JUMP_UNLESS, /* the same if they differ */
    SCRIPT_IRQ,         /* the timer fires now, if it is set */
    SCRIPT_FP_LOAD,     /* X(to) = the low half of v0 */
    SCRIPT_FP_STORE,    /* v0 = args[0] */
    SCRIPT_BREAK,       /* brk #0 */
    SCRIPT_REST,        /* nothing: the step ends, as if by an interrupt, and pc stays */
};

/* A number, or a register of the thread, 0 to 30; 31 is sp. */
struct script_value {
    uint64_t number;
    bool is_register;
};

#define N(number_) ((struct script_value){.number = (uint64_t)(number_)})
#define X(register_) ((struct script_value){.number = (register_), .is_register = true})

struct script_op {
    enum script_kind kind;
    unsigned nr;   /* of the call */
    unsigned size; /* 1 to 8, naturally aligned; 0 means 8 */
    unsigned to;
    struct script_value args[SCRIPT_ARGS];
};

/* Gives a program its operations, which are borrowed; count 0 takes them away. */
void script_attach(unsigned program, const struct script_op *ops, unsigned count);

/* Or a function that is asked for the operation at user->pc each time one is performed: the same
 * again after a fault. false: an undefined instruction. It may look at the thread, and change
 * it. */
typedef bool script_source(void *context, struct plat_user *user, struct script_op *op);
void script_attach_source(unsigned program, script_source *source, void *context);

/* If set, is told of each operation that was performed; of a call, when it has trapped. */
extern void (*script_watch)(const struct plat_user *user, const struct script_op *op);

/* Whether pc belongs to an attached program. */
bool script_has(uaddr_t pc);

/* As el0_run: performs operations until a trap, or until budget of them are done. */
uint64_t script_run(struct plat_user *user, struct plat_fp *fp, uint64_t budget,
                    struct plat_trap *trap);

/* No programs. */
void script_reset(void);

#endif
