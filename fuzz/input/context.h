/*
 * What the instructions before one have probably done: who lives, who waits, what there is to refer
 * to. A guess from the program alone, good enough to choose what comes next.
 */
#ifndef INPUT_CONTEXT_H
#define INPUT_CONTEXT_H

#include "base/random.h"
#include "fuzz/input/input.h"

struct person {
    uint8_t actor;   /* as insn.actor: the instruction that made it, and 1 */
    uint8_t parent;  /* index of the person */
    uint8_t first;   /* the same: the first thread of its process */
    uint8_t zombies; /* children of its that have ended and were not waited for */
    uint8_t exec_at; /* as actor, of its last exec; 0: none */
    uint8_t reads;   /* as actor, of the pipe that it waits for; 0: none */
    bool is_gone;
    bool is_waiting; /* for a child, a pipe or a word */
    bool has_futex;  /* for a word */
    bool is_vforked;
    bool has_long;    /* runs /long */
    uint8_t handlers; /* that it is in */
    uint64_t handled; /* signals that call one */
};

/* An instruction that gives something, and who did it. */
struct giver {
    uint8_t insn;
    uint8_t person;
    bool is_filled; /* a pipe that something was written to */
};

enum { CONTEXT_LISTED = 16 }; /* the latest are enough */

struct givers {
    struct giver list[CONTEXT_LISTED]; /* a ring */
    unsigned count;
};

struct context {
    struct random *random;
    struct person people[INPUT_INSNS_MAX + 1]; /* the first is init */
    unsigned people_count;
    unsigned who; /* whose instruction is being made */
    struct givers pipes;
    struct givers files;
    struct givers pidfds; /* of these */
    struct givers signalfds;
    struct givers addresses;
};

void context_begin(struct context *context, struct random *random);

/* The next instruction is number index. */
void context_see(struct context *context, const struct insn *insn, unsigned index);

/* The person with an actor's number; init if there is none. */
unsigned context_index(const struct context *context, unsigned actor);

/* Somebody who can probably act. */
unsigned context_anybody(struct context *context);

/* The same, whose process has other threads; false: nobody's has. */
bool context_thread(struct context *context, unsigned *person);

/* The same, who has a child; false: nobody has, or who has can do nothing. */
bool context_parent(struct context *context, unsigned *person);

/* The same, but not init if there is anybody else. */
unsigned context_child(struct context *context);

/* The same, mostly one who is in a handler if there is one. */
unsigned context_handler(struct context *context);

/* A reference to a process, mostly to one that lives; false: there is none. */
bool context_refer_to_process(struct context *context, struct operand *operand);

/* To the process of a person, by its number. */
struct operand context_refer_to_first(const struct context *context, unsigned person);

/* To a child of who; false: there is none. */
bool context_refer_to_child(struct context *context, struct operand *operand);

/* To one of those that who has, because it or an ancestor has made it; false: there is none. */
bool context_refer(struct context *context, const struct givers *givers, struct operand *operand);

#endif
