/*
 * How sequences of instructions are written down (sequence.c, interrupted.c): what the steps are,
 * and words for the calls of many.
 */
#ifndef INPUT_STEPS_H
#define INPUT_STEPS_H

#include "abi/linux.h"
#include "fuzz/input/image.h"
#include "fuzz/input/insn.h"
#include "fuzz/input/sequence.h"

enum { PAGE = 4096, PIPE_SIZE = 16 * PAGE, LARGE = PIPE_SIZE + PAGE };

enum { FIRST = SEQUENCE_STEPS_MAX }; /* who: the one who began; else who the step has made */

/* What of a step is drawn by lot. */
enum drawn {
    DRAWN_NOTHING,
    DRAWN_FAILURE, /* an allocation fails */
    DRAWN_KEY,     /* a key comes in a window of the call */
    DRAWN_WINDOW,  /* whatever can come there does */
    DRAWN_ACTION,  /* of which signal, and what it does */
    DRAWN_EVENT,   /* which signal a timer sends */
    DRAWN_TYPED,   /* which key is pressed */
};

struct step {
    uint8_t who;
    uint8_t op;
    uint16_t nr;
    uint8_t drawn;                   /* enum drawn */
    struct operand args[INPUT_ARGS]; /* a result's index is a step */
};

#define NUMBER(number)                                                                             \
    {                                                                                              \
        OPERAND_NUMBER, 0, 0, number                                                               \
    }
#define SLOT(name)                                                                                 \
    {                                                                                              \
        OPERAND_SLOT, SLOT_##name, 0, 0                                                            \
    }
#define RESULT(step, added)                                                                        \
    {                                                                                              \
        OPERAND_RESULT, step, 0, added                                                             \
    }
#define READER(step) RESULT(step, 0)
#define WRITER(step)                                                                               \
    {                                                                                              \
        OPERAND_RESULT, step, 1, 0                                                                 \
    }
#define CALL(who, name, ...)                                                                       \
    {                                                                                              \
        who, OP_CALL, NR_##name, DRAWN_NOTHING,                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define FAIL(who, name, ...)                                                                       \
    {                                                                                              \
        who, OP_CALL, NR_##name, DRAWN_FAILURE,                                                    \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define DRAWN(who, what, name, ...)                                                                \
    {                                                                                              \
        who, OP_CALL, NR_##name, DRAWN_##what,                                                     \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define LOAD(who, ...)                                                                             \
    {                                                                                              \
        who, OP_LOAD, 0, DRAWN_NOTHING,                                                            \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define STORE(who, ...)                                                                            \
    {                                                                                              \
        who, OP_STORE, 0, DRAWN_NOTHING,                                                           \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define JUMP(who, ...)                                                                             \
    {                                                                                              \
        who, OP_JUMP, 0, DRAWN_NOTHING,                                                            \
        {                                                                                          \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }

/* What the calls of many are. */
#define FORK(who) CALL(who, clone, NUMBER(SIGCHLD))
#define FORK_IN_WINDOW(who) DRAWN(who, KEY, clone, NUMBER(SIGCHLD))
#define EXIT(who) CALL(who, exit_group, NUMBER(1))
#define MAP(who, at, size, prot, flags)                                                            \
    CALL(who, mmap, NUMBER(at), NUMBER(size), NUMBER(prot), NUMBER(MAP_ANONYMOUS | (flags)),       \
         NUMBER(-1), NUMBER(0))
#define WAIT(who, pid, options) CALL(who, wait4, NUMBER(pid), SLOT(status), NUMBER(options))

#define READ_WRITE (PROT_READ | PROT_WRITE)
#define FAR UINT64_C(0x20200000)
#define KILL(who, step, signal) CALL(who, kill, RESULT(step, 0), NUMBER(signal))
#define GO_ON(step) KILL(FIRST, step, SIGCONT)
#define FUTEX(who, operation, at, value, argument, other, last)                                    \
    CALL(who, futex, RESULT(0, at), NUMBER(operation), NUMBER(value), NUMBER(argument),            \
         RESULT(0, other), NUMBER(last))

/* An element of a table of sequences: its steps and their number. */
#define KIND(steps)                                                                                \
    {                                                                                              \
        steps, sizeof(steps) / sizeof((steps)[0])                                                  \
    }

#endif
