/*
 * What kinds of instructions there are: every system call, from abi/syscall.def, and the other
 * operations; what their arguments mean, and what they give to those that follow.
 */
#ifndef INPUT_INSN_H
#define INPUT_INSN_H

#include "fuzz/input/input.h"

/* What an argument is. The first ones are core's kinds, with the same numbers. */
enum arg_kind {
#define KIND(name, type, use) ARG_##name,
#include "syscall/kinds.def"
#undef KIND
    ARG_PLACE,       /* where a load, a store or a jump goes */
    ARG_VALUE,       /* what is stored */
    ARG_ACCESS_SIZE, /* of a load or a store: 1, 2, 4 or 8 */
    ARG_BYTE,        /* that is typed */
    ARG_COUNT,
};

/* Their numbers: NR_clone and so on. */
enum {
#define SYSCALL0(nr, name, ...) NR_##name = (nr),
#define SYSCALL1 SYSCALL0
#define SYSCALL2 SYSCALL0
#define SYSCALL3 SYSCALL0
#define SYSCALL4 SYSCALL0
#define SYSCALL5 SYSCALL0
#define SYSCALL6 SYSCALL0
#include "abi/syscall.def"
#undef SYSCALL0
#undef SYSCALL1
#undef SYSCALL2
#undef SYSCALL3
#undef SYSCALL4
#undef SYSCALL5
#undef SYSCALL6
};

/* What the result of an instruction is, and so which arguments may refer to it. */
enum insn_gives {
    GIVES_NOTHING,
    GIVES_NUMBER,
    GIVES_PROCESS, /* the PID of a child, which can act */
    GIVES_PID,
    GIVES_FD,
    GIVES_FDS, /* two */
    GIVES_ADDRESS,
};

struct insn_type {
    uint8_t op; /* enum operation */
    uint16_t nr;
    const char *name;
    uint8_t arg_count;
    uint8_t kinds[INPUT_ARGS]; /* enum arg_kind */
};

/* The calls in the order of their numbers, then the other operations in theirs. */
extern const struct insn_type insn_types[];
extern const unsigned insn_type_count;

/* NULL: there is no such call or operation. nr counts for OP_CALL only. */
const struct insn_type *insn_type_find(unsigned op, unsigned nr);

/* Its result: enum insn_gives. */
unsigned insn_gives(const struct insn *insn);

/* Whether an argument of this kind may refer to what an instruction gives. */
bool insn_kind_takes(unsigned kind, unsigned gives);

/* Whether somebody does it. Time passes and keys are typed by nobody. */
bool insn_has_actor(const struct insn *insn);

/* Whether it runs a step of its own, in which an allocation can fail: all but those and a spurious
 * wake. */
bool insn_can_fail(const struct insn *insn);

/* A pointer to something, of which 0 says that it is not wanted. */
bool insn_kind_is_pointer(unsigned kind);

/* 64 bits count of it, so that the address of a slot makes sense. */
bool insn_kind_is_wide(unsigned kind);

/* Numbers of which something may be expected, for a kind. At least one. */
const int64_t *insn_values(unsigned kind, unsigned *count);

#endif
